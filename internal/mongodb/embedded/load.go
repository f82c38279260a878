package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sync/errgroup"
)

// format is the version of how keys and documents lie in Pebble.
const format = 1

// logger takes what Pebble says. Pebble reports some failed writes only through Fatalf, and expects it not to return.
type logger struct {
	log     *slog.Logger
	failure *failure
}

func newLogger(log *slog.Logger) *logger { return &logger{log: log, failure: newFailure()} }

func (l *logger) Infof(string, ...any) {}

func (l *logger) Errorf(format string, args ...any) {
	l.log.Warn("embedded database: storage", "message", fmt.Sprintf(format, args...))
}

func (l *logger) Fatalf(format string, args ...any) {
	err := &storageError{message: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if cause, ok := a.(error); ok {
			err.cause = cause
		}
	}
	l.failure.hold(err)
}

// background takes a failure of the work that Pebble does by itself. It would try again at once and without end, and
// have Open and Close wait for it; a disk that is full or broken is a reason to end.
func (l *logger) background(err error) {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		l.failure.hold(err)
	}
	l.log.Warn("embedded database: storage", "error", err)
}

// storageError is what Pebble said in words, with the error that was among them.
type storageError struct {
	message string
	cause   error
}

func (e *storageError) Error() string { return e.message }
func (e *storageError) Unwrap() error { return e.cause }

// damaged says which folder is damaged and how to go on.
func damaged(dir string, err error) error {
	return fmt.Errorf("%w: %s: %w. Nothing was changed; restore the last backup into an empty folder", ErrDamaged, dir, err)
}

// openPebble opens the storage. Whatever Pebble does with bytes it cannot read, the answer is an error: damage, unless
// the system says that the disk failed.
func openPebble(dir string, files vfs.FS, l *logger, o *pebble.Options) (*pebble.DB, error) {
	o.FS, o.Logger, o.FormatMajorVersion = guardedFS{files, dir, l.failure}, l, pebble.FormatNewest
	o.EventListener = &pebble.EventListener{
		// Without a listener of its own a damaged block would end the process.
		DataCorruption:  func(i pebble.DataCorruptionInfo) { l.log.Error("embedded database: damaged file", "path", i.Path) },
		BackgroundError: l.background,
	}
	opened := make(chan *pebble.DB, 1)
	err := l.failure.spare(func() error {
		db, err := pebble.Open(dir, o)
		opened <- db
		return err
	})
	if err == nil {
		return <-opened, nil
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != syscall.ENOENT {
		return nil, fmt.Errorf("open the data folder %s: %w", dir, err)
	}
	return nil, damaged(dir, err)
}

// load reads catalogue and documents into memory and builds the indexes.
func (db *Database) load(l *logger) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damaged(db.dir, fmt.Errorf("%v", r))
		}
	}()
	byNumber, err := db.loadCatalogue()
	if err != nil {
		return err
	}
	it, err := db.pebble.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceDocuments}})
	if err != nil {
		return damaged(db.dir, err)
	}
	for it.First(); it.Valid(); it.Next() {
		c, err := owner(byNumber, it.Key(), it.Value())
		if err != nil {
			return damaged(db.dir, errors.Join(err, it.Close()))
		}
		x := c.live.primary()
		at := x.docsIn.putDocument(string(it.Key()[5:]), it.Value())
		x.tree.set(entry{at, at}, end)
	}
	if err := errors.Join(it.Error(), it.Close(), l.failure.get()); err != nil {
		return damaged(db.dir, err)
	}
	return db.buildAll()
}

// buildAll fills the indexes of all collections, as many at a time as there are processors.
func (db *Database) buildAll() error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, c := range db.collections {
		for i := range c.live.indexes[1:] {
			at := &c.live.indexes[i+1]
			group.Go(func() (err error) {
				defer func() {
					if r := recover(); r != nil {
						err = fmt.Errorf("%v", r)
					}
					if err != nil {
						err = damaged(db.dir, fmt.Errorf("collection %s, index %s: %w", c.ns, (*at).name, err))
					}
				}()
				built, err := c.build((*at).indexSpec)
				if err == nil {
					*at = built
				}
				return err
			})
		}
	}
	return group.Wait()
}

// owner gives the collection of a document on disk, which it validates.
func owner(byNumber map[uint32]*collection, key, raw []byte) (*collection, error) {
	if len(key) < 6 || key[0] != spaceDocuments {
		return nil, fmt.Errorf("an unknown key %x", key)
	}
	c := byNumber[binary.BigEndian.Uint32(key[1:])]
	if c == nil {
		return nil, fmt.Errorf("a document of an unknown collection: key %x", key)
	}
	if err := validate(raw); err != nil {
		return nil, fmt.Errorf("collection %s, key %x: %w", c.ns, key[5:], err)
	}
	if v := lookup(raw, "_id"); v.missing() || keyOf(v) != string(key[5:]) {
		return nil, fmt.Errorf("collection %s, key %x: the document has another _id", c.ns, key[5:])
	}
	return c, nil
}

// loadCatalogue reads the collections and their indexes; a new folder gets the version of the format.
func (db *Database) loadCatalogue() (map[uint32]*collection, error) {
	it, err := db.pebble.NewIter(nil)
	if err != nil {
		return nil, damaged(db.dir, err)
	}
	defer func() { _ = it.Close() }() // Error was asked
	if !it.First() {
		if err := it.Error(); err != nil {
			return nil, damaged(db.dir, err)
		}
		if err := db.pebble.Set(formatKey(), []byte{format}, pebble.Sync); err != nil {
			return nil, fmt.Errorf("write to the data folder %s: %w", db.dir, err)
		}
		return nil, nil
	}
	byNumber := map[uint32]*collection{}
	hasFormat := false
	for ; it.Valid() && it.Key()[0] == spaceCatalogue; it.Next() {
		key, v := it.Key(), it.Value()
		switch {
		case bytes.Equal(key, formatKey()):
			if len(v) != 1 || v[0] != format {
				return nil, fmt.Errorf("the data folder %s has format %x, and this program knows format %d only", db.dir, v, format)
			}
			hasFormat = true
		case len(key) == 6 && key[1] == 'c':
			c, err := loadCollection(binary.BigEndian.Uint32(key[2:]), bytes.Clone(v))
			if err != nil {
				return nil, damaged(db.dir, err)
			}
			byNumber[c.number] = c
			db.collections[c.ns] = c
		case !bytes.Equal(key, commitKey()):
			return nil, damaged(db.dir, fmt.Errorf("an unknown key %x", key))
		}
	}
	if err := it.Error(); err != nil {
		return nil, damaged(db.dir, err)
	}
	if !hasFormat {
		return nil, damaged(db.dir, errors.New("the format is not given"))
	}
	return byNumber, nil
}

func loadCollection(number uint32, doc []byte) (*collection, error) {
	if err := validate(doc); err != nil {
		return nil, fmt.Errorf("catalogue entry %d: %w", number, err)
	}
	a := &args{what: "the catalogue", doc: doc}
	c := newCollection(namespace{a.string("db"), a.string("collection")}, number)
	for _, d := range a.documents("indexes") {
		s, err := parseIndex(d)
		if err != nil {
			a.fail(err)
			break
		}
		c.live.indexes = append(c.live.indexes, c.live.primary().newIndex(s))
	}
	if a.err == nil && (c.ns.db == "" || c.ns.coll == "") {
		a.fail(errors.New("no name"))
	}
	if a.err != nil {
		return nil, fmt.Errorf("catalogue entry %d: %w", number, a.err)
	}
	return c, nil
}
