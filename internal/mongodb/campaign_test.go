package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

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
	empty := campaign.Campaign{
		ID: "c", Authors: []people.ID{}, Approvals: []campaign.Approval{}, Log: []campaign.Step{},
		CreatedAt: clock.CreatedAt, AdvancedTo: clock.AdvancedTo, LeaseUntil: clock.LeaseUntil, Version: want.Version + 1,
	}
	empty.Audience.Units, empty.Items, empty.Channels = []people.UnitID{}, []campaign.Item{}, []campaign.Channel{}
	empty.Reminders.Offsets, empty.Escalation = []int{}, []campaign.EscalationStep{}
	same(t, "campaign emptied", ask(t, read), empty)
	refused(t, "delete what changed", s.DeleteCampaign(ctx, "c", want.Version), fault.Conflict, "changed_meanwhile")
	must(t, s.DeleteCampaign(ctx, "c", want.Version+1))
	_, err := read()
	refused(t, "read what was deleted", err, fault.NotFound, "campaign_not_found")
}

// What was stored before campaigns had a plan that is approved is read as one that was,
// and is stored as such with its next change.
func TestOldCampaignIsRead(t *testing.T) {
	db := mongodbtest.New(t)
	ctx, s := t.Context(), db.Campaigns()
	start := time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC) // midnight in Ha Noi
	due := time.Date(2026, 3, 20, 16, 59, 59, 999e6, time.UTC)
	old := bson.D{
		{Key: "_id", Value: "c"},
		{Key: "name", Value: bson.D{{Key: "vi", Value: "Tháng 3"}, {Key: "en", Value: "March"}}},
		{Key: "audience", Value: bson.D{{Key: "units", Value: bson.A{"a"}}}},
		{Key: "items", Value: bson.A{bson.D{{Key: "kind", Value: "course"}, {Key: "id", Value: "phishing"}}}},
		{Key: "startsAt", Value: start},
		{Key: "dueAt", Value: due},
		{Key: "endsAt", Value: due.Add(30 * 24 * time.Hour)},
		{Key: "remind", Value: true},
		{Key: "target", Value: 77},
		{Key: "state", Value: "scheduled"},
		{Key: "owner", Value: "p"},
		{Key: "log", Value: bson.A{}},
		{Key: "createdAt", Value: start.Add(-time.Hour)},
		{Key: "ver", Value: 4},
		{Key: "live", Value: true},
		{Key: "advancedTo", Value: time.Time{}},
		{Key: "leaseUntil", Value: time.Time{}},
	}
	if _, err := db.Database().Collection("campaigns").InsertOne(ctx, old); err != nil {
		t.Fatal(err)
	}
	read := func() (campaign.Campaign, error) { return s.Campaign(ctx, "c") }
	got := ask(t, read)
	if got.StartsOn != "2026-03-02" || got.DueOn != "2026-03-20" || got.GraceDays != 30 || got.Targets != (campaign.Targets{Completion: 77, Satisfaction: 90}) ||
		!got.Items[0].Required || len(got.Reminders.Offsets) != 6 || got.Hash != got.Seal() || len(got.Approvals) != 1 || got.Approvals[0].Hash != got.Hash || got.Version != 4 {
		t.Errorf("an old campaign is read as %+v", got)
	}
	live := ask(t, func() ([]campaign.Campaign, error) { return s.LiveCampaigns(ctx) })
	same(t, "live", live, []campaign.Campaign{got})
	got.Reminders.Offsets = []int{}
	must(t, s.ReplaceCampaign(ctx, got))
	got.Version++
	same(t, "written again", ask(t, read), got)
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
