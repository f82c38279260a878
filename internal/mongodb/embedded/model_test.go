package embedded

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// modelDoc is a document of TestModel: u is unique, n counts.
type modelDoc struct {
	ID string `bson:"_id"`
	U  int    `bson:"u"`
	N  int    `bson:"n"`
}

// TestModel does random things to the database and to a map, and compares them after each restart.
func TestModel(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(11, 12))
	model := map[string]modelDoc{}
	taken := func(u int, except string) bool {
		for id, d := range model {
			if id != except && d.U == u {
				return true
			}
		}
		return false
	}
	for restart := range 8 {
		db, err := Open(dir, Options{Now: fixedNow})
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, db).Database("test").Collection("c")
		if restart == 0 {
			makeIndex(t, c, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
			makeIndex(t, c, bson.D{{Key: "n", Value: -1}, {Key: "u", Value: 1}}, nil)
		}
		compareModel(t, c, model)
		if err := db.Check(); err != nil {
			t.Error(err)
		}
		for range 250 {
			step(t, c, rng, model, taken)
		}
		compareModel(t, c, model)
		disconnect(c.Database().Client())
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// step does one random thing to both.
func step(t *testing.T, c *mongo.Collection, rng *rand.Rand, model map[string]modelDoc, taken func(int, string) bool) {
	t.Helper()
	ctx := t.Context()
	id, u := fmt.Sprint("d", rng.IntN(40)), rng.IntN(60)
	old, there := model[id]
	switch rng.IntN(6) {
	case 0:
		_, err := c.InsertOne(ctx, modelDoc{id, u, 0})
		wantDuplicate(t, "insert", err, there || taken(u, ""))
		if err == nil {
			model[id] = modelDoc{id, u, 0}
		}
	case 1:
		r, err := c.UpdateOne(ctx, bson.M{"_id": id, "n": old.N}, bson.M{"$inc": bson.M{"n": 1}, "$set": bson.M{"u": u}})
		clash := there && taken(u, id)
		wantDuplicate(t, "update", err, clash)
		if there && !clash {
			model[id] = modelDoc{id, u, old.N + 1}
		}
		if err == nil && (r.MatchedCount == 1) != there {
			t.Errorf("update of %s: matched %d, there %v", id, r.MatchedCount, there)
		}
	case 2:
		_, err := c.UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$setOnInsert": bson.M{"u": u}, "$inc": bson.M{"n": 1}}, options.UpdateOne().SetUpsert(true))
		clash := !there && taken(u, id)
		wantDuplicate(t, "upsert", err, clash)
		switch {
		case there:
			model[id] = modelDoc{id, old.U, old.N + 1}
		case !clash:
			model[id] = modelDoc{id, u, 1}
		}
	case 3:
		r, err := c.DeleteOne(ctx, bson.M{"_id": id})
		if err != nil || (r.DeletedCount == 1) != there {
			t.Errorf("delete of %s: %+v %v, there %v", id, r, err, there)
		}
		delete(model, id)
	case 4:
		limit := rng.IntN(5)
		if _, err := c.UpdateMany(ctx, bson.M{"n": bson.M{"$lt": limit}}, bson.M{"$inc": bson.M{"n": 2}}); err != nil {
			t.Error(err)
		}
		for id, d := range model {
			if d.N < limit {
				d.N += 2
				model[id] = d
			}
		}
	case 5:
		n, err := c.CountDocuments(ctx, bson.M{"u": bson.M{"$gte": u}})
		want := 0
		for _, d := range model {
			if d.U >= u {
				want++
			}
		}
		if err != nil || int(n) != want {
			t.Errorf("count of u >= %d: %d %v, want %d", u, n, err, want)
		}
	}
}

func wantDuplicate(t *testing.T, what string, err error, want bool) {
	t.Helper()
	if want != mongo.IsDuplicateKeyError(err) || !want && err != nil {
		t.Errorf("%s: %v, want a duplicate key: %v", what, err, want)
	}
}

func compareModel(t *testing.T, c *mongo.Collection, model map[string]modelDoc) {
	t.Helper()
	cur, err := c.Find(t.Context(), bson.M{}, options.Find().SetSort(bson.M{"_id": 1}).SetBatchSize(7))
	if err != nil {
		t.Fatal(err)
	}
	var got []modelDoc
	if err := cur.All(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	want := slices.SortedFunc(maps.Values(model), func(a, b modelDoc) int { return strings.Compare(a.ID, b.ID) })
	if !slices.Equal(got, want) {
		t.Fatalf("stored %v, want %v", got, want)
	}
}

// TestIndexesChangeNothing asks random questions of two collections with the same documents, one with many indexes: the
// answers must be the same, and so must the order where one is asked for.
func TestIndexesChangeNothing(t *testing.T) {
	db := connect(t, openTest(t, Options{})).Database("test")
	plain, indexed := db.Collection("plain"), db.Collection("indexed")
	for _, k := range []bson.D{
		{{Key: "a", Value: 1}},
		{{Key: "b", Value: -1}},
		{{Key: "a.b", Value: 1}, {Key: "a.c", Value: 1}},
		{{Key: "c", Value: 1}, {Key: "b.a", Value: -1}},
		{{Key: "b", Value: 1}, {Key: "d", Value: -1}, {Key: "e", Value: 1}},
		{{Key: "d", Value: 1}, {Key: "e", Value: -1}},
	} {
		makeIndex(t, indexed, k, nil)
	}
	r := random{rand.New(rand.NewPCG(21, 22))}
	for i := range 150 {
		d := append(bson.D{{Key: "_id", Value: fmt.Sprint(i)}, {Key: "d", Value: r.IntN(4)}, {Key: "e", Value: r.scalar()}}, r.document(2)...)
		_, err := indexed.InsertOne(t.Context(), d)
		if code(err) == codeParallelArrays {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		insert(t, plain, d)
	}
	for range 1500 {
		f := r.filter(1)
		opts := options.Find()
		switch r.IntN(4) {
		case 0:
			f = append(f, bson.E{Key: "d", Value: r.IntN(4)})
			opts.SetSort(bson.D{{Key: "e", Value: 1 - 2*r.IntN(2)}, {Key: "_id", Value: 1 - 2*r.IntN(2)}})
		case 1:
			opts.SetSort(bson.D{{Key: "d", Value: 1}, {Key: "e", Value: 1 - 2*r.IntN(2)}, {Key: "_id", Value: 1}}).SetLimit(int64(r.IntN(9))).SetSkip(int64(r.IntN(4)))
		case 2:
			opts.SetSort(bson.D{{Key: "b", Value: 1}, {Key: "_id", Value: 1}})
		}
		got, want := found(t, indexed, f, opts), found(t, plain, f, opts)
		if sort := optionsOf(t, opts).Sort; sort == nil {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\n with indexes %s\n without      %s", text(t, f), got, want)
		}
	}
}

func optionsOf(t *testing.T, b *options.FindOptionsBuilder) *options.FindOptions {
	t.Helper()
	o := &options.FindOptions{}
	for _, set := range b.List() {
		if err := set(o); err != nil {
			t.Fatal(err)
		}
	}
	return o
}
