package drill

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/source"
)

// ReadFolder reads every drill below drills/ and lists what is wrong, with file and
// line. A folder without drills/ has none.
func ReadFolder(fsys fs.FS) ([]Template, []source.Problem) {
	entries, err := fs.ReadDir(fsys, "drills")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []source.Problem{{File: "drills", Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	var ts []Template
	var problems []source.Problem
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := path.Join("drills", e.Name())
		if !e.IsDir() || !source.Slug(e.Name()) {
			problems = append(problems, source.Problem{File: dir, Line: 1, Code: "bad_slug", Message: "a drill is a folder with an id as its name"})
			continue
		}
		t := Template{ID: ID(e.Name())}
		f, ps := source.Decode(fsys, path.Join(dir, "drill.yaml"), &t)
		problems = append(problems, ps...)
		problems = append(problems, strangers(fsys, dir)...)
		if len(ps) == 0 { // else the rest would only repeat it
			for _, p := range Check(t) {
				p.File, p.Line = f.Name, f.Line(p.Path)
				problems = append(problems, p)
			}
		}
		ts = append(ts, t.normal())
	}
	return ts, problems
}

// strangers names files that belong to nothing: they were probably misspelt.
func strangers(fsys fs.FS, dir string) []source.Problem {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return []source.Problem{{File: dir, Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	var ps []source.Problem
	for _, e := range entries {
		if e.Name() != "drill.yaml" && !strings.HasPrefix(e.Name(), ".") {
			ps = append(ps, source.Problem{File: path.Join(dir, e.Name()), Line: 1, Code: "unused_file", Message: "a drill has only drill.yaml"})
		}
	}
	return ps
}

// normal returns t with empty lists instead of missing ones.
func (t Template) normal() Template {
	if t.Competences == nil {
		t.Competences = []string{}
	}
	items := make([]Item, len(t.Items))
	copy(items, t.Items)
	for i := range items {
		if items[i].Links == nil {
			items[i].Links = []Link{}
		}
		if items[i].Cues == nil {
			items[i].Cues = []Cue{}
		}
	}
	t.Items = items
	return t
}

// contentHash is the SHA-256 of the canonical JSON (RFC 8785) of what an author
// wrote. It panics if that cannot be JSON, which is a programmer's mistake.
func (t Template) contentHash() string {
	t = t.normal()
	t.Key, t.N, t.Hash, t.PublishedAt = "", 0, "", time.Time{}
	b, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", t, err))
	}
	canonical := jsontext.Value(b)
	if err := canonical.Canonicalize(); err != nil {
		panic(fmt.Sprintf("canonical JSON of %T: %v", t, err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
