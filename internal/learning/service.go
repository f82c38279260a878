package learning

import (
	"context"
	"errors"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// People finds persons; *people.Service satisfies it.
type People interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id people.ID) (people.Person, error)
}

// Service does the work of package learning. Its methods are safe for concurrent
// use, also of several copies of the program.
type Service struct {
	Store     Store
	Ops       OpStore
	Courses   *course.Service
	People    People
	Drills    Drills  // applies the ops of drills
	Surveys   Surveys // takes answers to surveys
	Now       func() time.Time
	TicketKey []byte // at least 32 random bytes, the same in every copy of the program
	// OpsKept is how long the ids of applied ops are remembered. Nil: 180 days.
	OpsKept func() time.Duration
	// Changed is told of every enrolment after it was stored. It must be quick. Nil: nobody asks.
	Changed func(Enrolment)
	// Chosen is told which enrolments of a person carry a campaign after they chose or completed one of
	// several courses that it asks for. It may be told again. Nil: nobody asks.
	Chosen func(ctx context.Context, campaign string, p people.Person, es []Enrolment) error
	// Opened is told that a person opened the reminder of a delivery; fault.NotFound
	// if there is none of theirs, which is no error. Nil: nobody asks.
	Opened func(ctx context.Context, p people.ID, delivery string) error
	// Announced is told that a person has read an announcement; fault.NotFound if there
	// is none for them.
	Announced func(ctx context.Context, p people.ID, announcement string) error
}

// tries is how often a conditional update is tried again before the caller hears
// of the conflict.
const tries = 50

// changed tells of es.
func (s *Service) changed(es ...Enrolment) {
	if s.Changed == nil {
		return
	}
	for _, e := range es {
		s.Changed(e)
	}
}

// update loads an enrolment, changes a copy with f and stores it if f says that
// something changed, again and again while somebody else is faster. f must give
// the same result when it is called again.
func (s *Service) update(ctx context.Context, id EnrolmentID, f func(*Enrolment) (bool, error)) (Enrolment, error) {
	for range tries {
		e, err := s.Store.Enrolment(ctx, id)
		if err != nil {
			return e, err
		}
		done, err := s.store(ctx, &e, f)
		if done || err != nil {
			return e, err
		}
	}
	return Enrolment{}, fault.New(fault.Unavailable, "busy", "the enrolment %s is being changed too often, try again", id)
}

// store changes e with f and stores it. done is false if somebody else was faster.
func (s *Service) store(ctx context.Context, e *Enrolment, f func(*Enrolment) (bool, error)) (done bool, err error) {
	next := e.clone()
	change, err := f(&next)
	if err != nil || !change {
		return err == nil, err
	}
	err = s.Store.ReplaceEnrolment(ctx, next)
	if isConflict(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	next.Version++
	*e = next
	s.changed(next)
	return true, nil
}

func isConflict(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.Conflict
}

func isNotFound(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == fault.NotFound
}
