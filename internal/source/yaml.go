package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile is the most bytes that a content file may have.
const maxFile = 512 << 10

// File is a YAML file that knows on which line each value stands.
type File struct {
	Name string
	root *yaml.Node
}

// Decode reads the YAML file name into v and refuses keys that v does not have,
// keys that are there twice, and a second document.
func Decode(fsys fs.FS, name string, v any) (*File, []Problem) {
	f := &File{Name: name}
	b, problem := Read(fsys, name)
	if problem != nil {
		return f, []Problem{*problem}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		return f, f.problems(err)
	}
	f.root = &root
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	switch err := d.Decode(v); {
	case errors.Is(err, io.EOF):
		return f, []Problem{{File: name, Line: 1, Code: "empty_file", Message: "the file is empty"}}
	case err != nil:
		return f, f.problems(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return f, []Problem{{File: name, Line: 1, Code: "bad_yaml", Message: "one document is enough: remove the second after ---"}}
	}
	return f, nil
}

// Read reads a file of the folder; a missing or oversized one is a problem.
func Read(fsys fs.FS, name string) ([]byte, *Problem) {
	b, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Problem{File: name, Line: 1, Code: "missing_file", Message: "the file is missing"}
	case err != nil:
		return nil, &Problem{File: name, Line: 1, Code: "unreadable_file", Message: err.Error()}
	case len(b) > maxFile:
		return nil, &Problem{File: name, Line: 1, Code: "too_long", Message: fmt.Sprintf("the file has more than %d bytes", maxFile)}
	}
	return bytes.ReplaceAll(bytes.TrimPrefix(b, []byte("\ufeff")), []byte("\r\n"), []byte("\n")), nil
}

// problems turns an error of the YAML library into problems with lines. The
// library reports them only as text of the form "line 5: what is wrong".
func (f *File) problems(err error) []Problem {
	lines := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var te *yaml.TypeError
	if errors.As(err, &te) {
		lines = te.Errors
	}
	form := regexp.MustCompile(`^line (\d+): (.*)$`)
	unknown := regexp.MustCompile(`^field (.*) not found in type .*$`)
	var ps []Problem
	for _, l := range lines {
		p := Problem{File: f.Name, Line: 1, Code: "bad_yaml", Message: l}
		if m := form.FindStringSubmatch(l); m != nil {
			p.Line, _ = strconv.Atoi(m[1]) // digits by the pattern
			p.Message = m[2]
		}
		if m := unknown.FindStringSubmatch(p.Message); m != nil {
			p.Code, p.Message = "unknown_key", "unknown key "+strconv.Quote(m[1])
		}
		ps = append(ps, p)
	}
	return ps
}

// Line returns the line of the value at path, such as options[2].feedback.en. If
// it is not there, it is the line of the nearest value around it.
func (f *File) Line(path string) int {
	if f.root == nil || len(f.root.Content) == 0 {
		return 1
	}
	n := f.root.Content[0]
	line := max(n.Line, 1)
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		next := child(n, step)
		if next == nil {
			return line
		}
		n, line = next, next.Line
	}
	return line
}

// child returns the value of key or index step in n, nil if there is none.
func child(n *yaml.Node, step string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}
