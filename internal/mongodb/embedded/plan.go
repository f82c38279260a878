package embedded

import (
	"math"
	"slices"
	"sync/atomic"
)

// query is what a read or the search of a write asks of a collection.
type query struct {
	filter      *filter
	sort        *ordering // nil for any order
	skip, limit int64     // limit 0 is none
	hint        value     // name or keys of the index to use; missing for the planner's choice
}

// wanted is how many documents are looked for before those to skip are dropped.
func (q *query) wanted() int64 {
	if q.limit == 0 || q.skip > math.MaxInt64-q.limit {
		return math.MaxInt64
	}
	return q.skip + q.limit
}

// limits end a search early.
type limits struct {
	scan    int          // the most documents a scan may examine; 0 for any
	memory  int          // the most bytes that a sort or a stage may take; 0 for any
	expired *atomic.Bool // maxTimeMS has passed; nil for no limit
}

// plan is the way to the candidates of a query. Every candidate is still matched against the filter.
type plan struct {
	index   *index
	spans   []span
	depth   int  // how many leading fields of the index are equal to given values
	ranged  bool // the next field has a range
	points  bool // every span is one key of the primary tree
	sorted  bool // the index gives the order of the sort
	reverse bool // read backwards
	union   []*plan
}

// span is a stretch of an index: from <= key < to; to "" is the end of the tree.
type span struct{ from, to string }

// scan tells a plan that goes through all documents.
func (p *plan) scan() bool { return p.union == nil && p.depth == 0 && !p.ranged }

// maxSpans is how many stretches $in may make of one index.
const maxSpans = 4096

// cut is a place between keys: before all keys that begin with at, or after them.
type cut struct {
	at    []byte
	after bool
}

func (c cut) resolve(prefix []byte) string {
	key := slices.Concat(prefix, c.at)
	if c.after {
		return after(key)
	}
	return string(key)
}

// bound is what a filter says of one path, as far as an index can use it.
type bound struct {
	equal    []value // one of these, or
	from, to cut     // between these
}

// bounds collects what all documents must meet, by path.
func bounds(f *filter) (byPath map[string][]bound, ors []*filter) {
	byPath = map[string][]bound{}
	f.conjuncts(func(c *filter) {
		switch c.op {
		case opOr:
			ors = append(ors, c)
		case opLeaf:
			if b, ok := c.pred.bound(); ok {
				name := c.path.String()
				byPath[name] = append(byPath[name], b)
			}
		}
	})
	return byPath, ors
}

// bound turns a predicate into bounds. Comparisons with arrays, and with the ends of all values, have none: the trees
// hold an array's elements.
func (p *predicate) bound() (bound, bool) {
	switch p.op {
	case predIn:
		for _, v := range p.list {
			if v.isArray() {
				return bound{}, false
			}
		}
		return bound{equal: append([]value{}, p.list...)}, true
	case predNever:
		return bound{equal: []value{}}, true
	case predEq, predGt, predGte, predLt, predLte:
	default:
		return bound{}, false
	}
	r := rank(p.operand.t)
	if p.operand.isArray() || r == rankMin || r == rankMax {
		return bound{}, false
	}
	key := appendKey(nil, p.operand)
	low, high := cut{at: []byte{r}}, cut{at: []byte{r}, after: true}
	switch p.op {
	case predEq:
		return bound{equal: []value{p.operand}}, true
	case predGt:
		low = cut{key, true}
	case predGte:
		low = cut{key, false}
	case predLt:
		high = cut{key, false}
	case predLte:
		high = cut{key, true}
	}
	return bound{from: low, to: high}, true
}

// narrowest picks the equality with the fewest values.
func narrowest(all []bound) ([]value, bool) {
	var best []value
	for _, b := range all {
		if b.equal != nil && (best == nil || len(b.equal) < len(best)) {
			best = b.equal
		}
	}
	return best, best != nil
}

// between joins ranges. In a multikey index different elements may meet different ranges, so only one counts.
func between(all []bound, multikey bool) (from, to cut, ok bool) {
	for _, b := range all {
		if b.equal != nil {
			continue
		}
		if !ok {
			from, to, ok = b.from, b.to, true
			continue
		}
		if multikey {
			continue
		}
		if b.from.resolve(nil) > from.resolve(nil) {
			from = b.from
		}
		if b.to.resolve(nil) < to.resolve(nil) {
			to = b.to
		}
	}
	return from, to, ok
}

// over makes the plan that uses one index.
func (x *index) over(byPath map[string][]bound, sort *ordering) *plan {
	p := &plan{index: x}
	prefixes := [][]byte{nil}
	single := true // every equality so far has one value
	for i, part := range x.parts {
		list, ok := narrowest(byPath[part.name])
		if !ok || len(prefixes)*len(list) > maxSpans || x.tangled(i) {
			break
		}
		single = single && len(list) == 1
		var next [][]byte
		for _, prefix := range prefixes {
			for _, v := range list {
				key := appendKey(slices.Clip(slices.Clone(prefix)), v)
				if part.desc {
					invert(key[len(prefix):])
				}
				next = append(next, key)
			}
		}
		prefixes = next
		p.depth++
	}
	var from, to cut
	if p.depth < len(x.parts) && !x.tangled(p.depth) {
		part := x.parts[p.depth]
		if from, to, p.ranged = between(byPath[part.name], x.multikey); p.ranged && part.desc {
			from, to = to.inverted(), from.inverted()
		}
	}
	for _, prefix := range prefixes {
		if p.ranged {
			p.spans = append(p.spans, span{from.resolve(prefix), to.resolve(prefix)})
		} else {
			p.spans = append(p.spans, span{string(prefix), after(prefix)})
		}
	}
	slices.SortFunc(p.spans, func(a, b span) int { return compareStrings(a.from, b.from) })
	p.points = x.name == primaryName && p.depth == 1
	p.serve(sort, single)
	return p
}

// tangled tells whether a field of a multikey index may lie in the same array as one before it. A document may meet the
// conditions on both with different elements, which have keys of their own, so only the first of them is of use.
func (x *index) tangled(field int) bool {
	return x.multikey && slices.ContainsFunc(x.parts[:field], func(p part) bool { return p.path[0] == x.parts[field].path[0] })
}

func compareStrings(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func (c cut) inverted() cut {
	at := slices.Clone(c.at)
	invert(at)
	return cut{at, !c.after}
}

// serve finds out whether the plan gives the order of the sort: after equal fields, which need no order, the sort must
// go on as the index does, all forwards or all backwards. A multikey index gives none.
func (p *plan) serve(sort *ordering, single bool) {
	if sort == nil || p.index.multikey || !single {
		return
	}
	equal, rest := p.index.parts[:p.depth], p.index.parts[p.depth:]
	if p.index.name != primaryName {
		rest = append(slices.Clip(rest), primarySpec().parts...) // entries with equal fields are in the order of _id
	}
	direction := 0
	for _, s := range sort.parts {
		if p.points || direction != 0 && rest == nil {
			break // _id leaves nothing to order
		}
		if slices.ContainsFunc(equal, func(q part) bool { return q.name == s.name }) {
			continue
		}
		if len(rest) == 0 || rest[0].name != s.name {
			return
		}
		d := 1
		if s.desc != rest[0].desc {
			d = -1
		}
		if direction != 0 && direction != d {
			return
		}
		direction, rest = d, rest[1:]
		if s.name == "_id" {
			rest = nil
		}
	}
	p.sorted, p.reverse = true, direction < 0
}

// better says that p should be preferred to q.
func (p *plan) better(q *plan) bool {
	if p.points != q.points {
		return p.points
	}
	if p.depth != q.depth {
		return p.depth > q.depth
	}
	if p.ranged != q.ranged {
		return p.ranged
	}
	return p.sorted && !q.sorted
}

// plan chooses how to find the documents: equality or $in on _id first, then the index with the longest prefix of
// equalities, then a range, then an order that serves the sort; then the branches of $or; else a scan.
func (v *view) plan(q *query) (*plan, error) {
	byPath, ors := bounds(q.filter)
	if !q.hint.missing() {
		x := v.hinted(q.hint)
		if x == nil {
			return nil, fail(codeBadValue, "error processing query: hint provided does not correspond to an existing index")
		}
		return x.over(byPath, q.sort), nil
	}
	best := v.best(byPath, q.sort)
	if !best.scan() {
		return best, nil
	}
	for _, or := range ors {
		if u := v.unite(or); u != nil {
			return u, nil
		}
	}
	return best, nil
}

func (v *view) best(byPath map[string][]bound, sort *ordering) *plan {
	var best *plan
	for _, x := range v.indexes {
		if p := x.over(byPath, sort); best == nil || p.better(best) {
			best = p
		}
	}
	return best
}

// unite plans every branch of an $or; nil when one of them would be a scan.
func (v *view) unite(or *filter) *plan {
	u := &plan{}
	for _, s := range or.subs {
		byPath, ors := bounds(s)
		p := v.best(byPath, nil)
		for i := 0; p.scan() && i < len(ors); i++ {
			if inner := v.unite(ors[i]); inner != nil {
				p = inner
			}
		}
		if p.scan() {
			return nil
		}
		u.union = append(u.union, p)
	}
	return u
}

// hinted finds an index by its name or its keys.
func (v *view) hinted(hint value) *index {
	for _, x := range v.indexes {
		if rank(hint.t) == rankString && string(hint.text()) == x.name {
			return x
		}
		if hint.isDoc() && compareDocuments(hint.b, x.indexSpec.keys) == 0 {
			return x
		}
	}
	return nil
}
