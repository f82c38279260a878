package path

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/source"
)

// Store keeps paths.
type Store interface {
	// Paths returns all paths in order of id.
	Paths(ctx context.Context) ([]Path, error)
	// Path returns one; fault.NotFound if there is none.
	Path(ctx context.Context, id ID) (Path, error)
	// InsertPath stores p; fault.Conflict path_exists if its id is taken.
	InsertPath(ctx context.Context, p Path) error
	// ReplacePath stores p with Version+1 if the stored one still has p.Version; fault.Conflict otherwise.
	ReplacePath(ctx context.Context, p Path) error
}

// Courses knows what is published. *course.Service is one.
type Courses interface {
	// List returns the newest version of every published course.
	List(ctx context.Context) ([]*course.Published, error)
}

// Service looks after paths. Every field is needed. It must not be copied.
type Service struct {
	Store   Store
	Courses Courses
	Now     func() time.Time

	mu     sync.Mutex
	list   []Path
	till   time.Time
	writes int // counts own writes, so that a reading under way does not fill the cache with what was before them
}

// fresh is how long what is published may be behind another copy of the program.
const fresh = 2 * time.Second

// all returns all paths, at most two seconds old. They must not be changed.
func (s *Service) all(ctx context.Context) ([]Path, error) {
	now := s.Now()
	s.mu.Lock()
	list, till, writes := s.list, s.till, s.writes
	s.mu.Unlock()
	if now.Before(till) {
		return list, nil
	}
	list, err := s.Store.Paths(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes == writes {
		s.list, s.till = list, now.Add(fresh)
	}
	return list, nil
}

// wrote forgets what is in memory after a write of this process.
func (s *Service) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.till = time.Time{}
	s.writes++
}

// courses returns the minutes of every published course.
func (s *Service) courses(ctx context.Context) (map[course.ID]int, error) {
	list, err := s.Courses.List(ctx)
	if err != nil {
		return nil, err
	}
	minutes := make(map[course.ID]int, len(list))
	for _, p := range list {
		minutes[p.Version.Course] = p.Summary.Minutes
	}
	return minutes, nil
}

// Authored returns the paths that the actor may write, in order of id.
func (s *Service) Authored(ctx context.Context, a people.Actor) ([]Path, error) {
	all, err := s.Store.Paths(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(p Path) bool { return !writes(a, p) }), nil
}

// writes reports whether the actor may write p: as with courses, trainers write their own, and those of
// the whole organisation what came with the program.
func writes(a people.Actor, p Path) bool {
	if p.Owner == "" {
		_, all := a.Scope(people.WriteCourses)
		return all
	}
	return p.Owner == a.ID && a.Can(people.WriteCourses)
}

// Find returns a path with its draft; fault.NotFound if there is none that the actor may write.
func (s *Service) Find(ctx context.Context, a people.Actor, id ID) (Path, error) {
	p, err := s.Store.Path(ctx, id)
	if err == nil && !writes(a, p) {
		err = notFound()
	}
	if err != nil {
		return Path{}, err
	}
	return p, nil
}

func notFound() error { return fault.New(fault.NotFound, "path_not_found", "no such path") }

// Create starts a path with an empty draft; fault.Conflict path_exists if the id is taken,
// fault.Invalid if it is no slug or the title is missing in a language.
func (s *Service) Create(ctx context.Context, a people.Actor, id ID, title people.Text) (Path, error) {
	title = tidy(title)
	k := &source.Checker{}
	k.Slug("id", string(id), map[string]bool{})
	k.Both("title", title, maxTitle)
	if err := invalid("invalid_fields", "the path cannot be created like this", k.Problems); err != nil {
		return Path{}, err
	}
	p := Path{ID: id, Draft: Layout{Title: title}.normal(), Owner: a.ID, Versions: []Version{}, ChangedAt: s.Now(), Version: 1}
	if err := s.Store.InsertPath(ctx, p); err != nil {
		return Path{}, err
	}
	s.wrote()
	return p, nil
}

// Save stores a draft, which may be incomplete, if the path still has that version; fault.Conflict
// draft_changed otherwise, fault.Invalid draft_too_large if it is beyond all bounds.
func (s *Service) Save(ctx context.Context, a people.Actor, id ID, version int, draft Layout) (Path, error) {
	p, err := s.at(ctx, a, id, version)
	if err != nil {
		return p, err
	}
	draft.Title, draft.Summary = tidy(draft.Title), tidy(draft.Summary)
	if err := invalid("draft_too_large", "the draft is beyond what is kept", bounds(draft)); err != nil {
		return p, err
	}
	p.Draft = draft.normal()
	return s.replace(ctx, p)
}

// at is Find for a change of what was read as version.
func (s *Service) at(ctx context.Context, a people.Actor, id ID, version int) (Path, error) {
	p, err := s.Find(ctx, a, id)
	if err == nil && p.Version != version {
		err = draftChanged()
	}
	return p, err
}

func draftChanged() error {
	return fault.New(fault.Conflict, "draft_changed", "the path was changed meanwhile, read it again")
}

func (s *Service) replace(ctx context.Context, p Path) (Path, error) {
	p.ChangedAt = s.Now()
	err := s.Store.ReplacePath(ctx, p)
	s.wrote()
	if fault.KindOf(err) == fault.Conflict {
		return p, draftChanged()
	}
	p.Version++
	return p, err
}

// Check lists what keeps content from being published now.
func (s *Service) Check(ctx context.Context, c Layout) ([]source.Problem, error) {
	there, err := s.courses(ctx)
	if err != nil {
		return nil, err
	}
	return Check(c, func(id course.ID) bool { _, ok := there[id]; return ok }), nil
}

// Publish makes the draft the newest version, also of a retired path, which is offered again then.
// fault.Conflict draft_changed, nothing_changed, too_many_versions; fault.Invalid draft_incomplete with
// every field that is not right.
func (s *Service) Publish(ctx context.Context, a people.Actor, id ID, version int) (Path, error) {
	p, err := s.at(ctx, a, id, version)
	if err != nil {
		return p, err
	}
	problems, err := s.Check(ctx, p.Draft)
	if err != nil {
		return p, err
	}
	if err := invalid("draft_incomplete", "the draft is not complete", problems); err != nil {
		return p, err
	}
	if !p.Dirty() && !p.Retired {
		return p, fault.New(fault.Conflict, "nothing_changed", "the draft is the same as the newest version")
	}
	if p.Dirty() {
		if len(p.Versions) == mostVersions {
			return p, fault.New(fault.Conflict, "too_many_versions", "a path has at most %d versions, begin a new one", mostVersions)
		}
		p.publish(Version{Content: p.Draft, Source: FromApp, PublishedBy: a.ID, PublishedAt: s.Now()})
	}
	p.Retired = false
	return s.replace(ctx, p)
}

// publish adds v as the next version.
func (p *Path) publish(v Version) {
	v.N = len(p.Versions) + 1
	v.Content = v.Content.normal()
	p.Versions = append(slices.Clone(p.Versions), v)
}

// Retire takes a published path out of the catalogue. Who has completed its first step keeps it, and so
// do campaigns that run. fault.Conflict draft_changed, wrong_state if it is not published or retired already.
func (s *Service) Retire(ctx context.Context, a people.Actor, id ID, version int) (Path, error) {
	p, err := s.at(ctx, a, id, version)
	if err != nil {
		return p, err
	}
	if p.Retired || len(p.Versions) == 0 {
		return p, fault.New(fault.Conflict, "wrong_state", "only what is published can be retired")
	}
	p.Retired = true
	return s.replace(ctx, p)
}

func tidy(t people.Text) people.Text {
	form := func(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }
	return people.Text{Vi: form(t.Vi), En: form(t.En)}
}

// invalid turns problems into one error with their paths, nil if there are none.
func invalid(code, message string, ps []source.Problem) error {
	if len(ps) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, code, "%s", message)
	for _, p := range ps {
		f.Fields = append(f.Fields, fault.Field{Field: p.Path, Code: p.Code})
	}
	return f
}
