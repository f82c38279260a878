package auth

import (
	"context"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// SecondStep is what a right password gives a person who has a second factor.
type SecondStep struct {
	Token   string   `json:"token"`
	Methods []string `json:"methods"` // totp, passkey, recovery
}

// SecondFactor is what a person answers to a SecondStep: a code of the authenticator app
// or a recovery code, or a passkey.
type SecondFactor struct {
	Token   string // of the SecondStep
	Code    string
	Passkey *Assertion
	Address string
}

// Complete checks the second factor and begins the session. fault.Unauthenticated
// second_factor_wrong, or step_ended when it is too late and the password is needed
// again. Too many tries are a *Throttled. With a wrong one comes the Person, for the
// audit trail and nobody else.
func (s *Service) Complete(ctx context.Context, in SecondFactor) (SignedIn, error) {
	c, p, err := s.secondOf(ctx, in.Token)
	if err != nil {
		return SignedIn{}, err
	}
	t, err := s.admitSecond(ctx, p.ID, in.Address)
	if err != nil {
		return SignedIn{}, err
	}
	ok := false
	if in.Passkey != nil {
		ok, err = s.checkPasskey(ctx, secondPass, p, *in.Passkey)
	} else {
		ok, err = s.useCode(ctx, p.ID, in.Code)
	}
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		if err := s.failed(ctx, t); err != nil {
			return SignedIn{}, err
		}
		return SignedIn{Person: p}, wrongCode()
	}
	if err := s.spend(ctx, c); err != nil {
		return SignedIn{}, err
	}
	if err := s.succeeded(ctx, t); err != nil {
		return SignedIn{}, err
	}
	if err := s.People.Seen(ctx, p.ID); err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, p, c.Device, true)
}

// secondOf reads the token of a second step and the person it was made for, who may
// still enter and has the same password.
func (s *Service) secondOf(ctx context.Context, token string) (step, people.Person, error) {
	c, err := s.readStep(secondStep, token)
	if err != nil {
		return c, people.Person{}, err
	}
	p, err := s.People.Person(ctx, people.ID(c.Subject))
	if fault.KindOf(err) == fault.NotFound || err == nil && (!s.People.MayEnter(p) || p.Epoch != c.Epoch) {
		err = stepEnded()
	}
	return c, p, err
}

// useCode uses up a code of the authenticator app, six digits, or a recovery code; ok
// says whether it was a good one. Of many at once with the same code one succeeds.
func (s *Service) useCode(ctx context.Context, p people.ID, typed string) (ok bool, err error) {
	code := plainCode(typed)
	switch len(code) {
	case recoveryLength:
		ok, err = s.useRecovery(ctx, p, code)
	case 6:
		_, err = s.changeFactors(ctx, p, func(f *Factors) error {
			if len(f.TOTP) == 0 {
				return wrongCode()
			}
			key, err := s.openKey(p, f.TOTP)
			if err != nil {
				return err
			}
			used := stepOf(key, code, s.Now(), f.UsedStep)
			if used == 0 {
				return wrongCode()
			}
			f.UsedStep = used
			return nil
		})
		ok = err == nil
	}
	if fault.KindOf(err) == fault.Unauthenticated {
		return false, nil
	}
	return ok, err
}

// admitSecond counts a try to prove a second factor, apart from the tries of passwords.
// Nobody gets here without the password, so no stranger can use the tries up.
func (s *Service) admitSecond(ctx context.Context, p people.ID, address string) (try, error) {
	return s.admit(ctx, "second factor of "+string(p), address, s.Now())
}

func wrongCode() error {
	return fault.New(fault.Unauthenticated, "second_factor_wrong", "the code is not right, or was used already")
}

// Proof is what a person shows before they change how they sign in: their password or a
// passkey.
type Proof struct {
	Password string
	Passkey  *Assertion
	Address  string
}

// prove returns the actor's person if the proof is good. Nothing is asked for the first
// factor right after the sign-in, which was proof enough. fault.Forbidden proof_wrong
// otherwise; too many tries are a *Throttled.
func (s *Service) prove(ctx context.Context, a people.Actor, proof Proof) (people.Person, error) {
	p, f, err := s.own(ctx, a)
	if err != nil {
		return p, err
	}
	fresh, err := s.fresh(ctx, a)
	if err != nil || fresh && !f.any() {
		return p, err
	}
	t, err := s.admit(ctx, p.Email, proof.Address, s.Now())
	if err != nil {
		return p, err
	}
	ok := false
	if proof.Passkey != nil {
		ok, err = s.checkPasskey(ctx, passkeyProof, p, *proof.Passkey)
	} else {
		ok, _, err = s.Hasher.Check(ctx, p.PasswordHash, proof.Password)
	}
	if err != nil {
		return p, err
	}
	if !ok {
		if err := s.failed(ctx, t); err != nil {
			return p, err
		}
		return p, fault.New(fault.Forbidden, "proof_wrong", "the password or the passkey is not right")
	}
	return p, s.succeeded(ctx, t)
}

// fresh reports whether the actor's sign-in was a moment ago.
func (s *Service) fresh(ctx context.Context, a people.Actor) (bool, error) {
	session, err := s.session(ctx, a.Session, s.Now())
	return s.Now().Sub(session.CreatedAt) <= freshSignIn, err
}

func invalid(field, code string) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = []fault.Field{{Field: field, Code: code}}
	return f
}
