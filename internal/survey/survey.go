// Package survey asks people what they think, without anybody learning who said what.
//
// Who has answered and what was answered are kept apart, in documents that nothing joins:
// docs/decisions/0009-anonymous-surveys.md says why, and what that withstands.
package survey

import (
	"slices"
	"time"

	"hocso/internal/people"
)

// ID identifies a survey: a UUIDv7.
type ID string

// K is how many answers there must be before anything is shown, and how many must be new
// before something else is.
const K = 5

// Kind is how a question is answered.
type Kind string

// The kinds. Satisfaction is a scale too; it is the one that is measured.
const (
	Satisfaction Kind = "satisfaction" // 1 to 5
	Scale        Kind = "scale"        // 1 to 5
	Choice       Kind = "choice"       // exactly one option
	Several      Kind = "several"      // any number of options, also none
	Words        Kind = "text"         // a short text, may be left out
)

// Steps is how long a scale is.
const Steps = 5

// Question is one question. Its id is its place, q1 for the first; an option's is o1 for the first.
type Question struct {
	ID      string      `json:"id" bson:"id"`
	Kind    Kind        `json:"kind" bson:"kind"`
	Prompt  people.Text `json:"prompt" bson:"prompt"`
	Options []Option    `json:"options" bson:"options"` // of Choice and Several
}

// Option is one answer to choose.
type Option struct {
	ID   string      `json:"id" bson:"id"`
	Text people.Text `json:"text" bson:"text"`
}

// values is how many different values are counted for a question; 0 for words.
func (q Question) values() int {
	switch q.Kind {
	case Satisfaction, Scale:
		return Steps
	case Choice, Several:
		return len(q.Options)
	}
	return 0
}

// State is where a survey is in its life.
type State string

// The states. Only a draft can be changed.
const (
	Draft     State = "draft"
	Published State = "published"
	Closed    State = "closed"
)

// Bucket is a group of at least K people that answers are counted for: those of one unit, and
// of the units below it that are too small to be counted alone. It is frozen when the survey
// is published.
type Bucket struct {
	Unit  people.UnitID   `json:"unit" bson:"unit"` // empty: those whom no unit holds
	Path  []people.UnitID `json:"path" bson:"path"` // the units above it, the top first
	Size  int             `json:"size" bson:"size"` // people
	Units []people.UnitID `json:"-" bson:"units"`   // those whose people it holds
}

// Survey is a survey.
type Survey struct {
	ID        ID              `json:"id" bson:"_id"`
	Title     people.Text     `json:"title" bson:"title"`
	Intro     people.Text     `json:"intro" bson:"intro"`
	Questions []Question      `json:"questions" bson:"questions"`
	Units     []people.UnitID `json:"units" bson:"units"`         // with everything below; none: everybody
	FromOn    string          `json:"fromOn" bson:"fromOn"`       // yyyy-mm-dd
	UntilOn   string          `json:"untilOn" bson:"untilOn"`     // yyyy-mm-dd, the last day
	OpensAt   time.Time       `json:"opensAt" bson:"opensAt"`     // the start of FromOn
	ClosesAt  time.Time       `json:"closesAt" bson:"closesAt"`   // the end of UntilOn
	State     State           `json:"state" bson:"state"`         // as it was set; StateAt says what it is by now
	Size      int             `json:"size" bson:"size"`           // people of the audience when it was published
	Buckets   []Bucket        `json:"-" bson:"buckets"`           // of the audience
	Pools     int             `json:"-" bson:"pools"`             // how many documents hold its answers
	Owner     people.ID       `json:"owner" bson:"owner"`         // who made it
	CreatedAt time.Time       `json:"createdAt" bson:"createdAt"` // when
	Version   int             `json:"version" bson:"ver"`

	// Live is true while phones may still answer. It leads an index.
	Live bool `json:"-" bson:"live"`
}

// late is how long after its last day a survey takes what was answered without a network.
const late = 48 * time.Hour

// StateAt is the state with what the clock says.
func (s Survey) StateAt(now time.Time) State {
	if s.State == Published && !now.Before(s.ClosesAt.Add(late)) {
		return Closed
	}
	return s.State
}

// open reports whether the survey is offered at now.
func (s Survey) open(now time.Time) bool {
	return s.State == Published && !now.Before(s.OpensAt) && now.Before(s.ClosesAt)
}

// includes reports whether a person of unit, which lies below path, is asked.
func (s Survey) includes(unit people.UnitID, path []people.UnitID) bool {
	return len(s.Units) == 0 || slices.ContainsFunc(s.Units, func(u people.UnitID) bool { return u == unit || slices.Contains(path, u) })
}

// question returns the place of a question, -1 if there is none.
func (s Survey) question(id string) int {
	return slices.IndexFunc(s.Questions, func(q Question) bool { return q.ID == id })
}
