package embedded

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// checkArena counts again what the entries of an index use, and holds the arena to it.
func checkArena(t *testing.T, x *index) {
	t.Helper()
	live := map[uint32]int{}
	total, dead := 0, 0
	x.tree.all(func(e entry) bool {
		n := x.keysIn.size(e.key, x.primary())
		live[e.key.chunk] += n
		total += n
		return true
	})
	for i, c := range x.keysIn.chunks {
		switch {
		case c == nil && live[uint32(i)] > 0 || c == nil && !slices.Contains(x.keysIn.free, uint32(i)):
			t.Errorf("index %s: chunk %d is not there, its entries use %d", x.name, i, live[uint32(i)])
		case c != nil && (c.live != live[uint32(i)] || c.used > len(c.b)):
			t.Errorf("index %s: a chunk says that %d bytes of %d are of use, its entries use %d", x.name, c.live, c.used, live[uint32(i)])
		case c != nil:
			dead += c.used - c.live
		}
	}
	if x.keysIn.live != total || x.keysIn.dead != dead {
		t.Errorf("index %s: live %d, dead %d; want live %d, dead %d", x.name, x.keysIn.live, x.keysIn.dead, total, dead)
	}
	if dead > total/4+5*chunkSize {
		t.Errorf("index %s: %d bytes of no use beside %d", x.name, dead, total)
	}
}

// TestChunksAreEmptied changes documents of all sizes at random, many more times than there are documents: memory stays
// in proportion to them, every index leads to every document, and a cursor opened before still sees what it saw.
func TestChunksAreEmptied(t *testing.T) {
	db := openTest(t, Options{})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
	makeIndex(t, c, bson.D{{Key: "tags", Value: 1}, {Key: "u", Value: -1}}, nil)
	makeIndex(t, c, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
	rng := rand.New(rand.NewPCG(7, 8))
	made := func(i, turn int) bson.D {
		size := rng.IntN(400)
		switch rng.IntN(100) {
		case 0:
			size = 20_000 // a chunk of its own
		case 1:
			size = 3_000
		}
		tags := bson.A{}
		for range rng.IntN(4) {
			tags = append(tags, fmt.Sprint("tag", rng.IntN(9), strings.Repeat("x", rng.IntN(150))))
		}
		return bson.D{{Key: "_id", Value: fmt.Sprint("d", i)}, {Key: "u", Value: fmt.Sprint(i, ".", turn)}, {Key: "n", Value: turn}, {Key: "tags", Value: tags}, {Key: "text", Value: strings.Repeat("t", size)}}
	}
	const documents, batch = 3000, 300
	var docs []any
	for i := range documents {
		docs = append(docs, made(i, 0))
	}
	insert(t, c, docs...)
	before := found(t, c, bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	cur, err := c.Find(t.Context(), bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(1))
	if err != nil {
		t.Fatal(err)
	}
	for turn := 1; turn <= 60; turn++ {
		var statements bson.A
		for range batch {
			i := rng.IntN(documents)
			u, upsert := made(i, turn), true
			switch rng.IntN(3) {
			case 0:
				u, upsert = bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}, false // one index of three
			case 1:
				u, upsert = bson.D{{Key: "$set", Value: bson.D{{Key: "text", Value: "short"}}}}, false // none
			}
			statements = append(statements, bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: fmt.Sprint("d", i)}}}, {Key: "u", Value: u}, {Key: "upsert", Value: upsert}})
		}
		if err := c.Database().RunCommand(t.Context(), bson.D{{Key: "update", Value: "c"}, {Key: "updates", Value: statements}}).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.DeleteMany(t.Context(), bson.M{"n": turn - 20}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
	for _, x := range db.collections[namespace{"test", "c"}].live.indexes {
		checkArena(t, x)
	}
	var raws []bson.Raw
	if err := cur.All(t.Context(), &raws); err != nil {
		t.Fatal(err)
	}
	if len(raws) != len(before) {
		t.Fatalf("the cursor opened before the changes has %d documents, want %d", len(raws), len(before))
	}
	for i, r := range raws {
		if got := text(t, r); got != before[i] {
			t.Errorf("the cursor opened before the changes says %s, want %s", got, before[i])
		}
	}
	if _, err := c.DeleteMany(t.Context(), bson.M{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range db.collections[namespace{"test", "c"}].live.indexes {
		if checkArena(t, x); x.keysIn.live != 0 || len(x.keysIn.chunks)-len(x.keysIn.free) > 5 || len(x.tree.blocks) > 0 {
			t.Errorf("index %s of nothing: %d bytes of use, %d chunks, %d blocks", x.name, x.keysIn.live, len(x.keysIn.chunks)-len(x.keysIn.free), len(x.tree.blocks))
		}
	}
}

// TestKeysOfAllLengths puts keys beside the places where their length takes another byte.
func TestKeysOfAllLengths(t *testing.T) {
	c := testCollection(t)
	makeIndex(t, c, bson.D{{Key: "k", Value: 1}}, nil)
	for _, n := range []int{0, 1, 120, 123, 124, 125, 126, 127, 128, 129, 300, 16380, 16384, 70_000} {
		id := strings.Repeat("i", n)
		insert(t, c, bson.M{"_id": id, "k": id})
		for _, field := range []string{"_id", "k"} {
			if got := found(t, c, bson.M{field: id}); len(got) != 1 {
				t.Errorf("%s of %d bytes: %d found", field, n, len(got))
			}
		}
	}
}
