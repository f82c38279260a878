package embedded

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// callers runs f in 16 goroutines at once.
func callers(f func(g int)) {
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() { f(g) })
	}
	wg.Wait()
}

func one(t *testing.T, c *mongo.Collection, id string) bson.M {
	t.Helper()
	var m bson.M
	if err := c.FindOne(t.Context(), bson.M{"_id": id}).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAtomicInc(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "z", "v": 0})
	callers(func(int) {
		for range 50 {
			if _, err := c.UpdateOne(t.Context(), bson.M{"_id": "z"}, bson.M{"$inc": bson.M{"v": 1}}); err != nil {
				t.Error(err)
			}
		}
	})
	if got := one(t, c, "z")["v"]; got != int32(800) {
		t.Errorf("800 increments: %v", got)
	}
}

func TestAtomicPush(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "z", "v": bson.A{}})
	callers(func(g int) {
		for i := range 50 {
			if _, err := c.UpdateOne(t.Context(), bson.M{"_id": "z"}, bson.M{"$push": bson.M{"v": g*100 + i}}); err != nil {
				t.Error(err)
			}
		}
	})
	seen := map[any]bool{}
	for _, v := range one(t, c, "z")["v"].(bson.A) {
		seen[v] = true
	}
	if len(seen) != 800 {
		t.Errorf("800 pushed: %d different ones stored", len(seen))
	}
}

func TestAtomicCompareAndSet(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "z", "ver": 0})
	var won atomic.Int32
	callers(func(g int) {
		for i := range 50 {
			r, err := c.UpdateOne(t.Context(), bson.M{"_id": "z", "ver": i}, bson.M{"$set": bson.M{"ver": i + 1, "who": g}})
			if err != nil {
				t.Error(err)
				return
			}
			won.Add(int32(r.ModifiedCount))
		}
	})
	if got := one(t, c, "z")["ver"]; got != won.Load() {
		t.Errorf("%d callers won, ver is %v", won.Load(), got)
	}
}

func TestAtomicClaim(t *testing.T) {
	c := testCollection(t)
	for i := range 100 {
		insert(t, c, bson.M{"_id": fmt.Sprint("j", i), "st": "new"})
	}
	var mu sync.Mutex
	claimed := map[any]int{}
	callers(func(g int) {
		for range 20 {
			var m bson.M
			err := c.FindOneAndUpdate(t.Context(), bson.M{"st": "new"}, bson.M{"$set": bson.M{"st": "run", "by": g}}).Decode(&m)
			if err == mongo.ErrNoDocuments {
				continue
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			claimed[m["_id"]]++
			mu.Unlock()
		}
	})
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("%v claimed %d times", id, n)
		}
	}
	if len(claimed) != 100 {
		t.Errorf("%d of 100 claimed", len(claimed))
	}
}

func TestAtomicUpsert(t *testing.T) {
	c := testCollection(t)
	callers(func(int) {
		_, err := c.UpdateOne(t.Context(), bson.M{"_id": "u"}, bson.M{"$inc": bson.M{"n": 1}}, options.UpdateOne().SetUpsert(true))
		if err != nil {
			t.Error(err)
		}
	})
	if got := one(t, c, "u")["n"]; got != int32(16) {
		t.Errorf("16 upserts: n is %v", got)
	}
}

func TestAtomicInsert(t *testing.T) {
	c := testCollection(t)
	var won, lost atomic.Int32
	callers(func(g int) {
		_, err := c.InsertOne(t.Context(), bson.M{"_id": "u", "g": g})
		switch {
		case err == nil:
			won.Add(1)
		case mongo.IsDuplicateKeyError(err):
			lost.Add(1)
		default:
			t.Error(err)
		}
	})
	if won.Load() != 1 || lost.Load() != 15 {
		t.Errorf("%d inserted, %d were told of a duplicate; want 1 and 15", won.Load(), lost.Load())
	}
}
