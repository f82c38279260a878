package course

import (
	"context"
	"fmt"
	"slices"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/source"
)

// Authored returns the courses that the actor may write, their drafts without
// lessons and quizzes.
func (s *Service) Authored(ctx context.Context, a people.Actor) ([]Course, error) {
	all, err := s.Store.Courses(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c Course) bool { return !writes(a, c) }), nil
}

// Draft returns a course with its draft; fault.NotFound if there is none that the
// actor may write.
func (s *Service) Draft(ctx context.Context, a people.Actor, id ID) (Course, error) {
	c, err := s.Store.Course(ctx, id)
	if err != nil {
		return c, err
	}
	if !writes(a, c) {
		return Course{}, fault.New(fault.NotFound, "course_not_found", "no such course")
	}
	c.Draft = c.Draft.Normal()
	return c, nil
}

// writes reports whether the actor may write c: trainers write their own courses,
// and trainers of the whole organisation those that came with the program, which
// belong to everybody.
func writes(a people.Actor, c Course) bool {
	if c.Owner == "" {
		_, all := a.Scope(people.WriteCourses)
		return all
	}
	return c.Owner == a.ID && a.Can(people.WriteCourses)
}

// Create starts a course with an empty draft; fault.Conflict course_exists if the
// id is taken, fault.Invalid if it is no slug.
func (s *Service) Create(ctx context.Context, a people.Actor, id ID, title Text) (Course, error) {
	k := &source.Checker{}
	k.Slug("id", string(id), map[string]bool{})
	k.Both("title", title, maxTitle)
	if err := invalid("invalid_fields", "the course cannot be created like this", k.Problems); err != nil {
		return Course{}, err
	}
	draft := Content{Title: title, Cover: "shield", Licence: "CC-BY-4.0", Tier: "A"}.Normal()
	c := Course{ID: id, Draft: draft, DraftHash: draft.Hash(), Owner: a.ID, Source: FromApp, ChangedAt: s.Now(), Version: 1}
	if err := s.Store.InsertCourse(ctx, c); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return Course{}, fault.New(fault.Conflict, "course_exists", "there is a course with the id %s", id)
		}
		return Course{}, err
	}
	return c, nil
}

// SaveDraft stores a draft, which may be incomplete, if the course still has that
// version; fault.Conflict draft_changed otherwise, fault.Invalid if it is beyond
// all bounds.
func (s *Service) SaveDraft(ctx context.Context, a people.Actor, id ID, version int, draft Content) (Course, error) {
	c, err := s.Draft(ctx, a, id)
	if err != nil {
		return c, err
	}
	if err := invalid("draft_too_large", "the draft is too large", bounds(draft)); err != nil {
		return c, err
	}
	if c.Version != version {
		return c, draftChanged()
	}
	c.Draft = draft.Normal()
	c.DraftHash, c.ChangedAt = c.Draft.Hash(), s.Now()
	if err := s.Store.ReplaceCourse(ctx, c); err != nil {
		if fault.KindOf(err) == fault.Conflict {
			return c, draftChanged()
		}
		return c, err
	}
	c.Version++
	return c, nil
}

func draftChanged() error {
	return fault.New(fault.Conflict, "draft_changed", "the draft was changed meanwhile, read it again")
}

// Validate lists what keeps a draft from being published, and warnings.
func (s *Service) Validate(ctx context.Context, a people.Actor, id ID) ([]source.Problem, error) {
	c, err := s.Draft(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return s.Check(c.Draft), nil
}

// Check lists what is wrong with content.
func (s *Service) Check(c Content) []source.Problem { return s.renderer().check(c) }

// Preview renders a lesson as a phone shows it, also an incomplete one.
func (s *Service) Preview(l Lesson) (LessonView, error) {
	if err := invalid("draft_too_large", "the lesson is too large", bounds(Content{Lessons: []Lesson{l}})); err != nil {
		return LessonView{}, err
	}
	return s.renderer().lesson(l), nil
}

// Published returns the published versions of a course without their content,
// newest first; fault.NotFound if there is none that the actor may write.
func (s *Service) Published(ctx context.Context, a people.Actor, id ID) ([]Version, error) {
	if _, err := s.Draft(ctx, a, id); err != nil {
		return nil, err
	}
	line, err := s.Lineage(ctx, id)
	slices.Reverse(line)
	return line, err
}

// bounds lists what is so large that it is not even kept as a draft.
func bounds(c Content) []source.Problem {
	k := &source.Checker{}
	most := func(path string, n, most int) {
		if n > most {
			k.Add(path, "too_many", "%d, at most %d", n, most)
		}
	}
	most("competences", len(c.Competences), 40)
	most("lessons", len(c.Lessons), maxLessons)
	most("quizzes", len(c.Quizzes), maxQuizzes)
	question := func(path string, q Question) {
		most(path+".options", len(q.Options), 12)
		most(path+".pairs", len(q.Pairs), 12)
	}
	for i, l := range c.Lessons {
		path := fmt.Sprintf("lessons[%d]", i)
		most(path+".body", max(len(l.Body.Vi), len(l.Body.En)), 4*maxBody)
		most(path+".practice", len(l.Practice), maxPractice)
		for j, q := range l.Practice {
			question(fmt.Sprintf("%s.practice[%d]", path, j), q)
		}
	}
	for i, q := range c.Quizzes {
		path := fmt.Sprintf("quizzes[%d]", i)
		most(path+".questions", len(q.Questions), maxPool)
		for j, x := range q.Questions {
			question(fmt.Sprintf("%s.questions[%d]", path, j), x)
		}
	}
	return k.Problems
}

// invalid turns problems that are not warnings into one error with their paths, nil if there are none.
func invalid(code, message string, ps []source.Problem) error {
	f := fault.New(fault.Invalid, code, "%s", message)
	for _, p := range ps {
		if !p.Warning {
			f.Fields = append(f.Fields, fault.Field{Field: p.Path, Code: p.Code})
		}
	}
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}
