//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// TestOffline goes the same way in airplane mode: after one opening with a network
// everything is done without one, with the program dead, over reloads; then all of
// it arrives, once, though two tabs send.
func TestOffline(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner := server.SignIns["learner"]
	k, d := keysOf(t, "phishing-basics"), drillOf(t, "monday-inbox")
	p := newPhone(t)
	p.SignIn(server, learner)
	p.Downloaded("phishing-basics", "find-and-verify")
	before := server.Network.Count("POST /api/v1/ops")

	server.Network.Down()
	server.Kill()
	p.Airplane(true)
	p.Reload()
	p.See("Chào ")
	p.See("Không có mạng. Bạn cứ học, bài làm được lưu trên máy.")
	p.Check("today-offline")

	p.Go("/courses/phishing-basics")
	p.Tap("Bắt đầu học")
	for i := range k.Lessons {
		p.See(fmt.Sprintf("Bài %d · thẻ 1", i+1))
		p.Study(k, i+1)
		if i == 1 { // in the middle of the course the phone is switched off and on
			p.Reload()
			p.See("thẻ 1")
			p.Go("/courses/phishing-basics")
			p.Tap("Học tiếp")
			continue
		}
		if i < len(k.Lessons)-1 {
			p.Tap("Học bài tiếp theo")
		}
	}
	p.Tap("Làm bài kiểm tra")
	p.See("Không có mạng vẫn làm được.")
	quiz := k.Quizzes[0]
	p.Take(k, quiz.Draw, 1)
	p.Tap("Nộp bài")
	p.See("Bài sẽ được chấm khi gửi.")
	p.Check("result-offline")
	attempt := p.Path()
	p.Go("/enrolments/" + enrolmentAt(p) + "/completed")
	p.See("Đã lưu trên máy, sẽ ghi nhận khi gửi.")
	p.Rate("Học trên máy bay")
	p.Go("/drills/monday-inbox")
	p.Play(d)

	p.Go("/me/unsent")
	p.See("Đã lưu trên máy, sẽ tự gửi khi có mạng.")
	p.See("Bài kiểm tra đã nộp")
	p.Check("unsent")
	waiting := p.waiting()
	p.Reload()
	p.See("Bài kiểm tra đã nộp")
	if after := p.waiting(); after != waiting || waiting < len(k.Lessons)+3+len(d.Items) {
		t.Errorf("%d ops wait after a reload, %d before it", after, waiting)
	}
	p.Go("/")
	p.See(fmt.Sprintf("%d bài chờ gửi", waiting))
	if n := server.Network.Count("POST /api/v1/ops"); n != before {
		t.Errorf("%d requests with ops reached the program while it was dead", n-before)
	}

	second := p.Tab()
	second.Open(server.URL)
	second.See(fmt.Sprintf("%d bài chờ gửi", waiting))
	server.Serve()
	server.Network.Up()
	second.Airplane(false)
	p.Airplane(false)
	second.Gone("bài chờ gửi")
	p.Front()
	p.Gone("bài chờ gửi")
	p.See("Đã lưu")
	p.Go(attempt)
	p.See("Đạt rồi, giỏi lắm!")
	p.Check("result")

	server.Mine(learner).one(t, "phishing-basics", "monday-inbox", k, scoreWithout(p, server, learner))
	if n := second.waiting(); n != 0 {
		t.Errorf("%d ops still wait", n)
	}
}

// enrolmentAt is the enrolment that the phone holds in phishing-basics.
func enrolmentAt(p *phone) (id string) {
	p.t.Helper()
	p.Eval(stored+`.then((all) => all("items")).then((items) => encodeURIComponent(items.find((i) => i.enrolment?.course === "phishing-basics").enrolment.id))`, &id)
	return id
}

// waiting counts the ops in the phone's outbox, in its database itself.
func (p *phone) waiting() (n int) {
	p.t.Helper()
	p.Eval(stored+`.then((all) => all("outbox")).then((ops) => ops.length)`, &n)
	return n
}

// stored is JavaScript that opens the person's database; its function reads a whole store.
const stored = `new Promise((done, failed) => { const open = indexedDB.open("hocso-" + localStorage.getItem("hocso.person")); open.onerror = failed;
	open.onsuccess = () => done((store) => new Promise((done) => { const all = open.result.transaction(store).objectStore(store).getAll(); all.onsuccess = () => { open.result.close(); done(all.result); }; })); })`
