package httpapi

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/auth"
	"hocso/internal/people"
)

// sessionRoutes are the rows of sign-ins under way, one's own and those of people one
// manages, and of one's own password, which ends them.
func (s *Server) sessionRoutes() []route {
	const v = "/api/v1"
	own, manage := can(people.TakeCourses), can(people.ManagePeople)
	return []route{
		{fiber.MethodGet, v + "/me/sessions", own, shape{summary: "Where I am signed in", out: listOf[sessionView]{}}, s.listSessions},
		{fiber.MethodDelete, v + "/me/sessions/:id", own, shape{
			summary: "Sign out there", audit: "session_ended", status: http.StatusNoContent, problems: []string{"404 session_not_found"},
		}, s.endSession},
		{fiber.MethodPut, v + "/me/password", own, shape{
			summary: "Set a new password, which ends my other sign-ins; this one goes on with the access token of the answer", in: passwordRequest{}, out: sessionAnswer{}, audit: "password_changed",
			problems: []string{"409 no_password", "422 invalid_fields", "429 too_many_tries", "503 busy"},
		}, s.changePassword},
		{fiber.MethodGet, v + "/me/identities", own, shape{summary: "The providers I can sign in with because we are linked", out: listOf[auth.Link]{}}, s.listIdentities},
		{fiber.MethodDelete, v + "/me/identities/:id", own, shape{
			summary: "Unlink a provider, if I can sign in without it", audit: "identity_unlinked", status: http.StatusNoContent, problems: []string{"404 identity_not_found", "409 last_way"},
		}, s.unlinkOwn},
		{fiber.MethodGet, v + "/people/:id/identities", manage, shape{
			summary: "The providers a person is linked with", out: listOf[auth.Link]{}, problems: []string{"403 above_your_scope", "404 person_not_found"},
		}, s.listIdentitiesOf},
		{fiber.MethodDelete, v + "/people/:id/identities/:identity", manage, shape{
			summary: "Unlink a person from a provider", audit: "identity_unlinked", status: http.StatusNoContent, problems: []string{"403 above_your_scope", "404 person_not_found", "404 identity_not_found"},
		}, s.unlinkOf},
		{fiber.MethodGet, v + "/people/:id/sessions", manage, shape{
			summary: "Where a person is signed in", out: listOf[auth.Session]{}, problems: []string{"403 above_your_scope", "404 person_not_found"},
		}, s.listSessionsOf},
		{fiber.MethodDelete, v + "/people/:id/sessions", manage, shape{
			summary: "End every sign-in of a person", audit: "session_ended", status: http.StatusNoContent, problems: []string{"403 above_your_scope", "404 person_not_found", "409 changed_meanwhile"},
		}, s.endSessionsOf},
		{fiber.MethodDelete, v + "/people/:id/sessions/:session", manage, shape{
			summary: "End one sign-in of a person", audit: "session_ended", status: http.StatusNoContent, problems: []string{"403 above_your_scope", "404 person_not_found", "404 session_not_found"},
		}, s.endSessionOf},
	}
}

type sessionView struct {
	auth.Session
	Current bool `json:"current"`
}

func (s *Server) listSessions(c *fiber.Ctx) error {
	who := actor(c)
	sessions, err := s.Auth.List(c.UserContext(), who)
	if err != nil {
		return err
	}
	var a listOf[sessionView]
	for _, x := range sessions {
		a.Items = append(a.Items, sessionView{x, x.ID == who.Session})
	}
	return c.JSON(a)
}

func (s *Server) endSession(c *fiber.Ctx) error {
	if err := s.Auth.End(c.UserContext(), actor(c), c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

type passwordRequest struct {
	Current string `json:"current" validate:"required,max=512"`
	New     string `json:"new" validate:"required,max=512"`
}

func (s *Server) changePassword(c *fiber.Ctx) error {
	var req passwordRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	in, err := s.Auth.ChangePassword(c.UserContext(), actor(c), auth.PasswordChange{Current: req.Current, New: req.New, Address: s.address(c)})
	if err != nil {
		return err
	}
	a, err := s.sessionOf(c, in)
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func (s *Server) listIdentities(c *fiber.Ctx) error {
	links, err := s.Auth.OwnLinks(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(listOf[auth.Link]{Items: links})
}

func (s *Server) unlinkOwn(c *fiber.Ctx) error {
	about(c, "person", string(actor(c).ID))
	if err := s.Auth.UnlinkOwn(c.UserContext(), actor(c), c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) listIdentitiesOf(c *fiber.Ctx) error {
	links, err := s.Auth.LinksOf(c.UserContext(), actor(c), people.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(listOf[auth.Link]{Items: links})
}

func (s *Server) unlinkOf(c *fiber.Ctx) error {
	if err := s.Auth.Unlink(c.UserContext(), actor(c), people.ID(c.Params("id")), c.Params("identity")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) listSessionsOf(c *fiber.Ctx) error {
	sessions, err := s.Auth.SessionsOf(c.UserContext(), actor(c), people.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(listOf[auth.Session]{Items: sessions})
}

func (s *Server) endSessionsOf(c *fiber.Ctx) error {
	if err := s.Auth.EndAll(c.UserContext(), actor(c), people.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) endSessionOf(c *fiber.Ctx) error {
	if err := s.Auth.EndOf(c.UserContext(), actor(c), people.ID(c.Params("id")), c.Params("session")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
