package embedded

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// at is an entry whose key is a number, for trees that are tested without documents.
func at(n int) entry { return entry{key: place{at: uint32(n)}} }

func wanting(n int) func(entry) int {
	return func(e entry) int { return cmp.Compare(int(e.key.at), n) }
}

// checkTree compares a tree with a sorted list of numbers, forwards, backwards and from the middle.
func checkTree(t *testing.T, tr *tree, want []int) {
	t.Helper()
	numbers := func(walk func(visit func(entry) bool)) (all []int) {
		walk(func(e entry) bool {
			all = append(all, int(e.key.at))
			return true
		})
		return all
	}
	if got := numbers(tr.all); !slices.Equal(got, want) || tr.n != len(want) {
		t.Fatalf("%d entries %v, want %d: %v", tr.n, got, len(want), want)
	}
	backwards := slices.Clone(want)
	slices.Reverse(backwards)
	if got := numbers(func(v func(entry) bool) { tr.descend(end, v) }); !slices.Equal(got, backwards) {
		t.Fatalf("backwards %v, want %v", got, backwards)
	}
	for _, b := range tr.blocks {
		if len(b.entries) == 0 || len(b.entries) > blockSize {
			t.Fatalf("a block of %d entries", len(b.entries))
		}
	}
	for range 5 {
		n := rand.IntN(4000)
		i, found := slices.BinarySearch(want, n)
		if got := numbers(func(v func(entry) bool) { tr.ascend(wanting(n), v) }); !slices.Equal(got, want[i:]) {
			t.Fatalf("from %d: %v, want %v", n, got, want[i:])
		}
		if got := numbers(func(v func(entry) bool) { tr.descend(wanting(n), v) }); !slices.Equal(got, backwards[len(want)-i:]) {
			t.Fatalf("down from %d: %v, want %v", n, got, backwards[len(want)-i:])
		}
		if _, ok := tr.get(wanting(n)); ok != found {
			t.Fatalf("get %d: %v, want %v", n, ok, found)
		}
	}
}

// TestTree does random things to a tree and to a sorted list, and keeps copies, which must stay as they were.
func TestTree(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		tr := &tree{}
		var want []int
		type kept struct {
			tree *tree
			want []int
		}
		var copies []kept
		spread := []int{10, 300, 4000}[seed%3]
		for step := range 6000 {
			n := rng.IntN(spread)
			i, there := slices.BinarySearch(want, n)
			growing := step/1500%2 == 0
			if rng.IntN(4) > 0 == growing {
				if _, replaced := tr.set(at(n), wanting(n)); replaced != there {
					t.Fatalf("seed %d: set %d replaced: %v, want %v", seed, n, replaced, there)
				}
				if !there {
					want = slices.Insert(want, i, n)
				}
			} else {
				if _, gone := tr.remove(wanting(n)); gone != there {
					t.Fatalf("seed %d: remove %d: %v, want %v", seed, n, gone, there)
				}
				if there {
					want = slices.Delete(want, i, i+1)
				}
			}
			if rng.IntN(200) == 0 {
				copies = append(copies, kept{tr.copy(), slices.Clone(want)})
			}
		}
		checkTree(t, tr, want)
		for _, c := range copies {
			checkTree(t, c.tree, c.want)
		}
	}
}

// TestTreeInOrder fills blocks when entries come in order, from either end.
func TestTreeInOrder(t *testing.T) {
	up, down := &tree{}, &tree{}
	var want []int
	for n := range 3000 {
		want = append(want, n)
		up.set(at(n), end)
		down.set(at(2999-n), wanting(2999-n))
	}
	checkTree(t, up, want)
	checkTree(t, down, want)
	if most := 3000/blockSize + 1; len(up.blocks) > most {
		t.Errorf("%d blocks for 3000 entries in order, want at most %d", len(up.blocks), most)
	}
}
