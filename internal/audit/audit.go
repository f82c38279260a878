// Package audit keeps the trail of who did what, when, on what, and how it ended.
// Entries are only ever added. Each is sealed with a key together with the seal of the
// one before, so that an edit, a removal, an insertion or a swap is found by Verify.
package audit

import (
	"context"
	"time"

	"hocso/internal/people"
)

// Outcome says how an action ended.
type Outcome string

// Outcomes of entries. A change is entered twice: as begun before it is made, and then
// with how it ended. One that was begun and never ended was cut off in the middle.
const (
	Begun   Outcome = "begun"
	Done    Outcome = "done"
	Refused Outcome = "refused" // nobody may, this one may not, or it is not there for them
	Failed  Outcome = "failed"  // it could not be done as it was asked for

	// As lists show entries that were begun and have not ended.
	UnderWay Outcome = "under_way"
	Unknown  Outcome = "unknown"
)

// Object is what an action was about: a person, unit, course, campaign, session and so
// on, by its id. Names are never kept here.
type Object struct {
	Kind string `json:"kind" bson:"kind"`
	ID   string `json:"id" bson:"id"`
}

// Detail is one value that tells more, or that changed: a unit, roles, a count. It holds
// ids, codes, days and numbers, never names, addresses of people, tokens or answers.
type Detail struct {
	What   string `json:"what" bson:"what"`
	Before string `json:"before" bson:"before"`
	After  string `json:"after" bson:"after"`
}

// From is where somebody came in from. It is forgotten after AddressTime: the entry keeps
// only FromMark, from which nothing leads back without the salt.
type From struct {
	Address string    `bson:"address"`
	Salt    string    `bson:"salt"`
	At      time.Time `bson:"at"` // of the entry, for the index
}

// Entry is one fact of the trail.
type Entry struct {
	Seq      int64     `bson:"_id"` // 1, 2, 3 … without a gap
	At       time.Time `bson:"at"`
	Actor    people.ID `bson:"actor"`             // empty: nobody who is signed in, or the console
	Session  string    `bson:"session,omitempty"` // the actor's sign-in
	Command  string    `bson:"command,omitempty"` // of the console: "admin create"
	Action   Action    `bson:"action"`
	Group    Group     `bson:"group"`
	Object   Object    `bson:"object"`
	Outcome  Outcome   `bson:"outcome"`
	Code     string    `bson:"code,omitempty"`    // why it was refused or failed
	Of       int64     `bson:"of,omitempty"`      // the entry that this one ends
	Request  string    `bson:"request,omitempty"` // its id, which the log has too
	Detail   []Detail  `bson:"detail"`
	From     *From     `bson:"from,omitempty"`     // of signing in and out only
	FromMark string    `bson:"fromMark,omitempty"` // seals From
	Prev     string    `bson:"prev"`               // the hash of the entry before
	Hash     string    `bson:"hash"`
}

// Mark is a place in the trail: its newest entry (the head), or the last one that was
// removed because of its age (the anchor).
type Mark struct {
	Seq  int64  `json:"seq" bson:"seq"`
	Hash string `json:"hash" bson:"hash"`
	Seal string `json:"-" bson:"seal"`
}

// Names of the marks.
const (
	headMark   = "head"
	anchorMark = "anchor"
)

// Query selects entries. Zero fields select all.
type Query struct {
	Actor   people.ID
	Group   Group
	Action  Action
	Object  Object
	Outcome Outcome
	After   int64 // only later ones
	Before  int64 // only earlier ones; 0: all
	Limit   int
}

// Store keeps the trail.
type Store interface {
	// Append inserts entries in their order, up to the first whose number is taken:
	// fault.Conflict entry_exists. n is how many it inserted.
	Append(ctx context.Context, es []Entry) (n int, err error)
	// Newest returns the entry with the highest number; fault.NotFound if there is none.
	Newest(ctx context.Context) (Entry, error)
	// Mark returns a mark; fault.NotFound if there is none of this name.
	Mark(ctx context.Context, name string) (Mark, error)
	// Advance stores a mark unless the stored one is as far or further.
	Advance(ctx context.Context, name string, m Mark) error
	// Find returns a page of entries, the newest first.
	Find(ctx context.Context, q Query) ([]Entry, error)
	// Ended returns those of the numbers that another entry ends.
	Ended(ctx context.Context, seqs []int64) ([]int64, error)
	// Since returns the number before the first entry that is not older than at, as good
	// as the clocks of several copies of the program agree.
	Since(ctx context.Context, at time.Time) (int64, error)
	// Each calls f for every entry after a number, in order; intact is false for one that
	// holds something else than an entry has. An error of f ends it and comes back.
	Each(ctx context.Context, after int64, f func(e Entry, intact bool) error) error
	// Remove removes all entries up to a number.
	Remove(ctx context.Context, through int64) error
	// ForgetAddresses removes where people came from, of entries before a time.
	ForgetAddresses(ctx context.Context, before time.Time) error
}
