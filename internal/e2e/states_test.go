//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// refusing answers as the program does when it cannot: a problem with a code.
func refusing(status int, code, retryAfter string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"type":"about:blank","title":"","status":%d,"code":%q,"requestId":"R7Q2"}`, status, code) // the browser may have left
	}
}

// TestStates shows what is rarely seen: a server that cannot answer, too many tries,
// a phone that blocks notifications, an iPhone that has to install the app first, and
// pages that somebody may not open.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			s := server.SignIns["learner"]
			p := newPhone(t).Hurry()
			p.Open(server.URL)
			p.Speak(lang)
			server.Network.Instead("/api/v1/auth/sign-in", refusing(http.StatusTooManyRequests, "too_many_tries", "120"))
			p.Fill("Thư điện tử", s.Email)
			p.Fill("Mật khẩu", s.Password)
			p.Tap("Đăng nhập")
			p.See(p.filled("Bạn đã thử nhiều lần. Hãy đợi {minutes} phút rồi thử lại.", "minutes", 2))
			p.CheckBoth("sign-in-too-many")
			server.Network.Instead("/api/v1/auth/sign-in", nil)

			server.Network.Instead("/api/v1/sync", refusing(http.StatusServiceUnavailable, "unavailable", "30"))
			p.Fill("Mật khẩu", s.Password)
			p.Tap("Đăng nhập")
			p.See("Chưa lấy được bài học")
			p.CheckBoth("today-first-failed")
			server.Network.Instead("/api/v1/sync", nil)
			p.Tap("Thử lại")
			p.See("Cần làm")

			for _, path := range []string{"/overview", "/campaigns", "/people", "/units", "/authoring", "/my-unit"} {
				p.Go(path)
				p.CheckBoth("no-permission-" + path[1:])
			}
			p.reminderStates(server)
		})
	}
}

// reminderStates shows the page of reminders where they are blocked or need the app installed.
func (p *phone) reminderStates(server *program) {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingDenied).WithOrigin(server.URL).Do(ctx)
	}))
	p.Open(server.URL + "/me/reminders")
	p.See("Máy đang chặn thông báo")
	p.CheckBoth("me-reminders-denied")
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`delete window.PushManager; navigator.standalone = false;`).Do(ctx)
		return err
	}))
	p.Reload()
	p.See("Cài ứng dụng trước đã")
	p.CheckBoth("me-reminders-install")
}

// TestServerUnavailable answers ops with 503 for a while: nothing is lost, nothing
// hurries, and it is sent when the server can again.
func TestServerUnavailable(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
	p := finishUnsent(t, server, learner, k)
	p.record()
	server.Network.Instead("/api/v1/ops", refusing(http.StatusServiceUnavailable, "unavailable", "2"))
	server.Network.Up()
	p.Airplane(false)
	p.wait("a refusal", func() bool { return len(p.sent()) > 0 && p.sent()[0].Status == http.StatusServiceUnavailable })
	if n := p.waiting(); n != 1 {
		t.Errorf("%d ops wait after 503, want 1", n)
	}
	server.Network.Instead("/api/v1/ops", nil)
	p.See("Đạt rồi, giỏi lắm!") // by itself, after the two seconds that were asked for
	server.onceOnly(learner, "phishing-basics")
}
