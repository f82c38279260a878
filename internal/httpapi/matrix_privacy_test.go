package httpapi

import (
	"context"

	"hocso/internal/people"
	"hocso/internal/privacy"
)

// asking lets somebody new of a unit ask for something, and returns the request.
func (w *world) asking(unit people.UnitID, what privacy.Kind) string {
	w.t.Helper()
	p := w.someone(w.freshName(), unit)
	r, err := w.Privacy.Ask(context.Background(), people.Actor{ID: p}, what, "Điều-"+string(p), "Lời-"+string(p))
	w.must(err)
	seen := func(k *kind) bool { return k.name == "auditor" || k.name == "auditorA" && unit != "b" }
	w.plant("Lời-"+string(p), seen)
	return r.ID
}

// privacyRows are about the notice and what people may ask about their data.
func privacyRows() []matrixRow {
	const v = "/privacy/requests"
	handlers := "auditor:200 auditorA:200 *:403"
	forA, forB := "auditor:200 auditorA:200 *:403", "auditor:200 auditorA:404 *:403"
	of := func(unit people.UnitID, k privacy.Kind, rest, body string) func(*world, *kind) call {
		return func(w *world, _ *kind) call {
			c := call{path: v + "/" + w.asking(unit, k) + rest}
			if body != "" {
				c.body = body
			}
			return c
		}
	}
	own := func(w *world, k *kind) call {
		if k.name != "auditor" && k.name != "auditorA" {
			return call{path: v + "/" + nowhere}
		}
		mine, err := w.Privacy.Mine(context.Background(), people.Actor{ID: k.id})
		w.must(err)
		if len(mine) == 0 {
			_, err := w.Privacy.Ask(context.Background(), people.Actor{ID: k.id}, privacy.Deletion, "", "")
			w.must(err)
			mine, err = w.Privacy.Mine(context.Background(), people.Actor{ID: k.id})
			w.must(err)
		}
		return call{path: v + "/" + mine[0].ID}
	}
	rows := []matrixRow{
		{route: "GET /api/v1/me/notice", expect: "*:200", ask: at("/me/notice"), has: `"version":"2-`},
		{route: "POST /api/v1/me/notice", about: "the one there is", expect: "*:200", ask: func(w *world, _ *kind) call {
			return call{path: "/me/notice", body: map[string]string{"version": w.Privacy.Text.Version}}
		}},
		{route: "POST /api/v1/me/notice", about: "another", expect: "*:409/notice_changed", ask: send("/me/notice", `{"version":"0-x"}`)},
		{route: "POST /api/v1/me/requests", expect: "*:201", ask: send("/me/requests", `{"kind":"objection","text":"Không dùng vào việc khác"}`)},
		{route: "GET /api/v1/me/requests", expect: "*:200", ask: at("/me/requests"), has: `"answerBy"`},
		{route: "GET /api/v1/settings/retention", expect: "admin:200 *:403", ask: at("/settings/retention"), has: `"what":"answers"`},
		{route: "GET /api/v1/privacy/requests", expect: handlers, ask: func(w *world, _ *kind) call {
			w.asking("a1", privacy.Objection)
			w.asking("b", privacy.Objection)
			return call{path: v}
		}, has: `"urgency"`},
		{route: "GET /api/v1/privacy/requests/:id", about: "of A", expect: forA, ask: of("a1", privacy.Correction, "", "")},
		{route: "GET /api/v1/privacy/requests/:id", about: "of B", expect: forB, ask: of("b", privacy.Correction, "", ""), twin: at(v + "/" + nowhere)},
		{route: "GET /api/v1/privacy/requests/:id", about: "of their own", expect: "auditor:403/own_request auditorA:403/own_request *:403", ask: own},
	}
	for _, did := range []string{"answer", "extend", "complete", "reject"} {
		route, body := "POST /api/v1"+v+"/:id/"+did, `{"text":"Đã xem"}`
		kinds := []privacy.Kind{privacy.Correction}
		if did == "complete" {
			kinds = append(kinds, privacy.Deletion)
		}
		for _, k := range kinds {
			rows = append(rows,
				matrixRow{route: route, about: string(k) + " of A", expect: forA, ask: of("a1", k, "/"+did, body)},
				matrixRow{route: route, about: string(k) + " of B", expect: forB, ask: of("b", k, "/"+did, body), twin: send(v+"/"+nowhere+"/"+did, body)})
		}
		rows = append(rows, matrixRow{route: route, about: "of their own", expect: "auditor:403/own_request auditorA:403/own_request *:403", ask: func(w *world, k *kind) call {
			c := own(w, k)
			return call{path: c.path + "/" + did, body: body}
		}})
	}
	return rows
}
