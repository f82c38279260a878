package mongodb_test

import (
	"fmt"
	"testing"
	"time"

	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
)

func TestRetentionIsOneDocument(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Retention()
	if r := ask(t, func() (privacy.Retention, error) { return s.Retention(ctx) }); r.Version != 0 || len(r.Chosen) != 0 {
		t.Errorf("before anybody chose: %+v", r)
	}
	first := privacy.Retention{Chosen: map[privacy.What]privacy.Choice{privacy.Answers: {Keep: 12, By: "a", At: moment(1)}}}
	must(t, s.PutRetention(ctx, first))
	refused(t, "choose as if nobody had", s.PutRetention(ctx, first), fault.Conflict, "changed_meanwhile")
	first.Version = 1
	must(t, s.PutRetention(ctx, first))
	refused(t, "choose on top of an older table", s.PutRetention(ctx, first), fault.Conflict, "changed_meanwhile")
	r := ask(t, func() (privacy.Retention, error) { return s.Retention(ctx) })
	if r.Version != 2 || r.Chosen[privacy.Answers] != first.Chosen[privacy.Answers] {
		t.Errorf("the table is %+v", r)
	}
	if mine := ask(t, func() (bool, error) { return s.ClaimPruning(ctx, moment(1), moment(2)) }); !mine {
		t.Error("the periods are taken for the job")
	}
}

// A shorter time brings forward the end of what is there, but of no reminder that is still to come.
func TestEndBy(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	day := func(n int) time.Time { return moment(0).AddDate(0, 0, n) }
	must(t, db.Drills().InsertRun(ctx, drill.Run{ID: "d:1", ExpiresAt: day(180)}))
	must(t, db.Drills().InsertRun(ctx, drill.Run{ID: "d:2", ExpiresAt: day(10)}))
	must(t, db.Learning().InsertOps(ctx, []learning.Op{{ID: "p:1", ExpiresAt: day(180)}}))
	_, err := db.Reminders().InsertDeliveries(ctx, []reminder.Delivery{
		{ID: "was", NotBefore: day(0), ExpiresAt: day(90)}, {ID: "comes", NotBefore: day(60), ExpiresAt: day(150)},
	})
	must(t, err)
	for _, w := range []privacy.What{privacy.Drills, privacy.Deliveries, privacy.Ops} {
		must(t, db.Retention().EndBy(ctx, w, day(0), day(30)))
	}
	runs := ask(t, func() ([]drill.Run, error) { return db.Drills().Runs(ctx, []string{"d:1", "d:2"}) })
	ends := map[string]time.Time{}
	for _, r := range runs {
		ends[r.ID] = r.ExpiresAt
	}
	for _, d := range ask(t, func() ([]reminder.Delivery, error) { return db.Reminders().Deliveries(ctx, []string{"was", "comes"}) }) {
		ends[d.ID] = d.ExpiresAt
	}
	for id, want := range map[string]int{"d:1": 30, "d:2": 10, "was": 30, "comes": 150} {
		if !ends[id].Equal(day(want)) {
			t.Errorf("%s ends at %v, want %v", id, ends[id], day(want))
		}
	}
}

func TestLeft(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	for i, p := range []people.Person{
		{ID: "a", Status: people.Closed, LeftOn: "2026-01-31"},
		{ID: "b", Status: people.Closed, LeftOn: "2026-01-30"},
		{ID: "c", Status: people.Active, LeftOn: "2026-01-01"},
		{ID: "d", Status: people.Erased, LeftOn: "2026-01-01"},
		{ID: "e", Status: people.Closed, LeftOn: "2026-02-01"},
		{ID: "f", Status: people.Closed},
	} {
		p.Email = fmt.Sprint(i)
		must(t, s.InsertPeople(ctx, []people.Person{p}))
	}
	left := func(after people.ID, limit int) (ids string) {
		for _, p := range ask(t, func() ([]people.Person, error) { return s.Left(ctx, "2026-02-01", after, limit) }) {
			ids += string(p.ID)
		}
		return ids
	}
	if left("", 9) != "ab" || left("", 1) != "a" || left("a", 9) != "b" {
		t.Errorf("left: %q, %q, %q", left("", 9), left("", 1), left("a", 9))
	}
}
