package app

import (
	"context"
	"testing"
	"time"

	"hocso/internal/audit"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

// People who left long enough ago are erased by the daily job, and seen coming; whom something holds is not.
func TestLeaversAreErased(t *testing.T) {
	x, clock := plantAt(t)
	ctx := t.Context()
	day := func(months, days int) string { return clock.AddDate(0, -months, -days).Format("2006-01-02") }
	leave := func(name, leftOn string) people.ID {
		id := people.ID(newID())
		p := people.Person{ID: id, Name: name, Email: string(id) + "@bo.vn", Status: people.Closed, LeftOn: leftOn, ChangedAt: *clock, Version: 1}
		if err := x.db.People().InsertPeople(ctx, []people.Person{p}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	request := func(p people.ID, k privacy.Kind, s privacy.State) {
		if err := x.db.Privacy().InsertRequest(ctx, privacy.Request{ID: newID(), Person: p, Kind: k, State: s, At: *clock, Log: []privacy.Entry{}, Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
	gone, refused := leave("Đã nghỉ lâu", day(7, 0)), leave("Bị từ chối", day(7, 0))
	request(refused, privacy.Restriction, privacy.Refused)
	asks, restricted, soon := leave("Còn hỏi", day(7, 0)), leave("Hạn chế", day(7, 0)), leave("Mới nghỉ", day(5, 15))
	request(asks, privacy.Objection, privacy.Answered)
	request(restricted, privacy.Restriction, privacy.Done)
	later := leave("Vừa nghỉ", day(1, 0))
	view := func() privacy.LeaversView {
		t.Helper()
		v, err := x.privacy.ShowRetention(ctx, people.Console())
		if err != nil {
			t.Fatal(err)
		}
		return v.Leavers
	}
	prune := func() {
		t.Helper()
		*clock = clock.Add(25 * time.Hour)
		if err := x.privacy.Prune(ctx); err != nil {
			t.Fatal(err)
		}
	}
	state := func(id people.ID) people.Status {
		t.Helper()
		p, err := x.people.Person(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Status
	}
	prune()
	if v := view(); v.From != nil || state(gone) != people.Closed {
		t.Errorf("without a time anybody is erased: %+v", v)
	}
	keep := map[privacy.What]int{privacy.Leavers: 6}
	changed := *clock
	if err := x.setRetention(ctx, keep); err != nil {
		t.Fatal(err)
	}
	if v := view(); v.Due != 2 || v.Held != 2 || v.Soon != 1 || v.From == nil || !v.From.Equal(changed.AddDate(0, 0, 7)) {
		t.Errorf("seen beforehand: %+v, want 2 in a week, 1 soon, 2 held", v)
	}
	prune()
	if state(gone) != people.Closed {
		t.Error("erased within a week of the change")
	}
	*clock = changed.AddDate(0, 0, 7)
	prune()
	for id, want := range map[people.ID]people.Status{
		gone: people.Erased, refused: people.Erased, asks: people.Closed, restricted: people.Closed, soon: people.Closed, later: people.Closed, x.other: state(x.other),
	} {
		if got := state(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	es, err := x.db.Audit().Find(ctx, audit.Query{Action: "leaver_erased", Limit: 10})
	if err != nil || len(es) != 4 || es[0].Outcome != audit.Done || es[0].Actor != "" || es[0].Command != "serve" {
		t.Errorf("in the trail: %+v, %v", es, err)
	}
	v, err := x.privacy.ShowRetention(ctx, people.Console())
	if err != nil || v.Last.Leavers != 2 || v.Leavers.Due != 0 || v.Leavers.Held != 2 {
		t.Errorf("afterwards: %+v, %v", v, err)
	}
	ledger, err := x.db.Privacy().Erasures(ctx, false)
	if err != nil || len(ledger) != 2 || ledger[0].By != "" || ledger[0].DoneAt == nil {
		t.Errorf("the ledger: %+v, %v", ledger, err)
	}
	// Whoever is back by then stays.
	if _, err := x.people.Enable(ctx, people.Console(), soon); err != nil {
		t.Fatal(err)
	}
	*clock = clock.AddDate(0, 1, 0)
	prune()
	if state(soon) == people.Erased || state(later) != people.Closed {
		t.Error("erased although they are back, or too soon")
	}
	// An entry that cannot be written leaves the person as they are.
	*clock = clock.AddDate(0, 6, 0)
	x.privacy.Enter = func(context.Context, people.ID, func() error) error { return context.DeadlineExceeded }
	prune()
	if state(later) != people.Closed {
		t.Error("erased without an entry in the trail")
	}
}
