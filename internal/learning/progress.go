package learning

import (
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// maxSeconds caps the time on one lesson that a phone may claim.
const maxSeconds = 3600

// Flags of a try.
const (
	Extra = "extra" // another device used the same number first: not counted
	Late  = "late"  // arrived after the ticket expired or the enrolment closed
)

// begin notes that the learner did something.
func (e *Enrolment) begin(now time.Time) {
	if e.State != Assigned {
		return
	}
	e.State = Started
	at := now
	e.StartedAt = &at
}

// advance takes a phone's report on a lesson with that many cards. Nothing ever
// goes back: the furthest card, the longest time and a lesson that is done stay.
// It reports whether e changed.
func (e *Enrolment) advance(lesson string, cards, card, seconds int, done bool, now time.Time) bool {
	before, seen := e.Lessons[lesson]
	p := before
	p.Card = max(p.Card, min(card, cards))
	p.Seconds = max(p.Seconds, min(seconds, maxSeconds))
	if done && p.DoneAt == nil {
		at := now
		p.DoneAt, p.Card = &at, cards
	}
	if seen && p == before {
		return false
	}
	e.Lessons[lesson] = p
	e.begin(now)
	e.ChangedAt = now
	return true
}

// add takes an attempt, once. The first of each number counts, what comes later
// from another device is extra. It reports whether e changed.
func (e *Enrolment) add(a Attempt, now time.Time) bool {
	q := e.Quizzes[a.Quiz]
	taken := false
	for _, t := range q.Tries {
		if t.Attempt == a.ID {
			return false
		}
		taken = taken || t.N == a.N && t.Counted()
	}
	t := Try{Attempt: a.ID, N: a.N, Score: a.Score, Passed: a.Passed, At: a.ReceivedAt}
	if a.Late {
		t.Flags = append(t.Flags, Late)
	}
	if taken {
		t.Flags = append(t.Flags, Extra)
	} else {
		q.Best = max(q.Best, a.Score)
		q.Passed = q.Passed || a.Passed
	}
	q.Tries = append(q.Tries, t)
	e.Quizzes[a.Quiz] = q
	e.begin(now)
	e.ChangedAt = now
	return true
}

// try returns what e remembers of an attempt.
func (e Enrolment) try(a Attempt) (Try, bool) {
	for _, t := range e.Quizzes[a.Quiz].Tries {
		if t.Attempt == a.ID {
			return t, true
		}
	}
	return Try{}, false
}

// done counts the lessons and quizzes of c that are done, and all of them.
func (e Enrolment) done(c *course.Published) (done, total int) {
	for _, l := range c.View.Lessons {
		if e.Lessons[l.ID].DoneAt != nil {
			done++
		}
	}
	for _, q := range c.View.Quizzes {
		if e.Quizzes[q.ID].Passed {
			done++
		}
	}
	return done, len(c.View.Lessons) + len(c.View.Quizzes)
}

// Percent is how much of the pinned version c is done, 0 to 100. What is completed
// stays at 100 whatever the version.
func (e Enrolment) Percent(c *course.Published) int {
	if e.State == Completed {
		return 100
	}
	done, total := e.done(c)
	if total == 0 {
		return 0
	}
	return 100 * done / total
}

// finished reports whether an open enrolment has everything that c asks for.
func (e Enrolment) finished(c *course.Published) bool {
	done, total := e.done(c)
	return e.Open() && total > 0 && done == total
}

// complete notes the completion, which is never taken back.
func (e *Enrolment) complete(unit people.UnitID, now time.Time) {
	at := now
	e.State, e.CompletedAt, e.UnitAtCompletion, e.ChangedAt = Completed, &at, unit, now
}
