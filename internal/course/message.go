package course

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// messages renders fenced blocks as the message a phone would show.
type messages struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (messages) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		f, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		_, err := w.WriteString(figure(f, src))
		return ast.WalkContinue, err
	})
}

// figure is the HTML of one message: the sender, then a paragraph for each block
// of lines.
func figure(f *ast.FencedCodeBlock, src []byte) string {
	var body strings.Builder
	for i := range f.Lines().Len() {
		line := f.Lines().At(i)
		body.Write(line.Value(src))
	}
	kind, sender := message(f, src)
	if kind == "" {
		kind = "sms"
	}
	var b strings.Builder
	b.WriteString(`<figure class="message ` + kind + `"><figcaption>` + escape(sender) + `</figcaption>`)
	for _, p := range regexp.MustCompile(`\n[ \t]*\n+`).Split(strings.Trim(body.String(), "\n"), -1) {
		b.WriteString("<p>" + strings.ReplaceAll(escape(p), "\n", "<br/>") + "</p>")
	}
	b.WriteString("</figure>\n")
	return b.String()
}

// message splits the first line of a fenced block into its kind and the sender.
// An unknown kind is "".
func message(f *ast.FencedCodeBlock, src []byte) (kind, sender string) {
	if f.Info == nil {
		return "", ""
	}
	kind, sender, _ = strings.Cut(strings.TrimSpace(string(f.Info.Segment.Value(src))), " ")
	if !messageClass().MatchString("message " + kind) {
		kind = ""
	}
	return kind, strings.TrimSpace(sender)
}

func messageClass() *regexp.Regexp { return regexp.MustCompile(`^message (sms|email|chat|call)$`) }

func escape(s string) string { return string(util.EscapeHTML([]byte(s))) }
