package course

import "testing"

func TestReadProse(t *testing.T) {
	for _, tt := range []struct{ name, in, html, text, code string }{
		{"words", "Chào **bạn**.\n\n- a\n- [b](https://b.vn)", `<p>Chào <strong>bạn</strong>.</p>
<ul>
<li>a</li>
<li><a href="https://b.vn" rel="noreferrer noopener" target="_blank">b</a></li>
</ul>`, "Chào bạn. a b", ""},
		{"marks and signs", "a < b & c \"d\"", "<p>a &lt; b &amp; c &#34;d&#34;</p>", `a < b & c "d"`, ""},
		{"a heading", "# a\n\nb", "<p>b</p>", "b", "bad_heading"},
		{"HTML", "<img src=x onerror=alert(1)>", "", "", "raw_html"},
		{"a link to a script", "[a](javascript:x)", "<p>a</p>", "a", "bad_link"},
		{"nothing", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, problems := ReadProse(tt.in)
			code := ""
			if len(problems) > 0 {
				code = problems[0].Code
			}
			if p.HTML != tt.html || p.Text != tt.text || code != tt.code {
				t.Errorf("ReadProse(%q) = %q, %q, %q; want %q, %q, %q", tt.in, p.HTML, p.Text, code, tt.html, tt.text, tt.code)
			}
		})
	}
}
