package people

import (
	"context"
	"time"
)

// Store keeps people.
type Store interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id ID) (Person, error)
	// PeopleByID returns those of ids that are known, in no order.
	PeopleByID(ctx context.Context, ids []ID) ([]Person, error)
	// PeopleByEmail returns those of the folded addresses that are known, in no order.
	PeopleByEmail(ctx context.Context, emails []string) ([]Person, error)
	// Seen keeps the latest time at which a person signed in. It is no change of the person.
	Seen(ctx context.Context, id ID, at time.Time) error
	// FindPeople returns a page, sorted by folded name and id.
	FindPeople(ctx context.Context, q Query) ([]Person, error)
	// InsertPeople stores new people; fault.Conflict email_taken if an address is in use.
	InsertPeople(ctx context.Context, ps []Person) error
	// ReplacePeople stores each p with Version+1 if the stored one still has
	// p.Version; fault.Conflict if any was changed meanwhile or its address is taken.
	ReplacePeople(ctx context.Context, ps []Person) error
	// ErasePerson stores p in place of all that is stored of them, with Version+1, if the
	// stored one still has p.Version; fault.Conflict otherwise.
	ErasePerson(ctx context.Context, p Person) error
	// Audience returns up to limit people of units who are not closed, by id after after.
	// No units mean everybody.
	Audience(ctx context.Context, units []UnitID, after ID, limit int) ([]Person, error)
	// CountPeople counts those whom q selects, whatever its page.
	CountPeople(ctx context.Context, q Query) (int, error)
	// Leavers returns up to limit people who are not closed and whose last day was before day.
	Leavers(ctx context.Context, day string, limit int) ([]Person, error)
	// Granted returns those who are not closed and hold role anywhere.
	Granted(ctx context.Context, role Role) ([]Person, error)
}

// UnitStore keeps units.
type UnitStore interface {
	// Units returns all units, sorted by id.
	Units(ctx context.Context) ([]Unit, error)
	// InsertUnits stores new units; fault.Conflict unit_taken if an id is in use.
	InsertUnits(ctx context.Context, us []Unit) error
	// ReplaceUnits stores each u with Version+1 if the stored one still has
	// u.Version; fault.Conflict if any was changed meanwhile.
	ReplaceUnits(ctx context.Context, us []Unit) error
	// CountIn returns how many people who are not closed are directly in a unit, and how
	// many hold a role in it.
	CountIn(ctx context.Context, id UnitID) (people, grants int, err error)
	// CountByUnit returns how many people who are not closed are directly in each unit.
	CountByUnit(ctx context.Context) (map[UnitID]int, error)
}

// ScanStore reads everybody, for the read model.
type ScanStore interface {
	// EachPerson calls f for everyone changed at or after since, in no order. An error of f ends it.
	EachPerson(ctx context.Context, since time.Time, f func(Person) error) error
	// EachUnit does the same for units.
	EachUnit(ctx context.Context, since time.Time, f func(Unit) error) error
	// Left returns up to limit people whose account is closed and whose last day was before day, by id after after.
	Left(ctx context.Context, day string, after ID, limit int) ([]Person, error)
}

// Query selects people. Zero fields select everybody.
type Query struct {
	Words     []string // each, folded, begins a word of the name or the address
	Units     []UnitID // any of these; nil: every unit
	Status    Status
	Open      bool   // leave out those who are closed
	AfterName string // folded name and id of the last person of the page before
	AfterID   ID
	Limit     int

	IDs         []ID   // any of these; nil: everybody
	Role        Role   // held anywhere
	JoinedFrom  string // yyyy-mm-dd, inclusive
	JoinedUntil string
	ByID        bool // in the order of ids, beginning after AfterID, instead of names
}

// Service knows who there is and where they belong. It is safe for concurrent use;
// its fields are set once, before the first call.
type Service struct {
	Store     Store
	UnitStore UnitStore
	Scan      ScanStore
	Now       func() time.Time
	NewID     func() string
	Zone      *time.Location // of the organisation: what "today" means for heads
	// CampaignsIn counts the campaigns that are not over and name a unit. Nil: there are none.
	CampaignsIn func(ctx context.Context, id UnitID) (int, error)
	// Changed is told of every person after they were stored. It must be quick. Nil: nobody asks.
	Changed func(Person)
	// Closing is told of a person whose account is about to be closed, and again once it
	// is, for what began meanwhile; an error before stops it. It can be repeated. Nil:
	// nobody asks.
	Closing func(ctx context.Context, id ID) error

	CohortStore CohortStore
	// CampaignsFor counts the campaigns that are not over and name a cohort. Nil: there are none.
	CampaignsFor func(ctx context.Context, id CohortID) (int, error)

	tree    treeCache
	cohorts cohortCache
	persons personCache
}

// Person returns one person; fault.NotFound person_not_found if there is none.
func (s *Service) Person(ctx context.Context, id ID) (Person, error) {
	return s.Store.Person(ctx, id)
}

// Audience returns up to limit people of units and everything below them who are
// not closed, sorted by id, beginning after after. No units mean everybody. Fewer
// than limit people mean that there are no more.
func (s *Service) Audience(ctx context.Context, units []UnitID, after ID, limit int) ([]Person, error) {
	if len(units) == 0 {
		return s.Store.Audience(ctx, nil, after, limit)
	}
	below, err := s.Below(ctx, units)
	if err != nil {
		return nil, err
	}
	if len(below) == 0 {
		return nil, nil
	}
	return s.Store.Audience(ctx, below, after, limit)
}

// EachPerson calls f for everyone changed at or after since, in no order; the zero
// time means everybody. An error of f ends it and comes back.
func (s *Service) EachPerson(ctx context.Context, since time.Time, f func(Person) error) error {
	return s.Scan.EachPerson(ctx, since, f)
}

// EachUnit calls f for every unit changed at or after since, like EachPerson.
func (s *Service) EachUnit(ctx context.Context, since time.Time, f func(Unit) error) error {
	return s.Scan.EachUnit(ctx, since, f)
}

// told tells of ps.
func (s *Service) told(ps ...Person) {
	if s.Changed == nil {
		return
	}
	for _, p := range ps {
		s.Changed(p)
	}
}

// PeopleByID returns those of ids that are known, in no order.
func (s *Service) PeopleByID(ctx context.Context, ids []ID) ([]Person, error) {
	return s.Store.PeopleByID(ctx, ids)
}

// Today is the day in the organisation's zone, yyyy-mm-dd.
func (s *Service) Today() string { return s.Now().In(s.Zone).Format(time.DateOnly) }
