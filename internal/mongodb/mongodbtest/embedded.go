package mongodbtest

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
)

// scansOver is how many documents a query may examine without an index in tests:
// a query that forgets its index fails here, not in an organisation of 100,000.
const scansOver = 100

// embeddedOptions opens the embedded database on a disk in memory: what is kept when the power fails is for its own
// tests, and waiting for a real disk at every write takes long. Services under test have a time of their own, so
// nothing goes because it has expired by today's.
func embeddedOptions(t testing.TB, name string) mongodb.Options {
	t.Helper()
	db, err := embedded.Open(name, embedded.Options{Now: time.Now, FS: vfs.NewMem(), KeepExpired: true, RefuseScansOver: scansOver})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return mongodb.Options{URI: mongodb.EmbeddedURI, Name: name, Dialer: db.Dialer()}
}
