package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/escalation"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
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

// onPath starts a campaign for department a that asks for a path: phishing, then any one of two and three.
func (o *office) onPath() campaign.Campaign {
	o.t.Helper()
	o.Learning.Chosen = func(ctx context.Context, id string, p people.Person, es []learning.Enrolment) error {
		c, err := o.db.Campaigns().Campaign(ctx, campaign.ID(id))
		if err != nil {
			return err
		}
		return o.Reminders.PlanReminders(ctx, c, []people.Person{p}, es, o.clock.Now())
	}
	for _, id := range []course.ID{"two", "three"} {
		v := course.Version{ID: string(id) + "@1", Course: id, N: 1, PublishedAt: o.clock.Now(), Content: course.Content{
			Title:   course.Text{Vi: "Khóa " + string(id), En: "Course " + string(id)},
			Lessons: []course.Lesson{{ID: "signs", Minutes: 9, Body: course.Text{Vi: "## Một\n\nA", En: "## One\n\nA"}}},
		}}
		if err := o.db.Courses().InsertVersion(o.t.Context(), v); err != nil {
			o.t.Fatal(err)
		}
		if err := o.db.Courses().InsertCourse(o.t.Context(), course.Course{ID: id, Published: 1, Version: 1, ChangedAt: o.clock.Now()}); err != nil {
			o.t.Fatal(err)
		}
	}
	o.clock.advance(3 * time.Second) // the list of courses is read again
	text := people.Text{Vi: "Lộ trình", En: "Path"}
	_, err := o.Paths.PublishFolder(o.t.Context(), []path.FolderPath{{ID: "p", Content: path.Layout{Title: text, Summary: text, Steps: []path.Stage{
		{Courses: []course.ID{"phishing"}}, {Courses: []course.ID{"two", "three"}, Need: 1},
	}}}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.ask(mustIn(o, "boss@bo.vn"), "POST", "/enrolments", map[string]any{"courseId": "three"}).want(o.t, 201, "", "")
	o.finishCourse("boss@bo.vn", "three") // before anybody asked for it
	a := o.ask(o.root, "POST", "/campaigns", `{"name":{"vi":"Tháng 3","en":"March"},"goal":{"vi":"x","en":"x"},"audience":{"units":["a"]},`+
		`"items":[{"kind":"path","id":"p","required":true}],"dueOn":"2026-03-13","targets":{"completion":80}}`)
	a.want(o.t, 201, `"n":1,"steps":[`, "")
	return begin(o.t, o.Campaigns, decode[campaign.Campaign](o.t, a).ID)
}

func mustIn(o *office, email string) string {
	token, _ := o.in(email)
	return token
}

// A campaign with a path counts somebody as done when the path is completed, neither sooner nor later, wherever it is counted.
func TestPathInACampaign(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.onPath()
	counts := func(want report.CampaignCounts) {
		t.Helper()
		if got, err := o.Reports.CountCampaign(c.ID); err != nil || got != want {
			t.Errorf("counted %+v, %v; want %+v", got, err, want)
		}
		m, err := o.Measures.Of(t.Context(), c)
		if err != nil || m.People != want.People || m.Completion.N != want.Completed || m.Start.N != want.Completed+want.Started {
			t.Errorf("measured %d people, %d completed, %d started, %v; want %+v", m.People, m.Completion.N, m.Start.N, err, want)
		}
		lines := decode[listOf[escalation.UnitCampaign]](t, o.ask(mustIn(o, "head-a@bo.vn"), "GET", "/units/a/campaigns", nil)).Items
		if len(lines) != 1 || lines[0].People != want.People || lines[0].Completed != want.Completed {
			t.Errorf("the head sees %+v, want %+v", lines, want)
		}
		o.checked()
	}
	counts(report.CampaignCounts{People: 4, Started: 1}) // the boss has one of two
	o.ask(o.learner, "GET", "/paths", nil).want(t, 200, `"id":"p","n":1`, "")
	o.ask(o.learner, "GET", "/me/enrolments", nil).want(t, 200, `"opens":{"of":["phishing"]}`, `"course":"three"`)

	o.finish("lan@bo.vn")
	counts(report.CampaignCounts{People: 4, Started: 2})

	// Lan takes the other course instead: it becomes her duty, with the due day and reminders, and the first one is no more.
	lan := mustIn(o, "lan@bo.vn")
	o.ask(lan, "POST", "/enrolments", map[string]any{"courseId": "three"}).want(t, 201, `"campaignName":{"vi":"Tháng 3","en":"March"}`, "")
	counts(report.CampaignCounts{People: 4, Started: 2})
	ds, err := o.Reminders.DeliveriesOf(t.Context(), o.id["lan@bo.vn"])
	if err != nil {
		t.Fatal(err)
	}
	planned := map[learning.EnrolmentID]int{}
	for _, d := range ds {
		planned[d.Enrolment]++
	}
	three, two := learning.NewEnrolmentID("three", o.id["lan@bo.vn"], 1), learning.NewEnrolmentID("two", o.id["lan@bo.vn"], 1)
	if planned[three] == 0 || planned[two] != planned[three] {
		t.Errorf("planned %v", planned)
	}
	if e, err := o.db.Learning().Enrolment(t.Context(), three); err != nil || e.DueAt == nil || !e.DueAt.Equal(c.DueAt) {
		t.Errorf("chosen: %+v, %v", e, err)
	}
	o.clock.advance(5 * 24 * time.Hour)
	o.root = mustIn(o, "root@bo.vn")
	mail := &reminder.Dispatcher{Service: o.Reminders, Channel: reminder.Push, Log: slog.New(slog.DiscardHandler)}
	if _, err := mail.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	ds, err = o.Reminders.DeliveriesOf(t.Context(), o.id["lan@bo.vn"])
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.State != reminder.Waiting && d.Enrolment == two && d.Reason != reminder.ReasonClosed {
			t.Errorf("%s went out because of %s", d.ID, d.Reason)
		}
	}

	o.finishCourse("lan@bo.vn", "three")
	counts(report.CampaignCounts{People: 4, Completed: 1, OnTime: 1, Started: 1})
	o.finish("boss@bo.vn")
	counts(report.CampaignCounts{People: 4, Completed: 2, OnTime: 2})

	// The head follows the preset course to its end, the other way round.
	o.finishCourse("head-a@bo.vn", "two")
	counts(report.CampaignCounts{People: 4, Completed: 2, OnTime: 2, Started: 1})
	o.finish("head-a@bo.vn")
	counts(report.CampaignCounts{People: 4, Completed: 3, OnTime: 3})

	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	counts(report.CampaignCounts{People: 4, Completed: 3, OnTime: 3})
	o.clock.advance(10 * 24 * time.Hour) // past the due day
	counts(report.CampaignCounts{People: 4, Completed: 3, OnTime: 3, Overdue: 1})
	duties, err := o.Reports.OpenDuties(c.ID, "a")
	if err != nil || len(duties) != 2 {
		t.Errorf("open: %v, %v; want both of the one who did nothing", duties, err)
	}
	o.ask(mustIn(o, "head-a@bo.vn"), "POST", "/units/a/campaigns/"+string(c.ID)+"/remind", nil).want(t, 202, `{"people":1}`, "")
}

// Who is asked for an older version of a path sees that one, also when the path was retired.
func TestPathOfACampaignStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.onPath()
	p, err := o.db.Paths().Path(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	trainer := people.Actor{ID: o.id["trainer@bo.vn"], Grants: []people.Grant{{Role: people.Trainer}}}
	p.Draft.Steps = p.Draft.Steps[:1]
	if p, err = o.Paths.Save(t.Context(), trainer, "p", p.Version, p.Draft); err != nil {
		t.Fatal(err)
	}
	if p, err = o.Paths.Publish(t.Context(), trainer, "p", p.Version); err != nil {
		t.Fatal(err)
	}
	o.ask(o.learner, "GET", "/paths", nil).want(t, 200, `"n":1`, `"n":2`)
	o.ask(mustIn(o, "binh@bo.vn"), "GET", "/paths", nil).want(t, 200, `"n":2`, `"n":1`)
	if _, err = o.Paths.Retire(t.Context(), trainer, "p", p.Version); err != nil {
		t.Fatal(err)
	}
	o.ask(o.learner, "GET", "/paths", nil).want(t, 200, `"n":1`, "")
	o.ask(mustIn(o, "binh@bo.vn"), "GET", "/paths", nil).want(t, 200, `"items":[]`, "")
}
