package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// filled gives a closed folder in memory with documents in tables and in a log, and what it holds.
func filled(t *testing.T) (*vfs.MemFS, []string) {
	t.Helper()
	disk := vfs.NewMem()
	for round := range 3 {
		db, err := Open("data", Options{Now: fixedNow, FS: disk})
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, db).Database("test").Collection("c")
		makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
		for i := range 40 {
			insert(t, c, bson.M{"_id": fmt.Sprint("d", round, "-", i), "n": i, "text": strings.Repeat(fmt.Sprint(i), 40)})
		}
		if round == 2 {
			all := found(t, c, bson.M{})
			disconnect(c.Database().Client())
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return disk, all
		}
		disconnect(c.Database().Client())
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return nil, nil
}

// TestFlippedBits changes one bit of a closed folder: it opens with nothing lost, or not at all and says why.
func TestFlippedBits(t *testing.T) {
	tries := 150
	if testing.Short() {
		tries = 20
	}
	disk, want := filled(t)
	names, err := disk.List("data")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	var bytes []string // the file of every byte
	for _, n := range names {
		b, err := readFile(disk, "data/"+n)
		if err != nil {
			t.Fatal(err)
		}
		files[n] = b
		for range min(len(b), 20_000) {
			bytes = append(bytes, n)
		}
	}
	rng := rand.New(rand.NewPCG(7, 8))
	refused := 0
	for try := range tries {
		name := bytes[rng.IntN(len(bytes))]
		if try%3 == 0 { // the short files are where little is written but much depends on it
			name = names[rng.IntN(len(names))]
		}
		if len(files[name]) == 0 {
			continue
		}
		at, bit := rng.IntN(len(files[name])), rng.IntN(8)
		copied := vfs.NewMem()
		if err := copied.MkdirAll("data", 0o700); err != nil {
			t.Fatal(err)
		}
		for n, b := range files {
			b = append([]byte(nil), b...)
			if n == name {
				b[at] ^= 1 << bit
			}
			if err := writeFile(copied, "data/"+n, b); err != nil {
				t.Fatal(err)
			}
		}
		db, err := Open("data", Options{Now: fixedNow, FS: copied})
		if err != nil {
			refused++
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "restore the last backup") {
				t.Errorf("%s, byte %d, bit %d: refused with %v", name, at, bit, err)
			}
			continue
		}
		if got := foundIn(t, db); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s, byte %d, bit %d: opened with other data (%d documents)", name, at, bit, len(got))
		}
		if err := db.Close(); err != nil {
			t.Errorf("%s, byte %d, bit %d: close: %v", name, at, bit, err)
		}
	}
	t.Logf("%d of %d refused, the others opened with nothing lost", refused, tries)
}

// TestMissingFiles takes away one file of a closed folder.
func TestMissingFiles(t *testing.T) {
	disk, want := filled(t)
	names, err := disk.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range names {
		copied := vfs.NewMem()
		if err := copied.MkdirAll("data", 0o700); err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			b, err := readFile(disk, "data/"+n)
			if err == nil && n != gone {
				err = writeFile(copied, "data/"+n, b)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		db, err := Open("data", Options{Now: fixedNow, FS: copied})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("without %s: refused with %v", gone, err)
			}
			continue
		}
		if got := foundIn(t, db); len(got) != len(want) {
			t.Errorf("without %s: opened with %d of %d documents", gone, len(got), len(want))
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNewerFormat(t *testing.T) {
	disk := vfs.NewMem()
	db, err := Open("data", Options{Now: fixedNow, FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	db.disk.add(write{key: formatKey(), value: []byte{format + 1}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err = Open("data", Options{Now: fixedNow, FS: disk}); err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "format") {
		t.Errorf("a folder of a later format: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(t.TempDir(), Options{}); err == nil {
		t.Error("Open without Now")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, Options{Now: fixedNow}); err == nil || errors.Is(err, ErrInUse) || errors.Is(err, ErrDamaged) {
		t.Errorf("Open of a file: %v", err)
	}
}

// first is the comparison that wants whatever comes first.
func first(entry) int { return 0 }

func TestCheckFindsDifferences(t *testing.T) {
	tests := map[string]func(*collection){
		"a document gone from memory": func(c *collection) { c.live.primary().tree.remove(first) },
		"a document that differs": func(c *collection) {
			x := c.live.primary()
			e, _ := x.tree.get(first)
			at := x.docsIn.putDocument(string(x.id(e)), newBuilder().string("_id", "a").int32("n", 9).bytes())
			x.tree.set(entry{at, at}, first)
		},
		"an index entry gone": func(c *collection) { c.live.indexes[1].tree.remove(first) },
		"an index entry too many": func(c *collection) {
			x := c.live.indexes[1]
			e, _ := x.tree.get(first)
			x.tree.set(entry{x.keysIn.putKey("x", ""), e.doc}, end)
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			db := openTest(t, Options{})
			c := connect(t, db).Database("test").Collection("c")
			makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
			insert(t, c, bson.M{"_id": "a", "n": 1}, bson.M{"_id": "b", "n": bson.A{1, 2}})
			if err := db.Check(); err != nil {
				t.Fatal(err)
			}
			coll := db.collections[namespace{"test", "c"}]
			spoil(coll)
			coll.frozen.Store(nil)
			if err := db.Check(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "test.c") {
				t.Errorf("Check: %v, want ErrDamaged and the collection's name", err)
			}
		})
	}
}

func TestBackup(t *testing.T) {
	db := openTest(t, Options{})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
	ctx, stop := context.WithCancel(t.Context())
	a := newAcked()
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for w := range 4 {
		writer := fmt.Sprint("w", w)
		wg.Go(func() {
			writeUntil(ctx, c, writer, 0, func(id string) {
				a.add(id, writer)
				if strings.HasSuffix(id, "-50") {
					select {
					case enough <- struct{}{}:
					case <-ctx.Done():
					}
				}
			})
		})
	}
	<-enough
	a.mu.Lock()
	before := a.copied()
	a.mu.Unlock()
	dir := t.TempDir()
	backup := filepath.Join(dir, "backup")
	if err := db.Backup(backup); err != nil {
		t.Fatal(err)
	}
	stop()
	wg.Wait()
	if err := db.Backup(backup); err == nil {
		t.Error("a backup over another one")
	}
	read := 0
	m, err := Survey(t.Context(), backup, Options{}, func(n int) { read = n })
	if err != nil {
		t.Fatal(err)
	}
	if m.Documents < len(before.ids) || len(m.Collections) != 1 || m.Collections[0].Documents != m.Documents || read != m.Documents/1000*1000 {
		t.Errorf("the manifest says %+v, the report %d, %d were acknowledged before", m, read, len(before.ids))
	}
	twice, err := Survey(t.Context(), backup, Options{}, nil)
	if err != nil || fmt.Sprint(twice) != fmt.Sprint(m) {
		t.Errorf("the second survey says %+v, the first %+v: %v", twice, m, err)
	}
	spoilt := filepath.Join(dir, "spoilt")
	if err := os.CopyFS(spoilt, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	again, err := Open(backup, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Survey(t.Context(), backup, Options{}, nil); !errors.Is(err, ErrInUse) {
		t.Errorf("a survey of a folder that is open: %v, want ErrInUse", err)
	}
	before.verify(t, again, 1<<30)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	spoilOne(t, spoilt)
	if got, err := Survey(t.Context(), spoilt, Options{}, nil); err == nil && got.SHA256 == m.SHA256 {
		t.Errorf("a damaged backup passes: %+v", got)
	}
}

// TestFailedBackup lets every file operation of a backup fail in turn: Backup says why, and the database works
// on.
func TestFailedBackup(t *testing.T) {
	failing := newFailingFS(vfs.NewMem(), syscall.ENOSPC, func(op errorfs.Op) bool {
		return strings.HasPrefix(op.Path, "backup") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite
	})
	db := openTest(t, Options{FS: failing})
	c := connect(t, db).Database("test").Collection("c")
	insert(t, c, bson.M{"_id": "a"})
	for left := 0; ; left++ {
		failing.arm(left)
		name := fmt.Sprint("backup", left)
		err := db.Backup(name)
		failing.arm(1 << 30)
		insert(t, c, bson.M{"_id": left})
		if err == nil {
			if m, err := Survey(t.Context(), name, Options{FS: failing}, nil); err != nil || m.Documents != left+1 || left < 5 {
				t.Errorf("after %d operations the backup holds %d documents: %v", left, m.Documents, err)
			}
			break
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%d operations, then a full disk: %v", left, err)
		}
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}

// spoilOne changes a byte in the largest file of a folder.
func spoilOne(t *testing.T, dir string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var largest string
	var size int64
	for _, e := range all {
		if i, err := e.Info(); err == nil && i.Size() > size {
			largest, size = filepath.Join(dir, e.Name()), i.Size()
		}
	}
	f, err := os.OpenFile(largest, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, size/3); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b, size/3); err != nil {
		t.Fatal(err)
	}
}

func TestClosed(t *testing.T) {
	db := openTest(t, Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, sweep := db.Sweep()
	for name, err := range map[string]error{"Check": db.Check(), "Backup": db.Backup(t.TempDir() + "/b"), "Sweep": sweep, "Scrub": db.Scrub(t.Context()), "Close": db.Close()} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", name, err)
		}
	}
}
