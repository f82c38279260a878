package mongodb_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

var noon = time.Date(2040, 3, 4, 5, 6, 7, 8e6, time.UTC)

// enrolment is one with every field set.
func enrolment(c course.ID, p people.ID, cycle int) learning.Enrolment {
	at := noon
	return learning.Enrolment{
		ID: learning.NewEnrolmentID(c, p, cycle), Person: p, Course: c, Cycle: cycle, N: 2, Campaigns: []string{"spring"}, Reason: learning.ByCampaign,
		UnitAtAssignment: "vu-a", UnitAtCompletion: "vu-b", AssignedAt: at, DueAt: &at, State: learning.Started, StartedAt: &at, CompletedAt: &at,
		Lessons: map[string]learning.Progress{"signs": {Card: 3, Seconds: 50, DoneAt: &at}},
		Quizzes: map[string]learning.QuizState{"check": {
			Tries: []learning.Try{{Attempt: "x", N: 1, Score: 0.1, Passed: true, Flags: []string{learning.Late}, At: at}}, Best: 0.1, Passed: true,
			Ticket: &learning.Ticket{N: 2, Course: 2, Seed: math.MaxInt64, IssuedAt: at, ExpiresAt: at},
		}},
		Rating: 5, ChangedAt: at, Version: 1,
	}
}

func TestEnrolments(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	want := enrolment("basics", "ann", 1)
	if _, err := s.Enrolment(ctx, want.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before it was stored: %v, want not found", err)
	}
	ids, err := s.InsertEnrolments(ctx, []learning.Enrolment{want})
	if err != nil || !slices.Equal(ids, []learning.EnrolmentID{want.ID}) {
		t.Fatalf("insert: %v, %v", ids, err)
	}
	if got, err := s.Enrolment(ctx, want.ID); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, %v; want %+v", got, err, want)
	}
	// Those that are there stay, in the middle of many too.
	changed := want
	changed.Rating = 1
	ids, err = s.InsertEnrolments(ctx, []learning.Enrolment{enrolment("basics", "bob", 1), changed, enrolment("basics", "eve", 1)})
	if err != nil || len(ids) != 2 || slices.Contains(ids, want.ID) {
		t.Errorf("insert with one that is there: %v, %v", ids, err)
	}
	if got, _ := s.Enrolment(ctx, want.ID); got.Rating != 5 {
		t.Errorf("it was replaced: %+v", got)
	}
	if ids, err := s.InsertEnrolments(ctx, nil); err != nil || len(ids) != 0 {
		t.Errorf("insert none: %v, %v", ids, err)
	}
	if err := s.ReplaceEnrolment(ctx, changed); err != nil {
		t.Errorf("replace: %v", err)
	}
	if err := s.ReplaceEnrolment(ctx, changed); fault.KindOf(err) != fault.Conflict {
		t.Errorf("replace with an old version: %v, want conflict", err)
	}
	if got, _ := s.Enrolment(ctx, want.ID); got.Rating != 1 || got.Version != 2 {
		t.Errorf("after replacing: %+v", got)
	}
}

func TestFindEnrolments(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	var all []learning.Enrolment
	for i := range 150 { // more than a query may scan without an index
		e := enrolment("basics", people.ID(fmt.Sprintf("p%03d", i)), 1)
		e.ChangedAt = noon.Add(time.Duration(i) * time.Minute)
		if i%2 == 1 {
			e.State = learning.Completed
		}
		if i >= 100 {
			e.Campaigns = []string{"summer", "spring"}
		}
		all = append(all, e)
	}
	older := enrolment("other", "p000", 1)
	older.AssignedAt, older.Campaigns = noon.Add(-time.Hour), []string{}
	if _, err := s.InsertEnrolments(ctx, append(all, older)); err != nil {
		t.Fatal(err)
	}
	if es, err := s.Enrolments(ctx, []learning.EnrolmentID{"basics:p001:1", "basics:none:1", "other:p000:1"}); err != nil || len(es) != 2 {
		t.Errorf("by ids: %d, %v", len(es), err)
	}
	if es, err := s.EnrolmentsOf(ctx, "p000"); err != nil || len(es) != 2 || es[0].Course != "basics" {
		t.Errorf("of a person, newest first: %+v, %v", es, err)
	}
	var seen []learning.EnrolmentID
	for after := learning.EnrolmentID(""); ; {
		es, err := s.EnrolmentsByCourse(ctx, "basics", after, 20)
		if err != nil {
			t.Fatal(err)
		}
		if len(es) == 0 {
			break
		}
		for _, e := range es {
			seen = append(seen, e.ID)
		}
		after = es[len(es)-1].ID
	}
	if len(seen) != 75 || !slices.IsSorted(seen) {
		t.Errorf("open ones by course, in pages: %d, sorted %v; want 75", len(seen), slices.IsSorted(seen))
	}
	if es, err := s.EnrolmentsByCampaign(ctx, "summer", "basics:p120:1", 200); err != nil || len(es) != 29 || es[0].ID != "basics:p121:1" {
		t.Errorf("by campaign: %d, %v; want 29", len(es), err)
	}
	n := 0
	if err := s.EachEnrolment(ctx, noon.Add(140*time.Minute), func(learning.Enrolment) error { n++; return nil }); err != nil || n != 10 {
		t.Errorf("changed since: %d, %v; want 10", n, err)
	}
	n = 0
	if err := s.EachEnrolment(ctx, time.Time{}, func(learning.Enrolment) error { n++; return nil }); err != nil || n != 151 {
		t.Errorf("all: %d, %v; want 151", n, err)
	}
}

func TestAttemptsAndRatings(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	want := learning.Attempt{
		ID: "a1", Person: "ann", Enrolment: "basics:ann:1", Course: "basics", CourseVersion: 2, Quiz: "check", N: 1, Seed: math.MaxInt64,
		Questions: []string{"q1", "q2"}, Answers: []course.Answer{{Question: "q1", Chosen: []string{"a", "b"}}, {Question: "q2", Chosen: []string{}}},
		Score: 0.25, Passed: true, Late: true, StartedAt: noon, FinishedAt: noon, ReceivedAt: noon, PayloadHash: "h",
	}
	if err := s.InsertAttempt(ctx, want); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertAttempt(ctx, want); fault.KindOf(err) != fault.Conflict {
		t.Errorf("insert again: %v, want conflict", err)
	}
	if got, err := s.Attempt(ctx, "a1"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, %v; want %+v", got, err, want)
	}
	if _, err := s.Attempt(ctx, "none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown attempt: %v", err)
	}
	later := want
	later.ID, later.ReceivedAt = "a2", noon.Add(time.Minute)
	if err := s.InsertAttempt(ctx, later); err != nil {
		t.Fatal(err)
	}
	if as, err := s.AttemptsOf(ctx, "ann"); err != nil || len(as) != 2 || as[0].ID != "a2" {
		t.Errorf("of a person: %+v, %v", as, err)
	}
	r := learning.Rating{ID: "basics:ann:1", Course: "basics", Stars: 4, Comment: "Hay", At: noon}
	for _, r.Stars = range []int{4, 5} {
		if err := s.PutRating(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if rs, err := s.Ratings(ctx, []learning.EnrolmentID{r.ID, "none"}); err != nil || !reflect.DeepEqual(rs, []learning.Rating{r}) {
		t.Errorf("ratings %+v, %v; want %+v", rs, err, r)
	}
	if rs, err := s.Ratings(ctx, nil); err != nil || len(rs) != 0 {
		t.Errorf("ratings of nothing: %+v, %v", rs, err)
	}
}

func TestOps(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	first := []learning.Op{{ID: "ann:1", Hash: "a", ExpiresAt: noon}, {ID: "ann:2", Hash: "b", ExpiresAt: noon}}
	if err := s.InsertOps(ctx, first); err != nil {
		t.Fatal(err)
	}
	if err := s.InsertOps(ctx, []learning.Op{{ID: "ann:2", Hash: "other", ExpiresAt: noon}, {ID: "ann:3", Hash: "c", ExpiresAt: noon}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Ops(ctx, []string{"ann:1", "ann:2", "ann:3", "ann:4"})
	want := map[string]learning.Op{"ann:1": first[0], "ann:2": first[1], "ann:3": {ID: "ann:3", Hash: "c", ExpiresAt: noon}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("ops %+v, %v; want %+v", got, err, want)
	}
}

// Every kind of write is raced by 16 callers: exactly one may win.
func TestLearningWritesAreAtomic(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	race := func(f func(i int) bool) int64 {
		var won atomic.Int64
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				if f(i) {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		return won.Load()
	}
	for round := range 5 {
		p := people.ID(fmt.Sprint("p", round))
		e := enrolment("basics", p, 1)
		if n := race(func(int) bool {
			ids, err := s.InsertEnrolments(ctx, []learning.Enrolment{e})
			if err != nil {
				t.Error(err)
			}
			return len(ids) == 1
		}); n != 1 {
			t.Errorf("round %d: %d callers inserted one enrolment", round, n)
		}
		if n := race(func(i int) bool {
			mine := e
			mine.Rating = i
			return s.ReplaceEnrolment(ctx, mine) == nil
		}); n != 1 {
			t.Errorf("round %d: %d callers replaced one version", round, n)
		}
		if n := race(func(int) bool {
			return s.InsertAttempt(ctx, learning.Attempt{ID: fmt.Sprint("a", round), Person: p}) == nil
		}); n != 1 {
			t.Errorf("round %d: %d callers inserted one attempt", round, n)
		}
	}
}
