package survey

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Content is what an author writes. Questions and options get their ids from their places.
type Content struct {
	Title     people.Text
	Intro     people.Text
	Questions []Question
	Units     []people.UnitID
	FromOn    string
	UntilOn   string
}

const (
	mostQuestions  = 20
	mostWords      = 5 // questions for words
	leastOptions   = 2
	mostOptions    = 12
	mostUnits      = 300
	longestTitle   = 120
	longestIntro   = 1000
	longestPrompt  = 300
	longestOption  = 120
	longestAnswer  = 500
	longestRunning = 366 * 24 * time.Hour
)

// checker collects what is wrong with a survey.
type checker []fault.Field

func (c *checker) add(field, code string) { *c = append(*c, fault.Field{Field: field, Code: code}) }

// err is fault.Invalid with all that is wrong, or nil.
func (c *checker) err() error {
	if len(*c) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = *c
	return f
}

// text checks one text in one language. lines allows line breaks.
func (c *checker) text(field, s string, most int, required, lines bool) {
	plain := s
	if lines {
		plain = strings.ReplaceAll(s, "\n", "")
	}
	switch {
	case s == "" && required:
		c.add(field, "required")
	case utf8.RuneCountInString(s) > most:
		c.add(field, "max")
	case !people.PlainText(plain):
		c.add(field, "text")
	}
}

// both checks a text in both languages.
func (c *checker) both(field string, t people.Text, most int, lines bool) {
	c.text(field+".vi", t.Vi, most, true, lines)
	c.text(field+".en", t.En, most, true, lines)
}

// tidy puts a text into the one form that is stored.
func tidy(t people.Text) people.Text {
	clean := func(s string) string { return norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))) }
	return people.Text{Vi: clean(t.Vi), En: clean(t.En)}
}

// tidied is x as it is stored.
func (x Content) tidied() Content {
	x.Title, x.Intro = tidy(x.Title), tidy(x.Intro)
	x.Questions = slices.Clone(x.Questions)
	for i, q := range x.Questions {
		q.ID, q.Prompt, q.Options = fmt.Sprintf("q%d", i+1), tidy(q.Prompt), slices.Clone(q.Options)
		for j, o := range q.Options {
			q.Options[j] = Option{ID: fmt.Sprintf("o%d", j+1), Text: tidy(o.Text)}
		}
		x.Questions[i] = q
	}
	return x
}

// check says what is wrong with a tidied content, except its units.
func (x Content) check(c *checker) {
	c.both("title", x.Title, longestTitle, false)
	c.both("intro", x.Intro, longestIntro, true)
	if len(x.Questions) == 0 {
		c.add("questions", "required")
	}
	if len(x.Questions) > mostQuestions {
		c.add("questions", "max")
		return
	}
	measured, words := 0, 0
	for i, q := range x.Questions {
		field := fmt.Sprintf("questions[%d]", i)
		c.both(field+".prompt", q.Prompt, longestPrompt, false)
		switch q.Kind {
		case Satisfaction:
			if measured++; measured > 1 {
				c.add(field+".kind", "second_satisfaction")
			}
		case Words:
			if words++; words > mostWords {
				c.add(field+".kind", "too_many_texts")
			}
		case Scale, Choice, Several:
		default:
			c.add(field+".kind", "oneof")
			continue
		}
		c.options(field+".options", q)
	}
}

func (c *checker) options(field string, q Question) {
	if q.Kind != Choice && q.Kind != Several {
		if len(q.Options) > 0 {
			c.add(field, "not_here")
		}
		return
	}
	if len(q.Options) < leastOptions {
		c.add(field, "min")
	}
	if len(q.Options) > mostOptions {
		c.add(field, "max")
		return
	}
	for j, o := range q.Options {
		at := fmt.Sprintf("%s[%d].text", field, j)
		c.both(at, o.Text, longestOption, false)
		if slices.ContainsFunc(q.Options[:j], func(x Option) bool {
			return o.Text.Vi != "" && x.Text.Vi == o.Text.Vi || o.Text.En != "" && x.Text.En == o.Text.En
		}) {
			c.add(at, "duplicate")
		}
	}
}

// days turns the first and the last day into times.
func (x Content) days(c *checker, zone *time.Location, now time.Time) (opens, closes time.Time) {
	from, err := time.ParseInLocation(time.DateOnly, x.FromOn, zone)
	if err != nil {
		c.add("fromOn", "date")
	}
	until, bad := time.ParseInLocation(time.DateOnly, x.UntilOn, zone)
	if bad != nil {
		c.add("untilOn", "date")
	}
	if err != nil || bad != nil {
		return
	}
	end := until.AddDate(0, 0, 1)
	switch {
	case until.Before(from):
		c.add("untilOn", "before_start")
	case !end.After(now):
		c.add("untilOn", "past")
	case end.Sub(from) > longestRunning:
		c.add("untilOn", "too_far")
	}
	return from.UTC(), end.UTC()
}

// units checks that the actor may ask the people of units.
func (c *checker) units(a people.Actor, units []people.UnitID, tree map[people.UnitID]people.Unit) {
	if _, all := a.Scope(people.ManageCampaigns); len(units) == 0 && !all {
		c.add("units", "required")
	}
	if len(units) > mostUnits {
		c.add("units", "max")
		return
	}
	for i, id := range units {
		field := fmt.Sprintf("units[%d]", i)
		u, ok := tree[id]
		switch {
		case !ok || u.RemovedAt != nil || !a.Covers(people.ManageCampaigns, id, u.Path):
			c.add(field, "unknown")
		case slices.Contains(units[:i], id):
			c.add(field, "duplicate")
		}
	}
}
