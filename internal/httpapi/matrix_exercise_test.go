package httpapi

import (
	"context"
	"fmt"
	"strings"

	"hocso/content"
	"hocso/internal/exercise"
	"hocso/internal/people"
)

// sitting plans one for a unit with somebody of it, and starts it when asked to. Its goal
// may be seen by who runs exercises there or tracks the unit.
func (w *world) sitting(unit people.UnitID, running bool) exercise.Sitting {
	w.t.Helper()
	ctx, goal := context.Background(), "Đích-"+w.freshName()+"-Hết"
	if list, err := w.Exercises.List(ctx); err == nil && len(list) == 0 {
		xs, _ := exercise.ReadFolder(content.Files())
		_, err := w.Exercises.Publish(ctx, xs)
		w.must(err)
	}
	p := exercise.Plan{Exercise: table, Unit: unit, On: "2026-03-30", Minutes: 60, Goal: goal, Scope: "x", Tools: "x", Limits: "x"}
	p.Participants = []exercise.Attendee{{Person: map[people.UnitID]people.ID{"a": w.by["adminA"].id, "b": w.by["adminB"].id}[unit], Seat: "head"}}
	f, err := w.Exercises.Add(ctx, w.actor(w.by["admin"]), p)
	w.must(err)
	if running {
		f, err = w.Exercises.Start(ctx, w.actor(w.by["admin"]), f.Sitting.ID, "phone", nil, false)
		w.must(err)
	}
	w.plant(goal, func(k *kind) bool { return k.within(unit) || k.exercises() })
	return f.Sitting
}

// exerciseRows are about sittings of A and of B.
func exerciseRows() []matrixRow {
	const v = "/api/v1"
	run := map[people.UnitID]func(ok string) string{
		"a": func(ok string) string {
			return strings.ReplaceAll("admin:? adminA:? adminB:404 headA:? headB:404 headTop:? security:? *:403", "?", ok)
		},
		"b": func(ok string) string {
			return strings.ReplaceAll("admin:? adminA:404 adminB:? headA:404 headB:? headTop:? security:? *:403", "?", ok)
		},
	}
	see := map[people.UnitID]string{
		"a": "admin:200 adminA:200 adminB:404 auditor:200 auditorA:200 headA:200 headB:404 headTop:200 security:200 *:403",
		"b": "admin:200 adminA:404 adminB:200 auditor:200 auditorA:404 headA:404 headB:200 headTop:200 security:200 *:403",
	}
	const seers = "admin:200 adminA:200 adminB:200 auditor:200 auditorA:200 headA:200 headB:200 headTop:200 security:200 *:403"
	const runners = "admin:200 adminA:200 adminB:200 headA:200 headB:200 headTop:200 security:200 *:403"
	team := func(unit string) func(*world, *kind) call { return at("/sittings/team?unit=%s", unit) }
	there := func(w *world, _ *kind) call {
		w.sitting("a", false)
		return call{path: "/exercises/" + string(table)}
	}
	rows := []matrixRow{
		{route: "GET " + v + "/exercises", expect: seers, ask: at("/exercises")},
		{route: "GET " + v + "/exercises/:id", expect: runners, ask: there, has: "injects"},
		{route: "GET " + v + "/exercises/:id", about: "that is not there", expect: strings.ReplaceAll(runners, "200", "404"), ask: at("/exercises/none"), twin: at("/exercises/other")},
		{route: "GET " + v + "/sittings", expect: seers, ask: at("/sittings")},
		{route: "GET " + v + "/sittings/findings", expect: seers, ask: at("/sittings/findings")},
		{route: "GET " + v + "/sittings/units", expect: runners, ask: at("/sittings/units")},
		{route: "GET " + v + "/sittings/team", about: "of A", expect: run["a"]("200"), ask: team("a"), twin: team("none")},
		{route: "GET " + v + "/sittings/team", about: "of B", expect: run["b"]("200"), ask: team("b"), twin: team("none")},
		{route: "GET " + v + "/me/sittings", expect: "*:200", ask: at("/me/sittings")},
	}
	plan := func(w *world, unit people.UnitID, version int) string {
		who := map[people.UnitID]people.ID{"a": w.by["adminA"].id, "b": w.by["adminB"].id}[unit]
		s := fmt.Sprintf(`{"exercise":%q,"unit":%q,"on":"2026-03-30","minutes":60,"goal":"x","scope":"x","tools":"x","limits":"x","participants":[{"person":%q,"seat":"head"}]`, table, unit, who)
		if version > 0 {
			return s + fmt.Sprintf(`,"version":%d}`, version)
		}
		return s + "}"
	}
	for _, unit := range []people.UnitID{"a", "b"} {
		expect, about := run[unit], "of "+strings.ToUpper(string(unit))
		rows = append(rows, matrixRow{
			route: "POST " + v + "/sittings", about: about, expect: strings.ReplaceAll(expect("201"), "404", "422"),
			ask: func(w *world, _ *kind) call {
				w.sitting(unit, false)
				return call{body: plan(w, unit, 0)}
			},
			twin: func(w *world, _ *kind) call { return call{body: plan(w, "none", 0)} },
		})
		for _, r := range []struct {
			method, rest, expect string
			running              bool
			body                 func(w *world) string
		}{
			{"GET", "", see[unit], false, nil},
			{"PUT", "", expect("200"), false, func(w *world) string { return plan(w, unit, 1) }},
			{"POST", "/start", expect("200"), false, func(*world) string { return `{"device":"phone","absent":[],"takeOver":false}` }},
			{"PUT", "/turns/:n", expect("200"), true, func(*world) string { return `{"device":"phone","decision":"x","met":[],"seconds":1}` }},
			{"POST", "/finish", expect("422"), true, func(*world) string { return `{"device":"phone","absent":[]}` }},
			{"POST", "/cancel", expect("200"), false, nil},
			{"PUT", "/findings/:finding", expect("200"), true, func(w *world) string {
				who := map[people.UnitID]people.ID{"a": w.by["adminA"].id, "b": w.by["adminB"].id}[unit]
				return fmt.Sprintf(`{"version":2,"what":"x","owner":%q,"dueOn":"2026-03-30","closed":false}`, who)
			}},
		} {
			rest := strings.NewReplacer(":n", "1", ":finding", "f").Replace(r.rest)
			ask := func(w *world, id string) call {
				c := call{path: "/sittings/" + id + rest}
				if r.body != nil {
					c.body = r.body(w)
				}
				return c
			}
			if r.rest == "/finish" { // its fields are not right for who may end it, and it is not there for others
				r.expect = strings.ReplaceAll(r.expect, "422", "422/invalid_fields")
			}
			rows = append(rows, matrixRow{
				route: r.method + " " + v + "/sittings/:id" + r.rest, about: about, expect: r.expect,
				ask:  func(w *world, _ *kind) call { return ask(w, string(w.sitting(unit, r.running).ID)) },
				twin: func(w *world, _ *kind) call { return ask(w, nowhere) },
			})
		}
	}
	return rows
}
