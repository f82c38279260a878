package measure

import (
	"context"
	"time"

	"hocso/internal/campaign"
)

// Nuisance is how often people turned reminders off for a thousand that were sent. Who did
// so is not written down, so it is told of the whole organisation and all campaigns.
type Nuisance struct {
	Off         int     `json:"off"`  // times: mail, or push on a device, in the app or by taking its permission back
	Sent        int     `json:"sent"` // reminders, on every channel
	PerThousand float64 `json:"perThousand"`
	From        string  `json:"from"`  // yyyy-mm-dd: the first day of the campaign, or of the ledger if that is later
	Until       string  `json:"until"` // yyyy-mm-dd: its last day or today
}

// nuisance counts the days of a campaign; nil if nothing was sent on them.
func (s *Service) nuisance(ctx context.Context, c campaign.Campaign, now time.Time) (*Nuisance, error) {
	from, until := c.StartsAt, now
	if c.EndsAt.Before(until) {
		until = c.EndsAt
	}
	if first := now.Add(-s.Kept()); from.Before(first) { // older reminders are not counted any more, so no older refusals
		y, m, d := first.In(s.Zone).Date()
		from = time.Date(y, m, d+1, 0, 0, 0, 0, s.Zone)
	}
	if c.StartsAt.IsZero() || until.Before(from) {
		return nil, nil
	}
	on := func(t time.Time) string { return t.In(s.Zone).Format(campaign.Day) }
	y, m, d := from.In(s.Zone).Date()
	dawn := time.Date(y, m, d, 0, 0, 0, 0, s.Zone)
	y, m, d = until.In(s.Zone).Date()
	sent, err := s.Reminders.CountSent(ctx, dawn, time.Date(y, m, d+1, 0, 0, 0, 0, s.Zone))
	if err != nil || sent == 0 {
		return nil, err
	}
	off, err := s.Reminders.TurnedOff(ctx, on(from), on(until))
	if err != nil {
		return nil, err
	}
	return &Nuisance{off, sent, float64(off) * 1000 / float64(sent), on(from), on(until)}, nil
}
