package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// holidayRoutes are the rows of the calendar of the organisation.
func (s *Server) holidayRoutes() []route {
	const v = "/api/v1/holidays"
	operate := can(people.ManageOperations)
	return []route{
		{fiber.MethodGet, v, operate, shape{summary: "The days on which nobody works beside weekends", out: campaign.HolidayList{}, compress: true}, s.listHolidays},
		{fiber.MethodPost, v, operate, shape{
			summary: "Add a holiday, or all days from one to another", audit: "holidays_added", in: holidayRequest{}, out: campaign.HolidayList{},
			status: http.StatusCreated, problems: []string{"422 invalid_fields", "409 too_many_holidays"},
		}, s.addHolidays},
		{fiber.MethodPost, v + "/file", operate, shape{
			summary: "Add the holidays of a file with lines date,name_vi,name_en, all or none; what is wrong is named by line, such as 3.date", audit: "holidays_added",
			in: holidayFileRequest{}, out: campaign.HolidayList{}, status: http.StatusCreated, problems: []string{"422 invalid_fields", "409 too_many_holidays"},
		}, s.importHolidays},
		{fiber.MethodPost, v + "/reset", operate, shape{
			summary: "Bring back the holidays that came with the program", audit: "holidays_reset", out: campaign.HolidayList{},
		}, s.resetHolidays},
		{fiber.MethodDelete, v + "/:day", operate, shape{
			summary: "Make a holiday a working day", audit: "holiday_removed", out: campaign.HolidayList{}, problems: []string{"404 holiday_not_found"},
		}, s.removeHoliday},
	}
}

func (s *Server) listHolidays(c *fiber.Ctx) error {
	l, err := s.Holidays.List(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(l)
}

type holidayRequest struct {
	From string      `json:"from" validate:"max=10"`
	To   string      `json:"to" validate:"max=10"` // empty: from alone
	Name people.Text `json:"name"`
}

func (s *Server) addHolidays(c *fiber.Ctx) error {
	var req holidayRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	note(c, "from", "", req.From)
	note(c, "to", "", req.To)
	l, err := s.Holidays.Add(c.UserContext(), actor(c), campaign.HolidayRange(req))
	if err != nil {
		return err
	}
	return c.Status(http.StatusCreated).JSON(l)
}

type holidayFileRequest struct {
	Text string `json:"text" validate:"required,max=200000"`
}

func (s *Server) importHolidays(c *fiber.Ctx) error {
	var req holidayFileRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	l, added, err := s.Holidays.Import(c.UserContext(), actor(c), req.Text)
	if err != nil {
		return err
	}
	note(c, "rows", "", strconv.Itoa(added))
	return c.Status(http.StatusCreated).JSON(l)
}

func (s *Server) resetHolidays(c *fiber.Ctx) error {
	l, err := s.Holidays.Reset(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(l)
}

func (s *Server) removeHoliday(c *fiber.Ctx) error {
	day := c.Params("day")
	note(c, "from", "", day)
	l, err := s.Holidays.Remove(c.UserContext(), actor(c), day)
	if err != nil {
		return err
	}
	return c.JSON(l)
}
