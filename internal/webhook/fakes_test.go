package webhook

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// memory is the Store of tests.
type memory struct {
	mu         sync.Mutex
	endpoints  map[ID]Endpoint
	deliveries map[string]Delivery
	reads      int
	settled    error // what settling answers instead of being done; nil: nothing
}

func notFound() error { return fault.New(fault.NotFound, "not_found", "not there") }
func conflict() error { return fault.New(fault.Conflict, "taken", "taken") }

func (m *memory) Endpoints(context.Context) ([]Endpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	return slices.SortedFunc(maps.Values(m.endpoints), func(x, y Endpoint) int { return cmp.Compare(x.ID, y.ID) }), nil
}

func (m *memory) Endpoint(_ context.Context, id ID) (Endpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.endpoints[id]; ok {
		return e, nil
	}
	return Endpoint{}, notFound()
}

func (m *memory) InsertEndpoint(_ context.Context, e Endpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.endpoints[e.ID] = e
	return nil
}

func (m *memory) ReplaceEndpoint(_ context.Context, e Endpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.endpoints[e.ID].Version != e.Version {
		return conflict()
	}
	e.Version++
	m.endpoints[e.ID] = e
	return nil
}

func (m *memory) RemoveEndpoint(_ context.Context, id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.endpoints, id)
	return nil
}

func (m *memory) InsertDeliveries(_ context.Context, ds []Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		if _, ok := m.deliveries[d.ID]; !ok {
			m.deliveries[d.ID] = d
		}
	}
	return nil
}

func (m *memory) ClaimDelivery(_ context.Context, id ID, now, leaseUntil time.Time) (Delivery, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	best := ""
	for key, d := range m.deliveries {
		if d.Endpoint == id && d.State == Waiting && !d.DueAt.After(now) && (best == "" || d.DueAt.Before(m.deliveries[best].DueAt) || d.DueAt.Equal(m.deliveries[best].DueAt) && key < best) {
			best = key
		}
	}
	d, ok := m.deliveries[best]
	if ok {
		d.DueAt = leaseUntil
		d.Fence++
		m.deliveries[best] = d
	}
	return d, ok, nil
}

func (m *memory) SettleDelivery(_ context.Context, d Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.settled != nil {
		return m.settled
	}
	if m.deliveries[d.ID].Fence != d.Fence {
		return conflict()
	}
	m.deliveries[d.ID] = d
	return nil
}

func (m *memory) Delivery(_ context.Context, id string) (Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := m.deliveries[id]; ok {
		return d, nil
	}
	return Delivery{}, notFound()
}

func (m *memory) Deliveries(_ context.Context, id ID, before time.Time, limit int) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []Delivery{}
	for _, d := range m.deliveries {
		if d.Endpoint == id && (before.IsZero() || d.CreatedAt.Before(before)) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y Delivery) int { return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(x.ID, y.ID)) })
	return out[:min(len(out), limit)], nil
}

type persons struct{}

func (persons) Person(_ context.Context, id people.ID) (people.Person, error) {
	switch id {
	case "lan":
		return people.Person{ID: id, Email: "lan@bo.vn", Status: people.Active}, nil
	case "xoa":
		return people.Person{ID: id, Status: people.Erased}, nil
	}
	return people.Person{}, notFound()
}

// world is a service whose clock the test moves.
type world struct {
	*Service
	t     *testing.T
	store *memory
	mu    sync.Mutex
	now   time.Time
	n     int
	off   []Endpoint
}

var root = people.Actor{ID: "root", Grants: []people.Grant{{Role: people.Administrator}}}

func newWorld(t *testing.T, origins ...string) *world {
	t.Helper()
	guard, err := NewGuard(origins)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), store: &memory{endpoints: map[ID]Endpoint{}, deliveries: map[string]Delivery{}}}
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.n++
		return w.n
	}
	w.Service = &Service{
		Store: w.store, People: persons{}, Guard: guard, Client: guard.Client(), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.now
		},
		NewID:       func() string { return fmt.Sprintf("id%02d", count()) },
		NewSecret:   func() []byte { return []byte(fmt.Sprintf("%032d", count())) },
		SwitchedOff: func(_ context.Context, e Endpoint) { w.off = append(w.off, e) },
	}
	return w
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// endpoint adds one that wants campaigns and reminders.
func (w *world) endpoint(url string) Change {
	w.t.Helper()
	c, err := w.Add(w.t.Context(), root, Content{Name: "Cổng tin nhắn", URL: url, Events: []Event{CampaignStarted, ReminderDue}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// emit tells of a campaign.
func (w *world) emit(id string) {
	w.t.Helper()
	if err := w.Emit(w.t.Context(), Message{ID: id, Event: CampaignStarted, At: w.Now(), Data: CampaignData{Campaign: "c1"}}); err != nil {
		w.t.Fatal(err)
	}
}

// tick sends what is due and waits for it.
func (w *world) tick() {
	w.t.Helper()
	if err := w.Tick(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.Wait()
}

func (w *world) delivery1(e ID, message string) Delivery {
	w.t.Helper()
	d, err := w.store.Delivery(w.t.Context(), string(e)+":"+message)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}
