package report

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// truth is what the stores hold.
type truth struct {
	mu         sync.Mutex
	units      map[people.UnitID]people.Unit
	people     map[people.ID]people.Person
	enrolments map[learning.EnrolmentID]learning.Enrolment
	campaigns  map[campaign.ID]campaign.Campaign
	now        time.Time
	scans      int
}

func (t *truth) EachEnrolment(_ context.Context, since time.Time, f func(learning.Enrolment) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.scans++
	for _, e := range t.enrolments {
		if !e.ChangedAt.Before(since) {
			if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *truth) EachPerson(_ context.Context, since time.Time, f func(people.Person) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.people {
		if !p.ChangedAt.Before(since) {
			if err := f(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *truth) Units(context.Context) ([]people.Unit, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(maps.Values(t.units), func(a, b people.Unit) int { return cmp.Compare(a.ID, b.ID) }), nil
}

func (t *truth) Campaign(_ context.Context, id campaign.ID) (campaign.Campaign, error) {
	c, ok := t.campaigns[id]
	if !ok {
		return c, fault.New(fault.NotFound, "campaign_not_found", "no such campaign")
	}
	return c, nil
}

// List and Version know every course: three lessons and a quiz.
func (t *truth) List(ctx context.Context) (out []*course.Published, err error) {
	for _, id := range []course.ID{"passwords", "phishing", "privacy"} {
		p, err := t.Version(ctx, id, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (*truth) Version(_ context.Context, id course.ID, n int) (*course.Published, error) {
	return &course.Published{
		Version: course.Version{Course: id, N: n},
		Summary: course.Summary{
			ID: id, N: n, Title: people.Text{Vi: "Khóa " + string(id), En: "Course " + string(id)},
			Lessons: make([]course.LessonSummary, 3), Quizzes: make([]course.QuizView, 1),
		},
	}, nil
}

func (t *truth) unit(id, parent people.UnitID, path ...people.UnitID) {
	t.units[id] = people.Unit{ID: id, Name: people.Text{Vi: "Đơn vị " + string(id), En: "Unit " + string(id)}, Parent: parent, Path: path, ChangedAt: t.now, Version: 1}
}

func (t *truth) person(id people.ID, name string, unit people.UnitID) {
	old := t.people[id]
	t.people[id] = people.Person{ID: id, Name: name, Unit: unit, Status: people.Active, ChangedAt: t.now, Version: old.Version + 1}
}

// enrol stores an enrolment changed by f, and returns it.
func (t *truth) enrol(c course.ID, p people.ID, f func(*learning.Enrolment)) learning.Enrolment {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := learning.NewEnrolmentID(c, p, 1)
	e, ok := t.enrolments[id]
	if !ok {
		e = learning.Enrolment{ID: id, Person: p, Course: c, Cycle: 1, N: 1, State: learning.Assigned, UnitAtAssignment: t.people[p].Unit, AssignedAt: t.now}
	}
	e.Version++
	e.ChangedAt = t.now
	f(&e)
	t.enrolments[id] = e
	return e
}

func (t *truth) complete(e *learning.Enrolment) {
	at := t.now
	e.State, e.CompletedAt, e.UnitAtCompletion = learning.Completed, &at, t.people[e.Person].Unit
}

func due(s string) *time.Time {
	d, err := time.Parse(time.RFC3339, s+"T16:59:59.999Z")
	if err != nil {
		panic(err)
	}
	return &d
}

// newWorld is a ministry with two departments, one of them with an office:
//
//	bo ── vu-a ── phong-a1   an, bình (head), ánh
//	   └─ vu-b               chi (head), dung
//
// on 10 March 2026. Campaign c1 has phishing, due on the 13th, for everybody.
func newWorld(t testing.TB) (*truth, *Service) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	w := &truth{
		units: map[people.UnitID]people.Unit{}, people: map[people.ID]people.Person{},
		enrolments: map[learning.EnrolmentID]learning.Enrolment{},
		campaigns:  map[campaign.ID]campaign.Campaign{"c1": {ID: "c1", Plan: campaign.Plan{Targets: campaign.Targets{Completion: 90}}}},
		now:        time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC),
	}
	w.unit("bo", "")
	w.unit("vu-a", "bo", "bo")
	w.unit("phong-a1", "vu-a", "bo", "vu-a")
	w.unit("vu-b", "bo", "bo")
	w.person("p1", "Nguyễn Văn An", "phong-a1")
	w.person("p2", "Lê Thị Bình", "vu-a")
	w.person("p3", "Trần Ngọc Ánh", "phong-a1")
	w.person("p4", "Đỗ Kim Chi", "vu-b")
	w.person("p5", "Hoàng Dung", "vu-b")
	for unit, head := range map[people.UnitID]people.ID{"vu-a": "p2", "vu-b": "p4"} {
		u := w.units[unit]
		u.Heads = []people.Headship{{Person: head, From: "2020-01-01"}}
		w.units[unit] = u
	}
	for p := range w.people {
		w.enrol("phishing", p, func(e *learning.Enrolment) { e.Campaigns, e.DueAt = []string{"c1"}, due("2026-03-13") })
	}
	s := &Service{Enrolments: w, People: w, Courses: w, Campaigns: w, Zone: zone, Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)}
	if err := s.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, s
}

func administrator() people.Actor {
	return people.Actor{ID: "boss", Grants: []people.Grant{{Role: people.Administrator}}}
}

func headOf(units ...people.UnitID) people.Actor {
	a := people.Actor{ID: "head", Grants: []people.Grant{{Role: people.Learner}}}
	for _, u := range units {
		a.Grants = append(a.Grants, people.Grant{Role: people.Head, Unit: u})
	}
	return a
}

// noDifference holds the model to the enrolments.
func noDifference(t testing.TB, s *Service) {
	t.Helper()
	diff, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range diff {
		if i < 10 {
			t.Error(d)
		}
	}
	if len(diff) > 0 {
		t.Fatal(fmt.Sprint(len(diff), " differences"))
	}
}
