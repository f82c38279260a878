package httpapi

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"hocso/internal/people"
)

// organisation is a ministry with two departments, an administrator of all, one of
// department A, a head, a learner and a trainer.
type organisation struct {
	*site
	root, unitAdmin, head, learner, trainer string // access tokens
	id                                      map[string]people.ID
}

func newOrganisation(t *testing.T) *organisation {
	x := newSite(t)
	o := &organisation{site: x, id: map[string]people.ID{}}
	x.unit("bo", "")
	x.unit("a", "bo")
	x.unit("a1", "a")
	x.unit("b", "bo")
	for _, p := range []struct {
		name, email string
		unit        people.UnitID
		grants      []people.Grant
	}{
		{"Quản Trị", "root@bo.vn", "bo", []people.Grant{{Role: people.Administrator}}},
		{"Quản Trị A", "admin-a@bo.vn", "a", []people.Grant{{Role: people.Administrator, Unit: "a"}}},
		{"Trưởng A", "head-a@bo.vn", "a", nil},
		{"Trưởng Bộ", "boss@bo.vn", "a", nil},
		{"Nguyễn Thị Lan", "lan@bo.vn", "a1", nil},
		{"Đặng Văn Bình", "binh@bo.vn", "b", nil},
		{"Soạn Bài", "trainer@bo.vn", "b", []people.Grant{{Role: people.Trainer}}},
	} {
		o.id[p.email] = x.add(p.name, p.email, p.unit, p.grants...).ID
	}
	for unit, email := range map[people.UnitID]string{"a": "head-a@bo.vn", "bo": "boss@bo.vn"} {
		if _, err := x.People.SetHeads(t.Context(), people.Console(), unit, []people.Headship{{Person: o.id[email], From: "2026-01-01"}}); err != nil {
			t.Fatal(err)
		}
	}
	o.root, _ = x.in("root@bo.vn")
	o.unitAdmin, _ = x.in("admin-a@bo.vn")
	o.head, _ = x.in("head-a@bo.vn")
	o.learner, _ = x.in("lan@bo.vn")
	o.trainer, _ = x.in("trainer@bo.vn")
	return o
}

// What somebody may do everywhere is told apart from what they may do in a unit: the app
// offers no page that would refuse them.
func TestMeEverywhere(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	for token, want := range map[string]string{
		o.root:      `"everywhere":["learner","administrator"]`,
		o.unitAdmin: `"everywhere":["learner"]`,
		o.head:      `"everywhere":["learner"]`,
	} {
		o.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, want, "")
	}
}

// Who may do what to whom: every refusal is tried with everything that could leak.
func TestPeopleScope(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	person := func(email, rest string) string { return "/api/v1/people/" + string(o.id[email]) + rest }
	for _, tt := range []struct {
		name, token, method, path, body string
		status                          int
		want, never                     string
	}{
		{"nobody lists people", "", "GET", "/api/v1/people", "", 401, "sign_in_required", "lan@bo.vn"},
		{"a learner lists people", o.learner, "GET", "/api/v1/people", "", 403, "not_allowed", "lan@bo.vn"},
		{"a trainer lists people", o.trainer, "GET", "/api/v1/people", "", 403, "not_allowed", "lan@bo.vn"},
		{"a head lists people", o.head, "GET", "/api/v1/people", "", 403, "not_allowed", "lan@bo.vn"},
		{"root lists what is not there", o.root, "GET", "/api/v1/people?unit=zzz", "", 404, "unit_not_found", ""},
		{"root lists all", o.root, "GET", "/api/v1/people", "", 200, "binh@bo.vn", "argon2"},
		{"A lists its own", o.unitAdmin, "GET", "/api/v1/people", "", 200, "lan@bo.vn", "binh@bo.vn"},
		{"A searches all", o.unitAdmin, "GET", "/api/v1/people?q=binh", "", 200, `{"items":[]}`, "binh@bo.vn"},
		{"A lists B", o.unitAdmin, "GET", "/api/v1/people?unit=b", "", 404, "unit_not_found", "binh@bo.vn"},
		{"A lists what is not there", o.unitAdmin, "GET", "/api/v1/people?unit=zzz", "", 404, "unit_not_found", ""},
		{"A lists above", o.unitAdmin, "GET", "/api/v1/people?unit=bo", "", 404, "unit_not_found", "root@bo.vn"},
		{"A lists below", o.unitAdmin, "GET", "/api/v1/people?unit=a1", "", 200, "lan@bo.vn", "head-a@bo.vn"},
		{"A reads its own", o.unitAdmin, "GET", person("lan@bo.vn", ""), "", 200, `"email":"lan@bo.vn"`, "argon2"},
		{"A reads B", o.unitAdmin, "GET", person("binh@bo.vn", ""), "", 404, "person_not_found", "binh"},
		{"a learner reads themselves as a manager would", o.learner, "GET", person("lan@bo.vn", ""), "", 403, "not_allowed", "lan@"},
		{"A changes B", o.unitAdmin, "PATCH", person("binh@bo.vn", ""), `{"name":"X"}`, 404, "person_not_found", "binh"},
		{"A changes nobody", o.unitAdmin, "PATCH", "/api/v1/people/nobody", `{"name":"X"}`, 404, "person_not_found", ""},
		{"A invites B", o.unitAdmin, "POST", person("binh@bo.vn", "/invite"), "", 404, "person_not_found", "invitation#"},
		{"A disables B", o.unitAdmin, "POST", person("binh@bo.vn", "/disable"), "", 404, "person_not_found", "binh"},
		{"A takes over the head of all", o.unitAdmin, "POST", person("boss@bo.vn", "/invite"), "", 403, "above_your_scope", "invitation#"},
		{"A moves a person out", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"unit":"b"}`, 422, `"field":"unit","code":"unknown"`, ""},
		{"A moves a person up", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"unit":""}`, 422, `"field":"unit","code":"unknown"`, ""},
		{"A adds in B", o.unitAdmin, "POST", "/api/v1/people", `{"name":"X","email":"x@bo.vn","unit":"b"}`, 422, `"field":"unit","code":"unknown"`, ""},
		{"A adds nowhere", o.unitAdmin, "POST", "/api/v1/people", `{"name":"X","email":"x@bo.vn"}`, 422, `"field":"unit","code":"unknown"`, ""},
		{"A grants all", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"grants":[{"role":"administrator","unit":""}]}`, 422, `"code":"above_your_scope"`, ""},
		{"A grants B", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"grants":[{"role":"auditor","unit":"b"}]}`, 422, `"code":"above_your_scope"`, ""},
		{"A raises itself", o.unitAdmin, "PATCH", person("admin-a@bo.vn", ""), `{"grants":[{"role":"administrator","unit":"a"},{"role":"trainer","unit":"a"}]}`, 403, "own_roles", ""},
		{"A grants a trainer by name, within A", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"roles":["trainer"]}`, 200, `"grants":[{"role":"trainer","unit":"a"}]`, ""},
		{"A takes an address", o.unitAdmin, "PATCH", person("lan@bo.vn", ""), `{"email":"binh@bo.vn"}`, 409, "email_taken", ""},
		{"status by hand", o.root, "PATCH", person("lan@bo.vn", ""), `{"status":"invited"}`, 422, `"field":"status","code":"oneof"`, ""},
		{"id by hand", o.root, "PATCH", person("lan@bo.vn", ""), `{"id":"x"}`, 400, "unknown_field", ""},
		{"root disables itself", o.root, "POST", person("root@bo.vn", "/disable"), "", 403, "own_account", ""},
		{"units of A", o.unitAdmin, "GET", "/api/v1/units", "", 200, `"id":"a1"`, `"id":"b"`},
		{"units of a head", o.head, "GET", "/api/v1/units", "", 200, `"id":"a1"`, `"id":"b"`},
		{"units of a learner", o.learner, "GET", "/api/v1/units", "", 403, "not_allowed", `"id"`},
		{"A adds below B", o.unitAdmin, "POST", "/api/v1/units", `{"name":{"vi":"X"},"parent":"b"}`, 422, `"field":"parent","code":"unknown"`, ""},
		{"A adds at the top", o.unitAdmin, "POST", "/api/v1/units", `{"name":{"vi":"X"}}`, 422, `"field":"parent","code":"unknown"`, ""},
		{"A adds below A", o.unitAdmin, "POST", "/api/v1/units", `{"name":{"vi":"Phòng Đào tạo"},"parent":"a"}`, 201, `"id":"phong-dao-tao","name":{"vi":"Phòng Đào tạo","en":"Phòng Đào tạo"},"parent":"a","path":["bo","a"]`, ""},
		{"A renames B", o.unitAdmin, "PATCH", "/api/v1/units/b", `{"name":{"vi":"X"}}`, 404, "unit_not_found", ""},
		{"A moves below B", o.unitAdmin, "PATCH", "/api/v1/units/a1", `{"parent":"b"}`, 422, `"field":"parent","code":"unknown"`, ""},
		{"a ring", o.root, "PATCH", "/api/v1/units/a", `{"parent":"a1"}`, 422, `"field":"parent","code":"cycle"`, ""},
		{"itself", o.root, "PATCH", "/api/v1/units/a", `{"parent":"a"}`, 422, `"field":"parent","code":"cycle"`, ""},
		{"the id is taken", o.root, "POST", "/api/v1/units", `{"id":"a","name":{"vi":"X"}}`, 409, "unit_taken", ""},
		{"A makes a stranger head", o.unitAdmin, "PUT", "/api/v1/units/a/heads", `{"heads":[{"person":"` + string(o.id["binh@bo.vn"]) + `","from":"2026-01-01"}]}`, 422, `"field":"heads[0].person","code":"unknown"`, ""},
		{"two heads at once", o.root, "PUT", "/api/v1/units/a/heads", `{"heads":[{"person":"` + string(o.id["lan@bo.vn"]) + `","from":"2026-01-01"},{"person":"` + string(o.id["binh@bo.vn"]) + `","from":"2026-02-01"}]}`, 422, `"field":"heads[1].from","code":"overlap"`, ""},
		{"ends before it begins", o.root, "PUT", "/api/v1/units/a/heads", `{"heads":[{"person":"` + string(o.id["lan@bo.vn"]) + `","from":"2026-01-02","to":"2026-01-01"}]}`, 422, `"field":"heads[0].to","code":"order"`, ""},
		{"no such day", o.root, "PUT", "/api/v1/units/a/heads", `{"heads":[{"person":"x","from":"2026-02-30"}]}`, 422, `"field":"heads[0].from","code":"datetime"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := call{method: tt.method, path: tt.path, token: tt.token}
			if tt.body != "" {
				c.body = tt.body
			}
			o.do(c).want(t, tt.status, tt.want, tt.never)
		})
	}
}

func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	second := o.add("Quản Trị 2", "root2@bo.vn", "bo", people.Grant{Role: people.Administrator})
	two, _ := o.in("root2@bo.vn")
	first := "/api/v1/people/" + string(o.id["root@bo.vn"])
	o.do(call{method: "POST", path: first + "/disable", token: two}).want(t, 200, `"status":"closed"`, "")
	o.do(call{method: "GET", path: "/api/v1/people", token: o.root}).want(t, 401, "sign_in_required", "lan@bo.vn")
	for _, c := range []call{
		{method: "POST", path: "/api/v1/people/" + string(second.ID) + "/disable"},
		{method: "PATCH", path: "/api/v1/people/" + string(second.ID), body: `{"roles":[]}`},
	} {
		// Only from the console can somebody else than the last administrator try.
		_, err := o.People.Disable(t.Context(), people.Console(), second.ID)
		if err == nil || !strings.Contains(err.Error(), "last_administrator") {
			t.Errorf("disable the last administrator: %v", err)
		}
		c.token = two
		o.do(c).want(t, 403, "own_", "")
	}
	o.do(call{method: "GET", path: "/api/v1/people", token: two}).want(t, 200, "lan@bo.vn", "")
	o.do(call{method: "POST", path: first + "/enable", token: two}).want(t, 200, `"status":"active"`, "")
	o.in("root@bo.vn")
}

// A role, a unit or being head acts at once, and ends at once.
func TestRolesActAtOnce(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	lan := "/api/v1/people/" + string(o.id["lan@bo.vn"])
	o.do(call{method: "GET", path: "/api/v1/people", token: o.learner}).want(t, 403, "not_allowed", "")
	o.do(call{method: "PATCH", path: lan, token: o.root, body: `{"grants":[{"role":"administrator","unit":"b"}]}`}).want(t, 200, "administrator", "")
	o.do(call{method: "GET", path: "/api/v1/people", token: o.learner}).want(t, 200, "binh@bo.vn", "head-a@bo.vn")
	o.do(call{method: "PATCH", path: lan, token: o.root, body: `{"roles":[]}`}).want(t, 200, `"grants":[]`, "")
	o.do(call{method: "GET", path: "/api/v1/people", token: o.learner}).want(t, 403, "not_allowed", "")
	heads := `{"heads":[{"person":"` + string(o.id["lan@bo.vn"]) + `","from":"2026-03-01","to":"2026-03-02","deputy":true}]}`
	o.do(call{method: "PUT", path: "/api/v1/units/b/heads", token: o.root, body: heads}).want(t, 200, `"deputy":true`, "")
	o.do(call{method: "GET", path: "/api/v1/me", token: o.learner}).want(t, 200, `"headOf":["b"]`, "")
	o.clock.advance(9 * time.Hour) // 17:00 UTC: the 3rd has begun in Hà Nội
	o.learner, _ = o.in("lan@bo.vn")
	o.do(call{method: "GET", path: "/api/v1/me", token: o.learner}).want(t, 200, `"headOf":[]`, "")
}

func TestListPeople(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	for i := range 120 {
		o.add(fmt.Sprintf("Phạm Thị Hoa %03d", i), fmt.Sprintf("hoa%03d@bo.vn", i), "b")
	}
	seen, cursor, pages := map[people.ID]bool{}, "", 0
	for {
		a := o.do(call{method: "GET", path: "/api/v1/people?unit=bo&cursor=" + cursor, token: o.root})
		page := decode[listOf[people.Person]](t, a)
		for _, p := range page.Items {
			if seen[p.ID] {
				t.Errorf("%s is on two pages", p.Name)
			}
			seen[p.ID] = true
		}
		pages++
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 127 || pages != 3 {
		t.Errorf("%d people on %d pages, want 127 on 3", len(seen), pages)
	}
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"q=dang", []string{"binh@bo.vn"}},
		{"q=%C4%90%E1%BA%B6NG", []string{"binh@bo.vn"}},
		{"q=lan+nguyen", []string{"lan@bo.vn"}},
		{"q=hoa+007", []string{"hoa007@bo.vn"}},
		{"q=root%40", []string{"root@bo.vn"}},
		{"q=ang", nil},
		{"q=%24ne", nil},
		{"q=.*", nil},
		{"status=closed", nil},
	} {
		a := o.do(call{method: "GET", path: "/api/v1/people?" + tt.query, token: o.root})
		var got []string
		for _, p := range decode[listOf[people.Person]](t, a).Items {
			got = append(got, p.Email)
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.query, got, tt.want)
		}
	}
	o.do(call{method: "GET", path: "/api/v1/people?cursor=!!", token: o.root}).want(t, 400, "bad_cursor", "")
	o.do(call{method: "GET", path: "/api/v1/people?q=" + strings.Repeat("a", 201), token: o.root}).want(t, 400, "bad_query", "")
}

// importing sends a table.
func (o *organisation) importing(t *testing.T, token, csv string, dry bool) people.ImportResult {
	t.Helper()
	a := o.do(call{method: "POST", path: fmt.Sprintf("/api/v1/people/import?dryRun=%v", dry), token: token, body: map[string]string{"csv": csv}})
	a.want(t, 200, `"rows"`, "argon2")
	return decode[people.ImportResult](t, a)
}

func TestImport(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	const table = "Họ tên;Thư điện tử;Mã đơn vị;Tên đơn vị;Đơn vị cha;Vai trò;Ngày vào;Phụ trách\r\n" +
		"Vũ Thị Mai;mai@bo.vn;C;Cục C;bo;;01/03/2026;x\r\n" +
		"Hồ Văn Nam;nam@bo.vn;c-1;Phòng C1;C;giảng viên;;\r\n" +
		"Nguyễn Thị Lan;LAN@bo.vn;c-1;;;;;\r\n" +
		"Đặng Văn An;binh@bo.vn;;;;;;\r\n"
	dry := o.importing(t, o.root, table, true)
	if dry.Applied || dry.New != 2 || dry.Moved != 1 || dry.Changed != 1 || dry.UnitsNew != 2 || len(dry.Errors) != 0 || len(dry.Changes) != 4 {
		t.Errorf("dry run: %+v", dry)
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=mai", token: o.root}).want(t, 200, `{"items":[]}`, "mai@bo.vn")
	real := o.importing(t, o.root, table, false)
	if !real.Applied || real.New != 2 || real.Moved != 1 || real.Changed != 1 {
		t.Errorf("import: %+v", real)
	}
	o.do(call{method: "GET", path: "/api/v1/people?unit=c", token: o.root}).want(t, 200, `"name":"Vũ Thị Mai"`, "")
	o.do(call{method: "GET", path: "/api/v1/people?q=nam", token: o.root}).want(t, 200, `"grants":[{"role":"trainer","unit":""}]`, "")
	o.do(call{method: "GET", path: "/api/v1/units", token: o.root}).want(t, 200, `"id":"c-1","name":{"vi":"Phòng C1","en":"Phòng C1"},"parent":"c","path":["bo","c"]`, "")
	if u, err := o.People.Unit(t.Context(), "c"); err != nil || len(u.Heads) != 1 || u.Heads[0].From != "2026-03-02" {
		t.Errorf("unit c: %+v, %v, want one head from today", u, err)
	}
	again := o.importing(t, o.root, table, false)
	if again.New+again.Moved+again.Changed+again.UnitsNew+again.UnitsChanged != 0 || again.Unchanged != 4 {
		t.Errorf("the same again: %+v, want no change", again)
	}
}

func TestImportErrors(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	head := "email,name,unit,unit name,parent unit,role,joined,head\n"
	for _, tt := range []struct {
		name, csv string
		row       int
		column    string
		code      string
	}{
		{"empty", "", 1, "", "empty"},
		{"no address column", "name,unit\nLan,a\n", 1, "email", "missing_column"},
		{"a column twice", "email,name,e-mail\na@b.vn,A,a@b.vn\n", 1, "email", "duplicate_column"},
		{"no address", head + ",Lan,a,,,,,\n", 2, "email", "required"},
		{"no name", head + "x@bo.vn,,a,,,,,\n", 2, "name", "required"},
		{"no unit", head + "x@bo.vn,X,,,,,,\n", 2, "unit", "required"},
		{"not an address", head + "x@bo,X,a,,,,,\n", 2, "email", "mail"},
		{"an address twice", head + "x@bo.vn,X,a,,,,,\nX@bo.vn,X,a,,,,,\n", 3, "email", "duplicate"},
		{"unknown unit", head + "x@bo.vn,X,zzz,,,,,\n", 2, "unit", "unknown_unit"},
		{"unknown unit without a person", head + ",,zzz,,,,,\n", 2, "unit", "unknown_unit"},
		{"unknown parent", head + "x@bo.vn,X,n,Mới,zzz,,,\n", 2, "parentUnit", "unknown_unit"},
		{"a ring in the file", head + ",,m,M,n,,,\n,,n,N,m,,,\n", 2, "parentUnit", "cycle"},
		{"a ring with what is there", head + ",,bo,,a1,,,\n", 2, "parentUnit", "cycle"},
		{"two names for a unit", head + ",,n,N,bo,,,\n,,n,M,bo,,,\n", 3, "unitName", "differs"},
		{"two codes that look alike", head + ",,n.1,N,bo,,,\n,,n-1,N,bo,,,\n", 3, "unit", "ambiguous"},
		{"unknown role", head + "x@bo.vn,X,a,,,boss,,\n", 2, "role", "unknown_role"},
		{"no such day", head + "x@bo.vn,X,a,,,,31/02/2026,\n", 2, "joined", "date"},
		{"a formula", head + "x@bo.vn,\"=HYPERLINK(\"\"http://e\"\")\",a,,,,,\n", 2, "name", "formula"},
		{"a formula, plus", head + "x@bo.vn,+1,a,,,,,\n", 2, "name", "formula"},
		{"reversed text", head + "x@bo.vn,a\u202eb,a,,,,,\n", 2, "name", "text"},
		{"a line break in a cell", head + "x@bo.vn,\"a\nb\",a,,,,,\n", 2, "name", "text"},
		{"a quotation mark that does not close", head + "x@bo.vn,X,a,,,,,\ny@bo.vn,\"Y,a,,,,,\n", 3, "", "quotes"},
		{"a quotation mark inside", head + "x@bo.vn,X \"Y\" Z,a,,,,,\n", 2, "", "quotes"},
		{"too many cells", head + "x@bo.vn,X,a,,,,,,extra\n", 2, "", "too_many_cells"},
		{"two heads", head + "x@bo.vn,X,a,,,,,x\ny@bo.vn,Y,a,,,,,x\n", 3, "head", "duplicate"},
		{"a strange mark", head + "x@bo.vn,X,a,,,,,maybe\n", 2, "head", "mark"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := o.importing(t, o.root, tt.csv, false)
			if res.Applied || len(res.Errors) == 0 {
				t.Fatalf("%q: %+v, want an error", tt.csv, res)
			}
			e := res.Errors[0]
			if e.Row != tt.row || e.Column != tt.column || e.Code != tt.code || e.Message == "" {
				t.Errorf("%q: got %+v, want row %d, column %q, code %q", tt.csv, res.Errors, tt.row, tt.column, tt.code)
			}
		})
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=x%40", token: o.root}).want(t, 200, `{"items":[]}`, "x@bo.vn")
	o.do(call{method: "POST", path: "/api/v1/people/import?dryRun=maybe", token: o.root, body: `{"csv":""}`}).want(t, 400, "bad_query", "")
	o.do(call{method: "POST", path: "/api/v1/people/import", token: o.root, body: `{"csvBase64":"!"}`}).want(t, 400, "base64", "")
	o.do(call{method: "POST", path: "/api/v1/people/import", token: o.learner, body: `{"csv":""}`}).want(t, 403, "not_allowed", "")
}

// An administrator of department A cannot reach out of it by a table either.
func TestImportScope(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	for _, tt := range []struct{ name, csv, code string }{
		{"a person of B", "email,name,unit\nbinh@bo.vn,X,a\n", "taken"},
		{"into B", "email,name,unit\nx@bo.vn,X,b\n", "unknown_unit"},
		{"nowhere", "email,name\nx@bo.vn,X\n", "required"},
		{"B moved into A", "email,name,unit,unit name,parent unit\n,,b,,a\n", "unknown_unit"},
		{"B moved into A with a person of it", "email,name,unit,unit name,parent unit\nbinh@bo.vn,X,b,,a\n", "taken"},
		{"B renamed", "email,name,unit,unit name\n,,b,Tên khác\n", "unknown_unit"},
		{"a new unit at the top", "email,name,unit,unit name\nx@bo.vn,X,n,Mới\n", "unknown_unit"},
		{"a new unit below B", "email,name,unit,unit name,parent unit\nx@bo.vn,X,n,Mới,b\n", "unknown_unit"},
		{"a role for oneself", "email,name,unit,role\nadmin-a@bo.vn,Quản Trị A,a,trainer\n", "own_roles"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := o.importing(t, o.unitAdmin, tt.csv, false)
			if res.Applied || len(res.Errors) == 0 || res.Errors[0].Code != tt.code {
				t.Errorf("%q: %+v, want %s", tt.csv, res, tt.code)
			}
			if text := fmt.Sprintf("%+v", res); strings.Contains(text, "Bình") {
				t.Errorf("%q tells about B: %s", tt.csv, text)
			}
		})
	}
	own := o.importing(t, o.unitAdmin, "email,name,unit,unit name,parent unit\nlan@bo.vn,,a1,,a\nhead-a@bo.vn,,a,,bo\n", false)
	if !own.Applied || own.Unchanged != 2 || own.UnitsChanged != 0 {
		t.Errorf("the table of A as it is: %+v, want no change", own)
	}
	res := o.importing(t, o.unitAdmin, "email,name,unit,unit name,parent unit,role\nx@bo.vn,X,n,Mới,a,auditor\n", false)
	if !res.Applied || res.New != 1 || res.UnitsNew != 1 {
		t.Fatalf("within A: %+v", res)
	}
	o.do(call{method: "GET", path: "/api/v1/people?q=x%40", token: o.root}).want(t, 200, `"grants":[{"role":"auditor","unit":"n"}]`, "")
}

func TestImportEncodings(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	utf16 := func(s string, little bool) string {
		var b strings.Builder
		for _, r := range s {
			if little {
				b.WriteByte(byte(r))
				b.WriteByte(byte(r >> 8))
			} else {
				b.WriteByte(byte(r >> 8))
				b.WriteByte(byte(r))
			}
		}
		return b.String()
	}
	for i, tt := range []struct{ name, file, code string }{
		{"UTF-8 with a mark", "\xef\xbb\xbfemail,name,unit\nm0@bo.vn,Trần Đức Ơn,a\n", ""},
		{"UTF-16", "\xff\xfe" + utf16("email;name;unit\r\nm1@bo.vn;Trần Đức Ơn;a\r\n", true), ""},
		{"UTF-16, big end first, no mark", utf16("email\tname\tunit\nm2@bo.vn\tTrần Đức Ơn\ta\n", false), ""},
		// windows-1258 writes ầ as â and a grave accent of its own.
		{"windows-1258", "email,name,unit\nm3@bo.vn,Tr\xe2\xccn \xd0\xfd\xecc \xd5n,a\n", ""},
		{"a line that names the separator", "sep=;\nemail;name;unit\nm4@bo.vn;Trần Đức Ơn;a\n", ""},
		{"a workbook cut off", "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00\x21\x00\xff\xff", "bad_workbook"},
		{"an old spreadsheet", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00", "old_spreadsheet"},
		{"half of UTF-16", "\xff\xfee\x00m\x00a", "encoding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := map[string]string{"csvBase64": base64.StdEncoding.EncodeToString([]byte(tt.file))}
			res := decode[people.ImportResult](t, o.do(call{method: "POST", path: "/api/v1/people/import?dryRun=false", token: o.root, body: body}))
			if tt.code != "" {
				if len(res.Errors) != 1 || res.Errors[0].Code != tt.code || res.Errors[0].Row != 1 {
					t.Errorf("got %+v, want %s", res, tt.code)
				}
				return
			}
			if !res.Applied || res.New != 1 {
				t.Fatalf("got %+v", res)
			}
			a := o.do(call{method: "GET", path: fmt.Sprintf("/api/v1/people?q=m%d%%40", i), token: o.root})
			a.want(t, 200, `"name":"Trần Đức Ơn"`, "")
		})
	}
}

// manyRows is a table of n people in 200 units.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("email,name,unit,unit name,parent unit\n")
	for i := range n {
		fmt.Fprintf(&b, "p%05d@bo.vn,Nguyễn Thị Số %05d,u%03d,Đơn vị %03d,b\n", i, i, i%200, i%200)
	}
	return b.String()
}

// A whole office goes in with one request, and a repeat changes nothing.
func TestImportLarge(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	table := manyRows(1500)
	if res := o.importing(t, o.root, table, false); !res.Applied || res.New != 1500 || res.UnitsNew != 200 || len(res.Changes) != 200 {
		t.Fatalf("new %d, units %d, errors %v", res.New, res.UnitsNew, res.Errors)
	}
	if res := o.importing(t, o.root, table, false); !res.Applied || res.Unchanged != 1500 || res.New+res.Changed+res.Moved+res.UnitsNew+res.UnitsChanged != 0 {
		t.Fatalf("again: %+v", res.Errors)
	}
}
