package learning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/survey"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a Service with everything around it.
type world struct {
	*Service
	store   *memory
	courses *courses
	drills  *drills
	surveys *surveys
	clock   *clock
	told    []Enrolment
	mu      sync.Mutex
}

// lessonText has that many cards.
func lessonText(cards int) course.Text {
	s := ""
	for i := range cards {
		s += fmt.Sprintf("\n## Card %d\n\ntext\n", i+1)
	}
	return course.Text{Vi: s, En: s}
}

// content is a course of two lessons and a quiz of 8 choices of which 4 are drawn;
// the right option is always "yes".
func testContent(attempts int) course.Content {
	c := course.Content{Title: course.Text{Vi: "Khóa", En: "Course"}}
	for i, id := range []string{"one", "two"} {
		c.Lessons = append(c.Lessons, course.Lesson{ID: id, Title: course.Text{Vi: id, En: id}, Minutes: 3, Body: lessonText(3 + i)})
	}
	q := course.Quiz{ID: "check", Draw: 4, Pass: 75, Attempts: attempts}
	for i := range 8 {
		x := course.Question{ID: fmt.Sprintf("q%d", i), Kind: course.Choice, Prompt: course.Text{Vi: "p", En: "p"}}
		for _, id := range []string{"yes", "no", "never"} {
			text := course.Text{Vi: id + " text", En: id + " text"}
			x.Options = append(x.Options, course.Option{ID: id, Text: text, Right: id == "yes", Feedback: course.Text{Vi: id + " feedback", En: id + " feedback"}})
		}
		q.Questions = append(q.Questions, x)
	}
	c.Quizzes = []course.Quiz{q}
	return c
}

const basics = course.ID("basics")

var (
	ann = people.Actor{ID: "ann", Grants: []people.Grant{{Role: people.Learner}}}
	bob = people.Actor{ID: "bob", Grants: []people.Grant{{Role: people.Learner}}}
)

func newWorld(t testing.TB, attempts int) *world {
	t.Helper()
	w := &world{
		store: newMemory(), courses: &courses{course: course.Course{ID: basics}},
		drills: &drills{answers: map[string]drill.Choice{}}, clock: &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)},
	}
	w.surveys = &surveys{store: &w.store.failing, kept: map[people.ID]survey.Submission{}}
	w.courses.publish(course.Material, testContent(attempts))
	w.Service = &Service{
		Store: w.store, Ops: w.store, Courses: &course.Service{Store: w.courses, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)},
		People: persons{}, Drills: w.drills, Surveys: w.surveys, Now: w.clock.Now, TicketKey: []byte("a key of the tests, 32 bytes long"),
		Changed: func(e Enrolment) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, e)
		},
	}
	return w
}

// enrol enrols the actor and returns the enrolment's id.
func (w *world) enrol(t testing.TB, a people.Actor) EnrolmentID {
	t.Helper()
	e, _, err := w.Enrol(context.Background(), a, basics)
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// ids makes UUIDs that tests can read.
func id(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

const at = `"at":"2026-03-04T05:00:00Z"`

func lessonDoneOp(n int, e EnrolmentID, lesson string) string {
	return fmt.Sprintf(`{"id":%q,"kind":"lesson.done",%s,"enrolment":%q,"lesson":%q,"seconds":90}`, id(n), at, e, lesson)
}

// send applies ops written as JSON.
func (w *world) send(t testing.TB, a people.Actor, ops ...string) []Verdict {
	t.Helper()
	vs, err := w.trySend(a, ops...)
	if err != nil {
		t.Fatalf("ApplyOps(%v): %v", ops, err)
	}
	return vs
}

func (w *world) trySend(a people.Actor, ops ...string) ([]Verdict, error) {
	raw := make([]jsontext.Value, len(ops))
	for i, o := range ops {
		raw[i] = jsontext.Value(o)
	}
	return w.ApplyOps(context.Background(), a, raw)
}

// answers answers the first right of the questions of p rightly, the rest wrongly.
// The right option is known by its text.
func answers(p Paper, right int) []course.Answer {
	var as []course.Answer
	for i, q := range p.Questions {
		want := "yes text"
		if i >= right {
			want = "no text"
		}
		for _, o := range q.Options {
			if o.Text.En == want {
				as = append(as, course.Answer{Question: q.ID, Chosen: []string{o.ID}})
			}
		}
	}
	return as
}

// submission answers p with that many right answers.
func (w *world) submission(p Paper, right int) Submission {
	return Submission{
		Enrolment: p.Enrolment, Quiz: p.Quiz, Ticket: p.Ticket, StartedAt: w.clock.Now(), FinishedAt: w.clock.Now(), Answers: answers(p, right),
	}
}

func attemptOp(t testing.TB, n int, attempt string, s Submission) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"id":%q,"kind":"attempt.submit",%s,"attempt":%q,%s`, id(n), at, attempt, b[1:])
}

func (w *world) start(t testing.TB, a people.Actor, e EnrolmentID) Paper {
	t.Helper()
	p, err := w.StartQuiz(context.Background(), a, e, "check")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (v Verdict) short() string {
	if v.Code != "" {
		return string(v.Status) + " " + v.Code
	}
	return string(v.Status)
}
