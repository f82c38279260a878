package campaign

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

func (w *world) advance(t *testing.T, by time.Duration) {
	t.Helper()
	w.now = w.now.Add(by)
	if err := w.Advance(t.Context(), w.now); err != nil {
		t.Fatalf("advance to %v: %v", w.now, err)
	}
}

func (w *world) state(t *testing.T, id ID) Campaign {
	t.Helper()
	c, err := w.store.Campaign(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAdvanceThroughALife(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(d *Plan) { d.StartsOn = "2026-03-09" })
	for _, tt := range []struct {
		at        string
		state     State
		enrolled  int
		wantSteps int
	}{
		{"2026-03-08T16:59:59Z", Scheduled, 0, 3}, // submitted, approved, scheduled
		{"2026-03-08T17:00:00Z", Running, 3, 4},
		{"2026-03-20T16:59:59Z", Running, 3, 4},
		{"2026-03-20T17:00:00Z", Closing, 3, 5},
		{"2026-04-19T16:59:59Z", Closing, 3, 5},
		{"2026-04-19T17:00:00Z", Completed, 3, 6},
		{"2026-05-19T17:00:00Z", Completed, 3, 6},
	} {
		now, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		w.advance(t, now.Sub(w.now))
		got := w.state(t, c.ID)
		if n, _ := w.enroller.count(); got.State != tt.state || n != tt.enrolled || len(got.Log) != tt.wantSteps {
			t.Errorf("at %s: %s, %d enrolled, log %v; want %s, %d, %d steps", tt.at, got.State, n, got.Log, tt.state, tt.enrolled, tt.wantSteps)
		}
	}
}

// The audience is living: whoever joins or moves in is enrolled, nobody else is touched again.
func TestAdvanceFollowsPeople(t *testing.T) {
	w := newWorld(t)
	w.create(t, nil)
	for _, tt := range []struct {
		name            string
		change          func(now time.Time)
		enrolled, asked int
	}{
		{"nothing", func(time.Time) {}, 3, 3}, // as it was scheduled
		{"nothing again", func(time.Time) {}, 3, 0},
		{"two join", func(now time.Time) { w.crowd.add("c", 2, "vu-a", now) }, 5, 2},
		{"nothing after them", func(time.Time) {}, 5, 0},
		{"one joins elsewhere", func(now time.Time) { w.crowd.add("d", 1, "vu-b", now) }, 5, 0},
		{"one moves in", func(now time.Time) { w.crowd.ps[3].Unit, w.crowd.ps[3].ChangedAt = "vu-a", now }, 6, 1},
		{"one leaves", func(now time.Time) { w.crowd.ps[0].Status, w.crowd.ps[0].ChangedAt = people.Closed, now }, 6, 0},
		{"a unit moves in", func(now time.Time) {
			w.crowd.units[3] = people.Unit{ID: "vu-b", Parent: "vu-a", Path: []people.UnitID{"bo", "vu-a"}, ChangedAt: now}
		}, 8, 7},
		{"nothing at the end", func(time.Time) {}, 8, 0},
	} {
		tt.change(w.now.Add(30 * time.Second))
		w.advance(t, time.Minute)
		if n, asked := w.enroller.count(); n != tt.enrolled || asked != tt.asked {
			t.Errorf("%s: %d enrolled, %d people asked for; want %d, %d", tt.name, n, asked, tt.enrolled, tt.asked)
		}
	}
}

func TestNewcomersHaveFiveWorkingDays(t *testing.T) {
	w := newWorld(t)
	w.create(t, func(d *Plan) { d.DueOn = "2026-03-10" })
	w.advance(t, 5*24*time.Hour) // Monday the 9th
	w.crowd.add("n", 1, "vu-a", w.now)
	w.advance(t, time.Minute)
	got := w.enroller.es["phishing:n0000:1"]
	if want := "2026-03-16T16:59:59.999Z"; got.DueAt == nil || got.DueAt.Format(time.RFC3339Nano) != want {
		t.Errorf("due of a newcomer on Monday: %v, want %s", got.DueAt, want)
	}
	if old := w.enroller.es["phishing:a0000:1"]; old.DueAt.Format(time.RFC3339Nano) != "2026-03-10T16:59:59.999Z" {
		t.Errorf("due of the others: %v, want it unchanged", old.DueAt)
	}
}

func TestAdvanceInPages(t *testing.T) {
	w := newWorld(t)
	w.crowd.add("x", 1200, "vu-a", w.now.Add(-time.Hour))
	w.create(t, nil)
	if n, _ := w.enroller.count(); n != page {
		t.Errorf("after it was scheduled %d are enrolled, want the first page of %d", n, page)
	}
	w.advance(t, time.Second)
	if n, _ := w.enroller.count(); n != 1203 {
		t.Errorf("after Advance %d are enrolled, want 1203", n)
	}
}

// planner remembers what it was handed.
type planner struct {
	mu sync.Mutex
	es []learning.Enrolment
}

func (p *planner) PlanReminders(_ context.Context, _ Campaign, _ []people.Person, es []learning.Enrolment, _ time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.es = append(p.es, es...)
	return nil
}

func TestRemindersArePlannedOnlyIfWanted(t *testing.T) {
	for offsets, want := range map[int]int{-7: 3, 0: 0} {
		w, p := newWorld(t), &planner{}
		w.Planner = p
		w.create(t, func(d *Plan) {
			if d.Reminders.Offsets = []int{}; offsets != 0 {
				d.Reminders.Offsets = []int{offsets}
			}
		})
		w.advance(t, time.Minute)
		if len(p.es) != want {
			t.Errorf("reminded at %d: %d enrolments handed to the planner, want %d", offsets, len(p.es), want)
		}
	}
}

func TestVerbs(t *testing.T) {
	type step struct {
		verb Verb
		want State // empty: refused
	}
	for name, steps := range map[string][]step{
		"pause and resume": {{Resume, ""}, {Pause, Paused}, {Pause, ""}, {Resume, Running}, {Close, Completed}, {Cancel, ""}, {Resume, ""}, {Archive, Archived}, {Archive, ""}},
		"cancel":           {{Pause, Paused}, {Cancel, Cancelled}, {Cancel, ""}, {Close, ""}},
		"close at once":    {{Close, Completed}, {Pause, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.create(t, nil)
			for i, s := range steps {
				got, err := w.Change(t.Context(), administrator(""), c.ID, s.verb, Word{Hash: c.Hash})
				if s.want == "" && (err == nil || fault.KindOf(err) != fault.Conflict) || s.want != "" && (err != nil || got.State != s.want) {
					t.Errorf("step %d, %s: %s, %v; want %q", i, s.verb, got.State, err, s.want)
				}
			}
		})
	}
}

func TestPausedEnrolsNobody(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, nil)
	if _, err := w.Change(t.Context(), administrator(""), c.ID, Pause, Word{}); err != nil {
		t.Fatal(err)
	}
	w.crowd.add("n", 1, "vu-a", w.now.Add(time.Minute))
	w.advance(t, 2*time.Minute)
	if n, _ := w.enroller.count(); n != 3 {
		t.Errorf("paused: %d enrolled, want 3", n)
	}
	if _, err := w.Change(t.Context(), administrator(""), c.ID, Resume, Word{}); err != nil {
		t.Fatal(err)
	}
	w.advance(t, time.Hour)
	if n, _ := w.enroller.count(); n != 4 {
		t.Errorf("resumed: %d enrolled, want 4", n)
	}
}

func TestCancelClosesEnrolmentsEvenLater(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, nil)
	w.enroller.broken = true
	if _, err := w.Change(t.Context(), administrator(""), c.ID, Cancel, Word{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Advance(t.Context(), w.now); err == nil {
		t.Error("advance with the database away: no error")
	}
	w.enroller.broken = false
	w.advance(t, time.Minute)
	w.advance(t, time.Minute)
	if got := w.enroller.closed; len(got) != 1 || got[0] != string(c.ID) || w.state(t, c.ID).Live {
		t.Errorf("closed %v, live %v; want once %s and no longer live", got, w.state(t, c.ID).Live, c.ID)
	}
}

func TestScope(t *testing.T) {
	w := newWorld(t)
	mine := w.create(t, nil)
	all := w.create(t, func(d *Plan) { d.Audience.Units = nil })
	for _, tt := range []struct {
		unit      people.UnitID
		seesMine  bool
		seesAll   bool
		listCount int
	}{{"", true, true, 2}, {"bo", true, false, 1}, {"vu-a", true, false, 1}, {"phong-a1", false, false, 0}, {"vu-b", false, false, 0}} {
		a := administrator(tt.unit)
		_, err1 := w.Find(t.Context(), a, mine.ID)
		_, err2 := w.Find(t.Context(), a, all.ID)
		_, err3 := w.Change(t.Context(), a, all.ID, Verb("no such verb"), Word{})
		list, next, err := w.List(t.Context(), a, "")
		if (err1 == nil) != tt.seesMine || (err2 == nil) != tt.seesAll || err != nil || next != "" || len(list) != tt.listCount {
			t.Errorf("administrator of %q: %v, %v, list %d %v; want %+v", tt.unit, err1, err2, len(list), err, tt)
		}
		if want := map[bool]fault.Kind{true: fault.Conflict, false: fault.NotFound}[tt.seesAll]; fault.KindOf(err3) != want {
			t.Errorf("administrator of %q changes the other: %v, want %s", tt.unit, err3, want)
		}
	}
}

func TestRunningIsCached(t *testing.T) {
	w := newWorld(t)
	ask := func() int {
		t.Helper()
		cs, err := w.Running(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(cs)
	}
	w.create(t, nil)
	if n := ask(); n != 1 {
		t.Errorf("after an own write %d run, want 1", n)
	}
	reads := w.store.reads
	for range 10 {
		ask()
	}
	if w.store.reads != reads {
		t.Errorf("%d more reads within 5 s, want none", w.store.reads-reads)
	}
	other := w.store.byID["c001"]
	other.ID = "c999" // another replica's
	w.store.byID[other.ID] = other
	w.now = w.now.Add(fresh)
	if n := ask(); n != 2 {
		t.Errorf("after 5 s %d run, want 2", n)
	}
}

func TestTwoReplicasEnrolOnce(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(d *Plan) { d.StartsOn = "2026-03-05" })
	w.now = c.StartsAt
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := w.Advance(context.Background(), c.StartsAt); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, _ := w.enroller.count(); n != 3 {
		t.Errorf("%d enrolled, want 3", n)
	}
	if got := w.state(t, c.ID); got.State != Running || len(got.Log) != 4 {
		t.Errorf("%s with log %v, want running with four steps", got.State, got.Log)
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.Service.Now = func() time.Time { return time.Now().UTC() }
		w.crowd.add("x", 1000, "vu-a", time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.Run(ctx, time.Minute) }()
		synctest.Wait()
		w.create(t, func(p *Plan) { p.DueOn = time.Now().AddDate(0, 0, 30).Format(Day) })
		synctest.Wait()
		if n, _ := w.enroller.count(); n != 1003 {
			t.Errorf("right after it was scheduled %d are enrolled, want 1003: that wakes the loop", n)
		}
		w.crowd.add("y", 1, "vu-a", time.Now())
		time.Sleep(time.Minute)
		synctest.Wait()
		if n, _ := w.enroller.count(); n != 1004 {
			t.Errorf("a minute later %d are enrolled, want 1004", n)
		}
		cancel()
		<-done
	})
}

// What is no course opens as many days after the start as its plan says.
func TestOpened(t *testing.T) {
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := Campaign{StartsAt: start, Plan: Plan{Items: []Item{
		{Kind: Survey, ID: "now"}, {Kind: Survey, ID: "later", OpensAfter: Opening{Days: 7}}, {Kind: Drill, ID: "inbox"},
	}}}
	for _, tt := range []struct {
		after time.Duration
		want  []string
	}{
		{-time.Millisecond, nil},
		{0, []string{"now"}},
		{7*24*time.Hour - time.Millisecond, []string{"now"}},
		{7 * 24 * time.Hour, []string{"now", "later"}},
	} {
		if got := c.Opened(Survey, start.Add(tt.after)); !slices.Equal(got, tt.want) {
			t.Errorf("%v after the start: %v, want %v", tt.after, got, tt.want)
		}
	}
}
