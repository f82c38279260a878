package learning

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTicketRoundTrip(t *testing.T) {
	key := []byte("a key of the tests, 32 bytes long")
	c := claims{Person: "ann", Enrolment: "basics:ann:1", Course: 1, Quiz: "check", N: 1, Seed: 1<<63 - 1, IssuedAt: 5, ExpiresAt: 6}
	wire, err := seal(key, c)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := unseal(key, wire); !ok || got != c {
		t.Fatalf("unseal(seal(%+v)) = %+v, %v", c, got, ok)
	}
	if _, ok := unseal([]byte("another key of the tests, 32 long"), wire); ok {
		t.Error("another key opens the ticket")
	}
	for i := range len(wire) {
		b := []byte(wire)
		b[i] ^= 1
		if got, ok := unseal(key, string(b)); ok && got != c {
			t.Errorf("byte %d changed: still valid, %+v", i, got)
		}
	}
	body, sum, _ := strings.Cut(wire, ".")
	for _, bad := range []string{"", ".", body, body + ".", "." + sum, wire + ".", wire + "=", wire + " ", strings.Repeat("a", maxTicket+1) + "." + sum, sum + "." + body} {
		if _, ok := unseal(key, bad); ok {
			t.Errorf("unseal(%.40q) is valid", bad)
		}
	}
}

func FuzzTicket(f *testing.F) {
	key := []byte("a key of the tests, 32 bytes long")
	good, err := seal(key, claims{Person: "ann", Quiz: "check", N: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"p":"bob"}`)) + ".AAAA")
	f.Fuzz(func(t *testing.T, wire string) {
		if _, ok := unseal(key, wire); ok && wire != good {
			t.Errorf("unseal(%q) is valid, but nobody signed it", wire)
		}
	})
}

func TestAskingAgainGivesTheSameTicket(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	first := w.start(t, ann, e)
	w.clock.add(13 * 24 * time.Hour)
	if again := w.start(t, ann, e); again.Ticket != first.Ticket || again.N != 1 {
		t.Errorf("asked again: n %d, another ticket", again.N)
	}
	es, tickets, err := w.Tickets(context.Background(), w.mine(t))
	if err != nil || len(tickets) != 1 || tickets[0].Wire != first.Ticket || es[0].Quizzes["check"].Ticket == nil {
		t.Errorf("sync: %+v, %v; want the same ticket", tickets, err)
	}
	w.clock.add(25 * time.Hour)
	next := w.start(t, ann, e)
	if next.Ticket == first.Ticket || next.N != 1 || fmt.Sprint(next.Questions) == fmt.Sprint(first.Questions) {
		t.Errorf("after it expired: n %d, same ticket %v", next.N, next.Ticket == first.Ticket)
	}
}

func (w *world) mine(t *testing.T) []Enrolment {
	t.Helper()
	es, err := w.Mine(context.Background(), ann)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

func TestStartQuizRefuses(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t, 2)
	e := w.enrol(t, ann)
	for _, tt := range []struct {
		who  string
		id   EnrolmentID
		quiz string
		want string
	}{
		{"bob", e, "check", EnrolmentNotFound}, {"ann", e, "none", QuizNotFound}, {"ann", "basics:none:1", "check", "not_found"},
	} {
		a := ann
		if tt.who == "bob" {
			a = bob
		}
		if _, err := w.StartQuiz(ctx, a, tt.id, tt.quiz); code(err) != tt.want {
			t.Errorf("%s starts %s of %s: %v, want %s", tt.who, tt.quiz, tt.id, err, tt.want)
		}
	}
	for i := range 2 {
		if _, err := w.Submit(ctx, ann, id(i), w.submission(w.start(t, ann, e), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.StartQuiz(ctx, ann, e, "check"); code(err) != "no_attempts_left" {
		t.Errorf("third try of two: %v", err)
	}
	if _, tickets, err := w.Tickets(ctx, w.mine(t)); err != nil || len(tickets) != 0 {
		t.Errorf("sync after the last try: %d tickets, %v", len(tickets), err)
	}
	w2 := newWorld(t, 2)
	e = w2.enrol(t, ann)
	if _, err := w2.Submit(ctx, ann, id(1), w2.submission(w2.start(t, ann, e), 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := w2.StartQuiz(ctx, ann, e, "check"); code(err) != "already_passed" {
		t.Errorf("after passing: %v", err)
	}
}

// The number of tries holds however many devices ask at once.
func TestTicketsUnderConcurrency(t *testing.T) {
	w := newWorld(t, 0)
	e := w.enrol(t, ann)
	tickets := make([]string, 32)
	var wg sync.WaitGroup
	for i := range tickets {
		wg.Go(func() { tickets[i] = w.start(t, ann, e).Ticket })
	}
	wg.Wait()
	slices.Sort(tickets)
	if got := slices.Compact(tickets); len(got) != 1 {
		t.Errorf("32 requests got %d different tickets", len(got))
	}
}

func TestPaperHidesTheContentsIDs(t *testing.T) {
	w := newWorld(t, 0)
	p := w.start(t, ann, w.enrol(t, ann))
	if len(p.Questions) != 4 {
		t.Fatalf("%d questions", len(p.Questions))
	}
	for _, q := range p.Questions {
		for _, o := range q.Options {
			if o.ID == "yes" || o.ID == "no" || o.ID == "never" {
				t.Errorf("option id %q of the content in the paper", o.ID)
			}
		}
	}
	if s := fmt.Sprintf("%+v", p); strings.Contains(s, "feedback") {
		t.Errorf("feedback in the paper: %s", s)
	}
}
