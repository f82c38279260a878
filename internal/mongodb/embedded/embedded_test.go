package embedded

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// fixedNow is the clock of most tests.
func fixedNow() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// openTest opens a database in a folder of the test and closes it with the test.
func openTest(t testing.TB, opts Options) *Database {
	t.Helper()
	if opts.Now == nil {
		opts.Now = fixedNow
	}
	db, err := Open(t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Error("close:", err)
		}
	})
	return db
}

// connect gives the driver's client for a database.
func connect(t testing.TB, db *Database) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://embedded/?directConnection=true").SetDialer(db.Dialer()).
		SetServerSelectionTimeout(5 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disconnect(client) })
	return client
}

// disconnect ends a client without looking for the database to say goodbye, which may be closed already. Tests that open
// many databases disconnect each, or the drivers go on looking for them.
func disconnect(client *mongo.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = client.Disconnect(ctx) // the context has ended
}

// foundIn opens a client for one question.
func foundIn(t testing.TB, db *Database, opts ...options.Lister[options.FindOptions]) []string {
	t.Helper()
	client := connect(t, db)
	defer disconnect(client)
	return found(t, client.Database("test").Collection("c"), bson.M{}, opts...)
}

// testCollection gives a collection of a new database.
func testCollection(t testing.TB) *mongo.Collection {
	t.Helper()
	return connect(t, openTest(t, Options{})).Database("test").Collection("c")
}

func insert(t testing.TB, c *mongo.Collection, docs ...any) {
	t.Helper()
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

// found gives what a filter finds as extended JSON, one line for a document.
func found(t testing.TB, c *mongo.Collection, filter any, opts ...options.Lister[options.FindOptions]) []string {
	t.Helper()
	cur, err := c.Find(t.Context(), filter, opts...)
	if err != nil {
		t.Fatal(err)
	}
	var raws []bson.Raw
	if err := cur.All(t.Context(), &raws); err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, r := range raws {
		lines = append(lines, text(t, r))
	}
	return lines
}

func text(t testing.TB, doc any) string {
	t.Helper()
	b, err := bson.MarshalExtJSON(doc, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// code gives the error code that a command or a write answered, 0 for none.
func code(err error) int {
	var we mongo.WriteException
	var be mongo.BulkWriteException
	var ce mongo.CommandError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &we) && len(we.WriteErrors) > 0:
		return we.WriteErrors[0].Code
	case errors.As(err, &be) && len(be.WriteErrors) > 0:
		return be.WriteErrors[0].Code
	case errors.As(err, &ce):
		return int(ce.Code)
	}
	return -1
}

func TestEverydayUse(t *testing.T) {
	c := testCollection(t)
	ctx := t.Context()
	if _, err := c.InsertOne(ctx, bson.D{{Key: "_id", Value: "a"}, {Key: "n", Value: 1}, {Key: "tags", Value: bson.A{"x"}}}); err != nil {
		t.Fatal(err)
	}
	_, err := c.InsertOne(ctx, bson.M{"_id": "a"})
	if !mongo.IsDuplicateKeyError(err) {
		t.Errorf("insert of an _id that is there: %v, want a duplicate key", err)
	}
	r, err := c.UpdateOne(ctx, bson.M{"_id": "a"}, bson.M{"$inc": bson.M{"n": 2}, "$push": bson.M{"tags": "y"}})
	if err != nil || r.MatchedCount != 1 || r.ModifiedCount != 1 {
		t.Errorf("update: %+v %v", r, err)
	}
	if got, want := found(t, c, bson.M{"_id": "a"}), `[{"_id":"a","n":3,"tags":["x","y"]}]`; fmt.Sprint(got) != want {
		t.Errorf("after update: %s, want %s", got, want)
	}
	r, err = c.UpdateOne(ctx, bson.M{"_id": "b", "k": 1}, bson.M{"$setOnInsert": bson.M{"n": 7}}, options.UpdateOne().SetUpsert(true))
	if err != nil || r.UpsertedCount != 1 || r.UpsertedID != "b" {
		t.Errorf("upsert: %+v %v", r, err)
	}
	var after bson.M
	err = c.FindOneAndUpdate(ctx, bson.M{"n": bson.M{"$gt": 0}}, bson.M{"$set": bson.M{"seen": true}},
		options.FindOneAndUpdate().SetReturnDocument(options.After).SetSort(bson.D{{Key: "n", Value: -1}})).Decode(&after)
	if err != nil || after["_id"] != "b" || after["seen"] != true {
		t.Errorf("find and update: %v %v", after, err)
	}
	if n, err := c.CountDocuments(ctx, bson.M{"n": bson.M{"$gte": 3}}); n != 2 || err != nil {
		t.Errorf("count: %d %v, want 2", n, err)
	}
	if err := c.FindOneAndDelete(ctx, bson.M{"_id": "nobody"}).Err(); !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("delete of nobody: %v", err)
	}
	d, err := c.DeleteMany(ctx, bson.M{})
	if err != nil || d.DeletedCount != 2 {
		t.Errorf("delete: %+v %v", d, err)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, db).Database("test").Collection("c")
	if _, err := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "mail", Value: 1}}, Options: options.Index().SetUnique(true)}); err != nil {
		t.Fatal(err)
	}
	insert(t, c, bson.M{"_id": "a", "mail": "a@x"}, bson.M{"_id": "b", "mail": "b@x"})
	if _, err := c.DeleteOne(ctx, bson.M{"_id": "b"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("second close: %v, want ErrClosed", err)
	}
	if db, err = Open(dir, Options{Now: fixedNow}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c = connect(t, db).Database("test").Collection("c")
	if got := found(t, c, bson.M{}); len(got) != 1 {
		t.Errorf("after reopening: %s", got)
	}
	if _, err := c.InsertOne(ctx, bson.M{"_id": "z", "mail": "a@x"}); !mongo.IsDuplicateKeyError(err) {
		t.Errorf("the unique index after reopening: %v", err)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir+"/../"+dir[len(dir)-3:], Options{Now: fixedNow})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("second open by another name: %v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = Open(dir, Options{Now: fixedNow}); err != nil {
		t.Fatal("open after close:", err)
	}
	db.Close()
}
