// Package auth signs people in: passwords, sessions, tokens, invitations and
// resets of a password, and providers of one sign-on.
package auth

import (
	"context"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// Service signs people in and out and knows who a request acts for. It is safe for
// concurrent use; its fields are set once, before the first call.
type Service struct {
	People       *people.Service
	Sessions     SessionStore
	Invitations  InvitationStore
	Throttles    ThrottleStore
	Factor       FactorStore
	Spent        SpentStore
	Letters      *letter.Service // nil: there is no mail
	Logins       LoginStore      // for Providers
	Providers    []*Provider
	Hasher       *Hasher
	Keys         Keys
	Issuer       string               // the public address of the service, without a slash at its end
	Organisation []string             // words nobody's password may consist of: the organisation's names
	SecondFactor bool                 // administrators and security officers need a second factor
	FactorKey    []byte               // 32 bytes that seal the keys of authenticator apps
	SessionKept  func() time.Duration // a session at most, however much it is used; nil: SessionAtMost
	Now          func() time.Time
	NewID        func() string
	// Ended is told of every session that a person or a replayed token ends, before it
	// is over; its error stops the ending, which can be repeated. Nil: nobody asks.
	Ended func(ctx context.Context, p people.ID, session string) error

	recent sessionCache
	web    *webauthn.WebAuthn // nil: no passkeys
}

// Authenticate returns who the bearer of an access token is, as things are now:
// with the roles of this moment, and not at all once the person was disabled or
// the session ended (both at most 10 s late, and at once when it happened in this
// process). fault.Unauthenticated sign_in_required otherwise.
func (s *Service) Authenticate(ctx context.Context, bearer string) (people.Actor, error) {
	now := s.Now()
	c, err := s.Keys.check(bearer, s.Issuer, now)
	if err != nil {
		return people.Actor{}, signInRequired()
	}
	p, err := s.People.Current(ctx, people.ID(c.Subject))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return people.Actor{}, signInRequired()
	case err != nil:
		return people.Actor{}, err
	case !s.People.MayEnter(p) || p.Epoch != c.Epoch:
		return people.Actor{}, signInRequired()
	}
	session, err := s.session(ctx, c.Session, now)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return people.Actor{}, signInRequired()
	case err != nil:
		return people.Actor{}, err
	case session.Person != p.ID || !session.living(p.Epoch, now):
		return people.Actor{}, signInRequired()
	}
	return s.actorOf(ctx, p, session)
}

// actorOf returns the actor that p is in a session: without a second factor only the
// learner in those whose roles ask for one.
func (s *Service) actorOf(ctx context.Context, p people.Person, session Session) (people.Actor, error) {
	a, err := s.People.ActorOf(ctx, p, session.ID)
	a.Second = session.Second
	if !session.Second && s.asked(p) {
		a.HeldBack, a.Grants = true, []people.Grant{{Role: people.Learner}}
	}
	return a, err
}

// AuthenticateRefresh returns who a refresh token belongs to, without using it up.
// Only routes for the service worker take it, which has no access token.
// fault.Unauthenticated sign_in_required if it is not the newest of a living session.
func (s *Service) AuthenticateRefresh(ctx context.Context, token string) (people.Actor, error) {
	id, secret, ok := splitRefresh(token)
	if !ok {
		return people.Actor{}, signInRequired()
	}
	now := s.Now()
	session, err := s.Sessions.Session(ctx, id)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return people.Actor{}, signInRequired()
	case err != nil:
		return people.Actor{}, err
	case !same(session.Current, hashToken(secret)):
		return people.Actor{}, signInRequired()
	}
	p, err := s.People.Current(ctx, session.Person)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return people.Actor{}, signInRequired()
	case err != nil:
		return people.Actor{}, err
	case !s.People.MayEnter(p) || !session.living(p.Epoch, now):
		return people.Actor{}, signInRequired()
	}
	return s.actorOf(ctx, p, session)
}

func signInRequired() error {
	return fault.New(fault.Unauthenticated, "sign_in_required", "sign in first")
}
