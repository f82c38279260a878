package campaign

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// code is the code of a fault, "" of no error.
func code(err error) string {
	if err == nil {
		return ""
	}
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f.Code
	}
	return err.Error()
}

func TestASecondPersonApproves(t *testing.T) {
	w := newWorld(t)
	c := w.submit(t, nil)
	edited, err := w.Edit(t.Context(), named("editor", ""), c.ID, c.Version, func() Plan { p := plan(); p.GraceDays = 7; p.Reminders.Offsets = []int{-1}; return p }())
	if err != nil || edited.State != Draft || edited.Hash != "" {
		t.Fatalf("edited in review: %s %q, %v; want a draft without a seal", edited.State, edited.Hash, err)
	}
	c = w.do(t, administrator(""), edited, Submit)
	for _, tt := range []struct {
		who  people.Actor
		hash string
		want string
	}{
		{administrator(""), c.Hash, "second_person"},
		{named("editor", ""), c.Hash, "second_person"},
		{named("other", "vu-b"), c.Hash, "campaign_not_found"},
		{named("other", "phong-a1"), c.Hash, "campaign_not_found"}, // only a part of the audience
		{named("second", "vu-a"), "", "changed_meanwhile"},
		{named("second", "vu-a"), edited.Seal()[1:], "changed_meanwhile"},
		{named("second", "vu-a"), c.Hash, ""},
		{named("third", ""), c.Hash, "wrong_state"},
	} {
		got, err := w.Change(t.Context(), tt.who, c.ID, Approve, Word{Hash: tt.hash})
		if code(err) != tt.want {
			t.Errorf("%s approves: %v, want %q", tt.who.ID, err, tt.want)
		}
		if err == nil && (got.State != Approved || len(got.Approvals) != 1 || got.Approvals[0] != (Approval{"second", w.now, c.Hash})) {
			t.Errorf("approved: %s %v", got.State, got.Approvals)
		}
	}
}

func TestReturnNeedsAReason(t *testing.T) {
	w := newWorld(t)
	c := w.submit(t, nil)
	for why, want := range map[string]string{"": "why:required", "  ": "why:required", "a\u202eb": "why:text", string(make([]byte, 501)): "why:max"} {
		if _, err := w.Change(t.Context(), named("second", ""), c.ID, Return, Word{Why: why}); !slices.Equal(refused(err), []string{want}) {
			t.Errorf("returned because of %q: %v, want %s", why, err, want)
		}
	}
	got := w.do(t, named("second", ""), c, Return)
	if last := got.Log[len(got.Log)-1]; got.State != Draft || last != (Step{InReview, Draft, "second", w.now, "xem lại"}) {
		t.Errorf("returned: %s, %+v", got.State, last)
	}
	if got = w.do(t, administrator(""), got, Submit); got.State != InReview || len(got.Approvals) != 0 {
		t.Errorf("submitted again: %s, %v", got.State, got.Approvals)
	}
}

// Whatever was approved is no longer when a letter of it changes, until it has begun.
func TestEditVoidsTheApproval(t *testing.T) {
	later := func(p *Plan) { p.StartsOn = "2026-03-09" }
	for state, make := range map[State]func(*world) Campaign{
		Draft: func(w *world) Campaign {
			c, err := w.Create(t.Context(), administrator(""), plan())
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		InReview:  func(w *world) Campaign { return w.submit(t, later) },
		Approved:  func(w *world) Campaign { return w.do(t, named("second", ""), w.submit(t, later), Approve) },
		Scheduled: func(w *world) Campaign { return w.create(t, later) },
		Running:   func(w *world) Campaign { return w.create(t, nil) },
	} {
		w := newWorld(t)
		c := make(w)
		if c.State != state {
			t.Fatalf("%s, want %s", c.State, state)
		}
		p := plan()
		p.Name.En += "!"
		if _, err := w.Edit(t.Context(), administrator("vu-b"), c.ID, c.Version, p); state == Scheduled && code(err) != "campaign_not_found" {
			t.Errorf("%s: edited from elsewhere: %v", state, err)
		}
		if state == Running {
			if _, err := w.Edit(t.Context(), named("second", ""), c.ID, c.Version, p); code(err) != "wrong_state" {
				t.Errorf("edited while it runs: %v", err)
			}
			continue
		}
		if _, err := w.Edit(t.Context(), named("second", ""), c.ID, c.Version-1, p); code(err) != "changed_meanwhile" {
			t.Errorf("%s: edited from an old version: %v", state, err)
		}
		same, err := w.Edit(t.Context(), named("second", ""), c.ID, c.Version, c.Plan)
		if err != nil || same.State != state || same.Hash != c.Hash || len(same.Authors) != 1 {
			t.Errorf("%s: saved as it was: %s, %v", state, same.State, err)
		}
		got, err := w.Edit(t.Context(), named("second", ""), c.ID, same.Version, p)
		if err != nil || got.State != Draft || got.Hash != "" || len(got.Approvals) != 0 || got.Live || !slices.Equal(got.Authors, []people.ID{"boss", "second"}) {
			t.Errorf("%s: edited: %s %q %v, live %v, by %v, %v", state, got.State, got.Hash, got.Approvals, got.Live, got.Authors, err)
		}
		if _, err := w.Change(t.Context(), administrator(""), c.ID, Schedule, Word{}); code(err) != "wrong_state" {
			t.Errorf("%s: scheduled after the edit: %v", state, err)
		}
	}
}

// What was changed behind the program's back does not start.
func TestABrokenSealDoesNotStart(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(p *Plan) { p.StartsOn = "2026-03-09" })
	x := w.store.byID[c.ID]
	x.Audience.Units = []people.UnitID{"bo"}
	w.store.byID[c.ID] = x
	w.advance(t, 6*24*time.Hour)
	got := w.state(t, c.ID)
	if n, _ := w.enroller.count(); got.State != Draft || got.Live || n != 0 || got.Log[len(got.Log)-1].Why != "seal" {
		t.Errorf("%s, live %v, %d enrolled, %v; want a draft because of its seal", got.State, got.Live, n, got.Log)
	}
	c = w.do(t, named("second", ""), w.submit(t, nil), Approve)
	x = w.store.byID[c.ID]
	x.Targets.Completion = 1
	w.store.byID[c.ID] = x
	if _, err := w.Change(t.Context(), administrator(""), c.ID, Schedule, Word{}); code(err) != "seal_broken" {
		t.Errorf("scheduled: %v, want seal_broken", err)
	}
}

func TestRemove(t *testing.T) {
	w := newWorld(t)
	c, err := w.Create(t.Context(), administrator(""), Plan{Name: people.Text{Vi: "Nháp"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Remove(t.Context(), administrator("vu-b"), c.ID); err != nil { // the same person with another role
		t.Errorf("remove one's own draft: %v", err)
	}
	c = w.submit(t, nil)
	if err := w.Remove(t.Context(), administrator(""), c.ID); code(err) != "wrong_state" {
		t.Errorf("remove what is in review: %v", err)
	}
	c = w.do(t, named("second", ""), c, Return)
	if err := w.Remove(t.Context(), administrator(""), c.ID); code(err) != "wrong_state" {
		t.Errorf("remove what was in review: %v", err)
	}
	if got := w.do(t, administrator(""), c, Cancel); got.State != Cancelled {
		t.Errorf("cancelled: %s", got.State)
	}
}

// What becomes impossible between the approval and the start is met where it is scheduled.
func TestScheduleLooksAgain(t *testing.T) {
	w := newWorld(t)
	c := w.do(t, named("second", ""), w.submit(t, nil), Approve)
	w.now = w.now.AddDate(0, 0, 30)
	if _, err := w.Change(t.Context(), administrator(""), c.ID, Schedule, Word{}); !slices.Equal(refused(err), []string{"dueOn:past"}) {
		t.Errorf("scheduled after the due day: %v", err)
	}
}

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		startsOn          string
		state             State
		starts, due, ends string
		enrolled, log     int
	}{
		{"", Running, "2026-03-03T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 3, 4},
		{"2026-03-01", Running, "2026-03-03T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 3, 4},
		{"2026-03-09", Scheduled, "2026-03-08T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 0, 3},
	} {
		w := newWorld(t)
		c := w.create(t, func(p *Plan) { p.StartsOn = tt.startsOn })
		at := func(x time.Time) string { return x.UTC().Format(time.RFC3339Nano) }
		n, _ := w.enroller.count()
		if c.State != tt.state || at(c.StartsAt) != tt.starts || at(c.DueAt) != tt.due || at(c.EndsAt) != tt.ends || n != tt.enrolled || len(c.Log) != tt.log {
			t.Errorf("to start on %q: %s %s %s %s, %d enrolled, log %v; want %+v", tt.startsOn, c.State, at(c.StartsAt), at(c.DueAt), at(c.EndsAt), n, c.Log, tt)
		}
	}
}
