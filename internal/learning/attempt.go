package learning

import (
	"context"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// AttemptResult is what a learner learns of an attempt: the feedback of what they
// chose, and the right answers only once the quiz is passed.
type AttemptResult struct {
	ID             string          `json:"id"`
	Quiz           string          `json:"quiz"`
	N              int             `json:"n"`
	Score          float64         `json:"score"` // 0…1
	Passed         bool            `json:"passed"`
	Counted        bool            `json:"counted"`
	Flags          []string        `json:"flags"`
	Questions      []course.Marked `json:"questions"`
	EnrolmentState State           `json:"enrolmentState"`
}

// Submit takes the answers to a quiz under the attempt's id, which the phone made.
// The same submission again gives the same result. Errors: fault.NotFound
// enrolment_not_found, quiz_not_found; fault.Invalid ticket_invalid;
// fault.Conflict id_reused; fault.Malformed.
func (s *Service) Submit(ctx context.Context, a people.Actor, attempt string, sub Submission) (AttemptResult, error) {
	if !isUUID(attempt) || !sub.valid() {
		return AttemptResult{}, fault.New(fault.Malformed, Malformed, "the attempt's id is no UUID or its answers are too long")
	}
	v, err := s.applyTo(ctx, a, sub.Enrolment, []*op{{kind: "attempt.submit", enrolment: sub.Enrolment, attempt: attempt, submit: &sub}})
	if err != nil {
		return AttemptResult{}, err
	}
	switch v[0].Code {
	case "":
		return *v[0].Attempt, nil
	case TicketInvalid:
		return AttemptResult{}, fault.New(fault.Invalid, TicketInvalid, "the ticket is not valid for this quiz")
	case IDReused:
		return AttemptResult{}, fault.New(fault.Conflict, IDReused, "the id belongs to other answers")
	}
	return AttemptResult{}, fault.New(fault.NotFound, v[0].Code, "no such enrolment or quiz")
}

// Result returns the actor's result of an attempt; fault.NotFound if there is none
// of theirs.
func (s *Service) Result(ctx context.Context, a people.Actor, attempt string) (AttemptResult, error) {
	at, err := s.Store.Attempt(ctx, attempt)
	if err != nil {
		return AttemptResult{}, err
	}
	if at.Person != a.ID {
		return AttemptResult{}, fault.New(fault.NotFound, "attempt_not_found", "no such attempt")
	}
	e, err := s.Store.Enrolment(ctx, at.Enrolment)
	if err != nil {
		return AttemptResult{}, err
	}
	return s.result(ctx, e, at)
}

// record verifies the ticket of a submission, grades it and inserts the attempt.
// If the attempt is there already it is returned as it is. code says why the
// submission is rejected, "" if it is not.
func (s *Service) record(ctx context.Context, e Enrolment, id string, sub Submission) (at Attempt, code string, err error) {
	payload, err := sub.hash()
	if err != nil {
		return at, "", err
	}
	t, ok := unseal(s.TicketKey, sub.Ticket)
	if !ok || t.Person != e.Person || t.Enrolment != e.ID || t.Quiz != sub.Quiz {
		return at, TicketInvalid, nil
	}
	if e.extras(sub.Quiz) >= maxExtra && !e.knows(sub.Quiz, id) {
		return at, TicketInvalid, nil
	}
	c, err := s.Courses.Version(ctx, e.Course, t.Course)
	if err != nil {
		return at, "", err
	}
	q, ok := c.Quiz(sub.Quiz)
	if !ok {
		return at, QuizNotFound, nil
	}
	now := s.Now()
	at = Attempt{
		ID: id, Person: e.Person, Enrolment: e.ID, Course: e.Course, CourseVersion: t.Course, Quiz: q.ID, N: t.N, Seed: t.Seed,
		Questions: []string{}, Answers: sub.Answers, ReceivedAt: now, PayloadHash: payload,
		Late: now.After(time.UnixMilli(t.ExpiresAt)) || e.State == Closed,
	}
	issued := time.UnixMilli(t.IssuedAt).UTC()
	at.StartedAt, at.FinishedAt = clamp(sub.StartedAt, issued, now), clamp(sub.FinishedAt, issued, now)
	drawn := course.Draw(q, t.Seed)
	for _, d := range drawn {
		at.Questions = append(at.Questions, d.Question.ID)
		at.Score += course.Grade(*d.Question, d.Source(chosen(at, d.Question.ID))) / float64(len(drawn))
	}
	at.Passed = q.Passed(at.Score)
	err = s.Store.InsertAttempt(ctx, at)
	if err == nil || !isConflict(err) {
		return at, "", err
	}
	there, err := s.Store.Attempt(ctx, id)
	if err != nil {
		return at, "", err
	}
	if there.Person != e.Person || there.PayloadHash != payload {
		return at, IDReused, nil
	}
	return there, "", nil
}

// result is what the learner may know of an attempt now.
func (s *Service) result(ctx context.Context, e Enrolment, at Attempt) (AttemptResult, error) {
	c, err := s.Courses.Version(ctx, at.Course, at.CourseVersion)
	if err != nil {
		return AttemptResult{}, err
	}
	q, ok := c.Quiz(at.Quiz)
	if !ok {
		return AttemptResult{}, fault.New(fault.NotFound, QuizNotFound, "no such quiz")
	}
	t, _ := e.try(at) // unknown only if it was cut off before: then it does not count yet
	res := AttemptResult{
		ID: at.ID, Quiz: at.Quiz, N: at.N, Score: at.Score, Passed: at.Passed, Counted: t.Attempt != "" && t.Counted(),
		Flags: append([]string{}, t.Flags...), Questions: []course.Marked{}, EnrolmentState: e.State,
	}
	passed := e.Quizzes[at.Quiz].Passed
	if !res.Counted && q.Attempts > 0 && !passed {
		return res, nil // else trying the same number again would tell the answers of a limited quiz
	}
	for _, d := range course.Draw(q, at.Seed) {
		res.Questions = append(res.Questions, d.Mark(chosen(at, d.Question.ID), passed))
	}
	return res, nil
}

// chosen is the first answer to a question.
func chosen(at Attempt, question string) []string {
	for _, a := range at.Answers {
		if a.Question == question {
			return a.Chosen
		}
	}
	return nil
}

// extras counts the tries at a quiz that did not count.
func (e Enrolment) extras(quiz string) int {
	q := e.Quizzes[quiz]
	return len(q.Tries) - q.counted()
}

// knows reports whether e has taken the attempt already.
func (e Enrolment) knows(quiz, attempt string) bool {
	_, ok := e.try(Attempt{ID: attempt, Quiz: quiz})
	return ok
}

// clamp keeps a phone's claim between two times that the server knows.
func clamp(t, from, to time.Time) time.Time {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Before(from) {
		return from
	}
	if t.After(to) {
		return to
	}
	return t
}
