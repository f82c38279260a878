package embedded

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestUnique(t *testing.T) {
	tests := []struct {
		name  string
		keys  bson.D
		first bson.M
		next  bson.M
		clash bool
	}{
		{"same", bson.D{{Key: "a", Value: 1}}, bson.M{"a": "x"}, bson.M{"a": "x"}, true},
		{"other", bson.D{{Key: "a", Value: 1}}, bson.M{"a": "x"}, bson.M{"a": "xy"}, false},
		{"descending", bson.D{{Key: "a", Value: -1}}, bson.M{"a": "x"}, bson.M{"a": "x"}, true},
		{"int and double", bson.D{{Key: "a", Value: 1}}, bson.M{"a": int32(1)}, bson.M{"a": 1.0}, true},
		{"int64 and double", bson.D{{Key: "a", Value: 1}}, bson.M{"a": int64(1<<53 + 1)}, bson.M{"a": float64(1 << 53)}, false},
		{"both missing", bson.D{{Key: "a", Value: 1}}, bson.M{}, bson.M{}, true},
		{"missing and null", bson.D{{Key: "a", Value: 1}}, bson.M{"a": nil}, bson.M{}, true},
		{"compound", bson.D{{Key: "a", Value: 1}, {Key: "b.c", Value: 1}}, bson.M{"a": 1, "b": bson.M{"c": 2}}, bson.M{"a": 1, "b": bson.M{"c": 2}}, true},
		{"half of a compound", bson.D{{Key: "a", Value: 1}, {Key: "b.c", Value: 1}}, bson.M{"a": 1, "b": bson.M{"c": 2}}, bson.M{"a": 1, "b": bson.M{"c": 3}}, false},
		{"shared element", bson.D{{Key: "a", Value: 1}}, bson.M{"a": bson.A{1, 2}}, bson.M{"a": bson.A{2, 3}}, true},
		{"no shared element", bson.D{{Key: "a", Value: 1}}, bson.M{"a": bson.A{1, 2}}, bson.M{"a": bson.A{3}}, false},
		{"element twice in one document", bson.D{{Key: "a", Value: 1}}, bson.M{"a": bson.A{1, 1}}, bson.M{"a": 2}, false},
		{"element and value", bson.D{{Key: "a", Value: 1}}, bson.M{"a": bson.A{1, 2}}, bson.M{"a": 2}, true},
		{"documents", bson.D{{Key: "a", Value: 1}}, bson.M{"a": bson.D{{Key: "x", Value: 1}}}, bson.M{"a": bson.D{{Key: "x", Value: 1.0}}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testCollection(t)
			makeIndex(t, c, tt.keys, options.Index().SetUnique(true))
			insert(t, c, tt.first)
			_, err := c.InsertOne(t.Context(), tt.next)
			wantDuplicate(t, "insert", err, tt.clash)
			if !tt.clash {
				return
			}
			if err := c.Indexes().DropAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			insert(t, c, tt.next)
			_, err = c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: tt.keys, Options: options.Index().SetUnique(true)})
			if code(err) != codeDuplicateKey {
				t.Errorf("index over equal documents: %v, want code %d", err, codeDuplicateKey)
			}
			if left := indexNames(t, c); !slices.Equal(left, []string{"_id_"}) {
				t.Errorf("indexes after that: %v", left)
			}
		})
	}
}

func indexNames(t *testing.T, c *mongo.Collection) []string {
	t.Helper()
	specs, err := c.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return names
}

func TestDuplicateKeyTellsIndexAndValue(t *testing.T) {
	c := testCollection(t)
	makeIndex(t, c, bson.D{{Key: "mail", Value: 1}}, options.Index().SetUnique(true))
	insert(t, c, bson.M{"_id": "a", "mail": "anh@example.org"}, bson.M{"_id": "b", "mail": "b"})
	_, err := c.UpdateOne(t.Context(), bson.M{"_id": "b"}, bson.M{"$set": bson.M{"mail": "anh@example.org"}})
	var we mongo.WriteException
	if !errors.As(err, &we) || !mongo.IsDuplicateKeyError(err) {
		t.Fatalf("update: %v, want a duplicate key", err)
	}
	raw := we.WriteErrors[0].Raw
	if p, v := raw.Lookup("keyPattern", "mail"), raw.Lookup("keyValue", "mail"); p.AsInt64() != 1 || v.StringValue() != "anh@example.org" {
		t.Errorf("keyPattern and keyValue: %s", raw)
	}
	if want := "E11000 duplicate key error collection: test.c index: mail_1 dup key: { mail }"; we.WriteErrors[0].Message != want {
		t.Errorf("message %q, want %q: without the value, which may be personal", we.WriteErrors[0].Message, want)
	}
	err = c.FindOneAndUpdate(t.Context(), bson.M{"_id": "b"}, bson.M{"$set": bson.M{"mail": "anh@example.org"}}).Err()
	if !mongo.IsDuplicateKeyError(err) {
		t.Errorf("find and update: %v, want a duplicate key", err)
	}
	if got := found(t, c, bson.M{"mail": "b"}); len(got) != 1 {
		t.Errorf("after the refused updates: %s", got)
	}
}

func TestParallelArrays(t *testing.T) {
	c := testCollection(t)
	makeIndex(t, c, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 1}}, nil)
	makeIndex(t, c, bson.D{{Key: "l.x", Value: 1}, {Key: "l.y", Value: 1}}, nil)
	_, err := c.InsertOne(t.Context(), bson.M{"_id": "p", "a": bson.A{1}, "b": bson.A{2}})
	if code(err) != codeParallelArrays {
		t.Errorf("two arrays: %v, want code %d", err, codeParallelArrays)
	}
	insert(t, c, bson.M{"_id": "q", "a": bson.A{1}, "b": 2}, bson.M{"_id": "r", "l": bson.A{bson.M{"x": 1, "y": 2}, bson.M{"x": 3}}})
	if _, err = c.UpdateOne(t.Context(), bson.M{"_id": "q"}, bson.M{"$set": bson.M{"b": bson.A{3}}}); code(err) != codeParallelArrays {
		t.Errorf("an update to two arrays: %v, want code %d", err, codeParallelArrays)
	}
	if got := found(t, c, bson.M{"l.x": 3, "l.y": 2}); len(got) != 1 {
		t.Errorf("two fields of one array: %s", got)
	}
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestExpire(t *testing.T) {
	k := &clock{now: fixedNow()}
	db := openTest(t, Options{Now: k.Now, RefuseScansOver: 100})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "at", Value: -1}}, options.Index().SetExpireAfterSeconds(60))
	docs := []any{
		bson.M{"_id": "soon", "at": k.Now()},
		bson.M{"_id": "later", "at": k.Now().Add(time.Hour)},
		bson.M{"_id": "earliest of two", "at": bson.A{k.Now(), k.Now().Add(time.Hour)}},
		bson.M{"_id": "no date", "at": "2020"},
		bson.M{"_id": "a number", "at": 1},
		bson.M{"_id": "none"},
	}
	for range 2500 {
		docs = append(docs, bson.M{"at": k.Now()})
	}
	insert(t, c, docs...)
	for _, step := range []struct {
		after time.Duration
		gone  int
	}{{59 * time.Second, 0}, {time.Second, 2502}, {time.Hour, 1}, {1000 * time.Hour, 0}} {
		k.add(step.after)
		n, err := db.Sweep()
		if err != nil || n != step.gone {
			t.Errorf("after %v more: %d removed, %v; want %d", step.after, n, err, step.gone)
		}
	}
	if got := found(t, c, bson.M{}, options.Find().SetProjection(bson.M{"_id": 1}).SetSort(bson.M{"_id": 1})); len(got) != 3 {
		t.Errorf("left: %s", got)
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}

func TestIndexCommands(t *testing.T) {
	c := testCollection(t)
	ctx := t.Context()
	names, err := c.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: "a", Value: 1}}},
		{Keys: bson.D{{Key: "b", Value: -1}, {Key: "a", Value: 1}}, Options: options.Index().SetName("mine").SetUnique(true)},
		{Keys: bson.D{{Key: "at", Value: 1}}, Options: options.Index().SetExpireAfterSeconds(0)},
	})
	if err != nil || !slices.Equal(names, []string{"a_1", "mine", "at_1"}) {
		t.Fatalf("created %v, %v", names, err)
	}
	makeIndex(t, c, bson.D{{Key: "a", Value: 1}}, nil) // the same again
	specs, err := c.Indexes().ListSpecifications(ctx)
	if err != nil || len(specs) != 4 {
		t.Fatalf("listed %v, %v", specs, err)
	}
	if s := specs[2]; s.Name != "mine" || s.Unique == nil || !*s.Unique || text(t, s.KeysDocument) != `{"b":-1,"a":1}` {
		t.Errorf("listed %+v", s)
	}
	if s := specs[3]; s.ExpireAfterSeconds == nil || *s.ExpireAfterSeconds != 0 {
		t.Errorf("listed %+v", s)
	}
	if err := c.Indexes().DropOne(ctx, "mine"); err != nil {
		t.Error(err)
	}
	if err := c.Indexes().DropWithKey(ctx, bson.D{{Key: "a", Value: 1}}); err != nil {
		t.Error(err)
	}
	if left := indexNames(t, c); !slices.Equal(left, []string{"_id_", "at_1"}) {
		t.Errorf("left %v", left)
	}
}

func TestDatabaseCommands(t *testing.T) {
	client := connect(t, openTest(t, Options{}))
	ctx := t.Context()
	insert(t, client.Database("one").Collection("b"), bson.M{"_id": 1})
	insert(t, client.Database("one").Collection("a.x"), bson.M{"_id": 1})
	if err := client.Database("two").CreateCollection(ctx, "c"); err != nil {
		t.Fatal(err)
	}
	names, err := client.ListDatabaseNames(ctx, bson.M{})
	if err != nil || !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("databases %v, %v", names, err)
	}
	names, err = client.Database("one").ListCollectionNames(ctx, bson.M{"name": bson.M{"$gt": "a"}})
	if err != nil || !slices.Equal(names, []string{"a.x", "b"}) {
		t.Errorf("collections %v, %v", names, err)
	}
	if err := client.Database("one").Collection("b").Drop(ctx); err != nil {
		t.Error(err)
	}
	insert(t, client.Database("one").Collection("n"), bson.M{"_id": 1}) // takes the number of the dropped one
	if got := found(t, client.Database("one").Collection("b"), bson.M{}); len(got) != 0 {
		t.Errorf("dropped and there: %s", got)
	}
	if err := client.Database("one").Drop(ctx); err != nil {
		t.Error(err)
	}
	names, err = client.ListDatabaseNames(ctx, bson.M{})
	if err != nil || !slices.Equal(names, []string{"two"}) {
		t.Errorf("databases after drop %v, %v", names, err)
	}
	var info bson.M
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info); err != nil || info["version"] == nil {
		t.Errorf("buildInfo %v, %v", info, err)
	}
}
