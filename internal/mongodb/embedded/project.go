package embedded

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// projection says which fields of a document are given out.
type projection struct {
	include bool // the paths are those to keep, else those to leave out
	id      bool // _id is given out
	tree    *pathTree
}

// pathTree holds paths by their parts; a node without children ends one.
type pathTree struct{ kids map[string]*pathTree }

func (t *pathTree) add(p path) error {
	for i, name := range p {
		if t.kids == nil {
			if i > 0 {
				return fail(codePathCollision, "Path collision at %s remaining portion %s", p, p[i:])
			}
			t.kids = map[string]*pathTree{}
		}
		next := t.kids[name]
		last := i == len(p)-1
		if next != nil && last {
			return fail(codePathCollision+1, "Path collision at %s", p)
		}
		if next == nil {
			next = &pathTree{}
			if !last {
				next.kids = map[string]*pathTree{}
			}
			t.kids[name] = next
		}
		t = next
	}
	return nil
}

// parseProjection reads {a: 1, "b.c": 1, _id: 0}; an empty document is no projection (nil).
func parseProjection(doc []byte) (*projection, error) {
	p := &projection{id: true, tree: &pathTree{}}
	decided, idOnly := false, true
	f := fieldsOf(doc)
	for {
		name, v, ok := f.next()
		if !ok {
			break
		}
		n := string(name)
		if isOperators(v) {
			op, _, _ := firstField(v.b)
			return nil, notImplemented("the projection '%s' of '%s'", op, n)
		}
		if !v.isNumber() && rank(v.t) != rankBoolean {
			return nil, notImplemented("a projection of '%s' other than 0 or 1", n)
		}
		if n == "_id" {
			p.id = v.truth()
			if !decided {
				p.include = p.id
			}
			continue
		}
		idOnly = false
		if decided && p.include != v.truth() {
			if p.include {
				return nil, fail(codeExclusionInInclusion, "Cannot do exclusion on field %s in inclusion projection", n)
			}
			return nil, fail(codeInclusionInExclusion, "Cannot do inclusion on field %s in exclusion projection", n)
		}
		p.include, decided = v.truth(), true
		parsed, err := parsePath(n)
		if err != nil {
			return nil, err
		}
		if err := p.tree.add(parsed); err != nil {
			return nil, err
		}
	}
	if len(fieldsOf(doc).rest) == 0 {
		return nil, nil
	}
	if idOnly && p.tree.kids == nil {
		p.tree.kids = map[string]*pathTree{}
	}
	return p, nil
}

// apply gives the projected document.
func (p *projection) apply(doc []byte) []byte {
	w := newBuilder()
	f := fieldsOf(doc)
	for {
		name, v, ok := f.next()
		if !ok {
			return w.bytes()
		}
		if string(name) == "_id" && p.tree.kids["_id"] == nil {
			if p.id {
				w.value("_id", v)
			}
			continue
		}
		p.field(w, p.tree, string(name), v)
	}
}

func (p *projection) field(w *builder, t *pathTree, name string, v value) {
	sub := t.kids[name]
	switch {
	case sub == nil:
		if !p.include {
			w.value(name, v)
		}
	case sub.kids == nil:
		if p.include {
			w.value(name, v)
		}
	default:
		p.nested(w, sub, name, v)
	}
}

// nested goes into documents and into every element of arrays; other values have no such fields.
func (p *projection) nested(w *builder, t *pathTree, name string, v value) {
	f := fieldsOf(v.b)
	switch v.t {
	case bson.TypeEmbeddedDocument:
		w.doc(name)
		for {
			n, e, ok := f.next()
			if !ok {
				break
			}
			p.field(w, t, string(n), e)
		}
		w.end()
	case bson.TypeArray:
		w.array(name)
		for {
			_, e, ok := f.next()
			if !ok {
				break
			}
			p.nested(w, t, "", e)
		}
		w.end()
	default:
		if !p.include {
			w.value(name, v)
		}
	}
}
