package embedded

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxDocument is the most bytes a document may have, and maxDepth how deep documents and arrays may nest, as in MongoDB.
const (
	maxDocument = 16 << 20
	maxDepth    = 180
)

// value is one BSON value over bytes that somebody else owns and nobody changes. The zero value is a missing one.
type value struct {
	t bson.Type
	b []byte
}

func (v value) missing() bool  { return v.t == 0 }
func (v value) isDoc() bool    { return v.t == bson.TypeEmbeddedDocument }
func (v value) isArray() bool  { return v.t == bson.TypeArray }
func (v value) isNumber() bool { return rank(v.t) == rankNumber }

// fields walks the elements of a valid document or array.
type fields struct{ rest []byte }

func fieldsOf(doc []byte) fields {
	if len(doc) < 5 {
		return fields{}
	}
	return fields{doc[4 : len(doc)-1]}
}

// next gives the next element; ok is false after the last.
func (f *fields) next() (name []byte, v value, ok bool) {
	if len(f.rest) == 0 {
		return nil, value{}, false
	}
	t := bson.Type(f.rest[0])
	end := 1 + bytes.IndexByte(f.rest[1:], 0)
	name = f.rest[1:end]
	rest := f.rest[end+1:]
	n, _ := size(t, rest)
	f.rest = rest[n:]
	return name, value{t, rest[:n:n]}, true
}

// lookup finds a field of a valid document by its name; names in arrays are positions.
func lookup(doc []byte, name string) value {
	f := fieldsOf(doc)
	for {
		n, v, ok := f.next()
		if !ok {
			return value{}
		}
		if string(n) == name {
			return v
		}
	}
}

// count says how many elements a valid document or array has.
func count(doc []byte) int {
	f, n := fieldsOf(doc), 0
	for {
		if _, _, ok := f.next(); !ok {
			return n
		}
		n++
	}
}

// size gives the length of a value of type t that starts b. It is -1 when b is too short or wrong; known is false for
// the types this database does not keep.
func size(t bson.Type, b []byte) (n int, known bool) {
	switch t {
	case bson.TypeNull, bson.TypeMinKey, bson.TypeMaxKey:
		n = 0
	case bson.TypeBoolean:
		n = 1
	case bson.TypeInt32:
		n = 4
	case bson.TypeDouble, bson.TypeInt64, bson.TypeDateTime, bson.TypeTimestamp:
		n = 8
	case bson.TypeObjectID:
		n = 12
	case bson.TypeString, bson.TypeBinary, bson.TypeEmbeddedDocument, bson.TypeArray:
		if len(b) < 5 {
			return -1, true
		}
		l := int(int32(binary.LittleEndian.Uint32(b)))
		switch {
		case t == bson.TypeString && l >= 1:
			n = 4 + l
		case t == bson.TypeBinary && l >= 0:
			n = 5 + l
		case l >= 5 && t != bson.TypeString && t != bson.TypeBinary:
			n = l
		default:
			return -1, true
		}
	case bson.TypeRegex:
		p := bytes.IndexByte(b, 0)
		if p < 0 {
			return -1, true
		}
		o := bytes.IndexByte(b[p+1:], 0)
		if o < 0 {
			return -1, true
		}
		n = p + o + 2
	default:
		return -1, false
	}
	if n > len(b) {
		return -1, true
	}
	return n, true
}

// validate answers an error unless doc is exactly one well-formed document: code 22 for broken bytes, 15 for too deep
// nesting, 238 for a type this database does not keep.
func validate(doc []byte) error { return validateAt(doc, 1) }

func validateAt(doc []byte, depth int) error {
	if depth > maxDepth {
		return fail(codeOverflow, "documents nest deeper than %d levels", maxDepth)
	}
	if len(doc) < 5 || int(int32(binary.LittleEndian.Uint32(doc))) != len(doc) || doc[len(doc)-1] != 0 {
		return fail(codeInvalidBSON, "a document's length is wrong")
	}
	rest := doc[4 : len(doc)-1]
	for len(rest) > 0 {
		t := bson.Type(rest[0])
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return fail(codeInvalidBSON, "a field's name has no end")
		}
		rest = rest[end+2:]
		n, known := size(t, rest)
		if !known {
			return notImplemented("the BSON type '%s' (0x%02x)", t, byte(t))
		}
		if n < 0 {
			return fail(codeInvalidBSON, "a value of type %s is cut short", t)
		}
		switch t {
		case bson.TypeString:
			if rest[n-1] != 0 {
				return fail(codeInvalidBSON, "a string has no end")
			}
		case bson.TypeBoolean:
			if rest[0] > 1 {
				return fail(codeInvalidBSON, "a boolean is neither 0 nor 1")
			}
		case bson.TypeEmbeddedDocument, bson.TypeArray:
			if err := validateAt(rest[:n], depth+1); err != nil {
				return err
			}
		}
		rest = rest[n:]
	}
	return nil
}

func (v value) int32() int32     { return int32(binary.LittleEndian.Uint32(v.b)) }
func (v value) int64() int64     { return int64(binary.LittleEndian.Uint64(v.b)) }
func (v value) float64() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(v.b)) }
func (v value) text() []byte     { return v.b[4 : len(v.b)-1] }
func (v value) bool() bool       { return v.b[0] != 0 }

// whole gives an int32 or int64, or a double without a fraction, as an int64.
func (v value) whole() (int64, bool) {
	switch v.t {
	case bson.TypeInt32:
		return int64(v.int32()), true
	case bson.TypeInt64:
		return v.int64(), true
	case bson.TypeDouble:
		if f := v.float64(); f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), true
		}
	}
	return 0, false
}

// truth is how MongoDB reads a value where it wants yes or no: false, zero, null and missing mean no.
func (v value) truth() bool {
	switch v.t {
	case 0, bson.TypeNull:
		return false
	case bson.TypeBoolean:
		return v.bool()
	case bson.TypeInt32:
		return v.int32() != 0
	case bson.TypeInt64:
		return v.int64() != 0
	case bson.TypeDouble:
		return v.float64() != 0
	}
	return true
}

// Values of different ranks never compare equal; ranks sort in MongoDB's order of types and are the first byte of keys.
const (
	rankEnd       = 0x00 // ends documents and arrays inside keys; no value has it
	rankMin       = 0x01
	rankUndefined = 0x04 // only in keys: an empty array
	rankNull      = 0x05
	rankNumber    = 0x0a
	rankString    = 0x0f
	rankDocument  = 0x14
	rankArray     = 0x19
	rankBinary    = 0x1e
	rankObjectID  = 0x23
	rankBoolean   = 0x28
	rankDate      = 0x2d
	rankTimestamp = 0x2f
	rankRegex     = 0x32
	rankMax       = 0x7f
)

func rank(t bson.Type) byte {
	switch t {
	case bson.TypeMinKey:
		return rankMin
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		return rankNumber
	case bson.TypeString:
		return rankString
	case bson.TypeEmbeddedDocument:
		return rankDocument
	case bson.TypeArray:
		return rankArray
	case bson.TypeBinary:
		return rankBinary
	case bson.TypeObjectID:
		return rankObjectID
	case bson.TypeBoolean:
		return rankBoolean
	case bson.TypeDateTime:
		return rankDate
	case bson.TypeTimestamp:
		return rankTimestamp
	case bson.TypeRegex:
		return rankRegex
	case bson.TypeMaxKey:
		return rankMax
	}
	return rankNull // null and missing
}

// compare puts two values in BSON order: first by type, then by value. Numbers compare by their exact value whatever
// their type, NaN before all others; a missing value is null.
func compare(a, b value) int {
	ra, rb := rank(a.t), rank(b.t)
	if ra != rb {
		return cmp.Compare(ra, rb)
	}
	switch ra {
	case rankNumber:
		return compareNumbers(a, b)
	case rankString:
		return bytes.Compare(a.text(), b.text())
	case rankDocument:
		return compareDocuments(a.b, b.b)
	case rankArray:
		return compareArrays(a.b, b.b)
	case rankBinary:
		if c := cmp.Compare(len(a.b), len(b.b)); c != 0 {
			return c
		}
		return bytes.Compare(a.b[4:], b.b[4:])
	case rankDate:
		return cmp.Compare(a.int64(), b.int64())
	case rankTimestamp:
		return cmp.Compare(uint64(a.int64()), uint64(b.int64()))
	}
	return bytes.Compare(a.b, b.b) // ObjectID, boolean, regular expression; empty for the others
}

func compareNumbers(a, b value) int {
	if a.t != bson.TypeDouble && b.t != bson.TypeDouble {
		x, _ := a.whole()
		y, _ := b.whole()
		return cmp.Compare(x, y)
	}
	af, ar := scale(a)
	bf, br := scale(b)
	if c := cmp.Compare(af, bf); c != 0 { // cmp puts NaN first and takes -0 as 0
		return c
	}
	return cmp.Compare(ar, br)
}

// scale splits a number into the greatest double not above it and what is left of an int64 (below 2048).
func scale(v value) (float64, uint16) {
	var i int64
	switch v.t {
	case bson.TypeDouble:
		return v.float64(), 0
	case bson.TypeInt32:
		return float64(v.int32()), 0
	default:
		i = v.int64()
	}
	f := float64(i)
	if f >= 1<<63 || int64(f) > i {
		f = math.Nextafter(f, math.Inf(-1))
	}
	return f, uint16(i - int64(f))
}

func compareDocuments(a, b []byte) int {
	fa, fb := fieldsOf(a), fieldsOf(b)
	for {
		na, va, oka := fa.next()
		nb, vb, okb := fb.next()
		switch {
		case !oka && !okb:
			return 0
		case !oka:
			return -1
		case !okb:
			return 1
		}
		if c := cmp.Compare(rank(va.t), rank(vb.t)); c != 0 {
			return c
		}
		if c := bytes.Compare(na, nb); c != 0 {
			return c
		}
		if c := compare(va, vb); c != 0 {
			return c
		}
	}
}

func compareArrays(a, b []byte) int {
	fa, fb := fieldsOf(a), fieldsOf(b)
	for {
		_, va, oka := fa.next()
		_, vb, okb := fb.next()
		switch {
		case !oka && !okb:
			return 0
		case !oka:
			return -1
		case !okb:
			return 1
		}
		if c := compare(va, vb); c != 0 {
			return c
		}
	}
}
