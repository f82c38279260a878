package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// TestRandomHistories lets an organisation live for months (people join, move,
// leave, learn; units move) and compares every sum with the enrolments again and
// again. The seed is printed; setting it here replays the run.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(5) {
		t.Log("seed", seed)
		w, s := newWorld(t)
		rng := rand.New(rand.NewPCG(seed, 7))
		units := []people.UnitID{"bo", "vu-a", "phong-a1", "vu-b"}
		courses := []course.ID{"phishing", "passwords", "privacy"}
		person := func() people.ID { return people.ID(fmt.Sprintf("p%d", 1+rng.IntN(40))) }
		for i := range 3000 {
			w.now = w.now.Add(time.Duration(rng.IntN(120)) * time.Minute)
			switch p := person(); rng.IntN(12) {
			case 0, 1:
				w.person(p, fmt.Sprintf("Người %d", rng.IntN(100)), units[rng.IntN(len(units))])
			case 2:
				if x, ok := w.people[p]; ok {
					x.Status, x.ChangedAt, x.Version = people.Closed, w.now, x.Version+1
					w.people[p] = x
				}
			case 3:
				if rng.IntN(2) == 0 {
					w.unit("phong-a1", "vu-b", "bo", "vu-b")
				} else {
					w.unit("phong-a1", "vu-a", "bo", "vu-a")
				}
			default:
				e := w.enrol(courses[rng.IntN(3)], p, func(e *learning.Enrolment) { change(w, e, rng) })
				if rng.IntN(3) > 0 {
					s.Put(e) // else it was another replica
				}
			}
			if rng.IntN(20) == 0 {
				if err := s.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if i%500 == 499 {
				noDifference(t, s)
			}
		}
	}
}

// change does one random thing to an enrolment.
func change(w *truth, e *learning.Enrolment, rng *rand.Rand) {
	switch rng.IntN(7) {
	case 0:
		e.Campaigns = append(e.Campaigns, fmt.Sprintf("c%d", rng.IntN(3)))
	case 1:
		d := w.now.Add(time.Duration(rng.IntN(20)-3) * 24 * time.Hour).Truncate(24 * time.Hour)
		e.DueAt = &d
	case 2:
		e.State = learning.Closed
	case 3:
		e.State = learning.Started
	case 4, 5:
		if e.State != learning.Completed {
			w.complete(e)
		}
	case 6:
		e.Rating = 1 + rng.IntN(5)
	}
}

// organisation is n people in 200 units, each with 20 enrolments.
func organisation(b *testing.B, n int) (*truth, *Service) {
	b.Helper()
	w, s := newWorld(b)
	var units []people.UnitID
	for i := range 200 {
		id := people.UnitID(fmt.Sprintf("u%03d", i))
		w.unit(id, "bo", "bo")
		units = append(units, id)
	}
	m := s.m
	for _, u := range w.units {
		m.putUnit(u)
	}
	for i := range n {
		p := people.ID(fmt.Sprintf("0190f3a2-0000-7000-8000-%012d", i))
		m.putPerson(people.Person{ID: p, Name: fmt.Sprintf("Nguyễn Văn Người %d", i), Unit: units[i%200], Status: people.Active, Version: 1})
		for c := range 20 {
			e := learning.Enrolment{
				Person: p, Course: course.ID(fmt.Sprintf("course-%02d", c)), Cycle: 1, N: 1, Version: 1, State: learning.Assigned,
				Campaigns: []string{fmt.Sprintf("c%d", c/5)}, DueAt: due(fmt.Sprintf("2026-0%d-13", 1+c%9)),
			}
			if (i+c)%3 == 0 {
				e.State, e.CompletedAt = learning.Completed, &w.now
			}
			m.put(e)
		}
	}
	m.advance(w.now.UnixMilli())
	return w, s
}

// Both benchmarks must stay flat from 1,000 to 100,000 learners (README, 7).
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w, s := organisation(b, n)
			e := learning.Enrolment{Cycle: 1, N: 1, Version: 1, State: learning.Started, Campaigns: []string{"c1"}, DueAt: due("2026-04-13")}
			i := 0
			for b.Loop() {
				i++
				e.Person = people.ID(fmt.Sprintf("0190f3a2-0000-7000-8000-%012d", (i*7919)%n))
				e.Course, e.Version = course.ID(fmt.Sprintf("course-%02d", i%20)), i+1
				s.Put(e)
			}
			_ = w
		})
	}
}

func BenchmarkOverview(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, s := organisation(b, n)
			for b.Loop() {
				if o, err := s.Overview(b.Context(), administrator(), Filter{}); err != nil || o.Enrolments < 20*n {
					b.Fatal(o.Enrolments, err)
				}
			}
		})
	}
}

func BenchmarkMatrix(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, s := organisation(b, n)
			for b.Loop() {
				if m, err := s.Matrix(b.Context(), headOf("u199"), Filter{}, ""); err != nil || len(m.Items) != min(50, n/200) {
					b.Fatal(len(m.Items), err)
				}
			}
		})
	}
}

func BenchmarkExport(b *testing.B) {
	_, s := organisation(b, 10_000)
	for b.Loop() {
		write, err := s.Export(b.Context(), administrator(), Filter{}, "vi")
		if err != nil {
			b.Fatal(err)
		}
		var lines counter
		if err := write(&lines); err != nil || int(lines) < 200_000 {
			b.Fatal(int(lines), err)
		}
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(strings.Count(string(p), "\n"))
	return len(p), nil
}
