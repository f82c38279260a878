package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
)

// text is everything that is kept of runs.
func text(runs map[string]Run) string {
	b, err := json.Marshal(runs)
	if err != nil {
		panic(err)
	}
	for _, r := range runs {
		b = fmt.Appendf(b, " %s %d %v", r.ID, r.Version, r.ExpiresAt)
	}
	return string(b)
}

// memory is a Store for tests.
type memory struct {
	mu        sync.Mutex
	templates []Template
	keys      map[ID]Key
	runs      map[string]Run
	calls     int
	failAt    int // the call that fails, from 1; 0: none
	lost      bool
}

var errCutOff = errors.New("cut off")

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

func taken() error { return fault.New(fault.Conflict, "taken", "taken") }

func (m *memory) Templates(context.Context) (ts []Template, err error) {
	return ts, m.do(func() error {
		ts = append(ts, m.templates...)
		for i := range ts { // a few: bubble them into order of id and number
			for j := i; j > 0 && (ts[j-1].ID > ts[j].ID || ts[j-1].ID == ts[j].ID && ts[j-1].N > ts[j].N); j-- {
				ts[j-1], ts[j] = ts[j], ts[j-1]
			}
		}
		return nil
	})
}

func (m *memory) InsertTemplate(_ context.Context, t Template) error {
	return m.do(func() error {
		for _, x := range m.templates {
			if x.Key == t.Key {
				return taken()
			}
		}
		m.templates = append(m.templates, t)
		return nil
	})
}

func (m *memory) Key(_ context.Context, id ID) (k Key, err error) {
	return k, m.do(func() error {
		var ok bool
		if k, ok = m.keys[id]; !ok {
			return fault.New(fault.NotFound, "drill_key_not_found", "none")
		}
		return nil
	})
}

func (m *memory) InsertKey(_ context.Context, k Key) error {
	return m.do(func() error {
		if _, ok := m.keys[k.ID]; ok {
			return taken()
		}
		m.keys[k.ID] = k
		return nil
	})
}

func (m *memory) Runs(_ context.Context, ids []string) (rs []Run, err error) {
	return rs, m.do(func() error {
		for _, id := range ids {
			if r, ok := m.runs[id]; ok {
				rs = append(rs, r.clone())
			}
		}
		return nil
	})
}

func (m *memory) InsertRun(_ context.Context, r Run) error {
	return m.do(func() error {
		if _, ok := m.runs[r.ID]; ok {
			return taken()
		}
		m.runs[r.ID] = r.clone()
		return nil
	})
}

func (m *memory) DeleteRuns(_ context.Context, ids []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		delete(m.runs, id)
	}
	return nil
}

func (m *memory) ReplaceRun(_ context.Context, r Run) error {
	return m.do(func() error {
		if m.runs[r.ID].Version != r.Version {
			return taken()
		}
		r.Version++
		m.runs[r.ID] = r.clone()
		return nil
	})
}

var t0 = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func service(t testing.TB) (*Service, *memory) {
	t.Helper()
	m := &memory{keys: map[ID]Key{}, runs: map[string]Run{}}
	var mu sync.Mutex
	now, secrets := t0, 0
	s := &Service{Store: m, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}, NewSecret: func() []byte {
		mu.Lock()
		defer mu.Unlock()
		secrets++
		return fmt.Appendf(nil, "secret number %d of the tests....", secrets)
	}}
	if _, err := s.Publish(context.Background(), []Template{real1(t)}); err != nil {
		t.Fatal(err)
	}
	return s, m
}
