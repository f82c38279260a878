package mongodb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/audit"
	"hocso/internal/fault"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

// auditor may read the trail.
var auditor = people.Actor{ID: "kiem-tra", Grants: []people.Grant{{Role: people.Auditor}}}

// trail is the audit trail of one copy of the program.
func trail(s audit.Store) *audit.Service {
	return &audit.Service{Store: s, Key: bytes.Repeat([]byte("k"), 32), Now: func() time.Time { return moment(0) }, NewID: func() string { return "salt" }}
}

// verified checks the trail and stops the test when it could not be read.
func verified(t *testing.T, a *audit.Service, noted ...audit.Mark) audit.Report {
	t.Helper()
	return ask(t, func() (audit.Report, error) { return a.Verify(t.Context(), 0, noted, nil) })
}

func TestAudit(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	s := db.Audit()
	if _, err := s.Newest(ctx); fault.KindOf(err) != fault.NotFound {
		t.Errorf("newest of none: %v", err)
	}
	if _, err := s.Mark(ctx, "head"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("mark of none: %v", err)
	}
	want := []audit.Entry{filled[audit.Entry](1), filled[audit.Entry](100), filled[audit.Entry](200)}
	for i := range want {
		want[i].Seq = int64(i + 1)
	}
	if n, err := s.Append(ctx, want[:1]); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	n, err := s.Append(ctx, []audit.Entry{want[1], want[0], want[2]})
	refused(t, "a number that is taken", err, fault.Conflict, "entry_exists")
	if n != 1 {
		t.Errorf("%d stored before the taken one, want 1", n)
	}
	if n, err := s.Append(ctx, want[2:]); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	var got []audit.Entry
	must(t, s.Each(ctx, 0, func(e audit.Entry, intact bool) error {
		if !intact {
			t.Errorf("entry %d is not what was stored", e.Seq)
		}
		got = append(got, e)
		return nil
	}))
	same(t, "each", got, want)
	stop := errors.New("stop")
	if err := s.Each(ctx, 1, func(e audit.Entry, _ bool) error { return fmt.Errorf("%d: %w", e.Seq, stop) }); !errors.Is(err, stop) || !strings.HasPrefix(err.Error(), "2:") {
		t.Errorf("each after 1 that is stopped: %v", err)
	}
	same(t, "newest", ask(t, func() (audit.Entry, error) { return s.Newest(ctx) }), want[2])

	bare(t, "an entry without anything", ask(t, func() (audit.Entry, error) {
		_, err := s.Append(ctx, []audit.Entry{{Seq: 4}})
		must(t, err)
		return s.Newest(ctx)
	}))
	m := filled[audit.Mark](5)
	for _, tt := range []struct {
		seq  int64
		hash string
		want string
	}{{5, "a", "a"}, {5, "b", "a"}, {4, "c", "a"}, {6, "d", "d"}} {
		m.Seq, m.Hash = tt.seq, tt.hash
		must(t, s.Advance(ctx, "head", m))
		if got := ask(t, func() (audit.Mark, error) { return s.Mark(ctx, "head") }); got.Hash != tt.want || got.Seal != m.Seal {
			t.Errorf("after advancing to %d %s the mark is %+v, want %s", tt.seq, tt.hash, got, tt.want)
		}
	}
}

// What is asked for comes, the newest first, by an index.
func TestAuditFind(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Audit()
	var es []audit.Entry
	for i := range many {
		es = append(es, audit.Entry{
			Seq: int64(i + 1), At: moment(i), Actor: people.ID(fmt.Sprint("p", i%4)), Group: audit.Group(fmt.Sprint("g", i%5)), Action: audit.Action(fmt.Sprint("a", i%10)),
			Object: audit.Object{Kind: fmt.Sprint("k", i%2), ID: fmt.Sprint("o", i%3)}, Outcome: audit.Outcome(fmt.Sprint("r", i%7)), Detail: []audit.Detail{},
			From: &audit.From{Address: "10.0.0.1", At: moment(i)},
		})
		if i%2 == 1 {
			es[i].Of = int64(i)
		}
	}
	_, err := s.Append(ctx, es)
	must(t, err)
	for _, tt := range []struct {
		name string
		q    audit.Query
		keep func(audit.Entry) bool
	}{
		{"all", audit.Query{}, func(audit.Entry) bool { return true }},
		{"a person", audit.Query{Actor: "p1"}, func(e audit.Entry) bool { return e.Actor == "p1" }},
		{"a group", audit.Query{Group: "g2"}, func(e audit.Entry) bool { return e.Group == "g2" }},
		{"an action", audit.Query{Group: "g2", Action: "a7"}, func(e audit.Entry) bool { return e.Action == "a7" }},
		{"an object", audit.Query{Object: audit.Object{Kind: "k1", ID: "o2"}}, func(e audit.Entry) bool { return e.Object == audit.Object{Kind: "k1", ID: "o2"} }},
		{"an outcome", audit.Query{Outcome: "r3"}, func(e audit.Entry) bool { return e.Outcome == "r3" }},
		{"everything at once", audit.Query{Actor: "p1", Group: "g0", Outcome: "r5"}, func(e audit.Entry) bool { return e.Actor == "p1" && e.Group == "g0" && e.Outcome == "r5" }},
		{"after", audit.Query{After: 100, Actor: "p2"}, func(e audit.Entry) bool { return e.Seq > 100 && e.Actor == "p2" }},
	} {
		var want []int64
		for i := many - 1; i >= 0; i-- {
			if tt.keep(es[i]) {
				want = append(want, es[i].Seq)
			}
		}
		if len(want) == 0 {
			t.Fatalf("%s: the test has none", tt.name)
		}
		tt.q.Limit = 7
		got := pages(t, 7, func(last *audit.Entry) ([]audit.Entry, error) {
			if last != nil {
				tt.q.Before = last.Seq
			}
			return s.Find(ctx, tt.q)
		})
		var seqs []int64
		for _, e := range got {
			seqs = append(seqs, e.Seq)
		}
		if !reflect.DeepEqual(seqs, want) {
			t.Errorf("%s: got %v, want %v", tt.name, seqs, want)
		}
	}
	if got := ask(t, func() ([]int64, error) { return s.Ended(ctx, []int64{1, 2, 3, 99}) }); !reflect.DeepEqual(got, []int64{1, 3, 99}) {
		t.Errorf("ended: %v, want 1, 3 and 99", got)
	}
	for n, want := range map[int]int64{-1: 0, 0: 0, 1: 1, 50: 50, many + 9: many} {
		if got := ask(t, func() (int64, error) { return s.Since(ctx, moment(n)) }); got != want {
			t.Errorf("since moment %d: %d, want %d", n, got, want)
		}
	}
	must(t, s.ForgetAddresses(ctx, moment(60)))
	must(t, s.Each(ctx, 0, func(e audit.Entry, intact bool) error {
		if (e.From == nil) != (e.Seq <= 60) || !intact {
			t.Errorf("entry %d: the address is %v, intact %v", e.Seq, e.From, intact)
		}
		return nil
	}))
	must(t, s.Remove(ctx, 100))
	if got := ask(t, func() ([]audit.Entry, error) { return s.Find(ctx, audit.Query{Limit: many}) }); len(got) != many-100 || got[len(got)-1].Seq != 101 {
		t.Errorf("%d are left after removing a hundred", len(got))
	}
}

// Sixteen copies of the program write at once, each for several people: no number is
// used twice or left out, every entry follows the one before, and who was told that an
// entry is there finds it there.
func TestAuditRace(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	const people, each = 3, 8
	var mu sync.Mutex
	told := map[int64]string{}
	together(func(i int) {
		a := trail(db.Audit())
		var wg sync.WaitGroup
		for p := range people {
			wg.Go(func() {
				for n := range each {
					name := fmt.Sprint(i, ".", p, ".", n)
					seq, err := a.Append(ctx, audit.Entry{Action: "sign_in", Request: name})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					told[seq] = name
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	})
	r := verified(t, trail(db.Audit()))
	if want := int64(racers * people * each); !r.Good() || r.Entries != want || r.Last != want || len(told) != int(want) {
		t.Errorf("%d told, %+v; want %d without problems", len(told), r, want)
	}
	must(t, db.Audit().Each(ctx, 0, func(e audit.Entry, _ bool) error {
		if told[e.Seq] != e.Request {
			t.Errorf("entry %d is of %s, told %s", e.Seq, e.Request, told[e.Seq])
		}
		return nil
	}))
	head := ask(t, func() (audit.Mark, error) { return db.Audit().Mark(ctx, "head") })
	if head.Seq != r.Last || head.Hash != r.Head.Hash {
		t.Errorf("the head is %d, want %d", head.Seq, r.Last)
	}
}

// Old entries go and the rest can still be verified, also when the program is killed
// between any two steps.
func TestAuditPrune(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	now := moment(0)
	a := trail(db.Audit())
	a.Now = func() time.Time { return now }
	const old, young = 30, 12
	add := func(n int) {
		for range n {
			_, err := a.Append(ctx, audit.Entry{Action: "sign_in", From: &audit.From{Address: "203.0.113.7"}})
			must(t, err)
		}
	}
	add(old)
	now = moment(0).AddDate(0, 10, 0)
	add(young)
	now = moment(0).AddDate(0, 11, 20)
	if n := ask(t, func() (int64, error) { return a.Prune(ctx, now) }); n != 0 {
		t.Errorf("%d entries younger than a year were removed", n)
	}
	now = moment(0).AddDate(1, 0, 1)
	broken := kept(t, db.Database().Collection("audit"), 7, 7)
	_, err := db.Database().Collection("audit").UpdateOne(ctx, bson.D{{Key: "_id", Value: int64(7)}}, bson.D{{Key: "$set", Value: bson.D{{Key: "actor", Value: "x"}}}})
	must(t, err)
	_, err = a.Prune(ctx, now)
	refused(t, "prune what was tampered with", err, fault.Conflict, "trail_broken")
	broken()

	// Killed after the anchor was set and before or while the entries went.
	for cut := range 3 {
		cutOff := trail(&cutStore{Audit: db.Audit(), c: db.Database().Collection("audit"), left: cut})
		cutOff.Now = a.Now
		if _, err := cutOff.Prune(ctx, now); err == nil {
			t.Fatalf("cut %d: it was not cut off", cut)
		}
		if r := verified(t, a); !r.Good() {
			t.Errorf("cut %d: %v", cut, r.Problems)
		}
	}
	_, err = a.Prune(ctx, now)
	must(t, err)
	r := verified(t, a)
	if !r.Good() || r.First != old+1 || r.Pruned != old {
		t.Errorf("after pruning: %+v, want good from %d on", r, old+1)
	}
	addresses := 0
	must(t, db.Audit().Each(ctx, 0, func(e audit.Entry, _ bool) error {
		if e.From != nil {
			addresses++
		}
		return nil
	}))
	if addresses != young {
		t.Errorf("%d addresses are kept, want %d of the last 90 days", addresses, young)
	}
	es, _, err := a.List(ctx, auditor, audit.Filter{Action: audit.TrailPruned, Outcome: audit.Done})
	must(t, err)
	if len(es) != 0 { // only those that were cut off set the anchor
		t.Errorf("the trail says %+v", es)
	}
	es, _, err = a.List(ctx, auditor, audit.Filter{Action: audit.TrailPruned, Outcome: audit.Failed})
	must(t, err)
	if len(es) != 1 || es[0].Detail[0].After != fmt.Sprint(old) || es[0].Detail[1].After != fmt.Sprint(old) {
		t.Errorf("the trail says %+v", es)
	}
	now = now.AddDate(0, 11, 0)
	if n := ask(t, func() (int64, error) { return a.Prune(ctx, now.AddDate(-2, 0, 0)) }); n != 0 {
		t.Errorf("%d entries were removed that are younger than was asked for", n)
	}
	must(t, ignore(a.Prune(ctx, now)))
	if r := verified(t, a); !r.Good() || r.First != old+young+1 {
		t.Errorf("after pruning again: %+v", r)
	}
}

func ignore(_ int64, err error) error { return err }

// cutStore is a store whose process is killed while it removes entries.
type cutStore struct {
	*mongodb.Audit
	c    *mongo.Collection
	left int // how often it removes one first
}

func (s *cutStore) Remove(ctx context.Context, _ int64) error {
	for range s.left {
		var first bson.D
		if err := s.c.FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: 0}}}}, options.FindOne().SetSort(bson.D{{Key: "_id", Value: 1}})).Decode(&first); err != nil {
			return err
		}
		if _, err := s.c.DeleteOne(ctx, bson.D{{Key: "_id", Value: first[0].Value}}); err != nil {
			return err
		}
	}
	return errors.New("killed")
}

// A list shows a change once: with how it ended, or that nobody knows.
func TestAuditList(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	now := moment(0)
	a := trail(db.Audit())
	a.Now = func() time.Time { return now }
	for i := range 120 {
		e, err := a.Begin(ctx, audit.Entry{Action: "unit_added", Actor: "x", Request: fmt.Sprint(i)})
		must(t, err)
		switch {
		case i%40 == 5: // killed
		case i%3 == 0:
			must(t, a.End(ctx, e, audit.Refused, "unit_not_found"))
		default:
			must(t, a.End(ctx, e, audit.Done, ""))
		}
		now = now.Add(time.Second)
	}
	all := func(f audit.Filter) (es []audit.Entry) {
		for {
			page, next, err := a.List(ctx, auditor, f)
			must(t, err)
			es = append(es, page...)
			if f.Cursor = next; next == 0 {
				return es
			}
		}
	}
	es := all(audit.Filter{})
	count := map[audit.Outcome]int{}
	for i, e := range es {
		count[e.Outcome]++
		if want := fmt.Sprint(119 - i); e.Request != want {
			t.Fatalf("line %d is of request %s, want %s", i, e.Request, want)
		}
	}
	if want := map[audit.Outcome]int{audit.Unknown: 2, audit.UnderWay: 1, audit.Refused: 39, audit.Done: 78}; !reflect.DeepEqual(count, want) {
		t.Errorf("got %v, want %v", count, want)
	}
	if es := all(audit.Filter{Outcome: audit.Unknown, Action: "unit_added"}); len(es) != 3 {
		t.Errorf("%d of unknown outcome, want 3", len(es))
	}
	if es := all(audit.Filter{From: moment(0).Add(10 * time.Second), To: moment(0).Add(20 * time.Second)}); len(es) != 10 || es[0].Request != "19" || es[9].Request != "10" {
		t.Errorf("%d within ten seconds, want 10", len(es))
	}
	for _, who := range []people.Actor{{}, {ID: "u", Grants: []people.Grant{{Role: people.Auditor, Unit: "a"}}}, people.Console()} {
		_, _, err := a.List(ctx, who, audit.Filter{})
		refused(t, "list", err, fault.Forbidden, "not_allowed")
		_, err = a.VerifyNewest(ctx, who)
		refused(t, "verify", err, fault.Forbidden, "not_allowed")
	}
}
