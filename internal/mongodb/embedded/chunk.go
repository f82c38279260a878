package embedded

import (
	"encoding/binary"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// chunkSize is how large a chunk is once a tree has grown beyond it.
const chunkSize = 64 << 10

// chunk is a piece of memory for many documents or keys. To the garbage collector it is one object without pointers, so
// a million documents cost it no more than some thousand chunks. What was put into a chunk is never changed, so that
// readers need no copy; a chunk goes when no tree, copy of a tree or answer under way needs it.
type chunk struct {
	b    []byte // as long as the chunk is large
	used int    // how much of b was given out; only writers may look
	live int    // how much of that is still of use; only writers may look
}

// place is where something begins: the number of a chunk, and how far into it.
type place struct{ chunk, at uint32 }

// arena gives out places in chunks for one tree. The caller holds the database's lock for writing. A copy only reads.
type arena struct {
	chunks     []*chunk // by number; nil: the number is free
	shared     bool     // chunks belongs to a copy too, which may see no number change its chunk
	free       []uint32 // numbers
	open       uint32   // the number of the chunk that takes what comes, if there are chunks
	live, dead int      // bytes that are of use, and of none any more
}

// copy gives an arena in which everything stays where it is.
func (a *arena) copy() *arena {
	a.shared = true
	return &arena{chunks: a.chunks}
}

// putKey copies a key, in two parts, to a place of its own, behind its length.
func (a *arena) putKey(key, id string) place {
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(len(key)+len(id)))
	p, to := a.take(n + len(key) + len(id))
	copy(to, head[:n])
	copy(to[n:], key)
	copy(to[n+len(key):], id)
	return p
}

// putDocument copies a document to a place of its own, behind the key of its _id.
func (a *arena) putDocument(id string, raw []byte) place {
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(len(id)))
	p, to := a.take(n + len(id) + len(raw))
	copy(to, head[:n])
	copy(to[n:], id)
	copy(to[n+len(id):], raw)
	return p
}

// take gives out n bytes.
func (a *arena) take(n int) (place, []byte) {
	number := a.room(n)
	c := a.chunks[number]
	p := place{number, uint32(c.used)}
	to := c.b[c.used : c.used+n]
	c.used += n
	c.live += n
	a.live += n
	return p, to
}

// room gives a chunk that has n free bytes. Small trees have small chunks; what is large has a chunk for itself.
func (a *arena) room(n int) uint32 {
	if len(a.chunks) > 0 {
		if c := a.chunks[a.open]; c != nil && len(c.b)-c.used >= n {
			return a.open
		}
	}
	if n > chunkSize/4 {
		return a.add(n)
	}
	full := a.open
	a.open = a.add(max(n, min(a.live+512, chunkSize)))
	if c := a.chunks[full]; full != a.open && c != nil && c.live == 0 {
		a.forget(full)
	}
	return a.open
}

func (a *arena) add(size int) uint32 {
	c := &chunk{b: make([]byte, size)}
	if last := len(a.free) - 1; last >= 0 {
		number := a.free[last]
		a.free = a.free[:last]
		a.change(number, c)
		return number
	}
	a.chunks = append(a.chunks, c)
	return uint32(len(a.chunks) - 1)
}

// drop says that n bytes in a chunk are of no use any more.
func (a *arena) drop(number uint32, n int) {
	c := a.chunks[number]
	c.live -= n
	a.live -= n
	a.dead += n
	if c.live == 0 && number != a.open {
		a.forget(number)
	}
}

func (a *arena) forget(number uint32) {
	a.dead -= a.chunks[number].used
	a.change(number, nil)
	a.free = append(a.free, number)
}

// change gives a number another chunk, or none.
func (a *arena) change(number uint32, c *chunk) {
	if a.shared {
		a.chunks, a.shared = slices.Clone(a.chunks), false
	}
	a.chunks[number] = c
}

// sparse finds the chunk with the most that is of no use, when that is a fifth of all together.
func (a *arena) sparse() (number uint32, found bool) {
	if a.dead <= a.live/4+4*chunkSize {
		return 0, false
	}
	most := 0
	for i, c := range a.chunks {
		if c != nil && uint32(i) != a.open && c.used-c.live > most {
			number, most = uint32(i), c.used-c.live
		}
	}
	return number, most > 0
}

// head gives what lies at a place behind its length, and what comes after it: a key, or the key of _id and its document.
func (a *arena) head(p place) (part, rest []byte) {
	b := a.chunks[p.chunk].b[p.at:]
	if n := int(b[0]); n < 0x80 { // as nearly always; trees compare keys all the time
		return b[1 : 1+n], b[1+n:]
	}
	n, w := binary.Uvarint(b)
	return b[w : w+int(n)], b[w+int(n):]
}

// document gives the document at a place. It lies in the chunk and must not be changed.
func (a *arena) document(p place) bson.Raw {
	_, doc := a.head(p)
	n := binary.LittleEndian.Uint32(doc)
	return bson.Raw(doc[:n:n])
}

// size is how many bytes a key, or the key of _id and its document, have with the length before them.
func (a *arena) size(p place, withDocument bool) int {
	_, rest := a.head(p)
	n := len(a.chunks[p.chunk].b) - len(rest) - int(p.at)
	if withDocument {
		n += int(binary.LittleEndian.Uint32(rest))
	}
	return n
}
