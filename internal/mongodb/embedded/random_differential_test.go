package embedded

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var (
	seedFlag       = flag.Uint64("seed", 0, "the seed of TestRandomDifferential; 0 makes one up")
	fullFlag       = flag.Bool("full", false, "compare every operator with every type of value, which takes minutes")
	operationsFlag = flag.Int("operations", 5000, "how many operations TestRandomDifferential compares")
)

// workers is how many collections are worked on at the same time. Each has a random stream of its own, so that a seed
// gives the same questions every time.
const workers = 4

// serverDatabase gives a new database on the server at MONGO_TEST_URI, and drops it after the test.
func serverDatabase(t *testing.T, name string) *mongo.Database {
	t.Helper()
	uri := os.Getenv("MONGO_TEST_URI")
	if uri == "" {
		t.Skip("MONGO_TEST_URI is not set")
	}
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	db := client.Database(name + "_" + bson.NewObjectID().Hex()) // others may be at it
	t.Cleanup(func() {
		if err := db.Drop(context.Background()); err != nil {
			t.Error(err)
		}
		disconnect(client)
	})
	return db
}

// TestRandomDifferential puts random commands to the server at MONGO_TEST_URI and to the embedded database, and compares
// replies and documents. Every statement of a write counts as an operation. What differs is made as small as it goes and
// must then be one of knownDifferences.
func TestRandomDifferential(t *testing.T) {
	server := serverDatabase(t, "embedded_differential")
	ours := connect(t, openTest(t, Options{})).Database("test")
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d -operations %d", seed, *operationsFlag)
	c := newComparison()
	var wg sync.WaitGroup
	for w := range uint64(workers) {
		wg.Go(func() {
			name := fmt.Sprint("w", w)
			p := &pair{t: t, comparison: c, r: newRandom(seed, w), server: newSide(server, name), ours: newSide(ours, name)}
			for p.asked < *operationsFlag/workers && !c.enough() {
				p.episode()
			}
			c.asked.Add(int64(p.asked))
		})
	}
	wg.Wait()
	t.Logf("%d operations; known differences: %v", c.asked.Load(), c.known)
}

// comparison is what all workers found.
type comparison struct {
	asked    atomic.Int64
	mu       sync.Mutex
	known    map[string]int
	reported map[string]bool
}

// maxReports is after how many differences a comparison ends.
const maxReports = 25

func (c *comparison) enough() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.reported) >= maxReports
}

func newComparison() *comparison {
	return &comparison{known: map[string]int{}, reported: map[string]bool{}}
}

// pair is a worker: it keeps a collection in each of two databases equal.
type pair struct {
	*comparison
	t            *testing.T
	r            random
	server, ours *side
	asked        int
}

// indexSets are what collections have. With a unique index many writes are refused.
func indexSets() []bson.A {
	index := func(name string, unique bool, keys bson.D) bson.D {
		d := bson.D{{Key: "key", Value: keys}, {Key: "name", Value: name}}
		if unique {
			d = append(d, bson.E{Key: "unique", Value: true})
		}
		return d
	}
	up, down := int32(1), int32(-1)
	return []bson.A{
		nil, nil, nil,
		{index("a", false, field("a", up)), index("ab", false, field("a.b", up)), index("c", false, bson.D{{Key: "c", Value: down}, {Key: "b", Value: up}})},
		{index("u", true, field("u", up))},
		{index("cu", true, bson.D{{Key: "a", Value: up}, {Key: "u", Value: down}})},
		{index("mu", true, bson.D{{Key: "a.b", Value: up}, {Key: "u", Value: up}}), index("b", false, field("b", up))},
	}
}

// episode fills the collections and asks a number of questions about what is then in them.
func (p *pair) episode() {
	q := question{indexes: pick(p.r, indexSets()...)}
	ours, theirs, err := p.collections("kept", q.indexes)
	if err != nil {
		if down := p.server.awaken(); down != nil {
			p.t.Error(err, down)
		}
		return
	}
	if err := fill(ours, nil); err != nil {
		p.t.Error(err)
	}
	if err := fill(theirs, nil); err != nil {
		if err := p.server.awaken(); err != nil {
			p.t.Error(err)
		}
		return
	}
	q.docs = bson.A{}
	q.command = bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: p.documents(12)}, {Key: "ordered", Value: false}}
	for range 25 {
		if !p.compare(ours, theirs, &q) {
			return
		}
		q.command = p.command(q)
	}
}

func (p *pair) collections(purpose string, indexes bson.A) (ours, theirs *mongo.Collection, err error) {
	if ours, err = p.ours.collection(purpose, indexes); err != nil {
		return nil, nil, err
	}
	theirs, err = p.server.collection(purpose, indexes)
	return ours, theirs, err
}

// compare puts one question to both; q.docs are then the documents after it.
func (p *pair) compare(ours, theirs *mongo.Collection, q *question) bool {
	p.asked += operations(q.command)
	var got, gotDocs, want, wantDocs string
	var docs bson.A
	done := make(chan struct{})
	go func() {
		defer close(done)
		if want = p.server.put(theirs, *q); q.writes() {
			_, wantDocs = contents(theirs)
		}
	}()
	if got = p.ours.put(ours, *q); q.writes() {
		docs, gotDocs = contents(ours)
	}
	<-done
	if strings.HasPrefix(want, down) || strings.HasPrefix(wantDocs, "contents") {
		p.t.Logf("the server fell over at this question, or at one asked at the same time: %s", q)
		if err := p.server.awaken(); err != nil {
			p.t.Error(err)
		}
		return false
	}
	want = asKnown(*q, want)
	if sameAnswer(got, want) && gotDocs == wantDocs {
		if q.writes() {
			q.docs = docs
		}
		return true
	}
	if manyFailed(*q, got, want) {
		return false // how far an update of several documents came before it failed is left to the database
	}
	first := got
	if q.writes() {
		first = strings.TrimSpace(got + " " + gotDocs)
	}
	if again := p.ours.ask(*q); again != first {
		p.t.Errorf("%s\nthe embedded database answered %s\nand with the same documents anew %s", q, first, again)
	}
	p.report(p.smallest(*q))
	return false
}

// operations counts the statements of a command.
func operations(command bson.D) int {
	for _, e := range command[1:] {
		if list, ok := e.Value.(bson.A); ok && e.Key != "pipeline" {
			return len(list)
		}
	}
	return 1
}

func manyFailed(q question, got, want string) bool {
	return q.has("multi") && strings.Contains(got, "error") && strings.Contains(want, "error")
}

var errorCode = regexp.MustCompile(`error \d+`)

// sameAnswer compares replies. The code of an error matters where somebody looks at it.
func sameAnswer(got, want string) bool {
	plain := func(s string) string {
		return errorCode.ReplaceAllStringFunc(s, func(e string) string {
			if slices.Contains([]string{"error 11000", "error 43", "error 26", "error 48", "error 66", "error 121", "error 238", "error 291"}, e) {
				return e
			}
			return "error"
		})
	}
	return plain(got) == plain(want)
}

// smallest takes away from a question that has two answers what it goes without.
func (p *pair) smallest(q question) question {
	var refused *[2]bool // which sides answer an error
	faulty := func(q question) bool {
		got, want := p.ask(q)
		if strings.HasPrefix(got, "fill") || strings.HasPrefix(want, "fill") || strings.HasPrefix(want, down) || q.anyOf() {
			return false
		}
		errs := [2]bool{strings.Contains(got, "error"), strings.Contains(want, "error")}
		return !sameAnswer(got, want) && !manyFailed(q, got, want) && (refused == nil || *refused == errs)
	}
	q = shrink(q, question.statements, faulty)
	got, want := p.ask(q)
	refused = &[2]bool{strings.Contains(got, "error"), strings.Contains(want, "error")}
	return shrink(q, question.parts, faulty)
}

// report asks a small question again, and fails unless it is a known difference, or has one answer now: then it was the
// server that answered otherwise the first time, for compare has asked the embedded database again.
func (p *pair) report(q question) {
	got, want := p.ask(q)
	if sameAnswer(got, want) || strings.HasPrefix(want, down) || strings.HasPrefix(want, "empty") {
		p.t.Logf("no difference the second time: %s", q)
		if err := p.server.awaken(); err != nil {
			p.t.Error(err)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range knownDifferences {
		if k.is(q, got, want) {
			p.known[k.reason]++
			return
		}
	}
	if line := q.String(); !p.reported[line] {
		p.reported[line] = true
		p.t.Errorf("%s\nembedded %s\n  server %s", line, got, want)
	}
}

func (p *pair) ask(q question) (got, want string) { return p.ours.ask(q), asKnown(q, p.server.ask(q)) }

// documents makes some with different _ids.
func (p *pair) documents(n int) bson.A {
	all := bson.A{}
	for i := range n {
		all = append(all, p.document(p.id(i)))
	}
	return all
}

func (p *pair) document(id any) bson.D {
	d := p.r.stored(id)
	if !p.r.one(20) {
		d = append(d, bson.E{Key: "u", Value: int32(p.r.IntN(12))})
	}
	return d
}

// id gives the i-th _id: of several types, all different.
func (p *pair) id(i int) any {
	return []any{
		int32(0), 1.0, int64(2), "a", "b",
		bson.ObjectID{3},
		bson.DateTime(4), true,
		bson.D{{Key: "a", Value: int32(1)}, {Key: "b", Value: "x"}},
		bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")},
		nil, 2.5,
	}[i%12]
}

func (p *pair) someID() any { return p.id(p.r.IntN(12)) }

// command makes the next command for a collection with these documents.
func (p *pair) command(q question) bson.D {
	r := p.r
	// documentdb sorts an empty array otherwise than MongoDB does, so sorts are asked where there is none.
	sorts := !strings.Contains(canonical(q.docs), "[]")
	switch n := r.IntN(20); {
	case n < 7:
		return p.find(sorts)
	case n < 8:
		return bson.D{{Key: "count", Value: "c"}, {Key: "query", Value: r.filter(2)}, {Key: "skip", Value: int32(r.IntN(3))}, {Key: "limit", Value: int32(r.IntN(5))}}
	case n < 9:
		return bson.D{{Key: "distinct", Value: "c"}, {Key: "key", Value: r.path()}, {Key: "query", Value: pick(r, bson.D{}, r.filter(1))}}
	case n < 11:
		return bson.D{{Key: "aggregate", Value: "c"}, {Key: "pipeline", Value: p.pipeline(sorts)}, {Key: "cursor", Value: bson.D{}}}
	case n < 16:
		return p.update()
	case n < 17:
		return bson.D{{Key: "update", Value: "c"}, {Key: "updates", Value: bson.A{bson.D{
			{Key: "q", Value: r.filter(1)},
			{Key: "u", Value: r.update()},
			{Key: "multi", Value: true},
		}}}}
	case n < 18:
		return p.modify(sorts)
	case n < 19:
		docs := bson.A{}
		for range 1 + r.IntN(4) {
			docs = append(docs, p.document(p.someID()))
		}
		return bson.D{{Key: "insert", Value: "c"}, {Key: "documents", Value: docs}, {Key: "ordered", Value: r.one(2)}}
	}
	d := bson.D{{Key: "q", Value: append(field("_id", p.someID()), r.filter(1)...)}, {Key: "limit", Value: int32(r.IntN(2))}}
	if r.one(3) {
		d = bson.D{{Key: "q", Value: r.filter(1)}, {Key: "limit", Value: int32(0)}}
	}
	return bson.D{{Key: "delete", Value: "c"}, {Key: "deletes", Value: bson.A{d}}}
}

func (p *pair) find(sorts bool) bson.D {
	r := p.r
	d := bson.D{{Key: "find", Value: "c"}, {Key: "filter", Value: r.filter(2)}}
	if r.one(8) {
		d[1].Value = field("_id", r.operators(1))
	}
	if r.one(3) {
		d[1].Value = bson.D{}
	}
	if r.one(4) {
		d = append(d, bson.E{Key: "projection", Value: r.projection()})
	}
	if sorts && r.one(2) {
		d = append(d, bson.E{Key: "sort", Value: r.sort()})
		if r.one(2) {
			d = append(d, bson.E{Key: "skip", Value: int32(r.IntN(4))}, bson.E{Key: "limit", Value: int32(r.IntN(6))})
		}
	}
	return d
}

// pipeline makes stages whose answer depends on no order that is not asked for.
func (p *pair) pipeline(sorts bool) bson.A {
	r := p.r
	all := bson.A{}
	if r.one(2) {
		all = append(all, field("$match", r.filter(1)))
	}
	if sorts && r.one(2) {
		all = append(all, field("$sort", r.sort()))
		if r.one(2) {
			all = append(all, field("$skip", int32(r.IntN(3))))
		}
		if r.one(2) {
			all = append(all, field("$limit", int32(1+r.IntN(6))))
		}
	}
	if r.one(3) {
		all = append(all, field("$project", r.projection()))
	}
	if r.one(3) {
		all = append(all, field("$match", r.filter(1)))
	}
	switch r.IntN(4) {
	case 0:
		return append(all, field("$count", "n"))
	case 1, 2:
		all = append(all, field("$group", r.group()))
		if r.one(3) {
			all = append(all, field("$match", field(pick(r, "_id", "p", "q"), r.operators(1))))
		}
	}
	return all
}

// group makes a $group by one field or by a constant.
func (r random) group() bson.D {
	field1 := func() string { return "$" + pick(r, r.name(), r.name()+"."+r.name()) }
	d := bson.D{{Key: "_id", Value: pick[any](r, nil, int32(1), field1(), field1())}}
	for _, name := range []string{"p", "q"} {
		arg := pick[any](r, int32(1), field1(), field1())
		op := pick(r, "$sum", "$min", "$max")
		if r.one(5) {
			op, arg = "$count", bson.D{}
		}
		d = append(d, bson.E{Key: name, Value: field(op, arg)})
	}
	return d
}

// update makes several statements, each for one document, some of them upserts and replacements.
func (p *pair) update() bson.D {
	r := p.r
	all := bson.A{}
	for range 1 + r.IntN(8) {
		s := bson.D{{Key: "q", Value: field("_id", p.someID())}, {Key: "u", Value: r.update()}}
		if r.one(3) {
			s[0].Value = append(s[0].Value.(bson.D), r.filter(1)...)
		}
		switch r.IntN(9) {
		case 0:
			s[1].Value = r.stored(nil)[1:]
		case 8:
			s[1].Value = pick(r, field("$set", field("_id", p.someID())), r.stored(p.someID()))
		case 1, 2:
			s = append(s, bson.E{Key: "upsert", Value: true})
		case 3:
			s = bson.D{{Key: "q", Value: append(field("_id", p.someID()), r.document(1)...)}, s[1], {Key: "upsert", Value: true}}
		}
		all = append(all, s)
	}
	return bson.D{{Key: "update", Value: "c"}, {Key: "updates", Value: all}, {Key: "ordered", Value: r.one(4)}}
}

func (p *pair) modify(sorts bool) bson.D {
	r := p.r
	d := bson.D{{Key: "findAndModify", Value: "c"}, {Key: "query", Value: append(field("_id", p.someID()), r.filter(1)...)}}
	if sorts && r.one(2) {
		d[1].Value = r.filter(1)
		d = append(d, bson.E{Key: "sort", Value: r.sort()})
	}
	if r.one(2) {
		d = append(d, bson.E{Key: "fields", Value: r.projection()})
	}
	switch r.IntN(5) {
	case 0:
		return append(d, bson.E{Key: "remove", Value: true})
	case 1:
		return append(d, bson.E{Key: "update", Value: r.stored(nil)[1:]})
	case 2:
		d[1].Value = field("_id", p.someID())
		d = append(d, bson.E{Key: "upsert", Value: true})
	}
	return append(d, bson.E{Key: "update", Value: r.update()}, bson.E{Key: "new", Value: r.one(2)})
}
