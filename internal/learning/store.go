package learning

import (
	"context"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// Store keeps enrolments, attempts and ratings.
type Store interface {
	// InsertEnrolments stores those that are not there yet and returns the ids it inserted.
	InsertEnrolments(ctx context.Context, es []Enrolment) ([]EnrolmentID, error)
	// Enrolment returns one; fault.NotFound if there is none.
	Enrolment(ctx context.Context, id EnrolmentID) (Enrolment, error)
	// Enrolments returns those of ids that are there, in no order.
	Enrolments(ctx context.Context, ids []EnrolmentID) ([]Enrolment, error)
	// EnrolmentsOf returns all of a person, newest assignment first.
	EnrolmentsOf(ctx context.Context, p people.ID) ([]Enrolment, error)
	// EnrolmentsByCourse returns the open ones of a course, in pages by id greater than after.
	EnrolmentsByCourse(ctx context.Context, c course.ID, after EnrolmentID, limit int) ([]Enrolment, error)
	// EnrolmentsByCampaign returns those of a campaign, open or not, in pages by id greater than after.
	EnrolmentsByCampaign(ctx context.Context, campaign string, after EnrolmentID, limit int) ([]Enrolment, error)
	// ReplaceEnrolment stores e with Version+1 if the stored one still has e.Version; fault.Conflict otherwise.
	ReplaceEnrolment(ctx context.Context, e Enrolment) error
	// InsertAttempt stores a; fault.Conflict if its id is taken.
	InsertAttempt(ctx context.Context, a Attempt) error
	// Attempt returns one; fault.NotFound if there is none.
	Attempt(ctx context.Context, id string) (Attempt, error)
	// AttemptsOf returns all attempts of a person, newest first.
	AttemptsOf(ctx context.Context, p people.ID) ([]Attempt, error)
	// PutRating stores r, replacing an earlier one of the same enrolment.
	PutRating(ctx context.Context, r Rating) error
	// Ratings returns those of the enrolments that are rated, in no order.
	Ratings(ctx context.Context, ids []EnrolmentID) ([]Rating, error)
}

// OpStore keeps which ops were accepted.
type OpStore interface {
	// Ops returns those of ids that were accepted, by id.
	Ops(ctx context.Context, ids []string) (map[string]Op, error)
	// InsertOps stores them; an id that is already there stays as it is.
	InsertOps(ctx context.Context, ops []Op) error
}

// ScanStore reads all enrolments, for the read model.
type ScanStore interface {
	// EachEnrolment calls f for every enrolment changed at or after since, in no order.
	EachEnrolment(ctx context.Context, since time.Time, f func(Enrolment) error) error
}
