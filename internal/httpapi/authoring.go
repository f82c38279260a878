package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/course"
	"hocso/internal/people"
	"hocso/internal/source"
)

// authoringRoutes are the rows of writing and publishing courses.
func (s *Server) authoringRoutes() []route {
	const v = "/api/v1/authoring/courses"
	write := can(people.WriteCourses)
	unknown := "404 course_not_found"
	return []route{
		{fiber.MethodGet, v, write, shape{summary: "The courses I may write", out: listOf[authoredCourse]{}}, s.listAuthored},
		{fiber.MethodPost, v, write, shape{
			summary: "Start a course", audit: "course_started", in: newCourseRequest{}, out: course.Course{}, status: http.StatusCreated,
			problems: []string{"409 course_exists", "422 invalid_fields"},
		}, s.createCourse},
		{fiber.MethodGet, v + "/:id/draft", write, shape{summary: "The draft with its keys", out: course.Course{}, problems: []string{unknown}}, s.showDraft},
		{fiber.MethodPut, v + "/:id/draft", write, shape{
			summary: "Store the draft, which may be incomplete", noAudit: "nobody else sees a draft; publishing it is in the trail", in: draftRequest{}, out: course.Course{},
			problems: []string{unknown, "409 draft_changed", "422 draft_too_large"},
		}, s.saveDraft},
		{fiber.MethodPost, v + "/:id/validate", write, shape{
			summary: "What keeps the draft from being published", noAudit: "it changes nothing", out: problemsAnswer{}, problems: []string{unknown},
		}, s.validateDraft},
		{fiber.MethodPost, v + "/:id/preview", write, shape{
			summary: "A lesson as a phone shows it", noAudit: "it changes nothing", in: previewRequest{}, out: course.LessonView{},
			problems: []string{unknown, "422 draft_too_large"},
		}, s.previewLesson},
		{fiber.MethodPost, v + "/:id/publish", write, shape{
			summary: "Make the draft the newest version", audit: "course_published", in: publishRequest{}, out: publishAnswer{},
			problems: []string{unknown, "409 draft_changed", "409 nothing_changed", "422 draft_incomplete", "422 class_too_small"},
		}, s.publishCourse},
		{fiber.MethodGet, v + "/:id/versions", write, shape{
			summary: "The published versions, newest first", out: listOf[versionView]{}, problems: []string{unknown},
		}, s.listVersions},
	}
}

// authoredCourse is a course in the list of those that one may write.
type authoredCourse struct {
	ID        course.ID     `json:"id"`
	Title     course.Text   `json:"title"`
	Cover     string        `json:"cover"`
	Published int           `json:"published"`
	Source    course.Source `json:"source"`
	Dirty     bool          `json:"dirty"` // the draft differs from the newest version
	ChangedAt time.Time     `json:"changedAt"`
	Version   int           `json:"version"`
}

func (s *Server) listAuthored(c *fiber.Ctx) error {
	list, err := s.Courses.Authored(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	var a listOf[authoredCourse]
	for _, x := range list {
		a.Items = append(a.Items, authoredCourse{
			ID: x.ID, Title: x.Draft.Title, Cover: x.Draft.Cover, Published: x.Published, Source: x.Source,
			Dirty: x.Dirty(), ChangedAt: x.ChangedAt, Version: x.Version,
		})
	}
	return c.JSON(a)
}

type newCourseRequest struct {
	ID    course.ID   `json:"id" validate:"required,max=64,slug"`
	Title course.Text `json:"title"`
}

func (s *Server) createCourse(c *fiber.Ctx) error {
	var req newCourseRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	created, err := s.Courses.Create(c.UserContext(), actor(c), req.ID, req.Title)
	if err != nil {
		return err
	}
	about(c, "course", string(created.ID))
	return c.Status(fiber.StatusCreated).JSON(created)
}

func (s *Server) showDraft(c *fiber.Ctx) error {
	draft, err := s.Courses.Draft(c.UserContext(), actor(c), course.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(draft)
}

type draftRequest struct {
	Version int            `json:"version" validate:"required"`
	Draft   course.Content `json:"draft"`
}

func (s *Server) saveDraft(c *fiber.Ctx) error {
	var req draftRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	saved, err := s.Courses.SaveDraft(c.UserContext(), actor(c), course.ID(c.Params("id")), req.Version, req.Draft)
	if err != nil {
		return err
	}
	return c.JSON(saved)
}

type problemsAnswer struct {
	Problems []source.Problem `json:"problems"`
}

func (s *Server) validateDraft(c *fiber.Ctx) error {
	problems, err := s.Courses.Validate(c.UserContext(), actor(c), course.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(problemsAnswer{problems})
}

type previewRequest struct {
	Lesson course.Lesson `json:"lesson"`
}

func (s *Server) previewLesson(c *fiber.Ctx) error {
	var req previewRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if _, err := s.Courses.Draft(c.UserContext(), actor(c), course.ID(c.Params("id"))); err != nil {
		return err
	}
	view, err := s.Courses.Preview(req.Lesson)
	if err != nil {
		return err
	}
	return c.JSON(view)
}

type publishRequest struct {
	Version int          `json:"version" validate:"required"`
	Class   course.Class `json:"class" validate:"required,oneof=editorial minor material"`
}

type publishAnswer struct {
	N int `json:"n"`
}

func (s *Server) publishCourse(c *fiber.Ctx) error {
	var req publishRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	n, err := s.Courses.Publish(c.UserContext(), actor(c), course.ID(c.Params("id")), req.Version, req.Class)
	if err != nil {
		return err
	}
	note(c, "version", "", strconv.Itoa(n))
	note(c, "class", "", string(req.Class))
	return c.JSON(publishAnswer{n})
}

// versionView is a version without its content.
type versionView struct {
	N           int           `json:"n"`
	Class       course.Class  `json:"class"`
	Hash        string        `json:"hash"`
	Source      course.Source `json:"source"`
	PublishedAt time.Time     `json:"publishedAt"`
	PublishedBy people.ID     `json:"publishedBy,omitempty"`
}

func (s *Server) listVersions(c *fiber.Ctx) error {
	versions, err := s.Courses.Published(c.UserContext(), actor(c), course.ID(c.Params("id")))
	if err != nil {
		return err
	}
	var a listOf[versionView]
	for _, v := range versions {
		a.Items = append(a.Items, versionView{v.N, v.Class, v.Hash, v.Source, v.PublishedAt, v.PublishedBy})
	}
	return c.JSON(a)
}
