package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

var errCutOff = errors.New("cut off")

// memory is both stores. One call may fail: before it is done, or after, so that its answer is lost.
type memory struct {
	mu           sync.Mutex
	surveys      map[ID]Survey
	participants map[string]Participant
	pools        map[string]Pool
	results      map[ID]Result
	calls        int
	failAt       int // from 1; 0: none
	lost         bool
}

func (m *memory) do(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.calls == m.failAt && !m.lost {
		return errCutOff
	}
	err := f()
	if m.calls == m.failAt && err == nil {
		return errCutOff
	}
	return err
}

func conflict() error { return fault.New(fault.Conflict, "taken", "taken") }

func (m *memory) InsertSurvey(_ context.Context, s Survey) error {
	return m.do(func() error { m.surveys[s.ID] = s; return nil })
}

func (m *memory) Survey(_ context.Context, id ID) (s Survey, err error) {
	return s, m.do(func() error {
		var ok bool
		if s, ok = m.surveys[id]; !ok {
			return notFound()
		}
		return nil
	})
}

func (m *memory) Surveys(_ context.Context, before ID, limit int) (out []Survey, err error) {
	return out, m.do(func() error {
		for _, s := range m.surveys {
			if before == "" || s.ID < before {
				out = append(out, s)
			}
		}
		slices.SortFunc(out, func(x, y Survey) int { return strings.Compare(string(y.ID), string(x.ID)) })
		out = out[:min(len(out), limit)]
		return nil
	})
}

func (m *memory) LiveSurveys(context.Context) (out []Survey, err error) {
	return out, m.do(func() error {
		for _, s := range m.surveys {
			if s.Live {
				out = append(out, s)
			}
		}
		return nil
	})
}

func (m *memory) ReplaceSurvey(_ context.Context, s Survey) error {
	return m.do(func() error {
		if m.surveys[s.ID].Version != s.Version {
			return conflict()
		}
		s.Version++
		m.surveys[s.ID] = s
		return nil
	})
}

func (m *memory) RemoveSurvey(_ context.Context, id ID, version int) error {
	return m.do(func() error {
		if s := m.surveys[id]; s.Version != version || s.State != Draft {
			return conflict()
		}
		delete(m.surveys, id)
		return nil
	})
}

func (m *memory) InsertParticipant(_ context.Context, p Participant) error {
	return m.do(func() error {
		if _, ok := m.participants[p.ID]; ok {
			return conflict()
		}
		m.participants[p.ID] = p
		return nil
	})
}

func (m *memory) Participants(_ context.Context, ids []string) (out []Participant, err error) {
	return out, m.do(func() error {
		for _, id := range ids {
			if p, ok := m.participants[id]; ok {
				out = append(out, p)
			}
		}
		return nil
	})
}

func (m *memory) ParticipantsOf(_ context.Context, p people.ID) (out []Participant, err error) {
	return out, m.do(func() error {
		for _, x := range m.participants {
			if x.Person == p {
				out = append(out, x)
			}
		}
		return nil
	})
}

func (m *memory) InsertPools(_ context.Context, ps []Pool) error {
	return m.do(func() error {
		for _, p := range ps {
			if _, ok := m.pools[p.ID]; !ok {
				m.pools[p.ID] = p
			}
		}
		return nil
	})
}

func (m *memory) Pool(_ context.Context, id string) (p Pool, err error) {
	return p, m.do(func() error {
		p = m.pools[id]
		p.Sheets = slices.Clone(p.Sheets)
		return nil
	})
}

func (m *memory) ReplacePool(_ context.Context, p Pool) error {
	return m.do(func() error {
		if m.pools[p.ID].Version != p.Version {
			return conflict()
		}
		p.Version++
		m.pools[p.ID] = p
		return nil
	})
}

func (m *memory) Pools(_ context.Context, id ID) (out []Pool, err error) {
	return out, m.do(func() error {
		for _, p := range m.pools {
			if p.Survey == id {
				out = append(out, p)
			}
		}
		return nil
	})
}

func (m *memory) CountSheets(_ context.Context, id ID) (n int, err error) {
	return n, m.do(func() error {
		for _, p := range m.pools {
			if p.Survey == id {
				n += p.Count
			}
		}
		return nil
	})
}

func (m *memory) Result(_ context.Context, id ID) (r Result, err error) {
	return r, m.do(func() error {
		var ok bool
		if r, ok = m.results[id]; !ok {
			return notFound()
		}
		return nil
	})
}

func (m *memory) PutResult(_ context.Context, r Result) error {
	return m.do(func() error {
		if m.results[r.ID].Version != r.Version {
			return conflict()
		}
		r.Version++
		m.results[r.ID] = r
		return nil
	})
}

// staff is the People of tests: who is in which unit.
type staff struct {
	units  []people.Unit
	people map[people.ID]people.UnitID
}

func (s *staff) Person(_ context.Context, id people.ID) (people.Person, error) {
	return people.Person{ID: id, Unit: s.people[id]}, nil
}

func (s *staff) Unit(_ context.Context, id people.UnitID) (people.Unit, error) {
	for _, u := range s.units {
		if u.ID == id {
			return u, nil
		}
	}
	return people.Unit{}, fault.New(fault.NotFound, "unit_not_found", "no such unit")
}

func (s *staff) Units(context.Context) ([]people.Unit, error) { return s.units, nil }

func (s *staff) Audience(_ context.Context, units []people.UnitID, after people.ID, limit int) (out []people.Person, err error) {
	for id, u := range s.people {
		unit, _ := s.Unit(context.Background(), u)
		if id > after && (Survey{Units: units}).includes(u, unit.Path) {
			out = append(out, people.Person{ID: id, Unit: u})
		}
	}
	slices.SortFunc(out, func(x, y people.Person) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return out[:min(len(out), limit)], nil
}

// world is a service on memory, for a ministry bo with the departments a (12 people) and b (7), of
// which b1 (3) is a part.
type world struct {
	*Service
	t     *testing.T
	store *memory
	staff *staff
	now   time.Time
	n     int
}

var (
	root   = people.Actor{ID: "root", Grants: []people.Grant{{Role: people.Administrator}}}
	adminA = people.Actor{ID: "adminA", Grants: []people.Grant{{Role: people.Administrator, Unit: "a"}}}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC),
		store: &memory{surveys: map[ID]Survey{}, participants: map[string]Participant{}, pools: map[string]Pool{}, results: map[ID]Result{}},
		staff: &staff{people: map[people.ID]people.UnitID{}, units: []people.Unit{
			{ID: "bo"}, {ID: "a", Path: []people.UnitID{"bo"}}, {ID: "b", Path: []people.UnitID{"bo"}}, {ID: "b1", Path: []people.UnitID{"bo", "b"}},
		}},
	}
	for u, n := range map[people.UnitID]int{"a": 12, "b": 7, "b1": 3} {
		for i := range n {
			w.staff.people[people.ID(fmt.Sprintf("%s-%02d", u, i))] = u
		}
	}
	w.Service = &Service{
		Surveys: w.store, Answers: w.store, People: w.staff, Zone: time.UTC, Now: func() time.Time { return w.now },
		NewID: func() string { w.n++; return fmt.Sprintf("s%02d", w.n) },
	}
	return w
}

func text(s string) people.Text { return people.Text{Vi: s, En: s + " (en)"} }

// content is a survey with one question of every kind.
func content() Content {
	options := func() []Option { return []Option{{Text: text("Một")}, {Text: text("Hai")}, {Text: text("Ba")}} }
	return Content{
		Title: text("Khảo sát"), Intro: text("Vài câu hỏi"), FromOn: "2026-03-02", UntilOn: "2026-03-06",
		Questions: []Question{
			{Kind: Satisfaction, Prompt: text("Hài lòng không?")},
			{Kind: Scale, Prompt: text("Dễ không?")},
			{Kind: Choice, Prompt: text("Chọn một"), Options: options()},
			{Kind: Several, Prompt: text("Chọn nhiều"), Options: options()},
			{Kind: Words, Prompt: text("Góp ý")},
		},
	}
}

// published is a survey that is open for units.
func (w *world) published(units ...people.UnitID) Survey {
	w.t.Helper()
	x := content()
	x.Units = units
	sv, err := w.Create(w.t.Context(), root, x)
	if err == nil {
		sv, err = w.Publish(w.t.Context(), root, sv.ID, sv.Version)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return sv
}

// submission is what the phone with that number sends.
func submission(id ID, phone, rating int, words string) Submission {
	answers := []Answer{{Question: "q1", Rating: rating}, {Question: "q2", Rating: 1 + phone%5}, {Question: "q3", Chosen: []string{"o1"}}, {Question: "q4", Chosen: []string{"o3", "o1"}}}
	if phone%2 == 0 {
		answers[2].Chosen = []string{"o2"}
	}
	if words != "" {
		answers = append(answers, Answer{Question: "q5", Text: words})
	}
	return Submission{Survey: id, Secret: fmt.Sprintf("%064x", 1000+phone), Answers: answers}
}

// answer must get the code want.
func (w *world) answer(p people.ID, x Submission, want string) {
	w.t.Helper()
	if code, err := w.Apply(w.t.Context(), p, x); err != nil || code != want {
		w.t.Fatalf("%s answers: %q, %v; want %q", p, code, err, want)
	}
}

// sheets are all answers that are kept.
func (m *memory) sheets() (out []Sheet) {
	for _, p := range m.pools {
		out = append(out, p.Sheets...)
	}
	return out
}
