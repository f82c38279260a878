package people

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"hocso/internal/fault"
)

// Console is the actor of commands given at the machine itself, by whoever runs
// the service: an administrator of the whole organisation who is nobody in it.
func Console() Actor { return Actor{Grants: []Grant{{Role: Administrator}}} }

// Draft is a new person.
type Draft struct {
	Name     string
	Email    string
	Unit     UnitID
	Grants   []Grant
	JoinedOn string
	Locale   string // empty means vi
}

// Change says what to change about a person; nil leaves it as it is.
type Change struct {
	Name     *string
	Email    *string
	Unit     *UnitID
	Grants   *[]Grant
	JoinedOn *string
	LeftOn   *string
	Settings *Settings
}

// PersonByEmail returns the person with an address in any spelling; fault.NotFound
// person_not_found if there is none.
func (s *Service) PersonByEmail(ctx context.Context, email string) (Person, error) {
	ps, err := s.Store.PeopleByEmail(ctx, []string{FoldEmail(email)})
	if err == nil && len(ps) == 0 {
		err = fault.New(fault.NotFound, "person_not_found", "no such person")
	}
	if err != nil {
		return Person{}, err
	}
	return ps[0], nil
}

// Managed returns a person whom a manages: in the unit they are in now.
// fault.NotFound person_not_found for everybody else, as if they did not exist.
func (s *Service) Managed(ctx context.Context, a Actor, id ID) (Person, error) {
	p, err := s.Store.Person(ctx, id)
	if err == nil && p.Status == Erased {
		err = fault.New(fault.NotFound, "person_not_found", "no such person")
	}
	if err != nil {
		return Person{}, err
	}
	covers, err := s.covers(ctx, a, p.Unit)
	if err != nil {
		return Person{}, err
	}
	if !covers {
		return Person{}, fault.New(fault.NotFound, "person_not_found", "no such person")
	}
	return p, nil
}

// NameWithin returns the name of a person in whose unit a may do p, "" for everybody
// else and for one who is not there any more.
func (s *Service) NameWithin(ctx context.Context, a Actor, p Permission, id ID) (string, error) {
	who, err := s.Current(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	t, err := s.units(ctx)
	if err != nil {
		return "", err
	}
	if u, _ := t.known(who.Unit); !a.Covers(p, who.Unit, u.Path) {
		return "", nil
	}
	return who.Name, nil
}

// Controlled is Managed for what would let a act as the person or take their place:
// a link to set the password, another address, the end of the account. It also
// asks that the person holds nothing outside of what a manages: fault.Forbidden
// above_your_scope.
func (s *Service) Controlled(ctx context.Context, a Actor, id ID) (Person, error) {
	p, err := s.Managed(ctx, a, id)
	if err != nil {
		return Person{}, err
	}
	t, err := s.units(ctx)
	if err != nil {
		return Person{}, err
	}
	if !t.controls(a, p, s.Today()) {
		return Person{}, fault.New(fault.Forbidden, "above_your_scope", "this person has roles outside of what you manage")
	}
	return p, nil
}

// controls reports whether a manages everything that p leads on day or holds a role in.
func (t *tree) controls(a Actor, p Person, day string) bool {
	held := t.headOf(p.ID, day)
	for _, g := range p.Grants {
		if g.Role != Learner {
			held = append(held, g.Unit)
		}
	}
	return !slices.ContainsFunc(held, func(id UnitID) bool {
		u, _ := t.unit(id)
		return !a.Covers(ManagePeople, id, u.Path)
	})
}

// covers reports whether a manages people in unit. The empty unit, and one that
// does not exist, belong to administrators of the whole organisation.
func (s *Service) covers(ctx context.Context, a Actor, unit UnitID) (bool, error) {
	t, err := s.units(ctx)
	if err != nil {
		return false, err
	}
	u, _ := t.known(unit)
	return a.Covers(ManagePeople, unit, u.Path), nil
}

// Add stores a new person, who has no password yet. fault.Invalid when the unit or
// a role is not a's to give, fault.Conflict email_taken.
func (s *Service) Add(ctx context.Context, a Actor, d Draft) (Person, error) {
	p := s.new(d)
	if err := s.mayPlace(ctx, a, p.Unit); err != nil {
		return Person{}, err
	}
	if err := s.mayGrant(ctx, a, nil, p.Grants); err != nil {
		return Person{}, err
	}
	if err := s.Store.InsertPeople(ctx, []Person{p}); err != nil {
		return Person{}, err
	}
	s.persons.forget(p.ID)
	s.told(p)
	return s.lift(ctx, p)
}

func (s *Service) new(d Draft) Person {
	if d.Locale == "" {
		d.Locale = "vi"
	}
	return Person{
		ID: ID(s.NewID()), Name: d.Name, Email: FoldEmail(d.Email), Unit: d.Unit,
		Grants: granted(d.Grants), Status: Invited, JoinedOn: d.JoinedOn, Settings: Settings{Locale: d.Locale},
		ChangedAt: s.Now(), Version: 1,
	}
}

// granted leaves out learner, which everyone is, and repetitions.
func granted(gs []Grant) []Grant {
	kept := []Grant{}
	for _, g := range gs {
		if g.Role != Learner && !slices.Contains(kept, g) {
			kept = append(kept, g)
		}
	}
	return kept
}

// mayPlace refuses a unit that a does not manage, in the same words as one that
// does not exist.
func (s *Service) mayPlace(ctx context.Context, a Actor, unit UnitID) error {
	covers, err := s.covers(ctx, a, unit)
	if err != nil {
		return err
	}
	if unit != "" && covers {
		_, err = s.Unit(ctx, unit)
	}
	if !covers || fault.KindOf(err) == fault.NotFound {
		return invalid("unit", "unknown")
	}
	return err
}

// mayGrant refuses what differs between two lists of grants and is not a's to give
// or to take.
func (s *Service) mayGrant(ctx context.Context, a Actor, before, after []Grant) error {
	for _, g := range slices.Concat(before, after) {
		if slices.Contains(before, g) && slices.Contains(after, g) {
			continue
		}
		if !slices.Contains(Roles(), g.Role) {
			return invalid("roles", "unknown")
		}
		taken := slices.Contains(before, g) // also from a unit that was removed
		covers, err := s.covers(ctx, a, g.Unit)
		if err == nil && covers && !taken && g.Unit != "" {
			_, err = s.Unit(ctx, g.Unit)
		}
		if fault.KindOf(err) == fault.NotFound || err == nil && !covers {
			return invalid("roles", "above_your_scope")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Change changes a person whom a manages. Besides the faults of Managed and
// Controlled: fault.Forbidden own_roles for one's own roles, own_account for a last
// day of one's own that is over, fault.Invalid for a unit or role that is not a's to
// give, fault.Conflict email_taken, last_administrator, or changed_meanwhile.
func (s *Service) Change(ctx context.Context, a Actor, id ID, c Change) (Person, error) {
	p, err := s.Managed(ctx, a, id)
	if err != nil {
		return Person{}, err
	}
	if c.Email != nil && FoldEmail(*c.Email) != p.Email {
		if p, err = s.Controlled(ctx, a, id); err != nil {
			return Person{}, err
		}
		p.Email = FoldEmail(*c.Email)
	}
	if c.Name != nil {
		p.Name = *c.Name
	}
	if c.Unit != nil && *c.Unit != p.Unit {
		if err := s.mayPlace(ctx, a, *c.Unit); err != nil {
			return Person{}, err
		}
		p.Unit = *c.Unit
	}
	if c.Grants != nil && !slices.Equal(granted(*c.Grants), p.Grants) {
		if a.ID == p.ID {
			return Person{}, fault.New(fault.Forbidden, "own_roles", "somebody else changes your roles")
		}
		if err := s.mayGrant(ctx, a, p.Grants, *c.Grants); err != nil {
			return Person{}, err
		}
		p.Grants = granted(*c.Grants)
	}
	if c.JoinedOn != nil {
		p.JoinedOn = *c.JoinedOn
	}
	if c.LeftOn != nil && *c.LeftOn != p.LeftOn {
		if _, err = s.Controlled(ctx, a, id); err != nil { // it ends the account
			return Person{}, err
		}
		p.LeftOn = *c.LeftOn
		if a.ID == p.ID && s.Gone(p) {
			return Person{}, ownAccount()
		}
	}
	p, err = s.replaceKeepingAnAdministrator(ctx, p)
	if err != nil || c.Unit == nil {
		return p, err
	}
	return s.lift(ctx, p)
}

// ChangeSettings changes a's own settings.
func (s *Service) ChangeSettings(ctx context.Context, a Actor, change func(*Settings)) (Person, error) {
	p, err := s.Store.Person(ctx, a.ID)
	if err != nil {
		return Person{}, err
	}
	change(&p.Settings)
	return s.replace(ctx, p)
}

// replace stores p and returns it as it is now stored.
func (s *Service) replace(ctx context.Context, p Person) (Person, error) {
	defer s.persons.forget(p.ID)
	p.ChangedAt = s.Now()
	if err := s.Store.ReplacePeople(ctx, []Person{p}); err != nil {
		return Person{}, err
	}
	p.Version++
	s.told(p)
	return p, nil
}

// replaceKeepingAnAdministrator is replace for changes that could take away the
// last administrator. It looks after the change and undoes it if nobody is left:
// of two administrators who remove each other at the same moment at least one stays.
func (s *Service) replaceKeepingAnAdministrator(ctx context.Context, p Person) (Person, error) {
	before, err := s.Store.Person(ctx, p.ID)
	if err != nil {
		return Person{}, err
	}
	after, err := s.replace(ctx, p)
	if err != nil || !s.administers(before) || s.administers(after) {
		return after, err
	}
	left, err := s.Administrated(ctx)
	if err != nil || left {
		return after, err
	}
	before.Version = after.Version
	if _, err := s.replace(ctx, before); err != nil {
		return Person{}, err
	}
	return Person{}, fault.New(fault.Conflict, "last_administrator", "make somebody else administrator first")
}

// administers reports whether p can administer the whole organisation now.
func (s *Service) administers(p Person) bool {
	return s.MayEnter(p) && slices.Contains(p.Grants, Grant{Role: Administrator})
}

// NewAdministrator returns a person, not stored yet, who administers the whole
// organisation: the one with this address if they never had a password, else a new
// one. fault.Conflict email_taken if the address belongs to somebody with a password.
func (s *Service) NewAdministrator(ctx context.Context, name, email string) (Person, error) {
	p, err := s.PersonByEmail(ctx, email)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		p = s.new(Draft{Name: name, Email: email})
		p.Version = 0
	case err != nil:
		return Person{}, err
	case p.Status != Invited:
		return Person{}, fault.New(fault.Conflict, "email_taken", "there is a person with this e-mail")
	}
	p.Grants = granted(append(p.Grants, Grant{Role: Administrator}))
	return p, nil
}

// SetCredentials stores p with its password, status and epoch, anew if its Version
// is 0. Package auth alone calls it. fault.Conflict changed_meanwhile or email_taken.
func (s *Service) SetCredentials(ctx context.Context, p Person) (Person, error) {
	if p.Version > 0 {
		return s.replace(ctx, p)
	}
	defer s.persons.forget(p.ID)
	p.ChangedAt, p.Version = s.Now(), 1
	if err := s.Store.InsertPeople(ctx, []Person{p}); err != nil {
		return Person{}, err
	}
	s.told(p)
	return p, nil
}

// Seen notes that a person signed in.
func (s *Service) Seen(ctx context.Context, id ID) error { return s.Store.Seen(ctx, id, s.Now()) }

// Search is what an administrator looks for.
type Search struct {
	Text   string // beginnings of words of the name, or of the address; marks and case do not count
	Unit   UnitID // and everything below it
	Status Status // empty: everybody who is not closed
	Cursor string
	Limit  int
}

// Find returns a page of the people whom a manages, by name, and the cursor of the
// next page, "" on the last. fault.Malformed bad_cursor; fault.NotFound
// unit_not_found for a unit that a does not manage.
func (s *Service) Find(ctx context.Context, a Actor, in Search) ([]Person, string, error) {
	return s.find(ctx, a, in, false)
}

// find is Find; directly leaves out those below the unit.
func (s *Service) find(ctx context.Context, a Actor, in Search, directly bool) ([]Person, string, error) {
	q := Query{Words: strings.Fields(Fold(in.Text)), Status: in.Status, Open: in.Status == "", Limit: in.Limit}
	if len(q.Words) > 6 {
		q.Words = q.Words[:6]
	}
	tops, all := a.Scope(ManagePeople)
	if in.Unit != "" {
		covers, err := s.covers(ctx, a, in.Unit)
		if err != nil {
			return nil, "", err
		}
		if !covers {
			return nil, "", unitNotFound()
		}
		if _, err := s.Unit(ctx, in.Unit); err != nil {
			return nil, "", err
		}
		tops, all = []UnitID{in.Unit}, false
	}
	if directly {
		q.Units = tops
	} else if !all {
		below, err := s.Below(ctx, tops)
		if err != nil {
			return nil, "", err
		}
		q.Units = append([]UnitID{}, below...) // never nil, which would mean every unit
	}
	return s.findPage(ctx, q, in.Cursor)
}

// findPage returns a page of q.Limit people behind a cursor, and the next cursor.
func (s *Service) findPage(ctx context.Context, q Query, cursor string) ([]Person, string, error) {
	limit := q.Limit
	q.Limit++
	if cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		name, id, ok := strings.Cut(string(raw), "\x00")
		if err != nil || !ok {
			return nil, "", fault.New(fault.Malformed, "bad_cursor", "this is not a cursor of ours")
		}
		q.AfterName, q.AfterID = name, ID(id)
	}
	ps, err := s.Store.FindPeople(ctx, q)
	if err != nil || len(ps) <= limit {
		return ps, "", err
	}
	ps = ps[:limit]
	last := ps[limit-1]
	return ps, base64.RawURLEncoding.EncodeToString([]byte(last.NameKey + "\x00" + string(last.ID))), nil
}

func invalid(field, code string) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = []fault.Field{{Field: field, Code: code}}
	return f
}
