package reminder

import (
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func TestLater(t *testing.T) {
	w := window{hanoi(t), newWorld(t).Calendar}
	local := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, w.zone)
		must(t, err)
		return x
	}
	day := func(s string) time.Time { return w.slot("lan", local(s+" 00:00")) }
	for _, tt := range []struct {
		now  string
		when When
		want time.Time
	}{
		{"2026-03-04 09:00", Afternoon, local("2026-03-04 14:00")},
		{"2026-03-04 12:30", Afternoon, local("2026-03-04 14:30")},
		{"2026-03-04 14:30", Afternoon, local("2026-03-04 16:30")},
		{"2026-03-04 14:31", Afternoon, day("2026-03-05")}, // the afternoon is over
		{"2026-03-07 09:00", Afternoon, day("2026-03-09")}, // a Saturday
		{"2026-03-04 09:00", Tomorrow, day("2026-03-05")},
		{"2026-03-06 09:00", Tomorrow, day("2026-03-09")},
		{"2026-02-13 09:00", Tomorrow, day("2026-02-23")}, // over Tet
	} {
		if got := w.later("lan", local(tt.now), tt.when); !got.Equal(tt.want) || !w.open(got) {
			t.Errorf("%s at %s: %v, want %v, in working hours", tt.when, tt.now, got.In(w.zone), tt.want.In(w.zone))
		}
	}
}

// A reminder is put off twice, with all that it spoke for; to repeat it changes nothing.
func TestSnooze(t *testing.T) {
	w := newWorld(t)
	lan := people.Actor{ID: "lan"}
	w.mem.campaigns["c1"] = running("c1", Policy{Offsets: []int{-7, 14}, Channels: []string{Push}})
	w.enrol(t, "c1", "lan", "phishing", "2026-03-13")
	w.enrol(t, "c1", "lan", "passwords", "2026-03-13")
	w.tick(t, "2026-03-06 16:30")
	w.tick(t, "2026-03-06 16:32")
	carrier := w.mem.find(func(d Delivery) bool { return d.State == Sent })[0]
	if _, err := w.Snooze(t.Context(), people.Actor{ID: "mai"}, carrier.Token, Tomorrow); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("mai puts off what lan got: %v", err)
	}
	at, err := w.Snooze(t.Context(), lan, carrier.Token, Tomorrow)
	must(t, err)
	for _, when := range []When{Tomorrow, Afternoon} {
		again, err := w.Snooze(t.Context(), lan, carrier.Token, when)
		if err != nil || !again.Equal(at) {
			t.Errorf("put off again: %v, %v; want %v as before", again, err, at)
		}
	}
	if n := len(w.mem.find(func(d Delivery) bool { return d.Snooze == 1 })); n != 2 {
		t.Errorf("%d put off, want both that the push spoke for", n)
	}
	for turn, date := range []string{"2026-03-09", "2026-03-10"} {
		w.tick(t, date+" 16:55")
		w.tick(t, date+" 16:57")
		sent := w.mem.find(func(d Delivery) bool { return d.State == Sent && d.Snooze == turn+1 })
		if len(sent) != 1 {
			t.Fatalf("on %s %d of those put off went out, want 1 for both; ledger %v", date, len(sent), w.ledger())
		}
		_, err := w.Snooze(t.Context(), lan, sent[0].Token, Tomorrow)
		if turn == 0 {
			must(t, err)
		} else if f := (*fault.Error)(nil); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a third time: %v, %v; want conflict", err, f)
		}
	}
	waiting := w.mem.find(func(d Delivery) bool { return d.State == Waiting && d.Channel == Push })[0]
	if _, err := w.Snooze(t.Context(), lan, waiting.Token, Tomorrow); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one that did not go out: %v, want conflict", err)
	}
}
