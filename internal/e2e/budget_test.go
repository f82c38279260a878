//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	cdpnetwork "github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// traffic is what a browser fetched over the network: not from its caches, not from the worker.
type traffic struct {
	mu    sync.Mutex
	kind  map[cdpnetwork.RequestID]cdpnetwork.ResourceType
	path  map[cdpnetwork.RequestID]string
	bytes map[cdpnetwork.RequestID]float64
}

// Traffic begins to count what the page fetches.
func (p *phone) Traffic() *traffic {
	p.t.Helper()
	w := &traffic{kind: map[cdpnetwork.RequestID]cdpnetwork.ResourceType{}, path: map[cdpnetwork.RequestID]string{}, bytes: map[cdpnetwork.RequestID]float64{}}
	chromedp.ListenTarget(p.ctx, func(event any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := event.(type) {
		case *cdpnetwork.EventResponseReceived:
			if !e.Response.FromServiceWorker && !e.Response.FromDiskCache {
				w.kind[e.RequestID], w.path[e.RequestID] = e.Type, e.Response.URL
			}
		case *cdpnetwork.EventLoadingFinished:
			w.bytes[e.RequestID] = e.EncodedDataLength
		}
	})
	p.do(cdpnetwork.Enable())
	return w
}

// Sum tells how many requests there were, and the bytes of all and of scripts.
func (w *traffic) Sum() (requests int, all, scripts float64, paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, kind := range w.kind {
		requests++
		all += w.bytes[id]
		paths = append(paths, w.path[id])
		if kind == cdpnetwork.ResourceTypeScript {
			scripts += w.bytes[id]
		}
	}
	slices.Sort(paths)
	return requests, all, scripts, paths
}

// TestBudget weighs the first opening as a browser sees it, and the second.
func TestBudget(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	first := p.Traffic()
	p.Open(server.URL)
	p.See("Đăng nhập")
	n, all, scripts, paths := first.Sum()
	t.Logf("first opening: %d requests, %.1f kB, of it scripts %.1f kB", n, all/1000, scripts/1000)
	if n > 8 || all > 100_000 || scripts > 35_000 {
		t.Errorf("%d requests, %.0f bytes, scripts %.0f; want at most 8, 100,000, 35,000:\n%s", n, all, scripts, strings.Join(paths, "\n"))
	}
	p.SignIn(server, server.SignIns["learner"])
	p.Downloaded("phishing-basics")

	before := len(server.Network.Requests())
	p.Reload()
	p.See("Cần làm")
	for _, r := range server.Network.Requests()[before:] {
		if !strings.Contains(r, " /api/v1/") && r != "GET /sw.js" { // the browser looks for a new worker by itself
			t.Errorf("the second opening asked for %s", r)
		}
	}
	server.Network.Down()
	p.Reload()
	p.See("Cần làm")
}

// TestInstall holds what a browser needs to offer the app for the home screen.
func TestInstall(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.Open(server.URL)
	p.See("Đăng nhập")
	p.Kept()
	var problems []*page.InstallabilityError
	var text string
	p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		if problems, err = page.GetInstallabilityErrors().Do(ctx); err != nil {
			return err
		}
		_, _, text, _, err = page.GetAppManifest().Do(ctx)
		return err
	}))
	for _, e := range problems {
		if e.ErrorID != "in-incognito" {
			t.Errorf("not installable: %s", e.ErrorID)
		}
	}
	var manifest struct {
		ID, Name, Display, Lang string
		ShortName               string `json:"short_name"`
		StartURL                string `json:"start_url"`
		ThemeColor              string `json:"theme_color"`
		Background              string `json:"background_color"`
		Icons                   []struct{ Src, Sizes, Purpose string }
	}
	if err := json.Unmarshal([]byte(text), &manifest); err != nil {
		t.Fatalf("manifest %q: %v", text, err)
	}
	if m := manifest; m.ID == "" || m.Name == "" || m.ShortName == "" || m.Display != "standalone" || m.StartURL == "" || m.ThemeColor == "" || m.Background == "" {
		t.Errorf("manifest lacks something: %+v", m)
	}
	for _, want := range []struct{ sizes, purpose string }{{"192x192", ""}, {"512x512", ""}, {"512x512", "maskable"}} {
		if !slices.ContainsFunc(manifest.Icons, func(i struct{ Src, Sizes, Purpose string }) bool {
			return i.Sizes == want.sizes && (want.purpose == "" || strings.Contains(i.Purpose, want.purpose))
		}) {
			t.Errorf("no icon %v in %+v", want, manifest.Icons)
		}
	}
	if !p.holds(`!!document.querySelector("link[rel=apple-touch-icon]") && !!document.querySelector("meta[name=theme-color]")`) {
		t.Error("no apple-touch-icon or no theme-color in the page")
	}
}

// TestUpdate serves a new build: nothing happens by itself, the person is told, and
// the page loads once when they press.
func TestUpdate(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.SignIn(server, server.SignIns["learner"])
	p.Kept()
	p.Reload()
	p.See("Cần làm")
	if p.Shows("Có bản mới") {
		t.Error("a new version is offered before there is one")
	}
	worker, err := os.ReadFile("../../pwa/dist/sw.js")
	if err != nil {
		t.Fatal(err)
	}
	server.Network.Instead("/sw.js", func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(bytes.Replace(worker, []byte("shell-"), []byte("shell-2-"), 1)) // the browser may have left
	})
	p.Eval(`window.before = true; navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => true)`, nil)
	p.See("Có bản mới")
	p.Check("update")
	if !p.holds(`window.before === true`) {
		t.Error("the page loaded again by itself")
	}
	loads := 0
	chromedp.ListenTarget(p.ctx, func(event any) {
		if e, ok := event.(*page.EventFrameNavigated); ok && e.Frame.ParentID == "" {
			loads++
		}
	})
	p.Tap("Cập nhật")
	p.wait("the page to load again", func() bool { return p.holds(`window.before === undefined`) })
	p.See("Cần làm")
	p.Settled()
	if loads != 1 {
		t.Errorf("the page loaded %d times, want once", loads)
	}
	if p.Shows("Có bản mới") {
		t.Error("the new version is still offered")
	}
}
