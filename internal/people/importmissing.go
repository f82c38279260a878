package people

import (
	"context"
	"slices"

	"hocso/internal/fault"
)

// A share of covered people, and a number, up to which accounts are closed unasked.
const (
	closeShare = 5
	closeFew   = 10
)

// speaksFor returns the units whose people the file should all name, as they are now;
// nil and true for everybody.
func (m *importing) speaksFor() (units []UnitID, everybody bool, err error) {
	top := m.o.EverybodyIn
	_, all := m.actor.Scope(ManagePeople)
	if top != nil && *top == "" && all {
		return nil, true, nil
	}
	if top != nil && *top != "" {
		if _, there := m.before.unit(*top); !there || !m.covered(*top) {
			return nil, false, invalid("everybodyIn", "unknown")
		}
	}
	for _, u := range m.before.list {
		within := m.ends[u.ID]
		if top != nil {
			within = *top == "" || u.ID == *top || slices.Contains(u.Path, *top)
		}
		if within && m.covered(u.ID) {
			units = append(units, u.ID)
		}
	}
	return units, false, nil
}

// eachMissing calls f for everybody whom the file should name and does not, and counts
// all whom it should.
func (m *importing) eachMissing(ctx context.Context, f func(Person) error) (covered int, err error) {
	units, everybody, err := m.speaksFor()
	if err != nil || !everybody && len(units) == 0 {
		return 0, err
	}
	for after := ID(""); ; {
		ps, err := m.s.Store.Audience(ctx, units, after, batchRows)
		if err != nil {
			return 0, err
		}
		covered += len(ps)
		for _, p := range ps {
			if m.names(p.Email) {
				continue
			}
			if err := f(p); err != nil {
				return 0, err
			}
		}
		if len(ps) < batchRows {
			return covered, nil
		}
		after = ps[len(ps)-1].ID
	}
}

// findMissing counts who is missing, and whose account would be closed.
func (m *importing) findMissing(ctx context.Context) error {
	kept, err := m.keeper(ctx)
	if err != nil {
		return err
	}
	m.result.Covered, err = m.eachMissing(ctx, func(p Person) error {
		why := kept(p)
		if m.result.Missing++; why == "" {
			m.result.Closing++
		}
		if len(m.result.MissingPeople) < mostChanges {
			m.result.MissingPeople = append(m.result.MissingPeople, MissingPerson{p.ID, p.Name, p.Email, p.Unit, why})
		}
		return nil
	})
	m.result.Many = m.result.Closing > closeFew && m.result.Closing*closeShare > m.result.Covered
	return err
}

// keeper returns what says why the account of a missing person is not closed: nobody
// closes their own, one of somebody with roles outside of what they manage, or those
// of all administrators.
func (m *importing) keeper(ctx context.Context) (func(Person) string, error) {
	units, everybody, err := m.speaksFor()
	if err != nil {
		return nil, err
	}
	administrators, err := m.s.Store.Granted(ctx, Administrator)
	if err != nil {
		return nil, err
	}
	oneStays := slices.ContainsFunc(administrators, func(p Person) bool {
		leaves := (everybody || slices.Contains(units, p.Unit)) && !m.names(p.Email) && p.ID != m.actor.ID
		return m.s.administers(p) && !leaves
	})
	today := m.s.Today()
	return func(p Person) string {
		switch {
		case p.ID == m.actor.ID:
			return "own_account"
		case !m.before.controls(m.actor, p, today):
			return "above_your_scope"
		case m.s.administers(p) && !oneStays:
			return "last_administrator"
		}
		return ""
	}, nil
}

// closeMissing closes the accounts of those who are missing, as Disable does.
func (m *importing) closeMissing(ctx context.Context) error {
	kept, err := m.keeper(ctx)
	if err != nil {
		return err
	}
	var batch []Person
	p := ImportProgress{Doing: "closing", Of: m.result.Closing}
	store := func() error {
		if err := m.tell(p); err != nil {
			return err
		}
		p.Rows += len(batch)
		err := m.s.closeAll(ctx, batch)
		batch = batch[:0]
		return err
	}
	_, err = m.eachMissing(ctx, func(one Person) error {
		switch {
		case kept(one) != "":
			return nil
		case m.s.administers(one): // of whom one must stay, whatever others do at this moment
			_, err := m.s.Disable(ctx, m.actor, one.ID)
			if f := fault.KindOf(err); err != nil && f != fault.Conflict {
				return err
			}
			return nil
		}
		if batch = append(batch, one); len(batch) == batchRows {
			return store()
		}
		return nil
	})
	if err == nil {
		err = store()
	}
	return err
}

// closeAll closes accounts of people who do not administer everything.
func (s *Service) closeAll(ctx context.Context, ps []Person) error {
	ids := make([]ID, len(ps))
	for i := range ps {
		ids[i] = ps[i].ID
		ps[i] = ps[i].closed(s.Today())
		ps[i].ChangedAt = s.Now()
	}
	closing := func() error {
		for _, id := range ids {
			if err := s.closing(ctx, id); err != nil {
				return err
			}
		}
		return nil
	}
	if err := closing(); err != nil {
		return err
	}
	if err := s.replaceAll(ctx, ps, ids); err != nil {
		return err
	}
	return closing()
}
