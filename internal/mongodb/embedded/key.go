package embedded

import (
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// appendKey appends bytes for v that sort as the values do in BSON order, and that are equal exactly when the values
// compare equal: int32 1, int64 1 and double 1.0 have one key. No key is the beginning of another, so keys of several
// values can be joined, and the joined bytes sort by the first value, then the second.
func appendKey(dst []byte, v value) []byte {
	r := rank(v.t)
	return appendPayload(append(dst, r), r, v)
}

func appendPayload(dst []byte, r byte, v value) []byte {
	switch r {
	case rankNumber:
		return appendNumber(dst, v)
	case rankString:
		return appendText(dst, v.text())
	case rankDocument:
		f := fieldsOf(v.b)
		for {
			name, e, ok := f.next()
			if !ok {
				return append(dst, rankEnd)
			}
			er := rank(e.t)
			dst = append(append(append(dst, er), name...), 0)
			dst = appendPayload(dst, er, e)
		}
	case rankArray:
		f := fieldsOf(v.b)
		for {
			_, e, ok := f.next()
			if !ok {
				return append(dst, rankEnd)
			}
			dst = appendKey(dst, e)
		}
	case rankBinary:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.b)-5))
		return append(dst, v.b[4:]...)
	case rankDate:
		return binary.BigEndian.AppendUint64(dst, uint64(v.int64())^1<<63)
	case rankTimestamp:
		return binary.BigEndian.AppendUint64(dst, uint64(v.int64()))
	}
	return append(dst, v.b...) // fixed length, or a regular expression with its two ends; empty for null and the like
}

// appendNumber writes the double at or below the number, and for those of 2^53 and more, where an int64 may lie
// between two doubles, the rest.
func appendNumber(dst []byte, v value) []byte {
	f, rest := scale(v)
	if math.IsNaN(f) {
		return append(dst, 0, 0, 0, 0, 0, 0, 0, 0) // below the key of -Inf
	}
	if f == 0 {
		f = 0 // -0 is 0
	}
	u := math.Float64bits(f)
	if u>>63 == 1 {
		u = ^u
	} else {
		u |= 1 << 63
	}
	dst = binary.BigEndian.AppendUint64(dst, u)
	if math.Abs(f) >= 1<<53 {
		dst = binary.BigEndian.AppendUint16(dst, rest)
	}
	return dst
}

// appendText ends a text with 0 and writes the bytes 0 and 1 inside it as 1 1 and 1 2.
func appendText(dst, text []byte) []byte {
	for _, c := range text {
		if c <= 1 {
			dst = append(dst, 1, c+1)
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, 0)
}

// keyOf is appendKey for one value.
func keyOf(v value) string { return string(appendKey(make([]byte, 0, len(v.b)+8), v)) }

// invert turns the order of the bytes around, for descending fields of an index.
func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// after gives the first key above all keys that begin with prefix; "" means there is none.
func after(prefix []byte) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := string(prefix[:i])
			return end + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// emptyArrayKey is the key of an empty array in an index: MongoDB's undefined, below null.
func emptyArrayKey(dst []byte) []byte { return append(dst, rankUndefined) }

// nullValue stands for missing fields where a value is needed.
func nullValue() value { return value{t: bson.TypeNull} }
