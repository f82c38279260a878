//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdp "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// phone is Chromium as a cheap phone: 360 × 740, touch, a processor four times slower.
type phone struct {
	t      *testing.T
	ctx    context.Context
	Width  int
	Height int
	axe    string
	Lang   string
	Scheme string
}

// newPhone opens a browser with an empty profile. It skips without Chromium.
func newPhone(t *testing.T) *phone { return newScreen(t, 360, 740, true) }

// newDesk opens a browser as wide as a desk's.
func newDesk(t *testing.T) *phone { return newScreen(t, 1280, 800, false) }

func newScreen(t *testing.T, width, height int, mobile bool) *phone {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "vi"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // newer events than cdproto knows
	t.Cleanup(cancel)
	p := &phone{t: t, ctx: ctx, Width: width, Height: height, Lang: "vi", Scheme: "light"}
	axe, err := os.ReadFile("../../pwa/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("axe-core is not installed: ", err)
	}
	p.axe = string(axe)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("uncaught in the page: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError {
				t.Logf("console.error: %s", join(e.Args))
			}
		}
	})
	var actions []chromedp.Action
	if mobile {
		actions = append(actions, chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateMobile, chromedp.EmulateTouch), emulation.SetCPUThrottlingRate(4))
	} else {
		actions = append(actions, chromedp.EmulateViewport(int64(width), int64(height)))
	}
	p.do(actions...)
	return p
}

func join(args []*runtime.RemoteObject) string {
	var parts []string
	for _, a := range args {
		parts = append(parts, string(a.Value)+a.Description)
	}
	return strings.Join(parts, " ")
}

// do runs actions within a limit that only a fault reaches.
func (p *phone) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.fail("%v", err)
	}
}

// fail stops the test with what was on the screen.
func (p *phone) fail(format string, args ...any) {
	p.t.Helper()
	var text string
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(`location.pathname + "\n" + document.body.innerText`, &text)) // only shown
	p.shoot("failed-" + strings.ReplaceAll(p.t.Name(), "/", "-"))
	p.t.Fatalf(format+"\non the screen: %s", append(args, text)...)
}

// Open loads a page.
func (p *phone) Open(url string) { p.t.Helper(); p.do(chromedp.Navigate(url)) }

// Reload loads the page again.
func (p *phone) Reload() { p.t.Helper(); p.do(chromedp.Reload()) }

// Eval runs an expression, awaits it, and decodes its value.
func (p *phone) Eval(expression string, result any) {
	p.t.Helper()
	p.do(chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
}

// finder is JavaScript that finds the visible control with an accessible name:
// its label, aria-label or text, equal or (with a trailing …) beginning so.
const finder = `(name, kinds) => {
	const starts = name.endsWith("…"); const want = starts ? name.slice(0, -1) : name;
	const norm = (s) => (s || "").replace(/\s+/g, " ").trim();
	const fits = (s) => { const n = norm(s); return starts ? n.startsWith(want) : n === want; };
	const names = (e) => [e.getAttribute("aria-label"), ...(e.labels ? [...e.labels].map((l) => l.innerText) : []), e.innerText, e.title];
	const shown = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== "hidden" && !e.disabled; };
	return [...document.querySelectorAll(kinds)].find((e) => shown(e) && names(e).some(fits));
}`

const controls = "button, a[href], input, textarea, select, [role=button], [role=tab], label, summary"

// Tap touches the middle of the control with this name, as a finger would: what
// lies over it gets the touch.
func (p *phone) Tap(name string) {
	p.t.Helper()
	var at struct {
		X, Y float64
		Hit  bool
		What string
	}
	js := fmt.Sprintf(`(() => { const e = (%s)(%s, %s); if (!e) return null; e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		return {x, y, hit: !!top && (e.contains(top) || top.contains(e) || (e.control && e.control === top)), what: top ? top.outerHTML.slice(0, 200) : ""}; })()`, finder, quote(name), quote(controls))
	p.wait("a control named "+name, func() bool {
		var raw json.RawMessage
		p.Eval(js, &raw)
		return string(raw) != "null" && json.Unmarshal(raw, &at) == nil && at.Hit
	})
	p.do(input.DispatchMouseEvent(input.MousePressed, at.X, at.Y).WithButton(input.Left).WithClickCount(1),
		input.DispatchMouseEvent(input.MouseReleased, at.X, at.Y).WithButton(input.Left).WithClickCount(1))
}

// Has reports whether a control with this name is on the screen.
func (p *phone) Has(name string) (there bool) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`!!(%s)(%s, %s)`, finder, quote(name), quote(controls)), &there)
	return there
}

// Fill types text into the field with this label.
func (p *phone) Fill(label, text string) {
	p.t.Helper()
	p.wait("a field named "+label, func() bool {
		var ok bool
		p.Eval(fmt.Sprintf(`(() => { const e = (%s)(%s, "input, textarea"); if (!e) return false; e.focus(); e.select && e.select(); return document.activeElement === e; })()`, finder, quote(label)), &ok)
		return ok
	})
	p.do(input.InsertText(text))
}

// See waits until the text is on the screen.
func (p *phone) See(text string) {
	p.t.Helper()
	p.wait("the text "+text, func() bool { return p.Shows(text) })
}

// Gone waits until the text is no longer on the screen.
func (p *phone) Gone(text string) {
	p.t.Helper()
	p.wait("the text to go: "+text, func() bool { return !p.Shows(text) })
}

// Shows reports whether the text is on the screen.
func (p *phone) Shows(text string) (there bool) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, quote(text)), &there)
	return there
}

func (p *phone) wait(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.fail("waited for %s", what)
		}
	}
}

// Airplane switches the browser's own idea of the network; the program's side is network.Down.
func (p *phone) Airplane(on bool) {
	p.t.Helper()
	p.do(cdp.EmulateNetworkConditions(on, 0, -1, -1))
}

// Look sets the colour scheme ("light" or "dark").
func (p *phone) Look(scheme string) {
	p.t.Helper()
	p.Scheme = scheme
	p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// Check keeps a screenshot under the name and holds the screen to WCAG by axe, and
// to what axe does not see: no sideways scroll.
func (p *phone) Check(name string) {
	p.t.Helper()
	p.shoot(name)
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	p.do(page.SetBypassCSP(true), chromedp.Evaluate(p.axe+"; true", nil))
	p.Eval(`axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({HTML: n.html, FailureSummary: n.failureSummary}))})))`, &found)
	for _, f := range found {
		for _, n := range f.Nodes {
			p.t.Errorf("%s (%s, %s): axe %s: %s\n%s\n%s", name, p.Lang, p.Scheme, f.ID, f.Help, n.HTML, n.FailureSummary)
		}
	}
	var wide string
	p.Eval(`(() => { const w = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= w) return "";
		const e = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > w + 1); return e ? e.outerHTML.slice(0, 200) : "?"; })()`, &wide)
	if wide != "" {
		p.t.Errorf("%s (%s, %s): scrolls sideways because of %s", name, p.Lang, p.Scheme, wide)
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

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}
