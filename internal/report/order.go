package report

import (
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// sorter makes keys that sort names as Vietnamese lists do: by the given name, which
// comes last, then by the rest. It is not safe for concurrent use.
type sorter struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

func newSorter() *sorter { return &sorter{collator: collate.New(language.Vietnamese)} }

func (s *sorter) key(name string) string {
	words := strings.Fields(name)
	given := ""
	if n := len(words); n > 0 {
		given, words = words[n-1], words[:n-1]
	}
	s.buffer.Reset()
	key := string(s.collator.KeyFromString(&s.buffer, given)) + "\x00\x00"
	s.buffer.Reset()
	return key + string(s.collator.KeyFromString(&s.buffer, strings.Join(words, " ")))
}

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
