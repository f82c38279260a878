package httpapi

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
)

func (s *Server) unitRoutes() []route {
	const v = "/api/v1"
	manage := can(people.ManagePeople)
	return []route{
		{fiber.MethodGet, v + "/units", canAny(people.ManagePeople, people.TrackCompletion), shape{summary: "The units I manage or answer for", out: listOf[people.UnitCount]{}, compress: true}, s.listUnits},
		{fiber.MethodPost, v + "/units", manage, shape{
			summary: "Add a unit", audit: "unit_added", in: addUnitRequest{}, out: people.Unit{}, status: http.StatusCreated,
			problems: []string{"409 unit_taken", "422 invalid_fields"},
		}, s.addUnit},
		{fiber.MethodPatch, v + "/units/:id", manage, shape{
			summary: "Rename or move a unit", audit: "unit_changed", in: changeUnitRequest{}, out: people.Unit{},
			problems: []string{"404 unit_not_found", "409 changed_meanwhile", "422 invalid_fields"},
		}, s.changeUnit},
		{fiber.MethodPut, v + "/units/:id/heads", manage, shape{
			summary: "Say who leads a unit, and when", audit: "heads_changed", in: headsRequest{}, out: people.Unit{},
			problems: []string{"404 unit_not_found", "409 changed_meanwhile", "422 invalid_fields"},
		}, s.setHeads},
		{fiber.MethodPut, v + "/units/:id/portal", manage, shape{
			summary: "Say whether anybody may see what is publicly announced to a unit", audit: "portal_changed", in: portalRequest{}, out: people.Unit{},
			problems: []string{"404 unit_not_found", "409 changed_meanwhile", "422 invalid_fields"},
		}, s.setPortal},
		{fiber.MethodDelete, v + "/units/:id", manage, shape{
			summary: "Remove a unit that nobody is in and nothing is for; its history stays", audit: "unit_removed", status: http.StatusNoContent,
			problems: []string{"404 unit_not_found", "409 unit_has_people", "409 unit_has_units", "409 unit_in_use", "409 changed_meanwhile"},
		}, s.removeUnit},
	}
}

func (s *Server) removeUnit(c *fiber.Ctx) error {
	if err := s.People.RemoveUnit(c.UserContext(), actor(c), people.UnitID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) listUnits(c *fiber.Ctx) error {
	units, err := s.People.UnitsIn(c.UserContext(), actor(c), people.ManagePeople, people.TrackCompletion)
	if err != nil {
		return err
	}
	return c.JSON(listOf[people.UnitCount]{Items: units})
}

type textRequest struct {
	Vi string `json:"vi" validate:"required,max=200,text"`
	En string `json:"en" validate:"max=200,text"` // empty: the Vietnamese name
}

func (t textRequest) text() people.Text {
	if t.En == "" {
		t.En = t.Vi
	}
	return people.Text{Vi: t.Vi, En: t.En}
}

type addUnitRequest struct {
	ID     people.UnitID `json:"id" validate:"omitempty,max=64,slug"`
	Name   textRequest   `json:"name"`
	Parent people.UnitID `json:"parent" validate:"max=64"`
}

func (s *Server) addUnit(c *fiber.Ctx) error {
	var req addUnitRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	u, err := s.People.AddUnit(c.UserContext(), actor(c), people.UnitDraft{ID: req.ID, Name: req.Name.text(), Parent: req.Parent})
	if err != nil {
		return err
	}
	about(c, "unit", string(u.ID))
	note(c, "parent", "", string(u.Parent))
	return c.Status(fiber.StatusCreated).JSON(u)
}

type changeUnitRequest struct {
	Name   *textRequest   `json:"name"`
	Parent *people.UnitID `json:"parent" validate:"omitempty,max=64"`
}

func (s *Server) changeUnit(c *fiber.Ctx) error {
	var req changeUnitRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	var name *people.Text
	if req.Name != nil {
		t := req.Name.text()
		name = &t
	}
	id := people.UnitID(c.Params("id"))
	before, err := s.People.Unit(c.UserContext(), id)
	if err != nil {
		return err
	}
	u, err := s.People.ChangeUnit(c.UserContext(), actor(c), id, name, req.Parent)
	if err != nil {
		return err
	}
	note(c, "parent", string(before.Parent), string(u.Parent))
	if before.Name != u.Name {
		note(c, "name", "", "changed")
	}
	return c.JSON(u)
}

type headRequest struct {
	Person people.ID `json:"person" validate:"required,max=64"`
	From   string    `json:"from" validate:"required,datetime=2006-01-02"`
	To     string    `json:"to" validate:"omitempty,datetime=2006-01-02"`
	Deputy bool      `json:"deputy"`
}

type headsRequest struct {
	Heads []headRequest `json:"heads" validate:"max=50,dive"`
}

func (s *Server) setHeads(c *fiber.Ctx) error {
	var req headsRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	heads := make([]people.Headship, len(req.Heads))
	for i, h := range req.Heads {
		heads[i] = people.Headship(h)
	}
	id := people.UnitID(c.Params("id"))
	before, err := s.People.Unit(c.UserContext(), id)
	if err != nil {
		return err
	}
	u, err := s.People.SetHeads(c.UserContext(), actor(c), id, heads)
	if err != nil {
		return err
	}
	note(c, "heads", headsText(before.Heads), headsText(u.Heads))
	return c.JSON(u)
}

type portalRequest struct {
	On *bool `json:"on" validate:"required"`
}

func (s *Server) setPortal(c *fiber.Ctx) error {
	var req portalRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	u, err := s.People.SetPortal(c.UserContext(), actor(c), people.UnitID(c.Params("id")), *req.On)
	if err != nil {
		return err
	}
	note(c, "portal", "", strconv.FormatBool(u.Portal))
	return c.JSON(u)
}

// headsText writes heads as the trail keeps them: who, from when, to when, and as what.
func headsText(hs []people.Headship) string {
	words := make([]string, len(hs))
	for i, h := range hs {
		as := "head"
		if h.Deputy {
			as = "deputy"
		}
		words[i] = strings.Join([]string{string(h.Person), h.From, cmp.Or(h.To, "-"), as}, " ")
	}
	return strings.Join(words, ", ")
}
