package auth

import (
	"context"
	"errors"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// SignedIn is what a sign-in gives.
type SignedIn struct {
	Second      *SecondStep // not nil: there is no session yet, a second factor is missing
	Person      people.Person
	Actor       people.Actor
	AccessToken string
	ExpiresAt   time.Time // of the access token
	Refresh     string    // the refresh token, for the cookie
	RefreshEnds time.Time
}

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string
	Password string
	Device   string // as the person may know it again: "Chrome, Android"
	Address  string // where the request came from
}

// SignIn checks a password and begins a session. An unknown address, a wrong
// password, and a person who was disabled, left or never set a password are told apart
// neither by the answer nor by the work done: fault.Unauthenticated sign_in_failed.
// Too many tries are a *Throttled. With both comes the Person who was tried, if there is
// one, for the audit trail and nobody else.
func (s *Service) SignIn(ctx context.Context, in Credentials) (SignedIn, error) {
	email := people.FoldEmail(in.Email)
	p, err := s.People.PersonByEmail(ctx, email)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return SignedIn{}, err
	}
	try, err := s.admit(ctx, email, in.Address, s.Now())
	if err != nil {
		return SignedIn{Person: p}, err
	}
	ok, outdated, err := s.Hasher.Check(ctx, p.PasswordHash, in.Password)
	if err != nil {
		return SignedIn{}, errors.Join(err, s.notTried(ctx, try))
	}
	if !ok || !s.People.MayEnter(p) {
		if err := s.failed(ctx, try); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{Person: p}, fault.New(fault.Unauthenticated, "sign_in_failed", "the address or the password is not right")
	}
	if err := s.succeeded(ctx, try); err != nil {
		return SignedIn{}, err
	}
	if outdated {
		if p, err = s.rehash(ctx, p, in.Password); err != nil {
			return SignedIn{}, err
		}
	}
	if err := s.People.Seen(ctx, p.ID); err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, p, in.Device, false)
}

// rehash brings a hash to today's cost. Somebody else changing the person at the
// same moment only means that it waits for the next sign-in.
func (s *Service) rehash(ctx context.Context, p people.Person, password string) (people.Person, error) {
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return p, err
	}
	better := p
	better.PasswordHash = hash
	better, err = s.People.SetCredentials(ctx, better)
	if fault.KindOf(err) == fault.Conflict {
		return p, nil
	}
	return better, err
}

// begin starts a session for p, or asks for the second factor first if p has one and it
// was not proven. Every way of signing in ends here.
func (s *Service) begin(ctx context.Context, p people.Person, device string, proven bool) (SignedIn, error) {
	if !proven {
		f, err := s.Factor.Factors(ctx, p.ID)
		if err != nil {
			return SignedIn{}, err
		}
		if f.any() {
			token, err := s.signStep(secondStep, p, device, "")
			return SignedIn{Second: &SecondStep{token, f.methods()}, Person: p}, err
		}
	}
	now, secret := s.Now(), newSecret()
	session := Session{
		ID: s.NewID(), Person: p.ID, Device: device, Epoch: p.Epoch, Second: proven, Current: hashToken(secret), Successor: []byte{},
		RotatedAt: now, CreatedAt: now, LastSeenAt: now, ExpiresAt: s.sessionEnds(now, now),
	}
	if err := s.Sessions.InsertSession(ctx, session); err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, p, session, session.ID+"."+secret)
}

// signedIn answers with an access token for a session, and with its refresh token when
// that is a new one.
func (s *Service) signedIn(ctx context.Context, p people.Person, session Session, refresh string) (SignedIn, error) {
	who, err := s.actorOf(ctx, p, session)
	if err != nil {
		return SignedIn{}, err
	}
	access, ends, err := s.Keys.sign(s.Issuer, p.ID, p.Epoch, session.ID, s.Now())
	return SignedIn{nil, p, who, access, ends, refresh, session.ExpiresAt}, err
}

// Refresh gives a new access token and the next refresh token for the newest one.
// Using the one before it again within 15 s gives the same next one: two tabs, or
// an answer that was lost. Any older one means that somebody has a copy, and ends
// the session. fault.Unauthenticated session_ended whenever there is no going on.
func (s *Service) Refresh(ctx context.Context, token string) (SignedIn, error) {
	id, secret, ok := splitRefresh(token)
	if !ok {
		return SignedIn{}, sessionEnded()
	}
	// A second round happens when somebody else used the token meanwhile.
	for range 2 {
		in, again, err := s.refresh(ctx, id, secret)
		if !again {
			return in, err
		}
	}
	return SignedIn{}, sessionEnded()
}

func (s *Service) refresh(ctx context.Context, id, secret string) (in SignedIn, again bool, err error) {
	now := s.Now()
	session, err := s.Sessions.Session(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return in, false, sessionEnded()
	}
	if err != nil {
		return in, false, err
	}
	p, err := s.People.Person(ctx, session.Person) // not Current: a session goes on for weeks
	if fault.KindOf(err) == fault.NotFound {
		return in, false, sessionEnded()
	}
	if err != nil {
		return in, false, err
	}
	if !s.People.MayEnter(p) || !session.living(p.Epoch, now) {
		return in, false, sessionEnded()
	}
	used := hashToken(secret)
	switch {
	case same(session.Current, used):
		next := newSecret()
		session.Previous, session.Current, session.Successor = used, hashToken(next), seal(secret, next)
		session.RotatedAt, session.LastSeenAt = now, now
		session.ExpiresAt = s.sessionEnds(session.CreatedAt, now)
		rotated, err := s.Sessions.RotateSession(ctx, session)
		if err != nil || !rotated {
			return in, err == nil, err
		}
		in, err = s.signedIn(ctx, p, session, id+"."+next)
		return in, false, err
	case same(session.Previous, used) && now.Sub(session.RotatedAt) <= replayGrace:
		in, err = s.signedIn(ctx, p, session, id+"."+unseal(secret, session.Successor))
		return in, false, err
	}
	if err := s.end(ctx, session); err != nil {
		return in, false, err
	}
	return in, false, sessionEnded()
}

// sessionEnds is when a session that is used at now ends without further use.
func (s *Service) sessionEnds(began, now time.Time) time.Time {
	atMost := SessionAtMost
	if s.SessionKept != nil {
		atMost = s.SessionKept()
	}
	return earlier(now.Add(IdleLifetime), began.Add(atMost))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// SignOut ends the session that a refresh token belongs to, and returns it. An unknown
// or ended one is no error, and the zero Session.
func (s *Service) SignOut(ctx context.Context, token string) (Session, error) {
	id, secret, ok := splitRefresh(token)
	if !ok {
		return Session{}, nil
	}
	session, err := s.Sessions.Session(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return Session{}, nil
	}
	if err != nil {
		return Session{}, err
	}
	if used := hashToken(secret); !same(session.Current, used) && !same(session.Previous, used) {
		return Session{}, nil
	}
	err = s.end(ctx, session)
	if session.EndedAt != nil {
		session = Session{}
	}
	return session, err
}

// List returns the actor's living sessions, newest use first.
func (s *Service) List(ctx context.Context, a people.Actor) ([]Session, error) {
	return s.Sessions.SessionsOf(ctx, a.ID, s.Now())
}

// Kept returns the actor's sessions that are stored, also those that have ended, newest use first.
func (s *Service) Kept(ctx context.Context, a people.Actor) ([]Session, error) {
	return s.Sessions.EverySessionOf(ctx, a.ID)
}

// End ends one of the actor's own sessions; fault.NotFound session_not_found for
// every other.
func (s *Service) End(ctx context.Context, a people.Actor, id string) error {
	return s.endOne(ctx, a.ID, id)
}

func (s *Service) endOne(ctx context.Context, p people.ID, id string) error {
	session, err := s.Sessions.Session(ctx, id)
	if err == nil && session.Person != p {
		err = fault.New(fault.NotFound, "session_not_found", "no such session")
	}
	if err != nil {
		return err
	}
	return s.end(ctx, session)
}

func (s *Service) end(ctx context.Context, session Session) error {
	if s.Ended != nil {
		if err := s.Ended(ctx, session.Person, session.ID); err != nil {
			return err
		}
	}
	defer s.recent.forget(session.ID)
	return s.Sessions.EndSession(ctx, session.ID, s.Now())
}

func sessionEnded() error {
	return fault.New(fault.Unauthenticated, "session_ended", "sign in again")
}
