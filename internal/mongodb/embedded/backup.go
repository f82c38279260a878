package embedded

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Format is the version of how this program keeps documents in a folder. It reads no other.
const Format = format

// Manifest says what a folder holds.
type Manifest struct {
	Format      int                  `json:"format"`
	Documents   int                  `json:"documents"`
	Collections []CollectionManifest `json:"collections"`
	// SHA256 is over every key and value, each after its length, in the order of the keys.
	SHA256 string `json:"sha256"`
}

// CollectionManifest says how many documents of a collection a folder holds.
type CollectionManifest struct {
	Database   string `json:"database"`
	Collection string `json:"collection"`
	Documents  int    `json:"documents"`
}

// Backup makes a copy of the database in a folder that is not there yet, while the database works on: it holds every
// write acknowledged before the call. On the same file system the copy shares files with the database and costs little.
// It is no backup before Survey has read it and it lies on another disk.
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
	return nil
}

// Survey reads every document in a folder that nobody has open, without changing or keeping anything, and says what is
// there: of the same data the manifests are the same. report, if not nil, is told after every thousandth document how
// many were read. Of the options Survey uses FS and Log.
func Survey(ctx context.Context, dir string, opts Options, report func(documents int)) (m Manifest, err error) {
	db, err := openForReading(dir, opts)
	if err != nil {
		return m, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = damaged(dir, fmt.Errorf("%v", r))
		}
		err = errors.Join(err, db.pebble.Close(), db.lock.Close())
	}()
	byNumber, err := db.loadCatalogue()
	if err != nil {
		return m, err
	}
	it, err := db.pebble.NewIter(nil)
	if err != nil {
		return m, damaged(dir, err)
	}
	counts := map[*collection]int{}
	h := sha256.New()
	var size [4]byte
	var wrong error
	for it.First(); it.Valid() && wrong == nil; it.Next() {
		for _, part := range [][]byte{it.Key(), it.Value()} {
			binary.BigEndian.PutUint32(size[:], uint32(len(part)))
			h.Write(size[:])
			h.Write(part)
		}
		if it.Key()[0] == spaceCatalogue {
			continue
		}
		c, err := owner(byNumber, it.Key(), it.Value())
		if err != nil {
			wrong = damaged(dir, err)
			break
		}
		counts[c]++
		if m.Documents++; m.Documents%1000 == 0 {
			if report != nil {
				report(m.Documents)
			}
			wrong = ctx.Err()
		}
	}
	if wrong != nil {
		return m, errors.Join(wrong, it.Close())
	}
	if err := errors.Join(it.Error(), it.Close()); err != nil {
		return m, damaged(dir, err)
	}
	for _, ns := range db.namespaces("") {
		m.Collections = append(m.Collections, CollectionManifest{ns.db, ns.coll, counts[db.collections[ns]]})
	}
	m.Format, m.SHA256 = format, hex.EncodeToString(h.Sum(nil))
	return m, nil
}
