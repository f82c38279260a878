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

// stages are the stages of an aggregation, accumulators what a $group may compute.
func stages() []string {
	return []string{"$match", "$group", "$sort", "$project", "$skip", "$limit", "$count", "$collStats"}
}

func accumulators() []string { return []string{"$sum", "$min", "$max", "$count"} }

func parseStage(name string, v value) (s stage, err error) {
	if s.name = name; !slices.Contains(stages(), name) {
		return s, notImplemented("the aggregation stage '%s'", name)
	}
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
	if !slices.Contains(accumulators(), op) {
		return accumulator{}, notImplemented("the accumulator '%s'", op)
	}
	if op != "$count" {
		o, err := parseOperand(arg, false)
		return accumulator{name, op, o}, err
	}
	if !arg.isDoc() || count(arg.b) != 0 {
		return accumulator{}, fail(codeTypeMismatch, "$count takes no arguments, i.e. $count:{}")
	}
	return accumulator{name, "$sum", operand{constant: int32Value(1)}}, nil
}

// parseOperand takes a constant, "$path" or, where documents is set, a document of such.
func parseOperand(v value, documents bool) (operand, error) {
	switch {
	case rank(v.t) == rankString && len(v.text()) > 0 && v.text()[0] == '$':
		p, err := parsePath(string(v.text()[1:]))
		return operand{path: p}, err
	case isOperators(v):
		name, _, _ := firstField(v.b)
		return operand{}, notImplemented("the expression '%s'", name)
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
	options := newArgs("the field 'cursor'", c.document("cursor"), documentFields("cursor")...)
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
	cur := &cursor{ns: ns}
	if last := len(rest) - 1; last >= 0 && rest[last].name == "$project" {
		cur.projection, rest = rest[last].projection, rest[:last] // done for each batch
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
		if found, err = s.run(found, c.limits); err != nil {
			return err
		}
	}
	cur.documents = found
	c.db.reply(c.w, cur, "firstBatch", size, true)
	return nil
}

// countAll answers a $group that only counts all documents, as the driver's CountDocuments does, without looking at any.
func (db *Database) countAll(ns namespace, q *query, rest pipeline) ([]bson.Raw, bool) {
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
	return []bson.Raw{w.bytes()}, true
}

// run carries out a stage on what the stages before it gave.
func (s *stage) run(in []bson.Raw, l limits) ([]bson.Raw, error) {
	m := &meter{limits: l, what: "the stage " + s.name}
	switch s.name {
	case "$match":
		out := slices.DeleteFunc(slices.Clone(in), func(doc bson.Raw) bool { return l.over() || !s.filter.match(doc) })
		return out, m.add(0)
	case "$sort":
		return sorted(s.sort, slices.Clone(in), math.MaxInt64, l)
	case "$skip":
		return in[min(int64(len(in)), s.n):], nil
	case "$limit":
		return in[:min(int64(len(in)), s.n)], nil
	case "$project":
		out := make([]bson.Raw, len(in))
		for i, doc := range in {
			made := s.projection.apply(doc)
			if err := m.add(cap(made) + madeEach); err != nil {
				return nil, err
			}
			out[i] = made
		}
		return out, nil
	case "$count":
		if len(in) == 0 {
			return nil, nil
		}
		return []bson.Raw{newBuilder().number(s.field, int64(len(in))).bytes()}, nil
	}
	return s.group.run(in, m)
}

// madeEach is what a document takes that a stage makes, besides its bytes; groupEach what a group takes until then,
// besides its key, and totalEach every accumulator in it.
const (
	madeEach  = 48
	groupEach = 128
	totalEach = 64
)

// run groups documents; groups come in the order in which their first documents did.
func (g *grouping) run(in []bson.Raw, m *meter) ([]bson.Raw, error) {
	type group struct {
		id   value
		sums []total
	}
	var order []*group
	byKey := map[string]*group{}
	var key []byte
	for _, doc := range in {
		id := g.id.of(doc)
		key = appendKey(key[:0], id)
		t := byKey[string(key)]
		each := 0
		if t == nil {
			each = groupEach + len(key) + len(id.b) + totalEach*len(g.outputs)
		}
		if err := m.add(each); err != nil {
			return nil, err
		}
		if t == nil {
			t = &group{id: id, sums: make([]total, len(g.outputs))}
			byKey[string(key)] = t
			order = append(order, t)
		}
		for i := range g.outputs {
			t.sums[i].take(g.outputs[i].op, g.outputs[i].arg.of(doc))
		}
	}
	out := make([]bson.Raw, len(order))
	for i, t := range order {
		w := newBuilder().value("_id", t.id)
		for j := range g.outputs {
			w.value(g.outputs[j].name, t.sums[j].result(g.outputs[j].op))
		}
		doc := w.bytes()
		if len(doc) > maxDocument {
			return nil, fail(codeTooLarge, "a group's document of %d bytes is larger than %d bytes", len(doc), maxDocument)
		}
		if err := m.add(cap(doc) + madeEach); err != nil {
			return nil, err
		}
		out[i] = doc
	}
	return out, nil
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
