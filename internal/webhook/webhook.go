// Package webhook tells other programs what has happened: one signed request for each event, as
// Standard Webhooks (https://www.standardwebhooks.com) describes it, so that receivers can use a
// ready library. What waits to be sent lies in the database and goes out at least once, under one
// webhook-id for all tries.
package webhook

import (
	"time"

	"hocso/internal/people"
)

// ID identifies an endpoint: a UUIDv7.
type ID string

// State is whether an endpoint receives anything.
type State string

// The states.
const (
	On  State = "on"
	Off State = "off"
)

// Reason is why an endpoint is off.
type Reason string

// The reasons. Failing and Gone are the program's own.
const (
	ByHand  Reason = "by_hand"
	Failing Reason = "failing" // for days nothing but failures
	Gone    Reason = "gone"    // it answered 410
)

// Endpoint is an address of another program.
type Endpoint struct {
	ID           ID         `json:"id" bson:"_id"`
	Name         string     `json:"name" bson:"name"`
	URL          string     `json:"url" bson:"url"`
	Events       []Event    `json:"events" bson:"events"`             // those it is told of
	PersonalData bool       `json:"personalData" bson:"personalData"` // e-mail addresses may be sent to it
	State        State      `json:"state" bson:"state"`
	Reason       Reason     `json:"reason,omitempty" bson:"reason"`             // of Off
	FailingSince *time.Time `json:"failingSince,omitempty" bson:"failingSince"` // nothing but failures since then
	Secrets      []Secret   `json:"-" bson:"secrets"`                           // the newest first
	RotatedAt    time.Time  `json:"rotatedAt" bson:"rotatedAt"`                 // when the newest secret was made
	Owner        people.ID  `json:"owner" bson:"owner"`                         // who is told when it is switched off
	CreatedAt    time.Time  `json:"createdAt" bson:"createdAt"`
	Version      int        `json:"version" bson:"ver"`
}

// Secret is a key to sign with.
type Secret struct {
	Key   []byte     `bson:"key"`
	Until *time.Time `bson:"until"` // of the one before the newest: it signs until then, too
}

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	Waiting DeliveryState = "waiting"
	Sent    DeliveryState = "sent"
	Dead    DeliveryState = "dead" // given up
)

// Delivery is one event on its way to one endpoint. Nothing of an answer is kept but its status.
type Delivery struct {
	ID        string        `json:"id" bson:"_id"` // endpoint:message, so an event is queued once
	Endpoint  ID            `json:"endpoint" bson:"endpoint"`
	Message   string        `json:"message" bson:"message"` // the webhook-id
	Event     Event         `json:"event" bson:"event"`
	Person    people.ID     `json:"-" bson:"person"`  // whom it is about; empty: nobody
	Payload   []byte        `json:"-" bson:"payload"` // JSON; without what only endpoints for personal data get
	State     DeliveryState `json:"state" bson:"state"`
	DueAt     time.Time     `json:"dueAt" bson:"dueAt"`         // of Waiting; while it is claimed the end of the lease
	Fence     int           `json:"-" bson:"fence"`             // counts claims: only the newest may settle
	Tries     int           `json:"tries" bson:"tries"`         // since it was queued last
	Status    int           `json:"status" bson:"status"`       // of the last answer; 0: there was none
	Problem   string        `json:"problem" bson:"problem"`     // why there was none: timeout, refused, closed, tls, not_allowed
	QueuedAt  time.Time     `json:"queuedAt" bson:"queuedAt"`   // by the event or by hand: three days from then on it is tried
	CreatedAt time.Time     `json:"createdAt" bson:"createdAt"` // when the event was
	SettledAt *time.Time    `json:"settledAt,omitempty" bson:"settledAt"`
	ExpiresAt time.Time     `json:"-" bson:"expiresAt"`
}

const (
	mostEndpoints = 20
	secretBytes   = 32
	bothSecrets   = 24 * time.Hour      // how long the one before signs, too
	trying        = 3 * 24 * time.Hour  // from queueing to giving up
	failingMost   = 3 * 24 * time.Hour  // of nothing but failures, until an endpoint is switched off
	kept          = 30 * 24 * time.Hour // how long a delivery can be seen
	leaseFor      = time.Minute
	firstBack     = 5 * time.Second
	longBack      = 12 * time.Hour
	eachTick      = 100 // deliveries of one endpoint, at most
	page          = 50
	tries         = 20 // of a conditional update
	fresh         = 5 * time.Second
)
