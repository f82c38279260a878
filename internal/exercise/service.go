package exercise

import (
	"context"
	"slices"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Store keeps sittings.
type Store interface {
	// InsertSitting stores a new one.
	InsertSitting(ctx context.Context, s Sitting) error
	// Sitting returns one; fault.NotFound if there is none.
	Sitting(ctx context.Context, id SittingID) (Sitting, error)
	// Sittings returns up to limit with ids below before (empty: from the newest), newest first.
	Sittings(ctx context.Context, before SittingID, limit int) ([]Sitting, error)
	// OpenSittings returns up to limit that have a finding that is not closed, newest first.
	OpenSittings(ctx context.Context, limit int) ([]Sitting, error)
	// SittingsOf returns up to limit that mention a person, newest first.
	SittingsOf(ctx context.Context, p people.ID, limit int) ([]Sitting, error)
	// FinishedSittings returns those over an exercise that were finished between two times, the second excluded.
	FinishedSittings(ctx context.Context, id ID, from, until time.Time) ([]Sitting, error)
	// ReplaceSitting stores s with Version+1 if the stored one still has s.Version; fault.Conflict otherwise.
	ReplaceSitting(ctx context.Context, s Sitting) error
	// DeleteSittings removes up to limit whose day was before day and that have no open finding, and returns how many.
	DeleteSittings(ctx context.Context, day string, limit int) (int, error)
}

// People knows who works where. *people.Service is one.
type People interface {
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
	// PeopleByID returns those of ids that are known, in no order.
	PeopleByID(ctx context.Context, ids []people.ID) ([]people.Person, error)
	// Audience returns up to limit people of units and below who are not closed, by id after after.
	Audience(ctx context.Context, units []people.UnitID, after people.ID, limit int) ([]people.Person, error)
	// Today is the day in the organisation's zone.
	Today() string
}

// Service looks after exercises and sittings. Every field is needed. Its methods are safe
// for concurrent use, also of several copies of the program.
type Service struct {
	Catalogue Catalogue
	Store     Store
	People    People
	Now       func() time.Time
	NewID     func() string
}

const (
	// Page is how many Sittings returns at once.
	Page = 50
	// mostTeam is how many people of a unit are offered for the table.
	mostTeam = 1000
	// mostMine is how many of the newest a person is shown.
	mostMine = 100
	// mostOpen is how many sittings with open findings are looked through.
	mostOpen = 2000
)

// Found is a sitting with the exercise as it was when it was planned.
type Found struct {
	Sitting  Sitting
	Exercise Exercise
}

func notFound() error { return fault.New(fault.NotFound, "sitting_not_found", "no such sitting") }

func (s *Service) tree(ctx context.Context) (map[people.UnitID]people.Unit, error) {
	units, err := s.People.Units(ctx)
	if err != nil {
		return nil, err
	}
	tree := make(map[people.UnitID]people.Unit, len(units))
	for _, u := range units {
		tree[u.ID] = u
	}
	return tree, nil
}

// may reports whether the actor may do any of ps in a unit.
func may(a people.Actor, tree map[people.UnitID]people.Unit, unit people.UnitID, ps ...people.Permission) bool {
	return slices.ContainsFunc(ps, func(p people.Permission) bool { return a.Covers(p, unit, tree[unit].Path) })
}

// seers may see a sitting without running one.
func seers() []people.Permission {
	return []people.Permission{people.RunExercises, people.TrackCompletion}
}

// find returns a sitting in whose unit the actor may do any of ps; fault.NotFound for others.
func (s *Service) find(ctx context.Context, a people.Actor, id SittingID, ps ...people.Permission) (f Found, err error) {
	if f.Sitting, err = s.Store.Sitting(ctx, id); err != nil {
		return f, err
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return f, err
	}
	if !may(a, tree, f.Sitting.Unit, ps...) {
		return Found{}, notFound()
	}
	all, err := s.versions(ctx)
	f.Exercise = all[key(f.Sitting.Exercise, f.Sitting.N)]
	return f, err
}

// Find returns a sitting of a unit that the actor runs exercises in or tracks;
// fault.NotFound for others.
func (s *Service) Find(ctx context.Context, a people.Actor, id SittingID) (Found, error) {
	return s.find(ctx, a, id, seers()...)
}

// Sittings returns a page of those within the actor's scope, newest first, and where the
// next page begins ("" when it was the last).
func (s *Service) Sittings(ctx context.Context, a people.Actor, before SittingID) (list []Found, next SittingID, err error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, "", err
	}
	var seen []Sitting
	for next == "" {
		page, err := s.Store.Sittings(ctx, before, Page)
		if err != nil {
			return nil, "", err
		}
		for i, x := range page {
			if may(a, tree, x.Unit, seers()...) {
				seen = append(seen, x)
			}
			if len(seen) == Page && (i < len(page)-1 || len(page) == Page) {
				next = x.ID
				break
			}
		}
		if len(page) < Page {
			break
		}
		before = page[len(page)-1].ID
	}
	list, err = s.with(ctx, seen)
	return list, next, err
}

// OpenFindings returns the sittings within the actor's scope that have open findings, newest first.
func (s *Service) OpenFindings(ctx context.Context, a people.Actor) ([]Found, error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.OpenSittings(ctx, mostOpen)
	if err != nil {
		return nil, err
	}
	return s.with(ctx, slices.DeleteFunc(all, func(x Sitting) bool { return !may(a, tree, x.Unit, seers()...) }))
}

// Mine returns the sittings that mention p, newest first.
func (s *Service) Mine(ctx context.Context, p people.ID) ([]Found, error) {
	all, err := s.Store.SittingsOf(ctx, p, mostMine)
	if err != nil {
		return nil, err
	}
	return s.with(ctx, all)
}

// with finds the exercises of sittings.
func (s *Service) with(ctx context.Context, list []Sitting) ([]Found, error) {
	out := make([]Found, len(list))
	if len(list) == 0 {
		return out, nil
	}
	all, err := s.versions(ctx)
	for i, x := range list {
		out[i] = Found{x, all[key(x.Exercise, x.N)]}
	}
	return out, err
}

// Team returns who can sit at the table for a unit: everybody of it and below who has not
// left. fault.NotFound unit_not_found if the actor runs no exercises there.
func (s *Service) Team(ctx context.Context, a people.Actor, unit people.UnitID) ([]people.Person, error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, err
	}
	if u, ok := tree[unit]; !ok || u.RemovedAt != nil || !may(a, tree, unit, people.RunExercises) {
		return nil, fault.New(fault.NotFound, "unit_not_found", "no such unit")
	}
	all, err := s.People.Audience(ctx, []people.UnitID{unit}, "", mostTeam)
	today := s.People.Today()
	return slices.DeleteFunc(all, func(p people.Person) bool { return !p.ServesOn(today, today) }), err
}

// Attended returns who sat at the table of any sitting over an exercise that was finished
// between two times.
func (s *Service) Attended(ctx context.Context, id ID, from, until time.Time) ([]people.ID, error) {
	all, err := s.Store.FinishedSittings(ctx, id, from, until)
	if err != nil {
		return nil, err
	}
	var who []people.ID
	for _, x := range all {
		for _, p := range x.Participants {
			if x.Attended(p.Person) {
				who = append(who, p.Person)
			}
		}
	}
	slices.Sort(who)
	return slices.Compact(who), nil
}

// Prune removes the sittings whose day was before a moment and whose findings are closed,
// and returns how many.
func (s *Service) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	const batch = 500
	for {
		n, err := s.Store.DeleteSittings(ctx, before.Format(Day), batch)
		if removed += n; err != nil || n < batch {
			return removed, err
		}
	}
}
