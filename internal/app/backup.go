package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"

	"hocso/internal/mongodb/embedded"
)

// Backup writes the embedded database into one file, or with - to standard output, whether
// the program is running or not. The file has its name only once it was read back.
func Backup(ctx context.Context, t Terminal, args []string) error {
	cfg, log, file, err := t.loadFile("backup", "FILE, or - for standard output", args, nil)
	if err != nil {
		return err
	}
	if cfg.MongoDBURI != "" {
		return errors.New("backup: the data lie on a MongoDB server (HOCSO_MONGODB_URI), whose own tools make the backup: mongodump")
	}
	if err := backup(ctx, t, cfg.Data, file, ledgerOf(cfg), log); err != nil {
		return fmt.Errorf("backup: %w", stopped(ctx, err))
	}
	return nil
}

func backup(ctx context.Context, t Terminal, data, file, ledger string, log *slog.Logger) (err error) {
	if _, err := os.Lstat(file); err == nil && file != "-" {
		return fmt.Errorf("%s is there already: choose another name, it is not overwritten", file)
	}
	m := manifest{Format: archiveFormat, Program: version(), MadeAt: nowMillis()} // everything acknowledged by now is in it
	erased, err := ledgerText(ledger)
	if err != nil {
		return err
	}
	dir, done, err := checkpoint(ctx, data, log)
	if err != nil {
		return err
	}
	defer func() {
		if _, gone := os.Stat(dir); err != nil && errors.Is(gone, fs.ErrNotExist) { // by the start, or by hanging up
			err = fmt.Errorf("the program was started anew meanwhile, try again: %w", err)
		}
		err = errors.Join(err, done())
	}()
	every := newTicks()
	m.Database, err = embedded.Survey(ctx, dir, embedded.Options{Log: log}, func(n int) {
		if every.due() {
			t.note("%d documents read", n)
		}
	})
	if err == nil {
		err = m.list(ctx, databaseFolder, dir)
	}
	m.addText(ledgerFile, erased)
	if err == nil && isDemo(data) {
		err = m.add(ctx, demoFile, filepath.Join(data, demoFile))
	}
	if err != nil {
		return err
	}
	open := func(name string) (io.ReadCloser, error) {
		if name == ledgerFile {
			return io.NopCloser(bytes.NewReader(erased)), nil
		}
		if name == demoFile {
			return os.Open(filepath.Join(data, demoFile))
		}
		return os.Open(filepath.Join(dir, path.Base(name)))
	}
	t.note("%d documents read, all whole; packing %.1f MB", m.Database.Documents, float64(m.size())/1e6)
	write := func(w io.Writer) ([]byte, error) {
		h := sha256.New()
		err := pack(ctx, io.MultiWriter(w, h), m, open)
		return h.Sum(nil), err
	}
	if file == "-" {
		sum, err := write(t.Out)
		if err == nil {
			t.note("backup: %s\nsha256 of the stream: %x", m, sum)
		}
		return err
	}
	sum, err := writeBackup(ctx, file, write)
	if err == nil {
		t.say("%s: %s\nsha256: %x", file, m, sum)
	}
	return err
}

// String says in a line what a backup holds.
func (m manifest) String() string {
	return fmt.Sprintf("%d documents in %d collections, %.1f MB, made at %s by hocso %s", m.Database.Documents, len(m.Database.Collections),
		float64(m.size())/1e6, m.MadeAt.Format("2006-01-02 15:04:05 MST"), m.Program)
}

// checkpoint has a copy of the database made, by the program that is running or else here.
// The copy is there until done, and not longer even if this process is killed.
func checkpoint(ctx context.Context, data string, log *slog.Logger) (dir string, done func() error, err error) {
	c, err := knock(ctx, data, "/backup")
	if errors.Is(err, errNobody) {
		return checkpointHere(data, log)
	}
	if err != nil {
		return "", nil, err
	}
	s, err := c.next()
	if err == nil && (s.Folder == "" || !filepath.IsLocal(s.Folder) || filepath.Base(s.Folder) != s.Folder) {
		err = fmt.Errorf("the running program names the folder %q", s.Folder)
	}
	if err != nil {
		c.hangUp()
		return "", nil, err
	}
	dir = filepath.Join(data, checkpoints, s.Folder)
	return dir, func() error {
		defer c.hangUp()
		return os.RemoveAll(dir)
	}, nil
}

// checkpointHere makes the copy of a database that nobody has open, and keeps it locked.
func checkpointHere(data string, log *slog.Logger) (dir string, done func() error, err error) {
	db, err := openDatabaseHere(data, log)
	if err != nil {
		return "", nil, err
	}
	if dir, err = newCheckpoint(data); err == nil {
		err = db.Backup(dir)
	}
	done = func() error { return errors.Join(os.RemoveAll(filepath.Join(data, checkpoints)), db.Close()) }
	if err != nil {
		return "", nil, errors.Join(err, done())
	}
	return dir, done, nil
}

// openDatabaseHere opens the embedded database that a data folder must already hold.
func openDatabaseHere(data string, log *slog.Logger) (*embedded.Database, error) {
	db, err := openData(data, embedded.Options{Now: nowMillis, Log: log, MustExist: true, KeepExpired: true})
	if errors.Is(err, embedded.ErrInUse) {
		return nil, fmt.Errorf("%w; it does not answer at the door that %s names, so stop it first", err, filepath.Join(data, controlFile))
	}
	return db, err
}

// openData opens the embedded database of a data folder, and removes what commands that
// were killed have left there.
func openData(data string, o embedded.Options) (*embedded.Database, error) {
	dir := filepath.Join(data, databaseFolder)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(data, restoring)); err == nil {
			return nil, fmt.Errorf("a restore into %s was cut off: run it again, or remove %s", data, filepath.Join(data, restoring))
		}
	}
	db, err := embedded.Open(dir, o)
	if err != nil {
		return nil, err
	}
	err = errors.Join(os.RemoveAll(filepath.Join(data, checkpoints)), os.RemoveAll(filepath.Join(data, restoring)))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tidy the data folder: %w", err), db.Close())
	}
	return db, nil
}

// writeBackup writes a file under another name, reads it back, and gives it its name.
// Nothing is left when that does not succeed.
func writeBackup(ctx context.Context, file string, write func(io.Writer) ([]byte, error)) (sum []byte, err error) {
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is there already: another backup is writing it, or one was killed; then remove it", part)
	}
	if err != nil {
		return nil, err
	}
	left := part
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(left))
		}
	}()
	sum, err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	_, again, err := checkFile(ctx, part)
	if err == nil && hex.EncodeToString(again) != hex.EncodeToString(sum) {
		err = errors.New("other bytes were read back than were written: the disk is damaged")
	}
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("%s was made meanwhile: it is not overwritten", file)
	}
	if err := os.Rename(part, file); err != nil {
		return nil, err
	}
	left = file
	return sum, syncFolder(filepath.Dir(file))
}

// checkFile reads a backup to its end and says what is in it, and the hash of all its bytes.
func checkFile(ctx context.Context, file string) (manifest, []byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return manifest{}, nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return checkStream(ctx, f)
}

func checkStream(ctx context.Context, r io.Reader) (manifest, []byte, error) {
	h := sha256.New()
	m, err := unpack(ctx, io.TeeReader(r, h), nil)
	return m, h.Sum(nil), err
}
