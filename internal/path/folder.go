package path

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/source"
)

// FolderPath is one path as a folder has it.
type FolderPath struct {
	ID      ID
	Content Layout
}

// ReadFolder reads every path below paths/ and lists what is wrong, with file and line; there are the
// courses that paths may name. A folder without paths/ has none.
func ReadFolder(fsys fs.FS, there func(course.ID) bool) ([]FolderPath, []source.Problem) {
	entries, err := fs.ReadDir(fsys, "paths")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []source.Problem{{File: "paths", Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	var out []FolderPath
	var problems []source.Problem
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := path.Join("paths", e.Name())
		if !e.IsDir() || !source.Slug(e.Name()) {
			problems = append(problems, source.Problem{File: dir, Line: 1, Code: "bad_slug", Message: "a path is a folder with an id as its name"})
			continue
		}
		x := FolderPath{ID: ID(e.Name())}
		f, ps := source.Decode(fsys, path.Join(dir, "path.yaml"), &x.Content)
		problems = append(append(problems, ps...), strangers(fsys, dir)...)
		if len(ps) == 0 { // else the rest would only repeat it
			for _, p := range Check(x.Content, there) {
				p.File, p.Line = f.Name, f.Line(p.Path)
				problems = append(problems, p)
			}
		}
		out = append(out, x)
	}
	return out, problems
}

// strangers names files that belong to nothing: they were probably misspelt.
func strangers(fsys fs.FS, dir string) (ps []source.Problem) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return []source.Problem{{File: dir, Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	for _, e := range entries {
		if e.Name() != "path.yaml" && !strings.HasPrefix(e.Name(), ".") {
			ps = append(ps, source.Problem{File: path.Join(dir, e.Name()), Line: 1, Code: "unused_file", Message: "a path has only path.yaml"})
		}
	}
	return ps
}

// Outcome is what publishing a folder did with one path.
type Outcome struct {
	Path      ID
	N         int
	Published bool
	LeftAlone bool // it was changed in the app
}

// sameTime is how often another copy of the program may be faster with one path.
const sameTime = 20

// PublishFolder publishes the paths of a folder that changed, which must be free of problems. Doing it
// again changes nothing, and it never replaces what was written, published or retired in the app.
func (s *Service) PublishFolder(ctx context.Context, folder []FolderPath) ([]Outcome, error) {
	var out []Outcome
	for _, fp := range folder {
		o, err := s.publishFolderPath(ctx, fp)
		for n := 0; n < sameTime && fault.KindOf(err) == fault.Conflict; n++ {
			o, err = s.publishFolderPath(ctx, fp) // see what the other copy made
		}
		if err != nil {
			return out, fmt.Errorf("publish path %s: %w", fp.ID, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func (s *Service) publishFolderPath(ctx context.Context, fp FolderPath) (Outcome, error) {
	defer s.wrote()
	content, now := fp.Content.normal(), s.Now()
	v := Version{Content: content, Source: FromFolder, PublishedAt: now}
	p, err := s.Store.Path(ctx, fp.ID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		p = Path{ID: fp.ID, Draft: content, ChangedAt: now, Version: 1}
		p.publish(v)
		return Outcome{Path: fp.ID, N: 1, Published: true}, s.Store.InsertPath(ctx, p)
	}
	if err != nil {
		return Outcome{}, err
	}
	newest, ok := p.Newest()
	o := Outcome{Path: fp.ID, N: newest.N}
	switch {
	case ok && newest.Content.hash() == content.hash():
		return o, nil
	case p.Retired || p.Owner != "" || newest.Source == FromApp || len(p.Versions) == mostVersions:
		o.LeftAlone = true
		return o, nil
	}
	if !p.Dirty() {
		p.Draft = content
	}
	p.publish(v)
	_, err = s.replace(ctx, p)
	return Outcome{Path: fp.ID, N: newest.N + 1, Published: true}, err
}
