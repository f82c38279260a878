package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// killOrder is what the parent tells the process that it is going to kill, in childOrder.
type killOrder struct {
	seed       uint64
	epoch      int // the collections to work in have this number
	name       string
	writers    int  // 0 only opens the folder
	maintained bool // back up and scrub beside the writes
}

const (
	childOrder   = "HOCSO_EMBEDDED_TEST_ORDER"
	killWriters  = 8
	backupFolder = "-backups" // beside the data
)

func (j killOrder) String() string {
	return fmt.Sprintf("%d %d %s %d %t", j.seed, j.epoch, j.name, j.writers, j.maintained)
}

func parseOrder(t *testing.T, s string) (j killOrder) {
	t.Helper()
	if _, err := fmt.Sscan(s, &j.seed, &j.epoch, &j.name, &j.writers, &j.maintained); err != nil {
		t.Fatalf("the order %q: %v", s, err)
	}
	return j
}

// killCollections names the collections of an epoch: documents with one writer each, jobs that writers claim, places of
// which each goes to one writer, and counters that all count up.
func killCollections(db *mongo.Database, epoch int) (docs, jobs, slots, counts *mongo.Collection) {
	c := func(kind string) *mongo.Collection { return db.Collection(fmt.Sprint(kind, epoch)) }
	return c("docs"), c("jobs"), c("slots"), c("counts")
}

// textOf is what a document says when it was changed n times, so that a document of which only a part was stored shows.
func textOf(id string, n int) string { return strings.Repeat(fmt.Sprintf("%s/%d ", id, n), 8) }

// killDoc is a document with one writer.
type killDoc struct {
	ID     string `bson:"_id"`
	Writer int    `bson:"w"`
	N      int    `bson:"n"`
	Unique string `bson:"u"`
	Text   string `bson:"text"`
}

func newKillDoc(id string, writer, n int) killDoc {
	return killDoc{id, writer, n, "u" + id, textOf(id, n)}
}

// killChild is the process that TestKill kills. It says what it is about to do and what came of it, in one line each.
type killChild struct {
	killOrder
	t  *testing.T
	mu sync.Mutex
}

func (k *killChild) say(words ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Println(words...)
}

// TestChildWriter never ends by itself, unless something goes wrong.
func TestChildWriter(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("run by TestKill")
	}
	k := &killChild{t: t, killOrder: parseOrder(t, os.Getenv(childOrder))}
	k.say("opening")
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	k.say("opened")
	k.prepare(connect(t, db).Database("test"))
	k.say("ready")
	var wg sync.WaitGroup
	for w := range k.writers {
		wg.Go(func() { k.write(connect(t, db).Database("test"), w) })
	}
	if k.maintained {
		wg.Go(func() { k.maintain(db, dir+backupFolder) })
	}
	wg.Wait()
	<-t.Context().Done()
}

// prepare drops what is old and makes the indexes that are missing.
func (k *killChild) prepare(db *mongo.Database) {
	ctx := k.t.Context()
	for _, kind := range []string{"docs", "jobs", "slots", "counts"} {
		if err := db.Collection(fmt.Sprint(kind, k.epoch-2)).Drop(ctx); err != nil {
			k.t.Fatal(err)
		}
	}
	docs, jobs, slots, _ := killCollections(db, k.epoch)
	makeIndex(k.t, docs, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
	makeIndex(k.t, docs, bson.D{{Key: "w", Value: 1}, {Key: "n", Value: -1}}, nil)
	makeIndex(k.t, jobs, bson.D{{Key: "state", Value: 1}, {Key: "_id", Value: 1}}, nil)
	makeIndex(k.t, slots, bson.D{{Key: "slot", Value: 1}}, options.Index().SetUnique(true))
}

// maintain makes backups and takes deleted documents off the disk, over and over.
func (k *killChild) maintain(db *Database, backups string) {
	for i := 0; ; i++ {
		name := filepath.Join(backups, fmt.Sprint(k.name, "-", i))
		err := db.Backup(name)
		if err == nil {
			k.say("backup", name)
			err = db.Scrub(k.t.Context())
		}
		if err == nil {
			_, err = db.Sweep()
		}
		if err != nil {
			k.say("wrong", err)
			return
		}
	}
}

// killWriter is one connection at work, with the documents that only it changes.
type killWriter struct {
	*killChild
	n                         int // its number
	rng                       *rand.Rand
	docs, jobs, slots, counts *mongo.Collection
	own                       []killDoc
	made                      int // how many names it has given
	raced                     int // how many places it has asked for
}

func (k *killChild) write(db *mongo.Database, number int) {
	name := 0
	for _, c := range k.name {
		name = name*31 + int(c)
	}
	w := &killWriter{killChild: k, n: number, rng: rand.New(rand.NewPCG(k.seed, uint64(name*killWriters+number)))}
	w.docs, w.jobs, w.slots, w.counts = killCollections(db, k.epoch)
	cur, err := w.docs.Find(k.t.Context(), bson.M{"w": number}, options.Find().SetLimit(100))
	if err == nil {
		err = cur.All(k.t.Context(), &w.own)
	}
	for err == nil {
		err = w.step(k.t.Context())
	}
	k.say("wrong", err)
}

func (w *killWriter) name() string {
	w.made++
	return fmt.Sprintf("%s-w%d-%d", w.killChild.name, w.n, w.made)
}

// begin says what is about to be done, end what came of it; an answer that is neither success nor a duplicate is wrong.
func (w *killWriter) begin(words ...any) { w.say(append([]any{"begin", w.n}, words...)...) }

func (w *killWriter) end(err error, what string) error {
	if mongo.IsDuplicateKeyError(err) {
		what, err = "duplicate", nil
	}
	if err == nil {
		w.say("end", w.n, what)
	}
	return err
}

// step does one thing at random.
func (w *killWriter) step(ctx context.Context) error {
	choice := w.rng.IntN(100)
	switch {
	case choice < 15 || len(w.own) < 3:
		doc := newKillDoc(w.name(), w.n, 0)
		w.begin("insert", doc.ID)
		_, err := w.docs.InsertOne(ctx, doc)
		w.own = append(w.own, doc)
		return w.end(err, "ok")
	case choice < 20:
		return w.insertMany(ctx)
	case choice < 40:
		return w.change(ctx)
	case choice < 45:
		doc := newKillDoc(w.name(), w.n, 1)
		w.begin("upsert", doc.ID)
		_, err := w.docs.UpdateOne(ctx, bson.M{"_id": doc.ID}, bson.M{
			"$inc": bson.M{"n": 1}, "$set": bson.M{"text": doc.Text}, "$setOnInsert": bson.M{"w": doc.Writer, "u": doc.Unique},
		}, options.UpdateOne().SetUpsert(true))
		w.own = append(w.own, doc)
		return w.end(err, "ok")
	case choice < 60:
		return w.remove(ctx)
	case choice < 70:
		id := w.name()
		w.begin("job", id)
		_, err := w.jobs.InsertOne(ctx, bson.M{"_id": id, "state": "open"})
		return w.end(err, "ok")
	case choice < 82:
		return w.claim(ctx)
	case choice < 92:
		w.raced++
		id, slot := w.name(), fmt.Sprint(w.killChild.name, "-", w.raced)
		w.begin("slot", id, slot)
		_, err := w.slots.InsertOne(ctx, bson.M{"_id": id, "slot": slot})
		return w.end(err, "ok")
	}
	key := "k" + strconv.Itoa(w.rng.IntN(3))
	w.begin("count", key)
	_, err := w.counts.UpdateOne(ctx, bson.M{"_id": key}, bson.M{"$inc": bson.M{"n": 1}}, options.UpdateOne().SetUpsert(true))
	return w.end(err, "ok")
}

func (w *killWriter) insertMany(ctx context.Context) error {
	var docs []any
	words := []any{"insert"}
	for range 2 + w.rng.IntN(6) {
		doc := newKillDoc(w.name(), w.n, 0)
		docs, words, w.own = append(docs, doc), append(words, doc.ID), append(w.own, doc)
	}
	w.begin(words...)
	_, err := w.docs.InsertMany(ctx, docs)
	return w.end(err, "ok")
}

func (w *killWriter) change(ctx context.Context) error {
	doc := &w.own[w.rng.IntN(len(w.own))]
	w.begin("change", doc.ID)
	r, err := w.docs.UpdateOne(ctx, bson.M{"_id": doc.ID, "n": doc.N}, bson.M{
		"$inc": bson.M{"n": 1}, "$set": bson.M{"text": textOf(doc.ID, doc.N+1)},
	})
	if err == nil && r.ModifiedCount != 1 {
		return fmt.Errorf("%s with n %d is not there", doc.ID, doc.N)
	}
	doc.N++
	return w.end(err, "ok")
}

func (w *killWriter) remove(ctx context.Context) error {
	i := w.rng.IntN(len(w.own))
	id := w.own[i].ID
	w.begin("delete", id)
	r, err := w.docs.DeleteOne(ctx, bson.M{"_id": id})
	if err == nil && r.DeletedCount != 1 {
		return fmt.Errorf("%s is not there to be deleted", id)
	}
	w.own = append(w.own[:i], w.own[i+1:]...)
	return w.end(err, "ok")
}

// claim takes the first open job, as workers with a lease do.
func (w *killWriter) claim(ctx context.Context) error {
	token := w.name()
	w.begin("claim", token)
	var got struct {
		ID string `bson:"_id"`
	}
	err := w.jobs.FindOneAndUpdate(ctx, bson.M{"state": "open"}, bson.M{
		"$set": bson.M{"state": "claimed", "by": token}, "$inc": bson.M{"claims": 1},
	}, options.FindOneAndUpdate().SetSort(bson.D{{Key: "_id", Value: 1}})).Decode(&got)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return w.end(nil, "none")
	}
	return w.end(err, got.ID)
}
