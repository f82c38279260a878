package app

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// docs/privacy.md has a row for every collection, and for no other.
func TestInventory(t *testing.T) {
	page, err := os.ReadFile("../../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		rows = append(rows, m[1])
	}
	x := plant(t, nowMillis)
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := x.privacy.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	there := x.documents(t)
	for name := range there {
		if !slices.Contains(rows, name) {
			t.Errorf("docs/privacy.md says nothing about the collection %s", name)
		}
	}
	for _, name := range rows {
		if _, ok := there[name]; !ok && name != "courses" && name != "paths" && name != "holidays" { // they have no index, so they come with the first document
			t.Errorf("docs/privacy.md has a row for %s, which is no collection", name)
		}
	}
}
