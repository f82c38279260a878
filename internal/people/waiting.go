package people

import (
	"context"
	"slices"

	"hocso/internal/fault"
)

// MostWaiting is how many people Waiting returns, and so how many a sheet of
// invitations may hold.
const MostWaiting = 500

// Waiting returns the people of unit who have no password, without those whose last
// day is over, and below it too if below is true; an empty unit is all that a manages.
// They come by unit, then by name. leftOut counts those above what a manages.
// fault.NotFound unit_not_found for a unit that a does not manage, fault.Invalid with
// the field unit and the code too_many when there are more than MostWaiting.
func (s *Service) Waiting(ctx context.Context, a Actor, unit UnitID, below bool) (ps []Person, leftOut int, err error) {
	found, next, err := s.find(ctx, a, Search{Unit: unit, Status: Invited, Limit: MostWaiting}, unit != "" && !below)
	if err != nil {
		return nil, 0, err
	}
	if next != "" {
		f := fault.New(fault.Invalid, "invalid_fields", "more than 500 people wait for an invitation here: choose a smaller unit, or leave out those below")
		f.Fields = []fault.Field{{Field: "unit", Code: "too_many"}}
		return nil, 0, f
	}
	t, err := s.units(ctx)
	if err != nil {
		return nil, 0, err
	}
	today := s.Today()
	ps = []Person{}
	for _, p := range found {
		switch {
		case s.Gone(p):
		case !t.controls(a, p, today):
			leftOut++
		default:
			ps = append(ps, p)
		}
	}
	place := func(p Person) []UnitID {
		u, _ := t.unit(p.Unit)
		return append(slices.Clone(u.Path), p.Unit)
	}
	slices.SortStableFunc(ps, func(x, y Person) int { return slices.Compare(place(x), place(y)) })
	return ps, leftOut, nil
}
