package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"hocso/internal/course"
	"hocso/internal/people"
)

func (s *school) put(token, path string, body any) reply {
	s.t.Helper()
	return s.do(call{method: "PUT", path: v1 + path, token: token, body: body})
}

// copyOf is v as if it had gone over the wire.
func copyOf[T any](t *testing.T, v T) (out T) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAuthoring(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	const a = "/authoring/courses"
	title := map[string]string{"vi": "Khóa mới", "en": "New course"}
	s.post(s.lan, a, map[string]any{"id": "new", "title": title}).want(t, 403, "not_allowed", "")
	s.post(s.trainer, a, map[string]any{"id": "Bad id", "title": title}).want(t, 422, "slug", "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": map[string]string{"vi": "x", "en": ""}}).want(t, 422, "missing_language", "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": title, "owner": "me"}).want(t, 400, "unknown_field", "")
	created := s.post(s.trainer, a, map[string]any{"id": "new", "title": title})
	created.want(t, 201, `"id":"new"`, "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": title}).want(t, 409, "course_exists", "")
	draft := decode[course.Course](t, created)

	s.post(s.trainer, a+"/new/validate", nil).want(t, 200, `"path":"lessons"`, "")
	s.post(s.trainer, a+"/new/publish", map[string]any{"version": draft.Version, "class": "material"}).want(t, 422, `{"field":"lessons","code":"out_of_range"}`, "")

	c := copyOf(t, s.content())
	renamed := strings.NewReplacer(`"id":"`, `"id":"n-`).Replace(string(mustJSON(t, c)))
	if err := json.Unmarshal([]byte(strings.NewReplacer(`"n-true"`, `"true"`, `"n-false"`, `"false"`).Replace(renamed)), &c); err != nil {
		t.Fatal(err)
	}
	c.Lessons[0].Body.En += "\n<script>alert(1)</script>\n"
	saved := s.put(s.trainer, a+"/new/draft", map[string]any{"version": draft.Version, "draft": c})
	saved.want(t, 200, `"version":2`, "")
	s.put(s.trainer, a+"/new/draft", map[string]any{"version": draft.Version, "draft": c}).want(t, 409, "draft_changed", "")
	s.put(s.trainer, a+"/new/draft", map[string]any{"version": 2, "draft": map[string]any{"html": "x"}}).want(t, 400, "unknown_field", "")
	s.post(s.trainer, a+"/new/validate", nil).want(t, 200, `"path":"lessons[0].body.en","code":"raw_html"`, "")
	s.post(s.trainer, a+"/new/publish", map[string]any{"version": 2, "class": "material"}).want(t, 422, "raw_html", "")
	s.post(s.trainer, a+"/new/preview", map[string]any{"lesson": c.Lessons[0]}).want(t, 200, `"cards":[{`, "script")

	c.Lessons[0].Body.En = strings.Split(c.Lessons[0].Body.En, "\n<script>")[0]
	s.put(s.trainer, a+"/new/draft", map[string]any{"version": 2, "draft": c}).want(t, 200, `"version":3`, "")
	s.post(s.trainer, a+"/new/validate", nil).want(t, 200, `"problems":[]`, "")
	s.get(s.lan, "/courses/new").want(t, 404, "course_not_found", "")
	s.post(s.trainer, a+"/new/publish", map[string]any{"version": 3, "class": "huge"}).want(t, 422, "oneof", "")
	s.post(s.trainer, a+"/new/publish", map[string]any{"version": 3, "class": "material"}).want(t, 200, `{"n":1}`, "")
	s.get(s.lan, "/courses/new").want(t, 200, `"n":1`, "")
	s.post(s.trainer, a+"/new/publish", map[string]any{"version": 4, "class": "material"}).want(t, 409, "nothing_changed", "")
	s.get(s.trainer, a+"/new/versions").want(t, 200, `"class":"material"`, "")
	s.get(s.trainer, a).want(t, 200, `"id":"new"`, "")

	// Somebody else's course is not there, for whatever one tries.
	s.add("Soạn Hai", "two@bo.vn", "bo", people.Grant{Role: people.Trainer})
	two, _ := s.in("two@bo.vn")
	s.get(two, a).want(t, 200, phishing, `"id":"new"`)
	for _, x := range []reply{
		s.get(two, a+"/new/draft"), s.get(two, a+"/new/versions"), s.put(two, a+"/new/draft", map[string]any{"version": 4, "draft": c}),
		s.post(two, a+"/new/validate", nil), s.post(two, a+"/new/preview", map[string]any{"lesson": c.Lessons[0]}),
		s.post(two, a+"/new/publish", map[string]any{"version": 4, "class": "material"}),
	} {
		x.want(t, 404, "course_not_found", "prompt")
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An editorial change reaches those in the middle of the course, a minor one does not.
func TestPublishMovesEnrolments(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	e := s.enrolled()
	s.verdicts(s.lan, op(1, "lesson.done", map[string]any{"enrolment": e.ID, "lesson": s.content().Lessons[0].ID, "seconds": 1}))
	publish := func(class string, change func(*course.Content)) {
		t.Helper()
		d := decode[course.Course](t, s.get(s.trainer, "/authoring/courses/"+phishing+"/draft"))
		change(&d.Draft)
		saved := decode[course.Course](t, s.put(s.trainer, "/authoring/courses/"+phishing+"/draft", map[string]any{"version": d.Version, "draft": d.Draft}))
		s.post(s.trainer, "/authoring/courses/"+phishing+"/publish", map[string]any{"version": saved.Version, "class": class}).want(t, 200, `"n"`, "")
	}
	n := func() int { return decode[listOf[enrolmentView]](t, s.get(s.lan, "/me/enrolments")).Items[0].N }
	publish("editorial", func(c *course.Content) { c.Title.En = "Spot the scams" })
	if n() != 2 {
		t.Errorf("after an editorial change on version %d, want 2", n())
	}
	publish("minor", func(c *course.Content) { c.Quizzes[0].Pass = 80 })
	if n() != 2 {
		t.Errorf("after a minor change on version %d, want 2", n())
	}
	s.get(s.lan, "/courses/"+phishing+"/versions/2").want(t, 200, "Spot the scams", "")
}
