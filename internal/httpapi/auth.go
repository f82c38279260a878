package httpapi

import (
	"net/http"
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
			summary: "Sign in with a password; sets the refresh cookie", in: signInRequest{}, out: sessionAnswer{},
			problems: []string{"401 sign_in_failed", "429 too_many_tries", "503 busy"},
		}, s.signIn},
		{fiber.MethodPost, v + "/auth/refresh", public, shape{
			summary: "A new access token for the refresh cookie, which is replaced", out: sessionAnswer{},
			problems: []string{"401 session_ended"},
		}, s.refresh},
		{fiber.MethodPost, v + "/auth/sign-out", public, shape{summary: "End the session of the refresh cookie", status: http.StatusNoContent}, s.signOut},
		{fiber.MethodPost, v + "/auth/invitations/:token", public, shape{
			summary: "Set a password with an invitation, and sign in", in: acceptRequest{}, out: sessionAnswer{},
			problems: []string{"404 invitation_unknown", "409 email_taken", "410 invitation_used", "422 invalid_fields"},
		}, s.acceptInvitation},
		{fiber.MethodPost, v + "/auth/password-reset", public, shape{
			summary: "Have a link to reset the password mailed; the answer is the same for everybody", in: askResetRequest{}, status: http.StatusAccepted,
			problems: []string{"409 mail_off", "422 invalid_fields", "429 too_many_tries"},
		}, s.askReset},
		{fiber.MethodPost, v + "/auth/password-reset/:token", public, shape{
			summary: "Set a password with a mailed link; all sessions end, and nobody is signed in", in: resetRequest{}, status: http.StatusNoContent,
			problems: []string{"404 reset_unknown", "410 reset_used", "422 invalid_fields"},
		}, s.reset},
		{fiber.MethodGet, v + "/auth/oidc/start", public, shape{
			summary: "Go to a provider to sign in there; what goes wrong is told at /sign-in#error=code", query: []string{"issuer", "return", "device"}, status: http.StatusSeeOther,
		}, s.beginLogin},
		{fiber.MethodGet, v + "/auth/oidc/callback", public, shape{
			summary: "Come back from a provider; sets the refresh cookie and leads on to /signed-in", query: []string{"state", "code", "iss", "error"}, status: http.StatusSeeOther,
		}, s.finishLogin},
		{fiber.MethodGet, v + "/me/sessions", can(people.TakeCourses), shape{summary: "Where I am signed in", out: listOf[sessionView]{}}, s.listSessions},
		{fiber.MethodDelete, v + "/me/sessions/:id", can(people.TakeCourses), shape{
			summary: "Sign out there", status: http.StatusNoContent, problems: []string{"404 session_not_found"},
		}, s.endSession},
	}
}

// listOf is the shape of every list. Next is the cursor of the next page.
type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

type methodsAnswer struct {
	Password bool           `json:"password"`
	OIDC     []providerView `json:"oidc"`
	Demo     bool           `json:"demo"`
	Reset    bool           `json:"reset"` // whether a link to reset the password can be mailed
}

func (s *Server) signInMethods(c *fiber.Ctx) error {
	return c.JSON(methodsAnswer{Password: true, OIDC: s.providers(), Demo: s.Demo, Reset: s.Auth.Letters.On()})
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
		return err
	}
	return s.answerSession(c, in)
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
	if err := s.Auth.SignOut(c.UserContext(), c.Cookies(s.cookieName())); err != nil {
		return err
	}
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
	})
	if err != nil {
		return err
	}
	return s.answerSession(c, in)
}

type askResetRequest struct {
	Email string `json:"email" validate:"required,max=254"`
}

func (s *Server) askReset(c *fiber.Ctx) error {
	var req askResetRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if err := s.Auth.AskReset(c.UserContext(), req.Email, s.address(c)); err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).Send(nil)
}

type resetRequest struct {
	Password string `json:"password" validate:"required,max=512"`
}

func (s *Server) reset(c *fiber.Ctx) error {
	var req resetRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if err := s.Auth.Reset(c.UserContext(), c.Params("token"), req.Password, s.address(c)); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Server) answerSession(c *fiber.Ctx, in auth.SignedIn) error {
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
