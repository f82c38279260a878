package course

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"hocso/internal/source"
)

// cardWords is how many words fit a card before the writer is warned.
const cardWords = 120

// card is one card of a lesson in one language.
type card struct{ title, html string }

// markdown turns a lesson's Markdown into cards of sanitised HTML and lists what
// is not allowed in it. It is safe for concurrent use.
type markdown struct {
	md     goldmark.Markdown
	policy *bluemonday.Policy
}

func newMarkdown() *markdown {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "ul", "ol", "li", "strong", "em", "code", "br", "blockquote", "figcaption", "figure")
	p.AllowAttrs("class").Matching(messageClass()).OnElements("figure")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.RequireNoFollowOnLinks(false)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // also adds noopener
	return &markdown{
		md: goldmark.New(goldmark.WithRendererOptions(
			renderer.WithNodeRenderers(util.Prioritized(messages{}, 100)),
			html.WithXHTML(),
		)),
		policy: p,
	}
}

// cards renders body. Each "## " starts a card. Problems have the line within
// body; the HTML is safe even if there are some.
func (m *markdown) cards(body string) ([]card, []source.Problem) {
	src := []byte(body)
	if p := outsize(src); p != nil {
		return nil, []source.Problem{*p}
	}
	doc := m.md.Parser().Parse(text.NewReader(src))
	r := &reader{src: src}
	var cards []card
	var blocks []ast.Node
	words := 0
	flush := func() {
		if len(cards) == 0 {
			return
		}
		c := &cards[len(cards)-1]
		c.html = m.render(src, blocks)
		if c.html == "" {
			r.add(r.at, "empty_card", "the card %q has no text", c.title)
		}
		if words > cardWords {
			r.warn(r.at, "long_card", "the card %q has %d words, at most %d fit a phone", c.title, words, cardWords)
		}
		blocks, words = nil, 0
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, isHeading := n.(*ast.Heading)
		switch {
		case isHeading && h.Level == 2:
			r.at = max(r.at, start(n))
			flush()
			r.check(n)
			title := strings.TrimSpace(plain(h, src))
			if title == "" {
				r.add(r.at, "missing", "the card has no title")
			}
			cards = append(cards, card{title: title})
		case isHeading:
			r.add(start(n), "bad_heading", "only \"## \" headings are allowed, each starts a card")
		case len(cards) == 0:
			r.add(start(n), "text_before_card", "text before the first \"## \" heading belongs to no card")
		default:
			r.check(n)
			blocks = append(blocks, n)
			words += len(strings.Fields(plain(n, src)))
		}
	}
	r.at = len(src)
	flush()
	return cards, r.problems
}

// render makes safe HTML of blocks. The policy has the last word, whatever the
// parser made of the text.
func (m *markdown) render(src []byte, blocks []ast.Node) string {
	var b bytes.Buffer
	for _, n := range blocks {
		// Rendering to memory fails only if a node has no renderer, and then the block is left out.
		_ = m.md.Renderer().Render(&b, src, n)
	}
	return strings.TrimSpace(m.policy.Sanitize(b.String()))
}

// reader walks a parsed text and notes what is not allowed.
type reader struct {
	src      []byte
	at       int // offset of the last known place
	problems []source.Problem
}

func (r *reader) note(offset int, warning bool, code, format string, args ...any) {
	offset = min(max(offset, 0), len(r.src))
	line := 1 + bytes.Count(r.src[:offset], []byte("\n"))
	r.problems = append(r.problems, source.Problem{Line: line, Code: code, Message: fmt.Sprintf(format, args...), Warning: warning})
}

func (r *reader) add(offset int, code, format string, args ...any) {
	r.note(offset, false, code, format, args...)
}

func (r *reader) warn(offset int, code, format string, args ...any) {
	r.note(offset, true, code, format, args...)
}

// check walks n and notes every node that is not in the list of allowed ones.
func (r *reader) check(n ast.Node) {
	// The walker returns an error only if the function does.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if at := start(n); at >= 0 {
			r.at = at
		}
		switch n := n.(type) {
		case *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Blockquote, *ast.Text, *ast.String, *ast.Emphasis, *ast.CodeSpan:
		case *ast.Heading:
			if n.Level != 2 || n.Parent() == nil || n.Parent().Kind() != ast.KindDocument {
				r.add(r.at, "bad_heading", "only \"## \" headings are allowed, each starts a card")
			}
		case *ast.Link:
			r.link(string(n.Destination))
		case *ast.AutoLink:
			r.link(string(n.URL(r.src)))
		case *ast.FencedCodeBlock:
			if kind, sender := message(n, r.src); kind == "" || sender == "" {
				r.add(r.at, "bad_message", "a fenced block begins with sms, email, chat or call and the sender's name")
			}
		case *ast.RawHTML, *ast.HTMLBlock:
			r.add(r.at, "raw_html", "HTML is not allowed")
			return ast.WalkSkipChildren, nil
		default:
			r.add(r.at, "not_allowed", "%s is not allowed here", n.Kind())
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
}

func (r *reader) link(to string) {
	if !safeLink(to) {
		r.add(r.at, "bad_link", "%q is no https: or mailto: link", to)
	}
}

// safeLink reports whether a link is absolute and https or mailto.
func safeLink(to string) bool {
	u, err := url.Parse(to)
	return err == nil && (u.Scheme == "https" && u.Host != "" && u.User == nil || u.Scheme == "mailto" && u.Opaque != "")
}

// start is the offset of the first text of n, -1 if unknown.
func start(n ast.Node) int {
	if n.Type() == ast.TypeInline {
		if t, ok := n.(*ast.Text); ok {
			return t.Segment.Start
		}
		return -1
	}
	if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info != nil {
		return f.Info.Segment.Start
	}
	if n.Lines() != nil && n.Lines().Len() > 0 {
		return n.Lines().At(0).Start
	}
	if c := n.FirstChild(); c != nil {
		return start(c)
	}
	return -1
}

// plain is the text of n without any mark-up.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	// The walker returns an error only if the function does.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(util.UnescapePunctuations(n.Segment.Value(src)))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(src))
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// Section is a part of a text that is no lesson: a heading and what stands below it.
type Section struct {
	Title string `json:"title"`
	HTML  string `json:"html"` // sanitised as cards are
}

// Sections renders a text by the rules of lessons: each "## " begins a section. The
// HTML is safe even if there are problems.
func Sections(body string) ([]Section, []source.Problem) {
	cards, problems := newMarkdown().cards(body)
	var out []Section
	for _, c := range cards {
		out = append(out, Section{c.title, c.html})
	}
	return out, problems
}
