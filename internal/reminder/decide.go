package reminder

import (
	"cmp"
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
	Policy    Policy // of the campaign
	HeldOut   bool   // the person is one of those whom the campaign does not remind
	Calendar  campaign.Calendar
	LearnedAt time.Time // when the person last learned something
	Sends     []Send    // to the person lately, also this one if it was begun before
	Devices   int       // live subscriptions of the person
	Mail      bool      // there is a mail server
	Bounced   bool      // the address of the person takes no mail
	Seen      bool      // the push that a mail follows was seen
	Snoozed   bool      // or put off
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
	learnPause = time.Hour        // none so soon after the person's own learning
	sendPause  = 3 * time.Hour    // none so soon after another, whatever the channel
	pausePause = 30 * time.Minute // how often a paused campaign is looked at
	busyPause  = time.Minute      // while another message to the person is on its way
)

// perWeek is how many messages go by a channel in seven days, over all campaigns.
func perWeek(channel string) int {
	if channel == Email {
		return 2
	}
	return 3
}

// Decide says what to do with d at now. It is decided when it is sent, not when it
// was planned: whoever has just finished gets no reminder. Caps hold over all
// campaigns, quiet hours whatever else is true; past NotAfter nothing goes out late.
// Caps do not count for a step that the person put off: they asked for it.
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
	case !f.Enrolment.Open(), released(f.Enrolment, d.Campaign), f.Person.Status.Ended(), f.Campaign == campaign.Cancelled, f.Campaign == campaign.Completed:
		return drop(ReasonClosed)
	case carrier(f.Sends, d.ID) != "":
		return drop(ReasonMerged)
	case now.After(d.NotAfter) && d.Tries > 0:
		return drop(ReasonFailed)
	case now.After(d.NotAfter):
		return drop(ReasonExpired)
	case f.Campaign == campaign.Paused:
		return wait(now.Add(pausePause), ReasonPaused)
	case f.HeldOut:
		return drop(ReasonHeldOut)
	}
	if r := unreachable(d, f); r != "" {
		return drop(r)
	}
	switch {
	case !w.open(now):
		return wait(w.next(now), ReasonQuiet)
	case now.Sub(f.LearnedAt) < learnPause:
		return wait(f.LearnedAt.Add(learnPause), ReasonQuiet)
	}
	week := 0
	for _, s := range f.Sends {
		same := cmp.Or(s.Channel, Push) == d.Channel
		switch {
		case s.Delivery == d.ID:
		case w.sameDay(s.At, now) && !s.Done:
			return wait(now.Add(busyPause), ReasonCapped)
		case d.Snooze > 0:
		case same && w.sameDay(s.At, now):
			return drop(ReasonCapped)
		case now.Sub(s.At) < sendPause:
			return wait(s.At.Add(sendPause), ReasonCapped)
		case same && now.Sub(s.At) < aWeek:
			week++
		}
	}
	if week >= perWeek(d.Channel) && d.Snooze == 0 {
		return drop(ReasonCapped)
	}
	return Decision{Action: SendNow}
}

// released reports whether an enrolment does not stand for the campaign any more: its learner chose another course.
func released(e learning.Enrolment, campaign string) bool {
	return !slices.Contains(e.Campaigns, campaign)
}

// unreachable says why the channel of d does not lead to the person, or need not.
func unreachable(d Delivery, f Facts) Reason {
	switch {
	case d.Channel == Push && f.Devices == 0:
		return ReasonNoSubscription
	case d.Channel != Email:
		return ""
	case f.Snoozed:
		return ReasonSnoozed
	case f.Seen:
		return ReasonSeen
	case !f.Mail || f.Person.Email == "":
		return ReasonNoMail
	case f.Person.Settings.NoMail:
		return ReasonOptedOut
	case f.Bounced:
		return ReasonBounced
	}
	return ""
}
