package course

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"hocso/internal/source"
)

// Prose is a short text that is no lesson: it has paragraphs, lists, quotes, links and
// messages, and no headings.
type Prose struct {
	HTML string // sanitised as cards are
	Text string // the same in one line, without any mark-up
}

// ReadProse renders a text by the rules of cards. The HTML is safe even if there are problems.
func ReadProse(body string) (Prose, []source.Problem) {
	src := []byte(body)
	if p := outsize(src); p != nil {
		return Prose{}, []source.Problem{*p}
	}
	m := newMarkdown()
	r := &reader{src: src}
	var blocks []ast.Node
	var words []string
	doc := m.md.Parser().Parse(text.NewReader(src))
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() == ast.KindHeading {
			r.add(start(n), "bad_heading", "headings are not allowed here")
			continue
		}
		r.check(n)
		blocks = append(blocks, n)
		words = append(words, strings.Fields(plain(n, src))...)
	}
	return Prose{m.render(src, blocks), strings.Join(words, " ")}, r.problems
}
