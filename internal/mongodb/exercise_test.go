package mongodb_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"hocso/internal/exercise"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestRoundTripExercise(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Exercises()
	var want []exercise.Exercise
	for n := range 3 {
		x := filled[exercise.Exercise](n * 1000)
		x.Key, x.ID, x.N = fmt.Sprintf("x@%d", n), "x", n
		want = append(want, x)
		must(t, s.InsertExercise(ctx, x))
		refused(t, "insert twice", s.InsertExercise(ctx, x), fault.Conflict, "exercise_exists")
	}
	same(t, "exercises", ask(t, func() ([]exercise.Exercise, error) { return s.Exercises(ctx) }), want)
}

func TestRoundTripSitting(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Exercises()
	read := func() (exercise.Sitting, error) { return s.Sitting(ctx, "a") }
	_, err := read()
	refused(t, "none", err, fault.NotFound, "sitting_not_found")
	want := filled[exercise.Sitting](0)
	want.ID = "a"
	must(t, s.InsertSitting(ctx, want))
	same(t, "sitting", ask(t, read), want)
	refused(t, "insert twice", s.InsertSitting(ctx, want), fault.Conflict, "sitting_exists")
	old := want.Version
	want = filled[exercise.Sitting](1000)
	want.ID, want.Version = "a", old
	must(t, s.ReplaceSitting(ctx, want))
	refused(t, "replace an older one", s.ReplaceSitting(ctx, want), fault.Conflict, "changed_meanwhile")
	want.Version++
	same(t, "sitting replaced", ask(t, read), want)
}

// Of 16 who change a sitting at once each wins a version, and no change is lost.
func TestSittingRaced(t *testing.T) {
	s := mongodbtest.New(t).Exercises()
	must(t, s.InsertSitting(t.Context(), exercise.Sitting{ID: "a", Version: 1}))
	versioned[exercise.Sitting]{
		read:    func(ctx context.Context) (exercise.Sitting, error) { return s.Sitting(ctx, "a") },
		version: func(x exercise.Sitting) int { return x.Version },
		mark:    func(x *exercise.Sitting, mark string) { x.Turns = append(x.Turns, exercise.Turn{Decision: mark}) },
		marks: func(x exercise.Sitting) (all []string) {
			for _, turn := range x.Turns {
				all = append(all, turn.Decision)
			}
			return all
		},
		replace: s.ReplaceSitting,
	}.raced(t)
}

func TestQueriesOfSittings(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Exercises()
	const n = 2 * many
	day := func(i int) string { return fmt.Sprintf("2026-03-%02d", 1+i%20) }
	var newest, open, mine, over, old []string
	for i := range n {
		id := fmt.Sprintf("s%03d", i)
		newest = append([]string{id}, newest...)
		if i%3 > 0 {
			open = append([]string{id}, open...)
		}
		if i%5 == 2 {
			mine = append([]string{id}, mine...)
		}
		if i%2 == 0 && i%4 == 0 && i >= 10 && i < 40 {
			over = append(over, id)
		}
		if day(i) < "2026-03-05" && i%3 == 0 {
			old = append(old, id)
		}
	}
	spread(t, n, func(k int) error {
		i := (k * 7) % n
		x := exercise.Sitting{ID: exercise.SittingID(fmt.Sprintf("s%03d", i)), Open: i % 3, Named: []people.ID{"x", people.ID(fmt.Sprint("p", i%5))}, Version: 1}
		x.Exercise, x.On = exercise.ID(fmt.Sprint("e", i%2)), day(i)
		if i%4 == 0 {
			at := moment(i)
			x.FinishedAt = &at
		}
		return s.InsertSitting(ctx, x)
	})
	id := func(x exercise.Sitting) exercise.SittingID { return x.ID }
	got := pages(t, 32, func(last *exercise.Sitting) ([]exercise.Sitting, error) {
		var before exercise.SittingID
		if last != nil {
			before = last.ID
		}
		return s.Sittings(ctx, before, 32)
	})
	same(t, "newest first", keys(got, id), newest)
	same(t, "open", keys(ask(t, func() ([]exercise.Sitting, error) { return s.OpenSittings(ctx, n) }), id), open)
	same(t, "three open", keys(ask(t, func() ([]exercise.Sitting, error) { return s.OpenSittings(ctx, 3) }), id), open[:3])
	same(t, "of a person", keys(ask(t, func() ([]exercise.Sitting, error) { return s.SittingsOf(ctx, "p2", n) }), id), mine)
	finished := keys(ask(t, func() ([]exercise.Sitting, error) { return s.FinishedSittings(ctx, "e0", moment(10), moment(40)) }), id)
	slices.Sort(finished)
	same(t, "finished between", finished, over)

	removed := 0
	for {
		k := ask(t, func() (int, error) { return s.DeleteSittings(ctx, "2026-03-05", 4) })
		if removed += k; k < 4 {
			break
		}
	}
	same(t, "how many were removed", removed, len(old))
	same(t, "what is left", len(ask(t, func() ([]exercise.Sitting, error) { return s.Sittings(ctx, "", n) })), n-len(old))

	must(t, s.ErasePerson(ctx, "p2"))
	same(t, "of who was erased", len(ask(t, func() ([]exercise.Sitting, error) { return s.SittingsOf(ctx, "p2", n) })), 0)
	must(t, s.ErasePerson(ctx, "p2"))
}

func TestEraseFromSitting(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Exercises()
	at := time.UnixMilli(1_772_000_000_000).UTC()
	x := exercise.Sitting{ID: "a", Facilitator: "boss", Named: []people.ID{"boss", "an"}, Open: 1, Version: 1, StartedAt: &at}
	x.Participants = []exercise.Attendee{{Person: "an", Seat: "it"}, {Person: "boss", Seat: "head"}}
	x.Findings = []exercise.Finding{{ID: "f", What: "Sao lưu", Owner: "an", DueOn: "2026-04-01"}}
	must(t, s.InsertSitting(ctx, x))
	must(t, s.ErasePerson(ctx, "an"))
	got := ask(t, func() (exercise.Sitting, error) { return s.Sitting(ctx, "a") })
	x = x.Without("an")
	x.Version = 2
	same(t, "without who was erased", fmt.Sprintf("%+v", got.Participants), fmt.Sprintf("%+v", x.Participants))
	same(t, "the finding stays", got.Findings, x.Findings)
	same(t, "who is still named", got.Named, x.Named)
}
