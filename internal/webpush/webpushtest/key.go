package webpushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"
)

// checkKey checks the VAPID header as autopush does: ES256, the right audience, an
// expiry within 24 hours, a contact, and the key of the subscription.
func checkKey(authorization, key, audience string, now time.Time) error {
	vapid, ok := strings.CutPrefix(authorization, "vapid ")
	if !ok {
		return errors.New("no vapid authorization")
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(vapid, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[k] = strings.TrimRight(v, "=")
	}
	if key != "" && strings.TrimRight(key, "=") != fields["k"] {
		return errors.New("not the key of this subscription")
	}
	point, err := base64.RawURLEncoding.DecodeString(fields["k"])
	if err != nil {
		return errors.New("the key is not base64url")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return errors.New("the key is no P-256 point")
	}
	signed, signature, _ := cutLast(fields["t"], ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	sum := sha256.Sum256([]byte(signed))
	if err != nil || len(raw) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return errors.New("the token is not signed with the key")
	}
	header, claims, _ := strings.Cut(signed, ".")
	var h struct{ Alg string }
	var c struct {
		Aud, Sub string
		Exp      int64
	}
	if decode(header, &h) != nil || decode(claims, &c) != nil || h.Alg != "ES256" {
		return errors.New("the token is not ES256 JSON")
	}
	switch until := time.Unix(c.Exp, 0).Sub(now); {
	case c.Aud != audience:
		return errors.New("the token is for another audience")
	case until <= 0 || until > 24*time.Hour:
		return errors.New("the token has no expiry within 24 hours")
	case !strings.HasPrefix(c.Sub, "https://") && !(strings.HasPrefix(c.Sub, "mailto:") && strings.Count(c.Sub, ":") == 1):
		return errors.New("the token names nobody to write to")
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func decode(part string, v any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
