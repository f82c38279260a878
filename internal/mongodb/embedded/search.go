package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// stats says what a search cost, for explain.
type stats struct {
	plan            *plan
	keys, documents int
}

// search runs a query and gives the documents in order. It answers 291 when the search would scan more documents than
// allowed and 50 when its time is over.
func (v *view) search(q *query, l limits) ([]bson.Raw, stats, error) {
	p, err := v.plan(q)
	if err != nil {
		return nil, stats{}, err
	}
	return searchWith(p, q, l)
}

// searchWith runs a query by a plan.
func searchWith(p *plan, q *query, l limits) ([]bson.Raw, stats, error) {
	var err error
	s := searcher{query: q, limits: l, stats: stats{plan: p}}
	if err = s.run(p); err != nil {
		return nil, s.stats, err
	}
	found := s.found
	if q.sort != nil && !p.sorted {
		if found, err = sorted(q.sort, found, q.wanted(), l); err != nil {
			return nil, s.stats, err
		}
	}
	found = found[min(int64(len(found)), q.skip):]
	if q.limit > 0 {
		found = found[:min(int64(len(found)), q.limit)]
	}
	return found, s.stats, nil
}

type searcher struct {
	*query
	limits
	stats stats
	seen  map[place]struct{} // where a document may come up more than once
	found []bson.Raw
	err   error
}

// enough tells whether what was found is all that is wanted.
func (s *searcher) enough() bool {
	return (s.sort == nil || s.stats.plan.sorted) && int64(len(s.found)) >= s.wanted()
}

func (s *searcher) run(p *plan) error {
	if p.union != nil {
		s.seen = map[place]struct{}{}
		for _, part := range p.union {
			if err := s.run(part); err != nil {
				return err
			}
		}
		return nil
	}
	if p.index.multikey && s.seen == nil {
		s.seen = map[place]struct{}{}
	}
	scan := p.scan()
	if p.reverse {
		slices.Reverse(p.spans)
	}
	x := p.index
	for _, sp := range p.spans {
		switch {
		case p.points:
			if e, ok := x.tree.get(x.to(sp.from)); ok {
				s.examine(x, e, false)
			}
		case p.reverse:
			before := end
			if sp.to != "" {
				before = x.to(sp.to)
			}
			x.tree.descend(before, func(e entry) bool { return string(x.key(e)) >= sp.from && s.examine(x, e, scan) })
		default:
			x.tree.ascend(x.to(sp.from), func(e entry) bool {
				return (sp.to == "" || string(x.key(e)) < sp.to) && s.examine(x, e, scan)
			})
		}
		if s.err != nil || s.enough() {
			break
		}
	}
	return s.err
}

// examine looks at one candidate; false ends the search.
func (s *searcher) examine(x *index, e entry, scan bool) bool {
	s.stats.keys++
	if s.seen != nil {
		if _, again := s.seen[e.doc]; again {
			return true
		}
		s.seen[e.doc] = struct{}{}
	}
	if scan && s.scan > 0 && s.stats.documents >= s.scan {
		s.err = fail(codeScanRefused, "no index serves this query, and a scan would examine more than %d documents", s.scan)
		return false
	}
	if s.expired != nil && s.expired.Load() {
		s.err = fail(codeMaxTimeExpired, "operation exceeded time limit")
		return false
	}
	s.stats.documents++
	if doc := x.raw(e); s.filter.match(doc) {
		s.found = append(s.found, doc)
	}
	return !s.enough()
}
