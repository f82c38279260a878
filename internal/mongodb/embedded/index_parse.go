package embedded

import (
	"slices"
	"strings"
)

// document gives the specification as listIndexes does.
func (s *indexSpec) document() []byte {
	w := newBuilder().int32("v", 2).raw("key", s.keys).string("name", s.name)
	if s.unique {
		w.bool("unique", true)
	}
	if s.expire >= 0 {
		w.number("expireAfterSeconds", s.expire)
	}
	return w.bytes()
}

// parseIndex reads one element of createIndexes' indexes, or what the catalogue keeps of it.
func parseIndex(doc []byte) (*indexSpec, error) {
	s := &indexSpec{expire: -1}
	if a := newArgs("an index", doc, indexOptions()...); a.err != nil {
		return nil, a.err
	}
	f := fieldsOf(doc)
	for {
		name, v, ok := f.next()
		if !ok {
			break
		}
		if err := s.option(string(name), v); err != nil {
			return nil, err
		}
	}
	if s.keys == nil || len(s.parts) == 0 {
		return nil, fail(codeCannotCreateIndex, "an index needs keys")
	}
	if s.name == "" {
		return nil, fail(codeFailedToParse, "an index needs a name")
	}
	if s.expire >= 0 && len(s.parts) > 1 {
		return nil, fail(codeCannotCreateIndex, "TTL indexes are single-field indexes, compound indexes do not support TTL")
	}
	return s, nil
}

// indexOptions are the fields of an index's specification.
func indexOptions() []string {
	return []string{"v", "key", "name", "unique", "expireAfterSeconds"}
}

func (s *indexSpec) option(name string, v value) error {
	switch name {
	case "v":
		if n, ok := v.whole(); !ok || n != 2 {
			return notImplemented("an index of another version than 2")
		}
	case "key":
		if !v.isDoc() {
			return fail(codeTypeMismatch, "an index's key must be a document")
		}
		s.keys = v.b
		return s.parseKeys()
	case "name":
		if rank(v.t) != rankString {
			return fail(codeTypeMismatch, "an index's name must be a string")
		}
		s.name = string(v.text())
	case "unique":
		if rank(v.t) != rankBoolean && !v.isNumber() {
			return fail(codeTypeMismatch, "the index option 'unique' must be a boolean")
		}
		s.unique = v.truth()
	case "expireAfterSeconds":
		n, ok := v.whole()
		if !ok || n < 0 || n > 1<<31-1 {
			return fail(codeCannotCreateIndex, "expireAfterSeconds must be a whole number between 0 and 2147483647")
		}
		s.expire = n
	}
	return nil
}

func (s *indexSpec) parseKeys() error {
	f := fieldsOf(s.keys)
	for {
		name, v, ok := f.next()
		if !ok {
			return nil
		}
		n, whole := v.whole()
		switch {
		case rank(v.t) == rankString:
			return notImplemented("the index type '%s'", v.text())
		case !whole || n == 0:
			return fail(codeCannotCreateIndex, "the values of an index's key must be 1 or -1")
		}
		if strings.Contains(string(name), "$**") {
			return notImplemented("the wildcard index '%s'", name)
		}
		p, err := parsePath(string(name))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p, func(n string) bool { _, ok := position(n); return ok }) {
			return notImplemented("an index on a position in an array ('%s')", name)
		}
		if slices.ContainsFunc(s.parts, func(q part) bool { return q.name == string(name) }) {
			return fail(codeCannotCreateIndex, "an index names '%s' twice", name)
		}
		s.parts = append(s.parts, part{path: p, name: string(name), desc: n < 0})
	}
}
