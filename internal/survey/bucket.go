package survey

import (
	"cmp"
	"slices"

	"hocso/internal/people"
)

// buckets divides the people of an audience, counted by the unit they are in, into groups
// of at least K. A unit with fewer hands its people to the unit above, and so on; whom no unit
// takes in the end are one group without a unit, which swallows the smallest other group
// while it is too small itself. With fewer than K people in all there is one group.
func buckets(staff map[people.UnitID]int, tree map[people.UnitID]people.Unit) []Bucket {
	held := map[people.UnitID]*Bucket{} // what a unit has to place
	at := func(u people.UnitID) *Bucket {
		if held[u] == nil {
			held[u] = &Bucket{Unit: u, Path: slices.Clone(tree[u].Path)}
		}
		return held[u]
	}
	for u, n := range staff {
		b := at(u)
		b.Size, b.Units = b.Size+n, append(b.Units, u)
	}
	deepest := 0
	for u := range held {
		deepest = max(deepest, len(tree[u].Path))
	}
	for depth := deepest; depth >= 0; depth-- {
		for u, b := range held {
			if u == "" || len(tree[u].Path) != depth || b.Size >= K {
				continue
			}
			up := people.UnitID("")
			if depth > 0 {
				up = tree[u].Path[depth-1]
			}
			to := at(up)
			to.Size, to.Units = to.Size+b.Size, append(to.Units, b.Units...)
			delete(held, u)
		}
	}
	if rest := held[""]; rest != nil {
		for rest.Size < K && len(held) > 1 {
			smallest := people.UnitID("")
			for u, b := range held {
				if u != "" && (smallest == "" || b.Size < held[smallest].Size || b.Size == held[smallest].Size && u < smallest) {
					smallest = u
				}
			}
			rest.Size, rest.Units = rest.Size+held[smallest].Size, append(rest.Units, held[smallest].Units...)
			delete(held, smallest)
		}
	}
	out := make([]Bucket, 0, len(held))
	for _, b := range held {
		slices.Sort(b.Units)
		out = append(out, *b)
	}
	slices.SortFunc(out, func(x, y Bucket) int { return cmp.Compare(x.Unit, y.Unit) })
	return out
}

// bucketOf is the place of the bucket of a person who is in unit now: that of the unit, or
// of the nearest unit above it that was there when the survey was published.
func (s Survey) bucketOf(unit people.UnitID, path []people.UnitID) int {
	up := append(slices.Clone(path), unit)
	for i := len(up) - 1; i >= 0; i-- {
		for j, b := range s.Buckets {
			if slices.Contains(b.Units, up[i]) || b.Unit == up[i] {
				return j
			}
		}
	}
	for j, b := range s.Buckets { // of nobody: the largest group hides best
		if b.Unit == "" {
			return j
		}
	}
	largest := 0
	for j, b := range s.Buckets {
		if b.Size > s.Buckets[largest].Size {
			largest = j
		}
	}
	return largest
}
