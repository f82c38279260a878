// Package exercise owns tabletop exercises: their content, a unit's sitting over one
// around a single phone, and what comes of it. A drill run belongs to one person, a
// sitting to a team; nobody is graded.
package exercise

import (
	"time"

	"hocso/internal/people"
)

// ID identifies an exercise: the name of its folder, a slug.
type ID string

// Text is a text in both languages.
type Text = people.Text

// Seat is what somebody stands for at the table, such as IT or communication.
type Seat struct {
	ID    string `json:"id" bson:"id" yaml:"id"`
	Title Text   `json:"title" bson:"title" yaml:"title"`
	Does  Text   `json:"does" bson:"does" yaml:"does"`
}

// Expectation is something a good answer to an inject holds.
type Expectation struct {
	ID     string `json:"id" bson:"id" yaml:"id"`
	Text   Text   `json:"text" bson:"text" yaml:"text"`
	Weight int    `json:"weight" bson:"weight" yaml:"weight"` // 1 to 5
}

// Inject is one turn of events: read aloud, discussed, answered by a decision.
type Inject struct {
	ID           string        `json:"id" bson:"id" yaml:"id"`
	Title        Text          `json:"title" bson:"title" yaml:"title"`
	Read         Text          `json:"read" bson:"read" yaml:"read"` // read aloud; an empty line starts a paragraph
	Questions    []Text        `json:"questions" bson:"questions" yaml:"questions"`
	Minutes      int           `json:"minutes" bson:"minutes" yaml:"minutes"` // to discuss
	Expectations []Expectation `json:"expectations" bson:"expectations" yaml:"expectations"`
}

// Exercise is what a team talks through, published and immutable as id@n. Texts are
// plain: there is no mark-up in them.
type Exercise struct {
	Key         string    `json:"key" bson:"_id" yaml:"-"` // id@n
	ID          ID        `json:"id" bson:"exercise" yaml:"-"`
	N           int       `json:"n" bson:"n" yaml:"-"`
	Title       Text      `json:"title" bson:"title" yaml:"title"`
	Summary     Text      `json:"summary" bson:"summary" yaml:"summary"`
	Situation   Text      `json:"situation" bson:"situation" yaml:"situation"` // read aloud before the first inject
	Goal        Text      `json:"goal" bson:"goal" yaml:"goal"`
	Scope       Text      `json:"scope" bson:"scope" yaml:"scope"`
	Tools       Text      `json:"tools" bson:"tools" yaml:"tools"`
	Limits      Text      `json:"limits" bson:"limits" yaml:"limits"` // what is not done, such as touching real systems
	Seats       []Seat    `json:"seats" bson:"seats" yaml:"seats"`
	Injects     []Inject  `json:"injects" bson:"injects" yaml:"injects"`
	Hash        string    `json:"hash" bson:"hash" yaml:"-"`
	PublishedAt time.Time `json:"publishedAt" bson:"publishedAt" yaml:"-"`
}

// Minutes is how long the discussions take together.
func (x Exercise) Minutes() (n int) {
	for _, i := range x.Injects {
		n += i.Minutes
	}
	return n
}

// seat returns one by its id.
func (x Exercise) seat(id string) (Seat, bool) {
	for _, s := range x.Seats {
		if s.ID == id {
			return s, true
		}
	}
	return Seat{}, false
}
