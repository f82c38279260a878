//go:build bench

package bench

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/mongodb/embedded"
)

// enrolment is the i-th document of about 450 bytes, much like those of the store.
func enrolment(i int) bson.D {
	lesson := func(id string, done bool) bson.D { return bson.D{{Key: "id", Value: id}, {Key: "done", Value: done}} }
	return bson.D{
		{Key: "_id", Value: enrolmentID(i)},
		{Key: "u", Value: fmt.Sprintf("u%06d", i/10)},
		{Key: "course", Value: fmt.Sprintf("c%03d", i%10)},
		{Key: "st", Value: []string{"new", "run", "done"}[i%3]},
		{Key: "score", Value: i % 100},
		{Key: "n", Value: 0},
		{Key: "unit", Value: fmt.Sprint("unit", i%40)},
		{Key: "at", Value: bson.DateTime(1_700_000_000_000 + i)},
		{Key: "lessons", Value: bson.A{lesson("l1", true), lesson("l2", false), lesson("l3", false)}},
		{Key: "note", Value: strings.Repeat("x", 230)},
	}
}

func enrolmentID(i int) string { return fmt.Sprintf("u%06d:c%03d", i/10, i%10) }

// fillEnrolments makes a collection of n documents with two indexes besides that of _id.
func fillEnrolments(t *testing.T, c *mongo.Collection, n int) {
	t.Helper()
	must(t, c.Drop(t.Context()))
	_, err := c.Indexes().CreateMany(t.Context(), []mongo.IndexModel{
		{Keys: bson.D{{Key: "u", Value: 1}}}, {Keys: bson.D{{Key: "course", Value: 1}, {Key: "st", Value: 1}}},
	})
	must(t, err)
	for from := 0; from < n; from += 1000 {
		docs := make([]any, min(1000, n-from))
		for i := range docs {
			docs[i] = enrolment(from + i)
		}
		_, err := c.InsertMany(t.Context(), docs)
		must(t, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// job is what a row of the comparison does, with callers that take turns until n are done or its time is over.
type job struct {
	name    string
	n       int
	callers int
	rate    bool    // compare operations a second, not the median time of one
	bar     float64 // how many times better than the server
	do      func(ctx context.Context, c *mongo.Collection, size int, unique string) error
}

func jobs() []job {
	m := func(key string, v any) bson.D { return bson.D{{Key: key, Value: v}} }
	random := func(size int) string { return enrolmentID(rand.IntN(size)) }
	all := func(ctx context.Context, cur *mongo.Cursor, err error) error {
		if err != nil {
			return err
		}
		var raws []bson.Raw
		return cur.All(ctx, &raws)
	}
	one := func(ctx context.Context, c *mongo.Collection, size int, _ string) error {
		return c.FindOne(ctx, m("_id", random(size))).Err()
	}
	insert := func(ctx context.Context, c *mongo.Collection, _ int, unique string) error {
		_, err := c.InsertOne(ctx, append(m("_id", unique), enrolment(7)[1:]...))
		return err
	}
	inc := func(ctx context.Context, c *mongo.Collection, size int, _ string) error {
		_, err := c.UpdateOne(ctx, m("_id", random(size)), m("$inc", m("n", 1)))
		return err
	}
	return []job{
		{"findOne by _id", 1000, 1, false, 2, one},
		{"findOne by _id, 16 callers", 4000, 16, true, 2.5, one},
		{"find 10 by an indexed field", 200, 1, false, 2, func(ctx context.Context, c *mongo.Collection, size int, _ string) error {
			cur, err := c.Find(ctx, m("u", fmt.Sprintf("u%06d", rand.IntN(size)/10)))
			return all(ctx, cur, err)
		}},
		{"_id $in 10", 200, 1, false, 2, func(ctx context.Context, c *mongo.Collection, size int, _ string) error {
			var ids bson.A
			for range 10 {
				ids = append(ids, random(size))
			}
			cur, err := c.Find(ctx, m("_id", m("$in", ids)))
			return all(ctx, cur, err)
		}},
		{"count by two fields", 60, 1, false, 1.5, func(ctx context.Context, c *mongo.Collection, _ int, _ string) error {
			_, err := c.CountDocuments(ctx, bson.D{{Key: "course", Value: "c003"}, {Key: "st", Value: "done"}})
			return err
		}},
		{"match + group", 40, 1, false, 1.5, func(ctx context.Context, c *mongo.Collection, _ int, _ string) error {
			cur, err := c.Aggregate(ctx, bson.A{
				m("$match", m("course", "c003")),
				m("$group", bson.D{{Key: "_id", Value: "$st"}, {Key: "n", Value: m("$sum", 1)}, {Key: "s", Value: m("$sum", "$score")}}),
			})
			return all(ctx, cur, err)
		}},
		{"group all", 20, 1, false, 3, func(ctx context.Context, c *mongo.Collection, _ int, _ string) error {
			cur, err := c.Aggregate(ctx, bson.A{m("$group", bson.D{{Key: "_id", Value: "$unit"}, {Key: "n", Value: m("$sum", 1)}})})
			return all(ctx, cur, err)
		}},
		{"insertOne", 500, 1, true, 1, insert},
		{"insertOne, 16 callers", 2000, 16, true, 2, insert},
		{"$inc by _id", 500, 1, true, 1.3, inc},
		{"$inc by _id, 16 callers", 2000, 16, true, 2.4, inc},
		{"$inc of one document, 16 callers", 1000, 16, true, 3.5, func(ctx context.Context, c *mongo.Collection, _ int, _ string) error {
			_, err := c.UpdateOne(ctx, m("_id", enrolmentID(0)), m("$inc", m("hot", 1)))
			return err
		}},
		{"80 % reads, 20 % writes, 16 callers", 4000, 16, true, 2.5, func(ctx context.Context, c *mongo.Collection, size int, unique string) error {
			if strings.HasSuffix(unique, "0") || strings.HasSuffix(unique, "5") {
				return inc(ctx, c, size, unique)
			}
			return one(ctx, c, size, unique)
		}},
	}
}

// figure runs a job and gives its median time in milliseconds, or operations a second.
func (j job) figure(t *testing.T, c *mongo.Collection, size int) float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const longest = 3 * time.Second
	var next atomic.Int64
	var mu sync.Mutex
	var times []float64
	var callers sync.WaitGroup
	start := time.Now()
	run := rand.Uint64()
	for range j.callers {
		callers.Go(func() {
			for i := next.Add(1); int(i) <= j.n && time.Since(start) < longest; i = next.Add(1) {
				before := time.Now()
				if err := j.do(ctx, c, size, fmt.Sprintf("%x-%d", run, i)); err != nil {
					t.Errorf("%s: %v", j.name, err)
					return
				}
				took := time.Since(before)
				mu.Lock()
				times = append(times, took.Seconds()*1000)
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	if j.rate {
		return float64(len(times)) / time.Since(start).Seconds()
	}
	return median(times)
}

func openEmbedded(t *testing.T, dir string) (*embedded.Database, *mongo.Client) {
	t.Helper()
	db, err := embedded.Open(dir, embedded.Options{Now: time.Now})
	must(t, err)
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://embedded/?directConnection=true").SetDialer(db.Dialer()))
	must(t, err)
	return db, client
}

// TestDatabaseSpeed times the store's operations on the embedded database, beside the server at MONGO_TEST_URI when that
// is set: the two take turns, five rounds, and the medians are compared.
func TestDatabaseSpeed(t *testing.T) {
	db, client := openEmbedded(t, t.TempDir())
	defer func() {
		must(t, client.Disconnect(context.Background()))
		must(t, db.Close())
	}()
	databases := []*mongo.Database{client.Database("bench")}
	if uri := os.Getenv("MONGO_TEST_URI"); uri != "" {
		server, err := mongo.Connect(options.Client().ApplyURI(uri).SetMaxPoolSize(32))
		must(t, err)
		defer func() { must(t, server.Disconnect(context.Background())) }()
		databases = append(databases, server.Database("hocso_bench"))
		defer func() { must(t, server.Database("hocso_bench").Drop(context.Background())) }()
	}
	sizes := []int{1000, 10_000, 100_000}
	for _, d := range databases {
		for _, n := range sizes {
			fillEnrolments(t, d.Collection(fmt.Sprint("e", n)), n)
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "operation (embedded / server, times better)\t")
	for _, n := range sizes {
		fmt.Fprintf(w, "%d documents\t", n)
	}
	fmt.Fprint(w, "bar\tgrowth\t\n")
	for _, j := range jobs() {
		fmt.Fprintf(w, "%s\t", j.name)
		var first, last float64
		for _, n := range sizes {
			got := make([][]float64, len(databases))
			for range 5 {
				for i, d := range databases {
					got[i] = append(got[i], j.figure(t, d.Collection(fmt.Sprint("e", n)), n))
				}
			}
			ours := median(got[0])
			cell := j.text(ours)
			if len(databases) > 1 {
				theirs := median(got[1])
				times := theirs / ours
				if j.rate {
					times = ours / theirs
				}
				cell += fmt.Sprintf(" / %s, %.1f", j.text(theirs), times)
				if times < j.bar {
					cell += " BELOW"
				}
			}
			fmt.Fprintf(w, "%s\t", cell)
			if first == 0 {
				first = ours
			}
			last = ours
		}
		fmt.Fprintf(w, "%.1f\t%.2f\t\n", j.bar, last/first)
	}
	must(t, w.Flush())
}

func (j job) text(v float64) string {
	if j.rate {
		return fmt.Sprintf("%.1fk/s", v/1000)
	}
	return fmt.Sprintf("%.2f ms", v)
}

// TestDatabaseSize measures memory, disk and opening time for up to two million documents of 450 bytes with two indexes.
func TestDatabaseSize(t *testing.T) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	doc, err := bson.Marshal(enrolment(7))
	must(t, err)
	fmt.Printf("a document of %d bytes, two indexes\n", len(doc))
	fmt.Fprintln(w, "documents\tbytes of memory a document (bar 900)\tmemory, MB\tdisk, MB\topened in, s (bar 1 for 100,000)\tobjects for the collector\t")
	for _, n := range []int{10_000, 100_000, 1_000_000, 2_000_000} {
		dir := t.TempDir()
		db, client := openEmbedded(t, dir)
		fillEnrolments(t, client.Database("bench").Collection("c"), n)
		must(t, client.Disconnect(context.Background()))
		must(t, db.Close())
		before := heap()
		start := time.Now()
		db, err := embedded.Open(dir, embedded.Options{Now: time.Now})
		must(t, err)
		took := time.Since(start)
		after := heap()
		used := after.HeapAlloc - before.HeapAlloc
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%.2f\t%d\t\n", n, int(used)/n, used>>20, folderSize(t, dir)>>20, took.Seconds(), after.HeapObjects-before.HeapObjects)
		must(t, db.Close())
		runtime.KeepAlive(db)
	}
	must(t, w.Flush())
}

func heap() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

func folderSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	}))
	return size
}
