package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Store keeps endpoints and deliveries.
type Store interface {
	// Endpoints returns all, in the order in which they were made.
	Endpoints(ctx context.Context) ([]Endpoint, error)
	// Endpoint returns one; fault.NotFound if there is none.
	Endpoint(ctx context.Context, id ID) (Endpoint, error)
	// InsertEndpoint stores a new one.
	InsertEndpoint(ctx context.Context, e Endpoint) error
	// ReplaceEndpoint stores e with Version+1 if the stored one still has e.Version; fault.Conflict otherwise.
	ReplaceEndpoint(ctx context.Context, e Endpoint) error
	// RemoveEndpoint removes one and its deliveries.
	RemoveEndpoint(ctx context.Context, id ID) error
	// InsertDeliveries stores those that are not there yet.
	InsertDeliveries(ctx context.Context, ds []Delivery) error
	// ClaimDelivery takes the one of an endpoint that has been due longest at now and is its claimer's
	// until leaseUntil, and counts its fence. ok is false when nothing is due.
	ClaimDelivery(ctx context.Context, id ID, now, leaseUntil time.Time) (d Delivery, ok bool, err error)
	// SettleDelivery replaces d if nobody has claimed it since; fault.Conflict otherwise.
	SettleDelivery(ctx context.Context, d Delivery) error
	// Delivery returns one; fault.NotFound if there is none.
	Delivery(ctx context.Context, id string) (Delivery, error)
	// Deliveries returns up to limit of an endpoint that were made before before (zero: all), newest first.
	Deliveries(ctx context.Context, id ID, before time.Time, limit int) ([]Delivery, error)
}

// People finds persons; *people.Service satisfies it.
type People interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id people.ID) (people.Person, error)
}

// Service keeps endpoints, queues events and sends them. Several of them, on one or many copies of the
// program, share one store. It must not be copied.
type Service struct {
	Store     Store
	People    People
	Guard     Guard
	Client    *http.Client // of Guard
	Now       func() time.Time
	NewID     func() string
	NewSecret func() []byte // 32 random bytes
	// SwitchedOff is told when the program has switched an endpoint off; it may be told again. Nil: nobody asks.
	SwitchedOff func(ctx context.Context, e Endpoint)
	Log         *slog.Logger

	mu       sync.Mutex
	known    []Endpoint
	knownTo  time.Time
	busy     map[ID]bool // endpoints that this process is sending to
	inFlight sync.WaitGroup
}

// manager refuses whoever does not look after the whole organisation.
func manager(a people.Actor) error {
	if _, all := a.Scope(people.ManageOperations); !all {
		return fault.New(fault.Forbidden, "not_allowed", "only those who look after the whole organisation may")
	}
	return nil
}

// Content is what is set of an endpoint.
type Content struct {
	Name         string
	URL          string
	Events       []Event
	PersonalData bool
	On           bool
}

// Change is what became of an endpoint, with its secret where one was made: it is never shown again.
type Change struct {
	Before, After Endpoint
	Secret        string
}

// List returns all endpoints.
func (s *Service) List(ctx context.Context, a people.Actor) ([]Endpoint, error) {
	if err := manager(a); err != nil {
		return nil, err
	}
	return s.Store.Endpoints(ctx)
}

// Find returns one endpoint.
func (s *Service) Find(ctx context.Context, a people.Actor, id ID) (Endpoint, error) {
	if err := manager(a); err != nil {
		return Endpoint{}, err
	}
	return s.Store.Endpoint(ctx, id)
}

// check puts x into e. fault.Invalid names each field that is wrong.
func (s *Service) check(e Endpoint, x Content) (Endpoint, error) {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	bad := func(field, code string) { f.Fields = append(f.Fields, fault.Field{Field: field, Code: code}) }
	x.Name, x.URL = norm.NFC.String(strings.TrimSpace(x.Name)), strings.TrimSpace(x.URL)
	switch {
	case x.Name == "":
		bad("name", "required")
	case utf8.RuneCountInString(x.Name) > 80:
		bad("name", "max")
	case !people.PlainText(x.Name):
		bad("name", "text")
	}
	if code := s.Guard.Check(x.URL); code != "" {
		bad("url", code)
	}
	if len(x.Events) == 0 {
		bad("events", "required")
	}
	for i, event := range x.Events {
		field := fmt.Sprintf("events[%d]", i)
		if !slices.ContainsFunc(Table(), func(k Kind) bool { return k.Event == event }) {
			bad(field, "unknown")
		} else if slices.Contains(x.Events[:i], event) {
			bad(field, "duplicate")
		}
	}
	if len(f.Fields) > 0 {
		return e, f
	}
	e.Name, e.URL, e.Events, e.PersonalData = x.Name, x.URL, x.Events, x.PersonalData
	return e, nil
}

// Add makes an endpoint.
func (s *Service) Add(ctx context.Context, a people.Actor, x Content) (Change, error) {
	if err := manager(a); err != nil {
		return Change{}, err
	}
	now, key := s.Now(), s.NewSecret()
	e, err := s.check(Endpoint{
		ID: ID(s.NewID()), State: On, Secrets: []Secret{{Key: key}}, RotatedAt: now, Owner: a.ID, CreatedAt: now, Version: 1,
	}, x)
	if err != nil {
		return Change{}, err
	}
	all, err := s.Store.Endpoints(ctx)
	if err != nil {
		return Change{}, err
	}
	if len(all) >= mostEndpoints {
		return Change{}, fault.New(fault.Conflict, "too_many_webhooks", "at most %d", mostEndpoints)
	}
	if err := s.Store.InsertEndpoint(ctx, e); err != nil {
		return Change{}, err
	}
	s.forget()
	return Change{After: e, Secret: shown(key)}, nil
}

// Write changes an endpoint, and switches it on or off. What waits for one that is off waits on.
func (s *Service) Write(ctx context.Context, a people.Actor, id ID, x Content) (Change, error) {
	if err := manager(a); err != nil {
		return Change{}, err
	}
	return s.update(ctx, id, func(e Endpoint) (Endpoint, string, error) {
		e, err := s.check(e, x)
		switch {
		case x.On && e.State == Off:
			e.State, e.Reason, e.FailingSince = On, "", nil
		case !x.On && e.State == On:
			e.State, e.Reason = Off, ByHand
		}
		return e, "", err
	})
}

// Rotate makes a new secret. The one before signs as well for a day, so that receivers can change over.
func (s *Service) Rotate(ctx context.Context, a people.Actor, id ID) (Change, error) {
	if err := manager(a); err != nil {
		return Change{}, err
	}
	return s.update(ctx, id, func(e Endpoint) (Endpoint, string, error) {
		now, key := s.Now(), s.NewSecret()
		until := now.Add(bothSecrets)
		e.Secrets = []Secret{{Key: key}, {Key: e.Secrets[0].Key, Until: &until}}
		e.RotatedAt = now
		return e, shown(key), nil
	})
}

// update changes an endpoint by f, again while somebody else is faster.
func (s *Service) update(ctx context.Context, id ID, f func(Endpoint) (Endpoint, string, error)) (Change, error) {
	for range tries {
		before, err := s.Store.Endpoint(ctx, id)
		if err != nil {
			return Change{}, err
		}
		after, secret, err := f(before)
		if err != nil {
			return Change{}, err
		}
		if err = s.Store.ReplaceEndpoint(ctx, after); err == nil {
			s.forget()
			after.Version++
			return Change{before, after, secret}, nil
		} else if fault.KindOf(err) != fault.Conflict {
			return Change{}, err
		}
	}
	return Change{}, fault.New(fault.Unavailable, "busy", "the endpoint is being changed too often, try again")
}

// Remove removes an endpoint with all that waits for it.
func (s *Service) Remove(ctx context.Context, a people.Actor, id ID) error {
	if _, err := s.Find(ctx, a, id); err != nil {
		return err
	}
	defer s.forget()
	return s.Store.RemoveEndpoint(ctx, id)
}

// Deliveries returns a page of what went or should go to an endpoint, newest first.
func (s *Service) Deliveries(ctx context.Context, a people.Actor, id ID, before time.Time) (ds []Delivery, more bool, err error) {
	if _, err := s.Find(ctx, a, id); err != nil {
		return nil, false, err
	}
	if ds, err = s.Store.Deliveries(ctx, id, before, page+1); err != nil || len(ds) <= page {
		return ds, false, err
	}
	return ds[:page], true, nil
}

// Again queues a delivery that was sent or given up once more, under the same webhook-id.
func (s *Service) Again(ctx context.Context, a people.Actor, id ID, delivery string) (Delivery, error) {
	if _, err := s.Find(ctx, a, id); err != nil {
		return Delivery{}, err
	}
	d, err := s.Store.Delivery(ctx, delivery)
	if err == nil && d.Endpoint != id {
		err = fault.New(fault.NotFound, "webhook_delivery_not_found", "no such delivery")
	}
	if err != nil {
		return Delivery{}, err
	}
	if d.State == Waiting {
		return Delivery{}, fault.New(fault.Conflict, "still_waiting", "it is on its way")
	}
	now := s.Now()
	d.State, d.DueAt, d.QueuedAt, d.Tries, d.SettledAt, d.ExpiresAt = Waiting, now, now, 0, nil, now.Add(kept)
	return d, s.Store.SettleDelivery(ctx, d)
}

// Message is an event to tell of.
type Message struct {
	ID     string // of the event: queued once for each endpoint, however often it is emitted
	Event  Event
	At     time.Time
	Person people.ID // whom it is about; empty: nobody
	Data   any       // what the table says
}

// Emit queues m for every endpoint that wants it. It may be repeated. With no such endpoint it asks the
// database at most every five seconds.
func (s *Service) Emit(ctx context.Context, m Message) error {
	all, err := s.endpoints(ctx)
	if err != nil {
		return err
	}
	var ds []Delivery
	for _, e := range all {
		if e.State != On || !slices.Contains(e.Events, m.Event) {
			continue
		}
		d, err := s.delivery(e, m)
		if err != nil {
			return err
		}
		ds = append(ds, d)
	}
	if len(ds) == 0 {
		return nil
	}
	return s.Store.InsertDeliveries(ctx, ds)
}

func (s *Service) delivery(e Endpoint, m Message) (Delivery, error) {
	k, ok := kindOf(m.Event)
	if !ok || k.data != typeOf(m.Data) {
		return Delivery{}, fmt.Errorf("event %s with data %T is not in the table", m.Event, m.Data)
	}
	body, err := json.Marshal(envelope{m.Event, m.At.UTC(), m.Data}, json.Deterministic(true))
	if err != nil {
		return Delivery{}, fmt.Errorf("encode %s: %w", m.Event, err)
	}
	now := s.Now()
	return Delivery{
		ID: string(e.ID) + ":" + m.ID, Endpoint: e.ID, Message: m.ID, Event: m.Event, Person: m.Person, Payload: body,
		State: Waiting, DueAt: now, QueuedAt: now, CreatedAt: now, ExpiresAt: now.Add(kept),
	}, nil
}

// envelope is a body as Standard Webhooks recommends it.
type envelope struct {
	Type      Event     `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// endpoints are those known within five seconds; what this process changed it knows at once.
func (s *Service) endpoints(ctx context.Context) ([]Endpoint, error) {
	now := s.Now()
	s.mu.Lock()
	known, to := s.known, s.knownTo
	s.mu.Unlock()
	if now.Before(to) {
		return known, nil
	}
	known, err := s.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.knownTo = known, now.Add(fresh)
	return known, nil
}

func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knownTo = time.Time{}
}
