package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// courseRoutes are the rows of course.
func (s *Server) courseRoutes() []route {
	const v = "/api/v1"
	take := can(people.TakeCourses)
	return append([]route{
		{fiber.MethodGet, v + "/courses", take, shape{summary: "The newest versions of all courses", out: listOf[course.Summary]{}}, s.listCourses},
		{fiber.MethodGet, v + "/courses/:id", take, shape{
			summary: "The newest version of a course", out: course.Summary{}, problems: []string{"404 course_not_found"},
		}, s.showCourse},
		{fiber.MethodGet, v + "/courses/:id/versions/:n", take, shape{
			summary: "A course version with all its lessons; it never changes", out: course.VersionView{}, also: []int{http.StatusNotModified},
			problems: []string{"404 course_not_found", "404 version_not_found"},
		}, s.showVersion},
	}, s.authoringRoutes()...)
}

func (s *Server) listCourses(c *fiber.Ctx) error {
	list, err := s.Courses.List(c.UserContext())
	if err != nil {
		return err
	}
	b := []byte(`{"items":[`)
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.Listed...)
	}
	return sendJSON(c, append(b, "]}"...))
}

func (s *Server) showCourse(c *fiber.Ctx) error {
	p, err := s.Courses.Latest(c.UserContext(), course.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return sendJSON(c, p.Listed)
}

// showVersion serves bytes that were encoded and compressed when the version was
// first read: nothing is left to do for a request.
func (s *Server) showVersion(c *fiber.Ctx) error {
	id := course.ID(c.Params("id"))
	n, err := strconv.Atoi(c.Params("n"))
	if err != nil || n < 1 || strconv.Itoa(n) != c.Params("n") {
		return fault.New(fault.NotFound, "version_not_found", "no such version")
	}
	latest, err := s.Courses.Latest(c.UserContext(), id)
	if err != nil && fault.KindOf(err) != fault.NotFound { // a retired course still serves those in the middle of it
		return err
	}
	if latest != nil && n > latest.Version.N { // a publication that was cut off
		return fault.New(fault.NotFound, "version_not_found", "no such version")
	}
	p, err := s.Courses.Version(c.UserContext(), id, n)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "private, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if unchanged(c, p.ETag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return sendJSON(c, p.Gzip)
	}
	return sendJSON(c, p.JSON)
}

// unchanged sets the entity tag and reports whether the client has that already.
func unchanged(c *fiber.Ctx, tag string) bool {
	c.Set(fiber.HeaderETag, tag)
	for have := range strings.SplitSeq(c.Get(fiber.HeaderIfNoneMatch), ",") {
		if strings.TrimPrefix(strings.TrimSpace(have), "W/") == tag {
			return true
		}
	}
	return false
}

// sendJSON sends JSON that is already encoded.
func sendJSON(c *fiber.Ctx, b []byte) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(b)
}
