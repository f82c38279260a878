package learning

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

func somePeople(n int) []people.Person {
	var ps []people.Person
	for i := range n {
		ps = append(ps, people.Person{ID: people.ID(fmt.Sprintf("p%d", i)), Unit: "unit"})
	}
	return ps
}

func TestAssign(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	ps := somePeople(page + 7) // two pages
	march, april := time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	es, err := w.Assign(ctx, basics, ps, Duty{Campaign: "spring", DueAt: &april})
	if err != nil || len(es) != len(ps) || len(w.told) != len(ps) {
		t.Fatalf("%d enrolments, told of %d, %v; want %d", len(es), len(w.told), err, len(ps))
	}
	for i, e := range es {
		if e.Person != ps[i].ID || e.UnitAtAssignment != "unit" || e.Reason != ByCampaign || e.Cycle != 1 || e.N != 1 || e.State != Assigned || !e.DueAt.Equal(april) {
			t.Fatalf("enrolment %d: %+v", i, e)
		}
	}
	writes := w.store.writes
	if _, err := w.Assign(ctx, basics, ps, Duty{Campaign: "spring", DueAt: &april}); err != nil || w.store.writes != writes {
		t.Errorf("again: %d writes, %v", w.store.writes-writes, err)
	}
	es, err = w.Assign(ctx, basics, ps[:1], Duty{Campaign: "audit", DueAt: &march})
	if err != nil || fmt.Sprint(es[0].Campaigns) != "[spring audit]" || !es[0].DueAt.Equal(march) {
		t.Errorf("a second campaign with an earlier date: %+v, %v", es[0], err)
	}
	es, err = w.Assign(ctx, basics, ps[:1], Duty{Campaign: "late", DueAt: &april})
	if err != nil || len(es[0].Campaigns) != 3 || !es[0].DueAt.Equal(march) {
		t.Errorf("a third campaign with a later date: %+v, %v", es[0], err)
	}
	if _, err := w.Assign(ctx, "none", ps, Duty{Campaign: "spring"}); code(err) != "course_not_found" {
		t.Errorf("unknown course: %v", err)
	}
	if es, err := w.Assign(ctx, basics, nil, Duty{Campaign: "spring"}); err != nil || len(es) != 0 {
		t.Errorf("nobody: %v, %v", es, err)
	}
}

func TestAssignMeetsOtherEnrolments(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	due := time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	e := w.enrol(t, ann)
	as, err := w.Assign(ctx, basics, []people.Person{{ID: "ann", Unit: "u"}}, Duty{Campaign: "spring", DueAt: &due})
	if err != nil || as[0].ID != e || as[0].Reason != ByChoice || !as[0].DueAt.Equal(due) {
		t.Errorf("self-enrolled: %+v, %v", as[0], err)
	}
	sub := w.submission(w.start(t, ann, e), 4)
	w.send(t, ann, attemptOp(t, 1, id(20), sub), lessonDoneOp(2, e, "one"), lessonDoneOp(3, e, "two"))
	earlier := due.Add(-time.Hour)
	as, err = w.Assign(ctx, basics, []people.Person{{ID: "ann", Unit: "u"}}, Duty{Campaign: "summer", DueAt: &earlier})
	if err != nil || as[0].ID != e || as[0].State != Completed || !as[0].DueAt.Equal(due) || len(as[0].Campaigns) != 2 {
		t.Errorf("completed: %+v, %v; it counts, and its date stays", as[0], err)
	}
	if _, created, err := w.Enrol(ctx, ann, basics); created || err != nil {
		t.Errorf("enrol again: created %v, %v", created, err)
	}
	closeOne(t, w)
	as, err = w.Assign(ctx, basics, somePeople(1), Duty{Campaign: "spring", DueAt: &due})
	if err != nil || as[0].Cycle != 2 || as[0].State != Assigned || as[0].ID != "basics:p0:2" {
		t.Errorf("after closing: %+v, %v; want cycle 2", as[0], err)
	}
}

// Two campaigns or two copies of the program create one enrolment.
func TestAssignRace(t *testing.T) {
	w := newWorld(t, 0)
	ps := somePeople(20)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := w.Assign(context.Background(), basics, ps, Duty{Campaign: fmt.Sprint("c", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for id, e := range w.store.enrolments {
		if len(e.Campaigns) != 8 {
			t.Errorf("%s has the campaigns %v", id, e.Campaigns)
		}
	}
	if len(w.store.enrolments) != 20 {
		t.Errorf("%d enrolments, want 20", len(w.store.enrolments))
	}
}

func TestCloseCampaign(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	own := w.enrol(t, ann)
	if _, err := w.Assign(ctx, basics, []people.Person{{ID: "ann"}, {ID: "bob"}, {ID: "eve"}}, Duty{Campaign: "spring"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assign(ctx, basics, []people.Person{{ID: "eve"}}, Duty{Campaign: "other"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.CloseCampaign(ctx, "spring"); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[EnrolmentID]string{own: "assigned []", "basics:bob:1": "closed [spring]", "basics:eve:1": "assigned [other]"} {
		if e := w.store.enrolments[id]; fmt.Sprint(e.State, " ", e.Campaigns) != want {
			t.Errorf("%s: %s %v, want %s", id, e.State, e.Campaigns, want)
		}
	}
	w.send(t, bob, lessonDoneOp(1, "basics:bob:1", "one"))
	if e := w.store.enrolments["basics:bob:1"]; e.State != Closed || e.Lessons["one"].DoneAt == nil {
		t.Errorf("work on a closed enrolment: %+v", e)
	}
}

func TestSettle(t *testing.T) {
	for _, tt := range []struct {
		name    string
		classes []course.Class // of the versions after the first
		started bool
		want    int
	}{
		{"not started goes to the newest", []course.Class{course.Minor, course.Material}, false, 3},
		{"started follows editorial", []course.Class{course.Editorial, course.Editorial}, true, 3},
		{"started stays at minor", []course.Class{course.Minor}, true, 1},
		{"started stops before material", []course.Class{course.Editorial, course.Material, course.Editorial}, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := context.Background()
			w := newWorld(t, 0)
			e := w.enrol(t, ann)
			if tt.started {
				w.send(t, ann, lessonDoneOp(1, e, "one"))
			}
			ticket := w.start(t, ann, e)
			for i, class := range tt.classes {
				c := testContent(0)
				c.Title.En = fmt.Sprint("Course ", i)
				w.courses.publish(class, c)
			}
			w.clock.add(time.Minute)
			for range 2 {
				if err := w.Settle(ctx, basics); err != nil {
					t.Fatal(err)
				}
			}
			got := w.store.enrolments[e]
			if got.N != tt.want {
				t.Errorf("on version %d, want %d", got.N, tt.want)
			}
			res, err := w.Submit(ctx, ann, id(1), w.submission(ticket, 4))
			if err != nil || !res.Counted || res.Score != 1 {
				t.Errorf("the ticket from before: %+v, %v", res, err)
			}
		})
	}
}

func TestSettlePages(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	if _, err := w.Assign(ctx, basics, somePeople(page+3), Duty{Campaign: "spring"}); err != nil {
		t.Fatal(err)
	}
	w.courses.publish(course.Material, testContent(1))
	w.clock.add(time.Minute)
	if err := w.Settle(ctx, basics); err != nil {
		t.Fatal(err)
	}
	for id, e := range w.store.enrolments {
		if e.N != 2 {
			t.Fatalf("%s is on version %d", id, e.N)
		}
	}
}

func TestStatus(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	past, future := now.Add(-time.Millisecond), now.Add(time.Millisecond)
	for _, tt := range []struct {
		e    Enrolment
		want Status
	}{
		{Enrolment{State: Assigned}, Status(Assigned)},
		{Enrolment{State: Assigned, DueAt: &future}, Status(Assigned)},
		{Enrolment{State: Started, DueAt: &past}, Overdue},
		{Enrolment{State: Completed, DueAt: &past}, Status(Completed)},
		{Enrolment{State: Closed, DueAt: &past}, Status(Closed)},
		{Enrolment{State: Assigned, DueAt: &now}, Status(Assigned)},
	} {
		if got := tt.e.Status(now); got != tt.want {
			t.Errorf("Status of %s due %v = %s, want %s", tt.e.State, tt.e.DueAt, got, tt.want)
		}
	}
}
