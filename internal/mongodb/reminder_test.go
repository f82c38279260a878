package mongodb_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

func TestRoundTripReminder(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	read := func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, []string{"d"}) }
	d := filled[reminder.Delivery](0)
	d.ID, d.State = "d", reminder.Waiting
	_, err := s.InsertDeliveries(ctx, []reminder.Delivery{d})
	must(t, err)
	same(t, "delivery", ask(t, read), []reminder.Delivery{d})
	settled := filled[reminder.Delivery](100)
	settled.ID, settled.Fence = "d", d.Fence
	must(t, s.SettleDelivery(ctx, settled))
	d.State, d.Reason, d.Tries, d.SettledAt = settled.State, settled.Reason, settled.Tries, settled.SettledAt
	d.NotBefore, d.LeaseUntil, d.With = settled.NotBefore, settled.LeaseUntil, settled.With
	same(t, "delivery settled", ask(t, read), []reminder.Delivery{d}) // who, what and whether it was opened stay

	b := filled[reminder.Budget](0)
	b.Person, b.Version = "lan", 0
	budget := func() (reminder.Budget, error) { return s.Budget(ctx, "lan") }
	same(t, "no budget", ask(t, budget), reminder.Budget{Person: "lan"})
	must(t, s.PutBudget(ctx, b))
	b.Version = 1
	same(t, "budget", ask(t, budget), b)
	b = filled[reminder.Budget](100)
	b.Person, b.Version = "lan", 1
	must(t, s.PutBudget(ctx, b))
	b.Version = 2
	same(t, "budget replaced", ask(t, budget), b)

	x := filled[reminder.Subscription](0)
	x.ID, x.Person = "x", "lan"
	subscriptions := func(p people.ID) func() ([]reminder.Subscription, error) {
		return func() ([]reminder.Subscription, error) { return s.Subscriptions(ctx, p) }
	}
	must(t, s.PutSubscription(ctx, x))
	same(t, "subscription", ask(t, subscriptions("lan")), []reminder.Subscription{x})
	created := x.CreatedAt
	x = filled[reminder.Subscription](100)
	x.ID, x.Person = "x", "mai" // the device changes hands
	must(t, s.PutSubscription(ctx, x))
	x.CreatedAt = created
	same(t, "subscription put again", ask(t, subscriptions("mai")), []reminder.Subscription{x})
	if left := ask(t, subscriptions("lan")); len(left) != 0 {
		t.Errorf("it is still lan's: %+v", left)
	}
}

func TestQueriesOfReminders(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	states := []reminder.State{reminder.Waiting, reminder.Waiting, reminder.Sent, reminder.Dropped}
	all := make([]reminder.Delivery, 400)
	for i := range all {
		all[i] = reminder.Delivery{
			ID: fmt.Sprintf("d%03d", (i*7)%400), Campaign: fmt.Sprint("k", i%3), Person: people.ID(fmt.Sprint("p", i%5)), State: states[i/5%4], Channel: reminder.Push,
			Reason: []reminder.Reason{"", "", "sent", "capped"}[i/5%4], NotBefore: moment((i * 11) % 400), Token: fmt.Sprint("t", i), ExpiresAt: moment(1000),
		}
	}
	id := func(d reminder.Delivery) string { return d.ID }
	same(t, "inserted", ask(t, func() ([]string, error) { return s.InsertDeliveries(ctx, all) }), keys(all, id))
	same(t, "inserted again", ask(t, func() ([]string, error) { return s.InsertDeliveries(ctx, all[100:]) }), []string{})

	mine := func(d reminder.Delivery) bool { return d.Person == "p3" }
	same(t, "of a person", sortedKeys(ask(t, func() ([]reminder.Delivery, error) { return s.DeliveriesOf(ctx, "p3") }), id), sortedKeys(chosen(all, mine), id))
	waiting := chosen(all, func(d reminder.Delivery) bool {
		return mine(d) && d.State == reminder.Waiting && !d.NotBefore.After(moment(300))
	})
	slices.SortFunc(waiting, func(a, b reminder.Delivery) int { return a.NotBefore.Compare(b.NotBefore) })
	same(t, "waiting", keys(ask(t, func() ([]reminder.Delivery, error) { return s.WaitingDeliveries(ctx, "p3", moment(300)) }), id), keys(waiting, id))
	asked := append(keys(all[:120], id), "none")
	same(t, "by ids", sortedKeys(ask(t, func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, asked) }), id), sortedKeys(all[:120], id))
	got := pages(t, 30, func(last *reminder.Delivery) ([]reminder.Delivery, error) {
		var after string
		if last != nil {
			after = last.ID
		}
		return s.CampaignDeliveries(ctx, "k1", "", after, 30)
	})
	same(t, "of a campaign", keys(got, id), sortedKeys(chosen(all, func(d reminder.Delivery) bool { return d.Campaign == "k1" }), id))

	for why, keep := range map[reminder.Reason]func(reminder.Delivery) bool{
		"capped": func(d reminder.Delivery) bool { return d.Reason == "capped" }, reminder.WaitingReason: func(d reminder.Delivery) bool { return d.State == reminder.Waiting },
	} {
		of := chosen(all, func(d reminder.Delivery) bool { return d.Campaign == "k1" && keep(d) })
		same(t, "of a campaign, "+string(why), keys(ask(t, func() ([]reminder.Delivery, error) { return s.CampaignDeliveries(ctx, "k1", why, "", 400) }), id), sortedKeys(of, id))
	}
	if d, ok, err := s.ClaimDelivery(ctx, reminder.Email, moment(50), moment(60)); ok || err != nil {
		t.Errorf("claimed by another channel: %+v, %v", d, err)
	}

	// Claims go by time, whoever the delivery is for.
	due := chosen(all, func(d reminder.Delivery) bool { return d.State == reminder.Waiting && !d.NotBefore.After(moment(50)) })
	slices.SortFunc(due, func(a, b reminder.Delivery) int { return a.NotBefore.Compare(b.NotBefore) })
	var claimed []reminder.Delivery
	for range all {
		d, ok, err := s.ClaimDelivery(ctx, reminder.Push, moment(50), moment(60))
		must(t, err)
		if !ok {
			break
		}
		claimed = append(claimed, d)
	}
	same(t, "claimed", keys(claimed, id), keys(due, id))

	refused(t, "open another's", s.OpenDelivery(ctx, "p1", "t3", moment(0)), fault.NotFound, "delivery_not_found")
	refused(t, "open nothing", s.OpenDelivery(ctx, "p3", "none", moment(0)), fault.NotFound, "delivery_not_found")
	must(t, s.OpenDelivery(ctx, "p3", "t3", moment(0)))
	refused(t, "settle nothing", s.SettleDelivery(ctx, reminder.Delivery{ID: "none"}), fault.Conflict, "changed_meanwhile")
	for name, f := range map[string]func() (int, error){
		"by ids": func() (int, error) { x, err := s.Deliveries(ctx, nil); return len(x), err },
		"insert": func() (int, error) { x, err := s.InsertDeliveries(ctx, nil); return len(x), err },
		"of":     func() (int, error) { x, err := s.DeliveriesOf(ctx, "nobody"); return len(x), err },
	} {
		if n, err := f(); n != 0 || err != nil {
			t.Errorf("%s nothing: %d, %v", name, n, err)
		}
	}
}

func TestQueriesOfDevices(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		if err := s.PutBudget(ctx, reminder.Budget{Person: people.ID(fmt.Sprint("b", n)), ExpiresAt: moment(n)}); err != nil {
			return err
		}
		return s.PutSubscription(ctx, reminder.Subscription{
			ID: fmt.Sprintf("x%03d", n), Person: people.ID(fmt.Sprint("p", n%20)), LastSeenAt: moment(n), ExpiresAt: moment(n),
		})
	})
	if b := ask(t, func() (reminder.Budget, error) { return s.Budget(ctx, "b77") }); b.Version != 1 || !b.ExpiresAt.Equal(moment(77)) {
		t.Errorf("budget %+v", b)
	}
	refused(t, "put an old budget", s.PutBudget(ctx, reminder.Budget{Person: "none", Version: 3}), fault.Conflict, "changed_meanwhile")
	var want []string
	for n := 2*many - 20 + 7; n > 0; n -= 20 {
		want = append(want, fmt.Sprintf("x%03d", n))
	}
	list := func() []string {
		t.Helper()
		xs := ask(t, func() ([]reminder.Subscription, error) { return s.Subscriptions(ctx, "p7") })
		return keys(xs, func(x reminder.Subscription) string { return x.ID })
	}
	same(t, "seen last first", list(), want)
	for _, tt := range []struct {
		p    people.ID
		id   string
		want bool
	}{{"p8", want[1], false}, {"p7", want[1], true}, {"p7", want[1], false}, {"p7", "none", false}} {
		if there, err := s.DeleteSubscription(ctx, tt.p, tt.id); err != nil || there != tt.want {
			t.Errorf("%s deletes %s: %v, %v; want %v", tt.p, tt.id, there, err, tt.want)
		}
	}
	same(t, "after one went", list(), slices.Delete(want, 1, 2))
}

// A delivery is claimed once for each lease, with a fence of its own, and settled
// once, by whoever claimed it last.
func TestRaceClaim(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	const n = 32
	var ds []reminder.Delivery
	var all []string
	for i := range n {
		id := fmt.Sprintf("d%02d", i)
		ds = append(ds, reminder.Delivery{ID: id, Channel: reminder.Push, State: reminder.Waiting, NotBefore: moment(-i), ExpiresAt: moment(9)})
		all = append(all, id)
	}
	_, err := s.InsertDeliveries(ctx, ds)
	must(t, err)
	claimed := make([][]reminder.Delivery, 3)
	for lease := range 3 { // nobody settles: every lease runs out, and all are claimed again
		var mu sync.Mutex
		var ids tally
		together(func(int) {
			for range 2 * n { // and no more, should a lease hold nobody off
				d, ok, err := s.ClaimDelivery(ctx, reminder.Push, moment(lease), moment(lease+1))
				if err != nil {
					t.Error(err)
				}
				if !ok {
					return
				}
				if d.Fence != lease+1 || !d.LeaseUntil.Equal(moment(lease+1)) {
					t.Errorf("%s: fence %d until %v, want %d until %v", d.ID, d.Fence, d.LeaseUntil, lease+1, moment(lease+1))
				}
				ids.add(d.ID)
				mu.Lock()
				claimed[lease] = append(claimed[lease], d)
				mu.Unlock()
			}
		})
		ids.once(t, fmt.Sprint("claimed in lease ", lease), all)
	}
	for _, d := range slices.Concat(claimed[0], claimed[1]) {
		d.State = reminder.Dropped
		refused(t, "settle with an old fence", s.SettleDelivery(ctx, d), fault.Conflict, "changed_meanwhile")
	}
	var settled tally
	together(func(i int) {
		for _, d := range claimed[2] {
			d.State, d.Reason = reminder.Sent, reminder.Reason(fmt.Sprint(i))
			if err := s.SettleDelivery(ctx, d); err != nil {
				refused(t, "settle again", err, fault.Conflict, "changed_meanwhile")
				continue
			}
			settled.add(d.ID)
		}
	})
	settled.once(t, "settled", all)
	if d, ok, err := s.ClaimDelivery(ctx, reminder.Push, moment(5), moment(6)); ok || err != nil {
		t.Errorf("claimed what is settled: %+v, %v", d, err)
	}
}

// What was opened stays opened the first time, also while it is being settled.
func TestRaceOpened(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	_, err := s.InsertDeliveries(ctx, []reminder.Delivery{{ID: "d", Person: "lan", Token: "t", State: reminder.Waiting, ExpiresAt: moment(0)}})
	must(t, err)
	var settled tally
	together(func(i int) {
		if i%2 == 0 {
			fine(t, s.OpenDelivery(ctx, "lan", "t", moment(i)))
			return
		}
		if err := s.SettleDelivery(ctx, reminder.Delivery{ID: "d", State: reminder.Sent}); err == nil {
			settled.add("settled")
		}
	})
	settled.once(t, "settled", []string{"settled"})
	first := ask(t, func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, []string{"d"}) })[0]
	if first.OpenedAt == nil || first.State != reminder.Sent {
		t.Fatalf("%+v, want opened and sent", first)
	}
	must(t, s.OpenDelivery(ctx, "lan", "t", moment(99)))
	same(t, "opened again", ask(t, func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, []string{"d"}) })[0], first)
}

// A reminder is put off once, whoever asks how often, and opening it changes nothing.
func TestRaceSnooze(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	_, err := s.InsertDeliveries(ctx, []reminder.Delivery{{ID: "d", Person: "lan", Token: "t", State: reminder.Sent, ExpiresAt: moment(0)}})
	must(t, err)
	var mu sync.Mutex
	to := map[string]int{}
	together(func(i int) {
		d, err := s.SnoozeDelivery(ctx, "d", moment(i), moment(100+i))
		fine(t, err)
		mu.Lock()
		defer mu.Unlock()
		to[d.SnoozedTo.String()]++
	})
	if len(to) != 1 {
		t.Errorf("put off until %v, want one time for all", to)
	}
	d := ask(t, func() (reminder.Delivery, error) { return s.DeliveryByToken(ctx, "lan", "t") })
	if d.OpenedAt == nil || d.SnoozedTo == nil {
		t.Errorf("%+v, want opened and put off", d)
	}
	_, err = s.DeliveryByToken(ctx, "mai", "t")
	refused(t, "another's", err, fault.NotFound, "delivery_not_found")
	_, err = s.SnoozeDelivery(ctx, "none", moment(0), moment(1))
	refused(t, "none", err, fault.NotFound, "delivery_not_found")
}

func TestRaceCount(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	together(func(int) { fine(t, s.CountUp(ctx, "2026-03-02", "mail_off")) })
	together(func(int) { fine(t, s.CountUp(ctx, "2026-03-03", "mail_off")) })
	if n := ask(t, func() (int, error) { return s.Count(ctx, "2026-03-02", "mail_off") }); n != racers {
		t.Errorf("counted %d, want %d", n, racers)
	}
	if n := ask(t, func() (int, error) { return s.Count(ctx, "2026-03-02", "push_off") }); n != 0 {
		t.Errorf("counted %d of what never happened", n)
	}
}

// What went out on some days, of all campaigns, and how often people wanted no more of it.
func TestNuisanceOfReminders(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	ds := make([]reminder.Delivery, 300)
	want := 0
	for i := range ds {
		d := reminder.Delivery{
			ID: fmt.Sprint("d", i), Campaign: fmt.Sprint("k", i%3), State: []reminder.State{reminder.Sent, reminder.Dropped, reminder.Waiting, reminder.Sent}[i%4],
			Channel: []string{reminder.Push, reminder.Email}[i%2], NotBefore: moment(i), ExpiresAt: moment(1000),
		}
		if d.State == reminder.Sent && !d.NotBefore.Before(moment(50)) && d.NotBefore.Before(moment(120)) {
			want++
		}
		ds[i] = d
	}
	_, err := s.InsertDeliveries(ctx, ds)
	must(t, err)
	if got := ask(t, func() (int, error) { return s.CountSent(ctx, moment(50), moment(120)) }); got != want || want == 0 {
		t.Errorf("%d were sent, want %d", got, want)
	}
	for _, x := range []string{"2026-03-01", "2026-03-02", "2026-03-02", "2026-03-04", "2026-03-05"} {
		must(t, s.CountUp(ctx, x, "mail_off"))
		must(t, s.CountUp(ctx, x, "revoked"))
	}
	if got := ask(t, func() (int, error) { return s.TurnedOff(ctx, "2026-03-02", "2026-03-04") }); got != 6 {
		t.Errorf("turned off %d times, want 6", got)
	}
}
