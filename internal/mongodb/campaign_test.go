package mongodb_test

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestCampaigns(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	at := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	want := campaign.Campaign{
		ID: "c1", Name: people.Text{Vi: "Tháng 3", En: "March"}, Audience: campaign.Audience{Units: []people.UnitID{"vu-a"}},
		Items: []campaign.Item{{Kind: "course", ID: "phishing"}}, StartsAt: at, DueAt: at, EndsAt: at, Remind: true, Target: 90,
		State: campaign.Running, Owner: "boss", Log: []campaign.Step{{From: campaign.Scheduled, To: campaign.Running, At: at}},
		CreatedAt: at, Version: 1, Live: true,
	}
	if _, err := s.Campaign(ctx, "c1"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before it was stored: %v, want not found", err)
	}
	if err := s.InsertCampaign(ctx, want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Campaign(ctx, "c1")
	if err != nil || !got.AdvancedTo.IsZero() || !got.LeaseUntil.IsZero() {
		t.Fatalf("read back: %+v, %v", got, err)
	}
	got.AdvancedTo, got.LeaseUntil = want.AdvancedTo, want.LeaseUntil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
	for i := 2; i <= 5; i++ {
		c := want
		c.ID, c.Live = campaign.ID(fmt.Sprint("c", i)), i%2 == 0
		if err := s.InsertCampaign(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.Campaigns(ctx, "c4", 2)
	if err != nil || len(page) != 2 || page[0].ID != "c3" || page[1].ID != "c2" {
		t.Errorf("two before c4: %v, %v; want c3, c2", page, err)
	}
	live, err := s.LiveCampaigns(ctx)
	if err != nil || len(live) != 3 || live[0].ID != "c1" || live[2].ID != "c4" {
		t.Errorf("live: %v, %v; want c1, c2, c4", live, err)
	}
}

func TestCampaignLease(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	if err := s.InsertCampaign(ctx, campaign.Campaign{ID: "c1", Version: 1}); err != nil {
		t.Fatal(err)
	}
	lease := func(now time.Time, want bool) {
		t.Helper()
		if ok, err := s.LeaseCampaign(ctx, "c1", now, now.Add(time.Minute)); err != nil || ok != want {
			t.Errorf("lease at %v: %v, %v; want %v", now, ok, err, want)
		}
	}
	lease(now, true)
	lease(now.Add(59*time.Second), false)
	lease(now.Add(60*time.Second), true)
	for _, to := range []time.Time{now, now.Add(-time.Hour), {}} { // never back
		if err := s.AdvanceCampaign(ctx, "c1", to); err != nil {
			t.Fatal(err)
		}
	}
	lease(now.Add(61*time.Second), true)
	if c, err := s.Campaign(ctx, "c1"); err != nil || !c.AdvancedTo.Equal(now) || c.Version != 1 {
		t.Errorf("advanced to %v, version %d, %v; want %v, 1", c.AdvancedTo, c.Version, err, now)
	}
}

// Of sixteen that change the same version one wins, and the clock's fields are left alone.
func TestReplaceCampaignRaces(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	c := campaign.Campaign{ID: "c1", Version: 1}
	if err := s.InsertCampaign(ctx, c); err != nil {
		t.Fatal(err)
	}
	if err := s.AdvanceCampaign(ctx, "c1", now); err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c := c
			c.Target = i
			switch err := s.ReplaceCampaign(ctx, c); {
			case err == nil:
				won.Add(1)
			case fault.KindOf(err) != fault.Conflict:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := s.Campaign(ctx, "c1"); err != nil || won.Load() != 1 || got.Version != 2 || !got.AdvancedTo.Equal(now) {
		t.Errorf("%d winners, version %d, advanced to %v, %v; want 1, 2, %v", won.Load(), got.Version, got.AdvancedTo, err, now)
	}
}
