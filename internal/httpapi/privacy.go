package httpapi

import (
	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
	"hocso/internal/privacy"
)

// privacyRoutes are the rows of the notice and of what people may ask about their data.
func (s *Server) privacyRoutes() []route {
	const v = "/api/v1"
	mine := can(people.TakeCourses)
	return []route{
		{fiber.MethodGet, v + "/notice", public, shape{summary: "What is kept about people, why, who sees it and how long", out: privacy.Notice{}, compress: true}, s.showNotice},
		{fiber.MethodGet, v + "/me/notice", mine, shape{summary: "The version of the notice as it is now, and which ones I have read", out: noticeAnswer{}}, s.myNotice},
		{fiber.MethodPost, v + "/me/notice", mine, shape{
			summary: "Say that I have read the notice; may be repeated", in: noticeRequest{}, out: privacy.Reading{}, noAudit: "it is a fact of its own", problems: []string{"409 notice_changed", "422 invalid_fields"},
		}, s.readNotice},
	}
}

func (s *Server) showNotice(c *fiber.Ctx) error { return c.JSON(s.Privacy.Text) }

type noticeAnswer struct {
	Version string            `json:"version"`
	Read    []privacy.Reading `json:"read"`
}

func (s *Server) myNotice(c *fiber.Ctx) error {
	read, err := s.Privacy.Readings(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(noticeAnswer{s.Privacy.Text.Version, read})
}

type noticeRequest struct {
	Version string `json:"version" validate:"required,max=64"`
}

func (s *Server) readNotice(c *fiber.Ctx) error {
	var req noticeRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	r, err := s.Privacy.Read(c.UserContext(), actor(c), req.Version)
	if err != nil {
		return err
	}
	return c.JSON(r)
}
