package course

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// memory is a Store for tests. fail, if set, decides what happens at each call.
type memory struct {
	mu       sync.Mutex
	courses  map[ID]Course
	versions map[string]Version
	calls    int
	failAt   int  // the call that fails, from 1; 0: none
	lost     bool // it is done, but its answer is lost
}

var (
	errLost   = errors.New("answer lost")
	errCutOff = errors.New("cut off")
)

func newMemory() *memory { return &memory{courses: map[ID]Course{}, versions: map[string]Version{}} }

// copyOf makes what is kept independent of what the caller keeps, like a database.
func copyOf[T any](v T) T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out T
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

// do runs a write under the lock, or fails it.
func (m *memory) do(write func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.calls == m.failAt && !m.lost {
		return errCutOff
	}
	err := write()
	if m.calls == m.failAt && err == nil {
		return errLost
	}
	return err
}

func (m *memory) Courses(context.Context) (cs []Course, err error) {
	return cs, m.do(func() error {
		for _, c := range m.courses {
			c.Draft.Lessons, c.Draft.Quizzes = nil, nil
			cs = append(cs, c)
		}
		slices.SortFunc(cs, func(a, b Course) int { return strings.Compare(string(a.ID), string(b.ID)) })
		return nil
	})
}

func (m *memory) Course(_ context.Context, id ID) (c Course, err error) {
	return c, m.do(func() error {
		var ok bool
		if c, ok = m.courses[id]; !ok {
			return fault.New(fault.NotFound, "course_not_found", "no such course")
		}
		return nil
	})
}

func (m *memory) InsertCourse(_ context.Context, c Course) error {
	return m.do(func() error {
		if _, ok := m.courses[c.ID]; ok {
			return fault.New(fault.Conflict, "course_exists", "taken")
		}
		m.courses[c.ID] = c
		return nil
	})
}

func (m *memory) ReplaceCourse(_ context.Context, c Course) error {
	return m.do(func() error {
		if m.courses[c.ID].Version != c.Version {
			return fault.New(fault.Conflict, "changed_meanwhile", "changed")
		}
		c.Version++
		c.Settled = m.courses[c.ID].Settled
		m.courses[c.ID] = c
		return nil
	})
}

func (m *memory) SettleCourse(_ context.Context, id ID, n int) error {
	return m.do(func() error {
		c := m.courses[id]
		c.Settled = max(c.Settled, n)
		m.courses[id] = c
		return nil
	})
}

func (m *memory) Version(_ context.Context, id ID, n int) (v Version, err error) {
	return v, m.do(func() error {
		var ok bool
		if v, ok = m.versions[versionID(id, n)]; !ok {
			return fault.New(fault.NotFound, "version_not_found", "no such version")
		}
		return nil
	})
}

func (m *memory) Versions(_ context.Context, id ID) (vs []Version, err error) {
	return vs, m.do(func() error {
		for _, v := range m.versions {
			if v.Course == id {
				v.Content = Content{}
				vs = append(vs, v)
			}
		}
		slices.SortFunc(vs, func(a, b Version) int { return b.N - a.N })
		return nil
	})
}

func (m *memory) InsertVersion(_ context.Context, v Version) error {
	return m.do(func() error {
		if _, ok := m.versions[v.ID]; ok {
			return fault.New(fault.Conflict, "version_exists", "taken")
		}
		m.versions[v.ID] = copyOf(v)
		return nil
	})
}

var (
	trainer = people.Actor{ID: "t1", Grants: []people.Grant{{Role: people.Learner}, {Role: people.Trainer}}}
	other   = people.Actor{ID: "t2", Grants: []people.Grant{{Role: people.Learner}, {Role: people.Trainer}}}
	learner = people.Actor{ID: "l1", Grants: []people.Grant{{Role: people.Learner}}}
)

// service is a Service on an empty store, with a clock that goes on by itself.
func service(t testing.TB) (*Service, *memory) {
	t.Helper()
	m := newMemory()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	var mu sync.Mutex
	return &Service{Store: m, Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(3 * time.Second)
		return now
	}}, m
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
