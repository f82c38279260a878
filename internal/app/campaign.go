package app

import (
	"context"

	"hocso/internal/audit"
	"hocso/internal/campaign"
)

// enterCampaign enters into the trail what the clock does to a campaign: an entry for each step.
func (a *App) enterCampaign(ctx context.Context, c campaign.Campaign, steps []campaign.Step, do func() error) error {
	if len(steps) == 0 {
		return do()
	}
	e := audit.Entry{Command: "serve", Action: clockAction(steps[0]), Object: audit.Object{Kind: "campaign", ID: string(c.ID)}}
	return a.audit.Do(ctx, e, func(*audit.Entry) error { return a.enterCampaign(ctx, c, steps[1:], do) })
}

// clockAction is what the trail calls a step that the clock takes.
func clockAction(s campaign.Step) audit.Action {
	switch s.To {
	case campaign.Scheduled:
		return "campaign_recurred"
	case campaign.Running:
		return "campaign_started"
	case campaign.Closing:
		return "campaign_due"
	case campaign.Draft:
		return "campaign_seal_broken"
	}
	return "campaign_completed"
}
