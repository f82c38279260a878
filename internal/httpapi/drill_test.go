package httpapi

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hocso/internal/drill"
	"hocso/internal/learning"
)

func TestDrills(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	const path = "/me/drills/monday-inbox"
	s.get(s.lan, "/me/drills").want(t, 200, `"answers":{}`, "result")
	a := s.get(s.lan, path)
	a.want(t, 200, `"id":"monday-inbox","n":1`, "")
	again := s.do(call{method: "GET", path: v1 + path, token: s.lan, header: map[string]string{"If-None-Match": a.header.Get("ETag")}})
	if again.status != 304 {
		t.Errorf("again: %d", again.status)
	}
	s.get(s.lan, "/me/drills/none").want(t, 404, "drill_not_found", "")
	tpl := decode[drill.Template](t, a)
	var ops []any
	for i, it := range tpl.Items {
		choice := "keep"
		if it.Truth == drill.Phish {
			choice = "report"
		}
		ops = append(ops, op(i, "drill.answer", map[string]any{"drill": tpl.ID, "n": 1, "item": it.ID, "choice": choice}))
	}
	ops = append(ops, op(50, "drill.done", map[string]any{"drill": tpl.ID, "n": 1}))
	for i, v := range s.verdicts(s.lan, ops...) {
		if v.Status != learning.Applied {
			t.Errorf("op %d: %+v", i, v)
		}
	}
	got := decode[listOf[drillView]](t, s.get(s.lan, "/me/drills")).Items[0]
	if got.CompletedAt == nil || got.Result == nil || got.Result.Hits != got.Result.Phish || got.Result.FalseAlarms != 0 || len(got.Answers) != len(tpl.Items) {
		t.Errorf("drill %+v", got)
	}
	s.get(s.binh, "/me/drills").want(t, 200, `"answers":{}`, "result")
	s.get(s.lan, "/me/data").want(t, 200, `"drillRuns":[{"drill":"monday-inbox"`, "")
}

// written notes everything that ops and drills store.
type written struct {
	learning.OpStore
	drill.Store
	mu    sync.Mutex
	lines []string
}

func (w *written) note(kind string, v any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, fmt.Sprintf("%s %+v", kind, v))
}

func (w *written) InsertOps(ctx context.Context, ops []learning.Op) error {
	w.note("ops", ops)
	return w.OpStore.InsertOps(ctx, ops)
}

func (w *written) InsertKey(ctx context.Context, k drill.Key) error {
	w.note("key", k)
	return w.Store.InsertKey(ctx, k)
}

func (w *written) InsertRun(ctx context.Context, r drill.Run) error {
	w.note("run", r)
	return w.Store.InsertRun(ctx, r)
}

func (w *written) ReplaceRun(ctx context.Context, r drill.Run) error {
	w.note("run", r)
	return w.Store.ReplaceRun(ctx, r)
}

// A drill takes no secret: what does not fit the enum is refused and leaves no
// trace, and a run does not name the person.
func TestDrillKeepsNoSecret(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	w := &written{OpStore: s.db.Learning(), Store: s.db.Drills()}
	s.Learning.Ops, s.Drills.Store = w, w
	const secret = "hunter2-matkhau"
	for i, fields := range []map[string]any{
		{"drill": "monday-inbox", "n": 1, "password": secret},
		{"drill": "monday-inbox", "n": 1, "item": secret, "choice": "keep"},
		{"drill": "monday-inbox", "n": 1, "item": "printer", "choice": secret},
		{"drill": secret, "n": 1, "item": "printer", "choice": "keep"},
		{"drill": "monday-inbox", "n": secret},
	} {
		if v := s.verdicts(s.lan, op(i, "drill.answer", fields))[0]; v.Status != learning.Rejected {
			t.Errorf("%v: %+v, want rejected", fields, v)
		}
	}
	s.verdicts(s.lan, op(90, "drill.answer", map[string]any{"drill": "monday-inbox", "n": 1, "item": "printer", "choice": "keep"}))
	all := strings.Join(w.lines, "\n")
	if !strings.Contains(all, "run {") || !strings.Contains(all, "ops [") {
		t.Fatalf("nothing was noted: %s", all)
	}
	if strings.Contains(all, secret) || strings.Contains(s.log.String(), secret) {
		t.Errorf("a trace of the secret in %s or in the log %s", all, s.log)
	}
	for _, line := range w.lines {
		if strings.HasPrefix(line, "run ") && strings.Contains(line, string(s.id["lan"])) {
			t.Errorf("a run names the person: %s", line)
		}
	}
}
