package embedded

import (
	"slices"
	"strings"
)

// stats says what a search cost, for explain.
type stats struct {
	plan            *plan
	keys, documents int
}

// search runs a query and gives the documents in order. It answers 291 when the search would scan more documents than
// allowed and 50 when its time is over.
func (v *view) search(q *query, l limits) ([]*record, stats, error) {
	p, err := v.plan(q)
	if err != nil {
		return nil, stats{}, err
	}
	return searchWith(p, q, l)
}

// searchWith runs a query by a plan.
func searchWith(p *plan, q *query, l limits) ([]*record, stats, error) {
	var err error
	s := searcher{query: q, limits: l, stats: stats{plan: p}}
	if err = s.run(p); err != nil {
		return nil, s.stats, err
	}
	found := s.found
	if q.sort != nil && !p.sorted {
		if found, err = sorted(q.sort, found, func(r *record) []byte { return r.raw }, q.wanted(), l); err != nil {
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
	seen  map[*record]struct{} // where a document may come up more than once
	found []*record
	err   error
}

// enough tells whether what was found is all that is wanted.
func (s *searcher) enough() bool {
	return (s.sort == nil || s.stats.plan.sorted) && int64(len(s.found)) >= s.wanted()
}

func (s *searcher) run(p *plan) error {
	if p.union != nil {
		s.seen = map[*record]struct{}{}
		for _, part := range p.union {
			if err := s.run(part); err != nil {
				return err
			}
		}
		return nil
	}
	if p.index.multikey && s.seen == nil {
		s.seen = map[*record]struct{}{}
	}
	scan := p.scan()
	if p.reverse {
		slices.Reverse(p.spans)
	}
	for _, sp := range p.spans {
		if p.points {
			if e, ok := p.index.tree.Get(entry{key: sp.from}); ok {
				s.examine(e, false)
			}
		} else if p.reverse {
			s.descend(p.index.tree, sp, scan)
		} else {
			p.index.tree.Ascend(entry{key: sp.from}, func(e entry) bool {
				return (sp.to == "" || e.key < sp.to) && s.examine(e, scan)
			})
		}
		if s.err != nil || s.enough() {
			break
		}
	}
	return s.err
}

func (s *searcher) descend(t *tree, sp span, scan bool) {
	visit := func(e entry) bool {
		if sp.to != "" && e.key >= sp.to {
			return true // the end itself does not belong to the span
		}
		return strings.Compare(e.key, sp.from) >= 0 && s.examine(e, scan)
	}
	if sp.to == "" {
		t.Reverse(visit)
		return
	}
	t.Descend(entry{key: sp.to}, visit)
}

// examine looks at one candidate; false ends the search.
func (s *searcher) examine(e entry, scan bool) bool {
	s.stats.keys++
	if s.seen != nil {
		if _, again := s.seen[e.rec]; again {
			return true
		}
		s.seen[e.rec] = struct{}{}
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
	if s.filter.match(e.rec.raw) {
		s.found = append(s.found, e.rec)
	}
	return !s.enough()
}
