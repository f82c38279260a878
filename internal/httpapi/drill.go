package httpapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// drillRoutes are the rows of drill.
func (s *Server) drillRoutes() []route {
	const v = "/api/v1/me/drills"
	take := can(people.TakeCourses)
	return []route{
		{fiber.MethodGet, v, take, shape{summary: "The drills and how far I am", out: listOf[drillView]{}}, s.myDrills},
		{fiber.MethodGet, v + "/:id", take, shape{
			summary: "All of a drill; it is marked on the phone", out: drill.Template{}, also: []int{http.StatusNotModified},
			problems: []string{"404 drill_not_found"},
		}, s.showDrill},
	}
}

// drillView is a drill with what a person did in it.
type drillView struct {
	ID           drill.ID                `json:"id"`
	N            int                     `json:"n"`
	Title        drill.Text              `json:"title"`
	Summary      drill.Text              `json:"summary"`
	Minutes      int                     `json:"minutes"`
	Rating       string                  `json:"rating"`
	DueAt        *time.Time              `json:"dueAt,omitempty"`
	CampaignName *people.Text            `json:"campaignName,omitempty"`
	CompletedAt  *time.Time              `json:"completedAt,omitempty"`
	Answers      map[string]drill.Choice `json:"answers"`
	Result       *drill.Result           `json:"result,omitempty"`
}

// viewDrills returns every published drill with the actor's state. Who has begun
// an older version stays with it.
func (s *Server) viewDrills(c *fiber.Ctx, running []campaign.Campaign) ([]drillView, error) {
	who := actor(c)
	list, err := s.Drills.List(c.UserContext())
	if err != nil {
		return nil, err
	}
	runs, err := s.Drills.Runs(c.UserContext(), who.ID)
	if err != nil {
		return nil, err
	}
	unit, err := s.People.Unit(c.UserContext(), who.Unit)
	if err != nil && fault.KindOf(err) != fault.NotFound { // no unit: only campaigns for everybody
		return nil, err
	}
	person, err := s.People.Current(c.UserContext(), who.ID)
	if err != nil {
		return nil, err
	}
	cohorts, err := s.People.Cohorts(c.UserContext())
	if err != nil {
		return nil, err
	}
	mine := slices.DeleteFunc(slices.Clone(running), func(x campaign.Campaign) bool { return !x.Audience.Includes(person, unit.Path, cohorts) })
	views := make([]drillView, 0, len(list))
	for _, p := range list {
		r, begun := runs[p.Template.ID]
		if begun && r.N != p.Template.N {
			if p, err = s.Drills.Version(c.UserContext(), r.Drill, r.N); err != nil {
				return nil, err
			}
		}
		t := p.Template
		v := drillView{
			ID: t.ID, N: t.N, Title: t.Title, Summary: t.Summary, Minutes: t.Minutes, Rating: t.Rating,
			CompletedAt: r.CompletedAt, Answers: r.Answers, Result: r.Result,
		}
		if v.Answers == nil {
			v.Answers = map[string]drill.Choice{}
		}
		v.DueAt, v.CampaignName = due(mine, t.ID, s.Now())
		views = append(views, v)
	}
	return views, nil
}

// due is when a drill is due for a person, and the campaign that says so: the
// earliest of those that are running and include them, once the drill is open there.
func due(mine []campaign.Campaign, id drill.ID, now time.Time) (at *time.Time, name *people.Text) {
	for i, x := range mine {
		if at != nil && !x.DueAt.Before(*at) {
			continue
		}
		if slices.Contains(x.Opened(campaign.Drill, now), string(id)) {
			at, name = &mine[i].DueAt, &mine[i].Name
		}
	}
	return at, name
}

func (s *Server) myDrills(c *fiber.Ctx) error {
	running, err := s.Campaigns.Running(c.UserContext())
	if err != nil {
		return err
	}
	views, err := s.viewDrills(c, running)
	if err != nil {
		return err
	}
	return c.JSON(listOf[drillView]{Items: views})
}

func (s *Server) showDrill(c *fiber.Ctx) error {
	p, err := s.Drills.Latest(c.UserContext(), drill.ID(c.Params("id")))
	if err != nil {
		return err
	}
	runs, err := s.Drills.Runs(c.UserContext(), actor(c).ID)
	if err != nil {
		return err
	}
	if r, begun := runs[p.Template.ID]; begun && r.N != p.Template.N {
		if p, err = s.Drills.Version(c.UserContext(), r.Drill, r.N); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if unchanged(c, p.ETag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return sendJSON(c, p.JSON)
}
