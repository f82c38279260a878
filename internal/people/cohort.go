package people

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"hocso/internal/fault"
)

// Limits of cohorts.
const (
	MostCohorts = 2000
	mostMembers = 5000 // chosen by hand
	ruleUnits   = 100
)

// CohortID identifies a cohort: a UUIDv7.
type CohortID string

// Rule says who belongs to a cohort: everybody for whom every condition holds. An empty
// condition holds for everybody.
type Rule struct {
	Units       []UnitID `json:"units" bson:"units" validate:"max=100,dive,required,max=64"` // in one of these or below
	Role        Role     `json:"role,omitempty" bson:"role,omitempty" validate:"omitempty,oneof=trainer administrator security_officer auditor"`
	JoinedFrom  string   `json:"joinedFrom,omitempty" bson:"joinedFrom,omitempty" validate:"omitempty,datetime=2006-01-02"` // yyyy-mm-dd, inclusive
	JoinedUntil string   `json:"joinedUntil,omitempty" bson:"joinedUntil,omitempty" validate:"omitempty,datetime=2006-01-02"`
}

// Cohort is a named group across units. Its people are always of its unit or below, and
// never closed.
type Cohort struct {
	ID        CohortID   `json:"id" bson:"_id"`
	Name      Text       `json:"name" bson:"name"`
	Unit      UnitID     `json:"unit" bson:"unit"`                     // whose administrators look after it; empty: the whole organisation
	Rule      *Rule      `json:"rule,omitempty" bson:"rule,omitempty"` // nil: by hand
	Members   []ID       `json:"-" bson:"members"`                     // chosen by hand
	ChangedAt time.Time  `json:"changedAt" bson:"changedAt"`
	RemovedAt *time.Time `json:"-" bson:"removedAt,omitempty"` // campaigns that are over still name it
	Version   int        `json:"version" bson:"ver"`
}

// CohortStore keeps cohorts.
type CohortStore interface {
	// Cohorts returns all cohorts, also removed ones.
	Cohorts(ctx context.Context) ([]Cohort, error)
	// InsertCohort stores a new one.
	InsertCohort(ctx context.Context, c Cohort) error
	// ReplaceCohort stores c with Version+1 if the stored one still has c.Version;
	// fault.Conflict otherwise.
	ReplaceCohort(ctx context.Context, c Cohort) error
}

// query selects the people of c; ok is false if there can be none.
func (c Cohort) query(t *tree) (q Query, ok bool) {
	q = Query{Open: true}
	if c.Unit != "" {
		q.Units = t.below([]UnitID{c.Unit})
	}
	if c.Rule == nil {
		q.IDs = c.Members
		return q, len(c.Members) > 0 && (c.Unit == "" || len(q.Units) > 0)
	}
	if len(c.Rule.Units) > 0 {
		within := t.below(c.Rule.Units)
		if c.Unit != "" {
			within = slices.DeleteFunc(within, func(u UnitID) bool { return !slices.Contains(q.Units, u) })
		}
		q.Units = within
	}
	q.Role, q.JoinedFrom, q.JoinedUntil = c.Rule.Role, c.Rule.JoinedFrom, c.Rule.JoinedUntil
	return q, q.Units == nil && c.Unit == "" && len(c.Rule.Units) == 0 || len(q.Units) > 0
}

// Includes reports whether p is one of c; path are the ancestors of their unit.
func (c Cohort) Includes(p Person, path []UnitID) bool {
	in := func(u UnitID) bool { return p.Unit == u || slices.Contains(path, u) }
	if p.Status.Ended() || c.RemovedAt != nil || c.Unit != "" && !in(c.Unit) {
		return false
	}
	r := c.Rule
	if r == nil {
		return slices.Contains(c.Members, p.ID)
	}
	return (len(r.Units) == 0 || slices.ContainsFunc(r.Units, in)) &&
		(r.Role == "" || slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role == r.Role })) &&
		(r.JoinedFrom == "" || p.JoinedOn >= r.JoinedFrom) &&
		(r.JoinedUntil == "" || p.JoinedOn != "" && p.JoinedOn <= r.JoinedUntil)
}

// cohortCache keeps all cohorts for as long as the tree of units.
type cohortCache struct {
	mu   sync.Mutex
	all  map[CohortID]Cohort
	read time.Time
	n    int // counts changes of this process
}

func (c *cohortCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = nil
	c.n++
}

// Cohorts returns all cohorts by id, also removed ones, at most 5 s old. The map is
// shared: the caller does not change it.
func (s *Service) Cohorts(ctx context.Context) (map[CohortID]Cohort, error) {
	if s.CohortStore == nil {
		return nil, nil
	}
	c, now := &s.cohorts, s.Now()
	c.mu.Lock()
	all, fresh, n := c.all, c.all != nil && now.Sub(c.read) < treeFresh, c.n
	c.mu.Unlock()
	if fresh {
		return all, nil
	}
	list, err := s.CohortStore.Cohorts(ctx)
	if err != nil {
		return nil, err
	}
	all = make(map[CohortID]Cohort, len(list))
	for _, x := range list {
		all[x.ID] = x
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == n {
		c.all, c.read = all, now
	}
	return all, nil
}

// Cohort returns a cohort that a manages; fault.NotFound cohort_not_found for others.
func (s *Service) Cohort(ctx context.Context, a Actor, id CohortID) (Cohort, error) {
	all, err := s.Cohorts(ctx)
	if err != nil {
		return Cohort{}, err
	}
	c, ok := all[id]
	covers, err := s.covers(ctx, a, c.Unit)
	if err == nil && (!ok || c.RemovedAt != nil || !covers) {
		err = fault.New(fault.NotFound, "cohort_not_found", "no such cohort")
	}
	return c, err
}

// CohortsIn returns the cohorts that a manages, in the order in which they were made.
func (s *Service) CohortsIn(ctx context.Context, a Actor) ([]Cohort, error) {
	all, err := s.Cohorts(ctx)
	if err != nil {
		return nil, err
	}
	out := []Cohort{}
	for _, c := range all {
		covers, err := s.covers(ctx, a, c.Unit)
		if err != nil {
			return nil, err
		}
		if covers && c.RemovedAt == nil {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(x, y Cohort) int {
		if x.ID < y.ID {
			return -1
		}
		return 1
	})
	return out, nil
}

// AddCohort stores a new cohort, by hand if rule is nil. fault.Invalid for a unit that a
// does not manage and for a rule that is not right, fault.Conflict too_many_cohorts.
func (s *Service) AddCohort(ctx context.Context, a Actor, name Text, unit UnitID, rule *Rule) (Cohort, error) {
	all, err := s.Cohorts(ctx)
	if err != nil {
		return Cohort{}, err
	}
	if len(all) >= MostCohorts {
		return Cohort{}, fault.New(fault.Conflict, "too_many_cohorts", "there are %d cohorts already", MostCohorts)
	}
	c := Cohort{ID: CohortID(s.NewID()), Name: name, Unit: unit, Rule: rule, Members: []ID{}, ChangedAt: s.Now(), Version: 1}
	if err := s.checkCohort(ctx, a, c); err != nil {
		return Cohort{}, err
	}
	defer s.cohorts.forget()
	return c, s.CohortStore.InsertCohort(ctx, c)
}

// checkCohort refuses units that a does not manage, in the same words as those that do
// not exist, and units of a rule outside of the cohort's.
func (s *Service) checkCohort(ctx context.Context, a Actor, c Cohort) error {
	covers, err := s.covers(ctx, a, c.Unit)
	if err != nil {
		return err
	}
	t, err := s.units(ctx)
	if err != nil {
		return err
	}
	if _, there := t.unit(c.Unit); !covers || c.Unit != "" && !there {
		return invalid("unit", "unknown")
	}
	if c.Rule == nil {
		return nil
	}
	if len(c.Rule.Units) > ruleUnits {
		return invalid("rule.units", "max")
	}
	for i, id := range c.Rule.Units {
		u, ok := t.unit(id)
		if !ok || c.Unit != "" && id != c.Unit && !slices.Contains(u.Path, c.Unit) {
			return invalid("rule.units["+strconv.Itoa(i)+"]", "unknown")
		}
	}
	if r := c.Rule; r.JoinedUntil != "" && r.JoinedUntil < r.JoinedFrom {
		return invalid("rule.joinedUntil", "order")
	}
	return nil
}

// ChangeCohort renames a cohort or gives it another rule; nil leaves as it is.
// fault.NotFound as in Cohort; fault.Invalid rule by_hand where people are chosen by hand.
func (s *Service) ChangeCohort(ctx context.Context, a Actor, id CohortID, name *Text, rule *Rule) (Cohort, error) {
	return s.changeCohort(ctx, a, id, func(c *Cohort) error {
		if name != nil {
			c.Name = *name
		}
		if rule != nil {
			if c.Rule == nil {
				return invalid("rule", "by_hand")
			}
			c.Rule = rule
		}
		return s.checkCohort(ctx, a, *c)
	})
}

// changeCohort changes a cohort as it is now; who changes it at the same moment is met again.
func (s *Service) changeCohort(ctx context.Context, a Actor, id CohortID, change func(*Cohort) error) (Cohort, error) {
	var err error
	for range lifts {
		var c Cohort
		if c, err = s.Cohort(ctx, a, id); err != nil {
			return Cohort{}, err
		}
		c.Members = slices.Clone(c.Members)
		if err := change(&c); err != nil {
			return Cohort{}, err
		}
		c.ChangedAt = s.Now()
		err = s.CohortStore.ReplaceCohort(ctx, c)
		s.cohorts.forget()
		if err == nil {
			c.Version++
			return c, nil
		}
		if fault.KindOf(err) != fault.Conflict {
			return Cohort{}, err
		}
	}
	return Cohort{}, err
}

// RemoveCohort takes a cohort away. fault.Conflict cohort_in_use while a campaign that
// is not over is for it.
func (s *Service) RemoveCohort(ctx context.Context, a Actor, id CohortID) error {
	if _, err := s.Cohort(ctx, a, id); err != nil {
		return err
	}
	if s.CampaignsFor != nil {
		n, err := s.CampaignsFor(ctx, id)
		if err != nil {
			return err
		}
		if n > 0 {
			f := fault.New(fault.Conflict, "cohort_in_use", "campaigns are for this cohort")
			f.Counts = map[string]int{"campaigns": n}
			return f
		}
	}
	_, err := s.changeCohort(ctx, a, id, func(c *Cohort) error {
		at := s.Now()
		c.RemovedAt = &at
		return nil
	})
	return err
}

// SetMember adds a person to a cohort by hand, or takes them out. fault.NotFound
// person_not_found for one whom a does not manage or who is not in the cohort's unit;
// fault.Conflict cohort_by_rule, too_many_members.
func (s *Service) SetMember(ctx context.Context, a Actor, id CohortID, p ID, in bool) (Cohort, error) {
	return s.changeCohort(ctx, a, id, func(c *Cohort) error {
		if c.Rule != nil {
			return fault.New(fault.Conflict, "cohort_by_rule", "a rule says who is in this cohort")
		}
		i := slices.Index(c.Members, p)
		if !in {
			if i >= 0 {
				c.Members = slices.Delete(c.Members, i, i+1)
			}
			return nil
		}
		who, err := s.Managed(ctx, a, p)
		if err != nil {
			return err
		}
		t, err := s.units(ctx)
		if err != nil {
			return err
		}
		u, _ := t.known(who.Unit)
		if c.Unit != "" && who.Unit != c.Unit && !slices.Contains(u.Path, c.Unit) || who.Status.Ended() {
			return fault.New(fault.NotFound, "person_not_found", "no such person")
		}
		if i >= 0 {
			return nil
		}
		if len(c.Members) >= mostMembers {
			return fault.New(fault.Conflict, "too_many_members", "at most %d are chosen by hand", mostMembers)
		}
		c.Members = append(c.Members, p)
		return nil
	})
}

// MembersOf returns a page of the people of a cohort, by name, and the cursor of the next.
func (s *Service) MembersOf(ctx context.Context, c Cohort, cursor string, limit int) ([]Person, string, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, "", err
	}
	q, ok := c.query(t)
	if !ok {
		return []Person{}, "", nil
	}
	q.Limit = limit
	return s.findPage(ctx, q, cursor)
}

// CountMembers counts the people of a cohort.
func (s *Service) CountMembers(ctx context.Context, c Cohort) (int, error) {
	t, err := s.units(ctx)
	if err != nil {
		return 0, err
	}
	q, ok := c.query(t)
	if !ok {
		return 0, nil
	}
	return s.Store.CountPeople(ctx, q)
}

// PreviewCohort returns how many people a rule would select, and the first of them.
func (s *Service) PreviewCohort(ctx context.Context, a Actor, unit UnitID, rule Rule, first int) (int, []Person, error) {
	c := Cohort{Unit: unit, Rule: &rule}
	if err := s.checkCohort(ctx, a, c); err != nil {
		return 0, nil, err
	}
	n, err := s.CountMembers(ctx, c)
	if err != nil {
		return 0, nil, err
	}
	ps, _, err := s.MembersOf(ctx, c, "", first)
	return n, ps, err
}

// CohortAudience returns up to limit people of a cohort with ids above after, in the
// order of ids. Fewer than limit people mean that there are no more.
func (s *Service) CohortAudience(ctx context.Context, id CohortID, after ID, limit int) ([]Person, error) {
	all, err := s.Cohorts(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	c, known := all[id]
	q, ok := c.query(t)
	if !known || !ok || c.RemovedAt != nil {
		return nil, nil
	}
	q.ByID, q.AfterID, q.Limit = true, after, limit
	return s.Store.FindPeople(ctx, q)
}

// CohortsWith returns those cohorts that a manages and p is in.
func (s *Service) CohortsWith(ctx context.Context, a Actor, p Person) ([]Cohort, error) {
	list, err := s.CohortsIn(ctx, a)
	if err != nil {
		return nil, err
	}
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	u, _ := t.known(p.Unit)
	return slices.DeleteFunc(list, func(c Cohort) bool { return !c.Includes(p, u.Path) }), nil
}

// RuleAudience returns up to limit people whom a rule selects from the whole organisation,
// with ids above after, in the order of ids. Fewer than limit mean that there are no more.
func (s *Service) RuleAudience(ctx context.Context, r Rule, after ID, limit int) ([]Person, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	q, ok := Cohort{Rule: &r}.query(t)
	if !ok {
		return nil, nil
	}
	q.ByID, q.AfterID, q.Limit = true, after, limit
	return s.Store.FindPeople(ctx, q)
}
