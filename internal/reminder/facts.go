package reminder

import (
	"context"
	"slices"
	"sync"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// recent are campaigns that were read a moment ago: what is due at once is of a few.
type recent struct {
	read Campaigns
	now  func() time.Time

	mu sync.Mutex
	by map[campaign.ID]reading
}

type reading struct {
	campaign campaign.Campaign
	at       time.Time
}

const soon = time.Second // a campaign that is paused sends for so long

// Campaign implements Campaigns.
func (r *recent) Campaign(ctx context.Context, id campaign.ID) (campaign.Campaign, error) {
	r.mu.Lock()
	x, ok := r.by[id]
	r.mu.Unlock()
	now := r.now()
	if ok && now.Sub(x.at) < soon {
		return x.campaign, nil
	}
	c, err := r.read.Campaign(ctx, id)
	if err != nil {
		return c, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[id] = reading{c, now}
	return c, nil
}

// subject is whom a delivery is for, as they are at this moment.
type subject struct {
	person     people.Person
	devices    []Subscription
	enrolments []learning.Enrolment // all of them, if the channel leads to the person; else that of the delivery
}

// subject reads again whom d is for.
func (s *Service) subject(ctx context.Context, d Delivery) (x subject, err error) {
	if x.person, err = s.People.Person(ctx, d.Person); err != nil {
		if !isKind(err, fault.NotFound) {
			return x, err
		}
		x.person.Status = people.Closed
	}
	if d.Channel != Email {
		if x.devices, err = s.Subscriptions.Subscriptions(ctx, d.Person); err != nil {
			return x, err
		}
	}
	if len(x.devices) > 0 || d.Channel == Email && s.mailOn() {
		x.enrolments, err = s.Enrolments.EnrolmentsOf(ctx, d.Person)
		return x, err
	}
	e, err := s.Enrolments.Enrolment(ctx, d.Enrolment)
	switch {
	case err == nil:
		x.enrolments = []learning.Enrolment{e}
	case !isKind(err, fault.NotFound):
		return x, err
	}
	return x, nil
}

// facts puts together what d is judged by.
func (s *Service) facts(ctx context.Context, campaigns Campaigns, d Delivery, who subject) (f Facts, err error) {
	f.Calendar, f.Person, f.Devices, f.LearnedAt = s.Calendar, who.person, len(who.devices), learnedAt(who.enrolments)
	f.Enrolment.State = learning.Closed
	if i := slices.IndexFunc(who.enrolments, func(e learning.Enrolment) bool { return e.ID == d.Enrolment }); i >= 0 {
		f.Enrolment = who.enrolments[i]
	}
	c, err := campaigns.Campaign(ctx, campaign.ID(d.Campaign))
	if err != nil && !isKind(err, fault.NotFound) {
		return f, err
	}
	if f.Campaign = c.State; err != nil {
		f.Campaign = campaign.Cancelled
	}
	f.Policy = policyOf(c)
	f.HeldOut = heldOut(campaign.ID(d.Campaign), d.Person, f.Policy.HoldOut)
	if d.Channel == Email {
		return f, s.byMail(ctx, d, &f)
	}
	return f, nil
}

// byMail adds to the facts of d how mail leads to the person, and whether it need not.
func (s *Service) byMail(ctx context.Context, d Delivery, f *Facts) (err error) {
	if f.Mail = s.mailOn(); f.Mail {
		if f.Bounced, err = s.Mail.Bounced(ctx, f.Person.Email); err != nil {
			return err
		}
	}
	if d.After == "" {
		return nil
	}
	before, err := s.Store.Deliveries(ctx, []string{d.After})
	if err != nil || len(before) == 0 || before[0].State != Sent {
		return err
	}
	push, seen := before[0], f.Person.LastSeenAt
	f.Snoozed = push.SnoozedTo != nil
	f.Seen = push.OpenedAt != nil || seen != nil && push.SettledAt != nil && seen.After(*push.SettledAt)
	return nil
}

// learnedAt is when a person last began or completed something.
func learnedAt(es []learning.Enrolment) (at time.Time) {
	for _, e := range es {
		if (e.State == learning.Started || e.State == learning.Completed) && e.ChangedAt.After(at) {
			at = e.ChangedAt
		}
	}
	return at
}
