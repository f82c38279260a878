package embedded

import (
	"encoding/binary"
	"math"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// builder writes one BSON document or, in arrays, one list of elements. Open documents and arrays are closed in the
// order of a stack by end; bytes closes the outermost.
type builder struct {
	b     []byte
	open  []int // where the length of each open document goes
	index []int // the next position in an array, -1 in a document
}

func newBuilder() *builder { return resumeBuilder(nil) }

// resumeBuilder appends a document to bytes that are already there.
func resumeBuilder(b []byte) *builder {
	w := &builder{b: b}
	w.start(-1)
	return w
}

func (w *builder) start(index int) {
	w.open = append(w.open, len(w.b))
	w.index = append(w.index, index)
	w.b = append(w.b, 0, 0, 0, 0)
}

// head writes type and name; in an array the name is the next position whatever is given.
func (w *builder) head(t bson.Type, name string) {
	w.b = append(w.b, byte(t))
	top := len(w.index) - 1
	if i := w.index[top]; i >= 0 {
		w.b = strconv.AppendInt(w.b, int64(i), 10)
		w.index[top]++
	} else {
		w.b = append(w.b, name...)
	}
	w.b = append(w.b, 0)
}

func (w *builder) doc(name string) *builder {
	w.head(bson.TypeEmbeddedDocument, name)
	w.start(-1)
	return w
}

func (w *builder) array(name string) *builder {
	w.head(bson.TypeArray, name)
	w.start(0)
	return w
}

func (w *builder) end() *builder {
	top := len(w.open) - 1
	at := w.open[top]
	w.b = append(w.b, 0)
	binary.LittleEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
	w.open, w.index = w.open[:top], w.index[:top]
	return w
}

// bytes closes what is open and gives the document.
func (w *builder) bytes() []byte {
	for len(w.open) > 0 {
		w.end()
	}
	return w.b
}

func (w *builder) value(name string, v value) *builder {
	if v.missing() {
		v = nullValue()
	}
	w.head(v.t, name)
	w.b = append(w.b, v.b...)
	return w
}

func (w *builder) raw(name string, doc []byte) *builder {
	return w.value(name, value{bson.TypeEmbeddedDocument, doc})
}
func (w *builder) int32(name string, n int32) *builder     { return w.value(name, int32Value(n)) }
func (w *builder) int64(name string, n int64) *builder     { return w.value(name, int64Value(n)) }
func (w *builder) float64(name string, f float64) *builder { return w.value(name, doubleValue(f)) }
func (w *builder) string(name, s string) *builder          { return w.value(name, stringValue(s)) }
func (w *builder) bool(name string, b bool) *builder       { return w.value(name, boolValue(b)) }

// number writes an int32 where it fits, else an int64, as MongoDB's counts do.
func (w *builder) number(name string, n int64) *builder { return w.value(name, numberValue(n)) }

func int32Value(n int32) value {
	return value{bson.TypeInt32, binary.LittleEndian.AppendUint32(nil, uint32(n))}
}

func int64Value(n int64) value {
	return value{bson.TypeInt64, binary.LittleEndian.AppendUint64(nil, uint64(n))}
}

func numberValue(n int64) value {
	if n == int64(int32(n)) {
		return int32Value(int32(n))
	}
	return int64Value(n)
}

func doubleValue(f float64) value {
	return value{bson.TypeDouble, binary.LittleEndian.AppendUint64(nil, math.Float64bits(f))}
}

func stringValue(s string) value {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(s)+1))
	return value{bson.TypeString, append(append(b, s...), 0)}
}

func boolValue(b bool) value {
	if b {
		return value{bson.TypeBoolean, []byte{1}}
	}
	return value{bson.TypeBoolean, []byte{0}}
}

func dateValue(ms int64) value {
	return value{bson.TypeDateTime, binary.LittleEndian.AppendUint64(nil, uint64(ms))}
}
