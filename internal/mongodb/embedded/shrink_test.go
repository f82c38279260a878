package embedded

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxTries bounds how often a question is asked while it is made smaller.
const maxTries = 300

// shrink takes parts out of a question for as long as it keeps its fault.
func shrink(q question, parts func(question) []question, faulty func(question) bool) question {
	tries := 0
	for smaller := true; smaller; {
		smaller = false
		for _, c := range parts(q) {
			if tries++; tries > maxTries {
				return q
			}
			if faulty(c) {
				q, smaller = c, true
				break
			}
		}
	}
	return q
}

// statements gives the questions that have one statement less.
func (q question) statements() []question {
	var all []question
	for i, e := range q.command[1:] {
		list, ok := e.Value.(bson.A)
		if !ok {
			continue
		}
		for j := range list {
			if len(list) == 1 {
				break
			}
			c := slices.Clone(q.command)
			c[i+1].Value = slices.Delete(slices.Clone(list), j, j+1)
			all = append(all, question{q.docs, q.indexes, c})
		}
	}
	return all
}

// parts gives the questions that have a little less.
func (q question) parts() []question {
	var all []question
	if len(q.indexes) > 0 {
		all = append(all, question{q.docs, nil, q.command})
	}
	for i := range q.docs {
		all = append(all, question{slices.Delete(slices.Clone(q.docs), i, i+1), q.indexes, q.command})
	}
	for _, c := range less(q.command[1:]) {
		all = append(all, question{q.docs, q.indexes, append(q.command[:1:1], c.(bson.D)...)})
	}
	for _, d := range less(q.docs) {
		if len(d.(bson.A)) == len(q.docs) {
			all = append(all, question{d.(bson.A), q.indexes, q.command})
		}
	}
	return all
}

// needed are the fields that stay where they are.
var needed = []string{"_id", "q", "u", "updates", "limit", "deletes", "documents", "query", "pipeline", "cursor", "key", "update", "$each"}

// less gives a value with one part left out, at any depth; an _id stays whole.
func less(v any) []any {
	var all []any
	switch v := v.(type) {
	case bson.D:
		for i, e := range v {
			if !slices.Contains(needed, e.Key) {
				all = append(all, slices.Delete(slices.Clone(v), i, i+1))
			}
		}
		for i, e := range v {
			if e.Key == "_id" {
				continue
			}
			for _, x := range less(e.Value) {
				c := slices.Clone(v)
				c[i].Value = x
				all = append(all, c)
			}
		}
	case bson.A:
		for i := range v {
			all = append(all, slices.Delete(slices.Clone(v), i, i+1))
		}
		for i := range v {
			for _, x := range less(v[i]) {
				c := slices.Clone(v)
				c[i] = x
				all = append(all, c)
			}
		}
	}
	return all
}
