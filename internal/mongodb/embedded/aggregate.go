package embedded

import (
	"bytes"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// stage is one step of a pipeline.
type stage struct {
	name       string
	filter     *filter     // $match
	group      *grouping   // $group
	sort       *ordering   // $sort
	n          int64       // $skip, $limit
	projection *projection // $project
	field      string      // $count
	stats      *collStats  // $collStats
}

type pipeline []stage

// grouping is a parsed $group.
type grouping struct {
	id      operand
	outputs []accumulator
}

// operand is what a group counts with: a constant, a field, or a document of both.
type operand struct {
	constant value
	path     path
	fields   []namedOperand // of a document
	isDoc    bool
}

type namedOperand struct {
	name string
	operand
}

type accumulator struct {
	name string
	op   string
	arg  operand
}

// parsePipeline reads the stages of an aggregation.
func parsePipeline(docs [][]byte) (pipeline, error) {
	var p pipeline
	for _, doc := range docs {
		name, v, ok := firstField(doc)
		if !ok || count(doc) != 1 {
			return nil, fail(40323, "A pipeline stage specification object must contain exactly one field.")
		}
		s, err := parseStage(name, v)
		if err != nil {
			return nil, err
		}
		if s.stats != nil && len(p) > 0 {
			return nil, fail(40602, "$collStats is only valid as the first stage in a pipeline.")
		}
		p = append(p, s)
	}
	return p, nil
}

func parseStage(name string, v value) (s stage, err error) {
	s.name = name
	switch name {
	case "$match", "$group", "$sort", "$project", "$collStats":
		if !v.isDoc() {
			return s, fail(15959, "the stage %s needs a document", name)
		}
	case "$skip", "$limit":
		n, whole := v.whole()
		if !whole || n < 0 || n == 0 && name == "$limit" {
			return s, fail(map[string]int32{"$skip": 5107200, "$limit": 15958}[name], "the stage %s needs a positive number", name)
		}
		s.n = n
		return s, nil
	case "$count":
		switch {
		case rank(v.t) != rankString || len(v.text()) == 0:
			return s, fail(40156, "the count field must be a non-empty string")
		case v.text()[0] == '$':
			return s, fail(40158, "the count field cannot be a $-prefixed path")
		case bytes.ContainsAny(v.text(), ".\x00"):
			return s, fail(40160, "the count field cannot contain '.'")
		}
		s.field = string(v.text())
		return s, nil
	default:
		return s, notImplemented("the aggregation stage '%s'", name)
	}
	switch name {
	case "$match":
		s.filter, err = parseFilter(v.b)
	case "$group":
		s.group, err = parseGroup(v.b)
	case "$sort":
		if s.sort, err = parseSort(v.b); err == nil && len(s.sort.parts) == 0 {
			err = fail(15976, "$sort stage must have at least one sort key")
		}
	case "$project":
		if s.projection, err = parseProjection(v.b); err == nil && s.projection == nil {
			err = fail(51272, "$project needs at least one field")
		}
	case "$collStats":
		s.stats, err = parseCollStats(v.b)
	}
	return s, err
}

func parseGroup(doc []byte) (*grouping, error) {
	g := &grouping{}
	hasID := false
	f := fieldsOf(doc)
	for {
		name, v, ok := f.next()
		if !ok {
			break
		}
		if string(name) == "_id" {
			id, err := parseOperand(v, true)
			if err != nil {
				return nil, err
			}
			g.id, hasID = id, true
			continue
		}
		a, err := parseAccumulator(string(name), v)
		if err != nil {
			return nil, err
		}
		g.outputs = append(g.outputs, a)
	}
	if !hasID {
		return nil, fail(15955, "a group specification must include an _id")
	}
	return g, nil
}

func parseAccumulator(name string, v value) (accumulator, error) {
	if name == "" || bytes.ContainsAny([]byte(name), "$.") {
		return accumulator{}, fail(40235, "the field name '%s' cannot be used in $group", name)
	}
	op, arg, ok := "", value{}, false
	if v.isDoc() {
		op, arg, ok = firstField(v.b)
	}
	if !ok {
		return accumulator{}, fail(40234, "The field '%s' must be an accumulator object", name)
	}
	if count(v.b) != 1 {
		return accumulator{}, fail(40238, "The field '%s' must specify one accumulator", name)
	}
	switch op {
	case "$count":
		if !arg.isDoc() || count(arg.b) != 0 {
			return accumulator{}, fail(codeTypeMismatch, "$count takes no arguments, i.e. $count:{}")
		}
		return accumulator{name, "$sum", operand{constant: int32Value(1)}}, nil
	case "$sum", "$min", "$max":
		o, err := parseOperand(arg, false)
		return accumulator{name, op, o}, err
	}
	return accumulator{}, notImplemented("the accumulator '%s'", op)
}

// parseOperand takes a constant, "$path" or, where documents is set, a document of such.
func parseOperand(v value, documents bool) (operand, error) {
	switch {
	case rank(v.t) == rankString && len(v.text()) > 0 && v.text()[0] == '$':
		p, err := parsePath(string(v.text()[1:]))
		return operand{path: p}, err
	case v.isArray() || v.isDoc() && !documents:
		return operand{}, notImplemented("an expression of type %s in $group", v.t)
	case !v.isDoc():
		return operand{constant: v}, nil
	}
	o := operand{isDoc: true}
	f := fieldsOf(v.b)
	for {
		name, sub, ok := f.next()
		if !ok {
			return o, nil
		}
		if len(name) > 0 && name[0] == '$' {
			return o, notImplemented("the expression '%s'", name)
		}
		inner, err := parseOperand(sub, true)
		if err != nil {
			return o, err
		}
		o.fields = append(o.fields, namedOperand{string(name), inner})
	}
}

// of gives the operand's value for a document.
func (o *operand) of(doc []byte) value {
	switch {
	case o.path != nil:
		return expression(doc, o.path)
	case !o.isDoc:
		return o.constant
	}
	w := newBuilder()
	for _, f := range o.fields {
		if v := f.of(doc); !v.missing() {
			w.value(f.name, v)
		}
	}
	return value{bson.TypeEmbeddedDocument, w.bytes()}
}

// lead turns the first stages into a search, as far as an index may serve them, and gives the stages that are left.
func (p pipeline) lead() (*query, pipeline) {
	q := &query{filter: &filter{op: opAnd}}
	rest := p
	for len(rest) > 0 && rest[0].name == "$match" {
		q.filter.subs = append(q.filter.subs, rest[0].filter)
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0].name == "$sort" {
		q.sort, rest = rest[0].sort, rest[1:]
	}
	if len(rest) > 0 && rest[0].name == "$skip" {
		q.skip, rest = rest[0].n, rest[1:]
	}
	if len(rest) > 0 && rest[0].name == "$limit" {
		q.limit, rest = rest[0].n, rest[1:]
	}
	return q, rest
}

func (c *call) aggregate() error {
	ns, err := c.namespace()
	if err != nil {
		return err
	}
	p, err := parsePipeline(c.documents("pipeline"))
	if err != nil {
		c.fail(err)
	}
	options := newArgs("the field 'cursor'", c.document("cursor"), "batchSize")
	size, given := options.natural("batchSize")
	if !given {
		size = firstBatch
	}
	if options.err != nil {
		c.fail(options.err)
	}
	q, rest := p.lead()
	q.hint = c.hint()
	c.bool("allowDiskUse")
	if c.err != nil {
		return c.err
	}
	found, counted := c.db.countAll(ns, q, rest)
	if counted {
		rest = rest[1:]
	} else if len(p) > 0 && p[0].stats != nil {
		if found, err = c.db.collStats(ns, p[0].stats, c.limits); err != nil {
			return err
		}
		rest = rest[1:]
	} else if found, _, err = c.db.read(ns, q, c.limits); err != nil {
		return err
	}
	for _, s := range rest {
		if c.limits.expired != nil && c.limits.expired.Load() {
			return fail(codeMaxTimeExpired, "operation exceeded time limit")
		}
		if found, err = s.run(found); err != nil {
			return err
		}
	}
	c.db.reply(c.w, &cursor{ns: ns, records: found}, "firstBatch", size, true)
	return nil
}

// countAll answers a $group that only counts all documents, as the driver's CountDocuments does, without looking at any.
func (db *Database) countAll(ns namespace, q *query, rest pipeline) ([]*record, bool) {
	if len(rest) == 0 || rest[0].group == nil || !q.everything() || rest[0].group.id.path != nil || rest[0].group.id.isDoc {
		return nil, false
	}
	g := rest[0].group
	for _, a := range g.outputs {
		if n, whole := a.arg.constant.whole(); a.op != "$sum" || a.arg.constant.t != bson.TypeInt32 || !whole || n != 1 {
			return nil, false
		}
	}
	n := db.size(ns)
	if n == 0 {
		return nil, true
	}
	w := newBuilder().value("_id", g.id.constant)
	for _, a := range g.outputs {
		w.number(a.name, n)
	}
	return []*record{{raw: w.bytes()}}, true
}

// run carries out a stage on what the stages before it gave.
func (s *stage) run(in []*record) ([]*record, error) {
	switch s.name {
	case "$match":
		return slices.DeleteFunc(slices.Clone(in), func(r *record) bool { return !s.filter.match(r.raw) }), nil
	case "$sort":
		return sorted(s.sort, slices.Clone(in), func(r *record) []byte { return r.raw })
	case "$skip":
		return in[min(int64(len(in)), s.n):], nil
	case "$limit":
		return in[:min(int64(len(in)), s.n)], nil
	case "$project":
		out := make([]*record, len(in))
		for i, r := range in {
			out[i] = &record{raw: s.projection.apply(r.raw)}
		}
		return out, nil
	case "$count":
		if len(in) == 0 {
			return nil, nil
		}
		return []*record{{raw: newBuilder().number(s.field, int64(len(in))).bytes()}}, nil
	}
	return s.group.run(in), nil
}

// run groups documents; groups come in the order in which their first documents did.
func (g *grouping) run(in []*record) []*record {
	type group struct {
		id   value
		sums []total
	}
	var order []*group
	byKey := map[string]*group{}
	var key []byte
	for _, r := range in {
		id := g.id.of(r.raw)
		key = appendKey(key[:0], id)
		t := byKey[string(key)]
		if t == nil {
			t = &group{id: id, sums: make([]total, len(g.outputs))}
			byKey[string(key)] = t
			order = append(order, t)
		}
		for i := range g.outputs {
			t.sums[i].take(g.outputs[i].op, g.outputs[i].arg.of(r.raw))
		}
	}
	out := make([]*record, len(order))
	for i, t := range order {
		w := newBuilder().value("_id", t.id)
		for j := range g.outputs {
			w.value(g.outputs[j].name, t.sums[j].result(g.outputs[j].op))
		}
		out[i] = &record{raw: w.bytes()}
	}
	return out
}

// total is what an accumulator has gathered. Whole numbers are added exactly, as long as they fit 64 bits; doubles
// with a correction (Neumaier's), so that the order hardly matters.
type total struct {
	whole      int64
	wide       bool // an int64 was among the numbers, or the sum left 32 bits
	broken     bool // a double was, or the sum left 64 bits
	sum, error float64
	best       value
}

func (t *total) take(op string, v value) {
	switch {
	case op == "$sum":
		t.add(v)
	case v.missing() || v.t == bson.TypeNull:
	case t.best.missing() || op == "$min" && compare(v, t.best) < 0 || op == "$max" && compare(v, t.best) > 0:
		t.best = v
	}
}

func (t *total) add(v value) {
	if !v.isNumber() {
		return
	}
	if v.t == bson.TypeDouble {
		t.broken = true
		t.addFloat(v.float64())
		return
	}
	t.wide = t.wide || v.t == bson.TypeInt64
	n, _ := v.whole()
	if sum := t.whole + n; (sum > t.whole) == (n > 0) {
		t.whole = sum
		return
	}
	t.broken = true
	t.addFloat(float64(n))
}

func (t *total) addFloat(f float64) {
	s := t.sum + f
	if math.Abs(t.sum) >= math.Abs(f) {
		t.error += (t.sum - s) + f
	} else {
		t.error += (f - s) + t.sum
	}
	t.sum = s
}

func (t *total) result(op string) value {
	switch {
	case op != "$sum":
		return t.best
	case t.broken:
		t.addFloat(float64(t.whole))
		if math.IsInf(t.sum, 0) || math.IsNaN(t.sum) {
			return doubleValue(t.sum)
		}
		return doubleValue(t.sum + t.error)
	case t.wide:
		return int64Value(t.whole)
	}
	return numberValue(t.whole)
}
