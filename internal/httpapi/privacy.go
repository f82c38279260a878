package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

// privacyRoutes are the rows of the notice and of what people may ask about their data.
func (s *Server) privacyRoutes() []route {
	const v = "/api/v1"
	mine := can(people.TakeCourses)
	handle := can(people.HandleRequests)
	unknown := []string{"404 request_not_found", "403 own_request"}
	return append([]route{
		{fiber.MethodGet, v + "/notice", public, shape{summary: "What is kept about people, why, who sees it and how long", out: privacy.Notice{}, compress: true}, s.showNotice},
		{fiber.MethodGet, v + "/me/notice", mine, shape{summary: "The version of the notice as it is now, and which ones I have read", out: noticeAnswer{}}, s.myNotice},
		{fiber.MethodPost, v + "/me/notice", mine, shape{
			summary: "Say that I have read the notice; may be repeated", in: noticeRequest{}, out: privacy.Reading{}, noAudit: "it is a fact of its own", problems: []string{"409 notice_changed", "422 invalid_fields"},
		}, s.readNotice},
		{fiber.MethodGet, v + "/me/requests", mine, shape{summary: "What I asked about my own data, with its clocks", out: listOf[privacy.RequestView]{}}, s.myRequests},
		{fiber.MethodPost, v + "/me/requests", mine, shape{
			summary: "Ask to correct, erase or restrict my data, or object", in: askRequest{}, out: privacy.RequestView{}, audit: "request_made", status: http.StatusCreated,
			problems: []string{"409 request_open", "409 too_many_open", "422 invalid_fields"},
		}, s.ask},
		{fiber.MethodGet, v + "/privacy/requests", handle, shape{
			summary: "What people asked that I may handle: state=open (most urgent first) or over", query: []string{"state"}, out: listOf[privacy.Asked]{},
		}, s.listRequests},
		{fiber.MethodGet, v + "/settings/retention", can(people.ManageOperations), shape{summary: "What is kept how long, and when what was over was last removed", out: privacy.RetentionView{}}, s.showRetention},
		{fiber.MethodPut, v + "/settings/retention", can(people.ManageOperations), shape{
			summary: "Set how long each thing is kept; version is that of the table before", in: retentionRequest{}, out: privacy.RetentionView{}, audit: "retention_changed",
			problems: []string{"409 changed_meanwhile", "422 invalid_fields"},
		}, s.changeRetention},
		{fiber.MethodGet, v + "/privacy/requests/:id", handle, shape{summary: "One of these", out: privacy.Asked{}, problems: unknown}, s.showRequest},
	}, s.deeds(handle, unknown)...)
}

// deeds are the rows of what is done with a request.
func (s *Server) deeds(handle access, unknown []string) (rows []route) {
	over := slices.Concat(unknown, []string{"409 request_over", "422 invalid_fields"})
	for _, d := range []struct {
		did      string
		audit    audit.Action
		summary  string
		problems []string
	}{
		{"answer", "request_answered", "Give a first answer", over},
		{"extend", "request_extended", "Take more time, once, and say why", append(over, "409 already_extended")},
		{"complete", "request_completed", "Say that it is done; a request for erasure is carried out by this", append(over, "403 above_your_scope", "409 last_administrator")},
		{"reject", "request_refused", "Refuse it and say why", over},
	} {
		rows = append(rows, route{fiber.MethodPost, "/api/v1/privacy/requests/:id/" + d.did, handle, shape{
			summary: d.summary, audit: d.audit, in: deedRequest{}, out: privacy.Asked{}, problems: d.problems,
		}, s.deed(d.did)})
	}
	return rows
}

func (s *Server) myRequests(c *fiber.Ctx) error {
	mine, err := s.Privacy.Mine(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(listOf[privacy.RequestView]{Items: mine})
}

type askRequest struct {
	Kind  privacy.Kind `json:"kind" validate:"required,oneof=correction erasure restriction objection"`
	About string       `json:"about" validate:"required_if=Kind correction,max=200,text"`
	Text  string       `json:"text" validate:"required_unless=Kind erasure,max=2000,lines"`
}

func (s *Server) ask(c *fiber.Ctx) error {
	var req askRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	r, err := s.Privacy.Ask(c.UserContext(), actor(c), req.Kind, req.About, req.Text)
	if err != nil {
		return err
	}
	about(c, "request", r.ID)
	note(c, "kind", "", string(r.Kind))
	return c.Status(fiber.StatusCreated).JSON(r)
}

func (s *Server) listRequests(c *fiber.Ctx) error {
	state := c.Query("state", "open")
	if state != "open" && state != "over" {
		return badQuery("state", "oneof")
	}
	rs, err := s.Privacy.Handle(c.UserContext(), actor(c), state == "open")
	if err != nil {
		return err
	}
	return c.JSON(listOf[privacy.Asked]{Items: rs})
}

func (s *Server) showRequest(c *fiber.Ctx) error {
	r, err := s.Privacy.HandleOne(c.UserContext(), actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return c.JSON(r)
}

func (s *Server) showRetention(c *fiber.Ctx) error {
	r, err := s.Privacy.ShowRetention(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(r)
}

type retentionRequest struct {
	Version int                  `json:"version" validate:"min=0"`
	Keep    map[privacy.What]int `json:"keep" validate:"required"` // every row of the table, in its unit
}

func (s *Server) changeRetention(c *fiber.Ctx) error {
	var req retentionRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	changed, err := s.Privacy.ChangeRetention(c.UserContext(), actor(c), req.Version, req.Keep)
	if err != nil {
		return err
	}
	for _, x := range changed {
		note(c, "keep_"+string(x.What), strconv.Itoa(x.Before), strconv.Itoa(x.After))
	}
	return s.showRetention(c)
}

type deedRequest struct {
	Text       string `json:"text" validate:"required,max=2000,lines"` // to the person
	ThirdParty bool   `json:"thirdParty"`                              // somebody else has to do something: a longer clock
}

func (s *Server) deed(did string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var req deedRequest
		if err := s.bind(c, &req); err != nil {
			return err
		}
		r, err := s.Privacy.Do(c.UserContext(), actor(c), c.Params("id"), privacy.Deed{Did: did, Text: req.Text, ThirdParty: req.ThirdParty})
		if err != nil {
			return err
		}
		about(c, "person", string(r.PersonID))
		note(c, "request", "", r.ID)
		note(c, "kind", "", string(r.Kind))
		return c.JSON(r)
	}
}

func (s *Server) showNotice(c *fiber.Ctx) error { return c.JSON(s.Privacy.Notice()) }

type noticeAnswer struct {
	Version string            `json:"version"`
	Read    []privacy.Reading `json:"read"`
}

func (s *Server) myNotice(c *fiber.Ctx) error {
	read, err := s.Privacy.Readings(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(noticeAnswer{s.Privacy.Notice().Version, read})
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
