package reminder

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

const d7 = "c1:lan:phishing.d-7:push" // due on Friday 6 March 2026

func TestTickSendsOnceAndPlansOn(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	for _, tt := range []struct {
		at   string
		want int
	}{{"2026-03-06 07:59", 0}, {"2026-03-06 16:59", 1}, {"2026-03-06 16:59", 0}, {"2026-03-10 16:59", 1}, {"2026-03-12 16:59", 1}} {
		if got := w.tick(t, tt.at); got != tt.want {
			t.Errorf("at %s: %d sent, want %d", tt.at, got, tt.want)
		}
	}
	want := []string{"Còn 7 ngày: Nhận biết lừa đảo, 18 phút", "Còn 3 ngày: Nhận biết lừa đảo, 18 phút", "Còn 1 ngày: Nhận biết lừa đảo, 18 phút"}
	if got := w.pusher.bodies(t); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	if waiting := w.mem.find(func(d Delivery) bool { return d.State == Waiting && d.Channel == Push }); len(waiting) != 1 || waiting[0].Step != "d+1" {
		t.Errorf("waiting: %+v, want d+1 alone", waiting)
	}
}

// The message holds an opaque id and neutral text, and waits no longer than the window.
func TestMessage(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.tick(t, "2026-03-06 16:30")
	if len(w.pusher.took) != 1 {
		t.Fatalf("%d pushes, want 1", len(w.pusher.took))
	}
	m := w.pusher.took[0].message
	var got declarative
	if err := json.Unmarshal(m.Payload, &got); err != nil {
		t.Fatal(err)
	}
	want := declarative{8030, notification{
		Title: "Học Số", Body: "Còn 7 ngày: Nhận biết lừa đảo, 18 phút", Lang: "vi", Tag: short("c1"),
		Navigate: "https://hocso.example/courses/phishing?delivery=" + short(d7),
	}}
	want.Notification.Actions = []action{
		{"afternoon", "Chiều nay", want.Notification.Navigate + "&snooze=afternoon"}, {"tomorrow", "Ngày mai", want.Notification.Navigate + "&snooze=tomorrow"},
	}
	if !reflect.DeepEqual(got, want) || m.TTL != 30*time.Minute || m.Topic != short("c1") || m.Urgent || len(m.Payload) > 2000 {
		t.Errorf("message %s, TTL %v, topic %s, urgent %v; want %+v, 30m, %s", m.Payload, m.TTL, m.Topic, m.Urgent, want, short("c1"))
	}
	if strings.Contains(string(m.Payload), "lan") && !strings.Contains(string(m.Payload), `"lang"`) || strings.Contains(string(m.Payload), ":lan:") {
		t.Errorf("message %s names the person", m.Payload)
	}
}

func TestLedgerSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(w *world)
		at     string
		want   Reason
	}{
		{"sent", func(*world) {}, "2026-03-06 16:59", ReasonSent},
		{"done before", func(w *world) { w.set(learning.Completed) }, "2026-03-06 16:59", ReasonDoneBefore},
		{"enrolment gone", func(w *world) { delete(w.mem.enrolments, "phishing:lan:1") }, "2026-03-06 16:59", ReasonClosed},
		{"person gone", func(w *world) { delete(w.mem.people, "lan") }, "2026-03-06 16:59", ReasonClosed},
		{"campaign cancelled", func(w *world) { w.mem.campaigns["c1"] = campaign.Campaign{State: campaign.Cancelled} }, "2026-03-06 16:59", ReasonClosed},
		{"campaign paused", func(w *world) { w.mem.campaigns["c1"] = campaign.Campaign{State: campaign.Paused} }, "2026-03-06 16:59", ReasonPaused},
		{"no device", func(w *world) { clear(w.mem.devices) }, "2026-03-06 16:59", ReasonNoSubscription},
		{"next morning", func(*world) {}, "2026-03-07 08:00", ReasonExpired},
		{"device gone", func(w *world) { w.answers(Answer{Outcome: Gone, Status: 410}) }, "2026-03-06 16:59", ReasonNoSubscription},
		{"refused", func(w *world) { w.answers(Answer{Outcome: Refused, Status: 403}) }, "2026-03-06 16:59", ReasonFailed},
		{"away until the evening", func(w *world) { w.answers(Answer{Outcome: Later, Status: 503}) }, "2026-03-06 16:59", ReasonFailed},
		{"told to wait for a day", func(w *world) { w.answers(Answer{Outcome: Later, Status: 429, RetryAfter: 24 * time.Hour}) }, "2026-03-06 16:30", ReasonFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
			tt.change(w)
			w.tick(t, tt.at)
			if got := w.ledger(); got[d7] != tt.want || len(got) != 1 {
				t.Errorf("ledger %v, want %s for d-7", got, tt.want)
			}
		})
	}
}

func (w *world) set(s learning.State) {
	e := w.mem.enrolments["phishing:lan:1"]
	e.State = s
	w.mem.enrolments[e.ID] = e
}

func (w *world) answers(a Answer) { w.pusher.answer = func(Subscription) Answer { return a } }

func TestOnlyGoneRemovesADevice(t *testing.T) {
	for outcome, want := range map[Outcome]int{Accepted: 1, Gone: 0, Refused: 1, Later: 1} {
		w := newWorld(t)
		w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
		w.answers(Answer{Outcome: outcome})
		w.tick(t, "2026-03-06 16:30")
		if got := len(w.mem.devices); got != want {
			t.Errorf("after %s %d devices are left, want %d", outcome, got, want)
		}
	}
}

func TestRetries(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	at := w.mem.deliveries[d7].NotBefore.In(w.Calendar.Zone)
	w.answers(Answer{Outcome: Later, Status: 503})
	w.tick(t, at.Format("2006-01-02 15:04"))
	w.tick(t, at.Add(time.Minute).Format("2006-01-02 15:04"))
	first := w.mem.deliveries[d7]
	if first.Tries != 1 || len(w.mem.budgets["lan"].Sends) != 0 {
		t.Errorf("after a failure: %d tries, budget %+v; want 1 and nothing spent", first.Tries, w.mem.budgets["lan"].Sends)
	}
	w.answers(Answer{Outcome: Accepted})
	if n := w.tick(t, at.Add(4*time.Minute).Format("2006-01-02 15:04")); n != 1 {
		t.Errorf("after the service came back %d went out, want 1", n)
	}
}

func TestBackoff(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: time.Minute, 2: 2 * time.Minute, 4: 8 * time.Minute, 7: time.Hour, 50: time.Hour} {
		got := backoff(Delivery{ID: d7, Tries: tries})
		if got < want || got > want+want/4 {
			t.Errorf("backoff after %d tries: %v, want %v and at most a quarter more", tries, got, want)
		}
	}
}

// Two campaigns and two courses on one day are one push that names the count.
func TestMerge(t *testing.T) {
	w := newWorld(t)
	w.mem.campaigns["c2"] = running("c2", usual())
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.enrol(t, "c1", "lan", "passwords", "2026-03-13")
	w.enrol(t, "c2", "lan", "privacy", "2026-03-13")
	// A worker that meets another one's push waits, and finds at the next tick that it was merged.
	if n := w.tick(t, "2026-03-06 16:50") + w.tick(t, "2026-03-06 16:59"); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
	if got, want := w.pusher.bodies(t), []string{"3 việc cần làm, 54 phút"}; !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	count := map[Reason]int{}
	for _, r := range w.ledger() {
		count[r]++
	}
	if want := map[Reason]int{ReasonSent: 1, ReasonMerged: 2}; !maps.Equal(count, want) {
		t.Errorf("ledger %v, want %v", count, want)
	}
	if waiting := w.mem.find(func(d Delivery) bool { return d.State == Waiting && d.Step == "d-3" }); len(waiting) != 3 {
		t.Errorf("%d go on to d-3, want 3", len(waiting))
	}
}

// Whoever takes the lease after a crash between push and ledger writes the ledger, and pushes no more.
func TestCrashAfterTheBudget(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.mem.budgets["lan"] = Budget{Person: "lan", Version: 1, Sends: []Send{{Delivery: d7, Done: true}}}
	w.tick(t, "2026-03-06 16:59")
	if got := w.ledger(); got[d7] != ReasonSent || len(w.pusher.took) != 0 {
		t.Errorf("ledger %v with %d pushes, want sent without one", got, len(w.pusher.took))
	}
}

// A dispatcher that slept longer than its lease cannot settle what another took over.
func TestFence(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	now := w.mem.deliveries[d7].NotBefore
	old, ok, err := w.mem.ClaimDelivery(t.Context(), Push, now, now.Add(leaseFor))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, _ := w.mem.ClaimDelivery(t.Context(), Push, now.Add(leaseFor-time.Second), now); ok {
		t.Error("claimed while it was leased")
	}
	if _, ok, _ := w.mem.ClaimDelivery(t.Context(), Push, now.Add(leaseFor), now.Add(2*leaseFor)); !ok {
		t.Error("not claimed after the lease ran out")
	}
	if err := w.mem.SettleDelivery(t.Context(), old); err == nil {
		t.Error("settled with an old fence")
	}
}

// Two dispatchers on one store send each reminder once.
func TestTwoDispatchers(t *testing.T) {
	w := newWorld(t)
	w.mem.campaigns["c2"] = running("c2", usual())
	for i := range 60 {
		p := people.ID("p" + string(rune('A'+i)))
		w.person(p, "")
		w.device(p, "1")
		w.enrol(t, "c1", p, "phishing", "2026-03-13")
		w.enrol(t, "c2", p, "passwords", "2026-03-13")
	}
	w.now = time.Date(2026, 3, 6, 9, 59, 0, 0, time.UTC)
	for range 3 { // those that met another on its way come back after a minute
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := (&Dispatcher{Service: w.Service, Workers: 4, Log: w.Log}).Tick(context.Background(), w.now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	perDevice := map[string]int{}
	for _, x := range w.pusher.took {
		perDevice[x.device.ID]++
	}
	for id, n := range perDevice {
		if n != 1 {
			t.Errorf("device %s got %d pushes, want 1", id, n)
		}
	}
	if len(perDevice) != 60 {
		t.Errorf("%d devices got a push, want 60", len(perDevice))
	}
}

func TestOpened(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	for i, who := range []people.ID{"mai", "lan"} {
		if err := w.Opened(t.Context(), who, short(d7)); err != nil {
			t.Fatal(err)
		}
		if got, want := w.mem.deliveries[d7].OpenedAt != nil, i == 1; got != want {
			t.Errorf("opened by %s: %v, want %v", who, got, want)
		}
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
		start := time.Now()
		w.Service.Now = func() time.Time { return w.now.Add(time.Since(start)) }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			(&Dispatcher{Service: w.Service, Log: w.Log}).Run(ctx, time.Minute)
		}()
		for _, want := range []int{0, 0, 0, 0, 1, 1} { // Monday to Saturday
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if got := len(w.pusher.bodies(t)); got != want {
				t.Errorf("by %v %d pushes, want %d", w.Service.Now(), got, want)
			}
		}
		cancel()
		<-done
	})
}
