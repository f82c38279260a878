package mongodb_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestRoundTripAnnouncement(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Announcements()
	read := func() (announcement.Announcement, error) { return s.Announcement(ctx, "a") }
	want := filled[announcement.Announcement](0)
	want.ID = "a"
	must(t, s.InsertAnnouncement(ctx, want))
	same(t, "announcement", ask(t, read), want)
	if err := s.InsertAnnouncement(ctx, want); err == nil {
		t.Error("an announcement was inserted twice")
	}
	old := want.Version
	want = filled[announcement.Announcement](1000)
	want.ID, want.Version = "a", old
	must(t, s.ReplaceAnnouncement(ctx, want))
	refused(t, "replace an older one", s.ReplaceAnnouncement(ctx, want), fault.Conflict, "changed_meanwhile")
	refused(t, "remove an older one", s.RemoveAnnouncement(ctx, want), fault.Conflict, "changed_meanwhile")
	want.Version++
	same(t, "announcement replaced", ask(t, read), want)
	must(t, s.RemoveAnnouncement(ctx, want))
	_, err := read()
	refused(t, "removed", err, fault.NotFound, "announcement_not_found")
}

func TestQueriesOfAnnouncements(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Announcements()
	var newest, live []string
	state := func(i int) announcement.State {
		return []announcement.State{announcement.Draft, announcement.Published, announcement.Withdrawn}[i%3]
	}
	until := func(i int) string { return fmt.Sprintf("2026-03-%02d", 1+i%20) }
	for i := range 2 * many {
		id := fmt.Sprintf("a%03d", i)
		newest = append([]string{id}, newest...)
		if state(i) == announcement.Published && until(i) >= "2026-03-11" {
			live = append([]string{id}, live...)
		}
	}
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		x := announcement.Announcement{ID: announcement.ID(fmt.Sprintf("a%03d", n)), State: state(n), Version: 1}
		x.Until = until(n)
		return s.InsertAnnouncement(ctx, x)
	})
	id := func(a announcement.Announcement) announcement.ID { return a.ID }
	got := pages(t, 32, func(last *announcement.Announcement) ([]announcement.Announcement, error) {
		var before announcement.ID
		if last != nil {
			before = last.ID
		}
		return s.Announcements(ctx, before, 32)
	})
	same(t, "newest first", keys(got, id), newest)
	same(t, "live", keys(ask(t, func() ([]announcement.Announcement, error) { return s.LiveAnnouncements(ctx, "2026-03-11", 500) }), id), live)
	same(t, "the newest three", keys(ask(t, func() ([]announcement.Announcement, error) { return s.LiveAnnouncements(ctx, "2026-03-11", 3) }), id), live[:3])
}

func TestReadings(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Announcements()
	at, first := moment(0), time.Time{}
	spread(t, many, func(i int) error {
		p := people.ID(fmt.Sprintf("p%03d", i))
		return s.InsertReading(ctx, announcement.Reading{ID: announcement.ReadingID("x", p), Announcement: "x", Person: p, Unit: people.UnitID(fmt.Sprint("u", i%3)), At: at})
	})
	end := moment(5)
	must(t, s.InsertReading(ctx, announcement.Reading{ID: "y:p000", Announcement: "y", Person: "p000", Unit: "u0", At: at, ExpiresAt: &end}))
	must(t, s.InsertReading(ctx, announcement.Reading{ID: "x:p001", Announcement: "x", Person: "p001", Unit: "elsewhere", At: first})) // changes nothing
	counts := ask(t, func() ([]announcement.Count, error) { return s.CountReadings(ctx, "x") })
	slices.SortFunc(counts, func(a, b announcement.Count) int { return int(a.Unit[1]) - int(b.Unit[1]) })
	var want []announcement.Count
	for u := range 3 {
		want = append(want, announcement.Count{Unit: people.UnitID(fmt.Sprint("u", u)), Read: (many + 2 - u) / 3})
	}
	same(t, "by unit", counts, want)
	same(t, "nobody", len(ask(t, func() ([]announcement.Count, error) { return s.CountReadings(ctx, "none") })), 0)
	got := ask(t, func() ([]announcement.Reading, error) { return s.Readings(ctx, []string{"x:p001", "y:p001", "none"}) })
	same(t, "by id", got, []announcement.Reading{{ID: "x:p001", Announcement: "x", Person: "p001", Unit: "u1", At: at}})
	of := func() ([]announcement.Reading, error) { return s.ReadingsOf(ctx, "p000") }
	if rs := ask(t, of); len(rs) != 2 {
		t.Errorf("of a person %+v, want two", rs)
	}
	must(t, s.ErasePerson(ctx, "p000"))
	same(t, "of a person who was erased", len(ask(t, of)), 0)
}

func TestThanks(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Announcements()
	first := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	var want []announcement.Thanks
	for i := range 5 {
		x := filled[announcement.Thanks](i)
		x.ID, x.At = announcement.ThanksID("c", people.UnitID(fmt.Sprint(i))), first.Add(time.Duration(i)*time.Hour)
		must(t, s.InsertThanks(ctx, x))
		refused(t, "again", s.InsertThanks(ctx, x), fault.Conflict, "thanked_already")
		want = append(want, x)
	}
	slices.Reverse(want)
	same(t, "all since the third", ask(t, func() ([]announcement.Thanks, error) { return s.Thanks(ctx, first.Add(2*time.Hour), 10) }), want[:3])
	same(t, "the newest two", ask(t, func() ([]announcement.Thanks, error) { return s.Thanks(ctx, first, 2) }), want[:2])
}
