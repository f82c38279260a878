package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestMustExist(t *testing.T) {
	empty, other := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(empty, "absent")
	for name, dir := range map[string]string{"absent": absent, "empty": empty, "other": other} {
		db, err := Open(dir, Options{Now: fixedNow, MustExist: true})
		if !errors.Is(err, ErrNoDatabase) || !strings.Contains(err.Error(), dir) {
			t.Errorf("open of a folder that is %s: %v, want ErrNoDatabase that names it", name, err)
		}
		if err == nil {
			db.Close()
		}
	}
	for dir, want := range map[string]int{empty: 0, other: 1} {
		if files, err := os.ReadDir(dir); err != nil || len(files) != want {
			t.Errorf("after the refusal %d files in %s, want %d: %v", len(files), dir, want, err)
		}
	}
	for range 2 { // the first makes it
		db, err := Open(absent, Options{Now: fixedNow})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(absent, sealName)); err != nil {
		t.Fatal(err)
	}
	db, err := Open(absent, Options{Now: fixedNow, MustExist: true})
	if err != nil {
		t.Fatal("open of a database that lost its seal:", err)
	}
	db.Close()
}

func TestKeepExpired(t *testing.T) {
	clock := &settableClock{now: fixedNow()}
	for keep, want := range map[bool]int{true: 1, false: 0} {
		db := openTest(t, Options{Now: clock.Now, KeepExpired: keep})
		c := connect(t, db).Database("test").Collection("c")
		makeIndex(t, c, bson.D{{Key: "at", Value: 1}}, options.Index().SetExpireAfterSeconds(60))
		insert(t, c, bson.M{"_id": "a", "at": clock.Now().Add(-time.Hour)})
		if n, err := db.Sweep(); err != nil || n != 1-want {
			t.Errorf("keep %v: swept %d %v, want %d", keep, n, err, 1-want)
		}
		if got := found(t, c, bson.M{}); len(got) != want {
			t.Errorf("keep %v: %d documents left, want %d", keep, len(got), want)
		}
	}
}
