package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/mongodb"
)

// AuditVerify goes through the whole audit trail and names what is not as it was written,
// whether the program is running or not. ErrProblems if there is any.
func AuditVerify(ctx context.Context, t Terminal, args []string) error {
	var heads []string
	cfg, log, err := t.load("audit verify", args, func(f *flag.FlagSet) {
		f.Func("head", "NUMBER:HASH that an earlier audit verify printed and somebody noted; may be repeated", func(s string) error {
			_, err := audit.ParseMark(s)
			heads = append(heads, s)
			return err
		})
	})
	if err != nil {
		return err
	}
	report, err := audit.Report{}, errNobody
	if cfg.MongoDBURI == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, databaseFolder)); err != nil {
			return fmt.Errorf("audit verify: there is no database in %s (--data or HOCSO_DATA): %w", cfg.Data, err)
		}
		report, err = t.askTrail(ctx, cfg.Data, heads)
	}
	if errors.Is(err, errNobody) {
		var a *App
		if a, err = Open(ctx, cfg, log, nowMillis); err != nil {
			return err
		}
		defer func() { _ = a.Close() }() // nothing was written
		report, err = a.verifyTrail(ctx, t, heads)
	}
	if err != nil {
		return fmt.Errorf("audit verify: %w", stopped(ctx, err))
	}
	return t.sayTrail(report)
}

// askTrail has the running program verify its trail.
func (t Terminal) askTrail(ctx context.Context, data string, heads []string) (audit.Report, error) {
	c, err := knock(ctx, data, "/audit?"+url.Values{"head": heads}.Encode())
	if err != nil {
		return audit.Report{}, err
	}
	defer c.hangUp()
	for {
		s, err := c.next()
		if err != nil {
			return audit.Report{}, err
		}
		if s.Trail != nil {
			return *s.Trail, nil
		}
		t.note("%d entries checked", s.Checked)
	}
}

func (a *App) verifyTrail(ctx context.Context, t Terminal, heads []string) (audit.Report, error) {
	noted, err := parseHeads(heads)
	if err != nil {
		return audit.Report{}, err
	}
	every := newTicks()
	return a.audit.Verify(ctx, 0, noted, func(n int64) {
		if every.due() {
			t.note("%d entries checked", n)
		}
	})
}

func parseHeads(texts []string) (noted []audit.Mark, err error) {
	for _, text := range texts {
		m, err := audit.ParseMark(text)
		if err != nil {
			return nil, err
		}
		noted = append(noted, m)
	}
	return noted, nil
}

// sayTrail prints what was found; ErrProblems if anything is wrong.
func (t Terminal) sayTrail(r audit.Report) error {
	if r.Pruned > 0 {
		t.say("audit trail: entries up to %d were removed because of their age", r.Pruned)
	}
	if r.Entries > 0 {
		t.say("audit trail: %d entries, from %d (%s) to %d (%s)", r.Entries, r.First, r.FirstAt.Format(time.RFC3339), r.Last, r.LastAt.Format(time.RFC3339))
	} else {
		t.say("audit trail: no entries")
	}
	for _, p := range r.Problems {
		t.say("audit trail: %s", p)
	}
	if r.More > 0 {
		t.say("audit trail: and %d more", r.More)
	}
	if !r.Good() {
		return ErrProblems
	}
	t.say("audit trail: every entry is as it was written")
	if r.Entries > 0 {
		t.say("note this head elsewhere, and give it to a later hocso audit verify --head: %s", r.Head)
	}
	return nil
}

// enterInto adds an entry to the trail of a database that the program does not run on.
func enterInto(ctx context.Context, o mongodb.Options, e audit.Entry) error {
	db, err := mongodb.Open(o)
	if err != nil {
		return err
	}
	key, err := auth.Secrets{Store: db.Auth()}.Secret(ctx, auth.AuditSecret, auth.RandomKey)
	if err == nil {
		_, err = (&audit.Service{Store: db.Audit(), Key: key, Now: nowMillis, NewID: newID}).Append(ctx, e)
	}
	return errors.Join(err, db.Close(context.WithoutCancel(ctx)))
}
