package app

import (
	"context"
	"errors"
	"fmt"

	"hocso/internal/mongodb/embedded"
)

// CheckDatabase compares every document, index and checksum of the embedded database,
// whether the program is running or not.
func CheckDatabase(ctx context.Context, t Terminal, args []string) error {
	cfg, log, err := t.load("db check", args, nil)
	if err != nil {
		return err
	}
	if cfg.MongoDBURI != "" {
		return errors.New("db check: the data lie on a MongoDB server (HOCSO_MONGODB_URI), whose own tools check them")
	}
	report := t.reportCheck()
	c, err := knock(ctx, cfg.Data, "/check")
	switch {
	case err == nil:
		err = c.follow(report)
		c.hangUp()
	case errors.Is(err, errNobody):
		var db *embedded.Database
		if db, err = openDatabaseHere(cfg.Data, log); err == nil {
			err = errors.Join(db.CheckAll(ctx, report), db.Close())
		}
	}
	if err != nil {
		return fmt.Errorf("db check: %w", stopped(ctx, err))
	}
	t.say("database: every document and index is as it was written")
	return nil
}

// reportCheck says once a second how far a check is.
func (t Terminal) reportCheck() func(embedded.Progress) {
	every := newTicks()
	return func(p embedded.Progress) {
		if every.due() {
			t.note("%d %% checked, %s", 100*int64(p.Done)/int64(max(p.Total, 1)), p.Collection)
		}
	}
}

// follow hears how far a check is, to its end.
func (c *conversation) follow(report func(embedded.Progress)) error {
	for {
		s, err := c.next()
		if err != nil || s.Done {
			return err
		}
		if s.Progress != nil {
			report(*s.Progress)
		}
	}
}
