package httpapi

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"hocso/internal/course"
	"hocso/internal/learning"
)

func TestCourses(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	list := decode[listOf[course.Summary]](t, s.get(s.lan, "/courses"))
	if len(list.Items) < 3 {
		t.Fatalf("%d courses", len(list.Items))
	}
	s.get(s.lan, "/courses/"+phishing).want(t, 200, `"id":"phishing-basics","n":1`, "questions")
	s.get(s.lan, "/courses/none").want(t, 404, "course_not_found", "")
	for _, path := range []string{"0", "2", "01", "x", "-1", "99999999999999999999"} {
		s.get(s.lan, "/courses/"+phishing+"/versions/"+path).want(t, 404, "version_not_found", "")
	}
	a := s.get(s.lan, "/courses/"+phishing+"/versions/1")
	a.want(t, 200, `"practice":[{`, "")
	if got := a.header.Get("Cache-Control"); got != "private, max-age=31536000, immutable" {
		t.Errorf("Cache-Control %q", got)
	}
	tag := a.header.Get("ETag")
	for _, have := range []string{tag, "W/" + tag, `"x", ` + tag} {
		again := s.do(call{method: "GET", path: v1 + "/courses/" + phishing + "/versions/1", token: s.lan, header: map[string]string{"If-None-Match": have}})
		if again.status != 304 || again.body != "" || again.header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d", have, again.status)
		}
	}
	r := httptest.NewRequest("GET", v1+"/courses/"+phishing+"/versions/1", nil)
	r.Header.Set("Authorization", "Bearer "+s.lan)
	r.Header.Set("Accept-Encoding", "gzip, br")
	res, err := s.app.Test(r, -1)
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("packed: %v, %v", res.Header, err)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != a.body {
		t.Errorf("packed and plain differ: %d and %d bytes, %v", len(plain), len(a.body), err)
	}
}

// No key, feedback or explanation of a graded question reaches a phone before it
// is marked, wherever one looks.
func TestGradedQuestionsStaySecret(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	e := s.enrolled()
	secrets := s.secrets()
	before := map[string]reply{
		"courses": s.get(s.lan, "/courses"), "course": s.get(s.lan, "/courses/"+phishing), "version": s.get(s.lan, "/courses/"+phishing+"/versions/1"),
		"enrolments": s.get(s.lan, "/me/enrolments"), "ticket": s.post(s.lan, "/enrolments/"+string(e.ID)+"/attempts", map[string]any{"quizId": "check"}),
		"sync": s.get(s.lan, "/sync"), "my data": s.get(s.lan, "/me/data"),
	}
	for name, a := range before {
		if a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		for _, secret := range secrets {
			if name != "ticket" && strings.HasPrefix(secret, `"id":`) {
				continue // lessons and practice may have the same ids
			}
			if strings.Contains(a.body, secret) {
				t.Errorf("%s shows %q", name, secret)
			}
		}
	}
	// After a failed try there is feedback, but no key.
	p := decode[learning.Paper](t, before["ticket"])
	body := map[string]any{"enrolment": e.ID, "quiz": "check", "ticket": p.Ticket, "startedAt": p.IssuedAt, "finishedAt": p.IssuedAt, "answers": s.solve(p, false)}
	s.post(s.lan, "/attempts/"+uid(1)+"/submission", body).want(t, 200, `"passed":false`, `"right"`)
}

func TestQuizOverHTTP(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	e := s.enrolled()
	s.post(s.lan, "/enrolments", map[string]any{"courseId": phishing}).want(t, 200, string(e.ID), "")
	s.post(s.lan, "/enrolments", map[string]any{"courseId": "none"}).want(t, 404, "course_not_found", "")
	s.post(s.lan, "/enrolments", map[string]any{"courseId": "$where"}).want(t, 422, "slug", "")
	s.post(s.lan, "/enrolments", map[string]any{"courseId": phishing, "state": "completed"}).want(t, 400, "unknown_field", "")
	path := "/enrolments/" + string(e.ID) + "/attempts"
	s.post(s.binh, path, map[string]any{"quizId": "check"}).want(t, 404, "enrolment_not_found", "")
	s.post(s.lan, path, map[string]any{"quizId": "none"}).want(t, 404, "quiz_not_found", "")
	p := decode[learning.Paper](t, s.post(s.lan, path, map[string]any{"quizId": "check"}))
	if again := decode[learning.Paper](t, s.post(s.lan, path, map[string]any{"quizId": "check"})); again.Ticket != p.Ticket {
		t.Error("asking again gives another ticket")
	}
	body := map[string]any{"enrolment": e.ID, "quiz": "check", "ticket": p.Ticket, "startedAt": p.IssuedAt, "finishedAt": p.IssuedAt, "answers": s.solve(p, true)}
	with := func(key string, value any) map[string]any {
		b := map[string]any{}
		for k, v := range body {
			b[k] = v
		}
		b[key] = value
		return b
	}
	s.post(s.binh, "/attempts/"+uid(1)+"/submission", body).want(t, 404, "enrolment_not_found", "")
	s.post(s.lan, "/attempts/"+uid(1)+"/submission", with("ticket", "x.y")).want(t, 422, "ticket_invalid", "")
	s.post(s.lan, "/attempts/"+uid(1)+"/submission", with("score", 1)).want(t, 400, "unknown_field", "")
	s.post(s.lan, "/attempts/1/submission", body).want(t, 400, "malformed", "")
	first := s.post(s.lan, "/attempts/"+uid(1)+"/submission", body)
	first.want(t, 200, `"score":1,"passed":true,"counted":true`, "")
	if again := s.post(s.lan, "/attempts/"+uid(1)+"/submission", body); again.status != 200 || again.body != first.body {
		t.Errorf("again: %d %s, first %s", again.status, again.body, first.body)
	}
	s.post(s.lan, "/attempts/"+uid(1)+"/submission", with("answers", []any{})).want(t, 409, "id_reused", "")
	s.post(s.lan, path, map[string]any{"quizId": "check"}).want(t, 409, "already_passed", "")
	s.get(s.lan, "/attempts/"+uid(1)).want(t, 200, `"right":[`, "")
	s.get(s.binh, "/attempts/"+uid(1)).want(t, 404, "attempt_not_found", "right")
	s.get(s.lan, "/attempts/"+uid(2)).want(t, 404, "attempt_not_found", "")
}

// The whole course offline: everything goes up in one request, twice, and from two
// devices at once.
func TestCourseByOps(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	e := s.enrolled()
	p := decode[learning.Paper](t, s.post(s.lan, "/enrolments/"+string(e.ID)+"/attempts", map[string]any{"quizId": "check"}))
	var ops []any
	for i, l := range s.content().Lessons {
		ops = append(ops, op(i, "lesson.progress", map[string]any{"enrolment": e.ID, "lesson": l.ID, "card": 2, "seconds": 30}))
		ops = append(ops, op(100+i, "lesson.done", map[string]any{"enrolment": e.ID, "lesson": l.ID, "seconds": 90}))
	}
	ops = append(ops,
		op(200, "attempt.submit", map[string]any{
			"attempt": uid(900), "enrolment": e.ID, "quiz": "check", "ticket": p.Ticket, "startedAt": p.IssuedAt, "finishedAt": p.IssuedAt, "answers": s.solve(p, true),
		}),
		op(201, "course.rate", map[string]any{"enrolment": e.ID, "stars": 5, "comment": "Hay!"}),
		op(202, "lesson.done", map[string]any{"enrolment": "phishing-basics:" + string(s.id["binh"]) + ":1", "lesson": "signs", "seconds": 1}),
		map[string]any{"id": uid(203), "kind": "lesson.done"},
	)
	var wg sync.WaitGroup
	results := make([][]learning.Verdict, 8)
	for i := range results {
		wg.Go(func() { results[i] = s.verdicts(s.lan, ops...) })
	}
	wg.Wait()
	results = append(results, s.verdicts(s.lan, ops...))
	for i, vs := range results {
		for j, v := range vs[:len(vs)-2] {
			if v.Status == learning.Rejected || i == len(results)-1 && v.Status != learning.Duplicate {
				t.Errorf("request %d, op %d: %+v", i, j, v)
			}
		}
		if a := vs[len(vs)-4].Attempt; a == nil || a.Score != 1 || !a.Counted {
			t.Errorf("request %d: attempt %+v", i, a)
		}
		if vs[len(vs)-2].Code != "enrolment_not_found" || vs[len(vs)-1].Code != "malformed" {
			t.Errorf("request %d: %+v", i, vs[len(vs)-2:])
		}
	}
	got := decode[listOf[enrolmentView]](t, s.get(s.lan, "/me/enrolments")).Items[0]
	if got.State != learning.Completed || len(got.Quizzes["check"].Tries) != 1 || got.UnitAtCompletion != "vu-a" || got.Rating != 5 {
		t.Errorf("enrolment %+v", got.Enrolment)
	}
	s.get(s.lan, "/me/data").want(t, 200, `"comment":"Hay!"`, "seed")
	s.get(s.binh, "/me/data").want(t, 200, `"attempts":[],"ratings":[]`, "Hay!")
}

func TestOpsBodies(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	many := fmt.Sprintf(`{"ops":[%s{}]}`, strings.Repeat("{},", learning.MaxOps))
	for body, want := range map[string]string{
		`{"ops":[]}`: `"results":[]`, `{}`: "malformed_body", `[]`: "malformed_body", `{"ops":[]}x`: "malformed_body", many: "too_many_ops",
		`{"ops":[{"id":"` + uid(1) + `","kind":"exam"}]}`: "malformed",
	} {
		if a := s.post(s.lan, "/ops", body); !strings.Contains(a.body, want) || a.status >= 500 {
			t.Errorf("%.60s: %d %s, want %s", body, a.status, a.body, want)
		}
	}
	form := s.do(call{method: "POST", path: v1 + "/ops", token: s.lan, body: `{"ops":[]}`, header: map[string]string{"Content-Type": "text/plain"}})
	form.want(t, 415, "content_type", "")
}
