package httpapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hocso/internal/audit"
	"hocso/internal/people"
)

// bureau is an organisation with an auditor, whose trail is empty yet.
type bureau struct {
	*site
	admin, unitAdmin, learner, auditor string // tokens
	id                                 map[string]people.ID
	store                              *failingTrail
}

// failingTrail is the trail of a database that can be made to fail.
type failingTrail struct {
	audit.Store
	fails atomic.Int32 // which of the next writes fails, 1 is the next; 0: none
}

func (f *failingTrail) Append(ctx context.Context, es []audit.Entry) (int, error) {
	if f.fails.Load() > 0 && f.fails.Add(-1) == 0 {
		return 0, errors.New("the disk is full")
	}
	return f.Store.Append(ctx, es)
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	b := &bureau{id: map[string]people.ID{}}
	b.site = newSite(t, func(d *Deps) {
		b.store = &failingTrail{Store: d.Audit.Store}
		d.Audit.Store = b.store
	})
	b.unit("a", "")
	b.unit("b", "")
	for _, x := range []struct {
		name  string
		token *string
		unit  people.UnitID
		grant []people.Grant
	}{
		{"admin", &b.admin, "a", []people.Grant{{Role: people.Administrator}}},
		{"unit-admin", &b.unitAdmin, "a", []people.Grant{{Role: people.Administrator, Unit: "a"}}},
		{"learner", &b.learner, "b", nil},
		{"auditor", &b.auditor, "b", []people.Grant{{Role: people.Auditor}}},
	} {
		b.id[x.name] = b.add("Người "+x.name, x.name+"@bo.vn", x.unit, x.grant...).ID
		*x.token, _ = b.in(x.name + "@bo.vn")
	}
	b.id["binh"] = b.add("Bình", "binh@bo.vn", "b").ID
	return b
}

// trail returns what the auditor reads, the newest first.
func (b *bureau) trail(query string) []auditEntry {
	b.t.Helper()
	a := b.do(call{method: "GET", path: "/api/v1/audit" + query, token: b.auditor})
	a.want(b.t, 200, "", "@bo.vn")
	return decode[auditAnswer](b.t, a).Items
}

// newest is the newest entry.
func (b *bureau) newest() auditEntry {
	b.t.Helper()
	es := b.trail("")
	if len(es) == 0 {
		b.t.Fatal("the trail is empty")
	}
	return es[0]
}

// line writes an entry in one line, with the names of people for their ids.
func (b *bureau) line(e auditEntry) string {
	var detail []string
	for _, d := range e.Detail {
		detail = append(detail, d.What+" "+d.Before+">"+d.After)
	}
	line := fmt.Sprintf("%s %s %s:%s %s %s [%s]", e.Actor, e.Action, e.Object.Kind, e.Object.ID, e.Outcome, e.Code, strings.Join(detail, "; "))
	for name, id := range b.id {
		line = strings.ReplaceAll(line, string(id), name)
	}
	return line
}

// Every kind of thing that is done leaves the entry that says so, with what was before
// and after, and without a name, an address of a person, a token or a password.
func TestTrail(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	binh := "/api/v1/people/" + string(b.id["binh"])
	link := ""
	for _, tt := range []struct {
		do   call
		want string
	}{
		{call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"a","name":"Bình An","grants":[{"role":"trainer","unit":"a"},{"role":"auditor"}]}`}, "admin person_changed person:binh done  [unit b>a; roles >auditor, trainer@a; name >changed]"},
		{call{method: "PATCH", path: binh, token: b.admin, body: `{"email":"an@bo.vn","leftOn":"2027-01-31"}`}, "admin person_changed person:binh done  [left_on >2027-01-31; email >changed]"},
		{call{method: "PATCH", path: binh, token: b.admin, body: `{"status":"closed"}`}, "admin person_changed person:binh done  [status active>closed]"},
		{call{method: "POST", path: binh + "/enable", token: b.admin}, "admin person_enabled person:binh done  [status closed>active; left_on 2027-01-31>]"},
		{call{method: "POST", path: binh + "/invite", token: b.admin}, "admin person_invited person:binh done  []"},
		{call{method: "POST", path: binh + "/disable", token: b.admin}, "admin person_disabled person:binh done  [status active>closed; left_on >2026-03-02]"},
		{call{method: "POST", path: "/api/v1/people", token: b.admin, body: `{"name":"Mới","email":"moi@bo.vn","unit":"a","roles":["trainer"]}`}, "admin person_added person:NEW done  [unit >a; roles >trainer]"},
		{call{method: "POST", path: "/api/v1/people", token: b.admin, body: `{"name":"Mới","email":"moi@bo.vn","unit":"a"}`}, "admin person_added person: failed email_taken []"},
		{call{method: "POST", path: "/api/v1/people", token: b.admin, body: `{"name":"","email":"x","unit":"a"}`}, "admin person_added person: failed invalid_fields []"},
		{call{method: "PATCH", path: binh, token: b.admin, body: `{"grants":[{"role":"king"}]}`}, "admin person_changed person:binh failed invalid_fields []"},
		{call{method: "PATCH", path: binh, token: b.admin, body: `{"roll":"x"}`}, "admin person_changed person:binh failed malformed_body []"},
		{call{method: "PATCH", path: "/api/v1/people/" + string(b.id["learner"]), token: b.unitAdmin, body: `{"unit":"a"}`}, "unit-admin person_changed person:learner refused person_not_found []"},
		{call{method: "PATCH", path: "/api/v1/people/" + string(b.id["admin"]), token: b.admin, body: `{"grants":[]}`}, "admin person_changed person:admin refused own_roles []"},
		{call{method: "PATCH", path: binh, token: b.learner, body: `{}`}, "learner person_changed person:binh refused not_allowed []"},
		{call{method: "GET", path: binh, token: b.learner}, "learner request person:binh refused not_allowed [route >GET /api/v1/people/:id]"},
		{call{method: "GET", path: "/api/v1/people/" + string(b.id["learner"]), token: b.unitAdmin}, "unit-admin request person:learner refused person_not_found [route >GET /api/v1/people/:id]"},
		{call{method: "GET", path: "/api/v1/people/moi@bo.vn", token: b.unitAdmin}, "unit-admin request person: refused person_not_found [route >GET /api/v1/people/:id]"},
		{call{method: "POST", path: "/api/v1/units", token: b.admin, body: `{"id":"c","name":{"vi":"Đơn vị C"},"parent":"a"}`}, "admin unit_added unit:c done  [parent >a]"},
		{call{method: "PATCH", path: "/api/v1/units/c", token: b.admin, body: `{"name":{"vi":"Đơn vị mới"},"parent":"b"}`}, "admin unit_changed unit:c done  [parent a>b; name >changed]"},
		{call{method: "PUT", path: "/api/v1/units/a/heads", token: b.admin, body: fmt.Sprintf(`{"heads":[{"person":%q,"from":"2026-01-01"},{"person":%q,"from":"2026-01-01","to":"2026-06-30","deputy":true}]}`, b.id["learner"], b.id["admin"])}, "admin heads_changed unit:a done  [heads >learner 2026-01-01 - head, admin 2026-01-01 2026-06-30 deputy]"},
		{call{method: "POST", path: "/api/v1/people/import?dryRun=false", token: b.admin, body: map[string]any{"csv": "email,name,unit,role\nmot@bo.vn,Một,a,trainer\nhai@bo.vn,Hai,a,\n"}}, "admin people_imported person: done  [role_of >ONE trainer; rows >2; new >2; roles_changed >1]"},
		{call{method: "POST", path: "/api/v1/people/import", token: b.admin, body: map[string]any{"csv": "email,name,unit,role\nmot@bo.vn,Một,a,auditor\nba@bo.vn,Ba,a,\n"}}, "admin people_imported person: done  [preview >1; rows >2; new >1; changed >1; roles_changed >1]"},
		{call{method: "GET", path: "/api/v1/people/export.csv?unit=a", token: b.admin}, "admin people_exported unit:a done  []"},
		{call{method: "GET", path: "/api/v1/people/export.xlsx", token: b.admin}, "admin people_exported unit: done  []"},
		{call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"binh@bo.vn","password":"khong phai mat khau nay"}`}, " sign_in person: refused sign_in_failed [reason >no_such_person]"},
		{call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"an@bo.vn","password":"` + password + `"}`}, " sign_in person:binh refused sign_in_failed [reason >account_closed]"},
		{call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"moi@bo.vn","password":"` + password + `"}`}, " sign_in person:NEW refused sign_in_failed [reason >no_password_yet]"},
		{call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"Learner@bo.vn","password":"khong phai mat khau nay"}`}, " sign_in person:learner refused sign_in_failed [reason >wrong_password]"},
		{call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"learner@bo.vn","password":"` + password + `"}`}, "learner sign_in person:learner done  []"},
		{call{method: "POST", path: "/api/v1/auth/sign-out", header: map[string]string{"Cookie": "LAST", "X-Hocso": "1", "Origin": "https://hocso.test"}}, "learner sign_out person:learner done  []"},
		{call{method: "POST", path: "/api/v1/auth/invitations/" + nowhere, body: `{"password":"` + password + `"}`}, " invitation_accepted : refused invitation_unknown []"},
		{call{method: "POST", path: "/api/v1/people/NEW/invite", token: b.admin}, "admin person_invited person:NEW done  []"},
		{call{method: "POST", path: "/api/v1/auth/invitations/LINK", body: `{"password":"con mèo con ngồi trèo cây cau"}`}, "NEW invitation_accepted person:NEW done  []"},
		{call{method: "DELETE", path: "/api/v1/me/sessions/x", token: b.learner}, "learner session_ended session:x refused session_not_found []"},
	} {
		if strings.Contains(tt.do.header["Cookie"], "LAST") {
			tt.do.header["Cookie"] = "__Host-hocso=" + link
		}
		tt.do.path = strings.NewReplacer("NEW", string(b.id["NEW"]), "LINK", link).Replace(tt.do.path)
		a := b.do(tt.do)
		if cookie := cookieOf(a); cookie != "" {
			link = cookie
		}
		if _, after, ok := strings.Cut(a.body, "/invitation#"); ok {
			link, _, _ = strings.Cut(after, `"`)
		}
		if a.status == 201 && strings.HasSuffix(tt.do.path, "/people") {
			b.id["NEW"] = decode[people.Person](t, a).ID
		}
		if strings.Contains(tt.want, "role_of") {
			p, err := b.People.PersonByEmail(t.Context(), "mot@bo.vn")
			if err != nil {
				t.Fatal(err)
			}
			b.id["ONE"] = p.ID
		}
		e := b.newest()
		if got := b.line(e); got != tt.want {
			t.Errorf("%s %s: answer %d %.80s\n got %s\nwant %s", tt.do.method, tt.do.path, a.status, a.body, got, tt.want)
		}
		if e.Request != a.header.Get("X-Request-Id") || !e.At.Equal(b.clock.Now()) || len(e.Hash) != 64 || e.Group == "" {
			t.Errorf("%s: the entry is %+v, of request %s", tt.want, e, a.header.Get("X-Request-Id"))
		}
		if in := strings.HasPrefix(tt.do.path, "/api/v1/auth/"); in != (e.Address == "0.0.0.0") {
			t.Errorf("%s: the address is %q", tt.want, e.Address)
		}
		if (tt.do.token != "") != (e.Session != "") && e.Actor == "" {
			t.Errorf("%s: the session is %q", tt.want, e.Session)
		}
		b.clock.advance(10 * time.Second)
	}
	r, err := b.Audit.Verify(t.Context(), 0, nil, nil)
	if err != nil || !r.Good() {
		t.Errorf("the trail is not good: %v %v", r.Problems, err)
	}
}

// What leaves no trace does not happen: neither a change nor an export nor a sign-in.
func TestTrailThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	binh := "/api/v1/people/" + string(b.id["binh"])
	body := `{"email":"learner@bo.vn","password":"` + password + `"}`
	for _, c := range []call{
		{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"a"}`},
		{method: "POST", path: binh + "/disable", token: b.admin},
		{method: "POST", path: "/api/v1/units", token: b.admin, body: `{"id":"z","name":{"vi":"Z"}}`},
		{method: "GET", path: "/api/v1/people/export.csv", token: b.admin},
		{method: "POST", path: "/api/v1/auth/sign-in", body: body},
	} {
		b.store.fails.Store(1)
		a := b.do(c)
		a.want(t, 503, "trail_unavailable", "Bình")
		if cookieOf(a) != "" || strings.Contains(a.body, "accessToken") || a.header.Get("Content-Disposition") != "" {
			t.Errorf("%s %s: the answer gives all the same what nobody may have: %v", c.method, c.path, a.header)
		}
	}
	if p, err := b.People.Person(t.Context(), b.id["binh"]); err != nil || p.Unit != "b" || p.Status != people.Active {
		t.Errorf("without a trace there is %+v, %v", p, err)
	}
	if _, err := b.People.Unit(t.Context(), "z"); err == nil {
		t.Error("a unit was added without a trace")
	}
	// Cut off between the change and its end: the trail knows that it began.
	b.store.fails.Store(2)
	b.do(call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"a"}`}).want(t, 200, `"unit":"a"`, "")
	if got := b.line(b.newest()); got != "admin person_changed person:binh under_way  []" {
		t.Errorf("got %s", got)
	}
	b.clock.advance(time.Minute)
	if got := b.trail("?outcome=unknown"); len(got) != 1 || b.line(got[0]) != "admin person_changed person:binh unknown  []" {
		t.Errorf("of unknown outcome: %+v", got)
	}
	if !strings.Contains(b.log.String(), "how a change ended is not in the audit trail") {
		t.Error("the log does not say so")
	}
	b.do(call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"b"}`}).want(t, 200, `"unit":"b"`, "")
	if r, err := b.Audit.Verify(t.Context(), 0, nil, nil); err != nil || !r.Good() {
		t.Errorf("the trail is not good: %v %v", r.Problems, err)
	}
}

// Nobody fills the trail by repeating what is refused.
func TestTrailIsBounded(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	count := func() int64 {
		e, err := b.db.Audit().Newest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return e.Seq
	}
	grows := func(name string, least, most int64, times int, ask func(i int) call, last int, code string) {
		t.Helper()
		before, a := count(), reply{}
		for i := range times {
			a = b.do(ask(i))
		}
		a.want(t, last, code, "")
		if n := count() - before; n < least || n > most {
			t.Errorf("%s: %d entries, want %d to %d", name, n, least, most)
		}
	}
	binh := "/api/v1/people/" + string(b.id["binh"])
	grows("the same GET", 1, 1, 50, func(int) call { return call{method: "GET", path: binh, token: b.learner} }, 403, "not_allowed")
	grows("the same change by nobody who may", 1, 1, 50, func(int) call { return call{method: "PATCH", path: binh, token: b.learner, body: `{}`} }, 403, "not_allowed")
	grows("the same change out of scope", 240, 240, 200, func(int) call {
		return call{method: "PATCH", path: binh, token: b.unitAdmin, body: `{}`}
	}, 429, "too_many_refusals")
	b.do(call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"a"}`}).want(t, 200, "", "") // others go on
	b.clock.advance(time.Minute)
	b.do(call{method: "PATCH", path: binh, token: b.unitAdmin, body: `{"unit":"a"}`}).want(t, 200, "", "")
	grows("other ids each time", 500, 600, 700, func(i int) call {
		return call{method: "GET", path: fmt.Sprint("/api/v1/people/", i), token: b.unitAdmin}
	}, 404, "person_not_found")
	b.clock.advance(time.Minute)
	grows("an export again and again", 600, 600, 610, func(int) call { return call{method: "GET", path: "/api/v1/people/export.csv", token: b.unitAdmin} }, 429, "too_many_changes")
	b.clock.advance(time.Minute)
	grows("a closed door", 11, 11, 40, func(int) call {
		return call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"learner@bo.vn","password":"khong phai mat khau nay"}`}
	}, 429, "too_many_tries")
	if got := b.line(b.newest()); got != " sign_in person:learner refused too_many_tries []" {
		t.Errorf("got %s", got)
	}
	b.clock.advance(16 * time.Minute) // tokens are too old by now
	grows("the door is open and closes again", 11, 11, 40, func(int) call {
		return call{method: "POST", path: "/api/v1/auth/sign-in", body: `{"email":"learner@bo.vn","password":"khong phai mat khau nay"}`}
	}, 429, "too_many_tries")
	grows("an invitation that is not there", 1, 1, 40, func(int) call {
		return call{method: "POST", path: "/api/v1/auth/invitations/" + nowhere, body: `{"password":"x"}`}
	}, 404, "invitation_unknown")
	grows("nobody", 0, 0, 10, func(int) call { return call{method: "GET", path: binh} }, 401, "sign_in_required")
	grows("signing out without a session", 0, 0, 10, func(int) call { return call{method: "POST", path: "/api/v1/auth/sign-out"} }, 204, "")
}

// Filters select, names come along, and bad ones are refused with field and reason.
func TestListAudit(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	binh := "/api/v1/people/" + string(b.id["binh"])
	b.clock.advance(24 * time.Hour) // 2026-03-03 08:00 UTC, 15:00 here
	b.admin, _ = b.in("admin@bo.vn")
	b.auditor, _ = b.in("auditor@bo.vn")
	b.do(call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"a"}`}).want(t, 200, "", "")
	b.do(call{method: "PATCH", path: binh, token: b.admin, body: `{"unit":"zz"}`}).want(t, 422, "", "")
	b.do(call{method: "POST", path: "/api/v1/units", token: b.admin, body: `{"id":"c","name":{"vi":"Đơn vị C"}}`}).want(t, 201, "", "")
	b.clock.advance(9 * time.Hour) // past midnight here
	b.auditor, _ = b.in("auditor@bo.vn")
	for _, tt := range []struct {
		query string
		want  int
	}{
		{"?actor=" + string(b.id["admin"]), 5},
		{"?group=units", 1},
		{"?group=people&outcome=done", 1},
		{"?action=person_changed", 2},
		{"?action=person_changed&outcome=failed", 1},
		{"?object=unit:c", 1},
		{"?object=person:" + string(b.id["binh"]), 2},
		{"?outcome=refused", 0},
		{"?outcome=unknown", 0},
		{"?from=2026-03-04", 1},
		{"?to=2026-03-02", 4},
		{"?from=2026-03-03&to=2026-03-03", 5},
		{"?from=2027-01-01", 0},
		{"?cursor=3", 2},
	} {
		if got := b.trail(tt.query); len(got) != tt.want {
			t.Errorf("%s: %d entries, want %d", tt.query, len(got), tt.want)
		}
	}
	a := decode[auditAnswer](t, b.do(call{method: "GET", path: "/api/v1/audit", token: b.auditor}))
	for key, want := range map[string]string{
		"person:" + string(b.id["admin"]): "Người admin", "person:" + string(b.id["binh"]): "Bình", "unit:a": "Đơn vị a", "unit:b": "Đơn vị b", "unit:c": "Đơn vị C",
	} {
		if a.Names[key].Vi != want {
			t.Errorf("the name of %s is %q, want %q", key, a.Names[key].Vi, want)
		}
	}
	for query, field := range map[string]string{
		"group=x": "group", "action=x": "action", "outcome=begun": "outcome", "object=x": "object", "object=:x": "object", "object=unit:": "object",
		"from=2026-3-4": "from", "to=tomorrow": "to", "to=2026-02-30": "to", "cursor=x": "cursor", "cursor=0": "cursor", "cursor=-3": "cursor",
		"actor=" + strings.Repeat("x", 65): "actor",
	} {
		b.do(call{method: "GET", path: "/api/v1/audit?" + query, token: b.auditor}).want(t, 400, `"field":"`+field+`"`, "")
	}
	// Pages follow each other without a gap.
	b.admin, _ = b.in("admin@bo.vn")
	for i := range 130 {
		b.do(call{method: "PATCH", path: "/api/v1/units/c", token: b.admin, body: fmt.Sprintf(`{"name":{"vi":"Đơn vị %d"}}`, i)}).want(t, 200, "", "")
	}
	seen, pages, next := []int64{}, 0, ""
	for {
		p := decode[auditAnswer](t, b.do(call{method: "GET", path: "/api/v1/audit?group=units&cursor=" + next, token: b.auditor}))
		for _, e := range p.Items {
			seen = append(seen, e.Seq)
		}
		if pages++; p.Next == "" {
			break
		}
		next = p.Next
	}
	slices.Reverse(seen)
	if len(seen) != 131 || pages != 3 || !slices.IsSorted(seen) || len(slices.Compact(seen)) != 131 {
		t.Errorf("%d entries on %d pages, want 131 on 3", len(seen), pages)
	}
}

// The check of the screen says how long the trail is, and what is wrong.
func TestCheckAudit(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	ask := func() audit.Report {
		return decode[audit.Report](t, b.do(call{method: "GET", path: "/api/v1/audit/check", token: b.auditor}))
	}
	if r := ask(); !r.Good() || r.Entries != 4 || r.Head.Seq != 4 || len(r.Head.Hash) != 64 {
		t.Errorf("%+v", r)
	}
	if err := b.db.Audit().Remove(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if r := ask(); len(r.Problems) != 1 || r.Problems[0] != (audit.Problem{Seq: 1, Through: 2, What: "missing"}) {
		t.Errorf("%+v", r)
	}
}
