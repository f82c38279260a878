// Package path owns learning paths: courses in steps, of each step all or any few, and
// versions that never change. How far somebody is on a path is read from their courses.
package path

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// ID identifies a path: a slug.
type ID string

// Stage is a step of a path: some courses, in no order, of which Need are to be completed.
type Stage struct {
	Courses []course.ID `json:"courses" bson:"courses" yaml:"courses" validate:"max=50,dive,max=64"`
	Need    int         `json:"need,omitempty" bson:"need,omitempty" yaml:"need"` // how many of them; 0: all
}

// Needs is how many of the courses are to be completed.
func (s Stage) Needs() int {
	if s.Need > 0 {
		return s.Need
	}
	return len(s.Courses)
}

// Any reports whether learners choose among the courses.
func (s Stage) Any() bool { return s.Needs() < len(s.Courses) }

// Layout is all of a path that its versions freeze.
type Layout struct {
	Title   people.Text `json:"title" bson:"title" yaml:"title"`
	Summary people.Text `json:"summary" bson:"summary" yaml:"summary"`
	Steps   []Stage     `json:"steps" bson:"steps" yaml:"steps" validate:"max=100,dive"`
}

// normal returns c with empty lists instead of missing ones, and with one way to say that all
// courses of a step are needed, so that the same content has the same hash.
func (c Layout) normal() Layout {
	steps := make([]Stage, len(c.Steps))
	for i, s := range c.Steps {
		steps[i] = Stage{Courses: append([]course.ID{}, s.Courses...), Need: s.Need}
		if s.Need == len(s.Courses) {
			steps[i].Need = 0
		}
	}
	c.Steps = steps
	return c
}

// hash is the SHA-256 of the JSON of c, in hexadecimal.
func (c Layout) hash() string {
	b, err := json.Marshal(c.normal())
	if err != nil {
		panic(err) // content is text, numbers and lists of them
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Source says where a version came from.
type Source string

// Sources of a version.
const (
	FromFolder Source = "folder"
	FromApp    Source = "app"
)

// Version is what was published. It never changes.
type Version struct {
	N           int       `json:"n" bson:"n"`
	Content     Layout    `json:"content" bson:"content"`
	Source      Source    `json:"source" bson:"source"`
	PublishedAt time.Time `json:"publishedAt" bson:"publishedAt"`
	PublishedBy people.ID `json:"publishedBy,omitempty" bson:"publishedBy,omitempty"`
}

// Path is the working draft and what was published of it: one document.
type Path struct {
	ID        ID        `json:"id" bson:"_id"`
	Draft     Layout    `json:"draft" bson:"draft"`
	Owner     people.ID `json:"owner,omitempty" bson:"owner,omitempty"` // empty: came with the program
	Versions  []Version `json:"versions" bson:"versions"`               // oldest first
	Retired   bool      `json:"retired,omitempty" bson:"retired,omitempty"`
	ChangedAt time.Time `json:"changedAt" bson:"changedAt"`
	Version   int       `json:"version" bson:"ver"` // counts changes of this document, for conditional updates
}

// Newest returns the newest version; ok is false while there is none.
func (p Path) Newest() (v Version, ok bool) {
	if len(p.Versions) == 0 {
		return v, false
	}
	return p.Versions[len(p.Versions)-1], true
}

// Dirty reports whether the draft differs from the newest version.
func (p Path) Dirty() bool {
	v, ok := p.Newest()
	return !ok || v.Content.hash() != p.Draft.hash()
}

// Progress is how far somebody is on a path.
type Progress struct {
	Done      []int `json:"done"` // of each step, how many of the needed courses are completed
	Completed bool  `json:"completed"`
}

// Progress tells how far somebody is who has completed some courses, whenever and for
// whatever reason. More than a step needs does not count for another.
func (c Layout) Progress(completed func(course.ID) bool) Progress {
	p := Progress{Done: make([]int, len(c.Steps)), Completed: len(c.Steps) > 0}
	for i, s := range c.Steps {
		for _, id := range s.Courses {
			if completed(id) {
				p.Done[i]++
			}
		}
		p.Done[i] = min(p.Done[i], s.Needs())
		p.Completed = p.Completed && p.Done[i] == s.Needs()
	}
	return p
}

// Minutes is what c takes at most: of each step the longest courses that it needs.
func (c Layout) Minutes(of func(course.ID) int) int {
	sum := 0
	for _, s := range c.Steps {
		each := make([]int, 0, len(s.Courses))
		for _, id := range s.Courses {
			each = append(each, of(id))
		}
		slices.SortFunc(each, func(a, b int) int { return b - a })
		for _, n := range each[:min(max(s.Needs(), 0), len(each))] {
			sum += n
		}
	}
	return sum
}
