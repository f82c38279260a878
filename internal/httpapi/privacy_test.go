package httpapi

import (
	"strings"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
)

// Everybody may read the notice; that a person read it is noted once, and asked for
// again when the text is another.
func TestNotice(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	me := func() reply { return o.do(call{method: "GET", path: v1 + "/me", token: o.learner}) }
	read := func(version string) reply {
		return o.do(call{method: "POST", path: v1 + "/me/notice", token: o.learner, body: map[string]string{"version": version}})
	}
	version := o.Privacy.Notice().Version
	o.do(call{method: "GET", path: v1 + "/notice"}).want(t, 200, `"version":"`+version+`"`, "{organisation}")
	me().want(t, 200, `"noticeDue":true`, "")
	read("").want(t, 422, `"field":"version","code":"required"`, "")
	read("0-old").want(t, 409, "notice_changed", "")
	me().want(t, 200, `"noticeDue":true`, "")
	read(version).want(t, 200, `"at":"2026-03-02T08:00:00Z"`, "")
	me().want(t, 200, `"noticeDue":false`, "")
	o.clock.advance(time.Minute)
	read(version).want(t, 200, `"at":"2026-03-02T08:00:00Z"`, "") // the fact is the first one
	o.do(call{method: "GET", path: v1 + "/me/notice", token: o.learner}).want(t, 200, `"read":[{"version":"`+version+`","hash":"`+o.Privacy.Notice().Hash+`"`, "")
	o.do(call{method: "GET", path: v1 + "/me/notice", token: o.head}).want(t, 200, `"read":[]`, "")
}

// A request goes its way with its clock; who asks sees it, and only who may handle it.
func TestRequests(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.add("Người Kiểm Tra", "dpo@bo.vn", "b", people.Grant{Role: people.Auditor})
	dpo, _ := o.in("dpo@bo.vn")
	ask := func(body string) reply {
		return o.do(call{method: "POST", path: v1 + "/me/requests", token: o.learner, body: body})
	}
	for body, want := range map[string]string{
		`{"kind":"other","text":"x"}`:                      `"field":"kind","code":"oneof"`,
		`{"text":"x"}`:                                     `"field":"kind","code":"required"`,
		`{"kind":"correction","text":"x"}`:                 `"field":"about","code":"required_if"`,
		`{"kind":"correction","about":"họ tên"}`:           `"field":"text","code":"required_unless"`,
		`{"kind":"objection","text":"a\u202eb"}`:           `"field":"text","code":"lines"`,
		`{"kind":"objection","about":"a\nb","text":"x"}`:   `"field":"about","code":"text"`,
		`{"kind":"objection","text":"` + long(2001) + `"}`: `"field":"text","code":"max"`,
	} {
		ask(body).want(t, 422, want, "")
	}
	ask(`{"kind":"objection","text":"x","due":"never"}`).want(t, 400, "unknown_field", "")
	a := ask(`{"kind":"correction","about":"họ tên","text":"Sai dấu"}`)
	a.want(t, 201, `"state":"received"`, "")
	a.want(t, 201, `"answerBy":"2026-03-04T16:59:59.999Z","doneBy":"2026-03-17T16:59:59.999Z","dueAt":"2026-03-04T16:59:59.999Z","urgency":"soon"`, "")
	ask(`{"kind":"correction","about":"họ tên","text":"Sai dấu"}`).want(t, 409, "request_open", "")
	id := decode[struct{ ID string }](t, a).ID
	do := func(did, body string) reply {
		return o.do(call{method: "POST", path: v1 + "/privacy/requests/" + id + "/" + did, token: dpo, body: body})
	}
	list := func(query string) reply {
		return o.do(call{method: "GET", path: v1 + "/privacy/requests" + query, token: dpo})
	}
	list("").want(t, 200, `"name":"Nguyễn Thị Lan"`, "")
	list("?state=over").want(t, 200, `"items":[]`, "")
	list("?state=all").want(t, 400, `"field":"state","code":"oneof"`, "")
	do("answer", `{"text":""}`).want(t, 422, `"field":"text","code":"required"`, "")
	do("answer", `{"text":"Đã nhận, đang hỏi phòng tổ chức.","thirdParty":true}`).want(t, 200, `"doneBy":"2026-03-22T16:59:59.999Z"`, "")
	do("extend", `{"text":"Cần thêm thời gian"}`).want(t, 200, `"doneBy":"2026-04-06T16:59:59.999Z"`, "")
	do("extend", `{"text":"Nữa"}`).want(t, 409, "already_extended", "")
	do("complete", `{"text":"Đã sửa"}`).want(t, 200, `"state":"done"`, "dueAt")
	do("reject", `{"text":"Thôi"}`).want(t, 409, "request_over", "")
	list("?state=over").want(t, 200, `"did":"complete","text":"Đã sửa"`, "")
	o.do(call{method: "GET", path: v1 + "/me/requests", token: o.learner}).want(t, 200, `"did":"answer","text":"Đã nhận, đang hỏi phòng tổ chức."`, `"by"`)
	for i := range 10 {
		ask(`{"kind":"objection","text":"`+string(rune('a'+i))+`"}`).want(t, 201, "", "")
	}
	ask(`{"kind":"objection","text":"z"}`).want(t, 409, "too_many_open", "")
	if n := len(decode[struct{ Items []any }](t, list("")).Items); n != 10 {
		t.Errorf("%d open requests, want 10", n)
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// Who was erased cannot do anything any more, stands in no list, and is no longer
// anybody whom an administrator could open again; who decides may not be the one who
// asks, and the last administrator stays.
func TestErasure(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.add("Người Kiểm Tra", "dpo@bo.vn", "b", people.Grant{Role: people.Auditor})
	o.add("Kiểm Tra A", "dpo-a@bo.vn", "a", people.Grant{Role: people.Auditor, Unit: "a"})
	dpo, _ := o.in("dpo@bo.vn")
	dpoA, _ := o.in("dpo-a@bo.vn")
	ask := func(token string) string {
		a := o.do(call{method: "POST", path: v1 + "/me/requests", token: token, body: `{"kind":"erasure"}`})
		a.want(t, 201, `"kind":"erasure"`, "")
		return decode[struct{ ID string }](t, a).ID
	}
	complete := func(token, id string) reply {
		return o.do(call{method: "POST", path: v1 + "/privacy/requests/" + id + "/complete", token: token, body: `{"text":"Đồng ý xóa"}`})
	}
	complete(dpo, ask(o.root)).want(t, 409, "last_administrator", "")
	boss, _ := o.in("boss@bo.vn")
	complete(dpoA, ask(boss)).want(t, 403, "above_your_scope", "") // leads everything
	complete(dpo, ask(dpo)).want(t, 403, "own_request", "")
	lan := o.id["lan@bo.vn"]
	id := ask(o.learner)
	complete(dpo, id).want(t, 200, `"state":"done"`, "Lan")
	o.do(call{method: "GET", path: v1 + "/me", token: o.learner}).want(t, 401, "sign_in_required", "Lan")
	o.do(call{method: "POST", path: v1 + "/auth/sign-in", body: map[string]string{"email": "lan@bo.vn", "password": password}}).want(t, 401, "sign_in_failed", "")
	for _, c := range []call{
		{method: "GET", path: v1 + "/people/" + string(lan)},
		{method: "POST", path: v1 + "/people/" + string(lan) + "/enable"},
		{method: "POST", path: v1 + "/people/" + string(lan) + "/invite"},
		{method: "PATCH", path: v1 + "/people/" + string(lan), body: `{"name":"Lan"}`},
	} {
		c.token = o.root
		o.do(c).want(t, 404, "person_not_found", "")
	}
	o.do(call{method: "GET", path: v1 + "/people", token: o.root}).want(t, 200, "binh@bo.vn", string(lan))
	o.do(call{method: "POST", path: v1 + "/people", token: o.root, body: `{"name":"Lan Khác","email":"lan@bo.vn","unit":"a1"}`}).want(t, 201, "lan@bo.vn", "") // the address is free again
	complete(dpo, id).want(t, 409, "request_over", "")
	if open, err := o.db.Privacy().Erasures(t.Context(), true); err != nil || len(open) != 1 || open[0].Person != lan || open[0].DoneAt == nil {
		t.Errorf("the ledger: %+v, %v; want one that is done and not purged", open, err)
	}
	o.clock.advance(2 * time.Minute)
	if err := o.Privacy.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	bossID := o.id["boss@bo.vn"]
	if err := o.Privacy.Replay(t.Context(), []privacy.Erasure{{Person: bossID, At: o.clock.Now().Add(-time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	u, err := o.People.Unit(t.Context(), "bo")
	if err != nil || u.HeadOn("2026-03-02") == bossID || u.HeadOn("2026-03-01") != bossID {
		t.Errorf("the unit of an erased head: %+v, %v; want the time as head to end yesterday", u.Heads, err)
	}
	all, err := o.db.Privacy().Erasures(t.Context(), false)
	if err != nil || len(all) != 2 || all[0].PurgedAt == nil || all[1].PurgedAt == nil {
		t.Errorf("the ledger: %+v, %v; want both purged", all, err)
	}
}

// What is kept about a person stands in their data, of every kind, and nothing that would help a thief.
func TestMyDataIsComplete(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lan := o.id["lan@bo.vn"]
	o.ask(o.learner, "POST", "/me/requests", `{"kind":"objection","about":"dau-about","text":"dau-text"}`).want(t, 201, "", "")
	o.ask(o.learner, "POST", "/me/notice", map[string]string{"version": o.Privacy.Notice().Version}).want(t, 200, "", "")
	o.ask(o.learner, "POST", "/enrolments", `{"courseId":"phishing"}`).want(t, 201, "", "")
	if _, err := o.People.SetHeads(t.Context(), people.Console(), "a1", []people.Headship{{Person: lan, From: "2026-02-03"}}); err != nil {
		t.Fatal(err)
	}
	cohort, err := o.People.AddCohort(t.Context(), people.Console(), people.Text{Vi: "Nhóm", En: "Group"}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.People.SetMember(t.Context(), people.Console(), cohort.ID, lan, true); err != nil {
		t.Fatal(err)
	}
	at := o.clock.Now()
	ended := auth.Session{ID: "gone", Person: lan, Device: "dau-ended", Current: "dau-secret", CreatedAt: at, LastSeenAt: at, EndedAt: &at, ExpiresAt: at.Add(time.Hour)}
	if err := o.db.Auth().InsertSession(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	e := learning.NewEnrolmentID("phishing", lan, 1)
	if err := o.db.Learning().InsertAttempt(t.Context(), learning.Attempt{ID: "t", Person: lan, Enrolment: e, Answers: []course.Answer{{Question: "q", Chosen: []string{"dau-answer"}}}, ReceivedAt: at}); err != nil {
		t.Fatal(err)
	}
	if err := o.db.Learning().PutRating(t.Context(), learning.Rating{ID: e, Course: "phishing", Stars: 3, Comment: "dau-comment", At: at}); err != nil {
		t.Fatal(err)
	}
	if err := o.db.Reminders().PutSubscription(t.Context(), reminder.Subscription{ID: "d", Person: lan, Device: "dau-device", Endpoint: "https://dau-endpoint", LastSeenAt: at, ExpiresAt: at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.db.Reminders().InsertDeliveries(t.Context(), []reminder.Delivery{{ID: "dau-delivery", Person: lan, State: reminder.Waiting, Token: "dau-token", ExpiresAt: at.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	data := o.ask(o.learner, "GET", "/me/data", nil)
	for _, want := range []string{
		"Nguyễn Thị Lan", "lan@bo.vn", "dau-about", "dau-text", o.Privacy.Notice().Hash, `"course":"phishing"`, `"from":"2026-02-03"`, `"device":"test"`,
		"dau-ended", "dau-answer", "dau-comment", "dau-device", "dau-delivery", "Mật khẩu, khóa của ứng dụng mã", `"cohorts":[{"id":"`,
	} {
		data.want(t, 200, want, "dau-secret")
	}
	for _, never := range []string{"dau-endpoint", "dau-token", "argon2", "passwordHash"} {
		data.want(t, 200, "", never)
	}
}
