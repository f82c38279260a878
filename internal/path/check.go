package path

import (
	"fmt"

	"hocso/internal/course"
	"hocso/internal/source"
)

// Limits of a path. Sizes are in characters.
const (
	mostSteps    = 20
	mostCourses  = 10 // of a step
	mostVersions = 100
	maxTitle     = 120
	maxSummary   = 600
)

// Check lists what keeps c from being published; published tells which courses are there. Paths are
// those of its JSON.
func Check(c Layout, published func(course.ID) bool) []source.Problem {
	k := &source.Checker{}
	k.Both("title", c.Title, maxTitle)
	k.Both("summary", c.Summary, maxSummary)
	switch n := len(c.Steps); {
	case n == 0:
		k.Add("steps", "missing", "a path has at least one step")
	case n > mostSteps:
		k.Add("steps", "too_many", "%d steps, at most %d", n, mostSteps)
	}
	seen := map[course.ID]bool{}
	for i, s := range c.Steps {
		at := fmt.Sprintf("steps[%d]", i)
		switch n := len(s.Courses); {
		case n == 0:
			k.Add(at+".courses", "missing", "a step has at least one course")
		case n > mostCourses:
			k.Add(at+".courses", "too_many", "%d courses, at most %d", n, mostCourses)
		case s.Need < 0 || s.Need > n:
			k.Add(at+".need", "out_of_range", "%d of %d courses are needed: it must be 1 to %d", s.Need, n, n)
		}
		for j, id := range s.Courses {
			field := fmt.Sprintf("%s.courses[%d]", at, j)
			switch {
			case seen[id]:
				k.Add(field, "duplicate", "the course %q is in the path twice", id)
			case !published(id):
				k.Add(field, "unknown_course", "there is no published course %q", id)
			}
			seen[id] = true
		}
	}
	return k.Problems
}

// bounds lists what is so large or so broken that it is not even kept as a draft.
func bounds(c Layout) []source.Problem {
	k := &source.Checker{}
	k.Text("title.vi", c.Title.Vi, maxTitle)
	k.Text("title.en", c.Title.En, maxTitle)
	k.Text("summary.vi", c.Summary.Vi, maxSummary)
	k.Text("summary.en", c.Summary.En, maxSummary)
	if len(c.Steps) > mostSteps {
		k.Add("steps", "too_many", "%d steps, at most %d", len(c.Steps), mostSteps)
	}
	for i, s := range c.Steps {
		if len(s.Courses) > mostCourses {
			k.Add(fmt.Sprintf("steps[%d].courses", i), "too_many", "%d courses, at most %d", len(s.Courses), mostCourses)
		}
		for j, id := range s.Courses {
			if !source.Slug(string(id)) {
				k.Add(fmt.Sprintf("steps[%d].courses[%d]", i, j), "bad_slug", "%q is no id of a course", id)
			}
		}
	}
	return k.Problems
}
