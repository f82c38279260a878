package httpapi

import (
	"context"
	"strings"

	"hocso/internal/path"
)

// pathRows are about a path of a trainer, one of the trainer of A, and one that came with the program.
func pathRows() (rows []matrixRow) {
	const v = "/authoring/paths"
	find := func(w *world, id path.ID) path.Path {
		p, err := w.db.Paths().Path(context.Background(), id)
		w.must(err)
		return p
	}
	rows = []matrixRow{
		{route: "GET /api/v1/paths", expect: "*:200", ask: at("/paths"), has: "new-colleague"},
		{route: "GET /api/v1" + v, expect: "trainer:200 otherTrainer:200 trainerA:200 *:403", ask: at(v)},
		{route: "POST /api/v1" + v, expect: "trainer:201 otherTrainer:201 trainerA:201 *:403", ask: func(w *world, _ *kind) call {
			return call{body: `{"id":"` + w.freshName() + `","title":{"vi":"Mới","en":"New"}}`}
		}},
	}
	for _, c := range []struct {
		about           string
		id              path.ID
		trainers        string // %s: what happens where it is allowed
		publish, retire string
	}{
		{"of a trainer", path.ID(draftOf), "trainer:%s otherTrainer:404 trainerA:404 *:403", "422/draft_incomplete", "409/wrong_state"},
		{"of the trainer of A", path.ID(draftOfA), "trainer:404 otherTrainer:404 trainerA:%s *:403", "422/draft_incomplete", "409/wrong_state"},
		{"that came with the program", "new-colleague", "trainer:%s otherTrainer:%s trainerA:404 *:403", "409/nothing_changed", "409/draft_changed"},
	} {
		add := func(method, rest, ok string, body func(w *world) any) {
			ask := func(id path.ID) func(*world, *kind) call {
				return func(w *world, _ *kind) call {
					out := call{path: v + "/" + string(id) + rest}
					if body != nil {
						out.body = body(w)
					}
					return out
				}
			}
			rows = append(rows, matrixRow{
				route: method + " /api/v1" + v + "/:id" + rest, about: c.about, expect: strings.ReplaceAll(c.trainers, "%s", ok), ask: ask(c.id), twin: ask("none"),
			})
		}
		add("GET", "", "200", nil)
		add("PUT", "", "200", func(w *world) any {
			x := find(w, c.id)
			return map[string]any{"version": x.Version, "draft": x.Draft}
		})
		add("POST", "/publish", c.publish, func(w *world) any { return map[string]any{"version": find(w, c.id).Version} })
		add("POST", "/retire", c.retire, func(w *world) any {
			n := find(w, c.id).Version
			if c.id == "new-colleague" {
				n += 1000 // it stays, for the other rows
			}
			return map[string]any{"version": n}
		})
	}
	return rows
}
