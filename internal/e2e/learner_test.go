//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// mine is what GET /me/data says about one person.
type mine struct {
	Enrolments []struct {
		ID, Course, State string
		N, Rating         int
		CompletedAt       *string
		Lessons           map[string]struct{ DoneAt *string }
		Quizzes           map[string]struct {
			Tries []struct {
				Attempt string
				Score   float64
				Flags   []string
			}
			Best   float64
			Passed bool
		}
	}
	Attempts []struct {
		ID, Course, Quiz string
		Score            float64
		Passed           bool
	}
	Ratings []struct {
		Enrolment, Comment string
		Stars              int
	}
	DrillRuns []struct {
		Drill       string
		Answers     map[string]string
		CompletedAt *string
	}
}

func (p *program) Mine(s signIn) mine {
	p.t.Helper()
	var m mine
	p.Get(s, "/api/v1/me/data", &m)
	return m
}

// one holds that everything was done and counted exactly once.
func (m mine) one(t *testing.T, course, drill string, k keys, score float64) {
	t.Helper()
	attempts, completed, ratings, runs := 0, 0, 0, 0
	for _, a := range m.Attempts {
		if a.Course != course {
			continue
		}
		attempts++
		if !a.Passed || a.Score != score {
			t.Errorf("attempt %s: score %v, passed %v, want %v", a.ID, a.Score, a.Passed, score)
		}
	}
	for _, e := range m.Enrolments {
		if e.Course != course {
			continue
		}
		if e.State == "completed" && e.CompletedAt != nil {
			completed++
		}
		if q := e.Quizzes["check"]; len(q.Tries) != 1 || !q.Passed || q.Best != score {
			t.Errorf("enrolment %s: quiz %+v, want one try with %v", e.ID, q, score)
		}
		for _, l := range k.Lessons {
			if e.Lessons[l.ID].DoneAt == nil {
				t.Errorf("enrolment %s: lesson %s is not done", e.ID, l.ID)
			}
		}
	}
	for _, r := range m.Ratings {
		if r.Enrolment == enrolmentOf(m, course) {
			ratings++
		}
	}
	for _, r := range m.DrillRuns {
		if r.Drill == drill && r.CompletedAt != nil {
			runs++
		}
	}
	if attempts != 1 || completed != 1 || ratings != 1 || runs != 1 {
		t.Errorf("%d attempts, %d completed enrolments, %d ratings, %d finished drills; want one of each", attempts, completed, ratings, runs)
	}
}

func enrolmentOf(m mine, course string) string {
	for _, e := range m.Enrolments {
		if e.Course == course {
			return e.ID
		}
	}
	return ""
}

// Rate rates a completed course with four stars.
func (p *phone) Rate(comment string) {
	p.t.Helper()
	p.Tap("4 sao")
	p.Fill("Bạn muốn góp ý gì thêm?", comment)
	p.Tap("Gửi đánh giá")
	p.See("Cảm ơn bạn đã góp ý")
}

// TestLearner goes an employee's whole way online: from sign-in to the debrief of a drill.
func TestLearner(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner := server.SignIns["learner"]
	k, d := keysOf(t, "phishing-basics"), drillOf(t, "monday-inbox")
	p := newPhone(t)
	p.SignIn(server, learner)
	p.See("Nhận biết lừa đảo")
	p.Check("today")

	p.Go("/courses/phishing-basics")
	p.See("Học được khi không có mạng")
	p.Tap("Bắt đầu học")
	for i := range k.Lessons {
		p.See(fmt.Sprintf("Bài %d · thẻ 1", i+1))
		p.Study(k, i+1)
		if i < len(k.Lessons)-1 {
			p.Tap("Học bài tiếp theo")
		}
	}
	p.Tap("Làm bài kiểm tra")
	quiz := k.Quizzes[0]
	p.Take(k, quiz.Draw, 1)
	p.Tap("Nộp bài")
	p.See("Đạt rồi, giỏi lắm!")
	p.Tap("Hoàn thành khóa học")
	p.See("Bạn đã hoàn thành khóa học")
	p.Rate("Dễ hiểu")
	p.Tap("Về Hôm nay")

	p.Go("/drills/monday-inbox")
	p.Play(d)
	p.See(plain(d.Debrief.Do.Vi))
	p.Go("/")
	p.See("Đã lưu")

	server.Mine(learner).one(t, "phishing-basics", "monday-inbox", k, scoreWithout(p, server, learner))
}

// scoreWithout is the score that the server gave the only attempt at phishing-basics.
func scoreWithout(p *phone, server *program, learner signIn) float64 {
	p.t.Helper()
	for _, a := range server.Mine(learner).Attempts {
		if a.Course == "phishing-basics" {
			if a.Score < 0.75 || a.Score >= 1 {
				p.t.Errorf("score %v with one question answered wrongly", a.Score)
			}
			return a.Score
		}
	}
	return 0
}
