package report

import (
	"container/heap"
	"encoding/binary"
	"slices"

	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// model is the read model: what the answers need of every enrolment, in parallel
// slices (about 53 bytes a row), and sums of them that are kept up to date with each
// change. Its methods need the lock of the service.
type model struct {
	now int64 // unix milliseconds up to which due times have passed

	people    []person
	personAt  map[people.ID]uint32
	units     []people.Unit // [0] is no unit
	unitKnown []bool        // its document was read
	unitAt    map[people.UnitID]uint16
	courses   []course.ID
	courseAt  map[course.ID]uint16
	campaigns []string
	campAt    map[string]uint16
	sets      [][]uint16 // sets of campaigns; [0] is the empty one
	setAt     map[string]uint16

	rows  rows
	dues  dueQueue
	cells map[cellKey]*counts
	camps map[campKey]*CampaignCounts
	staff map[uint16]int // active people directly in a unit

	order  []uint32 // people by name
	sorted bool
}

// person is one person as tables show them.
type person struct {
	id      people.ID
	name    string
	key     string // sorts by given name
	unit    uint16
	active  bool // the account is open
	leftOn  string
	known   bool // its document was read
	version int
	first   int32 // row, -1: none
}

// rows are the enrolments, one column each.
type rows struct {
	person    []uint32
	course    []uint16
	n         []uint16 // course version
	cycle     []uint16
	set       []uint16 // campaigns
	state     []state
	done      []uint8 // lessons and quizzes done
	rating    []uint8
	version   []uint32
	assigned  []int64  // unix milliseconds
	due       []int64  // unix milliseconds, 0: none
	completed []int64  // unix milliseconds, 0: not yet
	unit      []uint16 // at completion, 0: open or unknown
	overdue   []bool
	next      []int32 // row of the same person, -1: none
}

// state is learning.State in one byte.
type state uint8

const (
	assigned state = iota
	started
	completed
	closed
)

func stateOf(s learning.State) state {
	switch s {
	case learning.Started:
		return started
	case learning.Completed:
		return completed
	case learning.Closed:
		return closed
	}
	return assigned
}

// cellKey groups rows that every answer treats alike.
type cellKey struct{ unit, course, set uint16 }

// counts are sums over the rows of a cell.
type counts struct {
	assigned, completed, onTime, started, overdue int
	rated, satisfied, stars                       int
}

func (c *counts) add(o counts, sign int) {
	c.assigned += sign * o.assigned
	c.completed += sign * o.completed
	c.onTime += sign * o.onTime
	c.started += sign * o.started
	c.overdue += sign * o.overdue
	c.rated += sign * o.rated
	c.satisfied += sign * o.satisfied
	c.stars += sign * o.stars
}

// campKey is a campaign in a unit.
type campKey struct{ unit, campaign uint16 }

func (c *CampaignCounts) add(o CampaignCounts, sign int) {
	c.People += sign * o.People
	c.Completed += sign * o.Completed
	c.OnTime += sign * o.OnTime
	c.Overdue += sign * o.Overdue
	c.Started += sign * o.Started
}

func newModel() *model {
	return &model{
		personAt: map[people.ID]uint32{}, units: make([]people.Unit, 1), unitKnown: make([]bool, 1), unitAt: map[people.UnitID]uint16{"": 0},
		courseAt: map[course.ID]uint16{}, campAt: map[string]uint16{}, sets: make([][]uint16, 1), setAt: map[string]uint16{"": 0},
		dues: dueQueue{rows: map[int64][]uint32{}}, cells: map[cellKey]*counts{}, camps: map[campKey]*CampaignCounts{}, staff: map[uint16]int{},
	}
}

func (m *model) unitIndex(id people.UnitID) uint16 {
	i, ok := m.unitAt[id]
	if !ok {
		i = uint16(len(m.units))
		m.units, m.unitKnown = append(m.units, people.Unit{ID: id}), append(m.unitKnown, false)
		m.unitAt[id] = i
	}
	return i
}

func (m *model) courseIndex(id course.ID) uint16 {
	i, ok := m.courseAt[id]
	if !ok {
		i = uint16(len(m.courses))
		m.courses = append(m.courses, id)
		m.courseAt[id] = i
	}
	return i
}

func (m *model) personIndex(id people.ID) uint32 {
	i, ok := m.personAt[id]
	if !ok {
		i = uint32(len(m.people))
		m.people = append(m.people, person{id: id, first: -1})
		m.personAt[id] = i
	}
	return i
}

// setIndex returns the number of a set of campaigns. There are few different ones.
func (m *model) setIndex(campaigns []string) uint16 {
	if len(campaigns) == 0 {
		return 0
	}
	set := make([]uint16, 0, len(campaigns))
	for _, c := range campaigns {
		i, ok := m.campAt[c]
		if !ok {
			i = uint16(len(m.campaigns))
			m.campaigns = append(m.campaigns, c)
			m.campAt[c] = i
		}
		set = append(set, i)
	}
	slices.Sort(set)
	set = slices.Compact(set)
	key := make([]byte, 0, 2*len(set))
	for _, i := range set {
		key = binary.BigEndian.AppendUint16(key, i)
	}
	i, ok := m.setAt[string(key)]
	if !ok {
		i = uint16(len(m.sets))
		m.sets = append(m.sets, set)
		m.setAt[string(key)] = i
	}
	return i
}

// row finds the row of an enrolment, -1 if there is none.
func (m *model) row(p uint32, c uint16, cycle uint16) int32 {
	r := m.people[p].first
	for r >= 0 && (m.rows.course[r] != c || m.rows.cycle[r] != cycle) {
		r = m.rows.next[r]
	}
	return r
}

// open reports whether a row still waits for its learner.
func (m *model) open(r int32) bool { return m.rows.state[r] == assigned || m.rows.state[r] == started }

// dueQueue knows which open rows become overdue next. Due times are ends of days,
// so there are few different ones.
type dueQueue struct {
	times timeHeap
	rows  map[int64][]uint32
}

func (q *dueQueue) add(due int64, row uint32) {
	if _, ok := q.rows[due]; !ok {
		heap.Push(&q.times, due)
	}
	q.rows[due] = append(q.rows[due], row)
}

// passed reports whether a due time is before now.
func (q *dueQueue) passed(now int64) bool { return len(q.times) > 0 && q.times[0] < now }

// pop returns the earliest due time and its rows.
func (q *dueQueue) pop() (due int64, rows []uint32) {
	due = heap.Pop(&q.times).(int64)
	rows = q.rows[due]
	delete(q.rows, due)
	return due, rows
}

// timeHeap implements heap.Interface.
type timeHeap []int64

func (h timeHeap) Len() int           { return len(h) }
func (h timeHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h timeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timeHeap) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *timeHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
