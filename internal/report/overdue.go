package report

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"hocso/internal/people"
)

// Late is one duty that is past its due time.
type Late struct {
	Person PersonRef `json:"person"`
	Unit   UnitRef   `json:"unit"`
	Course CourseRef `json:"course"`
	DueAt  time.Time `json:"dueAt"`
	Days   int       `json:"days"` // since the due day, at least 1
}

// Overdue is a page of what is late.
type Overdue struct {
	AsOf  time.Time `json:"asOf"`
	Items []Late    `json:"items"`
	Next  string    `json:"next,omitempty"`
}

// lateRow is a row with what it is sorted by.
type lateRow struct {
	due    int64
	person uint32
	course string
	row    int32
}

func (m *model) compareLate(a, b lateRow) int {
	return cmp.Or(cmp.Compare(a.due, b.due), m.before(a.person, b.person), strings.Compare(a.course, b.course))
}

// Overdue answers with a page of 50 duties, the longest overdue first.
func (s *Service) Overdue(ctx context.Context, a people.Actor, f Filter, cursor string) (Overdue, error) {
	title, err := s.titles(ctx)
	if err != nil {
		return Overdue{}, err
	}
	out := Overdue{Items: []Late{}}
	err = s.view(func(m *model) error {
		sel, err := m.selectBy(a, f)
		if err != nil {
			return err
		}
		var last lateRow
		if cursor != "" {
			if last, err = m.lateCursor(sel.scope, cursor); err != nil {
				return err
			}
		}
		var late []lateRow
		for r, yes := range m.rows.overdue {
			p := m.rows.person[r]
			if !yes || !m.people[p].active || !sel.scope.has(m.people[p].unit) || !m.wants(sel, m.rows.course[r], m.rows.set[r]) {
				continue
			}
			x := lateRow{m.rows.due[r], p, string(m.courses[m.rows.course[r]]), int32(r)}
			if cursor == "" || m.compareLate(x, last) > 0 {
				late = append(late, x)
			}
		}
		slices.SortFunc(late, m.compareLate)
		out.AsOf = s.asOf
		now := s.Now()
		for _, x := range late[:min(len(late), pagePeople)] {
			who, c := &m.people[x.person], m.courses[m.rows.course[x.row]]
			u := m.units[who.unit]
			due := time.UnixMilli(x.due).UTC()
			out.Items = append(out.Items, Late{
				PersonRef{who.id, who.name}, UnitRef{u.ID, u.Name, u.Parent}, CourseRef{c, title(c)}, due, daysLate(due, now, s.Zone),
			})
		}
		if len(late) > pagePeople {
			x := late[pagePeople-1]
			out.Next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s %s", x.due, m.people[x.person].id, x.course))
		}
		return nil
	})
	return out, err
}

// lateCursor reads a cursor, as after does.
func (m *model) lateCursor(c scope, cursor string) (x lateRow, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return x, badCursor()
	}
	var id people.ID
	if _, err := fmt.Sscanf(string(b), "%d %s %s", &x.due, &id, &x.course); err != nil {
		return x, badCursor()
	}
	p, ok := m.personAt[id]
	if !ok || !c.has(m.people[p].unit) {
		return x, badCursor()
	}
	x.person = p
	return x, nil
}

// daysLate counts days from the due day to today, both in zone.
func daysLate(due, now time.Time, zone *time.Location) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return max(1, int(day(now).Sub(day(due))/(24*time.Hour)))
}
