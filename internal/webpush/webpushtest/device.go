package webpushtest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Device is a browser without a screen: it has subscribed at a Server and decrypts
// what arrives. It is safe for concurrent use.
type Device struct {
	Endpoint string
	P256dh   string // base64url
	Auth     string // base64url

	key    *ecdh.PrivateKey
	secret []byte

	mu       sync.Mutex
	messages []string
}

// Subscribe makes a device whose subscription is bound to the application server
// key (base64url; empty: any key may send).
func (s *Server) Subscribe(applicationServerKey string) (*Device, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of a device: %w", err)
	}
	d := &Device{key: key, secret: []byte(rand.Text())[:16]}
	d.P256dh = base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())
	d.Auth = base64.RawURLEncoding.EncodeToString(d.secret)
	d.Endpoint = s.add(&subscription{key: applicationServerKey, deliver: d.deliver})
	return d, nil
}

// Messages returns what was delivered so far, decrypted.
func (d *Device) Messages() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.messages...)
}

func (d *Device) deliver(_ context.Context, body []byte, encoding string, _ int) error {
	text := ""
	if len(body) > 0 {
		if encoding != "aes128gcm" {
			return fmt.Errorf("content encoding %q", encoding)
		}
		b, err := d.decrypt(body)
		if err != nil {
			return err
		}
		text = string(b)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.messages = append(d.messages, text)
	return nil
}

// decrypt is RFC 8291 with one record of RFC 8188.
func (d *Device) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("body is too short")
	}
	salt, size, point := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	record := body[21+int(body[20]):]
	if uint32(len(record)) > size {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, fmt.Errorf("key of the sender: %w", err)
	}
	shared, err := d.key.ECDH(sender)
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	info := "WebPush: info\x00" + string(d.key.PublicKey().Bytes()) + string(point)
	secret, err := hkdf.Key(sha256.New, shared, d.secret, info, 32)
	if err != nil {
		return nil, fmt.Errorf("derive secret: %w", err)
	}
	cek, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, secret, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("derive nonce: %w", err)
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, record, nil)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	text := strings.TrimRight(string(plain), "\x00")
	if !strings.HasSuffix(text, "\x02") {
		return nil, errors.New("the last record is not marked")
	}
	return []byte(text[:len(text)-1]), nil
}
