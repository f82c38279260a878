// Package httpapi serves the JSON API and the app with Fiber. Nothing else imports Fiber.
package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"

	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
)

// Deps are the services the API exposes.
type Deps struct {
	Auth      *auth.Service
	People    *people.Service
	Courses   *course.Service
	Learning  *learning.Service
	Drills    *drill.Service
	Campaigns *campaign.Service
	Reminders *reminder.Service
	Reports   *report.Service
	Ready     func(context.Context) error // nil when the database answers
	Now       func() time.Time
	Log       *slog.Logger
	Timeout   time.Duration // per request; Fiber does not cancel when the client leaves

	InsecureCookie bool // the refresh cookie without __Host- and Secure: for development in Safari over http
}

// Server is the HTTP server.
type Server struct {
	Deps
	app      *fiber.App
	validate *validator.Validate
}

// New builds the server.
func New(d Deps) *Server { return build(d, true) }

// build exists so that one test can show what Immutable: false does.
func build(d Deps, immutable bool) *Server {
	s := &Server{Deps: d, validate: newValidator()}
	s.app = fiber.New(fiber.Config{
		Immutable:             immutable,
		BodyLimit:             1 << 20,
		StreamRequestBody:     false, // true would switch BodyLimit off
		ReadTimeout:           5 * time.Second,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           60 * time.Second,
		Concurrency:           2000,
		DisableStartupMessage: true,
		ErrorHandler:          s.problem,
	})
	s.app.Use(requestID, recover.New(), identityOnly, s.deadline)
	for _, r := range s.routes() {
		s.app.Add(r.method, r.path, s.allow(r.need), r.handle)
	}
	s.app.Use(func(*fiber.Ctx) error { return fault.New(fault.NotFound, "not_found", "no such address") })
	return s
}

// Serve answers requests from ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(ln) }

// Shutdown stops accepting and waits at most d for what is running.
func (s *Server) Shutdown(d time.Duration) error { return s.app.ShutdownWithTimeout(d) }

func requestID(c *fiber.Ctx) error {
	id := rand.Text()
	c.Locals("requestId", id)
	c.Set("X-Request-Id", id)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Next()
}

// identityOnly comes before anything reads a body: Fiber inflates compressed
// bodies without any limit.
func identityOnly(c *fiber.Ctx) error {
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return fiber.ErrUnsupportedMediaType
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
func (s *Server) allow(a access) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if a.public {
			return c.Next()
		}
		who, err := s.authenticate(c, a)
		if err != nil {
			return err
		}
		if !who.Can(a.need) {
			return fault.New(fault.Forbidden, "not_allowed", "your roles do not allow this")
		}
		c.Locals("actor", who)
		return c.Next()
	}
}

// authenticate reads the access token, or the cookie where the route takes it.
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
