package embedded

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var updateFlag = flag.Bool("update", false, "ask the server at MONGO_TEST_URI for the answers in testdata/server.golden")

// parseJSON reads extended JSON into what the driver sends.
func parseJSON(t testing.TB, s string) any {
	t.Helper()
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(`{"v":`+s+`}`), false, &d); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d[0].Value
}

func readLines(t testing.TB, name string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// asker puts the cases to a database.
type asker struct {
	read, write *mongo.Collection
}

func newAsker(t testing.TB, db *mongo.Database) *asker {
	t.Helper()
	a := &asker{db.Collection("documents"), db.Collection("changes")}
	for _, l := range readLines(t, "documents.txt") {
		insert(t, a.read, parseJSON(t, l))
	}
	return a
}

// ask gives the answer to one case as text: documents, or an error's code.
func (a *asker) ask(t testing.TB, line string) string {
	t.Helper()
	parts := strings.Split(line, "\t")
	if parts[0] == "on" {
		return newSide(a.write.Database(), "on").ask(parseQuestion(t, line))
	}
	var args []any
	for _, p := range parts[1:] {
		args = append(args, parseJSON(t, p))
	}
	ctx := t.Context()
	var docs []string
	var err error
	byID := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}})
	switch parts[0] {
	case "find":
		docs, err = a.find(ctx, args[0], byID.SetProjection(bson.D{{Key: "_id", Value: 1}}))
	case "sort":
		sort := append(args[0].(bson.D), bson.E{Key: "_id", Value: 1})
		if sort[0].Key == "_id" {
			sort = sort[:1]
		}
		docs, err = a.find(ctx, bson.D{}, options.Find().SetSort(sort).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	case "project":
		docs, err = a.find(ctx, bson.D{}, byID.SetProjection(args[0]))
	case "update":
		return a.change(ctx, args[0].(bson.D), bson.D{{Key: "_id", Value: "id"}}, args[1], false)
	case "upsert":
		return a.change(ctx, nil, args[0], args[1], true)
	case "aggregate":
		docs, err = texts(a.read.Aggregate(ctx, args[0]))
		if last := args[0].(bson.A); last[len(last)-1].(bson.D)[0].Key == "$group" {
			slices.Sort(docs)
		}
	case "distinct":
		var all bson.A
		if err = a.read.Distinct(ctx, args[0].(string), bson.D{}).Decode(&all); err == nil {
			for _, v := range all {
				docs = append(docs, canonical(v))
			}
		}
		slices.Sort(docs)
	default:
		t.Fatalf("unknown case %s", line)
	}
	if err != nil {
		return fmt.Sprint("error ", code(err))
	}
	return strings.ReplaceAll(strings.Join(docs, " "), `{"_id":`, `{`)
}

func (a *asker) find(ctx context.Context, filter any, opts options.Lister[options.FindOptions]) ([]string, error) {
	return texts(a.read.Find(ctx, filter, opts))
}

func texts(cur *mongo.Cursor, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	var raws []bson.Raw
	if err := cur.All(context.Background(), &raws); err != nil {
		return nil, err
	}
	var all []string
	for _, r := range raws {
		b, err := bson.MarshalExtJSON(r, true, false)
		if err != nil {
			return nil, err
		}
		all = append(all, string(b))
	}
	return all, nil
}

// change runs one update statement on one document, past the driver's own checks.
func (a *asker) change(ctx context.Context, doc bson.D, q, u any, upsert bool) string {
	if _, err := a.write.DeleteMany(ctx, bson.D{}); err != nil {
		return err.Error()
	}
	if doc != nil {
		if _, err := a.write.InsertOne(ctx, append(bson.D{{Key: "_id", Value: "id"}}, doc...)); err != nil {
			return err.Error()
		}
	}
	var r struct {
		N           int `bson:"n"`
		NModified   int `bson:"nModified"`
		WriteErrors []struct {
			Code int `bson:"code"`
		} `bson:"writeErrors"`
	}
	statement := bson.D{{Key: "q", Value: q}, {Key: "u", Value: u}, {Key: "upsert", Value: upsert}}
	err := a.write.Database().RunCommand(ctx, bson.D{{Key: "update", Value: a.write.Name()}, {Key: "updates", Value: bson.A{statement}}}).Decode(&r)
	if err != nil {
		return fmt.Sprint("error ", code(err))
	}
	if len(r.WriteErrors) > 0 {
		return fmt.Sprint("error ", r.WriteErrors[0].Code)
	}
	docs, err := texts(a.write.Find(ctx, bson.D{}))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %d %s", r.N, r.NModified, strings.Join(docs, " "))
}

// TestDifferential holds the answers of the embedded database to those of a real server: FerretDB 2.7.0 with
// documentdb, as testdata/server.golden has them. testdata/differences.txt lists where they differ, and why.
func TestDifferential(t *testing.T) {
	cases := readLines(t, "cases.txt")
	if *updateFlag {
		updateGolden(t, cases)
	}
	golden := readLines(t, "server.golden")
	if len(golden) != len(cases) {
		t.Fatalf("%d answers for %d cases: run with -update", len(golden), len(cases))
	}
	known := map[string]string{} // case to our answer
	for _, l := range readLines(t, "differences.txt") {
		if c, answer, ok := strings.Cut(l, "\t=> "); ok {
			answer, _, _ = strings.Cut(answer, "\t# ")
			known[c] = answer
		}
	}
	for _, indexed := range []bool{false, true} {
		t.Run(fmt.Sprintf("indexed=%v", indexed), func(t *testing.T) {
			a := newAsker(t, connect(t, openTest(t, Options{})).Database("test"))
			if indexed {
				for _, k := range []string{"a", "s", "t", "o.x", "l.k", "l.q", "l.zz", "d"} {
					makeIndex(t, a.read, bson.D{{Key: k, Value: 1}}, nil)
				}
				makeIndex(t, a.read, bson.D{{Key: "s", Value: 1}, {Key: "a", Value: -1}}, nil)
			}
			for i, c := range cases {
				got, want := a.ask(t, c), golden[i]
				differs, listed := known[c]
				switch {
				case listed && got == want:
					t.Errorf("%s: listed as a difference and is none", c)
				case listed:
					want = differs
				}
				if got != want {
					t.Errorf("%s\n got %s\nwant %s", c, got, want)
				}
			}
		})
	}
}

func updateGolden(t *testing.T, cases []string) {
	client, err := mongo.Connect(options.Client().ApplyURI(os.Getenv("MONGO_TEST_URI")))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Disconnect(t.Context())
	db := client.Database("embedded_differential")
	if err := db.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := newAsker(t, db)
	var b strings.Builder
	for _, c := range cases {
		fmt.Fprintln(&b, a.ask(t, c))
	}
	if err := db.Drop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile("testdata/server.golden", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func makeIndex(t testing.TB, c *mongo.Collection, keys bson.D, o *options.IndexOptionsBuilder) {
	t.Helper()
	if _, err := c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: keys, Options: o}); err != nil {
		t.Fatal(err)
	}
}
