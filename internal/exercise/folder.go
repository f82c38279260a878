package exercise

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

// ReadFolder reads every exercise below exercises/ and lists what is wrong, with file and
// line. A folder without exercises/ has none.
func ReadFolder(fsys fs.FS) ([]Exercise, []source.Problem) {
	entries, err := fs.ReadDir(fsys, "exercises")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, []source.Problem{{File: "exercises", Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	var xs []Exercise
	var problems []source.Problem
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := path.Join("exercises", e.Name())
		if !e.IsDir() || !source.Slug(e.Name()) {
			problems = append(problems, source.Problem{File: dir, Line: 1, Code: "bad_slug", Message: "an exercise is a folder with an id as its name"})
			continue
		}
		x := Exercise{ID: ID(e.Name())}
		f, ps := source.Decode(fsys, path.Join(dir, "exercise.yaml"), &x)
		problems = append(problems, ps...)
		problems = append(problems, strangers(fsys, dir)...)
		if len(ps) == 0 { // else the rest would only repeat it
			for _, p := range Check(x) {
				p.File, p.Line = f.Name, f.Line(p.Path)
				problems = append(problems, p)
			}
		}
		xs = append(xs, x)
	}
	return xs, problems
}

// strangers names files that belong to nothing: they were probably misspelt.
func strangers(fsys fs.FS, dir string) []source.Problem {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return []source.Problem{{File: dir, Line: 1, Code: "unreadable_file", Message: err.Error()}}
	}
	var ps []source.Problem
	for _, e := range entries {
		if e.Name() != "exercise.yaml" && !strings.HasPrefix(e.Name(), ".") {
			ps = append(ps, source.Problem{File: path.Join(dir, e.Name()), Line: 1, Code: "unused_file", Message: "an exercise has only exercise.yaml"})
		}
	}
	return ps
}

// contentHash is the SHA-256 of the canonical JSON (RFC 8785) of what an author wrote. It
// panics if that cannot be JSON, which is a programmer's mistake.
func (x Exercise) contentHash() string {
	x.Key, x.N, x.Hash, x.PublishedAt = "", 0, "", time.Time{}
	b, err := json.Marshal(x)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", x, err))
	}
	canonical := jsontext.Value(b)
	if err := canonical.Canonicalize(); err != nil {
		panic(fmt.Sprintf("canonical JSON of %T: %v", x, err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
