package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"hocso/internal/audit"
	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

// The job removes answers whose time is over, once a day, in one copy of the program, and nothing that is counted.
func TestRetention(t *testing.T) {
	x, clock := plantAt(t)
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
	*clock = clock.AddDate(0, 24, 0)
	*clock = clock.Add(time.Duration(many-100) * time.Millisecond)
	over, err := x.privacy.Over(ctx)
	if err != nil || over != many-100+2 { // and the two that were planted
		t.Errorf("%d answers are over, %v; want %d", over, err, many-98)
	}
	prune(many - 98)
	*clock = clock.Add(time.Hour)
	prune(many - 98) // not due again: the last run stands
	*clock = clock.Add(24 * time.Hour)
	prune(100)
	mine, err := x.db.Retention().ClaimPruning(ctx, *clock, clock.Add(time.Hour))
	if err != nil || mine {
		t.Errorf("claimed although it is not due: %v, %v", mine, err)
	}
	after, err := x.db.Learning().Enrolment(ctx, learning.NewEnrolmentID("c", x.other, 1))
	if err != nil || after.Version != before.Version || after.State != before.State || after.Rating != before.Rating {
		t.Errorf("the enrolment is %+v, %v; was %+v", after, err, before)
	}
	// A run that was cut off is taken over once its lease is over.
	*clock = clock.Add(24 * time.Hour)
	for _, want := range []bool{true, false} {
		if mine, err := x.db.Retention().ClaimPruning(ctx, *clock, clock.Add(time.Hour)); err != nil || mine != want {
			t.Errorf("claimed: %v, %v; want %v", mine, err, want)
		}
	}
	*clock = clock.Add(time.Hour)
	prune(0)
}

func TestPrivacyRetentionCommand(t *testing.T) {
	x := plant(t, nowMillis)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, PrivacyRetention, "--data", x.data)
	if err != nil || !strings.Contains(out, "answers: 24 months (from 1 to 120, usually 24)") || !strings.Contains(out, "would remove 0 answers") {
		t.Errorf("%q, %v", out, err)
	}
	for arg, why := range map[string]string{
		"more": "write what and how long", "answers=x": "write what and how long", "answers=0": "keep.answers: out_of_range",
		"trail=11": "keep.trail: out_of_range", "weather=3": "keep.weather: unknown_field",
	} {
		if _, err := command(t, PrivacyRetention, "--data", x.data, arg); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", arg, err, why)
		}
	}
	out, err = command(t, PrivacyRetention, "--data", x.data, "answers=60", "trail=12")
	if err != nil || !strings.Contains(out, "answers: 60 months") || !strings.Contains(out, "trail: 12 months") {
		t.Errorf("%q, %v", out, err)
	}
	a := openPlanted(t, x.data, nowMillis)
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	es, err := a.db.Audit().Find(t.Context(), audit.Query{Action: "retention_changed", Limit: 10})
	if err != nil || len(es) != 8 { // three that were refused, and one that was done
		t.Fatalf("%d entries, %v", len(es), err)
	}
	if e := es[0]; e.Command != "privacy retention" || e.Outcome != audit.Done || len(e.Detail) != 2 || e.Detail[0] != (audit.Detail{What: "keep_answers", Before: "24", After: "60"}) {
		t.Errorf("entered: %+v", e)
	}
}

// Another copy of the program goes by the new times with its next round, and says so in the notice.
func TestCopiesNoticeNewTimes(t *testing.T) {
	x := plant(t, nowMillis)
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := t.Context()
	other := &App{cfg: x.cfg, log: x.log, now: x.now, embedded: x.embedded, db: x.db}
	if err := other.join(ctx); err != nil {
		t.Fatal(err)
	}
	keep := map[privacy.What]int{}
	for _, p := range privacy.Periods() {
		keep[p.What] = p.Least
	}
	if _, err := x.privacy.ChangeRetention(ctx, people.Console(), 0, keep); err != nil {
		t.Fatal(err)
	}
	if other.auth.SessionKept() != 90*24*time.Hour {
		t.Error("the other copy knows already, so this test shows nothing")
	}
	before := other.privacy.Notice()
	round, end := context.WithCancel(ctx)
	go other.privacy.Run(round, time.Hour)
	within(t, "the other copy goes by the new times", func() bool { return other.auth.SessionKept() == 24*time.Hour })
	end()
	if other.drills.Kept() != 30*24*time.Hour || other.reminders.Kept() != 30*24*time.Hour || other.learning.OpsKept() != 180*24*time.Hour {
		t.Error("a part of the program goes by other times")
	}
	if now := other.privacy.Notice(); now.Version != before.Version || now.Hash == before.Hash {
		t.Errorf("the notice is %s %s, was %s %s; want the same version with other figures", now.Version, now.Hash, before.Version, before.Hash)
	}
}
