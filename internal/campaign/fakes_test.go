package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// memStore keeps campaigns in memory with the conditions of the real one.
type memStore struct {
	mu    sync.Mutex
	byID  map[ID]Campaign
	reads int
}

func (m *memStore) InsertCampaign(_ context.Context, c Campaign) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.byID[c.ID]; taken {
		return fault.New(fault.Conflict, "campaign_exists", "taken")
	}
	m.byID[c.ID] = c
	return nil
}

func (m *memStore) Campaign(_ context.Context, id ID) (Campaign, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.byID[id]
	if !ok {
		return c, fault.New(fault.NotFound, "campaign_not_found", "no such campaign")
	}
	return c, nil
}

func (m *memStore) Campaigns(_ context.Context, before ID, limit int) ([]Campaign, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	cs := slices.SortedFunc(maps.Values(m.byID), func(a, b Campaign) int { return cmp.Compare(b.ID, a.ID) })
	cs = slices.DeleteFunc(cs, func(c Campaign) bool { return before != "" && c.ID >= before })
	return cs[:min(limit, len(cs))], nil
}

func (m *memStore) LiveCampaigns(context.Context) ([]Campaign, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return slices.DeleteFunc(slices.SortedFunc(maps.Values(m.byID), func(a, b Campaign) int { return cmp.Compare(a.ID, b.ID) }),
		func(c Campaign) bool { return !c.Live }), nil
}

func (m *memStore) ReplaceCampaign(_ context.Context, c Campaign) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.byID[c.ID]
	if old.Version != c.Version {
		return fault.New(fault.Conflict, "changed_meanwhile", "changed")
	}
	c.Version++
	c.AdvancedTo, c.LeaseUntil = old.AdvancedTo, old.LeaseUntil
	m.byID[c.ID] = c
	return nil
}

func (m *memStore) DeleteCampaign(_ context.Context, id ID, version int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byID[id].Version != version {
		return fault.New(fault.Conflict, "changed_meanwhile", "changed")
	}
	delete(m.byID, id)
	return nil
}

func (m *memStore) LeaseCampaign(_ context.Context, id ID, now, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.byID[id]
	if c.LeaseUntil.After(now) {
		return false, nil
	}
	c.LeaseUntil = until
	m.byID[id] = c
	return true, nil
}

func (m *memStore) AdvanceCampaign(_ context.Context, id ID, to time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.byID[id]
	c.LeaseUntil = time.Time{}
	if to.After(c.AdvancedTo) {
		c.AdvancedTo = to
	}
	m.byID[id] = c
	return nil
}

// crowd is people and units in memory.
type crowd struct {
	mu      sync.Mutex
	units   []people.Unit
	ps      []people.Person
	cohorts map[people.CohortID]people.Cohort
	pages   int
}

func (c *crowd) Units(context.Context) ([]people.Unit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.units), nil
}

func (c *crowd) path(id people.UnitID) []people.UnitID {
	for _, u := range c.units {
		if u.ID == id {
			return u.Path
		}
	}
	return nil
}

func (c *crowd) Audience(_ context.Context, units []people.UnitID, after people.ID, limit int) (out []people.Person, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages++
	in := Audience{Units: units}
	for _, p := range slices.SortedFunc(slices.Values(c.ps), func(a, b people.Person) int { return cmp.Compare(a.ID, b.ID) }) {
		if p.ID > after && p.Status != people.Closed && len(out) < limit && in.Includes(p, c.path(p.Unit), nil) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (c *crowd) Cohorts(context.Context) (map[people.CohortID]people.Cohort, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.cohorts), nil
}

func (c *crowd) CohortAudience(_ context.Context, id people.CohortID, after people.ID, limit int) (out []people.Person, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range slices.SortedFunc(slices.Values(c.ps), func(a, b people.Person) int { return cmp.Compare(a.ID, b.ID) }) {
		if p.ID > after && len(out) < limit && c.cohorts[id].Includes(p, c.path(p.Unit)) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (c *crowd) RuleAudience(ctx context.Context, r people.Rule, after people.ID, limit int) (out []people.Person, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range slices.SortedFunc(slices.Values(c.ps), func(a, b people.Person) int { return cmp.Compare(a.ID, b.ID) }) {
		if p.ID > after && len(out) < limit && (people.Cohort{Rule: &r}).Includes(p, c.path(p.Unit)) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (c *crowd) EachPerson(_ context.Context, since time.Time, f func(people.Person) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.ps {
		if !p.ChangedAt.Before(since) {
			if err := f(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// add makes n people in unit, changed at t.
func (c *crowd) add(prefix string, n int, unit people.UnitID, t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		c.ps = append(c.ps, people.Person{ID: people.ID(fmt.Sprintf("%s%04d", prefix, i)), Unit: unit, Status: people.Active, ChangedAt: t})
	}
}

// enroller keeps enrolments in memory and counts the people it was asked for.
type enroller struct {
	mu     sync.Mutex
	es     map[learning.EnrolmentID]learning.Enrolment
	asked  int
	since  time.Time // of the last duty
	closed []string
	broken bool

	selected []learning.Selection
}

var errBroken = errors.New("database away")

func (e *enroller) Assign(_ context.Context, c course.ID, ps []people.Person, d learning.Duty) (out []learning.Enrolment, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken {
		return nil, errBroken
	}
	e.asked += len(ps)
	e.since = d.Since
	for _, p := range ps {
		id := learning.NewEnrolmentID(c, p.ID, 1)
		x, ok := e.es[id]
		if !ok {
			x = learning.Enrolment{ID: id, Person: p.ID, Course: c, Campaigns: []string{d.Campaign}, DueAt: d.DueAt, Opens: d.Opens, State: learning.Assigned}
			e.es[id] = x
		}
		out = append(out, x)
	}
	return out, nil
}

// Select takes the first ones, as if nobody had done anything.
func (e *enroller) Select(ctx context.Context, ps []people.Person, x learning.Selection) (out []learning.Enrolment, err error) {
	for _, id := range x.Of[:x.Need] {
		es, err := e.Assign(ctx, id, ps, learning.Duty{Campaign: x.Campaign, DueAt: x.DueAt, Opens: x.Opens})
		if err != nil {
			return nil, err
		}
		out = append(out, es...)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.selected = append(e.selected, x)
	return out, nil
}

func (e *enroller) CloseCampaign(_ context.Context, campaign string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken {
		return errBroken
	}
	e.closed = append(e.closed, campaign)
	return nil
}

// count returns how many enrolments there are and how many people were asked for since the last count.
func (e *enroller) count() (enrolments, asked int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	asked, e.asked = e.asked, 0
	return len(e.es), asked
}

// world is a service with everything around it in memory.
type world struct {
	*Service
	path     About
	store    *memStore
	crowd    *crowd
	enroller *enroller
	now      time.Time
}

// newWorld is Wednesday 4 March 2026, 09:00 in Ha Noi: a ministry with two
// departments of 3 and 2 people.
func newWorld(t *testing.T) *world {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)
	w := &world{
		store:    &memStore{byID: map[ID]Campaign{}},
		enroller: &enroller{es: map[learning.EnrolmentID]learning.Enrolment{}},
		now:      start,
		crowd: &crowd{units: []people.Unit{
			{ID: "bo"},
			{ID: "vu-a", Parent: "bo", Path: []people.UnitID{"bo"}},
			{ID: "phong-a1", Parent: "vu-a", Path: []people.UnitID{"bo", "vu-a"}},
			{ID: "vu-b", Parent: "bo", Path: []people.UnitID{"bo"}},
			{ID: "trong", Parent: "bo", Path: []people.UnitID{"bo"}},
		}},
	}
	w.crowd.add("a", 3, "phong-a1", start.Add(-time.Hour))
	w.crowd.add("b", 2, "vu-b", start.Add(-time.Hour))
	n := 0
	w.Service = &Service{
		Store: w.store, Enroller: w.enroller, People: w.crowd,
		Items: func(_ context.Context, k Kind, id string) (About, error) {
			title := people.Text{Vi: "Lừa đảo", En: "Phishing"}
			if k == Path && id == "path" {
				return w.path, nil
			}
			switch id {
			case "a", "b", "c":
				return About{Title: title, Minutes: 10}, nil
			case "phishing", "inbox":
				return About{Title: title, Minutes: 18}, nil
			case "long":
				return About{Title: title, Minutes: 66}, nil
			case "longer":
				return About{Title: title, Minutes: 67}, nil
			case "vietnamese":
				return About{Title: people.Text{Vi: "Lừa đảo"}, Minutes: 18}, nil
			case "broken":
				return About{}, errBroken
			}
			return About{}, fault.New(fault.NotFound, "course_not_found", "no such course")
		},
		Calendar: Calendar{Zone: zone, Holidays: Holidays()},
		Now:      func() time.Time { return w.now },
		NewID:    func() string { n++; return fmt.Sprintf("c%03d", n) },
		Log:      slog.New(slog.DiscardHandler),
	}
	return w
}

func administrator(unit people.UnitID) people.Actor { return named("boss", unit) }

func named(id people.ID, unit people.UnitID) people.Actor {
	return people.Actor{ID: id, Grants: []people.Grant{{Role: people.Administrator, Unit: unit}}}
}

func plan() Plan {
	return Plan{
		Name:     people.Text{Vi: "An toàn tháng 3", En: "Safe March"},
		Goal:     people.Text{Vi: "Ai cũng nhận ra thư lừa đảo.", En: "Everybody recognises a scam."},
		Audience: Audience{Units: []people.UnitID{"vu-a"}},
		Items:    []Item{{Kind: Course, ID: "phishing", Required: true}},
		DueOn:    "2026-03-20",
	}
}

// submit makes a campaign and submits it.
func (w *world) submit(t *testing.T, change func(*Plan)) Campaign {
	t.Helper()
	p := plan()
	if change != nil {
		change(&p)
	}
	c, err := w.Create(t.Context(), administrator(""), p)
	if err != nil {
		t.Fatal(err)
	}
	return w.do(t, administrator(""), c, Submit)
}

// do applies a verb that must be possible.
func (w *world) do(t *testing.T, a people.Actor, c Campaign, v Verb) Campaign {
	t.Helper()
	c, err := w.Change(t.Context(), a, c.ID, v, Word{Why: "xem lại", Hash: c.Hash})
	if err != nil {
		t.Fatal(v, err)
	}
	return c
}

// create makes a campaign that a second person approves and that is scheduled.
func (w *world) create(t *testing.T, change func(*Plan)) Campaign {
	t.Helper()
	c := w.do(t, named("second", ""), w.submit(t, change), Approve)
	return w.do(t, administrator(""), c, Schedule)
}

// refused lists the fields that an error names.
func refused(err error) (got []string) {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			got = append(got, x.Field+":"+x.Code)
		}
	}
	return got
}
