package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// childFolder names the folder for a test that runs as a child of another.
const childFolder = "HOCSO_EMBEDDED_TEST_FOLDER"

func child(t *testing.T, test, dir string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.count=1")
	c.Env = append(os.Environ(), childFolder+"="+dir)
	c.Stderr = os.Stderr
	return c
}

// acked is what writers were told is stored: the ids of documents, and for each writer how often it counted up.
type acked struct {
	mu     sync.Mutex
	ids    map[string]bool
	counts map[string]int
}

func newAcked() *acked { return &acked{ids: map[string]bool{}, counts: map[string]int{}} }

func (a *acked) add(id, writer string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[id] = true
	a.counts[writer]++
}

// copied gives what is acknowledged now.
func (a *acked) copied() *acked {
	b := newAcked()
	for id := range a.ids {
		b.ids[id] = true
	}
	for w, n := range a.counts {
		b.counts[w] = n
	}
	return b
}

// writeUntil stores documents and counts them in one document, until the context ends or a write fails. told is called
// after each pair was acknowledged.
func writeUntil(ctx context.Context, c *mongo.Collection, writer string, first int, told func(id string)) {
	for i := first; ctx.Err() == nil; i++ {
		id := fmt.Sprintf("%s-%d", writer, i)
		if _, err := c.InsertOne(ctx, bson.M{"_id": id, "text": strings.Repeat("x", 200)}); err != nil {
			return
		}
		_, err := c.UpdateOne(ctx, bson.M{"_id": "count-" + writer}, bson.M{"$inc": bson.M{"n": 1}}, options.UpdateOne().SetUpsert(true))
		if err != nil {
			return
		}
		told(id)
	}
}

// verify opens a folder and looks for everything acknowledged. A counter may be one ahead of its acknowledgements, for
// the write that was under way, and never further.
func (a *acked) verify(t *testing.T, db *Database, ahead int) {
	t.Helper()
	client := connect(t, db)
	defer disconnect(client)
	c := client.Database("test").Collection("c")
	have := map[string]bson.M{}
	cur, err := c.Find(t.Context(), bson.M{})
	if err != nil {
		t.Fatal(err)
	}
	var all []bson.M
	if err := cur.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		have[m["_id"].(string)] = m
	}
	for id := range a.ids {
		if have[id] == nil {
			t.Errorf("acknowledged and lost: %s", id)
		}
	}
	for w, n := range a.counts {
		got := 0
		if m := have["count-"+w]; m != nil {
			got = int(m["n"].(int32))
		}
		if got < n || got > n+ahead {
			t.Errorf("writer %s: counted %d, acknowledged %d", w, got, n)
		}
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}

// TestChildOpen is the second process of TestLockOfAnotherProcess.
func TestChildOpen(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("run by TestLockOfAnotherProcess")
	}
	db, err := Open(dir, Options{Now: fixedNow})
	if err == nil {
		err = db.Close()
	}
	fmt.Printf("in use: %v, named: %v\n", errors.Is(err, ErrInUse), err != nil && strings.Contains(err.Error(), dir))
}

func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"in use: true, named: true", "in use: false, named: false"} {
		out, err := child(t, "TestChildOpen", dir).Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("the second process says %q (%v), want %q", out, err, want)
		}
		if err := db.Close(); err != nil && !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
}

// TestPowerCut takes away what was not synced, block by block at random, while four writers are at work.
func TestPowerCut(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 3
	}
	total := 0
	for round := range rounds {
		rng := rand.New(rand.NewPCG(3, uint64(round)))
		disk := vfs.NewCrashableMem()
		db, err := Open("data", Options{Now: fixedNow, FS: disk})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		c := connect(t, db).Database("test").Collection("c")
		a := newAcked()
		enough := make(chan struct{})
		wanted := 1 + rng.IntN(200)
		var once sync.Once
		var wg sync.WaitGroup
		for w := range 4 {
			writer := fmt.Sprint("w", w)
			wg.Go(func() {
				writeUntil(ctx, c, writer, 0, func(id string) {
					a.add(id, writer)
					a.mu.Lock()
					defer a.mu.Unlock()
					if len(a.ids) >= wanted {
						once.Do(func() { close(enough) })
					}
				})
			})
		}
		<-enough
		a.mu.Lock()
		before := a.copied()
		after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(100), RNG: rng})
		a.mu.Unlock()
		stop()
		wg.Wait()
		disconnect(c.Database().Client())
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := Open("data", Options{Now: fixedNow, FS: after})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		before.verify(t, again, 4)
		total += len(before.ids)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d acknowledged, %d power cuts", total, rounds)
}

// failingFS fails every operation that changes the disk, or only some, from some number of them after it is armed.
type failingFS struct {
	vfs.FS
	why   error
	mu    sync.Mutex
	armed bool
	left  int
}

func newFailingFS(below vfs.FS, why error, only func(errorfs.Op) bool) *failingFS {
	f := &failingFS{why: why}
	f.FS = errorfs.Wrap(below, errorfs.InjectorFunc(func(op errorfs.Op) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.armed || only == nil && op.Kind.ReadOrWrite() != errorfs.OpIsWrite || only != nil && !only(op) {
			return nil
		}
		if f.left--; f.left >= 0 {
			return nil
		}
		return why
	}))
	return f
}

// shortFS writes half of what a write wants to write before that fails.
type shortFS struct{ *failingFS }

func (f shortFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.short(f.failingFS.Create(name, c))
}

func (f shortFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.short(f.failingFS.ReuseForWrite(from, to, c))
}

// short wraps a file that was opened; one that was not stays nil, as whoever asked for it tests.
func (f shortFS) short(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return shortFile{file, f.failingFS}, nil
}

type shortFile struct {
	vfs.File
	fs *failingFS
}

func (f shortFile) Write(b []byte) (int, error) {
	f.fs.mu.Lock()
	last := f.fs.armed && f.fs.left == 0
	if last {
		f.fs.armed = false
	}
	f.fs.mu.Unlock()
	if !last {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:len(b)/2])
	f.fs.arm(0)
	return n, errors.Join(err, f.fs.why)
}

func (f *failingFS) arm(left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed, f.left = true, left
}

// TestFailedFileOperations lets the k-th file operation that changes the disk fail, and all after it, in some rounds after
// half of what a write wanted was written: nobody is told of
// a write that is not there, every command answers an error from then on, and the folder opens again with all that was
// acknowledged.
func TestFailedFileOperations(t *testing.T) {
	rounds := 120
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		why := []error{syscall.EIO, syscall.ENOSPC}[round%2]
		rng := rand.New(rand.NewPCG(5, uint64(round)))
		disk := vfs.NewCrashableMem()
		failing := newFailingFS(disk, why, nil)
		files := vfs.FS(failing)
		if round%3 == 0 {
			files = shortFS{failing}
		}
		db, err := Open("data", Options{Now: fixedNow, FS: files})
		if err != nil {
			t.Fatal(err)
		}
		failing.arm(rng.IntN(200))
		c := connect(t, db).Database("test").Collection("c")
		a := newAcked()
		var wg sync.WaitGroup
		for w := range 4 {
			writer := fmt.Sprint("w", w)
			wg.Go(func() { writeUntil(t.Context(), c, writer, 0, func(id string) { a.add(id, writer) }) })
		}
		if round%4 > 1 {
			go func() {
				for db.Scrub(t.Context()) == nil { // it may be held by the failure
				}
			}()
		}
		wg.Wait()
		wantFailed(t, db, c, why)
		again, err := Open("data", Options{Now: fixedNow, FS: disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(100), RNG: rng})})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		a.verify(t, again, 1)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// wantFailed asks for a database on which nothing works any more, and says why.
func wantFailed(t *testing.T, db *Database, c *mongo.Collection, why error) {
	t.Helper()
	<-db.Failed()
	if !errors.Is(db.Err(), why) {
		t.Errorf("Err is %v, want %v", db.Err(), why)
	}
	if err := c.FindOne(t.Context(), bson.M{}).Err(); code(err) != codeInternal {
		t.Errorf("a read after the failure: %v, want an error", err)
	}
	if err := db.Backup("backup"); err == nil {
		t.Error("a backup after the failure")
	}
	disconnect(c.Database().Client())
	if err := db.Close(); !errors.Is(err, why) {
		t.Errorf("Close after the failure answers %v, want %v", err, why)
	}
}

// TestFailedNewLog fills a log and lets there be no room for the next one, for which Pebble would end the process.
func TestFailedNewLog(t *testing.T) {
	tests := map[string]func(errorfs.Op) bool{
		"create": func(op errorfs.Op) bool {
			return strings.HasSuffix(op.Path, ".log") && (op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite)
		},
		"folder": func(op errorfs.Op) bool { return op.Path == "data" && op.Kind == errorfs.OpFileSync },
		"tables": func(op errorfs.Op) bool {
			return strings.Contains(op.Path, "MANIFEST") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite
		},
	}
	for name, only := range tests {
		t.Run(name, func(t *testing.T) {
			disk := vfs.NewCrashableMem()
			failing := newFailingFS(disk, syscall.ENOSPC, only)
			db, err := Open("data", Options{Now: fixedNow, FS: failing})
			if err != nil {
				t.Fatal(err)
			}
			failing.arm(0)
			c := connect(t, db).Database("test").Collection("c")
			text := strings.Repeat("x", 100_000)
			stored := 0
			for ; stored < 1000; stored++ {
				if _, err := c.InsertOne(t.Context(), bson.M{"_id": stored, "text": text}); err != nil {
					break
				}
			}
			wantFailed(t, db, c, syscall.ENOSPC)
			again, err := Open("data", Options{Now: fixedNow, FS: disk.CrashClone(vfs.CrashCloneCfg{})})
			if err != nil {
				t.Fatal(err)
			}
			if got := foundIn(t, again, options.Find().SetProjection(bson.M{"_id": 1})); len(got) < stored || stored == 0 {
				t.Errorf("%d acknowledged, %d there", stored, len(got))
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestFailedClose lets the disk be full when the folder is being closed: Close says so and does not wait, and nothing is
// lost.
func TestFailedClose(t *testing.T) {
	for left := range 8 {
		disk := vfs.NewCrashableMem()
		failing := newFailingFS(disk, syscall.ENOSPC, nil)
		db, err := Open("data", Options{Now: fixedNow, FS: failing})
		if err != nil {
			t.Fatal(err)
		}
		client := connect(t, db)
		insert(t, client.Database("test").Collection("c"), bson.M{"_id": "a"})
		disconnect(client)
		failing.arm(left)
		err = db.Close()
		if left == 0 && err == nil || err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%d operations, then a full disk: Close answers %v", left, err)
		}
		again, err := Open("data", Options{Now: fixedNow, FS: disk.CrashClone(vfs.CrashCloneCfg{})})
		if err != nil {
			t.Fatalf("%d operations, then a full disk: %v", left, err)
		}
		if got := foundIn(t, again); len(got) != 1 {
			t.Errorf("%d operations, then a full disk: %s is left", left, got)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFailedOpen lets the disk be full when a folder is being opened whose log has to be put into tables first.
func TestFailedOpen(t *testing.T) {
	full := vfs.NewCrashableMem()
	db, err := Open("data", Options{Now: fixedNow, FS: full})
	if err != nil {
		t.Fatal(err)
	}
	client := connect(t, db)
	c := client.Database("test").Collection("c")
	insert(t, c, bson.M{"_id": "a"})
	cut := full.CrashClone(vfs.CrashCloneCfg{})
	disconnect(client)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for left := range 40 {
		disk := cut.CrashClone(vfs.CrashCloneCfg{})
		failing := newFailingFS(disk, syscall.ENOSPC, nil)
		failing.arm(left)
		db, err := Open("data", Options{Now: fixedNow, FS: failing})
		if err == nil {
			err = db.Close()
		}
		if err != nil && (!errors.Is(err, syscall.ENOSPC) || errors.Is(err, ErrDamaged)) {
			t.Errorf("%d operations, then a full disk: %v", left, err)
		}
		again, err := Open("data", Options{Now: fixedNow, FS: disk.CrashClone(vfs.CrashCloneCfg{})})
		if err != nil {
			t.Fatalf("%d operations, then a full disk: %v", left, err)
		}
		if got := foundIn(t, again); len(got) != 1 {
			t.Errorf("%d operations, then a full disk: %s is left", left, got)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
