package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
)

const ledgerPage = 50

// campaignRoutes are the rows of campaigns.
func (s *Server) campaignRoutes() []route {
	const v = "/api/v1"
	manage := can(people.ManageCampaigns)
	rows := []route{
		{fiber.MethodGet, v + "/campaigns", manage, shape{summary: "The campaigns I manage, newest first", query: []string{"cursor"}, out: listOf[campaignView]{}, compress: true}, s.listCampaigns},
		{fiber.MethodPost, v + "/campaigns", manage, shape{
			summary: "Assign courses and drills to the people of units", audit: "campaign_created", in: newCampaignRequest{}, out: campaignView{},
			status: http.StatusCreated, problems: []string{"422 invalid_fields"},
		}, s.createCampaign},
		{fiber.MethodPost, v + "/campaigns/audience", manage, shape{
			summary: "How many people an audience has", noAudit: "it changes nothing", in: audienceRequest{}, out: audienceAnswer{}, problems: []string{"422 invalid_fields"},
		}, s.countAudience},
		{fiber.MethodGet, v + "/campaigns/:id", manage, shape{summary: "One campaign", out: campaignView{}, problems: []string{"404 campaign_not_found"}}, s.findCampaign},
		{fiber.MethodGet, v + "/campaigns/:id/stats", manage, shape{summary: "How a campaign goes", out: campaignStats{}, problems: []string{"404 campaign_not_found"}}, s.campaignStats},
		{fiber.MethodGet, v + "/campaigns/:id/deliveries", manage, shape{
			summary: "Its reminders, and why each went or did not", query: []string{"reason", "cursor"}, out: listOf[deliveryView]{},
			problems: []string{"404 campaign_not_found"}, compress: true,
		}, s.listDeliveries},
	}
	for _, verb := range campaign.Verbs() {
		rows = append(rows, route{fiber.MethodPost, v + "/campaigns/:id/" + string(verb), manage, shape{
			summary: "Change a campaign: " + string(verb), audit: campaignAction(verb), out: campaignView{}, problems: []string{"404 campaign_not_found", "409 wrong_state"},
		}, s.changeCampaign(verb)})
	}
	return rows
}

// campaignAction is what the trail calls a verb.
func campaignAction(v campaign.Verb) audit.Action {
	switch v {
	case campaign.Pause:
		return "campaign_paused"
	case campaign.Resume:
		return "campaign_resumed"
	case campaign.Close:
		return "campaign_closed"
	case campaign.Cancel:
		return "campaign_cancelled"
	}
	return ""
}

// campaignView is a campaign with how far it is.
type campaignView struct {
	campaign.Campaign
	People    int `json:"people"`    // of its audience
	Completed int `json:"completed"` // of them, with everything done
}

func (s *Server) viewCampaign(ctx context.Context, c campaign.Campaign) (campaignView, error) {
	n, err := s.countCampaign(ctx, c)
	return campaignView{c, n.People, n.Completed}, err
}

// countCampaign counts the people of a campaign. Before it starts, and with drills
// alone, nobody is enrolled: then they are the audience. What a person did in a drill
// is not counted here.
func (s *Server) countCampaign(ctx context.Context, c campaign.Campaign) (report.CampaignCounts, error) {
	n, err := s.Reports.CountCampaign(c.ID)
	if err != nil {
		return n, err
	}
	hasCourse := slices.ContainsFunc(c.Items, func(i campaign.Item) bool { return i.Kind == "course" })
	if c.State == campaign.Scheduled || !hasCourse {
		n.People, err = s.countPeople(ctx, c.Audience)
	}
	return n, err
}

// countPeople counts the people of an audience: those of units in memory, those of
// cohorts by reading them.
func (s *Server) countPeople(ctx context.Context, au campaign.Audience) (n int, err error) {
	if au.Everybody() || len(au.Units) > 0 {
		if n, err = s.Reports.CountAudience(au.Units); err != nil {
			return 0, err
		}
	}
	more, err := s.Campaigns.CountCohorts(ctx, au)
	return n + more, err
}

func (s *Server) listCampaigns(c *fiber.Ctx) error {
	before, err := query(c, "cursor", 100)
	if err != nil {
		return err
	}
	cs, next, err := s.Campaigns.List(c.UserContext(), actor(c), campaign.ID(before))
	if err != nil {
		return err
	}
	out := listOf[campaignView]{Items: make([]campaignView, len(cs)), Next: string(next)}
	for i, x := range cs {
		if out.Items[i], err = s.viewCampaign(c.UserContext(), x); err != nil {
			return err
		}
	}
	return c.JSON(out)
}

type newCampaignRequest struct {
	Name     people.Text       `json:"name"`
	Audience campaign.Audience `json:"audience"`
	Items    []campaign.Item   `json:"items" validate:"max=20,dive"`
	StartsOn string            `json:"startsOn" validate:"max=10"`
	DueOn    string            `json:"dueOn" validate:"max=10"`
	Remind   bool              `json:"remind"`
	Target   int               `json:"target"`
}

func (s *Server) createCampaign(c *fiber.Ctx) error {
	var req newCampaignRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Campaigns.Create(c.UserContext(), actor(c), campaign.Draft(req))
	if err != nil {
		return err
	}
	v, err := s.viewCampaign(c.UserContext(), x)
	if err != nil {
		return err
	}
	s.noteCampaign(c, v)
	return c.Status(fiber.StatusCreated).JSON(v)
}

// noteCampaign says in the trail what was assigned to whom.
func (s *Server) noteCampaign(c *fiber.Ctx, v campaignView) {
	about(c, "campaign", string(v.ID))
	var units, items []string
	for _, u := range v.Audience.Units {
		units = append(units, string(u))
	}
	for _, i := range v.Items {
		items = append(items, i.Kind+":"+i.ID)
	}
	note(c, "units", "", strings.Join(units, ", "))
	note(c, "items", "", strings.Join(items, ", "))
	note(c, "people", "", strconv.Itoa(v.People))
	note(c, "due_on", "", v.DueAt.In(s.People.Zone).Format(time.DateOnly))
	if v.Remind {
		note(c, "reminders", "", "yes")
	}
}

type audienceRequest struct {
	Audience campaign.Audience `json:"audience"`
}

type audienceAnswer struct {
	People int `json:"people"`
}

func (s *Server) countAudience(c *fiber.Ctx) error {
	var req audienceRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	if err := s.Campaigns.CheckAudience(c.UserContext(), actor(c), req.Audience); err != nil {
		return err
	}
	n, err := s.countPeople(c.UserContext(), req.Audience)
	if err != nil {
		return err
	}
	return c.JSON(audienceAnswer{n})
}

func (s *Server) findCampaign(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return s.answerCampaign(c, x)
}

func (s *Server) changeCampaign(verb campaign.Verb) fiber.Handler {
	return func(c *fiber.Ctx) error {
		x, err := s.Campaigns.Change(c.UserContext(), actor(c), campaign.ID(c.Params("id")), verb)
		if err != nil {
			return err
		}
		return s.answerCampaign(c, x)
	}
}

func (s *Server) answerCampaign(c *fiber.Ctx, x campaign.Campaign) error {
	v, err := s.viewCampaign(c.UserContext(), x)
	if err != nil {
		return err
	}
	return c.JSON(v)
}

type campaignStats struct {
	report.CampaignCounts
	Units []report.UnitCounts `json:"units"`
}

func (s *Server) campaignStats(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	n, err := s.countCampaign(c.UserContext(), x)
	if err != nil {
		return err
	}
	units, err := s.Reports.Units(c.UserContext(), actor(c), report.Filter{Campaign: string(x.ID)})
	if err != nil {
		return err
	}
	return c.JSON(campaignStats{n, units.Items})
}

// deliveryView is a delivery with the name of whom it was for, empty when that person
// is outside of what the actor manages by now.
type deliveryView struct {
	reminder.Delivery
	PersonName string `json:"personName"`
}

func (s *Server) listDeliveries(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	after, err := query(c, "cursor", 300)
	if err != nil {
		return err
	}
	why, err := query(c, "reason", 30)
	if err != nil {
		return err
	}
	if why != "" && !slices.Contains(reminder.Reasons(), reminder.Reason(why)) {
		return badQuery("reason", "oneof")
	}
	ds, err := s.Reminders.Deliveries(c.UserContext(), x.ID, reminder.Reason(why), after, ledgerPage+1)
	if err != nil {
		return err
	}
	out := listOf[deliveryView]{Items: []deliveryView{}}
	if len(ds) > ledgerPage {
		ds = ds[:ledgerPage]
		out.Next = ds[ledgerPage-1].ID
	}
	for _, d := range ds {
		name, err := s.People.NameWithin(c.UserContext(), actor(c), people.ManageCampaigns, d.Person)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, deliveryView{d, name})
	}
	return c.JSON(out)
}
