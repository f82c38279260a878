package embedded

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ordering is a parsed sort: the paths of a compound index key, by which documents are put in order.
type ordering struct{ parts []part }

// part is one field of an ordering or of an index.
type part struct {
	path path
	name string
	desc bool
}

// parseSort reads {a: 1, "b.c": -1}.
func parseSort(doc []byte) (*ordering, error) {
	o := &ordering{}
	f := fieldsOf(doc)
	for {
		name, v, ok := f.next()
		if !ok {
			return o, nil
		}
		if v.isDoc() {
			op, _, _ := firstField(v.b)
			return nil, notImplemented("a sort of '%s' by the expression '%s'", name, op)
		}
		n, whole := v.whole()
		if !whole || n != 1 && n != -1 {
			return nil, fail(codeBadValue, "the sort order of '%s' must be 1 or -1", name)
		}
		p, err := parsePath(string(name))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(o.parts, func(q part) bool { return q.name == string(name) }) {
			return nil, fail(codeBadValue, "the sort names '%s' twice", name)
		}
		if slices.ContainsFunc(p, func(n string) bool { _, ok := position(n); return ok }) {
			return nil, notImplemented("a sort by a position in an array ('%s')", name)
		}
		o.parts = append(o.parts, part{path: p, name: string(name), desc: n < 0})
	}
}

// key gives the bytes by which a document sorts: of several keys that arrays make, the first.
func (o *ordering) key(doc []byte) (string, error) {
	keys, _, err := keysOf(doc, o.parts)
	if err != nil {
		return "", fail(codeBadValue, "cannot sort with keys that are parallel arrays")
	}
	return slices.Min(keys), nil
}

// sortedEach is what a sort takes for each document besides its key.
const sortedEach = 32

// sorted puts documents in order; equal ones stay in the order they have. Only the first ones are wanted: the memory
// that it takes depends on how many, whatever the number of documents.
func sorted(o *ordering, all []bson.Raw, wanted int64, l limits) ([]bson.Raw, error) {
	type keyed struct {
		key string
		doc bson.Raw
	}
	room := len(all)
	if wanted < int64(room) {
		room = min(room, 2*int(wanted)+1000)
	}
	m := &meter{limits: l, what: "the sort"}
	if err := m.add(room * sortedEach); err != nil {
		return nil, err
	}
	list := make([]keyed, 0, room)
	order := func() {
		slices.SortStableFunc(list, func(a, b keyed) int {
			if l.over() {
				return 0 // the next of the meter's answers ends the sort
			}
			return strings.Compare(a.key, b.key)
		})
	}
	for _, doc := range all {
		k, err := o.key(doc)
		if err != nil {
			return nil, err
		}
		if err := m.add(len(k)); err != nil {
			return nil, err
		}
		if list = append(list, keyed{k, doc}); len(list) < room || len(list) == len(all) {
			continue
		}
		order()
		for _, late := range list[wanted:] {
			m.used -= len(late.key)
		}
		list = list[:wanted]
	}
	order()
	for i := range list {
		all[i] = list[i].doc
	}
	return all[:len(list)], m.add(0)
}

// sortValues sorts the elements of an array by fields in them, as $push does: an array there is compared whole, and what
// is no document has no fields.
func (o *ordering) sortValues(all []value) {
	slices.SortStableFunc(all, func(a, b value) int {
		for _, p := range o.parts {
			c := compare(within(a, p.path), within(b, p.path))
			if p.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// within follows a path through documents and, by position, arrays.
func within(v value, p path) value {
	for i, name := range p {
		if !v.isDoc() && (i == 0 || !v.isArray()) {
			return value{}
		}
		v = lookup(v.b, name)
	}
	return v
}
