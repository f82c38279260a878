package learning

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// Several devices report the same facts, some twice, in batches and in any order:
// what is kept is the same as if one device had reported them in order.
func TestAnyOrderGivesTheSameState(t *testing.T) {
	const seeds = 60
	var want string
	for seed := range uint64(seeds) {
		w := newWorld(t, 0)
		e := w.enrol(t, ann)
		p := w.start(t, ann, e)
		ops := []string{
			lessonDoneOp(1, e, "one"), lessonDoneOp(2, e, "two"),
			attemptOp(t, 3, id(30), w.submission(p, 4)),
		}
		for i := range 8 {
			ops = append(ops, fmt.Sprintf(`{"id":%q,"kind":"lesson.progress",%s,"enrolment":%q,"lesson":%q,"card":%d,"seconds":%d}`,
				id(10+i), at, e, []string{"one", "two"}[i%2], 1+i%3, 40*i))
		}
		r := rand.New(rand.NewPCG(seed, 1))
		all := append(append([]string{}, ops...), ops...) // every op arrives at least twice
		if seed > 0 {
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		applied := 0
		for len(all) > 0 {
			n := 1 + r.IntN(min(len(all), 6))
			for _, v := range w.send(t, ann, all[:n]...) {
				if v.Status == Applied {
					applied++
				}
				if v.Status == Rejected {
					t.Fatalf("seed %d: %+v", seed, v)
				}
			}
			all = all[n:]
			w.clock.add(time.Second)
		}
		if applied != len(ops) {
			t.Errorf("seed %d: %d ops applied, want %d once each", seed, applied, len(ops))
		}
		if got := facts(w.store.enrolments[e]); want == "" {
			want = got
		} else if got != want {
			t.Errorf("seed %d: %s, want %s", seed, got, want)
		}
	}
	if !strings.HasPrefix(want, "completed") {
		t.Errorf("the course was not completed: %s", want)
	}
}

// facts is an enrolment without the times at which things arrived.
func facts(e Enrolment) string {
	s := fmt.Sprint(e.State, " ", e.UnitAtCompletion, " ", e.Quizzes["check"].Best, " ", len(e.Quizzes["check"].Tries))
	for _, l := range []string{"one", "two"} {
		p := e.Lessons[l]
		s += fmt.Sprint(" ", l, " ", p.Card, " ", p.Seconds, " ", p.DoneAt != nil)
	}
	return s
}
