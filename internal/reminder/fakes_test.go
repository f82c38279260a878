package reminder

import (
	"cmp"
	"container/heap"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
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

// forget deletes d.
func (m *mem) forget(d Delivery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.deliveries, d.ID)
	delete(m.tokens, d.Token)
	delete(m.owed[d.Person], d.ID)
	m.all[d.Person] = slices.DeleteFunc(m.all[d.Person], func(id string) bool { return id == d.ID })
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
	var ds []Delivery
	for _, d := range m.deliveries {
		if keep(d) {
			ds = append(ds, d)
		}
	}
	slices.SortFunc(ds, func(a, b Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return ds
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
	old, ok := m.devices[s.ID]
	if ok {
		s.CreatedAt = old.CreatedAt
	}
	m.devices[s.ID] = s
	if m.own != nil && (!ok || old.Person != s.Person) {
		m.own[s.Person] = append(m.own[s.Person], s.ID)
		if !ok {
			m.ownDevices++
		}
	}
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
	if m.own != nil {
		m.own[p] = slices.DeleteFunc(m.own[p], func(x string) bool { return x == id })
		m.ownDevices--
	}
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
