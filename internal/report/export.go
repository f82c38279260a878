package report

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// bom tells Excel that the file is UTF-8.
const bom = "\ufeff"

// exported is how many people one lock covers while a file is written.
const exported = 200

// Export prepares a table of every duty that f selects, one line each, by given
// name, as CSV (RFC 4180, UTF-8 with a byte order mark) in language lang, "vi" or
// "en". The returned function writes it, a part at a time, so that a large
// organisation needs little memory. It needs no context: everything is in memory.
func (s *Service) Export(ctx context.Context, a people.Actor, f Filter, lang string) (func(w io.Writer) error, error) {
	title, err := s.titles(ctx)
	if err != nil {
		return nil, err
	}
	keys := map[versionKey]bool{}
	err = s.view(func(m *model) error {
		if _, err := m.selectBy(a, f); err != nil {
			return err
		}
		for r, c := range m.rows.course {
			keys[versionKey{m.courses[c], int(m.rows.n[r])}] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	totals, err := s.totals(ctx, keys)
	if err != nil {
		return nil, err
	}
	words := wordsIn(lang)
	return func(w io.Writer) error {
		if _, err := io.WriteString(w, bom+people.CSVLine(words.header)); err != nil {
			return err
		}
		var last people.ID // of the part before; nobody is ever taken out of the model
		for {
			var text strings.Builder
			var next people.ID
			err := s.view(func(m *model) error {
				sel, err := m.selectBy(a, f)
				if err != nil {
					return err
				}
				from := 0
				if last != "" {
					from = m.behind(m.personAt[last])
				}
				to := min(from+exported, len(m.order))
				for _, p := range m.order[from:to] {
					m.exportPerson(&text, sel, p, words, title, totals, s.Zone)
				}
				if to < len(m.order) {
					next = m.people[m.order[to-1]].id
				}
				return nil
			})
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, text.String()); err != nil || next == "" {
				return err
			}
			last = next
		}
	}, nil
}

// exportPerson writes the lines of one person.
func (m *model) exportPerson(w *strings.Builder, sel selection, p uint32, words exportWords, title func(course.ID) people.Text, totals map[versionKey]int, zone *time.Location) {
	who := &m.people[p]
	if !who.active || !sel.scope.has(who.unit) {
		return
	}
	unit := m.units[who.unit].Name.In(words.lang)
	for _, c := range m.coursesOf(p) {
		r := m.newest(sel, p, c)
		if r < 0 {
			continue
		}
		x := m.cell(r)
		status := x.Status
		if x.Elsewhere {
			status = "elsewhere"
		}
		w.WriteString(people.CSVLine([]string{
			who.name, unit, title(x.Course).In(words.lang), words.status[status], day(x.DueAt, zone), day(x.CompletedAt, zone),
			strconv.Itoa(percent(x, totals[versionKey{x.Course, int(m.rows.n[r])}])),
		}))
	}
}

// coursesOf returns the courses a person is or was enrolled in, each once.
func (m *model) coursesOf(p uint32) (out []uint16) {
	for r := m.people[p].first; r >= 0; r = m.rows.next[r] {
		i := 0
		for i < len(out) && out[i] != m.rows.course[r] {
			i++
		}
		if i == len(out) {
			out = append(out, m.rows.course[r])
		}
	}
	return out
}

func day(t *time.Time, zone *time.Location) string {
	if t == nil {
		return ""
	}
	return t.In(zone).Format(time.DateOnly)
}

// exportWords are the texts of a file in one language.
type exportWords struct {
	lang   string
	header []string
	status map[string]string
}

func wordsIn(lang string) exportWords {
	if lang == "en" {
		return exportWords{
			lang: "en", header: []string{"Name", "Unit", "Course", "Status", "Due", "Completed", "Progress (%)"},
			status: map[string]string{"assigned": "Not started", "started": "In progress", "completed": "Completed", "elsewhere": "Completed in another unit", "overdue": "Overdue"},
		}
	}
	return exportWords{
		lang: "vi", header: []string{"Họ tên", "Đơn vị", "Khóa học", "Trạng thái", "Hạn", "Hoàn thành", "Tiến độ (%)"},
		status: map[string]string{"assigned": "Chưa bắt đầu", "started": "Đang học", "completed": "Đã hoàn thành", "elsewhere": "Đã hoàn thành ở đơn vị khác", "overdue": "Quá hạn"},
	}
}
