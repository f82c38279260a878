//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press presses keys one after another, as on a keyboard.
func (p *phone) press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.do(chromedp.KeyEvent(k))
	}
}

// tabTo presses Tab until the control with this name has the focus, which must be seen.
func (p *phone) tabTo(name string) {
	p.t.Helper()
	has := fmt.Sprintf(`(() => { const e = document.activeElement; return !!e && e !== document.body && (%s)(%s, %s) === e; })()`, finder, p.words(name), quote(strings.ReplaceAll(controls, ", label", "")))
	for range 60 {
		if p.holds(has) {
			if !p.holds(`(() => { const e = document.activeElement, s = getComputedStyle(e), l = getComputedStyle(e.closest("label") ?? e), b = getComputedStyle(e.closest(".choice, label, li") ?? e);
				return [s, l, b].some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2); })()`) {
				p.t.Errorf("the focus on %q is not to be seen", name)
			}
			return
		}
		p.press(kb.Tab)
	}
	p.fail("no Tab leads to %q", name)
}

// TestKeyboard signs in and takes a quiz without ever touching the screen; each new
// page has its own title and the focus on its heading.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	server := start(t)
	s, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
	p := newDesk(t)
	p.Open(server.URL)
	p.tabTo("Thư điện tử")
	p.press(s.Email)
	p.tabTo("Mật khẩu")
	p.press(s.Password, kb.Enter)
	p.See("Chào Châu")
	p.Downloaded("phishing-basics")
	p.tabTo("Khóa học")
	p.press(kb.Enter)
	p.focused("Khóa học")
	p.tabTo("Nhận biết lừa đảo…")
	p.press(kb.Enter)
	p.focused("Nhận biết lừa đảo")
	p.tabTo("Bắt đầu học")
	p.press(kb.Enter)
	p.See("Bài 1 · thẻ 1")
	p.press(kb.ArrowRight)
	p.See("Bài 1 · thẻ 2")
	p.press(kb.ArrowLeft)
	p.See("Bài 1 · thẻ 1")

	p.Go("/enrolments/" + enrolmentAt(p) + "/quizzes/check")
	p.tabTo("Bắt đầu làm bài")
	p.press(kb.Enter)
	draw := k.Quizzes[0].Draw
	for i := range draw {
		p.See(fmt.Sprintf("Câu %d / %d", i+1, draw))
		p.focused(p.Heading())
		if p.holds(`!!document.querySelector("fieldset input")`) {
			p.press(kb.Tab, " ") // the first option
			if !p.holds(`!!document.querySelector("fieldset input:checked")`) {
				t.Errorf("question %d: the space bar chose nothing", i+1)
			}
		}
		next := "Câu tiếp"
		if i == draw-1 {
			next = "Xem lại bài làm"
		}
		p.tabTo(next)
		p.press(kb.Enter)
	}
	p.focused("Xem lại trước khi nộp")
	submit := "Nộp bài"
	if !p.Has(submit) { // what is matched by two touches was left out
		submit = "Vẫn nộp bài"
	}
	p.tabTo(submit)
	p.press(kb.Enter)
	p.See("Từng câu một")
}

// focused waits until the heading has the focus, and holds the title to it.
func (p *phone) focused(heading string) {
	p.t.Helper()
	p.wait("the focus on "+heading, func() bool {
		return p.holds(fmt.Sprintf(`document.activeElement?.tagName === "H1" && document.activeElement.textContent.replace(/\s+/g, " ").trim() === %s`, quote(heading)))
	})
	var title string
	p.Eval(`document.title`, &title)
	if !strings.HasSuffix(title, " · Học Số") {
		p.t.Errorf("the title of %q is %q", heading, title)
	}
}

// TestLargeText shows the main screens with text twice as large: nothing runs out of
// the screen, and every target can still be reached.
func TestLargeText(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t).Hurry()
	large := func(name string) {
		p.Eval(`document.documentElement.style.fontSize = "200%"`, nil)
		p.Settled()
		p.shoot("large-" + name)
		p.narrow("large-" + name)
	}
	p.Open(server.URL)
	p.See("Đăng nhập")
	large("sign-in")
	p.SignIn(server, server.SignIns["administrator"])
	p.Downloaded("phishing-basics")
	for name, path := range map[string]string{
		"today": "/", "courses": "/courses", "course": "/courses/phishing-basics", "lesson": "/enrolments/" + enrolmentAt(p) + "/lessons/signs",
		"quiz": "/enrolments/" + enrolmentAt(p) + "/quizzes/check", "drills": "/drills", "drill": "/drills/monday-inbox", "me": "/me", "reminders": "/me/reminders",
		"devices": "/me/devices", "overview": "/overview", "unit": "/overview/units/an-toan", "overdue": "/overview/overdue", "campaigns": "/campaigns",
		"campaign-new": "/campaigns/new", "people": "/people", "import": "/people/import", "units": "/units", "desk": "/desk",
	} {
		p.Go(path)
		large(name)
	}
}
