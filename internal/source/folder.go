package source

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// ReadEach reads every folder below root, each of which is one thing with its id as the
// folder's name and all that is written of it in one YAML file, and lists what is wrong, with
// file and line. begin says what to decode the thing of an id into, and how it is checked once
// that went well. noun names the thing with its article. There is nothing without root.
func ReadEach(fsys fs.FS, root, file, noun string, begin func(id string) (into any, check func() []Problem)) (problems []Problem) {
	entries, err := fs.ReadDir(fsys, root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []Problem{{File: root, Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := path.Join(root, e.Name())
		if !e.IsDir() || !Slug(e.Name()) {
			problems = append(problems, Problem{File: dir, Line: 1, Code: "bad_slug", Message: noun + " is a folder with an id as its name"})
			continue
		}
		into, check := begin(e.Name())
		f, ps := Decode(fsys, path.Join(dir, file), into)
		problems = append(append(problems, ps...), strangers(fsys, dir, file, noun)...)
		if len(ps) > 0 {
			continue // the rest would only repeat it
		}
		for _, p := range check() {
			p.File, p.Line = f.Name, f.Line(p.Path)
			problems = append(problems, p)
		}
	}
	return problems
}

// strangers names files that belong to nothing: they were probably misspelt.
func strangers(fsys fs.FS, dir, file, noun string) (ps []Problem) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return []Problem{{File: dir, Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	for _, e := range entries {
		if e.Name() != file && !strings.HasPrefix(e.Name(), ".") {
			ps = append(ps, Problem{File: path.Join(dir, e.Name()), Line: 1, Code: "unused_file", Message: noun + " has only " + file})
		}
	}
	return ps
}
