package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hocso/internal/learning"
)

// datum is something about a person, and which roles find it anywhere.
type datum struct {
	name string
	seen []string // kinds of actors, beside the person
	mark func(w *world) string
}

// watchers are those whose eyes the table of privacy is about, each within reach of the
// person: their trainer, head, administrator, security officer and auditor.
func watchers() []string { return []string{"trainer", "headB", "adminB", "security", "auditor"} }

// data is the table "Privacy" of what is built: what is not listed for a role is never
// in an answer to it.
func data() []datum {
	return []datum{
		{"name, and which courses are done, due or late", []string{"headB", "adminB", "auditor"}, func(w *world) string { return mark("victim") }},
		{"e-mail address, roles, first and last day", []string{"adminB"}, func(w *world) string { return address("victim") }},
		{"answers in a quiz and their score", nil, func(w *world) string { return w.victim.attempt }},
		{"progress inside a course", nil, func(w *world) string { return string(w.victim.enrolment) }},
		{"what they did in a drill", nil, func(*world) string { return `:"keep"` }},
		{"sign-ins and devices", nil, func(*world) string { return "Máy-victim-Hết" }},
		{"push address of a device", nil, func(w *world) string {
			ds, err := w.db.Reminders().Subscriptions(context.Background(), w.victim.id)
			w.must(err)
			return ds[0].Endpoint
		}},
	}
}

// visibilityTable is data for docs/permissions.md.
func visibilityTable() string {
	var b strings.Builder
	b.WriteString("\n## What each role sees of a person\n\nWithin their scope; whatever says no is in no answer to that role. A test plants each of these and reads every list as every role.\n\n")
	b.WriteString("| | the person | Trainer | Head | Administrator | Security officer | Auditor |\n|---|---|---|---|---|---|---|\n")
	for _, d := range data() {
		fmt.Fprintf(&b, "| %s | %s |", d.name, map[bool]string{true: "device name", false: "yes"}[strings.HasPrefix(d.name, "push")])
		for _, w := range watchers() {
			b.WriteString(map[bool]string{true: " yes |", false: " no |"}[slices.Contains(d.seen, w)])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Each datum about a person is found, in all that a role can read, exactly where the table says.
func TestVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.victim
	drills, err := w.Drills.List(t.Context())
	w.must(err)
	first := drills[0].Template
	w.ask(v.token, "POST", "/ops", map[string]any{"ops": []any{map[string]any{
		"id": "00000000-0000-4000-8000-0000000000d1", "kind": "drill.answer", "at": w.clock.Now(), "drill": first.ID, "n": first.N, "item": first.Items[0].ID, "choice": "keep",
	}}}).want(t, 200, `"applied"`, "")
	w.must(w.Reports.Refresh(t.Context()))
	paths := []string{
		"/me", "/me/data", "/me/enrolments", "/me/drills", "/me/sessions", "/me/subscriptions", "/sync", "/courses", "/people", "/people?q=dau", "/people/" + string(v.id),
		"/people/export.csv", "/units", "/cohorts", "/campaigns", "/campaigns/" + string(w.campaigns["b"]), "/campaigns/" + string(w.campaigns["b"]) + "/stats",
		"/campaigns/" + string(w.campaigns["b"]) + "/deliveries", "/tracking/overview", "/tracking/overview?unit=b", "/tracking/units?unit=b", "/tracking/matrix?unit=b",
		"/tracking/overdue?unit=b", "/tracking/export.csv?unit=b", "/authoring/courses", "/authoring/courses/" + string(quizCourse) + "/versions",
	}
	everything := func(token string) string {
		var all strings.Builder
		for _, path := range paths {
			all.WriteString(w.ask(token, "GET", path, nil).body)
		}
		return all.String()
	}
	own := everything(v.token)
	for _, d := range data() {
		private := strings.HasPrefix(d.name, "push")
		if found := strings.Contains(own, d.mark(w)); found == private {
			t.Errorf("%s: the person finds it: %v", d.name, found)
		}
	}
	for _, name := range watchers() {
		all := everything(w.by[name].token)
		for _, d := range data() {
			if found, want := strings.Contains(all, d.mark(w)), slices.Contains(d.seen, name); found != want {
				t.Errorf("%s: %s finds it: %v, want %v", d.name, name, found, want)
			}
		}
	}
	if e, err := w.db.Learning().Enrolment(t.Context(), v.enrolment); err != nil || e.State == learning.Closed {
		t.Errorf("the person of the test has no enrolment: %+v, %v", e, err)
	}
}
