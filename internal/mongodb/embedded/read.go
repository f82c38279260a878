package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// read searches a collection. A lookup by _id takes the lock for reading; everything else works on copies of the trees
// and holds up nobody. A collection that is not there has no documents.
func (db *Database) read(ns namespace, q *query, l limits) ([]bson.Raw, stats, error) {
	db.mu.RLock()
	c := db.collections[ns]
	if c == nil {
		db.mu.RUnlock()
		return nil, stats{}, nil
	}
	p, err := c.live.plan(q)
	if err != nil {
		db.mu.RUnlock()
		return nil, stats{}, err
	}
	if p.points {
		defer db.mu.RUnlock()
		return searchWith(p, q, l)
	}
	v := c.frozen.Load()
	db.mu.RUnlock()
	if v == nil {
		db.mu.Lock()
		v = c.freeze()
		db.mu.Unlock()
	}
	return v.search(q, l)
}

// query reads filter and hint of a command or statement.
func (a *args) query(filterName string) *query {
	q := &query{hint: a.hint()}
	f, err := parseFilter(a.document(filterName))
	if err != nil {
		a.fail(err)
	}
	q.filter = f
	return q
}

// ordering reads a sort; an empty one is none.
func (a *args) ordering(name string) *ordering {
	o, err := parseSort(a.document(name))
	if err != nil {
		a.fail(err)
		return nil
	}
	if len(o.parts) == 0 {
		return nil
	}
	return o
}

func (a *args) projection(name string) *projection {
	p, err := parseProjection(a.document(name))
	if err != nil {
		a.fail(err)
	}
	return p
}

// findQuery reads what find asks, which explain wants too.
func (c *call) findQuery() *query {
	q := c.query("filter")
	q.sort = c.ordering("sort")
	q.skip, _ = c.natural("skip")
	q.limit, _ = c.natural("limit")
	return q
}

func (c *call) find() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	q := c.findQuery()
	cur := &cursor{ns: ns, projection: c.projection("projection")}
	size, given := c.natural("batchSize")
	if !given {
		size = firstBatch
	}
	single := c.bool("singleBatch")
	c.bool("allowDiskUse")
	if c.err != nil {
		return c.err
	}
	if cur.documents, _, err = c.db.read(ns, q, c.limits); err != nil {
		return err
	}
	c.db.reply(c.w, cur, "firstBatch", size, !single)
	return nil
}

func (c *call) countQuery() *query {
	q := c.query("query")
	q.skip, _ = c.natural("skip")
	q.limit, _ = c.natural("limit")
	return q
}

// everything tells a query for all documents.
func (q *query) everything() bool {
	n := 0
	q.filter.conjuncts(func(*filter) { n++ })
	return n == 0 && q.skip == 0 && q.limit == 0 && q.hint.missing()
}

// size is the number of documents in a collection.
func (db *Database) size(ns namespace) int64 {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if c := db.collections[ns]; c != nil {
		return int64(c.size())
	}
	return 0
}

// count answers the number of documents that pass. Without a filter it is known without looking at any.
func (c *call) count() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	q := c.countQuery()
	if c.err != nil {
		return c.err
	}
	if all := (&query{filter: q.filter, hint: q.hint}); all.everything() {
		n := max(0, c.db.size(ns)-q.skip)
		if q.limit > 0 {
			n = min(n, q.limit)
		}
		c.w.number("n", n)
		return nil
	}
	found, _, err := c.db.read(ns, q, c.limits)
	if err != nil {
		return err
	}
	c.w.number("n", int64(len(found)))
	return nil
}

// distinct answers each value of a field once, in BSON order; the elements of arrays count as values.
func (c *call) distinct() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	q := c.query("query")
	c.needs("key")
	key := c.is("key", "a string", rankString)
	if c.err != nil {
		return c.err
	}
	p, err := parsePath(string(key.text()))
	if err != nil {
		return err
	}
	found, _, err := c.db.read(ns, q, c.limits)
	if err != nil {
		return err
	}
	var all []value
	seen, bytes := map[string]bool{}, 0
	add := func(v value) {
		if k := keyOf(v); !v.missing() && !seen[k] {
			seen[k] = true
			all = append(all, v)
			bytes += len(v.b) + 8
		}
	}
	for _, doc := range found {
		if bytes > maxReply {
			return fail(codeDistinctTooLarge, "distinct too big: the values of '%s' have more than %d bytes", p, maxReply)
		}
		if c.limits.over() {
			return fail(codeMaxTimeExpired, "operation exceeded time limit")
		}
		spread(doc, p, add)
	}
	c.w.array("values")
	for _, v := range sortValues(all) {
		c.w.value("", v)
	}
	c.w.end()
	return nil
}

// explain answers which index a command would use and how many documents it would look at; it changes nothing.
func (c *call) explain() error {
	if !c.target.isDoc() {
		return fail(codeTypeMismatch, "explain needs a command")
	}
	if v := c.string("verbosity"); v != "" && !slices.Contains([]string{"queryPlanner", "executionStats", "allPlansExecution"}, v) {
		return fail(codeFailedToParse, "explain does not know the verbosity '%s'", v)
	}
	name, target, _ := firstField(c.target.b)
	inner, ok := c.db.commands[name]
	if !ok {
		return notImplemented("explain of the command '%s'", name)
	}
	e := &call{db: c.db, name: name, target: target, dbName: c.dbName, limits: c.limits, stop: func() {}}
	e.args = newArgs("the command '"+name+"'", c.target.b, slices.Concat(commonFields(), []string{name}, inner.fields)...)
	e.common()
	defer func() { e.stop() }()
	if db := e.string("$db"); db != "" && db != c.dbName {
		e.fail(fail(codeInvalidNamespace, "explain of a command for another database '%s'", db))
	}
	q, err := e.explained()
	if err != nil {
		return err
	}
	if c.err != nil {
		return c.err
	}
	ns, err := e.namespace()
	if err != nil {
		return err
	}
	l := e.limits
	l.scan = 0
	found, s, err := c.db.read(ns, q, l)
	if err != nil {
		return err
	}
	c.w.doc("queryPlanner").string("namespace", ns.String())
	s.plan.describe(c.w, "winningPlan")
	c.w.end()
	c.w.doc("executionStats").bool("executionSuccess", true).number("nReturned", int64(len(found))).
		number("totalKeysExamined", int64(s.keys)).number("totalDocsExamined", int64(s.documents)).end()
	return nil
}

// explained gives the search that a command makes.
func (c *call) explained() (*query, error) {
	var q *query
	switch c.name {
	case "find":
		q = c.findQuery()
	case "count":
		q = c.countQuery()
	case "distinct":
		q = c.query("query")
	case "findAndModify", "findandmodify":
		q = c.query("query")
		q.sort, q.limit = c.ordering("sort"), 1
	case "aggregate":
		p, err := parsePipeline(c.documents("pipeline"))
		if err != nil {
			return nil, err
		}
		if len(p) > 0 && p[0].stats != nil {
			return nil, notImplemented("explain of the aggregation stage '$collStats'")
		}
		q, _ = p.lead()
		q.hint = c.hint()
	case "update", "delete":
		all := c.documents(c.name + "s")
		if c.err == nil && len(all) != 1 {
			return nil, notImplemented("explain of other than one statement")
		}
		if c.err == nil && c.name == "update" {
			s := parseUpdateStatement(all[0])
			q, c.err = s.query, s.err
		} else if c.err == nil {
			s := parseDeleteStatement(all[0])
			q, c.err = s.query, s.err
		}
	default:
		return nil, notImplemented("explain of the command '%s'", c.name)
	}
	return q, c.err
}

// describe writes a plan as explain gives it.
func (p *plan) describe(w *builder, name string) {
	w.doc(name)
	switch {
	case p == nil:
		w.string("stage", "EOF")
	case p.union != nil:
		w.string("stage", "OR").array("inputStages")
		for _, part := range p.union {
			part.describe(w, "")
		}
		w.end()
	case p.scan() && !p.sorted && p.index.name == primaryName:
		w.string("stage", "COLLSCAN")
	default:
		w.string("stage", "IXSCAN").string("indexName", p.index.name).
			value("keyPattern", value{bson.TypeEmbeddedDocument, p.index.indexSpec.keys}).bool("servesSort", p.sorted)
	}
	w.end()
}
