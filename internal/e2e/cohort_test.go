//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"hocso/internal/people"
)

// TestCohort makes a cohort by a rule, sees whom it selects, and assigns a course to it.
func TestCohort(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			admin := server.SignIns["administrator"]
			for _, p := range []*phone{newPhone(t).Hurry(), newDesk(t)} {
				p.Open(server.URL)
				p.Speak(lang)
				p.SignIn(server, admin)
				p.Go("/people")
				p.Check("people-filters")
				p.Go("/cohorts")
				name := map[bool]string{true: "Phone", false: "Desk"}[p.Mobile]
				p.Tap("Thêm nhóm")
				p.Fill("Tên tiếng Việt", "Nhóm "+name)
				p.Fill("Tên tiếng Anh", "Group "+name)
				p.pick("Vai trò", "trainer")
				p.Settled()
				p.Check("cohort-rule")
				p.Tap("Tạo nhóm")
				p.See("Người trong nhóm")
				p.Settled()
				p.Check("cohort-page")

				p.Go("/campaigns/new")
				p.tap(p.in(keysOf(t, "phishing-basics").Title)+"…", "label")
				p.Tap("Tiếp")
				p.Tap("Chọn đơn vị hoặc nhóm")
				p.tap(map[string]string{"vi": "Nhóm ", "en": "Group "}[lang]+name, "label")
				p.Settled()
				p.Check("campaign-who-cohort")
				p.Tap("Tiếp")
				p.Tap("Tiếp")
				p.Settled()
			}
		})
	}
}

// TestUnitRemoved removes a unit, which is refused until the person in it is elsewhere.
func TestUnitRemoved(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t).Hurry()
	admin := server.SignIns["administrator"]
	p.SignIn(server, admin)
	var made, person struct{ ID string }
	name := people.Text{Vi: "Tổ thử nghiệm", En: "Trial team"}
	if status := server.API(admin, "POST", "/api/v1/units", fmt.Sprintf(`{"name":{"vi":%q,"en":%q}}`, name.Vi, name.En), &made); status != 201 {
		t.Fatalf("add a unit: %d", status)
	}
	if status := server.API(admin, "POST", "/api/v1/people", fmt.Sprintf(`{"name":"Lê Thử","email":"le.thu@hocso.example","unit":%q}`, made.ID), &person); status != 201 {
		t.Fatalf("add a person: %d", status)
	}
	p.Go("/units")
	p.Settled()
	p.Check("units-answering")
	p.tap(p.in(name)+"…", "summary")
	p.Tap("Sửa")
	p.Tap("Bỏ đơn vị này")
	yes := p.filled("Bỏ {name}", "name", p.in(name))
	p.Tap(yes)
	p.See(p.filled("Còn {n} người trong đơn vị", "n", 1))
	p.Check("unit-not-removed")
	if status := server.API(admin, "PATCH", "/api/v1/people/"+person.ID, `{"unit":"an-toan"}`, nil); status != 200 {
		t.Fatalf("move the person: %d", status)
	}
	p.Tap(yes)
	p.See(p.filled("Đã bỏ {name}", "name", p.in(name)))
}
