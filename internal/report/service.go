// Package report keeps the read model of completion in memory and answers from it,
// so that no dashboard ever scans the database. The truth is the enrolments; Check
// compares.
package report

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// Enrolments reads enrolments: their store.
type Enrolments interface {
	// EachEnrolment calls f for every enrolment changed at or after since, in no order.
	EachEnrolment(ctx context.Context, since time.Time, f func(learning.Enrolment) error) error
}

// People reads people and units. *people.Service is one.
type People interface {
	// EachPerson calls f for everybody changed at or after since, in no order.
	EachPerson(ctx context.Context, since time.Time, f func(people.Person) error) error
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
}

// Courses describes course versions. *course.Service is one.
type Courses interface {
	// List returns the newest version of every published course.
	List(ctx context.Context) ([]*course.Published, error)
	// Version returns version n of a course; fault.NotFound if there is none.
	Version(ctx context.Context, id course.ID, n int) (*course.Published, error)
}

// Campaigns reads campaigns: their store.
type Campaigns interface {
	// Campaign returns one; fault.NotFound if there is none.
	Campaign(ctx context.Context, id campaign.ID) (campaign.Campaign, error)
}

// Service answers questions about completion from memory. Every answer is cut to
// the units in which the actor may track completion; what lies outside is as absent
// as what does not exist. It is safe for concurrent use.
type Service struct {
	Enrolments Enrolments
	People     People
	Courses    Courses
	Campaigns  Campaigns
	Zone       *time.Location // of the organisation
	Now        func() time.Time
	Log        *slog.Logger

	mu    sync.RWMutex
	m     *model
	built bool
	asOf  time.Time // up to which changes of other replicas are in
	wide  time.Time // of the last wide refresh

	facts factCache
}

const (
	overlap     = 5 * time.Second  // clocks of replicas may differ by this
	wideOverlap = time.Minute      // a write may arrive this long after its time was taken
	wideEvery   = 30 * time.Second // how often that is looked at
)

// Build reads everything. It is called once, before the first answer; Put may be
// called meanwhile.
func (s *Service) Build(ctx context.Context) error {
	if err := s.read(ctx, s.model, time.Time{}, s.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.built = true
	return nil
}

// model returns the model; the caller holds the lock.
func (s *Service) model() *model {
	if s.m == nil {
		s.m = newModel()
	}
	return s.m
}

// batch is how many documents one lock covers, so that answers wait little.
const batch = 500

// read takes everything that changed since since into the model.
func (s *Service) read(ctx context.Context, into func() *model, since, now time.Time) error {
	units, err := s.People.Units(ctx)
	if err != nil {
		return fmt.Errorf("read units: %w", err)
	}
	s.mu.Lock()
	for _, u := range units {
		into().putUnit(u)
	}
	s.mu.Unlock()
	ps := make([]people.Person, 0, batch)
	flush := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, p := range ps {
			into().putPerson(p)
		}
		ps = ps[:0]
	}
	err = s.People.EachPerson(ctx, since, func(p people.Person) error {
		if ps = append(ps, p); len(ps) == batch {
			flush()
		}
		return nil
	})
	flush()
	if err != nil {
		return fmt.Errorf("read people: %w", err)
	}
	es := make([]learning.Enrolment, 0, batch)
	flushEnrolments := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range es {
			into().put(e)
		}
		es = es[:0]
	}
	err = s.Enrolments.EachEnrolment(ctx, since, func(e learning.Enrolment) error {
		if es = append(es, e); len(es) == batch {
			flushEnrolments()
		}
		return nil
	})
	flushEnrolments()
	if err != nil {
		return fmt.Errorf("read enrolments: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into().advance(now.UnixMilli())
	s.asOf = now
	return nil
}

// Put takes an enrolment that this process has just stored. It is quick and does
// not touch the database.
func (s *Service) Put(e learning.Enrolment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.model().put(e)
}

// PutPerson takes a person whom this process has just stored, like Put.
func (s *Service) PutPerson(p people.Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.model().putPerson(p)
}

// Refresh takes in what other replicas changed since the last time, and lets the
// time pass.
func (s *Service) Refresh(ctx context.Context) error {
	now := s.Now()
	s.mu.RLock()
	since := s.asOf.Add(-overlap)
	wide := now.Sub(s.wide) >= wideEvery
	s.mu.RUnlock()
	if wide {
		since = since.Add(-wideOverlap)
	}
	if err := s.read(ctx, s.model, since, now); err != nil {
		return err
	}
	if wide {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wide = now
	}
	return nil
}

// Run refreshes every interval until ctx is done.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "refresh reports, will repeat", "err", err)
			}
		}
	}
}

// view calls f with the model brought up to now, under the lock for reading.
func (s *Service) view(f func(m *model) error) error {
	now := s.Now().UnixMilli()
	s.mu.RLock()
	ready, late := s.built, s.built && (s.m.dues.passed(now) || !s.m.sorted)
	if !ready {
		s.mu.RUnlock()
		return fault.New(fault.Unavailable, "report_not_ready", "the reports are being read, try again in a moment")
	}
	if late {
		s.mu.RUnlock()
		s.mu.Lock()
		s.m.advance(now)
		s.m.sort()
		s.mu.Unlock()
		s.mu.RLock()
	}
	defer s.mu.RUnlock()
	return f(s.m)
}

// factCache keeps what courses are called and how many things are to be done in
// their versions.
type factCache struct {
	mu     sync.Mutex
	totals map[versionKey]int
}

type versionKey struct {
	course course.ID
	n      int
}

// titles returns the titles of courses by id; one that is not published any more is called by its id.
func (s *Service) titles(ctx context.Context) (func(course.ID) people.Text, error) {
	list, err := s.Courses.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list courses: %w", err)
	}
	byID := make(map[course.ID]people.Text, len(list))
	for _, p := range list {
		byID[p.Version.Course] = p.Summary.Title
	}
	return func(id course.ID) people.Text {
		if t, ok := byID[id]; ok {
			return t
		}
		return people.Text{Vi: string(id), En: string(id)}
	}, nil
}

// totals returns how many lessons and quizzes each version has. A version that is
// not there counts as 0.
func (s *Service) totals(ctx context.Context, keys map[versionKey]bool) (map[versionKey]int, error) {
	out := make(map[versionKey]int, len(keys))
	for k := range keys {
		s.facts.mu.Lock()
		n, ok := s.facts.totals[k]
		s.facts.mu.Unlock()
		if !ok {
			p, err := s.Courses.Version(ctx, k.course, k.n)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, fmt.Errorf("read course version: %w", err)
			}
			if err == nil {
				n = len(p.Summary.Lessons) + len(p.Summary.Quizzes)
				s.facts.mu.Lock()
				if s.facts.totals == nil {
					s.facts.totals = map[versionKey]int{}
				}
				s.facts.totals[k] = n
				s.facts.mu.Unlock()
			}
		}
		out[k] = n
	}
	return out, nil
}
