package people

import (
	"strings"
	"testing"
)

func TestNeutral(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "An": "An", "a-b": "a-b", "a=b": "a=b", "1+1": "1+1",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx",
		" =1": " '=1", `"=1`: `"'=1`, "a,=1": "a,'=1", "a;=1": "a;'=1", "a\n@b": "a\n'@b", "a, -b": "a, '-b", "＝1": "'＝1",
		"\t=1": "'\t'=1",
	} {
		if got := neutral(in); got != want {
			t.Errorf("neutral(%q) = %q, want %q", in, got, want)
		}
	}
}

// No piece of a neutral cell, split at any separator, starts with a sign.
func FuzzNeutral(f *testing.F) {
	for _, s := range []string{"=1", "a;=1", "\t\t=", " +", "a,b\r\n-c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, piece := range strings.FieldsFunc(neutral(s), func(r rune) bool { return strings.ContainsRune(",;|\n", r) }) {
			if strings.IndexAny(strings.TrimLeft(piece, " \"\u00a0\u3000"), "=+-@＝＋－＠") == 0 {
				t.Errorf("neutral(%q) = %q: %q starts with a sign", s, neutral(s), piece)
			}
		}
	})
}
