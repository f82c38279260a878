package httpapi

import (
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"rsc.io/qr"

	"hocso/internal/fault"
	"hocso/internal/people"
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

func badQuery(field, code string) error {
	f := fault.New(fault.Malformed, "bad_query", "a parameter is not right")
	f.Fields = []fault.Field{{Field: field, Code: code}}
	return f
}

// People are those for whom a card is wanted; empty: everybody who waits.
type inviteAllRequest struct {
	Unit   people.UnitID `json:"unit" validate:"max=64"`
	Below  bool          `json:"below"`
	People []people.ID   `json:"people" validate:"max=500,dive,required,max=64"`
}

// invitationCard is one person's invitation: its link, and the same as a QR code, whose
// dark modules are the path QR in a square of Modules by Modules units.
type invitationCard struct {
	waitingPerson
	Link    string `json:"link"`
	QR      string `json:"qr"`
	Modules int    `json:"modules"`
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
	answer := inviteAllAnswer{[]invitationCard{}, sheet.ExpiresAt, sheet.LeftOut}
	for _, card := range sheet.Cards {
		path, modules, err := qrPath(card.Link)
		if err != nil {
			return err
		}
		answer.Items = append(answer.Items, invitationCard{
			waitingPerson{card.Person.ID, card.Person.Name, card.Person.Unit}, card.Link, path, modules,
		})
	}
	return c.JSON(answer)
}

// qrPath returns text as a QR code that survives 15 % of damage: a path of SVG with one
// rectangle for each row of dark modules, and the number of modules on a side.
func qrPath(text string) (path string, modules int, err error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				b.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(n) + "v1h-" + strconv.Itoa(n) + "z")
			}
		}
	}
	return b.String(), code.Size, nil
}
