package embedded

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// args reads the fields of a command or of a part of one. It keeps the first error, so that a command reads all it
// wants and then asks once.
type args struct {
	what string // for messages: "the command 'find'"
	doc  []byte
	err  error
}

// newArgs refuses every field that is not allowed (238), or there twice (40413): of two, one would be ignored.
func newArgs(what string, doc []byte, allowed ...string) *args {
	a := &args{what: what, doc: doc}
	var seen uint64
	f := fieldsOf(doc)
	for {
		name, _, ok := f.next()
		if !ok {
			return a
		}
		i := slices.Index(allowed, string(name))
		if i < 0 {
			a.fail(notImplemented("the field '%s' of %s", name, a.what))
			return a
		}
		if seen&(1<<i) != 0 {
			a.fail(fail(codeDuplicateField, "the field '%s' of %s is given twice", name, a.what))
			return a
		}
		seen |= 1 << i
	}
}

func (a *args) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *args) wrongType(name, want string, v value) {
	a.fail(fail(codeTypeMismatch, "the field '%s' of %s must be %s, not %s", name, a.what, want, v.t))
}

// is gives a field that must have one of the ranks; null counts as not given.
func (a *args) is(name, want string, ranks ...byte) value {
	v := lookup(a.doc, name)
	if v.missing() || v.t == bson.TypeNull {
		return value{}
	}
	if !slices.Contains(ranks, rank(v.t)) {
		a.wrongType(name, want, v)
		return value{}
	}
	return v
}

// needs refuses to go on without some fields.
func (a *args) needs(names ...string) {
	for _, name := range names {
		if v := lookup(a.doc, name); v.missing() || v.t == bson.TypeNull {
			a.fail(fail(codeMissingField, "%s needs the field '%s'", a.what, name))
		}
	}
}

func (a *args) string(name string) string {
	v := a.is(name, "a string", rankString)
	if v.missing() {
		return ""
	}
	return string(v.text())
}

// document gives a field that is a document; an empty one when it is not there.
func (a *args) document(name string) []byte {
	if v := a.is(name, "a document", rankDocument); !v.missing() {
		return v.b
	}
	return newBuilder().bytes()
}

func (a *args) bool(name string) bool {
	return a.is(name, "a boolean", rankBoolean, rankNumber).truth()
}

// natural gives a whole number that is not negative; given is false, and the number zero, when it is not there.
func (a *args) natural(name string) (n int64, given bool) {
	v := a.is(name, "a number", rankNumber)
	if v.missing() {
		return 0, false
	}
	n, whole := v.whole()
	if !whole || n < 0 {
		a.fail(fail(codeBadValue, "the field '%s' of %s must be a whole number that is not negative", name, a.what))
		return 0, false
	}
	return n, true
}

// hint gives the name or the keys of an index.
func (a *args) hint() value {
	v := a.is("hint", "a string or a document", rankString, rankDocument)
	if v.isDoc() && !lookup(v.b, "$natural").missing() {
		a.fail(notImplemented("the hint '$natural'"))
	}
	return v
}

// documents gives the documents of an array.
func (a *args) documents(name string) [][]byte {
	v := a.is(name, "an array", rankArray)
	var all [][]byte
	for _, e := range elements(v.b) {
		if !e.isDoc() {
			a.wrongType(name, "an array of documents", e)
			return nil
		}
		all = append(all, e.b)
	}
	return all
}

// call is one command at work.
type call struct {
	*args
	db     *Database
	name   string
	target value // the value of the command's own field
	dbName string
	seqs   map[string][][]byte
	w      *builder // takes the reply, without ok
	limits limits
	stop   func() // ends the clock of maxTimeMS
	from   *peer  // nil within the program
}

// command is what a command may have and does.
type command struct {
	fields    []string // besides the common ones
	sequences []string // fields that may come as document sequences
	writes    bool     // it changes data
	run       func(*call) error
}

// commonFields may stand in every command.
func commonFields() []string {
	return []string{"$db", "lsid", "comment", "$readPreference", "writeConcern", "readConcern", "maxTimeMS"}
}

// commonDocuments are the common fields that are documents.
func commonDocuments() []string {
	return []string{"lsid", "$readPreference", "writeConcern", "readConcern"}
}

// documentFields are what may stand in a document that is a common field, or in the field 'cursor'. All of the common
// ones but the level of a read concern are without effect: there is one server, and it writes to the disk before it
// answers.
func documentFields(name string) []string {
	switch name {
	case "lsid":
		return []string{"id", "uid"}
	case "$readPreference":
		return []string{"mode", "tags", "maxStalenessSeconds", "hedge"}
	case "writeConcern":
		return []string{"w", "j", "wtimeout"}
	case "readConcern":
		return []string{"level"}
	}
	return []string{"batchSize"}
}

func readConcerns() []string { return []string{"local", "majority"} }

func commands() map[string]command {
	greet := command{run: (*call).hello, fields: []string{
		"helloOk", "client", "compression", "topologyVersion", "maxAwaitTimeMS", "backpressure",
		"loadBalanced", "saslSupportedMechs", "speculativeAuthenticate",
	}}
	modify := command{run: (*call).findAndModify, writes: true, fields: []string{
		"query", "sort", "remove", "update", "new", "upsert",
		"fields", "hint",
	}}
	all := map[string]command{
		"hello": greet, "isMaster": greet, "ismaster": greet,
		"ping":            {run: func(*call) error { return nil }},
		"endSessions":     {run: func(*call) error { return nil }},
		"insert":          {run: (*call).insert, writes: true, fields: []string{"documents", "ordered"}, sequences: []string{"documents"}},
		"update":          {run: (*call).update, writes: true, fields: []string{"updates", "ordered"}, sequences: []string{"updates"}},
		"delete":          {run: (*call).delete, writes: true, fields: []string{"deletes", "ordered"}, sequences: []string{"deletes"}},
		"findAndModify":   modify,
		"findandmodify":   modify,
		"find":            {run: (*call).find, fields: []string{"filter", "sort", "projection", "skip", "limit", "batchSize", "singleBatch", "hint", "allowDiskUse"}},
		"aggregate":       {run: (*call).aggregate, fields: []string{"pipeline", "cursor", "hint", "allowDiskUse"}},
		"count":           {run: (*call).count, fields: []string{"query", "limit", "skip", "hint"}},
		"distinct":        {run: (*call).distinct, fields: []string{"key", "query", "hint"}},
		"getMore":         {run: (*call).getMore, fields: []string{"collection", "batchSize"}},
		"killCursors":     {run: (*call).killCursors, fields: []string{"cursors"}},
		"create":          {run: (*call).create, writes: true},
		"drop":            {run: (*call).drop, writes: true},
		"dropDatabase":    {run: (*call).dropDatabase, writes: true},
		"listCollections": {run: (*call).listCollections, fields: []string{"filter", "nameOnly", "cursor", "authorizedCollections"}},
		"listDatabases":   {run: (*call).listDatabases, fields: []string{"filter", "nameOnly", "authorizedDatabases"}},
		"createIndexes":   {run: (*call).createIndexes, writes: true, fields: []string{"indexes"}},
		"dropIndexes":     {run: (*call).dropIndexes, writes: true, fields: []string{"index"}},
		"listIndexes":     {run: (*call).listIndexes, fields: []string{"cursor"}},
		"explain":         {run: (*call).explain, fields: []string{"verbosity"}},
	}
	maps.Copy(all, informing())
	return all
}

// greetings are the commands by which a driver finds out what it talks to. They are answered even after a failure, or the
// driver would look for another server instead of passing on what the others answer.
func greetings() []string { return []string{"hello", "isMaster", "ismaster"} }

// run finds the command of a request, checks its fields and carries it out.
func (db *Database) run(q *request, w *builder) error {
	if q.err != nil {
		return q.err
	}
	name, target := q.command()
	if err := db.Err(); err != nil && !slices.Contains(greetings(), name) {
		return err
	}
	if q.op == opQuery && !slices.Contains(greetings(), name) {
		return notImplemented("OP_QUERY for another command than hello")
	}
	cmd, ok := db.commands[name]
	switch {
	case name == "saslStart": // from a client that was given a name and a password
		return fail(codeNotImplemented, "the command '%s' is not supported by the embedded database, which knows no names and passwords: connect without them", name)
	case !ok:
		return notImplemented("the command '%s'", name)
	}
	if cmd.writes {
		if err := q.from.mayWrite(name); err != nil {
			return err
		}
	}
	c := &call{
		db: db, name: name, target: target, seqs: q.sequences, w: w, from: q.from,
		limits: limits{scan: db.opts.RefuseScansOver, memory: db.opts.QueryMemory}, stop: func() {},
	}
	c.args = newArgs("the command '"+name+"'", q.body, slices.Concat(commonFields(), []string{name}, cmd.fields)...)
	for s := range q.sequences {
		if !slices.Contains(cmd.sequences, s) || !lookup(q.body, s).missing() {
			c.fail(notImplemented("the document sequence '%s' of the command '%s'", s, name))
		}
	}
	c.dbName = c.string("$db")
	if c.dbName == "" || strings.ContainsAny(c.dbName, "/\\. \"$\x00") {
		c.fail(fail(codeInvalidNamespace, "invalid database name '%s'", c.dbName))
	}
	c.common()
	defer func() { c.stop() }()
	if c.err != nil {
		return c.err
	}
	return cmd.run(c)
}

// common reads the fields that every command may have, besides the database.
func (c *call) common() {
	for _, name := range commonDocuments() {
		if lookup(c.doc, name).missing() {
			continue
		}
		part := newArgs("the field '"+name+"'", c.document(name), documentFields(name)...)
		if level := part.string("level"); level != "" && !slices.Contains(readConcerns(), level) {
			part.fail(notImplemented("the read concern '%s'", level))
		}
		if part.err != nil {
			c.fail(part.err)
		}
	}
	if ms, given := c.natural("maxTimeMS"); given && ms > 0 {
		expired := cmp.Or(c.limits.expired, &atomic.Bool{}) // the one of an explain ends what it explains
		timer := time.AfterFunc(time.Duration(min(ms, 1<<31))*time.Millisecond, func() { expired.Store(true) })
		c.limits.expired, c.stop = expired, func() { timer.Stop() }
	}
}

// namespace reads the collection that the command is about.
func (c *call) namespace() (namespace, error) {
	if rank(c.target.t) != rankString {
		return namespace{}, notImplemented("the command '%s' without a collection", c.name)
	}
	return parseNamespace(c.dbName, string(c.target.text()))
}

func parseNamespace(db, coll string) (namespace, error) {
	ns := namespace{db, coll}
	if coll == "" || strings.ContainsAny(coll, "$\x00") || coll[0] == '.' || strings.HasPrefix(coll, "system.") ||
		len(db)+len(coll) > 254 {
		return ns, fail(codeInvalidNamespace, "Invalid namespace specified '%s'", ns)
	}
	return ns, nil
}

// statements gives the documents of a write command, from its body or from a sequence.
func (c *call) statements(name string) ([][]byte, error) {
	all, ok := c.seqs[name]
	if !ok {
		all = c.documents(name)
	}
	if c.err == nil && (len(all) == 0 || len(all) > maxStatements) {
		c.fail(fail(codeInvalidOptions, "the field '%s' of the command '%s' needs 1 to %d documents", name, c.name, maxStatements))
	}
	return all, c.err
}

// maxStatements is how many documents or statements one write command may have.
const maxStatements = 100_000
