package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/escalation"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/measure"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/signoff"
	"hocso/internal/webpush"
	"hocso/internal/webpush/webpushtest"
)

// office is the ministry with a course of 18 minutes, campaigns, reminders, reports
// and a push service of the test's own. It is Monday 2 March 2026, 15:00 in Ha Noi.
type office struct {
	*organisation
	stub *webpushtest.Server
	push webpush.Keys
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{organisation: newOrganisation(t), stub: webpushtest.New(time.Now)}
	srv := httptest.NewServer(o.stub)
	t.Cleanup(srv.Close)
	o.stub.Base = srv.URL
	x, ctx, log := o.site, context.Background(), slog.New(slog.DiscardHandler)
	x.Courses = &course.Service{Store: x.db.Courses(), Now: x.clock.Now, Log: log}
	x.Paths = &path.Service{Store: x.db.Paths(), Courses: x.Courses, Now: x.clock.Now}
	version := course.Version{ID: "phishing@1", Course: "phishing", N: 1, PublishedAt: x.clock.Now(), Content: course.Content{
		Title:   course.Text{Vi: "Nhận biết lừa đảo", En: "Spot the scam"},
		Lessons: []course.Lesson{{ID: "signs", Minutes: 18, Body: course.Text{Vi: "## Một\n\nA", En: "## One\n\nA"}}},
	}}
	if err := x.db.Courses().InsertVersion(ctx, version); err != nil {
		t.Fatal(err)
	}
	if err := x.db.Courses().InsertCourse(ctx, course.Course{ID: "phishing", Published: 1, Version: 1, ChangedAt: x.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	x.Drills = &drill.Service{Store: x.db.Drills(), Sums: x.db.Drills(), Now: x.clock.Now, NewSecret: func() []byte { return bytes.Repeat([]byte("d"), 32) }}
	x.Learning = &learning.Service{
		Store: x.db.Learning(), Ops: x.db.Learning(), Courses: x.Courses, People: x.People, Drills: x.Drills, Surveys: x.Surveys,
		Now: x.clock.Now, TicketKey: bytes.Repeat([]byte("t"), 32),
	}
	x.Learning.Announced = x.announced
	calendar := campaign.Calendar{Zone: time.FixedZone("ICT", 7*60*60), Holidays: campaign.Holidays()}
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	x.Campaigns = &campaign.Service{
		Store: x.db.Campaigns(), Enroller: x.Learning, People: x.People, Calendar: calendar, Now: x.clock.Now, NewID: newID, Log: log,
		Items: func(ctx context.Context, k campaign.Kind, id string) (campaign.About, error) {
			if k == campaign.Drill {
				return campaign.About{}, fault.New(fault.NotFound, "drill_not_found", "no such drill")
			}
			if k == campaign.Path {
				p, err := x.Paths.Latest(ctx, path.ID(id))
				return campaign.About{Title: p.Title, Minutes: p.Minutes, N: p.N, Steps: p.Steps}, err
			}
			p, err := x.Courses.Latest(ctx, course.ID(id))
			if err != nil {
				return campaign.About{}, err
			}
			return campaign.About{Title: people.Text(p.Version.Content.Title), Minutes: p.Summary.Minutes}, nil
		},
	}
	var err error
	if o.push, err = webpush.GenerateKeys(); err != nil {
		t.Fatal(err)
	}
	sender, err := webpush.NewSender(webpush.Options{Keys: o.push, Subject: "https://hocso.test", AllowedOrigins: []string{srv.URL}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	x.Reminders = &reminder.Service{
		Store: x.db.Reminders(), Answers: x.db.Reminders(), Budgets: x.db.Reminders(), Subscriptions: x.db.Reminders(), Enrolments: x.db.Learning(), People: x.People,
		Campaigns: x.db.Campaigns(), Courses: x.Courses, Pusher: sender, ChangeSettings: x.People.ChangeSettings, Mail: x.Auth.Letters, Key: []byte("mail"), Organisation: "Bộ Thử", PublicURL: "https://hocso.test", Calendar: calendar, Now: x.clock.Now, Log: log,
	}
	x.Campaigns.Planner = x.Reminders
	x.Auth.Ended = x.Reminders.Forget
	x.People.Closing = func(ctx context.Context, id people.ID) error {
		return errors.Join(x.Reminders.Forget(ctx, id, ""), x.Learning.Release(ctx, id))
	}
	x.People.CampaignsIn, x.People.CampaignsFor = x.Campaigns.Naming, x.Campaigns.NamingCohort
	x.Reports = &report.Service{
		Enrolments: x.db.Learning(), People: x.People, Courses: x.Courses, Campaigns: x.db.Campaigns(), Zone: calendar.Zone, Now: x.clock.Now, Log: log,
	}
	x.Measures = &measure.Service{Reports: x.Reports, Reminders: x.db.Reminders(), People: x.People, Kept: func() time.Duration { return 90 * 24 * time.Hour }, Zone: calendar.Zone, Now: x.clock.Now}
	x.Escalations = &escalation.Service{
		Store: x.db.Escalations(), Campaigns: x.db.Campaigns(), People: x.People, Reports: x.Reports, Letters: x.Auth.Letters, Reminders: x.Reminders, Thanks: x.Announcements, Calendar: calendar,
		PublicURL: "https://hocso.test", Now: x.clock.Now, Log: log,
	}
	x.Signoffs = &signoff.Service{Store: x.db.Signoffs(), People: x.People, Reports: x.Reports, Zone: calendar.Zone, Now: x.clock.Now}
	x.Learning.Changed, x.People.Changed = x.Reports.Put, x.Reports.PutPerson
	if err := x.Reports.Build(ctx); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *office) ask(token, method, path string, body any) reply {
	o.t.Helper()
	return o.do(call{method: method, path: "/api/v1" + path, token: token, body: body})
}

// march is the plan of a campaign for an audience.
const march = `{"name":{"vi":"Tháng 3","en":"March"},"goal":{"vi":"Ai cũng biết","en":"Everybody knows"},"audience":{%s},` +
	`"items":[{"kind":"course","id":"phishing","required":true}],"dueOn":"2026-03-13","targets":{"completion":80}}`

// running makes a campaign for everybody below department a and returns it.
func (o *office) running() campaign.Campaign {
	o.t.Helper()
	a := o.ask(o.root, "POST", "/campaigns", fmt.Sprintf(march, `"units":["a"]`))
	if a.status != 201 {
		o.t.Fatalf("create: %d %s", a.status, a.body)
	}
	return begin(o.t, o.Campaigns, decode[campaign.Campaign](o.t, a).ID)
}

func TestCampaignRoutes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	good := fmt.Sprintf(march, `"units":["a"]`)
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for _, tt := range []struct {
		name, token, method, path, body string
		status                          int
		want, never                     string
	}{
		{"a learner", o.learner, "POST", "/campaigns", good, 403, "not_allowed", "March"},
		{"a head", o.head, "POST", "/campaigns", good, 403, "not_allowed", "March"},
		{"nobody", "", "GET", "/campaigns", "", 401, "sign_in_required", ""},
		{"unknown course", o.root, "POST", "/campaigns", with(`"id":"phishing"`, `"id":"none"`), 422, `{"field":"items[0].id","code":"unknown"}`, ""},
		{"unknown kind", o.root, "POST", "/campaigns", with(`"course"`, `"film"`), 422, `{"field":"items[0].kind","code":"oneof"}`, ""},
		{"not enough days", o.root, "POST", "/campaigns", with("03-13", "03-02"), 201, `"missing":[{"field":"dueOn","code":"too_short"}]`, ""},
		{"a name alone", o.root, "POST", "/campaigns", `{"name":{"vi":"Nháp"}}`, 201, `{"field":"items","code":"required"}`, ""},
		{"state by hand", o.root, "POST", "/campaigns", with(`"targets"`, `"state":"completed","targets"`), 400, "unknown_field", ""},
		{"another's unit", o.unitAdmin, "POST", "/campaigns", with(`["a"]`, `["b"]`), 422, `{"field":"audience.units[0]","code":"unknown"}`, ""},
		{"everybody, from a part", o.unitAdmin, "POST", "/campaigns", with(`["a"]`, `[]`), 201, `"missing":[{"field":"audience.units","code":"required"}]`, `"people":7`},
		{"count a", o.unitAdmin, "POST", "/campaigns/audience", `{"audience":{"units":["a"]}}`, 200, `{"people":4,"first":[{"name":`, "@"},
		{"count b from a", o.unitAdmin, "POST", "/campaigns/audience", `{"audience":{"units":["b"]}}`, 422, "unknown", "people"},
		{"count all", o.root, "POST", "/campaigns/audience", `{"audience":{"units":[]}}`, 200, `{"people":7,"first":[`, ""},
		{"for everybody", o.root, "POST", "/campaigns", with(`["a"]`, `[]`), 201, `"people":7,"completed":0`, ""},
		{"for a", o.unitAdmin, "POST", "/campaigns", good, 201, `"completion":80,"satisfaction":90}`, ""},
		{"a sees its own", o.unitAdmin, "GET", "/campaigns", "", 200, `"units":["a"]`, `"units":["b"]`},
		{"root sees both", o.root, "GET", "/campaigns", "", 200, `"units":[]`, ""},
		{"none", o.root, "GET", "/campaigns/none", "", 404, "campaign_not_found", ""},
		{"no verb", o.root, "POST", "/campaigns/none/restart", "", 404, "not_found", ""},
		{"verb on none", o.root, "POST", "/campaigns/none/pause", "", 404, "campaign_not_found", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var body any
			if tt.body != "" {
				body = tt.body
			}
			o.ask(tt.token, tt.method, tt.path, body).want(t, tt.status, tt.want, tt.never)
		})
	}
}

func TestCampaignLife(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.running()
	path := "/campaigns/" + string(c.ID)
	o.ask(o.learner, "GET", "/me/enrolments", nil).want(t, 200, `"dueAt":"2026-03-13T16:59:59.999Z"`, "")
	o.ask(o.root, "GET", path+"/stats", nil).want(t, 200, `"people":4,"completed":0,"onTime":0,"overdue":0,"started":0,"units":[{"unit":{"id":"bo"`, "")
	o.ask(o.root, "GET", path+"/deliveries", nil).want(t, 200, `"step":"d-7"`, "token")
	o.ask(o.root, "GET", path+"/deliveries", nil).want(t, 200, `"personName":"Nguyễn Thị Lan"`, "lan@bo.vn")
	for _, tt := range []struct {
		verb   string
		status int
		want   string
	}{{"resume", 409, "wrong_state"}, {"pause", 200, `"state":"paused"`}, {"resume", 200, `"state":"running"`}, {"cancel", 200, `"state":"cancelled"`}, {"close", 409, "wrong_state"}} {
		o.ask(o.root, "POST", path+"/"+tt.verb, nil).want(t, tt.status, tt.want, "")
	}
	o.ask(o.learner, "GET", "/me/enrolments", nil).want(t, 200, "", `"state":"assigned"`)
	o.ask(o.root, "GET", "/tracking/overview", nil).want(t, 200, `"enrolments":0`, "")
}

func TestTrackingScope(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.running()
	for _, tt := range []struct {
		name, token, path string
		status            int
		want, never       string
	}{
		{"a learner", o.learner, "/tracking/overview", 403, "not_allowed", ""},
		{"a trainer", o.trainer, "/tracking/matrix", 403, "not_allowed", "Lan"},
		{"a head", o.head, "/tracking/overview", 200, `"people":4,"enrolments":4`, ""},
		{"a head by name", o.head, "/tracking/overview?unit=a", 200, `"people":4`, ""},
		{"a head below", o.head, "/tracking/overview?unit=a1", 200, `"people":1,"enrolments":1`, ""},
		{"a head of the sibling", o.head, "/tracking/overview?unit=b", 404, "unit_not_found", "people"},
		{"a head above", o.head, "/tracking/units?unit=bo", 404, "unit_not_found", "people"},
		{"a head nowhere", o.head, "/tracking/matrix?unit=none", 404, "unit_not_found", ""},
		{"the matrix of a head", o.head, "/tracking/matrix", 200, "Nguyễn Thị Lan", "Đặng Văn Bình"},
		{"the matrix of root", o.root, "/tracking/matrix", 200, "Đặng Văn Bình", "drill"},
		{"the units of a head", o.head, "/tracking/units", 200, `"head":{"id":"` + string(o.id["head-a@bo.vn"]) + `","name":"Trưởng A"}`, `"id":"b"`},
		{"nothing is late", o.head, "/tracking/overdue", 200, `"items":[]`, "Lan"},
		{"late in b", o.head, "/tracking/overdue?unit=b", 404, "unit_not_found", ""},
		{"a table of b", o.head, "/tracking/export.csv?unit=b", 404, "unit_not_found", "Bình"},
		{"a table", o.head, "/tracking/export.csv?lang=en", 200, "Name,Unit,Course,Status,Due,Completed,Progress (%)\r\n", "Bình"},
		{"a table in Vietnamese", o.head, "/tracking/export.csv", 200, "Nguyễn Thị Lan,Đơn vị a1,Nhận biết lừa đảo,Chưa bắt đầu,2026-03-13,,0\r\n", "Bình"},
		{"a cursor of nobody's", o.head, "/tracking/matrix?cursor=AAAA", 400, "cursor_invalid", ""},
		{"a unit that is too long", o.head, "/tracking/matrix?unit=" + strings.Repeat("x", 65), 400, "bad_query", ""},
		{"too many courses", o.head, "/tracking/matrix?courses=" + strings.Repeat("x,", 41), 400, "bad_query", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.ask(tt.token, "GET", tt.path, nil).want(t, tt.status, tt.want, tt.never)
		})
	}
	a := o.ask(o.head, "GET", "/tracking/export.csv", nil)
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="hocso-2026-03-02.csv"` || !strings.HasPrefix(a.body, "\ufeff") || a.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("table: %q, %q, begins with %q", got, a.header.Get("Content-Type"), a.body[:3])
	}
	// Two weeks later all four are late.
	o.clock.advance(12 * 24 * time.Hour)
	head, _ := o.in("head-a@bo.vn")
	o.ask(head, "GET", "/tracking/overdue", nil).want(t, 200, `"course":{"id":"phishing","title":{"vi":"Nhận biết lừa đảo","en":"Spot the scam"}},"dueAt":"2026-03-13T16:59:59.999Z","days":1}`, "Bình")
	o.ask(head, "GET", "/tracking/overview", nil).want(t, 200, `"overdue":4`, "")
}

func TestSubscriptionRoutes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, err := o.stub.Subscribe(o.push.Public)
	if err != nil {
		t.Fatal(err)
	}
	body := func(endpoint string) map[string]any {
		return map[string]any{"endpoint": endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}, "device": "Android · Chrome"}
	}
	o.ask("", "GET", "/push/key", nil).want(t, 200, o.push.Public, o.push.Private)
	o.ask(o.learner, "POST", "/me/subscriptions/test", nil).want(t, 409, "no_subscription", "")
	o.ask(o.learner, "POST", "/me/subscriptions", body("https://169.254.169.254/x")).want(t, 422, "push_endpoint_not_allowed", "169")
	o.ask("", "POST", "/me/subscriptions", body(d.Endpoint)).want(t, 401, "sign_in_required", "")
	id := reminder.SubscriptionID(d.Endpoint)
	o.ask(o.learner, "POST", "/me/subscriptions", body(d.Endpoint)).want(t, 201, `{"id":"`+id+`"}`, "")
	o.ask(o.learner, "GET", "/me/subscriptions", nil).want(t, 200, `"device":"Android · Chrome"`, d.Endpoint)
	o.ask(o.learner, "GET", "/me/subscriptions", nil).want(t, 200, `"current":true`, d.Auth)
	o.ask(o.learner, "POST", "/me/subscriptions/test", nil).want(t, 202, `{"sent":1}`, "")
	if got := d.Messages(); len(got) != 1 || !strings.Contains(got[0], `"web_push":8030`) || strings.Contains(got[0], "Lan") {
		t.Errorf("the device read %q", got)
	}
	o.ask(o.trainer, "DELETE", "/me/subscriptions/"+id, nil).want(t, 404, "subscription_not_found", "")
	o.ask(o.learner, "DELETE", "/me/subscriptions/"+id, nil).want(t, 204, "", "x")
	o.ask(o.learner, "GET", "/me/subscriptions", nil).want(t, 200, `{"items":[]}`, "")
}

// A device goes with the session that registered it, and with the account.
func TestDevicesGoWithSessionAndAccount(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	register := func(token string) {
		t.Helper()
		d, err := o.stub.Subscribe(o.push.Public)
		if err != nil {
			t.Fatal(err)
		}
		o.ask(token, "POST", "/me/subscriptions", map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}}).want(t, 201, "", "")
	}
	first, cookie := o.in("lan@bo.vn")
	second, _ := o.in("lan@bo.vn")
	register(first)
	register(second)
	o.do(call{method: "POST", path: "/api/v1/auth/sign-out", header: map[string]string{
		"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test",
	}}).want(t, 204, "", "x")
	devices := func() int {
		t.Helper()
		ds, err := o.Reminders.Devices(t.Context(), people.Actor{ID: o.id["lan@bo.vn"]})
		if err != nil {
			t.Fatal(err)
		}
		return len(ds)
	}
	if n := devices(); n != 1 {
		t.Errorf("after one of two sessions signed out %d devices are left, want 1", n)
	}
	o.ask(second, "GET", "/me/data", nil).want(t, 200, `"subscriptions":[{`, "endpoint")
	admin, _ := o.in("root@bo.vn")
	o.ask(admin, "POST", "/people/"+string(o.id["lan@bo.vn"])+"/disable", nil).want(t, 200, `"status":"closed"`, "")
	if n := devices(); n != 0 {
		t.Errorf("after the account was closed %d devices are left, want 0", n)
	}
}

// The service worker has the cookie and nothing else.
func TestSubscribeByCookie(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, err := o.stub.Subscribe(o.push.Public)
	if err != nil {
		t.Fatal(err)
	}
	_, cookie := o.in("lan@bo.vn")
	body := map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}, "replaces": "https://old.example/x"}
	for _, tt := range []struct {
		name   string
		header map[string]string
		status int
	}{
		{"from the app", map[string]string{"Cookie": "__Host-hocso=" + cookie, "Origin": "https://hocso.test", "X-Hocso": "1"}, 201},
		{"from elsewhere", map[string]string{"Cookie": "__Host-hocso=" + cookie, "Origin": "https://evil.test", "X-Hocso": "1"}, 403},
		{"a made-up cookie", map[string]string{"Cookie": "__Host-hocso=x.y", "Origin": "https://hocso.test", "X-Hocso": "1"}, 401},
	} {
		a := o.do(call{method: "POST", path: "/api/v1/me/subscriptions", body: body, header: tt.header})
		if a.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, a.status, a.body, tt.status)
		}
	}
}

// One reminder from the campaign to the phone, over everything that is real but the
// push service and the clock.
func TestReminderFromCampaignToPhone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	d, err := o.stub.Subscribe(o.push.Public)
	if err != nil {
		t.Fatal(err)
	}
	o.ask(o.learner, "POST", "/me/subscriptions", map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}}).want(t, 201, "", "")
	c := o.running()
	x := &reminder.Dispatcher{Service: o.Reminders, Log: slog.New(slog.DiscardHandler)}
	next := func(email string) int { // to the moment that is planned for a person next
		t.Helper()
		ds, err := o.Reminders.DeliveriesOf(t.Context(), o.id[email])
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			if d.State == reminder.Waiting {
				o.clock.advance(d.NotBefore.Sub(o.clock.Now()))
			}
		}
		n, err := x.Tick(t.Context(), o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	total := next("lan@bo.vn") + next("lan@bo.vn") + next("lan@bo.vn")
	got := d.Messages()
	if len(got) != 3 || total != 3 || !strings.Contains(got[0], `"body":"Còn 7 ngày: Nhận biết lừa đảo, 18 phút"`) || !strings.Contains(got[2], "Còn 1 ngày") {
		t.Errorf("%d sent, the phone read %q; want 3 from seven days to one", total, got)
	}
	next("head-a@bo.vn") // who has no device
	root, _ := o.in("root@bo.vn")
	o.ask(root, "GET", "/campaigns/"+string(c.ID)+"/deliveries", nil).want(t, 200, `"reason":"sent"`, d.Endpoint)
	o.ask(root, "GET", "/campaigns/"+string(c.ID)+"/deliveries", nil).want(t, 200, `"reason":"no_subscription"`, "token")
}

// done has a person complete the course, as their phone would.
func (o *office) done(email string) {
	o.t.Helper()
	token, _ := o.in(email)
	o.ask(token, "POST", "/enrolments", map[string]any{"courseId": "phishing"}).want(o.t, 201, "", "")
	o.finish(email)
}

// finish has a person complete the enrolment in the course that they have.
func (o *office) finish(email string) { o.finishCourse(email, "phishing") }

func (o *office) finishCourse(email string, c course.ID) {
	o.t.Helper()
	token, _ := o.in(email)
	e := learning.NewEnrolmentID(c, o.id[email], 1)
	o.ask(token, "POST", "/ops", map[string]any{"ops": []any{map[string]any{
		"id": uuid.NewString(), "kind": "lesson.done", "at": o.clock.Now(), "enrolment": e, "lesson": "signs",
	}}}).want(o.t, 200, `"applied"`, "")
}

// checked fails unless what reports hold in memory is what is stored, also in a program
// that starts now.
func (o *office) checked() {
	o.t.Helper()
	ctx := context.Background()
	if err := o.Reports.Refresh(ctx); err != nil {
		o.t.Fatal(err)
	}
	anew := &report.Service{
		Enrolments: o.db.Learning(), People: o.People, Courses: o.Courses, Campaigns: o.db.Campaigns(), Zone: o.Reports.Zone, Now: o.clock.Now,
		Log: slog.New(slog.DiscardHandler),
	}
	if err := anew.Build(ctx); err != nil {
		o.t.Fatal(err)
	}
	for name, r := range map[string]*report.Service{"running": o.Reports, "restarted": anew} {
		if differ, err := r.Check(ctx); err != nil || len(differ) > 0 {
			o.t.Errorf("%s: the read model differs from the enrolments: %v, %v", name, differ, err)
		}
	}
}
