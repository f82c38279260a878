package people

import (
	"context"
	"slices"
	"sync"
	"time"

	"hocso/internal/fault"
)

// How old what is kept in memory may be. Changes made through this process act at
// once; those of other copies of the program within this time (trust, requirement
// 11 allows 30 s).
const (
	treeFresh   = 5 * time.Second
	personFresh = 10 * time.Second
	stale       = 20 * time.Second // served while somebody else is reading anew
	mostPersons = 20_000
)

// tree is all units as they were at one moment. It is never changed.
type tree struct {
	all   []Unit          // also those that were removed
	list  []Unit          // those that are there
	at    map[UnitID]int  // in list
	gone  map[UnitID]Unit // removed
	heads map[ID][]UnitID // anyone who ever was head or deputy of a unit in list, with these
	read  time.Time
}

func newTree(units []Unit, read time.Time) *tree {
	t := &tree{all: units, at: make(map[UnitID]int, len(units)), gone: map[UnitID]Unit{}, heads: map[ID][]UnitID{}, read: read}
	paths := pathsOf(units) // the parents are the truth; a stored path may be of before an interrupted move
	for i, u := range units {
		units[i].Path = paths[u.ID]
		if u.RemovedAt != nil {
			t.gone[u.ID] = units[i]
			continue
		}
		t.at[u.ID] = len(t.list)
		t.list = append(t.list, units[i])
		for _, h := range u.Heads {
			if !slices.Contains(t.heads[h.Person], u.ID) {
				t.heads[h.Person] = append(t.heads[h.Person], u.ID)
			}
		}
	}
	return t
}

// unit returns one that is there.
func (t *tree) unit(id UnitID) (Unit, bool) {
	i, ok := t.at[id]
	if !ok {
		return Unit{}, false
	}
	return t.list[i], true
}

// known returns a unit, also one that was removed: those who left while they were in it,
// and what was done there, still belong below the units above.
func (t *tree) known(id UnitID) (Unit, bool) {
	if u, ok := t.unit(id); ok {
		return u, true
	}
	u, ok := t.gone[id]
	return u, ok
}

// headOf returns the units that p leads on day, as head or deputy.
func (t *tree) headOf(p ID, day string) []UnitID {
	var led []UnitID
	for _, id := range t.heads[p] {
		u := t.list[t.at[id]]
		if slices.ContainsFunc(u.Heads, func(h Headship) bool {
			return h.Person == p && h.From <= day && (h.To == "" || h.To >= day)
		}) {
			led = append(led, id)
		}
	}
	return led
}

// treeCache keeps the newest tree. The generation keeps a reading that began
// before a change of ours from hiding that change.
type treeCache struct {
	mu         sync.Mutex
	tree       *tree
	generation int
	reading    bool
}

func (c *treeCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tree = nil
	c.generation++
}

// units returns the tree, at most treeFresh old. While one caller reads it anew,
// the others get the old one rather than wait behind a slow database.
func (s *Service) units(ctx context.Context) (*tree, error) {
	c, now := &s.tree, s.Now()
	c.mu.Lock()
	if t := c.tree; t != nil {
		age := now.Sub(t.read)
		if age < treeFresh || c.reading && age < stale {
			c.mu.Unlock()
			return t, nil
		}
	}
	generation := c.generation
	c.reading = true
	c.mu.Unlock()

	list, err := s.UnitStore.Units(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = false
	if err != nil {
		return nil, err
	}
	t := newTree(list, now)
	if c.generation == generation {
		c.tree = t
	}
	return t, nil
}

// Units returns all units sorted by id, also removed ones, at most 5 s old. The slice
// is shared: the caller does not change it.
func (s *Service) Units(ctx context.Context) ([]Unit, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	return t.all, nil
}

// Unit returns one unit, at most 5 s old; fault.NotFound unit_not_found if there is none.
func (s *Service) Unit(ctx context.Context, id UnitID) (Unit, error) {
	t, err := s.units(ctx)
	if err != nil {
		return Unit{}, err
	}
	u, ok := t.unit(id)
	if !ok {
		return Unit{}, unitNotFound()
	}
	return u, nil
}

// Below returns the ids of units and of everything below them, also what was removed
// there; those that do not exist are left out.
func (s *Service) Below(ctx context.Context, units []UnitID) ([]UnitID, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	return t.below(units), nil
}

func (t *tree) below(units []UnitID) []UnitID {
	var below []UnitID
	for _, u := range t.all {
		if slices.Contains(units, u.ID) || slices.ContainsFunc(u.Path, func(id UnitID) bool { return slices.Contains(units, id) }) {
			below = append(below, u.ID)
		}
	}
	return below
}

// HeadOf returns the units that p leads today, as head or deputy.
func (s *Service) HeadOf(ctx context.Context, p ID) ([]UnitID, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	return t.headOf(p, s.Today()), nil
}

func unitNotFound() error { return fault.New(fault.NotFound, "unit_not_found", "no such unit") }
