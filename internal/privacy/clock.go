package privacy

import (
	"time"

	"hocso/internal/campaign"
)

// Clocks say in how much time requests are answered and done. An organisation sets
// them as its lawyers say.
type Clocks struct {
	AnswerWorkingDays int // until the first answer, not counting the day of the request, weekends and holidays
	DoneDays          int // until it is done, in days of the calendar
	ThirdPartyDays    int // the same where somebody else has to do something
	ExtensionDays     int // what is added once
}

// UsualClocks are the ones to begin with.
func UsualClocks() Clocks {
	return Clocks{AnswerWorkingDays: 2, DoneDays: 15, ThirdPartyDays: 20, ExtensionDays: 15}
}

// Due returns the last moments for the first answer to a request and for its end.
func (c Clocks) Due(cal campaign.Calendar, r Request) (answerBy, doneBy time.Time) {
	days := c.DoneDays
	if r.ThirdParty {
		days = c.ThirdPartyDays
	}
	if r.Extended {
		days += c.ExtensionDays
	}
	y, m, d := r.At.In(cal.Zone).Date()
	doneBy = time.Date(y, m, d+days+1, 0, 0, 0, 0, cal.Zone).Add(-time.Millisecond).UTC()
	return cal.AfterWorkingDays(r.At, c.AnswerWorkingDays), doneBy
}

// Urgency says how near the next moment of a request is.
type Urgency string

// The urgencies, the most urgent first.
const (
	Overdue  Urgency = "overdue"
	DueToday Urgency = "today"
	DueSoon  Urgency = "soon" // within the next two days
	InTime   Urgency = "in_time"
	Over     Urgency = "over" // nothing is due any more
)

// Next returns what is due next of a request, and how urgent that is at now.
func (c Clocks) Next(cal campaign.Calendar, r Request, now time.Time) (time.Time, Urgency) {
	answerBy, doneBy := c.Due(cal, r)
	next := doneBy
	if r.State == Received && answerBy.Before(doneBy) {
		next = answerBy
	}
	left := next.Sub(now)
	switch {
	case !r.Open():
		return time.Time{}, Over
	case left < 0:
		return next, Overdue
	case next.In(cal.Zone).Format(campaign.Day) == now.In(cal.Zone).Format(campaign.Day):
		return next, DueToday
	case left <= 3*24*time.Hour: // ends of days: today and two more
		return next, DueSoon
	}
	return next, InTime
}
