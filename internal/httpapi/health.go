package httpapi

import "github.com/gofiber/fiber/v2"

type healthAnswer struct {
	Status string `json:"status"`
}

func (s *Server) healthRoutes() []route {
	return []route{
		{fiber.MethodGet, "/healthz", public, shape{summary: "The process runs", out: healthAnswer{}}, s.healthz},
		{fiber.MethodGet, "/readyz", public, shape{summary: "The database answers", out: healthAnswer{}, also: []int{fiber.StatusServiceUnavailable}}, s.readyz},
	}
}

func (s *Server) healthz(c *fiber.Ctx) error { return c.JSON(healthAnswer{"ok"}) }

func (s *Server) readyz(c *fiber.Ctx) error {
	if err := s.Ready(c.UserContext()); err != nil {
		return c.Status(fiber.StatusServiceUnavailable).JSON(healthAnswer{"unavailable"})
	}
	return c.JSON(healthAnswer{"ready"})
}
