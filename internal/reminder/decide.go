package reminder

import (
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// Facts are what a delivery is judged by at the moment of sending.
type Facts struct {
	Enrolment learning.Enrolment
	Person    people.Person
	Campaign  campaign.State
	Calendar  campaign.Calendar
	Sends     []Send // to the person lately, also this one if it was begun before
	Devices   int    // live subscriptions of the person
}

// Action is what to do with a delivery.
type Action string

// The actions.
const (
	SendNow Action = "send"
	Wait    Action = "wait"
	Drop    Action = "drop"
)

// Decision is an action, until when to wait, and why.
type Decision struct {
	Action Action
	Until  time.Time // of Wait
	Reason Reason    // of Drop, and of a Wait that would become one
}

const (
	aWeek      = 7 * 24 * time.Hour
	perWeek    = 3                // pushes in seven days, over all campaigns
	learnPause = time.Hour        // none so soon after the person's own learning
	pausePause = 30 * time.Minute // how often a paused campaign is looked at
	busyPause  = time.Minute      // while another push to the person is on its way
)

// Decide says what to do with d at now. It is decided when it is sent, not when it
// was planned: whoever has just finished gets no reminder. Caps hold over all
// campaigns, quiet hours whatever else is true; past NotAfter nothing goes out late.
func Decide(d Delivery, f Facts, now time.Time) Decision {
	drop := func(r Reason) Decision { return Decision{Action: Drop, Reason: r} }
	wait := func(until time.Time, r Reason) Decision {
		if until.After(d.NotAfter) {
			return drop(r)
		}
		return Decision{Action: Wait, Until: until, Reason: r}
	}
	w := windowOf(f.Person, f.Calendar)
	switch {
	case f.Enrolment.State == learning.Completed:
		return drop(ReasonDoneBefore)
	case !f.Enrolment.Open(), f.Person.Status.Ended(), f.Campaign == campaign.Cancelled, f.Campaign == campaign.Completed:
		return drop(ReasonClosed)
	case slices.ContainsFunc(f.Sends, func(s Send) bool { return s.Done && slices.Contains(s.With, d.ID) }):
		return drop(ReasonMerged)
	case now.After(d.NotAfter) && d.Tries > 0:
		return drop(ReasonFailed)
	case now.After(d.NotAfter):
		return drop(ReasonExpired)
	case f.Campaign == campaign.Paused:
		return wait(now.Add(pausePause), ReasonPaused)
	case f.Devices == 0:
		return drop(ReasonNoSubscription)
	case !w.open(now):
		return wait(w.next(now), ReasonQuiet)
	case f.Enrolment.State == learning.Started && now.Sub(f.Enrolment.ChangedAt) < learnPause:
		return wait(f.Enrolment.ChangedAt.Add(learnPause), ReasonQuiet)
	}
	week := 0
	for _, s := range f.Sends {
		switch {
		case s.Delivery == d.ID:
		case w.sameDay(s.At, now) && !s.Done:
			return wait(now.Add(busyPause), ReasonCapped)
		case w.sameDay(s.At, now):
			return drop(ReasonCapped)
		case now.Sub(s.At) < aWeek:
			week++
		}
	}
	if week >= perWeek {
		return drop(ReasonCapped)
	}
	return Decision{Action: SendNow}
}
