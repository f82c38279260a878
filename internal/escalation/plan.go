package escalation

import (
	"fmt"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/report"
)

const kept = 400 * 24 * time.Hour

// chart is who answers for what today.
type chart struct {
	units     map[people.UnitID]people.Unit
	answering map[people.UnitID]people.Answering
}

// leads returns the head or deputy of the unit itself.
func (c chart) leads(u people.UnitID) (people.ID, bool) {
	a, ok := c.answering[u]
	return a.ID, ok && a.Unit == u
}

// above returns who answers for u and is the n-th different person over its own head.
func (c chart) above(u people.UnitID, n int) (people.ID, bool) {
	at, last := u, c.answering[u].ID
	for n > 0 {
		a, ok := c.answering[c.units[at].Parent]
		if !ok || c.units[at].Parent == "" {
			return "", false
		}
		if a.ID != last {
			last = a.ID
			n--
		}
		at = a.Unit
	}
	return last, true
}

// Plan returns what the steps of c say on the day of now about units that are behind. A
// step speaks on its day and the working day after it, in case nobody was there to
// speak; its key keeps it to once. Before the due day a step on a day off is moved to the
// working day before, later to the one after. Units that nobody leads are part of the
// unit above. Who is asked above a head for the second time is the next head up; where
// there is nobody above, the campaign's owner is told.
func Plan(c campaign.Campaign, standings []report.Standing, who chart, cal campaign.Calendar, now time.Time) []Escalation {
	var out []Escalation
	up := 0
	for _, s := range c.Escalation {
		if s.To == campaign.ToParent {
			up++
		}
		if !today(c.DueAt, s.Day, cal, now) {
			continue
		}
		goal := s.Below
		if goal == 0 {
			goal = c.Targets.Completion
		}
		for _, st := range standings {
			head, led := who.leads(st.Unit)
			if !led || !Behind(st, goal) {
				continue
			}
			told := head
			switch s.To {
			case campaign.ToOwner:
				told = c.Owner
			case campaign.ToParent:
				var ok bool
				if told, ok = who.above(st.Unit, up); !ok {
					told = c.Owner
				}
			}
			step := fmt.Sprintf("d%+d", s.Day)
			out = append(out, Escalation{
				ID: fmt.Sprintf("%s:%s:%s:%s", c.ID, step, s.To, st.Unit), Campaign: c.ID, Step: step, To: s.To, Unit: st.Unit, Person: told,
				At: now, People: st.People, Completed: st.Completed, Goal: goal,
				Digest: digestID(told, now, cal), ExpiresAt: now.Add(kept),
			})
		}
	}
	return out
}

// today reports whether a step, days from due, speaks on the day of now.
func today(due time.Time, days int, cal campaign.Calendar, now time.Time) bool {
	y, m, d := due.In(cal.Zone).Date()
	day, direction := time.Date(y, m, d+days, 0, 0, 0, 0, cal.Zone), 1
	if days < 0 {
		direction = -1
	}
	for i := 0; cal.Closed(day) && i < 60; i++ {
		day = day.AddDate(0, 0, direction)
	}
	return !now.Before(day) && !now.After(cal.AfterWorkingDays(day, 1))
}

// digestID names the letter of a person and a day.
func digestID(p people.ID, now time.Time, cal campaign.Calendar) string {
	return "escalation:" + string(p) + ":" + now.In(cal.Zone).Format(campaign.Day)
}
