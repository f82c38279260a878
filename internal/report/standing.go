package report

import (
	"cmp"
	"iter"
	"slices"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// Standing is how far a unit, with everything below it, is with a campaign.
type Standing struct {
	Unit      people.UnitID
	People    int
	Completed int // have done everything
}

// Standings returns every unit in which, or below which, a campaign has people, in the
// order of ids. It is for work of the program itself: no actor is asked.
func (s *Service) Standings(id campaign.ID) (out []Standing, err error) {
	err = s.view(func(m *model) error {
		c, ok := m.campAt[string(id)]
		if !ok {
			return nil
		}
		by := map[people.UnitID]Standing{}
		for k, n := range m.camps {
			if k.campaign != c || n.People == 0 || k.unit == 0 {
				continue
			}
			u := m.units[k.unit]
			for _, up := range append(slices.Clone(u.Path), u.ID) {
				x := by[up]
				by[up] = Standing{up, x.People + n.People, x.Completed + n.Completed}
			}
		}
		for _, x := range by {
			out = append(out, x)
		}
		slices.SortFunc(out, func(a, b Standing) int { return cmp.Compare(a.Unit, b.Unit) })
		return nil
	})
	return out, err
}

// Unfinished returns the names of up to limit people of a unit and below who have not
// done everything in a campaign, by given name, and how many there are in all. It is
// for work of the program itself: no actor is asked.
func (s *Service) Unfinished(id campaign.ID, unit people.UnitID, limit int) (names []string, all int, err error) {
	err = s.view(func(m *model) error {
		var who []uint32
		for r := range m.unfinished(id, unit) {
			who = append(who, m.rows.person[r])
		}
		slices.Sort(who)
		who = slices.Compact(who)
		slices.SortFunc(who, m.before)
		all = len(who)
		for _, p := range who[:min(limit, all)] {
			names = append(names, m.people[p].name)
		}
		return nil
	})
	return names, all, err
}

// OpenDuties returns what people of a unit and below have not done in a campaign. It is for
// work of the program itself: no actor is asked.
func (s *Service) OpenDuties(id campaign.ID, unit people.UnitID) (out []learning.EnrolmentID, err error) {
	err = s.view(func(m *model) error {
		for r := range m.unfinished(id, unit) {
			out = append(out, learning.NewEnrolmentID(m.courses[m.rows.course[r]], m.people[m.rows.person[r]].id, int(m.rows.cycle[r])))
		}
		return nil
	})
	return out, err
}

// HasCompleted reports whether a person has done everything that a campaign asks of them. It is
// for work of the program itself: no actor is asked.
func (s *Service) HasCompleted(id campaign.ID, p people.ID) (yes bool, err error) {
	err = s.view(func(m *model) error {
		c, known := m.campAt[string(id)]
		i, there := m.personAt[p]
		if !known || !there {
			return nil
		}
		for r := m.people[i].first; r >= 0; r = m.rows.next[r] {
			if m.rows.state[r] == closed || !slices.Contains(m.sets[m.rows.set[r]], c) {
				continue
			}
			if yes = m.rows.state[r] == completed; !yes {
				return nil
			}
		}
		return nil
	})
	return yes, err
}

// unfinished yields the open rows of a campaign of people who are in a unit or below.
func (m *model) unfinished(id campaign.ID, unit people.UnitID) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		c, ok := m.campAt[string(id)]
		if !ok {
			return
		}
		for r := range int32(len(m.rows.state)) {
			p := m.people[m.rows.person[r]]
			if m.open(r) && p.active && slices.Contains(m.sets[m.rows.set[r]], c) && below(m.units[p.unit], []people.UnitID{unit}) && !yield(r) {
				return
			}
		}
	}
}
