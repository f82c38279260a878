package embedded

import (
	"slices"
	"strings"
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
			return nil, notImplemented("a sort by an expression for '%s'", name)
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

// sorted puts documents in order; equal ones stay in the order they have.
func sorted[T any](o *ordering, all []T, doc func(T) []byte) ([]T, error) {
	type keyed struct {
		key  string
		item T
	}
	list := make([]keyed, len(all))
	for i, item := range all {
		k, err := o.key(doc(item))
		if err != nil {
			return nil, err
		}
		list[i] = keyed{k, item}
	}
	slices.SortStableFunc(list, func(a, b keyed) int { return strings.Compare(a.key, b.key) })
	for i := range list {
		all[i] = list[i].item
	}
	return all, nil
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
