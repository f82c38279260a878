// Package webpush delivers messages to browsers with the Web Push protocol (RFC
// 8030, 8291, 8292). Nothing else imports webpush-go.
package webpush

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	wp "github.com/SherClockHolmes/webpush-go"

	"hocso/internal/fault"
	"hocso/internal/reminder"
)

// Options say how to send.
type Options struct {
	Keys           Keys
	Subject        string   // https URL or mail address that push services may write to, see Subject
	Hosts          []string // allowed besides Hosts()
	AllowedOrigins []string // loopback origins allowed as they are, such as http://127.0.0.1:9911; for tests
	PerSecond      int      // messages to one push service, after a burst of four seconds' worth; 0 means 15
	Now            func() time.Time
}

// Sender implements reminder.Pusher. It is safe for concurrent use.
type Sender struct {
	o       Options
	hosts   []string
	client  wp.HTTPClient
	buckets *buckets
	breaks  *breakers
}

var _ reminder.Pusher = (*Sender)(nil)

// NewSender checks o and returns a sender with a client of its own.
func NewSender(o Options) (*Sender, error) {
	if err := o.Keys.check(); err != nil {
		return nil, err
	}
	ports, err := loopbackPorts(o.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	if o.PerSecond == 0 {
		o.PerSecond = 15
	}
	// The library puts mailto: before everything that is no https address.
	o.Subject = strings.TrimPrefix(o.Subject, "mailto:")
	hosts := Hosts()
	for _, h := range o.Hosts {
		hosts = append(hosts, strings.ToLower(h))
	}
	return &Sender{o: o, hosts: hosts, client: newClient(ports), buckets: newBuckets(float64(o.PerSecond), o.Now), breaks: newBreakers(o.Now)}, nil
}

// PublicKey implements reminder.Pusher.
func (s *Sender) PublicKey() string { return s.o.Keys.Public }

// Check implements reminder.Pusher. The answer does not say which rule refused it.
func (s *Sender) Check(endpoint string) error {
	if match(endpoint, s.hosts, s.o.AllowedOrigins) == "" {
		return fault.New(fault.Invalid, "push_endpoint_not_allowed", "this push service is not known here")
	}
	return nil
}

// Push implements reminder.Pusher. It waits while the push service has had enough
// for this second.
func (s *Sender) Push(ctx context.Context, sub reminder.Subscription, m reminder.Message) reminder.Answer {
	service := match(sub.Endpoint, s.hosts, s.o.AllowedOrigins)
	if service == "" { // a host that was allowed when it was stored
		return reminder.Answer{Outcome: reminder.Refused}
	}
	if d := s.breaks.begin(service); d > 0 {
		return reminder.Answer{Outcome: reminder.Later, RetryAfter: d}
	}
	if !slices.Contains(s.o.AllowedOrigins, service) {
		if err := s.buckets.wait(ctx, service); err != nil {
			return reminder.Answer{Outcome: reminder.Later}
		}
	}
	urgency := wp.UrgencyNormal
	if m.Urgent {
		urgency = wp.UrgencyHigh
	}
	asked := s.o.Now()
	res, err := wp.SendNotificationWithContext(ctx, m.Payload,
		&wp.Subscription{Endpoint: sub.Endpoint, Keys: wp.Keys{P256dh: sub.P256dh, Auth: sub.Auth}},
		&wp.Options{
			HTTPClient: s.client, Subscriber: s.o.Subject, VAPIDPublicKey: s.o.Keys.Public, VAPIDPrivateKey: s.o.Keys.Private,
			TTL: int(m.TTL / time.Second), Topic: m.Topic, Urgency: urgency,
		})
	if err != nil {
		if network := (*url.Error)(nil); errors.As(err, &network) && !errors.Is(err, ErrEndpoint) {
			if ctx.Err() == nil { // else it is we who end
				s.breaks.end(service, s.o.Now().Sub(asked), false)
			}
			return reminder.Answer{Outcome: reminder.Later}
		}
		return reminder.Answer{Outcome: reminder.Refused} // an address or keys that can never work
	}
	// Bounded in size and time, so that the connection can be used again and nobody can
	// feed us for ever. What the body says does not matter, nor whether it ends well.
	enough := time.AfterFunc(bodyTime, func() { _ = res.Body.Close() })
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	enough.Stop()
	_ = res.Body.Close()
	s.breaks.end(service, s.o.Now().Sub(asked), true)
	return answer(res, s.o.Now())
}

const bodyTime = time.Second // for the body of an answer

// answer reads the table of the design (phone, 5).
func answer(res *http.Response, now time.Time) reminder.Answer {
	a := reminder.Answer{Status: res.StatusCode}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		a.Outcome = reminder.Accepted
	case code == http.StatusNotFound || code == http.StatusGone:
		a.Outcome = reminder.Gone
	case code == http.StatusTooManyRequests || code >= 500:
		a.Outcome = reminder.Later
		a.RetryAfter = retryAfter(res.Header.Get("Retry-After"), now)
	default:
		a.Outcome = reminder.Refused
	}
	return a
}

// longestWait is as long as Chrome limits a disruptive site.
const longestWait = 14 * 24 * time.Hour

// retryAfter reads seconds or a date; what it cannot read is 0.
func retryAfter(v string, now time.Time) time.Duration {
	d := time.Duration(0)
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), longestWait)
}

// Subject returns what to tell push services about ourselves: contact if it is
// set, else the public address. real is false if that is an address that Apple
// refuses (403 BadJwtToken): not https, or of this machine or network only.
func Subject(publicURL, contact string) (subject string, real bool) {
	if contact != "" {
		return contact, true
	}
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") {
		return "https://localhost", false
	}
	for _, suffix := range []string{".local", ".localhost", ".invalid", ".test", ".example"} {
		if strings.HasSuffix(u.Hostname(), suffix) {
			return publicURL, false
		}
	}
	return publicURL, true
}

// Keys are the VAPID keys of this installation, base64url. Every subscription is
// bound to them: new keys end them all.
type Keys struct {
	Public  string `json:"public"`
	Private string `json:"private"`
}

// GenerateKeys makes new keys.
func GenerateKeys() (Keys, error) {
	private, public, err := wp.GenerateVAPIDKeys()
	if err != nil {
		return Keys{}, fmt.Errorf("make VAPID keys: %w", err)
	}
	return Keys{Public: public, Private: private}, nil
}
