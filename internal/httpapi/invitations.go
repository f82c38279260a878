package httpapi

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
	"hocso/internal/qr"
)

// waitingPerson is somebody who has no password yet.
type waitingPerson struct {
	ID   people.ID     `json:"id"`
	Name string        `json:"name"`
	Unit people.UnitID `json:"unit"`
}

type waitingAnswer struct {
	Items   []waitingPerson `json:"items"`
	LeftOut int             `json:"leftOut"` // who hold roles outside of what the caller manages
}

func (s *Server) listWaiting(c *fiber.Ctx) error {
	unit, err := query(c, "unit", 64)
	if err != nil {
		return err
	}
	below := c.Query("below", "true")
	if below != "true" && below != "false" {
		return badQuery("below", "oneof")
	}
	ps, leftOut, err := s.People.Waiting(c.UserContext(), actor(c), people.UnitID(unit), below == "true")
	if err != nil {
		return err
	}
	answer := waitingAnswer{[]waitingPerson{}, leftOut}
	for _, p := range ps {
		answer.Items = append(answer.Items, waitingPerson{p.ID, p.Name, p.Unit})
	}
	return c.JSON(answer)
}

// People are those for whom a card is wanted; empty: everybody who waits.
type inviteAllRequest struct {
	Unit   people.UnitID `json:"unit" validate:"max=64"`
	Below  bool          `json:"below"`
	People []people.ID   `json:"people" validate:"max=500,dive,required,max=64"`
}

// invitationCard is one person's invitation: its link, and the same to scan.
type invitationCard struct {
	waitingPerson
	Link string  `json:"link"`
	QR   qr.Code `json:"qr"`
}

type inviteAllAnswer struct {
	Items     []invitationCard `json:"items"`
	ExpiresAt time.Time        `json:"expiresAt"`
	LeftOut   int              `json:"leftOut"`
}

func (s *Server) inviteAll(c *fiber.Ctx) error {
	var req inviteAllRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	sheet, err := s.Auth.InviteAll(c.UserContext(), actor(c), req.Unit, req.Below, req.People)
	if err != nil {
		return err
	}
	note(c, "unit", "", string(req.Unit))
	note(c, "people", "", strconv.Itoa(len(sheet.Cards)))
	answer := inviteAllAnswer{[]invitationCard{}, sheet.ExpiresAt, sheet.LeftOut}
	for _, card := range sheet.Cards {
		answer.Items = append(answer.Items, invitationCard{
			waitingPerson{card.Person.ID, card.Person.Name, card.Person.Unit}, card.Link, card.QR,
		})
	}
	return c.JSON(answer)
}
