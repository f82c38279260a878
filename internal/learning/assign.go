package learning

import (
	"context"
	"maps"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Reasons of an enrolment.
const (
	ByCampaign = "campaign"
	ByChoice   = "self"
)

// page is how many enrolments are read or written at once.
const page = 500

// Duty is what a campaign asks of somebody.
type Duty struct {
	Campaign string     // empty: it is offered, and counts for no campaign
	DueAt    *time.Time // nil: whenever they like
	Opens    *Opening   // nil: at once
	Since    time.Time  // what was completed before does not count; zero: whatever was completed does
}

// Assign enrols ps in the newest version of c for a campaign, and returns their
// enrolments in the order of ps. Doing it again changes nothing: who has an open
// enrolment gets the campaign attached and the earlier due date, who has completed
// the course since d.Since has done the duty, who completed it before or was released
// from it starts a new cycle. fault.NotFound if the course is not published.
func (s *Service) Assign(ctx context.Context, c course.ID, ps []people.Person, d Duty) ([]Enrolment, error) {
	latest, err := s.Courses.Latest(ctx, c)
	if err != nil {
		return nil, err
	}
	out := make([]Enrolment, 0, len(ps))
	for chunk := range slices.Chunk(ps, page) {
		es, _, err := s.place(ctx, chunk, latest, duty{reason: ByCampaign, Duty: d})
		if err != nil {
			return out, err
		}
		out = append(out, es...)
	}
	return out, nil
}

// Enrol enrols the actor in a published course of their own will. created is false
// if they were enrolled already, also if they have completed it.
func (s *Service) Enrol(ctx context.Context, a people.Actor, c course.ID) (e Enrolment, created bool, err error) {
	latest, err := s.Courses.Latest(ctx, c)
	if err != nil {
		return e, false, err
	}
	p, err := s.People.Person(ctx, a.ID)
	if err != nil {
		return e, false, err
	}
	es, inserted, err := s.place(ctx, []people.Person{p}, latest, duty{reason: ByChoice})
	if err != nil {
		return e, false, err
	}
	if err := s.chosen(ctx, p.ID, c); err != nil {
		return e, false, err
	}
	e, err = s.Store.Enrolment(ctx, es[0].ID) // it may have become a duty
	return e, inserted == 1, err
}

// duty is why somebody is enrolled.
type duty struct {
	reason string
	Duty
	selection *Selection // nil: the course itself is asked for
}

// seat is the enrolment that a person should have: the first cycle that is not closed.
type seat struct {
	person int // index in the page
	cycle  int
}

// place gives each of ps one enrolment in c. Each round reads those that are
// there, attaches the duty to them, goes to the next cycle of those that are
// closed, and inserts the rest; who was inserted by somebody else meanwhile is
// met in the next round. inserted counts the new ones.
func (s *Service) place(ctx context.Context, ps []people.Person, c *course.Published, d duty) (out []Enrolment, inserted int, err error) {
	out = make([]Enrolment, len(ps))
	wanted := map[EnrolmentID]seat{}
	for i, p := range ps {
		wanted[NewEnrolmentID(c.Version.Course, p.ID, 1)] = seat{i, 1}
	}
	for round := 0; len(wanted) > 0; round++ {
		if round == tries {
			return nil, inserted, fault.New(fault.Unavailable, "busy", "the enrolments are being changed too often, try again")
		}
		there, err := s.Store.Enrolments(ctx, slices.Sorted(maps.Keys(wanted)))
		if err != nil {
			return nil, inserted, err
		}
		closed := map[EnrolmentID]seat{}
		for _, e := range there {
			at := wanted[e.ID]
			delete(wanted, e.ID)
			if e.Left {
				if out[at.person], err = s.reopen(ctx, e, c, d); err != nil {
					return nil, inserted, err
				}
			} else if e.State == Closed || e.State == Completed && !d.Since.IsZero() && e.CompletedAt != nil && e.CompletedAt.Before(d.Since) {
				closed[NewEnrolmentID(e.Course, e.Person, at.cycle+1)] = seat{at.person, at.cycle + 1}
			} else if out[at.person], err = s.attach(ctx, e, d); err != nil {
				return nil, inserted, err
			}
		}
		n, err := s.insert(ctx, ps, c, d, wanted, out)
		inserted += n
		if err != nil {
			return nil, inserted, err
		}
		maps.Copy(wanted, closed)
	}
	return out, inserted, nil
}

// insert stores the wanted enrolments and takes those that it stored out of wanted;
// it returns how many these are.
func (s *Service) insert(ctx context.Context, ps []people.Person, c *course.Published, d duty, wanted map[EnrolmentID]seat, out []Enrolment) (int, error) {
	if len(wanted) == 0 {
		return 0, nil
	}
	now := s.Now()
	fresh := map[EnrolmentID]Enrolment{}
	for id, at := range wanted {
		p := ps[at.person]
		e := Enrolment{
			ID: id, Person: p.ID, Course: c.Version.Course, Cycle: at.cycle, N: c.Version.N, Campaigns: []string{},
			Reason: d.reason, Opens: d.Opens, UnitAtAssignment: p.Unit, AssignedAt: now, State: Assigned,
			Lessons: map[string]Progress{}, Quizzes: map[string]QuizState{}, ChangedAt: now, Version: 1,
		}
		attach(&e, d)
		fresh[id] = e
	}
	inserted, err := s.Store.InsertEnrolments(ctx, slices.SortedFunc(maps.Values(fresh), byID))
	if err != nil {
		return 0, err
	}
	for _, id := range inserted {
		out[wanted[id].person] = fresh[id]
		delete(wanted, id)
		s.changed(fresh[id])
	}
	return len(inserted), nil
}

// attach adds a duty to an enrolment that is already there. One that was closed
// meanwhile keeps the duty without effect: the next run of the campaign meets it.
func (s *Service) attach(ctx context.Context, e Enrolment, d duty) (Enrolment, error) {
	change := func(e *Enrolment) (bool, error) {
		if !attach(e, d) {
			return false, nil
		}
		e.ChangedAt = s.Now()
		return true, nil
	}
	done, err := s.store(ctx, &e, change)
	if done || err != nil {
		return e, err
	}
	return s.update(ctx, e.ID, change)
}

// reopen takes up again what was closed because its learner left: with their progress,
// in the newest version if they had not begun, and due when the duty says now.
func (s *Service) reopen(ctx context.Context, e Enrolment, c *course.Published, d duty) (Enrolment, error) {
	return s.update(ctx, e.ID, func(e *Enrolment) (bool, error) {
		if !e.Left {
			return false, nil
		}
		e.Left, e.State, e.DueAt, e.ChangedAt = false, Assigned, nil, s.Now()
		if e.StartedAt != nil {
			e.State = Started
		} else {
			e.N = c.Version.N
		}
		attach(e, d)
		return true, nil
	})
}

// attach adds the campaign of d, and its due date if that is earlier and the
// enrolment still open. It reports whether e changed.
func attach(e *Enrolment, d duty) bool {
	changed := false
	if d.Campaign != "" && !slices.Contains(e.Campaigns, d.Campaign) {
		e.Campaigns = append(slices.Clone(e.Campaigns), d.Campaign)
		changed = true
	}
	if x := d.selection; x != nil && !e.selected(x.Campaign) {
		e.Selections = append(slices.Clone(e.Selections), *x)
		changed = true
	}
	if d.DueAt != nil && e.Open() && (e.DueAt == nil || d.DueAt.Before(*e.DueAt)) {
		due := *d.DueAt
		e.DueAt = &due
		changed = true
	}
	if e.Opens != nil && d.Opens == nil && e.Open() { // another duty asks for it now
		e.Opens = nil
		changed = true
	}
	return changed
}

// clone copies e so deep that changing the copy leaves e as it was.
func (e Enrolment) clone() Enrolment {
	e.Campaigns, e.Selections = slices.Clone(e.Campaigns), slices.Clone(e.Selections)
	e.Lessons = maps.Clone(e.Lessons)
	e.Quizzes = maps.Clone(e.Quizzes)
	for id, q := range e.Quizzes {
		q.Tries = slices.Clone(q.Tries)
		e.Quizzes[id] = q
	}
	if e.Lessons == nil {
		e.Lessons = map[string]Progress{}
	}
	if e.Quizzes == nil {
		e.Quizzes = map[string]QuizState{}
	}
	return e
}

func byID(a, b Enrolment) int {
	switch {
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}
