package auth

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const issuer = "https://hocso.test"

var (
	now    = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	oldKey = bytes.Repeat([]byte("o"), 32)
	newKey = bytes.Repeat([]byte("n"), 32)
)

func TestKeys(t *testing.T) {
	if _, err := NewKeys(newKey[:31]); err == nil {
		t.Error("a key of 31 bytes was taken")
	}
	if _, err := NewKeys(newKey, []byte("short")); err == nil {
		t.Error("an older key of 5 bytes was taken")
	}
	before, err := NewKeys(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	after, err := NewKeys(newKey, oldKey)
	if err != nil {
		t.Fatal(err)
	}
	token, ends, err := before.sign(issuer, "lan", 3, "s1", now)
	if err != nil || !ends.Equal(now.Add(10*time.Minute)) {
		t.Fatalf("sign: ends %v, %v", ends, err)
	}
	if c, err := after.check(token, issuer, now); err != nil || c.Subject != "lan" || c.Session != "s1" || c.Epoch != 3 {
		t.Errorf("a token of the older key: %+v, %v", c, err)
	}
	fresh, _, err := after.sign(issuer, "lan", 3, "s1", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.check(fresh, issuer, now); err == nil {
		t.Error("a key that is not known was taken")
	}
}

// Every way in which a token can be wrong alone (trust, requirement 9).
func TestCheckToken(t *testing.T) {
	keys, err := NewKeys(newKey)
	if err != nil {
		t.Fatal(err)
	}
	good := func() (*jwt.Token, *claims) {
		c := &claims{"s1", 1, jwt.RegisteredClaims{
			Issuer: issuer, Subject: "lan", Audience: jwt.ClaimStrings{audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(AccessLifetime)),
		}}
		tok := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
		tok.Header["kid"], tok.Header["typ"] = keyID(newKey), tokenType
		return tok, c
	}
	for _, tt := range []struct {
		name   string
		change func(*jwt.Token, *claims)
		key    any
		ok     bool
	}{
		{"right", func(*jwt.Token, *claims) {}, newKey, true},
		{"no end", func(_ *jwt.Token, c *claims) { c.ExpiresAt = nil }, newKey, false},
		{"ended", func(_ *jwt.Token, c *claims) { c.ExpiresAt = jwt.NewNumericDate(now) }, newKey, false},
		{"made later", func(_ *jwt.Token, c *claims) { c.IssuedAt = jwt.NewNumericDate(now.Add(time.Hour)) }, newKey, false},
		{"not yet", func(_ *jwt.Token, c *claims) { c.NotBefore = jwt.NewNumericDate(now.Add(time.Hour)) }, newKey, false},
		{"another issuer", func(_ *jwt.Token, c *claims) { c.Issuer = "https://evil.test" }, newKey, false},
		{"no issuer", func(_ *jwt.Token, c *claims) { c.Issuer = "" }, newKey, false},
		{"another audience", func(_ *jwt.Token, c *claims) { c.Audience = jwt.ClaimStrings{"other"} }, newKey, false},
		{"no audience", func(_ *jwt.Token, c *claims) { c.Audience = nil }, newKey, false},
		{"another type", func(t *jwt.Token, _ *claims) { t.Header["typ"] = "JWT" }, newKey, false},
		{"no type", func(t *jwt.Token, _ *claims) { delete(t.Header, "typ") }, newKey, false},
		{"unknown key", func(t *jwt.Token, _ *claims) { t.Header["kid"] = "x" }, newKey, false},
		{"no key named", func(t *jwt.Token, _ *claims) { delete(t.Header, "kid") }, newKey, false},
		{"a key as a path", func(t *jwt.Token, _ *claims) { t.Header["kid"] = "../../dev/null" }, []byte{}, false},
		{"a key in the token", func(t *jwt.Token, _ *claims) {
			t.Header["jwk"] = map[string]string{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(oldKey)}
		}, oldKey, false},
		{"another key", func(*jwt.Token, *claims) {}, oldKey, false},
		{"HS512", func(t *jwt.Token, _ *claims) { t.Method = jwt.SigningMethodHS512; t.Header["alg"] = "HS512" }, newKey, false},
		{"none", func(t *jwt.Token, _ *claims) { t.Method = jwt.SigningMethodNone; t.Header["alg"] = "none" }, jwt.UnsafeAllowNoneSignatureType, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tok, c := good()
			tt.change(tok, c)
			signed, err := tok.SignedString(tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keys.check(signed, issuer, now); (err == nil) != tt.ok {
				t.Errorf("check: %v, want ok %v", err, tt.ok)
			}
		})
	}
	for _, bad := range []string{"", ".", "..", "a.b.c", strings.Repeat("a.", 5000)} {
		if _, err := keys.check(bad, issuer, now); err == nil {
			t.Errorf("check(%.20q) was taken", bad)
		}
	}
}

func FuzzCheckToken(f *testing.F) {
	keys, err := NewKeys(newKey)
	if err != nil {
		f.Fatal(err)
	}
	token, _, err := keys.sign(issuer, "lan", 1, "s1", now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := keys.check(s, issuer, now); err == nil && s != token {
			t.Errorf("%q was taken", s)
		}
	})
}

func TestSeal(t *testing.T) {
	before, next := newSecret(), newSecret()
	if before == next || len(before) != 43 {
		t.Errorf("secrets %q and %q", before, next)
	}
	sealed := seal(before, next)
	if got := unseal(before, sealed); got != next {
		t.Errorf("unseal: got %q, want %q", got, next)
	}
	if got := unseal(newSecret(), sealed); got == next {
		t.Error("somebody else's secret unseals")
	}
}

func FuzzSplitRefresh(f *testing.F) {
	f.Add("s." + newSecret())
	f.Add("..")
	f.Fuzz(func(t *testing.T, s string) {
		id, secret, ok := splitRefresh(s)
		if ok && id+"."+secret != s {
			t.Errorf("splitRefresh(%q) = %q, %q", s, id, secret)
		}
	})
}
