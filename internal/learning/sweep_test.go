package learning

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// sweep runs do on a fresh world with the k-th call to the store failing, once
// before it is done and once after, for every k. After each failure do is run
// again and check must hold.
func sweep(t *testing.T, prepare func(*world) func() error, check func(t *testing.T, w *world)) {
	t.Helper()
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			w := newWorld(t, 0)
			do := prepare(w)
			w.store.calls, w.store.failAt, w.store.lost = 0, k, lost
			err := do()
			calls := w.store.calls
			w.store.failAt = 0
			if k <= calls && err == nil {
				t.Fatalf("call %d of %d failed (lost: %v), and nobody noticed", k, calls, lost)
			}
			w.clock.add(time.Minute)
			for range 2 {
				if err := do(); err != nil {
					t.Fatalf("call %d, lost %v: again: %v", k, lost, err)
				}
			}
			t.Run(fmt.Sprintf("call %d lost %v", k, lost), func(t *testing.T) { check(t, w) })
			if k > calls {
				break
			}
		}
	}
}

func TestOpsSurviveEveryFailure(t *testing.T) {
	var vs []Verdict
	sweep(t, func(w *world) func() error {
		e := w.enrol(t, ann)
		sub := w.submission(w.start(t, ann, e), 4)
		ops := []string{
			lessonDoneOp(1, e, "one"), attemptOp(t, 2, id(20), sub), lessonDoneOp(3, e, "two"),
			fmt.Sprintf(`{"id":%q,"kind":"course.rate",%s,"enrolment":%q,"stars":5,"comment":"Hay"}`, id(4), at, e),
			fmt.Sprintf(`{"id":%q,"kind":"drill.answer",%s,"drill":"inbox","n":1,"item":"a","choice":"keep"}`, id(5), at),
		}
		return func() (err error) {
			vs, err = w.trySend(ann, ops...)
			return err
		}
	}, func(t *testing.T, w *world) {
		for i, v := range vs {
			if v.Status != Duplicate {
				t.Errorf("op %d after the last repetition: %s", i, v.short())
			}
		}
		if r := vs[1].Attempt; r == nil || r.Score != 1 || !r.Counted || !r.Passed {
			t.Errorf("grade %+v", vs[1].Attempt)
		}
		if len(w.store.attempts) != 1 || len(w.store.ratings) != 1 || len(w.store.ops) != 5 || len(w.drills.answers) != 1 {
			t.Errorf("%d attempts, %d ratings, %d ops, %d drill answers", len(w.store.attempts), len(w.store.ratings), len(w.store.ops), len(w.drills.answers))
		}
		for _, e := range w.store.enrolments {
			if e.State != Completed || e.Rating != 5 || len(e.Quizzes["check"].Tries) != 1 || e.Lessons["one"].DoneAt == nil || e.Lessons["two"].DoneAt == nil {
				t.Errorf("enrolment %+v", e)
			}
		}
	})
}

func TestSubmitSurvivesEveryFailure(t *testing.T) {
	sweep(t, func(w *world) func() error {
		sub := w.submission(w.start(t, ann, w.enrol(t, ann)), 2)
		return func() error {
			res, err := w.Submit(context.Background(), ann, id(1), sub)
			if err == nil && (res.Score != 0.5 || !res.Counted) {
				t.Errorf("grade %+v", res)
			}
			return err
		}
	}, func(t *testing.T, w *world) {
		for _, e := range w.store.enrolments {
			if len(e.Quizzes["check"].Tries) != 1 || len(w.store.attempts) != 1 {
				t.Errorf("%d tries, %d attempts", len(e.Quizzes["check"].Tries), len(w.store.attempts))
			}
		}
	})
}

func TestStartQuizSurvivesEveryFailure(t *testing.T) {
	sweep(t, func(w *world) func() error {
		e := w.enrol(t, ann)
		return func() error {
			_, err := w.StartQuiz(context.Background(), ann, e, "check")
			return err
		}
	}, func(t *testing.T, w *world) {
		for _, e := range w.store.enrolments {
			if q := e.Quizzes["check"]; q.Ticket == nil || q.Ticket.N != 1 {
				t.Errorf("ticket %+v", q.Ticket)
			}
		}
	})
}

func TestAssignSurvivesEveryFailure(t *testing.T) {
	ps := somePeople(3)
	due := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	sweep(t, func(w *world) func() error {
		closeOne(t, w)
		return func() error {
			_, err := w.Assign(context.Background(), basics, ps, Duty{Campaign: "spring", DueAt: &due})
			return err
		}
	}, func(t *testing.T, w *world) {
		if len(w.store.enrolments) != 4 { // one closed, three open
			t.Errorf("%d enrolments", len(w.store.enrolments))
		}
		for _, e := range w.store.enrolments {
			if e.Open() && (len(e.Campaigns) != 1 || !e.DueAt.Equal(due)) {
				t.Errorf("enrolment %+v", e)
			}
		}
	})
}

// closeOne gives p0 a closed first cycle.
func closeOne(t *testing.T, w *world) {
	t.Helper()
	ctx := context.Background()
	if _, err := w.Assign(ctx, basics, somePeople(1), Duty{Campaign: "winter"}); err != nil {
		t.Fatal(err)
	}
	if err := w.CloseCampaign(ctx, "winter"); err != nil {
		t.Fatal(err)
	}
}

func TestCloseCampaignSurvivesEveryFailure(t *testing.T) {
	sweep(t, func(w *world) func() error {
		ctx := context.Background()
		if _, err := w.Assign(ctx, basics, somePeople(3), Duty{Campaign: "spring"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Assign(ctx, basics, somePeople(1), Duty{Campaign: "other"}); err != nil {
			t.Fatal(err)
		}
		return func() error { return w.CloseCampaign(ctx, "spring") }
	}, func(t *testing.T, w *world) {
		for id, e := range w.store.enrolments {
			if want := map[bool]State{true: Assigned, false: Closed}[e.Person == "p0"]; e.State != want {
				t.Errorf("%s is %s, want %s", id, e.State, want)
			}
		}
	})
}
