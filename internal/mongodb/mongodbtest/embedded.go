package mongodbtest

import (
	"testing"
	"time"

	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
)

// scansOver is how many documents a query may examine without an index in tests:
// a query that forgets its index fails here, not in an organisation of 100,000.
const scansOver = 100

// embeddedOptions opens the embedded database in a folder of the test.
func embeddedOptions(t testing.TB, name string) mongodb.Options {
	t.Helper()
	db, err := embedded.Open(t.TempDir(), embedded.Options{Now: time.Now, RefuseScansOver: scansOver})
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
