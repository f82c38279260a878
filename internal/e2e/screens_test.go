//go:build e2e

package e2e

import (
	"net/url"
	"slices"
	"testing"

	"hocso/internal/course"
)

// TestScreens shows every screen of a learner in both languages and colour schemes
// on a phone, with its empty, waiting, refused and offline states.
func TestScreens(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			p := newPhone(t).Hurry()
			tourSignIn(p, server, lang)
			tourLists(p)
			tourLesson(p, server)
			tourQuiz(p, server)
			tourDrill(p)
			tourMe(p)
			tourOffline(p, server)
		})
	}
}

func tourSignIn(p *phone, server *program, lang string) {
	s := server.SignIns["learner"]
	p.Open(server.URL + "/invitation#wrong")
	p.Speak(lang)
	p.CheckBoth("invitation")
	p.Fill("Mật khẩu mới", "mot-hai-ba-bon-nam-sau")
	p.Tap("Bắt đầu")
	p.See("Liên kết này không đúng")
	p.CheckBoth("invitation-unknown")
	p.Open(server.URL + "/setup#wrong")
	p.CheckBoth("setup")
	p.Open(server.URL)
	p.See("Đăng nhập")
	p.CheckBoth("sign-in")
	p.Fill("Thư điện tử", s.Email)
	p.Fill("Mật khẩu", "not this one")
	p.Tap("Đăng nhập")
	p.See("Thư điện tử hoặc mật khẩu chưa đúng. Bạn kiểm tra lại nhé.")
	p.CheckBoth("sign-in-wrong")
	server.Network.Down()
	p.Fill("Mật khẩu", s.Password)
	p.Tap("Đăng nhập")
	p.See("Chưa có mạng. Bạn cần mạng cho lần đăng nhập này.")
	p.CheckBoth("sign-in-offline")
	server.Network.Up()
	p.Fill("Mật khẩu", s.Password)
	p.Tap("Đăng nhập")
	p.See("Cần làm")
}

func tourLists(p *phone) {
	p.Downloaded("phishing-basics", "find-and-verify", "passwords-mfa-sim")
	p.CheckBoth("today")
	p.Go("/courses")
	p.CheckBoth("courses")
	p.Tap("Tất cả")
	p.CheckBoth("courses-all")
	for _, c := range []string{"phishing-basics", "find-and-verify", "passwords-mfa-sim"} {
		p.Go("/courses/" + c)
		p.CheckBoth("course-" + c)
	}
	p.Go("/courses/no-such-course")
	p.CheckBoth("course-gone")
	for _, path := range []string{"new-colleague", "security-for-everybody"} {
		p.Go("/paths/" + path)
		p.CheckBoth("path-" + path)
	}
	p.Go("/paths/no-such-path")
	p.CheckBoth("path-gone")
	p.Go("/no-such-page")
	p.CheckBoth("not-found")
}

// tourLesson goes through a lesson and stops at each kind of interaction, before
// and after a wrong answer.
func tourLesson(p *phone, server *program) {
	k := keysOf(p.t, "phishing-basics")
	p.Go("/courses/phishing-basics")
	p.Tap("Bắt đầu học")
	var seen []course.Kind
	for i := range k.Lessons {
		if i == 0 {
			p.CheckBoth("lesson-card")
		}
		done := p.filled("Xong bài {n}", "n", i+1)
		for p.Heading() != done {
			before := p.progress()
			switch {
			case p.Asked():
				kind := k.question(p.t, p.Heading()).Kind
				fresh := !slices.Contains(seen, kind)
				if fresh {
					p.CheckBoth("practice-" + string(kind))
				}
				p.Answer(k, !fresh)
				p.Tap("Kiểm tra")
				p.wait("the verdict", func() bool { return !p.Asked() })
				if fresh {
					p.CheckBoth("practice-" + string(kind) + "-wrong")
					seen = append(seen, kind)
				}
			case p.Has("Xong bài"):
				p.Tap("Xong bài")
				p.See(done)
			default:
				p.Tap("Tiếp tục")
				p.wait("the next card", func() bool { return p.progress() != before })
			}
		}
		if i == 0 {
			p.CheckBoth("lesson-done")
		}
		if i < len(k.Lessons)-1 {
			p.Tap("Học bài tiếp theo")
			p.wait("the next lesson", func() bool { return p.Heading() != done })
		}
	}
	p.CheckBoth("lesson-done-last")
	p.Go("/courses/phishing-basics")
	p.CheckBoth("course-before-quiz")
}

func tourQuiz(p *phone, server *program) {
	k := keysOf(p.t, "phishing-basics")
	draw := k.Quizzes[0].Draw
	p.Tap("Làm bài kiểm tra")
	p.CheckBoth("quiz-start")
	p.Tap("Bắt đầu làm bài")
	p.See(p.filled("Câu {n} / {of}", "n", 1, "of", draw))
	p.CheckBoth("quiz-question")
	p.Answer(k, false)
	p.CheckBoth("quiz-question-answered")
	for i := range draw {
		p.See(p.filled("Câu {n} / {of}", "n", i+1, "of", draw))
		if i == draw-1 {
			p.Tap("Xem lại bài làm")
		} else {
			p.Tap("Câu tiếp")
		}
	}
	p.CheckBoth("quiz-review-missing")
	p.Tap("Vẫn nộp bài")
	p.See("Chưa đạt, mình thử lại nhé")
	p.CheckBoth("result-failed")
	p.Tap("Làm lại")
	p.Take(k, draw, 1)
	p.CheckBoth("quiz-review")
	p.Tap("Nộp bài")
	p.See("Đạt rồi, giỏi lắm!")
	p.CheckBoth("result-passed")
	p.Tap("Hoàn thành khóa học")
	p.CheckBoth("completed")
	p.Tap(p.filled("{n} sao", "n", 4))
	p.CheckBoth("completed-stars")
	p.Tap("Gửi đánh giá")
	p.See("Cảm ơn bạn đã góp ý")
	p.CheckBoth("completed-thanks")
	p.Go("/courses/phishing-basics")
	p.CheckBoth("course-completed")
	m := server.Mine(server.SignIns["learner"])
	p.Go("/enrolments/" + url.PathEscape(enrolmentOf(m, "phishing-basics")) + "/quizzes/check")
	p.CheckBoth("quiz-passed")
}

func tourDrill(p *phone) {
	p.Go("/drills")
	p.CheckBoth("drills")
	d := drillOf(p.t, "monday-inbox")
	p.Go("/drills/monday-inbox")
	p.CheckBoth("drill-start")
	p.Tap("Mở hộp thư")
	p.CheckBoth("drill-inbox")
	p.Tap("Thư tiếp theo")
	for i, item := range d.Items {
		p.wait("the message", func() bool { return p.Heading() == p.in(item.Subject) })
		if i == 0 {
			p.CheckBoth("drill-message")
		}
		if i == 0 { // a wrong answer: the first is genuine
			p.Tap("Báo nghi ngờ")
		} else if item.Truth == "phish" {
			p.Tap("Báo nghi ngờ")
		} else {
			p.Tap("Bình thường")
		}
		p.See("Nhìn vào đâu")
		if i < 2 {
			p.CheckBoth("drill-message-" + []string{"wrong", "right"}[i])
		}
		if i < len(d.Items)-1 {
			p.Tap("Thư tiếp theo")
		}
	}
	p.Tap("Xem tổng kết")
	p.CheckBoth("drill-summary")
	p.Go("/drills/monday-inbox")
	p.CheckBoth("drill-inbox-done")
}

func tourMe(p *phone) {
	for name, path := range map[string]string{"me": "/me", "me-reminders": "/me/reminders", "me-devices": "/me/devices", "me-security": "/me/security", "me-password": "/me/password", "me-unsent-none": "/me/unsent", "me-notice": "/notice", "me-data": "/me/data", "me-requests": "/me/requests"} {
		p.Go(path)
		p.CheckBoth(name)
	}
	p.Go("/me")
	p.Tap("Đăng xuất")
	p.See("Đăng xuất khỏi máy này?")
	p.CheckBoth("me-sign-out")
	p.Tap("Thôi")
	p.Go("/people")
	p.CheckBoth("no-permission")
}

// tourOffline shows what the app says without a network, and to somebody who never had one.
func tourOffline(p *phone, server *program) {
	server.Network.Down()
	p.Airplane(true)
	p.Go("/")
	p.CheckBoth("offline-today")
	p.Go("/courses/find-and-verify")
	p.Tap("Bắt đầu học")
	p.Tap("Tiếp tục")
	p.CheckBoth("offline-lesson")
	for name, path := range map[string]string{"offline-devices": "/me/devices", "offline-reminders": "/me/reminders", "offline-unsent": "/me/unsent", "offline-data": "/me/data", "offline-requests": "/me/requests", "offline-no-course": "/courses/no-such-course"} {
		p.Go(path)
		p.CheckBoth(name)
	}
	p.Go("/me")
	p.Tap("Đăng xuất")
	p.CheckBoth("offline-sign-out")
	p.Tap("Thôi")
	server.Network.Up()
	p.Airplane(false)
}
