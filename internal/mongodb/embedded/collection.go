package embedded

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// namespace names a collection: database and collection, which has no dot at its ends but may have some inside.
type namespace struct{ db, coll string }

func (n namespace) String() string { return n.db + "." + n.coll }

// view is the trees of a collection: the live ones, or copies that nobody changes.
type view struct {
	indexes []*index // the primary one first
}

func (v *view) primary() *index { return v.indexes[0] }

// collection is guarded by the database's lock.
type collection struct {
	ns     namespace
	number uint32
	live   view
	frozen atomic.Pointer[view] // a copy of live as it is now, or nil
}

func newCollection(ns namespace, number uint32) *collection {
	return &collection{ns: ns, number: number, live: view{indexes: []*index{newPrimary()}}}
}

// freeze gives a copy of the trees that later writes do not touch. It costs the same whatever the size; the caller
// holds the lock for writing.
func (c *collection) freeze() *view {
	if v := c.frozen.Load(); v != nil {
		return v
	}
	v := &view{}
	docs := c.live.primary().docsIn.copy()
	for _, x := range c.live.indexes {
		keys := docs
		if !x.primary() {
			keys = x.keysIn.copy()
		}
		v.indexes = append(v.indexes, &index{indexSpec: x.indexSpec, tree: x.tree.copy(), keysIn: keys, docsIn: docs, multikey: x.multikey})
	}
	c.frozen.Store(v)
	return v
}

// placing is the keys of one index that a change touches.
type placing struct {
	remove, add []string
	multikey    bool
}

// exchange puts new in the place of old; either may be nil. It changes nothing when it answers an error: a duplicate
// key, or parallel arrays.
func (c *collection) exchange(old, new *record) error {
	placings, err := c.placings(old, new)
	if err != nil {
		return err
	}
	c.frozen.Store(nil)
	c.place(old, new, placings)
	for _, x := range c.live.indexes {
		for sparse, ok := x.keysIn.sparse(); ok; sparse, ok = x.keysIn.sparse() {
			c.empty(x, sparse)
		}
	}
	return nil
}

// placings finds out which keys a change takes away and makes, and whether it may.
func (c *collection) placings(old, new *record) ([]placing, error) {
	all := make([]placing, len(c.live.indexes))
	for i, x := range c.live.indexes {
		p := &all[i]
		if old != nil {
			keys, _, err := x.keys(old)
			if err != nil {
				return nil, err
			}
			p.remove = keys
		}
		if new == nil {
			continue
		}
		keys, multikey, err := x.keys(new)
		if err != nil {
			return nil, err
		}
		p.add, p.multikey = keys, multikey
		if !x.unique && i > 0 || i == 0 && old != nil {
			continue // an update keeps its _id
		}
		for _, k := range keys {
			if x.clash(k, old) {
				return nil, x.duplicate(c.ns, new.raw)
			}
		}
	}
	return all, nil
}

// place carries out a change in all trees.
func (c *collection) place(old, new *record, placings []placing) {
	var doc place
	if new != nil {
		doc = c.live.primary().docsIn.putDocument(new.id, new.raw)
	}
	for i, x := range c.live.indexes {
		p := &placings[i]
		for _, k := range p.remove {
			if !slices.Contains(p.add, k) {
				x.remove(x.entryKey(k, old))
			}
		}
		for _, k := range p.add {
			x.point(k, new.id, doc)
		}
		x.multikey = x.multikey || p.multikey
	}
}

// empty moves what is of use in a chunk of an index to other chunks.
func (c *collection) empty(x *index, sparse uint32) {
	old := x.keysIn.chunks[sparse]
	for p := (place{chunk: sparse}); int(p.at) < old.used && x.keysIn.chunks[sparse] == old; {
		key, _ := x.keysIn.head(p)
		here := p
		p.at += uint32(x.keysIn.size(p, x.primary()))
		wanted := x.to(string(key))
		e, ok := x.tree.get(wanted)
		switch {
		case !ok || e.key != here: // of no use
		case x.primary():
			c.move(x.record(e))
		default:
			x.tree.set(entry{x.keysIn.putKey(string(key), ""), e.doc}, wanted)
			x.drop(here)
		}
	}
}

// move puts a document that is there already to another place.
func (c *collection) move(r *record) {
	same := make([]placing, len(c.live.indexes))
	for i, x := range c.live.indexes {
		keys, _, _ := x.keys(r) // a document that is in the index has keys
		same[i] = placing{remove: keys, add: keys}
	}
	c.place(r, r, same)
}

// build fills a new index from what the collection holds.
func (c *collection) build(s *indexSpec) (*index, error) {
	primary := c.live.primary()
	x := primary.newIndex(s)
	var err error
	primary.tree.all(func(e entry) bool {
		err = x.insert(c.ns, primary.record(e), e.doc)
		return err == nil
	})
	return x, err
}

func (x *index) insert(ns namespace, r *record, doc place) error {
	keys, multikey, err := x.keys(r)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if x.unique && x.clash(k, r) {
			return x.duplicate(ns, r.raw)
		}
		x.tree.set(entry{x.keysIn.putKey(k, r.id), doc}, x.to(k+r.id))
	}
	x.multikey = x.multikey || multikey
	return nil
}

func (c *collection) size() int { return c.live.primary().tree.n }

// stored gives the record of a document that a search found.
func stored(doc bson.Raw) *record { return &record{id: keyOf(lookup(doc, "_id")), raw: doc} }

// newRecord checks a document that is to be stored and puts its _id first, which it makes when there is none.
func newRecord(doc []byte) (*record, error) {
	if err := checkTopNames(doc); err != nil {
		return nil, err
	}
	name, id, _ := firstField(doc)
	if name != "_id" {
		if id = lookup(doc, "_id"); id.missing() {
			oid := bson.NewObjectID()
			id = value{bson.TypeObjectID, oid[:]}
		}
		w := newBuilder().value("_id", id)
		f := fieldsOf(doc)
		for {
			n, v, ok := f.next()
			if !ok {
				break
			}
			if string(n) != "_id" {
				w.value(string(n), v)
			}
		}
		doc = w.bytes()
		id = lookup(doc, "_id")
	}
	switch id.t {
	case bson.TypeArray, bson.TypeRegex:
		return nil, fail(codeInvalidID, "The '_id' value cannot be of type %s", id.t)
	}
	if id.isDoc() {
		if err := checkTopNames(id.b); err != nil {
			return nil, err
		}
	}
	if len(doc) > maxDocument {
		return nil, fail(codeTooLarge, "the document of %d bytes is larger than %d bytes", len(doc), maxDocument)
	}
	return &record{id: keyOf(id), raw: doc}, nil
}

// The keys on disk: the catalogue under 0, documents under 1, the collection's number and the key of _id.
const (
	spaceCatalogue = 0
	spaceDocuments = 1
)

func catalogueKey(number uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{spaceCatalogue, 'c'}, number)
}

func formatKey() []byte { return []byte{spaceCatalogue, 'f'} }

func documentPrefix(number uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{spaceDocuments}, number)
}

func documentKey(number uint32, id string) []byte { return append(documentPrefix(number), id...) }

// catalogueDocument is how the catalogue keeps a collection.
func (c *collection) catalogueDocument() []byte {
	w := newBuilder().string("db", c.ns.db).string("collection", c.ns.coll).array("indexes")
	for _, x := range c.live.indexes[1:] {
		w.raw("", x.document())
	}
	return w.bytes()
}
