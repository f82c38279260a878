package reminder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
)

const (
	m7 = "c1:lan:phishing.d-7:email"
	m3 = "c1:lan:phishing.d-3:email"
)

// Whoever has no device is written to on the day of the step: text and HTML say the
// same, in the person's language, with an address to leave at.
func TestMailWithoutADevice(t *testing.T) {
	w := newWorld(t)
	clear(w.mem.devices)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.tick(t, "2026-03-06 15:30")
	if n := w.mails(t); n != 1 {
		t.Fatalf("%d mails, want 1; ledger %v", n, w.ledger())
	}
	if got := w.ledger(); got[d7] != ReasonNoSubscription || got[m7] != ReasonSent {
		t.Errorf("ledger %v", got)
	}
	m := w.post.took[0]
	if m.To != "lan@bo.vn" || m.Subject != "Nhắc việc: còn 7 ngày: Nhận biết lừa đảo, 18 phút" || m.ID != "reminder-"+short(m7) {
		t.Errorf("mail %+v", m)
	}
	for _, part := range []string{m.Text, m.HTML} {
		for _, want := range []string{"Chào Lan,", "Bạn còn một việc cần làm trên Học Số:", "Nhận biết lừa đảo: còn 7 ngày, 18 phút", "https://hocso.example/?delivery=" + short(m7), "Không muốn nhận lời nhắc qua thư nữa", "https://hocso.example/unsubscribe#lan.", "Bộ Thử"} {
			if !strings.Contains(part, want) {
				t.Errorf("no %q in %s", want, part)
			}
		}
	}
	if !strings.HasPrefix(m.Unsubscribe, "https://hocso.example/api/v1/unsubscribe/lan.") {
		t.Errorf("leave at %q", m.Unsubscribe)
	}
}

func TestMailInEnglishNamesAll(t *testing.T) {
	w := newWorld(t)
	clear(w.mem.devices)
	p := w.mem.people["lan"]
	p.Settings.Locale = "en"
	w.mem.people["lan"] = p
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.enrol(t, "c1", "lan", "passwords", "2026-03-13")
	w.tick(t, "2026-03-06 15:30")
	w.tick(t, "2026-03-06 15:32")
	if n := w.mails(t); n != 1 {
		t.Fatalf("%d mails, want 1; ledger %v", n, w.ledger())
	}
	m := w.post.took[0]
	if m.Subject != "Reminder: 2 things to do, 36 minutes" || strings.Count(m.Text, "– Spot the scam: 7 days left, 18 minutes") != 2 || !strings.Contains(m.Text, "No more reminders by mail") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	if got := w.ledger(); got[m7] != ReasonSent && got["c1:lan:passwords.d-7:email"] != ReasonSent {
		t.Errorf("ledger %v", got)
	}
}

// A push that was not seen for a day is followed by a mail, unless it was opened, the
// person was in the app, put it off, or is done.
func TestMailAfterAPush(t *testing.T) {
	day := time.Date(2026, 3, 6, 9, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		change func(w *world, token string)
		want   Reason
	}{
		{"not seen", func(*world, string) {}, ReasonSent},
		{"opened", func(w *world, token string) { must(t, w.Opened(t.Context(), "lan", token)) }, ReasonSeen},
		{"in the app", func(w *world, _ string) {
			p, at := w.mem.people["lan"], day.Add(5*time.Hour)
			p.LastSeenAt = &at
			w.mem.people["lan"] = p
		}, ReasonSeen},
		{"put off", func(w *world, token string) {
			_, err := w.Snooze(t.Context(), people.Actor{ID: "lan"}, token, Tomorrow)
			must(t, err)
		}, ReasonSnoozed},
		{"done", func(w *world, _ string) { w.set(learning.Completed) }, ReasonDoneBefore},
		{"wants no mail", func(w *world, _ string) { must(t, w.WantMail(t.Context(), people.Actor{ID: "lan"}, false)) }, ReasonOptedOut},
		{"known to come back", func(w *world, _ string) { w.post.bounced["lan@bo.vn"] = true }, ReasonBounced},
		{"comes back", func(w *world, _ string) { w.post.answer = func(people.ID) error { return letter.ErrBounced } }, ReasonBounced},
		{"refused", func(w *world, _ string) { w.post.answer = func(people.ID) error { return letter.ErrRefused } }, ReasonFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
			w.tick(t, "2026-03-06 16:30") // a Friday
			w.mails(t)
			if len(w.post.took) != 0 {
				t.Fatalf("a mail went at once")
			}
			tt.change(w, short(d7))
			for h := 8; h < 18; h++ {
				w.tick(t, fmt.Sprintf("2026-03-09 %02d:25", h)) // Monday
				w.mails(t)
			}
			if got := w.ledger()[m7]; got != tt.want {
				t.Errorf("the mail: %q, want %q", got, tt.want)
			}
			if sent := len(w.post.took); (tt.want == ReasonSent) != (sent == 1) {
				t.Errorf("%d mails", sent)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Without mail the ledger says so, once, and nothing else changes.
func TestNoMailServer(t *testing.T) {
	w := newWorld(t)
	w.post.off = true
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.tick(t, "2026-03-06 15:30")
	if d := w.mem.find(func(d Delivery) bool { return d.Channel == Email }); len(d) != 0 {
		t.Errorf("a push went, and a mail is planned that cannot go: %+v", d)
	}
	clear(w.mem.devices)
	w.tick(t, "2026-03-10 15:30")
	w.mails(t)
	if got := w.ledger(); got[m3] != ReasonNoMail || got["c1:lan:phishing.d-3:push"] != ReasonNoSubscription {
		t.Errorf("ledger %v", got)
	}
	if next := w.mem.find(func(d Delivery) bool { return d.State == Waiting }); len(next) != 1 || next[0].Step != "d-1" {
		t.Errorf("next %+v, want d-1", next)
	}
}

// A campaign by mail alone plans mails, and their chain goes on.
func TestMailAlone(t *testing.T) {
	w := newWorld(t)
	w.mem.campaigns["c1"] = running("c1", Policy{Offsets: []int{-7, -3}, Channels: []string{Email}})
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	for _, at := range []string{"2026-03-06 16:59", "2026-03-10 16:59"} {
		if w.tick(t, at); w.mails(t) != 1 {
			t.Errorf("at %s no mail; ledger %v", at, w.ledger())
		}
	}
	if len(w.pusher.took) != 0 {
		t.Errorf("%d pushes", len(w.pusher.took))
	}
}

// Of those held out by a hash nobody gets anything, the others do, and each campaign
// chooses others.
func TestHeldOut(t *testing.T) {
	w := newWorld(t)
	w.mem.campaigns["c1"] = running("c1", Policy{Offsets: []int{-7}, Channels: []string{Push, Email}, HoldOut: 20})
	const n = 300
	for i := range n {
		p := people.ID(fmt.Sprint("p", i))
		w.person(p, "")
		w.device(p, "1")
		w.enrol(t, "c1", p, "phishing", "2026-03-13")
	}
	w.tick(t, "2026-03-06 16:59")
	w.mails(t)
	out, both := 0, 0
	for _, d := range w.mem.find(func(d Delivery) bool { return d.Channel == Push }) {
		held := heldOut("c1", d.Person, 20)
		if want := map[bool]Reason{true: ReasonHeldOut, false: ReasonSent}[held]; d.Reason != want {
			t.Errorf("%s: %s, want %s", d.Person, d.Reason, want)
		}
		if held {
			out++
			if heldOut("c2", d.Person, 20) {
				both++
			}
		}
	}
	if out < n/10 || out > n*3/10 || both > out/2 {
		t.Errorf("%d of %d held out, %d of them also in another campaign; want about a fifth of each", out, n, both)
	}
	if len(w.pusher.took) != n-out {
		t.Errorf("%d pushes, want %d", len(w.pusher.took), n-out)
	}
}

func TestLeave(t *testing.T) {
	w := newWorld(t)
	w.person("mai", "")
	token := w.leaveToken("lan")
	for _, bad := range []string{"", "lan", "lan.", "mai." + strings.TrimPrefix(token, "lan."), token + "x", "." + token} {
		if err := w.Leave(t.Context(), bad); fault.KindOf(err) != fault.NotFound {
			t.Errorf("leave with %q: %v, want not found", bad, err)
		}
	}
	for range 3 { // mail programs repeat it
		must(t, w.Leave(t.Context(), token))
	}
	if !w.mem.people["lan"].Settings.NoMail || w.mem.people["mai"].Settings.NoMail {
		t.Errorf("lan %+v, mai %+v", w.mem.people["lan"].Settings, w.mem.people["mai"].Settings)
	}
	must(t, w.WantMail(t.Context(), people.Actor{ID: "lan"}, true))
	must(t, w.WantMail(t.Context(), people.Actor{ID: "lan"}, false))
	if n := w.mem.counts["2026-03-02:mail_off"]; n != 2 {
		t.Errorf("counted %d times, want 2: once for each time it was turned off", n)
	}
	w.mem.people["lan"] = people.Person{ID: "lan", Status: people.Erased}
	if err := w.Leave(t.Context(), token); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an erased person: %v", err)
	}
}

// A day that became a holiday after a reminder was planned stays silent.
func TestNewHoliday(t *testing.T) {
	w := newWorld(t)
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.Calendar.Holidays = []string{"2026-03-06"}
	w.tick(t, "2026-03-06 16:30")
	if got := w.ledger(); got[d7] != ReasonQuiet || len(w.pusher.took) != 0 {
		t.Errorf("ledger %v, %d pushes", got, len(w.pusher.took))
	}
}
