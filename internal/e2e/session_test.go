//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// TestSessionEnded ends a session from another device while work waits on the phone:
// nothing is lost, and after signing in again it arrives once.
func TestSessionEnded(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
	p := finishUnsent(t, server, learner, k)
	var sessions struct{ Items []struct{ ID, Device string } }
	server.Get(learner, "/api/v1/me/sessions", &sessions)
	for _, s := range sessions.Items {
		if s.Device != "" { // the script that asks has none
			if status := server.API(learner, http.MethodDelete, "/api/v1/me/sessions/"+s.ID, "", nil); status != http.StatusNoContent {
				t.Fatalf("end session %s: status %d", s.ID, status)
			}
		}
	}
	server.Network.Up()
	p.Airplane(false)
	p.See("Phiên đăng nhập đã hết. Bài làm vẫn còn trên máy.")
	if n := p.waiting(); n != 1 {
		t.Errorf("%d ops wait after the session ended, want 1", n)
	}
	p.Check("session-ended")
	p.Reload()
	p.See("Phiên đăng nhập đã hết. Bài làm vẫn còn trên máy.")
	p.Tap("Đăng nhập")
	p.See("Đăng nhập lại để gửi bài")
	p.Check("sign-in-again")
	p.Fill("Mật khẩu", learner.Password)
	p.Tap("Đăng nhập")
	p.See("Đã lưu")
	p.wait("the outbox to be empty", func() bool { return p.waiting() == 0 })
	server.onceOnly(learner, "phishing-basics")
}

// TestSharedPhone signs one person out of a phone and another in: nothing of the
// first is left, and work that waits is not dropped without a word.
func TestSharedPhone(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
	p := finishUnsent(t, server, learner, k)
	server.Network.Up()
	p.Eval(`navigator.locks.request("outbox", () => new Promise(() => {})); true`, nil) // another tab is sending, for ever
	p.Airplane(false)
	p.Go("/me")
	p.Tap("Đăng xuất")
	p.See("Còn 1 bài chưa gửi. Đăng xuất bây giờ là mất những bài này.")
	p.Check("sign-out-unsent")
	p.Reload()
	p.wait("the outbox to be empty", func() bool { return p.waiting() == 0 })

	p.Go("/me")
	p.Tap("Đăng xuất")
	p.tap("Đăng xuất", "dialog button")
	p.See("Thư điện tử")
	left := `Promise.all([indexedDB.databases(), caches.keys()]).then(([bases, names]) => [...bases.map((b) => b.name), ...names.filter((n) => !n.startsWith("shell-")), ...Object.keys(localStorage).filter((k) => k !== "hocso.locale")].join(" "))`
	p.wait("nothing of the person to be left", func() bool { return p.holds("(" + left + ").then((list) => list === '')") })
	other := server.SignIns["trainer"]
	p.SignIn(server, other)
	p.Reload()
	p.Gone("Chào Châu")
	p.Go("/me")
	p.See(other.Name)
	if p.Shows(learner.Name) {
		t.Error("the first person's name is on the second one's screen")
	}
	server.onceOnly(learner, "phishing-basics")
}

// TestTwoPhones takes the same try on two phones without a network: both are kept
// and marked, the first that arrives counts, and the person is told.
func TestTwoPhones(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
	one := finishUnsent(t, server, learner, k)
	server.Network.Up()
	two := newPhone(t)
	two.SignIn(server, learner)
	two.Downloaded("phishing-basics")
	server.Network.Down()
	two.Airplane(true)
	two.Go("/enrolments/" + enrolmentAt(two) + "/quizzes/check")
	two.Take(k, k.Quizzes[0].Draw, 0)
	two.Tap("Nộp bài")
	two.See("Bài sẽ được chấm khi gửi.")
	server.Network.Up()
	one.Airplane(false)
	one.See("Đạt rồi, giỏi lắm!")
	two.Airplane(false)
	two.See("Lượt này đã được nộp từ máy khác, nên bài này không tính thêm.")
	two.Check("result-extra")

	m := server.Mine(learner)
	attempts := 0
	for _, a := range m.Attempts {
		if a.Course == "phishing-basics" {
			attempts++
		}
	}
	for _, e := range m.Enrolments {
		if e.Course != "phishing-basics" {
			continue
		}
		q := e.Quizzes["check"]
		if attempts != 2 || len(q.Tries) != 2 || len(q.Tries[0].Flags) != 0 || len(q.Tries[1].Flags) != 1 || q.Best != q.Tries[0].Score || q.Tries[1].Score != 1 {
			t.Errorf("%d attempts, quiz %+v; want two tries, the second extra, and the best score the first's", attempts, q)
		}
	}
}
