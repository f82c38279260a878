package httpapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// announcementRoutes are the rows of announcements.
func (s *Server) announcementRoutes() []route {
	const v = "/api/v1/announcements"
	manage := can(people.ManageCampaigns)
	verb := func(name, summary string, action audit.Action, h fiber.Handler, problems ...string) route {
		return route{fiber.MethodPost, v + "/:id/" + name, manage, shape{
			summary: summary, audit: action, out: announcement.Announcement{}, problems: append([]string{"404 announcement_not_found", "409 wrong_state", "409 changed_meanwhile"}, problems...),
		}, h}
	}
	return []route{
		{fiber.MethodGet, v, manage, shape{summary: "The announcements I manage, newest first", query: []string{"cursor"}, out: listOf[announcement.Announcement]{}, compress: true}, s.listAnnouncements},
		{fiber.MethodPost, v, manage, shape{
			summary: "Begin an announcement", audit: "announcement_added", in: announcementRequest{}, out: announcement.Announcement{},
			status: http.StatusCreated, problems: []string{"422 invalid_fields"},
		}, s.addAnnouncement},
		{fiber.MethodPost, v + "/preview", manage, shape{
			summary: "How a text will look", noAudit: "it changes nothing", in: bodyRequest{}, out: bodyAnswer{}, problems: []string{"422 invalid_fields"},
		}, s.previewAnnouncement},
		{fiber.MethodGet, v + "/:id", manage, shape{summary: "One announcement", out: announcement.Announcement{}, problems: []string{"404 announcement_not_found"}}, s.findAnnouncement},
		{fiber.MethodPut, v + "/:id", manage, shape{
			summary: "Change a draft", audit: "announcement_changed", in: changeAnnouncementRequest{}, out: announcement.Announcement{},
			problems: []string{"404 announcement_not_found", "409 wrong_state", "409 changed_meanwhile", "422 invalid_fields"},
		}, s.changeAnnouncement},
		{fiber.MethodDelete, v + "/:id", manage, shape{
			summary: "Remove a draft", audit: "announcement_removed", status: http.StatusNoContent, problems: []string{"404 announcement_not_found", "409 wrong_state", "409 changed_meanwhile"},
		}, s.removeAnnouncement},
		verb("publish", "Show a draft to its people", "announcement_published", s.publishAnnouncement, "409 too_many_announcements", "422 invalid_fields"),
		verb("withdraw", "Stop showing a published one", "announcement_withdrawn", s.withdrawAnnouncement),
		{fiber.MethodGet, v + "/:id/readers", manage, shape{summary: "How many have read it, by unit; nobody by name", out: readersAnswer{}, problems: []string{"404 announcement_not_found"}}, s.countReaders},
	}
}

func (s *Server) listAnnouncements(c *fiber.Ctx) error {
	before, err := query(c, "cursor", 100)
	if err != nil {
		return err
	}
	list, next, err := s.Announcements.List(c.UserContext(), actor(c), announcement.ID(before))
	if err != nil {
		return err
	}
	return c.JSON(listOf[announcement.Announcement]{Items: list, Next: string(next)})
}

type announcementRequest struct {
	Title     people.Text     `json:"title"`
	Body      people.Text     `json:"body"`
	Units     []people.UnitID `json:"units" validate:"max=300,dive,required,max=64"`
	Important bool            `json:"important"`
	Portal    bool            `json:"portal"`
	From      string          `json:"from" validate:"max=10"`
	Until     string          `json:"until" validate:"max=10"`
}

type changeAnnouncementRequest struct {
	announcementRequest
	Version int `json:"version" validate:"required"` // that was read before
}

func (s *Server) addAnnouncement(c *fiber.Ctx) error {
	var req announcementRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	a, err := s.Announcements.Add(c.UserContext(), actor(c), announcement.Writing(req))
	if err != nil {
		return err
	}
	noteAnnouncement(c, a)
	return c.Status(fiber.StatusCreated).JSON(a)
}

func (s *Server) changeAnnouncement(c *fiber.Ctx) error {
	var req changeAnnouncementRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	a, err := s.Announcements.Change(c.UserContext(), actor(c), announcement.ID(c.Params("id")), req.Version, announcement.Writing(req.announcementRequest))
	return answerAnnouncement(c, a, err)
}

func (s *Server) publishAnnouncement(c *fiber.Ctx) error {
	a, err := s.Announcements.Publish(c.UserContext(), actor(c), announcement.ID(c.Params("id")))
	return answerAnnouncement(c, a, err)
}

func (s *Server) withdrawAnnouncement(c *fiber.Ctx) error {
	a, err := s.Announcements.Withdraw(c.UserContext(), actor(c), announcement.ID(c.Params("id")))
	return answerAnnouncement(c, a, err)
}

func (s *Server) removeAnnouncement(c *fiber.Ctx) error {
	if err := s.Announcements.Remove(c.UserContext(), actor(c), announcement.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) findAnnouncement(c *fiber.Ctx) error {
	a, err := s.Announcements.Find(c.UserContext(), actor(c), announcement.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(a)
}

func answerAnnouncement(c *fiber.Ctx, a announcement.Announcement, err error) error {
	if err != nil {
		return err
	}
	noteAnnouncement(c, a)
	return c.JSON(a)
}

// noteAnnouncement says in the trail whom it speaks to, and whether the public too.
func noteAnnouncement(c *fiber.Ctx, a announcement.Announcement) {
	about(c, "announcement", string(a.ID))
	units := make([]string, len(a.Units))
	for i, u := range a.Units {
		units[i] = string(u)
	}
	note(c, "units", "", strings.Join(units, ", "))
	note(c, "portal", "", strconv.FormatBool(a.Portal))
}

type bodyRequest struct {
	Body people.Text `json:"body"`
}

type bodyAnswer struct {
	HTML people.Text `json:"html"`
}

func (s *Server) previewAnnouncement(c *fiber.Ctx) error {
	var req bodyRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	vi, bad := announcement.Render("body.vi", req.Body.Vi)
	en, more := announcement.Render("body.en", req.Body.En)
	if bad = append(bad, more...); len(bad) > 0 {
		f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
		f.Fields = bad
		return f
	}
	return c.JSON(bodyAnswer{people.Text{Vi: vi.HTML, En: en.HTML}})
}

// readersAnswer counts. People are those who are in the units now; who has read it is
// counted in the unit in which they were then.
type readersAnswer struct {
	People int           `json:"people"`
	Read   int           `json:"read"`
	Units  []readersLine `json:"units"`
}

type readersLine struct {
	Unit   unitRef `json:"unit"`
	People int     `json:"people"`
	Read   int     `json:"read"`
}

func (s *Server) countReaders(c *fiber.Ctx) error {
	a, counts, err := s.Announcements.Counts(c.UserContext(), actor(c), announcement.ID(c.Params("id")))
	if err != nil {
		return err
	}
	units, err := s.People.UnitsIn(c.UserContext(), actor(c), people.ManageCampaigns)
	if err != nil {
		return err
	}
	read := map[people.UnitID]int{}
	out := readersAnswer{Units: []readersLine{}}
	for _, n := range counts {
		read[n.Unit] = n.Read
		out.Read += n.Read
	}
	for _, u := range units {
		line := readersLine{unitRef{u.ID, u.Name}, u.People, read[u.ID]}
		if line.Read > 0 || u.People > 0 && a.SpeaksTo(u.ID, u.Path) {
			out.Units = append(out.Units, line)
			out.People += u.People
		}
	}
	slices.SortStableFunc(out.Units, func(x, y readersLine) int { // who has most to do first
		return cmp.Compare(x.Read*max(1, y.People), y.Read*max(1, x.People))
	})
	return c.JSON(out)
}

// viewAnnouncements returns what is shown to the actor today.
func (s *Server) viewAnnouncements(c *fiber.Ctx, running []campaign.Campaign) ([]announcement.View, error) {
	ctx := c.UserContext()
	p, err := s.People.Current(ctx, actor(c).ID)
	if err != nil {
		return nil, err
	}
	unit, err := s.People.Unit(ctx, p.Unit)
	if err != nil && fault.KindOf(err) != fault.NotFound { // no unit: only what is for everybody
		return nil, err
	}
	asked, err := s.askedOf(ctx, p, unit, running, campaign.Announcement)
	if err != nil {
		return nil, err
	}
	return s.Announcements.Mine(ctx, p, unit.Path, asked)
}
