package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
)

// Cost is what one argon2id hash costs.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultCost is the least that OWASP's password storage page recommends for argon2id.
func DefaultCost() Cost { return Cost{Memory: 19 * 1024, Passes: 2, Threads: 1} }

const (
	saltBytes = 16
	hashBytes = 32
)

// Hasher hashes passwords, a bounded number at once: each takes memory and a whole
// core, and a storm of sign-ins must leave something for everybody else.
type Hasher struct {
	cost  Cost
	turns chan struct{}
	dummy string // checked for accounts that do not exist, so that they take as long
}

// NewHasher makes a Hasher that computes at most atOnce hashes at the same time,
// and never on more than half of the processors: a hash keeps one busy for 25 ms
// without a pause, and whoever waits behind it would feel that.
func NewHasher(cost Cost, atOnce int) *Hasher {
	h := &Hasher{cost: cost, turns: make(chan struct{}, min(atOnce, max(1, runtime.GOMAXPROCS(0)/2)))}
	h.dummy = h.encode(make([]byte, saltBytes), make([]byte, hashBytes))
	return h
}

func (h *Hasher) encode(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.Memory, h.cost.Passes, h.cost.Threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// wait takes a turn, or gives up with the context: fault.Unavailable busy.
func (h *Hasher) wait(ctx context.Context) error {
	select {
	case h.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "busy", "too many people are signing in, try again")
	}
}

// Hash returns the encoded hash of password with a new salt.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.wait(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.turns }()
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // it never returns an error
	return h.encode(salt, argon2.IDKey([]byte(norm.NFC.String(password)), salt, h.cost.Passes, h.cost.Memory, h.cost.Threads, hashBytes)), nil
}

// Check reports whether password has the encoded hash, and whether the hash was
// made at another cost than today's. With no hash it does the same work and says no.
func (h *Hasher) Check(ctx context.Context, encoded, password string) (ok, outdated bool, err error) {
	known := encoded != ""
	if !known {
		encoded = h.dummy
	}
	cost, salt, key, err := decodeHash(encoded)
	if err != nil {
		return false, false, err
	}
	if err := h.wait(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-h.turns }()
	got := argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.Passes, cost.Memory, cost.Threads, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && known, cost != h.cost, nil
}

func decodeHash(encoded string) (c Cost, salt, key []byte, err error) {
	bad := errors.New("a stored password hash is damaged")
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, bad
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Threads); err != nil || n != 3 {
		return c, nil, nil, bad
	}
	// The limits keep a damaged document from taking all memory.
	if c.Memory > 1<<20 || c.Passes == 0 || c.Passes > 100 || c.Threads == 0 {
		return c, nil, nil, bad
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, bad
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, bad
	}
	return c, salt, key, nil
}
