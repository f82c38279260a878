package embedded

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// exchange is a message as a client was seen to send it, and how somebody who may only read is answered: ok, or with a
// code. Where that is codeUnauthorized, somebody who may write is answered ok.
type exchange struct {
	command  string // extended JSON; CURSOR is the cursor of the last answer that had one
	sequence string // a document sequence: its name, "=" and its documents
	code     int32
	form     form
}

// form is how a message is framed.
type form int

const (
	asMessage form = iota
	asQuery        // OP_QUERY to admin.$cmd
	silent         // OP_MSG with moreToCome
)

// seen is what clients send on connecting, while somebody looks around, and on leaving. Clients add lsid to each OP_MSG
// but those that greet; so does the test. The graphical clients are the exception: theirs is what such programs are known
// to ask for, not what one was seen to send.
func seen() map[string][]exchange {
	const nodeMetadata = `"client":{"driver":{"name":"nodejs","version":"7.9.0"},"platform":"Node.js v20.20.2, LE",
		"os":{"name":"linux","architecture":"x64","version":"6.1","type":"Linux"},"env":{"container":{"runtime":"docker"}}}`
	const pythonMetadata = `"client":{"driver":{"name":"PyMongo","version":"3.11.0"},
		"os":{"type":"Linux","name":"Linux","architecture":"x86_64","version":"6.1"},"platform":"CPython 3.11.2.final.0"}`
	const preference = `"$readPreference":{"mode":"primaryPreferred"}`
	const primary = `"$readPreference":{"mode":"primary"}`
	return map[string][]exchange{
		"mongosh 2.12": {
			{command: `{"ismaster":1,"backpressure":"2","helloOk":true,"client":{"application":{"name":"mongosh 2.12.0"},
				"driver":{"name":"nodejs|mongosh","version":"7.9.0|2.12.0"},"platform":"Node.js v20.20.2, LE",
				"os":{"name":"linux","architecture":"x64","version":"6.1","type":"Linux"}},"compression":["none"]}`, form: asQuery},
			{command: `{"buildInfo":1,"$db":"admin"}`},
			{command: `{"aggregate":"atlascli","pipeline":[{"$match":{"managedClusterType":"atlasCliLocalDevCluster"}},
				{"$group":{"_id":1,"n":{"$sum":1}}}],"cursor":{},"$db":"admin"}`},
			{command: `{"getParameter":"foo","$db":"admin"}`, code: codeInvalidOptions},
			{command: `{"atlasVersion":1,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"getParameter":1,"featureCompatibilityVersion":1,"$db":"admin"}`},
			{command: `{"getLog":"startupWarnings","$db":"admin"}`},
			{command: `{"getLog":"*","$db":"admin"}`},
			{command: `{"getLog":"global","$db":"admin"}`, code: codeNotImplemented},
			{command: `{"hello":1,"$db":"test"}`},
			{command: `{"ping":1,"$db":"admin"}`},
			{command: `{"listDatabases":1,"$db":"admin"}`},
			{command: `{"listCollections":1,"filter":{},"cursor":{},"nameOnly":true,"authorizedCollections":false,"$db":"test"}`},
			{command: `{"listCollections":1,"filter":{"name":"c"},"cursor":{},"nameOnly":false,"authorizedCollections":false,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"projection":{"_id":1},"batchSize":2,"$db":"test"}`},
			{command: `{"getMore":{"$numberLong":"CURSOR"},"collection":"c","batchSize":1,"$db":"test"}`},
			{command: `{"killCursors":"c","cursors":[{"$numberLong":"CURSOR"}],"$db":"test"}`},
			{command: `{"find":"c","filter":{},"projection":{"n":1},"limit":2,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"sort":{"n":1},"limit":1,"allowDiskUse":true,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"limit":1,"noCursorTimeout":true,"$db":"test"}`, code: codeNotImplemented},
			{command: `{"find":"c","filter":{},"collation":{"locale":"vi"},"$db":"test"}`, code: codeNotImplemented},
			{command: `{"count":"c","query":{"n":1},"$db":"test"}`},
			{command: `{"count":"c","$db":"test"}`},
			{command: `{"count":"c","query":{},"limit":1,"hint":"_id_","maxTimeMS":1000,"$db":"test"}`},
			{command: `{"count":"c","query":{},"limit":1,"readConcern":{"level":"majority"},"$db":"test"}`},
			{command: `{"distinct":"c","key":"n","query":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$match":{}},{"$group":{"_id":1,"n":{"$sum":1}}}],"cursor":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$match":{"n":1}},{"$group":{"_id":"$n","n":{"$sum":1}}},{"$limit":2}],"cursor":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$collStats":{"storageStats":{"scale":1}}}],"cursor":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$collStats":{"storageStats":{}}},
				{"$group":{"_id":null,"value":{"$sum":"$storageStats.totalSize"}}}],"cursor":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$collStats":{"count":{}}}],"cursor":{},"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$collStats":{"latencyStats":{}}}],"cursor":{},"$db":"test"}`, code: codeNotImplemented},
			{command: `{"aggregate":"c","pipeline":[{"$indexStats":{}}],"cursor":{},"$db":"test"}`, code: codeNotImplemented},
			{command: `{"aggregate":"c","pipeline":[{"$changeStream":{}}],"cursor":{},"$db":"test"}`, code: codeNotImplemented},
			{command: `{"aggregate":1,"pipeline":[{"$currentOp":{"allUsers":true,"idleConnections":false,"truncateOps":false}},{"$match":{}}],
				"cursor":{},"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"listIndexes":"c","cursor":{},"$db":"test"}`},
			{command: `{"explain":{"find":"c","filter":{"_id":"x"}},"verbosity":"queryPlanner","$db":"test"}`},
			{command: `{"explain":{"find":"c","filter":{"_id":"x"}},"verbosity":"executionStats","$db":"test"}`},
			{command: `{"explain":{"aggregate":"c","pipeline":[{"$match":{"_id":1}}],"cursor":{}},"verbosity":"queryPlanner","$db":"test"}`},
			{command: `{"dbStats":1,"scale":1024,"$db":"test"}`},
			{command: `{"serverStatus":1,"$db":"admin"}`},
			{command: `{"hostInfo":1,"$db":"admin"}`},
			{command: `{"getCmdLineOpts":1,"$db":"admin"}`},
			{command: `{"connectionStatus":1,"showPrivileges":true,"$db":"admin"}`},
			{command: `{"whatsmyuri":1,"$db":"admin"}`},
			{command: `{"getParameter":"*","$db":"admin"}`},
			{command: `{"listCommands":1,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"usersInfo":1,"$db":"test"}`, code: codeNotImplemented},
			{command: `{"profile":-1,"$db":"test"}`, code: codeNotImplemented},
			{command: `{"validate":"c","full":false,"$db":"test"}`, code: codeNotImplemented},
			{command: `{"replSetGetStatus":1,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"find":"shards","filter":{},"sort":{"_id":1},"$db":"config"}`},
			{command: `{"renameCollection":"test.c","to":"test.y","dropTarget":false,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"create":"d","$db":"test"}`, code: codeUnauthorized},
			{command: `{"createIndexes":"c","indexes":[{"name":"m_1","key":{"m":1}}],"$db":"test"}`, code: codeUnauthorized},
			{command: `{"drop":"d","$db":"test"}`, code: codeUnauthorized},
			{command: `{"logout":1,"$db":"test"}`},
			{command: `{"endSessions":[{"id":{"$binary":{"base64":"OKhSV+NrQF+/8q2TKk1Oog==","subType":"04"}}}],"writeConcern":{"w":0},"$db":"admin"}`, form: silent},
		},
		"driver for Node 7.9": {
			{command: `{"ismaster":1,"backpressure":"2","helloOk":true,` + nodeMetadata + `,"compression":["zlib"]}`, form: asQuery},
			{command: `{"ismaster":1,"backpressure":"2","helloOk":true,` + nodeMetadata + `,"compression":["none"],"saslSupportedMechs":"admin.u",
				"speculativeAuthenticate":{"saslStart":1,"mechanism":"SCRAM-SHA-256","payload":{"$binary":{"base64":"biws","subType":"00"}},
				"options":{"skipEmptyExchange":true},"db":"admin"}}`, form: asQuery},
			{command: `{"hello":1,"backpressure":"2","helloOk":true,` + nodeMetadata + `,"compression":["none"],"loadBalanced":true,"$db":"admin"}`},
			{command: `{"hello":1,"backpressure":"2","helloOk":true,` + nodeMetadata + `,"compression":["none"],"apiVersion":"1",
				` + preference + `,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"hello":1,"helloOk":true,"topologyVersion":{"processId":{"$oid":"6b0812cc9f55ab293dc2ef94"},"counter":{"$numberLong":"0"}},
				"maxAwaitTimeMS":10000,"$db":"admin"}`},
			{command: `{"saslStart":1,"mechanism":"SCRAM-SHA-1","payload":{"$binary":{"base64":"biws","subType":"00"}},"autoAuthorize":1,
				"options":{"skipEmptyExchange":true},"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"listDatabases":1,"nameOnly":true,"authorizedDatabases":true,"$db":"admin"}`},
			{command: `{"listCollections":1,"filter":{},"cursor":{},"nameOnly":false,"authorizedCollections":false,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"batchSize":2,"$db":"test"}`},
			{command: `{"getMore":{"$numberLong":"CURSOR"},"collection":"c","batchSize":1000,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"sort":{"n":1},"projection":{"n":1},"skip":1,"limit":2,"$db":"test"}`},
			{command: `{"find":"c","filter":{"n":1},"projection":{"_id":1},"limit":1,"singleBatch":true,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"limit":1,"singleBatch":true,"txnNumber":{"$numberLong":"1"},"autocommit":false,
				"startTransaction":true,"$db":"test"}`, code: codeNotImplemented},
			{command: `{"abortTransaction":1,"txnNumber":{"$numberLong":"1"},"autocommit":false,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"aggregate":"c","pipeline":[{"$match":{}},{"$skip":0},{"$group":{"_id":1,"n":{"$sum":1}}}],"hint":"_id_","cursor":{},
				"maxTimeMS":5000,"$db":"test"}`},
			{command: `{"aggregate":"c","pipeline":[{"$match":{"n":1}},{"$group":{"_id":"$n","n":{"$sum":1}}},{"$sort":{"n":-1}},{"$limit":1}],
				"allowDiskUse":true,"cursor":{},"$db":"test"}`},
			{command: `{"explain":{"find":"c","filter":{"_id":"x"}},"verbosity":"allPlansExecution","$db":"test"}`},
			{command: `{"dbStats":true,"$db":"test"}`},
			{command: `{"insert":"t","documents":[{"_id":"a","n":1}],"ordered":true,"$db":"test"}`, code: codeUnauthorized},
			{command: `{"insert":"t","ordered":true,"$db":"test"}`, sequence: `documents=[{"_id":"b"},{"_id":"c"}]`, code: codeUnauthorized},
			{command: `{"update":"t","updates":[{"q":{"_id":"a"},"u":{"$inc":{"n":1}}}],"ordered":true,"$db":"test"}`, code: codeUnauthorized},
			{command: `{"update":"t","updates":[{"q":{"_id":"d"},"u":{"$set":{"n":1}},"upsert":true}],"ordered":true,"$db":"test"}`, code: codeUnauthorized},
			{command: `{"findAndModify":"t","query":{"_id":"a"},"remove":false,"new":true,"upsert":false,"update":{"$set":{"x":1}},"$db":"test"}`, code: codeUnauthorized},
			{command: `{"createIndexes":"t","indexes":[{"name":"n_1","key":{"n":1}}],"$db":"test"}`, code: codeUnauthorized},
			{command: `{"dropIndexes":"t","index":"n_1","$db":"test"}`, code: codeUnauthorized},
			{command: `{"delete":"t","ordered":true,"$db":"test"}`, sequence: `deletes=[{"q":{"_id":"b"},"limit":1}]`, code: codeUnauthorized},
			{command: `{"delete":"t","deletes":[{"q":{},"limit":0}],"ordered":true,"$db":"test"}`, code: codeUnauthorized},
			{command: `{"drop":"t","$db":"test"}`, code: codeUnauthorized},
			{command: `{"dropDatabase":1,"$db":"other"}`, code: codeUnauthorized},
			{command: `{"endSessions":[{"id":{"$binary":{"base64":"hK5DSgGvQe+xCt4IWWOh6w==","subType":"04"}}}],"writeConcern":{"w":0},"$db":"admin"}`, form: silent},
		},
		"PyMongo 3.11": {
			{command: `{"ismaster":1,` + pythonMetadata + `}`, form: asQuery},
			{command: `{"ismaster":1,` + pythonMetadata + `,"compression":[],"saslSupportedMechs":"admin.u","speculativeAuthenticate":
				{"saslStart":1,"mechanism":"SCRAM-SHA-256","payload":{"$binary":{"base64":"biws","subType":"00"}},"db":"admin"}}`, form: asQuery},
			{command: `{"ismaster":1,"$db":"admin",` + primary + `}`},
			{command: `{"buildinfo":1,"$db":"admin",` + preference + `}`},
			{command: `{"listDatabases":1,"nameOnly":true,"$db":"admin",` + preference + `}`},
			{command: `{"listCollections":1,"cursor":{},"nameOnly":true,"$db":"test",` + preference + `}`},
			{command: `{"listCollections":1,"cursor":{},"filter":{"name":"c"},"$db":"test",` + preference + `}`},
			{command: `{"find":"c","filter":{},"batchSize":2,"$db":"test",` + preference + `}`},
			{command: `{"getMore":{"$numberLong":"CURSOR"},"collection":"c","batchSize":1,"$db":"test"}`},
			{command: `{"killCursors":"c","cursors":[{"$numberLong":"CURSOR"}],"$db":"test"}`},
			{command: `{"find":"c","filter":{},"sort":{"n":-1},"projection":{"n":1},"limit":1,"$db":"test",` + preference + `}`},
			{command: `{"aggregate":"c","pipeline":[{"$group":{"_id":"$n","n":{"$sum":1}}}],"cursor":{},"$db":"test",` + preference + `}`},
			{command: `{"count":"c","$db":"test",` + preference + `}`},
			{command: `{"distinct":"c","key":"n","$db":"test",` + preference + `}`},
			{command: `{"listIndexes":"c","cursor":{},"$db":"test",` + preference + `}`},
			{command: `{"explain":{"find":"c","filter":{"_id":"x"}},"$db":"test",` + preference + `}`},
			{command: `{"dbstats":1,"$db":"test",` + preference + `}`},
			{command: `{"collstats":"c","$db":"test",` + preference + `}`},
			{command: `{"validate":"c","scandata":false,"full":false,"$db":"test",` + preference + `}`, code: codeNotImplemented},
			{command: `{"saslStart":1,"mechanism":"SCRAM-SHA-1","payload":{"$binary":{"base64":"biws","subType":"00"}},"autoAuthorize":1,
				"options":{"skipEmptyExchange":true},"$db":"admin",` + primary + `}`, code: codeNotImplemented},
			{command: `{"insert":"t","ordered":true,"writeConcern":{"w":0},"$db":"test",` + primary + `}`, sequence: `documents=[{"_id":"q"}]`, form: silent},
			{command: `{"update":"t","ordered":true,"$db":"test",` + primary + `}`, sequence: `updates=[{"q":{"_id":"q"},"u":{"$set":{"n":1}},"multi":false,"upsert":false}]`, code: codeUnauthorized},
			{command: `{"findAndModify":"t","query":{"_id":"q"},"new":false,"update":{"$set":{"m":1}},"upsert":false,"$db":"test",` + primary + `}`, code: codeUnauthorized},
			{command: `{"delete":"t","ordered":true,"$db":"test",` + primary + `}`, sequence: `deletes=[{"q":{},"limit":0}]`, code: codeUnauthorized},
			{command: `{"drop":"t","$db":"test",` + primary + `}`, code: codeUnauthorized},
			{command: `{"endSessions":[{"id":{"$binary":{"base64":"hK5DSgGvQe+xCt4IWWOh6w==","subType":"04"}}}],"$db":"admin",` + preference + `}`},
		},
		"graphical clients": {
			{command: `{"hello":1,"helloOk":true,"client":{"application":{"name":"a"},"driver":{"name":"d","version":"1"},"os":{"type":"Darwin"}},
				"compression":["snappy","zstd"],"loadBalanced":false,"$db":"admin"}`},
			{command: `{"connectionStatus":1,"showPrivileges":true,"$db":"admin"}`},
			{command: `{"getCmdLineOpts":1,"$db":"admin"}`},
			{command: `{"hostInfo":1,"$db":"admin"}`},
			{command: `{"buildInfo":1,"$db":"admin"}`},
			{command: `{"getParameter":1,"featureCompatibilityVersion":1,"$db":"admin"}`},
			{command: `{"atlasVersion":1,"$db":"admin"}`, code: codeNotImplemented},
			{command: `{"listDatabases":1,"$db":"admin"}`},
			{command: `{"dbStats":1,"$db":"test"}`},
			{command: `{"collStats":"c","scale":1,"$db":"test"}`},
			{command: `{"find":"c","filter":{},"skip":0,"limit":20,"maxTimeMS":60000,"$db":"test"}`},
			{command: `{"top":1,"$db":"admin"}`, code: codeNotImplemented},
		},
	}
}

// frame makes the bytes of a message.
func (x exchange) frame(t *testing.T, cursor int64) []byte {
	t.Helper()
	command := parseJSON(t, strings.ReplaceAll(x.command, "CURSOR", strconv.FormatInt(cursor, 10))).(bson.D)
	if x.form == asQuery {
		return queryMessage(marshal(t, command))
	}
	if !slices.Contains(greetings(), command[0].Key) {
		command = append(command, bson.E{Key: "lsid", Value: bson.D{{Key: "id", Value: bson.Binary{Subtype: 4, Data: make([]byte, 16)}}}})
	}
	var sections [][]byte
	if name, docs, ok := strings.Cut(x.sequence, "="); ok {
		var all [][]byte
		for _, d := range parseJSON(t, docs).(bson.A) {
			all = append(all, marshal(t, d))
		}
		sections = append(sections, sequence(name, all...))
	}
	flags := uint32(0)
	if x.form == silent {
		flags = flagMoreToCome
	}
	return msg(flags, marshal(t, command), sections...)
}

func marshal(t *testing.T, doc any) []byte {
	t.Helper()
	b, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestClientsThatWereSeen plays what clients send.
func TestClientsThatWereSeen(t *testing.T) {
	for name, exchanges := range seen() {
		for _, write := range []bool{false, true} {
			t.Run(name+map[bool]string{false: " reads", true: " writes"}[write], func(t *testing.T) {
				db := openTest(t, Options{})
				insert(t, connect(t, db).Database("test").Collection("c"), bson.M{"n": 1}, bson.M{"n": 1}, bson.M{"n": 2}, bson.M{"n": 3})
				before := written(db)
				c := enter(t, listenTest(t, db, ServeOptions{Write: write, WriteSetting: "--write"}))
				play(t, c, exchanges, write)
				wantPing(t, "at the end", c)
				if (written(db) != before) && !write {
					t.Error("something was changed")
				}
			})
		}
	}
}

func play(t *testing.T, c net.Conn, exchanges []exchange, write bool) {
	t.Helper()
	cursor := int64(0)
	for _, x := range exchanges {
		if _, err := c.Write(x.frame(t, cursor)); err != nil {
			t.Fatalf("%s: %v", x.command, err)
		}
		if x.form == silent {
			continue
		}
		want := x.code
		if want == codeUnauthorized && write {
			want = 0
		}
		_, reply := readReply(t, c)
		if err := reply.Validate(); err != nil {
			t.Fatalf("%s: %v", x.command, err)
		}
		got, _ := reply.Lookup("code").Int32OK()
		if got != want || (reply.Lookup("ok").Double() == 1) != (want == 0) {
			t.Errorf("%s: %s, want code %d", x.command, reply, want)
		}
		if errs, err := reply.LookupErr("writeErrors"); err == nil {
			t.Errorf("%s: %s", x.command, errs)
		}
		if id, ok := reply.Lookup("cursor", "id").Int64OK(); ok && id != 0 {
			cursor = id
		}
	}
}

// number and long are whole numbers as extended JSON has them.
func number(n int) string { return `{"$numberInt":"` + strconv.Itoa(n) + `"}` }
func long(n int) string   { return `{"$numberLong":"` + strconv.Itoa(n) + `"}` }

// TestWhatClientsAreTold looks at the answers by which clients find out what they talk to.
func TestWhatClientsAreTold(t *testing.T) {
	db := openTest(t, Options{})
	c := connect(t, db).Database("test").Collection("c")
	makeIndex(t, c, bson.D{{Key: "n", Value: 1}}, nil)
	insert(t, c, bson.M{"_id": "a", "n": int32(1)}, bson.M{"_id": "b", "n": int32(1)}, bson.M{"_id": "c", "n": int32(1)})
	const one = 4 + 1 + 4 + 4 + 2 + 1 + 2 + 4 + 1 // bytes of a document
	insert(t, c.Database().Client().Database("other").Collection("d"), bson.M{"_id": "a", "n": int32(1)})
	reader := enter(t, listenTest(t, db, ServeOptions{}))
	writer := enter(t, listenTest(t, db, ServeOptions{Write: true}))
	ask := func(who net.Conn, command string) bson.Raw {
		if _, err := who.Write(exchange{command: command}.frame(t, 0)); err != nil {
			t.Fatal(err)
		}
		_, reply := readReply(t, who)
		return reply
	}
	tests := []struct {
		who     net.Conn
		command string
		path    []string
		want    string
	}{
		{reader, `{"hello":1,"$db":"admin"}`, []string{"readOnly"}, "true"},
		{writer, `{"hello":1,"$db":"admin"}`, []string{"readOnly"}, "false"},
		{reader, `{"hello":1,"$db":"admin"}`, []string{"isWritablePrimary"}, "true"},
		{reader, `{"hello":1,"saslSupportedMechs":"admin.u","$db":"admin"}`, []string{"saslSupportedMechs"}, "[]"},
		{reader, `{"hello":1,"compression":["zlib"],"$db":"admin"}`, []string{"compression"}, ""},
		{reader, `{"getLog":"startupWarnings","$db":"admin"}`, []string{"totalLinesWritten"}, `{"$numberInt":"2"}`},
		{reader, `{"listDatabases":1,"filter":{"name":"test"},"$db":"admin"}`, []string{"databases", "0", "sizeOnDisk"}, long(3 * one)},
		{reader, `{"listDatabases":1,"$db":"admin"}`, []string{"totalSize"}, long(4 * one)},
		{reader, `{"dbStats":1,"$db":"test"}`, []string{"objects"}, `{"$numberInt":"3"}`},
		{reader, `{"dbStats":1,"$db":"test"}`, []string{"dataSize"}, number(3 * one)},
		{reader, `{"dbStats":1,"$db":"test"}`, []string{"indexes"}, number(2)},
		{reader, `{"dbStats":1,"scale":3,"$db":"test"}`, []string{"dataSize"}, number(one)},
		{reader, `{"dbStats":1,"$db":"nobody"}`, []string{"collections"}, number(0)},
		{reader, `{"dbStats":1,"scale":0,"$db":"test"}`, []string{"code"}, number(codeBadValue)},
		{reader, `{"dbStats":1,"freeStorage":1,"$db":"test"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"collStats":"c","$db":"test"}`, []string{"count"}, number(3)},
		{reader, `{"collStats":"c","$db":"test"}`, []string{"indexSizes", "n_1"}, number(0)},
		{reader, `{"collStats":"nobody","$db":"test"}`, []string{"count"}, number(0)},
		{reader, `{"aggregate":"c","pipeline":[{"$collStats":{"count":{}}}],"cursor":{},"$db":"test"}`, []string{"cursor", "firstBatch", "0", "count"}, number(3)},
		{reader, `{"aggregate":"c","pipeline":[{"$collStats":{"storageStats":{"scale":3}}}],"cursor":{},"$db":"test"}`, []string{"cursor", "firstBatch", "0", "storageStats", "size"}, number(one)},
		{reader, `{"aggregate":"c","pipeline":[{"$match":{}},{"$collStats":{"count":{}}}],"cursor":{},"$db":"test"}`, []string{"code"}, number(40602)},
		{reader, `{"aggregate":"c","pipeline":[{"$collStats":{"madeUp":{}}}],"cursor":{},"$db":"test"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"aggregate":"c","pipeline":[{"$collStats":{"storageStats":{"madeUp":1}}}],"cursor":{},"$db":"test"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"aggregate":"c","pipeline":[{"$collStats":{"count":{"a":1}}}],"cursor":{},"$db":"test"}`, []string{"code"}, number(codeBadValue)},
		{reader, `{"aggregate":"nobody","pipeline":[{"$collStats":{"count":{}}}],"cursor":{},"$db":"test"}`, []string{"code"}, number(codeNamespaceNotFound)},
		{reader, `{"explain":{"aggregate":"c","pipeline":[{"$collStats":{"count":{}}}],"cursor":{}},"$db":"test"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"find":"c","allowDiskUse":"yes","$db":"test"}`, []string{"code"}, number(codeTypeMismatch)},
		{reader, `{"getParameter":1,"featureCompatibilityVersion":1,"$db":"admin"}`, []string{"featureCompatibilityVersion", "version"}, `"7.0"`},
		{reader, `{"getParameter":1,"featureCompatibilityVersion":1,"$db":"admin"}`, []string{"authenticationMechanisms"}, ""},
		{reader, `{"getParameter":1,"logLevel":1,"$db":"admin"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"getParameter":{"showDetails":true},"featureCompatibilityVersion":1,"$db":"admin"}`, []string{"code"}, number(codeNotImplemented)},
		{reader, `{"getLog":1,"$db":"admin"}`, []string{"code"}, number(codeTypeMismatch)},
		{reader, `{"connectionStatus":1,"$db":"admin"}`, []string{"authInfo"}, `{"authenticatedUsers": [],"authenticatedUserRoles": []}`},
		{reader, `{"whatsmyuri":1,"$db":"admin"}`, []string{"you"}, `"` + reader.LocalAddr().String() + `"`},
		{reader, `{"serverStatus":1,"$db":"admin"}`, []string{"uptimeMillis"}, long(0)},
		{reader, `{"buildInfo":1,"$db":"admin"}`, []string{"version"}, `"7.0.0"`},
	}
	for _, tt := range tests {
		reply := ask(tt.who, tt.command)
		got := ""
		if v, err := reply.LookupErr(tt.path...); err == nil {
			got = v.String()
		}
		if got != tt.want {
			t.Errorf("%s: %s is %s, want %s; all of it: %s", tt.command, strings.Join(tt.path, "."), got, tt.want, reply)
		}
	}
	for who, want := range map[net.Conn]string{reader: "can read the data", writer: "can read and change the data"} {
		if log := ask(who, `{"getLog":"startupWarnings","$db":"admin"}`).Lookup("log").String(); !strings.Contains(log, want) {
			t.Errorf("the warnings are %s, want %q", log, want)
		}
	}
}

func TestSizesObeyTheTimeLimit(t *testing.T) {
	db := openTest(t, Options{})
	insert(t, connect(t, db).Database("test").Collection("c"), bson.M{"_id": "a"})
	over := limits{expired: &atomic.Bool{}}
	over.expired.Store(true)
	if _, err := db.databases(false, over); asCommandError(err).code != codeMaxTimeExpired {
		t.Errorf("sizes when the time is over: %v, want code %d", err, codeMaxTimeExpired)
	}
	if all, err := db.databases(true, over); err != nil || len(all) != 1 {
		t.Errorf("names when the time is over: %v %v", all, err)
	}
}
