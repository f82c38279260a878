package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Factors is what a person proves who they are with, beside the password. One document
// for each person; nothing in it is shown after it was set up.
type Factors struct {
	Person    people.ID `bson:"_id"`
	TOTP      []byte    `bson:"totp"`     // the key of the codes, sealed; empty: none
	UsedStep  int64     `bson:"usedStep"` // the latest step whose code was used
	Pending   []byte    `bson:"pending"`  // a key that waits for its first code, sealed
	PendingAt time.Time `bson:"pendingAt"`
	Passkeys  []Passkey `bson:"passkeys"`
	Recovery  []string  `bson:"recovery"` // hashes of the recovery codes by their first digit; empty: used
	Version   int       `bson:"ver"`      // 0: not stored yet
}

// any reports whether there is a factor to sign in with.
func (f Factors) any() bool { return len(f.TOTP) > 0 || len(f.Passkeys) > 0 }

// methods are the ways in which f can be proven.
func (f Factors) methods() (ms []string) {
	if len(f.TOTP) > 0 {
		ms = append(ms, "totp")
	}
	if len(f.Passkeys) > 0 {
		ms = append(ms, "passkey")
	}
	if f.recoveryLeft() > 0 {
		ms = append(ms, "recovery")
	}
	return ms
}

func (f Factors) recoveryLeft() (n int) {
	for _, hash := range f.Recovery {
		if hash != "" {
			n++
		}
	}
	return n
}

// FactorStore keeps factors.
type FactorStore interface {
	// Factors returns those of a person; without any, only Person is set.
	Factors(ctx context.Context, p people.ID) (Factors, error)
	// ReplaceFactors stores f with Version+1 if the stored one still has f.Version;
	// fault.Conflict changed_meanwhile otherwise.
	ReplaceFactors(ctx context.Context, f Factors) error
}

// The sizes of what is kept for a person.
const (
	mostPasskeys  = 10
	recoveryCodes = 10
	pendingTime   = 15 * time.Minute
	freshSignIn   = 10 * time.Minute // within which the first factor is set up without asking again
)

// changeFactors reads, changes and stores factors until nobody else was faster. change
// may refuse, and sees what is stored at that moment.
func (s *Service) changeFactors(ctx context.Context, p people.ID, change func(*Factors) error) (f Factors, err error) {
	for range 20 {
		if f, err = s.Factor.Factors(ctx, p); err != nil {
			return f, err
		}
		if err = change(&f); err != nil {
			return f, err
		}
		if err = s.Factor.ReplaceFactors(ctx, f); fault.KindOf(err) != fault.Conflict {
			return f, err
		}
	}
	return f, err
}

// sealKey encrypts the key of a person's codes. The person's id is bound to it, so that
// one cannot be put in another's place.
func (s *Service) sealKey(p people.ID, key []byte) ([]byte, error) {
	g, err := s.gcm()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, g.NonceSize())
	_, _ = rand.Read(nonce) // it never returns an error
	return g.Seal(nonce, nonce, key, []byte(p)), nil
}

func (s *Service) openKey(p people.ID, sealed []byte) ([]byte, error) {
	g, err := s.gcm()
	if err != nil {
		return nil, err
	}
	if len(sealed) < g.NonceSize() {
		return nil, errors.New("a stored key of codes is damaged")
	}
	key, err := g.Open(nil, sealed[:g.NonceSize()], sealed[g.NonceSize():], []byte(p))
	if err != nil {
		return nil, fmt.Errorf("open a stored key of codes: %w", err)
	}
	return key, nil
}

func (s *Service) gcm() (cipher.AEAD, error) {
	b, err := aes.NewCipher(s.FactorKey)
	if err != nil {
		return nil, fmt.Errorf("the key that seals factors: %w", err)
	}
	return cipher.NewGCM(b)
}

// FactorView is what a person sees of their factors.
type FactorView struct {
	TOTP          bool      `json:"totp"`
	Passkeys      []Passkey `json:"passkeys"`
	RecoveryCodes int       `json:"recoveryCodes"` // not used yet
	Required      bool      `json:"required"`      // the person's roles ask for a factor
	AskProof      bool      `json:"askProof"`      // a change asks for the password or a passkey
	Password      bool      `json:"password"`      // the person has one
	CanPasskey    bool      `json:"canPasskey"`    // the address of the service allows passkeys
}

// ShowFactors returns what the actor sees of their factors.
func (s *Service) ShowFactors(ctx context.Context, a people.Actor) (FactorView, error) {
	p, f, err := s.own(ctx, a)
	if err != nil {
		return FactorView{}, err
	}
	fresh, err := s.fresh(ctx, a)
	return FactorView{
		TOTP: len(f.TOTP) > 0, Passkeys: f.Passkeys, RecoveryCodes: f.recoveryLeft(), Required: s.asked(p),
		AskProof: f.any() || !fresh, Password: p.PasswordHash != "", CanPasskey: s.web != nil,
	}, err
}

func (s *Service) own(ctx context.Context, a people.Actor) (p people.Person, f Factors, err error) {
	if p, err = s.People.Person(ctx, a.ID); err != nil {
		return p, f, err
	}
	f, err = s.Factor.Factors(ctx, a.ID)
	return p, f, err
}

// asked reports whether p's roles open nothing without a second factor.
func (s *Service) asked(p people.Person) bool {
	return s.SecondFactor && slices.ContainsFunc(p.Grants, func(g people.Grant) bool {
		return g.Role == people.Administrator || g.Role == people.SecurityOfficer
	})
}

// BeginTOTP makes a new key for the actor's authenticator app, which counts once
// ConfirmTOTP was told a code of it. The faults are those of a proof.
func (s *Service) BeginTOTP(ctx context.Context, a people.Actor, proof Proof) (TOTPSetUp, error) {
	p, err := s.prove(ctx, a, proof)
	if err != nil {
		return TOTPSetUp{}, err
	}
	key := newTOTPKey()
	sealed, err := s.sealKey(a.ID, key)
	if err != nil {
		return TOTPSetUp{}, err
	}
	_, err = s.changeFactors(ctx, a.ID, func(f *Factors) error {
		f.Pending, f.PendingAt = sealed, s.Now()
		return nil
	})
	if err != nil {
		return TOTPSetUp{}, err
	}
	name := "Học số"
	if len(s.Organisation) > 0 && s.Organisation[0] != "" {
		name = s.Organisation[0]
	}
	return showTOTP(key, strings.ReplaceAll(name, ":", " "), p.Email)
}

// ConfirmTOTP makes the key of BeginTOTP the actor's, in place of an older one, and this
// sign-in one with a second factor. With the person's first factor it returns their
// recovery codes and ends their other sign-ins. fault.Conflict setup_ended when there is
// nothing to confirm any more, fault.Invalid for a wrong code.
func (s *Service) ConfirmTOTP(ctx context.Context, a people.Actor, code, address string) (codes []string, err error) {
	t, err := s.admitSecond(ctx, a.ID, address)
	if err != nil {
		return nil, err
	}
	wrong := false
	codes, err = s.addFactor(ctx, a, func(f *Factors) error {
		if wrong = false; len(f.Pending) == 0 || s.Now().Sub(f.PendingAt) > pendingTime {
			return fault.New(fault.Conflict, "setup_ended", "begin to set it up again")
		}
		key, err := s.openKey(a.ID, f.Pending)
		if err != nil {
			return err
		}
		used := stepOf(key, plainCode(code), s.Now(), 0)
		if wrong = used == 0; wrong {
			return invalid("code", "wrong")
		}
		f.TOTP, f.UsedStep, f.Pending = f.Pending, used, nil
		return nil
	})
	if wrong {
		return nil, errors.Join(err, s.failed(ctx, t))
	}
	if err != nil {
		return nil, err
	}
	return codes, s.succeeded(ctx, t)
}

// addFactor stores a change that adds a factor, and lets this sign-in count as one with
// a second factor.
func (s *Service) addFactor(ctx context.Context, a people.Actor, add func(*Factors) error) (codes []string, err error) {
	var hashes []string
	first := false
	_, err = s.changeFactors(ctx, a.ID, func(f *Factors) error {
		first = !f.any()
		if err := add(f); err != nil {
			return err
		}
		if !first {
			return nil
		}
		if hashes == nil {
			if codes, hashes, err = s.newRecoveryCodes(ctx); err != nil {
				return err
			}
		}
		f.Recovery = hashes
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !first {
		codes = nil
	} else if err := s.endOthers(ctx, a.ID, a.Session); err != nil {
		return nil, err
	}
	return codes, s.markSecond(ctx, a.Session, true)
}

// RemoveTOTP takes the authenticator app away. fault.Conflict last_factor if the
// person's roles ask for a factor and it is the only one.
func (s *Service) RemoveTOTP(ctx context.Context, a people.Actor, proof Proof) error {
	return s.removeFactor(ctx, a, proof, func(f *Factors) error {
		f.TOTP, f.UsedStep = nil, 0
		return nil
	})
}

func (s *Service) removeFactor(ctx context.Context, a people.Actor, proof Proof, remove func(*Factors) error) error {
	p, err := s.prove(ctx, a, proof)
	if err != nil {
		return err
	}
	f, err := s.changeFactors(ctx, a.ID, func(f *Factors) error {
		had := f.any()
		if err := remove(f); err != nil {
			return err
		}
		if f.any() {
			return nil
		}
		if had && s.asked(p) {
			return fault.New(fault.Conflict, "last_factor", "set up another one first")
		}
		f.Recovery = nil
		return nil
	})
	if err != nil || f.any() {
		return err
	}
	if err := s.endOthers(ctx, a.ID, a.Session); err != nil {
		return err
	}
	return s.markSecond(ctx, a.Session, false)
}

// RemoveFactors takes all factors of a person who lost them, and ends all their
// sign-ins. The actor controls the person, else the faults of people.Controlled;
// fault.Forbidden own_factors for one's own.
func (s *Service) RemoveFactors(ctx context.Context, a people.Actor, id people.ID) error {
	p, err := s.People.Controlled(ctx, a, id)
	if err != nil {
		return err
	}
	if a.ID == p.ID {
		return fault.New(fault.Forbidden, "own_factors", "somebody else removes your second factor")
	}
	return s.dropFactors(ctx, p)
}

// ResetFactors does the same from the console, by the address: for the last
// administrator who lost the phone. fault.NotFound person_not_found.
func (s *Service) ResetFactors(ctx context.Context, email string) (people.Person, error) {
	p, err := s.People.PersonByEmail(ctx, email)
	if err != nil {
		return p, err
	}
	return p, s.dropFactors(ctx, p)
}

func (s *Service) dropFactors(ctx context.Context, p people.Person) error {
	_, err := s.changeFactors(ctx, p.ID, func(f *Factors) error {
		*f = Factors{Person: p.ID, Version: f.Version}
		return nil
	})
	if err != nil {
		return err
	}
	return s.endAll(ctx, p)
}

// markSecond says of a session whether a second factor was proven in it.
func (s *Service) markSecond(ctx context.Context, session string, second bool) error {
	defer s.recent.forget(session)
	return s.Sessions.MarkSecond(ctx, session, second)
}
