package httpapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// authenticator is a phone or a key that makes passkeys: ES256, attestation none. What
// it does wrong on purpose is set in its fields.
type authenticator struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle string
	origin string
	rp     string
	flags  byte
	count  uint32
}

const (
	present, verified, attested = 0x01, 0x04, 0x40
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, key: key, id: []byte(rand.Text()), origin: "https://hocso.test", rp: "hocso.test", flags: present | verified}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authenticator) clientData(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) data(more byte) []byte {
	hash := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(hash[:], a.flags|more), a.count)
}

// made answers an offer.
func (a *authenticator) made(answer reply, name string) map[string]any {
	a.t.Helper()
	offer := decode[struct {
		Token     string
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}](a.t, answer)
	a.handle = offer.PublicKey.User.ID
	pub, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	auth := append(a.data(attested), make([]byte, 16)...)
	auth = append(binary.BigEndian.AppendUint16(auth, uint16(len(a.id))), a.id...)
	auth = append(auth, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20) // COSE: EC2, ES256, P-256, x
	auth = append(append(append(auth, pub[1:33]...), 0x22, 0x58, 0x20), pub[33:]...)
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(auth)))
	return map[string]any{
		"token": offer.Token, "name": name, "id": b64(a.id), "clientDataJSON": b64(a.clientData("webauthn.create", offer.PublicKey.Challenge)),
		"attestationObject": b64(append(object, auth...)), "transports": []string{"internal"},
	}
}

// signed answers an ask.
func (a *authenticator) signed(answer reply) map[string]any {
	a.t.Helper()
	ask := decode[struct {
		Token     string
		PublicKey struct{ Challenge string }
	}](a.t, answer)
	a.count++
	auth, client := a.data(0), a.clientData("webauthn.get", ask.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(auth[:len(auth):len(auth)], hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return map[string]any{
		"token": ask.Token, "id": b64(a.id), "clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": a.handle,
	}
}

// oneTimeCode is what an authenticator app shows for a key at a time, by RFC 6238.
func oneTimeCode(t *testing.T, key string, at time.Time) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha1.New, secret)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := h.Sum(nil)
	off := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[off:])&0x7fffffff%1_000_000)
}
