package reminder

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

const (
	mostDevices   = 16
	forgottenIn   = 180 * 24 * time.Hour // a device that was not seen
	longestDevice = 80
)

// Device is what a browser says of itself when it subscribes.
type Device struct {
	Endpoint string
	P256dh   string // base64url, a P-256 point
	Auth     string // base64url, 16 bytes
	Name     string // as the person may know it; may be empty
	Replaces string // the endpoint or the id of the subscription it takes the place of; may be empty
}

// SubscriptionID is the id of the subscription with an endpoint.
func SubscriptionID(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return hex.EncodeToString(sum[:])
}

// Subscribe stores a device of the actor, which moves here if it belonged to
// another person: whoever is signed in on it now is who it may remind. With more
// than 16 the device that was not seen longest goes. fault.Invalid names the field
// that is wrong, with the code push_endpoint_not_allowed for the endpoint.
func (s *Service) Subscribe(ctx context.Context, a people.Actor, d Device) (Subscription, error) {
	if err := s.Pusher.Check(d.Endpoint); err != nil {
		return Subscription{}, err
	}
	if err := checkKeys(d); err != nil {
		return Subscription{}, err
	}
	now := s.Now()
	sub := Subscription{
		ID: SubscriptionID(d.Endpoint), Person: a.ID, Device: deviceName(d.Name), Endpoint: d.Endpoint,
		P256dh: trim(d.P256dh), Auth: trim(d.Auth), CreatedAt: now, LastSeenAt: now,
		ExpiresAt: now.Add(forgottenIn), Session: a.Session,
	}
	if err := s.Subscriptions.PutSubscription(ctx, sub); err != nil {
		return Subscription{}, err
	}
	if old := d.Replaces; old != "" {
		if strings.Contains(old, "://") {
			old = SubscriptionID(old)
		}
		if old != sub.ID {
			if _, err := s.Subscriptions.DeleteSubscription(ctx, a.ID, old); err != nil {
				return Subscription{}, err
			}
		}
	}
	all, err := s.Subscriptions.Subscriptions(ctx, a.ID)
	if err != nil {
		return Subscription{}, err
	}
	for i := len(all) - 1; i >= mostDevices; i-- {
		if _, err := s.Subscriptions.DeleteSubscription(ctx, a.ID, all[i].ID); err != nil {
			return Subscription{}, err
		}
	}
	return sub, nil
}

// checkKeys refuses keys that no message could be encrypted for.
func checkKeys(d Device) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	point, err := base64.RawURLEncoding.DecodeString(trim(d.P256dh))
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil {
		f.Fields = append(f.Fields, fault.Field{Field: "keys.p256dh", Code: "key"})
	}
	if secret, err := base64.RawURLEncoding.DecodeString(trim(d.Auth)); err != nil || len(secret) != 16 {
		f.Fields = append(f.Fields, fault.Field{Field: "keys.auth", Code: "key"})
	}
	if f.Fields != nil {
		return f
	}
	return nil
}

func trim(key string) string { return strings.TrimRight(key, "=") }

// deviceName makes what the browser calls itself safe to show.
func deviceName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	return cut(norm.NFC.String(strings.TrimSpace(s)), longestDevice)
}

// Devices returns the subscriptions of the actor, the one seen last first.
func (s *Service) Devices(ctx context.Context, a people.Actor) ([]Subscription, error) {
	return s.Subscriptions.Subscriptions(ctx, a.ID)
}

// Why a device is forgotten. What the person chose is counted, so that it can be set
// beside the number of reminders: too many of them are a nuisance.
type Why string

// The reasons.
const (
	SignedOut Why = ""         // not counted
	TurnedOff Why = "push_off" // in the app
	Revoked   Why = "revoked"  // in the settings of the browser or phone
)

// Unsubscribe forgets a device of the actor; fault.NotFound if it is not theirs.
func (s *Service) Unsubscribe(ctx context.Context, a people.Actor, id string, why Why) error {
	there, err := s.Subscriptions.DeleteSubscription(ctx, a.ID, id)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.NotFound, "subscription_not_found", "no such device")
	}
	if why == SignedOut {
		return nil
	}
	return s.Answers.CountUp(ctx, s.today(), string(why))
}

// Forget removes the devices of a person: all of them (session empty), or those
// that a session registered, when it ends.
func (s *Service) Forget(ctx context.Context, p people.ID, session string) error {
	all, err := s.Subscriptions.Subscriptions(ctx, p)
	if err != nil {
		return err
	}
	for _, x := range all {
		if session == "" || x.Session == session {
			if _, err := s.Subscriptions.DeleteSubscription(ctx, p, x.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Test sends a message to every device of the actor, and returns how many services
// took it. fault.Conflict no_subscription if no device is left.
func (s *Service) Test(ctx context.Context, a people.Actor) (int, error) {
	p, err := s.People.Person(ctx, a.ID)
	if err != nil {
		return 0, err
	}
	devices, err := s.Subscriptions.Subscriptions(ctx, a.ID)
	if err != nil {
		return 0, err
	}
	message, err := testPayload(p.Settings.Locale, s.PublicURL)
	if err != nil {
		return 0, err
	}
	r := s.pushAll(ctx, devices, Message{Payload: message, TTL: 10 * time.Minute, Topic: "test", Urgent: true})
	if len(devices) == r.gone {
		return 0, fault.New(fault.Conflict, "no_subscription", "no device of yours accepts reminders")
	}
	return r.accepted, nil
}
