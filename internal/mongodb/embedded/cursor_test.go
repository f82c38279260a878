package embedded

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func numbered(n int) []any {
	var docs []any
	for i := range n {
		docs = append(docs, bson.M{"_id": fmt.Sprintf("d%04d", i), "n": i})
	}
	return docs
}

// TestCursorSeesOneMoment changes a collection while it is being read in batches.
func TestCursorSeesOneMoment(t *testing.T) {
	c := testCollection(t)
	insert(t, c, numbered(50)...)
	cur, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(7).SetSort(bson.M{"_id": 1}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateMany(t.Context(), bson.M{}, bson.M{"$set": bson.M{"n": -1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteMany(t.Context(), bson.M{"_id": bson.M{"$gt": "d0040"}}); err != nil {
		t.Fatal(err)
	}
	insert(t, c, bson.M{"_id": "a"})
	for i := 0; ; i++ {
		if !cur.Next(t.Context()) {
			if i != 50 || cur.Err() != nil {
				t.Errorf("%d documents, %v", i, cur.Err())
			}
			break
		}
		if n := cur.Current.Lookup("n").Int32(); int(n) != i {
			t.Errorf("document %d has n %d", i, n)
		}
	}
}

func TestCursors(t *testing.T) {
	k := &clock{now: fixedNow()}
	db := openTest(t, Options{Now: k.Now})
	c := connect(t, db).Database("test").Collection("c")
	insert(t, c, numbered(300)...)
	open := func(o *options.FindOptionsBuilder) *mongo.Cursor {
		t.Helper()
		cur, err := c.Find(t.Context(), bson.M{}, o)
		if err != nil {
			t.Fatal(err)
		}
		return cur
	}
	left := func() int {
		db.cursors.mu.Lock()
		defer db.cursors.mu.Unlock()
		return len(db.cursors.all)
	}
	if cur := open(options.Find()); cur.RemainingBatchLength() != firstBatch || left() != 1 {
		t.Errorf("first batch of %d, %d cursors", cur.RemainingBatchLength(), left())
	} else if err := cur.Close(t.Context()); err != nil || left() != 0 {
		t.Errorf("close: %v, %d cursors left", err, left())
	}
	if cur := open(options.Find().SetLimit(10)); cur.RemainingBatchLength() != 10 || left() != 0 {
		t.Errorf("limit 10: batch of %d, %d cursors", cur.RemainingBatchLength(), left())
	}
	if cur := open(options.Find().SetLimit(-10).SetBatchSize(3)); left() != 0 {
		t.Errorf("one batch: batch of %d, %d cursors", cur.RemainingBatchLength(), left())
	}
	cur := open(options.Find().SetBatchSize(2))
	k.add(cursorIdle + time.Second)
	if _, err := db.Sweep(); err != nil || left() != 0 {
		t.Errorf("after %v: %v, %d cursors left", cursorIdle, err, left())
	}
	for cur.Next(t.Context()) {
	}
	if code(cur.Err()) != codeCursorNotFound {
		t.Errorf("getMore of an expired cursor: %v, want code %d", cur.Err(), codeCursorNotFound)
	}
	cur = open(options.Find().SetBatchSize(2))
	err := c.Database().RunCommand(t.Context(), bson.D{{Key: "getMore", Value: cur.ID()}, {Key: "collection", Value: "other"}}).Err()
	if code(err) != codeCursorNotFound || left() != 1 {
		t.Errorf("getMore for another collection: %v, %d cursors", err, left())
	}
}

func TestLargeBatches(t *testing.T) {
	c := testCollection(t)
	text := strings.Repeat("x", 3<<20)
	for i := range 6 {
		insert(t, c, bson.M{"_id": i, "text": text})
	}
	cur, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(100))
	if err != nil {
		t.Fatal(err)
	}
	if n := cur.RemainingBatchLength(); n != 5 {
		t.Errorf("%d documents of 3 MB in a reply, want 5", n)
	}
	var all []bson.Raw
	if err := cur.All(t.Context(), &all); err != nil || len(all) != 6 {
		t.Errorf("%d documents, %v", len(all), err)
	}
}

func TestMaxTime(t *testing.T) {
	c := testCollection(t)
	insert(t, c, numbered(5000)...)
	var clauses bson.A
	for i := range 3000 {
		clauses = append(clauses, bson.M{"n": bson.M{"$ne": -i - 1}})
	}
	slow := bson.D{{Key: "find", Value: "c"}, {Key: "filter", Value: bson.M{"$and": clauses}}, {Key: "maxTimeMS", Value: 1}}
	if err := c.Database().RunCommand(t.Context(), slow).Err(); code(err) != codeMaxTimeExpired || !mongo.IsTimeout(err) {
		t.Errorf("15 million comparisons in a millisecond: %v, want code %d", err, codeMaxTimeExpired)
	}
}

func TestBulkWrite(t *testing.T) {
	ctx := t.Context()
	model := func() []mongo.WriteModel {
		return []mongo.WriteModel{
			mongo.NewInsertOneModel().SetDocument(bson.M{"_id": "a"}),
			mongo.NewInsertOneModel().SetDocument(bson.M{"_id": "a"}),
			mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": "a"}).SetUpdate(bson.M{"$set": bson.M{"x": 1}}),
			mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": "b"}).SetUpdate(bson.M{"$set": bson.M{"x": 1}}).SetUpsert(true),
			mongo.NewReplaceOneModel().SetFilter(bson.M{"_id": "b"}).SetReplacement(bson.M{"y": 1}),
			mongo.NewDeleteOneModel().SetFilter(bson.M{"_id": "a"}),
		}
	}
	c := testCollection(t)
	r, err := c.BulkWrite(ctx, model())
	if !mongo.IsDuplicateKeyError(err) || r.InsertedCount != 1 || r.ModifiedCount != 0 {
		t.Errorf("ordered: %+v, %v", r, err)
	}
	c = testCollection(t)
	r, err = c.BulkWrite(ctx, model(), options.BulkWrite().SetOrdered(false))
	var be mongo.BulkWriteException
	if !errors.As(err, &be) || len(be.WriteErrors) != 1 || be.WriteErrors[0].Index != 1 {
		t.Errorf("unordered: %v", err)
	}
	if r.InsertedCount != 1 || r.ModifiedCount != 2 || r.UpsertedCount != 1 || r.DeletedCount != 1 || r.UpsertedIDs[3] != "b" {
		t.Errorf("unordered: %+v", r)
	}
	if got := found(t, c, bson.M{}); len(got) != 1 || got[0] != `{"_id":"b","y":1}` {
		t.Errorf("left: %s", got)
	}
}
