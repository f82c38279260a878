package mongodb_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
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

func TestRoundTripLearning(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	const id = "basics:lan:1"
	read := func() (learning.Enrolment, error) { return s.Enrolment(ctx, id) }
	want := filled[learning.Enrolment](0)
	want.ID = id
	inserted := ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, []learning.Enrolment{want}) })
	same(t, "inserted", inserted, []learning.EnrolmentID{id})
	same(t, "enrolment", ask(t, read), want)
	version := want.Version
	want = filled[learning.Enrolment](1000)
	want.ID, want.Version = id, version
	must(t, s.ReplaceEnrolment(ctx, want))
	want.Version++
	same(t, "enrolment replaced", ask(t, read), want)
	must(t, s.ReplaceEnrolment(ctx, learning.Enrolment{ID: id, Version: version + 1}))
	same(t, "enrolment emptied", ask(t, read), learning.Enrolment{
		ID: id, Campaigns: []string{}, Lessons: map[string]learning.Progress{}, Quizzes: map[string]learning.QuizState{}, Version: version + 2,
	})

	a := filled[learning.Attempt](0)
	must(t, s.InsertAttempt(ctx, a))
	same(t, "attempt", ask(t, func() (learning.Attempt, error) { return s.Attempt(ctx, a.ID) }), a)
	must(t, s.InsertAttempt(ctx, learning.Attempt{ID: "empty"}))
	bare(t, "attempt", ask(t, func() (learning.Attempt, error) { return s.Attempt(ctx, "empty") }))

	r := filled[learning.Rating](0)
	must(t, s.PutRating(ctx, r))
	ratings := func() ([]learning.Rating, error) { return s.Ratings(ctx, []learning.EnrolmentID{r.ID}) }
	same(t, "rating", ask(t, ratings), []learning.Rating{r})
	r = learning.Rating{ID: r.ID, Stars: 1}
	must(t, s.PutRating(ctx, r))
	same(t, "rating replaced", ask(t, ratings), []learning.Rating{r})

	op := filled[learning.Op](0)
	must(t, s.InsertOps(ctx, []learning.Op{op}))
	same(t, "op", ask(t, func() (map[string]learning.Op, error) { return s.Ops(ctx, []string{op.ID}) }), map[string]learning.Op{op.ID: op})
}

func TestQueriesOfLearning(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	states := []learning.State{learning.Assigned, learning.Started, learning.Completed, learning.Closed}
	all := make([]learning.Enrolment, 1100)
	for i := range all {
		all[i] = learning.Enrolment{
			Person: people.ID(fmt.Sprintf("p%d", i%90)), Course: course.ID(fmt.Sprint("c", i%4)), Campaigns: []string{"all"}, State: states[i/4%4],
			AssignedAt: moment((i * 37) % 1100), ChangedAt: moment(i), Cycle: i, Version: 1,
		}
		if i%3 == 0 {
			all[i].Campaigns = append(all[i].Campaigns, fmt.Sprint("k", i%6))
		}
		all[i].ID = learning.NewEnrolmentID(all[i].Course, all[i].Person, i)
	}
	inserted := ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, all) })
	id := func(e learning.Enrolment) learning.EnrolmentID { return e.ID }
	same(t, "inserted", inserted, ids[learning.EnrolmentID](keys(all, id)))
	again := append(slices.Clone(all[500:]), learning.Enrolment{ID: "new", Version: 1})
	same(t, "inserted again", ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, again) }), []learning.EnrolmentID{"new"})

	asked := append(ids[learning.EnrolmentID](keys(all[100:900], id)), "none")
	found := ask(t, func() ([]learning.Enrolment, error) { return s.Enrolments(ctx, asked) })
	same(t, "by ids", sortedKeys(found, id), sortedKeys(all[100:900], id))

	of := chosen(all, func(e learning.Enrolment) bool { return e.Person == "p7" })
	slices.SortFunc(of, func(a, b learning.Enrolment) int { return b.AssignedAt.Compare(a.AssignedAt) })
	same(t, "of a person", keys(ask(t, func() ([]learning.Enrolment, error) { return s.EnrolmentsOf(ctx, "p7") }), id), keys(of, id))

	sorted := slices.SortedFunc(slices.Values(all), func(a, b learning.Enrolment) int { return cmp.Compare(a.ID, b.ID) })
	for _, limit := range []int{30, 69, 2000} {
		paged := func(query func(after learning.EnrolmentID) ([]learning.Enrolment, error)) []string {
			return keys(pages(t, limit, func(last *learning.Enrolment) ([]learning.Enrolment, error) {
				if last == nil {
					return query("")
				}
				return query(last.ID)
			}), id)
		}
		got := paged(func(after learning.EnrolmentID) ([]learning.Enrolment, error) {
			return s.EnrolmentsByCourse(ctx, "c3", after, limit)
		})
		same(t, "open by course", got, keys(chosen(sorted, func(e learning.Enrolment) bool { return e.Course == "c3" && e.Open() }), id))
		got = paged(func(after learning.EnrolmentID) ([]learning.Enrolment, error) {
			return s.EnrolmentsByCampaign(ctx, "k3", after, limit)
		})
		same(t, "by campaign", got, keys(chosen(sorted, func(e learning.Enrolment) bool { return slices.Contains(e.Campaigns, "k3") }), id))
	}
	for _, since := range []int{0, 1050, 2000} {
		n := 0
		must(t, s.EachEnrolment(ctx, moment(since), func(e learning.Enrolment) error {
			n++
			if e.ChangedAt.Before(moment(since)) {
				t.Errorf("%s was changed at %v, before %v", e.ID, e.ChangedAt, moment(since))
			}
			return nil
		}))
		if want := max(0, len(all)-since); n != want {
			t.Errorf("%d changed since %d, want %d", n, since, want)
		}
	}
	n := 0
	must(t, s.EachEnrolment(ctx, time.Time{}, func(learning.Enrolment) error { n++; return nil }))
	if n != len(all)+1 {
		t.Errorf("%d in all, want %d", n, len(all)+1)
	}
	_, err := s.Enrolment(ctx, "none")
	refused(t, "no enrolment", err, fault.NotFound, "enrolment_not_found")
	refused(t, "replace none", s.ReplaceEnrolment(ctx, learning.Enrolment{ID: "none"}), fault.Conflict, "changed_meanwhile")
}

func TestQueriesOfAttempts(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		a := learning.Attempt{ID: fmt.Sprintf("a%03d", n), Person: people.ID(fmt.Sprint("p", n%2)), ReceivedAt: moment(n)}
		if err := s.InsertAttempt(ctx, a); err != nil {
			return err
		}
		r := learning.Rating{ID: learning.EnrolmentID(a.ID), Course: "c", Stars: n}
		if err := s.PutRating(ctx, r); err != nil {
			return err
		}
		return s.InsertOps(ctx, []learning.Op{{ID: a.ID, Hash: a.ID, ExpiresAt: moment(n)}})
	})
	as := ask(t, func() ([]learning.Attempt, error) { return s.AttemptsOf(ctx, "p1") })
	var want, some []string
	for n := 2*many - 1; n > 0; n -= 2 {
		want = append(want, fmt.Sprintf("a%03d", n))
	}
	same(t, "of a person", keys(as, func(a learning.Attempt) string { return a.ID }), want)
	_, err := s.Attempt(ctx, "none")
	refused(t, "no attempt", err, fault.NotFound, "attempt_not_found")

	some = append(some, want[:120]...)
	slices.Sort(some)
	rs := ask(t, func() ([]learning.Rating, error) {
		return s.Ratings(ctx, append(ids[learning.EnrolmentID](some), "none"))
	})
	same(t, "ratings", sortedKeys(rs, func(r learning.Rating) learning.EnrolmentID { return r.ID }), some)
	ops := ask(t, func() (map[string]learning.Op, error) { return s.Ops(ctx, append(some, "none")) })
	if len(ops) != len(some) || ops[some[3]].Hash != some[3] {
		t.Errorf("%d ops, want %d by id", len(ops), len(some))
	}

	// Nothing asked for, nothing stored: no error.
	for name, f := range map[string]func(context.Context) (int, error){
		"enrolments": func(ctx context.Context) (int, error) { x, err := s.Enrolments(ctx, nil); return len(x), err },
		"ratings":    func(ctx context.Context) (int, error) { x, err := s.Ratings(ctx, nil); return len(x), err },
		"ops":        func(ctx context.Context) (int, error) { x, err := s.Ops(ctx, nil); return len(x), err },
		"insert":     func(ctx context.Context) (int, error) { x, err := s.InsertEnrolments(ctx, nil); return len(x), err },
		"insert ops": func(ctx context.Context) (int, error) { return 0, s.InsertOps(ctx, nil) },
	} {
		if n, err := f(ctx); n != 0 || err != nil {
			t.Errorf("%s of nothing: %d, %v", name, n, err)
		}
	}
}
