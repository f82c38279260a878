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

// authRoutes are the rows of signing in and out.
func (s *Server) authRoutes() []route {
	const v = "/api/v1"
	return []route{
		{fiber.MethodGet, v + "/auth/methods", public, shape{summary: "How people can sign in", out: methodsAnswer{}}, s.signInMethods},
		{fiber.MethodPost, v + "/auth/sign-in", public, shape{
			summary: "Sign in with a password; sets the refresh cookie, or asks for the second factor", in: signInRequest{}, out: signInAnswer{}, audit: "sign_in",
			problems: []string{"401 sign_in_failed", "429 too_many_tries", "503 busy"},
		}, s.signIn},
		{fiber.MethodPost, v + "/auth/refresh", public, shape{
			summary: "A new access token for the refresh cookie, which is replaced", out: sessionAnswer{}, noAudit: "it goes on with a sign-in that is in the trail",
			problems: []string{"401 session_ended"},
		}, s.refresh},
		{fiber.MethodPost, v + "/auth/sign-out", public, shape{summary: "End the session of the refresh cookie", audit: "sign_out", status: http.StatusNoContent}, s.signOut},
		{fiber.MethodPost, v + "/auth/invitations/:token", public, shape{
			summary: "Set a password with an invitation, and sign in", in: acceptRequest{}, out: signInAnswer{}, audit: "invitation_accepted",
			problems: []string{"404 invitation_unknown", "409 email_taken", "410 invitation_used", "422 invalid_fields"},
		}, s.acceptInvitation},
		{fiber.MethodPost, v + "/auth/password-reset", public, shape{
			summary: "Have a link to reset the password mailed; the answer is the same for everybody", in: askResetRequest{}, noAudit: "it says nothing of who asks, and changes nothing", status: http.StatusAccepted,
			problems: []string{"409 mail_off", "422 invalid_fields", "429 too_many_tries"},
		}, s.askReset},
		{fiber.MethodPost, v + "/auth/password-reset/:token", public, shape{
			summary: "Set a password with a mailed link; all sessions end, and nobody is signed in", in: resetRequest{}, audit: "password_reset", status: http.StatusNoContent,
			problems: []string{"404 reset_unknown", "410 reset_used", "422 invalid_fields"},
		}, s.reset},
		{fiber.MethodGet, v + "/auth/oidc/start", public, shape{
			summary: "Go to a provider to sign in there; what goes wrong is told at /sign-in#error=code", query: []string{"issuer", "return", "device"}, status: http.StatusSeeOther,
		}, s.beginLogin},
		{fiber.MethodGet, v + "/auth/oidc/callback", public, shape{
			summary: "Come back from a provider; sets the refresh cookie and leads on to /signed-in", query: []string{"state", "code", "iss", "error"}, audit: "sign_in", status: http.StatusSeeOther,
		}, s.finishLogin},
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
	Passkey  bool           `json:"passkey"`
	Demo     bool           `json:"demo"`
	Reset    bool           `json:"reset"` // whether a link to reset the password can be mailed
}

func (s *Server) signInMethods(c *fiber.Ctx) error {
	return c.JSON(methodsAnswer{Password: true, OIDC: s.providers(), Passkey: s.Auth.Passkeys(), Demo: s.Demo, Reset: s.Auth.Letters.On()})
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

// signInAnswer is a session, or what is missing for one.
type signInAnswer struct {
	AccessToken  string           `json:"accessToken,omitempty"`
	ExpiresAt    *time.Time       `json:"expiresAt,omitempty"`
	Person       *me              `json:"person,omitempty"`
	SecondFactor *auth.SecondStep `json:"secondFactor,omitempty"`
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
	return s.answerSignIn(c, in)
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
	return s.answerSignIn(c, in)
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
	err := s.Auth.Reset(c.UserContext(), c.Params("token"), req.Password, s.address(c), func(p people.ID) error {
		noteAs(c, p, "")
		return s.begin(c, trail(c))
	})
	if err != nil {
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

// answerSignIn answers with the session, or with the step that is missing.
func (s *Server) answerSignIn(c *fiber.Ctx, in auth.SignedIn) error {
	if in.Second != nil {
		noteAs(c, in.Person.ID, "")
		note(c, "way", "", "password_then_second_factor")
		return c.JSON(signInAnswer{SecondFactor: in.Second})
	}
	a, err := s.sessionOf(c, in)
	if err != nil {
		return err
	}
	s.setCookie(c, in.Refresh, in.RefreshEnds)
	return c.JSON(signInAnswer{AccessToken: a.AccessToken, ExpiresAt: &a.ExpiresAt, Person: &a.Person})
}

func (s *Server) answerSession(c *fiber.Ctx, in auth.SignedIn) error {
	a, err := s.sessionOf(c, in)
	if err != nil {
		return err
	}
	s.setCookie(c, in.Refresh, in.RefreshEnds)
	return c.JSON(a)
}

func (s *Server) sessionOf(c *fiber.Ctx, in auth.SignedIn) (sessionAnswer, error) {
	if session, _, begun := strings.Cut(in.Refresh, "."); begun {
		noteAs(c, in.Person.ID, session)
	}
	m, err := s.meOf(c, in.Person, in.Actor)
	return sessionAnswer{in.AccessToken, in.ExpiresAt, m}, err
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
