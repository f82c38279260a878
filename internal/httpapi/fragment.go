package httpapi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"
)

// fragmentsKept is how many fragments stay in memory: about 20 MB.
const fragmentsKept = 3000

// fragment is a piece of an answer that is sent again and again: as it is, and as
// a run of deflate blocks that ends on a byte and refers to nothing before it, so
// that a compressed answer can be put together from such pieces (RFC 1951, 1952).
type fragment struct{ plain, packed []byte }

// fragments makes each fragment once. Its zero value is ready, it is safe for
// concurrent use.
type fragments struct {
	mu         sync.Mutex
	made       map[[keyBytes + hashBytes]byte]fragment
	fast, good sync.Pool // *flate.Writer: for what is sent once, and for what is kept
}

// of returns the fragment of an item with a comma before it.
func (f *fragments) of(it item) (fragment, error) {
	name := [keyBytes + hashBytes]byte(append(it.key[:], it.hash[:]...))
	f.mu.Lock()
	made, ok := f.made[name]
	f.mu.Unlock()
	if ok {
		return made, nil
	}
	plain, err := it.appendJSON([]byte(","))
	if err != nil {
		return fragment{}, err
	}
	packed, err := pack(nil, plain, &f.good, flate.DefaultCompression)
	if err != nil {
		return fragment{}, err
	}
	made = fragment{plain, packed}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made == nil {
		f.made = map[[keyBytes + hashBytes]byte]fragment{}
	}
	for old := range f.made { // any will do: it can be made again
		if len(f.made) < fragmentsKept {
			break
		}
		delete(f.made, old)
	}
	f.made[name] = made
	return made, nil
}

// pack appends plain to b as deflate blocks that end on a byte.
func pack(b, plain []byte, writers *sync.Pool, level int) ([]byte, error) {
	out := bytes.NewBuffer(b)
	w, ok := writers.Get().(*flate.Writer)
	if !ok {
		var err error
		if w, err = flate.NewWriter(nil, level); err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
	}
	defer writers.Put(w)
	w.Reset(out)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}

// gzip puts head, the fragments and tail into one gzip file.
func (f *fragments) gzip(head []byte, middle []fragment, tail []byte) ([]byte, error) {
	size := 64 + len(head)/2 + len(tail)
	for _, m := range middle {
		size += len(m.packed)
	}
	b := append(make([]byte, 0, size), 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
	sum, length := crc32.ChecksumIEEE(head), len(head)
	b, err := pack(b, head, &f.fast, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	for _, m := range middle {
		b = append(b, m.packed...)
		sum, length = crc32.Update(sum, crc32.IEEETable, m.plain), length+len(m.plain)
	}
	if b, err = pack(b, tail, &f.fast, flate.BestSpeed); err != nil {
		return nil, err
	}
	sum, length = crc32.Update(sum, crc32.IEEETable, tail), length+len(tail)
	b = append(b, 3, 0) // the last block, empty
	b = binary.LittleEndian.AppendUint32(b, sum)
	return binary.LittleEndian.AppendUint32(b, uint32(length)), nil //nolint:gosec // the format wants it modulo 2^32
}

// join puts the same together without compressing.
func join(head []byte, middle []fragment, tail []byte) []byte {
	size := len(head) + len(tail)
	for _, m := range middle {
		size += len(m.plain)
	}
	b := append(make([]byte, 0, size), head...)
	for _, m := range middle {
		b = append(b, m.plain...)
	}
	return append(b, tail...)
}
