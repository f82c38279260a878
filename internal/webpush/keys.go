package webpush

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
)

// check refuses keys that do not belong together, before a push service does.
func (k Keys) check() error {
	private, err := base64.RawURLEncoding.DecodeString(k.Private)
	if err != nil {
		return errors.New("the private VAPID key is not base64url")
	}
	key, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return errors.New("the private VAPID key is no P-256 key")
	}
	if public, err := base64.RawURLEncoding.DecodeString(k.Public); err != nil || !bytes.Equal(public, key.PublicKey().Bytes()) {
		return errors.New("the public VAPID key does not belong to the private one")
	}
	return nil
}
