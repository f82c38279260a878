package course

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hocso/internal/source"
)

// Folder is what a content folder holds of courses, in order of id.
type Folder struct{ Courses []FolderCourse }

// FolderCourse is one course as a folder has it.
type FolderCourse struct {
	ID      ID
	Content Content
}

// manifest is course.yaml.
type manifest struct {
	Title       Text     `yaml:"title"`
	Summary     Text     `yaml:"summary"`
	Cover       string   `yaml:"cover"`
	Licence     string   `yaml:"licence"`
	Competences []string `yaml:"competences"`
	Tier        string   `yaml:"tier"`
	Lessons     []struct {
		ID      string `yaml:"id"`
		Minutes int    `yaml:"minutes"`
	} `yaml:"lessons"`
	Quizzes []string `yaml:"quizzes"`
}

// ReadFolder reads every course below courses/ and lists what is wrong, with file
// and line. A folder without courses/ is empty.
func ReadFolder(fsys fs.FS) (Folder, []source.Problem) {
	var f Folder
	entries, err := fs.ReadDir(fsys, "courses")
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, []source.Problem{{File: "courses", Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	m := newMarkdown()
	var problems []source.Problem
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := path.Join("courses", e.Name())
		if !e.IsDir() || !source.Slug(e.Name()) {
			problems = append(problems, source.Problem{File: dir, Line: 1, Code: "bad_slug", Message: "a course is a folder with an id as its name"})
			continue
		}
		b := &binder{fsys: fsys, dir: dir, files: map[string]*source.File{}, known: map[string]bool{}}
		c := b.read()
		problems = append(problems, b.problems...)
		if source.Errors(b.problems) == 0 { // else the rest would only repeat it
			for _, p := range m.check(c) {
				problems = append(problems, b.place(c, p))
			}
		}
		f.Courses = append(f.Courses, FolderCourse{ID: ID(e.Name()), Content: c.Normal()})
	}
	return f, problems
}

// binder puts one course together from its files.
type binder struct {
	fsys     fs.FS
	dir      string
	files    map[string]*source.File // YAML files by name within dir
	known    map[string]bool         // files that belong to the course
	problems []source.Problem
}

func (b *binder) yaml(name string, v any) {
	b.known[name] = true
	f, ps := source.Decode(b.fsys, path.Join(b.dir, name), v)
	b.files[name] = f
	b.problems = append(b.problems, ps...)
}

func (b *binder) read() Content {
	var m manifest
	b.yaml("course.yaml", &m)
	c := Content{Title: m.Title, Summary: m.Summary, Cover: m.Cover, Licence: m.Licence, Competences: m.Competences, Tier: m.Tier}
	for i, l := range m.Lessons {
		lesson := Lesson{ID: l.ID, Minutes: l.Minutes}
		if b.slug(l.ID, "lessons["+strconv.Itoa(i)+"].id") {
			lesson.Title.Vi, lesson.Body.Vi = b.text("lessons/" + l.ID + ".vi.md")
			lesson.Title.En, lesson.Body.En = b.text("lessons/" + l.ID + ".en.md")
			b.yaml("practice/"+l.ID+".yaml", &lesson.Practice)
		}
		c.Lessons = append(c.Lessons, lesson)
	}
	for i, id := range m.Quizzes {
		q := Quiz{}
		if b.slug(id, "quizzes["+strconv.Itoa(i)+"]") {
			b.yaml("quizzes/"+id+".yaml", &q)
		}
		q.ID = id
		c.Quizzes = append(c.Quizzes, q)
	}
	b.strangers()
	return c
}

// slug checks an id before it becomes part of a file's name.
func (b *binder) slug(id, at string) bool {
	if source.Slug(id) {
		return true
	}
	f := b.files["course.yaml"]
	b.problems = append(b.problems, source.Problem{
		File: f.Name, Line: f.Line(at), Path: at, Code: "bad_slug", Message: strconv.Quote(id) + " is no id: lower case letters, digits and single hyphens",
	})
	return false
}

// text reads a lesson's Markdown and splits its first line, the title, off.
func (b *binder) text(name string) (title, body string) {
	b.known[name] = true
	full := path.Join(b.dir, name)
	src, problem := source.Read(b.fsys, full)
	if problem != nil {
		b.problems = append(b.problems, *problem)
		return "", ""
	}
	first, rest, _ := bytes.Cut(src, []byte("\n"))
	m := regexp.MustCompile(`^# +(\S.*?)\s*$`).FindSubmatch(first)
	if m == nil {
		b.problems = append(b.problems, source.Problem{File: full, Line: 1, Code: "missing_title", Message: "the first line is the title: # …"})
		return "", string(src)
	}
	return string(m[1]), string(rest)
}

// strangers names files that belong to nothing: they were probably misspelt.
func (b *binder) strangers() {
	// The walk returns what the function returns, and that is always nil.
	_ = fs.WalkDir(b.fsys, b.dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			b.problems = append(b.problems, source.Problem{File: p, Line: 1, Code: "unreadable_file", Message: err.Error()})
		case d.IsDir() || strings.HasPrefix(d.Name(), "."):
		case !b.known[strings.TrimPrefix(p, b.dir+"/")]:
			b.problems = append(b.problems, source.Problem{File: p, Line: 1, Code: "unused_file", Message: "course.yaml does not name this file"})
		}
		return nil
	})
}

// place finds the file and line of a problem by its path.
func (b *binder) place(c Content, p source.Problem) source.Problem {
	m := regexp.MustCompile(`^(lessons|quizzes)\[(\d+)\]\.?(.*)$`).FindStringSubmatch(p.Path)
	if m == nil {
		return b.at(p, "course.yaml", p.Path)
	}
	i, _ := strconv.Atoi(m[2]) // digits by the pattern
	rest := m[3]
	if m[1] == "quizzes" {
		if rest == "id" {
			return b.at(p, "course.yaml", "quizzes["+m[2]+"]")
		}
		return b.at(p, "quizzes/"+c.Quizzes[i].ID+".yaml", rest)
	}
	id := c.Lessons[i].ID
	field, sub, _ := strings.Cut(rest, ".")
	switch {
	case strings.HasPrefix(field, "practice"):
		return b.at(p, "practice/"+id+".yaml", strings.TrimPrefix(rest, "practice"))
	case slices.Contains([]string{"title", "body"}, field):
		p.File = path.Join(b.dir, "lessons", id+"."+sub+".md")
		if field == "body" && p.Line > 0 {
			p.Line++ // the title is the first line of the file
		} else {
			p.Line = 1
		}
		return p
	}
	return b.at(p, "course.yaml", p.Path)
}

func (b *binder) at(p source.Problem, name, at string) source.Problem {
	if f := b.files[name]; f != nil {
		p.File, p.Line = f.Name, f.Line(at)
	}
	return p
}
