package people

import (
	"slices"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// unitRows is what the rows of one unit say about it together.
type unitRows struct {
	id           UnitID
	row          int    // the first
	code         string // as written there
	name, nameEn string
	parent       UnitID
	parentRow    int
}

// planUnits makes and changes units as the rows say. Two rows may both describe a
// unit, but not differently.
func (m *importing) planUnits() {
	order, said := m.order, m.said
	for _, u := range order {
		m.planUnit(said[u])
	}
	for _, u := range order {
		d := said[u]
		if b, _ := m.before.unit(u); d.parent == "" || d.parent == b.Parent && m.covered(u) {
			continue
		}
		if !m.exists(d.parent) || m.outside(d.parent) {
			m.fail(d.parentRow, string(colParent), "unknown_unit", "The parent unit is not there, or not yours to manage.")
		}
	}
	paths := pathsOf(m.units)
	for i, u := range m.units {
		m.units[i].Path = paths[u.ID]
	}
	places := placesOf(m.units)
	for _, u := range order {
		d := said[u]
		if code := places.fault(u); code != "" {
			m.fail(d.row, string(colParent), code, "The unit would be below itself, or the tree too deep.")
		}
	}
	m.checkUnits(order, said)
}

// sayUnit keeps what a row says about its unit.
func (m *importing) sayUnit(r record) {
	code := r.cells[colUnit]
	if code == "" {
		if r.has(colUnitName, colUnitEn, colParent) {
			m.fail(r.row, string(colUnit), "required", "The unit's code is missing.")
		}
		return
	}
	id := m.slug(code)
	if id == "" {
		m.fail(r.row, string(colUnit), "slug", "The unit's code has no letter or digit.")
		return
	}
	d := m.said[id]
	if d == nil {
		d = &unitRows{id: id, row: r.row, code: code}
		m.said[id] = d
		m.order = append(m.order, id)
	}
	if d.code != code && Fold(d.code) != Fold(code) {
		m.fail(r.row, string(colUnit), "ambiguous", "This code and that of row "+itoa(d.row)+" are too alike.")
	}
	m.say(r.row, colUnitName, r.cells[colUnitName], &d.name)
	m.say(r.row, colUnitEn, r.cells[colUnitEn], &d.nameEn)
	if d.parent == "" && r.cells[colParent] != "" {
		d.parentRow = r.row
	}
	m.say(r.row, colParent, string(m.slug(r.cells[colParent])), (*string)(&d.parent))
}

// say keeps what the first row says, and refuses a later one that says otherwise.
func (m *importing) say(row int, c column, v string, kept *string) {
	switch {
	case v == "":
	case *kept == "":
		*kept = v
	case *kept != v:
		m.fail(row, string(c), "differs", "An earlier row says otherwise about this unit.")
	}
	if len([]rune(v)) > 200 {
		m.fail(row, string(c), "too_long", "The name is longer than 200 characters.")
	}
}

func (m *importing) planUnit(d *unitRows) {
	i, known := m.at[d.id]
	if !known {
		if _, gone := m.before.gone[d.id]; d.name == "" || gone {
			return // whoever is in it gets unknown_unit
		}
		u := Unit{ID: d.id, Name: Text{Vi: d.name, En: d.name}, Parent: d.parent, Path: []UnitID{}, Heads: []Headship{}, ChangedAt: m.s.Now(), Version: 1}
		if d.nameEn != "" {
			u.Name.En = d.nameEn
		}
		m.at[d.id] = len(m.units)
		m.fresh[d.id] = true
		m.units = append(m.units, u)
		m.result.UnitsNew++
		return
	}
	if m.outside(d.id) {
		return // checkUnits says that it is not there
	}
	u := &m.units[i]
	if d.name != "" && !exported(d.name, u.Name.Vi) {
		if u.Name.En == u.Name.Vi {
			u.Name.En = d.name
		}
		u.Name.Vi = d.name
	}
	if d.nameEn != "" && !exported(d.nameEn, u.Name.En) {
		u.Name.En = d.nameEn
	}
	if d.parent != "" {
		u.Parent = d.parent
	}
}

// countUnits counts the units that were there and will differ.
func (m *importing) countUnits() {
	for _, u := range m.units {
		b, known := m.before.unit(u.ID)
		if known && (b.Name != u.Name || b.Parent != u.Parent || !slices.Equal(b.Heads, u.Heads)) {
			m.result.UnitsChanged++
		}
	}
}

// checkUnits refuses units that the actor does not manage: where they were, and
// where they would be.
func (m *importing) checkUnits(order []UnitID, said map[UnitID]*unitRows) {
	for _, id := range order {
		i, ok := m.at[id]
		if !ok || m.outside(id) {
			if _, gone := m.before.gone[id]; gone && m.covered(id) {
				m.fail(said[id].row, string(colUnit), "removed_unit", "This unit was removed, and its code is not used again.")
			} else if said[id].name != "" {
				m.fail(said[id].row, string(colUnit), "unknown_unit", "This unit is not there, or not yours to manage.")
			} else if !m.peopled[id] { // else that person gets the error
				m.fail(said[id].row, string(colUnit), "unknown_unit", "This unit is not there. Give its name to make it.")
			}
			continue
		}
		b, known := m.before.unit(id)
		changed := !known || b.Name != m.units[i].Name || b.Parent != m.units[i].Parent
		if !changed {
			continue
		}
		moves := !known || b.Parent != m.units[i].Parent
		if moves && !m.covers(m.units[i].Parent) {
			m.fail(said[id].row, string(colUnit), "unknown_unit", "This unit is not there, or not yours to manage.")
		}
	}
}

// outside reports whether unit was there and the actor does not manage it: as far as
// they may know, it is not there.
func (m *importing) outside(unit UnitID) bool {
	_, known := m.before.unit(unit)
	return known && !m.covered(unit)
}
