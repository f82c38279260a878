package reminder

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// pusher is a push service that answers as it is told and remembers what it took.
type pusher struct {
	mu     sync.Mutex
	answer func(Subscription) Answer // nil: accepted
	took   []pushed
	judge  func(Subscription, Message) Answer // nil: answer decides, and took remembers
}

type pushed struct {
	device  Subscription
	message Message
}

func (*pusher) PublicKey() string { return "key" }

func (*pusher) Check(endpoint string) error {
	if u, err := url.Parse(endpoint); err != nil || u.Host != "push.example" {
		return fault.New(fault.Invalid, "push_endpoint_not_allowed", "not allowed")
	}
	return nil
}

func (p *pusher) Push(_ context.Context, s Subscription, m Message) Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.judge != nil {
		return p.judge(s, m)
	}
	a := Answer{Outcome: Accepted, Status: 201}
	if p.answer != nil {
		a = p.answer(s)
	}
	if a.Outcome == Accepted {
		p.took = append(p.took, pushed{s, m})
	}
	return a
}

// bodies returns what the messages said.
func (p *pusher) bodies(t testing.TB) (out []string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.took {
		var d declarative
		if err := json.Unmarshal(x.message.Payload, &d); err != nil {
			t.Fatal(err)
		}
		out = append(out, d.Notification.Body)
	}
	return out
}

// post is a mail server that answers as it is told and remembers what it took.
type post struct {
	mu      sync.Mutex
	off     bool
	answer  func(people.ID) error // nil: taken
	bounced map[string]bool
	took    []letter.Mail
	judge   func(people.ID, letter.Mail) error // nil: answer decides, and took remembers
}

func (p *post) On() bool { return !p.off }

func (p *post) Bounced(_ context.Context, address string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bounced[address], nil
}

func (p *post) Send(_ context.Context, to people.ID, m letter.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.judge != nil {
		err := p.judge(to, m)
		if errors.Is(err, letter.ErrBounced) {
			p.bounced[m.To] = true
		}
		return err
	}
	if p.answer != nil {
		if err := p.answer(to); err != nil {
			if errors.Is(err, letter.ErrBounced) {
				p.bounced[m.To] = true
			}
			return err
		}
	}
	p.took = append(p.took, m)
	return nil
}

// world is a service with everything around it in memory.
type world struct {
	*Service
	mem    *mem
	pusher *pusher
	post   *post
	now    time.Time
}

func hanoi(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// newWorld is Monday 2 March 2026, 08:00 in Ha Noi; campaign c1 runs, course
// "phishing" is due on Friday the 13th, and lan has one device.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{mem: newMem(), pusher: &pusher{}, post: &post{bounced: map[string]bool{}}, now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	w.Service = &Service{
		Store: w.mem, Answers: w.mem, Mail: w.post, ChangeSettings: w.mem.ChangeSettings, Key: []byte("key"), Organisation: "Bộ Thử", Budgets: w.mem, Subscriptions: w.mem, Enrolments: w.mem, People: w.mem, Campaigns: w.mem, Courses: w.mem,
		Pusher: w.pusher, PublicURL: "https://hocso.example",
		Calendar: campaign.Calendar{Zone: hanoi(t), Holidays: campaign.Holidays()},
		Now:      func() time.Time { return w.now },
		Log:      slog.New(slog.DiscardHandler),
	}
	w.mem.campaigns["c1"] = running("c1", usual())
	w.person("lan", "")
	w.device("lan", "1")
	return w
}

func (w *world) person(id people.ID, zone string) {
	w.mem.people[id] = people.Person{ID: id, Name: "Lan", Email: string(id) + "@bo.vn", Status: people.Active, Settings: people.Settings{Locale: "vi", TimeZone: zone}}
}

func (w *world) device(p people.ID, name string) {
	endpoint := "https://push.example/" + string(p) + name
	id := SubscriptionID(endpoint)
	_ = w.mem.PutSubscription(context.Background(), Subscription{ID: id, Person: p, Endpoint: endpoint, LastSeenAt: w.now})
}

// enrol enrols a person in a course for a campaign, due at the end of day.
func (w *world) enrol(t testing.TB, c campaign.ID, p people.ID, crs course.ID, day string) learning.Enrolment {
	t.Helper()
	due, err := time.ParseInLocation(campaign.Day, day, w.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	due = due.AddDate(0, 0, 1).Add(-time.Millisecond).UTC()
	e := learning.Enrolment{ID: learning.NewEnrolmentID(crs, p, 1), Person: p, Course: crs, Cycle: 1, N: 1, DueAt: &due, Campaigns: []string{string(c)}, State: learning.Assigned, ChangedAt: w.now}
	w.mem.enrolments[e.ID] = e
	if err := w.PlanReminders(t.Context(), w.mem.campaigns[c], []people.Person{w.mem.people[p]}, []learning.Enrolment{e}, w.now); err != nil {
		t.Fatal(err)
	}
	return e
}

// tick dispatches at a time of Ha Noi, "2006-01-02 15:04".
func (w *world) tick(t testing.TB, local string) int {
	t.Helper()
	now, err := time.ParseInLocation("2006-01-02 15:04", local, w.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	w.now = now.UTC()
	n, err := (&Dispatcher{Service: w.Service, Workers: 2, Log: w.Log}).Tick(t.Context(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// mails dispatches mails at the time of the last tick.
func (w *world) mails(t testing.TB) int {
	t.Helper()
	n, err := (&Dispatcher{Service: w.Service, Channel: Email, Workers: 2, Log: w.Log}).Tick(t.Context(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ledger maps step to reason of everything settled.
func (w *world) ledger() map[string]Reason {
	out := map[string]Reason{}
	for _, d := range w.mem.find(func(d Delivery) bool { return d.State != Waiting }) {
		out[d.ID] = d.Reason
	}
	return out
}
