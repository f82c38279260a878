package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"hocso/content"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// school is a site with the real content, two learners and a trainer.
type school struct {
	*site
	lan, binh, trainer string // access tokens
	id                 map[string]people.ID
}

const (
	phishing = "phishing-basics"
	v1       = "/api/v1"
)

func newSchool(t *testing.T) *school {
	t.Helper()
	x := newSite(t)
	log := slog.New(slog.DiscardHandler)
	x.Courses = &course.Service{Store: x.db.Courses(), Now: x.clock.Now, Log: log}
	x.Paths = &path.Service{Store: x.db.Paths(), Courses: x.Courses, Now: x.clock.Now}
	x.Drills = &drill.Service{Store: x.db.Drills(), Sums: x.db.Drills(), Now: x.clock.Now, NewSecret: func() []byte { return bytes.Repeat([]byte("d"), 32) }}
	x.Learning = &learning.Service{
		Store: x.db.Learning(), Ops: x.db.Learning(), Courses: x.Courses, People: x.People, Drills: x.Drills, Surveys: x.Surveys,
		Now: x.clock.Now, TicketKey: bytes.Repeat([]byte("t"), 32),
	}
	x.Learning.Announced = x.announced
	x.Courses.Settle = x.Learning.Settle
	x.Campaigns = &campaign.Service{Store: x.db.Campaigns(), Enroller: x.Learning, People: x.People, Now: x.clock.Now, NewID: uuid.NewString, Log: log}
	x.Reminders = &reminder.Service{Store: x.db.Reminders(), Answers: x.db.Reminders(), Subscriptions: x.db.Reminders(), Now: x.clock.Now, Log: log}
	ctx := context.Background()
	f, problems := course.ReadFolder(content.Files())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := x.Courses.PublishFolder(ctx, f); err != nil {
		t.Fatal(err)
	}
	ds, problems := drill.ReadFolder(content.Files())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := x.Drills.Publish(ctx, ds); err != nil {
		t.Fatal(err)
	}
	x.unit("bo", "")
	x.unit("vu-a", "bo")
	s := &school{site: x, id: map[string]people.ID{}}
	s.id["lan"] = x.add("Lan", "lan@bo.vn", "vu-a").ID
	s.id["binh"] = x.add("Bình", "binh@bo.vn", "vu-a").ID
	s.id["trainer"] = x.add("Soạn", "trainer@bo.vn", "bo", people.Grant{Role: people.Trainer}).ID
	s.lan, _ = x.in("lan@bo.vn")
	s.binh, _ = x.in("binh@bo.vn")
	s.trainer, _ = x.in("trainer@bo.vn")
	return s
}

func (s *school) get(token, path string) reply {
	s.t.Helper()
	return s.do(call{method: "GET", path: v1 + path, token: token})
}

func (s *school) post(token, path string, body any) reply {
	s.t.Helper()
	return s.do(call{method: "POST", path: v1 + path, token: token, body: body})
}

// enrolled enrols Lan in the course on phishing and returns the enrolment.
func (s *school) enrolled() enrolmentView {
	s.t.Helper()
	a := s.post(s.lan, "/enrolments", map[string]any{"courseId": phishing})
	if a.status != 201 {
		s.t.Fatalf("enrol: %d %s", a.status, a.body)
	}
	return decode[enrolmentView](s.t, a)
}

// content is the phishing course as its authors wrote it.
func (s *school) content() course.Content {
	s.t.Helper()
	p, err := s.Courses.Latest(context.Background(), phishing)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Version.Content
}

// solve answers a paper with the content's key, as somebody would who knows it: by
// the texts.
func (s *school) solve(p learning.Paper, rightly bool) []course.Answer {
	s.t.Helper()
	pool := map[string]course.Question{}
	for _, q := range s.content().Quizzes[0].Questions {
		pool[q.ID] = q
	}
	id := func(os []course.OptionView, t course.Text) string {
		for _, o := range os {
			if o.Text == t {
				return o.ID
			}
		}
		s.t.Fatalf("no option %v", t)
		return ""
	}
	var as []course.Answer
	for _, v := range p.Questions {
		a := course.Answer{Question: v.ID, Chosen: []string{}}
		for _, o := range pool[v.ID].Options {
			if o.Right == rightly || pool[v.ID].Kind == course.Order && rightly {
				a.Chosen = append(a.Chosen, id(v.Options, o.Text))
			}
		}
		for _, pair := range pool[v.ID].Pairs {
			if rightly {
				a.Chosen = append(a.Chosen, id(v.Options, pair.Left)+":"+id(v.Targets, pair.Right))
			}
		}
		as = append(as, a)
	}
	return as
}

// uid makes UUIDs that tests can read.
func uid(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

// op is one op of a request.
func op(n int, kind string, fields map[string]any) map[string]any {
	o := map[string]any{"id": uid(n), "kind": kind, "at": "2026-03-02T08:00:00Z"}
	for k, v := range fields {
		o[k] = v
	}
	return o
}

// verdicts sends ops and returns what became of each.
func (s *school) verdicts(token string, ops ...any) []learning.Verdict {
	s.t.Helper()
	a := s.post(token, "/ops", map[string]any{"ops": ops})
	if a.status != 200 {
		s.t.Fatalf("ops: %d %s", a.status, a.body)
	}
	return decode[opsAnswer](s.t, a).Results
}

// secrets are the texts of the phishing quiz that nobody may see before marking,
// and the ids of its options, as JSON has them.
func (s *school) secrets() []string {
	s.t.Helper()
	var all []string
	for _, q := range s.content().Quizzes[0].Questions {
		all = append(all, q.Explanation.Vi, q.Explanation.En)
		for _, o := range q.Options {
			all = append(all, o.Feedback.Vi, o.Feedback.En)
			if len(o.ID) > 2 && o.ID != "true" && o.ID != "false" {
				all = append(all, `"id":"`+o.ID+`"`)
			}
		}
		for _, p := range q.Pairs {
			all = append(all, `"id":"`+p.ID+`"`)
		}
	}
	var out []string
	for _, x := range all {
		if x == "" || strings.HasPrefix(x, `"id"`) {
			out = append(out, x)
			continue
		}
		b, err := encode(x)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, strings.Trim(string(b), `"`))
	}
	return slices.DeleteFunc(out, func(x string) bool { return x == "" })
}
