// Package learning owns what a learner does: enrolments, progress, attempts and
// ratings, and the ops by which a phone reports them.
package learning

import (
	"fmt"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// EnrolmentID is course:person:cycle.
type EnrolmentID string

// NewEnrolmentID makes the natural key of an enrolment.
func NewEnrolmentID(c course.ID, p people.ID, cycle int) EnrolmentID {
	return EnrolmentID(fmt.Sprintf("%s:%s:%d", c, p, cycle))
}

// State is what happened to an enrolment. What depends on the clock (overdue) is
// never stored: see Enrolment.Status.
type State string

// The states of an enrolment; it only moves forward in this order, and Closed ends an
// open one. One that closed because its learner left opens again when they are back and
// a campaign or they themselves ask for it.
const (
	Assigned  State = "assigned"
	Started   State = "started"
	Completed State = "completed"
	Closed    State = "closed" // the person left, or the campaign was cancelled
)

// Status is State with what the clock adds.
type Status string

// Overdue is the one status that is not a state: open and past its due time.
const Overdue Status = "overdue"

// Progress is how far a learner is in one lesson.
type Progress struct {
	Card    int        `json:"card" bson:"card"`       // furthest card seen, counted from 1
	Seconds int        `json:"seconds" bson:"seconds"` // time on the lesson as the phone claims it, capped
	DoneAt  *time.Time `json:"doneAt,omitempty" bson:"doneAt,omitempty"`
}

// Try is one counted or uncounted try at a quiz, as the enrolment remembers it.
type Try struct {
	Attempt string    `json:"attempt" bson:"attempt"`
	N       int       `json:"n" bson:"n"`
	Score   float64   `json:"score" bson:"score"` // 0…1
	Passed  bool      `json:"passed" bson:"passed"`
	Flags   []string  `json:"flags,omitempty" bson:"flags,omitempty"` // extra (not counted), late
	At      time.Time `json:"at" bson:"at"`
}

// QuizState is a learner's state in one quiz.
type QuizState struct {
	Tries  []Try   `json:"tries" bson:"tries"`
	Best   float64 `json:"best" bson:"best"`
	Passed bool    `json:"passed" bson:"passed"`
	Ticket *Ticket `json:"-" bson:"ticket,omitempty"` // the one that is live, or the last
}

// Ticket is the right to one try: what the server will draw and mark by.
type Ticket struct {
	N         int       `json:"n" bson:"n"`
	Course    int       `json:"course" bson:"course"` // number of the course version it is for
	Seed      uint64    `json:"seed" bson:"seed"`     // 63 bits, what BSON can hold
	IssuedAt  time.Time `json:"issuedAt" bson:"issuedAt"`
	ExpiresAt time.Time `json:"expiresAt" bson:"expiresAt"`
}

// Opening says when an enrolment opens, as a plan for its learner: work that was done
// before is never refused.
type Opening struct {
	At    *time.Time `json:"at,omitempty" bson:"at,omitempty"`
	After course.ID  `json:"after,omitempty" bson:"after,omitempty"` // once this course is completed
	// Of are courses of which Need (0: all) are to be completed first.
	Of   []course.ID `json:"of,omitempty" bson:"of,omitempty"`
	Need int         `json:"need,omitempty" bson:"need,omitempty"`
}

// Selection is a duty of a campaign to complete Need of several courses. So many of them carry the
// campaign at any time: the learner's choice, and until they choose the first ones.
type Selection struct {
	Campaign string      `json:"campaign" bson:"campaign"`
	Of       []course.ID `json:"of" bson:"of"`
	Need     int         `json:"need" bson:"need"`
	DueAt    *time.Time  `json:"dueAt,omitempty" bson:"dueAt,omitempty"`
	Opens    *Opening    `json:"opens,omitempty" bson:"opens,omitempty"`
	Since    *time.Time  `json:"since,omitempty" bson:"since,omitempty"` // what was completed before does not count; nil: whatever was completed does
}

// Enrolment is a learner in a course version: one for each cycle.
type Enrolment struct {
	ID               EnrolmentID          `json:"id" bson:"_id"`
	Person           people.ID            `json:"person" bson:"person"`
	Course           course.ID            `json:"course" bson:"course"`
	Cycle            int                  `json:"cycle" bson:"cycle"`
	N                int                  `json:"n" bson:"n"` // the course version's number
	Campaigns        []string             `json:"campaigns" bson:"campaigns"`
	Reason           string               `json:"reason" bson:"reason"` // campaign or self
	UnitAtAssignment people.UnitID        `json:"unitAtAssignment" bson:"unitAtAssignment"`
	UnitAtCompletion people.UnitID        `json:"unitAtCompletion,omitempty" bson:"unitAtCompletion,omitempty"`
	AssignedAt       time.Time            `json:"assignedAt" bson:"assignedAt"`
	DueAt            *time.Time           `json:"dueAt,omitempty" bson:"dueAt,omitempty"`
	Opens            *Opening             `json:"opens,omitempty" bson:"opens,omitempty"`           // nil: it is open
	Selections       []Selection          `json:"selections,omitempty" bson:"selections,omitempty"` // for which it carries the campaign
	State            State                `json:"state" bson:"state"`
	Left             bool                 `json:"left,omitempty" bson:"left,omitempty"` // closed because the person left
	StartedAt        *time.Time           `json:"startedAt,omitempty" bson:"startedAt,omitempty"`
	CompletedAt      *time.Time           `json:"completedAt,omitempty" bson:"completedAt,omitempty"`
	Lessons          map[string]Progress  `json:"lessons" bson:"lessons"`
	Quizzes          map[string]QuizState `json:"quizzes" bson:"quizzes"`
	Rating           int                  `json:"rating,omitempty" bson:"rating,omitempty"` // 1…5 stars, 0: none yet
	ChangedAt        time.Time            `json:"changedAt" bson:"changedAt"`
	Version          int                  `json:"-" bson:"ver"` // counts changes, for conditional updates
}

// Open reports whether the enrolment still waits for its learner.
func (e Enrolment) Open() bool { return e.State == Assigned || e.State == Started }

// Status is the state as it looks at now: an open enrolment past its due time is overdue.
func (e Enrolment) Status(now time.Time) Status {
	if e.Open() && e.DueAt != nil && now.After(*e.DueAt) {
		return Overdue
	}
	return Status(e.State)
}

// Attempt is one try at a graded quiz: the answers as they arrived and their mark.
// It never changes after it was inserted.
type Attempt struct {
	ID            string          `json:"id" bson:"_id"` // UUID made on the phone
	Person        people.ID       `json:"person" bson:"person"`
	Enrolment     EnrolmentID     `json:"enrolment" bson:"enrolment"`
	Course        course.ID       `json:"course" bson:"course"`
	CourseVersion int             `json:"courseVersion" bson:"courseVersion"`
	Quiz          string          `json:"quiz" bson:"quiz"`
	N             int             `json:"n" bson:"n"`
	Seed          uint64          `json:"-" bson:"seed"`
	Questions     []string        `json:"questions" bson:"questions"` // as drawn
	Answers       []course.Answer `json:"answers" bson:"answers"`
	Score         float64         `json:"score" bson:"score"` // 0…1
	Passed        bool            `json:"passed" bson:"passed"`
	Late          bool            `json:"late,omitempty" bson:"late,omitempty"` // arrived after the ticket expired
	StartedAt     time.Time       `json:"startedAt" bson:"startedAt"`           // the phone's claim, clamped
	FinishedAt    time.Time       `json:"finishedAt" bson:"finishedAt"`         // the phone's claim, clamped
	ReceivedAt    time.Time       `json:"receivedAt" bson:"receivedAt"`         // the server's
	PayloadHash   string          `json:"-" bson:"payloadHash"`
}

// Rating is a learner's opinion of a course: one for each enrolment.
type Rating struct {
	ID      EnrolmentID `json:"enrolment" bson:"_id"`
	Course  course.ID   `json:"course" bson:"course"`
	Stars   int         `json:"stars" bson:"stars"` // 1…5
	Comment string      `json:"comment,omitempty" bson:"comment,omitempty"`
	At      time.Time   `json:"at" bson:"at"`
}

// Op is the record that an op was applied: the same id is never applied twice.
// What was rejected left no trace, and is rejected again when it comes again.
type Op struct {
	ID        string    `bson:"_id"`       // person:opId
	Hash      string    `bson:"hash"`      // of the payload; keyed for drill ops
	ExpiresAt time.Time `bson:"expiresAt"` // 180 days, TTL index
}
