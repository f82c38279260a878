package embedded

import (
	"bytes"
	"cmp"
	"slices"
)

func (c *call) create() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	return c.db.change(func() error {
		if c.db.collections[ns] != nil {
			return fail(codeNamespaceExists, "Collection %s already exists.", ns)
		}
		c.db.ensure(ns)
		return nil
	})
}

// remove takes a collection away, in memory and on disk. The caller holds the lock.
func (db *Database) remove(c *collection) {
	delete(db.collections, c.ns)
	prefix := documentPrefix(c.number)
	db.disk.add(write{key: catalogueKey(c.number)}, write{key: prefix, end: []byte(after(prefix))})
}

func (c *call) drop() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	return c.db.change(func() error {
		if coll := c.db.collections[ns]; coll != nil {
			c.w.int32("nIndexesWas", int32(len(coll.live.indexes)))
			c.db.remove(coll)
		}
		return nil
	})
}

func (c *call) dropDatabase() error {
	return c.db.change(func() error {
		for ns, coll := range c.db.collections {
			if ns.db == c.dbName {
				c.db.remove(coll)
			}
		}
		c.w.string("dropped", c.dbName)
		return nil
	})
}

// namespaces lists the collections of a database, or of all, by name. The caller holds the lock.
func (db *Database) namespaces(name string) []namespace {
	var all []namespace
	for ns := range db.collections {
		if name == "" || ns.db == name {
			all = append(all, ns)
		}
	}
	slices.SortFunc(all, func(a, b namespace) int { return cmp.Or(cmp.Compare(a.db, b.db), cmp.Compare(a.coll, b.coll)) })
	return all
}

// listing reads the filter of a command that lists things and the size of its first batch.
func (c *call) listing() (*filter, int64) {
	f, err := parseFilter(c.document("filter"))
	if err != nil {
		c.fail(err)
	}
	options := newArgs("the field 'cursor'", c.document("cursor"), documentFields("cursor")...)
	size, given := options.natural("batchSize")
	if !given {
		size = firstBatch
	}
	if options.err != nil {
		c.fail(options.err)
	}
	return f, size
}

func (c *call) listCollections() error {
	f, size := c.listing()
	nameOnly := c.bool("nameOnly")
	c.bool("authorizedCollections")
	if c.err != nil {
		return c.err
	}
	cur := &cursor{ns: namespace{c.dbName, "$cmd.listCollections"}}
	c.db.mu.RLock()
	all := c.db.namespaces(c.dbName)
	c.db.mu.RUnlock()
	for _, ns := range all {
		w := newBuilder().string("name", ns.coll).string("type", "collection")
		if !nameOnly {
			w.doc("options").end().doc("info").bool("readOnly", false).end().raw("idIndex", primarySpec().document())
		}
		if doc := w.bytes(); f.match(doc) {
			cur.documents = append(cur.documents, doc)
		}
	}
	c.db.reply(c.w, cur, "firstBatch", size, true)
	return nil
}

func (c *call) listDatabases() error {
	f, _ := c.listing()
	nameOnly := c.bool("nameOnly")
	c.bool("authorizedDatabases")
	if c.err != nil {
		return c.err
	}
	databases, err := c.db.databases(nameOnly, c.limits)
	if err != nil {
		return err
	}
	total := int64(0)
	c.w.array("databases")
	for _, e := range databases {
		w := newBuilder().string("name", e.ns.db)
		if !nameOnly {
			w.int64("sizeOnDisk", e.bytes).bool("empty", e.documents == 0)
		}
		if doc := w.bytes(); f.match(doc) {
			c.w.raw("", doc)
			total += e.bytes
		}
	}
	c.w.end()
	if !nameOnly {
		c.w.int64("totalSize", total).int64("totalSizeMb", total>>20)
	}
	return nil
}

func (c *call) createIndexes() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	var specs []*indexSpec
	for _, doc := range c.documents("indexes") {
		s, err := parseIndex(bytes.Clone(doc))
		if err != nil {
			c.fail(err)
			break
		}
		specs = append(specs, s)
	}
	if c.err == nil && len(specs) == 0 {
		c.fail(fail(codeBadValue, "Must specify at least one index to create"))
	}
	if c.err != nil {
		return c.err
	}
	return c.db.change(func() error {
		created := c.db.collections[ns] == nil
		coll := c.db.ensure(ns)
		before := len(coll.live.indexes)
		if err := coll.addIndexes(specs); err != nil {
			return err
		}
		if len(coll.live.indexes) > before {
			c.db.saveCatalogue(coll)
		}
		c.w.int32("numIndexesBefore", int32(before)).int32("numIndexesAfter", int32(len(coll.live.indexes))).
			bool("createdCollectionAutomatically", created)
		return nil
	})
}

// addIndexes builds what is not there yet: all of it or, when something stands against one of them, nothing.
func (c *collection) addIndexes(specs []*indexSpec) error {
	all := slices.Clone(c.live.indexes)
	for _, s := range specs {
		same, err := findSame(all, s)
		if err != nil {
			return err
		}
		if same {
			continue
		}
		x, err := c.build(s)
		if err != nil {
			return err
		}
		all = append(all, x)
	}
	c.live.indexes = all
	c.frozen.Store(nil)
	return nil
}

// findSame tells whether an index is there already; another one with its name or its keys is an error.
func findSame(all []*index, s *indexSpec) (bool, error) {
	for _, x := range all {
		sameKeys := compareDocuments(x.indexSpec.keys, s.keys) == 0
		if !sameKeys && x.name != s.name {
			continue
		}
		if x.name == primaryName && sameKeys {
			return true, nil
		}
		switch {
		case !sameKeys:
			return false, fail(codeIndexKeysConflict, "An existing index has the same name as the requested index but other keys: %s", s.name)
		case x.name != s.name:
			return false, fail(codeIndexOptionsConflict, "Index already exists with a different name: %s", x.name)
		case x.unique != s.unique || x.expire != s.expire:
			return false, fail(codeIndexOptionsConflict, "An index with the name %s exists with other options", s.name)
		}
		return true, nil
	}
	return false, nil
}

func (c *call) dropIndexes() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	c.needs("index")
	which := c.is("index", "a name, a list of names or a key", rankString, rankArray, rankDocument)
	if c.err != nil {
		return c.err
	}
	wanted := []value{which}
	if which.isArray() {
		wanted = elements(which.b)
	}
	return c.db.change(func() error {
		coll := c.db.collections[ns]
		if coll == nil {
			return fail(codeNamespaceNotFound, "ns not found %s", ns)
		}
		left := slices.Clone(coll.live.indexes)
		for _, w := range wanted {
			if rank(w.t) == rankString && string(w.text()) == "*" {
				left = left[:1]
				continue
			}
			x := (&view{left}).hinted(w)
			if x == nil {
				return fail(codeIndexNotFound, "index not found")
			}
			if x.name == primaryName {
				return fail(codeInvalidOptions, "cannot drop _id index")
			}
			left = slices.DeleteFunc(left, func(y *index) bool { return y == x })
		}
		c.w.int32("nIndexesWas", int32(len(coll.live.indexes)))
		coll.live.indexes = left
		coll.frozen.Store(nil)
		c.db.saveCatalogue(coll)
		return nil
	})
}

func (c *call) listIndexes() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	_, size := c.listing()
	if c.err != nil {
		return c.err
	}
	cur := &cursor{ns: ns}
	c.db.mu.RLock()
	coll := c.db.collections[ns]
	if coll != nil {
		for _, x := range coll.live.indexes {
			cur.documents = append(cur.documents, x.document())
		}
	}
	c.db.mu.RUnlock()
	if coll == nil {
		return fail(codeNamespaceNotFound, "ns does not exist: %s", ns)
	}
	c.db.reply(c.w, cur, "firstBatch", size, true)
	return nil
}
