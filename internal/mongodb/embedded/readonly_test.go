package embedded

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// connectTo gives the driver's client for an address.
func connectTo(t *testing.T, address string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + address + "/?directConnection=true").
		SetServerSelectionTimeout(5 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { disconnect(client) })
	return client
}

// TestReadOnlyConnections gives every command in the table to somebody who may only read, and to somebody who may
// write: what changes something for the second must be refused to the first, and so must not be forgotten in the table.
func TestReadOnlyConnections(t *testing.T) {
	for name, cmd := range commands() {
		t.Run(name, func(t *testing.T) {
			if changed, err := runThrough(t, ServeOptions{WriteSetting: "--may-write"}, name); changed {
				t.Error("changed something for somebody who may only read")
			} else if refused := code(err) == codeUnauthorized; refused != cmd.writes {
				t.Errorf("for somebody who may only read: %v, want it refused: %v", err, cmd.writes)
			} else if refused && (!strings.Contains(err.Error(), "'"+name+"'") || !strings.Contains(err.Error(), "--may-write")) {
				t.Errorf("for somebody who may only read: %v, want the command and the setting named", err)
			}
			if changed, err := runThrough(t, ServeOptions{Write: true}, name); changed != cmd.writes || err != nil {
				t.Errorf("for somebody who may write: %v, changed something: %v, want %v", err, changed, cmd.writes)
			}
		})
	}
}

// runThrough runs the example of a command through a listener and tells whether anything was written.
func runThrough(t *testing.T, o ServeOptions, name string) (changed bool, err error) {
	t.Helper()
	example, ok := commandExamples()[name]
	if !ok {
		t.Fatal("there is no example of the command")
	}
	db := openTest(t, Options{})
	own := connect(t, db).Database("test").Collection("c")
	subsetDocuments(t, own)
	makeIndex(t, own, bson.D{{Key: "n", Value: 1}}, nil)
	before := written(db)
	client := connectTo(t, listenTest(t, db, o))
	defer disconnect(client)
	c := client.Database("test").Collection("c")
	if name == "getMore" {
		example = withField(t, c, name, example, "")
	}
	err = c.Database().RunCommand(t.Context(), parseJSON(t, example)).Err()
	return written(db) != before, err
}

// written is how much was written to the disk, which every change does.
func written(db *Database) uint64 {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.disk.mark()
}

// TestProgramWritesBesideReaders sees that reading only is a property of a connection.
func TestProgramWritesBesideReaders(t *testing.T) {
	db := openTest(t, Options{})
	own := connect(t, db).Database("test").Collection("c")
	theirs := connectTo(t, listenTest(t, db, ServeOptions{})).Database("test").Collection("c")
	insert(t, own, bson.M{"_id": "a"})
	if got := found(t, theirs, bson.M{}); !slices.Equal(got, []string{`{"_id":"a"}`}) {
		t.Errorf("a reader finds %s", got)
	}
	if _, err := theirs.InsertOne(t.Context(), bson.M{"_id": "b"}); code(err) != codeUnauthorized {
		t.Errorf("a reader inserts: %v, want code %d", err, codeUnauthorized)
	}
	insert(t, own, bson.M{"_id": "b"})
	if got := found(t, theirs, bson.M{}); len(got) != 2 {
		t.Errorf("a reader finds %s after another insert", got)
	}
}

// TestDriverOverTCP is a walk with the official driver through what a person does who looks into the database.
func TestDriverOverTCP(t *testing.T) {
	for _, write := range []bool{false, true} {
		db := openTest(t, Options{})
		own := connect(t, db).Database("test").Collection("c")
		for i := range 250 {
			insert(t, own, bson.M{"_id": i, "n": i % 3})
		}
		client := connectTo(t, listenTest(t, db, ServeOptions{Write: write}))
		c := client.Database("test").Collection("c")
		if got := found(t, c, bson.M{}, options.Find().SetBatchSize(60)); len(got) != 250 {
			t.Errorf("write %v: found %d in batches, want 250", write, len(got))
		}
		if names, err := client.ListDatabaseNames(t.Context(), bson.M{}); err != nil || !slices.Equal(names, []string{"test"}) {
			t.Errorf("write %v: databases %v %v", write, names, err)
		}
		if names, err := client.Database("test").ListCollectionNames(t.Context(), bson.M{}); err != nil || !slices.Equal(names, []string{"c"}) {
			t.Errorf("write %v: collections %v %v", write, names, err)
		}
		if n, err := c.CountDocuments(t.Context(), bson.M{"n": 1}); n != 83 || err != nil {
			t.Errorf("write %v: %d %v, want 83", write, n, err)
		}
		if n, err := c.EstimatedDocumentCount(t.Context()); n != 250 || err != nil {
			t.Errorf("write %v: %d %v, want 250", write, n, err)
		}
		if specs, err := c.Indexes().ListSpecifications(t.Context()); len(specs) != 1 || err != nil {
			t.Errorf("write %v: %d indexes, %v", write, len(specs), err)
		}
		_, err := c.UpdateOne(t.Context(), bson.M{"_id": 1}, bson.M{"$set": bson.M{"n": 7}})
		if (err == nil) != write {
			t.Errorf("write %v: update answers %v", write, err)
		}
		var ce mongo.CommandError
		if !write && (!errors.As(err, &ce) || ce.HasErrorLabel("RetryableWriteError") || ce.IsMaxTimeMSExpiredError()) {
			t.Errorf("the refusal %v is not a plain error of a command", err)
		}
		// A refusal must not make the driver drop the connection or look for another server.
		var uri struct{ You string }
		if err := client.Database("admin").RunCommand(t.Context(), bson.D{{Key: "whatsmyuri", Value: 1}}).Decode(&uri); err != nil {
			t.Errorf("write %v: %v", write, err)
		}
		if host, _, err := net.SplitHostPort(uri.You); err != nil || host != "127.0.0.1" {
			t.Errorf("write %v: whatsmyuri %q", write, uri.You)
		}
	}
}
