package reminder

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// StepAsked is the step of a reminder that who answers for a unit asked for.
const StepAsked = "ask"

// askSpread is how far apart those go out who are asked at once.
const askSpread = 15 * time.Minute

// Ask plans a reminder of each of some open duties for the next working hour of its
// person, on the first channel of the campaign, at most once a day for a duty. It is
// decided when it is sent, like every other: caps, quiet hours and what was done
// meanwhile count. It returns how many people are reminded who were not yet today.
func (s *Service) Ask(ctx context.Context, c campaign.Campaign, duties []learning.EnrolmentID, now time.Time) (int, error) {
	channel := policyOf(c).first()
	if channel == "" {
		return 0, fault.New(fault.Conflict, "no_channel", "the campaign reminds nobody")
	}
	step := StepAsked + now.In(s.Calendar.Zone).Format("20060102")
	var ds []Delivery
	for _, id := range duties {
		e, err := s.Enrolments.Enrolment(ctx, id)
		if isKind(err, fault.NotFound) || err == nil && !e.Open() {
			continue
		}
		if err != nil {
			return 0, err
		}
		p, err := s.People.Person(ctx, e.Person)
		if err != nil {
			return 0, err
		}
		w := windowOf(p, s.Calendar)
		sum := sha256.Sum256([]byte(step + string(p.ID)))
		moment := w.next(now.Add(time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(askSpread))).Truncate(time.Millisecond))
		x := newDelivery(deliveryID(c.ID, e, step, 0, channel), moment, w.end(moment))
		x.Campaign, x.Person, x.Enrolment, x.Step, x.Channel = string(c.ID), p.ID, e.ID, StepAsked, channel
		if s.Kept != nil {
			x.ExpiresAt = x.NotBefore.Add(s.Kept())
		}
		ds = append(ds, x)
	}
	inserted, err := s.Store.InsertDeliveries(ctx, ds)
	if err != nil {
		return 0, fmt.Errorf("ask for reminders: %w", err)
	}
	slices.Sort(inserted)
	asked := map[people.ID]bool{}
	for _, d := range ds {
		if _, isNew := slices.BinarySearch(inserted, d.ID); isNew {
			asked[d.Person] = true
		}
	}
	return len(asked), nil
}
