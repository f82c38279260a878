package embedded

import (
	"slices"
	"sort"
)

// blockSize is how many entries a block of a tree has at most.
const blockSize = 256

// entry is one item of a tree: where a key lies, and where the document is that it leads to. It has no pointers, so
// that the garbage collector passes over trees as it does over chunks.
type entry struct{ key, doc place }

// tree has entries in order, in blocks that are in order. A copy costs the same whatever the size: what copies share is
// copied when it is changed. It does not know the keys; whoever asks brings a comparison of an entry with what is
// wanted, negative for entries before it.
type tree struct {
	blocks []*block // none is empty
	n      int
	epoch  uint64 // blocks of an earlier one belong to copies too
	shared bool   // the list of blocks belongs to a copy too
}

type block struct {
	epoch   uint64
	entries []entry
}

// copy gives a tree that later changes of this one do not touch. Only this one may be changed.
func (t *tree) copy() *tree {
	t.epoch++
	t.shared = true
	return &tree{blocks: t.blocks, n: t.n}
}

// seek finds the first entry that is not before what is wanted: its block, its position there, which may be the block's
// end, and whether it is what is wanted.
func (t *tree) seek(compare func(entry) int) (b, i int, found bool) {
	b = max(0, sort.Search(len(t.blocks), func(i int) bool { return compare(t.blocks[i].entries[0]) > 0 })-1)
	if b == len(t.blocks) {
		return b, 0, false
	}
	all := t.blocks[b].entries
	i = sort.Search(len(all), func(i int) bool { return compare(all[i]) >= 0 })
	return b, i, i < len(all) && compare(all[i]) == 0
}

// get gives the entry that is wanted.
func (t *tree) get(compare func(entry) int) (entry, bool) {
	b, i, found := t.seek(compare)
	if !found {
		return entry{}, false
	}
	return t.blocks[b].entries[i], true
}

// set puts an entry in its place, or in the place of the one that compares equal, which it gives back.
func (t *tree) set(e entry, compare func(entry) int) (before entry, replaced bool) {
	b, i, found := t.seek(compare)
	if found {
		own := t.own(b)
		before, own.entries[i] = own.entries[i], e
		return before, true
	}
	t.n++
	switch last := len(t.blocks) - 1; {
	case last < 0 || b == last && i == blockSize: // what comes in order fills blocks
		t.ownList()
		t.blocks = append(t.blocks, &block{t.epoch, []entry{e}})
		return entry{}, false
	case len(t.blocks[b].entries) == blockSize:
		left := t.own(b)
		right := &block{t.epoch, slices.Clone(left.entries[blockSize/2:])}
		left.entries = left.entries[:blockSize/2]
		t.blocks = slices.Insert(t.blocks, b+1, right)
		if i > blockSize/2 {
			b, i = b+1, i-blockSize/2
		}
	}
	own := t.own(b)
	own.entries = slices.Insert(own.entries, i, e)
	return entry{}, false
}

// remove takes out the entry that is wanted and gives it back.
func (t *tree) remove(compare func(entry) int) (entry, bool) {
	b, i, found := t.seek(compare)
	if !found {
		return entry{}, false
	}
	own := t.own(b)
	gone := own.entries[i]
	own.entries = slices.Delete(own.entries, i, i+1)
	t.n--
	switch {
	case len(own.entries) == 0:
		t.blocks = slices.Delete(t.blocks, b, b+1)
	case b+1 < len(t.blocks) && len(own.entries)+len(t.blocks[b+1].entries) <= blockSize/2:
		own.entries = append(own.entries, t.blocks[b+1].entries...)
		t.blocks = slices.Delete(t.blocks, b+1, b+2)
	}
	return gone, true
}

// own makes a block one that may be changed.
func (t *tree) own(b int) *block {
	t.ownList()
	if shared := t.blocks[b]; shared.epoch != t.epoch {
		t.blocks[b] = &block{t.epoch, append(make([]entry, 0, min(blockSize, len(shared.entries)+16)), shared.entries...)}
	}
	return t.blocks[b]
}

func (t *tree) ownList() {
	if t.shared {
		t.blocks, t.shared = append(make([]*block, 0, len(t.blocks)+len(t.blocks)/8+1), t.blocks...), false
	}
}

// ascend visits what is wanted and all after it, in order, until visit answers false.
func (t *tree) ascend(compare func(entry) int, visit func(entry) bool) {
	b, i, _ := t.seek(compare)
	for ; b < len(t.blocks); b, i = b+1, 0 {
		for _, e := range t.blocks[b].entries[i:] {
			if !visit(e) {
				return
			}
		}
	}
}

// descend visits all before what is wanted, the nearest first, until visit answers false.
func (t *tree) descend(compare func(entry) int, visit func(entry) bool) {
	for b, i, _ := t.seek(compare); ; i = len(t.blocks[b].entries) {
		if b < len(t.blocks) {
			for ; i > 0; i-- {
				if !visit(t.blocks[b].entries[i-1]) {
					return
				}
			}
		}
		if b--; b < 0 {
			return
		}
	}
}

// all visits every entry in order until visit answers false.
func (t *tree) all(visit func(entry) bool) { t.ascend(func(entry) int { return 1 }, visit) }

// end is the comparison that wants what is behind all entries.
func end(entry) int { return -1 }
