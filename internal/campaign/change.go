package campaign

import (
	"context"
	"slices"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Verb is what an administrator does to a campaign.
type Verb string

// The verbs.
const (
	Pause  Verb = "pause"
	Resume Verb = "resume"
	Close  Verb = "close"  // ends it now; its enrolments stay
	Cancel Verb = "cancel" // ends it and closes the open enrolments that only it assigned
)

// Verbs lists the verbs.
func Verbs() []Verb { return []Verb{Pause, Resume, Close, Cancel} }

// target returns the state that v leads to from a state, and whether it may.
func (v Verb) target(from State) (State, bool) {
	switch v {
	case Pause:
		return Paused, from == Running
	case Resume:
		return Running, from == Paused
	case Close:
		return Completed, from == Running || from == Paused
	case Cancel:
		return Cancelled, from == Scheduled || from == Running || from == Paused
	}
	return from, false
}

// Find returns one campaign; fault.NotFound if there is none or if its audience is
// not wholly within the actor's scope.
func (s *Service) Find(ctx context.Context, a people.Actor, id ID) (Campaign, error) {
	c, err := s.Store.Campaign(ctx, id)
	if err != nil {
		return Campaign{}, err
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return Campaign{}, err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return Campaign{}, err
	}
	if !visible(a, c, tree, cohorts) {
		return Campaign{}, fault.New(fault.NotFound, "campaign_not_found", "no such campaign")
	}
	return c, nil
}

func visible(a people.Actor, c Campaign, tree map[people.UnitID]people.Unit, cohorts map[people.CohortID]people.Cohort) bool {
	if _, all := a.Scope(people.ManageCampaigns); all || c.Audience.Everybody() {
		return all
	}
	outside := func(u people.UnitID) bool { return !a.Covers(people.ManageCampaigns, u, tree[u].Path) }
	return !slices.ContainsFunc(c.Audience.Units, outside) &&
		!slices.ContainsFunc(c.Audience.Cohorts, func(id people.CohortID) bool { return outside(cohorts[id].Unit) })
}

// Naming counts the campaigns that are not over and name a unit.
func (s *Service) Naming(ctx context.Context, unit people.UnitID) (int, error) {
	return s.countLive(ctx, func(au Audience) bool { return slices.Contains(au.Units, unit) })
}

// NamingCohort counts the campaigns that are not over and name a cohort.
func (s *Service) NamingCohort(ctx context.Context, id people.CohortID) (int, error) {
	return s.countLive(ctx, func(au Audience) bool { return slices.Contains(au.Cohorts, id) })
}

func (s *Service) countLive(ctx context.Context, named func(Audience) bool) (n int, err error) {
	live, err := s.Store.LiveCampaigns(ctx) // not those in memory: another copy of the program may have made one
	for _, c := range live {
		if c.State != Cancelled && named(c.Audience) {
			n++
		}
	}
	return n, err
}

// Page is how many campaigns List returns at most.
const Page = 100

// List returns the campaigns within the actor's scope, newest first, below before
// (empty: from the newest). next is empty when there are no more.
func (s *Service) List(ctx context.Context, a people.Actor, before ID) (cs []Campaign, next ID, err error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, "", err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return nil, "", err
	}
	for {
		page, err := s.Store.Campaigns(ctx, before, Page)
		if err != nil {
			return nil, "", err
		}
		for i, c := range page {
			if visible(a, c, tree, cohorts) {
				cs = append(cs, c)
			}
			if len(cs) == Page && (i < len(page)-1 || len(page) == Page) {
				return cs, c.ID, nil
			}
		}
		if len(page) < Page {
			return cs, "", nil
		}
		before = page[len(page)-1].ID
	}
}

// Change applies v. fault.Conflict (wrong_state) if the campaign is not in a state
// from which it is possible, fault.NotFound as in Find.
func (s *Service) Change(ctx context.Context, a people.Actor, id ID, v Verb) (Campaign, error) {
	for {
		c, err := s.Find(ctx, a, id)
		if err != nil {
			return Campaign{}, err
		}
		to, ok := v.target(c.State)
		if !ok {
			return Campaign{}, fault.New(fault.Conflict, "wrong_state", "a %s campaign cannot do %s", c.State, v)
		}
		now := s.Now()
		c.move(to, a.ID, now)
		if to == Completed && now.Before(c.EndsAt) {
			c.EndsAt = now
		}
		err = s.Store.ReplaceCampaign(ctx, c)
		if fault.KindOf(err) == fault.Conflict {
			continue // somebody was faster: look at the state again
		}
		if err != nil {
			return Campaign{}, err
		}
		s.wrote()
		c.Version++
		switch to {
		case Cancelled:
			s.settle(ctx, c)
		case Running:
			s.wakeUp()
		}
		return c, nil
	}
}

// settle closes the enrolments of a cancelled campaign. If it fails the campaign
// stays live and Advance repeats it.
func (s *Service) settle(ctx context.Context, c Campaign) {
	if err := s.finish(ctx, c); err != nil {
		s.Log.WarnContext(ctx, "close enrolments of a cancelled campaign, will repeat", "campaign", c.ID, "err", err)
	}
}

func (s *Service) finish(ctx context.Context, c Campaign) error {
	if err := s.Enroller.CloseCampaign(ctx, string(c.ID)); err != nil {
		return err
	}
	c.Live = false
	if err := s.Store.ReplaceCampaign(ctx, c); err != nil {
		return err
	}
	s.wrote()
	return nil
}

// turn moves a campaign on by the clock; it returns the campaign as it is now.
func (s *Service) turn(ctx context.Context, c Campaign, now time.Time) (Campaign, error) {
	switch {
	case c.State == Cancelled:
		return c, s.finish(ctx, c)
	case c.State == Completed:
		return c, nil
	case now.After(c.EndsAt):
		c.move(Completed, "", now)
	case c.State == Scheduled && !now.Before(c.StartsAt):
		c.move(Running, "", now)
	default:
		return c, nil
	}
	if err := s.Store.ReplaceCampaign(ctx, c); err != nil {
		return c, err
	}
	s.wrote()
	c.Version++
	return c, nil
}
