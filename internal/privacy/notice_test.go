package privacy

import (
	"strings"
	"testing"
	"testing/fstest"

	"hocso/content"
)

// The notice that comes with the program is whole in both languages, and leaves no
// {name} unfilled.
func TestOwnNotice(t *testing.T) {
	n, err := ReadNotice(content.Files(), Values("Bộ Thử", "", Retention{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Vi) != len(n.En) || len(n.Vi) < 7 {
		t.Errorf("%d sections in Vietnamese, %d in English", len(n.Vi), len(n.En))
	}
	for _, c := range []Chapter{n.Vi, n.En} {
		for _, s := range c {
			if strings.ContainsAny(s.Title+s.HTML, "{}") || s.HTML == "" {
				t.Errorf("section %q: %q", s.Title, s.HTML)
			}
		}
	}
	other, err := ReadNotice(content.Files(), Values("Sở Khác", "phòng 12", Retention{}))
	if err != nil || other.Version != n.Version || other.Hash == n.Hash {
		t.Errorf("for another organisation: %v, version %s and hash %s; want version %s and another hash than %s", err, other.Version, other.Hash, n.Version, n.Hash)
	}
}

func TestReadNotice(t *testing.T) {
	const vi, en = "## Một\n\nA", "## One\n\nA"
	for _, tt := range []struct {
		name, yaml, vi, en, want string
	}{
		{"good", "number: 1", vi, en, ""},
		{"no number", "number: 0", vi, en, "notice/notice.yaml:1: number must be 1 or more"},
		{"unknown key", "nummer: 1", vi, en, "notice/notice.yaml:1"},
		{"no English", "number: 1", vi, "", "notice/notice.en.md:1: the file is missing"},
		{"text without a heading", "number: 1", "A", en, "notice/notice.vi.md:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{"notice/notice.yaml": {Data: []byte(tt.yaml)}}
			for lang, text := range map[string]string{"vi": tt.vi, "en": tt.en} {
				if text != "" {
					files["notice/notice."+lang+".md"] = &fstest.MapFile{Data: []byte(text)}
				}
			}
			_, err := ReadNotice(files, nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
