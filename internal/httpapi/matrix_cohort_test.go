package httpapi

import (
	"context"

	"hocso/internal/people"
)

// cohortRows are about a cohort of A with a person of A in it, and one of B with one of B.
func cohortRows() (rows []matrixRow) {
	const v = "/api/v1/cohorts"
	of := func(unit people.UnitID, rest string, body string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			ctx := context.Background()
			c, err := w.People.AddCohort(ctx, people.Console(), people.Text{Vi: "Nhóm", En: "Group"}, unit, nil)
			w.must(err)
			person := "x" + string(unit)
			w.move(person, map[people.UnitID]people.UnitID{"a": "a1", "b": "b"}[unit])
			_, err = w.People.Enable(ctx, people.Console(), w.person[person])
			w.must(err)
			if rest != "/members/" {
				_, err = w.People.SetMember(ctx, people.Console(), c.ID, w.person[person], true)
				w.must(err)
			} else {
				rest := rest + string(w.person[person])
				return call{path: "/cohorts/" + string(c.ID) + rest}
			}
			out := call{path: "/cohorts/" + string(c.ID) + rest}
			if body != "" {
				out.body = body
			}
			return out
		}
	}
	rows = []matrixRow{
		{route: "GET " + v, expect: managers, ask: at("/cohorts")},
		{route: "POST " + v, about: "of everybody", expect: "admin:201 adminA:422 adminB:422 *:403", ask: with(`{"name":{"vi":"Nhóm"},"unit":""}`), twin: with(`{"name":{"vi":"Nhóm"},"unit":"none"}`)},
		{route: "POST " + v, about: "of A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: with(`{"name":{"vi":"Nhóm"},"unit":"a"}`), twin: with(`{"name":{"vi":"Nhóm"},"unit":"none"}`)},
		{route: "POST " + v, about: "of A with a rule about B", expect: "admin:422 adminA:422 adminB:422 *:403", ask: with(`{"name":{"vi":"Nhóm"},"unit":"a","rule":{"units":["b"]}}`), twin: func(w *world, k *kind) call {
			if k.name == "adminB" {
				return call{body: `{"name":{"vi":"Nhóm"},"unit":"none","rule":{"units":["b"]}}`}
			}
			return call{body: `{"name":{"vi":"Nhóm"},"unit":"a","rule":{"units":["none"]}}`}
		}},
		{route: "POST " + v + "/preview", about: "of A", expect: "admin:200 adminA:200 adminB:422 *:403", ask: with(`{"unit":"a","rule":{"units":[]}}`), twin: with(`{"unit":"none","rule":{"units":[]}}`)},
		{route: "POST " + v + "/preview", about: "of everybody", expect: "admin:200 adminA:422 adminB:422 *:403", ask: with(`{"unit":"","rule":{"units":[]}}`), twin: with(`{"unit":"none","rule":{"units":[]}}`)},
	}
	for _, unit := range []people.UnitID{"a", "b"} {
		expect := inA
		if unit == "b" {
			expect = inB
		}
		for _, r := range []struct{ method, rest, path, body, ok string }{
			{"GET", "", "", "", "200"},
			{"PATCH", "", "", `{"name":{"vi":"Nhóm mới"}}`, "200"},
			{"DELETE", "", "", "", "204"},
			{"GET", "/members", "/members", "", "200"},
			{"PUT", "/members/:person", "/members/", "", "200"},
			{"DELETE", "/members/:person", "/members/", "", "200"},
		} {
			absent := call{path: "/cohorts/" + nowhere + r.path}
			if r.path == "/members/" {
				absent.path += nowhere
			}
			if r.body != "" {
				absent.body = r.body
			}
			rows = append(rows, matrixRow{
				route: r.method + " " + v + "/:id" + r.rest, about: "of " + string(unit), expect: expect(r.ok), ask: of(unit, r.path, r.body),
				twin: func(*world, *kind) call { return absent },
			})
		}
	}
	return rows
}
