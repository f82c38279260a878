package course

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestCards(t *testing.T) {
	body := "\n## Một **thẻ**\n\nĐoạn *một*\ndòng hai.\n\n1. a\n2. b\n\n> **Quy tắc:** dừng lại.\n\n## Hai\n\n```sms NH Sen <Việt>\nBấm: a.example\n\nNgay & luôn\nnhé\n```\n\n[ở đây](https://a.example/x) và [thư](mailto:a@b.example)\n"
	cards, problems := newMarkdown().cards(body)
	if len(problems) > 0 {
		t.Fatalf("cards(%q): %v", body, problems)
	}
	if len(cards) != 2 || cards[0].title != "Một thẻ" || cards[1].title != "Hai" {
		t.Fatalf("got %+v", cards)
	}
	for _, want := range []string{"<p>Đoạn <em>một</em>\ndòng hai.</p>", "<ol>", "<li>b</li>", "<blockquote>\n<p><strong>Quy tắc:</strong> dừng lại.</p>\n</blockquote>"} {
		if !strings.Contains(cards[0].html, want) {
			t.Errorf("first card: no %q in %q", want, cards[0].html)
		}
	}
	for _, want := range []string{
		`<figure class="message sms"><figcaption>NH Sen &lt;Việt&gt;</figcaption><p>Bấm: a.example</p><p>Ngay &amp; luôn<br/>nhé</p></figure>`,
		`<a href="https://a.example/x" rel="noreferrer noopener" target="_blank">ở đây</a>`,
		`<a href="mailto:a@b.example"`,
	} {
		if !strings.Contains(cards[1].html, want) {
			t.Errorf("second card: no %q in %q", want, cards[1].html)
		}
	}
}

func TestMarkdownProblems(t *testing.T) {
	for _, tt := range []struct {
		name, body, code string
		line             int
	}{
		{"fine", "## A\n\ntext\n", "", 0},
		{"text before", "text\n\n## A\n\ntext\n", "text_before_card", 1},
		{"level 3", "## A\n\ntext\n\n### B\n", "bad_heading", 5},
		{"level 1", "## A\n\ntext\n\n# B\n", "bad_heading", 5},
		{"heading in a quote", "## A\n\n> ## B\n", "bad_heading", 3},
		{"html block", "## A\n\n<script>x</script>\n", "raw_html", 3},
		{"inline html", "## A\n\na <b>x</b>\n", "raw_html", 3},
		{"image", "## A\n\n![x](https://a.example/x.png)\n", "not_allowed", 3},
		{"indented code", "## A\n\ntext\n\n    code\n", "not_allowed", 5},
		{"rule", "## A\n\ntext\n\n***\n", "not_allowed", 3},
		{"http link", "## A\n\n[x](http://a.example)\n", "bad_link", 3},
		{"script link", "## A\n\n[x](javascript:alert(1))\n", "bad_link", 3},
		{"relative link", "## A\n\n[x](/admin)\n", "bad_link", 3},
		{"link with a user", "## A\n\n[x](https://u:p@a.example)\n", "bad_link", 3},
		{"autolink", "## A\n\n<http://a.example>\n", "bad_link", 3},
		{"message of no kind", "## A\n\n```\nx\n```\n", "bad_message", 4},
		{"message of unknown kind", "## A\n\n```fax Sen\nx\n```\n", "bad_message", 3},
		{"message without sender", "## A\n\n```sms\nx\n```\n", "bad_message", 3},
		{"empty card", "## A\n\n## B\n\ntext\n", "empty_card", 3},
		{"no title", "## \n\ntext\n", "missing", 1},
		{"nested quotes", "## A\n\n" + strings.Repeat("> ", 5) + "x\n", "too_deep", 3},
		{"nested lists", "## A\n\n" + strings.Repeat("- ", 5) + "x\n", "too_deep", 3},
		{"nested numbers", "## A\n\n" + strings.Repeat("1. ", 5) + "x\n", "too_deep", 3},
		{"far to the right", "## A\n\n- a\n\n" + strings.Repeat(" ", 13) + "x\n", "too_deep", 5},
		{"long line", "## A\n\n" + strings.Repeat("[", 2001) + "\n", "long_line", 3},
		{"long paragraph", "## A\n\n" + strings.Repeat("một\n", 1300) + "\n", "long_paragraph", 1003},
		{"long text", "## A\n\n" + strings.Repeat("một\n\n", 7000), "too_long", 1},
		{"long", "## A\n\n" + strings.Repeat("một ", 121) + "\n", "long_card", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := newMarkdown().cards(tt.body)
			code, line := "", 0
			if len(problems) > 0 {
				code, line = problems[0].Code, problems[0].Line
			}
			if code != tt.code || tt.code != "" && line != tt.line {
				t.Errorf("cards(%.60q): got %q in line %d, want %q in line %d (%v)", tt.body, code, line, tt.code, tt.line, problems)
			}
		})
	}
}

// Whatever a trainer writes, only the allowed elements and attributes come out.
func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{
		"## A\n\n<script>alert(1)</script>", "## A\n\n[x](javascript:alert(1))", "## A\n\n<img src=x onerror=alert(1)>", "## A\n```sms \"><svg onload=x>\ny\n```",
		"## A\n\n[x](data:text/html,<script>)", "## A\n\n<a href=\"&#106;avascript:x\">y</a>", "## A\n\n![x](https://a.example \"onload=x\")",
		"## A\n\n> - 1. `<form>`\n\n```call <x>\n&lt;script&gt;\n```", "## A\n\n[x]: javascript:alert(1)\n\n[x]", "## A\n\n<https://a.example/\"onclick=x>",
		"## A\n\n[a](https://a.example/%22%3E%3Cscript%3E)", "## A\n\n<style>*{}</style><iframe srcdoc=x>",
	} {
		f.Add(s)
	}
	m := newMarkdown()
	figure := regexp.MustCompile(`^message (sms|email|chat|call)$`)
	f.Fuzz(func(t *testing.T, body string) {
		cards, _ := m.cards(body)
		for _, c := range cards {
			z := html.NewTokenizer(strings.NewReader(c.html))
			for {
				tok := z.Next()
				if tok == html.ErrorToken {
					break
				}
				token := z.Token()
				if tok == html.TextToken {
					continue
				}
				switch token.Data {
				case "p", "ul", "li", "strong", "em", "code", "br", "blockquote", "figcaption", "figure", "ol", "a":
				default:
					t.Fatalf("cards(%q): element %q in %q", body, token.Data, c.html)
				}
				for _, a := range token.Attr {
					switch {
					case token.Data == "a" && a.Key == "href" && (strings.HasPrefix(a.Val, "https:") || strings.HasPrefix(a.Val, "mailto:")):
					case token.Data == "a" && (a.Key == "rel" || a.Key == "target" && a.Val == "_blank"):
					case token.Data == "figure" && a.Key == "class" && figure.MatchString(a.Val):
					case token.Data == "ol" && a.Key == "start":
					default:
						t.Fatalf("cards(%q): attribute %s=%q of %s in %q", body, a.Key, a.Val, token.Data, c.html)
					}
				}
			}
		}
	})
}
