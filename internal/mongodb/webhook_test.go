package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/webhook"
)

func TestWebhooks(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Webhooks()
	e := filled[webhook.Endpoint](0)
	e.ID, e.Version = "e1", 1
	other := filled[webhook.Endpoint](500)
	other.ID, other.Version = "e0", 1
	must(t, s.InsertEndpoint(ctx, e))
	must(t, s.InsertEndpoint(ctx, other))
	same(t, "endpoint", ask(t, func() (webhook.Endpoint, error) { return s.Endpoint(ctx, "e1") }), e)
	same(t, "endpoints", ask(t, func() ([]webhook.Endpoint, error) { return s.Endpoints(ctx) }), []webhook.Endpoint{other, e})
	must(t, s.ReplaceEndpoint(ctx, e))
	if err := s.ReplaceEndpoint(ctx, e); fault.KindOf(err) != fault.Conflict {
		t.Errorf("replace an old version: %v", err)
	}

	now := moment(0)
	made := func(i int) webhook.Delivery {
		d := filled[webhook.Delivery](i * 50)
		at := now.Add(time.Duration(i) * time.Second)
		d.ID, d.Endpoint, d.State, d.DueAt, d.CreatedAt, d.ExpiresAt, d.Fence = fmt.Sprintf("e1:%03d", i), "e1", webhook.Waiting, at, at, moment(100000), 0
		return d
	}
	spread(t, many, func(i int) error { return s.InsertDeliveries(ctx, []webhook.Delivery{made(i)}) })
	changed := made(3)
	changed.Event = "another"
	must(t, s.InsertDeliveries(ctx, []webhook.Delivery{changed})) // the first one stays
	same(t, "delivery", ask(t, func() (webhook.Delivery, error) { return s.Delivery(ctx, "e1:003") }), made(3))
	if _, ok, err := s.ClaimDelivery(ctx, "e0", moment(90000), now); ok || err != nil {
		t.Errorf("claim for another endpoint: %v, %v", ok, err)
	}
	lease := now.Add(500 * time.Millisecond)
	got, ok, err := s.ClaimDelivery(ctx, "e1", now, lease)
	want := made(0)
	want.DueAt, want.Fence = lease, 1
	if err != nil || !ok {
		t.Fatalf("claim: %v, %v", ok, err)
	}
	same(t, "claimed", got, want)
	if _, ok, err := s.ClaimDelivery(ctx, "e1", now, lease); ok || err != nil {
		t.Errorf("claimed twice: %v, %v", ok, err)
	}
	again, ok, err := s.ClaimDelivery(ctx, "e1", lease, lease.Add(time.Hour))
	if err != nil || !ok || again.ID != got.ID || again.Fence != 2 {
		t.Fatalf("claim after the lease: %+v, %v, %v", again, ok, err)
	}
	if err := s.SettleDelivery(ctx, got); fault.KindOf(err) != fault.Conflict {
		t.Errorf("settle with an old fence: %v", err)
	}
	again.State = webhook.Sent
	must(t, s.SettleDelivery(ctx, again))
	page := ask(t, func() ([]webhook.Delivery, error) { return s.Deliveries(ctx, "e1", now.Add(10*time.Second), 3) })
	if len(page) != 3 || page[0].ID != "e1:009" || page[2].ID != "e1:007" {
		t.Errorf("page %v", page)
	}
	must(t, s.ErasePerson(ctx, made(5).Person))
	if _, err := s.Delivery(ctx, "e1:005"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("erased, and there: %v", err)
	}
	must(t, s.RemoveEndpoint(ctx, "e1"))
	if left := ask(t, func() ([]webhook.Delivery, error) { return s.Deliveries(ctx, "e1", time.Time{}, 10) }); len(left) > 0 {
		t.Errorf("removed, and %d deliveries there", len(left))
	}
}
