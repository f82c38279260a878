package learning

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"hocso/internal/course"
	"hocso/internal/people"
)

func TestLessonsOnlyGoForward(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	op := func(n, card, seconds int) string {
		return fmt.Sprintf(`{"id":%q,"kind":"lesson.progress",%s,"enrolment":%q,"lesson":"one","card":%d,"seconds":%d}`, id(n), at, e, card, seconds)
	}
	w.send(t, ann, op(1, 2, 50), op(2, 1, 40), op(3, 99, 100_000))
	p := w.store.enrolments[e].Lessons["one"]
	if p.Card != 3 || p.Seconds != maxSeconds || p.DoneAt != nil {
		t.Errorf("progress %+v; want the last of 3 cards, %d s, not done", p, maxSeconds)
	}
	got := w.store.enrolments[e]
	if got.State != Started || got.StartedAt == nil {
		t.Errorf("state %s, started %v", got.State, got.StartedAt)
	}
	w.send(t, ann, lessonDoneOp(4, e, "two"))
	done := w.store.enrolments[e].Lessons["two"]
	w.clock.add(time.Hour)
	w.send(t, ann, lessonDoneOp(5, e, "two"), strings.Replace(op(6, 1, 1), `"one"`, `"two"`, 1))
	if again := w.store.enrolments[e].Lessons["two"]; again.Card != 4 || !again.DoneAt.Equal(*done.DoneAt) {
		t.Errorf("lesson two: %+v, first %+v", again, done)
	}
	p1, _ := w.Courses.Version(context.Background(), basics, 1)
	if got := w.store.enrolments[e].Percent(p1); got != 33 {
		t.Errorf("1 of 3 done is %d %%", got)
	}
}

func TestCompletion(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	rate := fmt.Sprintf(`{"id":%q,"kind":"course.rate",%s,"enrolment":%q,"stars":4,"comment":"Dễ hiểu"}`, id(9), at, e)
	sub := w.submission(w.start(t, ann, e), 4)
	vs := w.send(t, ann, rate, lessonDoneOp(1, e, "one"), attemptOp(t, 2, id(20), sub), lessonDoneOp(3, e, "two"))
	if vs[0].short() != "rejected not_completed" || vs[1].short() != "applied" || vs[2].short() != "applied" {
		t.Fatalf("verdicts %+v", vs)
	}
	got := w.store.enrolments[e]
	if got.State != Completed || got.CompletedAt == nil || got.UnitAtCompletion != "unit-of-ann" {
		t.Fatalf("after everything: %+v", got)
	}
	if r := vs[2].Attempt; r == nil || !r.Passed || !r.Counted || r.Score != 1 || r.EnrolmentState != Completed || len(r.Flags) != 0 {
		t.Errorf("result %+v", vs[2].Attempt)
	}
	completed := *got.CompletedAt
	w.clock.add(time.Hour)
	vs = w.send(t, ann, rate, lessonDoneOp(10, e, "one"))
	if vs[0].short() != "applied" || vs[1].short() != "applied" {
		t.Errorf("rating after completion: %+v", vs)
	}
	got = w.store.enrolments[e]
	if !got.CompletedAt.Equal(completed) || got.Rating != 4 || w.store.ratings[e].Comment != "Dễ hiểu" {
		t.Errorf("after rating: %+v, %+v", got, w.store.ratings[e])
	}
	if len(w.told) == 0 || w.told[len(w.told)-1].Rating != 4 {
		t.Errorf("told of %d changes, the last %+v", len(w.told), w.told[len(w.told)-1])
	}
}

func TestVerdictsOfRepeatedOps(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	sub := w.submission(w.start(t, ann, e), 2)
	attempt := attemptOp(t, 2, id(20), sub)
	if vs := w.send(t, ann, lessonDoneOp(1, e, "one"), attempt, attempt, lessonDoneOp(1, e, "two")); vs[0].short() != "applied" ||
		vs[1].short() != "applied" || vs[2].short() != "duplicate" || vs[2].Attempt == nil || vs[3].short() != "rejected id_reused" {
		t.Fatalf("first time: %+v", vs)
	}
	before := text(t, w)
	other := sub
	other.Answers = nil
	reordered := strings.Replace(lessonDoneOp(1, e, "one"), `"seconds":90}`, `"seconds" : 90 }`, 1)
	vs := w.send(t, ann,
		lessonDoneOp(1, e, "one"), reordered, lessonDoneOp(1, e, "two"), attempt,
		attemptOp(t, 2, id(20), other), attemptOp(t, 5, id(20), sub), attemptOp(t, 6, id(20), other))
	want := []string{"duplicate", "duplicate", "rejected id_reused", "duplicate", "rejected id_reused", "applied", "rejected id_reused"}
	for i, v := range vs {
		if v.short() != want[i] {
			t.Errorf("op %d: %s, want %s", i, v.short(), want[i])
		}
		if want[i] == "duplicate" && i == 3 && (v.Attempt == nil || v.Attempt.ID != id(20) || v.Attempt.Score != 0.5) {
			t.Errorf("the repeated attempt's result: %+v", v.Attempt)
		}
	}
	if after := text(t, w); after != before {
		t.Errorf("repeating changed\n%s\nto\n%s", before, after)
	}
}

// text is everything that is kept but ops.
func text(t *testing.T, w *world) string {
	t.Helper()
	b, err := json.Marshal([]any{w.store.enrolments, w.store.attempts, w.store.ratings}, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOpsOfOthersAreNotFound(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	sub := w.submission(w.start(t, ann, e), 4)
	before := text(t, w)
	vs := w.send(t, bob, lessonDoneOp(1, e, "one"), attemptOp(t, 2, id(20), sub), lessonDoneOp(3, "basics:none:1", "one"),
		fmt.Sprintf(`{"id":%q,"kind":"course.rate",%s,"enrolment":%q,"stars":4}`, id(4), at, e))
	for i, v := range vs {
		if v.short() != "rejected enrolment_not_found" || v.Attempt != nil {
			t.Errorf("op %d: %+v", i, v)
		}
	}
	if vs := w.send(t, ann, lessonDoneOp(5, e, "none")); vs[0].short() != "rejected lesson_not_found" {
		t.Errorf("unknown lesson: %+v", vs)
	}
	if after := text(t, w); after != before {
		t.Errorf("changed\n%s\nto\n%s", before, after)
	}
	if len(w.store.ops) != 0 {
		t.Errorf("%d rejected ops were recorded", len(w.store.ops))
	}
}

func TestTicketRules(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	sub := w.submission(w.start(t, ann, e), 4)
	of := func(change func(*Submission)) Submission {
		s := sub
		change(&s)
		return s
	}
	bobs := w.submission(w.start(t, bob, w.enrol(t, bob)), 4)
	for name, bad := range map[string]Submission{
		"forged":            of(func(s *Submission) { s.Ticket = "e30.AAAA" }),
		"changed":           of(func(s *Submission) { s.Ticket = "A" + s.Ticket[1:] }),
		"of another person": of(func(s *Submission) { s.Ticket = bobs.Ticket }),
		"for another quiz":  of(func(s *Submission) { s.Quiz = "other" }),
	} {
		if _, err := w.Submit(ctx, ann, id(1), bad); code(err) != TicketInvalid {
			t.Errorf("ticket %s: %v, want ticket_invalid", name, err)
		}
	}
	if len(w.store.attempts) != 0 {
		t.Errorf("%d attempts were kept", len(w.store.attempts))
	}
	if _, err := w.Submit(ctx, ann, "x", sub); code(err) != Malformed {
		t.Errorf("attempt id x: %v", err)
	}
	if _, err := w.Submit(ctx, bob, id(1), sub); code(err) != EnrolmentNotFound {
		t.Errorf("enrolment of another: %v", err)
	}
}

func TestSecondDeviceIsExtra(t *testing.T) {
	ctx := context.Background()
	for _, attempts := range []int{0, 3} {
		w := newWorld(t, attempts)
		e := w.enrol(t, ann)
		p := w.start(t, ann, e)
		first, err := w.Submit(ctx, ann, id(1), w.submission(p, 1))
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.Submit(ctx, ann, id(2), w.submission(p, 4))
		if err != nil {
			t.Fatal(err)
		}
		if !first.Counted || second.Counted || fmt.Sprint(second.Flags) != "[extra]" || second.Score != 1 {
			t.Errorf("first %+v, second %+v", first, second)
		}
		if got := w.store.enrolments[e].Quizzes["check"]; got.Passed || got.Best != 0.25 || len(got.Tries) != 2 {
			t.Errorf("quiz %+v; the extra try must not count", got)
		}
		if wantQuestions := 4; attempts > 0 {
			if len(second.Questions) != 0 {
				t.Error("an extra try at a limited quiz tells its answers")
			}
		} else if len(second.Questions) != wantQuestions {
			t.Errorf("%d questions in the extra result", len(second.Questions))
		}
		if next := w.start(t, ann, e); next.N != 2 {
			t.Errorf("next number %d, want 2", next.N)
		}
	}
}

func TestExtraTriesAreBounded(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	p := w.start(t, ann, w.enrol(t, ann))
	for i := range maxExtra + 1 {
		if _, err := w.Submit(ctx, ann, id(i), w.submission(p, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Submit(ctx, ann, id(maxExtra+1), w.submission(p, 0)); code(err) != TicketInvalid {
		t.Errorf("one more: %v", err)
	}
	if _, err := w.Submit(ctx, ann, id(5), w.submission(p, 0)); err != nil {
		t.Errorf("an earlier one again: %v", err)
	}
}

func TestLateIsKeptAndGraded(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	sub := w.submission(w.start(t, ann, e), 4)
	w.clock.add(15 * 24 * time.Hour)
	res, err := w.Submit(ctx, ann, id(1), sub)
	if err != nil || fmt.Sprint(res.Flags) != "[late]" || !res.Counted || !res.Passed {
		t.Errorf("after expiry: %+v, %v", res, err)
	}
	a := w.store.attempts[id(1)]
	if !a.Late || !a.ReceivedAt.Equal(w.clock.Now()) || !a.FinishedAt.Equal(sub.FinishedAt) {
		t.Errorf("attempt %+v", a)
	}

	w = newWorld(t, 0)
	e = w.enrol(t, ann)
	sub = w.submission(w.start(t, ann, e), 4)
	closed := w.store.enrolments[e]
	closed.State = Closed
	w.store.enrolments[e] = closed
	vs := w.send(t, ann, attemptOp(t, 1, id(1), sub), lessonDoneOp(2, e, "one"), lessonDoneOp(3, e, "two"))
	if vs[0].short() != "applied" || fmt.Sprint(vs[0].Attempt.Flags) != "[late]" {
		t.Errorf("after closing: %+v", vs)
	}
	if got := w.store.enrolments[e]; got.State != Closed || got.CompletedAt != nil || got.Lessons["one"].DoneAt == nil {
		t.Errorf("a closed enrolment became %+v", got)
	}
}

func TestClaimedTimesAreClamped(t *testing.T) {
	w := newWorld(t, 0)
	p := w.start(t, ann, w.enrol(t, ann))
	w.clock.add(time.Hour)
	sub := w.submission(p, 1)
	sub.StartedAt, sub.FinishedAt = p.IssuedAt.Add(-time.Hour), w.clock.Now().Add(time.Hour)
	if _, err := w.Submit(context.Background(), ann, id(1), sub); err != nil {
		t.Fatal(err)
	}
	if a := w.store.attempts[id(1)]; !a.StartedAt.Equal(p.IssuedAt) || !a.FinishedAt.Equal(w.clock.Now()) {
		t.Errorf("times %v to %v", a.StartedAt, a.FinishedAt)
	}
}

func TestResultHidesKeysUntilPassed(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	p := w.start(t, ann, e)
	failed, err := w.Submit(ctx, ann, id(1), w.submission(p, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range failed.Questions {
		if q.Right != nil || len(q.Feedback) != 1 || q.Feedback[0].Option != q.Chosen[0] {
			t.Errorf("failed, question %d: %+v", i, q)
		}
	}
	if _, err := w.Result(ctx, bob, id(1)); code(err) != "attempt_not_found" {
		t.Errorf("the result of another: %v", err)
	}
	passed, err := w.Submit(ctx, ann, id(2), w.submission(w.start(t, ann, e), 4))
	if err != nil || len(passed.Questions[0].Right) != 1 || passed.Questions[0].Score != 1 {
		t.Fatalf("passed: %+v, %v", passed, err)
	}
	again, err := w.Result(ctx, ann, id(1))
	if err != nil || again.Questions[0].Right == nil {
		t.Errorf("the first result after passing: %+v, %v", again, err)
	}
}

func TestSameAttemptFrom32Devices(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	p := w.start(t, ann, e)
	sub := w.submission(p, 3)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if res, err := w.Submit(ctx, ann, id(1), sub); err != nil || res.Score != 0.75 || !res.Counted {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
	wg.Wait()
	if got := w.store.enrolments[e].Quizzes["check"].Tries; len(got) != 1 || len(w.store.attempts) != 1 {
		t.Errorf("%d tries, %d attempts; want one", len(got), len(w.store.attempts))
	}
}

func TestTwoDevicesRaceForOneNumber(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	p := w.start(t, ann, e)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, err := w.Submit(ctx, ann, id(i), w.submission(p, i%5)); err != nil {
				t.Error(err)
			}
			if _, err := w.trySend(ann, lessonDoneOp(100+i, e, []string{"one", "two"}[i%2])); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := w.store.enrolments[e]
	if n := got.Quizzes["check"].counted(); n != 1 || len(got.Quizzes["check"].Tries) != 16 {
		t.Errorf("%d of %d tries count, want 1 of 16", n, len(got.Quizzes["check"].Tries))
	}
	if got.Lessons["one"].DoneAt == nil || got.Lessons["two"].DoneAt == nil {
		t.Errorf("lessons %+v", got.Lessons)
	}
}

func TestDrillOps(t *testing.T) {
	w := newWorld(t, 0)
	op := func(n int, rest string) string {
		return fmt.Sprintf(`{"id":%q,%s,"drill":"inbox","n":1,%s}`, id(n), at, rest)
	}
	answer := op(1, `"kind":"drill.answer","item":"a","choice":"report"`)
	vs := w.send(t, ann, answer, op(2, `"kind":"drill.answer","item":"z","choice":"report"`), op(3, `"kind":"drill.done"`),
		op(4, `"kind":"drill.view","password":"hunter2"`), strings.Replace(op(5, `"kind":"drill.view"`), "inbox", "none", 1))
	want := []string{"applied", "rejected item_not_found", "applied", "rejected unknown_field", "rejected drill_not_found"}
	for i, v := range vs {
		if v.short() != want[i] {
			t.Errorf("op %d: %s, want %s", i, v.short(), want[i])
		}
	}
	if vs := w.send(t, ann, answer); vs[0].short() != "duplicate" {
		t.Errorf("again: %+v", vs)
	}
	for id, o := range w.store.ops {
		if !strings.HasPrefix(o.Hash, "keyed") {
			t.Errorf("op %s has a hash without the drill's key", id)
		}
	}
	for _, p := range w.drills.hashed {
		if strings.Contains(string(p), "hunter2") {
			t.Error("the password of a malformed op went on")
		}
	}
}

func TestReminderOpened(t *testing.T) {
	w := newWorld(t, 0)
	var opened []string
	w.Opened = func(_ context.Context, p people.ID, delivery string) error {
		opened = append(opened, string(p)+" "+delivery)
		if delivery == "none" {
			return notFound()
		}
		return nil
	}
	op := func(n int, d string) string {
		return fmt.Sprintf(`{"id":%q,"kind":"reminder.opened",%s,"delivery":%q}`, id(n), at, d)
	}
	if vs := w.send(t, ann, op(1, "c:p:s"), op(2, "none")); vs[0].short() != "applied" || vs[1].short() != "applied" {
		t.Errorf("verdicts %+v", vs)
	}
	w.send(t, ann, op(1, "c:p:s"))
	if fmt.Sprint(opened) != "[ann c:p:s ann none]" {
		t.Errorf("opened %v", opened)
	}
}

// A phone that was offline while a lesson was taken out still reports on it.
func TestLessonOfAnEarlierVersion(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	next := testContent(0)
	next.Lessons = next.Lessons[1:]
	w.courses.publish(course.Material, next)
	w.clock.add(time.Minute)
	if err := w.Settle(context.Background(), basics); err != nil {
		t.Fatal(err)
	}
	if n := w.store.enrolments[e].N; n != 2 {
		t.Fatalf("not started, but on version %d", n)
	}
	if vs := w.send(t, ann, lessonDoneOp(1, e, "one")); vs[0].short() != "applied" {
		t.Errorf("lesson of version 1: %+v", vs)
	}
	p2, _ := w.Courses.Version(context.Background(), basics, 2)
	if got := w.store.enrolments[e].Percent(p2); got != 0 {
		t.Errorf("a lesson that is no longer asked for counts: %d %%", got)
	}
}
