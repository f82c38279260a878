// Package embedded is a database inside the program: a server for the unmodified MongoDB driver, without a port, a
// second process or anything to install. It knows a declared part of MongoDB (docs/embedded-database.md) and refuses
// everything else by name with error 238. All documents are in memory; every acknowledged write is on disk first.
package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options says how a database works. Now is required.
type Options struct {
	// Now gives the time for documents that expire, $currentDate and cursors that nobody uses any more.
	Now func() time.Time
	// FS is the file system to write to, the real one if nil. Tests give one that loses power or fails.
	FS vfs.FS
	// RefuseScansOver is the most documents that a query without an index may examine before it is refused with error
	// 291. 0 allows any number.
	RefuseScansOver int
	// MustExist refuses a folder that holds no database, with an error that wraps ErrNoDatabase, instead of making one.
	MustExist bool
	// KeepExpired leaves documents whose time is over where they are: for looking into a folder without changing it.
	KeepExpired bool
	// QueryMemory is the most bytes that a sort without an index, a $group, or the documents that a stage of an
	// aggregation makes may take before the command is refused with error 292. 100 MiB if 0.
	QueryMemory int
	// Log takes what an operator should know; nothing is logged if nil. It is never given the content of documents.
	Log *slog.Logger
}

// Database is an open embedded database. Its methods may be called from any goroutine.
type Database struct {
	dir      string
	opts     Options
	log      *slog.Logger
	commands map[string]command
	pebble   *pebble.DB // while it is being opened; then the disk has it
	lock     *pebble.Lock
	disk     *disk
	cursors  cursors
	started  time.Time

	// maintenance is held by whoever uses the storage other than to commit: Backup, Check, Scrub.
	maintenance sync.Mutex

	// mu guards the collections and all trees in them. Whoever holds it for writing queues for the disk what it
	// changed before letting go.
	mu          sync.RWMutex
	collections map[namespace]*collection

	connMu    sync.Mutex
	conns     map[net.Conn]struct{} // nil when closed
	listeners map[net.Listener]struct{}
	serving   sync.WaitGroup
	stop      chan struct{} // closed by Close; ends the sweeper
	swept     chan struct{} // closed when the sweeper has ended
}

// Open opens the database in a folder, which it makes when it is not there, and reads every document. It answers an
// error that wraps ErrInUse when another program, or another Open, has the folder open, and one that wraps ErrDamaged
// when what lies there is not what was written.
func Open(dir string, opts Options) (*Database, error) {
	if opts.Now == nil {
		return nil, errors.New("embedded database: Options.Now is missing")
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.QueryMemory == 0 {
		opts.QueryMemory = queryMemory
	}
	if opts.FS == nil {
		opts.FS = vfs.Default
		if opts.MustExist && !exists(opts.FS, dir) {
			return nil, fmt.Errorf("%w: %s", ErrNoDatabase, dir)
		}
		var err error
		if dir, err = realFolder(dir); err != nil {
			return nil, err
		}
	}
	if err := opts.FS.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockFolder(dir, opts.FS)
	if err != nil {
		return nil, err
	}
	db, err := openLocked(dir, opts, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return db, nil
}

// exists tells whether a folder holds a database, also one that lost a file.
func exists(files vfs.FS, dir string) bool {
	if sealed(files, dir) {
		return true
	}
	d, err := pebble.Peek(dir, files)
	return err == nil && d.Exists
}

// realFolder gives one name to a folder that has several, because Pebble tells folders in one process apart by name.
func realFolder(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	return real, nil
}

func lockFolder(dir string, files vfs.FS) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, files)
	if err == nil {
		return lock, nil
	}
	var pathErr *fs.PathError
	var errno syscall.Errno
	if errors.As(err, &pathErr) || errors.As(err, &errno) && errno != syscall.EAGAIN && errno != syscall.EACCES {
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
}

func newDatabase(dir string, opts Options) *Database {
	return &Database{
		dir: dir, opts: opts, log: opts.Log, commands: commands(),
		collections: map[namespace]*collection{},
		cursors:     newCursors(),
		conns:       map[net.Conn]struct{}{},
		listeners:   map[net.Listener]struct{}{},
		stop:        make(chan struct{}), swept: make(chan struct{}),
	}
}

func openLocked(dir string, opts Options, lock *pebble.Lock) (*Database, error) {
	db := newDatabase(dir, opts)
	db.lock, db.started = lock, opts.Now()
	l := newLogger(opts.Log)
	var err error
	old := sealed(opts.FS, dir)
	if db.pebble, err = openPebble(dir, opts.FS, l, &pebble.Options{Lock: lock, ErrorIfNotExists: old}); err != nil {
		return nil, err
	}
	number, err := checkSeal(opts.FS, dir, db.pebble)
	if err == nil {
		err = db.load(l)
	}
	if err == nil && !old {
		err = writeSeal(opts.FS, dir, number)
	}
	if err != nil {
		return nil, errors.Join(err, l.failure.spare(db.pebble.Close))
	}
	db.disk = newDisk(db.pebble, db.reopener(l), l.failure, number)
	go db.sweeper()
	return db, nil
}

// reopener opens the storage in the way it was opened first.
func (db *Database) reopener(l *logger) func() (*pebble.DB, error) {
	return func() (*pebble.DB, error) {
		return openPebble(db.dir, db.opts.FS, l, &pebble.Options{Lock: db.lock, ErrorIfNotExists: true})
	}
}

// openForReading opens a folder that nobody has open, and loads nothing; only its Pebble may be used.
func openForReading(dir string, opts Options) (*Database, error) {
	if opts.FS == nil {
		opts.FS = vfs.Default
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	db := newDatabase(dir, opts)
	l := newLogger(opts.Log)
	var err error
	if db.lock, err = lockFolder(dir, opts.FS); err != nil {
		return nil, err
	}
	if db.pebble, err = openPebble(dir, opts.FS, l, &pebble.Options{ReadOnly: true, Lock: db.lock}); err != nil {
		return nil, errors.Join(err, db.lock.Close())
	}
	if _, err = checkSeal(opts.FS, dir, db.pebble); err != nil {
		return nil, errors.Join(err, l.failure.spare(db.pebble.Close), db.lock.Close())
	}
	return db, nil
}

// Err says why the database no longer works: a write to the disk failed, so memory is ahead of the disk, and every
// command answers this error from then on. The program should end and say so. It is nil while all is well.
func (db *Database) Err() error { return db.disk.failure.get() }

// Size is the number of documents in all collections.
func (db *Database) Size() int {
	db.mu.RLock()
	defer db.mu.RUnlock()
	n := 0
	for _, c := range db.collections {
		n += c.size()
	}
	return n
}

// Failed is closed when Err becomes an error.
func (db *Database) Failed() <-chan struct{} { return db.disk.failure.failed }

// Close ends all connections and goroutines, after everything acknowledged is on disk, and gives the folder free. A
// second Close answers ErrClosed. After a failure it answers the error of Err and does not wait for the storage: the
// folder stays locked until the process ends.
func (db *Database) Close() error {
	db.connMu.Lock()
	conns := db.conns
	db.conns = nil
	db.connMu.Unlock()
	if conns == nil {
		return ErrClosed
	}
	close(db.stop)
	for l := range db.listeners { // nobody adds to them any more
		_ = l.Close() // Serve answers for it
	}
	for c := range conns {
		_ = c.Close() // the other end may be gone already
	}
	idle := make(chan struct{})
	go func() {
		db.serving.Wait()
		<-db.swept
		close(idle)
	}()
	select {
	case <-idle:
	case <-db.Failed(): // a backup under way may be held for ever
	}
	return errors.Join(db.disk.close(db.opts.FS, db.dir), db.lock.Close())
}

// begin keeps the storage open until db.serving.Done; it answers false after Close.
func (db *Database) begin() bool {
	db.connMu.Lock()
	defer db.connMu.Unlock()
	if db.conns == nil {
		return false
	}
	db.serving.Add(1)
	return true
}
