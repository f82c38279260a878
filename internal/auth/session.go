package auth

import (
	"context"
	"sync"
	"time"

	"hocso/internal/people"
)

// Session is one sign-in on one device: the family of the refresh tokens that
// follow each other. Only hashes of tokens are kept.
type Session struct {
	ID         string     `json:"id" bson:"_id"`
	Person     people.ID  `json:"-" bson:"person"`
	Device     string     `json:"device" bson:"device"`
	Epoch      int        `json:"-" bson:"epoch"`     // the person's when it began
	Second     bool       `json:"-" bson:"second"`    // a second factor was proven in it
	Current    string     `json:"-" bson:"current"`   // SHA-256 of the newest refresh token
	Previous   string     `json:"-" bson:"previous"`  // of the one before
	Successor  []byte     `json:"-" bson:"successor"` // the newest token, readable only with the one before
	RotatedAt  time.Time  `json:"-" bson:"rotatedAt"`
	CreatedAt  time.Time  `json:"createdAt" bson:"createdAt"`
	LastSeenAt time.Time  `json:"lastSeenAt" bson:"lastSeenAt"`
	EndedAt    *time.Time `json:"-" bson:"endedAt,omitempty"`
	ExpiresAt  time.Time  `json:"-" bson:"expiresAt"` // idle or absolute end, whichever is sooner; TTL index
}

// living reports whether s may be used at now by a person whose epoch is epoch.
func (s Session) living(epoch int, now time.Time) bool {
	return s.EndedAt == nil && s.Epoch == epoch && now.Before(s.ExpiresAt)
}

// SessionStore keeps sessions.
type SessionStore interface {
	// Session returns one; fault.NotFound if there is none.
	Session(ctx context.Context, id string) (Session, error)
	// SessionsOf returns those of a person that have not ended, newest use first.
	SessionsOf(ctx context.Context, p people.ID, now time.Time) ([]Session, error)
	// EverySessionOf returns those of a person that are stored, ended or not, newest use first.
	EverySessionOf(ctx context.Context, p people.ID) ([]Session, error)
	// InsertSession stores a new one.
	InsertSession(ctx context.Context, s Session) error
	// RotateSession stores s if the stored one has not ended and its Current is
	// still s.Previous; ok says whether it did.
	RotateSession(ctx context.Context, s Session) (ok bool, err error)
	// EndSession marks one as ended; no error if it already was, or is not there.
	EndSession(ctx context.Context, id string, now time.Time) error
	// MarkSecond says of a session whether a second factor was proven in it.
	MarkSecond(ctx context.Context, id string, second bool) error
	// ContinueSession takes a session that has not ended into another epoch.
	ContinueSession(ctx context.Context, id string, epoch int) error
}

// Limits of what is remembered about sessions between requests.
const (
	sessionFresh = 10 * time.Second
	mostSessions = 20_000
)

// sessionCache remembers which sessions were alive a moment ago, so that a request
// costs no reading. A session ended in another copy of the program is refused
// within sessionFresh; one ended here, at once.
type sessionCache struct {
	mu         sync.Mutex
	seen       map[string]sessionSeen
	generation int
}

type sessionSeen struct {
	session Session
	at      time.Time
}

func (c *sessionCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	delete(c.seen, id)
}

func (s *Service) session(ctx context.Context, id string, now time.Time) (Session, error) {
	c := &s.recent
	c.mu.Lock()
	e, ok := c.seen[id]
	generation := c.generation
	c.mu.Unlock()
	if ok && now.Sub(e.at) < sessionFresh {
		return e.session, nil
	}
	found, err := s.Sessions.Session(ctx, id)
	if err != nil {
		return Session{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation != generation {
		return found, nil // one was ended meanwhile: perhaps this one
	}
	if c.seen == nil || len(c.seen) >= mostSessions {
		c.seen = map[string]sessionSeen{}
	}
	c.seen[id] = sessionSeen{found, now}
	return found, nil
}
