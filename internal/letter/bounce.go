package letter

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Bounce says that an address takes no mail. It holds a hash of the address, so another
// address of the same person is not concerned.
type Bounce struct {
	ID     string    `json:"-" bson:"_id"` // AddressKey
	Person people.ID `json:"-" bson:"person"`
	At     time.Time `json:"at" bson:"at"`
	Status string    `json:"status" bson:"status"` // SMTP or enhanced status, such as 550 or 5.1.1
}

// BounceStore keeps which addresses take no mail.
type BounceStore interface {
	// Bounce returns that of an address; fault.NotFound bounce_not_found.
	Bounce(ctx context.Context, id string) (Bounce, error)
	// InsertBounce stores one; the first of an address stays.
	InsertBounce(ctx context.Context, b Bounce) error
	// DeleteBounce forgets one and reports whether it was there.
	DeleteBounce(ctx context.Context, id string) (bool, error)
}

// AddressKey is what an address is known by among the bounces.
func AddressKey(address string) string {
	sum := sha256.Sum256([]byte(people.FoldEmail(address)))
	return hex.EncodeToString(sum[:])
}

// ErrBounced reports that the address takes no mail: the server said so just now, or it
// is known.
var ErrBounced = errors.New("the address takes no mail")

// Find returns the bounce of an address, nil if mail reaches it as far as is known.
func (s *Service) Find(ctx context.Context, address string) (*Bounce, error) {
	if s == nil || s.Bounces == nil || address == "" {
		return nil, nil
	}
	b, err := s.Bounces.Bounce(ctx, AddressKey(address))
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return &b, err
}

// Bounced reports whether an address takes no mail.
func (s *Service) Bounced(ctx context.Context, address string) (bool, error) {
	b, err := s.Find(ctx, address)
	return b != nil, err
}

// Send hands a mail to the server, unless its address is known to take none. What the
// server says of the address is written down.
func (s *Service) Send(ctx context.Context, p people.ID, m Mail) error {
	known, err := s.Bounced(ctx, m.To)
	if err != nil {
		return err
	}
	if known {
		return ErrBounced
	}
	m.ID = s.sign(m.ID, m.To)
	err = s.Sender.Send(ctx, m)
	if !errors.Is(err, ErrBounced) || s.Bounces == nil {
		return err
	}
	status := ""
	if said := (interface{ Status() string })(nil); errors.As(err, &said) {
		status = said.Status()
	}
	return errors.Join(err, s.settle(ctx, func(ctx context.Context) error { return s.note(ctx, p, m.To, status) }))
}

func (s *Service) note(ctx context.Context, p people.ID, address, status string) error {
	err := s.Bounces.InsertBounce(ctx, Bounce{ID: AddressKey(address), Person: p, At: s.Now(), Status: status})
	if err == nil && s.Noted != nil {
		s.Noted(ctx, p)
	}
	return err
}

// Retry forgets that an address takes no mail; fault.NotFound bounce_not_found.
func (s *Service) Retry(ctx context.Context, address string) error {
	there, err := s.Bounces.DeleteBounce(ctx, AddressKey(address))
	if err == nil && !there {
		err = fault.New(fault.NotFound, "bounce_not_found", "mail reaches this address, as far as is known")
	}
	return err
}

// Report is what a mail server says of a mail that came back.
type Report struct {
	Addresses []string // whom it was for
	Status    string   // such as 5.1.1
	MessageID string   // of the mail, without angle brackets
}

// Record writes down a report about the address of p. fault.Invalid not_ours unless the
// mail was one of ours to this address: its id proves it.
func (s *Service) Record(ctx context.Context, p people.Person, r Report) error {
	local, _, _ := strings.Cut(r.MessageID, "@")
	if i := strings.LastIndexByte(local, '.'); i < 0 || !hmac.Equal([]byte(local), []byte(s.sign(local[:i], p.Email))) {
		return fault.New(fault.Invalid, "not_ours", "the mail that came back is not one of ours to this address")
	}
	return s.note(ctx, p.ID, p.Email, r.Status)
}

// sign adds to the id of a mail what nobody else could, so that it is known to be ours
// when it comes back.
func (s *Service) sign(id, address string) string {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte("mail\x00" + id + "\x00" + people.FoldEmail(address)))
	return id + "." + hex.EncodeToString(h.Sum(nil)[:12])
}
