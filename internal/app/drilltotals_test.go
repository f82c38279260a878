package app

import (
	"context"
	"errors"
	"testing"

	"hocso/internal/drill"
	"hocso/internal/people"
)

// cutOff fails at the nth call that changes something, after it was done or before.
type cutOff struct {
	drill.Store
	drill.TotalsStore
	left  int
	after bool
}

func (c *cutOff) do(f func() error) error {
	c.left--
	if c.left == 0 && !c.after {
		return errors.New("cut off")
	}
	if err := f(); err != nil || c.left != 0 {
		return err
	}
	return errors.New("cut off")
}

func (c *cutOff) DeleteRuns(ctx context.Context, ids []string) error {
	return c.do(func() error { return c.Store.DeleteRuns(ctx, ids) })
}

func (c *cutOff) PutTotals(ctx context.Context, t drill.Totals) error {
	return c.do(func() error { return c.TotalsStore.PutTotals(ctx, t) })
}

// Before the runs of a drill are removed their sums are kept, each run once wherever the job is cut off, and told of no
// fewer than ten people.
func TestDrillTotalsOutliveRuns(t *testing.T) {
	x, clock := plantAt(t)
	ctx := t.Context()
	run := func(n int) {
		t.Helper()
		for range n {
			p := people.ID(newID())
			if _, err := x.drills.Apply(ctx, p, "inbox", []drill.Event{{Action: drill.Answer, N: 1, Item: "x", Choice: drill.Report, At: *clock}, {Action: drill.Done, N: 1, At: *clock}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	outcomes := func() drill.Sums {
		t.Helper()
		out, err := x.drills.Outcomes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(out) == 0 {
			return drill.Sums{}
		}
		return out[0].Sums
	}
	prune := func() {
		t.Helper()
		if err := x.privacy.Prune(ctx); err != nil {
			t.Fatal(err)
		}
	}
	run(8) // and the two that were planted, who did not come to the end
	*clock = clock.AddDate(0, 0, 179)
	prune()
	if left, err := x.db.Drills().EndedRuns(ctx, clock.AddDate(1, 0, 0), 100); err != nil || len(left) != 10 {
		t.Fatalf("%d runs before their time is over, %v; want 10", len(left), err)
	}
	*clock = clock.AddDate(0, 0, 2)
	prune()
	if left, err := x.db.Drills().EndedRuns(ctx, clock.AddDate(1, 0, 0), 100); err != nil || len(left) != 0 {
		t.Fatalf("%d runs are left, %v", len(left), err)
	}
	if got := outcomes(); got != (drill.Sums{}) {
		t.Errorf("eight came to the end, and it is told how they did: %+v", got)
	}
	run(2)
	*clock = clock.AddDate(0, 0, 181)
	prune()
	want := drill.Sums{Runs: 12, Completed: 10, Legit: outcomes().Legit, FalseAlarms: outcomes().FalseAlarms, Phish: outcomes().Phish, Hits: outcomes().Hits}
	if got := outcomes(); got != want || got.Runs == 0 {
		t.Errorf("told: %+v, want of 12 people, 10 to the end", got)
	}
	run(3)
	*clock = clock.AddDate(0, 0, 181)
	prune()
	if got := outcomes(); got != want {
		t.Errorf("three more are told by the difference: %+v", got)
	}
	// Wherever it is cut off, each run is counted once.
	for cut := 1; cut <= 3; cut++ {
		for _, after := range []bool{false, true} {
			before, err := x.db.Drills().Totals(ctx)
			if err != nil {
				t.Fatal(err)
			}
			run(5)
			*clock = clock.AddDate(0, 0, 181)
			c := &cutOff{Store: x.db.Drills(), TotalsStore: x.db.Drills(), left: cut, after: after}
			broken := &drill.Service{Store: c, Sums: c, Now: x.now, NewSecret: newSecret}
			if _, err := broken.Sweep(ctx); err == nil {
				t.Fatalf("call %d was not cut off", cut)
			}
			if _, err := x.drills.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			now, err := x.db.Drills().Totals(ctx)
			if err != nil || len(now) != 1 || len(now[0].Pending) != 0 || now[0].Shown.Runs+now[0].Waiting.Runs != before[0].Shown.Runs+before[0].Waiting.Runs+5 {
				t.Errorf("cut off at %d: %+v, %v; was %+v", cut, now, err, before)
			}
		}
	}
}
