package people

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hocso/internal/fault"
)

// Limits of the tree of units.
const (
	unitIDMost = 64
	deepest    = 20
	mostHeads  = 50
)

// UnitCount is a unit, how many people who are not closed are directly in it, and who
// answers for it today; nil: the administrators of the organisation.
type UnitCount struct {
	Unit
	People    int        `json:"people"`
	Answering *Answering `json:"answering,omitempty"`
}

// UnitsIn returns the units within which a may do any of the permissions, sorted by id.
func (s *Service) UnitsIn(ctx context.Context, a Actor, any ...Permission) ([]UnitCount, error) {
	t, err := s.units(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.UnitStore.CountByUnit(ctx)
	if err != nil {
		return nil, err
	}
	units := []UnitCount{}
	for _, u := range t.list {
		if slices.ContainsFunc(any, func(p Permission) bool { return a.Covers(p, u.ID, u.Path) }) {
			units = append(units, UnitCount{Unit: u, People: counts[u.ID]})
		}
	}
	list := make([]Unit, len(units))
	for i, u := range units {
		list[i] = u.Unit
	}
	answering, err := s.AnsweringFor(ctx, list)
	if err != nil {
		return nil, err
	}
	for i, u := range units {
		if a, ok := answering[u.ID]; ok {
			units[i].Answering = &a
		}
	}
	return units, nil
}

// UnitDraft is a new unit. An empty ID is made from the Vietnamese name.
type UnitDraft struct {
	ID     UnitID
	Name   Text
	Parent UnitID
}

// AddUnit stores a new unit below one that a manages. fault.Invalid for its parent,
// fault.Conflict unit_taken.
func (s *Service) AddUnit(ctx context.Context, a Actor, d UnitDraft) (Unit, error) {
	if err := s.mayParent(ctx, a, d.Parent); err != nil {
		return Unit{}, err
	}
	t, err := s.units(ctx)
	if err != nil {
		return Unit{}, err
	}
	if d.ID == "" {
		d.ID = freeID(t, UnitSlug(d.Name.Vi))
	}
	u := Unit{ID: d.ID, Name: d.Name, Parent: d.Parent, Path: t.pathBelow(d.Parent), Heads: []Headship{}, ChangedAt: s.Now(), Version: 1}
	if len(u.Path) >= deepest {
		return Unit{}, invalid("parent", "too_deep")
	}
	defer s.tree.forget()
	if err := s.UnitStore.InsertUnits(ctx, []Unit{u}); err != nil {
		return Unit{}, err
	}
	return s.liftUnits(ctx, u)
}

// mayParent refuses a parent that a does not manage, in the same words as one that
// does not exist.
func (s *Service) mayParent(ctx context.Context, a Actor, parent UnitID) error {
	err := s.mayPlace(ctx, a, parent)
	if fault.KindOf(err) == fault.Invalid && err != nil {
		return invalid("parent", "unknown")
	}
	return err
}

// pathBelow is the path of what lies directly below parent.
func (t *tree) pathBelow(parent UnitID) []UnitID {
	u, ok := t.unit(parent)
	if !ok {
		return []UnitID{}
	}
	return append(slices.Clone(u.Path), parent)
}

// managedUnit returns a unit that a manages; fault.NotFound unit_not_found for others.
func (s *Service) managedUnit(ctx context.Context, a Actor, id UnitID) (Unit, error) {
	u, err := s.Unit(ctx, id)
	if err == nil && !a.Covers(ManagePeople, u.ID, u.Path) {
		err = unitNotFound()
	}
	return u, err
}

// ChangeUnit renames a unit or moves it with all that is below it. nil leaves as it
// is. fault.NotFound for a unit that a does not manage; fault.Invalid for a parent
// that a does not manage, that is below the unit, or that would make the tree too
// deep; fault.Conflict changed_meanwhile.
func (s *Service) ChangeUnit(ctx context.Context, a Actor, id UnitID, name *Text, parent *UnitID) (Unit, error) {
	u, err := s.managedUnit(ctx, a, id)
	if err != nil {
		return Unit{}, err
	}
	if parent != nil && *parent != u.Parent {
		if err := s.mayParent(ctx, a, *parent); err != nil {
			return Unit{}, err
		}
	}
	defer s.tree.forget()
	stored, err := s.UnitStore.Units(ctx) // not the copy in memory: the paths as they are stored count
	if err != nil {
		return Unit{}, err
	}
	i := slices.IndexFunc(stored, func(u Unit) bool { return u.ID == id && u.RemovedAt == nil })
	if i < 0 {
		return Unit{}, unitNotFound()
	}
	wanted := slices.Clone(stored)
	if name != nil {
		wanted[i].Name = *name
	}
	if parent != nil {
		wanted[i].Parent = *parent
		if code := placesOf(wanted).fault(id); code != "" {
			return Unit{}, invalid("parent", code)
		}
	}
	changed := s.differing(stored, wanted)
	if err := s.UnitStore.ReplaceUnits(ctx, changed); err != nil {
		return Unit{}, err
	}
	for _, u := range changed {
		if u.ID == id {
			u.Version++
			return s.liftUnits(ctx, u)
		}
	}
	return stored[i], nil
}

// differing returns those of wanted, with their paths made anew, that differ from
// what is stored. A path that an interrupted move left behind differs too, so the
// next change of any unit repairs it.
func (s *Service) differing(stored, wanted []Unit) []Unit {
	before := make(map[UnitID]Unit, len(stored))
	for _, u := range stored {
		before[u.ID] = u
	}
	paths := pathsOf(wanted)
	var changed []Unit
	for _, u := range wanted {
		u.Path = paths[u.ID]
		b := before[u.ID]
		if b.Name != u.Name || b.Parent != u.Parent || !slices.Equal(b.Path, u.Path) || !slices.Equal(b.Heads, u.Heads) {
			u.ChangedAt = s.Now()
			changed = append(changed, u)
		}
	}
	return changed
}

// pathsOf returns the ancestors of each unit, from the top, by following parents. A
// ring, which only two moves at the same moment can make, is cut where it closes.
func pathsOf(units []Unit) map[UnitID][]UnitID {
	parents := make(map[UnitID]UnitID, len(units))
	for _, u := range units {
		parents[u.ID] = u.Parent
	}
	paths := make(map[UnitID][]UnitID, len(units))
	for _, u := range units {
		path := []UnitID{}
		for up := u.Parent; up != "" && up != u.ID && !slices.Contains(path, up); up = parents[up] {
			if _, ok := parents[up]; !ok {
				break
			}
			path = append(path, up)
		}
		slices.Reverse(path)
		paths[u.ID] = path
	}
	return paths
}

// places is how units lie in each other.
type places struct {
	parents map[UnitID]UnitID
	deep    map[UnitID]bool // units that lie too deep, and all above them
}

func placesOf(units []Unit) places {
	p := places{make(map[UnitID]UnitID, len(units)), map[UnitID]bool{}}
	for _, u := range units {
		p.parents[u.ID] = u.Parent
	}
	for of, path := range pathsOf(units) {
		if len(path) >= deepest {
			for _, id := range append(path, of) {
				p.deep[id] = true
			}
		}
	}
	return p
}

// fault returns why id cannot be where it is: "cycle", "too_deep", or "".
func (p places) fault(id UnitID) string {
	for up, n := p.parents[id], 0; up != ""; up, n = p.parents[up], n+1 {
		if up == id || n > len(p.parents) {
			return "cycle"
		}
	}
	if p.deep[id] {
		return "too_deep"
	}
	return ""
}

// SetHeads replaces the heads and deputies of a unit that a manages. fault.Invalid
// names the entry: unknown (no such open person whom a manages, unless they were
// there before), left (begins after the person's last day), order (ends before it
// begins), overlap (two heads on one day).
func (s *Service) SetHeads(ctx context.Context, a Actor, id UnitID, heads []Headship) (Unit, error) {
	u, err := s.managedUnit(ctx, a, id)
	if err != nil {
		return Unit{}, err
	}
	if len(heads) > mostHeads {
		return Unit{}, invalid("heads", "max")
	}
	for i, h := range heads {
		at := "heads[" + strconv.Itoa(i) + "]"
		if !slices.ContainsFunc(u.Heads, func(b Headship) bool { return b.Person == h.Person }) {
			p, err := s.Managed(ctx, a, h.Person)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return Unit{}, err
			}
			if err != nil || s.Gone(p) {
				return Unit{}, invalid(at+".person", "unknown")
			}
			if p.LeftOn != "" && h.From > p.LeftOn {
				return Unit{}, invalid(at+".from", "left")
			}
		}
		if h.To != "" && h.To < h.From {
			return Unit{}, invalid(at+".to", "order")
		}
		for _, b := range heads[:i] {
			if !h.Deputy && !b.Deputy && (h.To == "" || b.From <= h.To) && (b.To == "" || h.From <= b.To) {
				return Unit{}, invalid(at+".from", "overlap")
			}
		}
	}
	defer s.tree.forget()
	u.Heads, u.ChangedAt = append([]Headship{}, heads...), s.Now()
	if err := s.UnitStore.ReplaceUnits(ctx, []Unit{u}); err != nil {
		return Unit{}, err
	}
	u.Version++
	return u, nil
}

// SetPortal says whether anybody may see what is publicly announced to a unit that a
// manages, on web pages and in feeds. fault.Conflict changed_meanwhile.
func (s *Service) SetPortal(ctx context.Context, a Actor, id UnitID, on bool) (Unit, error) {
	u, err := s.managedUnit(ctx, a, id)
	if err != nil || u.Portal == on {
		return u, err
	}
	defer s.tree.forget()
	u.Portal, u.ChangedAt = on, s.Now()
	if err := s.UnitStore.ReplaceUnits(ctx, []Unit{u}); err != nil {
		return Unit{}, err
	}
	u.Version++
	return u, nil
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`) // never assigned again

// UnitSlug makes a unit's id out of a name or a code: folded, with hyphens, at most
// 64 characters; "" if nothing is left.
func UnitSlug(name string) UnitID {
	id := strings.Trim(notSlug.ReplaceAllString(Fold(name), "-"), "-")
	if len(id) > unitIDMost {
		id = strings.Trim(id[:unitIDMost], "-")
	}
	return UnitID(id)
}

// freeID returns id, or id with the first number that makes it new.
func freeID(t *tree, id UnitID) UnitID {
	if id == "" {
		id = "unit"
	}
	base := strings.Trim(string(id[:min(len(id), unitIDMost-6)]), "-")
	for n := 2; ; n++ {
		if _, taken := t.known(id); !taken {
			return id
		}
		id = UnitID(base + "-" + strconv.Itoa(n))
	}
}

// appoint returns heads with p as head from day on; whoever was head until then
// ends the day before, or never was if they began that same day.
func appoint(heads []Headship, p ID, day string) []Headship {
	var kept []Headship
	for _, h := range heads {
		if !h.Deputy && (h.To == "" || h.To >= day) {
			if h.From >= day {
				continue
			}
			h.To = dayBefore(day)
		}
		kept = append(kept, h)
	}
	return append(kept, Headship{Person: p, From: day})
}

func dayBefore(day string) string {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return d.AddDate(0, 0, -1).Format(time.DateOnly)
}
