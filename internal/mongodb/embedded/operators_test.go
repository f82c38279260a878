package embedded

import (
	"math"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// tableValues has some of every type.
func tableValues() []any {
	return []any{
		nil, int32(0), int32(1), int64(1), 1.0, math.Copysign(0, -1), 2.5, math.NaN(), math.Inf(1), int32(math.MaxInt32), int64(math.MaxInt64),
		"", "x", "y", false, true, bson.DateTime(0), bson.DateTime(1000),
		bson.Timestamp{T: 1, I: 2},
		bson.ObjectID{1},
		bson.Binary{Data: []byte{1}},
		bson.MinKey{},
		bson.MaxKey{},
		bson.D{},
		bson.D{{Key: "x", Value: int32(1)}},
		bson.D{{Key: "x", Value: int32(1)}, {Key: "y", Value: "x"}},
		bson.A{},
		bson.A{int32(1), "x"},
		bson.A{bson.A{int32(1)}},
		bson.A{bson.D{{Key: "x", Value: int32(1)}}, int32(1)},
	}
}

// tableDocuments has every value plainly, in an array, in an array in an array and in a document, and no value at all.
func tableDocuments() bson.A {
	docs := bson.A{bson.D{{Key: "_id", Value: int32(0)}}}
	for _, v := range append(tableValues(), bson.Regex{Pattern: "x"}) {
		for _, v := range []any{v, bson.A{v}, field("x", v), bson.A{bson.A{v}, field("x", v)}} {
			docs = append(docs, bson.D{{Key: "_id", Value: int32(len(docs))}, {Key: "v", Value: v}})
		}
	}
	return docs
}

// tableConditions puts every operator to every value.
func tableConditions() []bson.D {
	var all []bson.D
	for _, v := range tableValues() {
		for _, op := range []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte"} {
			all = append(all, field(op, v), field("$not", field(op, v)), field("$elemMatch", field(op, v)))
		}
		for _, op := range []string{"$in", "$nin", "$all"} {
			all = append(all, field(op, bson.A{v}), field(op, bson.A{v, "y"}), field("$not", field(op, bson.A{v})), field("$elemMatch", field(op, bson.A{v})))
		}
		all = append(all, field("$elemMatch", field("x", v)))
	}
	for _, name := range []string{
		"number", "double", "string", "object", "array", "binData", "objectId", "bool", "date", "null", "regex", "int", "timestamp",
		"long", "minKey", "maxKey",
	} {
		all = append(all, field("$type", name), field("$not", field("$type", name)), field("$elemMatch", field("$type", name)))
	}
	for _, n := range []any{int32(0), int32(1), 2.0, int64(3)} {
		all = append(all, field("$size", n), field("$not", field("$size", n)), field("$elemMatch", field("$size", n)))
	}
	for _, b := range []bool{true, false} {
		all = append(all, field("$exists", b), field("$not", field("$exists", b)), field("$elemMatch", field("$exists", b)))
	}
	return all
}

// tablePairs combines every two operators.
func tablePairs() []bson.D {
	one := []bson.E{
		{Key: "$eq", Value: int32(1)},
		{Key: "$ne", Value: "x"},
		{Key: "$gt", Value: int32(0)},
		{Key: "$gte", Value: bson.A{int32(1)}},
		{Key: "$lt", Value: "y"},
		{Key: "$lte", Value: 2.5},
		{Key: "$in", Value: bson.A{int32(1), nil, "x"}},
		{Key: "$nin", Value: bson.A{"y", int32(0)}},
		{Key: "$exists", Value: true},
		{Key: "$exists", Value: false},
		{Key: "$type", Value: "number"},
		{Key: "$type", Value: "array"},
		{Key: "$all", Value: bson.A{int32(1)}},
		{Key: "$size", Value: int32(2)},
		{Key: "$not", Value: field("$eq", int32(1))},
		{Key: "$not", Value: field("$size", int32(1))},
		{Key: "$elemMatch", Value: field("x", int32(1))},
		{Key: "$elemMatch", Value: field("$gte", int32(1))},
	}
	var all []bson.D
	for _, a := range one {
		for _, b := range one {
			if a.Key != b.Key {
				all = append(all, bson.D{a, b}, field("$not", bson.D{a, b}), field("$elemMatch", bson.D{a, b}))
			}
		}
	}
	return all
}

// tablePair gives a pair for the tests that go through a table.
func tablePair(t *testing.T) *pair {
	t.Helper()
	if !*fullFlag {
		t.Skip("without -full")
	}
	server := serverDatabase(t, "embedded_operators")
	ours := connect(t, openTest(t, Options{})).Database("test")
	return &pair{t: t, comparison: newComparison(), server: newSide(server, "o"), ours: newSide(ours, "o")}
}

// TestFilterTable asks the server at MONGO_TEST_URI for every filter operator with every type of operand, and for every
// two operators together, on every type of value.
func TestFilterTable(t *testing.T) {
	p := tablePair(t)
	docs := tableDocuments()
	ours, theirs, err := p.collections("kept", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(ours, docs); err != nil {
		t.Fatal(err)
	}
	if err := fill(theirs, docs); err != nil {
		t.Fatal(err)
	}
	ask := func(path string, condition any) {
		q := question{command: bson.D{{Key: "find", Value: "c"}, {Key: "filter", Value: field(path, condition)}, {Key: "projection", Value: field("_id", int32(1))}, {Key: "batchSize", Value: int32(1000)}}}
		p.asked++
		got, want := p.ours.put(ours, q), p.server.put(theirs, q)
		if sameAnswer(got, want) {
			return
		}
		for _, d := range docs {
			id := canonical(field("_id", d.(bson.D)[0].Value))
			if words := strings.Fields; slices.Contains(words(got), id) != slices.Contains(words(want), id) {
				q.docs = append(q.docs, d)
			}
		}
		for _, d := range q.docs {
			p.report(question{bson.A{d}, nil, q.command})
		}
	}
	for _, path := range []string{"v", "v.x", "v.0", "v.0.x"} {
		for _, v := range tableValues() {
			ask(path, v)
		}
		for _, c := range tableConditions() {
			ask(path, c)
		}
		for _, c := range tablePairs() {
			ask(path, c)
		}
	}
	t.Logf("%d filters on %d documents; known differences: %v", p.asked, len(docs), p.known)
}

// tableUpdates are the operators with several operands.
func tableUpdates() []bson.E {
	var all []bson.E
	add := func(op string, args ...any) {
		for _, a := range args {
			all = append(all, bson.E{Key: op, Value: a})
		}
	}
	for i, v := range tableValues() {
		if i%2 == 1 && i < 20 {
			continue // one of each type is enough
		}
		add("$set", v)
		add("$min", v)
		add("$max", v)
		add("$push", v)
		add("$addToSet", v)
		add("$pull", v)
		add("$pullAll", bson.A{v})
		add("$pull", field("$gte", v), field("$ne", v), field("$in", bson.A{v}))
		add("$push", field("$each", bson.A{v, "y"}))
		add("$addToSet", field("$each", bson.A{v, v, "x"}))
		add("$inc", v)
		add("$mul", v)
	}
	add("$inc", int32(-1), int32(math.MinInt32), int64(math.MinInt64), 1e300)
	add("$mul", int32(-1), int32(math.MinInt32), int64(2), -1.5)
	add("$unset", "")
	add("$setOnInsert", int32(1))
	add("$rename", "w", "w.x", "v.y")
	add("$pop", int32(1), int32(-1), 1.0, int32(2), "x", int32(0))
	add("$pull", field("x", int32(1)), field("$exists", true), field("$type", "number"), field("$size", int32(1)), field("$not", field("$eq", "x")), field("$elemMatch", field("$eq", int32(1))))
	for _, sort := range []any{nil, int32(1), int32(-1), field("x", int32(1)), field("x", int32(-1))} {
		for _, slice := range []any{nil, int32(0), int32(1), int32(-2), int64(9)} {
			for _, position := range []any{nil, int32(0), int32(1), int32(-1)} {
				d := field("$each", bson.A{"x", int32(0)})
				for _, e := range []bson.E{{Key: "$sort", Value: sort}, {Key: "$slice", Value: slice}, {Key: "$position", Value: position}} {
					if e.Value != nil {
						d = append(d, e)
					}
				}
				add("$push", d)
			}
		}
	}
	return all
}

// TestUpdateTable asks the server at MONGO_TEST_URI for every update operator with several operands on every type of
// value.
func TestUpdateTable(t *testing.T) {
	p := tablePair(t)
	docs := tableDocuments()
	ours, theirs, err := p.collections("kept", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"v", "v.x", "v.0"} {
		for _, u := range tableUpdates() {
			all := bson.A{}
			for _, d := range docs {
				all = append(all, bson.D{{Key: "q", Value: d.(bson.D)[:1]}, {Key: "u", Value: field(u.Key, field(path, u.Value))}})
			}
			q := question{docs: docs, command: bson.D{{Key: "update", Value: "c"}, {Key: "updates", Value: all}, {Key: "ordered", Value: false}}}
			if err := fill(ours, docs); err != nil {
				t.Fatal(err)
			}
			if err := fill(theirs, docs); err != nil {
				t.Fatal(err)
			}
			p.asked += len(all)
			got, want := p.ours.put(ours, q), p.server.put(theirs, q)
			_, gotDocs := contents(ours)
			_, wantDocs := contents(theirs)
			if sameAnswer(got, want) && gotDocs == wantDocs {
				continue
			}
			for i, d := range docs {
				one := question{bson.A{d}, nil, bson.D{q.command[0], {Key: "updates", Value: all[i : i+1]}}}
				if got, want := p.ask(one); !sameAnswer(got, want) {
					p.report(one)
				}
			}
		}
	}
	t.Logf("%d updates; known differences: %v", p.asked, p.known)
}
