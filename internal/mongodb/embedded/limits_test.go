package embedded

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// TestQueryMemory gives sorts, groups and stages little memory: what does not fit is refused with 292, and what needs
// only some of the documents still works.
func TestQueryMemory(t *testing.T) {
	db := openTest(t, Options{QueryMemory: 80_000})
	c := connect(t, db).Database("test").Collection("c")
	var docs []any
	for i := range 2000 {
		docs = append(docs, bson.M{"_id": i, "n": (i * 7919) % 2000, "few": i % 3, "long": fmt.Sprintf("%040d", (i*7919)%2000), "text": strings.Repeat("x", 100)})
	}
	insert(t, c, docs...)
	tests := []struct {
		command string
		code    int
		first   int32 // the n of the first document answered, -1 for any
	}{
		{`{"find":"c","sort":{"long":1}}`, codeMemoryExceeded, -1},
		{`{"find":"c","sort":{"long":1},"skip":1000,"limit":500}`, codeMemoryExceeded, -1},
		{`{"find":"c","sort":{"n":1},"limit":20}`, 0, 0},
		{`{"find":"c","sort":{"n":1},"skip":100,"limit":20}`, 0, 100},
		{`{"find":"c","sort":{"_id":-1}}`, 0, 81},
		{`{"explain":{"find":"c","sort":{"long":1}}}`, codeMemoryExceeded, -1},
		{`{"findAndModify":"c","sort":{"n":-1},"update":{"$set":{"m":1}}}`, 0, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$sort":{"long":1}}]}`, codeMemoryExceeded, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$sort":{"n":1}},{"$limit":5}]}`, 0, 0},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$limit":1900},{"$sort":{"long":1}}]}`, codeMemoryExceeded, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$group":{"_id":"$n"}}]}`, codeMemoryExceeded, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$group":{"_id":"$few","s":{"$sum":1}}}]}`, 0, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$project":{"text":1}},{"$skip":1}]}`, codeMemoryExceeded, -1},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$project":{"n":1}}]}`, 0, 0},
		{`{"aggregate":"c","cursor":{},"pipeline":[{"$limit":2},{"$project":{"n":1}},{"$skip":1},{"$project":{"_id":0}}]}`, 0, -1},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			var reply struct {
				Cursor struct{ FirstBatch []bson.Raw }
			}
			err := c.Database().RunCommand(t.Context(), parseJSON(t, tt.command)).Decode(&reply)
			if code(err) != tt.code {
				t.Fatalf("%v, want code %d", err, tt.code)
			}
			if tt.first < 0 {
				return
			}
			if first := reply.Cursor.FirstBatch[0]; first.Lookup("n").Int32() != tt.first {
				t.Errorf("first %s, want n %d", first, tt.first)
			}
		})
	}
	if n, err := c.CountDocuments(t.Context(), bson.M{"m": 1}); n != 1 || err != nil {
		t.Errorf("changed by findAndModify: %d, %v", n, err)
	}
}

// TestSortOfTheFirst compares a sort of which only some are wanted with one of all.
func TestSortOfTheFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	o, err := parseSort(lookup(toDoc(t, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: -1}}), "v").b)
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.Raw
	for i := range 8000 {
		docs = append(docs, newBuilder().int32("a", rng.Int32N(50)).int32("b", rng.Int32N(3)).int32("i", int32(i)).bytes())
	}
	want, err := sorted(o, slices.Clone(docs), math.MaxInt64, limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []int64{1, 2, 99, 1999, 3000, 3999, 4001, 7999, 8000, 8001} {
		got, err := sorted(o, slices.Clone(docs), wanted, limits{})
		n := min(int(wanted), len(want))
		if err != nil || len(got) < n || !slices.EqualFunc(got[:n], want[:n], slices.Equal) {
			t.Errorf("the first %d of %d: %d in another order, %v", wanted, len(docs), len(got), err)
		}
	}
}

// TestEveryStageObeysTime runs every stage, a sort and a distinct when their time is over.
func TestEveryStageObeysTime(t *testing.T) {
	l := limits{expired: &atomic.Bool{}}
	l.expired.Store(true)
	in := []bson.Raw{newBuilder().int32("a", 1).bytes(), newBuilder().int32("a", 2).bytes()}
	for _, s := range []string{
		`{"$match":{"a":1}}`, `{"$sort":{"a":1}}`, `{"$project":{"a":1}}`, `{"$group":{"_id":"$a"}}`,
	} {
		p, err := parsePipeline([][]byte{lookup(toDoc(t, parseJSON(t, s)), "v").b})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p[0].run(in, l); err == nil || asCommandError(err).code != codeMaxTimeExpired {
			t.Errorf("%s after its time: %v, want code %d", s, err, codeMaxTimeExpired)
		}
	}
	db := openTest(t, Options{})
	c := connect(t, db).Database("test").Collection("c")
	insert(t, c, bson.M{"_id": "a"})
	for name, command := range map[string]bson.D{
		"find":     {{Key: "find", Value: "c"}},
		"distinct": {{Key: "distinct", Value: "c"}, {Key: "key", Value: "a"}},
	} {
		body := append(command, bson.E{Key: "$db", Value: "test"})
		raw := lookup(toDoc(t, body), "v").b
		call := &call{db: db, name: name, target: lookup(raw, name), dbName: "test", w: newBuilder(), limits: l}
		call.args = &args{what: name, doc: raw}
		if err := db.commands[name].run(call); err == nil || asCommandError(err).code != codeMaxTimeExpired {
			t.Errorf("%s after its time: %v, want code %d", name, err, codeMaxTimeExpired)
		}
	}
}

func TestLargestSkipAndLimit(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": 1}, bson.M{"_id": 2}, bson.M{"_id": 3})
	got := found(t, c, bson.M{}, options.Find().SetSkip(1).SetLimit(math.MaxInt64))
	if len(got) != 2 {
		t.Errorf("skip 1, limit %d: %s", int64(math.MaxInt64), got)
	}
	got = found(t, c, bson.M{}, options.Find().SetSkip(math.MaxInt64).SetLimit(1).SetSort(bson.M{"x": 1}))
	if len(got) != 0 {
		t.Errorf("skip %d, limit 1: %s", int64(math.MaxInt64), got)
	}
}

// tell sends a command past the driver, which has limits of its own, and gives the reply and its length.
func tell(t *testing.T, c net.Conn, command, sequenceName string, docs ...[]byte) (bson.Raw, int) {
	t.Helper()
	body := newBuilder().string(command, "c").string("$db", "test").bool("ordered", false).bytes()
	if _, err := c.Write(msg(0, body, sequence(sequenceName, docs...))); err != nil {
		t.Fatal(err)
	}
	_, reply := readReply(t, c)
	return reply, len(reply)
}

// errorCodes counts the codes in a reply.
func errorCodes(t *testing.T, reply bson.Raw) map[int32]int {
	t.Helper()
	codes := map[int32]int{}
	if v := lookup(reply, "code"); !v.missing() {
		codes[v.int32()]++
	}
	for _, e := range elements(lookup(reply, "writeErrors").b) {
		codes[lookup(e.b, "code").int32()]++
	}
	return codes
}

// TestManyStatements fills commands to the limit of 100,000 statements, and lets all of them fail.
func TestManyStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("300,000 documents")
	}
	db := openTest(t, Options{FS: vfs.NewMem()})
	c := dial(t, db)
	padding := strings.Repeat("x", 200)
	id := func(i int) string { return fmt.Sprint(padding, i) }
	docs := make([][]byte, maxStatements+1)
	for i := range docs {
		docs[i] = newBuilder().string("_id", id(i)).bytes()
	}
	if reply, _ := tell(t, c, "insert", "documents", docs...); errorCodes(t, reply)[codeInvalidOptions] != 1 {
		t.Errorf("%d documents: %s", len(docs), reply)
	}
	docs = docs[:maxStatements]
	if reply, _ := tell(t, c, "insert", "documents", docs...); reply.Lookup("n").Int32() != maxStatements {
		t.Errorf("%d documents: %d stored", len(docs), reply.Lookup("n").Int32())
	}
	reply, n := tell(t, c, "insert", "documents", docs...)
	if got := errorCodes(t, reply)[codeDuplicateKey]; got != maxStatements || n > maxReply+8<<20 {
		t.Errorf("all of them again: %d duplicates in %d bytes", got, n)
	}
	if err := db.Check(); err != nil {
		t.Error(err)
	}
}

// documentOf gives a document of exactly so many bytes.
func documentOf(id string, n int) []byte {
	return newBuilder().string("_id", id).string("v", strings.Repeat("x", n-len(newBuilder().string("_id", id).string("v", "").bytes()))).bytes()
}

func TestLargestDocument(t *testing.T) {
	db := openTest(t, Options{})
	c := dial(t, db)
	if reply, _ := tell(t, c, "insert", "documents", documentOf("a", maxDocument)); reply.Lookup("n").Int32() != 1 {
		t.Errorf("a document of %d bytes: %v", maxDocument, errorCodes(t, reply))
	}
	if reply, _ := tell(t, c, "insert", "documents", documentOf("b", maxDocument+1)); errorCodes(t, reply)[codeTooLarge] != 1 {
		t.Errorf("a document of %d bytes: %v, want code %d", maxDocument+1, errorCodes(t, reply), codeTooLarge)
	}
	coll := connect(t, db).Database("test").Collection("c")
	raw, err := coll.FindOne(t.Context(), bson.M{"_id": "a"}).Raw()
	if err != nil || len(raw) != maxDocument {
		t.Errorf("read back: %d bytes, %v", len(raw), err)
	}
	insert(t, coll, bson.M{"_id": "c", "n": int32(1), "v": ""})
	empty, err := coll.FindOne(t.Context(), bson.M{"_id": "c"}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	most := strings.Repeat("y", maxDocument-len(empty)-100)
	for _, tt := range []struct{ more, code int }{{100, 0}, {101, codeTooLarge}, {100, 0}} {
		_, err := coll.UpdateOne(t.Context(), bson.M{"_id": "c"}, bson.M{"$set": bson.M{"v": most + strings.Repeat("z", tt.more)}})
		if code(err) != tt.code {
			t.Errorf("an update to %d bytes: %v, want code %d", maxDocument-100+tt.more, err, tt.code)
		}
	}
	for i := range 2 {
		insert(t, coll, bson.M{"_id": fmt.Sprint("big", i), "big": strings.Repeat(fmt.Sprint(i), 9<<20)})
	}
	err = coll.Database().RunCommand(t.Context(), bson.D{{Key: "distinct", Value: "c"}, {Key: "key", Value: "big"}}).Err()
	if code(err) != codeDistinctTooLarge {
		t.Errorf("distinct values of 18 MiB: %v, want code %d", err, codeDistinctTooLarge)
	}
	_, err = coll.Aggregate(t.Context(), mongo.Pipeline{{{Key: "$group", Value: bson.M{"_id": bson.M{"a": "$big", "b": "$big"}}}}})
	if code(err) != codeTooLarge {
		t.Errorf("a group of 18 MiB: %v, want code %d", err, codeTooLarge)
	}
}

// TestDeepest nests documents, and dotted paths, as deep as is allowed and deeper. A path must not get so far that
// following it takes more stack than there is.
func TestDeepest(t *testing.T) {
	db := openTest(t, Options{})
	conn := dial(t, db)
	doc := newBuilder().bytes()
	for range maxDepth - 2 {
		doc = newBuilder().raw("d", doc).bytes()
	}
	for i, want := range []int32{0, codeOverflow} {
		reply, _ := tell(t, conn, "insert", "documents", newBuilder().int32("_id", int32(i)).raw("d", doc).bytes())
		if got := errorCodes(t, reply); want == 0 && len(got) > 0 || want != 0 && got[want] != 1 {
			t.Errorf("%d levels: %v, want code %d", maxDepth+i, got, want)
		}
		doc = newBuilder().raw("d", doc).bytes()
	}
	c := connect(t, db).Database("test").Collection("c")
	for _, tt := range []struct{ levels, code int }{{maxDepth, 0}, {maxDepth + 1, codeOverflow}, {5_000_000, codeOverflow}} {
		p := strings.Repeat("a.", tt.levels-1) + "a"
		commands := map[string]bson.D{
			"filter":     {{Key: "find", Value: "c"}, {Key: "filter", Value: bson.M{p: 1}}},
			"sort":       {{Key: "find", Value: "c"}, {Key: "sort", Value: bson.M{p: 1}}},
			"projection": {{Key: "find", Value: "c"}, {Key: "projection", Value: bson.M{p: 1}}},
			"distinct":   {{Key: "distinct", Value: "c"}, {Key: "key", Value: p}},
			"update":     {{Key: "findAndModify", Value: "c"}, {Key: "query", Value: bson.M{"_id": 0}}, {Key: "update", Value: bson.M{"$unset": bson.M{p: 1}}}},
			"upsert":     {{Key: "findAndModify", Value: "c"}, {Key: "query", Value: bson.M{"_id": tt.levels}}, {Key: "update", Value: bson.M{"$set": bson.M{p: 1}}}, {Key: "upsert", Value: true}},
			"rename":     {{Key: "findAndModify", Value: "c"}, {Key: "query", Value: bson.M{"_id": 0}}, {Key: "update", Value: bson.M{"$rename": bson.M{"x": p}}}},
			"group":      {{Key: "aggregate", Value: "c"}, {Key: "cursor", Value: bson.M{}}, {Key: "pipeline", Value: bson.A{bson.M{"$group": bson.M{"_id": "$" + p}}}}},
			"index":      {{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.M{"key": bson.M{p: 1}, "name": "deep"}}}},
		}
		for name, command := range commands {
			if err := c.Database().RunCommand(t.Context(), command).Err(); code(err) != tt.code {
				t.Errorf("%s by a path of %d levels: code %d, want %d", name, tt.levels, code(err), tt.code)
			}
		}
	}
}

// TestPositions asks for positions in documents and arrays by turns, where each may be a field as well.
func TestPositions(t *testing.T) {
	c := testCollection(t)
	v := any("deep")
	for range 20 {
		v = bson.A{bson.D{{Key: "0", Value: v}}}
	}
	insert(t, c, bson.D{{Key: "_id", Value: "a"}, {Key: "v", Value: v}})
	for positions, want := range map[int]int{1: 0, maxPositions: 0, maxPositions + 1: codeNotImplemented, 40: codeNotImplemented} {
		_, err := c.CountDocuments(t.Context(), bson.D{{Key: "v" + strings.Repeat(".0", positions), Value: "none"}})
		if code(err) != want {
			t.Errorf("%d positions: %v, want code %d", positions, err, want)
		}
	}
}
