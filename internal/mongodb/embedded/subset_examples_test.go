package embedded

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

var errNoExample = errors.New("no example")

// same compares what an example gives with what it should.
func same(got, want string) error {
	if got != want {
		return fmt.Errorf("gives %s, want %s", got, want)
	}
	return nil
}

func filterTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	example, ok := map[string][2]string{ // the filter and the ids that it finds
		"$and": {`{"$and":[{"a":1},{"v":"y"}]}`, "1"}, "$or": {`{"$or":[{"a":1},{"s":"z"}]}`, "1 3"}, "$nor": {`{"$nor":[{"a":1},{"s":"z"}]}`, "2"},
		"$eq": {`{"a":{"$eq":1}}`, "1"}, "$ne": {`{"a":{"$ne":1}}`, "2 3"},
		"$gt": {`{"a":{"$gt":1}}`, "2"}, "$gte": {`{"a":{"$gte":1}}`, "1 2"}, "$lt": {`{"a":{"$lt":2}}`, "1"}, "$lte": {`{"a":{"$lte":2}}`, "1 2"},
		"$in": {`{"a":{"$in":[1,7]}}`, "1"}, "$nin": {`{"a":{"$nin":[1,7]}}`, "2 3"},
		"$exists": {`{"a":{"$exists":false}}`, "3"}, "$type": {`{"s":{"$type":"string"}}`, "3"}, "$size": {`{"v":{"$size":1}}`, "2"},
		"$not": {`{"a":{"$not":{"$gt":1}}}`, "1 3"}, "$all": {`{"v":{"$all":["x","y"]}}`, "1"}, "$elemMatch": {`{"l":{"$elemMatch":{"k":{"$gt":1,"$lt":9}}}}`, "1"},
	}[name]
	if !ok {
		return errNoExample
	}
	return same(ids(t, c, parseJSON(t, example[0])), example[1])
}

// typeExamples has a value of every BSON type that the driver can send.
func typeExamples() map[bson.Type]any {
	return map[bson.Type]any{
		bson.TypeDouble: 1.5, bson.TypeString: "s", bson.TypeEmbeddedDocument: bson.D{}, bson.TypeArray: bson.A{},
		bson.TypeBinary: bson.Binary{Data: []byte{1}}, bson.TypeUndefined: bson.Undefined{}, bson.TypeObjectID: bson.ObjectID{1},
		bson.TypeBoolean: true, bson.TypeDateTime: bson.NewDateTimeFromTime(time.Unix(1, 0)), bson.TypeNull: nil,
		bson.TypeRegex: bson.Regex{Pattern: "a"}, bson.TypeDBPointer: bson.DBPointer{DB: "d"}, bson.TypeJavaScript: bson.JavaScript("1"),
		bson.TypeSymbol: bson.Symbol("s"), bson.TypeCodeWithScope: bson.CodeWithScope{Code: "1", Scope: bson.D{}},
		bson.TypeInt32: int32(1), bson.TypeTimestamp: bson.Timestamp{T: 1}, bson.TypeInt64: int64(1), bson.TypeDecimal128: bson.Decimal128{},
		bson.TypeMinKey: bson.MinKey{}, bson.TypeMaxKey: bson.MaxKey{},
	}
}

// typeNameTried stores a value of every type and looks for those with the name.
func typeNameTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	want := typeNames()[name].String()
	if name == "number" {
		want = strings.Join([]string{bson.TypeInt32.String(), bson.TypeInt64.String(), bson.TypeDouble.String()}, " ")
	}
	for ty, v := range typeExamples() {
		if _, known := size(ty, make([]byte, 16)); known {
			insert(t, c, bson.M{"_id": ty.String(), "t": v})
		}
	}
	return same(ids(t, c, bson.M{"t": bson.M{"$type": name}}), want)
}

// updateOne updates or inserts the document 1, which is {"_id":1,"n":5,"v":[1,2,3]}, and compares what it becomes.
func updateOne(t *testing.T, c *mongo.Collection, u, want string) error {
	t.Helper()
	if err := c.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	q := "1"
	if strings.Contains(u, "$setOnInsert") {
		q = "2"
	}
	insert(t, c, parseJSON(t, `{"_id":1,"n":5,"v":[1,2,3]}`))
	if _, err := ask(t, c, `{"update":"c","updates":[{"q":{"_id":`+q+`},"u":`+u+`,"upsert":true}]}`); err != nil {
		return err
	}
	got := found(t, c, parseJSON(t, `{"_id":`+q+`}`))
	return same(strings.Join(got, " "), want)
}

func tryUpdate(t *testing.T, c *mongo.Collection, examples map[string][2]string, name string) error {
	t.Helper()
	example, ok := examples[name]
	if !ok {
		return errNoExample
	}
	return updateOne(t, c, example[0], example[1])
}

func updateTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	return tryUpdate(t, c, map[string][2]string{
		"$set":         {`{"$set":{"n":7}}`, `{"_id":1,"n":7,"v":[1,2,3]}`},
		"$setOnInsert": {`{"$setOnInsert":{"n":7}}`, `{"_id":2,"n":7}`},
		"$unset":       {`{"$unset":{"n":1}}`, `{"_id":1,"v":[1,2,3]}`},
		"$rename":      {`{"$rename":{"n":"m"}}`, `{"_id":1,"v":[1,2,3],"m":5}`},
		"$inc":         {`{"$inc":{"n":2}}`, `{"_id":1,"n":7,"v":[1,2,3]}`},
		"$mul":         {`{"$mul":{"n":2}}`, `{"_id":1,"n":10,"v":[1,2,3]}`},
		"$min":         {`{"$min":{"n":3}}`, `{"_id":1,"n":3,"v":[1,2,3]}`},
		"$max":         {`{"$max":{"n":8}}`, `{"_id":1,"n":8,"v":[1,2,3]}`},
		"$currentDate": {`{"$currentDate":{"n":true}}`, `{"_id":1,"n":{"$date":"2026-03-04T05:06:07Z"},"v":[1,2,3]}`},
		"$push":        {`{"$push":{"v":3}}`, `{"_id":1,"n":5,"v":[1,2,3,3]}`},
		"$addToSet":    {`{"$addToSet":{"v":4}}`, `{"_id":1,"n":5,"v":[1,2,3,4]}`},
		"$pull":        {`{"$pull":{"v":{"$gt":1}}}`, `{"_id":1,"n":5,"v":[1]}`},
		"$pullAll":     {`{"$pullAll":{"v":[1,2]}}`, `{"_id":1,"n":5,"v":[3]}`},
		"$pop":         {`{"$pop":{"v":-1}}`, `{"_id":1,"n":5,"v":[2,3]}`},
	}, name)
}

func pushTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	return tryUpdate(t, c, map[string][2]string{
		"$each":     {`{"$push":{"v":{"$each":[4,5]}}}`, `{"_id":1,"n":5,"v":[1,2,3,4,5]}`},
		"$slice":    {`{"$push":{"v":{"$each":[4],"$slice":2}}}`, `{"_id":1,"n":5,"v":[1,2]}`},
		"$sort":     {`{"$push":{"v":{"$each":[4],"$sort":-1}}}`, `{"_id":1,"n":5,"v":[4,3,2,1]}`},
		"$position": {`{"$push":{"v":{"$each":[4],"$position":0}}}`, `{"_id":1,"n":5,"v":[4,1,2,3]}`},
	}, name)
}

func addToSetTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	return tryUpdate(t, c, map[string][2]string{
		"$each": {`{"$addToSet":{"v":{"$each":[3,4,4]}}}`, `{"_id":1,"n":5,"v":[1,2,3,4]}`},
	}, name)
}

func statementTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	command, ok := map[string]string{
		"q":      `{"update":"c","updates":[{"q":{"a":1},"u":{"a":3}}]}`,
		"u":      `{"update":"c","updates":[{"q":{},"u":{"a":3}}]}`,
		"upsert": `{"update":"c","updates":[{"q":{"_id":9},"u":{"a":3},"upsert":true}]}`,
		"multi":  `{"update":"c","updates":[{"q":{"a":1},"u":{"$set":{"a":3}},"multi":true}]}`,
		"hint":   `{"update":"c","updates":[{"q":{"_id":1},"u":{"a":3},"hint":"_id_"}]}`,
		"limit":  `{"delete":"c","deletes":[{"q":{},"limit":1}]}`,
	}[name]
	if !ok {
		return errNoExample
	}
	reply, err := ask(t, c, command)
	if err == nil && reply.Lookup("n").Int32() != 1 {
		return fmt.Errorf("%s answers %s", command, reply)
	}
	return err
}

// piped compares what a pipeline gives.
func piped(t *testing.T, c *mongo.Collection, pipeline, want string) error {
	t.Helper()
	cur, err := c.Aggregate(t.Context(), parseJSON(t, pipeline))
	if err != nil {
		return err
	}
	var docs []bson.Raw
	if err := cur.All(t.Context(), &docs); err != nil {
		return err
	}
	var lines []string
	for _, d := range docs {
		lines = append(lines, text(t, d))
	}
	return same(strings.Join(lines, " "), want)
}

func stageTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	example, ok := map[string][2]string{
		"$match":     {`[{"$match":{"a":1}},{"$project":{"_id":1}}]`, `{"_id":1}`},
		"$group":     {`[{"$group":{"_id":"$g"}}]`, `{"_id":"x"} {"_id":"z"}`},
		"$sort":      {`[{"$sort":{"_id":-1}},{"$project":{"_id":1}}]`, `{"_id":3} {"_id":2} {"_id":1}`},
		"$project":   {`[{"$project":{"a":1,"_id":0}}]`, `{"a":1} {"a":2} {}`},
		"$skip":      {`[{"$skip":2},{"$project":{"_id":1}}]`, `{"_id":3}`},
		"$limit":     {`[{"$limit":1},{"$project":{"_id":1}}]`, `{"_id":1}`},
		"$count":     {`[{"$count":"n"}]`, `{"n":3}`},
		"$collStats": {`[{"$collStats":{"count":{}}},{"$project":{"ns":1,"count":1}}]`, `{"ns":"test.c","count":3}`},
	}[name]
	if !ok {
		return errNoExample
	}
	return piped(t, c, example[0], example[1])
}

func accumulatorTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	example, ok := map[string][2]string{
		"$sum": {`"$a"`, "3"}, "$min": {`"$a"`, "1"}, "$max": {`"$a"`, "2"}, "$count": {`{}`, "3"},
	}[name]
	if !ok {
		return errNoExample
	}
	return piped(t, c, `[{"$group":{"_id":null,"n":{"`+name+`":`+example[0]+`}}}]`, `{"_id":null,"n":`+example[1]+`}`)
}

// indexTried makes an index with the option and looks for it in the list of indexes.
func indexTried(t *testing.T, c *mongo.Collection, name string) error {
	t.Helper()
	v, ok := map[string]string{"v": "2", "key": `{"at":1}`, "name": `"made"`, "unique": "true", "expireAfterSeconds": "60"}[name]
	if !ok {
		return errNoExample
	}
	spec := fmt.Sprintf(`"key":{"at":1},"name":"made",%q:%s`, name, v)
	if name == "key" || name == "name" {
		spec = `"key":{"at":1},"name":"made"`
	}
	if name == "unique" {
		spec = `"key":{"_id":1,"at":1},"name":"made","unique":true`
	}
	if _, err := ask(t, c, `{"createIndexes":"c","indexes":[{`+spec+`}]}`); err != nil {
		return err
	}
	reply, err := ask(t, c, `{"listIndexes":"c"}`)
	if err == nil && !strings.Contains(text(t, reply), `"`+name+`":`) {
		return fmt.Errorf("the list of indexes is %s", reply)
	}
	return err
}

// commandExamples has the shortest valid form of every command; the collection is there, with subsetDocuments.
func commandExamples() map[string]string {
	modify := `:"c","update":{"$set":{"m":1}}}`
	return map[string]string{
		"hello": `{"hello":1}`, "isMaster": `{"isMaster":1}`, "ismaster": `{"ismaster":1}`, "ping": `{"ping":1}`,
		"buildInfo": `{"buildInfo":1}`, "buildinfo": `{"buildinfo":1}`, "endSessions": `{"endSessions":[]}`,
		"insert": `{"insert":"c","documents":[{"_id":9}]}`, "update": `{"update":"c","updates":[{"q":{},"u":{"a":3}}]}`,
		"delete": `{"delete":"c","deletes":[{"q":{},"limit":1}]}`, "findAndModify": `{"findAndModify"` + modify, "findandmodify": `{"findandmodify"` + modify,
		"find": `{"find":"c"}`, "aggregate": `{"aggregate":"c","pipeline":[],"cursor":{}}`, "count": `{"count":"c"}`, "distinct": `{"distinct":"c","key":"a"}`,
		"getMore": `{"getMore":{"$numberLong":"1"},"collection":"c"}`, "killCursors": `{"killCursors":"c","cursors":[]}`,
		"create": `{"create":"made"}`, "drop": `{"drop":"c"}`, "dropDatabase": `{"dropDatabase":1}`,
		"listCollections": `{"listCollections":1}`, "listDatabases": `{"listDatabases":1}`,
		"createIndexes": `{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a"}]}`, "dropIndexes": `{"dropIndexes":"c","index":"*"}`,
		"listIndexes": `{"listIndexes":"c"}`, "explain": `{"explain":{"find":"c"}}`,
		"connectionStatus": `{"connectionStatus":1}`, "getParameter": `{"getParameter":"*"}`, "getCmdLineOpts": `{"getCmdLineOpts":1}`,
		"hostInfo": `{"hostInfo":1}`, "getLog": `{"getLog":"startupWarnings"}`, "serverStatus": `{"serverStatus":1}`,
		"dbStats": `{"dbStats":1}`, "dbstats": `{"dbstats":1}`, "collStats": `{"collStats":"c"}`, "collstats": `{"collstats":"c"}`,
		"whatsmyuri": `{"whatsmyuri":1}`, "logout": `{"logout":1}`,
	}
}

// withField gives the example of a command with one more field, or as it is when the field is in it or "". A getMore gets
// a cursor, and what create makes must not be there.
func withField(t *testing.T, c *mongo.Collection, name, command, field string) string {
	t.Helper()
	switch name {
	case "getMore":
		reply, err := ask(t, c, `{"find":"c","batchSize":1}`)
		if err != nil {
			t.Fatal(err)
		}
		command = strings.Replace(command, `"1"`, fmt.Sprintf(`"%d"`, reply.Lookup("cursor", "id").Int64()), 1)
	case "create":
		if err := c.Database().Collection("made").Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sent := field == "" || field == "$db" || field == "lsid" // the driver sends both
	if sent || strings.Contains(command, `"`+field+`":`) {
		return command
	}
	v, ok := map[string]string{
		"comment": `"why"`, "$readPreference": `{"mode":"primary"}`, "writeConcern": `{"w":1}`, "readConcern": `{"level":"local"}`,
		"maxTimeMS": "10000", "filter": "{}", "query": "{}", "sort": `{"_id":1}`, "projection": `{"a":1}`, "fields": `{"a":1}`, "hint": `"_id_"`,
		"skip": "1", "limit": "1", "batchSize": "1", "singleBatch": "true", "cursor": `{"batchSize":1}`, "ordered": "true", "new": "true", "upsert": "true",
		"nameOnly": "true", "authorizedCollections": "true", "authorizedDatabases": "true", "verbosity": `"queryPlanner"`,
		"allowDiskUse": "true", "loadBalanced": "false", "saslSupportedMechs": `"admin.a"`, "speculativeAuthenticate": "{}", "scale": "1024",
		"showPrivileges": "true", "featureCompatibilityVersion": "1", "authenticationMechanisms": "1",
		"helloOk": "true", "client": "{}", "compression": "[]", "topologyVersion": "{}", "maxAwaitTimeMS": "1", "backpressure": "true",
	}[field]
	switch {
	case field == "remove":
		return strings.Replace(command, `"update":{"$set":{"m":1}}`, `"remove":true`, 1)
	case !ok:
		t.Errorf("no example of the field '%s' of %s", field, name)
	}
	return strings.TrimSuffix(command, "}") + `,"` + field + `":` + v + `}`
}
