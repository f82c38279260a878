package embedded

// queryMemory is the most bytes that a sort, a group or the documents that a stage makes may take, unless the options
// say otherwise; MongoDB's bound is the same. What is stored does not count: it is in memory anyway.
const queryMemory = 100 << 20

// over tells whether maxTimeMS has passed.
func (l limits) over() bool { return l.expired != nil && l.expired.Load() }

// meter counts what one step of a query takes, and ends it when that is too much memory or too much time.
type meter struct {
	limits
	what string // for messages: "the sort"
	used int
}

func (m *meter) add(bytes int) error {
	if m.over() {
		return fail(codeMaxTimeExpired, "operation exceeded time limit")
	}
	if m.used += bytes; m.memory > 0 && m.used > m.memory {
		return fail(codeMemoryExceeded, "%s needs more than %d bytes of memory: ask for less, or let an index serve a sort", m.what, m.memory)
	}
	return nil
}
