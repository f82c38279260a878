package course

import (
	"slices"
	"strings"
)

// Grade marks the chosen ids of one question: a score from 0 to 1. Ids count
// once, unknown ids are wrong, an empty answer is 0. The rules (design: learning,
// "Questions"):
//
//   - choice, true_false: 1 for the one right option;
//   - multi: 1 for exactly the right set; with Partial (right − wrong) / keys, at least 0;
//   - order: 1 for the exact order; with Partial the neighbours in right order / (n − 1);
//   - match: 1 for all pairs; with Partial right pairs / pairs.
func Grade(q Question, chosen []string) float64 {
	chosen = once(chosen)
	if len(chosen) == 0 {
		return 0
	}
	switch q.Kind {
	case Choice, TrueFalse:
		if len(chosen) == 1 && slices.Contains(q.Key(), chosen[0]) {
			return 1
		}
	case Multi:
		return gradeMulti(q, chosen)
	case Order:
		return gradeOrder(q, chosen)
	case Match:
		return gradeMatch(q, chosen)
	}
	return 0
}

func gradeMulti(q Question, chosen []string) float64 {
	key := q.Key()
	if len(key) == 0 {
		return 0
	}
	right := 0
	for _, id := range chosen {
		if slices.Contains(key, id) {
			right++
		}
	}
	wrong := len(chosen) - right
	switch {
	case right == len(key) && wrong == 0:
		return 1
	case q.Partial:
		return max(0, float64(right-wrong)/float64(len(key)))
	}
	return 0
}

func gradeOrder(q Question, chosen []string) float64 {
	key := q.Key()
	if slices.Equal(key, chosen) {
		return 1
	}
	if !q.Partial || len(key) < 2 {
		return 0
	}
	neighbours := 0
	for i := 1; i < len(chosen); i++ {
		at := slices.Index(key, chosen[i])
		if at > 0 && key[at-1] == chosen[i-1] {
			neighbours++
		}
	}
	return float64(neighbours) / float64(len(key)-1)
}

// gradeMatch takes the first right side given to each left side, so that trying
// every pair does not pay.
func gradeMatch(q Question, chosen []string) float64 {
	if len(q.Pairs) == 0 {
		return 0
	}
	first := map[string]string{}
	for _, c := range chosen {
		left, right, _ := strings.Cut(c, ":")
		if _, taken := first[left]; !taken {
			first[left] = right
		}
	}
	right := 0
	for _, p := range q.Pairs {
		if first[p.ID] == p.ID {
			right++
		}
	}
	if right == len(q.Pairs) && len(first) == right {
		return 1
	}
	if !q.Partial {
		return 0
	}
	return float64(right) / float64(len(q.Pairs))
}

// Key is the right answer: option ids, for order in order, for match as "left:right".
func (q Question) Key() []string {
	var ids []string
	for _, o := range q.Options {
		if o.Right || q.Kind == Order {
			ids = append(ids, o.ID)
		}
	}
	for _, p := range q.Pairs {
		ids = append(ids, p.ID+":"+p.ID)
	}
	return ids
}

// once returns ids without repetitions, in order.
func once(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// Passed reports whether a score from 0 to 1 reaches the quiz's pass mark. Scores
// are sums of fractions, so a hair's breadth below counts.
func (q Quiz) Passed(score float64) bool { return score*100+1e-9 >= float64(q.Pass) }
