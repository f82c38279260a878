//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestSignInStaysStill opens the page to sign in, where what the server offers comes after the form: nothing that is
// there moves.
func TestSignInStaysStill(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => window.shifts += e.value)).observe({type: "layout-shift", buffered: true})`).Do(ctx)
		return err
	}))
	p.Open(server.URL + "/sign-in")
	p.See("Chúng tôi lưu gì về bạn")
	p.Settled()
	var shifts float64
	p.Eval(`window.shifts`, &shifts)
	t.Logf("cumulative layout shift %.4f", shifts)
	if shifts > 0.001 {
		t.Errorf("the page moves while it loads: %.4f", shifts)
	}
}
