package report

import (
	"context"
	"encoding/base64"
	"slices"
	"sort"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

const (
	pagePeople  = 50
	mostCourses = 40
)

// CourseRef names a course.
type CourseRef struct {
	ID    course.ID   `json:"id"`
	Title people.Text `json:"title"`
}

// Cell is one person's duty in one course.
type Cell struct {
	Course      course.ID  `json:"course"`
	Status      string     `json:"status"` // assigned, started, completed, overdue
	DueAt       *time.Time `json:"dueAt,omitempty"`
	CompletedAt *time.Time `json:"completedAt,omitempty"`
	Progress    int        `json:"progress"`            // per cent
	Elsewhere   bool       `json:"elsewhere,omitempty"` // completed in another unit than the one they are in now: it counts there
}

// Row is one person of the matrix.
type Row struct {
	Person PersonRef `json:"person"`
	Unit   UnitRef   `json:"unit"`
	Cells  []Cell    `json:"cells"`
}

// Matrix is a page of people × courses. It has no drills: what a person did in a
// drill is shown to nobody else (design: trust, 4).
type Matrix struct {
	AsOf    time.Time   `json:"asOf"`
	Courses []CourseRef `json:"courses"`
	Items   []Row       `json:"items"`
	Next    string      `json:"next,omitempty"`
}

// Matrix answers with a page of 50 people of f's unit and below, by given name, and
// at most 40 courses: those asked for, or those that anybody there has. With a
// campaign only its people are there. fault.Malformed cursor_invalid for a cursor
// that is none of ours.
func (s *Service) Matrix(ctx context.Context, a people.Actor, f Filter, cursor string) (Matrix, error) {
	title, err := s.titles(ctx)
	if err != nil {
		return Matrix{}, err
	}
	out := Matrix{Courses: []CourseRef{}, Items: []Row{}}
	var versions []versionKey // of each cell, for its progress
	err = s.view(func(m *model) error {
		sel, err := m.selectBy(a, f)
		if err != nil {
			return err
		}
		from, err := m.after(sel.scope, cursor)
		if err != nil {
			return err
		}
		out.AsOf = s.asOf
		columns := m.columns(sel)
		for _, c := range columns {
			out.Courses = append(out.Courses, CourseRef{m.courses[c], title(m.courses[c])})
		}
		for _, p := range m.order[from:] {
			if !m.listed(sel, p) {
				continue
			}
			if len(out.Items) == pagePeople {
				out.Next = cursorOf(out.Items[pagePeople-1].Person.ID)
				return nil
			}
			row, keys := m.line(sel, p, columns)
			out.Items = append(out.Items, row)
			versions = append(versions, keys...)
		}
		return nil
	})
	if err != nil {
		return Matrix{}, err
	}
	return out, s.addProgress(ctx, out.Items, versions)
}

// addProgress turns the numbers of finished things into per cent. versions are those
// of the cells in the order of rows.
func (s *Service) addProgress(ctx context.Context, rows []Row, versions []versionKey) error {
	keys := map[versionKey]bool{}
	for _, k := range versions {
		keys[k] = true
	}
	total, err := s.totals(ctx, keys)
	if err != nil {
		return err
	}
	i := 0
	for _, r := range rows {
		for j := range r.Cells {
			r.Cells[j].Progress = percent(r.Cells[j], total[versions[i]])
			i++
		}
	}
	return nil
}

// percent never exceeds 100, and is 100 only when the enrolment is completed.
func percent(c Cell, total int) int {
	switch {
	case c.Status == "completed":
		return 100
	case total == 0:
		return 0
	}
	return min(c.Progress*100/total, 99)
}

// listed reports whether a person has a line in the tables of a selection.
func (m *model) listed(sel selection, p uint32) bool {
	who := &m.people[p]
	if !who.active || !sel.scope.has(who.unit) {
		return false
	}
	if sel.campaign == -1 {
		return true
	}
	for r := who.first; r >= 0; r = m.rows.next[r] {
		if m.rows.state[r] != closed && m.wants(sel, m.rows.course[r], m.rows.set[r]) {
			return true
		}
	}
	return false
}

// columns are the courses of a table, in order of id.
func (m *model) columns(sel selection) []uint16 {
	there := make([]bool, len(m.courses))
	for k, c := range m.cells {
		if c.assigned > 0 && sel.scope.has(k.unit) && m.wants(sel, k.course, k.set) {
			there[k.course] = true
		}
	}
	var out []uint16
	for i := range m.courses {
		if there[i] || sel.courses != nil && sel.courses[i] {
			out = append(out, uint16(i))
		}
	}
	slices.SortFunc(out, func(a, b uint16) int {
		if m.courses[a] < m.courses[b] {
			return -1
		}
		return 1
	})
	return out[:min(len(out), mostCourses)]
}

// line is one person's row. Progress holds the number of things done until
// addProgress makes it per cent.
func (m *model) line(sel selection, p uint32, columns []uint16) (Row, []versionKey) {
	who := &m.people[p]
	u := m.units[who.unit]
	row := Row{Person: PersonRef{who.id, who.name}, Unit: UnitRef{u.ID, u.Name, u.Parent}, Cells: []Cell{}}
	var keys []versionKey
	for _, c := range columns {
		if r := m.newest(sel, p, c); r >= 0 {
			row.Cells = append(row.Cells, m.cell(r))
			keys = append(keys, versionKey{m.courses[c], int(m.rows.n[r])})
		}
	}
	return row, keys
}

// newest is the row of the latest cycle of a person in a course, -1 if there is none.
func (m *model) newest(sel selection, p uint32, c uint16) int32 {
	best := int32(-1)
	for r := m.people[p].first; r >= 0; r = m.rows.next[r] {
		if m.rows.course[r] == c && m.rows.state[r] != closed && m.wants(sel, c, m.rows.set[r]) &&
			(best < 0 || m.rows.cycle[r] > m.rows.cycle[best]) {
			best = r
		}
	}
	return best
}

func (m *model) cell(r int32) Cell {
	return Cell{
		Course: m.courses[m.rows.course[r]], Status: m.status(r), DueAt: when(m.rows.due[r]),
		CompletedAt: when(m.rows.completed[r]), Progress: int(m.rows.done[r]),
		Elsewhere: m.place(r) != m.people[m.rows.person[r]].unit,
	}
}

func (m *model) status(r int32) string {
	switch {
	case m.rows.overdue[r]:
		return "overdue"
	case m.rows.state[r] == started:
		return "started"
	case m.rows.state[r] == completed:
		return "completed"
	}
	return "assigned"
}

func when(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

// cursorOf names the last person of a page. It holds the id, not the name: addresses
// are logged.
func cursorOf(id people.ID) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// after returns where in order the page behind a cursor begins. A cursor that names
// somebody outside of c is none of ours: it would tell where their name stands.
func (m *model) after(c scope, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := base64.RawURLEncoding.DecodeString(cursor)
	p, ok := m.personAt[people.ID(id)]
	if err != nil || !ok || !c.has(m.people[p].unit) {
		return 0, badCursor()
	}
	return m.behind(p), nil
}

// behind returns where in order the people after p begin.
func (m *model) behind(p uint32) int {
	return sort.Search(len(m.order), func(i int) bool { return m.before(m.order[i], p) > 0 })
}

func badCursor() error {
	return fault.New(fault.Malformed, "cursor_invalid", "this is not a cursor that was handed out")
}
