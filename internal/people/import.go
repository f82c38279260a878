package people

import (
	"context"
	"slices"
	"strings"
	"time"
)

// ImportError says what is wrong in one cell, row or file (row 1). Codes are stable.
type ImportError struct {
	Row     int    `json:"row"`
	Column  string `json:"column"` // email, name, unit, unitName, unitNameEn, parentUnit, role, joined, head, or empty
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ImportChange is one person whom an import adds or changes.
type ImportChange struct {
	Row    int           `json:"row"`
	Kind   string        `json:"kind"` // new, changed or moved (to another unit)
	Email  string        `json:"email"`
	Name   string        `json:"name"`
	Fields []ImportField `json:"fields"` // that change
}

// ImportField is what a person has in a column before an import and after it. Units
// are codes; roles are names of roles, each with a unit behind it if it is not for
// the whole organisation.
type ImportField struct {
	Column string `json:"column"` // name, unit, role or joined
	Before string `json:"before"`
	After  string `json:"after"`
}

// MissingPerson is somebody in a unit of the file who is not in the file.
type MissingPerson struct {
	ID    ID     `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Unit  UnitID `json:"unit"`
}

// ImportResult is what an import did, or would do. With errors nothing is written.
type ImportResult struct {
	DryRun       bool           `json:"dryRun"`
	Applied      bool           `json:"applied"`
	Rows         int            `json:"rows"`
	New          int            `json:"new"`
	Changed      int            `json:"changed"`
	Moved        int            `json:"moved"`
	Unchanged    int            `json:"unchanged"`
	UnitsNew     int            `json:"unitsNew"`
	UnitsChanged int            `json:"unitsChanged"`
	Sheet        string         `json:"sheet,omitempty"` // of a workbook: the one that was read
	Columns      []ImportColumn `json:"columns"`         // of the file, in their order
	Ignored      []string       `json:"ignored"`         // columns that an import does not know
	Errors       []ImportError  `json:"errors"`
	Changes      []ImportChange `json:"changes"` // the first 200

	// Of a dry run without errors: who is not closed, is in a unit that the file names,
	// and is not in the file. Nothing happens to them.
	Missing       int             `json:"missing"`
	MissingPeople []MissingPerson `json:"missingPeople"` // the first 200
}

const mostChanges = 200

// importing is one import on its way.
type importing struct {
	*parsed
	s       *Service
	actor   Actor
	stored  []Unit          // as the database has them
	before  *tree           // the same, with paths made anew
	units   []Unit          // as they will be, paths included
	at      map[UnitID]int  // in units
	fresh   map[UnitID]bool // units that the file adds
	people  map[string]Person
	rows    map[string]int // the row of each address
	insert  []Person
	replace []Person
	result  *ImportResult
}

// Import adds and changes people and units from a table (a workbook or CSV, with a
// header row; see columnOf). mapping names the column of each header where the guess
// is wrong, "" to leave it out; it may be nil. People are found by address. Empty cells change nothing; roles are
// added, never taken; units are made when their name is given; an x in head makes
// the person head of their unit from today on. Everything is checked first, and with
// any error nothing is written. To import the same file again changes nothing, also
// after an import that was interrupted. A person outside of what the actor manages
// is an error of the row. fault.Conflict changed_meanwhile or email_taken when
// somebody else changes the same people at the same moment: import again.
func (s *Service) Import(ctx context.Context, a Actor, file []byte, mapping []string, dryRun bool) (ImportResult, error) {
	m := &importing{parsed: parseTable(file, mapping), s: s, actor: a, result: &ImportResult{DryRun: dryRun}}
	m.result.Rows, m.result.Sheet, m.result.Columns, m.result.Ignored = len(m.records), m.sheet, m.headers, m.ignored
	if len(m.errors) == 0 || len(m.records) > 0 {
		if err := m.load(ctx); err != nil {
			return ImportResult{}, err
		}
		m.planUnits()
		m.planPeople()
		m.planHeads()
		m.countUnits()
	}
	slices.SortStableFunc(m.errors, func(a, b ImportError) int { return a.Row - b.Row })
	m.result.Errors = m.errors
	if dryRun && len(m.errors) == 0 {
		if err := m.findMissing(ctx); err != nil {
			return ImportResult{}, err
		}
	}
	if dryRun || len(m.errors) > 0 {
		return *m.result, nil
	}
	if err := m.write(ctx); err != nil {
		return ImportResult{}, err
	}
	m.result.Applied = true
	return *m.result, nil
}

// load reads the units, and the people whom the file names.
func (m *importing) load(ctx context.Context) (err error) {
	if m.stored, err = m.s.UnitStore.Units(ctx); err != nil {
		return err
	}
	m.before = newTree(slices.Clone(m.stored), m.s.Now())
	m.units = slices.Clone(m.before.list)
	m.at, m.fresh = map[UnitID]int{}, map[UnitID]bool{}
	for i, u := range m.units {
		m.at[u.ID] = i
	}
	var emails []string
	for _, r := range m.records {
		if r.has(colEmail) {
			emails = append(emails, importedEmail(r.cells[colEmail]))
		}
	}
	slices.Sort(emails)
	known, err := m.s.Store.PeopleByEmail(ctx, slices.Compact(emails))
	if err != nil {
		return err
	}
	m.people = make(map[string]Person, len(known))
	for _, p := range known {
		m.people[p.Email] = p
	}
	return nil
}

// covers reports whether the actor will manage unit once the file is imported.
func (m *importing) covers(unit UnitID) bool {
	var path []UnitID
	if i, ok := m.at[unit]; ok {
		path = m.units[i].Path
	}
	return m.actor.Covers(ManagePeople, unit, path)
}

// covered reports whether the actor manages unit now: what the file says about
// units gives nobody a right to the people in them.
func (m *importing) covered(unit UnitID) bool {
	u, _ := m.before.known(unit)
	return m.actor.Covers(ManagePeople, unit, u.Path)
}

func (m *importing) exists(unit UnitID) bool {
	_, ok := m.at[unit]
	return ok
}

// planPeople decides what becomes of each row that names a person.
func (m *importing) planPeople() {
	m.rows = make(map[string]int, len(m.records))
	for _, r := range m.records {
		if !r.has(colEmail, colName) {
			if !r.has(colUnit) || r.has(colRole, colJoined, colHead) {
				m.fail(r.row, string(colEmail), "required", "The address is missing.")
			}
			continue // a row that only describes a unit
		}
		email := importedEmail(r.cells[colEmail])
		if first, twice := m.rows[email]; twice && email != "" {
			m.fail(r.row, string(colEmail), "duplicate", "The same address is in row "+itoa(first)+".")
			continue
		}
		m.rows[email] = r.row
		m.planPerson(r, email)
	}
}

func (m *importing) planPerson(r record, email string) {
	before := len(m.errors)
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
	unit := UnitSlug(r.cells[colUnit])
	p, known := m.people[email]
	switch {
	case known && !m.covered(p.Unit):
		m.fail(r.row, string(colEmail), "taken", "This address belongs to somebody outside of your units.")
	case known && p.Status == Closed:
		m.fail(r.row, string(colEmail), "closed", "This person's account is closed. Open it first.")
	case !known && name == "":
		m.fail(r.row, string(colName), "required", "The name is missing.")
	case !known && unit == "" && (len(m.units) > 0 || !m.covers("")):
		m.fail(r.row, string(colUnit), "required", "The unit is missing.")
	case unit != "" && (!m.exists(unit) || !m.covers(unit)):
		m.fail(r.row, string(colUnit), "unknown_unit", "This unit is not there, or not yours to manage.")
	}
	if len(m.errors) > before {
		return
	}
	was := p
	if !known {
		p = m.s.new(Draft{Name: name, Email: email, Unit: unit})
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
	m.people[email] = p
	m.count(r.row, was, p, known)
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

// count notes what an import does to a person.
func (m *importing) count(row int, was, p Person, known bool) {
	c := ImportChange{Row: row, Kind: "changed", Email: p.Email, Name: p.Name}
	for _, f := range []ImportField{
		{"name", was.Name, p.Name},
		{"unit", string(was.Unit), string(p.Unit)},
		{"role", rolesIn(was.Grants), rolesIn(p.Grants)},
		{"joined", was.JoinedOn, p.JoinedOn},
	} {
		if f.Before != f.After {
			c.Fields = append(c.Fields, f)
		}
	}
	switch {
	case !known:
		c.Kind = "new"
		m.result.New++
		m.insert = append(m.insert, p)
	case len(c.Fields) == 0:
		m.result.Unchanged++
		return
	default:
		if was.Unit != p.Unit {
			c.Kind = "moved"
			m.result.Moved++
		} else {
			m.result.Changed++
		}
		p.ChangedAt = m.s.Now()
		m.replace = append(m.replace, p)
	}
	if len(m.result.Changes) < mostChanges {
		m.result.Changes = append(m.result.Changes, c)
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

// findMissing looks for those of the file's units whom it does not name.
func (m *importing) findMissing(ctx context.Context) error {
	const page = 1000
	seen := map[UnitID]bool{}
	var units []UnitID
	for _, r := range m.records {
		unit := UnitSlug(r.cells[colUnit])
		if p, ok := m.people[importedEmail(r.cells[colEmail])]; ok {
			unit = p.Unit
		}
		if _, there := m.before.unit(unit); there && !seen[unit] && m.covered(unit) {
			units = append(units, unit)
		}
		seen[unit] = true
	}
	for after := ID(""); len(units) > 0; {
		ps, err := m.s.Store.Audience(ctx, units, after, page)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if _, named := m.rows[p.Email]; named {
				continue
			}
			if m.result.Missing++; len(m.result.MissingPeople) < mostChanges {
				m.result.MissingPeople = append(m.result.MissingPeople, MissingPerson{p.ID, p.Name, p.Email, p.Unit})
			}
		}
		if len(ps) < page {
			return nil
		}
		after = ps[len(ps)-1].ID
	}
	return nil
}

// write stores units first, so that no person is ever in a unit that is not there,
// and heads last, so that every head is. An interrupted import is finished by
// importing the same file again.
func (m *importing) write(ctx context.Context) error {
	defer m.s.tree.forget()
	var fresh, known []Unit
	withoutNewHeads := slices.Clone(m.units)
	for i, u := range withoutNewHeads {
		if m.fresh[u.ID] {
			u.Heads = []Headship{}
			fresh = append(fresh, u)
		} else {
			j := slices.IndexFunc(m.stored, func(b Unit) bool { return b.ID == u.ID })
			withoutNewHeads[i].Heads = m.stored[j].Heads
			known = append(known, withoutNewHeads[i])
		}
	}
	if err := m.s.UnitStore.InsertUnits(ctx, fresh); err != nil {
		return err
	}
	if err := m.s.UnitStore.ReplaceUnits(ctx, m.s.differing(m.stored, known)); err != nil {
		return err
	}
	for batch := range slices.Chunk(m.insert, 1000) {
		if err := m.s.Store.InsertPeople(ctx, batch); err != nil {
			return err
		}
		m.s.told(batch...)
	}
	for batch := range slices.Chunk(m.replace, 1000) {
		if err := m.s.Store.ReplacePeople(ctx, batch); err != nil {
			return err
		}
		for i := range batch {
			batch[i].Version++
		}
		m.s.told(batch...)
	}
	ids := make([]ID, len(m.replace))
	for i, p := range m.replace {
		ids[i] = p.ID
	}
	m.s.persons.forget(ids...)
	if err := m.lift(ctx); err != nil {
		return err
	}
	return m.writeHeads(ctx)
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
	for _, p := range slices.Concat(m.insert, m.replace) {
		if there(stored, p.Unit) == p.Unit {
			continue
		}
		if p, err = m.s.Store.Person(ctx, p.ID); err != nil {
			return err
		}
		if _, err := m.s.lift(ctx, p); err != nil {
			return err
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
		if j, ok := m.at[u.ID]; ok {
			wanted[i].Heads = m.units[j].Heads
		}
	}
	return m.s.UnitStore.ReplaceUnits(ctx, m.s.differing(stored, wanted))
}

// day reads a date as people in Vietnam and programs write it; "" stays "".
func day(cell string) (string, bool) {
	if cell == "" {
		return "", true
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if d, err := time.Parse(layout, cell); err == nil && d.Year() >= 1900 && d.Year() <= 2200 {
			return d.Format(time.DateOnly), true
		}
	}
	return "", false
}

// rolesOf reads role names in Vietnamese or English, several with | or , between.
func rolesOf(cell string) ([]Role, bool) {
	var roles []Role
	for _, w := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("|,;", r) }) {
		switch strings.ReplaceAll(Fold(w), "_", " ") {
		case "learner", "hoc vien", "nguoi hoc":
		case "trainer", "nguoi viet bai", "giang vien", "nguoi soan", "nguoi day":
			roles = append(roles, Trainer)
		case "administrator", "nguoi quan tri", "quan tri", "quan tri vien":
			roles = append(roles, Administrator)
		case "security officer", "an toan thong tin", "can bo an toan thong tin":
			roles = append(roles, SecurityOfficer)
		case "auditor", "nguoi kiem tra", "giam sat", "kiem toan":
			roles = append(roles, Auditor)
		default:
			return nil, false
		}
	}
	return roles, true
}

// marked reads the head column: empty, an x, or yes or no in either language.
func marked(cell string) (head, ok bool) {
	switch Fold(cell) {
	case "", "no", "khong", "0":
		return false, true
	case "x", "yes", "co", "1":
		return true, true
	}
	return false, false
}
