package report

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// summary is an overview in one line.
func summary(o Overview) string {
	return fmt.Sprintf("%d people, %d: %d done (%d on time), %d started, %d not, %d late", o.People, o.Enrolments, o.Completed, o.OnTime, o.Started, o.NotStarted, o.Overdue)
}

func TestOverview(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	s.Put(w.enrol("phishing", "p3", func(e *learning.Enrolment) { e.State = learning.Started }))
	s.Put(w.enrol("privacy", "p5", func(*learning.Enrolment) {})) // chosen, no due date
	for _, tt := range []struct {
		at, name string
		actor    people.Actor
		filter   Filter
		want     string
	}{
		{"03-10", "all", administrator(), Filter{}, "5 people, 6: 1 done (1 on time), 1 started, 4 not, 0 late"},
		{"03-10", "a campaign", administrator(), Filter{Campaign: "c1"}, "5 people, 5: 1 done (1 on time), 1 started, 3 not, 0 late"},
		{"03-10", "another campaign", administrator(), Filter{Campaign: "c9"}, "0 people, 0: 0 done (0 on time), 0 started, 0 not, 0 late"},
		{"03-10", "a course", administrator(), Filter{Courses: []course.ID{"privacy"}}, "5 people, 1: 0 done (0 on time), 0 started, 1 not, 0 late"},
		{"03-10", "a head", headOf("vu-a"), Filter{}, "3 people, 3: 1 done (1 on time), 1 started, 1 not, 0 late"},
		{"03-10", "a head of two", headOf("vu-b", "phong-a1"), Filter{}, "4 people, 5: 1 done (1 on time), 1 started, 3 not, 0 late"},
		{"03-10", "a head of one inside the other", headOf("vu-a", "phong-a1"), Filter{}, "3 people, 3: 1 done (1 on time), 1 started, 1 not, 0 late"},
		{"03-10", "a part of it", headOf("vu-a"), Filter{Unit: "phong-a1"}, "2 people, 2: 1 done (1 on time), 1 started, 0 not, 0 late"},
		{"03-14", "all, late", administrator(), Filter{}, "5 people, 6: 1 done (1 on time), 1 started, 4 not, 4 late"},
		{"03-14", "a head, late", headOf("vu-a"), Filter{}, "3 people, 3: 1 done (1 on time), 1 started, 1 not, 2 late"},
	} {
		at, err := time.Parse("2006-01-02", "2026-"+tt.at)
		if err != nil {
			t.Fatal(err)
		}
		w.now = at
		got, err := s.Overview(t.Context(), tt.actor, tt.filter)
		if err != nil || summary(got) != tt.want {
			t.Errorf("%s %s: %s, %v; want %s", tt.at, tt.name, summary(got), err, tt.want)
		}
	}
	o, err := s.Overview(t.Context(), administrator(), Filter{})
	want := []CourseCounts{
		{"phishing", people.Text{Vi: "Khóa phishing", En: "Course phishing"}, 5, 1, 4},
		{"privacy", people.Text{Vi: "Khóa privacy", En: "Course privacy"}, 1, 0, 0},
	}
	if err != nil || !reflect.DeepEqual(o.Courses, want) {
		t.Errorf("courses %+v, %v; want %+v", o.Courses, err, want)
	}
	noDifference(t, s)
}

// What lies outside the scope is as absent as what does not exist, in every answer.
func TestScope(t *testing.T) {
	_, s := newWorld(t)
	ctx := t.Context()
	for _, tt := range []struct {
		name  string
		actor people.Actor
		unit  people.UnitID
		ok    bool
	}{
		{"own", headOf("vu-a"), "vu-a", true},
		{"below", headOf("vu-a"), "phong-a1", true},
		{"sibling", headOf("vu-a"), "vu-b", false},
		{"parent", headOf("vu-a"), "bo", false},
		{"absent", headOf("vu-a"), "none", false},
		{"absent, from above", administrator(), "none", false},
		{"a learner", people.Actor{Grants: []people.Grant{{Role: people.Learner}}}, "vu-a", false},
		{"a trainer", people.Actor{Grants: []people.Grant{{Role: people.Trainer}}}, "vu-a", false},
	} {
		f := Filter{Unit: tt.unit}
		_, err1 := s.Overview(ctx, tt.actor, f)
		_, err2 := s.Units(ctx, tt.actor, f)
		_, err3 := s.Matrix(ctx, tt.actor, f, "")
		_, err4 := s.Overdue(ctx, tt.actor, f, "")
		_, err5 := s.Export(ctx, tt.actor, f, "vi")
		for i, err := range []error{err1, err2, err3, err4, err5} {
			if (err == nil) != tt.ok || err != nil && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s, answer %d: %v, want allowed %v or not found", tt.name, i+1, err, tt.ok)
			}
		}
	}
	if o, err := s.Overview(ctx, people.Actor{}, Filter{}); err != nil || o.People != 0 || o.Enrolments != 0 {
		t.Errorf("nobody without a unit: %+v, %v; want nothing", o, err)
	}
}

func TestUnits(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	line := func(u UnitCounts) string {
		head := "-"
		if u.Head != nil {
			head = u.Head.Name
			if u.Head.Above != nil {
				head += " of " + string(u.Head.Above.ID)
			}
		}
		return fmt.Sprintf("%s %s %d %d %d %d %d", u.Unit.ID, head, u.People, u.Assigned, u.Completed, u.Overdue, u.Target)
	}
	for _, tt := range []struct {
		name   string
		actor  people.Actor
		filter Filter
		want   string
	}{
		{"from the top", administrator(), Filter{}, "bo - 5 5 1 0 0; vu-a Lê Thị Bình 3 3 1 0 0; vu-b Đỗ Kim Chi 2 2 0 0 0"},
		{"one below", administrator(), Filter{Unit: "vu-a"}, "vu-a Lê Thị Bình 3 3 1 0 0; phong-a1 Lê Thị Bình of vu-a 2 2 1 0 0"},
		{"a leaf", administrator(), Filter{Unit: "vu-b"}, "vu-b Đỗ Kim Chi 2 2 0 0 0"},
		{"a head", headOf("vu-a"), Filter{}, "vu-a Lê Thị Bình 3 3 1 0 0; phong-a1 Lê Thị Bình of vu-a 2 2 1 0 0"},
		{"a head of two", headOf("vu-b", "phong-a1"), Filter{}, "phong-a1 Lê Thị Bình of vu-a 2 2 1 0 0; vu-b Đỗ Kim Chi 2 2 0 0 0"},
		{"a campaign", administrator(), Filter{Unit: "vu-b", Campaign: "c1"}, "vu-b Đỗ Kim Chi 2 2 0 0 90"},
	} {
		got, err := s.Units(t.Context(), tt.actor, tt.filter)
		var lines []string
		for _, u := range got.Items {
			lines = append(lines, line(u))
		}
		if text := strings.Join(lines, "; "); err != nil || text != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, text, err, tt.want)
		}
	}
}

// An open duty goes with the person, history stays where it was made, who leaves
// leaves the numbers.
func TestMovesAndLeavers(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	look := func(want string) {
		t.Helper()
		a, err := s.Overview(t.Context(), administrator(), Filter{Unit: "vu-a"})
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Overview(t.Context(), administrator(), Filter{Unit: "vu-b"})
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("a %d/%d of %d, b %d/%d of %d", a.Completed, a.Enrolments, a.People, b.Completed, b.Enrolments, b.People)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		noDifference(t, s)
	}
	refresh := func() {
		t.Helper()
		w.now = w.now.Add(time.Second)
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look("a 1/3 of 3, b 0/2 of 2")
	w.person("p1", "Nguyễn Văn An", "vu-b") // has completed
	w.person("p3", "Trần Ngọc Ánh", "vu-b") // has not
	refresh()
	look("a 1/2 of 1, b 0/3 of 4")
	gone := w.people["p5"]
	gone.Status, gone.ChangedAt, gone.Version = people.Closed, w.now, gone.Version+1
	w.people["p5"] = gone
	refresh()
	look("a 1/2 of 1, b 0/2 of 3")
	w.unit("vu-a", "vu-b", "bo", "vu-b") // the departments are merged
	w.unit("phong-a1", "vu-a", "bo", "vu-b", "vu-a")
	refresh()
	look("a 1/2 of 1, b 1/4 of 4")
}

func TestCampaignCounts(t *testing.T) {
	w, s := newWorld(t)
	s.Put(w.enrol("phishing", "p1", w.complete))
	s.Put(w.enrol("passwords", "p1", func(e *learning.Enrolment) { e.Campaigns, e.DueAt = []string{"c1"}, due("2026-03-20") }))
	s.Put(w.enrol("phishing", "p2", w.complete))
	s.Put(w.enrol("phishing", "p3", func(e *learning.Enrolment) { e.State = learning.Started }))
	w.now = w.now.AddDate(0, 0, 5)
	s.Put(w.enrol("phishing", "p4", w.complete)) // late
	got, err := s.CountCampaign("c1")
	// p1 has done one of two, p2 all in time, p4 all but late; p3 and p5 are late.
	if want := (CampaignCounts{People: 5, Completed: 2, OnTime: 1, Overdue: 2, Started: 2}); err != nil || got != want {
		t.Errorf("c1: %+v, %v; want %+v", got, err, want)
	}
	if got, err := s.CountCampaign("c9"); err != nil || got != (CampaignCounts{}) {
		t.Errorf("c9: %+v, %v; want nothing", got, err)
	}
	for want, units := range map[int][]people.UnitID{5: nil, 3: {"vu-a"}, 2: {"phong-a1"}, 4: {"phong-a1", "vu-b"}, 0: {"none"}} {
		if got, err := s.CountAudience(units); err != nil || got != want {
			t.Errorf("people of %v: %d, %v; want %d", units, got, err, want)
		}
	}
	noDifference(t, s)
}

func TestSatisfactionNeedsFive(t *testing.T) {
	w, s := newWorld(t)
	for i, p := range []people.ID{"p1", "p2", "p3", "p4", "p5"} {
		s.Put(w.enrol("phishing", p, func(e *learning.Enrolment) { w.complete(e); e.Rating = 1 + i }))
		o, err := s.Overview(t.Context(), administrator(), Filter{})
		if err != nil || (o.Satisfaction != nil) != (i == 4) {
			t.Errorf("with %d ratings: %+v, %v; want it only with five", i+1, o.Satisfaction, err)
		}
	}
	o, err := s.Overview(t.Context(), administrator(), Filter{})
	if want := (Satisfaction{5, 2, 3}); err != nil || *o.Satisfaction != want {
		t.Errorf("satisfaction %+v, %v; want %+v", o.Satisfaction, err, want)
	}
	if o, err := s.Overview(t.Context(), headOf("vu-a"), Filter{}); err != nil || o.Satisfaction != nil {
		t.Errorf("three ratings of a unit: %+v, %v; want null", o.Satisfaction, err)
	}
}

// An older state that arrives late, by a scan, changes nothing.
func TestOldStateIsIgnored(t *testing.T) {
	w, s := newWorld(t)
	old := w.enrolments["phishing:p1:1"]
	s.Put(w.enrol("phishing", "p1", w.complete))
	s.Put(old)
	if o, err := s.Overview(t.Context(), administrator(), Filter{}); err != nil || o.Completed != 1 {
		t.Errorf("%d completed, %v; want 1", o.Completed, err)
	}
}

// Changes of another replica are seen with the next refresh, also one that arrived
// long after its time was taken.
func TestRefresh(t *testing.T) {
	w, s := newWorld(t)
	late := w.enrol("phishing", "p2", w.complete)
	delete(w.enrolments, late.ID) // under way
	for i := range 40 {
		w.now = w.now.Add(time.Second)
		if i == 0 {
			w.enrol("phishing", "p1", w.complete)
		}
		if i == 20 {
			w.enrolments[late.ID] = late
		}
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		o, err := s.Overview(t.Context(), administrator(), Filter{})
		if err != nil || !o.AsOf.Equal(w.now) || i < 20 && o.Completed != 1 {
			t.Errorf("after %d s: %d completed as of %v, %v; want 1 as of %v", i, o.Completed, o.AsOf, err, w.now)
		}
	}
	if o, err := s.Overview(t.Context(), administrator(), Filter{}); err != nil || o.Completed != 2 {
		t.Errorf("after 40 s: %d completed, %v; want 2", o.Completed, err)
	}
}

func TestNotReady(t *testing.T) {
	s := &Service{Now: time.Now, Courses: &truth{}}
	if _, err := s.Overview(t.Context(), administrator(), Filter{}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("before Build: %v, want unavailable", err)
	}
}

func TestCheckFindsDifferences(t *testing.T) {
	w, s := newWorld(t)
	noDifference(t, s)
	e := w.enrolments["phishing:p1:1"]
	w.complete(&e) // behind everybody's back: neither version nor time
	w.enrolments[e.ID] = e
	diff, err := s.Check(t.Context())
	if err != nil || len(diff) != 3 {
		t.Errorf("differences %q, %v; want the row and its two sums", diff, err)
	}
}
