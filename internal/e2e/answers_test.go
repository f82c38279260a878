//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hocso/content"
	"hocso/internal/course"
	"hocso/internal/drill"
)

// keys is a course as its authors wrote it: what the tests answer from, because a
// phone never holds the keys of graded questions.
type keys struct{ course.Content }

func keysOf(t *testing.T, id course.ID) keys {
	t.Helper()
	folder, problems := course.ReadFolder(content.Files())
	i := slices.IndexFunc(folder.Courses, func(c course.FolderCourse) bool { return c.ID == id })
	if i < 0 {
		t.Fatalf("no course %s in the content: %v", id, problems)
	}
	return keys{folder.Courses[i].Content}
}

// question finds a question by its prompt in either language.
func (k keys) question(t *testing.T, prompt string) course.Question {
	t.Helper()
	var all []course.Question
	for _, l := range k.Lessons {
		all = append(all, l.Practice...)
	}
	for _, q := range k.Quizzes {
		all = append(all, q.Questions...)
	}
	i := slices.IndexFunc(all, func(q course.Question) bool { return plain(q.Prompt.Vi) == prompt || plain(q.Prompt.En) == prompt })
	if i < 0 {
		t.Fatalf("no question %q in the content", prompt)
	}
	return all[i]
}

func drillOf(t *testing.T, id drill.ID) drill.Template {
	t.Helper()
	all, problems := drill.ReadFolder(content.Files())
	i := slices.IndexFunc(all, func(d drill.Template) bool { return d.ID == id })
	if i < 0 {
		t.Fatalf("no drill %s in the content: %v", id, problems)
	}
	return all[i]
}

// plain is a text as it stands on a screen: one space between words.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// Answer answers the question on the screen, rightly or not.
func (p *phone) Answer(k keys, right bool) course.Question {
	p.t.Helper()
	q := k.question(p.t, p.Heading())
	switch q.Kind {
	case course.Choice, course.TrueFalse, course.Multi:
		for _, o := range q.Options {
			if o.Right == right {
				p.tap(p.in(o.Text), "label")
				if q.Kind != course.Multi {
					break
				}
			}
		}
	case course.Order:
		p.arrange(q.Options, right)
	case course.Match:
		p.match(q.Pairs, right)
	}
	return q
}

// arrange puts steps in order with the buttons beside them; wrongly is the reverse.
func (p *phone) arrange(steps []course.Option, right bool) {
	p.t.Helper()
	steps = slices.Clone(steps)
	if !right {
		slices.Reverse(steps)
	}
	for to, s := range steps {
		for p.place(s) > to {
			from := p.place(s)
			p.Tap(p.up(s))
			p.wait("the step to move up", func() bool { return p.place(s) == from-1 })
		}
	}
}

// place is where a step stands, counted from 0.
func (p *phone) place(s course.Option) (at int) {
	p.t.Helper()
	p.Eval(fmt.Sprintf(`[...document.querySelectorAll("ol button[aria-label]:first-of-type")].findIndex((b) => b.getAttribute("aria-label").replace(/\s+/g, " ") === %s)`, quote(p.up(s))), &at)
	return at
}

// up is the name of the button that moves a step up.
func (p *phone) up(s course.Option) string {
	return p.filled("Đưa “{text}” lên", "text", p.in(s.Text))
}

// match gives every line its partner; wrongly is the partner of the line before.
func (p *phone) match(pairs []course.Pair, right bool) {
	p.t.Helper()
	for i, pair := range pairs {
		partner := pair
		if !right {
			partner = pairs[(i+len(pairs)-1)%len(pairs)]
		}
		if !p.holds(fmt.Sprintf(`(%s)(%s, "button[aria-expanded]")?.getAttribute("aria-expanded") === "true"`, finder, quote(p.in(pair.Left)+"…"))) {
			p.tap(p.in(pair.Left)+"…", "button[aria-expanded]")
		}
		p.tap(p.in(partner.Right), "button[aria-pressed]")
	}
}

// Study reads the lesson on the screen to its end and answers every interaction.
func (p *phone) Study(k keys, number int) {
	p.t.Helper()
	done := p.filled("Xong bài {n}", "n", number)
	for p.Heading() != done {
		before := p.progress()
		switch {
		case p.Asked():
			p.Answer(k, true)
			p.Tap("Kiểm tra")
			p.See("Đúng rồi")
		case p.Has("Xong bài"):
			p.Tap("Xong bài")
			p.See(done)
		default:
			p.Tap("Tiếp tục")
			p.wait("the next card", func() bool { return p.progress() != before })
		}
	}
}

// Asked tells whether the screen is an interaction that waits for an answer.
func (p *phone) Asked() bool {
	p.t.Helper()
	return p.holds(`!!document.querySelector("button[form=practice]")`)
}

// progress tells one screen of a lesson or quiz from the next.
func (p *phone) progress() (s string) {
	p.t.Helper()
	p.Eval(`location.href + (document.querySelector(".share rect")?.getAttribute("width") ?? "") + (document.querySelector("h1")?.textContent ?? "")`, &s)
	return s
}

// Take takes the quiz on the screen from its start to the review; it answers the
// first wrong questions wrongly.
func (p *phone) Take(k keys, draw, wrong int) {
	p.t.Helper()
	p.Tap("Bắt đầu làm bài")
	for i := range draw {
		p.See(p.filled("Câu {n} / {of}", "n", i+1, "of", draw))
		p.Answer(k, i >= wrong)
		if i == draw-1 {
			p.Tap("Xem lại bài làm")
			break
		}
		p.Tap("Câu tiếp")
	}
	p.See(p.filled("Bạn đã trả lời đủ {n} câu.", "n", draw))
}

// Play plays a drill from its first page to the summary, with the right answer to
// every message.
func (p *phone) Play(d drill.Template) {
	p.t.Helper()
	p.Tap("Mở hộp thư")
	p.Tap("Thư tiếp theo")
	for i, item := range d.Items {
		p.See(fmt.Sprintf("%d / %d", i+1, len(d.Items)))
		p.wait("the message", func() bool { return p.Heading() == p.in(item.Subject) })
		if item.Truth == drill.Phish {
			p.Tap("Báo nghi ngờ")
			p.See("Bạn tinh mắt lắm, đây là lừa đảo")
		} else {
			p.Tap("Bình thường")
			p.See("Đúng, thư này bình thường")
		}
		if i < len(d.Items)-1 {
			p.Tap("Thư tiếp theo")
		}
	}
	p.Tap("Xem tổng kết")
	p.See("Bạn rất tinh mắt")
}
