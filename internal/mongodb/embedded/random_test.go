package embedded

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// random makes documents, filters, updates and commands of few names and values, so that they meet.
type random struct{ *rand.Rand }

func newRandom(seed, stream uint64) random { return random{rand.New(rand.NewPCG(seed, stream))} }

// pick gives one of several, each as likely as the others.
func pick[T any](r random, all ...T) T { return all[r.IntN(len(all))] }

// one tells, once in n times.
func (r random) one(n int) bool { return r.IntN(n) == 0 }

func field(name string, v any) bson.D { return bson.D{{Key: name, Value: v}} }

func (r random) name() string { return pick(r, "a", "b", "c") }

func (r random) path() string {
	switch r.IntN(12) {
	case 0, 1, 2:
		return r.name() + "." + r.name()
	case 3, 4:
		return r.name() + "." + fmt.Sprint(r.IntN(3))
	case 5:
		return r.name() + "." + fmt.Sprint(r.IntN(2)) + "." + r.name()
	case 6:
		return r.name() + "." + r.name() + "." + pick(r, "a", "b", "0", "1")
	case 7:
		return pick(r, r.name(), r.name(), "d.0", "d.d", "r", "u")
	}
	return r.name()
}

// scalar is mostly one of few values that meet one another, sometimes one of oddValues.
func (r random) scalar() any {
	if r.one(5) {
		return pick(r, oddValues()...)
	}
	return pick[any](
		r, int32(0), int32(1), int64(1), 1.0, 2.5, int32(3), "", "x", "y", nil, true, false,
		bson.DateTime(1000), bson.DateTime(2000),
	)
}

// oddValues are the edges of all types that are kept. A Timestamp of zero is not among them: a server may fill it in.
func oddValues() []any {
	return []any{
		int32(-1), int32(math.MaxInt32), int32(math.MinInt32), int64(2), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1),
		0.0, math.Copysign(0, -1), -1.5, math.NaN(), math.Inf(1), math.Inf(-1), float64(1 << 53), float64(1 << 63), 1e300, math.SmallestNonzeroFloat64,
		"X", "xy", "1", "ă", "a\u0306", "𝄞", "\uffff", "x\x00y", "$x", "a.b", strings.Repeat("long ", 80),
		bson.DateTime(-1), bson.DateTime(math.MaxInt64),
		bson.Timestamp{T: 1, I: 2},
		bson.Timestamp{T: math.MaxUint32, I: 1},
		bson.ObjectID{1},
		bson.ObjectID{2},
		bson.Binary{Data: []byte{}},
		bson.Binary{Data: []byte{1}},
		bson.Binary{Data: []byte{0, 9}},
		bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")},
		bson.MinKey{},
		bson.MaxKey{},
	}
}

func (r random) value(depth int) any {
	switch n := r.IntN(6); {
	case n == 0 && depth > 0:
		return r.array(depth)
	case n == 1 && depth > 0:
		return r.document(depth - 1)
	}
	return r.scalar()
}

func (r random) array(depth int) bson.A {
	a := bson.A{}
	for range r.IntN(4) {
		a = append(a, r.value(depth-1))
	}
	return a
}

func (r random) document(depth int) bson.D {
	d := bson.D{}
	for _, n := range []string{"a", "b", "c"} {
		if r.one(2) {
			d = append(d, bson.E{Key: n, Value: r.value(depth)})
		}
	}
	return d
}

// stored is a document as it may lie in a collection: now and then with a regular expression, and with fields whose names
// are a number or empty.
func (r random) stored(id any) bson.D {
	d := append(field("_id", id), r.document(2)...)
	if r.one(20) {
		d = append(d, bson.E{Key: "r", Value: bson.Regex{Pattern: r.name(), Options: pick(r, "", "i")}})
	}
	if r.one(20) {
		d = append(d, bson.E{Key: "d", Value: field(pick(r, "0", "1", "", "d"), r.value(1))})
	}
	return d
}

func (r random) filter(depth int) bson.D {
	d := bson.D{}
	for range 1 + r.IntN(2) {
		if depth > 0 && r.one(4) {
			list := bson.A{}
			for range 1 + r.IntN(2) {
				list = append(list, r.filter(depth-1))
			}
			d = append(d, bson.E{Key: pick(r, "$and", "$or", "$nor"), Value: list})
			continue
		}
		d = append(d, bson.E{Key: r.path(), Value: r.condition(depth)})
	}
	if len(d) == 2 && d[0].Key == d[1].Key {
		return d[:1]
	}
	return d
}

// condition is a value to be equal to, or one to three operators.
func (r random) condition(depth int) any {
	if r.one(4) {
		return r.value(2)
	}
	return r.operators(depth)
}

func (r random) operators(depth int) bson.D {
	d := bson.D{}
	for range 1 + r.IntN(5)/3 + r.IntN(9)/8 {
		if o := r.operator(depth); !slices.ContainsFunc(d, func(e bson.E) bool { return e.Key == o.Key }) {
			d = append(d, o)
		}
	}
	return d
}

func (r random) operator(depth int) bson.E {
	switch r.IntN(14) {
	case 0, 1:
		return bson.E{Key: pick(r, "$in", "$nin"), Value: r.array(2)}
	case 2:
		return bson.E{Key: "$exists", Value: pick[any](r, true, false, int32(1), int32(0), true, false)}
	case 3:
		return bson.E{Key: "$type", Value: r.types()}
	case 4:
		return bson.E{Key: "$size", Value: pick[any](r, int32(0), int32(1), int64(2), 3.0)}
	case 5:
		return bson.E{Key: "$all", Value: r.all(depth)}
	case 6:
		if depth > 0 {
			return bson.E{Key: "$not", Value: r.operators(depth - 1)}
		}
	case 7, 8:
		if depth > 0 {
			return bson.E{Key: "$elemMatch", Value: r.elemMatch(depth)}
		}
	}
	return bson.E{Key: r.comparison(), Value: r.value(2)}
}

func (r random) elemMatch(depth int) bson.D {
	if r.one(2) {
		return r.operators(depth - 1)
	}
	return r.filter(depth - 1)
}

func (r random) all(depth int) bson.A {
	if depth > 0 && r.one(4) {
		a := bson.A{}
		for range 1 + r.IntN(2) {
			a = append(a, field("$elemMatch", r.elemMatch(depth)))
		}
		return a
	}
	return r.array(2)
}

func (r random) types() any {
	one := func() any {
		return pick[any](
			r, "double", "string", "object", "array", "binData", "objectId", "bool", "date", "null", "regex", "int", "timestamp", "long",
			"minKey", "maxKey", "number", int32(1), int32(2), int32(3), int32(4), int32(8), int64(10), 16.0, int32(18), int32(-1), int32(127),
		)
	}
	if r.one(3) {
		return bson.A{one(), one()}
	}
	return one()
}

func (r random) comparison() string {
	return pick(r, "$eq", "$ne", "$gt", "$gte", "$lt", "$lte")
}

// update makes one to three operators on different paths. The paths come in their order: a server that makes new fields
// in the order of the operators then makes them in the order in which MongoDB does.
func (r random) update() bson.D {
	var paths []string
	for range 1 + r.IntN(5)/3 + r.IntN(8)/7 {
		paths = append(paths, r.path())
	}
	slices.Sort(paths)
	paths = slices.CompactFunc(paths, func(a, b string) bool { return a == b || strings.HasPrefix(b, a+".") && !r.one(20) })
	u := bson.D{}
	for _, p := range paths {
		op, arg := r.change()
		if op == "$rename" && (len(u) > 0 || r.one(2)) {
			return field(op, field(p, arg)) // which field it makes, and so when, is not the one that it names
		}
		at := slices.IndexFunc(u, func(e bson.E) bool { return e.Key == op })
		switch {
		case at < 0:
			u = append(u, bson.E{Key: op, Value: field(p, arg)})
		case at == len(u)-1:
			u[at].Value = append(u[at].Value.(bson.D), bson.E{Key: p, Value: arg})
		}
	}
	return u
}

// change makes an operator and its argument for a path.
func (r random) change() (string, any) {
	switch r.IntN(13) {
	case 0:
		return "$unset", pick[any](r, "", int32(1))
	case 1, 2:
		return pick(r, "$inc", "$mul"), pick[any](r, int32(2), int64(3), 1.5, int32(-1), int32(math.MaxInt32), int64(math.MaxInt64), math.Inf(1), 0.0)
	case 3:
		return pick(r, "$min", "$max"), r.value(2)
	case 4:
		return "$push", r.value(2)
	case 5, 6:
		return "$push", r.pushed()
	case 7:
		if r.one(3) {
			return "$addToSet", r.value(2)
		}
		return "$addToSet", r.each()
	case 8, 9:
		return "$pull", r.condition(1)
	case 10:
		return "$pullAll", r.array(2)
	case 11:
		return "$pop", pick[any](r, int32(1), int32(-1), int64(1), -1.0)
	case 12:
		return pick(r, "$setOnInsert", "$rename"), r.path()
	}
	return "$set", r.value(2)
}

// each is the argument of $addToSet for several elements.
func (r random) each() bson.D {
	list := r.array(2)
	if len(list) == 0 && !r.one(4) {
		list = bson.A{r.value(1)}
	}
	return field("$each", list)
}

// pushed is the argument of $push with some of its modifiers.
func (r random) pushed() bson.D {
	d := r.each()
	if r.one(2) {
		d = append(d, bson.E{Key: "$sort", Value: pick[any](
			r, int32(1), int32(-1), field("a", int32(1)), field("b.a", int32(-1)),
			bson.D{{Key: "a", Value: int32(1)}, {Key: "b", Value: int32(-1)}},
		)})
	}
	if r.one(2) {
		d = append(d, bson.E{Key: "$slice", Value: pick[any](r, int32(-2), int32(-1), int32(0), int64(1), 3.0)})
	}
	if r.one(2) {
		d = append(d, bson.E{Key: "$position", Value: pick[any](r, int32(0), int32(1), int64(-1), int32(7))})
	}
	r.Shuffle(len(d), func(i, j int) { d[i], d[j] = d[j], d[i] })
	return d
}

// sort has up to three keys; _id at the end makes it an order without ties.
func (r random) sort() bson.D {
	d := bson.D{}
	for range r.IntN(3) {
		p := pick(r, r.name(), r.name(), r.name()+"."+r.name())
		if !slices.ContainsFunc(d, func(e bson.E) bool { return e.Key == p }) {
			d = append(d, bson.E{Key: p, Value: pick(r, int32(1), int32(-1))})
		}
	}
	return append(d, bson.E{Key: "_id", Value: pick(r, int32(1), int32(-1))})
}

func (r random) projection() bson.D {
	d := bson.D{}
	keep := pick[any](r, int32(1), true, 1.0)
	if r.one(2) {
		keep = pick[any](r, int32(0), false, int64(0))
	}
	for range 1 + r.IntN(3) {
		p := pick(r, r.name(), r.name()+"."+r.name(), r.name()+"."+r.name()+"."+r.name())
		if !slices.ContainsFunc(d, func(e bson.E) bool { return strings.HasPrefix(e.Key, p) || strings.HasPrefix(p, e.Key) }) {
			d = append(d, bson.E{Key: p, Value: keep})
		}
	}
	if r.one(3) {
		d = append(d, bson.E{Key: "_id", Value: pick[any](r, int32(0), int32(1))})
	}
	return d
}
