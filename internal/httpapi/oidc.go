package httpapi

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// providerView is a provider on the sign-in page.
type providerView struct {
	ID   string      `json:"id"`
	Name people.Text `json:"name"`
}

func (s *Server) providers() []providerView {
	all := []providerView{}
	for _, p := range s.Auth.Providers {
		all = append(all, providerView{p.ID, p.Name})
	}
	return all
}

// loginCookie is the name of the cookie that ties a sign-in under way to a browser.
func (s *Server) loginCookie() string { return s.cookieName() + "-oidc" }

// setLoginCookie sets it. It is Lax, unlike the refresh cookie: the provider's site
// sends the browser back, and the cookie must come along then.
func (s *Server) setLoginCookie(c *fiber.Ctx, value string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: s.loginCookie(), Value: value, Path: "/", Expires: expires,
		Secure: !s.InsecureCookie, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (s *Server) beginLogin(c *fiber.Ctx) error {
	device, err := query(c, "device", 100)
	if err != nil {
		device = "" // only a name to know it again by
	}
	location, browser, err := s.Auth.BeginLogin(c.UserContext(), auth.Outset{
		Provider: c.Query("issuer"), Browser: c.Cookies(s.loginCookie()), Return: c.Query("return"), Device: device, Address: s.address(c),
	})
	if err != nil {
		return s.loginFailed(c, err)
	}
	s.setLoginCookie(c, browser, s.Now().Add(auth.LoginTime))
	return c.Redirect(location, fiber.StatusSeeOther)
}

// finishLogin ends in a page of the app, which asks for the second factor if the person
// has one and the provider did not ask, not with the app itself signed in: the browser does not send the Strict refresh cookie on the way from another site, but
// it does with the request that the page then makes for a session.
func (s *Server) finishLogin(c *fiber.Ctx) error {
	in, to, err := s.Auth.FinishLogin(c.UserContext(), auth.Return{
		State: c.Query("state"), Code: c.Query("code"), Error: c.Query("error"), Issuer: c.Query("iss"), Browser: c.Cookies(s.loginCookie()),
	})
	if err != nil {
		return s.loginFailed(c, err)
	}
	s.setLoginCookie(c, "", time.Unix(0, 0))
	on := url.Values{"to": {to}}
	if in.Second != nil {
		on.Set("step", in.Second.Token)
		on.Set("methods", strings.Join(in.Second.Methods, " "))
		note(c, "way", "", "provider_then_second_factor")
	} else {
		s.setCookie(c, in.Refresh, in.RefreshEnds)
		note(c, "way", "", "provider")
	}
	session, _, _ := strings.Cut(in.Refresh, ".")
	noteAs(c, in.Person.ID, session)
	return c.Redirect("/signed-in#"+on.Encode(), fiber.StatusSeeOther)
}

// loginFailed tells a person in the app what went wrong, and the log why. What is not
// a refusal is a problem as everywhere.
func (s *Server) loginFailed(c *fiber.Ctx, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || !strings.HasPrefix(f.Code, "oidc_") && f.Code != "too_many_tries" {
		return err
	}
	s.metrics.problems.WithLabelValues(f.Code).Inc()
	s.Log.InfoContext(c.UserContext(), "refused", "code", f.Code, "why", f.Message, "route", s.pattern(c), "requestId", requestID(c))
	c.Locals("refused", err) // for the trail: what is answered is no error
	return c.Redirect("/sign-in#error="+f.Code, fiber.StatusSeeOther)
}
