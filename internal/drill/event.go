package drill

import "time"

// Action is what a person did in a drill: the whole vocabulary of events.
type Action string

// The actions.
const (
	View   Action = "view"
	Answer Action = "answer"
	Done   Action = "done"
)

// Event is one thing a person did in a drill. It has no room for anything typed.
type Event struct {
	Action Action
	N      int       // number of the template
	Item   string    // of an answer
	Choice Choice    // of an answer
	At     time.Time // of arrival: the server's
}
