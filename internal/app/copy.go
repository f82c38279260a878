package app

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"hocso/internal/audit"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
)

// CopyDatabase moves the data from the embedded database to a MongoDB server, or back.
func CopyDatabase(ctx context.Context, t Terminal, args []string) error {
	var to, from string
	cfg, log, err := t.load("db copy", args, func(f *flag.FlagSet) {
		f.StringVar(&to, "to", "", "MongoDB server to copy the embedded database to; - reads the address from standard input")
		f.StringVar(&from, "from", "", "MongoDB server to copy into the embedded database; - reads the address from standard input")
	})
	if err != nil {
		return err
	}
	if (to == "") == (from == "") {
		return errors.New("db copy: name either --to or --from, and the embedded database by --data")
	}
	uri := to + from
	if uri == "-" {
		line, err := bufio.NewReader(t.In).ReadString('\n')
		if uri = strings.TrimSpace(line); uri == "" {
			return fmt.Errorf("db copy: no address on standard input: %w", err)
		}
	}
	if !strings.HasPrefix(uri, "mongodb://") && !strings.HasPrefix(uri, "mongodb+srv://") {
		return errors.New("db copy: the address of the server must start with mongodb:// or mongodb+srv://")
	}
	err = t.copyDatabase(ctx, cfg.Data, mongodb.Options{URI: uri}, to != "", log)
	if ctx.Err() != nil && err != nil {
		return errors.New("db copy: stopped before the end. Run the same command again to go on")
	}
	if err != nil {
		return fmt.Errorf("db copy: %w", err)
	}
	server := mongodb.Address(uri)
	if to != "" {
		t.say("Start the program with HOCSO_MONGODB_URI set to the address of %s. It no longer uses %s; keep that until you are sure.", server, cfg.Data)
	} else {
		t.say("Start the program with HOCSO_DATA=%s and without HOCSO_MONGODB_URI. It no longer uses %s; keep that until you are sure.", cfg.Data, server)
	}
	return nil
}

// copyDatabase copies between the embedded database and a server, and says what it did.
func (t Terminal) copyDatabase(ctx context.Context, data string, server mongodb.Options, to bool, log *slog.Logger) (err error) {
	if _, err := os.Stat(filepath.Join(data, databaseFolder)); to && err != nil {
		return fmt.Errorf("there is no database in %s (--data or HOCSO_DATA): %w", data, err)
	}
	folder, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	b, err := mongodb.Open(server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(context.WithoutCancel(ctx))) }()
	if err := b.Ping(ctx); err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	local, err := openData(data, embedded.Options{Now: nowMillis, Log: log, KeepExpired: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, local.Close()) }()
	a, err := mongodb.Open(mongodb.Options{URI: mongodb.EmbeddedURI, Dialer: local.Dialer()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	c := &mongodb.Copy{From: a, To: b, Source: folder, Now: nowMillis, Report: t.reportCopy()}
	if !to {
		c.From, c.To, c.Source = b, a, mongodb.Address(server.URI)
	}
	copied, err := c.Run(ctx)
	if _, ok := errors.AsType[*mongodb.Difference](err); ok {
		return fmt.Errorf("%w. Is the program still running on the server? Stop it, then run the same command again", err)
	}
	if err != nil && !errors.Is(err, mongodb.ErrRefused) {
		err = fmt.Errorf("%w. Run the same command again to go on", err)
	}
	if err != nil {
		return err
	}
	target, e := server, audit.Entry{Command: "db copy", Action: "database_copied", Outcome: audit.Done, Detail: []audit.Detail{{What: "database", Before: "embedded", After: "server"}}}
	if !to {
		target = mongodb.Options{URI: mongodb.EmbeddedURI, Dialer: local.Dialer()}
		e.Detail[0] = audit.Detail{What: "database", Before: "server", After: "embedded"}
	}
	if err := enterInto(ctx, target, e); err != nil {
		return err
	}
	total := 0
	for _, x := range copied {
		t.say("%-16s %9d documents, the same on both sides, sha256 %s", x.Collection, x.Documents, x.SHA256)
		total += x.Documents
	}
	t.say("%d documents in %d collections copied and compared.", total, len(copied))
	return nil
}

// reportCopy says once a second, and at the end of a collection, how far a copy is.
func (t Terminal) reportCopy() func(mongodb.CopyProgress) {
	every := newTicks()
	return func(p mongodb.CopyProgress) {
		if every.due() || p.Done == p.Total && p.Total > 0 {
			t.note("%s: %d of %d %s", p.Collection, p.Done, p.Total, p.Doing)
		}
	}
}
