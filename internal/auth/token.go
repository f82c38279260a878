package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hocso/internal/people"
)

// How long what proves a sign-in lives.
const (
	AccessLifetime = 10 * time.Minute    // an access token
	IdleLifetime   = 30 * 24 * time.Hour // a session without use
	SessionAtMost  = 90 * 24 * time.Hour // a session, however much it is used
	replayGrace    = 15 * time.Second    // in which the token before the newest is still taken
	InvitationTime = 24 * time.Hour      // an invitation
	ResetTime      = time.Hour           // a link to reset a password, and a letter with one
)

const (
	audience  = "hocso"
	tokenType = "at+jwt" // RFC 9068, so that no other JWT of ours passes for an access token
	leastKey  = 32       // bytes, as HS256 asks for
)

// Keys sign and check access tokens. Older keys still check, so that a key can be
// replaced without signing anybody out.
type Keys struct {
	current string
	all     map[string][]byte
}

// NewKeys makes Keys that sign with current and also accept older. Each has at
// least 32 bytes.
func NewKeys(current []byte, older ...[]byte) (Keys, error) {
	k := Keys{current: keyID(current), all: map[string][]byte{}}
	for _, key := range append([][]byte{current}, older...) {
		if len(key) < leastKey {
			return Keys{}, fmt.Errorf("a token key has %d bytes, at least %d are needed", len(key), leastKey)
		}
		k.all[keyID(key)] = key
	}
	return k, nil
}

func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("kid:"), key...))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// claims is what an access token says.
type claims struct {
	Session string `json:"sid"`
	Epoch   int    `json:"epo"`
	jwt.RegisteredClaims
}

// sign returns an access token for a session of p and when it ends.
func (k Keys) sign(issuer string, p people.ID, epoch int, session string, now time.Time) (string, time.Time, error) {
	ends := now.Add(AccessLifetime)
	signed, err := k.write(tokenType, claims{session, epoch, registered(issuer, p, now, ends)})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an access token: %w", err)
	}
	return signed, ends, nil
}

func registered(issuer string, p people.ID, now, ends time.Time) jwt.RegisteredClaims {
	return jwt.RegisteredClaims{
		Issuer: issuer, Subject: string(p), Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(ends),
	}
}

// write signs a token of one type.
func (k Keys) write(typ string, c jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["kid"], t.Header["typ"] = k.current, typ
	return t.SignedString(k.all[k.current])
}

// check returns what an access token says if this service made it and it is valid now.
func (k Keys) check(token, issuer string, now time.Time) (claims, error) {
	var c claims
	if err := k.parse(token, tokenType, issuer, now, &c); err != nil {
		return claims{}, fmt.Errorf("check an access token: %w", err)
	}
	return c, nil
}

// parse reads a token of one type into c if this service made it and it is valid now.
// Every option is stated: the library's defaults take a token without an end.
func (k Keys) parse(token, typ, issuer string, now time.Time, c jwt.Claims) error {
	_, err := jwt.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != typ {
			return nil, errors.New("a token of another kind")
		}
		id, _ := t.Header["kid"].(string)
		key, ok := k.all[id]
		if !ok {
			return nil, errors.New("unknown key")
		}
		return key, nil
	},
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	return err
}
