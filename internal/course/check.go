package course

import (
	"fmt"
	"slices"
	"strings"

	"hocso/internal/people"
	"hocso/internal/source"
)

// Limits of a course. Sizes are in characters.
const (
	maxLessons  = 40
	maxPractice = 20
	maxQuizzes  = 10
	maxPool     = 200
	maxTitle    = 120
	maxSummary  = 600
	maxPrompt   = 600
	maxOption   = 300
	maxFeedback = 600
	maxBody     = 30_000
	maxLicence  = 60
	maxMinutes  = 60 // minutes in a lesson
)

// check lists what is wrong with c. Paths are those of its JSON. Problems in a
// lesson's text also have the line in that text.
func (m *markdown) check(c Content) []source.Problem {
	k := &source.Checker{}
	k.Both("title", c.Title, maxTitle)
	k.Both("summary", c.Summary, maxSummary)
	oneOf(k, "cover", c.Cover, "shield", "key", "search")
	oneOf(k, "tier", c.Tier, "A", "P", "R")
	if strings.TrimSpace(c.Licence) == "" {
		k.Add("licence", "missing", "the licence is missing, such as CC-BY-4.0")
	}
	k.Text("licence", c.Licence, maxLicence)
	k.Competences("competences", c.Competences)
	within(k, "lessons", "lessons", len(c.Lessons), 1, maxLessons)
	within(k, "quizzes", "quizzes", len(c.Quizzes), 0, maxQuizzes)
	lessons, quizzes, questions := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, l := range c.Lessons {
		path := fmt.Sprintf("lessons[%d]", i)
		k.Slug(path+".id", l.ID, lessons)
		m.checkLesson(k, path, l, questions)
	}
	for i, q := range c.Quizzes {
		path := fmt.Sprintf("quizzes[%d]", i)
		k.Slug(path+".id", q.ID, quizzes)
		checkQuiz(k, path, q, questions)
	}
	return k.Problems
}

func (m *markdown) checkLesson(k *source.Checker, path string, l Lesson, questions map[string]bool) {
	k.Both(path+".title", l.Title, maxTitle)
	within(k, path+".minutes", "minutes", l.Minutes, 1, maxMinutes)
	k.Both(path+".body", l.Body, maxBody)
	counts := [2]int{}
	for i, b := range []struct{ lang, text string }{{"vi", l.Body.Vi}, {"en", l.Body.En}} {
		cards, problems := m.cards(b.text)
		for _, p := range problems {
			p.Path = path + ".body." + b.lang
			k.Problems = append(k.Problems, p)
		}
		counts[i] = len(cards)
	}
	switch {
	case counts[0] != counts[1]:
		k.Add(path+".body.en", "unequal_cards", "%d cards in Vietnamese, %d in English", counts[0], counts[1])
	case counts[0] == 0:
		k.Add(path+".body.vi", "no_cards", "a lesson has at least one card, which starts with \"## \"")
	}
	within(k, path+".practice", "interactions", len(l.Practice), 1, maxPractice)
	for i, q := range l.Practice {
		at := fmt.Sprintf("%s.practice[%d]", path, i)
		if q.After < 1 || q.After > counts[0] {
			k.Add(at+".after", "out_of_range", "after is %d, the lesson has the cards 1 to %d", q.After, counts[0])
		}
		checkQuestion(k, at, q, questions)
	}
}

func checkQuiz(k *source.Checker, path string, q Quiz, questions map[string]bool) {
	k.Both(path+".title", q.Title, maxTitle)
	within(k, path+".draw", "draw", q.Draw, 1, 50)
	within(k, path+".pass", "pass", q.Pass, 1, 100)
	within(k, path+".attempts", "attempts", q.Attempts, 0, 100)
	within(k, path+".questions", "questions", len(q.Questions), 1, maxPool)
	if len(q.Questions) < q.Draw+4 {
		k.Add(path+".questions", "small_pool", "the pool has %d questions, drawing %d needs at least %d", len(q.Questions), q.Draw, q.Draw+4)
	}
	for i, x := range q.Questions {
		at := fmt.Sprintf("%s.questions[%d]", path, i)
		if x.After != 0 {
			k.Add(at+".after", "not_allowed", "after belongs to practice")
		}
		checkQuestion(k, at, x, questions)
	}
}

func checkQuestion(k *source.Checker, path string, q Question, seen map[string]bool) {
	k.Slug(path+".id", q.ID, seen)
	k.Both(path+".prompt", q.Prompt, maxPrompt)
	k.Either(path+".explanation", q.Explanation, maxFeedback)
	right := 0
	ids := map[string]bool{}
	for i, o := range q.Options {
		at := fmt.Sprintf("%s.options[%d]", path, i)
		k.Slug(at+".id", o.ID, ids)
		k.Both(at+".text", o.Text, maxOption)
		if q.Kind == Order {
			k.Either(at+".feedback", o.Feedback, maxFeedback)
		} else {
			k.Both(at+".feedback", o.Feedback, maxFeedback)
		}
		if o.Right {
			right++
		}
	}
	for i, p := range q.Pairs {
		at := fmt.Sprintf("%s.pairs[%d]", path, i)
		k.Slug(at+".id", p.ID, ids)
		k.Both(at+".left", p.Left, maxOption)
		k.Both(at+".right", p.Right, maxOption)
	}
	if q.Kind != Match && len(q.Pairs) > 0 {
		k.Add(path+".pairs", "not_allowed", "pairs belong to a match question")
	}
	checkKind(k, path, q, right)
}

// checkKind checks what one kind of question asks for.
func checkKind(k *source.Checker, path string, q Question, right int) {
	switch q.Kind {
	case Choice:
		within(k, path+".options", "options", len(q.Options), 2, 6)
		if right != 1 {
			k.Add(path+".options", "wrong_key", "%d options are right, a choice has exactly one", right)
		}
	case Multi:
		within(k, path+".options", "options", len(q.Options), 2, 6)
		if right == 0 {
			k.Add(path+".options", "wrong_key", "no option is right")
		}
	case TrueFalse:
		if len(q.Options) != 2 || q.option("true") < 0 || q.option("false") < 0 {
			k.Add(path+".options", "wrong_options", "a true_false question has the two options \"true\" and \"false\"")
		}
		if right != 1 {
			k.Add(path+".options", "wrong_key", "%d options are right, exactly one is", right)
		}
	case Order:
		within(k, path+".options", "options", len(q.Options), 3, 6)
		if right != 0 {
			k.Add(path+".options", "wrong_key", "the order is the key: no option has right")
		}
		needExplanation(k, path, q.Explanation)
	case Match:
		within(k, path+".pairs", "pairs", len(q.Pairs), 3, 5)
		if len(q.Options) > 0 {
			k.Add(path+".options", "not_allowed", "a match question has pairs instead of options")
		}
		checkSame(k, path, q.Pairs)
		needExplanation(k, path, q.Explanation)
	default:
		k.Add(path+".kind", "unknown_kind", "%q is no kind: choice, multi, true_false, order or match", q.Kind)
	}
	if q.Partial && q.Kind != Multi && q.Kind != Order && q.Kind != Match {
		k.Add(path+".partial", "not_allowed", "only multi, order and match give part of the point")
	}
	if q.Fixed && (q.Kind == Order || q.Kind == Match) {
		k.Add(path+".fixed", "not_allowed", "the order of these options is the answer: it is always shuffled")
	}
}

// checkSame refuses two pairs with the same side: a learner could not tell which is meant.
func checkSame(k *source.Checker, path string, pairs []Pair) {
	lefts, rights := map[Text]bool{}, map[Text]bool{}
	for i, p := range pairs {
		if lefts[p.Left] || rights[p.Right] {
			k.Add(fmt.Sprintf("%s.pairs[%d]", path, i), "same_side", "another pair has the same side")
		}
		lefts[p.Left], rights[p.Right] = true, true
	}
}

func needExplanation(k *source.Checker, path string, t people.Text) {
	if t == (people.Text{}) {
		k.Add(path+".explanation", "missing", "the explanation is missing: options of this kind have no feedback")
	}
}

func oneOf(k *source.Checker, path, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		k.Add(path, "unknown_value", "%q is none of %s", got, strings.Join(allowed, ", "))
	}
}

func within(k *source.Checker, path, what string, n, least, most int) {
	if n < least || n > most {
		k.Add(path, "out_of_range", "%s: %d, want %d to %d", what, n, least, most)
	}
}
