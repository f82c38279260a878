package campaign

import (
	"context"
	"slices"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Create makes a draft of what is there: a name in one language is enough. fault.Invalid
// names each field that is wrong; units outside the actor's scope are as unknown as absent
// ones.
func (s *Service) Create(ctx context.Context, a people.Actor, p Plan) (Campaign, error) {
	now := s.Now()
	c := Campaign{
		ID: ID(s.NewID()), State: Draft, Owner: a.ID, Authors: []people.ID{a.ID},
		Approvals: []Approval{}, Log: []Step{}, CreatedAt: now, Version: 1,
	}
	if err := s.write(ctx, a, &c, p); err != nil {
		return Campaign{}, err
	}
	return c, s.Store.InsertCampaign(ctx, c)
}

// write puts a plan into a draft, unless it has faults with which it is not kept.
func (s *Service) write(ctx context.Context, a people.Actor, c *Campaign, p Plan) error {
	p = p.withDefaults()
	if err := s.freeze(ctx, p.Items); err != nil {
		return err
	}
	bad, err := s.check(ctx, a, p, s.Now())
	if err != nil {
		return err
	}
	bad = refusals(bad)
	if p.Name.Vi == "" && p.Name.En == "" {
		bad = append(bad, fault.Field{Field: "name.vi", Code: "required"})
	}
	if len(bad) > 0 {
		return invalid(bad)
	}
	c.Plan = p
	c.StartsAt, c.DueAt, c.EndsAt = s.times(p, s.Now())
	return nil
}

// Edit replaces the plan of a campaign that has not begun, and makes it a draft again:
// what was approved is another plan. fault.Conflict changed_meanwhile if it is no longer of
// version, wrong_state if it has begun; fault.Invalid and fault.NotFound as in Create and
// Find.
func (s *Service) Edit(ctx context.Context, a people.Actor, id ID, version int, p Plan) (Campaign, error) {
	c, err := s.Find(ctx, a, id)
	if err != nil {
		return Campaign{}, err
	}
	if !c.State.Planned() {
		return Campaign{}, fault.New(fault.Conflict, "wrong_state", "a %s campaign cannot be edited", c.State)
	}
	c.Version = version
	before := c.Seal()
	if err := s.write(ctx, a, &c, p); err != nil {
		return Campaign{}, err
	}
	if c.Seal() != before && !slices.Contains(c.Authors, a.ID) {
		c.Authors = append(slices.Clone(c.Authors), a.ID)
	}
	if c.State != Draft && c.Seal() != before {
		c.back(a.ID, s.Now(), "edited")
	}
	if err := s.Store.ReplaceCampaign(ctx, c); err != nil {
		return Campaign{}, err
	}
	s.wrote()
	c.Version++
	return c, nil
}

// Remove takes away a draft that was never submitted. fault.Conflict wrong_state for any
// other; fault.NotFound as in Find.
func (s *Service) Remove(ctx context.Context, a people.Actor, id ID) error {
	c, err := s.Find(ctx, a, id)
	if err != nil {
		return err
	}
	if c.State != Draft || len(c.Log) > 0 {
		return fault.New(fault.Conflict, "wrong_state", "only a draft that was never submitted can be removed")
	}
	return s.Store.DeleteCampaign(ctx, id, c.Version)
}

// Missing returns what keeps a campaign that has not been scheduled from being submitted by
// the actor.
func (s *Service) Missing(ctx context.Context, a people.Actor, c Campaign) ([]fault.Field, error) {
	if !c.State.Planned() || c.State == Scheduled {
		return nil, nil
	}
	return s.check(ctx, a, c.Plan, s.Now())
}
