// Package announcement tells people of units something for some days, and counts who has read it.
package announcement

import (
	"slices"
	"time"

	"hocso/internal/people"
)

// ID identifies an announcement: a UUIDv7.
type ID string

// State is where an announcement is in its life.
type State string

// The states. Only a draft can be changed or removed, so that what people have read
// stays what it was.
const (
	Draft     State = "draft"
	Published State = "published"
	Withdrawn State = "withdrawn"
)

// Day is the form of a date.
const Day = "2006-01-02"

// Writing is what an author writes.
type Writing struct {
	Title     people.Text     `json:"title" bson:"title"`
	Body      people.Text     `json:"body" bson:"body"`           // Markdown, by the rules of course.ReadProse
	Units     []people.UnitID `json:"units" bson:"units"`         // it speaks to everybody in these and below; none: to the whole organisation
	Important bool            `json:"important" bson:"important"` // people are asked to say that they have read it
	Portal    bool            `json:"portal" bson:"portal"`       // anybody may see it, on the web pages of the units it speaks to
	From      string          `json:"from" bson:"from"`           // yyyy-mm-dd, the first day on which it is shown
	Until     string          `json:"until" bson:"until"`         // yyyy-mm-dd, the last
}

// Announcement is an announcement.
type Announcement struct {
	ID          ID `json:"id" bson:"_id"`
	Writing     `bson:",inline"`
	HTML        people.Text `json:"html" bson:"html"`       // Body, rendered and sanitised
	Summary     people.Text `json:"summary" bson:"summary"` // the beginning of Body in one line, without mark-up
	State       State       `json:"state" bson:"state"`
	Owner       people.ID   `json:"owner" bson:"owner"`
	CreatedAt   time.Time   `json:"createdAt" bson:"createdAt"`
	ChangedAt   time.Time   `json:"changedAt" bson:"changedAt"`
	PublishedAt *time.Time  `json:"publishedAt,omitempty" bson:"publishedAt,omitempty"`
	Version     int         `json:"version" bson:"ver"`
}

// SpeaksTo reports whether it is meant for people of unit, whose ancestors are path.
func (a Announcement) SpeaksTo(unit people.UnitID, path []people.UnitID) bool {
	return len(a.Units) == 0 || slices.ContainsFunc(a.Units, func(u people.UnitID) bool { return u == unit || slices.Contains(path, u) })
}

// ShownOn reports whether it is shown on day.
func (a Announcement) ShownOn(day string) bool {
	return a.State == Published && a.From <= day && day <= a.Until
}

// Reading is the fact that a person has read an announcement: said so of an important
// one, opened another one. It is inserted once and never changed.
type Reading struct {
	ID           string        `bson:"_id" json:"-"` // announcement:person
	Announcement ID            `bson:"announcement" json:"announcement"`
	Person       people.ID     `bson:"person" json:"-"`
	Unit         people.UnitID `bson:"unit" json:"unit"` // in which the person was then
	At           time.Time     `bson:"at" json:"at"`
	// ExpiresAt is when the fact goes by itself; nil: it stays, as proof.
	ExpiresAt *time.Time `bson:"expiresAt,omitempty" json:"expiresAt,omitempty"`
}

// ReadingID is the id of a person's reading.
func ReadingID(a ID, p people.ID) string { return string(a) + ":" + string(p) }

// Count is how many people of a unit have read it.
type Count struct {
	Unit people.UnitID `bson:"_id"`
	Read int           `bson:"read"`
}
