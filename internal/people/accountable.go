package people

import "context"

// Accountable is who answers for a unit on a day: always exactly one person, or, when
// nobody leads the unit or any unit above it, the administrators of the organisation.
type Accountable struct {
	Person ID     // empty: the administrators
	Unit   UnitID // whose head or deputy they are: the unit itself, or the nearest above it that has one
	Deputy bool
}

// AccountableFor returns who answers for u on day (yyyy-mm-dd): its head, else its
// deputy, else whoever leads the nearest unit above. unit finds the units above, serves
// says who can answer for anything on that day. Of several who would, the first counts.
func AccountableFor(u Unit, day string, unit func(UnitID) (Unit, bool), serves func(ID) bool) Accountable {
	for up, i := u, len(u.Path); ; i-- {
		if h, ok := up.leadOn(day, serves); ok {
			return Accountable{h.Person, up.ID, h.Deputy}
		}
		if i == 0 {
			return Accountable{}
		}
		up, _ = unit(u.Path[i-1]) // one that is not there is led by nobody
	}
}

// leadOn returns the headship that counts on day: the head's, else a deputy's.
func (u Unit) leadOn(day string, serves func(ID) bool) (lead Headship, ok bool) {
	for _, h := range u.Heads {
		switch {
		case h.From > day || h.To != "" && h.To < day || !serves(h.Person):
		case !h.Deputy:
			return h, true
		case !ok:
			lead, ok = h, true
		}
	}
	return lead, ok
}

// ServesOn reports whether p can answer for a unit on day, seen from today: their last
// day is not over by then, and from today on their account is open.
func (p Person) ServesOn(day, today string) bool {
	if p.Status.Ended() && (p.LeftOn == "" || day >= today) {
		return false
	}
	return p.LeftOn == "" || p.LeftOn >= day
}

// Answering is who answers for a unit, as it is shown.
type Answering struct {
	ID     ID     `json:"id"`
	Name   string `json:"name"`
	Unit   UnitID `json:"unit"` // which they lead: the unit itself or one above
	Of     Text   `json:"of"`   // its name
	Deputy bool   `json:"deputy,omitempty"`
}

// AnsweringFor returns for each unit who answers for it today; a unit for which the
// administrators answer is not there.
func (s *Service) AnsweringFor(ctx context.Context, units []Unit) (map[UnitID]Answering, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	var ids []ID
	asked := map[ID]bool{}
	for _, u := range units {
		for _, id := range append(u.Path[:len(u.Path):len(u.Path)], u.ID) {
			v, _ := t.unit(id)
			for _, h := range v.Heads {
				if !asked[h.Person] && h.From <= today && (h.To == "" || h.To >= today) {
					asked[h.Person], ids = true, append(ids, h.Person)
				}
			}
		}
	}
	ps, err := s.Store.PeopleByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[ID]Person, len(ps))
	for _, p := range ps {
		known[p.ID] = p
	}
	serves := func(id ID) bool {
		p, ok := known[id]
		return ok && p.ServesOn(today, today)
	}
	out := make(map[UnitID]Answering, len(units))
	for _, u := range units {
		if a := AccountableFor(u, today, t.unit, serves); a.Person != "" {
			of, _ := t.unit(a.Unit)
			out[u.ID] = Answering{a.Person, known[a.Person].Name, a.Unit, of.Name, a.Deputy}
		}
	}
	return out, nil
}

// Led is a headship with the unit that is led.
type Led struct {
	Unit UnitID `json:"unit"`
	Name Text   `json:"name"`
	Headship
}

// LedBy returns the headships of p, past ones too, in the units that a manages.
func (s *Service) LedBy(ctx context.Context, a Actor, p ID) ([]Led, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	led := []Led{}
	for _, id := range t.heads[p] {
		u, _ := t.unit(id)
		for _, h := range u.Heads {
			if h.Person == p && a.Covers(ManagePeople, u.ID, u.Path) {
				led = append(led, Led{u.ID, u.Name, h})
			}
		}
	}
	return led, nil
}
