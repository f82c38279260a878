package people

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
)

// planned is what becomes of a person whom a row names.
type planned struct {
	row    int
	was, p Person
	known  bool
}

// plan reads the file once more, decides about each row, and gives what becomes of the
// people of a batch to then. People with an error, and those who are unchanged, are
// among them.
func (m *importing) plan(ctx context.Context, doing string, then func([]planned) error) error {
	m.rows, m.heads = map[string]int{}, map[UnitID]int{}
	for i, u := range m.units {
		b, _ := m.before.unit(u.ID)
		m.units[i].Heads = append([]Headship{}, b.Heads...)
	}
	return m.read(doing, func(records []record) error {
		known, err := m.known(ctx, records)
		if err != nil {
			return err
		}
		changes := make([]planned, 0, len(records))
		for _, r := range records {
			changes = m.planRow(r, known, changes)
		}
		return then(changes)
	})
}

// known reads the people whom some rows name.
func (m *importing) known(ctx context.Context, records []record) (map[string]Person, error) {
	var emails []string
	for _, r := range records {
		if r.has(colEmail) {
			emails = append(emails, importedEmail(r.cells[colEmail]))
		}
	}
	slices.Sort(emails)
	list, err := m.s.Store.PeopleByEmail(ctx, slices.Compact(emails))
	if err != nil {
		return nil, err
	}
	known := make(map[string]Person, len(list))
	for _, p := range list {
		known[p.Email] = p
	}
	return known, nil
}

// planRow adds what becomes of the person whom a row names, if it names one.
func (m *importing) planRow(r record, known map[string]Person, changes []planned) []planned {
	unit, email := m.slug(r.cells[colUnit]), importedEmail(r.cells[colEmail])
	switch {
	case !r.has(colEmail, colName):
		if !r.has(colUnit) || r.has(colRole, colJoined, colHead) {
			m.fail(r.row, string(colEmail), "required", "The address is missing.")
		}
	case m.twice(r, email):
	default:
		if c, ok := m.planPerson(r, email, known); ok {
			changes = append(changes, c)
			known[email] = c.p
		}
	}
	p, there := known[email]
	if there {
		unit = p.Unit
	}
	m.ends[unit] = true
	m.planHead(r, p, there)
	return changes
}

// twice refuses an address that an earlier row has.
func (m *importing) twice(r record, email string) bool {
	if email == "" || !m.repeated[maphash.String(m.seed, email)] {
		return false
	}
	first, twice := m.rows[email]
	if twice {
		m.fail(r.row, string(colEmail), "duplicate", "The same address is in row "+itoa(first)+".")
	} else {
		m.rows[email] = r.row
	}
	return twice
}

func (m *importing) planPerson(r record, email string, people map[string]Person) (c planned, ok bool) {
	before := m.wrong
	name := strings.Join(strings.Fields(r.cells[colName]), " ")
	switch {
	case email == "":
		m.fail(r.row, string(colEmail), "required", "The address is missing.")
	case !ValidEmail(email):
		m.fail(r.row, string(colEmail), "mail", "This is not an e-mail address.")
	}
	if n := len([]rune(name)); n > 200 {
		m.fail(r.row, string(colName), "too_long", "The name is longer than 200 characters.")
	}
	joined, ok := day(r.cells[colJoined])
	if !ok {
		m.fail(r.row, string(colJoined), "date", "The date is not like 2026-03-31 or 31/03/2026.")
	}
	roles, ok := rolesOf(r.cells[colRole])
	if !ok {
		m.fail(r.row, string(colRole), "unknown_role", "This role is not known.")
	}
	unit := m.slug(r.cells[colUnit])
	p, known := people[email]
	switch {
	case known && !m.covered(p.Unit):
		m.fail(r.row, string(colEmail), "taken", "This address belongs to somebody outside of your units.")
	case known && p.Status == Closed && !m.o.Reopen:
		m.fail(r.row, string(colEmail), "closed", "This person's account is closed. Say that those who return are let in again, or leave the row out.")
	case known && p.Status == Closed && !m.before.controls(m.actor, p, m.s.Today()):
		m.fail(r.row, string(colEmail), "above_your_scope", "This person's account is closed, and they have roles outside of what you manage.")
	case !known && name == "":
		m.fail(r.row, string(colName), "required", "The name is missing.")
	case !known && unit == "" && (len(m.units) > 0 || !m.covers("")):
		m.fail(r.row, string(colUnit), "required", "The unit is missing.")
	case unit != "" && (!m.exists(unit) || !m.covers(unit)):
		m.fail(r.row, string(colUnit), "unknown_unit", "This unit is not there, or not yours to manage.")
	}
	if m.wrong > before {
		return planned{}, false
	}
	was := p
	if !known {
		p = m.s.new(Draft{Name: name, Email: email, Unit: unit})
	}
	if p.Status == Closed {
		p = p.opened()
	}
	if name != "" && !exported(name, was.Name) {
		p.Name = name
	}
	if unit != "" {
		p.Unit = unit
	}
	if joined != "" {
		p.JoinedOn = joined
	}
	p.Grants = m.withRoles(r, p, roles)
	return planned{r.row, was, p, known}, true
}

// withRoles adds roles in all that the actor manages around the person's unit.
func (m *importing) withRoles(r record, p Person, roles []Role) []Grant {
	grants := slices.Clone(p.Grants)
	for _, role := range roles {
		g := Grant{Role: role}
		if !m.covers("") {
			g.Unit = p.Unit
		}
		if !slices.Contains(grants, g) && p.ID == m.actor.ID {
			m.fail(r.row, string(colRole), "own_roles", "Somebody else changes your roles.")
		}
		grants = append(grants, g)
	}
	return granted(grants)
}

// fields are what an import changes about a person.
func (c planned) fields() (fields []ImportField) {
	for _, f := range []ImportField{
		{"name", c.was.Name, c.p.Name},
		{"unit", string(c.was.Unit), string(c.p.Unit)},
		{"role", rolesIn(c.was.Grants), rolesIn(c.p.Grants)},
		{"joined", c.was.JoinedOn, c.p.JoinedOn},
	} {
		if f.Before != f.After {
			fields = append(fields, f)
		}
	}
	return fields
}

// unchanged reports whether there is nothing to write.
func (c planned) unchanged() bool {
	return c.known && c.was.Status == c.p.Status && len(c.fields()) == 0
}

// count notes what an import does to a person.
func (m *importing) count(c planned) {
	change := ImportChange{Row: c.row, Kind: "changed", Email: c.p.Email, Name: c.p.Name, Fields: c.fields()}
	switch {
	case !c.known:
		change.Kind = "new"
		m.result.New++
	case c.unchanged():
		m.result.Unchanged++
		return
	case c.was.Status != c.p.Status:
		change.Kind = "returned"
		m.result.Returned++
	case c.was.Unit != c.p.Unit:
		change.Kind = "moved"
		m.result.Moved++
	default:
		m.result.Changed++
	}
	if rolesIn(c.was.Grants) != rolesIn(c.p.Grants) {
		m.result.RolesChanged++
	}
	if len(m.result.Changes) < mostChanges {
		m.result.Changes = append(m.result.Changes, change)
	}
}

// rolesIn writes grants as a difference shows them.
func rolesIn(grants []Grant) string {
	var names []string
	for _, g := range grants {
		names = append(names, strings.TrimSpace(string(g.Role)+" "+string(g.Unit)))
	}
	return strings.Join(names, ", ")
}

// planHead makes the person of a row head of their unit from today on, if it says so.
func (m *importing) planHead(r record, p Person, known bool) {
	head, ok := marked(r.cells[colHead])
	if !ok {
		m.fail(r.row, string(colHead), "mark", "Write x, or nothing.")
	}
	if !head || !ok || !known || !m.covers(p.Unit) {
		return
	}
	i, ok := m.at[p.Unit]
	if !ok {
		m.fail(r.row, string(colHead), "required", "A head needs a unit.")
		return
	}
	if first, twice := m.heads[p.Unit]; twice {
		m.fail(r.row, string(colHead), "duplicate", "Row "+itoa(first)+" is head of the same unit.")
		return
	}
	m.heads[p.Unit] = r.row
	if today := m.s.Today(); m.units[i].HeadOn(today) != p.ID || deputises(m.units[i], p.ID, today) {
		m.units[i].Heads = appoint(m.units[i].Heads, p.ID, today)
	}
}

// deputises reports whether p leads u on day only as its deputy.
func deputises(u Unit, p ID, day string) bool {
	return !slices.ContainsFunc(u.Heads, func(h Headship) bool {
		return h.Person == p && !h.Deputy && h.From <= day && (h.To == "" || h.To >= day)
	})
}
