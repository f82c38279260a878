package embedded

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// kind is one sort of names that this database knows some of.
type kind struct {
	title      string
	known      []string // as the code has it
	documented []string // as MongoDB has it
	// refused makes the command, in extended JSON, in which a name that is not known stands for the first time.
	refused func(name string) string
	// tried says what the test does with every known name: an error if it does not work.
	tried func(t *testing.T, c *mongo.Collection, name string) error
}

// unknown are the documented names that the code does not have.
func (k kind) unknown() []string {
	return slices.DeleteFunc(slices.Clone(k.documented), func(n string) bool { return slices.Contains(k.known, n) })
}

// with puts a name into a command at each %s, as a JSON string with the quotes that stand there.
func with(command string) func(string) string {
	return func(name string) string { return strings.ReplaceAll(command, "%s", name) }
}

// ask runs a command given as extended JSON; a failed statement of a write counts as its error.
func ask(t *testing.T, c *mongo.Collection, command string) (bson.Raw, error) {
	t.Helper()
	raw, err := c.Database().RunCommand(t.Context(), parseJSON(t, command)).Raw()
	if err != nil {
		return nil, err
	}
	var reply struct{ WriteErrors []mongo.WriteError }
	if err := bson.Unmarshal(raw, &reply); err != nil {
		t.Fatal(err)
	}
	if len(reply.WriteErrors) > 0 {
		return raw, mongo.WriteException{WriteErrors: reply.WriteErrors}
	}
	return raw, nil
}

// kinds are all sorts of names but the commands and their fields.
func kinds() []kind {
	update := func(u string) string { return `{"update":"c","updates":[{"q":{"_id":1},"u":` + u + `}]}` }
	stage := func(s string) string { return `{"aggregate":"c","cursor":{},"pipeline":[` + s + `]}` }
	index := func(s string) string { return `{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a",` + s + `}]}` }
	all := []kind{
		{"Filter: beside paths", slices.Sorted(maps.Keys(logicalOperators())), mongoLogicalOperators(), with(`{"find":"c","filter":{"%s":1}}`), filterTried},
		{"Filter: on a path", fieldOperators(), mongoFieldOperators(), with(`{"find":"c","filter":{"a":{"%s":1}}}`), filterTried},
		{"Filter: types of `$type`", slices.Sorted(maps.Keys(typeNames())), mongoTypeNames(), with(`{"find":"c","filter":{"a":{"$type":"%s"}}}`), typeNameTried},
		{"Update: operators", updateOperators(), mongoUpdateOperators(), with(update(`{"%s":{"a":1}}`)), updateTried},
		{"Update: beside `$each` of `$push`", modifiers("$push"), mongoModifiers(), with(update(`{"$push":{"v":{"$each":[],"%s":1}}}`)), pushTried},
		{"Update: beside `$each` of `$addToSet`", modifiers("$addToSet"), nil, with(update(`{"$addToSet":{"v":{"$each":[],"%s":1}}}`)), addToSetTried},
		{"Update: in paths", nil, []string{"$", "$[]", "$[name]"}, with(update(`{"$set":{"a.%s":1}}`)), nil},
		{"Update: fields of a statement", updateFields(), mongoUpdateFields(), with(`{"update":"c","updates":[{"q":{},"u":{"a":1},"%s":1}]}`), statementTried},
		{"Delete: fields of a statement", deleteFields(), mongoDeleteFields(), with(`{"delete":"c","deletes":[{"q":{},"limit":0,"%s":1}]}`), statementTried},
		{"Projection: operators", nil, mongoProjections(), with(`{"find":"c","projection":{"a":{"%s":1}}}`), nil},
		{"Projection: in paths", nil, []string{"$"}, with(`{"find":"c","projection":{"a.%s":1}}`), nil},
		{"Hint", nil, []string{"$natural"}, with(`{"find":"c","hint":{"%s":1}}`), nil},
		{"Sort: in place of a path", nil, []string{"$natural"}, with(`{"find":"c","sort":{"%s":1}}`), nil},
		{"Sort: operators", nil, []string{"$meta"}, with(`{"find":"c","sort":{"a":{"%s":"textScore"}}}`), nil},
		{"Aggregation: stages", stages(), mongoStages(), with(stage(`{"%s":{}}`)), stageTried},
		{"Aggregation: accumulators", accumulators(), mongoAccumulators(), with(stage(`{"$group":{"_id":null,"n":{"%s":"$a"}}}`)), accumulatorTried},
		{"Aggregation: expressions", nil, mongoExpressions(), with(stage(`{"$group":{"_id":{"%s":"$a"}}}`)), nil},
		{"Index: options", indexOptions(), mongoIndexOptions(), with(index(`"%s":1`)), indexTried},
		{"Index: kinds of keys", nil, mongoIndexTypes(), with(`{"createIndexes":"c","indexes":[{"key":{"a":"%s"},"name":"a"}]}`), nil},
		{"Index: wildcards", nil, []string{"$**"}, with(`{"createIndexes":"c","indexes":[{"key":{"%s":1},"name":"a"}]}`), nil},
		{"Read concern: levels", readConcerns(), mongoReadConcerns(), with(`{"find":"c","readConcern":{"level":"%s"}}`), func(t *testing.T, c *mongo.Collection, name string) error {
			_, err := ask(t, c, `{"find":"c","readConcern":{"level":"`+name+`"}}`)
			return err
		}},
	}
	for _, field := range commonDocuments() {
		all = append(all, kind{
			"Fields of `" + field + "`", documentFields(field), mongoDocumentFields(field), with(`{"find":"c","` + field + `":{"%s":1}}`),
			func(t *testing.T, c *mongo.Collection, name string) error {
				v := map[string]string{"level": `"local"`}[name]
				if v == "" {
					v = "1"
				}
				_, err := ask(t, c, `{"ping":1,"`+field+`":{"`+name+`":`+v+`}}`)
				return err
			},
		})
	}
	return all
}

// TestSubset tries every name that the code knows, and every one that MongoDB documents and the code does not know: that
// must be refused by name, and change nothing.
func TestSubset(t *testing.T) {
	c := testCollection(t)
	for _, k := range kinds() {
		if k.title == "Fields of `lsid`" {
			continue // TestSession, because the driver sends one by itself
		}
		t.Run(k.title, func(t *testing.T) {
			for _, name := range k.known {
				subsetDocuments(t, c)
				if err := k.tried(t, c, name); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			subsetDocuments(t, c)
			before := found(t, c, bson.M{})
			unknown := k.unknown()
			if k.tried != nil {
				unknown = append(unknown, "$madeUp")
			}
			for _, name := range unknown {
				_, err := ask(t, c, k.refused(name))
				wantRefused(t, k.refused(name), err, name)
			}
			if after := found(t, c, bson.M{}); !slices.Equal(before, after) {
				t.Errorf("what was refused changed something: %s, before %s", after, before)
			}
		})
	}
}

// TestSession tries every field of a session past the driver.
func TestSession(t *testing.T) {
	c := dial(t, openTest(t, Options{}))
	for _, name := range append(documentFields("lsid"), "madeUp") {
		body := newBuilder().int32("ping", 1).string("$db", "test").raw("lsid", newBuilder().int32(name, 1).bytes()).bytes()
		if _, err := c.Write(msg(0, body)); err != nil {
			t.Fatal(err)
		}
		_, reply := readReply(t, c)
		if refused := errorCodes(t, reply)[codeNotImplemented] == 1; refused != (name == "madeUp") {
			t.Errorf("a session with the field '%s': %s", name, reply)
		}
	}
}

// TestSubsetCommands tries every command with every field that it knows, and every one that MongoDB documents and it does
// not know.
func TestSubsetCommands(t *testing.T) {
	c := testCollection(t)
	for name, cmd := range commands() {
		command, ok := commandExamples()[name]
		if !ok {
			t.Errorf("no example of the command %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, field := range append([]string{""}, append(commonFields(), cmd.fields...)...) {
				subsetDocuments(t, c)
				if _, err := ask(t, c, withField(t, c, name, command, field)); err != nil {
					t.Errorf("%s with the field '%s': %v", name, field, err)
				}
			}
			subsetDocuments(t, c)
			before := found(t, c, bson.M{})
			for _, field := range unknownFields(name) {
				refused := strings.TrimSuffix(command, "}") + `,"` + field + `":1}`
				_, err := ask(t, c, refused)
				wantRefused(t, refused, err, field)
			}
			if after := found(t, c, bson.M{}); !slices.Equal(before, after) {
				t.Errorf("what was refused changed something: %s, before %s", after, before)
			}
		})
	}
	for _, name := range unknownCommands() {
		_, err := ask(t, c, `{"`+name+`":"c"}`)
		wantRefused(t, "command", err, name)
	}
}

// unknownFields are the fields that MongoDB documents for a command, or for every one, and that it does not know here.
func unknownFields(name string) []string {
	documented := append(mongoCommonFields(), mongoFields()[properName(name)]...)
	known := append(commonFields(), commands()[name].fields...)
	return slices.DeleteFunc(documented, func(f string) bool { return slices.Contains(known, f) })
}

func unknownCommands() []string {
	return slices.DeleteFunc(mongoCommands(), func(name string) bool { _, ok := commands()[name]; return ok })
}

// properName gives the name that a command has besides one in small letters.
func properName(name string) string {
	for other := range commands() {
		if strings.EqualFold(name, other) && other != strings.ToLower(other) {
			return other
		}
	}
	return name
}

// TestSubsetTypes stores a value of every BSON type.
func TestSubsetTypes(t *testing.T) {
	c := testCollection(t)
	for ty, v := range typeExamples() {
		_, err := c.InsertOne(t.Context(), bson.M{"_id": ty.String(), "v": v})
		if _, known := size(ty, make([]byte, 16)); !known {
			wantRefused(t, "insert", err, ty.String())
			continue
		}
		got, err2 := c.FindOne(t.Context(), bson.M{"_id": ty.String()}).Raw()
		if err != nil || err2 != nil || got.Lookup("v").Type != ty {
			t.Errorf("%s: stored %v, read %v %s", ty, err, err2, got)
		}
	}
}

// explainable are the commands that explain knows, which it is asked.
func explainable(t *testing.T, c *mongo.Collection) (known, unknown []string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(commands())) {
		subsetDocuments(t, c)
		if _, err := ask(t, c, `{"explain":`+commandExamples()[name]+`}`); err == nil {
			known = append(known, name)
		} else {
			wantRefused(t, "explain of "+name, err, name)
			unknown = append(unknown, name)
		}
	}
	return known, unknown
}

// The table is between these lines of the document.
const (
	subsetDocument = "../../../docs/embedded-database.md"
	subsetBegin    = "<!-- the tables below are made by: go test ./internal/mongodb/embedded -run TestSubsetTable -update -->\n"
	subsetEnd      = "<!-- end of the tables -->\n"
)

// TestSubsetTable holds the document to the code.
func TestSubsetTable(t *testing.T) {
	content, err := os.ReadFile(subsetDocument)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(content), subsetBegin)
	got, tail, ended := strings.Cut(rest, subsetEnd)
	if !ok || !ended {
		t.Fatalf("%s does not have the lines %q and %q", subsetDocument, subsetBegin, subsetEnd)
	}
	want := subsetTables(t)
	if *updateFlag {
		if err := os.WriteFile(subsetDocument, []byte(head+subsetBegin+want+subsetEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i, line := range wantLines {
		if i >= len(gotLines) || gotLines[i] != line {
			t.Fatalf("%s does not say what the code knows (run the test with -update): line %d of the tables should be\n%s", subsetDocument, i+1, line)
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%s has more in the tables than the code knows", subsetDocument)
	}
}

// quoted gives names as they stand in a cell.
func quoted(names []string) string {
	if len(names) == 0 {
		return "–"
	}
	return "`" + strings.Join(names, " ") + "`"
}

func subsetTables(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	b.WriteString("\n### Commands\n\n")
	row("command", "its fields", "refused of MongoDB's")
	row("---", "---", "---")
	row("every command", quoted(commonFields()), quoted(slices.DeleteFunc(mongoCommonFields(), func(f string) bool { return slices.Contains(commonFields(), f) })))
	table := commands()
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if properName(name) != name {
			continue
		}
		title := "`" + name + "`"
		if small := strings.ToLower(name); small != name && table[small].run != nil {
			title += ", `" + small + "`"
		}
		refused := slices.DeleteFunc(unknownFields(name), func(f string) bool { return slices.Contains(mongoCommonFields(), f) })
		row(title, quoted(table[name].fields), quoted(refused))
	}
	c := testCollection(t)
	known, _ := explainable(t, c)
	fmt.Fprintf(&b, "\n`explain` explains %s.\n", quoted(known))
	fmt.Fprintf(&b, "\nRefused commands: %s.\n", quoted(slices.Sorted(slices.Values(unknownCommands()))))
	b.WriteString("\n### Operators, stages, options, types\n\n")
	row("", "known", "refused of MongoDB's")
	row("---", "---", "---")
	for _, k := range kinds() {
		row(k.title, quoted(k.known), quoted(k.unknown()))
	}
	var kept, refused []string
	for _, ty := range slices.Sorted(maps.Keys(typeExamples())) {
		if _, ok := size(ty, make([]byte, 16)); ok {
			kept = append(kept, ty.String())
		} else {
			refused = append(refused, ty.String())
		}
	}
	row("BSON types", strings.Join(kept, ", "), strings.Join(refused, ", "))
	b.WriteString("\n")
	return b.String()
}

// subsetDocuments puts the collection into the state that the examples begin with.
func subsetDocuments(t *testing.T, c *mongo.Collection) {
	t.Helper()
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		`{"_id":1,"a":1,"g":"x","v":["x","y"],"l":[{"k":1},{"k":5}]}`, `{"_id":2,"a":2,"g":"x","v":["x"],"l":[]}`, `{"_id":3,"g":"z","s":"z"}`,
	} {
		insert(t, c, parseJSON(t, s))
	}
}

// ids gives the ids that a filter finds.
func ids(t *testing.T, c *mongo.Collection, filter any) string {
	t.Helper()
	cur, err := c.Find(t.Context(), filter, options.Find().SetSort(bson.M{"_id": 1}))
	if err != nil {
		return err.Error()
	}
	var list []struct {
		ID any `bson:"_id"`
	}
	if err := cur.All(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range list {
		names = append(names, fmt.Sprint(d.ID))
	}
	return strings.Join(names, " ")
}
