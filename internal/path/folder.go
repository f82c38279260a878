package path

import (
	"context"
	"fmt"
	"io/fs"

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
func ReadFolder(fsys fs.FS, there func(course.ID) bool) (out []FolderPath, problems []source.Problem) {
	problems = source.ReadEach(fsys, "paths", "path.yaml", "a path", func(id string) (any, func() []source.Problem) {
		out = append(out, FolderPath{ID: ID(id)})
		x := &out[len(out)-1]
		return &x.Content, func() []source.Problem { return Check(x.Content, there) }
	})
	return out, problems
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
