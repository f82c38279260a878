package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"time"

	"hocso/internal/audit"
	"hocso/internal/config"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
	"hocso/internal/privacy"
)

// restoring is the folder in the data folder where a restore lies until all of it is good.
const restoring = "restoring"

// Restore puts a backup into a data folder that is empty or not there, or with --check only
// reads the backup. With - it comes from standard input.
func Restore(ctx context.Context, t Terminal, args []string) error {
	var only bool
	var ledger string
	cfg, log, file, err := t.loadFile("restore", "FILE, or - for standard input", args, func(f *flag.FlagSet) {
		f.BoolVar(&only, "check", false, "only check the backup, restore nothing")
		f.StringVar(&ledger, "ledger", "", "file of the ledger of erasures (erasures.jsonl), archive for the one in the backup, or none: whom it names is erased again")
	})
	if err != nil {
		return err
	}
	var erased []privacy.Erasure
	switch {
	case only || ledger == noLedger || ledger == archivedLedger:
	case ledger == "":
		return errors.New("restore: say with --ledger where the ledger of erasures lies (" + ledgerFile + ", in the data folder or where HOCSO_ERASURE_LEDGER says), " +
			"--ledger archive for the one in the backup, or --ledger none if there is none: a backup brings back whoever was erased after it was made, " +
			"and only a ledger that is newer than the backup names them")
	default:
		if erased, err = readLedger(ledger); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	in := io.NopCloser(t.In)
	if file != "-" {
		if in, err = os.Open(file); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	defer func() { _ = in.Close() }() // only read
	if only {
		m, sum, err := checkStream(ctx, in)
		if err != nil {
			return fmt.Errorf("restore: %s: %w", file, stopped(ctx, err))
		}
		t.say("%s is whole: %s\nsha256: %x", file, m, sum)
		return nil
	}
	m, erased, err := restore(ctx, t, in, cfg, erased, ledger == archivedLedger, log)
	if err != nil {
		return fmt.Errorf("restore %s into %s, nothing was restored: %w", file, cfg.Data, stopped(ctx, err))
	}
	t.say("%s: restored %s", cfg.Data, m)
	switch ledger {
	case archivedLedger:
		t.say("The ledger in the backup names %d: their names and data are not in what was restored.", len(erased))
		t.say("WARNING: whoever was erased after %s is back. If that was anybody, stop here and restore with --ledger and the newer ledger.",
			m.MadeAt.Format("2006-01-02 15:04:05 MST"))
	case noLedger:
		t.say("WARNING: without a ledger of erasures, whoever was erased after %s is back. If that was anybody, stop here and restore with --ledger.",
			m.MadeAt.Format("2006-01-02 15:04:05 MST"))
	default:
		t.say("The ledger of erasures names %d: their names and data are not in what was restored.", len(erased))
	}
	return nil
}

// restore returns whom it erased again: whom the caller names, or with archived the ledger in the backup.
func restore(ctx context.Context, t Terminal, in io.Reader, cfg config.Config, erased []privacy.Erasure, archived bool, log *slog.Logger) (m manifest, _ []privacy.Erasure, err error) {
	data := cfg.Data
	made, err := emptyFolder(data)
	if err != nil {
		return m, nil, err
	}
	work := filepath.Join(data, restoring)
	defer func() {
		err = errors.Join(err, os.RemoveAll(work))
		if err != nil && made {
			err = errors.Join(err, os.Remove(data))
		}
	}()
	if err := errors.Join(os.RemoveAll(work), os.MkdirAll(filepath.Join(work, databaseFolder), 0o700)); err != nil {
		return m, nil, err
	}
	m, err = unpack(ctx, in, func(name string) (io.WriteCloser, error) {
		f, err := os.OpenFile(filepath.Join(work, filepath.FromSlash(name)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		return syncedFile{f}, err
	})
	if err != nil {
		return m, nil, err
	}
	t.note("%d files unpacked; reading %d documents", len(m.Files), m.Database.Documents)
	if err := checkRestored(ctx, t, filepath.Join(work, databaseFolder), m, log); err != nil {
		return m, nil, err
	}
	if archived {
		if erased, err = readLedger(filepath.Join(work, ledgerFile)); errors.Is(err, fs.ErrNotExist) {
			return m, nil, errors.New("there is no ledger of erasures in this backup, an older program made it: say with --ledger where the ledger lies, or none")
		}
		if err != nil {
			return m, nil, err
		}
	}
	if len(erased) > 0 {
		t.note("erasing again whom the ledger names")
		if err := replayInto(ctx, cfg, log, work, erased); err != nil {
			return m, nil, err
		}
	}
	if err := os.Rename(filepath.Join(work, demoFile), filepath.Join(data, demoFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return m, nil, err
	}
	// From here on the database is there.
	if err := os.Rename(filepath.Join(work, databaseFolder), filepath.Join(data, databaseFolder)); err != nil {
		return m, nil, err
	}
	return m, erased, syncFolder(data)
}

// emptyFolder makes a folder, or finds it empty but for a restore that was cut off and the ledger of erasures.
func emptyFolder(dir string) (made bool, err error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, os.MkdirAll(dir, 0o700)
	}
	for _, e := range all {
		if e.Name() != restoring && e.Name() != ledgerFile {
			return false, fmt.Errorf("the folder is not empty, it holds %q", e.Name())
		}
	}
	return false, err
}

// checkRestored compares what was unpacked with the manifest, then opens it as the program
// does, compares all documents and indexes, and enters the restore into its audit trail.
func checkRestored(ctx context.Context, t Terminal, dir string, m manifest, log *slog.Logger) error {
	every := newTicks()
	got, err := embedded.Survey(ctx, dir, embedded.Options{Log: log}, func(n int) {
		if every.due() {
			t.note("%d of %d documents read", n, m.Database.Documents)
		}
	})
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(got, m.Database) {
		return fmt.Errorf("%w: its database holds other documents than its manifest says", errNoBackup)
	}
	db, err := embedded.Open(dir, embedded.Options{Now: nowMillis, Log: log})
	if err != nil {
		return err
	}
	err = db.CheckAll(ctx, t.reportCheck())
	if err == nil {
		err = enterInto(ctx, mongodb.Options{URI: mongodb.EmbeddedURI, Dialer: db.Dialer()}, audit.Entry{
			Command: "restore", Action: "database_restored", Outcome: audit.Done,
			Detail: []audit.Detail{{What: "made_at", After: m.MadeAt.Format(time.RFC3339)}},
		})
	}
	return errors.Join(err, db.Close())
}

// syncedFile is on disk once it is closed.
type syncedFile struct{ *os.File }

func (f syncedFile) Close() error { return errors.Join(f.Sync(), f.File.Close()) }

// syncFolder has the names in a folder on disk.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" { // there a folder cannot be synced
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
