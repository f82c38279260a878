//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestWebhook sets up an address at the desk, tests it, and sees a completed course arrive there, signed.
func TestWebhook(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var came []string
	status := http.StatusInternalServerError
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		came = append(came, r.Header.Get("webhook-id")+" "+r.Header.Get("webhook-signature")+" "+string(body))
		w.WriteHeader(status)
	}))
	t.Cleanup(receiver.Close)
	arrived := func(text string) bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(strings.Join(came, "\n"), text)
	}
	server := start(t, "--webhook-origins", receiver.URL)
	desk := newDesk(t)
	desk.SignIn(server, server.SignIns["administrator"])
	desk.Go("/webhooks")
	desk.Check("webhooks-none")
	desk.Tap("Thêm kết nối")
	desk.Fill("Tên", "Cổng SMS")
	desk.Fill("Địa chỉ nhận", "https://10.0.0.7/in")
	desk.Tap("Thêm kết nối này")
	desk.See("Địa chỉ này nằm trong mạng nội bộ")
	desk.Check("webhook-refused")
	desk.Fill("Địa chỉ nhận", receiver.URL+"/in")
	desk.tap("Một người hoàn thành khóa học…", "label")
	desk.Tap("Thêm kết nối này")
	desk.See("Khóa ký, chỉ hiện lần này")
	desk.CheckBoth("webhook-secret")
	desk.Tap("Đã cất khóa, đi tiếp")
	desk.See("Chưa có sự kiện nào")
	desk.Tap("Gửi thử")
	desk.See("Bên nhận không nhận (mã 500)")
	desk.Check("webhook-test-failed")
	mu.Lock()
	status = http.StatusOK
	mu.Unlock()
	desk.Settled()
	desk.Tap("Gửi thử")
	desk.See("Đã nhận (mã 200)")

	k := keysOf(t, "phishing-basics")
	p := newPhone(t).Hurry()
	p.SignIn(server, server.SignIns["learner"])
	p.Downloaded("phishing-basics")
	p.Go("/courses/phishing-basics")
	p.Tap("Bắt đầu học")
	for i := range k.Lessons {
		p.Study(k, i+1)
		if i < len(k.Lessons)-1 {
			p.Tap("Học bài tiếp theo")
		}
	}
	p.Tap("Làm bài kiểm tra")
	p.Take(k, k.Quizzes[0].Draw, 0)
	p.Tap("Nộp bài")
	p.See("Đạt rồi, giỏi lắm!")
	within(t, "the event to arrive", func() bool { return arrived(`"type":"enrolment.completed"`) })
	if arrived("@") || !arrived("v1,") {
		t.Errorf("it came as %v", came)
	}
	desk.Reload()
	desk.See("enrolment.completed")
	desk.CheckBoth("webhook-deliveries")
	small := newPhone(t).Hurry()
	small.SignIn(server, server.SignIns["administrator"])
	small.Go("/webhooks")
	small.See("Cổng SMS")
	small.Check("webhooks-phone")
	small.Go(desk.Path())
	small.See("enrolment.completed")
	small.CheckBoth("webhook-phone")
	before := fmt.Sprint(came)
	small.Tap("Gửi lại")
	within(t, "the event again", func() bool { mu.Lock(); defer mu.Unlock(); return fmt.Sprint(came) != before })
}
