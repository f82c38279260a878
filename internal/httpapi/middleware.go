package httpapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// requestID returns the id of a request, and gives it one first if it has none.
func requestID(c *fiber.Ctx) string {
	if id, ok := c.Locals("requestId").(string); ok {
		return id
	}
	id := rand.Text()
	c.Locals("requestId", id)
	return id
}

// headers sets what every answer carries, errors included. A handler may replace
// Cache-Control, and pages replace the content security policy.
func (s *Server) headers(c *fiber.Ctx) error {
	s.setHeaders(c)
	return c.Next()
}

func (s *Server) setHeaders(c *fiber.Ctx) {
	for _, h := range [][2]string{
		{"X-Request-Id", requestID(c)},
		{fiber.HeaderCacheControl, "no-store"},
		{fiber.HeaderContentSecurityPolicy, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		{fiber.HeaderXContentTypeOptions, "nosniff"},
		{fiber.HeaderReferrerPolicy, "no-referrer"},
		{fiber.HeaderXFrameOptions, "DENY"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{fiber.HeaderPermissionsPolicy, "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"},
	} {
		c.Set(h[0], h[1])
	}
	if strings.HasPrefix(s.PublicURL, "https://") {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
}

// knownMethods refuses TRACE, CONNECT and everything unheard of.
func knownMethods(c *fiber.Ctx) error {
	switch c.Method() {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return c.Next()
	}
	return &refusal{http.StatusMethodNotAllowed, "method_not_allowed"}
}

// otherMethod answers for an address that is known, but not with this method.
func otherMethod(methods []string) fiber.Handler {
	allow := strings.Join(methods, ", ")
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderAllow, allow)
		return &refusal{http.StatusMethodNotAllowed, "method_not_allowed"}
	}
}

// cleanPath refuses addresses that two readers could read differently: encoded
// twice, with dot segments, with NUL, a backslash or an encoded slash, or not in
// UTF-8. After it, unescaping is safe.
func cleanPath(c *fiber.Ctx) error {
	path, query, _ := strings.Cut(string(c.Request().Header.RequestURI()), "?")
	bad := func() error { return fault.New(fault.Malformed, "malformed_address", "the address is not well formed") }
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.ContainsAny(path, "\\\x00") {
		return bad()
	}
	lower := strings.ToLower(path)
	for _, twice := range []string{"%25", "%2f", "%5c", "%2e"} {
		if strings.Contains(lower, twice) {
			return bad()
		}
	}
	if slices.ContainsFunc(strings.Split(path, "/"), func(e string) bool { return e == "." || e == ".." }) {
		return bad()
	}
	plain, err := url.PathUnescape(path)
	if err != nil || !cleanText(plain) {
		return bad()
	}
	values, err := url.QueryUnescape(query)
	if err != nil || !cleanText(values) {
		return bad()
	}
	return c.Next()
}

func cleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// identityOnly comes before anything reads a body: Fiber inflates compressed
// bodies without any limit.
func identityOnly(c *fiber.Ctx) error {
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return &refusal{http.StatusUnsupportedMediaType, "content_encoding"}
	}
	return c.Next()
}

// sameSite refuses changes that another site makes a browser send. A browser is
// known by Origin, Sec-Fetch-Site or our cookie; the app then also sends X-Hocso,
// which no form can. A script that has none of these holds a token of its own.
func (s *Server) sameSite(c *fiber.Ctx) error {
	switch c.Method() {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return c.Next()
	}
	origin, site, cookie := c.Get(fiber.HeaderOrigin), c.Get("Sec-Fetch-Site"), c.Cookies(s.cookieName())
	if origin == "" && site == "" && cookie == "" {
		return c.Next()
	}
	own := origin == "" || origin == s.PublicURL || origin == "http://"+string(c.Context().Host()) || origin == "https://"+string(c.Context().Host())
	if !own || site != "" && site != "same-origin" || c.Get("X-Hocso") != "1" {
		return fault.New(fault.Forbidden, "cross_site", "this must come from the app itself")
	}
	return c.Next()
}

func (s *Server) deadline(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), s.Timeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// allow puts the actor where actor finds it, or refuses. What is neither public
// nor permitted is denied.
func (s *Server) allow(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if r.need.public {
			return c.Next()
		}
		who, err := s.authenticate(c, r.need)
		if err != nil {
			return err
		}
		c.Locals("actor", who) // before it is refused: the log says who was
		if !slices.ContainsFunc(r.need.any, who.Can) {
			err := fault.New(fault.Forbidden, "not_allowed", "your roles do not allow this")
			if who.HeldBack {
				err = fault.New(fault.Forbidden, "second_factor_required", "your roles ask for a second factor")
			}
			s.recordRefusal(c, r, err)
			return err
		}
		return c.Next()
	}
}

// authenticate reads the access token, or the cookie where the row takes it.
func (s *Server) authenticate(c *fiber.Ctx, a access) (people.Actor, error) {
	scheme, token, ok := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	switch {
	case ok && strings.EqualFold(scheme, "Bearer"):
		return s.Auth.Authenticate(c.UserContext(), token)
	case a.cookie && c.Cookies(s.cookieName()) != "":
		return s.Auth.AuthenticateRefresh(c.UserContext(), c.Cookies(s.cookieName()))
	}
	return people.Actor{}, fault.New(fault.Unauthenticated, "sign_in_required", "sign in first")
}

// actor returns who the request acts for.
func actor(c *fiber.Ctx) people.Actor {
	a, _ := c.Locals("actor").(people.Actor) // the zero actor can do nothing
	return a
}

// address returns where a request came from: the peer, or what a trusted proxy
// wrote last. Everything further left in X-Forwarded-For is the client's own text.
// Of an IPv6 address only the network counts, because one host has many.
func (s *Server) address(c *fiber.Ctx) string {
	peer, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	peer = peer.Unmap()
	lines := c.Request().Header.PeekAll(fiber.HeaderXForwardedFor)
	hops := strings.Split(string(bytes.Join(lines, []byte(","))), ",")
	for i := len(hops) - 1; i >= 0 && s.trusts(peer); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap()
	}
	if peer.Is6() {
		if network, err := peer.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return peer.String()
}

func (s *Server) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}
