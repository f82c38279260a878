package course

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"hocso/content"
	"hocso/internal/source"
)

const goodManifest = `title: {vi: Khóa, en: Course}
summary: {vi: Tóm tắt, en: Summary}
cover: shield
licence: CC-BY-4.0
competences: [DC-4.1]
tier: A
lessons:
  - {id: one, minutes: 3}
quizzes: [check]
`

const goodPractice = `- id: one-choice
  after: 1
  kind: choice
  prompt: {vi: Hỏi, en: Ask}
  options:
    - id: a
      text: {vi: a, en: a}
      right: true
      feedback: {vi: đúng, en: right}
    - id: b
      text: {vi: b, en: b}
      feedback: {vi: sai, en: wrong}
`

func goodQuiz() string {
	var b strings.Builder
	b.WriteString("title: {vi: Kiểm tra, en: Check}\ndraw: 1\npass: 70\nattempts: 0\nquestions:\n")
	for i := range 5 {
		fmt.Fprintf(&b, "  - id: check-%d\n    kind: true_false\n    prompt: {vi: Hỏi, en: Ask}\n    options:\n"+
			"      - {id: true, text: {vi: Đúng, en: Yes}, right: true, feedback: {vi: đ, en: y}}\n"+
			"      - {id: false, text: {vi: Sai, en: No}, feedback: {vi: s, en: n}}\n", i)
	}
	return b.String()
}

// folder is a correct course with the changes of edit: file → text, "" removes it.
func folder(edit map[string]string) fstest.MapFS {
	files := map[string]string{
		"course.yaml": goodManifest, "lessons/one.vi.md": "# Một\n\n## Thẻ\n\nchữ\n", "lessons/one.en.md": "# One\n\n## Card\n\ntext\n",
		"practice/one.yaml": goodPractice, "quizzes/check.yaml": goodQuiz(),
	}
	maps.Copy(files, edit)
	fsys := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			fsys["courses/basics/"+name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fsys
}

func replace(s, old, new string) string {
	if !strings.Contains(s, old) {
		panic("no " + old)
	}
	return strings.Replace(s, old, new, 1)
}

func TestReadFolder(t *testing.T) {
	const dir = "courses/basics/"
	for _, tt := range []struct {
		name string
		edit map[string]string
		want string // file:line code
	}{
		{"fine", nil, ""},
		{"unknown key", map[string]string{"course.yaml": goodManifest + "colour: red\n"}, "course.yaml:10 unknown_key"},
		{"key twice", map[string]string{"course.yaml": goodManifest + "tier: A\n"}, "course.yaml:10 bad_yaml"},
		{"unknown key in practice", map[string]string{"practice/one.yaml": goodPractice + "      hint: x\n"}, "practice/one.yaml:13 unknown_key"},
		{"missing language", map[string]string{"course.yaml": replace(goodManifest, "{vi: Tóm tắt, en: Summary}", "{vi: Tóm tắt}")}, "course.yaml:2 missing_language"},
		{"bad cover", map[string]string{"course.yaml": replace(goodManifest, "shield", "skull")}, "course.yaml:3 unknown_value"},
		{"bad tier", map[string]string{"course.yaml": replace(goodManifest, "tier: A", "tier: B")}, "course.yaml:6 unknown_value"},
		{"bad competence", map[string]string{"course.yaml": replace(goodManifest, "DC-4.1", "dc 4")}, "course.yaml:5 bad_competence"},
		{"bad lesson slug", map[string]string{"course.yaml": replace(goodManifest, "id: one", "id: One")}, "course.yaml:8 bad_slug"},
		{"path in a slug", map[string]string{"course.yaml": replace(goodManifest, "id: one", "id: ../x")}, "course.yaml:8 bad_slug"},
		{"no minutes", map[string]string{"course.yaml": replace(goodManifest, ", minutes: 3", "")}, "course.yaml:8 out_of_range"},
		{"missing lesson file", map[string]string{"lessons/one.en.md": ""}, "lessons/one.en.md:1 missing_file"},
		{"missing practice", map[string]string{"practice/one.yaml": ""}, "practice/one.yaml:1 missing_file"},
		{"no interaction", map[string]string{"practice/one.yaml": "[]\n"}, "practice/one.yaml:1 out_of_range"},
		{"missing quiz", map[string]string{"quizzes/check.yaml": ""}, "quizzes/check.yaml:1 missing_file"},
		{"file nobody names", map[string]string{"lessons/two.vi.md": "# x\n"}, "lessons/two.vi.md:1 unused_file"},
		{"no title line", map[string]string{"lessons/one.vi.md": "## Thẻ\n\nchữ\n"}, "lessons/one.vi.md:1 missing_title"},
		{"unequal cards", map[string]string{"lessons/one.en.md": "# One\n\n## Card\n\ntext\n\n## More\n\ntext\n"}, "lessons/one.en.md:1 unequal_cards"},
		{"raw html", map[string]string{"lessons/one.vi.md": "# Một\n\n## Thẻ\n\n<b>chữ</b>\n"}, "lessons/one.vi.md:5 raw_html"},
		{"bad link", map[string]string{"lessons/one.vi.md": "# Một\n\n## Thẻ\n\n[x](http://a.example)\n"}, "lessons/one.vi.md:5 bad_link"},
		{"after beyond the cards", map[string]string{"practice/one.yaml": replace(goodPractice, "after: 1", "after: 2")}, "practice/one.yaml:2 out_of_range"},
		{"option without feedback", map[string]string{"practice/one.yaml": replace(goodPractice, "      feedback: {vi: sai, en: wrong}\n", "")}, "practice/one.yaml:10 missing_language"},
		{"two right options", map[string]string{"practice/one.yaml": replace(goodPractice, "      feedback: {vi: sai", "      right: true\n      feedback: {vi: sai")}, "practice/one.yaml:6 wrong_key"},
		{"no right option", map[string]string{"practice/one.yaml": replace(goodPractice, "      right: true\n", "")}, "practice/one.yaml:6 wrong_key"},
		{"unknown kind", map[string]string{"practice/one.yaml": replace(goodPractice, "kind: choice", "kind: essay")}, "practice/one.yaml:3 unknown_kind"},
		{"duplicate option", map[string]string{"practice/one.yaml": replace(goodPractice, "id: b", "id: a")}, "practice/one.yaml:10 duplicate_id"},
		{"duplicate question", map[string]string{"practice/one.yaml": replace(goodPractice, "one-choice", "check-0")}, "quizzes/check.yaml:6 duplicate_id"},
		{"partial choice", map[string]string{"practice/one.yaml": replace(goodPractice, "kind: choice", "kind: choice\n  partial: true")}, "practice/one.yaml:4 not_allowed"},
		{"order without explanation", map[string]string{"practice/one.yaml": "- id: x\n  after: 1\n  kind: order\n  prompt: {vi: h, en: a}\n  options:\n" +
			"    - {id: a, text: {vi: a, en: a}}\n    - {id: b, text: {vi: b, en: b}}\n    - {id: c, text: {vi: c, en: c}}\n"}, "practice/one.yaml:1 missing"},
		{"match without explanation", map[string]string{"practice/one.yaml": "- id: x\n  after: 1\n  kind: match\n  prompt: {vi: h, en: a}\n  pairs:\n" +
			"    - {id: a, left: {vi: a, en: a}, right: {vi: 1, en: 1}}\n    - {id: b, left: {vi: b, en: b}, right: {vi: 2, en: 2}}\n    - {id: c, left: {vi: c, en: c}, right: {vi: 3, en: 3}}\n"}, "practice/one.yaml:1 missing"},
		{"match with equal sides", map[string]string{"practice/one.yaml": "- id: x\n  after: 1\n  kind: match\n  prompt: {vi: h, en: a}\n  explanation: {vi: v, en: e}\n  pairs:\n" +
			"    - {id: a, left: {vi: a, en: a}, right: {vi: 1, en: 1}}\n    - {id: b, left: {vi: b, en: b}, right: {vi: 1, en: 1}}\n    - {id: c, left: {vi: c, en: c}, right: {vi: 3, en: 3}}\n"}, "practice/one.yaml:8 same_side"},
		{"true_false with other ids", map[string]string{"practice/one.yaml": replace(goodPractice, "kind: choice", "kind: true_false")}, "practice/one.yaml:6 wrong_options"},
		{"small pool", map[string]string{"quizzes/check.yaml": replace(goodQuiz(), "draw: 1", "draw: 2")}, "quizzes/check.yaml:6 small_pool"},
		{"after in a quiz", map[string]string{"quizzes/check.yaml": replace(goodQuiz(), "    kind:", "    after: 1\n    kind:")}, "quizzes/check.yaml:7 not_allowed"},
		{"pass mark", map[string]string{"quizzes/check.yaml": replace(goodQuiz(), "pass: 70", "pass: 101")}, "quizzes/check.yaml:3 out_of_range"},
		{"hidden character", map[string]string{"course.yaml": replace(goodManifest, "Tóm tắt", "\"T\\u202e\"")}, "course.yaml:2 hidden_character"},
		{"not NFC", map[string]string{"course.yaml": replace(goodManifest, "Tóm tắt", "To\u0301m")}, "course.yaml:2 not_normalised"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, ps := ReadFolder(folder(tt.edit))
			got := ""
			if len(ps) > 0 {
				got = fmt.Sprintf("%s:%d %s", strings.TrimPrefix(ps[0].File, dir), ps[0].Line, ps[0].Code)
			}
			if got != tt.want {
				t.Errorf("ReadFolder: got %q, want %q; all: %v", got, tt.want, ps)
			}
			if tt.want == "" && (len(f.Courses) != 1 || f.Courses[0].Content.Quizzes[0].Questions[0].Options[0].ID != "true") {
				t.Errorf("ReadFolder: got %+v", f)
			}
		})
	}
}

func TestReadFolderNames(t *testing.T) {
	if _, ps := ReadFolder(fstest.MapFS{}); len(ps) != 0 {
		t.Errorf("empty folder: %v", ps)
	}
	fsys := fstest.MapFS{"courses/Bad Name/course.yaml": {Data: []byte("x")}, "courses/file.txt": {Data: []byte("x")}, "courses/.keep": {}}
	_, ps := ReadFolder(fsys)
	if len(ps) != 2 || ps[0].Code != "bad_slug" || ps[1].Code != "bad_slug" {
		t.Errorf("bad names: got %v, want two bad_slug", ps)
	}
}

// The content that comes with the program must be free of mistakes.
func TestRealContent(t *testing.T) {
	f, ps := ReadFolder(content.Files())
	for _, p := range ps {
		t.Error(p)
	}
	if len(f.Courses) < 3 {
		t.Errorf("%d courses, want at least 3", len(f.Courses))
	}
}

func TestLongCardIsOnlyAWarning(t *testing.T) {
	long := "# Một\n\n## Thẻ\n\n" + strings.Repeat("chữ ", cardWords+1) + "\n"
	_, ps := ReadFolder(folder(map[string]string{"lessons/one.vi.md": long}))
	if len(ps) != 1 || !ps[0].Warning || source.Errors(ps) != 0 {
		t.Errorf("got %v, want one warning", ps)
	}
}

func TestCheckNamesPathsOfADraft(t *testing.T) {
	c := good(t)
	c.Lessons[0].Practice[0].Options[1].Feedback.En = ""
	ps := newMarkdown().check(c)
	if want := "lessons[0].practice[0].options[1].feedback.en"; len(ps) != 1 || ps[0].Path != want || ps[0].Code != "missing_language" {
		t.Errorf("got %v, want missing_language at %s", ps, want)
	}
}

// An empty draft has problems, and checking it does not panic.
func TestCheckEmpty(t *testing.T) {
	if ps := newMarkdown().check(Content{}); source.Errors(ps) == 0 {
		t.Error("an empty course has no problems")
	}
	if ps := newMarkdown().check(Content{Lessons: []Lesson{{}}, Quizzes: []Quiz{{Questions: []Question{{}}}}}); source.Errors(ps) == 0 {
		t.Error("a course of empty parts has no problems")
	}
}

// good is a correct course.
func good(t testing.TB) Content {
	t.Helper()
	f, ps := ReadFolder(folder(nil))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return f.Courses[0].Content
}
