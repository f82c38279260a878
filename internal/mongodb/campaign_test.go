package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestRoundTripCampaign(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	read := func() (campaign.Campaign, error) { return s.Campaign(ctx, "c") }
	want := filled[campaign.Campaign](0)
	want.ID = "c"
	must(t, s.InsertCampaign(ctx, want))
	same(t, "campaign", ask(t, read), want)
	clock := want
	want = filled[campaign.Campaign](1000)
	want.ID, want.Version = "c", clock.Version
	must(t, s.ReplaceCampaign(ctx, want))
	want.Version++
	want.CreatedAt, want.AdvancedTo, want.LeaseUntil = clock.CreatedAt, clock.AdvancedTo, clock.LeaseUntil // not for ReplaceCampaign to write
	same(t, "campaign replaced", ask(t, read), want)
	must(t, s.ReplaceCampaign(ctx, campaign.Campaign{ID: "c", Version: want.Version}))
	same(t, "campaign emptied", ask(t, read), campaign.Campaign{
		ID: "c", Audience: campaign.Audience{Units: []people.UnitID{}}, Items: []campaign.Item{}, Log: []campaign.Step{},
		CreatedAt: clock.CreatedAt, AdvancedTo: clock.AdvancedTo, LeaseUntil: clock.LeaseUntil, Version: want.Version + 1,
	})
}

func TestQueriesOfCampaigns(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	var newest, live []string
	for i := range 2 * many {
		id := fmt.Sprintf("c%03d", i)
		newest = append([]string{id}, newest...)
		if i%2 == 0 {
			live = append(live, id)
		}
	}
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		return s.InsertCampaign(ctx, campaign.Campaign{ID: campaign.ID(fmt.Sprintf("c%03d", n)), Live: n%2 == 0, Version: 1})
	})
	id := func(c campaign.Campaign) campaign.ID { return c.ID }
	for _, limit := range []int{7, 32, 300} {
		got := pages(t, limit, func(last *campaign.Campaign) ([]campaign.Campaign, error) {
			var before campaign.ID
			if last != nil {
				before = last.ID
			}
			return s.Campaigns(ctx, before, limit)
		})
		same(t, fmt.Sprint("newest first, pages of ", limit), keys(got, id), newest)
	}
	same(t, "live", keys(ask(t, func() ([]campaign.Campaign, error) { return s.LiveCampaigns(ctx) }), id), live)
	_, err := s.Campaign(ctx, "none")
	refused(t, "no campaign", err, fault.NotFound, "campaign_not_found")
	refused(t, "replace none", s.ReplaceCampaign(ctx, campaign.Campaign{ID: "none"}), fault.Conflict, "changed_meanwhile")
	must(t, s.AdvanceCampaign(ctx, "none", moment(0)))
	if err := s.InsertCampaign(ctx, campaign.Campaign{ID: "c007"}); err == nil {
		t.Error("a campaign was inserted twice")
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

// One copy of the program works on a campaign at a time.
func TestRaceLease(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	must(t, s.InsertCampaign(ctx, campaign.Campaign{ID: "c"}))
	for round := range 4 { // each lease has run out when the next is asked for
		var won tally
		together(func(int) {
			ok, err := s.LeaseCampaign(ctx, "c", moment(round), moment(round+1))
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.add("leased")
			}
		})
		won.once(t, fmt.Sprint("round ", round), []string{"leased"})
	}
	if ok, err := s.LeaseCampaign(ctx, "none", moment(0), moment(1)); ok || err != nil {
		t.Errorf("lease of nothing: %v, %v", ok, err)
	}
	must(t, s.AdvanceCampaign(ctx, "c", time.Time{})) // gives it back before its time
	if ok, err := s.LeaseCampaign(ctx, "c", moment(0), moment(1)); !ok || err != nil {
		t.Errorf("lease of what was given back: %v, %v", ok, err)
	}
}
