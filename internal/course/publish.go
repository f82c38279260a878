package course

import (
	"context"
	"fmt"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Publish makes the draft the newest version. class is what the trainer says about
// the change. Errors: fault.Conflict draft_changed, nothing_changed; fault.Invalid
// draft_incomplete, class_too_small. If it was cut off half-way it can be called
// again: the version that is already there is taken.
func (s *Service) Publish(ctx context.Context, a people.Actor, id ID, version int, class Class) (n int, err error) {
	c, err := s.Draft(ctx, a, id)
	if err != nil {
		return 0, err
	}
	if c.Version != version {
		return 0, draftChanged()
	}
	if err := invalid("draft_incomplete", "the draft is not complete", s.Check(c.Draft)); err != nil {
		return 0, err
	}
	if c.DraftHash == c.Hash {
		return 0, fault.New(fault.Conflict, "nothing_changed", "the draft is the same as the newest version")
	}
	before, err := s.newest(ctx, c)
	if err != nil {
		return 0, err
	}
	if before != nil && !c.Draft.Allows(before.Content, class) {
		return 0, fault.New(fault.Invalid, "class_too_small", "the change is larger than %q allows", class)
	}
	n, err = s.publish(ctx, c, Version{Content: c.Draft, Class: class, Source: FromApp, PublishedBy: a.ID})
	if err != nil {
		return 0, err
	}
	s.settle(ctx, id)
	return n, nil
}

// newest returns the version that c has published, nil if there is none yet.
func (s *Service) newest(ctx context.Context, c Course) (*Version, error) {
	if c.Published == 0 {
		return nil, nil
	}
	v, err := s.Store.Version(ctx, c.ID, c.Published)
	return &v, err
}

// publish inserts v as the next version and then points the course to it. A
// number can be taken by a publication that was cut off between the two: the same
// content is taken over, other content is passed by.
func (s *Service) publish(ctx context.Context, c Course, v Version) (int, error) {
	v.Course, v.After = c.ID, c.Published
	v.Hash, v.StructureHash = v.Content.Hash(), v.Content.StructureHash()
	v.PublishedAt = s.Now()
	if c.Published == 0 {
		v.Class = Material
	}
	const most = 100 // cut-off publications in a row
	for v.N = c.Published + 1; ; v.N++ {
		v.ID = versionID(c.ID, v.N)
		err := s.Store.InsertVersion(ctx, v)
		if err == nil {
			break
		}
		if fault.KindOf(err) != fault.Conflict || v.N > c.Published+most {
			return 0, fmt.Errorf("insert version %s: %w", v.ID, err)
		}
		there, err := s.Store.Version(ctx, c.ID, v.N)
		if err != nil {
			return 0, err
		}
		if there.Hash == v.Hash && there.Class == v.Class && there.After == v.After && there.Source == v.Source {
			break
		}
	}
	c.Published, c.Source, c.Hash, c.ChangedAt = v.N, v.Source, v.Hash, v.PublishedAt
	if err := s.Store.ReplaceCourse(ctx, c); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return 0, draftChanged()
		}
		return 0, err
	}
	s.forget()
	return v.N, nil
}

// Lineage returns the versions that lead to the published one, oldest first,
// without their content. It leaves out what a cut-off publication left behind.
func (s *Service) Lineage(ctx context.Context, id ID) ([]Version, error) {
	c, err := s.Store.Course(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Versions(ctx, id)
	if err != nil {
		return nil, err
	}
	byN := map[int]Version{}
	for _, v := range all {
		byN[v.N] = v
	}
	var line []Version
	for n := c.Published; n > 0 && byN[n].N == n; n = byN[n].After {
		line = append([]Version{byN[n]}, line...)
	}
	return line, nil
}

// SettleAll moves open enrolments to where new versions put them, for courses
// whose publication was cut off before that.
func (s *Service) SettleAll(ctx context.Context) error {
	courses, err := s.Store.Courses(ctx)
	if err != nil {
		return err
	}
	for _, c := range courses {
		if c.Settled >= c.Published {
			continue
		}
		if s.Settle != nil {
			if err := s.Settle(ctx, c.ID); err != nil {
				return fmt.Errorf("settle enrolments of %s: %w", c.ID, err)
			}
		}
		if err := s.Store.SettleCourse(ctx, c.ID, c.Published); err != nil {
			return err
		}
	}
	return nil
}

// settle does that for a version just published, for a short while: somebody waits
// for the answer. It is published either way, and SettleAll comes back to the rest.
func (s *Service) settle(ctx context.Context, id ID) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err := s.SettleAll(ctx); err != nil {
		s.Log.WarnContext(ctx, "settle enrolments, will repeat", "course", id, "err", err)
	}
}

// Action is what publishing a folder did with one course.
type Action string

// The actions.
const (
	WasPublished Action = "published"
	Unchanged    Action = "unchanged"
	LeftAlone    Action = "left_alone" // its newest version was written in the app, or it is retired
)

// Outcome is what publishing a folder did with one course.
type Outcome struct {
	Course ID     `json:"course"`
	N      int    `json:"n"`
	Action Action `json:"action"`
	Class  Class  `json:"class,omitempty"`
}

// sameTime is how often another copy of the program may be faster with one course.
const sameTime = 20

// PublishFolder publishes the courses of a folder that changed, which must be free
// of problems. Doing it again changes nothing, and it never replaces a version
// that was written in the app, nor a draft that somebody is working on.
func (s *Service) PublishFolder(ctx context.Context, f Folder) ([]Outcome, error) {
	var out []Outcome
	for _, fc := range f.Courses {
		o, err := s.publishFolderCourse(ctx, fc)
		for n := 0; n < sameTime && err != nil && fault.KindOf(err) == fault.Conflict; n++ {
			o, err = s.publishFolderCourse(ctx, fc) // another copy of the program is at it: see what it made
		}
		if err != nil {
			return out, fmt.Errorf("publish %s: %w", fc.ID, err)
		}
		out = append(out, o)
	}
	return out, s.SettleAll(ctx)
}

func (s *Service) publishFolderCourse(ctx context.Context, fc FolderCourse) (Outcome, error) {
	hash := fc.Content.Hash()
	c, err := s.Store.Course(ctx, fc.ID)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		c = Course{ID: fc.ID, Draft: fc.Content, DraftHash: hash, Source: FromFolder, ChangedAt: s.Now(), Version: 1}
		err = s.Store.InsertCourse(ctx, c)
	}
	switch {
	case err != nil:
		return Outcome{}, err
	case c.Hash == hash:
		return Outcome{Course: c.ID, N: c.Published, Action: Unchanged}, nil
	case c.Retired || c.Owner != "" || c.Published > 0 && c.Source == FromApp:
		return Outcome{Course: c.ID, N: c.Published, Action: LeftAlone}, nil
	}
	before, err := s.newest(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	v := Version{Content: fc.Content, Class: Material, Source: FromFolder}
	for _, class := range []Class{Minor, Editorial} {
		if before != nil && fc.Content.Allows(before.Content, class) {
			v.Class = class
		}
	}
	if !c.Dirty() || c.Published == 0 {
		c.Draft, c.DraftHash = fc.Content, hash
	}
	n, err := s.publish(ctx, c, v)
	return Outcome{Course: c.ID, N: n, Action: WasPublished, Class: v.Class}, err
}
