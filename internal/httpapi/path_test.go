package httpapi

import (
	"fmt"
	"testing"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	const a = "/authoring/paths"
	title := map[string]string{"vi": "Lộ trình mới", "en": "New path"}
	s.post(s.lan, a, map[string]any{"id": "new", "title": title}).want(t, 403, "not_allowed", "")
	s.post(s.trainer, a, map[string]any{"id": "Bad id", "title": title}).want(t, 422, `{"field":"id","code":"slug"}`, "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": map[string]string{"vi": "x", "en": ""}}).want(t, 422, `{"field":"title.en","code":"missing_language"}`, "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": title, "owner": "me"}).want(t, 400, "unknown_field", "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": title}).want(t, 201, `"problems":[{"path":"summary.vi"`, "")
	s.post(s.trainer, a, map[string]any{"id": "new", "title": title}).want(t, 409, "path_exists", "")

	version := 1
	save := func(steps string) reply {
		t.Helper()
		r := s.put(s.trainer, a+"/new", fmt.Sprintf(`{"version":%d,"draft":{"title":{"vi":"Lộ trình mới","en":"New path"},"summary":{"vi":"x","en":"x"},"steps":[%s]}}`, version, steps))
		version++
		return r
	}
	publish := func() reply { return s.post(s.trainer, a+"/new/publish", map[string]any{"version": version}) }
	for _, tt := range []struct{ steps, field, code string }{
		{``, "steps", "missing"},
		{`{"courses":[]}`, "steps[0].courses", "missing"},
		{`{"courses":["none"]}`, "steps[0].courses[0]", "unknown_course"},
		{`{"courses":["` + phishing + `"]},{"courses":["` + phishing + `"]}`, "steps[1].courses[0]", "duplicate"},
		{`{"courses":["` + phishing + `"],"need":2}`, "steps[0].need", "out_of_range"},
	} {
		save(tt.steps).want(t, 200, `"code":"`+tt.code+`"`, "")
		publish().want(t, 422, `{"field":"`+tt.field+`","code":"`+tt.code+`"}`, "")
	}
	version--
	save(`{"courses":["`+phishing+`"]},{"courses":["passwords-mfa-sim","find-and-verify"],"need":1}`).want(t, 409, "draft_changed", "")
	save(`{"courses":["`+phishing+`"]},{"courses":["passwords-mfa-sim","find-and-verify"],"need":1}`).want(t, 200, `"problems":[]`, "")
	s.get(s.lan, "/paths").want(t, 200, `"items":[]`, "")
	s.get(s.lan, "/sync").want(t, 200, "", `"kind":"path"`)
	publish().want(t, 200, `"minutes":39`, "")
	version++
	publish().want(t, 409, "nothing_changed", "")
	s.get(s.lan, "/paths").want(t, 200, `"id":"new","n":1`, `"draft"`)
	first := s.get(s.lan, "/sync")
	first.want(t, 200, `"kind":"path"`, "")
	s.get(s.trainer, a).want(t, 200, `"published":1,"dirty":false,"retired":false`, "")

	// A draft is nobody's but its author's, also of another trainer.
	save(`{"courses":["`+phishing+`"]}`).want(t, 200, `"dirty":true`, "")
	s.get(s.lan, "/paths").want(t, 200, `"n":1`, `"n":2`)
	publish().want(t, 200, `"n":2`, "")
	version++
	s.get(s.lan, "/sync?cursor="+decode[syncAnswer](t, first).Cursor).want(t, 200, `"n":2`, "")

	// Retired: gone for those who have not begun.
	s.post(s.trainer, a+"/new/retire", map[string]any{"version": version - 1}).want(t, 409, "draft_changed", "")
	s.post(s.trainer, a+"/new/retire", map[string]any{"version": version}).want(t, 200, `"retired":true`, "")
	version++
	s.post(s.trainer, a+"/new/retire", map[string]any{"version": version}).want(t, 409, "wrong_state", "")
	s.get(s.lan, "/paths").want(t, 200, `"items":[]`, "")
	s.get(s.trainer, a+"/none").want(t, 404, "path_not_found", "")
}
