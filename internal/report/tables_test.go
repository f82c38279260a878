package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

func TestMatrix(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	at := w.now
	s.Put(w.enrol("privacy", "p3", func(e *learning.Enrolment) {
		e.State, e.Lessons = learning.Started, map[string]learning.Progress{"a": {DoneAt: &at}, "b": {DoneAt: &at}, "c": {Card: 3}}
	}))
	got, err := s.Matrix(t.Context(), headOf("vu-a"), Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	d := due("2026-03-13")
	a1, a := UnitRef{"phong-a1", people.Text{Vi: "Đơn vị phong-a1", En: "Unit phong-a1"}, "vu-a"}, UnitRef{"vu-a", people.Text{Vi: "Đơn vị vu-a", En: "Unit vu-a"}, "bo"}
	want := Matrix{
		AsOf: w.now,
		Courses: []CourseRef{
			{"phishing", people.Text{Vi: "Khóa phishing", En: "Course phishing"}}, {"privacy", people.Text{Vi: "Khóa privacy", En: "Course privacy"}},
		},
		Items: []Row{
			{PersonRef{"p1", "Nguyễn Văn An"}, a1, []Cell{{"phishing", "completed", d, &at, 100, false}}},
			{PersonRef{"p3", "Trần Ngọc Ánh"}, a1, []Cell{{"phishing", "assigned", d, nil, 0, false}, {"privacy", "started", nil, nil, 50, false}}},
			{PersonRef{"p2", "Lê Thị Bình"}, a, []Cell{{"phishing", "assigned", d, nil, 0, false}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMatrixFilters(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("privacy", "p3", func(*learning.Enrolment) {}))
	for _, tt := range []struct {
		name    string
		filter  Filter
		courses string
		people  string
	}{
		{"all", Filter{}, "phishing privacy", "p1 p3 p2 p4 p5"},
		{"a course", Filter{Courses: []course.ID{"privacy"}}, "privacy", "p1 p3 p2 p4 p5"},
		{"a course nobody has", Filter{Courses: []course.ID{"none"}}, "", "p1 p3 p2 p4 p5"},
		{"a campaign", Filter{Campaign: "c1"}, "phishing", "p1 p3 p2 p4 p5"},
		{"another campaign", Filter{Campaign: "c9"}, "", ""},
		{"a unit", Filter{Unit: "vu-b"}, "phishing", "p4 p5"},
	} {
		m, err := s.Matrix(t.Context(), administrator(), tt.filter, "")
		var cs, ps []string
		for _, c := range m.Courses {
			cs = append(cs, string(c.ID))
		}
		for _, r := range m.Items {
			ps = append(ps, string(r.Person.ID))
		}
		if err != nil || strings.Join(cs, " ") != tt.courses || strings.Join(ps, " ") != tt.people {
			t.Errorf("%s: %v × %v, %v; want %s × %s", tt.name, ps, cs, err, tt.people, tt.courses)
		}
	}
}

func TestPages(t *testing.T) {
	w, s := newWorld(t)
	for i := range 130 {
		p := people.ID(fmt.Sprintf("x%03d", i))
		w.person(p, fmt.Sprintf("Phạm Văn Người %03d", i), "vu-b")
		w.enrol("phishing", p, func(e *learning.Enrolment) { e.DueAt = due("2026-03-0" + fmt.Sprint(1+i%9)) })
	}
	w.now = w.now.Add(time.Second)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen, pages, cursor := map[people.ID]int{}, 0, ""
	for {
		m, err := s.Matrix(t.Context(), headOf("vu-b"), Filter{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range m.Items {
			seen[r.Person.ID]++
		}
		if pages++; m.Next == "" {
			break
		}
		cursor = m.Next
	}
	if len(seen) != 132 || pages != 3 {
		t.Errorf("matrix: %d people on %d pages, want 132 on 3", len(seen), pages)
	}
	seen, pages, cursor = map[people.ID]int{}, 0, ""
	last := 99
	for {
		o, err := s.Overdue(t.Context(), headOf("vu-b"), Filter{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range o.Items {
			if seen[x.Person.ID]++; x.Days > last {
				t.Errorf("%s is %d days late after one of %d: want the longest first", x.Person.ID, x.Days, last)
			}
			last = x.Days
		}
		if pages++; o.Next == "" {
			break
		}
		cursor = o.Next
	}
	if len(seen) != 130 || pages != 3 {
		t.Errorf("overdue: %d people on %d pages, want 130 on 3", len(seen), pages)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("overdue: %s came %d times", id, n)
		}
	}
	for _, bad := range []string{"x", "AAAA", "$", "MTIz"} {
		_, err1 := s.Matrix(t.Context(), administrator(), Filter{}, bad)
		_, err2 := s.Overdue(t.Context(), administrator(), Filter{}, bad)
		if fault.KindOf(err1) != fault.Malformed || fault.KindOf(err2) != fault.Malformed {
			t.Errorf("cursor %q: %v, %v; want malformed", bad, err1, err2)
		}
	}
}

func TestOverdue(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	w.now = time.Date(2026, 3, 13, 17, 0, 0, 0, time.UTC) // Saturday has begun in Ha Noi
	got, err := s.Overdue(t.Context(), headOf("vu-a"), Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, x := range got.Items {
		lines = append(lines, fmt.Sprint(x.Person.Name, " ", x.Unit.ID, " ", x.Course.ID, " ", x.Days))
	}
	if want := []string{"Trần Ngọc Ánh phong-a1 phishing 1", "Lê Thị Bình vu-a phishing 1"}; !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

func TestExport(t *testing.T) {
	w, s := newWorld(t)
	w.person("p1", `=HYPERLINK("http://evil","x")`, "phong-a1")
	w.person("p4", "Đỗ, @Kim Chi", "vu-b")
	w.now = w.now.Add(time.Second)
	s.Put(w.enrol("phishing", "p2", w.complete))
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{
		"vi": "\ufeffHọ tên,Đơn vị,Khóa học,Trạng thái,Hạn,Hoàn thành,Tiến độ (%)\r\n" +
			"\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",Đơn vị phong-a1,Khóa phishing,Chưa bắt đầu,2026-03-13,,0\r\n" +
			"Trần Ngọc Ánh,Đơn vị phong-a1,Khóa phishing,Chưa bắt đầu,2026-03-13,,0\r\n" +
			"Lê Thị Bình,Đơn vị vu-a,Khóa phishing,Đã hoàn thành,2026-03-13,2026-03-10,100\r\n" +
			"\"Đỗ, '@Kim Chi\",Đơn vị vu-b,Khóa phishing,Chưa bắt đầu,2026-03-13,,0\r\n" +
			"Hoàng Dung,Đơn vị vu-b,Khóa phishing,Chưa bắt đầu,2026-03-13,,0\r\n",
		"en": "\ufeffName,Unit,Course,Status,Due,Completed,Progress (%)\r\n" +
			"\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",Unit phong-a1,Course phishing,Not started,2026-03-13,,0\r\n" +
			"Trần Ngọc Ánh,Unit phong-a1,Course phishing,Not started,2026-03-13,,0\r\n" +
			"Lê Thị Bình,Unit vu-a,Course phishing,Completed,2026-03-13,2026-03-10,100\r\n" +
			"\"Đỗ, '@Kim Chi\",Unit vu-b,Course phishing,Not started,2026-03-13,,0\r\n" +
			"Hoàng Dung,Unit vu-b,Course phishing,Not started,2026-03-13,,0\r\n",
	} {
		write, err := s.Export(t.Context(), administrator(), Filter{}, lang)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: got\n%s\nwant\n%s", lang, b.String(), want)
		}
	}
}

// failing refuses to be written to after n bytes.
type failing struct{ n int }

var errFull = errors.New("connection lost")

func (f *failing) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestExportInParts(t *testing.T) {
	w, s := newWorld(t)
	for i := range 900 {
		p := people.ID(fmt.Sprintf("x%04d", i))
		w.person(p, fmt.Sprintf("Người %04d", i), "vu-b")
		w.enrol("phishing", p, func(*learning.Enrolment) {})
	}
	w.now = w.now.Add(time.Second)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	write, err := s.Export(t.Context(), headOf("vu-b"), Filter{}, "vi")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), bom))).ReadAll()
	if err != nil || len(records) != 903 {
		t.Errorf("%d records, %v; want 903 with the header", len(records), err)
	}
	if strings.Contains(b.String(), "Nguyễn Văn An") {
		t.Error("a person of another unit is in the file")
	}
	if err := write(&failing{500}); !errors.Is(err, errFull) {
		t.Errorf("when the connection is lost: %v, want %v", err, errFull)
	}
}
