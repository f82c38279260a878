package report

import (
	"slices"
	"strings"
)

// before is the order of people in every table.
func (m *model) before(a, b uint32) int {
	x, y := &m.people[a], &m.people[b]
	if c := strings.Compare(x.key, y.key); c != 0 {
		return c
	}
	return strings.Compare(string(x.id), string(y.id))
}

// sort brings order up to date after names changed.
func (m *model) sort() {
	if m.sorted {
		return
	}
	m.order = m.order[:0]
	for i := range m.people {
		if m.people[i].known {
			m.order = append(m.order, uint32(i))
		}
	}
	slices.SortFunc(m.order, m.before)
	m.sorted = true
}
