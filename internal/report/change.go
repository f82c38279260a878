package report

import (
	"time"

	"hocso/internal/learning"
	"hocso/internal/people"
)

func millis(t *time.Time) int64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// put takes an enrolment as it is now. An older version than the one it has
// changes nothing, so scans and own changes may come in any order.
func (m *model) put(e learning.Enrolment) {
	p, c, cycle := m.personIndex(e.Person), m.courseIndex(e.Course), uint16(e.Cycle)
	r := m.row(p, c, cycle)
	if r >= 0 && m.rows.version[r] >= uint32(e.Version) {
		return
	}
	m.contribute(p, -1)
	defer m.contribute(p, +1)
	waiting := r >= 0 && m.open(r) && !m.rows.overdue[r]
	if r < 0 {
		r = m.grow(p, c, cycle)
	}
	was := m.rows.due[r]
	x := &m.rows
	x.n[r], x.set[r], x.state[r] = uint16(e.N), m.setIndex(e.Campaigns), stateOf(e.State)
	x.done[r], x.rating[r], x.version[r] = done(e), uint8(e.Rating), uint32(e.Version)
	x.assigned[r] = e.AssignedAt.UnixMilli()
	x.due[r], x.completed[r], x.unit[r] = millis(e.DueAt), millis(e.CompletedAt), 0
	if e.State == learning.Completed && e.UnitAtCompletion != "" {
		x.unit[r] = m.unitIndex(e.UnitAtCompletion)
	}
	due := x.due[r]
	x.overdue[r] = m.open(r) && due != 0 && due < m.now
	if m.open(r) && due >= m.now && due != 0 && !(waiting && was == due) {
		m.dues.add(due, uint32(r))
	}
}

// done counts what a learner has finished, for the progress in tables.
func done(e learning.Enrolment) uint8 {
	n := 0
	for _, l := range e.Lessons {
		if l.DoneAt != nil {
			n++
		}
	}
	for _, q := range e.Quizzes {
		if q.Passed {
			n++
		}
	}
	return uint8(min(n, 255))
}

// grow adds an empty row at the head of a person's list.
func (m *model) grow(p uint32, c, cycle uint16) int32 {
	x := &m.rows
	r := int32(len(x.person))
	x.person, x.course, x.cycle = append(x.person, p), append(x.course, c), append(x.cycle, cycle)
	x.n, x.set, x.state = append(x.n, 0), append(x.set, 0), append(x.state, closed)
	x.done, x.rating, x.version = append(x.done, 0), append(x.rating, 0), append(x.version, 0)
	x.assigned = append(x.assigned, 0)
	x.due, x.completed, x.unit = append(x.due, 0), append(x.completed, 0), append(x.unit, 0)
	x.overdue, x.next = append(x.overdue, false), append(x.next, m.people[p].first)
	m.people[p].first = r
	return r
}

// putPerson takes a person as they are now.
func (m *model) putPerson(p people.Person) {
	i := m.personIndex(p.ID)
	old := &m.people[i]
	if old.known && old.version >= p.Version {
		return
	}
	m.contribute(i, -1)
	if !old.known || old.name != p.Name {
		old.name, old.key = p.Name, people.NameKey(p.Name)
		m.sorted = false
	}
	old.unit, old.active, old.leftOn, old.known, old.version = m.unitIndex(p.Unit), !p.Status.Ended(), p.LeftOn, true, p.Version
	m.contribute(i, +1)
}

// putUnit takes a unit as it is now. Sums are kept for each unit alone, so a unit
// that moves in the tree changes none of them.
func (m *model) putUnit(u people.Unit) {
	i := m.unitIndex(u.ID)
	m.units[i], m.unitKnown[i] = u, true
}

// advance lets the time pass up to now: open rows whose due time is over become overdue.
func (m *model) advance(now int64) {
	if now > m.now {
		m.now = now
	}
	for m.dues.passed(m.now) {
		due, rows := m.dues.pop()
		for _, r := range rows {
			if r := int32(r); m.open(r) && m.rows.due[r] == due && !m.rows.overdue[r] {
				p := m.rows.person[r]
				m.contribute(p, -1)
				m.rows.overdue[r] = true
				m.contribute(p, +1)
			}
		}
	}
}

// place is the unit a row counts for: open duties are of the unit a person is in
// now, history stays with the unit of the completion (design: learning, 4).
func (m *model) place(r int32) uint16 {
	if m.rows.state[r] == completed && m.rows.unit[r] != 0 {
		return m.rows.unit[r]
	}
	return m.people[m.rows.person[r]].unit
}

// contribute adds a person with all their rows to the sums (sign +1), or takes them
// out (-1): around every change. Who has left counts nowhere.
func (m *model) contribute(p uint32, sign int) {
	who := &m.people[p]
	if !who.active {
		return
	}
	m.staff[who.unit] += sign
	type mine struct {
		campaign                     uint16
		total, done, onTime, touched int
		overdue                      bool
	}
	var list [8]mine
	duties := list[:0] // of each campaign of this person; few
	for r := who.first; r >= 0; r = m.rows.next[r] {
		if m.rows.state[r] == closed {
			continue
		}
		one := m.single(r)
		k := cellKey{m.place(r), m.rows.course[r], m.rows.set[r]}
		cell := m.cells[k]
		if cell == nil {
			cell = &counts{}
			m.cells[k] = cell
		}
		cell.add(one, sign)
		for _, c := range m.sets[m.rows.set[r]] {
			i := 0
			for i < len(duties) && duties[i].campaign != c {
				i++
			}
			if i == len(duties) {
				duties = append(duties, mine{campaign: c})
			}
			d := &duties[i]
			d.total++
			d.done += one.completed
			d.onTime += one.onTime
			d.touched += one.completed + one.started
			d.overdue = d.overdue || one.overdue > 0
		}
	}
	for _, d := range duties {
		k := campKey{who.unit, d.campaign}
		c := m.camps[k]
		if c == nil {
			c = &CampaignCounts{}
			m.camps[k] = c
		}
		c.add(CampaignCounts{
			People: 1, Completed: yes(d.done == d.total), OnTime: yes(d.onTime == d.total),
			Started: yes(d.touched > 0 && d.done < d.total), Overdue: yes(d.overdue),
		}, sign)
	}
}

// single is the sum of one row.
func (m *model) single(r int32) counts {
	x := &m.rows
	one := counts{
		assigned: 1, completed: yes(x.state[r] == completed), started: yes(x.state[r] == started), overdue: yes(x.overdue[r]),
		onTime: yes(x.state[r] == completed && (x.due[r] == 0 || x.completed[r] <= x.due[r])),
	}
	if stars := int(x.rating[r]); stars > 0 {
		one.rated, one.satisfied, one.stars = 1, yes(stars >= 4), stars
	}
	return one
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}
