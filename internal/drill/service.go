package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Store keeps templates, keys and runs.
type Store interface {
	// Templates returns every version of every template, in order of id and number.
	Templates(ctx context.Context) ([]Template, error)
	// InsertTemplate stores t; fault.Conflict if its key is taken.
	InsertTemplate(ctx context.Context, t Template) error
	// Key returns the key of a drill; fault.NotFound if there is none yet.
	Key(ctx context.Context, id ID) (Key, error)
	// InsertKey stores k; fault.Conflict if the drill has one already.
	InsertKey(ctx context.Context, k Key) error
	// Runs returns those of ids that are there, in no order.
	Runs(ctx context.Context, ids []string) ([]Run, error)
	// InsertRun stores r; fault.Conflict if its id is taken.
	InsertRun(ctx context.Context, r Run) error
	// ReplaceRun stores r with Version+1 if the stored one still has r.Version; fault.Conflict otherwise.
	ReplaceRun(ctx context.Context, r Run) error
	// DeleteRuns removes those of ids that are there.
	DeleteRuns(ctx context.Context, ids []string) error
}

// Service publishes drills and keeps what people do in them. Its methods are safe
// for concurrent use. It must not be copied.
type Service struct {
	Store     Store
	Sums      TotalsStore
	Now       func() time.Time
	NewSecret func() []byte        // 32 random bytes
	Kept      func() time.Duration // a person's run, after its last change; nil: 180 days

	mu       sync.Mutex
	loadedAt time.Time
	newest   []*Published // in order of id
	all      map[string]*Published
	keys     map[ID]Key
}

// Published is a template ready to be served. It is shared and must not be changed.
type Published struct {
	Template Template
	JSON     []byte // Template, encoded once
	ETag     string // of JSON, with its quotes
}

// fresh is how old the list may be: another copy of the program may publish.
const fresh = 2 * time.Second

// tries is how often a conditional update is tried again.
const tries = 20

// List returns the newest version of every drill, in order of id. It is at most
// two seconds old.
func (s *Service) List(ctx context.Context) ([]*Published, error) {
	newest, _, err := s.load(ctx)
	return newest, err
}

func (s *Service) load(ctx context.Context) ([]*Published, map[string]*Published, error) {
	now := s.Now()
	s.mu.Lock()
	newest, all, at := s.newest, s.all, s.loadedAt
	s.mu.Unlock()
	if newest != nil && now.Sub(at) < fresh && !now.Before(at) {
		return newest, all, nil
	}
	ts, err := s.Store.Templates(ctx)
	if err != nil {
		return nil, nil, err
	}
	newest = []*Published{}
	next := map[string]*Published{}
	for _, t := range ts {
		p := all[t.Key] // encoded before: it never changes
		if p == nil {
			if p, err = render(t); err != nil {
				return nil, nil, err
			}
		}
		next[t.Key] = p
		if n := len(newest); n > 0 && newest[n-1].Template.ID == t.ID {
			newest = newest[:n-1]
		}
		newest = append(newest, p)
	}
	s.mu.Lock()
	s.newest, s.all, s.loadedAt = newest, next, now
	s.mu.Unlock()
	return newest, next, nil
}

func render(t Template) (*Published, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(t.normal()); err != nil {
		return nil, fmt.Errorf("encode template: %w", err)
	}
	return &Published{Template: t, JSON: []byte(strings.TrimSuffix(b.String(), "\n")), ETag: fmt.Sprintf("%q", t.Hash+"-"+strconv.Itoa(t.N))}, nil
}

// Latest returns the newest version of a drill; fault.NotFound if there is none.
func (s *Service) Latest(ctx context.Context, id ID) (*Published, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.Template.ID == id {
			return p, nil
		}
	}
	return nil, notFound()
}

// Version returns version n of a drill; fault.NotFound if there is none.
func (s *Service) Version(ctx context.Context, id ID, n int) (*Published, error) {
	_, all, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if p := all[templateKey(id, n)]; p != nil {
		return p, nil
	}
	return nil, notFound()
}

func notFound() error { return fault.New(fault.NotFound, DrillNotFound, "no such drill") }

func templateKey(id ID, n int) string { return fmt.Sprintf("%s@%d", id, n) }

// Outcome is what publishing did with one drill.
type Outcome struct {
	Drill     ID   `json:"drill"`
	N         int  `json:"n"`
	Published bool `json:"published"` // false: nothing changed
}

// Publish makes each template that differs from its newest version the next one.
// Doing it again changes nothing.
func (s *Service) Publish(ctx context.Context, ts []Template) ([]Outcome, error) {
	var out []Outcome
	for _, t := range ts {
		o, err := s.publish(ctx, t)
		if err != nil {
			return out, fmt.Errorf("publish drill %s: %w", t.ID, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func (s *Service) publish(ctx context.Context, t Template) (Outcome, error) {
	t = t.normal()
	t.Hash = t.contentHash()
	for range tries {
		s.forget()
		before, err := s.Latest(ctx, t.ID)
		switch {
		case err == nil && before.Template.Hash == t.Hash:
			return Outcome{Drill: t.ID, N: before.Template.N}, nil
		case err == nil:
			t.N = before.Template.N + 1
		case fault.KindOf(err) == fault.NotFound:
			t.N = 1
		default:
			return Outcome{}, err
		}
		t.Key, t.PublishedAt = templateKey(t.ID, t.N), s.Now()
		err = s.Store.InsertTemplate(ctx, t)
		if err == nil {
			s.forget()
			return Outcome{Drill: t.ID, N: t.N, Published: true}, nil
		}
		if fault.KindOf(err) != fault.Conflict {
			return Outcome{}, err
		}
	}
	return Outcome{}, busy()
}

// forget makes the next load read again.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = nil
}

func busy() error {
	return fault.New(fault.Unavailable, "busy", "the drill is being changed too often, try again")
}

// key returns the key of a drill, and makes it the first time somebody needs it.
func (s *Service) key(ctx context.Context, id ID) (Key, error) {
	s.mu.Lock()
	k, ok := s.keys[id]
	s.mu.Unlock()
	if ok {
		return k, nil
	}
	k, err := s.Store.Key(ctx, id)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		k = Key{ID: id, Secret: s.NewSecret()}
		err = s.Store.InsertKey(ctx, k)
		if err != nil && fault.KindOf(err) == fault.Conflict { // another copy of the program was faster
			k, err = s.Store.Key(ctx, id)
		}
	}
	if err != nil {
		return Key{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[ID]Key{}
	}
	s.keys[id] = k
	return k, nil
}

// Hash is the hash of a payload with the key of the drill; fault.NotFound if there
// is no such drill.
func (s *Service) Hash(ctx context.Context, id ID, payload []byte) (string, error) {
	if _, err := s.Latest(ctx, id); err != nil {
		return "", err
	}
	k, err := s.key(ctx, id)
	if err != nil {
		return "", err
	}
	return k.mac(append([]byte("op:"), payload...)), nil
}

// Runs returns the runs of a person by drill. Drills not begun are left out.
func (s *Service) Runs(ctx context.Context, p people.ID) (map[ID]Run, error) {
	ids, err := s.runIDs(ctx, p)
	if err != nil {
		return nil, err
	}
	runs := map[ID]Run{}
	if len(ids) == 0 {
		return runs, nil
	}
	found, err := s.Store.Runs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		runs[r.Drill] = r
	}
	return runs, nil
}

// Erase removes what a person did in every drill. To repeat it changes nothing.
func (s *Service) Erase(ctx context.Context, p people.ID) error {
	ids, err := s.runIDs(ctx, p)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.Store.DeleteRuns(ctx, ids)
}

// runIDs are the ids that a person's runs have, begun or not.
func (s *Service) runIDs(ctx context.Context, p people.ID) ([]string, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(list))
	for _, d := range list {
		k, err := s.key(ctx, d.Template.ID)
		if err != nil {
			return nil, err
		}
		ids = append(ids, k.runID(p))
	}
	return ids, nil
}

// Apply applies events of one person to one drill, in order, and returns for each
// the code of its rejection, "" if it was applied. Doing it again changes nothing.
func (s *Service) Apply(ctx context.Context, p people.ID, id ID, events []Event) ([]string, error) {
	k, err := s.key(ctx, id)
	if err != nil {
		return nil, err
	}
	for range tries {
		runs, err := s.Store.Runs(ctx, []string{k.runID(p)})
		if err != nil {
			return nil, err
		}
		r := Run{ID: k.runID(p), Drill: id, Version: 1}
		isNew := len(runs) == 0
		if !isNew {
			r = runs[0]
		}
		r = r.clone()
		codes, changed, err := s.apply(ctx, &r, isNew, events)
		if err != nil || !changed {
			return codes, err
		}
		if isNew {
			err = s.Store.InsertRun(ctx, r)
		} else {
			err = s.Store.ReplaceRun(ctx, r)
		}
		if err == nil || fault.KindOf(err) != fault.Conflict {
			return codes, err
		}
	}
	return nil, busy()
}

// apply applies events to r, which takes the number of the first event's template if it is new.
func (s *Service) apply(ctx context.Context, r *Run, isNew bool, events []Event) (codes []string, changed bool, err error) {
	codes = make([]string, len(events))
	for i, e := range events {
		_, err := s.Version(ctx, r.Drill, e.N)
		if err != nil && fault.KindOf(err) == fault.NotFound {
			codes[i] = DrillNotFound
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if isNew && !changed {
			r.N = e.N
		}
		t, err := s.Version(ctx, r.Drill, r.N)
		if err != nil {
			return nil, false, err
		}
		var did bool
		did, codes[i] = r.apply(t.Template, e)
		changed = changed || did
		if did && s.Kept != nil {
			r.ExpiresAt = r.ChangedAt.Add(s.Kept())
		}
	}
	return codes, changed, nil
}
