package embedded

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// record is a document on its way into the trees, or out of them.
type record struct {
	id  string // the key of _id
	raw bson.Raw
}

// indexSpec is what createIndexes asked for. It never changes.
type indexSpec struct {
	name   string
	parts  []part
	keys   []byte // the key document as it was given
	unique bool
	expire int64 // seconds after which documents go, -1 for never
}

// index is a tree over one specification. The key of an entry ends in the key of _id, so that documents with equal fields
// have places of their own; in the primary tree it is the key of _id, which lies with the document.
type index struct {
	*indexSpec
	tree     *tree
	keysIn   *arena
	docsIn   *arena // in the primary tree the same as keysIn
	multikey bool   // some document had an array in an indexed field since the index was built
}

func newPrimary() *index {
	mem := &arena{}
	return &index{indexSpec: primarySpec(), tree: &tree{}, keysIn: mem, docsIn: mem}
}

// newIndex gives an empty index over the documents of a primary tree.
func (x *index) newIndex(s *indexSpec) *index {
	return &index{indexSpec: s, tree: &tree{}, keysIn: &arena{}, docsIn: x.docsIn}
}

func (x *index) primary() bool { return x.keysIn == x.docsIn }

// key gives the key of an entry.
func (x *index) key(e entry) []byte {
	key, _ := x.keysIn.head(e.key)
	return key
}

// id gives the key of _id of the document of an entry.
func (x *index) id(e entry) []byte {
	id, _ := x.docsIn.head(e.doc)
	return id
}

// raw gives the document of an entry, which must not be changed.
func (x *index) raw(e entry) bson.Raw { return x.docsIn.document(e.doc) }

// record gives the document of an entry with the key of its _id.
func (x *index) record(e entry) *record { return &record{id: string(x.id(e)), raw: x.raw(e)} }

// to is the comparison of entries with a key.
func (x *index) to(key string) func(entry) int {
	wanted := []byte(key)
	return func(e entry) int { return bytes.Compare(x.key(e), wanted) }
}

const primaryName = "_id_"

func primarySpec() *indexSpec {
	return &indexSpec{
		name: primaryName, keys: newBuilder().int32("_id", 1).bytes(), expire: -1,
		parts: []part{{path: path{"_id"}, name: "_id"}},
	}
}

// slot is one field of a key on its way down a document.
type slot struct {
	v     value
	rest  path
	final bool // v is the field's value, even if it is an array
	empty bool // v stands for an array without elements
}

// resolve goes down documents; it tells whether it stopped at an array.
func (s *slot) resolve() bool {
	for !s.final && len(s.rest) > 0 && !s.v.isArray() {
		if s.v.isDoc() {
			s.v, s.rest = lookup(s.v.b, s.rest[0]), s.rest[1:]
		} else {
			s.v, s.rest, s.final = value{}, nil, true
		}
	}
	return !s.final && s.v.isArray()
}

// within gives the slot for one element of the array at which it stopped.
func (s *slot) within(e value) slot {
	switch {
	case len(s.rest) == 0:
		return slot{v: e, final: true}
	case e.isDoc():
		return slot{v: e, rest: s.rest}
	}
	return slot{final: true}
}

// keysOf gives the joined keys of a document for the fields of an index or a sort, without repetition: several when a
// field holds an array. Two different arrays in one key are refused (171).
func keysOf(doc []byte, parts []part) (keys []string, multikey bool, err error) {
	slots := make([]slot, len(parts))
	for i, p := range parts {
		slots[i] = slot{v: value{bson.TypeEmbeddedDocument, doc}, rest: p.path}
	}
	if err = expandSlots(slots, parts, &keys, &multikey); err != nil {
		return nil, false, err
	}
	if len(keys) > 1 {
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	return keys, multikey, nil
}

func expandSlots(slots []slot, parts []part, keys *[]string, multikey *bool) error {
	first := -1
	for i := range slots {
		if !slots[i].resolve() {
			continue
		}
		if first < 0 {
			first = i
		} else if &slots[i].v.b[0] != &slots[first].v.b[0] {
			return fail(codeParallelArrays, "cannot index parallel arrays [%s] [%s]", parts[i].name, parts[first].name)
		}
	}
	if first < 0 {
		*keys = append(*keys, joinKey(slots, parts))
		return nil
	}
	*multikey = true
	array := slots[first].v.b
	all := elements(array)
	if len(all) == 0 {
		next := slices.Clone(slots)
		for i := range next {
			if slots[i].resolve() {
				next[i] = slot{final: true, empty: len(slots[i].rest) == 0}
			}
		}
		return expandSlots(next, parts, keys, multikey)
	}
	for _, e := range all {
		next := slices.Clone(slots)
		for i := range next {
			if slots[i].resolve() {
				next[i] = slots[i].within(e)
			}
		}
		if err := expandSlots(next, parts, keys, multikey); err != nil {
			return err
		}
	}
	return nil
}

func joinKey(slots []slot, parts []part) string {
	n := 0
	for _, s := range slots {
		n += len(s.v.b) + 8
	}
	key := make([]byte, 0, n)
	for i, s := range slots {
		at := len(key)
		if s.empty {
			key = emptyArrayKey(key)
		} else {
			key = appendKey(key, s.v)
		}
		if parts[i].desc {
			invert(key[at:])
		}
	}
	return string(key)
}

// keys gives the entries' keys for a record, without the key of _id at their ends.
func (x *index) keys(r *record) ([]string, bool, error) {
	if x.primary() {
		return []string{r.id}, false, nil
	}
	return keysOf(r.raw, x.parts)
}

// entryKey adds _id, so that documents with equal fields have places of their own.
func (x *index) entryKey(key string, r *record) string {
	if x.primary() {
		return key
	}
	return key + r.id
}

// clash tells whether another document than old has the key.
func (x *index) clash(key string, old *record) bool {
	found := false
	x.tree.ascend(x.to(key), func(e entry) bool {
		if k := x.key(e); len(k) < len(key) || string(k[:len(key)]) != key {
			return false
		}
		found = old == nil || string(x.id(e)) != old.id
		return !found
	})
	return found
}

// point lets a key lead to a document; the key is put somewhere if it is new.
func (x *index) point(key, id string, doc place) {
	if x.primary() {
		if before, replaced := x.tree.set(entry{doc, doc}, x.to(id)); replaced {
			x.drop(before.key)
		}
		return
	}
	wanted := x.to(key + id)
	if e, there := x.tree.get(wanted); there {
		x.tree.set(entry{e.key, doc}, wanted)
		return
	}
	x.tree.set(entry{x.keysIn.putKey(key, id), doc}, wanted)
}

// remove takes away the entry of a key.
func (x *index) remove(key string) {
	if e, there := x.tree.remove(x.to(key)); there {
		x.drop(e.key)
	}
}

// drop says that the key at a place, in the primary tree with its document, is of no use any more.
func (x *index) drop(p place) { x.keysIn.drop(p.chunk, x.keysIn.size(p, x.primary())) }

// duplicate is the error for a key that is there already. Its message leaves out the values, which may be personal;
// the driver's user finds them in keyValue.
func (x *index) duplicate(ns namespace, doc []byte) error {
	w := newBuilder()
	names := make([]string, len(x.parts))
	for i, p := range x.parts {
		names[i] = p.name
		w.value(p.name, plainLookup(doc, p.path))
	}
	return &commandError{
		code: codeDuplicateKey, pattern: x.indexSpec.keys, key: w.bytes(),
		message: "E11000 duplicate key error collection: " + ns.String() + " index: " + x.name + " dup key: { " + strings.Join(names, ", ") + " }",
	}
}
