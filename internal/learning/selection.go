package learning

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Select sees to it that of each of ps as many courses carry a campaign as x needs, and returns the
// enrolments that do. Doing it again changes nothing, unless the learner did something meanwhile.
// fault.NotFound if a course is not published.
func (s *Service) Select(ctx context.Context, ps []people.Person, x Selection) (out []Enrolment, err error) {
	for chunk := range slices.Chunk(ps, page) {
		es, err := s.selectPage(ctx, chunk, x)
		if err != nil {
			return out, err
		}
		out = append(out, es...)
	}
	return out, nil
}

// selectPage repeats itself until nothing is left to change, because learners act meanwhile.
func (s *Service) selectPage(ctx context.Context, ps []people.Person, x Selection) ([]Enrolment, error) {
	for range tries {
		there, err := s.current(ctx, ps, x)
		if err != nil {
			return nil, err
		}
		var carriers, losers []Enrolment
		missing := map[course.ID][]people.Person{}
		for _, p := range ps {
			picked := x.pick(there[p.ID])
			for _, id := range picked {
				if e, ok := there[p.ID][id]; ok && !e.Left && e.selected(x.Campaign) && slices.Contains(e.Campaigns, x.Campaign) {
					carriers = append(carriers, e)
				} else {
					missing[id] = append(missing[id], p)
				}
			}
			for _, id := range x.Of {
				if e, ok := there[p.ID][id]; ok && e.Open() && e.selected(x.Campaign) && !slices.Contains(picked, id) {
					losers = append(losers, e)
				}
			}
		}
		if len(missing)+len(losers) == 0 {
			return carriers, nil
		}
		for _, id := range x.Of { // first what carries it now, so that nobody is done in between
			if err := s.carry(ctx, id, missing[id], x); err != nil {
				return nil, err
			}
		}
		for _, e := range losers {
			if err := s.release(ctx, e.ID, x.Campaign); err != nil {
				return nil, err
			}
		}
	}
	return nil, fault.New(fault.Unavailable, "busy", "the enrolments are being changed too often, try again")
}

func (s *Service) carry(ctx context.Context, id course.ID, ps []people.Person, x Selection) error {
	if len(ps) == 0 {
		return nil
	}
	latest, err := s.Courses.Latest(ctx, id)
	if err != nil {
		return err
	}
	d := Duty{Campaign: x.Campaign, DueAt: x.DueAt, Opens: x.Opens}
	if x.Since != nil {
		d.Since = *x.Since
	}
	_, _, err = s.place(ctx, ps, latest, duty{reason: ByCampaign, Duty: d, selection: &x})
	return err
}

// current returns of each person the enrolments in the courses of x that count: of each the first
// cycle that is not over for it.
func (s *Service) current(ctx context.Context, ps []people.Person, x Selection) (map[people.ID]map[course.ID]Enrolment, error) {
	out := make(map[people.ID]map[course.ID]Enrolment, len(ps))
	var wanted []EnrolmentID
	for _, p := range ps {
		out[p.ID] = map[course.ID]Enrolment{}
		for _, id := range x.Of {
			wanted = append(wanted, NewEnrolmentID(id, p.ID, 1))
		}
	}
	for len(wanted) > 0 {
		var next []EnrolmentID
		for chunk := range slices.Chunk(wanted, page) {
			es, err := s.Store.Enrolments(ctx, chunk)
			if err != nil {
				return nil, err
			}
			for _, e := range es {
				if e.over(x.Since) {
					next = append(next, NewEnrolmentID(e.Course, e.Person, e.Cycle+1))
				} else {
					out[e.Person][e.Course] = e
				}
			}
		}
		wanted = next
	}
	return out, nil
}

// over reports whether a duty that counts completions from since on needs another cycle.
func (e Enrolment) over(since *time.Time) bool {
	return e.State == Closed && !e.Left || e.State == Completed && since != nil && e.CompletedAt != nil && e.CompletedAt.Before(*since)
}

func (e Enrolment) selected(campaign string) bool {
	return slices.ContainsFunc(e.Selections, func(x Selection) bool { return x.Campaign == campaign })
}

// pick says which courses carry the campaign for somebody with those enrolments: what they completed
// first; then what they chose, the last choice first; then what they have to do or have begun anyway;
// then the first ones.
func (x Selection) pick(there map[course.ID]Enrolment) []course.ID {
	rank := func(id course.ID) int {
		e, ok := there[id]
		switch {
		case !ok:
			return 4
		case e.State == Completed:
			return 0
		case e.Reason == ByChoice:
			return 1
		case e.StartedAt != nil:
			return 2
		}
		return 3
	}
	of := slices.Clone(x.Of)
	slices.SortStableFunc(of, func(a, b course.ID) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		switch rank(a) {
		case 0:
			return there[a].CompletedAt.Compare(*there[b].CompletedAt)
		case 1:
			return there[b].AssignedAt.Compare(there[a].AssignedAt)
		}
		return 0
	})
	return of[:min(x.Need, len(of))]
}

// release takes a campaign from an open enrolment that another course stands in for. What was
// enrolled for the campaign alone and not begun is closed.
func (s *Service) release(ctx context.Context, id EnrolmentID, campaign string) error {
	_, err := s.update(ctx, id, func(e *Enrolment) (bool, error) {
		i := slices.Index(e.Campaigns, campaign)
		if i < 0 || !e.Open() || !e.selected(campaign) {
			return false, nil
		}
		e.ChangedAt = s.Now()
		if e.Reason == ByCampaign && len(e.Campaigns) == 1 && e.State == Assigned {
			e.State = Closed // keeps the campaign: it says why it was there
			return true, nil
		}
		e.Campaigns = slices.Delete(slices.Clone(e.Campaigns), i, i+1)
		e.Selections = slices.DeleteFunc(slices.Clone(e.Selections), func(x Selection) bool { return x.Campaign == campaign })
		if len(e.Campaigns) == 0 {
			e.DueAt, e.Opens = nil, nil
		}
		return true, nil
	})
	return err
}

// chosen lets the campaigns of a person follow what they did with a course: chose it or completed it.
// One that was cancelled has fewer courses than it needs, and is left alone.
func (s *Service) chosen(ctx context.Context, id people.ID, c course.ID) error {
	mine, err := s.Store.EnrolmentsOf(ctx, id)
	if err != nil {
		return err
	}
	carriers, asked := map[string]int{}, map[string]Selection{}
	for _, e := range mine {
		for _, x := range e.Selections {
			if e.State != Closed && slices.Contains(e.Campaigns, x.Campaign) && slices.Contains(x.Of, c) {
				carriers[x.Campaign]++
				asked[x.Campaign] = x
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		x := asked[name]
		if carriers[name] < x.Need {
			continue
		}
		p, err := s.People.Person(ctx, id)
		if err != nil {
			return err
		}
		es, err := s.Select(ctx, []people.Person{p}, x)
		if err != nil {
			return err
		}
		if s.Chosen != nil {
			if err := s.Chosen(ctx, name, p, es); err != nil {
				return err
			}
		}
	}
	return nil
}
