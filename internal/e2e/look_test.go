//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Settled waits until nothing on the screen is still being loaded or moved.
func (p *phone) Settled() {
	p.t.Helper()
	last := "?"
	p.wait("the screen to settle", func() bool {
		var now string
		err := p.try(evaluate(`document.querySelector(".skeleton, [aria-busy=true]") || document.getAnimations().some((a) => a.playState === "running") ? "busy" : location.pathname + document.title + document.body.innerText.length + document.body.innerHTML.length`, &now))
		same := err == nil && now == last && now != "busy"
		last = now
		return same
	})
}

// Check keeps a screenshot under the name and holds the screen to WCAG by axe, and
// to what axe does not see: no sideways scroll, targets big enough for a thumb.
func (p *phone) Check(name string) {
	p.t.Helper()
	p.Settled()
	p.shoot(name)
	p.axe(name)
	p.narrow(name)
}

// CheckBoth is Check in both colour schemes; in the dark one only the colours are held again.
func (p *phone) CheckBoth(name string) {
	p.t.Helper()
	p.Look("light")
	p.Check(name)
	p.Look("dark")
	p.Settled()
	p.shoot(name)
	p.axe(name, "color-contrast")
	p.Look("light")
}

// narrow holds what axe does not see.
func (p *phone) narrow(name string) {
	p.t.Helper()
	var wide string
	p.Eval(`(() => { const w = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= w) return "";
		const e = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > w + 1); return e ? e.outerHTML.slice(0, 200) : "?"; })()`, &wide)
	if wide != "" {
		p.t.Errorf("%s (%s, %s): scrolls sideways because of %s", name, p.Lang, p.Scheme, wide)
	}
	if !p.Mobile {
		return
	}
	var small []string
	p.Eval(`[...document.querySelectorAll("button, a[href], summary, select, input:not([type=hidden]), textarea")].filter((e) => {
		const box = (e.matches("input[type=radio], input[type=checkbox]") && e.closest("label")) || e, r = box.getBoundingClientRect();
		const text = getComputedStyle(e).display === "inline" && e.closest("p, li, td, .prose"); // links in running text may be as high as the line
		return r.width > 1 && r.height > 1 && !e.disabled && !text && (r.height < 43.5 || r.width < 43.5);
	}).map((e) => { const r = e.getBoundingClientRect(); return Math.round(r.width) + "×" + Math.round(r.height) + " " + e.outerHTML.slice(0, 120); })`, &small)
	for _, s := range small {
		p.t.Errorf("%s (%s, %s): a target smaller than 44: %s", name, p.Lang, p.Scheme, s)
	}
}

// axe holds the screen to the rules of axe-core, or to some of them.
func (p *phone) axe(name string, rules ...string) {
	p.t.Helper()
	only := `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}`
	if len(rules) > 0 {
		only = fmt.Sprintf(`{type: "rule", values: ["%s"]}`, strings.Join(rules, `", "`))
	}
	if !p.holds(`typeof axe === "object"`) {
		source, err := os.ReadFile("../../pwa/node_modules/axe-core/axe.min.js")
		if err != nil {
			p.t.Fatal("axe-core is not installed: ", err)
		}
		p.do(page.SetBypassCSP(true), chromedp.Evaluate(string(source)+"; true", nil))
	}
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	p.Eval(`axe.run(document, {resultTypes: ["violations"], runOnly: `+only+`}).then((r) => r.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`, &found)
	for _, f := range found {
		for _, n := range f.Nodes {
			p.t.Errorf("%s (%s, %s): axe %s: %s\n%s\n%s", name, p.Lang, p.Scheme, f.ID, f.Help, n.HTML, n.FailureSummary)
		}
	}
}

// shoot keeps a screenshot in the git-ignored folder screenshots.
func (p *phone) shoot(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	var png []byte
	if err := chromedp.Run(ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		p.t.Logf("screenshot %s: %v", name, err)
		return
	}
	dir := filepath.Join("..", "..", "screenshots", fmt.Sprintf("%dx%d-%s-%s", p.Width, p.Height, p.Lang, p.Scheme))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
