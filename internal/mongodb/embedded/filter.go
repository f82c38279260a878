package embedded

import (
	"cmp"
	"slices"
	"sort"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// filter is a parsed query: a tree whose leaves ask one thing of one path.
type filter struct {
	op   filterOp
	subs []*filter // of and, or, nor, not
	path path      // of a leaf
	pred predicate // of a leaf
}

type filterOp byte

const (
	opAnd filterOp = iota
	opOr
	opNor
	opNot
	opLeaf
)

// predicate is one question about one value.
type predicate struct {
	op      predicateOp
	operand value       // of comparisons
	list    []value     // of in, sorted
	types   []bson.Type // of type; 0 stands for "number"
	size    int         // of size
	sub     *filter     // of elemMatch over documents
	preds   []predicate // of elemMatch over values: all must hold for one element
}

type predicateOp byte

const (
	predEq predicateOp = iota
	predGt
	predGte
	predLt
	predLte
	predIn
	predExists
	predType
	predSize
	predElemDoc
	predElemValue
	predNot // preds hold the question turned around
	predAll // all of preds
	predNever
)

// match tells whether the document passes.
func (f *filter) match(doc []byte) bool {
	switch f.op {
	case opAnd:
		for _, s := range f.subs {
			if !s.match(doc) {
				return false
			}
		}
		return true
	case opOr, opNor:
		for _, s := range f.subs {
			if s.match(doc) {
				return f.op == opOr
			}
		}
		return f.op == opNor
	case opNot:
		return !f.subs[0].match(doc)
	}
	expand := f.pred.op != predSize && f.pred.op != predElemDoc && f.pred.op != predElemValue
	return walk(doc, f.path, expand, f.pred.test)
}

// test asks the question of one value, without looking into arrays.
func (p *predicate) test(v value) bool {
	switch p.op {
	case predEq, predGt, predGte, predLt, predLte:
		return p.compares(v)
	case predIn:
		at := sort.Search(len(p.list), func(i int) bool { return compare(p.list[i], v) >= 0 })
		return at < len(p.list) && compare(p.list[at], v) == 0
	case predExists:
		return !v.missing()
	case predType:
		for _, t := range p.types {
			if t == v.t && !v.missing() || t == 0 && v.isNumber() {
				return true
			}
		}
		return false
	case predSize:
		return v.isArray() && count(v.b) == p.size
	case predElemDoc, predElemValue:
		return v.isArray() && p.anyElement(v.b)
	case predNot:
		return !p.preds[0].test(v)
	case predAll:
		return p.all(v)
	}
	return false
}

func (p *predicate) anyElement(array []byte) bool {
	f := fieldsOf(array)
	for {
		_, e, ok := f.next()
		if !ok {
			return false
		}
		if p.op == predElemDoc {
			if (e.isDoc() || e.isArray()) && p.sub.match(e.b) {
				return true
			}
			continue
		}
		if p.all(e) {
			return true
		}
	}
}

func (p *predicate) all(v value) bool {
	for i := range p.preds {
		if !p.preds[i].test(v) {
			return false
		}
	}
	return true
}

// compares holds only between values of one type, except that every value is above MinKey and below MaxKey. NaN is
// neither above nor below anything, and equal to itself.
func (p *predicate) compares(v value) bool {
	if rank(v.t) != rank(p.operand.t) {
		switch p.operand.t {
		case bson.TypeMaxKey:
			return p.op == predLt || p.op == predLte
		case bson.TypeMinKey:
			return p.op == predGt || p.op == predGte
		}
		return false
	}
	c := compare(v, p.operand)
	if c != 0 && (v.isNaN() || p.operand.isNaN()) {
		return false
	}
	switch p.op {
	case predEq:
		return c == 0
	case predGt:
		return c > 0
	case predGte:
		return c >= 0
	case predLt:
		return c < 0
	}
	return c <= 0
}

func (v value) isNaN() bool {
	if v.t != bson.TypeDouble {
		return false
	}
	f := v.float64()
	return f != f
}

// sortValues puts the operands of $in in order and drops repeated ones.
func sortValues(list []value) []value {
	slices.SortFunc(list, compare)
	return slices.CompactFunc(list, func(a, b value) bool { return compare(a, b) == 0 })
}

// conjuncts gives all leaves and ors that must hold for the whole filter to hold.
func (f *filter) conjuncts(add func(*filter)) {
	if f.op == opAnd || f.op == opOr && len(f.subs) == 1 {
		for _, s := range f.subs {
			s.conjuncts(add)
		}
		return
	}
	add(f)
}

// equalities gives the fields that an upsert takes over from the filter into the new document.
func (f *filter) equalities() ([]filter, error) {
	var all []filter
	f.conjuncts(func(c *filter) {
		if c.op != opLeaf {
			return
		}
		switch {
		case c.pred.op == predEq:
			all = append(all, *c)
		case c.pred.op == predIn && len(c.pred.list) == 1:
			all = append(all, filter{op: opLeaf, path: c.path, pred: predicate{operand: c.pred.list[0]}})
		}
	})
	slices.SortStableFunc(all, func(a, b filter) int { return comparePaths(a.path, b.path) })
	for i := 1; i < len(all); i++ {
		if common := commonPrefix(all[i-1].path, all[i].path); common == min(len(all[i-1].path), len(all[i].path)) {
			return nil, fail(codeNotSingleValue, "cannot infer query fields to set, path '%s' is matched twice", all[i].path)
		}
	}
	return all, nil
}

func commonPrefix(a, b path) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// comparePaths is the order in which updates go through their paths: by name, positions by number.
func comparePaths(a, b path) int {
	for i := range min(len(a), len(b)) {
		x, xok := position(a[i])
		y, yok := position(b[i])
		var c int
		if xok && yok {
			c = cmp.Compare(x, y)
		} else {
			c = cmp.Compare(a[i], b[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}
