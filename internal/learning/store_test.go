package learning

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/survey"
)

var errCutOff = errors.New("cut off")

// failing fails one call: before it is done, or after, so that its answer is lost.
type failing struct {
	mu     sync.Mutex
	calls  int
	failAt int // from 1; 0: none
	lost   bool
}

func (m *failing) do(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.calls == m.failAt && !m.lost {
		return errCutOff
	}
	err := f()
	if m.calls == m.failAt && err == nil {
		return errCutOff
	}
	return err
}

func conflict() error { return fault.New(fault.Conflict, "taken", "taken") }
func notFound() error { return fault.New(fault.NotFound, "not_found", "not there") }

// memory is a Store and an OpStore for tests. What is kept is independent of what
// the caller keeps.
type memory struct {
	failing
	enrolments map[EnrolmentID]Enrolment
	attempts   map[string]Attempt
	ratings    map[EnrolmentID]Rating
	ops        map[string]Op
	writes     int
}

func newMemory() *memory {
	return &memory{
		enrolments: map[EnrolmentID]Enrolment{}, attempts: map[string]Attempt{},
		ratings: map[EnrolmentID]Rating{}, ops: map[string]Op{},
	}
}

func (m *memory) InsertEnrolments(_ context.Context, es []Enrolment) (ids []EnrolmentID, err error) {
	return ids, m.do(func() error {
		for _, e := range es {
			if _, ok := m.enrolments[e.ID]; !ok {
				m.enrolments[e.ID] = e.clone()
				ids = append(ids, e.ID)
				m.writes++
			}
		}
		return nil
	})
}

func (m *memory) Enrolment(_ context.Context, id EnrolmentID) (e Enrolment, err error) {
	return e, m.do(func() error {
		found, ok := m.enrolments[id]
		if !ok {
			return notFound()
		}
		e = found.clone()
		return nil
	})
}

// some returns the enrolments that keep holds for, in order of id.
func (m *memory) some(keep func(Enrolment) bool, limit int) (es []Enrolment, err error) {
	return es, m.do(func() error {
		for _, id := range slices.Sorted(maps.Keys(m.enrolments)) {
			if e := m.enrolments[id]; keep(e) && len(es) < limit {
				es = append(es, e.clone())
			}
		}
		return nil
	})
}

func (m *memory) Enrolments(_ context.Context, ids []EnrolmentID) ([]Enrolment, error) {
	return m.some(func(e Enrolment) bool { return slices.Contains(ids, e.ID) }, len(ids))
}

func (m *memory) EnrolmentsOf(_ context.Context, p people.ID) ([]Enrolment, error) {
	return m.some(func(e Enrolment) bool { return e.Person == p }, 1000)
}

func (m *memory) EnrolmentsByCourse(_ context.Context, c course.ID, after EnrolmentID, limit int) ([]Enrolment, error) {
	return m.some(func(e Enrolment) bool { return e.Course == c && e.ID > after && e.Open() }, limit)
}

func (m *memory) EnrolmentsByCampaign(_ context.Context, campaign string, after EnrolmentID, limit int) ([]Enrolment, error) {
	return m.some(func(e Enrolment) bool { return slices.Contains(e.Campaigns, campaign) && e.ID > after }, limit)
}

func (m *memory) ReplaceEnrolment(_ context.Context, e Enrolment) error {
	return m.do(func() error {
		if m.enrolments[e.ID].Version != e.Version {
			return conflict()
		}
		e = e.clone()
		e.Version++
		m.enrolments[e.ID] = e
		m.writes++
		return nil
	})
}

func (m *memory) InsertAttempt(_ context.Context, a Attempt) error {
	return m.do(func() error {
		if _, ok := m.attempts[a.ID]; ok {
			return conflict()
		}
		m.attempts[a.ID] = a
		m.writes++
		return nil
	})
}

func (m *memory) Attempt(_ context.Context, id string) (a Attempt, err error) {
	return a, m.do(func() error {
		var ok bool
		if a, ok = m.attempts[id]; !ok {
			return fault.New(fault.NotFound, "attempt_not_found", "no such attempt")
		}
		return nil
	})
}

func (m *memory) AttemptsOf(_ context.Context, p people.ID) (as []Attempt, err error) {
	return as, m.do(func() error {
		for _, a := range m.attempts {
			if a.Person == p {
				as = append(as, a)
			}
		}
		return nil
	})
}

func (m *memory) PutRating(_ context.Context, r Rating) error {
	return m.do(func() error {
		m.ratings[r.ID] = r
		m.writes++
		return nil
	})
}

func (m *memory) Ratings(_ context.Context, ids []EnrolmentID) (rs []Rating, err error) {
	return rs, m.do(func() error {
		for _, id := range ids {
			if r, ok := m.ratings[id]; ok {
				rs = append(rs, r)
			}
		}
		return nil
	})
}

func (m *memory) Ops(_ context.Context, ids []string) (found map[string]Op, err error) {
	return found, m.do(func() error {
		found = map[string]Op{}
		for _, id := range ids {
			if op, ok := m.ops[id]; ok {
				found[id] = op
			}
		}
		return nil
	})
}

func (m *memory) InsertOps(_ context.Context, ops []Op) error {
	return m.do(func() error {
		for _, op := range ops {
			if _, ok := m.ops[op.ID]; !ok {
				m.ops[op.ID] = op
			}
		}
		m.writes++
		return nil
	})
}

// courses is a course.Store for tests; it never fails.
type courses struct {
	course.Store
	mu       sync.Mutex
	course   course.Course
	versions []course.Version
}

func (c *courses) Courses(context.Context) ([]course.Course, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return []course.Course{c.course}, nil
}

func (c *courses) Course(context.Context, course.ID) (course.Course, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.course, nil
}

func (c *courses) Version(_ context.Context, id course.ID, n int) (course.Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.versions {
		if v.Course == id && v.N == n {
			return v, nil
		}
	}
	return course.Version{}, notFound()
}

func (c *courses) Versions(context.Context, course.ID) ([]course.Version, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.versions), nil
}

// publish adds a version as course.Service would.
func (c *courses) publish(class course.Class, content course.Content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.versions) + 1
	c.versions = append(c.versions, course.Version{Course: c.course.ID, N: n, After: n - 1, Class: class, Content: content, Hash: content.Hash()})
	c.course.Published = n
}

// persons is the People of tests: everybody is in the unit that their id names.
type persons struct{}

func (persons) Person(_ context.Context, id people.ID) (people.Person, error) {
	return people.Person{ID: id, Unit: people.UnitID("unit-of-" + id)}, nil
}

// drills is the Drills of tests: one drill with the items a and b.
type drills struct {
	mu      sync.Mutex
	answers map[string]drill.Choice
	hashed  [][]byte
}

func (d *drills) Hash(_ context.Context, id drill.ID, payload []byte) (string, error) {
	if id != "inbox" {
		return "", notFound()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hashed = append(d.hashed, payload)
	return "keyed" + hash(payload), nil
}

func (d *drills) Apply(_ context.Context, p people.ID, id drill.ID, events []drill.Event) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	codes := make([]string, len(events))
	for i, e := range events {
		if e.Action != drill.Answer {
			continue
		}
		if !strings.Contains("ab", e.Item) {
			codes[i] = drill.ItemNotFound
			continue
		}
		if _, ok := d.answers[string(p)+e.Item]; !ok {
			d.answers[string(p)+e.Item] = e.Choice
		}
	}
	return codes, nil
}

// surveys is the Surveys of tests: it keeps the first answers of everybody, in a store that may fail.
type surveys struct {
	store *failing
	kept  map[people.ID]survey.Submission
}

func (s *surveys) Apply(_ context.Context, p people.ID, x survey.Submission) (code string, err error) {
	return code, s.store.do(func() error {
		if old, ok := s.kept[p]; ok && old.Secret != x.Secret {
			code = survey.Answered
		} else {
			s.kept[p] = x
		}
		return nil
	})
}
