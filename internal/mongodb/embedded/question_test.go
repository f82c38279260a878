package embedded

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// question is one command put to a collection that holds some documents and has some indexes. As a line of cases.txt it
// is: on, the documents, the command and, if there are any, the indexes.
type question struct {
	docs, indexes bson.A
	command       bson.D
}

func parseQuestion(t testing.TB, line string) question {
	t.Helper()
	parts := strings.Split(line, "\t")
	if len(parts) < 3 || parts[0] != "on" {
		t.Fatalf("no question: %s", line)
	}
	q := question{docs: parseJSON(t, parts[1]).(bson.A), command: parseJSON(t, parts[2]).(bson.D)}
	if len(parts) > 3 {
		q.indexes = parseJSON(t, parts[3]).(bson.A)
	}
	return q
}

func (q question) String() string {
	s := "on\t" + canonical(q.docs) + "\t" + canonical(q.command)
	if len(q.indexes) > 0 {
		s += "\t" + canonical(q.indexes)
	}
	return s
}

var plainNumber = regexp.MustCompile(`\{"\$number(?:Int":"(-?\d+)|Double":"(-?\d+\.\d+))"\}`)

// canonical gives a value as extended JSON that keeps all types, with the numbers that read back the same written plainly.
func canonical(v any) string {
	b, err := bson.MarshalExtJSON(field("v", v), true, false)
	if err != nil {
		return fmt.Sprintf("%#v: %v", v, err)
	}
	s := strings.TrimSuffix(strings.TrimPrefix(string(b), `{"v":`), "}")
	return plainNumber.ReplaceAllString(s, "$1$2")
}

// writes tells the commands that change documents.
func (q question) writes() bool {
	return slices.Contains([]string{"insert", "update", "delete", "findAndModify"}, q.command[0].Key)
}

// has tells whether the command has something by this name at any depth.
func (q question) has(name string) bool { return strings.Contains(canonical(q.command), `"`+name+`":`) }

// side is one of the databases that are compared.
type side struct {
	db   *mongo.Database
	name string // begins the names of its collections
	made map[string]bool
}

func newSide(db *mongo.Database, name string) *side { return &side{db, name, map[string]bool{}} }

// collection gives the collection for a purpose and a set of indexes, and makes them.
func (s *side) collection(purpose string, indexes bson.A) (*mongo.Collection, error) {
	h := fnv.New32()
	fmt.Fprint(h, canonical(indexes))
	name := fmt.Sprintf("%s_%s_%08x", s.name, purpose, h.Sum32())
	c := s.db.Collection(name)
	if s.made[name] || len(indexes) == 0 {
		return c, nil
	}
	err := s.db.RunCommand(context.Background(), bson.D{{Key: "createIndexes", Value: name}, {Key: "indexes", Value: indexes}}).Err()
	s.made[name] = err == nil
	return c, err
}

// fill makes these the documents of a collection.
func fill(c *mongo.Collection, docs bson.A) error {
	ctx := context.Background()
	if _, err := c.DeleteMany(ctx, bson.D{}); err != nil {
		return fmt.Errorf("empty: %w", err)
	}
	if len(docs) == 0 {
		return nil
	}
	if _, err := c.InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return nil
}

// ask gives the whole answer to a question: the reply and, when the command writes, the documents after it.
func (s *side) ask(q question) string {
	c, err := s.collection("asked", q.indexes)
	if err != nil {
		return "indexes: " + err.Error()
	}
	if err := fill(c, q.docs); err != nil {
		return err.Error()
	}
	reply := s.put(c, q)
	if !q.writes() {
		return reply
	}
	_, docs := contents(c)
	return strings.TrimSpace(reply + " " + docs)
}

// down begins the answer of a server that fell over: documentdb ends, and starts again, at some questions.
const down = "the server is down: "

// awaken waits until a database answers again.
func (s *side) awaken() error {
	var err error
	for range 300 {
		if err = s.db.Collection(s.name+"_awaken").FindOneAndUpdate(context.Background(), field("_id", 1), field("$inc", field("n", 1)),
			options.FindOneAndUpdate().SetUpsert(true)).Err(); err == nil || errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// contents reads all documents in the order of _id.
func contents(c *mongo.Collection) (bson.A, string) {
	ctx := context.Background()
	cur, err := c.Find(ctx, bson.D{})
	if err != nil {
		return nil, "contents: " + err.Error()
	}
	var docs []bson.D
	if err := cur.All(ctx, &docs); err != nil {
		return nil, "contents: " + err.Error()
	}
	list, lines := bson.A{}, make([]string, len(docs))
	for i, d := range docs {
		lines[i] = canonical(d)
	}
	order := make([]int, len(docs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(lines[a], lines[b]) })
	slices.Sort(lines)
	for _, i := range order {
		list = append(list, docs[i])
	}
	return list, generated.ReplaceAllString(strings.Join(lines, " "), `{"_id":"generated"`)
}

// generated finds the _id that a server made up.
var generated = regexp.MustCompile(`\{"_id":\{"\$oid":"[1-9a-f]\w{23}"\}`)

// put runs the command of a question and gives what matters of its reply as text.
func (s *side) put(c *mongo.Collection, q question) string {
	command := append(bson.D{{Key: q.command[0].Key, Value: c.Name()}}, q.command[1:]...)
	var r struct {
		N           *int32 `bson:"n"`
		NModified   *int32 `bson:"nModified"`
		Upserted    []bson.D
		WriteErrors []struct{ Index, Code int } `bson:"writeErrors"`
		Cursor      struct{ FirstBatch bson.A } `bson:"cursor"`
		Values      bson.A
		Value       any
		Last        *struct {
			N        int32
			Updated  bool `bson:"updatedExisting"`
			Upserted any
		} `bson:"lastErrorObject"`
	}
	if err := s.db.RunCommand(context.Background(), command).Decode(&r); err != nil {
		if n := code(err); n > 1 || n == 1 && strings.Contains(err.Error(), "conflicting key") {
			return fmt.Sprint("error ", n)
		}
		return down + err.Error()
	}
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.N != nil {
		add("n=%d", *r.N)
	}
	if r.NModified != nil {
		add("modified=%d", *r.NModified)
	}
	for _, u := range r.Upserted {
		add("upserted=%s", canonical(u))
	}
	for _, e := range r.WriteErrors {
		if e.Code == 1 {
			return down + "a statement failed"
		}
		add("error %d at %d", e.Code, e.Index)
	}
	if r.Last != nil {
		add("last={%d %v %v} value=%s", r.Last.N, r.Last.Updated, canonical(r.Last.Upserted), canonical(r.Value))
	}
	var docs []string
	for _, d := range append(r.Cursor.FirstBatch, r.Values...) {
		line := canonical(d)
		if q.anyNumber() {
			line = equalNumber.ReplaceAllString(strings.ReplaceAll(line, "-0.0", "0.0"), "$1$2")
		}
		docs = append(docs, line)
	}
	if !q.ordered() {
		slices.Sort(docs)
	}
	return strings.Join(append(out, docs...), " ")
}

// anyOf tells a question that leaves open which of several documents are given.
func (q question) anyOf() bool {
	return !q.has("sort") && !q.has("$sort") && (q.command[0].Key == "find" && q.has("limit") || q.command[0].Key == "find" && q.has("skip") || q.has("$limit") || q.has("$skip"))
}

// ordered tells whether the documents of the answer have an order: groups and distinct values have none.
func (q question) ordered() bool { return q.has("sort") || q.has("$sort") && !q.has("$group") }

// anyNumber tells whether it is left to the database which of equal numbers (1, 1.0) stands for all of them.
func (q question) anyNumber() bool { return q.command[0].Key == "distinct" || q.has("$group") }

var equalNumber = regexp.MustCompile(`\{"\$numberLong":"(-?\d+)"\}|\b(\d+)\.0\b`)
