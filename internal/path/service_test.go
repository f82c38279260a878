package path

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// memory is a Store for tests.
type memory struct {
	mu    sync.Mutex
	paths map[ID]Path
}

func (m *memory) Paths(context.Context) (all []Path, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.paths {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Path) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all, nil
}

func (m *memory) Path(_ context.Context, id ID) (Path, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.paths[id]
	if !ok {
		return p, notFound()
	}
	return p, nil
}

func (m *memory) InsertPath(_ context.Context, p Path) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.paths[p.ID]; ok {
		return fault.New(fault.Conflict, "path_exists", "there is such a path already")
	}
	m.paths[p.ID] = p
	return nil
}

func (m *memory) ReplacePath(_ context.Context, p Path) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paths[p.ID].Version != p.Version {
		return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile")
	}
	p.Version++
	m.paths[p.ID] = p
	return nil
}

// shelf has courses of ten minutes.
type shelf []course.ID

func (s shelf) List(context.Context) (list []*course.Published, err error) {
	for _, id := range s {
		p := &course.Published{}
		p.Version.Course, p.Summary.Minutes = id, 10
		list = append(list, p)
	}
	return list, nil
}

var (
	trainer = people.Actor{ID: "t1", Grants: []people.Grant{{Role: people.Trainer}}}
	other   = people.Actor{ID: "t2", Grants: []people.Grant{{Role: people.Trainer}}}
	local   = people.Actor{ID: "t3", Grants: []people.Grant{{Role: people.Trainer, Unit: "a"}}}
)

func newService() (*Service, *memory) {
	m := &memory{paths: map[ID]Path{}}
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	return &Service{Store: m, Courses: shelf{"a", "b", "c"}, Now: func() time.Time { return now }}, m
}

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestLifeOfAPath(t *testing.T) {
	ctx := t.Context()
	s, _ := newService()
	try := func(p Path, err error) Path {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	refused := func(want string) func(Path, error) {
		return func(_ Path, err error) {
			t.Helper()
			if code(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
	title := people.Text{Vi: " Lộ trình ", En: "Path"}
	refused("invalid_fields")(s.Create(ctx, trainer, "No slug", title))
	refused("invalid_fields")(s.Create(ctx, trainer, "x", people.Text{Vi: "x"}))
	p := try(s.Create(ctx, trainer, "p", title))
	if p.Draft.Title.Vi != "Lộ trình" || p.Draft.Steps == nil || p.Owner != "t1" {
		t.Errorf("created %+v", p)
	}
	refused("path_exists")(s.Create(ctx, other, "p", title))
	refused("path_not_found")(s.Find(ctx, other, "p"))
	refused("path_not_found")(s.Save(ctx, other, "p", 1, good()))
	refused("path_not_found")(s.Publish(ctx, local, "p", 1))
	refused("draft_incomplete")(s.Publish(ctx, trainer, "p", p.Version))
	refused("draft_too_large")(s.Save(ctx, trainer, "p", p.Version, Layout{Steps: make([]Stage, 21)}))
	refused("draft_too_large")(s.Save(ctx, trainer, "p", p.Version, Layout{Steps: []Stage{step(0, "no slug")}}))
	refused("wrong_state")(s.Retire(ctx, trainer, "p", p.Version))

	old := p.Version
	p = try(s.Save(ctx, trainer, "p", old, good()))
	refused("draft_changed")(s.Save(ctx, trainer, "p", old, good()))
	refused("draft_changed")(s.Publish(ctx, trainer, "p", old))
	refused("draft_changed")(s.Retire(ctx, trainer, "p", old))
	p = try(s.Publish(ctx, trainer, "p", p.Version))
	first := p.Versions[0]
	refused("nothing_changed")(s.Publish(ctx, trainer, "p", p.Version))
	if v, err := s.Latest(ctx, "p"); err != nil || v.N != 1 || v.Minutes != 20 {
		t.Errorf("latest %+v, %v", v, err)
	}

	next := good()
	next.Steps = next.Steps[:1]
	p = try(s.Save(ctx, trainer, "p", p.Version, next))
	if v, err := s.Latest(ctx, "p"); err != nil || len(v.Steps) != 2 {
		t.Errorf("a draft is seen: %+v, %v", v, err)
	}
	p = try(s.Publish(ctx, trainer, "p", p.Version))
	if len(p.Versions) != 2 || p.Versions[1].N != 2 || p.Versions[0].Content.hash() != first.Content.hash() {
		t.Errorf("versions %+v", p.Versions)
	}
	p = try(s.Retire(ctx, trainer, "p", p.Version))
	if _, err := s.Latest(ctx, "p"); code(err) != "path_not_found" {
		t.Errorf("a retired one is offered: %v", err)
	}
	p = try(s.Publish(ctx, trainer, "p", p.Version))
	if p.Retired || len(p.Versions) != 2 {
		t.Errorf("offered again: %+v", p)
	}
	if list, err := s.Authored(ctx, other); err != nil || len(list) != 0 {
		t.Errorf("somebody else's list: %v, %v", list, err)
	}
	p.Versions = make([]Version, mostVersions)
	p.Draft.Title.Vi = "Khác"
	if err := s.Store.ReplacePath(ctx, p); err != nil {
		t.Fatal(err)
	}
	refused("too_many_versions")(s.Publish(ctx, trainer, "p", p.Version+1))
}

func TestMine(t *testing.T) {
	ctx := t.Context()
	s, m := newService()
	one := Layout{Title: people.Text{Vi: "1", En: "1"}, Steps: []Stage{step(0, "a"), step(0, "b")}}
	two := Layout{Title: people.Text{Vi: "2", En: "2"}, Steps: []Stage{step(0, "c"), step(0, "b")}}
	for _, p := range []Path{{ID: "draft"}, {ID: "new"}, {ID: "old", Retired: true}} {
		if p.ID != "draft" {
			p.publish(Version{Content: one})
			p.publish(Version{Content: two})
		}
		m.paths[p.ID] = p
	}
	for _, tt := range []struct {
		name      string
		asked     map[ID]int
		completed []course.ID
		want      string
	}{
		{"what is offered", nil, nil, "new@2"},
		{"a retired one whose first step is done", nil, []course.ID{"c"}, "new@2 old@2"},
		{"a later step alone is not being on it", nil, []course.ID{"b"}, "new@2"},
		{"what campaigns ask for, in their version", map[ID]int{"new": 1, "old": 1}, nil, "new@1 old@1"},
		{"a version that is not there", map[ID]int{"new": 7}, nil, "new@2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			views, err := s.Mine(ctx, tt.asked, among(tt.completed...))
			var got []string
			for _, v := range views {
				got = append(got, string(v.ID)+"@"+string(rune('0'+v.N)))
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestPublishFolder(t *testing.T) {
	ctx := t.Context()
	s, m := newService()
	folder := []FolderPath{{ID: "p", Content: good()}}
	publish := func(want Outcome) {
		t.Helper()
		got, err := s.PublishFolder(ctx, folder)
		if want.Path = "p"; err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	publish(Outcome{N: 1, Published: true})
	publish(Outcome{N: 1})
	folder[0].Content.Title.En = "Another"
	publish(Outcome{N: 2, Published: true})
	if p := m.paths["p"]; p.Dirty() || p.Owner != "" || p.Versions[0].Source != FromFolder {
		t.Errorf("published %+v", p)
	}

	p := m.paths["p"]
	draft := p.Draft
	draft.Title.Vi = "Bản nháp của tôi"
	if _, err := s.Save(ctx, trainer, "p", p.Version, draft); err != nil {
		t.Fatal(err)
	}
	folder[0].Content.Title.En = "A third"
	publish(Outcome{N: 3, Published: true})
	if p := m.paths["p"]; p.Draft.Title.Vi != "Bản nháp của tôi" {
		t.Error("the folder replaced a draft that somebody works on")
	}
	if _, err := s.Publish(ctx, trainer, "p", m.paths["p"].Version); err != nil {
		t.Fatal(err)
	}
	publish(Outcome{N: 4, LeftAlone: true})

	// Many copies of the program start at once.
	s2, m2 := newService()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s2.PublishFolder(ctx, folder); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(m2.paths["p"].Versions); n != 1 {
		t.Errorf("eight copies made %d versions", n)
	}
}
