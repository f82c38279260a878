package embedded

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// choices is a source of random numbers that a fuzzer steers: every byte is one choice. After the last it goes on with
// numbers of its own, for rand asks again where it does not like one.
type choices struct {
	rest []byte
	own  uint64
}

// Uint64 gives the next choice in the upper and in the lower bits, as rand uses either.
func (c *choices) Uint64() uint64 {
	if len(c.rest) == 0 {
		c.own += 0x9e3779b97f4a7c15
		return c.own
	}
	b := uint64(c.rest[0])
	c.rest = c.rest[1:]
	return b<<56 | b
}

// document takes what a fuzzer gives for a document, or, where it is none, for the choices by which to make one.
func document(t *testing.T, data []byte, generate func(random) bson.D) []byte {
	t.Helper()
	if validate(data) == nil {
		return data
	}
	doc, err := bson.Marshal(generate(random{rand.New(&choices{rest: data})}))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func storedDocument(r random) bson.D { return r.stored("id") }

// addCases gives a fuzzer the documents and the questions of a kind in cases.txt.
func addCases(f *testing.F, kind string) {
	f.Helper()
	marshal := func(v any) []byte {
		b, err := bson.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	docs := readLines(f, "documents.txt")
	for i, l := range readLines(f, "cases.txt") {
		parts := strings.Split(l, "\t")
		if parts[0] != kind {
			continue
		}
		args := []bson.D{}
		for _, p := range parts[1:] {
			v := parseJSON(f, p)
			if list, ok := v.(bson.A); ok {
				d := bson.D{}
				for _, e := range list {
					d = append(d, bson.E{Key: "", Value: e})
				}
				v = d
			}
			args = append(args, v.(bson.D))
		}
		doc := marshal(parseJSON(f, docs[i%len(docs)]))
		if len(args) == 2 {
			doc = marshal(args[0])
		}
		f.Add(marshal(args[len(args)-1]), doc)
	}
	for _, s := range []string{"", "\x00\x80\x40\xc0", "steered by bytes", strings.Repeat("\x11\x77\xee", 30)} {
		f.Add([]byte(s), []byte(s+s))
	}
}

// FuzzReadRequest gives bytes to the reader of messages: what it lets through is sound.
func FuzzReadRequest(f *testing.F) {
	doc := newBuilder().string("_id", "a").bytes()
	f.Add(msg(0, command1("ping")))
	f.Add(queryMessage(command1("hello")))
	f.Add(msg(flagMoreToCome, command1("insert"), sequence("documents", doc, doc), sequence("more")))
	f.Add(msg(flagChecksum, command1("ping")))
	f.Fuzz(func(t *testing.T, message []byte) {
		r := bytes.NewReader(message)
		q, err := readRequest(r)
		if err != nil || q.err != nil {
			return // the connection ends, or the command is refused without a look at its documents
		}
		if read := len(message) - r.Len(); read < headerSize+5 || read > maxMessage {
			t.Errorf("read %d bytes", read)
		}
		all := [][]byte{q.body}
		for _, docs := range q.sequences {
			all = append(all, docs...)
		}
		for _, d := range all {
			if err := validate(d); err != nil {
				t.Errorf("let through %x: %v", d, err)
			}
		}
	})
}

// FuzzFilter parses any document as a filter and matches with it: $nor is its negation, and an index over the fields it
// asks for has the documents that it finds.
func FuzzFilter(f *testing.F) {
	addCases(f, "find")
	f.Fuzz(func(t *testing.T, question, data []byte) {
		doc := document(t, data, storedDocument)
		query := document(t, question, func(r random) bson.D { return r.filter(2) })
		filter, err := parseFilter(query)
		negation, err2 := parseFilter(newBuilder().array("$nor").raw("", query).bytes())
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%s: %v; in $nor: %v", bson.Raw(query), err, err2)
		}
		if err != nil {
			return
		}
		matches := filter.match(doc)
		if negation.match(doc) == matches {
			t.Errorf("%s and its negation on %s: %v", bson.Raw(query), bson.Raw(doc), matches)
		}
		if _, err := filter.equalities(); err != nil && asCommandError(err).code != codeNotSingleValue {
			t.Errorf("%s: %v", bson.Raw(query), err)
		}
		if matches {
			inSpans(t, filter, doc)
		}
	})
}

// inSpans checks that an index over any one field of a filter would be searched where a document that matches is.
func inSpans(t *testing.T, f *filter, doc []byte) {
	t.Helper()
	byPath, _ := bounds(f)
	for name := range byPath {
		parts := []part{{path: strings.Split(name, "."), name: name}}
		if slices.ContainsFunc(parts[0].path, func(n string) bool { _, ok := position(n); return ok }) {
			continue // no index has positions
		}
		for _, desc := range []bool{false, true} {
			parts[0].desc = desc
			keys, multikey, err := keysOf(doc, parts)
			if err != nil {
				t.Fatal(err)
			}
			x := &index{indexSpec: &indexSpec{name: "x", parts: parts}, multikey: multikey}
			p := x.over(byPath, nil)
			if !slices.ContainsFunc(keys, func(k string) bool {
				return slices.ContainsFunc(p.spans, func(s span) bool { return k >= s.from && (s.to == "" || k < s.to) })
			}) {
				t.Errorf("%s matches and is not where its index is searched: keys %x, spans %x", bson.Raw(doc), keys, p.spans)
			}
		}
	}
}

// FuzzUpdate applies any document as an update: what comes out is BSON with the same _id, and most operators change
// nothing the second time.
func FuzzUpdate(f *testing.F) {
	addCases(f, "update")
	f.Fuzz(func(t *testing.T, question, data []byte) {
		old := document(t, data, storedDocument)
		u, err := parseUpdate(value{bson.TypeEmbeddedDocument, document(t, question, random.update)})
		if err != nil {
			return
		}
		before := bytes.Clone(old)
		doc, err := u.apply(old, false, fixedNow())
		if !bytes.Equal(before, old) {
			t.Fatalf("the old document changed: %x, was %x", old, before)
		}
		if err != nil {
			return
		}
		if err := validate(doc); err != nil {
			t.Fatalf("%x: %v", doc, err)
		}
		if a, b := lookup(old, "_id"), lookup(doc, "_id"); !a.missing() && compare(a, b) != 0 {
			t.Errorf("_id was %x, is %x", a.b, b.b)
		}
		if !u.idempotent() {
			return
		}
		again, err := u.apply(doc, false, fixedNow())
		if err != nil || !bytes.Equal(doc, again) {
			t.Errorf("applied again: %s %v, was %s", bson.Raw(again), err, bson.Raw(doc))
		}
	})
}

// idempotent tells whether an update should change nothing when it is applied again.
func (u *update) idempotent() bool {
	return !slices.ContainsFunc(u.changes, func(c change) bool {
		return !slices.Contains([]string{"$set", "$setOnInsert", "$unset", "$min", "$max", "$currentDate", "$addToSet", "$pull", "$pullAll"}, c.op)
	})
}

// FuzzPipeline puts documents through any stages, sort and projection.
func FuzzPipeline(f *testing.F) {
	addCases(f, "aggregate")
	addCases(f, "sort")
	addCases(f, "project")
	db := openTest(f, Options{})
	c := connect(f, db).Database("test").Collection("c")
	for _, l := range readLines(f, "documents.txt") {
		insert(f, c, parseJSON(f, l))
	}
	f.Fuzz(func(t *testing.T, question, data []byte) {
		doc := document(t, data, func(r random) bson.D {
			return bson.D{{Key: "", Value: r.stored(1)}, {Key: "", Value: r.stored(2)}, {Key: "", Value: r.stored(3)}}
		})
		docs := [][]byte{doc}
		for _, v := range elements(doc) {
			if v.isDoc() {
				docs = append(docs, v.b)
			}
		}
		if o, err := parseSort(document(t, question, random.sort)); err == nil {
			sortsRight(t, o, docs)
		}
		if p, err := parseProjection(document(t, question, random.projection)); err == nil && p != nil {
			for _, d := range docs {
				out := p.apply(d)
				if err := validate(out); err != nil {
					t.Errorf("projected %x: %v", out, err)
				}
				if again := p.apply(out); !bytes.Equal(out, again) {
					t.Errorf("projected %s, and again %s", bson.Raw(out), bson.Raw(again))
				}
			}
		}
		runsStages(t, db, document(t, question, func(r random) bson.D {
			d := bson.D{}
			for _, s := range (&pair{r: r}).pipeline(true) {
				d = append(d, bson.E{Key: "", Value: s})
			}
			return d
		}))
	})
}

// runsStages asks for an aggregation by the stages in the fields of a document: the answer is BSON, and an internal error
// is none.
func runsStages(t *testing.T, db *Database, stages []byte) {
	t.Helper()
	w := newBuilder().string("aggregate", "c").string("$db", "test").doc("cursor").end().array("pipeline")
	for _, v := range elements(stages) {
		w.value("", v)
	}
	w.end()
	reply := db.answer(&request{op: opMsg, body: w.bytes()})[headerSize+5:]
	if err := validate(reply); err != nil {
		t.Errorf("%s: the answer %x: %v", bson.Raw(stages), reply, err)
	}
	if code := lookup(reply, "code"); !code.missing() && code.int32() == codeInternal {
		t.Errorf("%s: %s", bson.Raw(stages), bson.Raw(reply))
	}
}

func sortsRight(t *testing.T, o *ordering, docs [][]byte) {
	t.Helper()
	var raws []bson.Raw
	for _, d := range docs {
		raws = append(raws, d)
	}
	out, err := sorted(o, raws, math.MaxInt64, limits{})
	if err != nil {
		return // parallel arrays
	}
	for i := 1; i < len(out); i++ {
		a, errA := o.key(out[i-1])
		b, errB := o.key(out[i])
		if errA != nil || errB != nil || a > b {
			t.Errorf("%s before %s: %v %v", out[i-1], out[i], errA, errB)
		}
	}
}
