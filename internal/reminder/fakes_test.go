package reminder

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/url"
	"slices"
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

// mem is every store and source of the service in memory, with the conditions of
// the real ones, and indexes, so that a year of 10,000 people is quick.
type mem struct {
	mu         sync.Mutex
	deliveries map[string]Delivery
	waiting    map[string]*queue             // by channel
	owed       map[people.ID]map[string]bool // ids that wait, by person
	all        map[people.ID][]string        // ids by person
	tokens     map[string]string             // ids by token
	budgets    map[people.ID]Budget
	devices    map[string]Subscription
	enrolments map[learning.EnrolmentID]learning.Enrolment
	people     map[people.ID]people.Person
	campaigns  map[campaign.ID]campaign.Campaign
	counts     map[string]int
	byPerson   map[people.ID][]learning.EnrolmentID
	indexed    int                    // enrolments in byPerson
	own        map[people.ID][]string // ids of devices
	ownDevices int                    // devices in own
}

func newMem() *mem {
	return &mem{
		deliveries: map[string]Delivery{}, waiting: map[string]*queue{Push: {}, Email: {}}, owed: map[people.ID]map[string]bool{}, all: map[people.ID][]string{},
		tokens: map[string]string{}, budgets: map[people.ID]Budget{}, devices: map[string]Subscription{},
		enrolments: map[learning.EnrolmentID]learning.Enrolment{}, people: map[people.ID]people.Person{},
		campaigns: map[campaign.ID]campaign.Campaign{}, counts: map[string]int{},
	}
}

// queue has the ids that wait, the earliest first. One that was settled or moved stays
// behind until it is met.
type queue []item

type item struct {
	at time.Time // when it may be claimed
	id string
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(q[i].at.Compare(q[j].at), cmp.Compare(q[i].id, q[j].id)) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(item)) }
func (q *queue) Pop() any {
	x := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return x
}

// claimable is when a delivery may be claimed.
func claimable(d Delivery) time.Time {
	if d.LeaseUntil.After(d.NotBefore) {
		return d.LeaseUntil
	}
	return d.NotBefore
}

// set stores d, which mu is held for.
func (m *mem) set(d Delivery) {
	if _, ok := m.deliveries[d.ID]; !ok {
		m.all[d.Person] = append(m.all[d.Person], d.ID)
		m.tokens[d.Token] = d.ID
	}
	m.deliveries[d.ID] = d
	if d.State != Waiting {
		delete(m.owed[d.Person], d.ID)
		return
	}
	if m.owed[d.Person] == nil {
		m.owed[d.Person] = map[string]bool{}
	}
	m.owed[d.Person][d.ID] = true
	if q := m.waiting[d.Channel]; q != nil {
		heap.Push(q, item{claimable(d), d.ID})
	}
}

func (m *mem) InsertDeliveries(_ context.Context, ds []Delivery) (inserted []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range ds {
		if _, ok := m.deliveries[d.ID]; !ok {
			m.set(d)
			inserted = append(inserted, d.ID)
		}
	}
	return inserted, nil
}

func (m *mem) ClaimDelivery(_ context.Context, channel string, now, leaseUntil time.Time) (d Delivery, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for q := m.waiting[channel]; q.Len() > 0 && !(*q)[0].at.After(now); {
		x := heap.Pop(q).(item)
		d := m.deliveries[x.id]
		if d.State == Waiting && claimable(d).Equal(x.at) {
			d.LeaseUntil = leaseUntil
			d.Fence++
			m.set(d)
			return d, true, nil
		}
	}
	return d, false, nil
}

func (m *mem) SettleDelivery(_ context.Context, d Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.deliveries[d.ID]
	if old.State != Waiting || old.Fence != d.Fence {
		return fault.New(fault.Conflict, "changed_meanwhile", "claimed by another")
	}
	d.OpenedAt, d.SnoozedTo = old.OpenedAt, old.SnoozedTo
	m.set(d)
	return nil
}

// put stores an enrolment.
func (m *mem) put(e learning.Enrolment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.enrolments[e.ID]; !ok && m.byPerson != nil {
		m.byPerson[e.Person] = append(m.byPerson[e.Person], e.ID)
		m.indexed++
	}
	m.enrolments[e.ID] = e
}

// index makes the index of enrolments by person, which put then keeps.
func (m *mem) index() {
	m.byPerson, m.indexed = map[people.ID][]learning.EnrolmentID{}, len(m.enrolments)
	for id, e := range m.enrolments {
		m.byPerson[e.Person] = append(m.byPerson[e.Person], id)
	}
	for _, ids := range m.byPerson {
		slices.Sort(ids)
	}
}

func (m *mem) find(keep func(Delivery) bool) []Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	ds := slices.SortedFunc(maps.Values(m.deliveries), func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return slices.DeleteFunc(ds, func(d Delivery) bool { return !keep(d) })
}

func (m *mem) WaitingDeliveries(_ context.Context, p people.ID, until time.Time) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ds []Delivery
	for _, id := range slices.Sorted(maps.Keys(m.owed[p])) {
		if d := m.deliveries[id]; !d.NotBefore.After(until) {
			ds = append(ds, d)
		}
	}
	return ds, nil
}

func (m *mem) Deliveries(_ context.Context, ids []string) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ds []Delivery
	for _, id := range ids {
		if d, ok := m.deliveries[id]; ok {
			ds = append(ds, d)
		}
	}
	return ds, nil
}

func (m *mem) DeliveriesOf(_ context.Context, p people.ID) ([]Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ds []Delivery
	for _, id := range m.all[p] {
		ds = append(ds, m.deliveries[id])
	}
	return ds, nil
}

func (m *mem) CampaignDeliveries(_ context.Context, c string, why Reason, after string, limit int) ([]Delivery, error) {
	ds := m.find(func(d Delivery) bool { return d.Campaign == c && d.ID > after && (why == "" || d.Reason == why) })
	return ds[:min(limit, len(ds))], nil
}

func (m *mem) OpenDelivery(_ context.Context, p people.ID, token string, at time.Time) error {
	for _, d := range m.find(func(d Delivery) bool { return d.Person == p && d.Token == token }) {
		m.mu.Lock()
		d.OpenedAt = &at
		m.deliveries[d.ID] = d
		m.mu.Unlock()
		return nil
	}
	return fault.New(fault.NotFound, "delivery_not_found", "no such delivery")
}

func (m *mem) DeliveryByToken(_ context.Context, p people.ID, token string) (Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.deliveries[m.tokens[token]]; d.ID != "" && d.Person == p {
		return d, nil
	}
	return Delivery{}, fault.New(fault.NotFound, "delivery_not_found", "no such delivery")
}

func (m *mem) SnoozeDelivery(_ context.Context, id string, at, to time.Time) (Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.deliveries[id]
	if d.OpenedAt == nil {
		d.OpenedAt = &at
	}
	if d.SnoozedTo == nil {
		d.SnoozedTo = &to
	}
	m.deliveries[id] = d
	return d, nil
}

func (m *mem) CountUp(_ context.Context, day, what string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[day+":"+what]++
	return nil
}

func (m *mem) ChangeSettings(_ context.Context, a people.Actor, f func(*people.Settings)) (people.Person, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.people[a.ID]
	f(&p.Settings)
	m.people[a.ID] = p
	return p, nil
}

func (m *mem) EnrolmentsOf(_ context.Context, p people.ID) (es []learning.Enrolment, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.indexed != len(m.enrolments) {
		m.index()
	}
	for _, id := range m.byPerson[p] {
		es = append(es, m.enrolments[id])
	}
	return es, nil
}

func (m *mem) Budget(_ context.Context, p people.ID) (Budget, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.budgets[p]
	b.Person = p
	return b, nil
}

func (m *mem) PutBudget(_ context.Context, b Budget) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.budgets[b.Person].Version != b.Version {
		return fault.New(fault.Conflict, "changed_meanwhile", "changed")
	}
	b.Version++
	m.budgets[b.Person] = b
	return nil
}

func (m *mem) PutSubscription(_ context.Context, s Subscription) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.devices[s.ID]; ok {
		s.CreatedAt = old.CreatedAt
	}
	m.devices[s.ID] = s
	return nil
}

func (m *mem) Subscriptions(_ context.Context, p people.ID) ([]Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ds []Subscription
	if m.ownDevices != len(m.devices) {
		m.own, m.ownDevices = map[people.ID][]string{}, len(m.devices)
		for id, s := range m.devices {
			m.own[s.Person] = append(m.own[s.Person], id)
		}
	}
	for _, id := range m.own[p] {
		if s := m.devices[id]; s.Person == p {
			ds = append(ds, s)
		}
	}
	slices.SortFunc(ds, func(a, b Subscription) int {
		return cmp.Or(b.LastSeenAt.Compare(a.LastSeenAt), cmp.Compare(a.ID, b.ID))
	})
	return ds, nil
}

func (m *mem) DeleteSubscription(_ context.Context, p people.ID, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.devices[id]; !ok || s.Person != p {
		return false, nil
	}
	delete(m.devices, id)
	return true, nil
}

func (m *mem) Enrolment(_ context.Context, id learning.EnrolmentID) (learning.Enrolment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.enrolments[id]
	if !ok {
		return e, fault.New(fault.NotFound, "enrolment_not_found", "no such enrolment")
	}
	return e, nil
}

func (m *mem) Person(_ context.Context, id people.ID) (people.Person, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.people[id]
	if !ok {
		return p, fault.New(fault.NotFound, "person_not_found", "no such person")
	}
	return p, nil
}

func (m *mem) Campaign(_ context.Context, id campaign.ID) (campaign.Campaign, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.campaigns[id]
	if !ok {
		return c, fault.New(fault.NotFound, "campaign_not_found", "no such campaign")
	}
	return c, nil
}

func (m *mem) Version(_ context.Context, id course.ID, n int) (*course.Published, error) {
	return &course.Published{Summary: course.Summary{
		ID: id, N: n, Title: people.Text{Vi: "Nhận biết lừa đảo", En: "Spot the scam"}, Minutes: 18,
	}}, nil
}

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
	w.mem.campaigns["c1"] = campaign.Campaign{ID: "c1", State: campaign.Running, Remind: true}
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
	w.mem.devices[id] = Subscription{ID: id, Person: p, Endpoint: endpoint, LastSeenAt: w.now}
}

// enrol enrols a person in a course for a campaign, due at the end of day.
func (w *world) enrol(t testing.TB, c campaign.ID, p people.ID, crs course.ID, day string) learning.Enrolment {
	t.Helper()
	due, err := time.ParseInLocation(campaign.Day, day, w.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	due = due.AddDate(0, 0, 1).Add(-time.Millisecond).UTC()
	e := learning.Enrolment{ID: learning.NewEnrolmentID(crs, p, 1), Person: p, Course: crs, Cycle: 1, N: 1, DueAt: &due, State: learning.Assigned, ChangedAt: w.now}
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
