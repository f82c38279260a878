package course

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Normal returns c with empty lists instead of missing ones, so that content
// hashes and prints the same wherever it came from.
func (c Content) Normal() Content {
	c.Competences = orEmpty(c.Competences)
	c.Lessons = slices.Clone(orEmpty(c.Lessons))
	for i := range c.Lessons {
		c.Lessons[i].Practice = orEmpty(c.Lessons[i].Practice)
	}
	c.Quizzes = slices.Clone(orEmpty(c.Quizzes))
	for i := range c.Quizzes {
		c.Quizzes[i].Questions = orEmpty(c.Quizzes[i].Questions)
	}
	return c
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Hash is the SHA-256 of the canonical JSON (RFC 8785) of c, in hexadecimal.
func (c Content) Hash() string { return canonicalHash(c.Normal()) }

// StructureHash is the hash of what an editorial change must not touch: which
// lessons and quizzes there are, how quizzes are drawn and passed, and the ids
// and keys of their questions.
func (c Content) StructureHash() string {
	type question struct {
		ID      string   `json:"id"`
		Kind    Kind     `json:"kind"`
		Partial bool     `json:"partial"`
		Options []string `json:"options"`
		Keys    []string `json:"keys"`
	}
	type quiz struct {
		ID        string     `json:"id"`
		Draw      int        `json:"draw"`
		Pass      int        `json:"pass"`
		Attempts  int        `json:"attempts"`
		Questions []question `json:"questions"`
	}
	s := struct {
		Lessons []string `json:"lessons"`
		Quizzes []quiz   `json:"quizzes"`
	}{Lessons: c.lessonIDs()}
	for _, q := range c.Quizzes {
		v := quiz{ID: q.ID, Draw: q.Draw, Pass: q.Pass, Attempts: q.Attempts}
		for _, x := range q.Questions {
			y := question{ID: x.ID, Kind: x.Kind, Partial: x.Partial, Keys: x.Key()}
			for _, o := range x.Options {
				y.Options = append(y.Options, o.ID)
			}
			v.Questions = append(v.Questions, y)
		}
		s.Quizzes = append(s.Quizzes, v)
	}
	return canonicalHash(s)
}

// Allows reports whether a change from old to c may be published as class k.
func (c Content) Allows(old Content, k Class) bool {
	switch k {
	case Editorial:
		return c.StructureHash() == old.StructureHash()
	case Minor:
		return slices.Equal(c.lessonIDs(), old.lessonIDs()) && slices.Equal(c.quizIDs(), old.quizIDs())
	case Material:
		return true
	}
	return false
}

func (c Content) lessonIDs() []string {
	ids := make([]string, 0, len(c.Lessons))
	for _, l := range c.Lessons {
		ids = append(ids, l.ID)
	}
	return ids
}

func (c Content) quizIDs() []string {
	ids := make([]string, 0, len(c.Quizzes))
	for _, q := range c.Quizzes {
		ids = append(ids, q.ID)
	}
	return ids
}

// Quiz returns the quiz with that id.
func (c Content) Quiz(id string) (Quiz, bool) {
	i := slices.IndexFunc(c.Quizzes, func(q Quiz) bool { return q.ID == id })
	if i < 0 {
		return Quiz{}, false
	}
	return c.Quizzes[i], true
}

// canonicalHash panics if v cannot be JSON, which is a programmer's mistake.
func canonicalHash(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("hash %T: %v", v, err))
	}
	canonical := jsontext.Value(b)
	if err := canonical.Canonicalize(); err != nil {
		panic(fmt.Sprintf("canonical JSON of %T: %v", v, err))
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
