package embedded

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"weak"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const year = 365 * 24 * time.Hour

// TestClockJumps moves the clock a year back and forth. Documents expire by the clock as it is, never before; a cursor
// outlives a clock that went back by no more than its time; and what has expired does not come back.
func TestClockJumps(t *testing.T) {
	k := &clock{now: fixedNow()}
	db := openTest(t, Options{Now: k.Now})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "at", Value: 1}}, options.Index().SetExpireAfterSeconds(3600))
	insert(t, c, numbered(10)...)
	open := func() {
		t.Helper()
		if _, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(2)); err != nil {
			t.Fatal(err)
		}
	}
	put := func(id string) {
		t.Helper()
		u := bson.M{"$currentDate": bson.M{"at": true, "stamp": bson.M{"$type": "timestamp"}}}
		if _, err := c.UpdateOne(t.Context(), bson.M{"_id": id}, u, options.UpdateOne().SetUpsert(true)); err != nil {
			t.Fatal(err)
		}
		var got struct {
			At    time.Time
			Stamp bson.Timestamp
		}
		err := c.FindOne(t.Context(), bson.M{"_id": id}).Decode(&got)
		if err != nil || !got.At.Equal(k.Now()) || got.Stamp.T != uint32(k.Now().Unix()) {
			t.Errorf("$currentDate at %v gives %+v, %v", k.Now(), got, err)
		}
	}
	open()
	put("first")
	for _, step := range []struct {
		jump    time.Duration
		before  string // a document that is written before the sweep
		gone    int
		cursors int
	}{
		{jump: -year, before: "back", gone: 0, cursors: 1},
		{jump: cursorIdle, gone: 0, cursors: 1},
		{jump: time.Second, gone: 0, cursors: 0},
		{jump: time.Hour - cursorIdle - 2*time.Second, gone: 0},
		{jump: time.Second, gone: 1},
		{jump: year, before: "forth", gone: 1}, // "first"
		{jump: -2 * year, before: "far back", gone: 0},
		{jump: 3 * year, gone: 2},
		{jump: -3 * year, gone: 0},
		{jump: -60 * year, before: "before 1970", gone: 0},
		{jump: 200 * year, before: "2160", gone: 1},
		{jump: time.Hour, gone: 1},
	} {
		k.add(step.jump)
		if step.before != "" {
			put(step.before)
		}
		n, err := db.Sweep()
		if err != nil || n != step.gone {
			t.Errorf("%v: %d documents expired (%v), want %d", k.Now(), n, err, step.gone)
		}
		if got := len(db.cursors.all); got != step.cursors {
			t.Errorf("%v: %d cursors are open, want %d", k.Now(), got, step.cursors)
		}
	}
	if got := found(t, c, bson.M{}); len(got) != 10 {
		t.Errorf("left: %s", got)
	}
	if err := db.Backup(filepath.Join(t.TempDir(), "backup")); err != nil {
		t.Errorf("a backup in %v: %v", k.Now(), err)
	}
}

// liveBytes is what is in use after everything that can go has gone.
func liveBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestForgottenCursors leaves 10,000 cursors open: they end after a while, and what they held is given back.
func TestForgottenCursors(t *testing.T) {
	k := &clock{now: fixedNow()}
	db := openTest(t, Options{Now: k.Now})
	c := connect(t, db).Database("test").Collection("c")
	insert(t, c, numbered(300)...)
	before := liveBytes()
	find := bson.D{{Key: "find", Value: "c"}, {Key: "batchSize", Value: 1}}
	for range 10_000 {
		if err := c.Database().RunCommand(t.Context(), find).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(db.cursors.all); n != 10_000 {
		t.Fatalf("%d cursors are open", n)
	}
	held := liveBytes() - before
	k.add(cursorIdle + time.Second)
	if _, err := db.Sweep(); err != nil {
		t.Fatal(err)
	}
	left := liveBytes() - before
	if len(db.cursors.all) != 0 || db.cursors.held != 0 || held < 20<<20 || left > 5<<20 {
		t.Errorf("after the sweep: %d cursors, %d documents; they held %d bytes and %d are left", len(db.cursors.all), db.cursors.held, held, left)
	}
	t.Logf("10,000 cursors with 300 documents each: %d kB, then %d kB", held>>10, left>>10)
}

// TestCursorRoom opens more cursors than there is room for: those end that were not used the longest.
func TestCursorRoom(t *testing.T) {
	k := &clock{now: fixedNow()}
	db := openTest(t, Options{Now: k.Now})
	c := connect(t, db).Database("test").Collection("c")
	insert(t, c, numbered(102)...)
	db.cursors.room = 10 * (cursorCost + 100)
	var open []*mongo.Cursor
	for range 10 {
		k.add(time.Second)
		cur, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(2))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, cur)
	}
	read := func(cur *mongo.Cursor) int {
		k.add(time.Second)
		for range 3 {
			if !cur.Next(t.Context()) {
				break
			}
		}
		return code(cur.Err())
	}
	if got := read(open[0]); got != 0 {
		t.Errorf("the first cursor: code %d", got)
	}
	if _, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(2)); err != nil {
		t.Error(err)
	}
	for i, want := range []int{0, codeCursorNotFound, 0} {
		if got := read(open[i]); got != want {
			t.Errorf("cursor %d of 10, after one more was opened: code %d, want %d", i+1, got, want)
		}
	}
	db.cursors.room = 10
	if _, err := c.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(2)); err != nil || len(db.cursors.all) != 1 {
		t.Errorf("a cursor larger than the room: %v, %d open", err, len(db.cursors.all))
	}
}

// TestCursorLetsGo gives out some of what a cursor holds: that can go although the cursor is open.
func TestCursorLetsGo(t *testing.T) {
	c := &cursor{}
	var held []weak.Pointer[byte]
	for range 10 {
		doc := newBuilder().string("text", strings.Repeat("x", 1000)).bytes()
		c.documents, held = append(c.documents, doc), append(held, weak.Make(&doc[0]))
	}
	c.batch(newBuilder(), "firstBatch", 6)
	runtime.GC()
	for i, p := range held {
		if here := p.Value() != nil; here != (i >= 6) {
			t.Errorf("document %d of 10, after 6 were given out: in memory %t", i+1, here)
		}
	}
	runtime.KeepAlive(c)
}

// TestDriverHelpers asks the driver's own functions what the errors are.
func TestDriverHelpers(t *testing.T) {
	c := testCollection(t)
	ctx := t.Context()
	insert(t, c, bson.M{"_id": "a", "u": 1}, bson.M{"_id": "b", "u": 2})
	makeIndex(t, c, bson.D{{Key: "u", Value: 1}}, options.Index().SetUnique(true))
	run := func(command string) error { return c.Database().RunCommand(ctx, parseJSON(t, command).(bson.D)).Err() }
	_, insertOne := c.InsertOne(ctx, bson.M{"_id": "a"})
	_, insertMany := c.InsertMany(ctx, []any{bson.M{"_id": "c", "u": 1}})
	_, update := c.UpdateOne(ctx, bson.M{"_id": "a"}, bson.M{"$set": bson.M{"u": 2}})
	_, bulk := c.BulkWrite(ctx, []mongo.WriteModel{mongo.NewInsertOneModel().SetDocument(bson.M{"_id": "a"})})
	_, index := c.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.M{"v": 1}, Options: options.Index().SetUnique(true)})
	modify := c.FindOneAndUpdate(ctx, bson.M{"_id": "a"}, bson.M{"$set": bson.M{"u": 2}}).Err()
	for name, err := range map[string]error{"InsertOne": insertOne, "InsertMany": insertMany, "UpdateOne": update, "BulkWrite": bulk, "CreateOne": index, "FindOneAndUpdate": modify} {
		if !mongo.IsDuplicateKeyError(err) || mongo.IsTimeout(err) || mongo.IsNetworkError(err) {
			t.Errorf("%s: %v is no duplicate key to the driver", name, err)
		}
	}
	for code, err := range map[int]error{
		codeNamespaceNotFound: run(`{"listIndexes":"nosuch"}`),
		codeNamespaceExists:   c.Database().CreateCollection(ctx, "c"),
		codeIndexNotFound:     c.Indexes().DropOne(ctx, "nosuch"),
		codeCursorNotFound:    run(`{"getMore":{"$numberLong":"7"},"collection":"c"}`),
		codeNotImplemented:    run(`{"mapReduce":"c"}`),
	} {
		var se mongo.ServerError
		if !errors.As(err, &se) || !se.HasErrorCode(code) || se.HasErrorLabel("RetryableWriteError") {
			t.Errorf("%v, want a server error with code %d", err, code)
		}
		var ce mongo.CommandError
		if !errors.As(err, &ce) || ce.Name != codeName(int32(code)) {
			t.Errorf("%v, want the name %s", err, codeName(int32(code)))
		}
	}
	if err := c.Database().Collection("nosuch").Drop(ctx); err != nil {
		t.Errorf("drop of nothing: %v", err)
	}
	cur, err := c.Database().Collection("nosuch").Indexes().List(ctx)
	if err != nil || cur.Next(ctx) {
		t.Errorf("the indexes of nothing: %v", err)
	}
}

// TestChildFullDisk is the process of TestFullDisk: it writes until the disk is full.
func TestChildFullDisk(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("run by TestFullDisk")
	}
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, db).Database("test").Collection("c")
	stored, random := 0, rand.NewChaCha8([32]byte{1})
	for ; ; stored++ {
		bytes := make([]byte, 20_000)
		if _, err := random.Read(bytes); err != nil {
			t.Fatal(err)
		}
		if _, err := c.InsertOne(t.Context(), bson.M{"_id": stored, "bytes": bytes}); err != nil {
			break
		}
	}
	wantFailed(t, db, c, syscall.ENOSPC)
	fmt.Printf("stored %d\n", stored)
}

// TestFullDisk fills a file system of 16 MB until it is really full, where the test may make one.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("cannot make a small file system: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	dir := filepath.Join(disk, "data")
	out, err := child(t, "TestChildFullDisk", dir).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	stored := 0
	if _, err := fmt.Sscanf(string(out), "stored %d", &stored); err != nil || stored == 0 {
		t.Fatalf("the process says %q: %v", out, err)
	}
	larger := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(larger, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	db, err := Open(larger, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := foundIn(t, db, options.Find().SetProjection(bson.M{"_id": 1})); len(got) < stored {
		t.Errorf("%d acknowledged, %d there", stored, len(got))
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
	t.Logf("%d documents acknowledged before the disk was full", stored)
}
