package learning

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

const (
	// ticketLife is how long a quiz may be taken offline.
	ticketLife = 14 * 24 * time.Hour
	// maxTries bounds the tries an enrolment remembers for one quiz, and maxExtra
	// those of them that do not count.
	maxTries = 200
	maxExtra = 20
	// maxTicket is the longest ticket that is read, in bytes.
	maxTicket = 1024
)

// claims are the fields of a ticket on the wire. They are signed, not secret.
type claims struct {
	Person    people.ID   `json:"p"`
	Enrolment EnrolmentID `json:"e"`
	Course    int         `json:"v"` // number of the course version
	Quiz      string      `json:"q"`
	N         int         `json:"n"`
	Seed      uint64      `json:"s"`
	IssuedAt  int64       `json:"i"` // Unix milliseconds
	ExpiresAt int64       `json:"x"` // Unix milliseconds
}

// seal signs c: base64url(JSON) "." base64url(HMAC-SHA-256 of what is before the dot).
func seal(key []byte, c claims) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode ticket: %w", err)
	}
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(key, "ticket:"+body)), nil
}

// unseal checks the signature of a ticket and reads it.
func unseal(key []byte, wire string) (c claims, ok bool) {
	body, sum, found := strings.Cut(wire, ".")
	if !found || len(wire) > maxTicket {
		return c, false
	}
	got, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil || !hmac.Equal(got, mac(key, "ticket:"+body)) {
		return c, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return c, false
	}
	return c, json.Unmarshal(b, &c, json.RejectUnknownMembers(true)) == nil
}

func mac(key []byte, s string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(s))
	return m.Sum(nil)
}

// seed is where the questions of a try come from. Nobody without the key can know
// it ahead. BSON has no unsigned integers, so it has 63 bits.
func seed(key []byte, e EnrolmentID, quiz string, n int, at time.Time) uint64 {
	sum := mac(key, fmt.Sprintf("seed:%s:%s:%d:%d", e, quiz, n, at.UnixMilli()))
	return binary.BigEndian.Uint64(sum) >> 1
}

// Paper is a quiz to take: the live ticket and the questions it draws, without keys.
type Paper struct {
	Enrolment EnrolmentID           `json:"enrolment"`
	Quiz      string                `json:"quiz"`
	N         int                   `json:"n"`
	Ticket    string                `json:"ticket"`
	IssuedAt  time.Time             `json:"issuedAt"`
	ExpiresAt time.Time             `json:"expiresAt"`
	Questions []course.QuestionView `json:"questions"`
}

// counted is how many tries used up a number.
func (q QuizState) counted() int {
	n := 0
	for _, t := range q.Tries {
		if t.Counted() {
			n++
		}
	}
	return n
}

// Counted reports whether the try used up its number: it was the first of its number to arrive.
func (t Try) Counted() bool {
	for _, f := range t.Flags {
		if f == Extra {
			return false
		}
	}
	return true
}

// mayTry says why e has no further try at a quiz: fault.Conflict with the code
// not_open, already_passed or no_attempts_left.
func mayTry(e Enrolment, q course.Quiz) error {
	st := e.Quizzes[q.ID]
	switch {
	case st.Passed:
		return fault.New(fault.Conflict, "already_passed", "the quiz is passed")
	case !e.Open():
		return fault.New(fault.Conflict, "not_open", "the enrolment is %s", e.State)
	case q.Attempts > 0 && st.counted() >= q.Attempts, len(st.Tries) >= maxTries:
		return fault.New(fault.Conflict, "no_attempts_left", "all tries are used up")
	}
	return nil
}

// live reports whether the ticket of st gives the right to the next try.
func (q QuizState) live(now time.Time) bool {
	return q.Ticket != nil && q.Ticket.N == q.counted()+1 && now.Before(q.Ticket.ExpiresAt)
}

// issue gives e a live ticket for a quiz, if it has none. It reports whether e changed.
func (s *Service) issue(e *Enrolment, quiz string, now time.Time) bool {
	st := e.Quizzes[quiz]
	if st.live(now) {
		return false
	}
	n := st.counted() + 1
	st.Ticket = &Ticket{N: n, Course: e.N, Seed: seed(s.TicketKey, e.ID, quiz, n, now), IssuedAt: now, ExpiresAt: now.Add(ticketLife)}
	e.Quizzes[quiz] = st
	return true
}

// StartQuiz gives the actor's live ticket for a quiz with its questions: asking
// again gives the same one. fault.NotFound for an enrolment or quiz that is not
// there or not theirs; fault.Conflict as mayTry says.
func (s *Service) StartQuiz(ctx context.Context, a people.Actor, id EnrolmentID, quiz string) (Paper, error) {
	var c *course.Published
	e, err := s.update(ctx, id, func(e *Enrolment) (bool, error) {
		if e.Person != a.ID {
			return false, enrolmentNotFound()
		}
		var err error
		if c, err = s.Courses.Version(ctx, e.Course, e.N); err != nil {
			return false, err
		}
		q, ok := c.Quiz(quiz)
		if !ok {
			return false, fault.New(fault.NotFound, QuizNotFound, "no such quiz")
		}
		if err := mayTry(*e, q); err != nil {
			return false, err
		}
		return s.issue(e, quiz, s.Now()), nil
	})
	if err != nil {
		return Paper{}, err
	}
	i, err := s.issued(e, quiz)
	if err != nil {
		return Paper{}, err
	}
	return s.Paper(ctx, i)
}

// issued is the live ticket of an enrolment for a quiz.
func (s *Service) issued(e Enrolment, quiz string) (Issued, error) {
	t := e.Quizzes[quiz].Ticket
	wire, err := seal(s.TicketKey, claims{
		Person: e.Person, Enrolment: e.ID, Course: t.Course, Quiz: quiz, N: t.N, Seed: t.Seed,
		IssuedAt: t.IssuedAt.UnixMilli(), ExpiresAt: t.ExpiresAt.UnixMilli(),
	})
	return Issued{Enrolment: e.ID, Quiz: quiz, Wire: wire, course: e.Course, ticket: *t}, err
}

// Issued is a live ticket. Wire names everything about it, so it changes whenever
// the paper does.
type Issued struct {
	Enrolment EnrolmentID
	Quiz      string
	Wire      string
	course    course.ID
	ticket    Ticket
}

// Paper draws the questions of a ticket.
func (s *Service) Paper(ctx context.Context, i Issued) (Paper, error) {
	c, err := s.Courses.Version(ctx, i.course, i.ticket.Course)
	if err != nil {
		return Paper{}, err
	}
	q, ok := c.Quiz(i.Quiz)
	if !ok {
		return Paper{}, fault.New(fault.NotFound, QuizNotFound, "no such quiz")
	}
	p := Paper{
		Enrolment: i.Enrolment, Quiz: i.Quiz, N: i.ticket.N, Ticket: i.Wire,
		IssuedAt: i.ticket.IssuedAt, ExpiresAt: i.ticket.ExpiresAt, Questions: []course.QuestionView{},
	}
	for _, d := range course.Draw(q, i.ticket.Seed) {
		p.Questions = append(p.Questions, d.View)
	}
	return p, nil
}

// Tickets returns the live tickets of all open quizzes of es, issuing those that
// are missing, and es as they are then. Doing it again gives the same.
func (s *Service) Tickets(ctx context.Context, es []Enrolment) ([]Enrolment, []Issued, error) {
	var all []Issued
	for i, e := range es {
		if !e.Open() {
			continue
		}
		var open []string
		change := func(e *Enrolment) (bool, error) {
			c, err := s.Courses.Version(ctx, e.Course, e.N)
			if err != nil {
				return false, err
			}
			open = open[:0]
			issued := false
			for _, q := range c.Version.Content.Quizzes {
				if mayTry(*e, q) == nil {
					issued = s.issue(e, q.ID, s.Now()) || issued
					open = append(open, q.ID)
				}
			}
			return issued, nil
		}
		done, err := s.store(ctx, &e, change)
		if err == nil && !done {
			e, err = s.update(ctx, e.ID, change)
		}
		if err != nil {
			return nil, nil, err
		}
		es[i] = e
		for _, quiz := range open {
			t, err := s.issued(e, quiz)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, t)
		}
	}
	return es, all, nil
}

func enrolmentNotFound() error {
	return fault.New(fault.NotFound, EnrolmentNotFound, "no such enrolment")
}
