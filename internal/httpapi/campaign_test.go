package httpapi

import (
	"context"
	"testing"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// second is an administrator who writes no campaigns.
func second() people.Actor { return people.Actor{ID: "second", Grants: people.Console().Grants} }

// draftCampaign makes a draft; a plan without a goal gets its name as one.
func draftCampaign(t testing.TB, s *campaign.Service, p campaign.Plan) campaign.Campaign {
	t.Helper()
	if p.Goal == (people.Text{}) {
		p.Goal = p.Name
	}
	c, err := s.Create(context.Background(), people.Console(), p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bring does to a campaign what leads from a draft to a state, with a second person who approves.
func bring(t testing.TB, s *campaign.Service, id campaign.ID, verbs ...campaign.Verb) campaign.Campaign {
	t.Helper()
	var c campaign.Campaign
	for _, v := range verbs {
		who := people.Console()
		if v == campaign.Approve {
			who = second()
		}
		var err error
		if c, err = s.Change(context.Background(), who, id, v, campaign.Word{Hash: c.Hash}); err != nil {
			t.Fatal(v, err)
		}
	}
	return c
}

// begin brings a draft to where it is scheduled.
func begin(t testing.TB, s *campaign.Service, id campaign.ID) campaign.Campaign {
	t.Helper()
	return bring(t, s, id, campaign.Submit, campaign.Approve, campaign.Schedule)
}
