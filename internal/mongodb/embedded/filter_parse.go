package embedded

import (
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// parseFilter reads a query document. Operators it does not know are refused by name (238), known ones with wrong
// operands as MongoDB does (2 or 9).
func parseFilter(doc []byte) (*filter, error) {
	f := &filter{op: opAnd}
	e := fieldsOf(doc)
	for {
		name, v, ok := e.next()
		if !ok {
			return f, nil
		}
		sub, err := parseClause(string(name), v)
		if err != nil {
			return nil, err
		}
		f.subs = append(f.subs, sub)
	}
}

// logicalOperators are the operators that stand where a path may stand.
func logicalOperators() map[string]filterOp {
	return map[string]filterOp{"$and": opAnd, "$or": opOr, "$nor": opNor}
}

// fieldOperators are the operators on one path: {path: {$gt: 1}}.
func fieldOperators() []string {
	return []string{
		"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$type", "$size", "$not", "$all", "$elemMatch",
	}
}

func parseClause(name string, v value) (*filter, error) {
	if name != "" && name[0] == '$' {
		op, known := logicalOperators()[name]
		if !known {
			return nil, notImplemented("the query operator '%s'", name)
		}
		return parseLogical(name, op, v)
	}
	p, err := parsePath(name)
	if err != nil {
		return nil, err
	}
	if isOperators(v) {
		return parseOperators(p, v.b)
	}
	return equal(p, v)
}

func parseLogical(name string, op filterOp, v value) (*filter, error) {
	if !v.isArray() {
		return nil, fail(codeBadValue, "%s must be an array", name)
	}
	f := &filter{op: op}
	e := fieldsOf(v.b)
	for {
		_, sub, ok := e.next()
		if !ok {
			break
		}
		if !sub.isDoc() {
			return nil, fail(codeBadValue, "$or/$and/$nor entries need to be full objects")
		}
		s, err := parseFilter(sub.b)
		if err != nil {
			return nil, err
		}
		f.subs = append(f.subs, s)
	}
	if len(f.subs) == 0 {
		return nil, fail(codeBadValue, "%s argument must be a non-empty array", name)
	}
	return f, nil
}

// isOperators tells a document of operators ({$gt: 1}) from a value to be equal to.
func isOperators(v value) bool {
	if !v.isDoc() {
		return false
	}
	f := fieldsOf(v.b)
	name, _, ok := f.next()
	return ok && len(name) > 0 && name[0] == '$'
}

func leaf(p path, q predicate) *filter { return &filter{op: opLeaf, path: p, pred: q} }

func not(f *filter) *filter { return &filter{op: opNot, subs: []*filter{f}} }

func equal(p path, v value) (*filter, error) {
	if v.t == bson.TypeRegex {
		return nil, notImplemented("a regular expression in a query")
	}
	return leaf(p, predicate{op: predEq, operand: v}), nil
}

// parseOperators reads {$gt: 1, $lt: 5} for one path.
func parseOperators(p path, doc []byte) (*filter, error) {
	f := &filter{op: opAnd}
	e := fieldsOf(doc)
	for {
		name, v, ok := e.next()
		if !ok {
			return f, nil
		}
		sub, err := parseOperator(p, string(name), v)
		if err != nil {
			return nil, err
		}
		f.subs = append(f.subs, sub)
	}
}

func parseOperator(p path, name string, v value) (*filter, error) {
	switch {
	case name == "" || name[0] != '$':
		return nil, fail(codeBadValue, "unknown operator: %s", name)
	case !slices.Contains(fieldOperators(), name):
		return nil, notImplemented("the query operator '%s'", name)
	case v.t == bson.TypeRegex:
		return nil, notImplemented("a regular expression in a query")
	}
	switch name {
	case "$eq":
		return equal(p, v)
	case "$ne":
		f, err := equal(p, v)
		if err != nil {
			return nil, err
		}
		return not(f), nil
	case "$gt", "$gte", "$lt", "$lte":
		op := map[string]predicateOp{"$gt": predGt, "$gte": predGte, "$lt": predLt, "$lte": predLte}[name]
		return leaf(p, predicate{op: op, operand: v}), nil
	case "$in", "$nin":
		list, err := parseList(name, v)
		if err != nil {
			return nil, err
		}
		f := leaf(p, predicate{op: predIn, list: sortValues(list)})
		if name == "$nin" {
			return not(f), nil
		}
		return f, nil
	case "$exists":
		f := leaf(p, predicate{op: predExists})
		if !v.truth() {
			return not(f), nil
		}
		return f, nil
	case "$type":
		types, err := parseTypes(v)
		if err != nil {
			return nil, err
		}
		return leaf(p, predicate{op: predType, types: types}), nil
	case "$size":
		n, ok := v.whole()
		if !ok || n < 0 || n > math.MaxInt32 {
			return nil, fail(codeBadValue, "$size needs a whole number that is not negative")
		}
		return leaf(p, predicate{op: predSize, size: int(n)}), nil
	case "$not":
		if !isOperators(v) {
			return nil, fail(codeBadValue, "$not needs a document of operators")
		}
		f, err := parseOperators(p, v.b)
		if err != nil {
			return nil, err
		}
		return not(f), nil
	case "$all":
		return parseAll(p, v)
	}
	q, err := parseElemMatch(v)
	if err != nil {
		return nil, err
	}
	return leaf(p, q), nil
}

func parseList(name string, v value) ([]value, error) {
	if !v.isArray() {
		return nil, fail(codeBadValue, "%s needs an array", name)
	}
	var list []value
	e := fieldsOf(v.b)
	for {
		_, x, ok := e.next()
		if !ok {
			return list, nil
		}
		if x.t == bson.TypeRegex {
			return nil, notImplemented("a regular expression in %s", name)
		}
		if isOperators(x) && (name != "$all" || !isElemMatch(x)) {
			return nil, fail(codeBadValue, "cannot nest $ under %s", name)
		}
		list = append(list, x)
	}
}

func isElemMatch(v value) bool { return isOperators(v) && !lookup(v.b, "$elemMatch").missing() }

func parseAll(p path, v value) (*filter, error) {
	list, err := parseList("$all", v)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return leaf(p, predicate{op: predNever}), nil
	}
	f := &filter{op: opAnd}
	for _, x := range list {
		if isElemMatch(x) != isElemMatch(list[0]) {
			return nil, fail(codeBadValue, "$all takes values or $elemMatch, not both")
		}
		sub := leaf(p, predicate{op: predEq, operand: x})
		if isElemMatch(x) {
			if sub, err = parseOperators(p, x.b); err != nil {
				return nil, err
			}
		}
		f.subs = append(f.subs, sub)
	}
	return f, nil
}

// parseElemMatch reads {$elemMatch: {k: 1}} over documents and {$elemMatch: {$gt: 1}} over values.
func parseElemMatch(v value) (predicate, error) {
	if !v.isDoc() {
		return predicate{}, fail(codeBadValue, "$elemMatch needs an Object")
	}
	f := fieldsOf(v.b)
	name, _, _ := f.next()
	switch n := string(name); {
	case len(n) > 0 && n[0] == '$' && n != "$and" && n != "$or" && n != "$nor":
		sub, err := parseOperators(nil, v.b)
		if err != nil {
			return predicate{}, err
		}
		return predicate{op: predElemValue, preds: []predicate{valuePredicate(sub)}}, nil
	}
	sub, err := parseFilter(v.b)
	return predicate{op: predElemDoc, sub: sub}, err
}

// valuePredicate turns a filter made with an empty path into a question about one value.
func valuePredicate(f *filter) predicate {
	switch f.op {
	case opNot:
		return predicate{op: predNot, preds: []predicate{valuePredicate(f.subs[0])}}
	case opAnd:
		q := predicate{op: predAll}
		for _, s := range f.subs {
			q.preds = append(q.preds, valuePredicate(s))
		}
		return q
	}
	return f.pred
}

// typeNames are the names that $type takes for the types this database keeps; "number" (0) is any of three.
func typeNames() map[string]bson.Type {
	return map[string]bson.Type{
		"number": 0, "double": bson.TypeDouble, "string": bson.TypeString, "object": bson.TypeEmbeddedDocument,
		"array": bson.TypeArray, "binData": bson.TypeBinary, "objectId": bson.TypeObjectID, "bool": bson.TypeBoolean,
		"date": bson.TypeDateTime, "null": bson.TypeNull, "regex": bson.TypeRegex, "int": bson.TypeInt32,
		"timestamp": bson.TypeTimestamp, "long": bson.TypeInt64, "minKey": bson.TypeMinKey, "maxKey": bson.TypeMaxKey,
	}
}

func parseTypes(v value) ([]bson.Type, error) {
	list := []value{v}
	if v.isArray() {
		var err error
		if list, err = parseList("$type", v); err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return nil, fail(codeFailedToParse, "$type must match at least one type")
		}
	}
	var types []bson.Type
	for _, x := range list {
		if x.t == bson.TypeString {
			t, ok := typeNames()[string(x.text())]
			if !ok {
				return nil, notImplemented("the type name '%s'", x.text())
			}
			types = append(types, t)
			continue
		}
		n, ok := x.whole()
		if !ok {
			return nil, fail(codeBadValue, "$type needs type names or numbers")
		}
		if n == -1 {
			n = 0xff
		}
		t := bson.Type(n)
		if _, known := size(t, make([]byte, 16)); n <= 0 || n > 0xff || !known {
			return nil, notImplemented("the type number %d", n)
		}
		types = append(types, t)
	}
	return types, nil
}
