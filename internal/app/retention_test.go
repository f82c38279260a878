package app

import (
	"strings"
	"testing"
	"time"

	"hocso/internal/learning"
	"hocso/internal/people"
)

// The job removes answers whose time is over, once a day, in one copy of the program, and nothing that is counted.
func TestRetention(t *testing.T) {
	clock := nowMillis()
	x := plant(t, func() time.Time { return clock })
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := t.Context()
	const many = 700 // more than one batch
	for i := range many {
		at := clock.Add(time.Duration(i) * time.Millisecond)
		if err := x.db.Learning().InsertAttempt(ctx, learning.Attempt{ID: "old" + newID(), Person: x.other, ReceivedAt: at}); err != nil {
			t.Fatal(err)
		}
	}
	view := func() (removed int, at *time.Time) {
		t.Helper()
		v, err := x.privacy.ShowRetention(ctx, people.Console())
		if err != nil {
			t.Fatal(err)
		}
		return v.Last.Removed, v.Last.At
	}
	if _, at := view(); at != nil {
		t.Errorf("it ran at %v, before anything", at)
	}
	prune := func(want int) {
		t.Helper()
		if err := x.privacy.Prune(ctx); err != nil {
			t.Fatal(err)
		}
		if removed, at := view(); removed != want || at == nil {
			t.Errorf("removed %d at %v, want %d", removed, at, want)
		}
	}
	prune(0)
	before, err := x.db.Learning().Enrolment(ctx, learning.NewEnrolmentID("c", x.other, 1))
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.AddDate(0, 24, 0)
	clock = clock.Add(time.Duration(many-100) * time.Millisecond)
	over, err := x.privacy.Over(ctx)
	if err != nil || over != many-100+2 { // and the two that were planted
		t.Errorf("%d answers are over, %v; want %d", over, err, many-98)
	}
	prune(many - 98)
	clock = clock.Add(time.Hour)
	prune(many - 98) // not due again: the last run stands
	clock = clock.Add(24 * time.Hour)
	prune(100)
	mine, err := x.db.Retention().ClaimPruning(ctx, clock, clock.Add(time.Hour))
	if err != nil || mine {
		t.Errorf("claimed although it is not due: %v, %v", mine, err)
	}
	after, err := x.db.Learning().Enrolment(ctx, learning.NewEnrolmentID("c", x.other, 1))
	if err != nil || after.Version != before.Version || after.State != before.State || after.Rating != before.Rating {
		t.Errorf("the enrolment is %+v, %v; was %+v", after, err, before)
	}
	// A run that was cut off is taken over once its lease is over.
	clock = clock.Add(24 * time.Hour)
	for _, want := range []bool{true, false} {
		if mine, err := x.db.Retention().ClaimPruning(ctx, clock, clock.Add(time.Hour)); err != nil || mine != want {
			t.Errorf("claimed: %v, %v; want %v", mine, err, want)
		}
	}
	clock = clock.Add(time.Hour)
	prune(0)
}

func TestPrivacyRetentionCommand(t *testing.T) {
	x := plant(t, nowMillis)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, PrivacyRetention, "--data", x.data)
	if err != nil || !strings.Contains(out, "answers in quizzes: 24 months") || !strings.Contains(out, "would remove 0 answers") {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := command(t, PrivacyRetention, "--data", x.data, "more"); err == nil {
		t.Error("an argument too many was taken")
	}
}
