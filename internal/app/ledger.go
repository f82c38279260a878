package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"hocso/internal/config"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

// ledgerFile is where the ledger of erasures lies in a data folder unless a setting names another place.
const ledgerFile = "erasures.jsonl"

// What is said instead of a file: that there is no ledger, and that it is the one in the backup.
const (
	noLedger       = "none"
	archivedLedger = "archive"
)

// ledgerEntry is one line of the file: who was erased, by an id that leads to nobody, and when.
type ledgerEntry struct {
	Person people.ID `json:"person"`
	At     time.Time `json:"at"`
}

// ledgerOf is the file in which a program with these settings keeps the ledger, "" for none.
func ledgerOf(c config.Config) string {
	if c.ErasureLedger == "" && c.MongoDBURI == "" {
		return filepath.Join(c.Data, ledgerFile)
	}
	return c.ErasureLedger
}

// ledgerText is what a backup takes along of a ledger: nothing while nobody was ever erased.
func ledgerText(name string) ([]byte, error) {
	if _, err := readLedger(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// readLedger reads a file of the ledger.
func readLedger(name string) ([]privacy.Erasure, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of erasures: %w", err)
	}
	var out []privacy.Erasure
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		var e ledgerEntry
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil || e.Person == "" || e.At.IsZero() {
			return nil, fmt.Errorf("%s:%d is no entry of a ledger of erasures: want {\"person\":…,\"at\":…}", name, n)
		}
		out = append(out, privacy.Erasure{Person: e.Person, At: e.At})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the ledger of erasures: %w", err)
	}
	return out, nil
}

// writeLedger writes the whole ledger; the file is there as it was or as it is now, never in between.
func writeLedger(name string, all []privacy.Erasure) error {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, e := range all {
		if err := lines.Encode(ledgerEntry{e.Person, e.At}); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, syncedFile{f}.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(name+".new", name), syncFolder(filepath.Dir(name)))
}

// replayLedger erases again whom the ledger's file names and the database does not know to be erased: it is
// older than the file. Then it writes the file.
func (a *App) replayLedger(ctx context.Context) error {
	name := ledgerOf(a.cfg)
	if name == "" {
		return nil
	}
	kept, err := readLedger(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known, err := a.db.Privacy().Erasures(ctx, false)
	if err != nil {
		return err
	}
	there := map[people.ID]bool{}
	for _, e := range known {
		there[e.Person] = true
	}
	var missing []privacy.Erasure
	for _, e := range kept {
		if !there[e.Person] {
			missing = append(missing, e)
		}
	}
	if len(missing) > 0 {
		a.log.Warn("the database is older than the ledger of erasures: erasing again", "people", len(missing))
		if err := a.privacy.Replay(ctx, missing); err != nil {
			return err
		}
	}
	if len(known)+len(missing) == 0 {
		return nil
	}
	return writeLedger(name, append(known, missing...))
}

// replayInto erases in a data folder whom a ledger names, before anybody is served from it.
func replayInto(ctx context.Context, cfg config.Config, log *slog.Logger, data string, ledger []privacy.Erasure) error {
	cfg.Data, cfg.MongoDBURI, cfg.ErasureLedger = data, "", ""
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	return errors.Join(a.privacy.Replay(ctx, ledger), a.Close(), os.RemoveAll(filepath.Join(data, ledgerFile)))
}
