// Package reminder plans reminders, decides again at the moment of sending, and
// keeps a ledger of why each went or did not.
package reminder

import (
	"time"

	"hocso/internal/learning"
	"hocso/internal/people"
)

// State is where a delivery is.
type State string

// The states of a delivery.
const (
	Waiting State = "waiting"
	Sent    State = "sent"
	Dropped State = "dropped"
)

// Reason says why a delivery went or did not.
type Reason string

// The reasons of the ledger.
const (
	ReasonSent           Reason = "sent"
	ReasonUnsure         Reason = "unsure" // handed over by a copy of the program that was stopped before it heard the answer
	ReasonDoneBefore     Reason = "done_before"
	ReasonQuiet          Reason = "quiet"
	ReasonCapped         Reason = "capped"
	ReasonMerged         Reason = "merged"
	ReasonNoSubscription Reason = "no_subscription"
	ReasonExpired        Reason = "expired"
	ReasonClosed         Reason = "closed"
	ReasonPaused         Reason = "paused"
	ReasonFailed         Reason = "failed"
	ReasonHeldOut        Reason = "held_out"  // belongs to those whom the campaign does not remind
	ReasonOptedOut       Reason = "opted_out" // wants no mail
	ReasonBounced        Reason = "bounced"   // mail does not reach the address
	ReasonNoMail         Reason = "no_mail"   // there is no mail server, or no address
	ReasonSeen           Reason = "seen"      // the push before it was seen
	ReasonSnoozed        Reason = "snoozed"   // the person asked to be reminded later
)

// Delivery is one message due to one person by one channel, and what became of it.
type Delivery struct {
	ID         string               `json:"id" bson:"_id"` // campaign:person:course.step:channel; ~1 and ~2 behind the step when it was put off
	Campaign   string               `json:"campaign" bson:"campaign"`
	Person     people.ID            `json:"person" bson:"person"`
	Enrolment  learning.EnrolmentID `json:"enrolment" bson:"enrolment"`
	Step       string               `json:"step" bson:"step"`       // such as d-7, d+1, ask
	Channel    string               `json:"channel" bson:"channel"` // push or email
	NotBefore  time.Time            `json:"notBefore" bson:"notBefore"`
	NotAfter   time.Time            `json:"notAfter" bson:"notAfter"` // later it is dropped, not sent
	State      State                `json:"state" bson:"state"`
	Reason     Reason               `json:"reason,omitempty" bson:"reason,omitempty"`
	Tries      int                  `json:"tries" bson:"tries"`
	LeaseUntil time.Time            `json:"-" bson:"leaseUntil"`
	Fence      int                  `json:"-" bson:"fence"` // counts claims: a later claim outruns an older one
	SettledAt  *time.Time           `json:"settledAt,omitempty" bson:"settledAt,omitempty"`
	OpenedAt   *time.Time           `json:"openedAt,omitempty" bson:"openedAt,omitempty"`
	Token      string               `json:"-" bson:"token"`                 // what the phone knows it by
	ExpiresAt  time.Time            `json:"-" bson:"expiresAt"`             // 90 days after it is due, TTL index
	After      string               `json:"-" bson:"after"`                 // the push that was to reach the person before this mail; else empty
	With       []string             `json:"-" bson:"with"`                  // deliveries that it spoke for
	Snooze     int                  `json:"snooze,omitempty" bson:"snooze"` // how often its step was put off
	SnoozedTo  *time.Time           `json:"snoozedTo,omitempty" bson:"snoozedTo,omitempty"`
}

// Subscription is one device that accepts push.
type Subscription struct {
	ID         string    `json:"id" bson:"_id"` // SHA-256 of the endpoint
	Person     people.ID `json:"-" bson:"person"`
	Device     string    `json:"device" bson:"device"` // as the person may know it
	Endpoint   string    `json:"-" bson:"endpoint"`
	P256dh     string    `json:"-" bson:"p256dh"`
	Auth       string    `json:"-" bson:"auth"`
	CreatedAt  time.Time `json:"createdAt" bson:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt" bson:"lastSeenAt"`
	ExpiresAt  time.Time `json:"-" bson:"expiresAt"` // 180 days after LastSeenAt, TTL index
	Session    string    `json:"-" bson:"session"`   // that registered it last: goes when the session ends
}

// Send is one message that went to a person, or is on its way.
type Send struct {
	Delivery string    `bson:"delivery"`
	Channel  string    `bson:"channel"`
	At       time.Time `bson:"at"`
	With     []string  `bson:"with"`  // deliveries that the same message speaks for
	Done     bool      `bson:"done"`  // it was taken; else it is on its way
	Fence    int       `bson:"fence"` // of the claim that began it: nobody else may send it
}

// Budget is what a person was sent lately. Its version makes the caps hold over all
// campaigns and replicas: whoever sends first writes it down here.
type Budget struct {
	Person    people.ID `bson:"_id"`
	Sends     []Send    `bson:"sends"`     // of the last eight days
	Version   int       `bson:"ver"`       // 0: not stored yet
	ExpiresAt time.Time `bson:"expiresAt"` // TTL index
}
