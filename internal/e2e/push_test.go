//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hocso/internal/webpush/webpushtest"
)

// startWithPush starts a push service and the program that may send to it.
func startWithPush(t *testing.T) (*program, *webpushtest.Server) {
	t.Helper()
	service := webpushtest.New(time.Now)
	web := httptest.NewServer(service)
	t.Cleanup(web.Close)
	service.Base = web.URL
	return start(t, "--push-origins", web.URL, "--push-contact", "https://hocso.example"), service
}

// devices are what the server keeps of a person's subscriptions.
func (p *program) devices(s signIn) []struct{ ID, Device string } {
	p.t.Helper()
	var list struct{ Items []struct{ ID, Device string } }
	p.Get(s, "/api/v1/me/subscriptions", &list)
	return list.Items
}

// reminded signs a person in in Firefox and switches reminders on, by their own touch.
func reminded(t *testing.T, server *program, service *webpushtest.Server) *firefox {
	t.Helper()
	s := server.SignIns["learner"]
	f := newFirefox(t, strings.Replace(service.Base, "http:", "ws:", 1)+"/")
	f.Open(server.URL)
	f.Fill("Thư điện tử", s.Email)
	f.Fill("Mật khẩu", s.Password)
	f.Tap("Đăng nhập")
	f.See("Chào ")
	f.Tap("Tôi")
	f.Tap("Nhắc việc")
	f.Tap("Bật nhắc việc")
	f.See("Đang bật trên máy này")
	return f
}

// Notices lists "title: body" of what Firefox shows.
func (f *firefox) Notices() string {
	f.t.Helper()
	return f.Eval(`navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((list) => list.map((n) => n.title + ": " + n.body).join("\n"))`)
}

// TestPush sends a real push from the program to a real Firefox and ends the
// subscription behind the program's back.
func TestPush(t *testing.T) {
	t.Parallel()
	server, service := startWithPush(t)
	s := server.SignIns["learner"]
	f := reminded(t, server, service)
	list := server.devices(s)
	if len(list) != 1 || !strings.Contains(list[0].Device, "Firefox") {
		t.Fatalf("devices at the server: %+v, want one Firefox", list)
	}
	f.Tap("Gửi thử cho tôi")
	f.See("Đã gửi. Thông báo sẽ hiện trong vài giây.")
	f.wait("the notification", func() bool { return f.Notices() != "" })
	if got := f.Notices(); !strings.HasPrefix(got, "Học Số: ") || strings.Count(got, "\n") != 0 {
		t.Errorf("shown: %q, want one notification of Học Số", got)
	}
	for _, p := range service.Pushes() {
		if p.Status != http.StatusCreated || p.TTL <= 0 || p.TTL > 28*24*3600 || strings.Contains(string(p.Body), "Học") {
			t.Errorf("push with status %d, TTL %d: want 201, a TTL, and no plain text in it", p.Status, p.TTL)
		}
	}

	if gone := f.Eval(`navigator.serviceWorker.ready.then((r) => r.pushManager.getSubscription()).then((s) => s.unsubscribe())`); gone != "true" {
		t.Fatalf("unsubscribe in the browser: %s", gone)
	}
	if status := server.API(s, http.MethodPost, "/api/v1/me/subscriptions/test", "{}", nil); status != http.StatusConflict {
		t.Errorf("a test to a subscription that is gone: %d, want 409", status)
	}
	pushes := service.Pushes()
	if last := pushes[len(pushes)-1]; last.Status != http.StatusGone {
		t.Errorf("the push service answered %d, want 410", last.Status)
	}
	if left := server.devices(s); len(left) != 0 {
		t.Errorf("devices after 410: %+v, want none", left)
	}
}

// TestPushTurnedOff switches reminders off in the app: browser and server forget.
func TestPushTurnedOff(t *testing.T) {
	t.Parallel()
	server, service := startWithPush(t)
	f := reminded(t, server, service)
	f.Tap("Tắt trên máy này")
	f.See("Đang tắt trên máy này")
	if left := server.devices(server.SignIns["learner"]); len(left) != 0 {
		t.Errorf("devices after switching off: %+v, want none", left)
	}
	if has := f.Eval(`navigator.serviceWorker.ready.then((r) => r.pushManager.getSubscription()).then((s) => !!s)`); has != "false" {
		t.Error("the browser still has a subscription")
	}
}

// TestPushRotated gives Firefox a new identity at its push service: the worker
// subscribes again and tells the server, without an access token.
func TestPushRotated(t *testing.T) {
	t.Parallel()
	server, service := startWithPush(t)
	s := server.SignIns["learner"]
	f := reminded(t, server, service)
	before := server.devices(s)
	f.Open("about:blank") // nobody has the app open: the worker is on its own
	service.Rotate()
	within(t, "the new subscription at the server", func() bool {
		now := server.devices(s)
		return len(now) > 0 && now[len(now)-1].ID != before[0].ID || len(now) > 1
	})
	var answer struct{ Sent int }
	if status := server.API(s, http.MethodPost, "/api/v1/me/subscriptions/test", "{}", &answer); status != http.StatusAccepted || answer.Sent != 1 {
		t.Errorf("a test after the rotation: status %d, sent %d; want 202 and 1", status, answer.Sent)
	}
	if now := server.devices(s); len(now) != 1 || now[0].ID == before[0].ID {
		t.Errorf("devices after the rotation: %+v, want only a new one", now)
	}
	f.Open(server.URL)
	within(t, "the notification", func() bool { return strings.HasPrefix(f.Notices(), "Học Số: ") })
}

// declarative is a message as the program sends it.
func declarative(title, body, navigate string) string {
	b, err := json.Marshal(map[string]any{"web_push": 8030, "notification": map[string]string{"title": title, "body": body, "navigate": navigate}})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}
