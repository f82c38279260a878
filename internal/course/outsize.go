package course

import (
	"bytes"
	"fmt"

	"hocso/internal/source"
)

// Limits of a text before it is parsed, in bytes. The parser needs time that grows
// with the square of a paragraph's length, or worse with nesting: 160 kB of ">"
// took it three minutes.
const (
	mostText   = 40_000
	mostLine   = 2_000
	mostBlock  = 6_000 // lines without an empty one between them
	mostDepth  = 4     // quotes and lists within each other
	mostIndent = 12    // spaces before the text
)

// outsize says what of a text is too much to parse, nil if nothing is.
func outsize(src []byte) *source.Problem {
	if len(src) > mostText {
		return &source.Problem{Line: 1, Code: "too_long", Message: fmt.Sprintf("the lesson has more than %d bytes", mostText)}
	}
	block, n := 0, 0
	for line := range bytes.Lines(src) {
		n++
		if block += len(line); len(bytes.TrimSpace(line)) == 0 {
			block = 0
		}
		switch {
		case len(line) > mostLine:
			return &source.Problem{Line: n, Code: "long_line", Message: fmt.Sprintf("the line has more than %d bytes", mostLine)}
		case block > mostBlock:
			return &source.Problem{Line: n, Code: "long_paragraph", Message: fmt.Sprintf("the paragraph has more than %d bytes", mostBlock)}
		case tooDeep(line):
			return &source.Problem{Line: n, Code: "too_deep", Message: "the lists or quotes are nested too deep"}
		}
	}
	return nil
}

// tooDeep reports whether a line begins with more quote and list marks, or more
// spaces, than a lesson needs.
func tooDeep(line []byte) bool {
	depth, spaces := 0, 0
	for len(line) > 0 {
		mark := 0
		for mark < len(line) && line[mark] >= '0' && line[mark] <= '9' {
			mark++
		}
		rest := line[mark:]
		switch {
		case line[0] == ' ':
			spaces++
			line = line[1:]
		case line[0] == '\t':
			spaces += 4
			line = line[1:]
		case line[0] == '>':
			depth++
			line = line[1:]
		case len(rest) > 1 && (mark == 0 && bytes.IndexByte([]byte("-*+"), rest[0]) >= 0 || mark > 0 && bytes.IndexByte([]byte(".)"), rest[0]) >= 0) && (rest[1] == ' ' || rest[1] == '\t'):
			depth++
			line = rest[1:]
		default:
			return depth > mostDepth || spaces > mostIndent
		}
	}
	return depth > mostDepth
}
