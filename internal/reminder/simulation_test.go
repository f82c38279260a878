package reminder

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// The size of the simulation; make year runs the whole one.
var (
	simPeople = flag.Int("sim.people", 200, "people in the simulation")
	simDays   = flag.Int("sim.days", 90, "its length")
	simSeed   = flag.Uint64("sim.seed", seedOf(os.Getenv("HOCSO_SIM_SEED")), "what it is drawn from")
)

func seedOf(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 20260202
	}
	return n
}

// life is a simulation: what is known of every message, to be held to the rules.
type life struct {
	*world
	rng     *rand.Rand
	sent    map[string]map[people.ID][]time.Time // by channel
	steps   map[string]int                       // messages by token
	last    map[string]time.Time                 // when, by token
	devices map[string]int                       // messages by token and device
	done    map[learning.EnrolmentID]time.Time
	snoozed int
	bad     map[string]int
	ledger  map[string]int // what became of deliveries that are forgotten
	sum     int            // of their messages
	n       int            // people that there are or were
	courses int
}

func (l *life) fail(rule string) { l.bad[rule]++ }

// judge is called for every message that a service took.
func (l *life) judge(channel string, p people.ID, token string) {
	if l.last[token].Equal(l.now) {
		return // the same message, to another device
	}
	l.last[token] = l.now
	if l.steps[token]++; l.steps[token] > 1 {
		l.fail("the same step twice")
	}
	d := l.mem.deliveries[l.mem.tokens[token]]
	win := windowOf(l.mem.people[p], l.Calendar)
	if !win.open(l.now) {
		l.fail("outside the window: " + channel)
	}
	if l.mem.people[p].Status.Ended() {
		l.fail("to somebody who left")
	}
	if heldOut(campaign.ID(d.Campaign), p, holdOut) {
		l.fail("to somebody held out")
	}
	if e := l.mem.enrolments[d.Enrolment]; e.State == learning.Completed || e.ChangedAt.Add(learnPause).After(l.now) && e.State == learning.Started {
		l.fail("after completion, or while learning")
	}
	if channel == Email && l.mem.people[p].Settings.NoMail {
		l.fail("mail to somebody who left mail")
	}
	week := 0
	for c, byPerson := range l.sent {
		for _, at := range byPerson[p] {
			switch {
			case d.Snooze > 0: // they asked for it
			case c == channel && win.sameDay(at, l.now):
				l.fail("two on a day: " + channel)
			case l.now.Sub(at) < sendPause:
				l.fail("within three hours of another")
			case c == channel && l.now.Sub(at) < aWeek:
				week++
			}
		}
	}
	if week >= perWeek(channel) {
		l.fail("too many in a week: " + channel)
	}
	old := slices.DeleteFunc(l.sent[channel][p], func(at time.Time) bool { return l.now.Sub(at) > aWeek })
	l.sent[channel][p] = append(old, l.now)
}

const holdOut = 5 // per cent

// tokenOf is the token in an address of the app.
func tokenOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("delivery")
}

// push is the push service: it fails now and then, and judges what it takes.
func (l *life) push(s Subscription, m Message) Answer {
	luck := l.luck(s.ID) // not in turn: devices are asked at once
	switch n := luck.IntN(100); {
	case n < 5:
		return Answer{Outcome: Later, Status: 429, RetryAfter: time.Duration(luck.IntN(120)) * time.Minute}
	case n < 12:
		return Answer{Outcome: Later}
	case n < 13:
		return Answer{Outcome: Gone, Status: 410}
	}
	var d declarative
	if err := json.Unmarshal(m.Payload, &d); err != nil {
		l.fail("payload: " + err.Error())
	}
	if win := windowOf(l.mem.people[s.Person], l.Calendar); l.now.Add(m.TTL).After(win.end(l.now).Add(time.Minute)) {
		l.fail("kept beyond the window")
	}
	token := tokenOf(d.Notification.Navigate)
	if l.devices[token+s.ID]++; l.devices[token+s.ID] > 1 {
		l.fail("twice to one device")
	}
	l.judge(Push, s.Person, token)
	return Answer{Outcome: Accepted, Status: 201}
}

// luck is drawn from the seed, the time and what it is for.
func (l *life) luck(what string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, what, l.now.Unix())
	return rand.New(rand.NewPCG(*simSeed, h.Sum64()))
}

// mail is the mail server.
func (l *life) mail(p people.ID, m letter.Mail) error {
	switch n := l.luck(string(p)).IntN(1000); {
	case n < 50:
		return fmt.Errorf("451")
	case n < 53:
		return letter.ErrBounced
	}
	_, rest, _ := strings.Cut(m.Text, "https://")
	line, _, _ := strings.Cut(rest, "\n")
	l.judge(Email, p, tokenOf("https://"+line))
	return nil
}

func (l *life) pick() people.ID { return people.ID(fmt.Sprintf("p%05d", l.rng.IntN(l.n))) }

// join adds a person, perhaps with a device, in one of four zones, and enrols them in
// every campaign that runs, with at least five working days.
func (l *life) join(t *testing.T) {
	p := people.ID(fmt.Sprintf("p%05d", l.n))
	l.n++
	l.person(p, []string{"", "", "", "Europe/Berlin", "America/New_York", "Pacific/Auckland"}[l.rng.IntN(6)])
	if l.rng.IntN(10) < 7 {
		l.device(p, "1")
	}
	for j := range l.courses {
		if due := l.dueOf(j); due.After(l.now) {
			l.assign(t, j, p, due)
		}
	}
}

// dueOf is the due time of the jth campaign: one begins every twelve days and runs for five weeks.
func (l *life) dueOf(j int) time.Time {
	return start().AddDate(0, 0, 12*j+35).Add(17*time.Hour - time.Millisecond)
}

func start() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

func (l *life) assign(t *testing.T, j int, p people.ID, due time.Time) {
	if newcomer := l.Calendar.AfterWorkingDays(l.now, 5); newcomer.After(due) {
		due = newcomer
	}
	c, crs := campaign.ID(fmt.Sprint("s", j)), course.ID(fmt.Sprint("course", j))
	e := learning.Enrolment{ID: learning.NewEnrolmentID(crs, p, 1), Person: p, Course: crs, Cycle: 1, N: 1, DueAt: &due, Campaigns: []string{string(c)}, State: learning.Assigned, ChangedAt: l.now}
	l.mem.put(e)
	if err := l.PlanReminders(t.Context(), l.mem.campaigns[c], []people.Person{l.mem.people[p]}, []learning.Enrolment{e}, l.now); err != nil {
		t.Fatal(err)
	}
}

// hour lets people live for an hour: learn, look, put off, come, go, change devices.
func (l *life) hour(t *testing.T) {
	few := max(1, l.n/400)
	for range few * 2 {
		es, _ := l.mem.EnrolmentsOf(t.Context(), l.pick())
		if len(es) == 0 {
			continue
		}
		e := es[l.rng.IntN(len(es))]
		if !e.Open() {
			continue
		}
		if e.State, e.ChangedAt = learning.Started, l.now; l.rng.IntN(3) == 0 {
			e.State = learning.Completed
			l.done[e.ID] = l.now
		}
		l.mem.put(e)
	}
	for range few {
		p := l.pick()
		switch x := l.mem.people[p]; l.rng.IntN(12) {
		case 0:
			l.device(p, fmt.Sprint(l.rng.IntN(3)))
		case 1:
			ds, _ := l.mem.Subscriptions(t.Context(), p)
			for _, s := range ds {
				_, _ = l.mem.DeleteSubscription(t.Context(), p, s.ID)
			}
		case 2:
			x.Settings.NoMail = l.rng.IntN(3) == 0
			l.mem.people[p] = x
		case 3, 4, 5:
			at := l.now
			x.LastSeenAt = &at
			l.mem.people[p] = x
		case 6:
			if l.rng.IntN(20) == 0 {
				x.Status = people.Closed
				l.mem.people[p] = x
			}
		case 7:
			if l.rng.IntN(10) == 0 {
				l.join(t)
			}
		case 8:
			x.Settings.TimeZone = []string{"", "Europe/Berlin", "Asia/Tokyo"}[l.rng.IntN(3)]
			l.mem.people[p] = x
		default:
			ds, _ := l.mem.DeliveriesOf(t.Context(), p)
			for _, d := range ds {
				if d.State == Sent && d.SettledAt.After(l.now.Add(-6*time.Hour)) {
					if _, err := l.Snooze(t.Context(), people.Actor{ID: p}, d.Token, []When{Afternoon, Tomorrow}[l.rng.IntN(2)]); err == nil {
						l.snoozed++
					}
				}
			}
		}
	}
}

// TestYear lets people live with campaigns that overlap, joiners and leavers, zones,
// holidays (one of them new in the middle), devices that come and go, push and mail
// services that fail, what is put off, a pause, and two dispatchers, and holds every
// message to the rules. The seed is printed; -sim.seed replays the run.
func TestYear(t *testing.T) {
	t.Logf("seed %d, %d people, %d days", *simSeed, *simPeople, *simDays)
	synctest.Test(t, func(t *testing.T) {
		l := &life{
			world: newWorld(t), rng: rand.New(rand.NewPCG(*simSeed, 1)), sent: map[string]map[people.ID][]time.Time{Push: {}, Email: {}},
			steps: map[string]int{}, last: map[string]time.Time{}, devices: map[string]int{}, done: map[learning.EnrolmentID]time.Time{}, bad: map[string]int{},
			ledger: map[string]int{},
		}
		l.Log = slog.New(slog.DiscardHandler)
		clear(l.mem.people)
		clear(l.mem.devices)
		l.mem.index()
		time.Sleep(time.Until(start())) // the bubble begins in 2000
		l.now = start()
		l.pusher.judge, l.post.judge = l.push, l.mail
		for range *simPeople {
			l.join(t)
		}
		for end := l.now.AddDate(0, 0, *simDays); l.now.Before(end); {
			l.step(t)
			time.Sleep(10 * time.Minute)
			l.now = time.Now().UTC()
		}
		l.report(t)
	})
}

// step is ten minutes.
func (l *life) step(t *testing.T) {
	since := l.now.Sub(start())
	if since%(12*24*time.Hour) == 0 && l.dueOf(l.courses).Before(start().AddDate(0, 0, *simDays)) {
		j := l.courses
		l.courses++
		c := campaign.ID(fmt.Sprint("s", j))
		y := usual()
		y.HoldOut = holdOut
		l.mem.campaigns[c] = running(c, y)
		for i := range l.n {
			p := people.ID(fmt.Sprintf("p%05d", i))
			if !l.mem.people[p].Status.Ended() {
				l.assign(t, j, p, l.dueOf(j))
			}
		}
	}
	if since%time.Hour == 0 {
		l.hour(t)
	}
	if since%(10*24*time.Hour) == 0 {
		l.forget(t)
	}
	switch c := l.mem.campaigns["s1"]; l.now.Format("01-02 15:04") {
	case "02-09 00:00":
		c.State = campaign.Paused
		l.mem.campaigns["s1"] = c
	case "02-10 06:00":
		c.State = campaign.Running
		l.mem.campaigns["s1"] = c
	case "02-24 03:00": // a holiday at short notice
		l.Calendar.Holidays = slices.Sorted(slices.Values(append(slices.Clone(l.Calendar.Holidays), "2026-02-25")))
	}
	for _, channel := range []string{Push, Email, Push} { // one after the other, so that a seed gives one run
		if _, err := (&Dispatcher{Service: l.Service, Channel: channel, Workers: 1, Log: l.Log}).Tick(t.Context(), l.now); err != nil {
			t.Fatal(err)
		}
	}
}

// forget does what the database does with deliveries that are past their end, after
// holding them to the rules.
func (l *life) forget(t *testing.T) {
	for _, d := range l.mem.find(func(d Delivery) bool { return d.ExpiresAt.Before(l.now) }) {
		l.audit(t, d)
		l.sum += l.steps[d.Token]
		delete(l.steps, d.Token)
		delete(l.last, d.Token)
		l.mem.forget(d)
	}
}

// audit holds what the ledger says of a delivery to what went out.
func (l *life) audit(t *testing.T, d Delivery) {
	l.ledger[d.Channel+" "+cmp.Or(string(d.Reason), "waiting")]++
	if at, ok := l.done[d.Enrolment]; ok && (d.Reason == ReasonSent || d.Reason == ReasonMerged) && d.SettledAt.After(at) {
		t.Errorf("%s went out at %v, after the completion at %v", d.ID, d.SettledAt, at)
	}
	if d.Reason == ReasonSent && l.steps[d.Token] != 1 {
		t.Errorf("%s is sent in the ledger, and went out %d times", d.ID, l.steps[d.Token])
	}
	if d.Reason != ReasonSent && l.steps[d.Token] != 0 {
		t.Errorf("%s is %s in the ledger, and went out", d.ID, d.Reason)
	}
	if d.State == Waiting && d.NotAfter.Before(l.now.Add(-time.Hour)) {
		t.Errorf("%s waits since %v", d.ID, d.NotBefore)
	}
}

func (l *life) report(t *testing.T) {
	for rule, n := range l.bad {
		t.Errorf("%s: %d times", rule, n)
	}
	for _, d := range l.mem.find(func(Delivery) bool { return true }) {
		l.audit(t, d)
	}
	messages := l.sum
	for _, n := range l.steps {
		messages += n
	}
	t.Logf("%d people, %d campaigns, %d messages, %d put off, %d broken rules; ledger %v", l.n, l.courses, messages, l.snoozed, len(l.bad), l.ledger)
	for _, r := range []string{"push sent", "push merged", "push done_before", "push no_subscription", "push capped", "push held_out", "email sent", "email merged", "email seen", "email opted_out", "email bounced", "email snoozed"} {
		if l.ledger[r] == 0 {
			t.Errorf("the ledger has no %s: the simulation does not try it", r)
		}
	}
	if messages < *simPeople*2 {
		t.Errorf("%d messages for %d people: the simulation is too quiet", messages, *simPeople)
	}
}
