package auth

import (
	"context"
	"crypto/rand"

	"hocso/internal/fault"
)

// SecretStore keeps secrets that every copy of the program shares.
type SecretStore interface {
	// Secret returns one; fault.NotFound if there is none.
	Secret(ctx context.Context, name string) ([]byte, error)
	// InsertSecret stores one; fault.Conflict if there is one of this name.
	InsertSecret(ctx context.Context, name string, value []byte) error
}

// Names of the secrets.
const (
	JWTSecret    = "jwt"    // signs access tokens
	TicketSecret = "ticket" // signs quiz tickets
	FactorSecret = "factor" // seals the keys of authenticator apps
	AuditSecret  = "audit"  // seals the audit trail
	MailSecret   = "mail"   // signs the ids of mails and the links to leave them
	VAPIDSecret  = "vapid"  // the push key pair, as package webpush writes it
)

// Secrets gives out secrets that were made once.
type Secrets struct{ Store SecretStore }

// Secret returns the secret called name. The first caller of all, in any copy of
// the program, stores what make returns; everybody gets the stored one.
func (s Secrets) Secret(ctx context.Context, name string, make func() ([]byte, error)) ([]byte, error) {
	value, err := s.Store.Secret(ctx, name)
	if fault.KindOf(err) != fault.NotFound {
		return value, err
	}
	made, err := make()
	if err != nil {
		return nil, err
	}
	err = s.Store.InsertSecret(ctx, name, made)
	if err != nil && fault.KindOf(err) != fault.Conflict {
		return nil, err
	}
	return s.Store.Secret(ctx, name)
}

// RandomKey makes a key of 256 random bits, for Secret.
func RandomKey() ([]byte, error) {
	key := make([]byte, secretBytes)
	_, err := rand.Read(key)
	return key, err
}
