package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk writes changes to Pebble in the order in which they were made in memory. One goroutine commits all that waits
// as one synced batch, so that callers share the cost of a sync.
type disk struct {
	gate   sync.Mutex // held while a batch is committed, and while Pebble is closed and opened
	db     *pebble.DB
	reopen func() (*pebble.DB, error)

	failure *failure
	n       uint64 // the number of the last batch on disk; only the committer uses it until it has ended

	mu       sync.Mutex
	work     *sync.Cond // the queue is not empty, or closing
	progress *sync.Cond // synced changed, or a write failed
	queue    []write
	queued   uint64 // the number of the last change queued
	synced   uint64 // the number of the last change on disk
	closing  bool
	done     chan struct{} // closed when the committer has ended
}

// write is one change of the disk: value nil deletes the key, end not nil all keys from key to end.
type write struct{ key, value, end []byte }

// The most that one batch takes.
const (
	maxBatchWrites = 1024
	maxBatchBytes  = 8 << 20
)

func newDisk(db *pebble.DB, reopen func() (*pebble.DB, error), f *failure, n uint64) *disk {
	d := &disk{db: db, reopen: reopen, failure: f, n: n, done: make(chan struct{})}
	d.work, d.progress = sync.NewCond(&d.mu), sync.NewCond(&d.mu)
	go d.run()
	go d.wake()
	return d
}

// wake lets those go on who wait for a write that failed; the committer may be held.
func (d *disk) wake() {
	select {
	case <-d.failure.failed:
		d.mu.Lock()
		defer d.mu.Unlock()
		d.queue = nil
		d.progress.Broadcast()
	case <-d.done:
	}
}

func (d *disk) run() {
	defer close(d.done)
	for {
		batch, upTo := d.take()
		if batch == nil {
			return
		}
		if err := d.commit(batch); err != nil {
			d.failure.report(err)
			return
		}
		d.mu.Lock()
		d.synced = upTo
		d.progress.Broadcast()
		d.mu.Unlock()
	}
}

// take waits for changes and gives the next batch; nil when the disk closes.
func (d *disk) take() ([]write, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) == 0 {
		if d.closing {
			return nil, 0
		}
		d.work.Wait()
	}
	n, bytes := 0, 0
	for n < len(d.queue) && n < maxBatchWrites && (n == 0 || bytes < maxBatchBytes) {
		bytes += len(d.queue[n].key) + len(d.queue[n].value)
		n++
	}
	batch := d.queue[:n:n]
	d.queue = d.queue[n:]
	return batch, d.queued - uint64(len(d.queue))
}

// commit writes one batch and syncs it.
func (d *disk) commit(batch []write) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	d.gate.Lock()
	defer d.gate.Unlock()
	if err := d.failure.get(); err != nil {
		return err
	}
	b := d.db.NewBatch()
	for _, w := range batch {
		var err error
		switch {
		case w.end != nil:
			err = b.DeleteRange(w.key, w.end, nil)
		case w.value == nil:
			err = b.Delete(w.key, nil)
		default:
			err = b.Set(w.key, w.value, nil)
		}
		if err != nil {
			return err
		}
	}
	if err := b.Set(commitKey(), binary.BigEndian.AppendUint64(nil, d.n+1), nil); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	d.n++
	return b.Close()
}

// add queues changes. The caller holds the database's lock, so that the order on disk is the order in memory.
func (d *disk) add(writes ...write) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, writes...)
	d.queued += uint64(len(writes))
	d.work.Signal()
}

// mark is the number of the last change queued so far.
func (d *disk) mark() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queued
}

// wait returns when the numbered change is on disk, or with the error for which it never will be.
func (d *disk) wait(n uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.synced < n && d.failure.get() == nil {
		d.progress.Wait()
	}
	return d.failure.get()
}

// close commits what is queued, ends the committer and Pebble, and seals the folder. After a failure it leaves the disk
// as it is, and those who were held by it.
func (d *disk) close(files vfs.FS, dir string) error {
	d.mu.Lock()
	d.closing = true
	d.work.Broadcast()
	d.mu.Unlock()
	select {
	case <-d.done:
	case <-d.failure.failed:
	}
	if err := d.failure.get(); err != nil {
		return err
	}
	if err := d.failure.spare(d.db.Close); err != nil {
		return fmt.Errorf("close the data folder: %w", err)
	}
	return writeSeal(files, dir, d.n)
}

// scrub takes what was deleted or replaced off the disk: it puts everything into tables, rewrites them without what is
// gone, and opens Pebble again, because only then are its old logs removed. Nobody else may use Pebble meanwhile, except
// the committer, which waits while it is closed.
func (d *disk) scrub(ctx context.Context) error {
	err := d.failure.spare(func() error {
		flushed, err := d.db.AsyncFlush()
		if err != nil {
			return err
		}
		select {
		case <-flushed:
		case <-ctx.Done():
			return ctx.Err()
		}
		return d.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
	})
	if err != nil {
		return fmt.Errorf("scrub the data folder: %w", err)
	}
	d.gate.Lock()
	defer d.gate.Unlock()
	if err := d.failure.get(); err != nil {
		return err
	}
	err = d.failure.spare(d.db.Close)
	if err == nil {
		d.db, err = d.reopen()
	}
	if err != nil {
		d.failure.report(err)
		return d.failure.get()
	}
	return nil
}
