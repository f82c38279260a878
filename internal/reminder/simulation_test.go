package reminder

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// life is a simulation: what is known of every push, to be held to the rules.
type life struct {
	*world
	rng    *rand.Rand
	pushes map[people.ID][]time.Time
	tokens map[string]int
	done   map[learning.EnrolmentID]time.Time
	bad    map[string]int
}

func (l *life) fail(rule string) { l.bad[rule]++ }

// judge is called by the push service for every message it takes.
func (l *life) judge(s Subscription, m Message) {
	var d declarative
	if err := json.Unmarshal(m.Payload, &d); err != nil {
		l.fail("payload: " + err.Error())
		return
	}
	u, err := url.Parse(d.Notification.Navigate)
	if err != nil {
		l.fail("address: " + err.Error())
		return
	}
	if l.tokens[u.Query().Get("delivery")]++; l.tokens[u.Query().Get("delivery")] > 1 {
		l.fail("the same step twice")
	}
	win := windowOf(l.mem.people[s.Person], l.Calendar)
	if !win.open(l.now) {
		l.fail("outside the window")
	}
	if end := l.now.Add(m.TTL); end.After(win.end(l.now).Add(time.Minute)) {
		l.fail("kept beyond the window")
	}
	week := 0
	for _, at := range l.pushes[s.Person] {
		if win.sameDay(at, l.now) {
			l.fail("two on a day")
		}
		if l.now.Sub(at) < aWeek {
			week++
		}
	}
	if week >= perWeek(Push) {
		l.fail("four in a week")
	}
	l.pushes[s.Person] = append(l.pushes[s.Person], l.now)
}

// TestSixtyDays lets 500 people live through two months with three campaigns, a
// week of holidays, three time zones, push services that fail, lost devices, a
// pause and two dispatchers, and holds every push to the rules. The seed is
// printed; setting it here replays the run.
func TestSixtyDays(t *testing.T) {
	const seed = 20260202
	t.Log("seed", seed)
	l := &life{
		world: newWorld(t), rng: rand.New(rand.NewPCG(seed, 1)), pushes: map[people.ID][]time.Time{},
		tokens: map[string]int{}, done: map[learning.EnrolmentID]time.Time{}, bad: map[string]int{},
	}
	l.now = time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)
	l.pusher.answer = func(Subscription) Answer {
		switch n := l.rng.IntN(100); {
		case n < 85:
			return Answer{Outcome: Accepted, Status: 201}
		case n < 90:
			return Answer{Outcome: Later, Status: 429, RetryAfter: time.Duration(l.rng.IntN(120)) * time.Minute}
		case n < 99:
			return Answer{Outcome: Later}
		default:
			return Answer{Outcome: Gone, Status: 410}
		}
	}
	zones := []string{"", "", "", "Europe/Berlin", "America/New_York"}
	for i := range 500 {
		p := people.ID(fmt.Sprintf("p%03d", i))
		l.person(p, zones[l.rng.IntN(len(zones))])
		if l.rng.IntN(10) > 0 {
			l.device(p, "1")
		}
		for j, due := range []string{"2026-02-27", "2026-03-02", "2026-03-16"} {
			c := campaign.ID(fmt.Sprintf("s%d", j))
			l.mem.campaigns[c] = campaign.Campaign{ID: c, State: campaign.Running, Remind: true}
			l.enrol(t, c, p, course.ID(fmt.Sprintf("course%d", j)), due)
		}
	}
	taken := 0
	for end := l.now.AddDate(0, 0, 60); l.now.Before(end); l.now = l.now.Add(15 * time.Minute) {
		l.learn()
		switch l.now.Format("01-02 15:04") {
		case "03-09 00:00":
			l.mem.campaigns["s2"] = campaign.Campaign{ID: "s2", State: campaign.Paused, Remind: true}
		case "03-11 00:00":
			l.mem.campaigns["s2"] = campaign.Campaign{ID: "s2", State: campaign.Running, Remind: true}
		}
		for range 2 { // one after the other, so that a seed gives one run
			if _, err := (&Dispatcher{Service: l.Service, Workers: 1, Log: l.Log}).Tick(t.Context(), l.now); err != nil {
				t.Fatal(err)
			}
		}
		for ; taken < len(l.pusher.took); taken++ {
			l.judge(l.pusher.took[taken].device, l.pusher.took[taken].message)
		}
	}
	for rule, n := range l.bad {
		t.Errorf("%s: %d times", rule, n)
	}
	why := map[Reason]int{}
	for _, d := range l.mem.find(func(d Delivery) bool { return d.State != Waiting }) {
		why[d.Reason]++
		if at, ok := l.done[d.Enrolment]; ok && (d.Reason == ReasonSent || d.Reason == ReasonMerged) && d.SettledAt.After(at) {
			t.Errorf("%s went out at %v, after the completion at %v", d.ID, d.SettledAt, at)
		}
	}
	t.Log("pushes", taken, "ledger", why)
	for _, r := range []Reason{ReasonSent, ReasonMerged, ReasonDoneBefore, ReasonNoSubscription} {
		if why[r] == 0 {
			t.Errorf("the ledger has no %s: the simulation does not try it", r)
		}
	}
	if taken < 2000 {
		t.Errorf("%d pushes, want at least 2000: the simulation is too quiet", taken)
	}
}

// learn lets a few people start or complete something.
func (l *life) learn() {
	for range 3 {
		p := people.ID(fmt.Sprintf("p%03d", l.rng.IntN(700)))
		id := learning.NewEnrolmentID(course.ID(fmt.Sprintf("course%d", l.rng.IntN(3))), p, 1)
		e, ok := l.mem.enrolments[id]
		if !ok || !e.Open() || l.rng.IntN(4) > 0 {
			continue
		}
		if e.State, e.ChangedAt = learning.Started, l.now; l.rng.IntN(2) == 0 {
			e.State = learning.Completed
			l.done[id] = l.now
		}
		l.mem.enrolments[id] = e
	}
}
