package httpapi

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// plainID is what may stand for an object in the trail. It leaves out addresses of people,
// which somebody could ask for in place of an id.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:_.-]{0,99}$`) // never assigned again

// objectKinds names what the trail calls the things of a path.
var objectKinds = map[string]string{ // never assigned again
	"people": "person", "units": "unit", "courses": "course", "campaigns": "campaign", "sessions": "session", "drills": "drill", "requests": "request", "cohorts": "cohort", "surveys": "survey", "webhooks": "webhook", "announcements": "announcement", "paths": "path", "sittings": "sitting",
}

// aboutOf is what a request is about, by its path alone.
func aboutOf(c *fiber.Ctx, r route) (o audit.Object) {
	for part := range strings.SplitSeq(strings.TrimPrefix(r.path, "/api/v1/"), "/") {
		if part == ":id" {
			break
		}
		if kind := objectKinds[part]; kind != "" {
			o.Kind = kind
		}
	}
	if id := c.Params("id"); plainID.MatchString(id) {
		o.ID = id
	}
	return o
}

// entryOf is what the trail says about a request.
func entryOf(c *fiber.Ctx, r route) audit.Entry {
	who := actor(c)
	return audit.Entry{Actor: who.ID, Session: who.Session, Action: r.shape.audit, Object: aboutOf(c, r), Request: requestID(c)}
}

// trail returns the entry of the request that is being answered, for what the handler
// knows of it; one that goes nowhere if its row is not in the trail.
func trail(c *fiber.Ctx) *audit.Entry {
	if e, ok := c.Locals("entry").(*audit.Entry); ok {
		return e
	}
	return &audit.Entry{}
}

// about says what a request turned out to be about, such as what it has added.
func about(c *fiber.Ctx, kind, id string) { trail(c).Object = audit.Object{Kind: kind, ID: id} }

// note adds a detail to the entry of a request. One that did not change is left out.
func note(c *fiber.Ctx, what, before, after string) {
	if before != after {
		e := trail(c)
		e.Detail = append(e.Detail, audit.Detail{What: what, Before: before, After: after})
	}
}

// noteAs says who turned out to act, where nobody was signed in when the request came.
func noteAs(c *fiber.Ctx, p people.ID, session string) {
	e := trail(c)
	e.Actor, e.Session, e.Object = p, session, audit.Object{Kind: "person", ID: string(p)}
}

// record enters into the trail what its row names. A change is entered before it is made
// and again with how it ended; without the first entry it is not made. Where the effect
// is the answer itself (what is exported, and the tokens of a sign-in) there is one entry,
// and without it no answer.
func (s *Server) record(r route) fiber.Handler {
	if r.shape.audit == "" {
		return func(c *fiber.Ctx) error {
			err := c.Next()
			s.recordRefusal(c, r, err)
			return err
		}
	}
	return func(c *fiber.Ctx) error {
		e := entryOf(c, r)
		c.Locals("entry", &e)
		if r.need.public {
			e.From = &audit.From{Address: s.address(c)}
		} else if err := s.Audit.MayBegin(e.Actor); err != nil {
			return err
		} else if r.method != fiber.MethodGet {
			if err := s.begin(c, &e); err != nil {
				return err
			}
		}
		err := c.Next()
		outcome, code := outcomeOf(err)
		if refused, ok := c.Locals("refused").(error); ok {
			s.recordRefusal(c, r, refused)
			return err
		}
		switch {
		case e.Seq > 0:
			if err != nil {
				s.Audit.NotDone(e.Actor)
			}
			if end := s.Audit.End(c.UserContext(), e, outcome, code); end != nil { // the trail shows it as of unknown outcome
				s.Log.ErrorContext(c.UserContext(), "how a change ended is not in the audit trail", "err", end, "requestId", requestID(c))
			}
		case err != nil:
			s.recordRefusal(c, r, err)
		case e.Actor != "":
			e.Outcome = outcome
			if _, err := s.Audit.Append(c.UserContext(), e); err != nil {
				c.Response().Reset() // with its cookies
				return s.trailAway(c, err)
			}
		}
		return err
	}
}

// begin enters that a change is about to be made.
func (s *Server) begin(c *fiber.Ctx, e *audit.Entry) error {
	begun, err := s.Audit.Begin(c.UserContext(), *e)
	if err != nil {
		return s.trailAway(c, err)
	}
	e.Seq = begun.Seq
	return nil
}

// trailAway refuses what would leave no trace.
func (s *Server) trailAway(c *fiber.Ctx, err error) error {
	if s.Unavailable != nil && s.Unavailable(err) {
		return err
	}
	s.Log.ErrorContext(c.UserContext(), "the audit trail cannot be written", "err", err, "requestId", requestID(c))
	return fault.New(fault.Unavailable, "trail_unavailable", "what was asked for cannot be entered into the audit trail, so it was not done")
}

// recordRefusal enters a refused request of somebody who is signed in and asked for what
// is not everybody's own, and every refused try to sign in; the same at most once a
// minute. It changed nothing, so failing to enter it only goes into the log.
func (s *Server) recordRefusal(c *fiber.Ctx, r route, err error) {
	outcome, code := outcomeOf(err)
	if outcome != audit.Refused {
		return
	}
	e, until := *trail(c), s.Now().Add(time.Minute)
	var door *auth.Throttled
	switch {
	case r.need.public && r.shape.audit != "":
	case r.need.public || actor(c).ID == "" || !slices.ContainsFunc(r.need.any, func(p people.Permission) bool { return p != people.TakeCourses }):
		return
	case e.Action == "": // the row has none, or the request did not come as far as record
		if e = entryOf(c, r); e.Action == "" {
			e.Action = audit.Request
			e.Detail = []audit.Detail{{What: "route", After: r.method + " " + r.path}}
		}
	}
	key := strings.Join([]string{string(e.Actor), string(e.Action), r.method, r.path, e.Object.ID, code}, "\x00")
	switch {
	case errors.As(err, &door): // once for as long as it is closed
		key, until = door.Door(), s.Now().Add(door.RetryAfter())
	case r.shape.audit == "sign_in": // each: known and unknown addresses shall take the same time
		key = ""
	case e.From != nil:
		key += "\x00" + e.From.Address
	}
	e.Outcome, e.Code = outcome, code
	if err := s.Audit.AppendOnce(c.UserContext(), e, key, until); err != nil {
		s.Log.ErrorContext(c.UserContext(), "a refusal is not in the audit trail", "err", err, "requestId", requestID(c))
	}
}

// outcomeOf says how a request ended.
func outcomeOf(err error) (o audit.Outcome, code string) {
	var known *fault.Error
	var refused *refusal
	switch {
	case err == nil:
		return audit.Done, ""
	case errors.As(err, &refused):
		return audit.Failed, refused.code
	case !errors.As(err, &known):
		return audit.Failed, "internal"
	}
	switch known.Kind {
	case fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Gone, fault.TooMany:
		return audit.Refused, known.Code
	}
	return audit.Failed, known.Code
}
