package httpapi

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/exercise"
	"hocso/internal/fault"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

// auditRoutes are the rows of reading the trail.
func (s *Server) auditRoutes() []route {
	const v = "/api/v1/audit"
	read := can(people.ReadAudit)
	return []route{
		{fiber.MethodGet, v, read, shape{
			summary: "Who did what, the newest first", query: []string{"actor", "group", "action", "object", "outcome", "from", "to", "cursor"},
			out: auditAnswer{}, problems: []string{"400 bad_query"}, compress: true,
		}, s.listAudit},
		{fiber.MethodGet, v + "/check", read, shape{
			summary: "Whether the newest 100,000 entries of the trail are as they were written", out: audit.Report{},
		}, s.checkAudit},
	}
}

// auditEntry is an entry as auditors see it.
type auditEntry struct {
	Seq     int64          `json:"seq"`
	At      time.Time      `json:"at"`
	Actor   people.ID      `json:"actor,omitempty"` // empty: nobody who was signed in, or the console
	Session string         `json:"session,omitempty"`
	Address string         `json:"address,omitempty"` // forgotten after 90 days
	Command string         `json:"command,omitempty"` // of the console
	Action  audit.Action   `json:"action"`
	Group   audit.Group    `json:"group"`
	Object  audit.Object   `json:"object"`
	Outcome audit.Outcome  `json:"outcome"`
	Code    string         `json:"code,omitempty"`
	Request string         `json:"request,omitempty"`
	Detail  []audit.Detail `json:"detail"`
	Hash    string         `json:"hash"`
}

// auditAnswer is a page of the trail. Names has those of the things in it that are still
// there, by kind:id.
type auditAnswer struct {
	Items []auditEntry           `json:"items"`
	Next  string                 `json:"next,omitempty"`
	Names map[string]people.Text `json:"names"`
}

func (s *Server) listAudit(c *fiber.Ctx) error {
	f, err := s.auditFilter(c)
	if err != nil {
		return err
	}
	es, next, err := s.Audit.List(c.UserContext(), actor(c), f)
	if err != nil {
		return err
	}
	out := auditAnswer{Items: []auditEntry{}, Names: map[string]people.Text{}}
	if next > 0 {
		out.Next = strconv.FormatInt(next, 10)
	}
	for _, e := range es {
		x := auditEntry{
			e.Seq, e.At, e.Actor, e.Session, "", e.Command, e.Action, e.Group, e.Object, e.Outcome, e.Code, e.Request, e.Detail, e.Hash,
		}
		if e.From != nil {
			x.Address = e.From.Address
		}
		out.Items = append(out.Items, x)
		for _, o := range mentioned(e) {
			if err := s.name(c.UserContext(), o, out.Names); err != nil {
				return err
			}
		}
	}
	return c.JSON(out)
}

// auditFilter reads what a list shall be about. Days are those of the organisation's zone.
func (s *Server) auditFilter(c *fiber.Ctx) (f audit.Filter, err error) {
	values := map[string]string{}
	for name, most := range map[string]int{"actor": 64, "group": 32, "action": 64, "object": 120, "outcome": 16, "from": 10, "to": 10, "cursor": 20} {
		if values[name], err = query(c, name, most); err != nil {
			return f, err
		}
	}
	f.Actor, f.Group, f.Action, f.Outcome = people.ID(values["actor"]), audit.Group(values["group"]), audit.Action(values["action"]), audit.Outcome(values["outcome"])
	switch {
	case f.Group != "" && !slices.Contains(audit.Groups(), f.Group):
		return f, badQuery("group", "oneof")
	case f.Action != "" && !slices.Contains(audit.Actions(), f.Action):
		return f, badQuery("action", "oneof")
	case f.Outcome != "" && !slices.Contains([]audit.Outcome{audit.Done, audit.Refused, audit.Failed, audit.Unknown}, f.Outcome):
		return f, badQuery("outcome", "oneof")
	}
	if o := values["object"]; o != "" {
		var ok bool
		if f.Object.Kind, f.Object.ID, ok = strings.Cut(o, ":"); !ok || f.Object.Kind == "" || f.Object.ID == "" {
			return f, badQuery("object", "kind")
		}
	}
	for _, d := range []struct {
		name string
		days int // to is the last day
		at   *time.Time
	}{{"from", 0, &f.From}, {"to", 1, &f.To}} {
		if values[d.name] == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, values[d.name], s.People.Zone)
		if err != nil {
			return f, badQuery(d.name, "datetime")
		}
		*d.at = day.AddDate(0, 0, d.days)
	}
	if v := values["cursor"]; v != "" {
		if f.Cursor, err = strconv.ParseInt(v, 10, 64); err != nil || f.Cursor < 1 {
			return f, badQuery("cursor", "cursor")
		}
	}
	return f, nil
}

func (s *Server) checkAudit(c *fiber.Ctx) error {
	r, err := s.Audit.VerifyNewest(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(r)
}

// mentioned lists what an entry mentions and what has a name.
func mentioned(e audit.Entry) []audit.Object {
	out := []audit.Object{{Kind: "person", ID: string(e.Actor)}, e.Object}
	for _, d := range e.Detail {
		for word := range strings.SplitSeq(d.Before+", "+d.After, ", ") {
			switch d.What {
			case "unit", "parent", "units":
				out = append(out, audit.Object{Kind: "unit", ID: word})
			case "roles":
				_, unit, _ := strings.Cut(word, "@")
				out = append(out, audit.Object{Kind: "unit", ID: unit})
			case "role_of":
				person, role, _ := strings.Cut(word, " ")
				_, unit, _ := strings.Cut(role, "@")
				out = append(out, audit.Object{Kind: "person", ID: person}, audit.Object{Kind: "unit", ID: unit})
			case "heads":
				person, _, _ := strings.Cut(word, " ")
				out = append(out, audit.Object{Kind: "person", ID: person})
			case "items":
				kind, id, _ := strings.Cut(word, ":")
				out = append(out, audit.Object{Kind: kind, ID: id})
			case "member":
				out = append(out, audit.Object{Kind: "person", ID: word})
			case "campaign":
				out = append(out, audit.Object{Kind: "campaign", ID: word})
			}
		}
	}
	return out
}

// name adds the name of a thing, if it has one and is still there. Who reads the trail
// may know all of them.
func (s *Server) name(ctx context.Context, o audit.Object, names map[string]people.Text) error {
	key := o.Kind + ":" + o.ID
	if _, known := names[key]; known || o.ID == "" {
		return nil
	}
	text, err := s.nameOf(ctx, o)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err == nil && text != (people.Text{}) {
		names[key] = text
	}
	return err
}

func (s *Server) nameOf(ctx context.Context, o audit.Object) (people.Text, error) {
	switch o.Kind {
	case "person":
		p, err := s.People.Current(ctx, people.ID(o.ID))
		return people.Text{Vi: p.Name, En: p.Name}, err
	case "unit":
		u, err := s.People.Unit(ctx, people.UnitID(o.ID))
		return u.Name, err
	case "campaign":
		x, err := s.Campaigns.Find(ctx, people.Console(), campaign.ID(o.ID))
		return x.Name, err
	case "survey":
		x, err := s.Surveys.Find(ctx, people.Console(), survey.ID(o.ID))
		return x.Title, err
	case "sitting":
		f, err := s.Exercises.Find(ctx, people.Console(), exercise.SittingID(o.ID))
		return f.Exercise.Title, err
	case "exercise":
		x, err := s.Exercises.Latest(ctx, exercise.ID(o.ID))
		return x.Title, err
	case "webhook":
		e, err := s.Webhooks.Find(ctx, people.Console(), webhook.ID(o.ID))
		return people.Text{Vi: e.Name, En: e.Name}, err
	case "cohort":
		x, err := s.People.Cohort(ctx, people.Console(), people.CohortID(o.ID))
		return x.Name, err
	case "course":
		p, err := s.Courses.Latest(ctx, course.ID(o.ID))
		if err != nil {
			return people.Text{}, err
		}
		return people.Text(p.Summary.Title), nil
	case "path":
		p, err := s.Paths.Latest(ctx, path.ID(o.ID))
		return p.Title, err
	case "drill":
		p, err := s.Drills.Latest(ctx, drill.ID(o.ID))
		if err != nil {
			return people.Text{}, err
		}
		return people.Text(p.Template.Title), nil
	}
	return people.Text{}, nil
}
