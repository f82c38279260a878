package mongodb_test

import (
	"fmt"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

func TestPrivacyRequests(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Privacy()
	for i := range many {
		state := []privacy.State{privacy.Received, privacy.Answered, privacy.Done, privacy.Refused}[i%4]
		r := privacy.Request{ID: fmt.Sprintf("r%03d", i), Person: people.ID(fmt.Sprint("p", i%2)), Kind: privacy.Objection, State: state, At: moment(i), Log: []privacy.Entry{}, Version: 1}
		must(t, s.InsertRequest(ctx, r))
		refused(t, "insert it again", s.InsertRequest(ctx, r), fault.Conflict, "request_exists")
	}
	if rs := ask(t, func() ([]privacy.Request, error) { return s.RequestsOf(ctx, "p1") }); len(rs) != many/2 || rs[0].ID != fmt.Sprintf("r%03d", many-1) {
		t.Errorf("%d requests of a person, the first %+v; want %d, the newest first", len(rs), rs[0], many/2)
	}
	rs := ask(t, func() ([]privacy.Request, error) { return s.Requests(ctx, []privacy.State{privacy.Done}, 10) })
	if len(rs) != 10 || rs[0].State != privacy.Done || rs[9].ID >= rs[0].ID {
		t.Errorf("requests that are done: %+v", rs)
	}
	r := ask(t, func() (privacy.Request, error) { return s.Request(ctx, "r001") })
	r.Text, r.Log = "Lời", []privacy.Entry{{At: moment(1), By: "a", Did: "answer", Text: "Chào"}}
	must(t, s.ReplaceRequest(ctx, r))
	refused(t, "replace an older one", s.ReplaceRequest(ctx, r), fault.Conflict, "changed_meanwhile")
	if now := ask(t, func() (privacy.Request, error) { return s.Request(ctx, "r001") }); now.Version != 2 || now.Text != "Lời" || now.Log[0] != r.Log[0] {
		t.Errorf("the request is %+v", now)
	}
	_, err := s.Request(ctx, "none")
	refused(t, "find none", err, fault.NotFound, "request_not_found")
}

func TestErasuresAndReadings(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Privacy()
	for i := range many {
		p := people.ID(fmt.Sprintf("p%03d", i))
		must(t, s.InsertErasure(ctx, privacy.Erasure{Person: p, At: moment(i)}))
		must(t, s.InsertErasure(ctx, privacy.Erasure{Person: p, At: moment(i + 1)})) // the first stays
		must(t, s.InsertReading(ctx, privacy.Reading{ID: string(p) + ":1", Person: p, Version: "1", Hash: "h", At: moment(i)}))
	}
	must(t, s.ErasureDone(ctx, "p000", moment(1)))
	must(t, s.ErasuresPurged(ctx, []people.ID{"p000", "p001"}, moment(2)))
	all := ask(t, func() ([]privacy.Erasure, error) { return s.Erasures(ctx, false) })
	if len(all) != many || !all[0].At.Equal(moment(0)) || all[0].DoneAt == nil || all[0].PurgedAt == nil || all[2].PurgedAt != nil {
		t.Errorf("the ledger has %d entries, and begins with %+v", len(all), all[:3])
	}
	if open := ask(t, func() ([]privacy.Erasure, error) { return s.Erasures(ctx, true) }); len(open) != many-2 {
		t.Errorf("%d are not finished, want %d", len(open), many-2)
	}
	refused(t, "read it twice", s.InsertReading(ctx, privacy.Reading{ID: "p000:1"}), fault.Conflict, "reading_exists")
	if rs := ask(t, func() ([]privacy.Reading, error) { return s.ReadingsOf(ctx, "p001") }); len(rs) != 1 || rs[0].Hash != "h" {
		t.Errorf("readings %+v", rs)
	}
	_, err := s.Reading(ctx, "p001:2")
	refused(t, "find none", err, fault.NotFound, "reading_not_found")
}

// Each part of the store forgets one person, and nobody else, by an index.
func TestErasePerson(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	l := db.Learning()
	for i := range many {
		p := people.ID(fmt.Sprint("p", i%2))
		id := learning.EnrolmentID(fmt.Sprintf("c:%s:%d", p, i))
		_, err := l.InsertEnrolments(ctx, []learning.Enrolment{{ID: id, Person: p, Version: 1}})
		must(t, err)
		must(t, l.InsertAttempt(ctx, learning.Attempt{ID: fmt.Sprint("t", i), Person: p, ReceivedAt: moment(i)}))
		must(t, l.PutRating(ctx, learning.Rating{ID: id, Stars: 4, Comment: "x"}))
		must(t, l.InsertOps(ctx, []learning.Op{{ID: fmt.Sprintf("%s:%d", p, i), ExpiresAt: moment(1)}}))
	}
	for range 2 {
		must(t, l.ErasePerson(ctx, "p1"))
		must(t, db.Auth().ErasePerson(ctx, "p1"))
		must(t, db.Reminders().ErasePerson(ctx, "p1"))
	}
	for p, want := range map[people.ID]int{"p0": many / 2, "p1": 0} {
		if as := ask(t, func() ([]learning.Attempt, error) { return l.AttemptsOf(ctx, p) }); len(as) != want {
			t.Errorf("%d attempts of %s, want %d", len(as), p, want)
		}
		es := ask(t, func() ([]learning.Enrolment, error) { return l.EnrolmentsOf(ctx, p) })
		if len(es) != many/2 {
			t.Errorf("%d enrolments of %s, want all %d", len(es), p, many/2)
		}
		rs := ask(t, func() ([]learning.Rating, error) { return l.Ratings(ctx, []learning.EnrolmentID{es[0].ID}) })
		if len(rs) != 1 || rs[0].Stars != 4 || (rs[0].Comment == "") != (want == 0) {
			t.Errorf("ratings of %s: %+v", p, rs)
		}
	}
	ops := ask(t, func() (map[string]learning.Op, error) { return l.Ops(ctx, []string{"p0:0", "p1:1"}) })
	if _, ok := ops["p0:0"]; !ok || len(ops) != 1 {
		t.Errorf("ops %v, want p0:0 alone", ops)
	}
}
