package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// authRoutes are the rows of signing in and out, and of one's own sessions.
func (s *Server) authRoutes() []route {
	const v = "/api/v1"
	return []route{
		{fiber.MethodGet, v + "/auth/methods", public, shape{summary: "How people can sign in", out: methodsAnswer{}}, s.signInMethods},
		{fiber.MethodPost, v + "/auth/sign-in", public, shape{
			summary: "Sign in with a password; sets the refresh cookie", in: signInRequest{}, out: sessionAnswer{}, audit: "sign_in",
			problems: []string{"401 sign_in_failed", "429 too_many_tries", "503 busy"},
		}, s.signIn},
		{fiber.MethodPost, v + "/auth/refresh", public, shape{
			summary: "A new access token for the refresh cookie, which is replaced", out: sessionAnswer{}, noAudit: "it goes on with a sign-in that is in the trail",
			problems: []string{"401 session_ended"},
		}, s.refresh},
		{fiber.MethodPost, v + "/auth/sign-out", public, shape{summary: "End the session of the refresh cookie", audit: "sign_out", status: http.StatusNoContent}, s.signOut},
		{fiber.MethodPost, v + "/auth/invitations/:token", public, shape{
			summary: "Set a password with an invitation, and sign in", in: acceptRequest{}, out: sessionAnswer{}, audit: "invitation_accepted",
			problems: []string{"404 invitation_unknown", "409 email_taken", "410 invitation_used", "422 invalid_fields"},
		}, s.acceptInvitation},
		{fiber.MethodGet, v + "/me/sessions", can(people.TakeCourses), shape{summary: "Where I am signed in", out: listOf[sessionView]{}}, s.listSessions},
		{fiber.MethodDelete, v + "/me/sessions/:id", can(people.TakeCourses), shape{
			summary: "Sign out there", audit: "session_ended", status: http.StatusNoContent, problems: []string{"404 session_not_found"},
		}, s.endSession},
	}
}

// listOf is the shape of every list. Next is the cursor of the next page.
type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

type methodsAnswer struct {
	Password bool     `json:"password"`
	OIDC     []string `json:"oidc"`
	Demo     bool     `json:"demo"`
}

func (s *Server) signInMethods(c *fiber.Ctx) error {
	return c.JSON(methodsAnswer{Password: true, OIDC: []string{}, Demo: s.Demo})
}

type signInRequest struct {
	Email    string `json:"email" validate:"required,max=254"`
	Password string `json:"password" validate:"required,max=512"`
	Device   string `json:"device" validate:"max=100,text"`
}

type sessionAnswer struct {
	AccessToken string    `json:"accessToken"`
	ExpiresAt   time.Time `json:"expiresAt"`
	Person      me        `json:"person"`
}

func (s *Server) signIn(c *fiber.Ctx) error {
	var req signInRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	in, err := s.Auth.SignIn(c.UserContext(), auth.Credentials{Email: req.Email, Password: req.Password, Device: req.Device, Address: s.address(c)})
	if err != nil {
		s.noteTry(c, in.Person, err)
		return err
	}
	return s.answerSession(c, in)
}

// noteTry says in the trail alone who could not sign in, and why.
func (s *Server) noteTry(c *fiber.Ctx, p people.Person, err error) {
	about(c, "person", string(p.ID))
	switch {
	case fault.KindOf(err) != fault.Unauthenticated: // nobody looked
	case p.ID == "":
		note(c, "reason", "", "no_such_person")
	case s.People.Gone(p):
		note(c, "reason", "", "account_closed")
	case p.Status == people.Invited:
		note(c, "reason", "", "no_password_yet")
	default:
		note(c, "reason", "", "wrong_password")
	}
}

func (s *Server) refresh(c *fiber.Ctx) error {
	cookie := c.Cookies(s.cookieName())
	in, err := s.Auth.Refresh(c.UserContext(), cookie)
	if cookie != "" && fault.KindOf(err) == fault.Unauthenticated {
		s.setCookie(c, "", time.Unix(0, 0)) // it is worth nothing any more
	}
	if err != nil {
		return err
	}
	return s.answerSession(c, in)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	session, err := s.Auth.SignOut(c.UserContext(), c.Cookies(s.cookieName()))
	if err != nil {
		return err
	}
	noteAs(c, session.Person, session.ID)
	s.setCookie(c, "", time.Unix(0, 0))
	c.Set("Clear-Site-Data", `"cache"`) // storage is the app's to clear: there may be answers in it that wait to be sent
	return c.SendStatus(fiber.StatusNoContent)
}

type acceptRequest struct {
	Password string  `json:"password" validate:"required,max=512"`
	Name     *string `json:"name" validate:"omitempty,min=1,max=200,text"`
	Email    *string `json:"email" validate:"omitempty,mail"`
	Device   string  `json:"device" validate:"max=100,text"`
}

func (s *Server) acceptInvitation(c *fiber.Ctx) error {
	var req acceptRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	in, err := s.Auth.Accept(c.UserContext(), auth.Acceptance{
		Token: c.Params("token"), Password: req.Password, Name: deref(req.Name), Email: deref(req.Email), Device: req.Device,
		Begin: func(p people.ID) error {
			noteAs(c, p, "")
			return s.begin(c, trail(c))
		},
	})
	if err != nil {
		return err
	}
	return s.answerSession(c, in)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Server) answerSession(c *fiber.Ctx, in auth.SignedIn) error {
	session, _, _ := strings.Cut(in.Refresh, ".")
	noteAs(c, in.Person.ID, session)
	who, err := s.People.ActorOf(c.UserContext(), in.Person, "")
	if err != nil {
		return err
	}
	m, err := s.meOf(c, in.Person, who)
	if err != nil {
		return err
	}
	s.setCookie(c, in.Refresh, in.RefreshEnds)
	return c.JSON(sessionAnswer{in.AccessToken, in.ExpiresAt, m})
}

// cookieName is the name of the cookie that holds the refresh token. The browser
// itself holds cookies named __Host- to Secure, Path=/ and this host alone.
func (s *Server) cookieName() string {
	if s.InsecureCookie {
		return "hocso"
	}
	return "__Host-hocso"
}

func (s *Server) setCookie(c *fiber.Ctx, token string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: s.cookieName(), Value: token, Path: "/", Expires: expires,
		Secure: !s.InsecureCookie, HTTPOnly: true, SameSite: fiber.CookieSameSiteStrictMode,
	})
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
