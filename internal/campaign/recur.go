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
		p.StartsOn = s.Calendar.Workday(later(c.StartsAt.In(s.Calendar.Zone), 0, c.Recurrence)).Format(Day)
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

// moved is a plan with its days years and months later: the start and the due day on working
// days, those of its rule as they are.
func (s *Service) moved(p Plan, years, months int) Plan {
	p = p.clone()
	move := func(day *string, fit func(time.Time) time.Time) {
		if t, err := time.ParseInLocation(Day, *day, s.Calendar.Zone); err == nil {
			*day = fit(later(t, years, months)).Format(Day)
		}
	}
	move(&p.StartsOn, s.Calendar.Workday)
	move(&p.DueOn, s.Calendar.Workday)
	if p.Audience.Rule != nil {
		r, same := *p.Audience.Rule, func(t time.Time) time.Time { return t }
		move(&r.JoinedFrom, same)
		move(&r.JoinedUntil, same)
		p.Audience.Rule = &r
	}
	return p
}

// later is t years and months later: in a shorter month its last day.
func later(t time.Time, years, months int) time.Time {
	moved := t.AddDate(years, months, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
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
	if err := s.keepKnown(ctx, a, &p.Audience); err != nil {
		return Campaign{}, err
	}
	if lost(c.Audience, p.Audience) {
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

// keepKnown leaves out of an audience what is gone or outside of the actor's scope.
func (s *Service) keepKnown(ctx context.Context, a people.Actor, au *Audience) error {
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return err
	}
	unit, cohort := knownUnit(a, tree), knownCohort(a, tree, cohorts)
	au.Units, au.Exclude.Units = only(au.Units, unit), only(au.Exclude.Units, unit)
	au.Cohorts, au.Exclude.Cohorts = only(au.Cohorts, cohort), only(au.Exclude.Cohorts, cohort)
	if au.Rule != nil {
		r := *au.Rule
		r.Units = only(r.Units, unit)
		au.Rule = &r
	}
	return nil
}

// lost reports whether an audience would be larger without what was left out of it: with no
// unit or cohort left it would be everybody.
func lost(before, after Audience) bool {
	return after.Everybody() && !before.Everybody() ||
		after.Rule != nil && len(after.Rule.Units) == 0 && len(before.Rule.Units) > 0
}

func only[T any](ids []T, known func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(ids), func(id T) bool { return !known(id) })
}
