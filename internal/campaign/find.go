package campaign

import (
	"context"
	"slices"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Find returns one campaign; fault.NotFound if there is none or if its audience is not
// wholly within the actor's scope. Its owner finds it as long as it is not scheduled.
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
	if c.State.Planned() && c.State != Scheduled && a.ID != "" && a.ID == c.Owner {
		return true
	}
	if _, all := a.Scope(people.ManageCampaigns); all || c.Audience.Everybody() {
		return all
	}
	outside := func(u people.UnitID) bool { return !a.Covers(people.ManageCampaigns, u, tree[u].Path) }
	if r := c.Audience.Rule; r != nil && (len(r.Units) == 0 || slices.ContainsFunc(r.Units, outside)) {
		return false
	}
	return !slices.ContainsFunc(c.Audience.Units, outside) &&
		!slices.ContainsFunc(c.Audience.Cohorts, func(id people.CohortID) bool { return outside(cohorts[id].Unit) })
}

// Naming counts the campaigns that are under way or scheduled and name a unit.
func (s *Service) Naming(ctx context.Context, unit people.UnitID) (int, error) {
	return s.countLive(ctx, func(au Audience) bool {
		return slices.Contains(au.Units, unit) || slices.Contains(au.Exclude.Units, unit) || au.Rule != nil && slices.Contains(au.Rule.Units, unit)
	})
}

// NamingCohort counts the campaigns that are under way or scheduled and name a cohort.
func (s *Service) NamingCohort(ctx context.Context, id people.CohortID) (int, error) {
	return s.countLive(ctx, func(au Audience) bool {
		return slices.Contains(au.Cohorts, id) || slices.Contains(au.Exclude.Cohorts, id)
	})
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
