package embedded

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// path is a dotted field name, split.
type path []string

func (p path) String() string { return strings.Join(p, ".") }

// parsePath splits a dotted name as it stands in filters, sorts, projections and indexes.
func parsePath(s string) (path, error) {
	if err := checkDepth(s); err != nil {
		return nil, err
	}
	p := path(strings.Split(s, "."))
	positions := 0
	for _, name := range p {
		if name == "" {
			return nil, fail(codeEmptyFieldName, "the path '%s' has an empty field name", s)
		}
		if name[0] == '$' {
			return nil, notImplemented("the field name '%s' in a path", name)
		}
		if _, ok := position(name); ok {
			positions++
		}
	}
	if positions > maxPositions {
		return nil, notImplemented("a path with more than %d positions in arrays", maxPositions)
	}
	return p, nil
}

// maxPositions is how many names of a path may be numbers. Each may mean a position or a field, so that a document made
// for it could double the work with every one.
const maxPositions = 8

// checkDepth refuses a dotted name that goes deeper than any document.
func checkDepth(s string) error {
	if n := strings.Count(s, ".") + 1; n > maxDepth {
		return fail(codeOverflow, "a path of %d names goes deeper than %d levels", n, maxDepth)
	}
	return nil
}

// position reads a field name as the position in an array.
func position(name string) (int, bool) {
	if name == "" || len(name) > 9 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(name) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// walk calls visit with every value that the path names in doc, as MongoDB's filters see them, until visit answers
// true; it tells whether that happened. Arrays on the way are looked through, each document in them on its own and by
// position. An array at the end is visited element by element (only when expand) and then whole. A field that is not
// there is visited as a missing value.
func walk(doc []byte, p path, expand bool, visit func(value) bool) bool {
	for i, name := range p {
		v := lookup(doc, name)
		if i == len(p)-1 {
			if expand && v.isArray() {
				f := fieldsOf(v.b)
				for {
					_, e, ok := f.next()
					if !ok {
						break
					}
					if visit(e) {
						return true
					}
				}
			}
			return visit(v)
		}
		switch v.t {
		case bson.TypeEmbeddedDocument:
			doc = v.b
		case bson.TypeArray:
			return walkArray(v.b, p[i+1:], expand, visit)
		default:
			return visit(value{})
		}
	}
	return false
}

// walkArray continues a walk inside an array with the rest of the path. An array without a fitting document or
// position has no such field, and visits nothing: not even a missing value.
func walkArray(array []byte, rest path, expand bool, visit func(value) bool) bool {
	wanted, byPosition := position(rest[0])
	f := fieldsOf(array)
	for at := 0; ; at++ {
		_, e, ok := f.next()
		if !ok {
			return false
		}
		if e.isDoc() && walk(e.b, rest, expand, visit) {
			return true
		}
		if !byPosition || at != wanted {
			continue
		}
		switch {
		case len(rest) == 1:
			if visit(e) {
				return true
			}
		case e.isDoc():
			if walk(e.b, rest[1:], expand, visit) {
				return true
			}
		case e.isArray():
			if walkArray(e.b, rest[1:], expand, visit) {
				return true
			}
		}
	}
}

// spread visits what a path names in doc as distinct does: a number looks into an array by position only, other names
// look into each of its elements, and an array at the end is visited element by element.
func spread(doc []byte, p path, visit func(value)) {
	v := lookup(doc, p[0])
	switch {
	case len(p) == 1 && v.isArray():
		for _, e := range elements(v.b) {
			visit(e)
		}
	case len(p) == 1:
		visit(v)
	case v.isDoc():
		spread(v.b, p[1:], visit)
	case v.isArray():
		if isDigits(p[1]) {
			spread(v.b, p[1:], visit)
			return
		}
		for _, e := range elements(v.b) {
			if e.isDoc() || e.isArray() {
				spread(e.b, p[1:], visit)
			}
		}
	}
}

func isDigits(name string) bool { return strings.Trim(name, "0123456789") == "" }

// plainLookup follows a path through documents only.
func plainLookup(doc []byte, p path) value {
	for i, name := range p {
		v := lookup(doc, name)
		if i == len(p)-1 {
			return v
		}
		if !v.isDoc() {
			break
		}
		doc = v.b
	}
	return value{}
}

// expression reads a path as aggregation does ("$a.b"): an array on the way gives the array of what its documents have.
func expression(doc []byte, p path) value {
	v := lookup(doc, p[0])
	if len(p) == 1 {
		return v
	}
	switch v.t {
	case bson.TypeEmbeddedDocument:
		return expression(v.b, p[1:])
	case bson.TypeArray:
		w := &builder{}
		w.start(0)
		f := fieldsOf(v.b)
		for {
			_, e, ok := f.next()
			if !ok {
				return value{bson.TypeArray, w.bytes()}
			}
			if !e.isDoc() {
				continue // not even an array in the array
			}
			if found := expression(e.b, p[1:]); !found.missing() {
				w.value("", found)
			}
		}
	}
	return value{}
}
