package report

import (
	"slices"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Filter says what an answer is about.
type Filter struct {
	Unit     people.UnitID // and everything below it; empty: all that the actor may see
	Campaign string        // empty: all, and what people chose themselves
	Courses  []course.ID   // empty: all
}

// scope is the part of the organisation an answer covers.
type scope struct {
	in   []bool          // by unit index
	tops []people.UnitID // the units at its top, in order of id
	all  bool            // the whole organisation
}

func (c scope) has(unit uint16) bool { return int(unit) < len(c.in) && c.in[unit] }

func notFound() error { return fault.New(fault.NotFound, "unit_not_found", "no such unit") }

// scope cuts f to what a may see. A unit outside is as absent as one that does not exist.
func (m *model) scope(a people.Actor, unit people.UnitID) (scope, error) {
	mine, all := a.Scope(people.TrackCompletion)
	c := scope{in: make([]bool, len(m.units)), all: all && unit == ""}
	switch {
	case unit != "":
		i, ok := m.unitAt[unit]
		if !ok || !m.there(i) || !a.Covers(people.TrackCompletion, unit, m.units[i].Path) {
			return c, notFound()
		}
		c.tops = []people.UnitID{unit}
	case all:
		for i, u := range m.units {
			if m.there(uint16(i)) && u.Parent == "" {
				c.tops = append(c.tops, u.ID)
			}
		}
	default:
		for _, u := range mine {
			i := m.unitAt[u] // 0, which is not known, if there is none
			inside := slices.ContainsFunc(mine, func(v people.UnitID) bool { return slices.Contains(m.units[i].Path, v) })
			if m.there(i) && !inside {
				c.tops = append(c.tops, u)
			}
		}
	}
	slices.Sort(c.tops)
	c.tops = slices.Compact(c.tops)
	for i, u := range m.units {
		c.in[i] = c.all || i > 0 && below(u, c.tops)
	}
	return c, nil
}

// there reports whether a unit was read and is not removed.
func (m *model) there(unit uint16) bool { return m.unitKnown[unit] && m.units[unit].RemovedAt == nil }

// below reports whether u is one of tops or under one.
func below(u people.Unit, tops []people.UnitID) bool {
	return slices.ContainsFunc(tops, func(t people.UnitID) bool { return t == u.ID || slices.Contains(u.Path, t) })
}

// selection is a filter in the numbers of the model.
type selection struct {
	scope    scope
	campaign int    // index, -1: any, -2: one nobody is enrolled by
	courses  []bool // nil: all
}

func (m *model) selectBy(a people.Actor, f Filter) (selection, error) {
	c, err := m.scope(a, f.Unit)
	if err != nil {
		return selection{}, err
	}
	s := selection{scope: c, campaign: -1}
	if f.Campaign != "" {
		s.campaign = -2
		if i, ok := m.campAt[f.Campaign]; ok {
			s.campaign = int(i)
		}
	}
	if len(f.Courses) > 0 {
		s.courses = make([]bool, len(m.courses))
		for _, id := range f.Courses {
			if i, ok := m.courseAt[id]; ok {
				s.courses[i] = true
			}
		}
	}
	return s, nil
}

// wants reports whether rows of a course and a set of campaigns are asked for.
func (m *model) wants(s selection, crs, set uint16) bool {
	return (s.courses == nil || s.courses[crs]) &&
		(s.campaign == -1 || s.campaign >= 0 && slices.Contains(m.sets[set], uint16(s.campaign)))
}
