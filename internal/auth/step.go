package auth

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// A step token joins two requests of one thing: the password and the second factor,
// or the challenge of a passkey and its answer. It is of one kind, ends soon and is
// spent by success.
type stepKind string

// The kinds: they are the typ of the token, so that none passes for another.
const (
	secondStep   stepKind = "second+jwt"         // the password was right, the second factor is missing
	passkeyStep  stepKind = "passkey-in+jwt"     // a passkey alone signs in
	secondPass   stepKind = "passkey-second+jwt" // a passkey as second factor
	passkeyAdd   stepKind = "passkey-add+jwt"    // a passkey is registered
	passkeyProof stepKind = "passkey-proof+jwt"  // a passkey proves who is at the keyboard
)

// StepLifetime is how long a person has for the second request.
const StepLifetime = 5 * time.Minute

// step is what a step token says.
type step struct {
	Epoch     int    `json:"epo"`
	Challenge string `json:"cha,omitempty"`
	Device    string `json:"dev,omitempty"`
	jwt.RegisteredClaims
}

func (s *Service) signStep(kind stepKind, p people.Person, device, challenge string) (string, error) {
	now := s.Now()
	c := step{p.Epoch, challenge, device, registered(s.Issuer, p.ID, now, now.Add(StepLifetime))}
	c.ID = s.NewID()
	return s.Keys.write(string(kind), c)
}

// readStep checks a step token; fault.Unauthenticated step_ended for every one that is
// not good any more.
func (s *Service) readStep(kind stepKind, token string) (step, error) {
	var c step
	if err := s.Keys.parse(token, string(kind), s.Issuer, s.Now(), &c); err != nil {
		return step{}, stepEnded()
	}
	return c, nil
}

// SpentStore remembers what can be used once.
type SpentStore interface {
	// Spend notes id until a time; ok says whether this call was the first.
	Spend(ctx context.Context, id string, until time.Time) (ok bool, err error)
}

// spend uses a step token up; fault.Unauthenticated step_ended if it was already.
func (s *Service) spend(ctx context.Context, c step) error {
	ok, err := s.Spent.Spend(ctx, c.ID, s.Now().Add(StepLifetime+time.Minute)) // longer than the token is good
	if err == nil && !ok {
		err = stepEnded()
	}
	return err
}

func stepEnded() error {
	return fault.New(fault.Unauthenticated, "step_ended", "that took too long, begin again")
}
