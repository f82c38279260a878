package reminder

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// flaky is a store whose k-th call fails: either nothing was done, or it was done
// and the answer was lost.
type flaky struct {
	*mem
	lock  sync.Mutex
	k     int
	after bool
	calls int
	hit   func(ctx context.Context, do func() error) error // instead of failing, if it is set
}

var errAway = errors.New("database away")

// call runs do unless this is the k-th call.
func (f *flaky) call(ctx context.Context, do func() error) error {
	f.lock.Lock()
	f.calls++
	hit := f.calls == f.k
	f.lock.Unlock()
	if hit && f.hit != nil {
		return f.hit(ctx, do)
	}
	if hit && !f.after {
		return errAway
	}
	err := do()
	if hit {
		return errAway
	}
	return err
}

func (f *flaky) InsertDeliveries(ctx context.Context, ds []Delivery) (ids []string, err error) {
	err = f.call(ctx, func() error { ids, err = f.mem.InsertDeliveries(ctx, ds); return err })
	return ids, err
}

func (f *flaky) ClaimDelivery(ctx context.Context, channel string, now, until time.Time) (d Delivery, ok bool, err error) {
	err = f.call(ctx, func() error { d, ok, err = f.mem.ClaimDelivery(ctx, channel, now, until); return err })
	return d, ok, err
}

func (f *flaky) SettleDelivery(ctx context.Context, d Delivery) error {
	return f.call(ctx, func() error { return f.mem.SettleDelivery(ctx, d) })
}

func (f *flaky) WaitingDeliveries(ctx context.Context, p people.ID, until time.Time) (ds []Delivery, err error) {
	err = f.call(ctx, func() error { ds, err = f.mem.WaitingDeliveries(ctx, p, until); return err })
	return ds, err
}

func (f *flaky) Deliveries(ctx context.Context, ids []string) (ds []Delivery, err error) {
	err = f.call(ctx, func() error { ds, err = f.mem.Deliveries(ctx, ids); return err })
	return ds, err
}

func (f *flaky) Budget(ctx context.Context, p people.ID) (b Budget, err error) {
	err = f.call(ctx, func() error { b, err = f.mem.Budget(ctx, p); return err })
	return b, err
}

func (f *flaky) PutBudget(ctx context.Context, b Budget) error {
	return f.call(ctx, func() error { return f.mem.PutBudget(ctx, b) })
}

func (f *flaky) Subscriptions(ctx context.Context, p people.ID) (ss []Subscription, err error) {
	err = f.call(ctx, func() error { ss, err = f.mem.Subscriptions(ctx, p); return err })
	return ss, err
}

func (f *flaky) Enrolment(ctx context.Context, id learning.EnrolmentID) (e learning.Enrolment, err error) {
	err = f.call(ctx, func() error { e, err = f.mem.Enrolment(ctx, id); return err })
	return e, err
}

func (f *flaky) EnrolmentsOf(ctx context.Context, p people.ID) (es []learning.Enrolment, err error) {
	err = f.call(ctx, func() error { es, err = f.mem.EnrolmentsOf(ctx, p); return err })
	return es, err
}

func (f *flaky) Person(ctx context.Context, id people.ID) (p people.Person, err error) {
	err = f.call(ctx, func() error { p, err = f.mem.Person(ctx, id); return err })
	return p, err
}

func (f *flaky) Campaign(ctx context.Context, id campaign.ID) (c campaign.Campaign, err error) {
	err = f.call(ctx, func() error { c, err = f.mem.Campaign(ctx, id); return err })
	return c, err
}

// Whatever call to the database fails, and however, each step goes out once, its
// ledger is complete, and the next step is planned.
func TestEveryFailure(t *testing.T) {
	for _, after := range []bool{false, true} {
		for k := 1; ; k++ {
			name := fmt.Sprintf("call %d fails, done before: %v", k, after)
			calls := 0
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.mem.campaigns["c2"] = running("c2", usual())
				w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
				w.enrol(t, "c2", "lan", "privacy", "2026-03-13")
				f := &flaky{mem: w.mem, k: k, after: after}
				w.Store, w.Budgets, w.Subscriptions, w.Enrolments, w.People, w.Campaigns = f, f, f, f, f, f
				d := &Dispatcher{Service: w.Service, Workers: 2, Log: w.Log}
				start := w.mem.deliveries[d7].NotBefore
				for i := range 10 { // errors are what is tried here: they leave the lease
					_, _ = d.Tick(t.Context(), start.Add(time.Duration(i)*time.Minute))
				}
				calls = f.calls
				if n := len(w.pusher.took); n != 1 {
					t.Errorf("%s: %d pushes, want 1", name, n)
				}
				why := map[Reason]int{}
				for _, r := range w.ledger() {
					why[r]++
				}
				if why[ReasonSent] != 1 || why[ReasonMerged] != 1 || len(why) != 2 {
					t.Errorf("%s: ledger %v, want one sent, one merged", name, why)
				}
				if next := w.mem.find(func(d Delivery) bool { return d.State == Waiting && d.Step == "d-3" }); len(next) != 2 {
					t.Errorf("%s: %d go on to d-3, want 2", name, len(next))
				}
			})
			if t.Failed() || calls < k {
				t.Logf("done before %v: %d calls tried", after, k-1)
				break
			}
		}
	}
}
