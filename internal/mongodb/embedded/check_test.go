package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestScrub deletes documents with a marker in their text and in their _id, while others are being written, and looks
// for it in the raw bytes of every file.
func TestScrub(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := connect(t, db).Database("test").Collection("c")
	const marker = "nguyen-van-a@example.org"
	var docs []any
	for i := range 300 {
		docs = append(docs, bson.M{"_id": fmt.Sprint(i, "-", marker), "text": strings.Repeat("x", 500) + marker})
	}
	insert(t, c, docs...)
	if len(filesWith(t, dir, marker)) == 0 {
		t.Error("the marker was never on disk")
	}
	if _, err := c.DeleteMany(t.Context(), bson.M{"_id": bson.M{"$gt": "100"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateMany(t.Context(), bson.M{}, bson.M{"$set": bson.M{"text": ""}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteMany(t.Context(), bson.M{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	a := newAcked()
	var wg sync.WaitGroup
	for w := range 4 {
		writer := fmt.Sprint("w", w)
		wg.Go(func() { writeUntil(ctx, c, writer, 0, func(id string) { a.add(id, writer) }) })
	}
	for range 3 {
		if err := db.Scrub(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	if left := filesWith(t, dir, marker); len(left) > 0 {
		t.Errorf("after Scrub the marker is in %v", left)
	}
	a.verify(t, db, 1)
}

func filesWith(t *testing.T, dir, marker string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil && bytes.Contains(b, []byte(marker)) {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestCheckAll follows a check to its end, and ends one early.
func TestCheckAll(t *testing.T) {
	db := openTest(t, Options{})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
	const many = 2500
	var docs []any
	for i := range many {
		docs = append(docs, bson.M{"_id": i, "n": i % 7})
	}
	insert(t, c, docs...)
	var seen []Progress
	if err := db.CheckAll(t.Context(), func(p Progress) { seen = append(seen, p) }); err != nil {
		t.Fatal(err)
	}
	for i, p := range seen {
		if p.Collection != "c" || p.Total != 2*many || i > 0 && p.Done < seen[i-1].Done {
			t.Errorf("report %d is %+v after %+v", i, p, seen[:i])
		}
	}
	if len(seen) < 4 || seen[len(seen)-1].Done != 2*many {
		t.Errorf("the reports were %+v, want the last to say that all is done", seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := db.CheckAll(ctx, func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrDamaged) {
		t.Errorf("a check whose context ended: %v, want only that", err)
	}
}
