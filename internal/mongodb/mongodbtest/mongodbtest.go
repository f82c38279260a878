// Package mongodbtest gives tests a real, empty database.
package mongodbtest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/mongodb"
)

// New returns an empty database with its indexes: on the server at MONGO_TEST_URI
// if that is set (in a database of its own that is dropped at the end), else on
// the embedded database in memory.
func New(t testing.TB) *mongodb.DB {
	t.Helper()
	o := mongodb.Options{URI: os.Getenv("MONGO_TEST_URI"), Name: "t" + strings.ReplaceAll(uuid.NewString(), "-", "")}
	if o.URI == "" {
		o = embeddedOptions(t, o.Name)
	}
	db, err := mongodb.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := db.EnsureIndexes(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if os.Getenv("MONGO_TEST_URI") != "" {
			if err := db.Drop(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := db.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return db
}
