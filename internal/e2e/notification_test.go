//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// worker is the service worker of the app in a phone.
type worker struct {
	p             *phone
	origin        string
	registrations chan serviceworker.RegistrationID
	id            serviceworker.RegistrationID
}

// Worker watches for the service worker and allows notifications; before the app is opened.
func (p *phone) Worker(origin string) *worker {
	p.t.Helper()
	w := &worker{p: p, origin: origin, registrations: make(chan serviceworker.RegistrationID, 1)}
	chromedp.ListenTarget(p.ctx, func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerRegistrationUpdated); ok && len(e.Registrations) > 0 {
			select {
			case w.registrations <- e.Registrations[0].RegistrationID:
			default: // the first is enough
			}
		}
	})
	p.do(serviceworker.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted).WithOrigin(origin).Do(ctx)
	}))
	return w
}

const notices = `navigator.serviceWorker.ready.then((r) => r.getNotifications())`

// Push delivers a message until it is shown: Chromium drops, without a word, what
// comes before it has stored the registration.
func (w *worker) Push(title, message string) {
	w.p.t.Helper()
	if w.id == "" {
		w.id = <-w.registrations
	}
	w.p.wait("the notification "+title, func() bool {
		w.p.do(serviceworker.DeliverPushMessage(w.origin, w.id, message))
		return w.p.holds(notices + fmt.Sprintf(`.then((list) => list.some((n) => n.title === %s))`, quote(title)))
	})
}

// Click clicks the notification with a title, as the system would tell the worker.
func (w *worker) Click(title string) {
	w.p.t.Helper()
	targets, err := chromedp.Targets(w.p.ctx)
	if err != nil {
		w.p.t.Fatal(err)
	}
	for _, target := range targets {
		if target.Type != "service_worker" {
			continue
		}
		ctx, cancel := chromedp.NewContext(w.p.ctx, chromedp.WithTargetID(target.TargetID))
		defer cancel()
		var clicked bool
		err := chromedp.Run(ctx, evaluate(fmt.Sprintf(`registration.getNotifications().then((list) => { const notification = list.find((n) => n.title === %s);
			return notification ? dispatchEvent(new NotificationEvent("notificationclick", {notification})) : false; })`, quote(title)), &clicked))
		if err == nil && clicked {
			return
		}
	}
	w.p.fail("no worker has a notification %q", title)
}

// TestNotification delivers a reminder to Chromium and follows it: to the lesson's
// course in the open app, and from there to the first question in two taps.
func TestNotification(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	w := p.Worker(server.URL)
	p.SignIn(server, server.SignIns["learner"])
	p.Downloaded("phishing-basics")
	p.Go("/me")

	w.Push("Học Số", declarative("Học Số", "Còn 2 ngày: Nhận biết lừa đảo, 19 phút", server.URL+"/courses/phishing-basics"))
	w.Click("Học Số")
	p.wait("the course", func() bool { return p.Path() == "/courses/phishing-basics" })
	p.Tap("Bắt đầu học")
	p.See("Bài 1 · thẻ 1")
	p.wait("the notification to go", func() bool { return p.holds(notices + `.then((list) => list.length === 0)`) })

	for _, tt := range []struct{ title, message string }{
		{"Lạ", declarative("Lạ", "Bấm vào đây", "https://scam.test/login")}, // leads nowhere but home
		{"Học Số", "{"}, // every push shows something, also one that cannot be read
	} {
		p.Go("/me")
		w.Push(tt.title, tt.message)
		w.Click(tt.title)
		p.wait("the start of the app", func() bool { return p.Path() == "/" })
	}
}
