package httpapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/report"
)

// A unit moves with everything below it, and who manages what follows at once.
func TestMoveUnit(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.do(call{method: "PATCH", path: "/api/v1/units/a", token: o.root, body: `{"parent":"b","name":{"vi":"Cục A","en":"Agency A"}}`}).
		want(t, 200, `"name":{"vi":"Cục A","en":"Agency A"},"parent":"b","path":["bo","b"]`, "")
	o.do(call{method: "GET", path: "/api/v1/units", token: o.root}).want(t, 200, `"id":"a1","name":{"vi":"Đơn vị a1","en":"Unit a1"},"parent":"a","path":["bo","b","a"]`, "")
	o.do(call{method: "GET", path: "/api/v1/people?unit=b", token: o.root}).want(t, 200, "lan@bo.vn", "root@bo.vn")
	o.do(call{method: "PATCH", path: "/api/v1/units/a", token: o.unitAdmin, body: `{"name":{"vi":"Cục A mới"},"parent":"b"}`}).want(t, 200, "Cục A mới", "")
	o.do(call{method: "PATCH", path: "/api/v1/units/a", token: o.root, body: `{"parent":""}`}).want(t, 200, `"path":[]`, "")
	o.do(call{method: "GET", path: "/api/v1/units", token: o.root}).want(t, 200, `"path":["a"]`, `"path":["bo","b","a"]`)
	o.do(call{method: "POST", path: "/api/v1/units", token: o.root, body: `{"name":{"vi":"A"},"parent":"bo"}`}).want(t, 201, `"id":"a-2"`, "")
	o.do(call{method: "POST", path: "/api/v1/units", token: o.root, body: `{"name":{"vi":"???"},"parent":"bo"}`}).want(t, 201, `"id":"unit"`, "")
	o.do(call{method: "POST", path: "/api/v1/units", token: o.root, body: `{"id":"Not A Slug","name":{"vi":"A"}}`}).want(t, 422, `"field":"id","code":"slug"`, "")
	parent := "bo"
	for range 18 {
		a := o.do(call{method: "POST", path: "/api/v1/units", token: o.root, body: map[string]any{"name": map[string]string{"vi": "Sâu"}, "parent": parent}})
		parent = string(decode[people.Unit](t, a).ID)
	}
	o.do(call{method: "POST", path: "/api/v1/units", token: o.root, body: map[string]any{"name": map[string]string{"vi": "Sâu"}, "parent": parent}}).want(t, 201, "", "")
	o.do(call{method: "PATCH", path: "/api/v1/units/bo", token: o.root, body: `{"parent":"a"}`}).want(t, 422, `"field":"parent","code":"too_deep"`, "")
}

// failing is a store whose inserting fails from the n-th time on.
type failing struct {
	people.Store
	n int
}

func (f *failing) InsertPeople(ctx context.Context, ps []people.Person) error {
	if f.n--; f.n < 0 {
		return errors.New("the network is gone")
	}
	return f.Store.InsertPeople(ctx, ps)
}

// An import that is interrupted after any of its writes is finished by the same
// file again, with nobody twice and nobody missing.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	for n := range 2 {
		o := newOrganisation(t)
		table := strings.Replace(manyRows(1100), "p00007@bo.vn,Nguyễn", "p00007@bo.vn,Trần", 1)
		whole := o.People.Store
		o.People.Store = &failing{whole, n}
		if _, err := o.People.Import(t.Context(), people.Console(), section([]byte(table)), people.ImportOptions{}); err == nil {
			t.Fatalf("insert %d fails: no error", n)
		}
		o.People.Store = whole
		res, err := o.People.Import(t.Context(), people.Console(), section([]byte(table)), people.ImportOptions{})
		if err != nil || res.New != 1100-1000*n || res.Unchanged != 1000*n || !res.Applied {
			t.Errorf("after %d batches: %d new, %d unchanged, %v", n, res.New, res.Unchanged, err)
		}
		counts, err := o.People.UnitStore.CountByUnit(t.Context())
		total := 0
		for unit, c := range counts {
			if strings.HasPrefix(string(unit), "u") {
				total += c
			}
		}
		if err != nil || total != 1100 || len(counts) != 204 {
			t.Errorf("after %d batches: %d people in %d units, %v, want 1100 in 204", n, total, len(counts), err)
		}
	}
}

func TestCreateAdministrator(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	create := func(email, password string) error {
		_, err := x.Auth.CreateAdministrator(t.Context(), "Quản Trị", email, password)
		return err
	}
	if err := create("admin@bo.vn", "short"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a short password: %v, want invalid", err)
	}
	if err := create("Admin@bo.vn", password); err != nil {
		t.Fatal(err)
	}
	token, _ := x.in("admin@bo.vn")
	x.do(call{method: "GET", path: "/api/v1/people", token: token}).want(t, 200, "admin@bo.vn", "")
	if err := create("admin@bo.vn", password); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an address with a password: %v, want conflict", err)
	}
	// Somebody whom an import brought in and who never signed in becomes one.
	x.unit("bo", "")
	if _, err := x.People.Add(t.Context(), people.Console(), people.Draft{Name: "Lê Mới", Email: "moi@bo.vn", Unit: "bo"}); err != nil {
		t.Fatal(err)
	}
	if err := create("moi@bo.vn", password); err != nil {
		t.Error(err)
	}
	token, _ = x.in("moi@bo.vn")
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, `"name":"Lê Mới"`, "Quản Trị")
}

// The cookie alone is enough for the routes that say so, and only while it is the newest.
func TestAuthenticateByCookie(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	p := x.add("Lan", "lan@bo.vn", "")
	_, cookie := x.in("lan@bo.vn")
	by := func(cookie string) error {
		_, err := x.Auth.AuthenticateRefresh(t.Context(), cookie)
		return err
	}
	if err := by(cookie); err != nil {
		t.Error(err)
	}
	next := cookieOf(x.refresh(cookie))
	for name, c := range map[string]string{"used": cookie, "unknown": next[:20] + "." + next[37:], "empty": "", "another secret": next[:37] + cookie[37:]} {
		if err := by(c); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v, want unauthenticated", name, err)
		}
	}
	if err := by(next); err != nil {
		t.Error(err)
	}
	x.clock.advance(auth.IdleLifetime)
	if err := by(next); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("idle for too long: %v", err)
	}
	_, cookie = x.in("lan@bo.vn")
	if _, err := x.People.Disable(t.Context(), people.Console(), p.ID); err != nil {
		t.Fatal(err)
	}
	if err := by(cookie); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("disabled: %v", err)
	}
}

// Whoever asks for the units learns who answers for each: the head, a deputy when the
// head has left, else whoever leads the unit above, which is said.
func TestAnswering(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	heads := func(unit string, list ...map[string]any) {
		t.Helper()
		o.ask(o.root, "PUT", "/units/"+unit+"/heads", map[string]any{"heads": append([]map[string]any{}, list...)}).want(t, 200, "", "")
	}
	answering := func(unit people.UnitID) string {
		t.Helper()
		if err := o.Reports.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var said string
		for _, u := range decode[listOf[people.UnitCount]](t, o.ask(o.root, "GET", "/units", nil)).Items {
			if u.ID == unit && u.Answering != nil {
				said = u.Answering.Name + " of " + string(u.Answering.Unit)
			}
		}
		var tracked string
		for _, u := range decode[report.Units](t, o.ask(o.root, "GET", "/tracking/units?unit="+string(unit), nil)).Items {
			if u.Unit.ID == unit && u.Head != nil {
				tracked = u.Head.Name + " of " + string(unit)
				if u.Head.Above != nil {
					tracked = u.Head.Name + " of " + string(u.Head.Above.ID)
				}
			}
		}
		if said != tracked {
			t.Errorf("%s: the units say %q, tracking says %q", unit, said, tracked)
		}
		return said
	}
	lan, binh := string(o.id["lan@bo.vn"]), string(o.id["binh@bo.vn"])
	head := func(p, from, to string, deputy bool) map[string]any {
		return map[string]any{"person": p, "from": from, "to": to, "deputy": deputy}
	}
	steps := []struct {
		about string
		do    func()
		want  string
	}{
		{"nobody leads a1", func() {}, "Trưởng A of a"},
		{"a head and a deputy", func() { heads("a1", head(lan, "2026-01-01", "", false), head(binh, "2026-01-01", "", true)) }, "Nguyễn Thị Lan of a1"},
		{"the head leaves today", func() {
			o.ask(o.root, "PATCH", "/people/"+lan, `{"leftOn":"2026-03-02"}`).want(t, 200, "", "")
		}, "Nguyễn Thị Lan of a1"},
		{"a day later", func() { o.clock.advance(24 * time.Hour); o.root, _ = o.in("root@bo.vn") }, "Đặng Văn Bình of a1"},
		{"the deputy is closed", func() { o.ask(o.root, "POST", "/people/"+binh+"/disable", nil).want(t, 200, "", "") }, "Trưởng A of a"},
		{"nobody leads a", func() { heads("a") }, "Trưởng Bộ of bo"},
		{"nobody leads anything", func() { heads("bo") }, ""},
	}
	for _, s := range steps {
		s.do()
		if got := answering("a1"); got != s.want {
			t.Errorf("%s: %q answers for a1, want %q", s.about, got, s.want)
		}
	}
	for _, tt := range []struct{ about, body, want string }{
		{"who left", `{"heads":[{"person":"` + string(o.id["trainer@bo.vn"]) + `","from":"2026-01-01"},{"person":"` + binh + `","from":"2025-01-01","to":"2025-02-01"}]}`, `"field":"heads[1].person","code":"unknown"`},
		{"two on one day", `{"heads":[{"person":"` + string(o.id["trainer@bo.vn"]) + `","from":"2026-01-01"},{"person":"` + string(o.id["boss@bo.vn"]) + `","from":"2026-02-01"}]}`, `"field":"heads[1].from","code":"overlap"`},
		{"backwards", `{"heads":[{"person":"` + string(o.id["trainer@bo.vn"]) + `","from":"2026-01-02","to":"2026-01-01"}]}`, `"field":"heads[0].to","code":"order"`},
		{"no day", `{"heads":[{"person":"` + string(o.id["trainer@bo.vn"]) + `","from":"2026-02-30"}]}`, `"field":"heads[0].from","code":"datetime"`},
	} {
		o.ask(o.root, "PUT", "/units/b/heads", tt.body).want(t, 422, tt.want, "")
	}
	o.ask(o.root, "PATCH", "/people/"+string(o.id["trainer@bo.vn"]), `{"leftOn":"2026-04-01"}`).want(t, 200, "", "")
	o.ask(o.root, "PUT", "/units/b/heads", `{"heads":[{"person":"`+string(o.id["trainer@bo.vn"])+`","from":"2026-04-02"}]}`).want(t, 422, `"field":"heads[0].from","code":"left"`, "")
	o.ask(o.root, "PATCH", "/units/bo", `{"parent":"a1"}`).want(t, 422, `"field":"parent","code":"cycle"`, "")
	o.ask(o.root, "PATCH", "/units/a", `{"parent":"a"}`).want(t, 422, `"field":"parent","code":"cycle"`, "")
}

// A person's page says what they lead and which cohorts they are in, cut to what the
// reader manages; everybody learns who answers for their own unit.
func TestProfile(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	boss := "/api/v1/people/" + string(o.id["boss@bo.vn"])
	get := func(token, path string) reply { return o.do(call{method: "GET", path: path, token: token}) }
	for _, unit := range []people.UnitID{"", "a"} {
		_, err := o.People.AddCohort(t.Context(), people.Console(), people.Text{Vi: "Nhóm " + string(unit), En: "x"}, unit, &people.Rule{})
		if err != nil {
			t.Fatal(err)
		}
	}
	get(o.root, boss).want(t, 200, `"leads":[{"unit":"bo","name":{"vi":"Đơn vị bo","en":"Unit bo"},"person":"`+string(o.id["boss@bo.vn"])+`","from":"2026-01-01"}]`, "")
	get(o.root, boss).want(t, 200, `"Nhóm "`, "")
	get(o.unitAdmin, boss).want(t, 200, `"leads":[]`, `"Nhóm "`)
	get(o.unitAdmin, boss).want(t, 200, `"Nhóm a"`, "")
	get(o.learner, "/api/v1/me").want(t, 200, `"head":{"id":"`+string(o.id["head-a@bo.vn"])+`","name":"Trưởng A","unit":"a","of":{"vi":"Đơn vị a","en":"Unit a"}}`, "head-a@bo.vn")
	if _, err := o.People.SetHeads(t.Context(), people.Console(), "bo", nil); err != nil {
		t.Fatal(err)
	}
	get(o.root, "/api/v1/me").want(t, 200, `"unit":{"id":"bo"`, `"head"`)
}
