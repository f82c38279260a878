package mongodb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
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

// long writes a trail of n entries, as the program does.
func long(t testing.TB, a *audit.Service, n int) {
	t.Helper()
	const writers = 500
	abreast(writers, func(i int) {
		for j := i; j < n; j += writers {
			e := audit.Entry{
				Action: "person_changed", Actor: people.ID(fmt.Sprint("nguoi-", i)), Session: "s", Object: audit.Object{Kind: "person", ID: fmt.Sprint("p", j)},
				Outcome: audit.Done, Request: fmt.Sprint("r", j), Detail: []audit.Detail{{What: "unit", Before: "a", After: "b"}},
			}
			if j%10 == 0 {
				e.Action, e.From = "sign_in", &audit.From{Address: "203.0.113.7"}
			}
			if _, err := a.Append(context.Background(), e); err != nil {
				t.Error(err)
				return
			}
		}
	})
}

// tampering is something that somebody does to the entries in the database who has not
// the key, around entry n, and what must be said of it.
type tampering struct {
	name string
	do   func(c *mongo.Collection, n int64) error
	want func(n int64) audit.Problem
}

func tamperings(ctx context.Context) []tampering {
	byID := func(n int64) bson.D { return bson.D{{Key: "_id", Value: n}} }
	changed := func(n int64) audit.Problem { return audit.Problem{Seq: n, What: "changed"} }
	missing := func(from, through int64) func(int64) audit.Problem {
		return func(n int64) audit.Problem {
			return audit.Problem{Seq: n + from, Through: n + through, What: "missing"}
		}
	}
	set := func(field string, value any) func(*mongo.Collection, int64) error {
		return func(c *mongo.Collection, n int64) error {
			_, err := c.UpdateOne(ctx, byID(n), bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}})
			return err
		}
	}
	remove := func(from, through int64) func(*mongo.Collection, int64) error {
		return func(c *mongo.Collection, n int64) error {
			_, err := c.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: n + from}, {Key: "$lte", Value: n + through}}}})
			return err
		}
	}
	at := func(c *mongo.Collection, n int64) (d bson.D, err error) {
		err = c.FindOne(ctx, byID(n)).Decode(&d)
		return d, err
	}
	all := []tampering{
		{"remove one", remove(0, 0), missing(0, 0)},
		{"remove several", remove(0, 6), missing(0, 6)},
		{"remove and number the next ones anew", func(c *mongo.Collection, n int64) error {
			if err := remove(0, 0)(c, n); err != nil {
				return err
			}
			next, err := at(c, n+1)
			if err != nil {
				return err
			}
			if err := remove(1, 1)(c, n); err != nil {
				return err
			}
			next[0].Value = n
			_, err = c.InsertOne(ctx, next)
			return err
		}, changed},
		{"swap two", func(c *mongo.Collection, n int64) error {
			one, err := at(c, n)
			if err != nil {
				return err
			}
			other, err := at(c, n+3)
			if err != nil {
				return err
			}
			one[0].Value, other[0].Value = n+3, n
			if _, err := c.ReplaceOne(ctx, byID(n+3), one); err != nil {
				return err
			}
			_, err = c.ReplaceOne(ctx, byID(n), other)
			return err
		}, changed},
		{"insert between two", func(c *mongo.Collection, n int64) error {
			d, err := at(c, n)
			if err != nil {
				return err
			}
			d[0].Value = float64(n) + 0.5
			_, err = c.InsertOne(ctx, d)
			return err
		}, changed},
		{"forget where somebody came from and what seals it", func(c *mongo.Collection, n int64) error {
			_, err := c.UpdateOne(ctx, byID(n), bson.D{{Key: "$unset", Value: bson.D{{Key: "from", Value: ""}, {Key: "fromMark", Value: ""}, {Key: "request", Value: ""}}}})
			return err
		}, changed},
	}
	for field, value := range map[string]any{
		"at": moment(77), "actor": "ai-do", "session": "x", "command": "x", "action": "sign_out", "group": "exports", "object.id": "x", "object.kind": "x", "outcome": "failed",
		"code": "x", "of": int64(3), "request": "x", "detail": bson.A{}, "fromMark": "x", "prev": strings.Repeat("0", 64), "hash": strings.Repeat("0", 64),
		"from": bson.D{{Key: "address", Value: "10.9.9.9"}, {Key: "salt", Value: "salt"}, {Key: "at", Value: moment(0)}}, "note": "a field that no entry has", "outcome ": 1,
	} {
		all = append(all, tampering{"set " + field, set(field, value), changed})
	}
	return all
}

// Whatever is done to an entry by somebody who knows everything but the key is found and
// named, and nothing else is.
func TestAuditTampering(t *testing.T) {
	ctx, db, n := t.Context(), mongodbtest.New(t), int64(600)
	a := trail(db.Audit())
	long(t, a, int(n))
	c, random := db.Database().Collection("audit"), places(t)
	for _, x := range tamperings(ctx) {
		at := 2 + random.Int64N(n-20)
		undo := kept(t, c, at, at+10)
		must(t, x.do(c, at))
		r := verified(t, a)
		named(t, r, x, at)
		if len(r.Problems) > 6 || r.More > 0 || r.Problems[0].Seq < at || r.Problems[len(r.Problems)-1].Seq > at+4 {
			t.Errorf("%s at %d: also where nothing was done: %v", x.name, at, r.Problems)
		}
		undo()
	}
	good := verified(t, a)
	if !good.Good() || good.Entries != n {
		t.Fatalf("the test did not put it back: %v", good.Problems)
	}
	ends(t, a, db, good)
}

// The same in a trail of 100,000 entries, at random places, several at a time.
func TestAuditTamperingLong(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 entries")
	}
	ctx, db, n := t.Context(), mongodbtest.New(t), int64(100_000)
	a := trail(db.Audit())
	began := time.Now()
	long(t, a, int(n))
	t.Logf("%d entries written in %v", n, time.Since(began))
	began = time.Now()
	if r := verified(t, a); !r.Good() || r.Entries != n {
		t.Fatalf("the trail is not good to begin with: %+v", r)
	}
	t.Logf("verified in %v", time.Since(began))
	c, random := db.Database().Collection("audit"), places(t)
	for some := range slices.Chunk(tamperings(ctx), 7) {
		at, undo := make([]int64, len(some)), make([]func(), len(some))
		for i, x := range some {
			at[i] = int64(i)*n/10 + 2 + random.Int64N(n/10-20)
			undo[i] = kept(t, c, at[i], at[i]+10)
			must(t, x.do(c, at[i]))
		}
		r := verified(t, a)
		for i, x := range some {
			named(t, r, x, at[i])
			undo[i]()
		}
	}
	if r := verified(t, a); !r.Good() {
		t.Errorf("the test did not put it back: %v", r.Problems)
	}
}

// places says where to tamper.
func places(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // places, not secrets
}

// named checks that a report says what was done at a place.
func named(t *testing.T, r audit.Report, x tampering, at int64) {
	t.Helper()
	if want := x.want(at); !slices.Contains(r.Problems, want) {
		t.Errorf("%s at %d: got %v, want %v", x.name, at, r.Problems, want)
	}
}

// kept remembers entries, and puts them back.
func kept(t *testing.T, c *mongo.Collection, from, through int64) (undo func()) {
	t.Helper()
	ctx := t.Context()
	around := bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lte", Value: through}}}}
	cur, err := c.Find(ctx, around, options.Find().SetLimit(100))
	must(t, err)
	var docs []bson.Raw
	must(t, cur.All(ctx, &docs))
	return func() {
		_, err := c.DeleteMany(ctx, around)
		must(t, err)
		_, err = c.InsertMany(ctx, docs)
		must(t, err)
	}
}

// ends tampers with both ends of the trail and with its marks.
func ends(t *testing.T, a *audit.Service, db *mongodb.DB, good audit.Report) {
	ctx, c, marks, n := t.Context(), db.Database().Collection("audit"), db.Database().Collection("audit_marks"), good.Last
	newest := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: n - 3}}}}
	head := bson.D{{Key: "_id", Value: "head"}}
	var before bson.D
	must(t, marks.FindOne(ctx, head).Decode(&before))
	set := func(seq int64, hash string) func() error {
		return func() error {
			_, err := marks.UpdateOne(ctx, head, bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: seq}, {Key: "hash", Value: hash}}}})
			return err
		}
	}
	removeNewest := func() error { _, err := c.DeleteMany(ctx, newest); return err }
	var third audit.Entry
	must(t, c.FindOne(ctx, bson.D{{Key: "_id", Value: n - 3}}).Decode(&third))
	oldest := func() error {
		_, err := c.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$lte", Value: 5}}}})
		return err
	}
	for _, tt := range []struct {
		name string
		do   []func() error
		want audit.Problem
	}{
		{"remove the newest", []func() error{removeNewest}, audit.Problem{Seq: n - 2, Through: n, What: "missing"}},
		{"remove the newest and set the head back", []func() error{removeNewest, set(n-3, third.Hash)}, audit.Problem{What: "head_forged"}},
		{"remove the newest and the head", []func() error{removeNewest, func() error { _, err := marks.DeleteOne(ctx, head); return err }}, audit.Problem{What: "head_missing"}},
		{"remove the oldest", []func() error{oldest}, audit.Problem{Seq: 1, Through: 5, What: "missing"}},
		{"remove the oldest and say that they were too old", []func() error{oldest, func() error {
			_, err := marks.InsertOne(ctx, bson.D{{Key: "_id", Value: "anchor"}, {Key: "seq", Value: int64(5)}, {Key: "hash", Value: third.Hash}, {Key: "seal", Value: third.Hash}})
			return err
		}}, audit.Problem{What: "anchor_forged"}},
	} {
		undoNew, undoOld := kept(t, c, n-3, n), kept(t, c, 1, 5)
		for _, do := range tt.do {
			must(t, do())
		}
		r := verified(t, a)
		if len(r.Problems) == 0 || r.Problems[0] != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, r.Problems, tt.want)
		}
		// What the program writes afterwards does not cover it up.
		if _, err := trail(db.Audit()).Append(ctx, audit.Entry{Action: "sign_out"}); err != nil {
			t.Error(err)
		}
		if r := verified(t, a); r.Good() {
			t.Errorf("%s: one entry later nothing is found", tt.name)
		}
		if r := verified(t, a, good.Head); len(r.Problems) == 0 {
			t.Errorf("%s: not even by the head that was noted", tt.name)
		}
		_, err := c.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: n - 3}}}})
		must(t, err)
		_, err = marks.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{"head", "anchor"}}}}})
		must(t, err)
		_, err = marks.InsertOne(ctx, before)
		must(t, err)
		undoNew()
		undoOld()
	}
	// Somebody who has the key too can write everything anew, and only the head that was
	// noted elsewhere tells.
	_, err := c.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: int64(0)}}}})
	must(t, err)
	_, err = marks.DeleteOne(ctx, head)
	must(t, err)
	long(t, trail(db.Audit()), int(n))
	if r := verified(t, a); !r.Good() {
		t.Errorf("written anew with the key: %v", r.Problems)
	}
	if r := verified(t, a, good.Head); r.Good() {
		t.Error("written anew with the key: the noted head is not missed")
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
