package reminder

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hocso/internal/campaign"
)

// settle ends d with a reason, after storing what follows it: the next step, and the
// mail where the push does not lead to the person.
func (s *Service) settle(ctx context.Context, d Delivery, f Facts, why Reason, now time.Time) error {
	if why != ReasonDoneBefore && why != ReasonClosed {
		if d.After == "" && d.Snooze == 0 {
			if err := s.follow(ctx, d, f, now); err != nil {
				return err
			}
		}
		if err := s.fallBack(ctx, d, f, why, now); err != nil {
			return err
		}
	}
	d.State, d.Reason, d.SettledAt = Dropped, why, &now
	if why == ReasonSent || why == ReasonUnsure {
		d.State = Sent
	}
	s.count(string(why))
	return s.Store.SettleDelivery(ctx, d)
}

const unseenFor = 24 * time.Hour // then a mail follows a push

// fallBack stores the mail for a push that reached nobody, or that may not be seen.
func (s *Service) fallBack(ctx context.Context, d Delivery, f Facts, why Reason, now time.Time) error {
	if d.Channel != Push || d.Snooze > 0 || !slices.Contains(f.Policy.Channels, Email) {
		return nil
	}
	at, after := now, d.ID
	switch why {
	case ReasonNoSubscription, ReasonFailed:
	case ReasonSent, ReasonUnsure, ReasonMerged:
		if !s.mailOn() {
			return nil // nothing would follow, and the ledger says what went
		}
		at = now.Add(unseenFor)
		after = cmp.Or(carrier(f.Sends, d.ID), d.ID)
	default:
		return nil
	}
	w := windowOf(f.Person, s.Calendar)
	if !w.open(at) || w.end(at).Sub(at) < time.Hour { // not in its last minutes, and not all at the start of the next day
		at = w.dayAfter(d.Person, at)
	}
	x := newDelivery(deliveryID(campaign.ID(d.Campaign), f.Enrolment, d.Step, 0, Email), at, w.end(at))
	x.Campaign, x.Person, x.Enrolment, x.Step, x.Channel, x.After = d.Campaign, d.Person, d.Enrolment, d.Step, Email, after
	_, err := s.Store.InsertDeliveries(ctx, []Delivery{x})
	return err
}

// wait gives d back to be claimed again at until.
func (s *Service) wait(ctx context.Context, d Delivery, until time.Time) error {
	d.NotBefore, d.LeaseUntil = until, time.Time{}
	return s.Store.SettleDelivery(ctx, d)
}
