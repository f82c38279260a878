// Package drill owns security drills: their content, a person's run through one,
// and how it is scored. A drill can take no secret: an event is a fixed choice.
package drill

import (
	"time"

	"hocso/internal/people"
)

// ID identifies a drill template: the name of its folder, a slug.
type ID string

// Text is a text in both languages.
type Text = people.Text

// Truth says what an inbox item really is.
type Truth string

// The truths.
const (
	Phish Truth = "phish"
	Legit Truth = "legit"
)

// Choice is what a person does with an item: the whole vocabulary of answers.
type Choice string

// The choices.
const (
	Report Choice = "report"
	Keep   Choice = "keep"
)

// Sender is who an item claims to be from.
type Sender struct {
	Name    Text   `json:"name" bson:"name" yaml:"name"`
	Address string `json:"address" bson:"address" yaml:"address"` // a reserved domain
}

// Link is a link in an item: it leads nowhere, its real address is shown on request.
type Link struct {
	Text Text   `json:"text" bson:"text" yaml:"text"`
	Real string `json:"real" bson:"real" yaml:"real"`
}

// Cue is what gives an item away, or shows that it is fine.
type Cue struct {
	Where string `json:"where" bson:"where" yaml:"where"` // from, subject, body, link
	Text  Text   `json:"text" bson:"text" yaml:"text"`
}

// Item is one message of an inbox drill.
type Item struct {
	ID      string `json:"id" bson:"id" yaml:"id"`
	Truth   Truth  `json:"truth" bson:"truth" yaml:"truth"`
	Rating  string `json:"rating,omitempty" bson:"rating,omitempty" yaml:"rating"` // NIST Phish Scale: least, moderately, very
	From    Sender `json:"from" bson:"from" yaml:"from"`
	Time    string `json:"time" bson:"time" yaml:"time"` // hh:mm as shown
	Subject Text   `json:"subject" bson:"subject" yaml:"subject"`
	Body    Text   `json:"body" bson:"body" yaml:"body"` // plain text, an empty line starts a paragraph
	Links   []Link `json:"links" bson:"links" yaml:"links"`
	Cues    []Cue  `json:"cues" bson:"cues" yaml:"cues"`
	Why     Text   `json:"why" bson:"why" yaml:"why"`
}

// Debrief is what everybody reads afterwards.
type Debrief struct {
	Why Text `json:"why" bson:"why" yaml:"why"`
	Do  Text `json:"do" bson:"do" yaml:"do"`
	Who Text `json:"who" bson:"who" yaml:"who"`
}

// Template is a drill's content, published and immutable as id@n. It is practice
// in plain sight, so the phone gets all of it and marks it at once, also offline;
// the server marks again and its result wins.
type Template struct {
	Key         string    `json:"key" bson:"_id" yaml:"-"` // id@n
	ID          ID        `json:"id" bson:"drill" yaml:"-"`
	N           int       `json:"n" bson:"n" yaml:"-"`
	Title       Text      `json:"title" bson:"title" yaml:"title"`
	Summary     Text      `json:"summary" bson:"summary" yaml:"summary"`
	Kind        string    `json:"kind" bson:"kind" yaml:"kind"` // inbox
	Minutes     int       `json:"minutes" bson:"minutes" yaml:"minutes"`
	Rating      string    `json:"rating" bson:"rating" yaml:"rating"`
	Competences []string  `json:"competences" bson:"competences" yaml:"competences"`
	Items       []Item    `json:"items" bson:"items" yaml:"items"`
	Debrief     Debrief   `json:"debrief" bson:"debrief" yaml:"debrief"`
	Hash        string    `json:"hash" bson:"hash" yaml:"-"`
	PublishedAt time.Time `json:"publishedAt" bson:"publishedAt" yaml:"-"`
}

// Run is one person's way through one drill. Its id holds a keyed hash instead of
// the person, so that destroying the key unlinks it.
type Run struct {
	ID          string            `json:"-" bson:"_id"` // drill:HMAC(key, person)
	Drill       ID                `json:"drill" bson:"drill"`
	N           int               `json:"n" bson:"n"` // the template's number
	Answers     map[string]Choice `json:"answers" bson:"answers"`
	ViewedAt    *time.Time        `json:"viewedAt,omitempty" bson:"viewedAt,omitempty"`
	CompletedAt *time.Time        `json:"completedAt,omitempty" bson:"completedAt,omitempty"`
	Result      *Result           `json:"result,omitempty" bson:"result,omitempty"`
	ChangedAt   time.Time         `json:"-" bson:"changedAt"`
	ExpiresAt   time.Time         `json:"-" bson:"expiresAt"` // 180 days; Sweep removes it then
	Version     int               `json:"-" bson:"ver"`
}

// Result is how a run went: both errors count.
type Result struct {
	Phish       int     `json:"phish" bson:"phish"`             // phishing items
	Legit       int     `json:"legit" bson:"legit"`             // legitimate items
	Hits        int     `json:"hits" bson:"hits"`               // phishing reported
	FalseAlarms int     `json:"falseAlarms" bson:"falseAlarms"` // legitimate reported
	DPrime      float64 `json:"dPrime" bson:"dPrime"`           // z(H') − z(F'), see design: drills, 2.10
}

// Key is the secret of one drill, made once and destroyed to unlink its runs.
type Key struct {
	ID     ID     `bson:"_id"`
	Secret []byte `bson:"secret"`
}
