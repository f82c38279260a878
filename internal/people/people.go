// Package people owns persons, units with their heads, roles, and the one table
// of what each role may do.
package people

import "time"

// ID identifies a person: a UUIDv7, a pseudonym in every fact that mentions them.
type ID string

// UnitID identifies a unit: a slug such as "so-tttt/van-phong" is written "so-tttt-van-phong".
type UnitID string

// Text is a short text in both languages of the service.
type Text struct {
	Vi string `json:"vi" bson:"vi" yaml:"vi"`
	En string `json:"en" bson:"en" yaml:"en"`
}

// In returns the text in locale "vi" or "en"; every other locale gets Vietnamese.
func (t Text) In(locale string) string {
	if locale == "en" {
		return t.En
	}
	return t.Vi
}

// Status tells whether a person may sign in.
type Status string

// Statuses of a person.
const (
	Invited Status = "invited" // has no password yet
	Active  Status = "active"
	Closed  Status = "closed" // left or disabled; history stays
	Erased  Status = "erased" // nothing is left but the id and the unit, so that totals stand
)

// Ended reports whether the account of somebody with this status is over.
func (s Status) Ended() bool { return s == Closed || s == Erased }

// Grant is a role within a unit and everything below it.
type Grant struct {
	Role Role   `json:"role" bson:"role"`
	Unit UnitID `json:"unit" bson:"unit"` // empty: the whole organisation
}

// Settings are what a person chose for themselves.
type Settings struct {
	Locale   string `json:"locale" bson:"locale"`                     // "vi" or "en"
	TimeZone string `json:"timeZone" bson:"timeZone"`                 // IANA name; empty means the organisation's
	NoMail   bool   `json:"noMail,omitempty" bson:"noMail,omitempty"` // no reminders by mail
}

// Person is one employee. Name and e-mail live here alone, so that erasing this
// document erases them.
type Person struct {
	ID           ID         `json:"id" bson:"_id"`
	Name         string     `json:"name" bson:"name"`
	NameKey      string     `json:"-" bson:"nameKey"`    // NameKey(Name), for sorting; the store fills it in
	SearchKeys   []string   `json:"-" bson:"searchKeys"` // SearchKeys(Name, Email); the store fills it in
	Email        string     `json:"email" bson:"email"`  // folded: lower case, NFC; unique
	Unit         UnitID     `json:"unit" bson:"unit"`
	Grants       []Grant    `json:"grants" bson:"grants"` // learner is implied
	Status       Status     `json:"status" bson:"status"`
	JoinedOn     string     `json:"joinedOn,omitempty" bson:"joinedOn,omitempty"` // yyyy-mm-dd
	LeftOn       string     `json:"leftOn,omitempty" bson:"leftOn,omitempty"`     // the last day; after it nothing opens
	Settings     Settings   `json:"settings" bson:"settings"`
	PasswordHash string     `json:"-" bson:"passwordHash,omitempty"`
	Epoch        int        `json:"-" bson:"epoch"` // counts up whenever every session must end
	ChangedAt    time.Time  `json:"changedAt" bson:"changedAt"`
	Version      int        `json:"version" bson:"ver"`
	LastSeenAt   *time.Time `json:"lastSeenAt,omitempty" bson:"lastSeenAt,omitempty"`
}

// Headship is one person's time as head or deputy of a unit. To is empty while it lasts.
type Headship struct {
	Person ID     `json:"person" bson:"person"`
	From   string `json:"from" bson:"from"` // yyyy-mm-dd, inclusive
	To     string `json:"to,omitempty" bson:"to,omitempty"`
	Deputy bool   `json:"deputy,omitempty" bson:"deputy,omitempty"`
}

// Unit is a part of the organisation.
type Unit struct {
	ID        UnitID     `json:"id" bson:"_id"`
	Name      Text       `json:"name" bson:"name"`
	Parent    UnitID     `json:"parent,omitempty" bson:"parent,omitempty"`
	Path      []UnitID   `json:"path" bson:"path"` // ancestors from the top, without itself
	Heads     []Headship `json:"heads" bson:"heads"`
	Portal    bool       `json:"portal" bson:"portal"`                           // what is announced to it publicly can be shown on its web page
	RemovedAt *time.Time `json:"removedAt,omitempty" bson:"removedAt,omitempty"` // nil: it is there; its id is never used again
	ChangedAt time.Time  `json:"changedAt" bson:"changedAt"`
	Version   int        `json:"version" bson:"ver"`
}

// HeadOn returns the person who answers for u on day (yyyy-mm-dd): the head, else
// the deputy, else nobody ("").
func (u Unit) HeadOn(day string) ID {
	var deputy ID
	for _, h := range u.Heads {
		if h.From > day || h.To != "" && h.To < day {
			continue
		}
		if !h.Deputy {
			return h.Person
		}
		deputy = h.Person
	}
	return deputy
}
