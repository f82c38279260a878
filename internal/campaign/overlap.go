package campaign

import (
	"context"
	"slices"
	"time"

	"hocso/internal/people"
)

// minutesAWeek is how much all campaigns together may ask of one person in a week.
const minutesAWeek = 75

// Overlap is another campaign for some of the same people at the same time.
type Overlap struct {
	ID      ID          `json:"id"`
	Name    people.Text `json:"name"`
	People  int         `json:"people"`  // whom both are for
	Minutes int         `json:"minutes"` // a week, of both together
	Clash   bool        `json:"clash"`   // too much for a week
}

// Overlaps returns the other campaigns of cs that are for some of the people of c while c
// runs.
func (s *Service) Overlaps(ctx context.Context, c Campaign, cs []Campaign) (out []Overlap, err error) {
	out = []Overlap{}
	if c.DueAt.IsZero() {
		return out, nil
	}
	mine, err := s.weekly(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, o := range cs {
		over := o.State == Cancelled || o.State == Completed || o.State == Archived
		if o.ID == c.ID || over || o.DueAt.IsZero() || o.DueAt.Before(c.StartsAt) || c.DueAt.Before(o.StartsAt) {
			continue
		}
		n, err := s.common(ctx, c.Audience, o.Audience)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue
		}
		theirs, err := s.weekly(ctx, o)
		if err != nil {
			return nil, err
		}
		out = append(out, Overlap{o.ID, o.Name, n, mine + theirs, mine+theirs > minutesAWeek})
	}
	return out, nil
}

// weekly is how many minutes a week a campaign asks for, spread evenly.
func (s *Service) weekly(ctx context.Context, c Campaign) (int, error) {
	minutes, _, err := s.checkItems(ctx, c.Items)
	weeks := max(1, int(c.DueAt.Sub(c.StartsAt)/(7*24*time.Hour)))
	return (minutes + weeks - 1) / weeks, err
}

// common counts the people whom two audiences share.
func (s *Service) common(ctx context.Context, a, b Audience) (int, error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return 0, err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return 0, err
	}
	if a.Everybody() { // the smaller one is walked through
		a, b = b, a
	}
	if !a.Everybody() && !b.Everybody() && apart(a, b, tree) {
		return 0, nil
	}
	return s.count(ctx, a, func(p people.Person) bool { return b.Includes(p, tree[p.Unit].Path, cohorts) })
}

// apart reports whether two audiences of units alone have no unit in common.
func apart(a, b Audience, tree map[people.UnitID]people.Unit) bool {
	if len(a.Cohorts)+len(b.Cohorts) > 0 || a.Rule != nil || b.Rule != nil {
		return false
	}
	within := func(u people.UnitID, units []people.UnitID) bool {
		return slices.Contains(units, u) || slices.ContainsFunc(tree[u].Path, func(up people.UnitID) bool { return slices.Contains(units, up) })
	}
	return !slices.ContainsFunc(a.Units, func(u people.UnitID) bool { return within(u, b.Units) }) &&
		!slices.ContainsFunc(b.Units, func(u people.UnitID) bool { return within(u, a.Units) })
}

// Try is a plan as a campaign would be, to look at what it meets before it is kept.
func (s *Service) Try(ctx context.Context, a people.Actor, p Plan) (Campaign, error) {
	p = p.withDefaults()
	c := Campaign{Plan: p, State: Draft}
	c.StartsAt, c.DueAt, c.EndsAt = s.times(p, s.Now())
	return c, s.CheckAudience(ctx, a, p.Audience)
}

// Planned returns the campaigns within the actor's scope that have a due day after since and
// are not cancelled, by their start.
func (s *Service) Planned(ctx context.Context, a people.Actor, since time.Time) (out []Campaign, err error) {
	for before := ID(""); ; {
		cs, next, err := s.List(ctx, a, before)
		if err != nil {
			return nil, err
		}
		for _, c := range cs {
			if c.State != Cancelled && c.DueAt.After(since) {
				out = append(out, c)
			}
		}
		if next == "" || len(out) >= 3*Page {
			break
		}
		before = next
	}
	slices.SortStableFunc(out, func(x, y Campaign) int { return x.StartsAt.Compare(y.StartsAt) })
	return out, nil
}
