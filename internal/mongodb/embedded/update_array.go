package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// extend adds elements to an array, which it makes when it is not there.
func (c *change) extend(parent *node, name string, target *node) error {
	if target == nil {
		target = &node{v: value{t: bson.TypeArray}, open: true}
		if err := parent.set(name, target); err != nil {
			return err
		}
	}
	if target.v.t != bson.TypeArray {
		return fail(codeBadValue, "The field '%s' must be an array but is of type %s", c.path, target.v.t)
	}
	all := target.values()
	if c.op == "$addToSet" {
		for _, v := range c.list {
			if !slices.ContainsFunc(all, func(have value) bool { return compare(have, v) == 0 }) {
				all = append(all, v)
			}
		}
		target.setValues(all)
		return nil
	}
	target.setValues(c.push.put(all, c.list))
	return nil
}

// put inserts at the position, sorts, then keeps the slice.
func (p *pushing) put(all, added []value) []value {
	at := int64(len(all))
	if p.hasPosition {
		if at = p.position; at < 0 {
			at = max(0, int64(len(all))+at)
		}
		at = min(at, int64(len(all)))
	}
	all = slices.Insert(all, int(at), added...)
	switch {
	case p.sort != nil:
		p.sort.sortValues(all)
	case p.sortWhole != 0:
		slices.SortStableFunc(all, func(a, b value) int { return p.sortWhole * compare(a, b) })
	}
	if n := int64(len(all)); p.sliced {
		if p.slice >= 0 {
			return all[:min(n, p.slice)]
		}
		return all[max(0, n+p.slice):]
	}
	return all
}

// shrink takes elements out of an array.
func (c *change) shrink(target *node) error {
	if target.v.t != bson.TypeArray {
		if c.op == "$pop" {
			return fail(codeTypeMismatch, "Path '%s' contains an element of non-array type '%s'", c.path, target.v.t)
		}
		return fail(codeBadValue, "Cannot apply %s to a non-array value at '%s'", c.op, c.path)
	}
	all := target.values()
	if c.op == "$pop" {
		if len(all) > 0 {
			if n, _ := c.arg.whole(); n == 1 {
				all = all[:len(all)-1]
			} else {
				all = all[1:]
			}
		}
		target.setValues(all)
		return nil
	}
	target.setValues(slices.DeleteFunc(all, c.pulls))
	return nil
}

func (c *change) pulls(v value) bool {
	switch {
	case c.op == "$pullAll":
		return slices.ContainsFunc(c.list, func(x value) bool { return compare(x, v) == 0 })
	case c.pull != nil:
		return v.isDoc() && c.pull.match(v.b)
	case v.isArray() && c.pullV.op != predEq:
		// The operators of $pull look into an element that is an array, as they do in a query.
		return walk(newBuilder().value("v", v).bytes(), path{"v"}, true, c.pullV.test)
	}
	return c.pullV.test(v)
}
