package course

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func options(right string, ids ...string) []Option {
	var os []Option
	for _, id := range ids {
		os = append(os, Option{ID: id, Text: Text{Vi: "v" + id, En: "e" + id}, Right: slices.Contains([]string{right}, id)})
	}
	return os
}

func multi(partial bool) Question {
	q := Question{Kind: Multi, Partial: partial, Options: options("", "a", "b", "c", "d")}
	q.Options[0].Right, q.Options[1].Right = true, true
	return q
}

func match(partial bool) Question {
	q := Question{Kind: Match, Partial: partial}
	for _, id := range []string{"x", "y", "z"} {
		q.Pairs = append(q.Pairs, Pair{ID: id, Left: Text{Vi: "l" + id, En: "l" + id}, Right: Text{Vi: "r" + id, En: "r" + id}})
	}
	return q
}

func TestGrade(t *testing.T) {
	choice := Question{Kind: Choice, Options: options("b", "a", "b", "c")}
	trueFalse := Question{Kind: TrueFalse, Options: options("false", "true", "false")}
	order := Question{Kind: Order, Options: options("", "a", "b", "c", "d")}
	partialOrder := order
	partialOrder.Partial = true
	for _, tt := range []struct {
		name   string
		q      Question
		chosen []string
		want   float64
	}{
		{"choice right", choice, []string{"b"}, 1},
		{"choice wrong", choice, []string{"a"}, 0},
		{"choice none", choice, nil, 0},
		{"choice two", choice, []string{"a", "b"}, 0},
		{"choice twice the same", choice, []string{"b", "b"}, 1},
		{"choice unknown", choice, []string{"zz"}, 0},
		{"choice empty id", choice, []string{""}, 0},
		{"true_false right", trueFalse, []string{"false"}, 1},
		{"true_false wrong", trueFalse, []string{"true"}, 0},
		{"true_false both", trueFalse, []string{"true", "false"}, 0},
		{"multi exact", multi(false), []string{"b", "a"}, 1},
		{"multi one missing", multi(false), []string{"a"}, 0},
		{"multi one too many", multi(false), []string{"a", "b", "c"}, 0},
		{"multi unknown", multi(false), []string{"a", "b", "zz"}, 0},
		{"multi duplicates do not add", multi(false), []string{"a", "a", "b"}, 1},
		{"partial exact", multi(true), []string{"a", "b"}, 1},
		{"partial half", multi(true), []string{"a"}, 0.5},
		{"partial duplicates do not add", multi(true), []string{"a", "a"}, 0.5},
		{"partial right and wrong", multi(true), []string{"a", "c"}, 0},
		{"partial all", multi(true), []string{"a", "b", "c", "d"}, 0},
		{"partial never negative", multi(true), []string{"c", "d"}, 0},
		{"partial unknown counts as wrong", multi(true), []string{"a", "b", "zz"}, 0.5},
		{"order exact", order, []string{"a", "b", "c", "d"}, 1},
		{"order swapped", order, []string{"b", "a", "c", "d"}, 0},
		{"order short", order, []string{"a", "b", "c"}, 0},
		{"order partial exact", partialOrder, []string{"a", "b", "c", "d"}, 1},
		{"order partial one pair", partialOrder, []string{"b", "a", "c", "d"}, 1.0 / 3},
		{"order partial rotated", partialOrder, []string{"b", "c", "d", "a"}, 2.0 / 3},
		{"order partial reversed", partialOrder, []string{"d", "c", "b", "a"}, 0},
		{"order partial repeated", partialOrder, []string{"a", "b", "a", "b"}, 1.0 / 3},
		{"order partial unknown", partialOrder, []string{"a", "zz", "b"}, 0},
		{"match exact", match(false), []string{"z:z", "x:x", "y:y"}, 1},
		{"match one wrong", match(false), []string{"x:x", "y:z", "z:y"}, 0},
		{"match missing", match(false), []string{"x:x", "y:y"}, 0},
		{"match partial", match(true), []string{"x:x", "y:z", "z:y"}, 1.0 / 3},
		{"match every pair tried", match(true), []string{"x:y", "x:x", "y:z", "y:y", "z:x", "z:z"}, 0},
		{"match same right for all", match(true), []string{"x:x", "y:x", "z:x"}, 1.0 / 3},
		{"match no colon", match(true), []string{"x", "y", "z"}, 0},
		{"match unknown beside all", match(false), []string{"x:x", "y:y", "z:z", "w:w"}, 0},
		{"unknown kind", Question{Kind: "essay", Options: options("a", "a")}, []string{"a"}, 0},
		{"multi without key", Question{Kind: Multi, Options: options("", "a")}, []string{"a"}, 0},
		{"match without pairs", Question{Kind: Match}, []string{"a:a"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Grade(tt.q, tt.chosen); math.Abs(got-tt.want) > 1e-12 {
				t.Errorf("Grade(%s, %v) = %v, want %v", tt.q.Kind, tt.chosen, got, tt.want)
			}
		})
	}
}

func FuzzGrade(f *testing.F) {
	f.Add(0, "a,b")
	f.Add(4, "x:x,y:y,z:z")
	kinds := []Question{
		{Kind: Choice, Options: options("b", "a", "b")},
		multi(true), multi(false),
		{Kind: Order, Partial: true, Options: options("", "a", "b", "c")},
		match(true), match(false),
	}
	f.Fuzz(func(t *testing.T, kind int, chosen string) {
		q := kinds[((kind%len(kinds))+len(kinds))%len(kinds)]
		var ids []string
		start := 0
		for i := range chosen {
			if chosen[i] == ',' {
				ids, start = append(ids, chosen[start:i]), i+1
			}
		}
		ids = append(ids, chosen[start:])
		got := Grade(q, ids)
		if got < 0 || got > 1 || math.IsNaN(got) {
			t.Errorf("Grade(%s, %q) = %v, want 0 to 1", q.Kind, ids, got)
		}
		if again := Grade(q, append(slices.Clone(ids), ids...)); again != got {
			t.Errorf("Grade(%s, %q twice) = %v, once %v: repetitions must not matter", q.Kind, ids, again, got)
		}
	})
}

func TestPassed(t *testing.T) {
	q := Quiz{Pass: 75}
	eighth := 0.0
	for range 6 {
		eighth += 1.0 / 8
	}
	for score, want := range map[float64]bool{eighth: true, 0.7499: false, 1: true, 0: false} {
		if got := q.Passed(score); got != want {
			t.Errorf("Passed(%v) of %d %% = %v, want %v", score, q.Pass, got, want)
		}
	}
}

func pool(n int) Quiz {
	q := Quiz{ID: "check", Draw: n / 2, Pass: 75}
	for i := range n {
		x := Question{ID: fmt.Sprintf("q%d", i), Prompt: Text{Vi: "p", En: "p"}, Explanation: Text{Vi: "vì", En: "because"}}
		switch i % 5 {
		case 0:
			x.Kind, x.Options = Choice, options("right-one", "wrong-one", "right-one", "other-one")
		case 1:
			x.Kind, x.Options = Order, options("", "first", "second", "third")
		case 2:
			x.Kind, x.Pairs = Match, match(false).Pairs
		case 3:
			x.Kind, x.Options = TrueFalse, options("true", "false", "true")
		case 4:
			x.Kind, x.Fixed, x.Options = Multi, true, options("keep-one", "keep-one", "keep-two")
		}
		for j := range x.Options {
			x.Options[j].Feedback = Text{Vi: "phản hồi " + x.Options[j].ID, En: "feedback " + x.Options[j].ID}
		}
		q.Questions = append(q.Questions, x)
	}
	return q
}

func TestDrawIsReproducibleAndTellsNothing(t *testing.T) {
	q := pool(20)
	orders := map[string]bool{}
	for seed := range uint64(50) {
		a, b := Draw(q, seed), Draw(q, seed)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("Draw(%d) gave two different papers", seed)
		}
		if len(a) != q.Draw {
			t.Fatalf("Draw(%d) has %d questions, want %d", seed, len(a), q.Draw)
		}
		seen := map[string]bool{}
		ids := ""
		for _, d := range a {
			if seen[d.View.ID] {
				t.Errorf("Draw(%d) has %s twice", seed, d.View.ID)
			}
			seen[d.View.ID] = true
			ids += d.View.ID + " "
			for _, o := range slices.Concat(d.View.Options, d.View.Targets) {
				if len(o.ID) > 1 && o.ID != "true" && o.ID != "false" {
					t.Errorf("Draw(%d) of %s shows the id %q of the content", seed, d.View.ID, o.ID)
				}
			}
			if right := d.Mark(d.right(), false); right.Score != 1 {
				t.Errorf("Draw(%d): the key of %s has the score %v", seed, d.View.ID, right.Score)
			}
			if m := d.Mark(nil, false); m.Right != nil || m.Score != 0 {
				t.Errorf("Draw(%d): an empty answer to %s shows %v, score %v", seed, d.View.ID, m.Right, m.Score)
			}
		}
		orders[ids] = true
	}
	if len(orders) < 45 {
		t.Errorf("50 seeds gave only %d different papers", len(orders))
	}
}

// The place of the right option must not be learnable: over many seeds each place
// is as likely as any other.
func TestDrawShuffles(t *testing.T) {
	q := Quiz{Draw: 1, Questions: []Question{{ID: "q", Kind: Choice, Options: options("a", "a", "b", "c", "d")}}}
	places := map[string]int{}
	const n = 4000
	for seed := range uint64(n) {
		places[Draw(q, seed)[0].right()[0]]++
	}
	for id, got := range places {
		if got < n/4-200 || got > n/4+200 {
			t.Errorf("the right option is at %s in %d of %d papers", id, got, n)
		}
	}
}

func TestFixedKeepsTheOrder(t *testing.T) {
	q := Quiz{Draw: 1, Questions: []Question{{ID: "q", Kind: Choice, Fixed: true, Options: options("a", "a", "b", "c")}}}
	for seed := range uint64(20) {
		if got := Draw(q, seed)[0].right(); !slices.Equal(got, []string{"a"}) {
			t.Fatalf("seed %d: key %v of a fixed question, want [a]", seed, got)
		}
	}
}

func TestMarkShowsFeedbackOfTheChosenOnly(t *testing.T) {
	d := Draw(Quiz{Draw: 1, Questions: pool(5).Questions[:1]}, 3)[0]
	chosen := d.View.Options[0]
	m := d.Mark([]string{chosen.ID, chosen.ID, "zz"}, false)
	if len(m.Feedback) != 1 || m.Feedback[0].Option != chosen.ID || m.Explanation == nil {
		t.Errorf("Mark(%s) = %+v, want one feedback and the explanation", chosen.ID, m)
	}
	if m := d.Mark([]string{chosen.ID}, true); len(m.Right) != 1 {
		t.Errorf("Mark with reveal: right = %v, want one id", m.Right)
	}
}
