package embedded

import (
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// sweepEvery is how often documents that have expired are removed, sweepBatch how many of a collection at a time.
const (
	sweepEvery = time.Minute
	sweepBatch = 1000
)

// sweeper removes expired documents and forgotten cursors until the database is closed.
func (db *Database) sweeper() {
	defer close(db.swept)
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-db.stop:
			return
		case <-ticker.C:
			if _, err := db.Sweep(); err != nil && !errors.Is(err, ErrClosed) {
				db.log.Error("embedded database: sweep", "error", err)
			}
		}
	}
}

// Sweep removes the documents that have expired by the clock of the options, and says how many. It runs by itself every
// minute; tests and tools may call it. The error is that of Err, or ErrClosed.
func (db *Database) Sweep() (int, error) {
	if !db.begin() {
		return 0, ErrClosed
	}
	defer db.serving.Done()
	now := db.opts.Now()
	db.cursors.expire(now)
	if db.opts.KeepExpired {
		return 0, nil
	}
	db.mu.RLock()
	all := db.namespaces("")
	db.mu.RUnlock()
	removed := 0
	for _, ns := range all {
		for {
			n, err := db.sweep(ns, now)
			removed += n
			if err != nil {
				return removed, err
			}
			if n < sweepBatch {
				break
			}
		}
	}
	return removed, nil
}

// sweep removes a batch of expired documents of one collection.
func (db *Database) sweep(ns namespace, now time.Time) (int, error) {
	n := 0
	err := db.change(func() error {
		c := db.collections[ns]
		if c == nil {
			return nil
		}
		for _, x := range c.live.indexes {
			if x.expire < 0 {
				continue
			}
			limit := dateValue(now.UnixMilli() - x.expire*1000)
			f := leaf(x.parts[0].path, predicate{op: predLte, operand: limit})
			q := &query{filter: f, limit: int64(sweepBatch - n), hint: value{bson.TypeEmbeddedDocument, x.indexSpec.keys}}
			if q.limit <= 0 {
				return nil
			}
			gone, err := db.runDelete(ns, q, limits{})
			n += len(gone)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
