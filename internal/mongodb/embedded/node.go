package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// node is a value that an update may change. Documents and arrays are opened only where a path goes through them; the
// rest keeps its bytes.
type node struct {
	v    value // the bytes, while it is not opened
	open bool
	kids []kid
}

type kid struct {
	name string
	n    *node
}

func newNode(v value) *node { return &node{v: v} }

func newDocNode() *node { return &node{v: value{t: bson.TypeEmbeddedDocument}, open: true} }

// expand opens a document or an array.
func (n *node) expand() {
	if n.open {
		return
	}
	f := fieldsOf(n.v.b)
	for {
		name, v, ok := f.next()
		if !ok {
			break
		}
		n.kids = append(n.kids, kid{string(name), newNode(v)})
	}
	n.open, n.v.b = true, nil
}

// child finds a field of a document or a position of an array; nil when there is none.
func (n *node) child(name string) *node {
	switch n.v.t {
	case bson.TypeEmbeddedDocument:
		n.expand()
		for _, k := range n.kids {
			if k.name == name {
				return k.n
			}
		}
	case bson.TypeArray:
		n.expand()
		if at, ok := position(name); ok && at < len(n.kids) {
			return n.kids[at].n
		}
	}
	return nil
}

// mayHave tells whether a field of this name can be in the node, or be put there.
func (n *node) mayHave(name string) bool {
	if n.v.t == bson.TypeArray {
		_, ok := position(name)
		return ok
	}
	return n.v.t == bson.TypeEmbeddedDocument
}

// maxPadding is how many nulls an update may put between the end of an array and the position it sets.
const maxPadding = 1_500_000

// set puts a child in place, at the end when it is new. A position beyond an array's end is reached by nulls.
func (n *node) set(name string, c *node) error {
	switch n.v.t {
	case bson.TypeEmbeddedDocument:
		n.expand()
		for i := range n.kids {
			if n.kids[i].name == name {
				n.kids[i].n = c
				return nil
			}
		}
		n.kids = append(n.kids, kid{name, c})
		return nil
	case bson.TypeArray:
		n.expand()
		at, ok := position(name)
		if !ok {
			break
		}
		if at-len(n.kids) > maxPadding {
			return fail(codeBadValue, "cannot fill up an array with more than %d nulls", maxPadding)
		}
		for len(n.kids) <= at {
			n.kids = append(n.kids, kid{n: newNode(nullValue())})
		}
		n.kids[at].n = c
		return nil
	}
	return fail(codePathNotViable, "Cannot create field '%s' in an element of type %s", name, n.v.t)
}

// remove takes a field out of a document; a position of an array becomes null.
func (n *node) remove(name string) {
	if n.v.t == bson.TypeArray {
		if n.child(name) != nil {
			at, _ := position(name)
			n.kids[at].n = newNode(nullValue())
		}
		return
	}
	n.expand()
	n.kids = slices.DeleteFunc(n.kids, func(k kid) bool { return k.name == name })
}

// value gives the bytes as they are now.
func (n *node) value() value {
	if !n.open {
		return n.v
	}
	w := &builder{}
	n.write(w)
	return value{n.v.t, w.bytes()}
}

func (n *node) write(w *builder) {
	if n.v.t == bson.TypeArray {
		w.start(0)
	} else {
		w.start(-1)
	}
	n.writeKids(w)
	w.end()
}

func (n *node) writeKids(w *builder) {
	for _, k := range n.kids {
		if !k.n.open {
			w.value(k.name, k.n.v)
			continue
		}
		w.head(k.n.v.t, k.name)
		k.n.write(w)
	}
}

// values gives the elements of an array node.
func (n *node) values() []value {
	n.expand()
	all := make([]value, len(n.kids))
	for i, k := range n.kids {
		all[i] = k.n.value()
	}
	return all
}

// setValues makes the node an array of these elements.
func (n *node) setValues(all []value) {
	n.v, n.open, n.kids = value{t: bson.TypeArray}, true, make([]kid, len(all))
	for i, v := range all {
		n.kids[i].n = newNode(v)
	}
}
