package survey

import (
	"slices"

	"hocso/internal/people"
)

// Cell is what the people of a unit, with those below it, said to one question.
type Cell struct {
	N      int   `json:"n"`      // answers
	Counts []int `json:"counts"` // of each value; those of Several may add up to more than N
}

func newCell(values int) Cell { return Cell{Counts: make([]int, values)} }

func (c *Cell) add(x Cell, sign int) {
	c.N += sign * x.N
	for i, n := range x.Counts {
		c.Counts[i] += sign * n
	}
}

// telling reports whether the cell tells what single people said: there are too few of them,
// or all chose the same.
func (c Cell) telling() bool { return c.N < K || slices.Contains(c.Counts, c.N) }

// node is a unit in the tree of a report. Children are disjoint and together everybody in it.
type node struct {
	unit     people.UnitID
	direct   bool // those of a bucket beside the units below it
	cell     Cell
	children []*node
	hidden   bool
}

// suppress hides, below a node whose own cell is shown, whatever tells what single people said,
// and then so much more that nothing hidden can be found by subtraction: what is hidden below one
// node is at least two cells with answers and K answers, and all of it together is not telling
// either. What is hidden hides everything below it.
func (n *node) suppress() {
	if n.hidden {
		for _, c := range n.children {
			c.hidden = true
			c.suppress()
		}
		return
	}
	cells, rest := 0, newCell(len(n.cell.Counts))
	hide := func(c *node) {
		c.hidden = true
		rest.add(c.cell, +1)
		if c.cell.N > 0 {
			cells++
		}
	}
	for _, c := range n.children {
		if c.cell.telling() {
			hide(c)
		}
	}
	for rest.N > 0 && (cells < 2 || rest.telling()) {
		var smallest *node
		for _, c := range n.children {
			if !c.hidden && (smallest == nil || c.cell.N < smallest.cell.N || c.cell.N == smallest.cell.N && c.unit < smallest.unit) {
				smallest = c
			}
		}
		if smallest == nil {
			break // all are hidden: together they are the node itself, which is shown
		}
		hide(smallest)
	}
	for _, c := range n.children {
		c.suppress()
	}
}

// report makes the tree of one question over buckets and hides in it what must not be seen. cells
// are those of the buckets, by place. The first node is everybody.
func report(buckets []Bucket, cells []Cell, values int) *node {
	root := &node{cell: newCell(values)}
	at := map[people.UnitID]*node{"": root}
	for i, b := range buckets {
		up := root
		chain := b.Path
		if b.Unit != "" {
			chain = append(slices.Clone(b.Path), b.Unit)
		}
		up.cell.add(cells[i], +1)
		for _, u := range chain {
			x := at[u]
			if x == nil {
				x = &node{unit: u, cell: newCell(values)}
				at[u], up.children = x, append(up.children, x)
			}
			x.cell.add(cells[i], +1)
			up = x
		}
		up.children = append(up.children, &node{unit: b.Unit, direct: true, cell: cells[i]})
	}
	root.trim()
	root.hidden = root.cell.telling()
	root.suppress()
	return root
}

// trim takes out a level that says nothing: a unit whose only part is its own people.
func (n *node) trim() {
	for _, c := range n.children {
		c.trim()
	}
	if len(n.children) == 1 && n.children[0].direct {
		n.children = nil
	}
}
