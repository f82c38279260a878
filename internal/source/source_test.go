package source

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestDecodeNamesLines(t *testing.T) {
	type inner struct {
		A string `yaml:"a"`
	}
	for _, tt := range []struct{ name, in, want string }{
		{"fine", "list:\n  - a: x\n", ""},
		{"unknown key", "list:\n  - a: x\n    b: y\n", `x.yaml:3: unknown key "b"`},
		{"twice", "list: []\nlist: []\n", `x.yaml:2: mapping key "list" already defined at line 1`},
		{"wrong type", "list:\n  - a: [1]\n", "x.yaml:2: cannot unmarshal !!seq into string"},
		{"bad yaml", "list:\n  - a: \"x\n", "x.yaml:2: "},
		{"empty", "", "x.yaml:1: the file is empty"},
		{"two documents", "list: []\n---\nlist: []\n", "x.yaml:1: one document is enough: remove the second after ---"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var v struct {
				List []inner `yaml:"list"`
			}
			_, ps := Decode(fstest.MapFS{"x.yaml": {Data: []byte(tt.in)}}, "x.yaml", &v)
			got := ""
			if len(ps) > 0 {
				got = ps[0].String()
			}
			if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("Decode(%q): got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestMissingAndLongFile(t *testing.T) {
	fsys := fstest.MapFS{"long.yaml": {Data: make([]byte, maxFile+1)}}
	for name, want := range map[string]string{"none.yaml": "missing_file", "long.yaml": "too_long"} {
		_, ps := Decode(fsys, name, new(struct{}))
		if len(ps) != 1 || ps[0].Code != want {
			t.Errorf("Decode(%s): got %v, want one %s", name, ps, want)
		}
	}
}

func TestLine(t *testing.T) {
	in := "a: 1\nlist:\n  - x: 1\n    y:\n      vi: a\n  - x: 2\n"
	f, ps := Decode(fstest.MapFS{"x.yaml": {Data: []byte(in)}}, "x.yaml", new(any))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	for path, want := range map[string]int{
		"": 1, "a": 1, "list": 3, "list[0].y.vi": 5, "list[0].y.en": 5, "list[1].x": 6, "list[7]": 3, "none.deep": 1,
	} {
		if got := f.Line(path); got != want {
			t.Errorf("Line(%q) = %d, want %d", path, got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]bool{
		"a": true, "phishing-basics": true, "4-steps": true, "": false, "-a": false, "a-": false, "a--b": false, "A": false,
		"a.b": false, "a$": false, "đ": false, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	} {
		if got := Slug(in); got != want {
			t.Errorf("Slug(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Tiếng Việt\n\tdòng hai": "", "a\u202eb": "hidden_character", "a\x00": "hidden_character", "a\xff": "invalid_text",
		"e\u0302": "not_normalised", "12345678901": "too_long", "a\u200fb": "hidden_character",
	} {
		var c Checker
		c.Text("p", in, 20)
		if in == "12345678901" {
			c = Checker{}
			c.Text("p", in, 10)
		}
		got := ""
		if len(c.Problems) > 0 {
			got = c.Problems[0].Code
		}
		if got != want {
			t.Errorf("Text(%q): got %q, want %q", in, got, want)
		}
	}
}
