package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Scrub takes what was deleted or replaced before the call off the disk, so that no trace of it is left in the raw bytes
// of the folder: call it after a person's data were erased. Writes wait for a moment at its end, reads do not. Backups
// made before keep what they have. When the context ends first it answers an error, and may be called again.
func (db *Database) Scrub(ctx context.Context) error {
	if !db.begin() {
		return ErrClosed
	}
	defer db.serving.Done()
	db.mu.RLock()
	n := db.disk.mark()
	db.mu.RUnlock()
	if err := db.disk.wait(n); err != nil {
		return err
	}
	db.maintenance.Lock()
	defer db.maintenance.Unlock()
	return db.disk.scrub(ctx)
}

// Check reads everything on disk again and compares it with memory, and every index with the documents. It answers an
// error that wraps ErrDamaged and names the place of the first difference. Reads go on meanwhile; writes wait only until
// those before them are on disk.
func (db *Database) Check() error {
	if !db.begin() {
		return ErrClosed
	}
	defer db.serving.Done()
	db.maintenance.Lock()
	defer db.maintenance.Unlock()
	db.mu.Lock()
	if err := db.disk.wait(db.disk.mark()); err != nil {
		db.mu.Unlock()
		return err
	}
	snap := db.disk.db.NewSnapshot()
	all := map[*collection]*view{}
	for _, c := range db.collections {
		all[c] = c.freeze()
	}
	db.mu.Unlock()
	defer func() { _ = snap.Close() }() // only read
	for c, v := range all {
		if err := v.checkDisk(snap, c.number); err != nil {
			return damaged(db.dir, fmt.Errorf("collection %s: %w", c.ns, err))
		}
		for _, x := range v.indexes[1:] {
			if err := x.check(v.primary()); err != nil {
				return damaged(db.dir, fmt.Errorf("collection %s, index %s: %w", c.ns, x.name, err))
			}
		}
	}
	return nil
}

// checkDisk compares the documents of a collection with those on disk.
func (v *view) checkDisk(snap *pebble.Snapshot, number uint32) error {
	prefix := documentPrefix(number)
	it, err := snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: []byte(after(prefix))})
	if err != nil {
		return err
	}
	n := 0
	primary := v.primary()
	var wrong error
	for it.First(); it.Valid() && wrong == nil; it.Next() {
		n++
		id := it.Key()[len(prefix):]
		if e, ok := primary.tree.get(primary.to(string(id))); !ok || !bytes.Equal(primary.raw(e), it.Value()) {
			wrong = fmt.Errorf("key %x: disk and memory differ", id)
		}
	}
	if err := errors.Join(wrong, it.Error(), it.Close()); err != nil {
		return err
	}
	if want := primary.tree.n; n != want {
		return fmt.Errorf("%d documents on disk, %d in memory", n, want)
	}
	return nil
}

// check compares an index with the documents.
func (x *index) check(primary *index) error {
	n := 0
	var wrong error
	primary.tree.all(func(e entry) bool {
		r := primary.record(e)
		keys, multikey, err := x.keys(r)
		if err != nil || multikey && !x.multikey {
			wrong = fmt.Errorf("key %x: an array that the index does not know of: %w", r.id, err)
			return false
		}
		for _, k := range keys {
			n++
			if at, ok := x.tree.get(x.to(x.entryKey(k, r))); !ok || at.doc != e.doc {
				wrong = fmt.Errorf("key %x: not in the index", r.id)
				return false
			}
		}
		return true
	})
	if wrong == nil && n != x.tree.n {
		wrong = fmt.Errorf("%d entries for %d keys", x.tree.n, n)
	}
	return wrong
}
