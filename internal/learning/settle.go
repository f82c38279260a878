package learning

import (
	"context"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// Settle moves the open enrolments of a course to the versions where they belong
// after a publication: who has not started to the newest, who has started along
// editorial changes only. Doing it again changes nothing. course.Service calls it.
func (s *Service) Settle(ctx context.Context, id course.ID) error {
	line, err := s.Courses.Lineage(ctx, id)
	if err != nil || len(line) == 0 {
		return err
	}
	return s.eachOpen(ctx, func(after EnrolmentID) ([]Enrolment, error) {
		return s.Store.EnrolmentsByCourse(ctx, id, after, page)
	}, func(e *Enrolment) (bool, error) {
		return e.move(line, s.Now()), nil
	})
}

// eachOpen changes the open enrolments that next returns page by page.
func (s *Service) eachOpen(ctx context.Context, next func(after EnrolmentID) ([]Enrolment, error), change func(*Enrolment) (bool, error)) error {
	var after EnrolmentID
	for {
		es, err := next(after)
		if err != nil || len(es) == 0 {
			return err
		}
		for _, e := range es {
			after = e.ID
			if !e.Open() {
				continue
			}
			done, err := s.store(ctx, &e, change)
			if err == nil && !done {
				_, err = s.update(ctx, e.ID, func(e *Enrolment) (bool, error) {
					if !e.Open() {
						return false, nil
					}
					return change(e)
				})
			}
			if err != nil {
				return err
			}
		}
	}
}

// move takes e to where line, the versions of its course from the oldest, puts
// it. It reports whether e changed. A ticket stays valid along editorial changes,
// which leave quizzes as they are; otherwise the next one is for the new version.
func (e *Enrolment) move(line []course.Version, now time.Time) bool {
	at := slices.IndexFunc(line, func(v course.Version) bool { return v.N == e.N })
	to := at
	for to >= 0 && to+1 < len(line) && line[to+1].Class == course.Editorial {
		to++
	}
	editorial := to
	if e.State == Assigned {
		to = len(line) - 1
	}
	if to == at || to < 0 {
		return false
	}
	e.N, e.ChangedAt = line[to].N, now
	if to != editorial {
		for id, q := range e.Quizzes {
			q.Ticket = nil
			e.Quizzes[id] = q
		}
	}
	return true
}

// CloseCampaign releases people from a campaign that was cancelled: an open
// enrolment that only this campaign assigned is closed, others lose the campaign.
// Doing it again changes nothing.
func (s *Service) CloseCampaign(ctx context.Context, campaign string) error {
	return s.eachOpen(ctx, func(after EnrolmentID) ([]Enrolment, error) {
		return s.Store.EnrolmentsByCampaign(ctx, campaign, after, page)
	}, func(e *Enrolment) (bool, error) {
		i := slices.Index(e.Campaigns, campaign)
		switch {
		case i < 0:
			return false, nil
		case e.Reason == ByCampaign && len(e.Campaigns) == 1:
			e.State = Closed // keeps the campaign: it says why it was there
		default:
			e.Campaigns = slices.Delete(slices.Clone(e.Campaigns), i, i+1)
			e.Selections = slices.DeleteFunc(slices.Clone(e.Selections), func(x Selection) bool { return x.Campaign == campaign })
		}
		e.ChangedAt = s.Now()
		return true, nil
	})
}

// Release closes the open enrolments of a person who left; what they completed stays.
// Doing it again changes nothing.
func (s *Service) Release(ctx context.Context, p people.ID) error {
	es, err := s.Store.EnrolmentsOf(ctx, p)
	if err != nil {
		return err
	}
	for _, e := range es {
		if !e.Open() {
			continue
		}
		_, err := s.update(ctx, e.ID, func(e *Enrolment) (bool, error) {
			if !e.Open() {
				return false, nil
			}
			e.State, e.Left, e.ChangedAt = Closed, true, s.Now()
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Mine returns the enrolments of the actor, newest assignment first.
func (s *Service) Mine(ctx context.Context, a people.Actor) ([]Enrolment, error) {
	return s.Store.EnrolmentsOf(ctx, a.ID)
}

// Record is everything that is kept about what a person learned.
type Record struct {
	Enrolments []Enrolment `json:"enrolments"`
	Attempts   []Attempt   `json:"attempts"`
	Ratings    []Rating    `json:"ratings"`
}

// Record returns everything that is kept about what the actor learned.
func (s *Service) Record(ctx context.Context, a people.Actor) (Record, error) {
	var r Record
	var err error
	if r.Enrolments, err = s.Store.EnrolmentsOf(ctx, a.ID); err != nil {
		return r, err
	}
	if r.Attempts, err = s.Store.AttemptsOf(ctx, a.ID); err != nil {
		return r, err
	}
	ids := make([]EnrolmentID, 0, len(r.Enrolments))
	for _, e := range r.Enrolments {
		ids = append(ids, e.ID)
	}
	r.Ratings, err = s.Store.Ratings(ctx, ids)
	return r, err
}
