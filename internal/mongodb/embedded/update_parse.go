package embedded

import (
	"slices"
	"strings"
)

// update is a parsed change of a document: a replacement, or operators in the order of their paths.
type update struct {
	replacement []byte
	changes     []change
}

// change is one operator on one path.
type change struct {
	op    string
	path  path
	arg   value
	to    path     // of $rename, where path is the source
	list  []value  // of $push, $addToSet, $pullAll
	push  *pushing // of $push
	pull  *filter  // of $pull with a condition on documents
	pullV predicate
}

// pushing is what goes with $each.
type pushing struct {
	position, slice     int64
	hasPosition, sliced bool
	sortWhole           int // 1 or -1 sorts by the elements themselves
	sort                *ordering
}

// target is the path that the change writes last, by which changes are ordered.
func (c *change) target() path {
	if c.op == "$rename" {
		return c.to
	}
	return c.path
}

// parseUpdate reads the u of an update statement.
func parseUpdate(v value) (*update, error) {
	if v.isArray() {
		return nil, notImplemented("an update pipeline")
	}
	if !v.isDoc() {
		return nil, fail(codeFailedToParse, "an update must be a document")
	}
	if !isOperators(v) {
		return &update{replacement: v.b}, checkTopNames(v.b)
	}
	u := &update{}
	f := fieldsOf(v.b)
	for {
		name, arg, ok := f.next()
		if !ok {
			break
		}
		if err := u.parseOperator(string(name), arg); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(u.changes, func(a, b change) int { return comparePaths(a.target(), b.target()) })
	return u, u.conflicts()
}

// checkTopNames refuses fields of a stored document that begin with $.
func checkTopNames(doc []byte) error {
	f := fieldsOf(doc)
	for {
		name, _, ok := f.next()
		if !ok {
			return nil
		}
		if len(name) > 0 && name[0] == '$' {
			return fail(codeDollarField, "The dollar ($) prefixed field '%s' is not allowed in a stored document", name)
		}
	}
}

// updateOperators are the operators of an update.
func updateOperators() []string {
	return []string{
		"$set", "$setOnInsert", "$unset", "$rename", "$inc", "$mul", "$min", "$max", "$currentDate",
		"$push", "$addToSet", "$pull", "$pullAll", "$pop",
	}
}

// modifiers are what may stand beside the $each of an update operator, and itself.
func modifiers(op string) []string {
	switch op {
	case "$push":
		return []string{"$each", "$slice", "$sort", "$position"}
	case "$addToSet":
		return []string{"$each"}
	}
	return nil
}

func (u *update) parseOperator(op string, arg value) error {
	switch {
	case op == "" || op[0] != '$':
		return fail(codeFailedToParse, "Unknown modifier: %s", op)
	case !slices.Contains(updateOperators(), op):
		return notImplemented("the update operator '%s'", op)
	case !arg.isDoc():
		return fail(codeFailedToParse, "Modifiers operate on fields, but %s has no document", op)
	}
	f := fieldsOf(arg.b)
	for {
		name, v, ok := f.next()
		if !ok {
			return nil
		}
		p, err := parseUpdatePath(string(name))
		if err != nil {
			return err
		}
		c := change{op: op, path: p, arg: v}
		if err := c.parseArgument(); err != nil {
			return err
		}
		u.changes = append(u.changes, c)
	}
}

func parseUpdatePath(s string) (path, error) {
	if err := checkDepth(s); err != nil {
		return nil, err
	}
	p := path(strings.Split(s, "."))
	for _, name := range p {
		switch {
		case name == "":
			return nil, fail(codeEmptyFieldName, "The update path '%s' contains an empty field name, which is not allowed", s)
		case name == "$" || strings.HasPrefix(name, "$["):
			return nil, notImplemented("the positional operator '%s' in an update path", name)
		case name[0] == '$':
			return nil, fail(codeDollarField, "The dollar ($) prefixed field '%s' is not allowed in an update path", s)
		}
	}
	return p, nil
}

func (c *change) parseArgument() (err error) {
	v := c.arg
	switch c.op {
	case "$inc", "$mul":
		if !v.isNumber() {
			return fail(codeTypeMismatch, "Cannot apply %s with an argument that is no number to '%s'", c.op, c.path)
		}
	case "$rename":
		if rank(v.t) != rankString {
			return fail(codeBadValue, "The 'to' field for $rename must be a string")
		}
		c.to, err = parseUpdatePath(string(v.text()))
	case "$currentDate":
		return c.parseCurrentDate()
	case "$push":
		return c.parsePush()
	case "$addToSet":
		c.list = []value{v}
		if isOperators(v) {
			return c.parseEach()
		}
	case "$pullAll":
		if !v.isArray() {
			return fail(codeBadValue, "$pullAll requires an array argument")
		}
		c.list = elements(v.b)
	case "$pull":
		return c.parsePull()
	case "$pop":
		if n, ok := v.whole(); !ok || n != 1 && n != -1 {
			return fail(codeFailedToParse, "$pop expects 1 or -1")
		}
	}
	return err
}

// parseCurrentDate takes true, {$type: "date"} and {$type: "timestamp"}; arg becomes the name of the type.
func (c *change) parseCurrentDate() error {
	kind := "date"
	if c.arg.isDoc() {
		if f := lookup(c.arg.b, "$type"); rank(f.t) == rankString && count(c.arg.b) == 1 {
			kind = string(f.text())
		} else {
			kind = ""
		}
	} else if rank(c.arg.t) != rankBoolean {
		kind = ""
	}
	if kind != "date" && kind != "timestamp" {
		return fail(codeBadValue, "$currentDate takes a boolean or {$type: 'date'} or {$type: 'timestamp'}")
	}
	c.arg = stringValue(kind)
	return nil
}

func (c *change) parseEach() error {
	f := fieldsOf(c.arg.b)
	for {
		name, v, ok := f.next()
		if !ok {
			return nil
		}
		if !slices.Contains(modifiers(c.op), string(name)) {
			return c.unknownModifier(string(name))
		}
		if !v.isArray() {
			return fail(codeTypeMismatch, "The argument to $each in %s must be an array", c.op)
		}
		c.list = elements(v.b)
	}
}

func (c *change) unknownModifier(name string) error {
	if name != "" && name[0] == '$' {
		return notImplemented("the modifier '%s' of %s", name, c.op)
	}
	return fail(codeBadValue, "Found unexpected fields after $each in %s: %s", c.op, name)
}

func (c *change) parsePush() error {
	c.push = &pushing{}
	c.list = []value{c.arg}
	if !isOperators(c.arg) {
		return nil
	}
	if lookup(c.arg.b, "$each").missing() {
		name, _, _ := firstField(c.arg.b)
		if !slices.Contains(modifiers(c.op), name) {
			return c.unknownModifier(name)
		}
		return fail(codeBadValue, "The modifier %s of $push needs $each", name)
	}
	f := fieldsOf(c.arg.b)
	for {
		name, v, ok := f.next()
		if !ok {
			return nil
		}
		if !slices.Contains(modifiers(c.op), string(name)) {
			return c.unknownModifier(string(name))
		}
		n, whole := v.whole()
		switch string(name) {
		case "$each":
			if !v.isArray() {
				return fail(codeBadValue, "The argument to $each in $push must be an array")
			}
			c.list = elements(v.b)
		case "$slice":
			if c.push.slice, c.push.sliced = n, true; !whole {
				return fail(codeBadValue, "The value for $slice must be an integer value")
			}
		case "$position":
			if c.push.position, c.push.hasPosition = n, true; !whole {
				return fail(codeBadValue, "The value for $position must be an integer value")
			}
		case "$sort":
			if v.isDoc() {
				o, err := parseSort(v.b)
				if err != nil {
					return err
				}
				c.push.sort = o
			} else if c.push.sortWhole = int(n); !whole || n != 1 && n != -1 {
				return fail(codeBadValue, "The $sort element value must be either 1 or -1")
			}
		}
	}
}

// parsePull takes a value to remove, operators that a value must meet, or a query for documents.
func (c *change) parsePull() error {
	if !c.arg.isDoc() {
		f, err := equal(nil, c.arg)
		if err != nil {
			return err
		}
		c.pullV = f.pred
		return nil
	}
	if name, _, _ := firstField(c.arg.b); isOperators(c.arg) && !slices.Contains([]string{"$and", "$or", "$nor"}, name) {
		f, err := parseOperators(nil, c.arg.b)
		if err != nil {
			return err
		}
		c.pullV = valuePredicate(f)
		return nil
	}
	var err error
	c.pull, err = parseFilter(c.arg.b)
	return err
}

func firstField(doc []byte) (string, value, bool) {
	f := fieldsOf(doc)
	name, v, ok := f.next()
	return string(name), v, ok
}

// elements lists the values of an array.
func elements(array []byte) []value {
	var all []value
	f := fieldsOf(array)
	for {
		_, v, ok := f.next()
		if !ok {
			return all
		}
		all = append(all, v)
	}
}

// conflicts refuses two changes of one path, or of a path and a part of it.
func (u *update) conflicts() error {
	var all []path
	for _, c := range u.changes {
		all = append(all, c.path)
		if c.op == "$rename" {
			if slices.Equal(c.path, c.to) {
				return fail(codeBadValue, "The source and target field for $rename must differ: '%s'", c.path)
			}
			all = append(all, c.to)
		}
	}
	slices.SortStableFunc(all, comparePaths)
	for i := 1; i < len(all); i++ {
		if commonPrefix(all[i-1], all[i]) == min(len(all[i-1]), len(all[i])) {
			return fail(codeConflictingUpdate, "Updating the path '%s' would create a conflict at '%s'", all[i], all[i-1])
		}
	}
	return nil
}
