package app

import (
	"slices"
	"testing"
	"time"

	"hocso/internal/audit"
	"hocso/internal/campaign"
	"hocso/internal/people"
)

// What the clock does to a campaign is in the trail, by nobody but the program.
func TestCampaignsInTheTrail(t *testing.T) {
	x, clock := plantAt(t)
	ctx := t.Context()
	plan := campaign.Plan{
		Name: people.Text{Vi: "Chống lừa đảo", En: "Against scams"}, Audience: campaign.Audience{Units: []people.UnitID{}}, Items: []campaign.Item{},
		StartsOn: clock.Format(campaign.Day), DueOn: clock.AddDate(0, 0, 7).Format(campaign.Day), Recurrence: 3,
	}
	c := campaign.Campaign{
		ID: campaign.ID(newID()), Plan: plan, State: campaign.Scheduled, Live: true, Hash: plan.Seal(), Approvals: []campaign.Approval{{Hash: plan.Seal()}},
		StartsAt: clock.Add(time.Hour), DueAt: clock.AddDate(0, 0, 7), EndsAt: clock.AddDate(0, 0, 9), Version: 1,
	}
	broken := c
	broken.ID, broken.Goal.Vi = campaign.ID(newID()), "khác với bản đã duyệt"
	for _, c := range []campaign.Campaign{c, broken} {
		if err := x.db.Campaigns().InsertCampaign(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	for _, after := range []time.Duration{0, 2 * time.Hour, 8 * 24 * time.Hour, 10 * 24 * time.Hour} {
		for range 2 { // doing it again says nothing again
			if err := x.campaigns.Advance(ctx, clock.Add(after)); err != nil {
				t.Fatal(err)
			}
		}
	}
	said := func(id campaign.ID) (actions []audit.Action) {
		t.Helper()
		es, err := x.db.Audit().Find(ctx, audit.Query{Object: audit.Object{Kind: "campaign", ID: string(id)}, Outcome: audit.Done, Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if e.Actor != "" || e.Command != "serve" {
				t.Errorf("%s by %q of %q", e.Action, e.Actor, e.Command)
			}
			actions = append(actions, e.Action)
		}
		slices.Reverse(actions)
		return actions
	}
	if got := said(c.ID); !slices.Equal(got, []audit.Action{"campaign_started", "campaign_due", "campaign_completed"}) {
		t.Errorf("of the campaign: %v", got)
	}
	if got := said(broken.ID); !slices.Equal(got, []audit.Action{"campaign_seal_broken"}) {
		t.Errorf("of what was not approved: %v", got)
	}
	now, err := x.db.Campaigns().Campaign(ctx, c.ID)
	if err != nil || now.Next == "" {
		t.Fatalf("the next occurrence is %q, %v", now.Next, err)
	}
	if got := said(now.Next); !slices.Equal(got, []audit.Action{"campaign_recurred"}) {
		t.Errorf("of the next occurrence: %v", got)
	}
}

// A survey and an announcement of a campaign are asked of its audience while it runs.
func TestInCampaign(t *testing.T) {
	x := plant(t, nowMillis)
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, now := t.Context(), nowMillis()
	items := []campaign.Item{{Kind: campaign.Survey, ID: "s"}, {Kind: campaign.Announcement, ID: "n", OpensAfter: campaign.Opening{Days: 2}}}
	c := campaign.Campaign{
		ID: campaign.ID(newID()), Plan: campaign.Plan{Audience: campaign.Audience{Units: []people.UnitID{"a"}}, Items: items},
		State: campaign.Running, Live: true, StartsAt: now.Add(-time.Hour), DueAt: now.Add(time.Hour), Version: 1,
	}
	paused := c
	paused.ID, paused.State, paused.Items = campaign.ID(newID()), campaign.Paused, []campaign.Item{{Kind: campaign.Survey, ID: "paused"}}
	for _, c := range []campaign.Campaign{c, paused} {
		if err := x.db.Campaigns().InsertCampaign(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	p, err := x.people.Person(ctx, x.other)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := p
	elsewhere.Unit = "b"
	for _, tt := range []struct {
		name string
		kind campaign.Kind
		id   string
		p    people.Person
		want bool
	}{
		{"its survey", campaign.Survey, "s", p, true},
		{"somebody else", campaign.Survey, "s", elsewhere, false},
		{"another survey", campaign.Survey, "other", p, false},
		{"of another kind", campaign.Announcement, "s", p, false},
		{"not open yet", campaign.Announcement, "n", p, false},
		{"paused", campaign.Survey, "paused", p, false},
	} {
		if got, err := x.inCampaign(ctx, tt.kind, tt.id, tt.p, nil); err != nil || got != tt.want {
			t.Errorf("%s: %t, %v; want %t", tt.name, got, err, tt.want)
		}
	}
}
