package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hocso/internal/audit"
	"hocso/internal/people"
)

// Who got which role by an import stands in the trail, one by one up to a hundred; a preview grants none.
func TestImportedRolesAreInTheTrail(t *testing.T) {
	o := newOrganisation(t)
	send := func(dry bool, csv string) audit.Entry {
		t.Helper()
		o.do(call{method: "POST", path: fmt.Sprintf("%s/people/import?dryRun=%v", v1, dry), token: o.root, body: map[string]string{"csv": csv}}).want(t, 200, `"errorCount":0`, "")
		es, err := o.db.Audit().Find(t.Context(), audit.Query{Action: "people_imported", Limit: 1})
		if err != nil || len(es) != 1 {
			t.Fatalf("%d entries, %v", len(es), err)
		}
		return es[0]
	}
	roles := func(e audit.Entry) (out []audit.Detail) {
		return slices.DeleteFunc(e.Detail, func(d audit.Detail) bool { return d.What != "role_of" && d.What != "more_roles" })
	}
	const file = "email,name,unit,role\nlan@bo.vn,,,trainer\nmoi@bo.vn,Người Mới,a1,auditor\n"
	if got := roles(send(true, file)); len(got) != 0 {
		t.Errorf("a preview grants %+v", got)
	}
	got := roles(send(false, file))
	fresh, err := o.People.PersonByEmail(t.Context(), "moi@bo.vn")
	if err != nil {
		t.Fatal(err)
	}
	lan, err := o.People.Person(t.Context(), o.id["lan@bo.vn"])
	if err != nil || len(lan.Grants) == 0 {
		t.Fatalf("%+v, %v", lan, err)
	}
	for _, p := range []people.Person{lan, fresh} {
		g := p.Grants[len(p.Grants)-1]
		want := audit.Detail{What: "role_of", After: people.RoleChange{Person: p.ID, Grant: g}.Words()}
		if !slices.Contains(got, want) {
			t.Errorf("in the trail: %+v, want %+v", got, want)
		}
	}
	if len(got) != 2 {
		t.Errorf("in the trail: %+v, want two", got)
	}
	if again := roles(send(false, file)); len(again) != 0 {
		t.Errorf("the same file again grants %+v", again)
	}
	many := "email,name,unit,role\n"
	for i := range 130 {
		many += fmt.Sprintf("n%d@bo.vn,Người %s,a1,trainer\n", i, strings.Repeat("Mới ", 1+i%3))
	}
	got = roles(send(false, many))
	if len(got) != 101 || got[100] != (audit.Detail{What: "more_roles", After: "30"}) {
		t.Errorf("%d details, the last %+v; want 100 and the number of the rest", len(got), got[len(got)-1])
	}
}
