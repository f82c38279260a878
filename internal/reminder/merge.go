package reminder

import (
	"context"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
)

// companion is another delivery that one push speaks for.
type companion struct {
	delivery Delivery
	facts    Facts
}

// merge finds what else is due to the person today, so that one push names it all.
func (s *Service) merge(ctx context.Context, campaigns Campaigns, d Delivery, f Facts, who subject, now time.Time) (duties []duty, others []companion, err error) {
	seen := map[learning.EnrolmentID]bool{}
	add := func(e learning.Enrolment) error {
		if seen[e.ID] {
			return nil
		}
		seen[e.ID] = true
		x, err := s.duty(ctx, e)
		duties = append(duties, x)
		return err
	}
	if err := add(f.Enrolment); err != nil {
		return nil, nil, err
	}
	due, err := s.Store.WaitingDeliveries(ctx, d.Person, d.NotAfter)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range due {
		if x.ID == d.ID || x.Channel != d.Channel {
			continue
		}
		g, err := s.facts(ctx, campaigns, x, who)
		if err != nil {
			return nil, nil, err
		}
		if v := Decide(x, g, now); v.Action == Drop || g.Campaign == campaign.Paused {
			continue // it is judged when it is claimed itself
		}
		if err := add(g.Enrolment); err != nil {
			return nil, nil, err
		}
		others = append(others, companion{x, g})
	}
	return duties, others, nil
}

// duty is what a reminder of e speaks of.
func (s *Service) duty(ctx context.Context, e learning.Enrolment) (duty, error) {
	p, err := s.Courses.Version(ctx, e.Course, e.N)
	if err != nil {
		return duty{}, err
	}
	x := duty{course: e.Course, title: p.Summary.Title, minutes: p.Summary.Minutes}
	if e.DueAt != nil {
		x.dueAt = *e.DueAt
	}
	return x, nil
}

// told tells whoever listens, such as a gateway to SMS, that d is due to somebody who has
// no device, or that it went to their devices. It holds nothing up: a failure is logged.
func (s *Service) told(ctx context.Context, d Delivery, f Facts, duties []duty, now time.Time) {
	if s.Due == nil || d.Channel != Push {
		return
	}
	if duties == nil {
		x, err := s.duty(ctx, f.Enrolment)
		if err != nil {
			s.Log.WarnContext(ctx, "tell of a reminder", "delivery", d.Token, "err", err)
			return
		}
		duties = []duty{x}
	}
	text := body(duties, f.Person.Settings.Locale, s.Calendar, now)
	if err := s.Due(ctx, d, f.Person, text, s.PublicURL+"/?delivery="+d.Token); err != nil {
		s.Log.WarnContext(ctx, "tell of a reminder", "delivery", d.Token, "err", err)
	}
}
