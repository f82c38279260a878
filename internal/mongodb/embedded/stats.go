package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// extent is how much a collection holds.
type extent struct {
	ns               namespace
	documents, bytes int64
	indexes          []string // names
}

// extents measures some collections, in the order of their names. It works on copies and holds up nobody.
func (db *Database) extents(wanted func(namespace) bool, l limits) ([]extent, error) {
	db.mu.Lock()
	names := slices.DeleteFunc(db.namespaces(""), func(ns namespace) bool { return !wanted(ns) })
	views := make([]*view, len(names))
	for i, ns := range names {
		views[i] = db.collections[ns].freeze()
	}
	db.mu.Unlock()
	all := make([]extent, len(names))
	for i, v := range views {
		e := extent{ns: names[i]}
		var err error
		if e.documents, e.bytes, err = v.measure(l); err != nil {
			return nil, err
		}
		for _, x := range v.indexes {
			e.indexes = append(e.indexes, x.name)
		}
		all[i] = e
	}
	return all, nil
}

// databases gives one extent for each database, by name, with what its collections hold together or without.
func (db *Database) databases(namesOnly bool, l limits) ([]extent, error) {
	var parts []extent
	if namesOnly {
		db.mu.RLock()
		for _, ns := range db.namespaces("") {
			parts = append(parts, extent{ns: ns})
		}
		db.mu.RUnlock()
	} else {
		var err error
		if parts, err = db.extents(func(namespace) bool { return true }, l); err != nil {
			return nil, err
		}
	}
	var all []extent
	for _, e := range parts {
		if n := len(all); n == 0 || all[n-1].ns.db != e.ns.db {
			all = append(all, extent{ns: namespace{db: e.ns.db}})
		}
		sum := &all[len(all)-1]
		sum.documents += e.documents
		sum.bytes += e.bytes
	}
	return all, nil
}

// measure counts the documents and their bytes.
func (v *view) measure(l limits) (documents, bytes int64, err error) {
	x := v.primary()
	x.tree.all(func(e entry) bool {
		if l.over() {
			err = fail(codeMaxTimeExpired, "operation exceeded time limit")
			return false
		}
		documents++
		bytes += int64(len(x.raw(e)))
		return true
	})
	return documents, bytes, err
}

// scale reads by how much the sizes of a reply are to be divided.
func (a *args) scale() int64 {
	n, given := a.natural("scale")
	if given && n == 0 {
		a.fail(fail(codeBadValue, "the field 'scale' of %s must be at least 1", a.what))
	}
	return max(n, 1)
}

// sizes writes what the replies about a database and a collection have in common. Documents lie on disk one after the
// other, beside those of other collections, so that they take what they are long (less, as they are compressed);
// indexes are in memory only.
func (w *builder) sizes(documents, bytes, scale int64) {
	if documents > 0 {
		w.float64("avgObjSize", float64(bytes)/float64(documents))
	}
	w.number("storageSize", bytes/scale).number("totalSize", bytes/scale).number("scaleFactor", scale)
}

func (c *call) dbStats() error {
	scale := c.scale()
	if c.err != nil {
		return c.err
	}
	var total extent
	all, err := c.db.extents(func(ns namespace) bool { return ns.db == c.dbName }, c.limits)
	if err != nil {
		return err
	}
	for _, e := range all {
		total.documents += e.documents
		total.bytes += e.bytes
		total.indexes = append(total.indexes, e.indexes...)
	}
	c.w.string("db", c.dbName).number("collections", int64(len(all))).number("views", 0).
		number("objects", total.documents).number("dataSize", total.bytes/scale).
		number("indexes", int64(len(total.indexes))).number("indexSize", 0)
	c.w.sizes(total.documents, total.bytes, scale)
	return nil
}

func (c *call) collStats() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	scale := c.scale()
	if c.err != nil {
		return c.err
	}
	c.w.string("ns", ns.String())
	return c.db.describe(c.w, ns, scale, c.limits)
}

// describe writes what collStats answers about a collection; about one that is not there, that it is empty.
func (db *Database) describe(w *builder, ns namespace, scale int64, l limits) error {
	all, err := db.extents(func(n namespace) bool { return n == ns }, l)
	if err != nil {
		return err
	}
	var e extent
	if len(all) == 1 {
		e = all[0]
	}
	w.number("size", e.bytes/scale).number("count", e.documents).bool("capped", false).
		number("nindexes", int64(len(e.indexes))).number("totalIndexSize", 0).doc("indexSizes")
	for _, name := range e.indexes {
		w.number(name, 0)
	}
	w.end()
	w.sizes(e.documents, e.bytes, scale)
	return nil
}

// collStats is a parsed $collStats.
type collStats struct {
	count bool
	scale int64 // of storageStats; 0: not wanted
}

func parseCollStats(doc []byte) (*collStats, error) {
	a := newArgs("the stage '$collStats'", doc, "count", "storageStats")
	s := &collStats{count: !a.is("count", "a document", rankDocument).missing()}
	if s.count && count(a.document("count")) != 0 {
		a.fail(fail(codeBadValue, "the field 'count' of %s must be an empty document", a.what))
	}
	if storage := a.is("storageStats", "a document", rankDocument); !storage.missing() {
		inner := newArgs("the field 'storageStats'", storage.b, "scale")
		s.scale = inner.scale()
		if inner.err != nil {
			a.fail(inner.err)
		}
	}
	return s, a.err
}

// collStats gives the one document of a $collStats.
func (db *Database) collStats(ns namespace, s *collStats, l limits) ([]bson.Raw, error) {
	db.mu.RLock()
	known := db.collections[ns] != nil
	db.mu.RUnlock()
	if !known {
		return nil, fail(codeNamespaceNotFound, "Collection [%s] not found.", ns)
	}
	w := newBuilder().string("ns", ns.String()).value("localTime", dateValue(db.opts.Now().UnixMilli()))
	if s.scale > 0 {
		w.doc("storageStats")
		if err := db.describe(w, ns, s.scale, l); err != nil {
			return nil, err
		}
		w.end()
	}
	if s.count {
		w.number("count", db.size(ns))
	}
	return []bson.Raw{w.bytes()}, nil
}
