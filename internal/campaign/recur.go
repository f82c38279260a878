package campaign

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// recurs reports whether the occurrence after c is still to be made.
func (c Campaign) recurs() bool { return c.Recurrence > 0 && c.Next == "" }

// recur makes the occurrence after c, which every copy of the program makes under the same
// id, and writes it down in c; it returns c as it is now.
func (s *Service) recur(ctx context.Context, c Campaign, now time.Time) (Campaign, error) {
	next := s.after(c, now)
	err := s.enter(ctx, next, next.Log, func() error {
		if err := s.Store.InsertCampaign(ctx, next); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
		c.Next, c.Live = next.ID, c.State == Closing
		return s.Store.ReplaceCampaign(ctx, c)
	})
	if err != nil {
		return c, err
	}
	s.wrote()
	c.Version++
	return c, nil
}

// after is the occurrence after c: what was approved, on the working days that lie its
// months later.
func (s *Service) after(c Campaign, now time.Time) Campaign {
	p := s.moved(c.Plan, 0, c.Recurrence)
	if p.StartsOn == "" { // it began as it was scheduled
		p.StartsOn = s.Calendar.Workday(c.StartsAt.In(s.Calendar.Zone).AddDate(0, c.Recurrence, 0)).Format(Day)
	}
	seal := p.Seal()
	next := Campaign{
		ID: successor(c), Plan: p, State: Approved, Owner: c.Owner, Authors: slices.Clone(c.Authors),
		Hash: seal, Approvals: []Approval{}, Log: []Step{}, CreatedAt: now, Version: 1, Occurrence: max(1, c.Occurrence) + 1,
	}
	for _, a := range c.Approvals {
		next.Approvals = append(next.Approvals, Approval{By: a.By, At: a.At, Hash: seal})
	}
	next.StartsAt, next.DueAt, next.EndsAt = s.times(p, now)
	next.move(Scheduled, "", now, "occurrence")
	return next
}

// moved is a plan with its days years and months later, on working days.
func (s *Service) moved(p Plan, years, months int) Plan {
	p = p.clone()
	for _, day := range []*string{&p.StartsOn, &p.DueOn} {
		if t, err := time.ParseInLocation(Day, *day, s.Calendar.Zone); err == nil {
			*day = s.Calendar.Workday(t.AddDate(years, months, 0)).Format(Day)
		}
	}
	return p
}

// successor is the id of the occurrence after c: a UUIDv7 of the moment at which c was due,
// so that it stands among others in the order of time, and the same on every copy.
func successor(c Campaign) ID {
	var id uuid.UUID
	sum := sha256.Sum256([]byte("after " + string(c.ID)))
	copy(id[:], sum[:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(c.DueAt.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return ID(id.String())
}

// Copy makes a draft like a campaign, years later: the first at which it does not start in
// the past. What is no longer published, and units and cohorts that are gone or outside of
// the actor's scope, are left out. fault.NotFound as in Find.
func (s *Service) Copy(ctx context.Context, a people.Actor, id ID) (Campaign, error) {
	c, err := s.Find(ctx, a, id)
	if err != nil {
		return Campaign{}, err
	}
	p, now := c.Plan, s.Now()
	if p.StartsOn == "" && !c.StartsAt.IsZero() {
		p.StartsOn = c.StartsAt.In(s.Calendar.Zone).Format(Day)
	}
	today, years := midnight(now, s.Calendar.Zone).Format(Day), 1
	for p.StartsOn != "" && years < 10 && s.moved(p, years, 0).StartsOn < today {
		years++
	}
	p = s.moved(p, years, 0)
	if p.Items, err = s.offered(ctx, p.Items); err != nil {
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
	au := &p.Audience
	au.Units, au.Exclude.Units = without(au.Units, tree, a), without(au.Exclude.Units, tree, a)
	gone := func(id people.CohortID) bool { x, ok := cohorts[id]; return !ok || x.RemovedAt != nil }
	au.Cohorts, au.Exclude.Cohorts = slices.DeleteFunc(slices.Clone(au.Cohorts), gone), slices.DeleteFunc(slices.Clone(au.Exclude.Cohorts), gone)
	if au.Everybody() && !c.Audience.Everybody() {
		return Campaign{}, invalid([]fault.Field{{Field: "audience", Code: "empty"}}) // or it would be for everybody
	}
	return s.Create(ctx, a, p)
}

// offered are those of items that can be asked for, all open from the start if any is not.
func (s *Service) offered(ctx context.Context, items []Item) (out []Item, err error) {
	for _, i := range items {
		_, err := s.Items(ctx, i.Kind, i.ID)
		if err == nil {
			out = append(out, i)
		} else if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
	}
	for i := range out {
		if len(out) < len(items) {
			out[i].OpensAfter.Item = 0 // its number may be another's now
		}
	}
	return out, nil
}

func without(ids []people.UnitID, tree map[people.UnitID]people.Unit, a people.Actor) []people.UnitID {
	return slices.DeleteFunc(slices.Clone(ids), func(id people.UnitID) bool {
		u, ok := tree[id]
		return !ok || u.RemovedAt != nil || !a.Covers(people.ManageCampaigns, id, u.Path)
	})
}
