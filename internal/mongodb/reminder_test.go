package mongodb_test

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

func delivery(id string, p people.ID, at time.Time) reminder.Delivery {
	return reminder.Delivery{
		ID: id, Campaign: "c1", Person: p, Enrolment: "x", Step: "d-7", Channel: reminder.Push, NotBefore: at,
		NotAfter: at.Add(time.Hour), State: reminder.Waiting, ExpiresAt: at.Add(90 * 24 * time.Hour), Token: "t-" + id,
	}
}

func TestDeliveries(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	at := time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour) // ahead, or the TTL index would take it
	a, b, c := delivery("a", "lan", at), delivery("b", "lan", at.Add(time.Hour)), delivery("c", "mai", at)
	if got, err := s.InsertDeliveries(ctx, []reminder.Delivery{a, b}); err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Fatalf("inserted %v, %v; want a, b", got, err)
	}
	if got, err := s.InsertDeliveries(ctx, []reminder.Delivery{b, c, a}); err != nil || !slices.Equal(got, []string{"c"}) {
		t.Errorf("inserted again %v, %v; want c alone", got, err)
	}
	ids := func(ds []reminder.Delivery, err error) []string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, d := range ds {
			out = append(out, d.ID)
		}
		slices.Sort(out)
		return out
	}
	for name, tt := range map[string]struct{ got, want []string }{
		"by id":              {ids(s.Deliveries(ctx, []string{"a", "c", "z"})), []string{"a", "c"}},
		"of a person":        {ids(s.DeliveriesOf(ctx, "lan")), []string{"a", "b"}},
		"waiting":            {ids(s.WaitingDeliveries(ctx, "lan", at)), []string{"a"}},
		"of a campaign":      {ids(s.CampaignDeliveries(ctx, "c1", "a", 1)), []string{"b"}},
		"of another":         {ids(s.CampaignDeliveries(ctx, "c2", "", 10)), []string{}},
		"waiting of another": {ids(s.WaitingDeliveries(ctx, "mai", at.Add(-time.Hour))), []string{}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
	ds, err := s.Deliveries(ctx, []string{"a"})
	if err != nil || !reflect.DeepEqual(normal(ds[0]), normal(a)) {
		t.Errorf("read back %+v, %v; want %+v", ds, err, a)
	}
	if err := s.OpenDelivery(ctx, "mai", "t-a", at); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another's delivery opened: %v", err)
	}
	for _, when := range []time.Time{at, at.Add(time.Hour)} {
		if err := s.OpenDelivery(ctx, "lan", "t-a", when); err != nil {
			t.Fatal(err)
		}
	}
	if ds, err := s.Deliveries(ctx, []string{"a"}); err != nil || ds[0].OpenedAt == nil || !ds[0].OpenedAt.Equal(at) {
		t.Errorf("opened %v, %v; want the first time, %v", ds[0].OpenedAt, err, at)
	}
}

// normal makes the zero time of BSON and that of Go one.
func normal(d reminder.Delivery) reminder.Delivery {
	d.LeaseUntil = d.LeaseUntil.UTC()
	return d
}

// Sixteen workers claim a hundred deliveries: each goes to one of them, in time
// order, and nothing that is leased, settled or not yet due goes to anybody.
func TestClaimRaces(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	now := time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour)
	var ds []reminder.Delivery
	for i := range 120 {
		ds = append(ds, delivery(fmt.Sprintf("d%03d", i), "lan", now.Add(time.Duration(i-99)*time.Second)))
	}
	if _, err := s.InsertDeliveries(ctx, ds); err != nil {
		t.Fatal(err)
	}
	claim := func(now time.Time) map[string]int {
		var mu sync.Mutex
		got := map[string]int{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for {
					d, ok, err := s.ClaimDelivery(ctx, now, now.Add(time.Minute))
					if err != nil {
						t.Error(err)
					}
					if !ok {
						return
					}
					mu.Lock()
					got[fmt.Sprint(d.ID, " ", d.Fence)]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return got
	}
	first := claim(now)
	if len(first) != 100 {
		t.Errorf("%d different claims, want 100", len(first))
	}
	for id, n := range first {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	old := ds[0]
	old.Fence, old.State, old.Reason = 1, reminder.Sent, reminder.ReasonSent
	if err := s.SettleDelivery(ctx, old); err != nil {
		t.Error(err)
	}
	if err := s.SettleDelivery(ctx, old); fault.KindOf(err) != fault.Conflict {
		t.Errorf("settled twice: %v, want conflict", err)
	}
	if second := claim(now.Add(time.Minute)); len(second) != 119 {
		t.Errorf("%d claims after the lease, want 119", len(second))
	}
	old = ds[1]
	old.Fence = 1
	if err := s.SettleDelivery(ctx, old); fault.KindOf(err) != fault.Conflict {
		t.Errorf("settled with the fence of an earlier claim: %v, want conflict", err)
	}
}

func TestBudgetRaces(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	now := time.Now().UTC().Truncate(time.Millisecond)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for {
				b, err := s.Budget(ctx, "lan")
				if err != nil {
					t.Error(err)
					return
				}
				b.Sends = append(b.Sends, reminder.Send{Delivery: fmt.Sprint(i), At: now})
				b.ExpiresAt = now.Add(time.Hour)
				err = s.PutBudget(ctx, b)
				if err == nil {
					return
				}
				if fault.KindOf(err) != fault.Conflict {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if b, err := s.Budget(ctx, "lan"); err != nil || len(b.Sends) != 16 || b.Version != 16 {
		t.Errorf("budget %+v, %v; want 16 sends, version 16", b, err)
	}
}

func TestSubscriptions(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	now := time.Now().UTC().Truncate(time.Millisecond)
	sub := func(id string, p people.ID, seen time.Time) reminder.Subscription {
		return reminder.Subscription{ID: id, Person: p, Device: "Chrome", Endpoint: "https://x/" + id, CreatedAt: seen, LastSeenAt: seen, ExpiresAt: seen.Add(time.Hour), Session: "s"}
	}
	for _, x := range []reminder.Subscription{sub("1", "lan", now), sub("2", "lan", now.Add(time.Minute)), sub("1", "lan", now.Add(time.Hour)), sub("3", "mai", now)} {
		if err := s.PutSubscription(ctx, x); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Subscriptions(ctx, "lan")
	want := []reminder.Subscription{sub("1", "lan", now.Add(time.Hour)), sub("2", "lan", now.Add(time.Minute))}
	want[0].CreatedAt = now
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("of lan: %+v, %v; want %+v", got, err, want)
	}
	for _, tt := range []struct {
		p    people.ID
		id   string
		want bool
	}{{"mai", "1", false}, {"lan", "1", true}, {"lan", "1", false}} {
		if there, err := s.DeleteSubscription(ctx, tt.p, tt.id); err != nil || there != tt.want {
			t.Errorf("%s deletes %s: %v, %v; want %v", tt.p, tt.id, there, err, tt.want)
		}
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := s.PutSubscription(ctx, sub("9", "lan", now)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := s.Subscriptions(ctx, "lan"); err != nil || len(got) != 2 {
		t.Errorf("after sixteen upserts of one: %d, %v; want 2", len(got), err)
	}
}
