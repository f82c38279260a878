package auth

import (
	"context"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// PasswordChange is what a person sets a new password with.
type PasswordChange struct {
	Current, New string
	Address      string
}

// ChangePassword sets a new password of the actor's, ends their other sign-ins and lets
// this one go on with a new access token. fault.Invalid for a wrong current password or
// a new one that is not allowed, with the fields "current" and "new"; fault.Conflict
// no_password for a person who signs in without one. Too many tries are a *Throttled.
func (s *Service) ChangePassword(ctx context.Context, a people.Actor, in PasswordChange) (SignedIn, error) {
	p, err := s.People.Person(ctx, a.ID)
	if err != nil {
		return SignedIn{}, err
	}
	if p.PasswordHash == "" {
		return SignedIn{}, fault.New(fault.Conflict, "no_password", "this person signs in without a password")
	}
	t, err := s.admit(ctx, p.Email, in.Address, s.Now())
	if err != nil {
		return SignedIn{}, err
	}
	ok, _, err := s.Hasher.Check(ctx, p.PasswordHash, in.Current)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		if err := s.failed(ctx, t); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, invalid("current", "wrong")
	}
	if err := s.succeeded(ctx, t); err != nil {
		return SignedIn{}, err
	}
	if err := s.checkNew(p, in); err != nil {
		return SignedIn{}, err
	}
	if p.PasswordHash, err = s.Hasher.Hash(ctx, in.New); err != nil {
		return SignedIn{}, err
	}
	if err := s.endOthers(ctx, p.ID, a.Session); err != nil {
		return SignedIn{}, err
	}
	p.Epoch++ // it also ends invitations that are under way
	if p, err = s.People.SetCredentials(ctx, p); err != nil {
		return SignedIn{}, err
	}
	return s.goOn(ctx, p, a.Session)
}

func (s *Service) checkNew(p people.Person, in PasswordChange) error {
	if in.New == in.Current {
		return invalid("new", "same")
	}
	err := CheckPassword(in.New, p.Name, p.Email, s.Organisation)
	if f, ok := err.(*fault.Error); ok { //nolint:errorlint // CheckPassword wraps nothing
		for i := range f.Fields {
			f.Fields[i].Field = "new"
		}
	}
	return err
}

// goOn takes the actor's session into a new epoch, which ended all others.
func (s *Service) goOn(ctx context.Context, p people.Person, id string) (SignedIn, error) {
	session, err := s.Sessions.Session(ctx, id)
	if err != nil {
		return SignedIn{}, err
	}
	defer s.recent.forget(id)
	session.Epoch = p.Epoch
	if err := s.Sessions.ContinueSession(ctx, id, p.Epoch); err != nil {
		return SignedIn{}, err
	}
	return s.signedIn(ctx, p, session, "")
}

// SessionsOf returns the living sessions of a person, newest use first. The actor
// controls the person, else the faults of people.Controlled.
func (s *Service) SessionsOf(ctx context.Context, a people.Actor, id people.ID) ([]Session, error) {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return nil, err
	}
	all, err := s.Sessions.SessionsOf(ctx, p.ID, s.Now())
	if err != nil {
		return nil, err
	}
	living := all[:0]
	for _, x := range all {
		if x.living(p.Epoch, s.Now()) {
			living = append(living, x)
		}
	}
	return living, nil
}

// EndOf ends one session of a person whom the actor controls; fault.NotFound
// session_not_found for one of somebody else.
func (s *Service) EndOf(ctx context.Context, a people.Actor, id people.ID, session string) error {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return err
	}
	return s.endOne(ctx, p.ID, session)
}

// EndAll ends every session of a person whom the actor controls, and every invitation.
func (s *Service) EndAll(ctx context.Context, a people.Actor, id people.ID) error {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return err
	}
	return s.endAll(ctx, p)
}

// endAll ends every session of p, those that are just beginning too.
func (s *Service) endAll(ctx context.Context, p people.Person) error {
	if err := s.endOthers(ctx, p.ID, ""); err != nil {
		return err
	}
	p.Epoch++
	_, err := s.People.SetCredentials(ctx, p)
	return err
}

// endOthers ends the sessions of a person but one, and tells their devices.
func (s *Service) endOthers(ctx context.Context, p people.ID, but string) error {
	all, err := s.Sessions.SessionsOf(ctx, p, s.Now())
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.ID == but {
			continue
		}
		if err := s.end(ctx, x); err != nil {
			return err
		}
	}
	return nil
}
