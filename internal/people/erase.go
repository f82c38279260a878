package people

import (
	"context"
	"slices"

	"hocso/internal/fault"
)

// erasedHost ends the address of somebody erased: addresses are unique, and nobody
// can have one below a host that cannot exist (RFC 2606).
const erasedHost = "@erased.invalid"

// Handled returns a person about whose data a may decide: who is in a's scope for
// HandleRequests, and not a. fault.NotFound person_not_found for everybody else,
// fault.Forbidden own_request for oneself.
func (s *Service) Handled(ctx context.Context, a Actor, id ID) (Person, error) {
	p, err := s.Store.Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	covers, err := s.handles(ctx, a, p.Unit)
	switch {
	case err != nil:
		return Person{}, err
	case !covers:
		return Person{}, fault.New(fault.NotFound, "person_not_found", "no such person")
	case a.ID == p.ID:
		return Person{}, fault.New(fault.Forbidden, "own_request", "somebody else handles what you ask for")
	}
	return p, nil
}

func (s *Service) handles(ctx context.Context, a Actor, unit UnitID) (bool, error) {
	t, err := s.units(ctx)
	if err != nil {
		return false, err
	}
	u, _ := t.unit(unit)
	return a.Covers(HandleRequests, unit, u.Path), nil
}

// MayErase refuses what Handled refuses, and somebody with roles outside of a's
// scope: fault.Forbidden above_your_scope. Nobody may erase the last administrator:
// fault.Conflict last_administrator.
func (s *Service) MayErase(ctx context.Context, a Actor, id ID) error {
	p, err := s.Handled(ctx, a, id)
	if err != nil {
		return err
	}
	led, err := s.HeadOf(ctx, id)
	if err != nil {
		return err
	}
	for _, g := range p.Grants {
		led = append(led, g.Unit)
	}
	for _, u := range led {
		covers, err := s.handles(ctx, a, u)
		if err != nil {
			return err
		}
		if !covers {
			return fault.New(fault.Forbidden, "above_your_scope", "this person has roles outside of what you look after")
		}
	}
	return s.keepsAnAdministrator(ctx, p)
}

// keepsAnAdministrator refuses to lose p if nobody else administers everything.
func (s *Service) keepsAnAdministrator(ctx context.Context, p Person) error {
	if !s.administers(p) {
		return nil
	}
	all, err := s.Store.Granted(ctx, Administrator)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(o Person) bool { return o.ID != p.ID && s.administers(o) }) {
		return fault.New(fault.Conflict, "last_administrator", "make somebody else administrator first")
	}
	return nil
}

// Left returns up to limit people whose account is closed and whose last day was before day
// (yyyy-mm-dd), by id, beginning after after.
func (s *Service) Left(ctx context.Context, day string, after ID, limit int) ([]Person, error) {
	return s.Scan.Left(ctx, day, after, limit)
}

// Erase leaves of a person the id and the unit, ends their account everywhere, and
// what they lead. To repeat it changes nothing, and a person who is not there is
// none to erase. fault.Conflict last_administrator.
func (s *Service) Erase(ctx context.Context, id ID) error {
	if err := s.endHeadships(ctx, id); err != nil {
		return err
	}
	const tries = 10
	for range tries {
		p, err := s.Store.Person(ctx, id)
		if fault.KindOf(err) == fault.NotFound || err == nil && p.Status == Erased {
			return nil
		}
		if err == nil {
			err = s.keepsAnAdministrator(ctx, p)
		}
		if err != nil {
			return err
		}
		err = s.Store.ErasePerson(ctx, Person{
			ID: p.ID, Email: string(p.ID) + erasedHost, Unit: p.Unit, Grants: []Grant{}, Status: Erased,
			Settings: Settings{Locale: "vi"}, Epoch: p.Epoch + 1, ChangedAt: s.Now(), Version: p.Version,
		})
		s.persons.forget(id)
		if fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return fault.New(fault.Unavailable, "busy", "the person is being changed too often, try again")
}

// endHeadships ends today what a person leads, and takes away what they would have
// led later. What was stays: it is a fact about the unit.
func (s *Service) endHeadships(ctx context.Context, id ID) error {
	us, err := s.UnitStore.Units(ctx)
	if err != nil {
		return err
	}
	today := s.Today()
	for _, u := range us {
		var heads []Headship
		for _, h := range u.Heads {
			if h.Person == id && h.From >= today {
				continue
			}
			if h.Person == id && (h.To == "" || h.To >= today) {
				h.To = dayBefore(today)
			}
			heads = append(heads, h)
		}
		if slices.Equal(heads, u.Heads) {
			continue
		}
		u.Heads, u.ChangedAt = heads, s.Now()
		err := s.UnitStore.ReplaceUnits(ctx, []Unit{u})
		s.tree.forget()
		if err != nil {
			return err
		}
	}
	return nil
}
