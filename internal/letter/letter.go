// Package letter owns what goes out by mail. A letter is due to a person; it is
// written only when it is sent, so what waits in the database holds neither an
// address nor a text nor a token, and what is not true any more is never sent.
package letter

import (
	"context"
	"errors"
	"time"

	"hocso/internal/people"
)

// Kind says which Writer writes a letter.
type Kind string

// Letter is one mail due to one person. It is removed when it was sent.
type Letter struct {
	ID        string    `bson:"_id"` // the same letter queued twice is sent once; also in the Message-ID
	Kind      Kind      `bson:"kind"`
	Person    people.ID `bson:"person"` // empty: to nobody, removed when it is due
	About     string    `bson:"about"`  // an id, as the kind understands it
	CreatedAt time.Time `bson:"createdAt"`
	DueAt     time.Time `bson:"dueAt"`     // not before; while it is being sent, the end of the lease
	ExpiresAt time.Time `bson:"expiresAt"` // from then on it is too late; TTL index
	Tries     int       `bson:"tries"`
	Fence     int       `bson:"fence"` // counts claims: only the newest may settle
}

// Store keeps letters until they are sent.
type Store interface {
	// InsertLetter stores one; one of the same id is left as it is.
	InsertLetter(ctx context.Context, l Letter) error
	// ClaimLetter leases the letter that is due longest; ok is false when none is.
	ClaimLetter(ctx context.Context, now, leaseUntil time.Time) (l Letter, ok bool, err error)
	// PostponeLetter stores DueAt and Tries of l unless somebody has claimed it since.
	PostponeLetter(ctx context.Context, l Letter) error
	// RemoveLetter removes l unless somebody has claimed it since.
	RemoveLetter(ctx context.Context, l Letter) error
}

// Mail is a letter as it goes out.
type Mail struct {
	ID      string // unique, the same for every try
	To      string // address
	Name    string // of the person
	Subject string
	Text    string
	HTML    string
	// Unsubscribe is an address of ours that a mail program may post to when its person
	// wants no more of these (RFC 8058); empty for mail that nobody can leave.
	Unsubscribe string
}

// Writer writes a letter. fault.Gone means that there is nothing to say any more.
type Writer func(ctx context.Context, l Letter) (Mail, error)

// Sender hands mails to a server. It is safe for concurrent use.
type Sender interface {
	// Send returns ErrRefused when trying again is of no use, and ErrBounced as well when
	// that is because of the address. Its errors hold no address.
	Send(ctx context.Context, m Mail) error
}

// ErrRefused reports a mail that no try will bring through.
var ErrRefused = errors.New("refused for good")
