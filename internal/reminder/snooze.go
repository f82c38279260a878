package reminder

import (
	"context"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// When is until when a reminder is put off.
type When string

// What a person may choose.
const (
	Afternoon When = "afternoon"
	Tomorrow  When = "tomorrow"
)

const mostSnoozes = 2 // of one step

// Snooze puts off the reminder that the actor knows by a token, with all that it spoke
// for, and returns when they are reminded again: a moment of working hours. To repeat it
// changes nothing. fault.NotFound delivery_not_found for a token that is not theirs;
// fault.Conflict not_sent for one that did not go out, snooze_spent after the second time.
func (s *Service) Snooze(ctx context.Context, a people.Actor, token string, when When) (time.Time, error) {
	d, err := s.Answers.DeliveryByToken(ctx, a.ID, token)
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case d.State != Sent:
		return time.Time{}, fault.New(fault.Conflict, "not_sent", "that reminder did not go out")
	case d.Snooze >= mostSnoozes:
		return time.Time{}, fault.New(fault.Conflict, "snooze_spent", "a reminder is put off at most twice")
	}
	p, err := s.People.Person(ctx, a.ID)
	if err != nil {
		return time.Time{}, err
	}
	now, w := s.Now(), windowOf(p, s.Calendar)
	if d, err = s.Answers.SnoozeDelivery(ctx, d.ID, now, w.later(p.ID, now, when)); err != nil {
		return time.Time{}, err
	}
	to := *d.SnoozedTo
	all, err := s.Store.Deliveries(ctx, append([]string{d.ID}, d.With...))
	if err != nil {
		return time.Time{}, err
	}
	var again []Delivery
	for _, o := range all {
		if o.Snooze >= mostSnoozes {
			continue
		}
		e, err := s.Enrolments.Enrolment(ctx, o.Enrolment)
		if isKind(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		x := newDelivery(deliveryID(campaign.ID(o.Campaign), e, o.Step, o.Snooze+1, o.Channel), to, w.end(to))
		x.Campaign, x.Person, x.Enrolment, x.Step, x.Channel, x.Snooze = o.Campaign, o.Person, o.Enrolment, o.Step, o.Channel, o.Snooze+1
		again = append(again, x)
	}
	if len(again) > 0 {
		_, err = s.Store.InsertDeliveries(ctx, again)
	}
	return to, err
}

// later is the moment to which a reminder is put off at now: this afternoon while there
// is enough of it, else the person's moment of the next working day.
func (w window) later(p people.ID, now time.Time, when When) time.Time {
	const earliest, latest, least = 14 * 60, 16*60 + 30, 2 * time.Hour
	day := now.In(w.zone)
	if when == Afternoon && !w.calendar.Closed(day) {
		t := at(day, earliest)
		if soonest := now.Add(least); soonest.After(t) {
			t = soonest
		}
		if !t.After(at(day, latest)) {
			return t.UTC()
		}
	}
	return w.dayAfter(p, at(day, 24*60-1))
}
