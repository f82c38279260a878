package httpapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// A unit moves with everything below it, and who manages what follows at once.
func TestMoveUnit(t *testing.T) {
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
