package course

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hocso/internal/fault"
)

// Store keeps courses and their versions.
type Store interface {
	// Courses returns all courses in order of id, their drafts without lessons and quizzes.
	Courses(ctx context.Context) ([]Course, error)
	// Course returns one; fault.NotFound if there is none.
	Course(ctx context.Context, id ID) (Course, error)
	// InsertCourse stores c; fault.Conflict if its id is taken.
	InsertCourse(ctx context.Context, c Course) error
	// ReplaceCourse stores c with Version+1 if the stored one still has c.Version; fault.Conflict otherwise.
	ReplaceCourse(ctx context.Context, c Course) error
	// Version returns one; fault.NotFound if there is none.
	Version(ctx context.Context, id ID, n int) (Version, error)
	// Versions returns all of a course without their content, newest first.
	Versions(ctx context.Context, id ID) ([]Version, error)
	// InsertVersion stores v; fault.Conflict if its id is taken.
	InsertVersion(ctx context.Context, v Version) error
	// SettleCourse notes that open enrolments know of the versions up to n. It does
	// not count as a change of the course.
	SettleCourse(ctx context.Context, id ID, n int) error
}

// Service publishes courses and serves their versions. Its methods are safe for
// concurrent use. It must not be copied.
type Service struct {
	Store Store
	Now   func() time.Time
	Log   *slog.Logger
	// Settle moves open enrolments of a course to where its new versions put them
	// (learning.Service.Settle). It may be called again for the same versions.
	Settle func(ctx context.Context, id ID) error

	once     sync.Once
	markdown *markdown

	mu       sync.Mutex
	list     []*Published // newest versions, in order of id
	listedAt time.Time
	versions map[versionKey]*Published
}

const (
	// fresh is how old the list may be: another copy of the program may publish.
	fresh = 2 * time.Second
	// kept is how many rendered versions stay in memory.
	kept = 256
)

func (s *Service) renderer() *markdown {
	s.once.Do(func() { s.markdown = newMarkdown() })
	return s.markdown
}

// List returns the newest version of every published course that is not retired,
// in order of id. It is at most two seconds old.
func (s *Service) List(ctx context.Context) ([]*Published, error) {
	now := s.Now()
	s.mu.Lock()
	list, at := s.list, s.listedAt
	s.mu.Unlock()
	if list != nil && now.Sub(at) < fresh && !now.Before(at) {
		return list, nil
	}
	courses, err := s.Store.Courses(ctx)
	if err != nil {
		return nil, err
	}
	list = []*Published{}
	for _, c := range courses {
		if c.Published == 0 || c.Retired {
			continue
		}
		p, err := s.Version(ctx, c.ID, c.Published)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	s.mu.Lock()
	s.list, s.listedAt = list, now
	s.mu.Unlock()
	return list, nil
}

// Latest returns the newest version of a published course; fault.NotFound if
// there is none or it is retired.
func (s *Service) Latest(ctx context.Context, id ID) (*Published, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if p.Version.Course == id {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "course_not_found", "no such course")
}

// Version returns version n of a course, also of a retired one; fault.NotFound if
// there is none. A version never changes, so it is read once.
func (s *Service) Version(ctx context.Context, id ID, n int) (*Published, error) {
	key := versionKey{id, n}
	s.mu.Lock()
	p := s.versions[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	v, err := s.Store.Version(ctx, id, n)
	if err != nil {
		return nil, err
	}
	if p, err = s.renderer().publish(v); err != nil {
		return nil, fmt.Errorf("render %s: %w", versionID(id, n), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.versions == nil {
		s.versions = map[versionKey]*Published{}
	}
	for old := range s.versions { // any will do: it can be rendered again
		if len(s.versions) < kept {
			break
		}
		delete(s.versions, old)
	}
	s.versions[key] = p
	return p, nil
}

// versionKey names a version in memory.
type versionKey struct {
	id ID
	n  int
}

// forget makes the next List read again.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

func versionID(id ID, n int) string { return fmt.Sprintf("%s@%d", id, n) }
