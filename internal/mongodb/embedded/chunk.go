package embedded

import (
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// chunkSize is how large a chunk is once a tree has grown beyond it.
const chunkSize = 64 << 10

// chunk is a piece of memory for many documents or keys. To the garbage collector it is one object without pointers, so
// a million documents cost it no more than some thousand chunks. What was put into a chunk is never changed, so that
// readers need no copy; a chunk goes when no tree, copy of a tree or answer under way points into it.
type chunk struct {
	b    []byte // as long as the chunk is large
	used int    // how much of b was given out; only writers may look
	live int    // how much of that is still of use; only writers may look
}

// place is where something begins.
type place struct {
	in *chunk
	at uint32
}

// arena gives out places in chunks for one tree. The caller holds the database's lock for writing.
type arena struct {
	open       *chunk // takes what comes
	chunks     map[*chunk]struct{}
	live, dead int // bytes that are of use, and of none any more
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
	c := a.room(n)
	p := place{c, uint32(c.used)}
	to := c.b[c.used : c.used+n]
	c.used += n
	c.live += n
	a.live += n
	return p, to
}

// room gives a chunk that has n free bytes. Small trees have small chunks; what is large has a chunk for itself.
func (a *arena) room(n int) *chunk {
	if a.open != nil && len(a.open.b)-a.open.used >= n {
		return a.open
	}
	if n > chunkSize/4 {
		return a.add(n)
	}
	full := a.open
	a.open = a.add(max(n, min(a.live+512, chunkSize)))
	if full != nil && full.live == 0 {
		a.forget(full)
	}
	return a.open
}

func (a *arena) add(size int) *chunk {
	if a.chunks == nil {
		a.chunks = map[*chunk]struct{}{}
	}
	c := &chunk{b: make([]byte, size)}
	a.chunks[c] = struct{}{}
	return c
}

// drop says that n bytes in a chunk are of no use any more.
func (a *arena) drop(c *chunk, n int) {
	c.live -= n
	a.live -= n
	a.dead += n
	if c.live == 0 && c != a.open {
		a.forget(c)
	}
}

func (a *arena) forget(c *chunk) {
	delete(a.chunks, c)
	a.dead -= c.used
}

// sparse gives the chunk with the most that is of no use, when that is a fifth of all together; else nil.
func (a *arena) sparse() *chunk {
	if a.dead <= a.live/4+4*chunkSize {
		return nil
	}
	var best *chunk
	for c := range a.chunks {
		if c != a.open && (best == nil || c.used-c.live > best.used-best.live) {
			best = c
		}
	}
	return best
}

// entry is one item of a tree. In the primary tree key and document lie behind one another at the same place: the key of
// _id after its length, then the document. In an index the place of the key, which ends in the key of _id, is another one.
type entry struct {
	keyIn, docIn *chunk
	keyAt, docAt uint32
}

// probe is an entry to look for a key with; it has no document.
func probe(key string) entry { return entry{keyIn: &chunk{b: append(lengthOf(len(key)), key...)}} }

func lengthOf(n int) []byte {
	return binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen32+n), uint64(n))
}

// headed cuts off what its length stands before.
func headed(b []byte) (part, rest []byte) {
	if n := int(b[0]); n < 0x80 { // as nearly always; trees compare keys all the time
		return b[1 : 1+n], b[1+n:]
	}
	n, w := binary.Uvarint(b)
	return b[w : w+int(n)], b[w+int(n):]
}

func (e entry) key() []byte {
	key, _ := headed(e.keyIn.b[e.keyAt:])
	return key
}

// id gives the key of _id.
func (e entry) id() []byte {
	id, _ := headed(e.docIn.b[e.docAt:])
	return id
}

// raw gives the document, which lies in the chunk and must not be changed.
func (e entry) raw() bson.Raw {
	_, doc := headed(e.docIn.b[e.docAt:])
	n := binary.LittleEndian.Uint32(doc)
	return bson.Raw(doc[:n:n])
}

func (e entry) doc() place { return place{e.docIn, e.docAt} }

// sizeAt is how many bytes the thing at a place has: a key, or a key and a document.
func (c *chunk) sizeAt(at uint32, withDocument bool) int {
	_, rest := headed(c.b[at:])
	end := len(c.b) - len(rest)
	if withDocument {
		end += int(binary.LittleEndian.Uint32(rest))
	}
	return end - int(at)
}
