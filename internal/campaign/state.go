package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"hocso/internal/people"
)

// State is where a campaign is in its life.
type State string

// The states, in their order. Cancelled is reached from any before Closing.
const (
	Draft     State = "draft"
	InReview  State = "in_review" // waits for a second person
	Approved  State = "approved"
	Scheduled State = "scheduled" // the clock starts it
	Running   State = "running"
	Paused    State = "paused"  // keeps its enrolments, adds none, reminds nobody
	Closing   State = "closing" // past its due day: who is late may still finish
	Completed State = "completed"
	Archived  State = "archived"
	Cancelled State = "cancelled"
)

// States lists the states.
func States() []State {
	return []State{Draft, InReview, Approved, Scheduled, Running, Paused, Closing, Completed, Archived, Cancelled}
}

// Planned reports whether a campaign in this state has not begun.
func (s State) Planned() bool {
	return s == Draft || s == InReview || s == Approved || s == Scheduled
}

// Open reports whether what a campaign in this state asks for can be done.
func (s State) Open() bool { return s == Running || s == Closing }

// Step is what happened to the state, when, by whom and why.
type Step struct {
	From State     `json:"from" bson:"from"`
	To   State     `json:"to" bson:"to"`
	By   people.ID `json:"by,omitempty" bson:"by,omitempty"` // empty: the clock
	At   time.Time `json:"at" bson:"at"`
	Why  string    `json:"why,omitempty" bson:"why,omitempty"` // what a person said, or "edited", "seal"
}

// Approval is what somebody set their name to.
type Approval struct {
	By   people.ID `json:"by" bson:"by"`
	At   time.Time `json:"at" bson:"at"`
	Hash string    `json:"hash" bson:"hash"` // of the plan they saw
}

// Seal is the hash of a plan: two plans with the same one are the same to the last letter.
// A field that comes later must be left out of the JSON while it is empty, or what was
// approved before would no longer be.
func (p Plan) Seal() string {
	b, err := json.Marshal(p.clone())
	if err != nil {
		panic(err) // a plan is text, numbers and lists of them
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// sealed reports whether the plan is what was approved.
func (c Campaign) sealed() bool {
	seal := c.Seal()
	return c.Hash == seal && slices.ContainsFunc(c.Approvals, func(a Approval) bool { return a.Hash == seal })
}

// move changes the state and remembers who did it, when and why.
func (c *Campaign) move(to State, by people.ID, at time.Time, why string) {
	c.Log = append(slices.Clone(c.Log), Step{From: c.State, To: to, By: by, At: at, Why: why})
	c.State = to
	c.Live = to == Scheduled || to == Running || to == Paused || to == Closing || to == Cancelled || to == Completed && c.recurs()
}

// back makes a draft of what was submitted or approved: nothing of that counts any more.
func (c *Campaign) back(by people.ID, at time.Time, why string) {
	c.move(Draft, by, at, why)
	c.Hash, c.Approvals = "", []Approval{}
}

// Upgrade reads a campaign that was stored before there were plans to approve: with one
// switch for reminders, one target, and items that are all required.
func Upgrade(c Campaign, remind bool, target int) Campaign {
	for i := range c.Items {
		c.Items[i].Required = true
	}
	// The middle of a day is that day in the zones of nearly everybody.
	c.StartsOn = c.StartsAt.Add(12 * time.Hour).UTC().Format(Day)
	c.DueOn = c.DueAt.Add(-12 * time.Hour).UTC().Format(Day)
	c.Channels, c.Escalation, c.Targets.Completion = []Channel{Push}, []EscalationStep{}, target
	if !remind {
		c.Reminders.Offsets = []int{}
	}
	c.Plan = c.withDefaults()
	c.Authors, c.Hash = []people.ID{c.Owner}, c.Seal()
	c.Approvals = []Approval{{By: c.Owner, At: c.CreatedAt, Hash: c.Hash}}
	return c
}
