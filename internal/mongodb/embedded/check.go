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

// Progress says how far a check is.
type Progress struct {
	Collection string `json:"collection"`
	// Done and Total count every document once for the disk and once for each index.
	Done  int `json:"done"`
	Total int `json:"total"`
}

// Check is CheckAll to its end, without a report.
func (db *Database) Check() error { return db.CheckAll(context.Background(), func(Progress) {}) }

// CheckAll reads everything on disk again and compares it with memory, and every index with the documents. It answers an
// error that wraps ErrDamaged and names the place of the first difference, or the error of ctx when that ends first.
// Reads go on meanwhile; writes wait only until those before them are on disk. report is called often.
func (db *Database) CheckAll(ctx context.Context, report func(Progress)) error {
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
	names := db.namespaces("")
	numbers, views := make([]uint32, len(names)), make([]*view, len(names))
	var p Progress
	for i, ns := range names {
		c := db.collections[ns]
		numbers[i], views[i] = c.number, c.freeze()
		p.Total += c.size() * len(views[i].indexes)
	}
	db.mu.Unlock()
	defer func() { _ = snap.Close() }() // only read
	for i, v := range views {
		p.Collection = names[i].coll
		step := func(n int) error {
			p.Done += n
			report(p)
			return ctx.Err()
		}
		n, err := v.checkDisk(snap, numbers[i], step)
		if err != nil && ctx.Err() == nil {
			err = damaged(db.dir, fmt.Errorf("collection %s: %w", names[i], err))
		}
		if err != nil {
			return err
		}
		for _, x := range v.indexes[1:] {
			if err := x.check(v.primary()); err != nil {
				return damaged(db.dir, fmt.Errorf("collection %s, index %s: %w", names[i], x.name, err))
			}
			if err := step(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepEvery is after how many documents a check says how far it is.
const stepEvery = 1000

// checkDisk compares the documents of a collection with those on disk, and says how many there are. It calls step with the
// number of documents since the last call.
func (v *view) checkDisk(snap *pebble.Snapshot, number uint32, step func(n int) error) (int, error) {
	prefix := documentPrefix(number)
	it, err := snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: []byte(after(prefix))})
	if err != nil {
		return 0, err
	}
	n := 0
	primary := v.primary()
	var wrong error
	for it.First(); it.Valid() && wrong == nil; it.Next() {
		n++
		id := it.Key()[len(prefix):]
		if e, ok := primary.tree.get(primary.to(string(id))); !ok || !bytes.Equal(primary.raw(e), it.Value()) {
			wrong = fmt.Errorf("key %x: disk and memory differ", id)
		} else if n%stepEvery == 0 {
			wrong = step(stepEvery)
		}
	}
	if err := errors.Join(wrong, it.Error(), it.Close()); err != nil {
		return n, err
	}
	if want := primary.tree.n; n != want {
		return n, fmt.Errorf("%d documents on disk, %d in memory", n, want)
	}
	return n, step(n % stepEvery)
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
