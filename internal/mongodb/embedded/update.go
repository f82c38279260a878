package embedded

import (
	"bytes"
	"math"
	"math/big"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// apply gives the changed document; old stays as it is. inserting says that the document is being made by an upsert,
// from the fields of the query in old.
func (u *update) apply(old []byte, inserting bool, now time.Time) ([]byte, error) {
	if u.replacement != nil {
		return u.replace(old)
	}
	root := newNode(value{bson.TypeEmbeddedDocument, old})
	root.expand()
	for i := range u.changes {
		c := &u.changes[i]
		if c.op == "$setOnInsert" && !inserting {
			continue
		}
		if err := c.apply(root, now); err != nil {
			return nil, err
		}
	}
	doc := root.value().b
	if err := checkStored(doc); err != nil {
		return nil, err
	}
	before, after := lookup(old, "_id"), lookup(doc, "_id")
	if !before.missing() && (before.t != after.t || !bytes.Equal(before.b, after.b)) {
		return nil, fail(codeImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
	}
	return doc, nil
}

// replace puts the replacement in the place of old, which keeps its _id.
func (u *update) replace(old []byte) ([]byte, error) {
	id, given := lookup(old, "_id"), lookup(u.replacement, "_id")
	if !given.missing() && !id.missing() && compare(id, given) != 0 {
		return nil, fail(codeImmutableField, "After applying the update, the (immutable) field '_id' was found to have been altered")
	}
	if id.missing() {
		return u.replacement, nil
	}
	w := newBuilder().value("_id", id)
	f := fieldsOf(u.replacement)
	for {
		name, v, ok := f.next()
		if !ok {
			break
		}
		if string(name) != "_id" {
			w.value(string(name), v)
		}
	}
	doc := w.bytes()
	return doc, checkStored(doc)
}

// checkStored holds a document that an update made to the limits of size and depth.
func checkStored(doc []byte) error {
	if len(doc) > maxDocument {
		return fail(codeTooLarge, "the document of %d bytes is larger than %d bytes", len(doc), maxDocument)
	}
	return validate(doc)
}

// creates tells the operators that make a field that is not there.
func (c *change) creates() bool {
	switch c.op {
	case "$unset", "$rename", "$pull", "$pullAll", "$pop":
		return false
	}
	return true
}

func (c *change) apply(root *node, now time.Time) error {
	if c.op == "$rename" {
		return c.rename(root)
	}
	parent, err := descend(root, c.path, c.creates(), c.op != "$unset")
	if parent == nil || err != nil {
		return err
	}
	name := c.path[len(c.path)-1]
	target := parent.child(name)
	if target == nil && !c.creates() {
		return nil
	}
	switch c.op {
	case "$unset":
		parent.remove(name)
		return nil
	case "$push", "$addToSet":
		return c.extend(parent, name, target)
	case "$pull", "$pullAll", "$pop":
		return c.shrink(target)
	}
	v, err := c.newValue(target, now)
	if err != nil || v.missing() {
		return err
	}
	return parent.set(name, newNode(v))
}

// descend goes to the node that holds the last field of the path, making documents on the way when create. Without
// create it gives nil where the path ends early, unless strict: then a value on the way that has no fields is an error.
func descend(n *node, p path, create, strict bool) (*node, error) {
	for _, name := range p[:len(p)-1] {
		next := n.child(name)
		if next == nil {
			if !create && strict && !n.mayHave(name) {
				return nil, fail(codePathNotViable, "Cannot use the part (%s) of (%s) to traverse an element of type %s", name, p, n.v.t)
			}
			if !create {
				return nil, nil
			}
			next = newDocNode()
			if err := n.set(name, next); err != nil {
				return nil, err
			}
		}
		n = next
	}
	if last := p[len(p)-1]; !n.mayHave(last) {
		if !create && !strict {
			return nil, nil
		}
		return nil, fail(codePathNotViable, "Cannot create field '%s' in an element of type %s", last, n.v.t)
	}
	return n, nil
}

// newValue is what the field becomes; a missing value means that it stays.
func (c *change) newValue(target *node, now time.Time) (value, error) {
	switch c.op {
	case "$set", "$setOnInsert":
		return c.arg, nil
	case "$currentDate":
		if string(c.arg.text()) == "timestamp" {
			v := int64Value(now.Unix()<<32 | 1)
			v.t = bson.TypeTimestamp
			return v, nil
		}
		return dateValue(now.UnixMilli()), nil
	}
	if target == nil {
		if c.op == "$mul" {
			return zero(c.arg), nil
		}
		return c.arg, nil
	}
	old := target.value()
	switch c.op {
	case "$min":
		if compare(c.arg, old) < 0 {
			return c.arg, nil
		}
		return value{}, nil
	case "$max":
		if compare(c.arg, old) > 0 {
			return c.arg, nil
		}
		return value{}, nil
	}
	if !old.isNumber() {
		return value{}, fail(codeTypeMismatch, "Cannot apply %s to a value of non-numeric type: the field '%s' is of type %s", c.op, c.path, old.t)
	}
	if c.op == "$mul" {
		return multiply(old, c.arg)
	}
	return add(old, c.arg)
}

// add gives the sum in the wider of both types; what does not fit an int32 becomes an int64, what does not fit that is
// an error.
func add(a, b value) (value, error) {
	return calculate(a, b, "$inc", (*big.Int).Add, func(x, y float64) float64 { return x + y })
}

// zero gives the zero of a number's type, whatever the number.
func zero(v value) value { return value{v.t, make([]byte, len(v.b))} }

func multiply(a, b value) (value, error) {
	return calculate(a, b, "$mul", (*big.Int).Mul, func(x, y float64) float64 { return x * y })
}

func calculate(a, b value, op string, whole func(z, x, y *big.Int) *big.Int, broken func(x, y float64) float64) (value, error) {
	if a.t == bson.TypeDouble || b.t == bson.TypeDouble {
		return doubleValue(broken(a.asFloat(), b.asFloat())), nil
	}
	x, _ := a.whole()
	y, _ := b.whole()
	z := whole(new(big.Int), big.NewInt(x), big.NewInt(y))
	if !z.IsInt64() {
		return value{}, fail(codeBadValue, "Failed to apply %s: the result does not fit 64 bits", op)
	}
	n := z.Int64()
	if a.t == bson.TypeInt32 && b.t == bson.TypeInt32 && n >= math.MinInt32 && n <= math.MaxInt32 {
		return int32Value(int32(n)), nil
	}
	return int64Value(n), nil
}

// asFloat gives any number as a double.
func (v value) asFloat() float64 {
	switch v.t {
	case bson.TypeInt32:
		return float64(v.int32())
	case bson.TypeInt64:
		return float64(v.int64())
	}
	return v.float64()
}

// rename moves a field; neither path may go through an array.
func (c *change) rename(root *node) error {
	from, err := renameParent(root, c.path, false)
	if err != nil || from == nil {
		return err
	}
	name := c.path[len(c.path)-1]
	moved := from.child(name)
	if moved == nil {
		return nil
	}
	to, err := renameParent(root, c.to, true)
	if err != nil {
		return err
	}
	from.remove(name)
	return to.set(c.to[len(c.to)-1], moved)
}

func renameParent(root *node, p path, create bool) (*node, error) {
	n := root
	for i := range p {
		if n == nil {
			break
		}
		if n.v.t == bson.TypeArray {
			return nil, fail(codeBadValue, "$rename cannot go through an array: '%s'", p)
		}
		if i < len(p)-1 {
			n = n.child(p[i])
		}
	}
	return descend(root, p, create, true)
}
