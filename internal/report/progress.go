package report

import (
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// Progress is how far one person is with a campaign.
type Progress struct {
	Person     people.ID
	AssignedAt time.Time // of the first thing
	Started    bool
	DoneAt     time.Time // of the last thing; zero: not everything is done
	OnTime     bool      // everything, each before it was due
}

// Progress returns everybody whose account is open and who has something to do for a
// campaign, in no order. It is for work of the program itself: no actor is asked.
func (s *Service) Progress(id campaign.ID) (out []Progress, err error) {
	err = s.view(func(m *model) error {
		c, ok := m.campAt[string(id)]
		if !ok {
			return nil
		}
		at := map[uint32]int{}
		for r := range m.rows.person {
			p := m.rows.person[r]
			if m.rows.state[r] == closed || !m.people[p].active || !slices.Contains(m.sets[m.rows.set[r]], c) {
				continue
			}
			i, seen := at[p]
			if !seen {
				i = len(out)
				at[p] = i
				out = append(out, Progress{Person: m.people[p].id, AssignedAt: time.UnixMilli(m.rows.assigned[r]), OnTime: true, DoneAt: time.UnixMilli(0)})
			}
			x := &out[i]
			if t := time.UnixMilli(m.rows.assigned[r]); t.Before(x.AssignedAt) {
				x.AssignedAt = t
			}
			x.Started = x.Started || m.rows.state[r] != assigned
			done := m.rows.completed[r]
			switch {
			case done == 0:
				x.DoneAt, x.OnTime = time.Time{}, false
			case !x.DoneAt.IsZero() && time.UnixMilli(done).After(x.DoneAt):
				x.DoneAt = time.UnixMilli(done)
			}
			if due := m.rows.due[r]; due != 0 && done > due {
				x.OnTime = false
			}
		}
		return nil
	})
	return out, err
}

// Ratings counts the ratings of what a campaign assigned, and those of four or five stars.
func (s *Service) Ratings(id campaign.ID) (n, satisfied int, err error) {
	err = s.view(func(m *model) error {
		if c, ok := m.campAt[string(id)]; ok {
			for k, x := range m.cells {
				if slices.Contains(m.sets[k.set], c) {
					n, satisfied = n+x.rated, satisfied+x.satisfied
				}
			}
		}
		return nil
	})
	return n, satisfied, err
}
