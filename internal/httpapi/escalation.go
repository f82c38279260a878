package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/escalation"
	"hocso/internal/people"
)

// escalationRoutes are the rows of how units stand in campaigns.
func (s *Server) escalationRoutes() []route {
	return []route{
		{fiber.MethodGet, "/api/v1/units/:id/campaigns", can(people.TrackCompletion), shape{
			summary: "How a unit stands in each campaign that can be done now, and what was said to me about it", out: listOf[escalation.UnitCampaign]{},
			problems: []string{"404 unit_not_found", "503 report_not_ready"},
		}, s.unitCampaigns},
		{fiber.MethodPost, "/api/v1/units/:id/campaigns/:campaign/remind", can(people.TrackCompletion), shape{
			summary: "Remind everybody of the unit one answers for who is not done, in their next working hour, once a day", audit: "unit_reminded", out: remindedAnswer{},
			status: http.StatusAccepted, problems: []string{"403 not_accountable", "404 unit_not_found", "409 campaign_not_open", "409 no_channel", "503 report_not_ready"},
		}, s.remindUnit},
		{fiber.MethodPost, "/api/v1/units/:id/campaigns/:campaign/thank", can(people.TrackCompletion), shape{
			summary: "Thank those who are done of the unit one answers for, in the app, once the unit has reached its target", audit: "unit_thanked", in: thankRequest{},
			status:   http.StatusNoContent,
			problems: []string{"403 not_accountable", "404 unit_not_found", "409 campaign_not_open", "409 target_not_reached", "409 thanked_already", "422 invalid_fields", "503 report_not_ready"},
		}, s.thankUnit},
	}
}

func (s *Server) unitCampaigns(c *fiber.Ctx) error {
	lines, err := s.Escalations.Of(c.UserContext(), actor(c), people.UnitID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(listOf[escalation.UnitCampaign]{Items: lines})
}

type remindedAnswer struct {
	People int `json:"people"` // who are reminded and were not yet asked to be today
}

func (s *Server) remindUnit(c *fiber.Ctx) error {
	unit, id := c.Params("id"), c.Params("campaign")
	about(c, "unit", unit)
	note(c, "campaign", "", id)
	n, err := s.Escalations.Remind(c.UserContext(), actor(c), people.UnitID(unit), campaign.ID(id))
	if err != nil {
		return err
	}
	note(c, "people", "", strconv.Itoa(n))
	return c.Status(fiber.StatusAccepted).JSON(remindedAnswer{n})
}

type thankRequest struct {
	Text people.Text `json:"text"` // at most 280 letters in each language, without mark-up
}

func (s *Server) thankUnit(c *fiber.Ctx) error {
	var req thankRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	unit, id := c.Params("id"), c.Params("campaign")
	about(c, "unit", unit)
	note(c, "campaign", "", id)
	if err := s.Escalations.Thank(c.UserContext(), actor(c), people.UnitID(unit), campaign.ID(id), req.Text); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
