package survey

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hocso/internal/people"
)

// result asks for what may be seen.
func (w *world) result(id ID) (r Result, answered int) {
	w.t.Helper()
	_, r, answered, err := w.Results(w.t.Context(), root, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r, answered
}

// Nothing is shown of fewer than five; what is shown changes only when five more have answered; the units
// come at the end, of the same answers.
func TestResultsGrowByFive(t *testing.T) {
	w := newWorld(t)
	sv := w.published()
	var before Result
	for i := range 12 {
		r, answered := w.result(sv.ID)
		if want := i / K * K; r.Answers != want || answered != i || len(r.Questions) > 0 != (want > 0) {
			t.Fatalf("after %d: a result of %d with %d questions, want %d", answered, r.Answers, len(r.Questions), want)
		}
		if i > 0 && r.Answers == before.Answers && !reflect.DeepEqual(r, before) {
			t.Fatalf("after %d the result is another", i)
		}
		for _, q := range r.Questions {
			if len(q.Units) > 0 {
				t.Fatal("units are shown while people answer")
			}
		}
		before = r
		w.answer(people.ID(fmt.Sprintf("a-%02d", i)), submission(sv.ID, i, 1+i%5, fmt.Sprintf("lời %d", i)), "")
	}
	if _, err := w.Close(t.Context(), root, sv.ID); err != nil {
		t.Fatal(err)
	}
	r, answered := w.result(sv.ID)
	if !r.Final || r.Answers != 10 || answered != 12 {
		t.Fatalf("at the end: %+v of %d; the last two would be found by subtraction", r, answered)
	}
	if len(r.Questions[0].Units) == 0 {
		t.Error("no units at the end")
	}
	q := r.Questions[0]
	if q.N != 10 || !slices.Equal(q.Counts, []int{2, 2, 2, 2, 2}) || q.Share.Share != 0.4 {
		t.Errorf("satisfaction %+v", q)
	}
	if words := r.Questions[4]; words.N != 10 || len(words.Texts) != 10 || slices.IsSorted(words.Texts) {
		t.Errorf("words %+v", words)
	}
	if several := r.Questions[3]; !several.Hidden || several.N != 0 || len(several.Counts) != 0 {
		t.Errorf("all chose the same, and it is told: %+v", several)
	}
}

func TestTextsOfFewAreHidden(t *testing.T) {
	w := newWorld(t)
	sv := w.published()
	for i := range 5 {
		words := "riêng tôi"
		if i == 4 {
			words = ""
		}
		w.answer(people.ID(fmt.Sprintf("a-%02d", i)), submission(sv.ID, i, 1+i, words), "")
	}
	r, _ := w.result(sv.ID)
	if q := r.Questions[4]; r.Answers != 5 || !q.Hidden || q.N != 0 || len(q.Texts) > 0 {
		t.Errorf("four texts: %+v", q)
	}
}

// forest is a random tree of units with people in them.
func forest(r *rand.Rand) (map[people.UnitID]int, map[people.UnitID]people.Unit) {
	tree, staff := map[people.UnitID]people.Unit{}, map[people.UnitID]int{}
	var ids []people.UnitID
	for i := range 1 + r.Intn(14) {
		u := people.Unit{ID: people.UnitID(fmt.Sprintf("u%02d", i))}
		if len(ids) > 0 && r.Intn(5) > 0 {
			up := tree[ids[r.Intn(len(ids))]]
			u.Path = append(slices.Clone(up.Path), up.ID)
		}
		tree[u.ID] = u
		ids = append(ids, u.ID)
		if n := r.Intn(14); n > 0 && r.Intn(4) > 0 {
			staff[u.ID] = n
		}
	}
	return staff, tree
}

// Every bucket has five people, unless there are fewer in all, and everybody is in exactly one.
func TestBuckets(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 2000 {
		staff, tree := forest(r)
		all, held := 0, map[people.UnitID]bool{}
		for _, n := range staff {
			all += n
		}
		bs := buckets(staff, tree)
		for _, b := range bs {
			if b.Size < K && len(bs) > 1 {
				t.Fatalf("a bucket of %d among %d: %v", b.Size, len(bs), staff)
			}
			all -= b.Size
			for _, u := range b.Units {
				if held[u] {
					t.Fatalf("%s is in two buckets", u)
				}
				held[u] = true
			}
			for i, other := range bs {
				if x := (Survey{Buckets: bs}); len(b.Units) > 0 && i != x.bucketOf(b.Units[0], tree[b.Units[0]].Path) && other.Unit == b.Unit {
					t.Fatalf("%s goes into another bucket than it was counted for", b.Units[0])
				}
			}
		}
		if all != 0 || len(held) != len(staff) {
			t.Fatalf("%d people are lost: %v in %v", all, staff, bs)
		}
	}
}

// Nobody can compute from what a report shows what it hides. A reader knows sums over sets of buckets: of
// every unit that is shown. What sums and differences of those give is a linear span; no hidden cell may be
// in it, nor anything smaller than five answers, nor a set in which all said the same.
func TestNothingHiddenCanBeComputed(t *testing.T) {
	r := rand.New(rand.NewSource(11))
	hiddenAtAll, naive := 0, 0
	for round := range 3000 {
		staff, tree := forest(r)
		bs := buckets(staff, tree)
		cells := make([]Cell, len(bs))
		values := 2 + r.Intn(3)
		for i, b := range bs {
			cells[i] = newCell(values)
			lean := r.Intn(values)
			for range r.Intn(b.Size + 1) {
				v := r.Intn(values)
				if r.Intn(3) > 0 {
					v = lean
				}
				cells[i].N++
				cells[i].Counts[v]++
			}
		}
		root := report(bs, cells, values)
		if root.hidden {
			walk(root, func(n *node) {
				if !n.hidden {
					t.Fatalf("round %d: something is shown below what is hidden", round)
				}
			})
			continue
		}
		var shown [][]bool
		var hidden []*node
		walk(root, func(n *node) {
			if n.hidden {
				if n.cell.N > 0 {
					hidden = append(hidden, n)
				}
				return
			}
			if n.cell.telling() {
				t.Fatalf("round %d: a telling cell is shown: %+v", round, n.cell)
			}
			shown = append(shown, members(n, bs, cells))
		})
		hiddenAtAll += len(hidden)
		for _, n := range hidden {
			if inSpan(shown, members(n, bs, cells)) {
				t.Fatalf("round %d: %s can be computed: %s", round, n.unit, draw(root))
			}
		}
		walk(root, func(n *node) { // what is left when the shown parts of a unit are taken out of it
			if n.hidden || len(n.children) == 0 {
				return
			}
			rest := newCell(values)
			lone := 0
			for _, c := range n.children {
				if c.hidden {
					rest.add(c.cell, +1)
				}
				if c.cell.telling() && c.cell.N > 0 {
					lone++
				}
			}
			if rest.N > 0 && rest.telling() {
				t.Fatalf("round %d: what is left of %s tells: %+v in %s", round, n.unit, rest, draw(root))
			}
			if lone == 1 {
				naive++
			}
		})
	}
	if naive < 300 || hiddenAtAll < 1000 {
		t.Errorf("%d cells would be found if only they were hidden, of %d: the test proves nothing", naive, hiddenAtAll)
	}
	t.Logf("%d hidden cells, none computable; hiding only what tells would have given %d away", hiddenAtAll, naive)
}

func walk(n *node, f func(*node)) {
	f(n)
	for _, c := range n.children {
		walk(c, f)
	}
}

// members says which buckets with answers a cell is the sum of.
func members(n *node, bs []Bucket, cells []Cell) []bool {
	in := make([]bool, len(bs))
	for i, b := range bs {
		below := n.unit == "" || b.Unit == n.unit || slices.Contains(b.Path, n.unit)
		in[i] = cells[i].N > 0 && below
		if n.direct {
			in[i] = cells[i].N > 0 && b.Unit == n.unit
		}
	}
	return in
}

// inSpan reports whether target is a linear combination of rows.
func inSpan(rows [][]bool, target []bool) bool {
	const p = 1_000_003 // computing modulo a prime is exact enough: it never finds a rank that is too high
	inverse := func(x int) int {
		y := 1
		for e := p - 2; e > 0; e >>= 1 {
			if e&1 == 1 {
				y = y * x % p
			}
			x = x * x % p
		}
		return y
	}
	rank := func(rows [][]bool) int {
		m := make([][]int, len(rows))
		for i, row := range rows {
			for _, x := range row {
				m[i] = append(m[i], map[bool]int{true: 1}[x])
			}
		}
		at := 0
		for col := range target {
			i := slices.IndexFunc(m[at:], func(l []int) bool { return l[col] != 0 })
			if i < 0 {
				continue
			}
			m[at], m[at+i] = m[at+i], m[at]
			for j := at + 1; j < len(m); j++ {
				f := m[j][col] * inverse(m[at][col]) % p
				for k := range target {
					m[j][k] = (m[j][k] + (p-f)*m[at][k]) % p
				}
			}
			if at++; at == len(m) {
				break
			}
		}
		return at
	}
	return rank(append(slices.Clone(rows), target)) == rank(rows)
}

func draw(root *node) string {
	var b strings.Builder
	walk(root, func(n *node) { fmt.Fprintf(&b, "[%s direct %v hidden %v %+v] ", n.unit, n.direct, n.hidden, n.cell) })
	return b.String()
}
