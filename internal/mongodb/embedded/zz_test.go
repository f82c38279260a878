package embedded

import (
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	p := tablePair(t)
	b, _ := os.ReadFile("/tmp/wt/line")
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		q := parseQuestion(t, l)
		got, want := p.ask(q)
		t.Logf("%s\nembedded %s\n  server %s", l, got, want)
	}
}
