// Package httpapi serves the JSON API and the app with Fiber. Nothing else imports Fiber.
package httpapi

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/go-playground/validator/v10"
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/escalation"
	"hocso/internal/exercise"
	"hocso/internal/fault"
	"hocso/internal/feed"
	"hocso/internal/learning"
	"hocso/internal/measure"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
	"hocso/internal/report"
	"hocso/internal/signoff"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

// Deps are the services the API exposes.
type Deps struct {
	Auth          *auth.Service
	People        *people.Service
	Courses       *course.Service
	Paths         *path.Service
	Learning      *learning.Service
	Drills        *drill.Service
	Campaigns     *campaign.Service
	Holidays      *campaign.HolidayService
	Reminders     *reminder.Service
	Reports       *report.Service
	Measures      *measure.Service
	Escalations   *escalation.Service
	Signoffs      *signoff.Service
	Surveys       *survey.Service
	Announcements *announcement.Service
	Exercises     *exercise.Service
	Webhooks      *webhook.Service
	Privacy       *privacy.Service
	Audit         *audit.Service

	Feeds   *feed.Service
	Ready   func(context.Context) error // nil when the database answers
	Now     func() time.Time
	Log     *slog.Logger
	Timeout time.Duration // per request, 0: 15 s; Fiber does not cancel when the client leaves

	Organisation   string           // its name
	PublicURL      string           // as people type it, without a slash at its end; https switches HSTS on
	App            fs.FS            // the built app, with index.html at its top; nil or without it: a page that says how to build
	TrustedProxies []netip.Prefix   // whose X-Forwarded-For is believed; empty: nobody's
	Unavailable    func(error) bool // recognises errors of a database that is away; nil: none
	Demo           bool             // tells the app that this is a demonstration
	InsecureCookie bool             // the refresh cookie without __Host- and Secure: for development in Safari over http
}

// Limits of every request.
const (
	bodyMost   = 1 << 20          // bytes, unless the row says otherwise
	importMost = 4 << 20          // bytes of a table
	headerMost = 8 << 10          // bytes of the request line and headers
	atOnce     = 2000             // connections
	readTime   = 5 * time.Second  // for a whole request
	uploadTime = 60 * time.Second // for one that may be large
)

// Server is the HTTP server.
type Server struct {
	Deps
	app       *fiber.App
	validate  *validator.Validate
	static    *static
	metrics   *metrics
	document  []byte    // the OpenAPI document
	fragments fragments // of sync
}

// New builds the server.
func New(d Deps) *Server { return build(d, true) }

// build exists so that one test can show what Immutable: false does.
func build(d Deps, immutable bool) *Server {
	if d.Timeout == 0 {
		d.Timeout = 15 * time.Second
	}
	s := &Server{Deps: d, validate: newValidator(), static: newStatic(d.App), metrics: newMetrics()}
	s.app = fiber.New(fiber.Config{
		Immutable:             immutable,
		CaseSensitive:         true,
		StrictRouting:         true,
		UnescapePath:          true, // cleanPath has refused what would then be ambiguous
		BodyLimit:             bodyMost,
		StreamRequestBody:     false, // true would switch BodyLimit off
		ReadBufferSize:        headerMost,
		ReadTimeout:           readTime,
		WriteTimeout:          30 * time.Second,
		IdleTimeout:           60 * time.Second,
		Concurrency:           atOnce,
		DisableStartupMessage: true,
		ErrorHandler:          s.problem,
		JSONEncoder:           encode,
	})
	s.app.Use(s.observe, s.headers, recover.New(recover.Config{
		EnableStackTrace: true,
		StackTraceHandler: func(c *fiber.Ctx, e any) {
			s.Log.ErrorContext(c.UserContext(), "panic", "panic", e, "route", c.Route().Path, "requestId", requestID(c), "stack", string(debug.Stack()))
		},
	}), knownMethods, cleanPath, identityOnly, s.sameSite, s.deadline)
	rows := s.routes()
	s.document = document(rows)
	s.app.Server().HeaderReceived = largeBodies(rows)
	methods := map[string][]string{}
	for _, r := range rows {
		handlers := []fiber.Handler{s.allow(r), s.record(r), r.handle}
		if r.shape.compress {
			handlers = []fiber.Handler{s.allow(r), s.record(r), compress.New(compress.Config{Level: compress.LevelBestSpeed}), r.handle}
		}
		s.app.Add(r.method, r.path, handlers...)
		methods[r.path] = append(methods[r.path], r.method)
	}
	for _, r := range rows {
		s.app.All(r.path, otherMethod(methods[r.path]))
	}
	s.app.Use("/api", func(*fiber.Ctx) error { return fault.New(fault.NotFound, "not_found", "no such address") })
	s.app.Use(s.page)
	return s
}

// largeBodies gives rows that take more their limits before the body is read, so
// that everybody else's stay small.
func largeBodies(rows []route) func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
	large := map[string]fasthttp.RequestConfig{}
	for _, r := range rows {
		if r.shape.bodyMost > 0 {
			large[r.method+" "+r.path] = fasthttp.RequestConfig{MaxRequestBodySize: r.shape.bodyMost, ReadTimeout: uploadTime}
		}
	}
	return func(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
		path, _, _ := strings.Cut(string(h.RequestURI()), "?")
		return large[string(h.Method())+" "+path]
	}
}

// encode writes answers as encoding/json would, except that a list without entries
// is [] and never null.
func encode(v any) ([]byte, error) {
	return json.Marshal(v, jsonv1.DefaultOptionsV1(), json.FormatNilSliceAsNull(false), json.FormatNilMapAsNull(false))
}

// Serve answers requests from ln until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(ln) }

// Shutdown stops accepting and waits at most d for what is running.
func (s *Server) Shutdown(d time.Duration) error { return s.app.ShutdownWithTimeout(d) }
