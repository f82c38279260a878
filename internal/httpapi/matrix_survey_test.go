package httpapi

import (
	"context"
	"fmt"

	"hocso/internal/people"
	"hocso/internal/survey"
)

// surveyBody is a survey of units in JSON.
func surveyBody(units string) string {
	return `{"title":{"vi":"Khảo sát","en":"Survey"},"intro":{"vi":"Vài câu","en":"A few"},"questions":[{"kind":"satisfaction","prompt":{"vi":"Hài lòng?","en":"Satisfied?"},"options":[]}],
		"units":[` + units + `],"fromOn":"2026-03-01","untilOn":"2026-03-20"}`
}

// surveyRows are about a survey of A, one of B, and one of everybody.
func surveyRows() (rows []matrixRow) {
	const v = "/api/v1/surveys"
	made := func(w *world, units []people.UnitID, publish bool) survey.Survey {
		ctx, q := context.Background(), survey.Question{Kind: survey.Satisfaction, Prompt: people.Text{Vi: "Hài lòng?", En: "Satisfied?"}}
		x, err := w.Surveys.Create(ctx, w.actor(w.by["admin"]), survey.Content{
			Title: people.Text{Vi: "Khảo sát", En: "Survey"}, Intro: people.Text{Vi: "Vài câu", En: "A few"}, Questions: []survey.Question{q},
			Units: units, FromOn: "2026-03-02", UntilOn: "2026-03-20",
		})
		w.must(err)
		if publish {
			x, err = w.Surveys.Publish(ctx, w.actor(w.by["admin"]), x.ID, x.Version)
			w.must(err)
		}
		return x
	}
	rows = []matrixRow{
		{route: "GET " + v, expect: managers, ask: at("/surveys")},
		{route: "POST " + v, about: "of everybody", expect: "admin:201 adminA:422 adminB:422 *:403", ask: with(surveyBody(""))},
		{route: "POST " + v, about: "of A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: with(surveyBody(`"a"`)), twin: with(surveyBody(`"none"`))},
	}
	for name, units := range map[string][]people.UnitID{"of A": {"a"}, "of B": {"b"}, "of everybody": nil} {
		expect := map[string]func(string) string{"of A": inA, "of B": inB, "of everybody": ofAll}[name]
		for _, r := range []struct {
			method, rest, ok string
			publish          bool
			body             string // %d: the version
		}{
			{"GET", "", "200", false, ""},
			{"PUT", "", "200", false, `{"version":%d,"content":` + surveyBody(`"`+map[string]string{"of A": "a", "of B": "b", "of everybody": "a"}[name]+`"`) + `}`},
			{"DELETE", "", "204", false, ""},
			{"POST", "/publish", "200", false, `{"version":%d}`},
			{"POST", "/close", "200", true, ""},
			{"POST", "/copy", "201", false, ""},
			{"GET", "/results", "200", true, ""},
			{"GET", "/results.csv", "200", true, ""},
		} {
			about := func(id string, version int) call {
				out := call{path: "/surveys/" + id + r.rest}
				if r.body != "" {
					out.body = fmt.Sprintf(r.body, version)
				}
				return out
			}
			rows = append(rows, matrixRow{
				route: r.method + " " + v + "/:id" + r.rest, about: name, expect: expect(r.ok),
				ask: func(w *world, _ *kind) call {
					x := made(w, units, r.publish)
					return about(string(x.ID), x.Version)
				},
				twin: func(*world, *kind) call { return about(nowhere, 1) },
			})
		}
	}
	return rows
}
