package embedded

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// orderedValues lists values of every type in BSON order; those on one line are equal.
func orderedValues() [][]any {
	return [][]any{
		{bson.MinKey{}},
		{nil},
		{math.NaN()},
		{math.Inf(-1)},
		{-math.MaxFloat64},
		{int64(math.MinInt64), float64(math.MinInt64)},
		{int64(math.MinInt64 + 1)},
		{int64(-1<<53 - 1)},
		{int64(-1 << 53), -float64(1 << 53)},
		{-1.5},
		{int32(-1), int64(-1), -1.0},
		{-math.SmallestNonzeroFloat64},
		{int32(0), int64(0), 0.0, math.Copysign(0, -1)},
		{math.SmallestNonzeroFloat64},
		{int32(1), int64(1), 1.0},
		{int64(1 << 53), float64(1 << 53)},
		{int64(1<<53 + 1)},
		{int64(1<<53 + 2), float64(1<<53 + 2)},
		{int64(math.MaxInt64 - 1)},
		{int64(math.MaxInt64)},
		{float64(1 << 63)},
		{math.MaxFloat64},
		{math.Inf(1)},
		{""},
		{"\x00"},
		{"\x00a"},
		{"\x01"},
		{"\x01\x01"},
		{"a"},
		{"a\x00b"},
		{"a\x01"},
		{"ab"},
		{"ă"},
		{bson.D{}},
		{bson.D{{Key: "b", Value: 1}}, bson.D{{Key: "b", Value: 1.0}}},
		{bson.D{{Key: "b", Value: 1}, {Key: "a", Value: 0}}},
		{bson.D{{Key: "b", Value: 2}}},
		{bson.D{{Key: "a", Value: "x"}}},
		{bson.A{}},
		{bson.A{nil}},
		{bson.A{1}, bson.A{1.0}},
		{bson.A{1, 2}},
		{bson.A{2}},
		{bson.Binary{Subtype: 0, Data: nil}},
		{bson.Binary{Subtype: 0, Data: []byte{9}}},
		{bson.Binary{Subtype: 4, Data: []byte{1}}},
		{bson.Binary{Subtype: 0, Data: []byte{0, 0}}},
		{bson.ObjectID{}},
		{bson.ObjectID{1}},
		{false},
		{true},
		{time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)},
		{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		{bson.Timestamp{T: 1, I: 2}},
		{bson.Timestamp{T: 2, I: 1}},
		{bson.Regex{Pattern: "a", Options: "i"}},
		{bson.Regex{Pattern: "b"}},
		{bson.MaxKey{}},
	}
}

func toValue(t testing.TB, x any) value {
	t.Helper()
	b, err := bson.Marshal(bson.D{{Key: "v", Value: x}})
	if err != nil {
		t.Fatal(err)
	}
	return lookup(b, "v")
}

func TestOrder(t *testing.T) {
	rows := orderedValues()
	for i, row := range rows {
		for j, other := range rows {
			want := cmp.Compare(i, j)
			for _, x := range row {
				for _, y := range other {
					a, b := toValue(t, x), toValue(t, y)
					if got := compare(a, b); got != want {
						t.Errorf("compare(%v, %v) = %d, want %d", x, y, got, want)
					}
					if got := strings.Compare(keyOf(a), keyOf(b)); got != want {
						t.Errorf("keys of %v and %v compare as %d, want %d", x, y, got, want)
					}
					down := [2][]byte{[]byte(keyOf(a)), []byte(keyOf(b))}
					invert(down[0])
					invert(down[1])
					if got := bytes.Compare(down[1], down[0]); got != want {
						t.Errorf("descending keys of %v and %v compare as %d, want %d", x, y, -got, -want)
					}
				}
			}
		}
	}
}

// FuzzKeys holds keys to the order of the values, of two documents and of what is in them, and to never being the
// beginning of one another.
func FuzzKeys(f *testing.F) {
	for _, row := range orderedValues() {
		f.Add([]byte(toDoc(f, row[0])), []byte(toDoc(f, row[len(row)-1])))
	}
	f.Fuzz(func(t *testing.T, x, y []byte) {
		x, y = document(t, x, storedDocument), document(t, y, storedDocument)
		left := append(elements(x), value{bson.TypeEmbeddedDocument, x})
		right := append(elements(y), value{bson.TypeEmbeddedDocument, y})
		for _, a := range left {
			for _, b := range right {
				keysInOrder(t, a, b)
			}
		}
	})
}

func keysInOrder(t *testing.T, a, b value) {
	t.Helper()
	ka, kb := keyOf(a), keyOf(b)
	if got, want := strings.Compare(ka, kb), compare(a, b); got != want || compare(b, a) != -want {
		t.Errorf("keys compare as %d, values as %d and %d: %x %x", got, want, compare(b, a), a.b, b.b)
	}
	if ka != kb && (strings.HasPrefix(ka, kb) || strings.HasPrefix(kb, ka)) {
		t.Errorf("one key begins with the other: %x %x", ka, kb)
	}
	// Joined with another key, and turned around for a descending field, they keep their order.
	ja, jb := appendKey([]byte(ka), b), appendKey([]byte(kb), a)
	if got, want := bytes.Compare(ja, jb), strings.Compare(ka, kb); want != 0 && got != want {
		t.Errorf("joined keys compare as %d, the keys as %d: %x %x", got, want, ja, jb)
	}
	invert(ja)
	invert(jb)
	if got, want := bytes.Compare(jb, ja), strings.Compare(ka, kb); want != 0 && got != want {
		t.Errorf("descending keys compare as %d, the keys as %d: %x %x", -got, want, ja, jb)
	}
}

func toDoc(t testing.TB, x any) []byte {
	t.Helper()
	b, err := bson.Marshal(bson.D{{Key: "v", Value: x}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzValidate holds the reader of documents to the driver's: it accepts nothing that the driver refuses, and what the
// driver reads and writes again byte for byte, except for depth and types that are not kept. Whatever it accepts can be
// read, compared and made a key of.
func FuzzValidate(f *testing.F) {
	for _, row := range orderedValues() {
		f.Add(toDoc(f, row[0]))
	}
	deep := []byte{5, 0, 0, 0, 0}
	for range maxDepth + 1 {
		deep = newBuilder().raw("d", deep).bytes()
	}
	f.Add(deep)
	f.Fuzz(func(t *testing.T, doc []byte) {
		err, theirs := validate(doc), bson.Raw(doc).Validate()
		if err == nil && theirs != nil {
			t.Errorf("accepted, and the driver does not: %x: %v", doc, theirs)
		}
		if err != nil {
			if code := asCommandError(err).code; code != codeNotImplemented && code != codeOverflow && driverRepeats(doc) {
				t.Errorf("refused, and the driver does not: %x: %v", doc, err)
			}
			return
		}
		walkAll(doc, func(v value) {
			if compare(v, v) != 0 {
				t.Errorf("%x is not equal to itself", v.b)
			}
			keyOf(v)
			v.truth()
			v.whole()
		})
		w := newBuilder()
		fs := fieldsOf(doc)
		for {
			name, v, ok := fs.next()
			if !ok {
				break
			}
			w.value(string(name), v)
		}
		if !slices.Equal(w.bytes(), doc) {
			t.Errorf("written again %x, was %x", w.bytes(), doc)
		}
	})
}

// driverRepeats tells whether the driver reads a document and writes the same bytes. It reads more than that: it does
// not look behind the end of the last field.
func driverRepeats(doc []byte) bool {
	var d bson.D
	if err := bson.Unmarshal(doc, &d); err != nil {
		return false
	}
	again, err := bson.Marshal(d)
	return err == nil && bytes.Equal(again, doc)
}

func walkAll(doc []byte, visit func(value)) {
	f := fieldsOf(doc)
	for {
		_, v, ok := f.next()
		if !ok {
			return
		}
		visit(v)
		if v.isDoc() || v.isArray() {
			walkAll(v.b, visit)
		}
	}
}

func TestDepth(t *testing.T) {
	doc := newBuilder().bytes()
	for range maxDepth - 1 {
		doc = newBuilder().raw("d", doc).bytes()
	}
	if err := validate(doc); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
	if err := validate(newBuilder().raw("d", doc).bytes()); err == nil || asCommandError(err).code != codeOverflow {
		t.Errorf("%d levels: %v, want code %d", maxDepth+1, err, codeOverflow)
	}
}
