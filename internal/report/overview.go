package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// fewest is how many ratings there must be before any number about them is shown.
const fewest = 5

// Satisfaction is what people thought of their courses.
type Satisfaction struct {
	N         int     `json:"n"`
	Satisfied int     `json:"satisfied"` // ratings of four or five stars
	Average   float64 `json:"average"`   // stars
}

// CourseCounts are the enrolments of one course.
type CourseCounts struct {
	Course    course.ID   `json:"course"`
	Title     people.Text `json:"title"`
	Assigned  int         `json:"assigned"`
	Completed int         `json:"completed"`
	Overdue   int         `json:"overdue"`
}

// Overview sums up a part of the organisation. People are counted once, everything
// else counts enrolments.
type Overview struct {
	AsOf         time.Time      `json:"asOf"`
	People       int            `json:"people"`
	Enrolments   int            `json:"enrolments"`
	Completed    int            `json:"completed"`
	OnTime       int            `json:"onTime"`
	Overdue      int            `json:"overdue"`
	Started      int            `json:"started"` // begun and not completed, also if overdue
	NotStarted   int            `json:"notStarted"`
	Satisfaction *Satisfaction  `json:"satisfaction"` // nil: fewer than five ratings
	Courses      []CourseCounts `json:"courses"`
}

// Overview answers for everything that f selects; fault.NotFound if its unit is
// outside the actor's scope.
func (s *Service) Overview(ctx context.Context, a people.Actor, f Filter) (Overview, error) {
	title, err := s.titles(ctx)
	if err != nil {
		return Overview{}, err
	}
	out := Overview{Courses: []CourseCounts{}}
	err = s.view(func(m *model) error {
		sel, err := m.selectBy(a, f)
		if err != nil {
			return err
		}
		var sum counts
		by := make([]counts, len(m.courses))
		for k, c := range m.cells {
			if sel.scope.has(k.unit) && m.wants(sel, k.course, k.set) {
				sum.add(*c, 1)
				by[k.course].add(*c, 1)
			}
		}
		for i, c := range by {
			if c.assigned > 0 {
				out.Courses = append(out.Courses, CourseCounts{m.courses[i], title(m.courses[i]), c.assigned, c.completed, c.overdue})
			}
		}
		out.AsOf, out.People = s.asOf, m.headcount(sel)
		out.Enrolments, out.Completed, out.OnTime, out.Overdue, out.Started = sum.assigned, sum.completed, sum.onTime, sum.overdue, sum.started
		out.NotStarted = sum.assigned - sum.completed - sum.started
		if sum.rated >= fewest {
			out.Satisfaction = &Satisfaction{sum.rated, sum.satisfied, float64(sum.stars) / float64(sum.rated)}
		}
		return nil
	})
	slices.SortFunc(out.Courses, func(a, b CourseCounts) int { return cmp.Compare(a.Course, b.Course) })
	return out, err
}

// headcount counts active people: with a campaign those it enrolled.
func (m *model) headcount(sel selection) int {
	n := 0
	if sel.campaign == -1 {
		for u, c := range m.staff {
			if sel.scope.has(u) {
				n += c
			}
		}
		return n
	}
	for k, c := range m.camps {
		if int(k.campaign) == sel.campaign && sel.scope.has(k.unit) {
			n += c.People
		}
	}
	return n
}

// UnitRef names a unit in the tree.
type UnitRef struct {
	ID     people.UnitID `json:"id"`
	Name   people.Text   `json:"name"`
	Parent people.UnitID `json:"parent,omitempty"`
}

// PersonRef names a person.
type PersonRef struct {
	ID   people.ID `json:"id"`
	Name string    `json:"name"`
}

// HeadRef names who answers for a unit.
type HeadRef struct {
	ID     people.ID `json:"id"`
	Name   string    `json:"name"`
	Deputy bool      `json:"deputy,omitempty"`
	Above  *UnitRef  `json:"above,omitempty"` // the unit above that they lead; nil: they lead this one
}

// UnitCounts are the sums of a unit and everything below it.
type UnitCounts struct {
	Unit      UnitRef  `json:"unit"`
	Head      *HeadRef `json:"head,omitempty"` // who answers for it today; nil: the administrators of the organisation
	People    int      `json:"people"`
	Assigned  int      `json:"assigned"`
	Completed int      `json:"completed"`
	Overdue   int      `json:"overdue"`
	Target    int      `json:"target,omitempty"` // per cent, of the campaign that was asked for
}

// Units is a level of the tree.
type Units struct {
	AsOf  time.Time    `json:"asOf"`
	Items []UnitCounts `json:"items"`
}

// Units answers for a unit and its direct children; without a unit for the top of
// what the actor may see: if that is one unit, with its children.
func (s *Service) Units(ctx context.Context, a people.Actor, f Filter) (Units, error) {
	var asked campaign.Campaign
	if f.Campaign != "" {
		c, err := s.Campaigns.Campaign(ctx, campaign.ID(f.Campaign))
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return Units{}, err
		}
		asked = c
	}
	out := Units{Items: []UnitCounts{}}
	err := s.view(func(m *model) error {
		sel, err := m.selectBy(a, f)
		if err != nil {
			return err
		}
		list := sel.scope.tops
		if len(list) == 1 {
			list = slices.Concat(list, m.children(list[0]))
		}
		out.AsOf = s.asOf
		target := 0
		if m.concerns(asked, sel.scope) {
			target = asked.Targets.Completion
		}
		sums := m.rollUp(sel, list)
		for i, id := range list {
			sums[i].Target = target
			sums[i].Head = m.head(m.unitAt[id], s.today())
			out.Items = append(out.Items, sums[i])
		}
		return nil
	})
	return out, err
}

// concerns reports whether a campaign is for anybody in c. Of one that is not, no
// more is told than of one that does not exist.
func (m *model) concerns(x campaign.Campaign, c scope) bool {
	for k, n := range m.camps {
		if x.ID != "" && m.campaigns[k.campaign] == string(x.ID) && n.People > 0 && c.has(k.unit) {
			return true // also by a cohort
		}
	}
	for i, u := range m.units {
		if c.in[i] && (x.Audience.Everybody() || below(u, x.Audience.Units)) {
			return true
		}
	}
	return false
}

func (s *Service) today() string { return s.Now().In(s.Zone).Format(time.DateOnly) }

func (m *model) children(of people.UnitID) (ids []people.UnitID) {
	for _, u := range m.units[1:] {
		if u.Parent == of && u.RemovedAt == nil {
			ids = append(ids, u.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *model) head(unit uint16, day string) *HeadRef {
	a := people.AccountableFor(m.units[unit], day, func(id people.UnitID) (people.Unit, bool) {
		i, ok := m.unitAt[id]
		if !ok {
			return people.Unit{}, false
		}
		return m.units[i], true
	}, func(id people.ID) bool {
		i, ok := m.personAt[id]
		return ok && m.people[i].active && (m.people[i].leftOn == "" || m.people[i].leftOn >= day)
	})
	if a.Person == "" {
		return nil
	}
	h := &HeadRef{ID: a.Person, Name: m.people[m.personAt[a.Person]].name, Deputy: a.Deputy}
	if u := m.units[m.unitAt[a.Unit]]; u.ID != m.units[unit].ID {
		h.Above = &UnitRef{u.ID, u.Name, u.Parent}
	}
	return h
}

// rollUp sums up each of list with everything below it, in one pass over the cells.
func (m *model) rollUp(sel selection, list []people.UnitID) []UnitCounts {
	out := make([]UnitCounts, len(list))
	for i, id := range list {
		u := m.units[m.unitAt[id]]
		out[i].Unit = UnitRef{u.ID, u.Name, u.Parent}
	}
	counting := make([][]int, len(m.units)) // unit → which of list it counts for
	for u := 1; u < len(m.units); u++ {
		for i, id := range list {
			if below(m.units[u], []people.UnitID{id}) {
				counting[u] = append(counting[u], i)
			}
		}
	}
	for k, c := range m.cells {
		if !m.wants(sel, k.course, k.set) {
			continue
		}
		for _, i := range counting[k.unit] {
			out[i].Assigned += c.assigned
			out[i].Completed += c.completed
			out[i].Overdue += c.overdue
		}
	}
	if sel.campaign == -1 {
		for u, n := range m.staff {
			for _, i := range counting[u] {
				out[i].People += n
			}
		}
		return out
	}
	for k, c := range m.camps {
		if int(k.campaign) == sel.campaign {
			for _, i := range counting[k.unit] {
				out[i].People += c.People
			}
		}
	}
	return out
}

// CampaignCounts count the people of a campaign, wherever they are.
type CampaignCounts struct {
	People    int `json:"people"`
	Completed int `json:"completed"` // have done everything
	OnTime    int `json:"onTime"`    // everything before it was due
	Overdue   int `json:"overdue"`   // at least one thing is late
	Started   int `json:"started"`   // something, not everything
}

// CountCampaign sums up a campaign over the whole organisation. The caller has
// checked that the actor may see it.
func (s *Service) CountCampaign(id campaign.ID) (out CampaignCounts, err error) {
	err = s.view(func(m *model) error {
		c, ok := m.campAt[string(id)]
		if !ok {
			return nil
		}
		for k, x := range m.camps {
			if k.campaign == c {
				out.add(*x, 1)
			}
		}
		return nil
	})
	return out, err
}

// CountAudience counts the active people of units and everything below them; none
// means everybody.
func (s *Service) CountAudience(units []people.UnitID) (n int, err error) {
	err = s.view(func(m *model) error {
		for u, c := range m.staff {
			if len(units) == 0 || below(m.units[u], units) {
				n += c
			}
		}
		return nil
	})
	return n, err
}
