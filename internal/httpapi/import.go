package httpapi

import (
	"bytes"
	"encoding/base64"
	"io"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// One of the two: text that the browser read as UTF-8, or the bytes of the file, a
// workbook or text. Mapping says what each header stands for, "" to leave it out.
// Reopen opens the accounts of closed people whom the file names. Missing says what
// becomes of people whom it does not name, in the units it names, or in EverybodyIn and
// below ("": all that the caller manages). CloseAtMost confirms a number of accounts.
type importRequest struct {
	CSV         string         `json:"csv"`
	CSVBase64   string         `json:"csvBase64"`
	Mapping     []string       `json:"mapping" validate:"max=200,dive,omitempty,oneof=email name unit unitName unitNameEn parentUnit role joined head"`
	Reopen      bool           `json:"reopen"`
	Missing     string         `json:"missing" validate:"omitempty,oneof=keep close"`
	EverybodyIn *people.UnitID `json:"everybodyIn" validate:"omitempty,max=64"`
	CloseAtMost *int           `json:"closeAtMost" validate:"omitempty,min=0"`
}

func (s *Server) importPeople(c *fiber.Ctx) error {
	var req importRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	table := []byte(req.CSV)
	if req.CSVBase64 != "" {
		var err error
		if table, err = base64.StdEncoding.DecodeString(req.CSVBase64); err != nil || req.CSV != "" {
			f := fault.New(fault.Malformed, "malformed_body", "the body is not the JSON that was asked for")
			f.Fields = []fault.Field{{Field: "csvBase64", Code: "base64"}}
			return f
		}
	}
	dry := c.Query("dryRun", "true")
	if dry != "true" && dry != "false" {
		return badQuery("dryRun", "oneof")
	}
	file := io.NewSectionReader(bytes.NewReader(table), 0, int64(len(table)))
	res, err := s.People.Import(c.UserContext(), actor(c), file, people.ImportOptions{
		Mapping: req.Mapping, DryRun: dry == "true", Reopen: req.Reopen,
		Close: req.Missing == "close", EverybodyIn: req.EverybodyIn, CloseAtMost: req.CloseAtMost,
	})
	for _, x := range res.RoleChanges { // also of an import that was cut off
		if x.Taken {
			note(c, "role_of", x.Words(), "")
		} else {
			note(c, "role_of", "", x.Words())
		}
	}
	if res.MoreRoleChanges > 0 {
		note(c, "more_roles", "", strconv.Itoa(res.MoreRoleChanges))
	}
	if err != nil {
		return err
	}
	for _, n := range res.Counts(req.Missing == "close") {
		note(c, n.What, "", strconv.Itoa(n.N))
	}
	return c.JSON(res)
}
