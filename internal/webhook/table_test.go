package webhook

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/webhooks.md")

// TestTable holds the table in docs/webhooks.md to the one in the program.
func TestTable(t *testing.T) {
	const page, mark = "../../docs/webhooks.md", "<!-- made by: go test ./internal/webhook -run TestTable -update -->\n"
	var b strings.Builder
	b.WriteString("\n| event | when | data |\n|---|---|---|\n")
	for _, k := range Table() {
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(k.Schema.Properties)) {
			s := k.Schema.Properties[name]
			text := "`" + name + "`"
			if !slices.Contains(k.Schema.Required, name) {
				text += ", may be missing"
			}
			switch {
			case s.Description != "":
				text += " (" + s.Description + ")"
			case s.Type == "object":
				text += " (`vi`, `en`)"
			}
			fields = append(fields, text)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Event, k.Title.En, strings.Join(fields, "; "))
	}
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(kept), mark)
	if !ok {
		t.Fatalf("%s has no place for the table", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+mark+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if after != b.String() {
		t.Errorf("%s is not what the program says; run go test ./internal/webhook -run TestTable -update", page)
	}
}
