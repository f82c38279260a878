package embedded

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifestName is the file of a backup that says what the backup holds. It is written last.
const manifestName = "backup.json"

// Manifest says what a backup holds.
type Manifest struct {
	Format      int                  `json:"format"`
	MadeAt      time.Time            `json:"madeAt"`
	Documents   int                  `json:"documents"`
	Collections []CollectionManifest `json:"collections"`
	// SHA256 is over every key and value, each after its length, in the order of the keys.
	SHA256 string `json:"sha256"`
}

// CollectionManifest says how many documents of a collection a backup holds.
type CollectionManifest struct {
	Database   string `json:"database"`
	Collection string `json:"collection"`
	Documents  int    `json:"documents"`
}

// Backup makes a copy of the database in a folder that is not there yet, while the database works on: it holds every
// write acknowledged before the call. The copy is opened, every document in it read and counted, and a manifest written
// before Backup returns; a folder without a manifest is no backup. On the same file system the copy shares files with
// the database and costs little; keep backups on another disk.
func (db *Database) Backup(dir string) error {
	if !db.begin() {
		return ErrClosed
	}
	defer db.serving.Done()
	if err := db.Err(); err != nil {
		return err
	}
	db.maintenance.Lock()
	defer db.maintenance.Unlock()
	// It panics when it cannot sync the new folder.
	err := db.disk.failure.spare(func() error { return db.disk.db.Checkpoint(dir, pebble.WithFlushedWAL()) })
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("back up to %s: the folder is there already: %w", dir, err)
		}
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	if db.opts.FS == vfs.Default {
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("back up to %s: %w", dir, err)
		}
	}
	m, err := survey(dir, db.opts)
	if err != nil {
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	m.MadeAt = db.opts.Now().UTC()
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	err = writeFile(db.opts.FS, db.opts.FS.PathJoin(dir, manifestName), append(text, '\n'))
	if err = errors.Join(err, syncFolder(db.opts.FS, dir)); err != nil {
		return fmt.Errorf("back up to %s: %w", dir, err)
	}
	return nil
}

// Verify reads a whole backup and answers its manifest when all that the manifest says is there, unchanged; else an
// error that wraps ErrDamaged. Of the options it uses FS, Log and Now.
func Verify(dir string, opts Options) (Manifest, error) {
	files := opts.FS
	if files == nil {
		files = vfs.Default
	}
	text, err := readFile(files, files.PathJoin(dir, manifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("%s is no backup: %w", dir, err)
	}
	var want Manifest
	if err := json.Unmarshal(text, &want); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if want.Format != format {
		return Manifest{}, fmt.Errorf("the backup %s has format %d, and this program knows format %d only", dir, want.Format, format)
	}
	got, err := survey(dir, opts)
	if err != nil {
		return Manifest{}, err
	}
	if got.SHA256 != want.SHA256 || got.Documents != want.Documents {
		return Manifest{}, fmt.Errorf("%w: the backup %s does not hold what its manifest says", ErrDamaged, dir)
	}
	return want, nil
}

// Restore copies a backup into a folder that is empty or not there yet, after Verify and before another one.
func Restore(backup, dir string) error { return restore(backup, dir, copyFile) }

func restore(backup, dir string, copyFile func(from, to string) error) error {
	if _, err := Verify(backup, Options{}); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	if len(left) > 0 {
		return fmt.Errorf("restore into %s: %w", dir, errNotEmpty)
	}
	all, err := os.ReadDir(backup)
	if err != nil {
		return fmt.Errorf("restore from %s: %w", backup, err)
	}
	// With a seal the folder does not pass for a new one when the copying ends early.
	if err := writeSeal(vfs.Default, dir, 0); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	for _, e := range all {
		if !e.Type().IsRegular() || e.Name() == "LOCK" {
			continue
		}
		if err := copyFile(filepath.Join(backup, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("restore into %s: %w", dir, err)
		}
	}
	if err := syncFolder(vfs.Default, dir); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	if _, err := Verify(dir, Options{}); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("restore into %s: %w", dir, err)
	}
	return nil
}

var errNotEmpty = errors.New("the folder is not empty")

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	return errors.Join(out.Sync(), out.Close())
}

// survey opens a folder without changing it, reads everything in it and says what it found.
func survey(dir string, opts Options) (_ Manifest, err error) {
	m := Manifest{Format: format}
	db, err := openForReading(dir, opts)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, db.pebble.Close(), db.lock.Close()) }()
	for _, ns := range db.namespaces("") {
		n := db.collections[ns].size()
		m.Documents += n
		m.Collections = append(m.Collections, CollectionManifest{ns.db, ns.coll, n})
	}
	h := sha256.New()
	it, err := db.pebble.NewIter(nil)
	if err != nil {
		return m, damaged(dir, err)
	}
	var n [4]byte
	for it.First(); it.Valid(); it.Next() {
		for _, part := range [][]byte{it.Key(), it.Value()} {
			binary.BigEndian.PutUint32(n[:], uint32(len(part)))
			h.Write(n[:])
			h.Write(part)
		}
	}
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		return m, damaged(dir, err)
	}
	m.SHA256 = hex.EncodeToString(h.Sum(nil))
	return m, nil
}
