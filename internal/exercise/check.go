package exercise

import (
	"fmt"
	"regexp"
	"strings"

	"hocso/internal/source"
)

// Limits of an exercise. Sizes are in characters.
const (
	minInjects   = 3
	maxInjects   = 8
	maxTitle     = 120
	maxLine      = 300
	maxPlan      = 500 // what a plan is made from must fit into one
	maxRead      = 2000
	maxQuestions = 5
	maxExpected  = 6
	maxWeight    = 5
)

// Check lists what is wrong with an exercise. Paths are those of its JSON.
func Check(x Exercise) []source.Problem {
	k := &checker{}
	k.plain("title", x.Title, maxTitle)
	k.plain("summary", x.Summary, maxLine)
	k.plain("situation", x.Situation, maxRead)
	k.plain("goal", x.Goal, maxPlan)
	k.plain("scope", x.Scope, maxPlan)
	k.plain("tools", x.Tools, maxPlan)
	k.plain("limits", x.Limits, maxPlan)
	k.count("seats", len(x.Seats), 2, 8)
	seen := map[string]bool{}
	for i, s := range x.Seats {
		at := fmt.Sprintf("seats[%d]", i)
		k.Slug(at+".id", s.ID, seen)
		k.plain(at+".title", s.Title, maxTitle)
		k.plain(at+".does", s.Does, maxLine)
	}
	k.count("injects", len(x.Injects), minInjects, maxInjects)
	seen = map[string]bool{}
	for i, in := range x.Injects {
		at := fmt.Sprintf("injects[%d]", i)
		k.Slug(at+".id", in.ID, seen)
		k.inject(at, in)
	}
	return k.Problems
}

// What no text may hold, and what names a host; never assigned again.
var (
	markup = regexp.MustCompile(`(?i)<\s*[a-z/!?]|javascript:|data:text/`)
	host   = regexp.MustCompile(`(?i)(?:https?://|www\.|@)([a-z0-9.-]+)`)
)

// checker adds the rules of exercises to those of every text.
type checker struct{ source.Checker }

func (k *checker) inject(at string, in Inject) {
	k.plain(at+".title", in.Title, maxTitle)
	k.plain(at+".read", in.Read, maxRead)
	k.count(at+".minutes", in.Minutes, 3, 30)
	k.count(at+".questions", len(in.Questions), 1, maxQuestions)
	for i, q := range in.Questions {
		k.plain(fmt.Sprintf("%s.questions[%d]", at, i), q, maxLine)
	}
	k.count(at+".expectations", len(in.Expectations), 2, maxExpected)
	seen := map[string]bool{}
	for i, e := range in.Expectations {
		at := fmt.Sprintf("%s.expectations[%d]", at, i)
		k.Slug(at+".id", e.ID, seen)
		k.plain(at+".text", e.Text, maxLine)
		k.count(at+".weight", e.Weight, 1, maxWeight)
	}
}

func (k *checker) count(path string, n, least, most int) {
	if n < least || n > most {
		k.Add(path, "out_of_range", "%d, want %d to %d", n, least, most)
	}
}

// plain checks a text in both languages: no mark-up, and no address that could belong to
// somebody.
func (k *checker) plain(path string, t Text, most int) {
	k.Both(path, t, most)
	for _, l := range []struct{ lang, text string }{{"vi", t.Vi}, {"en", t.En}} {
		if markup.MatchString(l.text) {
			k.Add(path+"."+l.lang, "markup", "HTML and scripts are not allowed in an exercise")
		}
		for _, m := range host.FindAllStringSubmatch(l.text, -1) {
			if name := strings.ToLower(strings.TrimRight(m[1], ".-")); !strings.HasSuffix(name, ".example") && !strings.HasSuffix(name, ".test") {
				k.Add(path+"."+l.lang, "not_reserved", "%q does not end in .example or .test", m[1])
			}
		}
	}
}
