package httpapi

import (
	"context"
	"strings"

	"hocso/internal/announcement"
	"hocso/internal/people"
)

// announcement begins one for a unit, or for everybody, and publishes it when asked to.
// What it says may be seen by its people and by who manages it, and what is on the
// portal by anybody.
func (w *world) announcement(unit people.UnitID, published bool) announcement.ID {
	w.t.Helper()
	ctx, title := context.Background(), "Tin-"+w.freshName()+"-Hết"
	x := announcement.Writing{Title: people.Text{Vi: title, En: title}, Body: people.Text{Vi: "a", En: "a"}, From: "2026-03-01", Until: "2026-03-31"}
	if unit != "" {
		x.Units = []people.UnitID{unit}
	}
	a, err := w.Announcements.Add(ctx, people.Console(), x)
	w.must(err)
	if published {
		_, err = w.Announcements.Publish(ctx, people.Console(), a.ID)
		w.must(err)
	}
	w.plant(title, func(k *kind) bool {
		manages := strings.HasPrefix(k.name, "admin") && (k.name == "admin" || unit != "" && k.within(unit))
		return manages || published && (unit == "" || k.unit == unit)
	})
	return a.ID
}

// announcementRows are about announcements for a9, for B, and for everybody.
func announcementRows() []matrixRow {
	const v = "/api/v1/announcements"
	text := func(units string) string {
		return `"title":{"vi":"x","en":"x"},"body":{"vi":"x","en":"x"},"units":[` + units + `],"from":"2026-03-02","until":"2026-03-09"}`
	}
	rows := []matrixRow{
		{route: "GET " + v, expect: managers, ask: at("/announcements")},
		{route: "POST " + v, about: "for A", expect: "admin:201 adminA:201 adminB:422 *:403", ask: with(`{` + text(`"a9"`)), twin: with(`{` + text(`"none"`))},
		{route: "POST " + v, about: "for everybody", expect: "admin:201 adminA:422 adminB:422 *:403", ask: with(`{` + text(""))},
		{route: "POST " + v + "/preview", expect: managers, ask: with(`{"body":{"vi":"**x**","en":"x"}}`), has: "strong"},
	}
	for _, r := range []struct {
		method, rest, body, ok string
		published              bool
	}{
		{"GET", "", "", "200", false},
		{"PUT", "", `{"version":1,` + text(""), "200", false},
		{"DELETE", "", "", "204", false},
		{"POST", "/publish", "", "200", false},
		{"POST", "/withdraw", "", "200", true},
		{"GET", "/readers", "", "200", true},
	} {
		for unit, expect := range map[people.UnitID]string{"a9": inA(r.ok), "b": inB(r.ok), "": ofAll(r.ok)} {
			body := r.body
			if unit != "" {
				body = strings.Replace(body, `"units":[]`, `"units":["`+string(unit)+`"]`, 1)
			}
			ask := func(path string) call {
				c := call{path: path + r.rest}
				if body != "" {
					c.body = body
				}
				return c
			}
			rows = append(rows, matrixRow{
				route: r.method + " " + v + "/:id" + r.rest, about: "for " + string(unit), expect: expect,
				ask: func(w *world, _ *kind) call {
					return ask("/announcements/" + string(w.announcement(unit, r.published)))
				},
				twin: func(*world, *kind) call { return ask("/announcements/" + nowhere) },
			})
		}
	}
	return rows
}

// feedRows are about the feed of a9, which is switched on, and of B, which is not.
func feedRows() (rows []matrixRow) {
	on := func(w *world) {
		_, err := w.People.SetPortal(context.Background(), people.Console(), "a9", true)
		w.must(err)
	}
	for _, form := range []string{"atom", "json", "js"} {
		route := "GET /feed/:unit." + form
		rows = append(rows,
			matrixRow{route: route, about: "switched on", expect: everybody, ask: func(w *world, _ *kind) call {
				on(w)
				return call{path: "/feed/a9." + form}
			}},
			matrixRow{route: route, about: "not switched on", expect: "*:404 out:404", ask: at("/feed/b.%s", form), twin: at("/feed/none.%s", form)},
		)
	}
	for unit, expect := range map[string]string{"a9": inA("200"), "b": inB("200")} {
		rows = append(rows, matrixRow{
			route: "PUT /api/v1/units/:id/portal", about: "of " + unit, expect: expect,
			ask: send("/units/"+unit+"/portal", `{"on":false}`), twin: send("/units/none/portal", `{"on":false}`),
		})
	}
	return rows
}

func posterRows() (rows []matrixRow) {
	for key, expect := range map[string]string{"a": inA("200"), "b": inB("200"), "all": ofAll("200")} {
		rows = append(rows, matrixRow{
			route: "GET /api/v1/campaigns/:id/poster", about: "for " + key, expect: expect,
			ask:  func(w *world, _ *kind) call { return call{path: "/campaigns/" + string(w.campaigns[key]) + "/poster"} },
			twin: at("/campaigns/%s/poster", nowhere),
		})
	}
	for unit, expect := range map[people.UnitID]string{"a9": inA("200"), "b": inB("200")} {
		rows = append(rows, matrixRow{
			route: "GET /api/v1/announcements/:id/poster", about: "for " + string(unit), expect: expect,
			ask: func(w *world, _ *kind) call {
				return call{path: "/announcements/" + string(w.announcement(unit, true)) + "/poster"}
			},
			twin: at("/announcements/%s/poster", nowhere),
		})
	}
	const writers = "admin:%s adminA:%s adminB:%s trainer:%s otherTrainer:%s trainerA:%s *:403"
	return append(rows,
		matrixRow{route: "GET /api/v1/courses/:id/poster", about: "published", expect: strings.ReplaceAll(writers, "%s", "200"), ask: at("/courses/%s/poster", quizCourse)},
		matrixRow{
			route: "GET /api/v1/courses/:id/poster", about: "a trainer's draft", expect: strings.ReplaceAll(writers, "%s", "404"),
			ask: at("/courses/%s/poster", draftOf), twin: at("/courses/none/poster"),
		},
	)
}
