package people

import (
	"context"
	"slices"

	"hocso/internal/fault"
)

// lifts is how often what somebody else changed at the same moment is lifted again.
const lifts = 20

// RemoveUnit takes a unit that a manages out of the organisation. Its name stays for
// what happened in it, and its id is never used again. fault.NotFound for a unit that a
// does not manage; fault.Conflict unit_has_people, unit_has_units or unit_in_use (roles,
// campaigns and cohorts) with the counts of all that stands in the way.
//
// Whoever is put into the unit at the same moment is either seen here, and the unit
// stays, or sees that it went, and moves up: each side writes before it looks.
func (s *Service) RemoveUnit(ctx context.Context, a Actor, id UnitID) error {
	u, err := s.managedUnit(ctx, a, id)
	if err != nil {
		return err
	}
	if err := s.used(ctx, id); err != nil {
		return err
	}
	defer s.tree.forget()
	at := s.Now()
	u.RemovedAt, u.ChangedAt = &at, at
	if err := s.UnitStore.ReplaceUnits(ctx, []Unit{u}); err != nil {
		return err
	}
	if err := s.used(ctx, id); err != nil {
		u.Version++
		u.RemovedAt, u.ChangedAt = nil, s.Now()
		if undo := s.UnitStore.ReplaceUnits(context.WithoutCancel(ctx), []Unit{u}); undo != nil {
			return undo
		}
		return err
	}
	return nil
}

// used returns the fault.Conflict that says why a unit cannot be removed, nil if it can.
func (s *Service) used(ctx context.Context, id UnitID) error {
	stored, err := s.UnitStore.Units(ctx)
	if err != nil {
		return err
	}
	units := 0
	for _, u := range stored {
		if u.Parent == id && u.RemovedAt == nil {
			units++
		}
	}
	people, grants, err := s.UnitStore.CountIn(ctx, id)
	if err != nil {
		return err
	}
	campaigns := 0
	if s.CampaignsIn != nil {
		if campaigns, err = s.CampaignsIn(ctx, id); err != nil {
			return err
		}
	}
	cohorts, all := 0, map[CohortID]Cohort(nil)
	if all, err = s.Cohorts(ctx); err != nil {
		return err
	}
	for _, c := range all {
		if c.RemovedAt == nil && (c.Unit == id || c.Rule != nil && slices.Contains(c.Rule.Units, id)) {
			cohorts++
		}
	}
	var f *fault.Error
	switch {
	case people > 0:
		f = fault.New(fault.Conflict, "unit_has_people", "there are people in this unit")
	case units > 0:
		f = fault.New(fault.Conflict, "unit_has_units", "there are units below this one")
	case grants+campaigns+cohorts > 0:
		f = fault.New(fault.Conflict, "unit_in_use", "roles, campaigns or cohorts are for this unit")
	default:
		return nil
	}
	f.Counts = map[string]int{"people": people, "units": units, "grants": grants, "campaigns": campaigns, "cohorts": cohorts}
	return f
}

// there returns the nearest unit at or above id that was not removed, "" for none.
func there(stored []Unit, id UnitID) UnitID {
	for range stored {
		i := slices.IndexFunc(stored, func(u Unit) bool { return u.ID == id })
		if i < 0 {
			return ""
		}
		if stored[i].RemovedAt == nil {
			return id
		}
		id = stored[i].Parent
	}
	return ""
}

// lift looks whether the unit of p, who was just stored, was removed at that moment, and
// then moves p to the unit above it. It returns p as stored now.
func (s *Service) lift(ctx context.Context, p Person) (Person, error) {
	stored, err := s.UnitStore.Units(ctx)
	if err != nil {
		return Person{}, err
	}
	for range lifts {
		up := there(stored, p.Unit)
		if up == p.Unit || p.Status.Ended() {
			return p, nil
		}
		s.tree.forget()
		moved := p
		moved.Unit = up
		moved, err := s.replace(ctx, moved)
		if fault.KindOf(err) != fault.Conflict || err == nil {
			return moved, err
		}
		if p, err = s.Store.Person(ctx, p.ID); err != nil {
			return Person{}, err
		}
	}
	return Person{}, fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
}

// liftUnits does for units what lift does for people, and returns u as stored now.
func (s *Service) liftUnits(ctx context.Context, u Unit) (Unit, error) {
	for range lifts {
		stored, err := s.UnitStore.Units(ctx)
		if err != nil {
			return Unit{}, err
		}
		wanted := slices.Clone(stored)
		lifted := false
		for i, w := range wanted {
			if w.ID == u.ID {
				u = w
			}
			if up := there(stored, w.Parent); w.RemovedAt == nil && w.Parent != "" && up != w.Parent {
				wanted[i].Parent, lifted = up, true
			}
		}
		if !lifted {
			return u, nil
		}
		if err := s.UnitStore.ReplaceUnits(ctx, s.differing(stored, wanted)); err != nil && fault.KindOf(err) != fault.Conflict {
			return Unit{}, err
		}
	}
	return Unit{}, fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
}
