package path

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"hocso/content"
	"hocso/internal/course"
	"hocso/internal/people"
	"hocso/internal/source"
)

func step(need int, ids ...course.ID) Stage { return Stage{Courses: ids, Need: need} }

func among(ids ...course.ID) func(course.ID) bool {
	return func(id course.ID) bool { return slices.Contains(ids, id) }
}

func TestProgress(t *testing.T) {
	c := Layout{Steps: []Stage{step(0, "a", "b"), step(1, "c", "d", "e"), step(2, "f", "g", "h")}}
	for _, tt := range []struct {
		name      string
		completed string
		done      []int
		all       bool
	}{
		{"nothing", "", []int{0, 0, 0}, false},
		{"what is not in the path", "x", []int{0, 0, 0}, false},
		{"a part of all", "a", []int{1, 0, 0}, false},
		{"a later step first", "f", []int{0, 0, 1}, false},
		{"more than is needed counts once", "c d e", []int{0, 1, 0}, false},
		{"more in one does not help another", "a c d e f", []int{1, 1, 1}, false},
		{"everything that is needed", "a b e g h", []int{2, 1, 2}, true},
		{"everything", "a b c d e f g h", []int{2, 1, 2}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var ids []course.ID
			for id := range strings.FieldsSeq(tt.completed) {
				ids = append(ids, course.ID(id))
			}
			got := c.Progress(among(ids...))
			if !slices.Equal(got.Done, tt.done) || got.Completed != tt.all {
				t.Errorf("Progress(%s) = %+v, want %v %v", tt.completed, got, tt.done, tt.all)
			}
		})
	}
	if (Layout{}).Progress(among()).Completed {
		t.Error("a path without steps is completed")
	}
}

func TestMinutes(t *testing.T) {
	minutes := map[course.ID]int{"a": 10, "b": 20, "c": 5, "d": 7}
	of := func(id course.ID) int { return minutes[id] }
	for want, steps := range map[int][]Stage{
		30: {step(0, "a", "b")},
		20: {step(1, "a", "b")},
		27: {step(2, "c", "d", "b")},
		37: {step(0, "a"), step(2, "c", "d", "b")},
		0:  {step(0, "gone")},
	} {
		if got := (Layout{Steps: steps}).Minutes(of); got != want {
			t.Errorf("Minutes(%v) = %d, want %d", steps, got, want)
		}
	}
}

// good is content without a fault, for the courses a to z.
func good() Layout {
	return Layout{
		Title: people.Text{Vi: "Lộ trình", En: "Path"}, Summary: people.Text{Vi: "Một hai ba.", En: "One two three."},
		Steps: []Stage{step(0, "a"), step(1, "b", "c")},
	}
}

// letters are courses with one letter.
func letters(id course.ID) bool { return len(id) == 1 }

func TestCheck(t *testing.T) {
	if ps := Check(good(), letters); len(ps) > 0 {
		t.Fatalf("good content: %v", ps)
	}
	for _, tt := range []struct {
		name string
		do   func(*Layout)
		want string
	}{
		{"no title in English", func(c *Layout) { c.Title.En = " " }, "title.en missing_language"},
		{"no summary in Vietnamese", func(c *Layout) { c.Summary.Vi = "" }, "summary.vi missing_language"},
		{"a long title", func(c *Layout) { c.Title.Vi = strings.Repeat("ă", 121) }, "title.vi too_long"},
		{"no step", func(c *Layout) { c.Steps = nil }, "steps missing"},
		{"too many steps", func(c *Layout) {
			c.Steps = nil
			for i := range 21 {
				c.Steps = append(c.Steps, step(0, course.ID(rune('a'+i))))
			}
		}, "steps too_many"},
		{"an empty step", func(c *Layout) { c.Steps[1].Courses = nil }, "steps[1].courses missing"},
		{"too many courses", func(c *Layout) { c.Steps[1] = step(1, "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l") }, "steps[1].courses too_many"},
		{"more than there are", func(c *Layout) { c.Steps[1].Need = 3 }, "steps[1].need out_of_range"},
		{"fewer than none", func(c *Layout) { c.Steps[1].Need = -1 }, "steps[1].need out_of_range"},
		{"unknown", func(c *Layout) { c.Steps[0].Courses[0] = "unknown" }, "steps[0].courses[0] unknown_course"},
		{"twice in a step", func(c *Layout) { c.Steps[1].Courses[1] = "b" }, "steps[1].courses[1] duplicate"},
		{"twice in the path", func(c *Layout) { c.Steps[1].Courses[0] = "a" }, "steps[1].courses[0] duplicate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := good()
			tt.do(&c)
			var got []string
			for _, p := range Check(c, letters) {
				got = append(got, p.Path+" "+p.Code)
			}
			if len(got) != 1 || got[0] != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestAllIsSaidInOneWay(t *testing.T) {
	a, b := good(), good()
	a.Steps[1].Need, b.Steps[1].Need = 2, 0
	if a.hash() != b.hash() {
		t.Error("two of two is another content than all")
	}
	b.Steps[1].Need = 1
	if a.hash() == b.hash() {
		t.Error("one of two is the same content as all")
	}
}

func TestContent(t *testing.T) {
	courses, _ := course.ReadFolder(content.Files())
	there := func(id course.ID) bool {
		return slices.ContainsFunc(courses.Courses, func(c course.FolderCourse) bool { return c.ID == id })
	}
	paths, problems := ReadFolder(content.Files(), there)
	if len(paths) != 2 || len(problems) > 0 {
		t.Errorf("%d paths come with the program, problems %v", len(paths), problems)
	}
}

func TestReadFolder(t *testing.T) {
	fsys := fstest.MapFS{
		"paths/good/path.yaml":  {Data: []byte("title: {vi: A, en: B}\nsummary: {vi: A, en: B}\nsteps:\n  - courses: [a, b]\n    need: 1\n")},
		"paths/wrong/path.yaml": {Data: []byte("title: {vi: A, en: B}\nsummary: {vi: A, en: B}\nsteps:\n  - courses: [a]\n  - courses: [a, none]\n    need: 3\n")},
		"paths/odd/path.yaml":   {Data: []byte("title: {vi: A, en: B}\nsumary: {vi: A, en: B}\n")},
		"paths/odd/notes.txt":   {},
		"paths/Not A Slug/x":    {},
		"paths/.hidden":         {},
	}
	paths, problems := ReadFolder(fsys, letters)
	if len(paths) != 3 || len(paths[0].Content.Steps) != 1 || paths[0].Content.Steps[0].Need != 1 {
		t.Errorf("read %+v", paths)
	}
	for _, want := range []string{
		"paths/Not A Slug:1: a path is a folder", "paths/odd/path.yaml:2: ", "paths/odd/notes.txt:1: ",
		"paths/wrong/path.yaml:5: steps[1].courses[0]: ", "paths/wrong/path.yaml:5: steps[1].courses[1]: ", "paths/wrong/path.yaml:6: steps[1].need: ",
	} {
		if !slices.ContainsFunc(problems, func(p source.Problem) bool { return strings.HasPrefix(p.String(), want) }) {
			t.Errorf("no problem begins with %q: %v", want, problems)
		}
	}
	if none, ps := ReadFolder(fstest.MapFS{}, letters); none != nil || ps != nil {
		t.Errorf("a folder without paths: %v %v", none, ps)
	}
}
