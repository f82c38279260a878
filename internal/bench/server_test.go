//go:build bench

package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// server is one program with its own data.
type server struct {
	t        *testing.T
	pid      int
	url      string
	client   http.Client
	password string
	admin    string     // token
	learners []*learner // those who act; all take turns
	next     int
}

type learner struct {
	email, token, cursor string
	quiz                 ticket
	enrolment            string
	course, lesson       string
	version              int
	seconds              int
}

type ticket struct {
	Enrolment, Quiz, Ticket string
	Questions               []struct {
		ID      string
		Options []struct{ ID string }
	}
}

// actors is how many learners act: enough that no single one's history grows large.
const actors = 120

func newServer(t *testing.T, binary string, people int) *server {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	out, err := exec.Command(binary, "demo", "--data", data, "--people", strconv.Itoa(people), "--seed", "1", "--json").Output()
	if err != nil {
		t.Fatalf("demo: %v %s", err, out)
	}
	var demo struct {
		SignIns []struct{ Role, Email, Password string }
	}
	if err := json.Unmarshal(out, &demo); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "serve", "--data", data, "--listen", address, "--metrics-listen", "", "--trusted-proxies", "127.0.0.1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // measured enough
		_ = cmd.Wait()         // killed
	})
	s := &server{t: t, pid: cmd.Process.Pid, url: "http://" + address + "/api/v1"}
	for range 600 {
		if res, err := http.Get("http://" + address + "/readyz"); err == nil {
			_ = res.Body.Close() // only the status counts
			if res.StatusCode == http.StatusOK {
				break
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, x := range demo.SignIns {
		switch x.Role {
		case "administrator":
			s.admin = s.session(x.Email, x.Password)
		case "learner":
			s.password = x.Password
		}
	}
	for cursor := ""; len(s.learners) < actors; {
		var page struct {
			Items []struct {
				Email  string
				Grants []struct{ Role string }
			}
			Next string
		}
		s.call(s.admin, http.MethodGet, "/people?status=active&cursor="+cursor, nil, &page)
		for _, p := range page.Items {
			if len(p.Grants) > 0 || len(s.learners) == actors {
				continue
			}
			if x := s.newLearner(p.Email); x != nil {
				s.learners = append(s.learners, x)
			}
		}
		if cursor = page.Next; cursor == "" && len(s.learners) < actors {
			t.Fatalf("only %d learners with an open quiz, want %d", len(s.learners), actors)
		}
	}
	return s
}

// newLearner signs in and finds an open quiz; nil if the person has none.
func (s *server) newLearner(email string) *learner {
	x := &learner{email: email}
	var session struct{ AccessToken string }
	body := map[string]string{"email": email, "password": s.password}
	if s.call("", http.MethodPost, "/auth/sign-in", body, &session) != http.StatusOK {
		return nil // a head or trainer of the demo has a password of their own
	}
	x.token = session.AccessToken
	var sync struct {
		Cursor  string
		Changed []struct {
			Enrolment *struct {
				ID, Course string
				N          int
			}
			Course *struct {
				ID      string
				Lessons []struct{ ID string }
			}
			Quiz *ticket
		}
	}
	s.call(x.token, http.MethodGet, "/sync", nil, &sync)
	x.cursor = sync.Cursor
	for _, c := range sync.Changed {
		if c.Quiz != nil {
			x.quiz = *c.Quiz
		}
	}
	lessons := map[string]string{}
	for _, c := range sync.Changed {
		if c.Course != nil {
			lessons[c.Course.ID] = c.Course.Lessons[0].ID
		}
	}
	for _, c := range sync.Changed {
		if c.Enrolment != nil && c.Enrolment.ID == x.quiz.Enrolment {
			x.enrolment, x.course, x.version = c.Enrolment.ID, c.Enrolment.Course, c.Enrolment.N
			x.lesson = lessons[x.course]
		}
	}
	if x.enrolment == "" {
		return nil
	}
	return x
}

func (s *server) turn() *learner {
	s.next++
	return s.learners[s.next%len(s.learners)]
}

func (s *server) session(email, password string) string {
	var session struct{ AccessToken string }
	if status := s.call("", http.MethodPost, "/auth/sign-in", map[string]string{"email": email, "password": password}, &session); status != http.StatusOK {
		s.t.Fatalf("sign-in of %s: %d", email, status)
	}
	return session.AccessToken
}

func (s *server) signIn(n int) {
	for range n {
		s.session(s.turn().email, s.password)
	}
}

func (s *server) syncAll(n int) {
	for range n {
		x := s.turn()
		var answer struct{ Cursor string }
		s.want(http.StatusOK, s.call(x.token, http.MethodGet, "/sync", nil, &answer))
		x.cursor = answer.Cursor
	}
}

func (s *server) syncUnchanged(n int) {
	for range n {
		x := s.turn()
		s.want(http.StatusNotModified, s.call(x.token, http.MethodGet, "/sync?cursor="+x.cursor, nil, nil))
	}
}

func (s *server) lesson(n int) {
	for range n {
		x := s.turn()
		s.want(http.StatusOK, s.call(x.token, http.MethodGet, fmt.Sprintf("/courses/%s/versions/%d", x.course, x.version), nil, nil))
	}
}

// papers gets every learner a ticket.
func (s *server) papers(int) {
	for _, x := range s.learners {
		s.want(http.StatusOK, s.call(x.token, http.MethodPost, "/enrolments/"+x.enrolment+"/attempts", map[string]string{"quizId": x.quiz.Quiz}, &x.quiz))
	}
}

// submit answers with one wrong option, so that the quiz stays open.
func (s *server) submit(n int) {
	for range n {
		x := s.turn()
		now := time.Now().UTC().Format(time.RFC3339)
		q := x.quiz.Questions[0]
		body := map[string]any{
			"enrolment": x.enrolment, "quiz": x.quiz.Quiz, "ticket": x.quiz.Ticket, "startedAt": now, "finishedAt": now,
			"answers": []any{map[string]any{"question": q.ID, "chosen": []string{q.Options[0].ID}}},
		}
		s.want(http.StatusOK, s.call(x.token, http.MethodPost, "/attempts/"+newID()+"/submission", body, nil))
	}
}

func (s *server) ops(n int) {
	for range n {
		x := s.turn()
		ops := make([]any, 20)
		for i := range ops {
			x.seconds++
			ops[i] = map[string]any{"id": newID(), "kind": "lesson.progress", "at": time.Now().UTC().Format(time.RFC3339), "enrolment": x.enrolment, "lesson": x.lesson, "card": 1 + i%4, "seconds": x.seconds}
		}
		s.want(http.StatusOK, s.call(x.token, http.MethodPost, "/ops", map[string]any{"ops": ops}, nil))
	}
}

func (s *server) overview(n int) {
	for range n {
		s.want(http.StatusOK, s.call(s.admin, http.MethodGet, "/tracking/overview", nil, nil))
	}
}

func (s *server) want(want, got int) {
	if got != want {
		s.t.Helper()
		s.t.Fatalf("status %d, want %d", got, want)
	}
}

func (s *server) call(token, method, path string, body, answer any) int {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Hocso", "1")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // read to the end
	if err != nil {
		s.t.Fatal(err)
	}
	if answer != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(b, answer); err != nil {
			s.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return res.StatusCode
}

// settle waits until the server has done what it had left to do: until it has rested for so long, or five minutes have
// passed.
func (s *server) settle(rest time.Duration) {
	const step = 2 * time.Second
	rested := time.Duration(0)
	for end := time.Now().Add(5 * time.Minute); rested < rest && time.Now().Before(end); rested += step {
		before := s.cpu()
		time.Sleep(step)
		if s.cpu()-before > 50*time.Millisecond {
			rested = -step
		}
	}
}

// cpu is the processor time all threads of the program have had.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	var sum time.Duration
	for _, f := range tasks {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has just ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

func (s *server) residentMB() float64 {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(v)[0], 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return kb / 1024
		}
	}
	s.t.Fatal("no VmRSS")
	return 0
}

func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic(err) // the system has no random numbers
	}
	return id.String()
}
