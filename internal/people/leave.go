package people

import (
	"context"
	"errors"
	"slices"

	"hocso/internal/fault"
)

// Disable closes an account whose person left, and ends all its sessions. To repeat
// it changes nothing. fault.Forbidden own_account for one's own, fault.Conflict
// last_administrator.
func (s *Service) Disable(ctx context.Context, a Actor, id ID) (Person, error) {
	p, err := s.Controlled(ctx, a, id)
	if err != nil || p.Status.Ended() {
		return p, err
	}
	if a.ID == p.ID {
		return Person{}, ownAccount()
	}
	return s.close(ctx, p, s.replaceKeepingAnAdministrator)
}

func (s *Service) close(ctx context.Context, p Person, replace func(context.Context, Person) (Person, error)) (Person, error) {
	if err := s.closing(ctx, p.ID); err != nil {
		return Person{}, err
	}
	p, err := replace(ctx, p.closed(s.Today()))
	if err != nil {
		return Person{}, err
	}
	return p, s.closing(ctx, p.ID)
}

// closing tells of somebody whose account is about to be closed, or just was.
func (s *Service) closing(ctx context.Context, id ID) error {
	if s.Closing == nil {
		return nil
	}
	return s.Closing(ctx, id)
}

// CloseLeavers closes the accounts of those whose last day is over. Doing it again
// changes nothing; whom somebody else changes at the same moment is met the next time.
func (s *Service) CloseLeavers(ctx context.Context) error {
	const most = 500
	ps, err := s.Store.Leavers(ctx, s.Today(), most)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range ps {
		if _, err := s.close(ctx, p, s.replace); err != nil && fault.KindOf(err) != fault.Conflict {
			errs = append(errs, err)
		}
	}
	if len(ps) == most && len(errs) == 0 {
		return s.CloseLeavers(ctx)
	}
	return errors.Join(errs...)
}

// Enable opens the account of a person who is gone again. Who had a password still
// has it; whose unit was removed meanwhile is now in the unit above it.
func (s *Service) Enable(ctx context.Context, a Actor, id ID) (Person, error) {
	p, err := s.Controlled(ctx, a, id)
	if err != nil || !s.Gone(p) {
		return p, err
	}
	if p, err = s.replace(ctx, p.opened()); err != nil {
		return Person{}, err
	}
	return s.lift(ctx, p)
}

// closed is p after their last day, which is day unless it is known.
func (p Person) closed(day string) Person {
	p.Status, p.Epoch = Closed, p.Epoch+1
	if p.LeftOn == "" {
		p.LeftOn = day
	}
	return p
}

// opened is p when they are back.
func (p Person) opened() Person {
	p.Status, p.LeftOn = Active, ""
	if p.PasswordHash == "" {
		p.Status = Invited
	}
	return p
}

func ownAccount() error {
	return fault.New(fault.Forbidden, "own_account", "somebody else closes your account")
}

// Gone reports whether p's account is closed, or their last day is over.
func (s *Service) Gone(p Person) bool {
	return p.Status.Ended() || p.LeftOn != "" && p.LeftOn < s.Today()
}

// MayEnter reports whether p may sign in, and go on with a session: they have a
// password and are not gone.
func (s *Service) MayEnter(p Person) bool { return p.Status == Active && !s.Gone(p) }

// Administrated reports whether anybody can administer the whole organisation.
func (s *Service) Administrated(ctx context.Context) (bool, error) {
	ps, err := s.Store.Granted(ctx, Administrator)
	return slices.ContainsFunc(ps, s.administers), err
}
