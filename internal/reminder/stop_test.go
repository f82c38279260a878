package reminder

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// stoppingAt returns a store that, at its k-th call, lets its copy of the program sleep longer
// than a lease: before the call reaches the database, or before its answer is heard. Then
// the context of the call is over, as it is for a process that was stopped.
func stoppingAt(m *mem, k int, after bool, sleep func()) *flaky {
	return &flaky{mem: m, k: k, hit: func(ctx context.Context, do func() error) error {
		if !after {
			sleep()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return do()
		}
		err := do()
		sleep()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}}
}

// Wherever a copy of the program is stopped, until long after its lease, and goes on: the
// step reaches the phone once, and the ledger says that it was sent, or that nobody knows.
func TestStopped(t *testing.T) {
	for _, after := range []bool{false, true} {
		unsure := 0
		for k := 1; ; k++ {
			name := fmt.Sprintf("stopped at call %d, done before: %v", k, after)
			calls := 0
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.mem.campaigns["c2"] = running("c2", usual())
				w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
				w.enrol(t, "c2", "lan", "privacy", "2026-03-13")
				start, began := w.mem.deliveries[d7].NotBefore, time.Now()
				w.Now = func() time.Time { return start.Add(time.Since(began)) }
				other := *w.Service
				tick := func(s *Service) {
					_, _ = (&Dispatcher{Service: s, Workers: 1, Log: w.Log}).Tick(t.Context(), w.Now()) // errors leave the lease
				}
				f := stoppingAt(w.mem, k, after, func() {
					for range 8 { // meanwhile another copy goes on
						time.Sleep(30 * time.Second)
						tick(&other)
					}
				})
				w.Store, w.Budgets, w.Subscriptions, w.Enrolments, w.People, w.Campaigns = f, f, f, f, f, f
				w.Pusher = stoppingPusher{w.pusher, f}
				tick(w.Service)
				for range 5 {
					time.Sleep(time.Minute)
					tick(&other)
					tick(w.Service)
				}
				calls = f.calls
				if n := len(w.pusher.took); n != 1 {
					t.Errorf("%s: %d pushes, want 1", name, n)
				}
				why := map[Reason]int{}
				for _, r := range w.ledger() {
					why[r]++
				}
				if why[ReasonSent]+why[ReasonUnsure] != 1 || why[ReasonMerged] != 1 || len(why) != 2 {
					t.Errorf("%s: ledger %v, want one sent or unsure, one merged", name, why)
				}
				unsure += why[ReasonUnsure]
				if next := w.mem.find(func(d Delivery) bool { return d.State == Waiting && d.Step == "d-3" }); len(next) != 2 {
					t.Errorf("%s: %d go on to d-3, want 2", name, len(next))
				}
			})
			if t.Failed() || calls < k {
				t.Logf("done before %v: %d calls tried, %d unsure", after, k-1, unsure)
				break
			}
		}
		if unsure == 0 {
			t.Error("nothing was unsure: no stop was in the middle of sending")
		}
	}
}

// stoppingPusher is a push service, asking which may be the call at which the copy stops:
// then the message is with it before or behind the stop, but the answer is not heard.
type stoppingPusher struct {
	*pusher
	f *flaky
}

func (p stoppingPusher) Push(ctx context.Context, s Subscription, m Message) (a Answer) {
	if err := p.f.call(ctx, func() error { a = p.pusher.Push(ctx, s, m); return nil }); err != nil {
		return Answer{Outcome: Later}
	}
	return a
}

// A copy that wakes up when the window has closed sends nothing.
func TestStoppedUntilTheEvening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
		start, began := w.mem.deliveries[d7].NotBefore, time.Now()
		w.Now = func() time.Time { return start.Add(time.Since(began)) }
		f := stoppingAt(w.mem, 2, true, func() { time.Sleep(10 * time.Hour) }) // reading the budget, writing it
		w.Budgets = f
		if _, err := (&Dispatcher{Service: w.Service, Workers: 1, Log: w.Log}).Tick(t.Context(), w.Now()); err != nil {
			t.Fatal(err)
		}
		if got := w.ledger(); len(w.pusher.took) != 0 || got[d7] != ReasonFailed || len(w.mem.budgets["lan"].Sends) != 0 {
			t.Errorf("%d pushes, ledger %v, budget %+v; want none, failed, nothing spent", len(w.pusher.took), got, w.mem.budgets["lan"].Sends)
		}
	})
}
