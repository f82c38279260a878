package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 with it is what every authenticator app knows; as an HMAC it is sound
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"

	"hocso/internal/qr"
)

// Time-based one-time codes by RFC 6238: HMAC-SHA-1, six digits, a new one every 30 s.
// A code is taken one step early and one step late, for clocks that are not quite right.
const (
	codeStep  = 30 * time.Second
	codeSlack = 1
	keyBytes  = 20
)

func newTOTPKey() []byte {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // it never returns an error
	return key
}

// codeAt is the code of one step, RFC 4226 section 5.3.
func codeAt(key []byte, step int64) string {
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, step) // a hash takes everything
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// stepOf returns the step whose code this is at now, 0 if it is none. after is the
// latest step whose code was used: it and those before are not taken again.
func stepOf(key []byte, code string, now time.Time, after int64) int64 {
	current, found := now.Unix()/int64(codeStep.Seconds()), int64(0)
	for step := current - codeSlack; step <= current+codeSlack; step++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(key, step)), []byte(code)) == 1 && step > after {
			found = step
		}
	}
	return found
}

// TOTPSetUp is what a person puts into their authenticator app. It is shown once.
type TOTPSetUp struct {
	Key string  `json:"key"` // to type, in groups of four
	URI string  `json:"uri"` // otpauth://, to open on the same phone
	QR  qr.Code `json:"qr"`  // the same to scan
}

func showTOTP(key []byte, issuer, email string) (TOTPSetUp, error) {
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
	query := url.Values{"secret": {secret}, "issuer": {issuer}}
	uri := "otpauth://totp/" + url.PathEscape(issuer+":"+email) + "?" + query.Encode()
	code, err := qr.Draw(uri)
	return TOTPSetUp{Key: grouped(secret, 4, " "), URI: uri, QR: code}, err
}

// grouped writes s with a separator after every n characters.
func grouped(s string, n int, separator string) string {
	var out []byte
	for i := range len(s) {
		if i > 0 && i%n == 0 {
			out = append(out, separator...)
		}
		out = append(out, s[i])
	}
	return string(out)
}
