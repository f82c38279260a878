// Package measure tells what a campaign has achieved. Each figure is a share of people or
// of messages by the formula beside it, with what is not known about it.
package measure

import (
	"context"
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/stat"
)

// fewest is how many ratings there must be before any number about them is shown.
const fewest = 5

// within is how soon after a reminder a completion counts as its yield.
const within = 24 * time.Hour

// Share is N of Of, with its interval of 95 per cent (Wilson), from 0 to 1.
type Share struct {
	N    int     `json:"n"`
	Of   int     `json:"of"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func share(n, of int) Share {
	low, high := stat.Wilson(n, of)
	return Share{n, of, low, high}
}

// Yield compares those who were reminded with those who were held out to compare with.
type Yield struct {
	Reminded   Share   `json:"reminded"` // reminders after which the person had done everything within 24 hours
	HeldOut    Share   `json:"heldOut"`  // the same of moments in which a reminder was held back
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"` // of the difference, 95 per cent (Newcombe)
	High       float64 `json:"high"`
}

// Day is how far everybody was at the end of a day of the organisation's zone.
type Day struct {
	On        string `json:"on"` // yyyy-mm-dd
	Completed int    `json:"completed"`
	Sent      int    `json:"sent"` // reminders on that day
}

// Measures are the figures of a campaign.
type Measures struct {
	AsOf         time.Time `json:"asOf"`
	People       int       `json:"people"`       // have something to do for it, and their account is open
	Reach        Share     `json:"reach"`        // used the app since it was assigned, or opened a message about it
	Start        Share     `json:"start"`        // began something
	Completion   Share     `json:"completion"`   // did everything
	OnTime       Share     `json:"onTime"`       // of them, each thing before it was due
	MedianHours  *float64  `json:"medianHours"`  // from being assigned to having done everything, of those not done too (Kaplan–Meier); nil: fewer than half are done
	PushReach    Share     `json:"pushReach"`    // have a device that accepts push
	Sent         int       `json:"sent"`         // reminders, on every channel
	Yield        *Yield    `json:"yield"`        // nil: nobody was reminded, or nobody held out
	Nuisance     *Nuisance `json:"nuisance"`     // nil: the organisation sent no reminder in its days
	Satisfaction *Share    `json:"satisfaction"` // ratings of four or five stars; nil: fewer than five
	UnitsOK      Share     `json:"unitsOk"`      // units led by somebody of their own that reach the target of completion
	Days         []Day     `json:"days"`
}

// Reports knows who is how far. *report.Service is one.
type Reports interface {
	Progress(id campaign.ID) ([]report.Progress, error)
	Standings(id campaign.ID) ([]report.Standing, error)
	// Ratings counts the ratings of what a campaign assigned, and those of four or five stars.
	Ratings(id campaign.ID) (n, satisfied int, err error)
}

// Reminders knows what was sent. Its store is one.
type Reminders interface {
	// EachDelivery calls f for every delivery of a campaign.
	EachDelivery(ctx context.Context, id campaign.ID, f func(reminder.Delivery) error) error
	// Subscribers returns which of ps have a device that accepts push.
	Subscribers(ctx context.Context, ps []people.ID) (map[people.ID]bool, error)
	// CountSent counts the reminders of all campaigns that went out from one moment to before another.
	CountSent(ctx context.Context, from, before time.Time) (int, error)
	// TurnedOff counts how often people turned reminders off, from one day (yyyy-mm-dd) to another.
	TurnedOff(ctx context.Context, from, until string) (int, error)
}

// People knows who leads units and who uses the app. *people.Service is one.
type People interface {
	// PeopleByID returns those of ids that are there, in no order.
	PeopleByID(ctx context.Context, ids []people.ID) ([]people.Person, error)
	Units(ctx context.Context) ([]people.Unit, error)
	AnsweringFor(ctx context.Context, units []people.Unit) (map[people.UnitID]people.Answering, error)
}

// Service measures. Every field is needed.
type Service struct {
	Reports   Reports
	Reminders Reminders
	People    People
	Kept      func() time.Duration // how long the ledger of reminders is kept
	Zone      *time.Location
	Now       func() time.Time
}

// Of measures a campaign. The caller has checked that the actor may see it.
func (s *Service) Of(ctx context.Context, c campaign.Campaign) (Measures, error) {
	now := s.Now()
	m := Measures{AsOf: now}
	everybody, err := s.Reports.Progress(c.ID)
	if err != nil {
		return m, err
	}
	ids := make([]people.ID, len(everybody))
	by := make(map[people.ID]report.Progress, len(everybody))
	for i, p := range everybody {
		ids[i], by[p.Person] = p.Person, p
	}
	seen, err := s.lastSeen(ctx, ids)
	if err != nil {
		return m, err
	}
	subscribed, err := s.Reminders.Subscribers(ctx, ids)
	if err != nil {
		return m, err
	}
	sent, err := s.sent(ctx, c, by, &m)
	if err != nil {
		return m, err
	}
	s.count(everybody, seen, subscribed, sent, now, &m)
	if m.Nuisance, err = s.nuisance(ctx, c, now); err != nil {
		return m, err
	}
	n, satisfied, err := s.Reports.Ratings(c.ID)
	if err != nil {
		return m, err
	}
	if n >= fewest {
		x := share(satisfied, n)
		m.Satisfaction = &x
	}
	m.Days = s.days(c, everybody, sent, now)
	return m, s.units(ctx, c, &m)
}

// message is one reminder that reached somebody.
type message struct {
	person people.ID
	at     time.Time
	opened bool
}

// sent reads the ledger of the campaign and compares reminders with those held back.
func (s *Service) sent(ctx context.Context, c campaign.Campaign, by map[people.ID]report.Progress, m *Measures) (out []message, err error) {
	var y [2]struct{ done, n int } // reminded, held out
	err = s.Reminders.EachDelivery(ctx, c.ID, func(d reminder.Delivery) error {
		if d.SettledAt == nil {
			return nil
		}
		arm := 0
		switch {
		case d.Reason == reminder.ReasonSent: // not what nobody knows of
			out = append(out, message{d.Person, *d.SettledAt, d.OpenedAt != nil})
		case d.Reason == reminder.ReasonHeldOut:
			arm = 1
		default:
			return nil
		}
		y[arm].n++
		if p, ok := by[d.Person]; ok && p.DoneAt.After(*d.SettledAt) && p.DoneAt.Sub(*d.SettledAt) <= within {
			y[arm].done++
		}
		return nil
	})
	m.Sent = len(out)
	if err == nil && y[0].n > 0 && y[1].n > 0 {
		x := Yield{Reminded: share(y[0].done, y[0].n), HeldOut: share(y[1].done, y[1].n)}
		x.Difference, x.Low, x.High = stat.Difference(y[0].done, y[0].n, y[1].done, y[1].n)
		m.Yield = &x
	}
	return out, err
}

// lastSeen returns when each of ids used the app last; who never did is not there.
func (s *Service) lastSeen(ctx context.Context, ids []people.ID) (map[people.ID]time.Time, error) {
	const page = 500
	seen := make(map[people.ID]time.Time, len(ids))
	for part := range slices.Chunk(ids, page) {
		ps, err := s.People.PeopleByID(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, p := range ps {
			if p.LastSeenAt != nil {
				seen[p.ID] = *p.LastSeenAt
			}
		}
	}
	return seen, nil
}

func (s *Service) count(everybody []report.Progress, seen map[people.ID]time.Time, subscribed map[people.ID]bool, sent []message, now time.Time, m *Measures) {
	opened := map[people.ID]bool{}
	for _, x := range sent {
		opened[x.person] = opened[x.person] || x.opened
	}
	var reached, started, done, onTime, push int
	spans := make([]stat.Span, 0, len(everybody))
	for _, p := range everybody {
		finished := !p.DoneAt.IsZero()
		if p.Started || opened[p.Person] || seen[p.Person].After(p.AssignedAt) {
			reached++
		}
		if p.Started {
			started++
		}
		if subscribed[p.Person] {
			push++
		}
		end := now
		if finished {
			done++
			end = p.DoneAt
			if p.OnTime {
				onTime++
			}
		}
		spans = append(spans, stat.Span{Length: max(0, end.Sub(p.AssignedAt)), Done: finished})
	}
	m.People = len(everybody)
	m.Reach, m.Start, m.Completion = share(reached, m.People), share(started, m.People), share(done, m.People)
	m.OnTime, m.PushReach = share(onTime, done), share(push, m.People)
	if t, ok := stat.Median(spans); ok {
		h := t.Hours()
		m.MedianHours = &h
	}
}

// mostDays is how many days a chart has at most.
const mostDays = 400

// days adds up the days from the start to the end or today.
func (s *Service) days(c campaign.Campaign, everybody []report.Progress, sent []message, now time.Time) []Day {
	days := []Day{}
	if c.StartsAt.IsZero() || now.Before(c.StartsAt) {
		return days
	}
	on := func(t time.Time) string { return t.In(s.Zone).Format(campaign.Day) }
	done, went := map[string]int{}, map[string]int{}
	before := 0
	first := on(c.StartsAt)
	for _, p := range everybody {
		switch d := on(p.DoneAt); {
		case p.DoneAt.IsZero():
		case d < first: // by an earlier campaign, or by themselves
			before++
		default:
			done[d]++
		}
	}
	for _, x := range sent {
		went[on(x.at)]++
	}
	last := on(now)
	if end := on(c.EndsAt); end < last {
		last = end
	}
	y, mo, d := c.StartsAt.In(s.Zone).Date()
	sum := before
	for i := range mostDays {
		day := time.Date(y, mo, d+i, 12, 0, 0, 0, s.Zone).Format(campaign.Day)
		if day > last {
			break
		}
		sum += done[day]
		days = append(days, Day{day, sum, went[day]})
	}
	return days
}

// units counts the units led by somebody of their own that reach the target.
func (s *Service) units(ctx context.Context, c campaign.Campaign, m *Measures) error {
	standings, err := s.Reports.Standings(c.ID)
	if err != nil {
		return err
	}
	units, err := s.People.Units(ctx)
	if err != nil {
		return err
	}
	units = slices.DeleteFunc(slices.Clone(units), func(u people.Unit) bool {
		return !slices.ContainsFunc(standings, func(x report.Standing) bool { return x.Unit == u.ID })
	})
	answering, err := s.People.AnsweringFor(ctx, units)
	if err != nil {
		return err
	}
	ok, all := 0, 0
	for _, x := range standings {
		if answering[x.Unit].Unit != x.Unit {
			continue
		}
		all++
		if x.Completed*100 >= x.People*c.Targets.Completion {
			ok++
		}
	}
	m.UnitsOK = share(ok, all)
	return nil
}
