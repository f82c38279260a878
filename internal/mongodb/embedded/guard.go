package embedded

import (
	"fmt"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failure is the first failed write of a database. Pebble answers some failures by ending the process, in ways that
// nobody can catch; the program should end with a message instead. So whoever meets such a failure inside Pebble reports
// it here and is held for ever: nothing is written after it, and Open and Close do not wait for those held.
type failure struct {
	mu     sync.Mutex
	err    error
	failed chan struct{} // closed with the first failure
}

func newFailure() *failure { return &failure{failed: make(chan struct{})} }

// report keeps the first failure.
func (f *failure) report(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = fmt.Errorf("write to the data folder: %w", err)
		close(f.failed)
	}
}

// hold reports a failure and does not return.
func (f *failure) hold(err error) {
	f.report(err)
	select {}
}

// spare runs something that may be held. It answers what that answers, its panic as an error, or the failure that comes
// first.
func (f *failure) spare(run func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case error:
				done <- r
			default:
				done <- fmt.Errorf("%v", r)
			}
		}()
		done <- run()
	}()
	select {
	case err := <-done:
		return err
	case <-f.failed:
		return f.get()
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// guardedFS watches the operations on the logs in a folder, and on the folder itself, whose failure Pebble takes for a
// reason to panic.
type guardedFS struct {
	vfs.FS
	dir     string
	failure *failure
}

func (g guardedFS) isLog(name string) bool {
	return strings.HasSuffix(name, ".log") && g.PathDir(name) == g.dir
}

// Create makes a file and watches it if it is a log. Before Pebble makes a marker, which names a file that counts from
// then on, that file's entry in the folder is synced: Pebble syncs both entries at once, and a power cut might keep the
// marker alone.
func (g guardedFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(g.PathBase(name), "marker.") && g.PathDir(name) == g.dir {
		if err := syncFolder(g.FS, g.dir); err != nil {
			g.failure.hold(err)
		}
	}
	f, err := g.FS.Create(name, c)
	return g.log(name, f, err)
}

// ReuseForWrite takes an old file for a new one and watches it if it is a log.
func (g guardedFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.ReuseForWrite(from, to, c)
	return g.log(to, f, err)
}

func (g guardedFS) log(name string, f vfs.File, err error) (vfs.File, error) {
	if !g.isLog(name) {
		return f, err
	}
	if err != nil {
		g.failure.hold(err)
	}
	return guardedFile{f, g.failure}, nil
}

// OpenDir opens a folder and watches the syncs of the one that is guarded.
func (g guardedFS) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil || name != g.dir {
		return f, err
	}
	return guardedFile{f, g.failure}, nil
}

// Unwrap gives the file system below.
func (g guardedFS) Unwrap() vfs.FS { return g.FS }

type guardedFile struct {
	vfs.File
	failure *failure
}

func (f guardedFile) watch(err error) error {
	if err != nil {
		f.failure.hold(err)
	}
	return nil
}

// Write writes to a log.
func (f guardedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, f.watch(err)
}

// Sync syncs a log or a folder.
func (f guardedFile) Sync() error { return f.watch(f.File.Sync()) }

// SyncData syncs a log without what is known about it.
func (f guardedFile) SyncData() error { return f.watch(f.File.SyncData()) }

// SyncTo syncs the beginning of a log.
func (f guardedFile) SyncTo(n int64) (bool, error) {
	full, err := f.File.SyncTo(n)
	return full, f.watch(err)
}

// Close closes a log or a folder.
func (f guardedFile) Close() error { return f.watch(f.File.Close()) }
