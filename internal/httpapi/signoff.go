package httpapi

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
	"hocso/internal/signoff"
)

// signoffRoutes are the rows of what heads confirm once a month.
func (s *Server) signoffRoutes() []route {
	const v = "/api/v1"
	track := can(people.TrackCompletion)
	return []route{
		{fiber.MethodGet, v + "/units/:id/signoffs", track, shape{summary: "What was signed for a unit, the newest month first", out: listOf[signoff.Signoff]{}, problems: []string{"404 unit_not_found"}}, s.listSignoffs},
		{fiber.MethodPost, v + "/units/:id/signoffs", track, shape{
			summary: "Sign a month of the unit one answers for; its figures are kept as they are now", audit: "unit_signed_off", in: signRequest{}, out: signoff.Signoff{}, status: http.StatusCreated,
			problems: []string{"403 not_accountable", "404 unit_not_found", "409 already_signed", "422 invalid_fields", "503 report_not_ready"},
		}, s.sign},
		{fiber.MethodGet, v + "/signoffs", track, shape{
			summary: "The units I track that somebody leads, each with its sign-off of a month", query: []string{"month"}, out: listOf[signoff.Line]{}, problems: []string{"422 invalid_fields"}, compress: true,
		}, s.signedIn},
	}
}

func (s *Server) listSignoffs(c *fiber.Ctx) error {
	xs, err := s.Signoffs.Of(c.UserContext(), actor(c), people.UnitID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(listOf[signoff.Signoff]{Items: xs})
}

type signRequest struct {
	Month   string `json:"month" validate:"required,max=7"` // yyyy-mm
	Comment string `json:"comment" validate:"max=1000"`
}

func (s *Server) sign(c *fiber.Ctx) error {
	var req signRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	unit := c.Params("id")
	about(c, "unit", unit)
	note(c, "month", "", req.Month)
	x, err := s.Signoffs.Sign(c.UserContext(), actor(c), people.UnitID(unit), req.Month, req.Comment)
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(x)
}

func (s *Server) signedIn(c *fiber.Ctx) error {
	month, err := query(c, "month", 7)
	if err != nil {
		return err
	}
	lines, err := s.Signoffs.In(c.UserContext(), actor(c), month)
	if err != nil {
		return err
	}
	return c.JSON(listOf[signoff.Line]{Items: lines})
}
