package httpapi

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func (s *Server) meRoutes() []route {
	return []route{
		{fiber.MethodGet, "/api/v1/me", can(people.TakeCourses), shape{summary: "Who I am and what I may do", out: me{}}, s.me},
		{fiber.MethodPatch, "/api/v1/me/settings", can(people.TakeCourses), shape{
			summary: "Change my language, time zone, or whether reminders come by mail", noAudit: "one's own settings", in: settingsRequest{}, out: me{}, problems: []string{"422 invalid_fields"},
		}, s.changeSettings},
	}
}

type unitRef struct {
	ID   people.UnitID `json:"id"`
	Name people.Text   `json:"name"`
}

// me is a person as they see themselves.
type me struct {
	ID     people.ID       `json:"id"`
	Name   string          `json:"name"`
	Email  string          `json:"email"`
	Unit   unitRef         `json:"unit"` // empty for a person without a unit
	Roles  []people.Role   `json:"roles"`
	HeadOf []people.UnitID `json:"headOf"`
	// Everywhere are those of Roles that hold for the whole organisation.
	Everywhere []people.Role   `json:"everywhere"`
	Settings   people.Settings `json:"settings"`
	// NoticeDue says that the notice, as it is now, was not read yet.
	NoticeDue bool `json:"noticeDue"`
	// SecondFactor says that it was proven in this session, or must be before the
	// person's roles open anything.
	SecondFactor secondFactor `json:"secondFactor"`
	// Head answers for the person's unit. GET /me alone tells it; absent: the administrators.
	Head *people.Answering `json:"head,omitempty"`
}

type secondFactor struct {
	Needed bool `json:"needed"`
	Set    bool `json:"set"`
}

// Me returns p as they see themselves; sync sends it too.
func (s *Server) meOf(c *fiber.Ctx, p people.Person, who people.Actor) (me, error) {
	m := me{ID: p.ID, Name: p.Name, Email: p.Email, Unit: unitRef{ID: p.Unit}, HeadOf: []people.UnitID{}, Everywhere: []people.Role{}, Settings: p.Settings, SecondFactor: secondFactor{who.HeldBack, who.Second}}
	for _, g := range who.Grants {
		if !slices.Contains(m.Roles, g.Role) {
			m.Roles = append(m.Roles, g.Role)
		}
		if g.Unit == "" && !slices.Contains(m.Everywhere, g.Role) {
			m.Everywhere = append(m.Everywhere, g.Role)
		}
		if g.Role == people.Head {
			m.HeadOf = append(m.HeadOf, g.Unit)
		}
	}
	u, err := s.People.Unit(c.UserContext(), p.Unit)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return me{}, err
	}
	m.Unit.Name = u.Name
	read, err := s.Privacy.HasRead(c.UserContext(), p.ID)
	m.NoticeDue = !read
	return m, err
}

func (s *Server) me(c *fiber.Ctx) error {
	p, err := s.People.Current(c.UserContext(), actor(c).ID)
	if err != nil {
		return err
	}
	m, err := s.meOf(c, p, actor(c))
	if err != nil {
		return err
	}
	u, err := s.People.Unit(c.UserContext(), p.Unit)
	if fault.KindOf(err) == fault.NotFound {
		return c.JSON(m)
	}
	if err != nil {
		return err
	}
	answering, err := s.People.AnsweringFor(c.UserContext(), []people.Unit{u})
	if err != nil {
		return err
	}
	if a, ok := answering[u.ID]; ok {
		m.Head = &a
	}
	return c.JSON(m)
}

type settingsRequest struct {
	Locale   *string `json:"locale" validate:"omitempty,oneof=vi en"`
	TimeZone *string `json:"timeZone" validate:"omitempty,max=64"`
	NoMail   *bool   `json:"noMail"`
}

func (s *Server) changeSettings(c *fiber.Ctx) error {
	var req settingsRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if req.TimeZone != nil && *req.TimeZone != "" {
		if _, err := time.LoadLocation(*req.TimeZone); err != nil || *req.TimeZone == "Local" {
			f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
			f.Fields = []fault.Field{{Field: "timeZone", Code: "unknown"}}
			return f
		}
	}
	if req.NoMail != nil {
		if err := s.Reminders.WantMail(c.UserContext(), actor(c), !*req.NoMail); err != nil {
			return err
		}
	}
	p, err := s.People.ChangeSettings(c.UserContext(), actor(c), func(set *people.Settings) {
		if req.Locale != nil {
			set.Locale = *req.Locale
		}
		if req.TimeZone != nil {
			set.TimeZone = *req.TimeZone
		}
	})
	if err != nil {
		return err
	}
	m, err := s.meOf(c, p, actor(c))
	if err != nil {
		return err
	}
	return c.JSON(m)
}
