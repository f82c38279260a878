package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// A refresh token is written session.secret, where secret is 256 random bits.
const secretBytes = 32

func newSecret() string {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // it never returns an error: the program ends if there is no randomness
	return base64.RawURLEncoding.EncodeToString(b)
}

func splitRefresh(token string) (session, secret string, ok bool) {
	session, secret, ok = strings.Cut(token, ".")
	return session, secret, ok && session != "" && len(session) <= 64 && len(secret) == base64.RawURLEncoding.EncodedLen(secretBytes)
}

// hashToken is how a random token is stored. It needs no salt and no slow hash:
// there is nothing to guess.
func hashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// seal hides the secret next so that only who has the secret before it can read
// it: two requests that use the same token at the same time get the same next
// one, and the database alone reveals neither.
func seal(before, next string) []byte {
	pad := hmac.New(sha256.New, []byte(before))
	pad.Write([]byte("next refresh token"))
	raw, err := base64.RawURLEncoding.DecodeString(next)
	if err != nil {
		return nil
	}
	sealed := make([]byte, secretBytes)
	subtle.XORBytes(sealed, pad.Sum(nil), raw)
	return sealed
}

// unseal is the inverse of seal.
func unseal(before string, sealed []byte) string {
	pad := hmac.New(sha256.New, []byte(before))
	pad.Write([]byte("next refresh token"))
	raw := make([]byte, secretBytes)
	subtle.XORBytes(raw, pad.Sum(nil), sealed)
	return base64.RawURLEncoding.EncodeToString(raw)
}
