// Package source reads the content folder strictly: YAML in which every mistake
// has a file and a line, and the rules that hold for every text.
package source

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/people"
)

// Problem is one mistake in a course or drill. Path names the value as JSON sees
// it, such as lessons[1].practice[0].options[2].feedback.en; File and Line are
// there when it was read from a folder. Line alone counts within the text at Path.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Path    string `json:"path"`
	Code    string `json:"code"` // stable, snake_case
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // worth reading, does not stop publishing
}

// String is the problem as a compiler would say it.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Errors counts the problems that are not warnings.
func Errors(ps []Problem) int {
	n := 0
	for _, p := range ps {
		if !p.Warning {
			n++
		}
	}
	return n
}

// Checker collects problems.
type Checker struct{ Problems []Problem }

// Add notes a problem at path.
func (c *Checker) Add(path, code, format string, args ...any) {
	c.Problems = append(c.Problems, Problem{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

// Warn notes a problem at path that does not stop publishing.
func (c *Checker) Warn(path, code, format string, args ...any) {
	c.Problems = append(c.Problems, Problem{Path: path, Code: code, Message: fmt.Sprintf(format, args...), Warning: true})
}

// Both checks a text that must be there in both languages, each of at most most
// characters.
func (c *Checker) Both(path string, t people.Text, most int) {
	for _, l := range []struct{ lang, text string }{{"vi", t.Vi}, {"en", t.En}} {
		if strings.TrimSpace(l.text) == "" {
			c.Add(path+"."+l.lang, "missing_language", "the text is missing in %q", l.lang)
			continue
		}
		c.Text(path+"."+l.lang, l.text, most)
	}
}

// Either checks a text that may be left out, but then in both languages.
func (c *Checker) Either(path string, t people.Text, most int) {
	if strings.TrimSpace(t.Vi) != "" || strings.TrimSpace(t.En) != "" {
		c.Both(path, t, most)
	}
}

// Text checks one text: valid UTF-8 in NFC, no control characters and no
// bidirectional overrides, at most most characters.
func (c *Checker) Text(path, s string, most int) {
	switch {
	case !utf8.ValidString(s):
		c.Add(path, "invalid_text", "the text is not valid UTF-8")
	case !norm.NFC.IsNormalString(s):
		c.Add(path, "not_normalised", "the text is not in Unicode normal form NFC")
	case strings.ContainsFunc(s, hidden):
		c.Add(path, "hidden_character", "the text has a control or direction character")
	case utf8.RuneCountInString(s) > most:
		c.Add(path, "too_long", "the text has more than %d characters", most)
	}
}

// hidden reports control characters but tab and newline, and the characters that
// change the direction of text, which can make it read differently than it is.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return true
	}
	return r == 0xfeff || r == 0xfffd || r == 0x2028 || r == 0x2029
}

// Slug reports whether s may be an id: lower case letters, digits and single
// hyphens, at most 64 of them.
func Slug(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	before := byte('-')
	for i := range len(s) {
		b := s[i]
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && (b != '-' || before == '-') {
			return false
		}
		before = b
	}
	return before != '-'
}

// Slug checks an id at path and that it is new in seen.
func (c *Checker) Slug(path, id string, seen map[string]bool) {
	switch {
	case id == "":
		c.Add(path, "missing", "the id is missing")
	case !Slug(id):
		c.Add(path, "bad_slug", "%q is no id: lower case letters, digits and single hyphens, at most 64", id)
	case seen[id]:
		c.Add(path, "duplicate_id", "%q is there twice", id)
	}
	seen[id] = true
}

// Competences checks that every competence is written like DC-4.2 or IU14.
func (c *Checker) Competences(path string, ids []string) {
	form := regexp.MustCompile(`^[A-Z]{2,4}[0-9]{0,3}(-[0-9]+(\.[0-9]+)*)?$`)
	if len(ids) == 0 {
		c.Add(path, "missing", "name at least one competence")
	}
	for i, id := range ids {
		if len(id) > 16 || !form.MatchString(id) {
			c.Add(fmt.Sprintf("%s[%d]", path, i), "bad_competence", "%q is no competence such as DC-4.2 or IU14", id)
		}
	}
}
