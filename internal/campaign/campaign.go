// Package campaign assigns courses and drills to the people of units between dates.
package campaign

import (
	"slices"
	"time"

	"hocso/internal/people"
)

// ID identifies a campaign: a UUIDv7.
type ID string

// State is where a campaign is in its life.
type State string

// The states. A campaign is scheduled until its start, then running; it completes
// at its end and can be cancelled before that.
const (
	Scheduled State = "scheduled"
	Running   State = "running"
	Paused    State = "paused" // keeps its enrolments, adds none, reminds nobody
	Completed State = "completed"
	Cancelled State = "cancelled"
)

// Item is one thing to do.
type Item struct {
	Kind string `json:"kind" bson:"kind" validate:"oneof=course drill"` // course or drill
	ID   string `json:"id" bson:"id" validate:"required,max=64"`
}

// Audience is who has to do it: everybody in the units and below them, and everybody in
// the cohorts. Neither means the whole organisation.
type Audience struct {
	Units   []people.UnitID   `json:"units" bson:"units" validate:"max=300,dive,required,max=64"`
	Cohorts []people.CohortID `json:"cohorts,omitempty" bson:"cohorts,omitempty" validate:"max=50,dive,required,max=64"`
}

// Everybody reports whether the audience is the whole organisation.
func (a Audience) Everybody() bool { return len(a.Units)+len(a.Cohorts) == 0 }

// Step is what happened to the state, when and by whom.
type Step struct {
	From State     `json:"from" bson:"from"`
	To   State     `json:"to" bson:"to"`
	By   people.ID `json:"by,omitempty" bson:"by,omitempty"` // empty: the clock
	At   time.Time `json:"at" bson:"at"`
}

// Campaign is a campaign.
type Campaign struct {
	ID        ID          `json:"id" bson:"_id"`
	Name      people.Text `json:"name" bson:"name"`
	Audience  Audience    `json:"audience" bson:"audience"`
	Items     []Item      `json:"items" bson:"items"`
	StartsAt  time.Time   `json:"startsAt" bson:"startsAt"`
	DueAt     time.Time   `json:"dueAt" bson:"dueAt"`   // the last millisecond of the due day in the organisation's zone
	EndsAt    time.Time   `json:"endsAt" bson:"endsAt"` // DueAt and 30 days of grace
	Remind    bool        `json:"remind" bson:"remind"`
	Target    int         `json:"target" bson:"target"` // per cent completed in each unit
	State     State       `json:"state" bson:"state"`
	Owner     people.ID   `json:"owner" bson:"owner"`
	Log       []Step      `json:"log" bson:"log"`
	CreatedAt time.Time   `json:"createdAt" bson:"createdAt"`
	Version   int         `json:"version" bson:"ver"`

	// Live is true while the clock has work with it: not yet completed, or
	// cancelled and its enrolments not yet closed. It leads an index.
	Live bool `json:"-" bson:"live"`
	// AdvancedTo is the time up to which changes of people are enrolled; zero
	// until the whole audience was enrolled once.
	AdvancedTo time.Time `json:"-" bson:"advancedTo"`
	// LeaseUntil keeps two replicas from enrolling the same audience at once.
	LeaseUntil time.Time `json:"-" bson:"leaseUntil"`
}

// Includes reports whether p, whose unit has the ancestors path, belongs to the audience.
func (c Campaign) Includes(p people.Person, path []people.UnitID, cohorts map[people.CohortID]people.Cohort) bool {
	return c.Audience.Everybody() || slices.ContainsFunc(c.Audience.Units, func(u people.UnitID) bool {
		return u == p.Unit || slices.Contains(path, u)
	}) || slices.ContainsFunc(c.Audience.Cohorts, func(id people.CohortID) bool {
		x, ok := cohorts[id]
		return ok && x.Includes(p, path)
	})
}

// move changes the state and remembers who did it, when.
func (c *Campaign) move(to State, by people.ID, at time.Time) {
	c.Log = append(slices.Clone(c.Log), Step{From: c.State, To: to, By: by, At: at})
	c.State = to
	c.Live = to != Completed
}
