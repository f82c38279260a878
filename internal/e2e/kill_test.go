//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"hocso/internal/course"
)

// finishUnsent brings a phone without a network to the point where the whole course
// waits in its outbox. The lessons are told by the API before, to be quick.
func finishUnsent(t *testing.T, server *program, learner signIn, k keys) *phone {
	t.Helper()
	tellLessons(server, learner, "phishing-basics", k)
	p := newPhone(t)
	p.SignIn(server, learner)
	p.Downloaded("phishing-basics")
	server.Network.Down()
	p.Airplane(true)
	p.Go("/courses/phishing-basics")
	p.Tap("Làm bài kiểm tra")
	p.Take(k, k.Quizzes[0].Draw, 1)
	p.Tap("Nộp bài")
	p.See("Bài sẽ được chấm khi gửi.")
	return p
}

// tellLessons reports every lesson of a course as done, as a phone would.
func tellLessons(server *program, s signIn, id course.ID, k keys) {
	server.t.Helper()
	enrolment := enrolmentOf(server.Mine(s), string(id))
	var ops []string
	for _, l := range k.Lessons {
		ops = append(ops, fmt.Sprintf(`{"id":%q,"kind":"lesson.done","at":%q,"enrolment":%q,"lesson":%q,"seconds":60}`,
			uuid(), time.Now().UTC().Format(time.RFC3339), enrolment, l.ID))
	}
	var answer struct {
		Results []struct{ Status, Code string }
	}
	if status := server.API(s, http.MethodPost, "/api/v1/ops", `{"ops":[`+strings.Join(ops, ",")+`]}`, &answer); status != http.StatusOK {
		server.t.Fatalf("lessons of %s: status %d", s.Email, status)
	}
	for _, r := range answer.Results {
		if r.Status != "applied" {
			server.t.Fatalf("a lesson was %s (%s)", r.Status, r.Code)
		}
	}
}

// uuid is a random UUID of version 4.
func uuid() string {
	a, b := rand.Uint64(), rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// record makes the page note every request with ops and what became of it. An answer
// that is cut off in the middle counts as lost, as it does for the app.
func (p *phone) record() {
	p.t.Helper()
	p.Eval(`{
		window.sent = [];
		const ask = window.fetch;
		window.fetch = (url, init) => {
			const answer = ask(url, init);
			if (String(url).endsWith("/ops")) {
				const entry = {status: -1};
				window.sent.push(entry);
				answer.then(async (r) => {
					if (r.ok) entry.verdicts = (await r.clone().json()).results.map((v) => v.status);
					entry.status = r.status;
				}).catch(() => { entry.status = 0; });
			}
			return answer;
		};
	}`, nil)
}

// sent lists what became of each request with ops: a status (0: lost, -1: still on
// its way) and its verdicts.
func (p *phone) sent() (all []struct {
	Status   int
	Verdicts []string
},
) {
	p.t.Helper()
	p.Eval(`window.sent`, &all)
	return all
}

// TestKill ends the program with SIGKILL in the middle of a submission: after it has
// been carried out but before the phone hears of it, and at random moments before.
// Whatever the moment, the attempt is there once, with its score.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		kill func(server *program)
	}{
		{"answer lost", func(server *program) { server.Network.LoseAnswer("/api/v1/ops", server.Kill) }},
		{"1", killWithin},
		{"2", killWithin},
		{"3", killWithin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			learner, k := server.SignIns["learner"], keysOf(t, "phishing-basics")
			p := finishUnsent(t, server, learner, k)
			p.record()
			tt.kill(server)
			server.Network.Up()
			p.Airplane(false)
			p.wait("the program to be killed", func() bool { return !server.Alive() })
			p.wait("the request to end", func() bool { s := p.sent(); return len(s) > 0 && s[0].Status >= 0 })
			if p.sent()[0].Status == 0 && p.waiting() == 0 {
				t.Error("the phone dropped what nobody has answered")
			}
			server.Serve()
			p.Airplane(true) // the app tries again by itself, at the latest when a network comes
			p.Airplane(false)
			p.See("Đạt rồi, giỏi lắm!")
			p.wait("the outbox to be empty", func() bool { return p.waiting() == 0 })

			attempts := p.sent()
			last := attempts[len(attempts)-1]
			t.Logf("verdicts after the restart: %v", last.Verdicts)
			if tt.name == "answer lost" && (len(last.Verdicts) == 0 || last.Verdicts[0] != "duplicate") {
				t.Errorf("verdicts %v, want duplicate: the program had carried it out", last.Verdicts)
			}
			server.onceOnly(learner, "phishing-basics")
		})
	}
}

// killWithin kills the program at a random moment after the request has left.
func killWithin(server *program) {
	delay := time.Duration(rand.IntN(20000)) * time.Microsecond
	server.t.Logf("SIGKILL %v after the request", delay)
	server.Network.Watch("/api/v1/ops", func() { time.AfterFunc(delay, server.Kill) })
}

// onceOnly holds that one attempt at a course exists and the enrolment is completed by it.
func (p *program) onceOnly(s signIn, course string) {
	p.t.Helper()
	m := p.Mine(s)
	var scores []float64
	for _, a := range m.Attempts {
		if a.Course == course {
			scores = append(scores, a.Score)
		}
	}
	for _, e := range m.Enrolments {
		if e.Course != course {
			continue
		}
		q := e.Quizzes["check"]
		if len(scores) != 1 || len(q.Tries) != 1 || q.Tries[0].Score != scores[0] || len(q.Tries[0].Flags) > 0 {
			p.t.Errorf("attempts with scores %v, tries %+v; want one, the same", scores, q.Tries)
		}
		if e.State != "completed" || e.CompletedAt == nil {
			p.t.Errorf("enrolment is %s, want completed", e.State)
		}
	}
}
