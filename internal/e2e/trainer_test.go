//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/chromedp/cdproto/input"
)

// newPerson adds a person to a unit by the API and lets them choose a password.
func (p *program) newPerson(name, email, unit string) signIn {
	p.t.Helper()
	admin := p.SignIns["administrator"]
	var person struct{ ID string }
	if status := p.API(admin, http.MethodPost, "/api/v1/people", fmt.Sprintf(`{"name":%q,"email":%q,"unit":%q}`, name, email, unit), &person); status != http.StatusCreated {
		p.t.Fatalf("add %s: status %d", email, status)
	}
	var invitation struct{ Link string }
	if status := p.API(admin, http.MethodPost, "/api/v1/people/"+person.ID+"/invite", "", &invitation); status >= 300 {
		p.t.Fatalf("invite %s: status %d", email, status)
	}
	_, token, _ := strings.Cut(invitation.Link, "#")
	s := signIn{Role: "learner", Name: name, Email: email, Password: "nam-cay-cau-bac-qua-song", Unit: unit}
	if status := p.call("", http.MethodPost, "/api/v1/auth/invitations/"+token, fmt.Sprintf(`{"password":%q}`, s.Password), nil); status != http.StatusOK {
		p.t.Fatalf("invitation of %s: status %d", email, status)
	}
	var notice struct{ Version string }
	p.Get(s, "/api/v1/notice", &notice)
	if status := p.API(s, http.MethodPost, "/api/v1/me/notice", fmt.Sprintf(`{"version":%q}`, notice.Version), nil); status != http.StatusOK {
		p.t.Fatalf("%s reads the notice: status %d", email, status)
	}
	return s
}

// enrol enrols a person in a course by their own wish.
func (p *program) enrol(s signIn, course string) {
	p.t.Helper()
	if status := p.API(s, http.MethodPost, "/api/v1/enrolments", fmt.Sprintf(`{"courseId":%q}`, course), nil); status != http.StatusCreated {
		p.t.Fatalf("enrol %s: status %d", s.Email, status)
	}
}

// begin brings a person into the middle of a course: its first lesson is done.
func (p *program) begin(s signIn, k keys) {
	p.t.Helper()
	k.Lessons = k.Lessons[:1]
	tellLessons(p, s, "phishing-basics", k)
}

// version is the number of the course version that a person is enrolled in.
func (p *program) version(s signIn, course string) int {
	p.t.Helper()
	for _, e := range p.Mine(s).Enrolments {
		if e.Course == course {
			return e.N
		}
	}
	return 0
}

// Replace types over a part of the text in the field with this label.
func (p *phone) Replace(label, old, replacement string) {
	p.t.Helper()
	p.wait("the field "+label+" with "+old, func() bool {
		return p.holds(fmt.Sprintf(`(() => { const e = (%s)(%s, "input, textarea"), at = e ? e.value.indexOf(%s) : -1; if (at < 0) return false;
			e.focus(); e.setSelectionRange(at, at + %d); return document.activeElement === e; })()`, finder, p.words(label), quote(old), len(utf16.Encode([]rune(old)))))
	})
	p.do(input.InsertText(replacement))
}

// publish publishes the open course as a class of change, as version n.
func (p *phone) publish(class string, n int) {
	p.t.Helper()
	p.Go("/authoring/phishing-basics")
	p.See("Đã lưu nháp")
	p.Tap("Xuất bản")
	p.tap(class+"…", "label")
	p.Tap(fmt.Sprintf("Xuất bản bản %d", n))
	p.See(fmt.Sprintf("Đã xuất bản bản %d", n))
}

// TestTrainer edits a lesson and a question with the preview beside it and publishes
// twice: a minor change leaves those in the middle where they are, an editorial one
// takes them along.
func TestTrainer(t *testing.T) {
	t.Parallel()
	server := start(t)
	k := keysOf(t, "phishing-basics")
	const course, lesson = "phishing-basics", "/authoring/phishing-basics/lessons/signs"
	old, waiting := server.newPerson("Ngô Văn Cũ", "cu@hocso.example", "an-toan"), server.newPerson("Lê Thị Chờ", "cho@hocso.example", "an-toan")
	for _, s := range []signIn{old, waiting} {
		server.enrol(s, course)
	}
	server.begin(old, k)

	desk := newDesk(t)
	desk.SignIn(server, server.SignIns["trainer"])
	desk.Tap("Việc viết")
	desk.Tap("Nhận biết lừa đảo…")
	desk.Tap("1. Dấu hiệu…")
	desk.Replace("Tiếng Việt", "Ai cũng có lúc vội", "Ai cũng có lúc rất vội")
	desk.wait("the preview to follow", func() bool {
		return desk.holds(`[...document.querySelectorAll("h3")].some((h) => h.textContent.trim() === "Ai cũng có lúc rất vội")`)
	})
	prompt := k.Lessons[0].Practice[0].Prompt.Vi
	desk.tap("1. "+plain(prompt)[:20]+"…", "summary")
	desk.Replace("Câu hỏi (tiếng Việt)", plain(prompt)[:8], "Câu mới: "+plain(prompt)[:8])
	desk.See("Đã lưu nháp")
	desk.Reload()
	desk.See("Câu mới: ")
	desk.publish("Sửa nhỏ", 2)

	fresh := server.newPerson("Đỗ Thị Mới", "moi@hocso.example", "an-toan")
	server.enrol(fresh, course)
	for _, tt := range []struct {
		who  string
		s    signIn
		want int
	}{{"in the middle", old, 1}, {"not begun", waiting, 2}, {"new", fresh, 2}} {
		if got := server.version(tt.s, course); got != tt.want {
			t.Errorf("after a minor change who is %s has version %d, want %d", tt.who, got, tt.want)
		}
	}
	for s, want := range map[signIn]string{old: "Ai cũng có lúc vội", fresh: "Ai cũng có lúc rất vội"} {
		p := newPhone(t)
		p.SignIn(server, s)
		p.Downloaded(course)
		p.Go("/enrolments/" + enrolmentAt(p) + "/lessons/signs")
		p.wait("the first card of "+s.Name, func() bool { return p.Heading() == want })
	}

	server.begin(fresh, k)
	desk.Go(lesson)
	desk.Replace("Tiếng Việt", "rất vội", "vội vàng")
	desk.publish("Sửa câu chữ", 3)
	if n := server.version(fresh, course); n != 3 {
		t.Errorf("after an editorial change who is in the middle has version %d, want 3", n)
	}
	for _, e := range server.Mine(fresh).Enrolments {
		if e.Lessons[k.Lessons[0].ID].DoneAt == nil {
			t.Error("the editorial change took a finished lesson away")
		}
	}
	if n := server.version(old, course); n != 1 {
		t.Errorf("who began version 1 has version %d, want 1: a minor change lies between", n)
	}
}
