//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for what must come: long, because machines are
// busy; only a fault reaches it.
const patience = 90 * time.Second

// phone is one tab of Chromium as a cheap phone: 360 × 740, touch, a processor
// four times slower. It is also a desk, without touch.
type phone struct {
	t      *testing.T
	ctx    context.Context
	Width  int
	Height int
	Mobile bool
	Lang   string // as the test has set it, for the names of screenshots
	Scheme string // the same
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
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("accept-lang", "vi-VN,vi"))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses root
	}
	ctx, kill := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // newer events than cdproto knows
	t.Cleanup(func() {
		kill() // at once: a browser that is asked to close may wait for its worker
		cancel()
	})
	p := &phone{t: t, ctx: ctx, Width: width, Height: height, Mobile: mobile, Lang: "vi", Scheme: "light"}
	p.begin()
	return p
}

// Tab opens another tab of the same browser, with the same storage.
func (p *phone) Tab() *phone {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	tab := *p
	tab.ctx = ctx
	tab.begin()
	return &tab
}

func (p *phone) begin() {
	p.t.Helper()
	chromedp.ListenTarget(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.t.Errorf("uncaught in the page: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError {
				p.t.Logf("console.error: %s", join(e.Args))
			}
		}
	})
	if err := chromedp.Run(p.ctx); err != nil { // the tab lives as long as the context of its first run
		p.t.Fatal(err)
	}
	viewport := []chromedp.EmulateViewportOption{}
	if p.Mobile {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
		p.do(emulation.SetCPUThrottlingRate(4))
	}
	p.do(emulation.SetTimezoneOverride("Asia/Ho_Chi_Minh"), chromedp.EmulateViewport(int64(p.Width), int64(p.Height), viewport...))
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
	if err := p.try(actions...); err != nil {
		p.fail("%v", err)
	}
}

func (p *phone) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
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

// Front brings the tab to the front: what lies behind may sleep.
func (p *phone) Front() { p.t.Helper(); p.do(page.BringToFront()) }

// Close closes the tab.
func (p *phone) Close() {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		c := chromedp.FromContext(ctx)
		return target.CloseTarget(c.Target.TargetID).Do(cdp.WithExecutor(ctx, c.Browser))
	}))
}

// Go follows a link of the app to a path, without loading the app again.
func (p *phone) Go(path string) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`{ const a = document.createElement("a"); a.href = %s; document.body.append(a); a.click(); a.remove(); }`, quote(path)), nil)
	p.wait("the path "+path, func() bool { return p.Path() == path })
}

// Path is where the app is.
func (p *phone) Path() (path string) {
	p.t.Helper()
	p.Eval(`location.pathname`, &path)
	return path
}

// Eval runs an expression in the page and awaits it.
func (p *phone) Eval(expression string, result any) {
	p.t.Helper()
	p.do(evaluate(expression, result))
}

func evaluate(expression string, result any) chromedp.Action {
	return chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) })
}

// holds tells whether an expression is true; not while a page is being loaded.
func (p *phone) holds(expression string) (yes bool) {
	p.t.Helper()
	return p.try(evaluate(expression, &yes)) == nil && yes
}

func (p *phone) wait(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.fail("waited for %s", what)
		}
	}
}

// Hurry takes the brake off the processor, where speed is not what is looked at.
func (p *phone) Hurry() *phone {
	p.t.Helper()
	p.do(emulation.SetCPUThrottlingRate(1))
	return p
}

// Airplane switches the browser's own idea of the network; the program's side is network.Down.
func (p *phone) Airplane(on bool) {
	p.t.Helper()
	p.do(cdpnetwork.EmulateNetworkConditions(on, 0, -1, -1))
}

// Look sets the colour scheme ("light" or "dark").
func (p *phone) Look(scheme string) {
	p.t.Helper()
	p.Scheme = scheme
	p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
	p.Settled() // colours change with the next frames
}

// SignIn opens the app and signs a person in, as they would.
func (p *phone) SignIn(at *program, s signIn) {
	p.t.Helper()
	if p.Path() != "/sign-in" {
		p.Open(at.URL)
	}
	p.Fill("Thư điện tử", s.Email)
	p.Fill("Mật khẩu", s.Password)
	p.Tap("Đăng nhập")
	name := strings.Fields(s.Name)
	p.See(p.filled("Chào {name}", "name", name[len(name)-1]))
}

// Kept waits until the service worker has the app and answers for it.
func (p *phone) Kept() {
	p.t.Helper()
	p.wait("the service worker", func() bool {
		return p.holds(`navigator.serviceWorker.ready.then(() => !!navigator.serviceWorker.controller)`)
	})
}

// Downloaded waits until the app is kept and says so of these courses, too.
func (p *phone) Downloaded(courses ...string) {
	p.t.Helper()
	p.Kept()
	for _, c := range courses {
		p.Go("/courses/" + c)
		p.See("Học được khi không có mạng")
	}
	p.Go("/")
}
