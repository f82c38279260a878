package people

import (
	"context"
	"hash/maphash"
	"io"
	"slices"

	"hocso/internal/fault"
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
	Kind   string        `json:"kind"` // new, changed, moved (to another unit) or returned (the account was closed)
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

// MissingPerson is somebody whom the file should name and does not.
type MissingPerson struct {
	ID    ID     `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Unit  UnitID `json:"unit"`
	Kept  string `json:"kept,omitempty"` // why an import does not close the account: own_account, above_your_scope or last_administrator
}

// ImportResult is what an import did, or would do. With errors nothing is written.
type ImportResult struct {
	DryRun       bool           `json:"dryRun"`
	Applied      bool           `json:"applied"`
	Rows         int            `json:"rows"`
	New          int            `json:"new"`
	Changed      int            `json:"changed"`
	Moved        int            `json:"moved"`
	Returned     int            `json:"returned"`
	RolesChanged int            `json:"rolesChanged"` // people whose roles are others, also new ones with roles
	Unchanged    int            `json:"unchanged"`
	UnitsNew     int            `json:"unitsNew"`
	UnitsChanged int            `json:"unitsChanged"`
	Sheet        string         `json:"sheet,omitempty"` // of a workbook: the one that was read
	Columns      []ImportColumn `json:"columns"`         // of the file, in their order
	Ignored      []string       `json:"ignored"`         // columns that an import does not know
	Errors       []ImportError  `json:"errors"`          // the first 500
	ErrorCount   int            `json:"errorCount"`
	Changes      []ImportChange `json:"changes"` // the first 200

	// Of a dry run without errors, and of an import that closes accounts: who is not
	// closed, is in a unit for which the file speaks, and is not in the file.
	Covered         int             `json:"covered"` // people in those units before the import
	Missing         int             `json:"missing"`
	MissingPeople   []MissingPerson `json:"missingPeople"` // the first 200
	Closing         int             `json:"closing"`       // accounts that are closed if those missing are
	RoleChanges     []RoleChange    `json:"-"`             // the first 100 roles that were granted or taken
	MoreRoleChanges int             `json:"-"`             // how many there were beside these
	Many            bool            `json:"many"`          // more than 10 accounts and more than a fifth of covered: to close so many must be confirmed by closeAtMost
}

// Count is one figure of an import.
type Count struct {
	What string
	N    int
}

// Counts lists what is not 0 of what an import did, or, beginning with preview, would do;
// closing says that it closes the accounts of those missing.
func (r ImportResult) Counts(closing bool) (out []Count) {
	all := []Count{
		{"rows", r.Rows},
		{"new", r.New},
		{"changed", r.Changed},
		{"moved", r.Moved},
		{"roles_changed", r.RolesChanged},
		{"returned", r.Returned},
		{"units_new", r.UnitsNew},
		{"units_changed", r.UnitsChanged},
		{"errors", r.ErrorCount},
	}
	if !r.Applied {
		all = append([]Count{{"preview", 1}}, all...)
	}
	if closing {
		all = append(all, Count{"closed", r.Closing})
	}
	for _, c := range all {
		if c.N > 0 {
			out = append(out, c)
		}
	}
	return out
}

const mostChanges = 200

// ImportOptions say how to import. The zero value adds and changes people, and leaves
// everybody alone whom the file does not name.
type ImportOptions struct {
	Mapping []string // the column of each header where the guess is wrong, "" to leave it out
	DryRun  bool     // only say what would happen
	Reopen  bool     // open the accounts of closed people whom the file names again; else they are errors

	// Close closes the accounts of those who are missing: in the units that the file
	// names, or in EverybodyIn and below ("": all that the actor manages).
	Close       bool
	EverybodyIn *UnitID
	CloseAtMost *int // what was confirmed; nil: few enough need no confirmation

	Large    bool // a file on the disk of this machine: as many rows as there are
	Progress func(ImportProgress) error
}

// ImportProgress is how far an import is. An error of Progress ends it between two batches.
type ImportProgress struct {
	Doing string // reading, checking, writing or closing
	Rows  int
	Of    int // 0 while reading: nobody knows yet
}

// importing is one import on its way.
type importing struct {
	s      *Service
	actor  Actor
	o      ImportOptions
	file   *io.SectionReader
	table  *parsed
	result *ImportResult
	errors []ImportError
	wrong  int

	stored []Unit          // as the database has them
	before *tree           // the same, with paths made anew
	units  []Unit          // as they will be, paths included
	at     map[UnitID]int  // in units
	fresh  map[UnitID]bool // units that the file adds

	// What all rows together say, in as little memory as possible.
	order    []UnitID             // units, as the file names them first
	said     map[UnitID]*unitRows // about them
	slugs    map[string]UnitID    // codes that were seen
	peopled  map[UnitID]bool      // units in which the file names a person
	ends     map[UnitID]bool      // units in which somebody whom it names is afterwards
	seed     maphash.Seed
	hashes   []uint64        // of the addresses, sorted
	repeated map[uint64]bool // those that come twice: of the same address, or by chance
	rows     map[string]int  // the row of each address with one of these
	heads    map[UnitID]int  // the row of each new head
}

// Import adds and changes people and units from a table (a workbook or CSV, with a
// header row; see columnOf). People are found by address. Empty cells change nothing;
// roles are added, never taken; units are made when their name is given; an x in head
// makes the person head of their unit from today on. The file is read three times, in
// batches: what it says, what is wrong with it, and, if nothing is, to write it. With
// any error nothing is written. To import the same file again changes nothing; after
// an import that was interrupted it does what is left. A person outside of what the
// actor manages is an error of the row. fault.Invalid with the field everybodyIn and
// the code unknown for a unit that is not the actor's; with closeAtMost and required
// or exceeded when more accounts would be closed than is usual, or was confirmed.
// fault.Conflict changed_meanwhile or email_taken when somebody else changes the same
// people at the same moment: import again.
func (s *Service) Import(ctx context.Context, a Actor, file *io.SectionReader, o ImportOptions) (ImportResult, error) {
	m := &importing{
		s: s, actor: a, o: o, file: file, seed: maphash.MakeSeed(), errors: []ImportError{},
		result: &ImportResult{DryRun: o.DryRun},
		said:   map[UnitID]*unitRows{}, slugs: map[string]UnitID{}, peopled: map[UnitID]bool{}, ends: map[UnitID]bool{},
	}
	if err := m.check(ctx); err != nil {
		return ImportResult{}, err
	}
	if m.o.DryRun || m.wrong > 0 {
		return *m.result, nil
	}
	if err := m.confirmed(); err != nil {
		return ImportResult{}, err
	}
	if err := m.write(ctx); err != nil { // batches before are written
		return ImportResult{RoleChanges: m.result.RoleChanges, MoreRoleChanges: m.result.MoreRoleChanges}, err
	}
	m.result.Applied = true
	return *m.result, nil
}

// read reads the file once from its beginning, and gives its rows to take in batches.
func (m *importing) read(doing string, take func([]record) error) error {
	t := &parsed{mapping: m.o.Mapping, errors: []ImportError{}, most: mostRows, unpacked: mostUnpacked}
	if m.o.Large {
		t.most, t.unpacked = 1<<30, 1<<30
	}
	if m.table != nil {
		t.encoding, t.formulas = m.table.encoding, m.table.formulas
	}
	p := ImportProgress{Doing: doing, Of: m.result.Rows}
	t.take = func(records []record) error {
		if err := m.tell(p); err != nil {
			return err
		}
		p.Rows += len(records)
		return take(records)
	}
	err := t.read(m.file)
	if err == nil {
		err = m.tell(p)
	}
	m.table = t
	return err
}

func (m *importing) tell(p ImportProgress) error {
	if m.o.Progress == nil {
		return nil
	}
	return m.o.Progress(p)
}

func (m *importing) fail(row int, column, code, message string) {
	if m.wrong++; len(m.errors) < mostErrors {
		m.errors = append(m.errors, ImportError{row, column, code, message})
	}
}

// check finds out what the file would do, and all that is wrong with it.
func (m *importing) check(ctx context.Context) error {
	if err := m.load(ctx); err != nil {
		return err
	}
	if err := m.read("reading", m.survey); err != nil {
		return err
	}
	t := m.table
	m.errors, m.wrong = append(m.errors, t.errors...), m.wrong+t.wrong
	m.result.Rows, m.result.Sheet, m.result.Columns, m.result.Ignored = t.rows, t.sheet, t.headers, t.ignored
	if m.wrong == 0 || t.rows > 0 {
		m.sortAddresses()
		m.planUnits()
		err := m.plan(ctx, "checking", func(changes []planned) error {
			for _, c := range changes {
				m.count(c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		m.countUnits()
	}
	slices.SortStableFunc(m.errors, func(a, b ImportError) int { return a.Row - b.Row })
	m.errors = m.errors[:min(len(m.errors), mostErrors)]
	m.result.Errors, m.result.ErrorCount = m.errors, m.wrong
	if m.wrong == 0 && (m.o.DryRun || m.o.Close) {
		return m.findMissing(ctx)
	}
	return nil
}

// load reads the units.
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
	return nil
}

// survey keeps what only all rows together can answer.
func (m *importing) survey(records []record) error {
	for _, r := range records {
		m.sayUnit(r)
		if r.has(colEmail, colName) {
			m.peopled[m.slug(r.cells[colUnit])] = true
		}
		if email := importedEmail(r.cells[colEmail]); email != "" {
			m.hashes = append(m.hashes, maphash.String(m.seed, email))
		}
	}
	return nil
}

// sortAddresses finds the addresses that may be there twice.
func (m *importing) sortAddresses() {
	slices.Sort(m.hashes)
	m.repeated = map[uint64]bool{}
	for i, h := range m.hashes {
		if i > 0 && h == m.hashes[i-1] {
			m.repeated[h] = true
		}
	}
}

// names reports whether the file names an address. Of 10¹² addresses that it does not
// name, it says so of less than one by mistake: that person is kept.
func (m *importing) names(email string) bool {
	_, there := slices.BinarySearch(m.hashes, maphash.String(m.seed, email))
	return there
}

// slug is UnitSlug, which takes its time.
func (m *importing) slug(code string) UnitID {
	id, known := m.slugs[code]
	if !known {
		id = UnitSlug(code)
		if len(m.slugs) < 100_000 {
			m.slugs[code] = id
		}
	}
	return id
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

// confirmed refuses to close more accounts than was agreed to.
func (m *importing) confirmed() error {
	switch most := m.o.CloseAtMost; {
	case !m.o.Close:
	case most == nil && m.result.Many:
		return closeAtMost("required", m.result.Closing)
	case most != nil && m.result.Closing > *most:
		return closeAtMost("exceeded", m.result.Closing)
	}
	return nil
}

func closeAtMost(code string, n int) error {
	f := fault.New(fault.Invalid, "invalid_fields", "%d accounts would be closed, more than was agreed to: nothing was written", n)
	f.Fields = []fault.Field{{Field: "closeAtMost", Code: code}}
	return f
}
