package mongodb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/audit"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

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

// The same in a long trail, at random places, several at a time: with HOCSO_AUDIT_LONG=1
// of 100,000 entries, which takes minutes with the race detector.
func TestAuditTamperingLong(t *testing.T) {
	ctx, db, n := t.Context(), mongodbtest.New(t), int64(5000)
	if os.Getenv("HOCSO_AUDIT_LONG") != "" {
		n = 100_000
	}
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
