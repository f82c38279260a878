package people

import (
	"context"
	"slices"

	"hocso/internal/fault"
)

// write stores units first, so that no person is ever in a unit that is not there,
// then people batch by batch, then heads, so that every head is there, and closes
// accounts last. An interrupted import is finished by importing the same file again.
func (m *importing) write(ctx context.Context) error {
	defer m.s.tree.forget()
	var fresh, known []Unit
	stored := make(map[UnitID]Unit, len(m.stored))
	for _, u := range m.stored {
		stored[u.ID] = u
	}
	for _, u := range m.units {
		u.Heads = []Headship{}
		if m.fresh[u.ID] {
			fresh = append(fresh, u)
		} else {
			u.Heads = stored[u.ID].Heads
			known = append(known, u)
		}
	}
	for batch := range slices.Chunk(fresh, batchRows) {
		if err := m.s.UnitStore.InsertUnits(ctx, batch); err != nil {
			return err
		}
	}
	differing := slices.DeleteFunc(m.s.differing(m.stored, append(known, fresh...)), func(u Unit) bool { return m.fresh[u.ID] })
	for batch := range slices.Chunk(differing, batchRows) {
		if err := m.s.UnitStore.ReplaceUnits(ctx, batch); err != nil {
			return err
		}
	}
	if r := m.result; r.New+r.Changed+r.Moved+r.Returned > 0 {
		if err := m.plan(ctx, "writing", func(changes []planned) error { return m.writePeople(ctx, changes) }); err != nil {
			return err
		}
	}
	if err := m.lift(ctx); err != nil {
		return err
	}
	if err := m.writeHeads(ctx); err != nil || !m.o.Close {
		return err
	}
	return m.closeMissing(ctx)
}

// writePeople stores a batch. What became wrong since it was checked ends the import
// before the batch: somebody else changes the same people.
func (m *importing) writePeople(ctx context.Context, changes []planned) error {
	if m.wrong > 0 {
		return changedMeanwhile()
	}
	var insert, replace []Person
	var ids []ID
	for _, c := range changes {
		switch {
		case !c.known:
			insert = append(insert, c.p)
		case !c.unchanged():
			c.p.ChangedAt = m.s.Now()
			replace = append(replace, c.p)
			ids = append(ids, c.p.ID)
		}
	}
	if err := m.s.Store.InsertPeople(ctx, insert); err != nil {
		return err
	}
	m.s.told(insert...)
	m.noteRoles(slices.DeleteFunc(slices.Clone(changes), func(c planned) bool { return c.known }))
	if err := m.s.replaceAll(ctx, replace, ids); err != nil {
		return err
	}
	m.noteRoles(slices.DeleteFunc(slices.Clone(changes), func(c planned) bool { return !c.known }))
	return nil
}

// replaceAll is replace for many, whose ids are ids.
func (s *Service) replaceAll(ctx context.Context, ps []Person, ids []ID) error {
	defer s.persons.forget(ids...)
	if err := s.Store.ReplacePeople(ctx, ps); err != nil {
		return err
	}
	for i := range ps {
		ps[i].Version++
	}
	s.told(ps...)
	return nil
}

// lift moves those up whose unit was removed while the file was imported.
func (m *importing) lift(ctx context.Context) error {
	if _, err := m.s.liftUnits(ctx, Unit{}); err != nil {
		return err
	}
	stored, err := m.s.UnitStore.Units(ctx)
	if err != nil {
		return err
	}
	for _, u := range m.units {
		if there(stored, u.ID) == u.ID {
			continue
		}
		for after := ID(""); ; {
			ps, err := m.s.Store.Audience(ctx, []UnitID{u.ID}, after, batchRows)
			if err != nil {
				return err
			}
			for _, p := range ps {
				if _, err := m.s.lift(ctx, p); err != nil {
					return err
				}
			}
			if len(ps) < batchRows {
				break
			}
			after = ps[len(ps)-1].ID
		}
	}
	return nil
}

// writeHeads stores the heads on top of the units as they are now.
func (m *importing) writeHeads(ctx context.Context) error {
	stored, err := m.s.UnitStore.Units(ctx)
	if err != nil {
		return err
	}
	wanted := slices.Clone(stored)
	for i, u := range wanted {
		if _, ok := m.heads[u.ID]; ok {
			wanted[i].Heads = m.units[m.at[u.ID]].Heads
		}
	}
	return m.s.UnitStore.ReplaceUnits(ctx, m.s.differing(stored, wanted))
}

func changedMeanwhile() error {
	return fault.New(fault.Conflict, "changed_meanwhile", "somebody else changed the same people or units meanwhile, import again")
}
