package httpapi

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
)

// counted is what tracking says about a unit: people, assigned, completed.
func (o *office) counted(unit people.UnitID) string {
	o.t.Helper()
	v := decode[report.Overview](o.t, o.ask(o.root, "GET", "/tracking/overview?unit="+string(unit), nil))
	var line report.UnitCounts
	for _, u := range decode[report.Units](o.t, o.ask(o.root, "GET", "/tracking/units?unit="+string(unit), nil)).Items {
		if u.Unit.ID == unit {
			line = u
		}
	}
	if line.People != v.People || line.Assigned != v.Enrolments || line.Completed != v.Completed {
		o.t.Errorf("%s: the overview says %+v, its line %+v", unit, v, line)
	}
	return fmt.Sprint(v.People, v.Enrolments, v.Completed)
}

// A move takes open duties along and leaves history where it was made, at once, for
// a person, by hand or by import, and for a unit; the former head sees the person no more.
func TestMoves(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.running() // everybody below a: Lan is in a1
	bob := o.add("Trưởng B", "head-b@bo.vn", "b")
	if _, err := o.People.SetHeads(t.Context(), people.Console(), "b", []people.Headship{{Person: bob.ID, From: "2026-01-01"}}); err != nil {
		t.Fatal(err)
	}
	headB, _ := o.in("head-b@bo.vn")
	lan := "/people/" + string(o.id["lan@bo.vn"])
	if a, b := o.counted("a"), o.counted("b"); a != "4 4 0" || b != "3 0 0" {
		t.Fatalf("before: a %s, b %s", a, b)
	}
	o.ask(o.root, "PATCH", lan, `{"unit":"b"}`).want(t, 200, "", "")
	if a, b := o.counted("a"), o.counted("b"); a != "3 3 0" || b != "4 1 0" {
		t.Errorf("after an open duty moved: a %s, b %s; want 3 3 0, 4 1 0", a, b)
	}
	for _, path := range []string{"/tracking/matrix", "/tracking/export.csv"} {
		o.ask(o.head, "GET", path, nil).want(t, 200, "Trưởng A", "Nguyễn Thị Lan")
		o.ask(headB, "GET", path, nil).want(t, 200, "Nguyễn Thị Lan", "Trưởng A")
	}
	// It is still a duty of hers, with its reminders: the move carries it over.
	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	token, _ := o.in("lan@bo.vn")
	o.ask(token, "GET", "/me/enrolments", nil).want(t, 200, `"state":"assigned"`, "")
	ds, err := o.Reminders.DeliveriesOf(t.Context(), o.id["lan@bo.vn"])
	if err != nil || len(ds) == 0 || ds[0].State != reminder.Waiting {
		t.Errorf("reminders after the move: %+v, %v; want one that waits", ds, err)
	}
	o.ask(o.root, "GET", "/campaigns/"+string(c.ID), nil).want(t, 200, `"people":4`, "")

	// What is completed stays, wherever she goes then; by import this time.
	o.finish("lan@bo.vn")
	o.ask(o.root, "POST", "/people/import?dryRun=false", map[string]any{"csv": "email,name,unit\nlan@bo.vn,Nguyễn Thị Lan,a1\n"}).want(t, 200, `"moved":1`, "")
	if a, b := o.counted("a"), o.counted("b"); a != "4 3 0" || b != "3 1 1" {
		t.Errorf("after a completion stayed: a %s, b %s; want 4 3 0, 3 1 1", a, b)
	}
	o.ask(o.head, "GET", "/tracking/matrix", nil).want(t, 200, `"elsewhere":true`, "")
	o.ask(o.head, "GET", "/tracking/export.csv", nil).want(t, 200, "Đã hoàn thành ở đơn vị khác", "")
	o.ask(headB, "GET", "/tracking/matrix", nil).want(t, 200, "", "Nguyễn Thị Lan")
	o.checked()

	// A unit moves with its people and their duties; what was done in it goes with it too.
	o.ask(o.root, "PATCH", "/units/b", `{"parent":"a1"}`).want(t, 200, "", "")
	if err := o.Reports.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, bo := o.counted("a"), o.counted("bo"); a != "7 4 1" || bo != "8 4 1" {
		t.Errorf("after b moved below a1: a %s, bo %s; want 7 4 1, 8 4 1", a, bo)
	}
	o.ask(o.head, "GET", "/tracking/matrix", nil).want(t, 200, "Đặng Văn Bình", "")
	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil { // the audience is the units of now
		t.Fatal(err)
	}
	if a := o.counted("a"); a != "7 7 1" {
		t.Errorf("after the campaign saw them: a %s, want 7 7 1", a)
	}
	o.ask(o.root, "PATCH", "/units/b", `{"parent":"bo"}`).want(t, 200, "", "")
	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := o.Reports.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b := o.counted("a"), o.counted("b"); a != "4 3 0" || b != "3 4 1" {
		t.Errorf("after b moved back: a %s, b %s; want 4 3 0, 3 4 1", a, b)
	}
	o.checked()
}

// Whoever leaves has no duties any more: nothing is late, nothing counts, nobody is
// reminded; what was done stays. Who comes back goes on where they were.
func TestLeavers(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.running()
	lan := o.id["lan@bo.vn"]
	path := "/people/" + string(lan)
	id := learning.NewEnrolmentID("phishing", lan, 1)
	enrolment := func() learning.Enrolment {
		t.Helper()
		e, err := o.db.Learning().Enrolment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	token, _ := o.in("lan@bo.vn")
	o.ask(token, "POST", "/ops", map[string]any{"ops": []any{map[string]any{
		"id": "00000000-0000-4000-8000-000000000001", "kind": "lesson.progress", "at": o.clock.Now(), "enrolment": id, "lesson": "signs", "card": 1, "seconds": 10,
	}}}).want(t, 200, `"applied"`, "")
	o.ask(o.root, "PATCH", path, `{"leftOn":"2026-03-04"}`).want(t, 200, "", "")

	day := func(n int) {
		t.Helper()
		o.clock.advance(time.Duration(n) * 24 * time.Hour)
		if err := o.People.CloseLeavers(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
			t.Fatal(err)
		}
		o.root, _ = o.in("root@bo.vn")
	}
	day(2) // the last day
	o.ask(o.root, "GET", path, nil).want(t, 200, `"status":"active"`, "")
	if a := o.counted("a"); a != "4 4 0" {
		t.Errorf("on the last day: %s, want 4 4 0", a)
	}
	day(1)
	o.ask(o.root, "GET", path, nil).want(t, 200, `"status":"closed"`, "")
	if e := enrolment(); e.State != learning.Closed || !e.Left {
		t.Errorf("after the last day: %+v, want closed", e)
	}
	if a := o.counted("a"); a != "3 3 0" {
		t.Errorf("after the last day: %s, want 3 3 0", a)
	}
	o.ask(o.root, "GET", "/campaigns/"+string(c.ID), nil).want(t, 200, `"people":3`, "")
	o.ask(o.root, "GET", "/people", nil).want(t, 200, "head-a@bo.vn", "lan@bo.vn")
	o.ask(o.root, "GET", "/people?status=closed", nil).want(t, 200, "lan@bo.vn", "head-a@bo.vn")
	x := &reminder.Dispatcher{Service: o.Reminders, Log: slog.New(slog.DiscardHandler)}
	day(8) // the due day is close
	if _, err := x.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	ds, err := o.Reminders.DeliveriesOf(t.Context(), lan)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.State == reminder.Sent || d.State == reminder.Waiting && !d.NotBefore.After(o.clock.Now()) {
			t.Errorf("a leaver is reminded: %+v", d)
		}
	}
	day(14) // long past the due day
	o.ask(o.root, "GET", "/tracking/overdue", nil).want(t, 200, "Trưởng A", "Nguyễn Thị Lan")
	o.checked()

	// A campaign that is closing asks for nothing again.
	o.ask(o.root, "POST", path+"/enable", nil).want(t, 200, `"status":"active"`, "")
	day(0)
	if e := enrolment(); e.State != learning.Closed {
		t.Errorf("back after the due day: %+v, want closed", e)
	}
	o.checked()
}

// Who comes back while the campaign runs goes on where they were, with time enough.
func TestReturn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.running()
	lan := o.id["lan@bo.vn"]
	path := "/people/" + string(lan)
	id := learning.NewEnrolmentID("phishing", lan, 1)
	token, _ := o.in("lan@bo.vn")
	o.ask(token, "POST", "/ops", map[string]any{"ops": []any{map[string]any{
		"id": "00000000-0000-4000-8000-000000000001", "kind": "lesson.progress", "at": o.clock.Now(), "enrolment": id, "lesson": "signs", "card": 1, "seconds": 10,
	}}}).want(t, 200, `"applied"`, "")
	o.ask(o.root, "POST", path+"/disable", nil).want(t, 200, `"status":"closed"`, "")
	o.clock.advance(9 * 24 * time.Hour) // two working days before the due day
	o.root, _ = o.in("root@bo.vn")
	o.ask(o.root, "POST", path+"/enable", nil).want(t, 200, `"status":"active"`, "")
	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	e, err := o.db.Learning().Enrolment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if e.State != learning.Started || e.Left || e.Lessons["signs"].Card != 1 {
		t.Errorf("back again: %+v, want started with the progress of before", e)
	}
	if want := o.Campaigns.Calendar.AfterWorkingDays(o.clock.Now(), 5); e.DueAt == nil || e.DueAt.Before(want) {
		t.Errorf("due at %v, want at least five working days: %v", e.DueAt, want)
	}
	if a := o.counted("a"); a != "4 4 0" {
		t.Errorf("back again: %s, want 4 4 0", a)
	}
	o.finish("lan@bo.vn")
	o.ask(o.root, "POST", path+"/disable", nil).want(t, 200, `"status":"closed"`, "")
	if e, err = o.db.Learning().Enrolment(t.Context(), id); err != nil || e.State != learning.Completed {
		t.Errorf("what was completed is %s, %v, want completed", e.State, err)
	}
	o.checked()
}
