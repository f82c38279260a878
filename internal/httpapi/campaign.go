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
	"hocso/internal/fault"
	"hocso/internal/measure"
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
			summary: "Draft a campaign: a name is enough", audit: "campaign_created", in: campaign.Plan{}, out: campaignView{},
			status: http.StatusCreated, problems: []string{"422 invalid_fields"},
		}, s.createCampaign},
		{fiber.MethodPut, v + "/campaigns/:id", manage, shape{
			summary: "Replace the plan of a campaign that has not begun: it is a draft again", query: []string{"version"}, audit: "campaign_edited", in: campaign.Plan{}, out: campaignView{},
			problems: []string{"404 campaign_not_found", "409 changed_meanwhile", "409 wrong_state", "422 invalid_fields"},
		}, s.editCampaign},
		{fiber.MethodDelete, v + "/campaigns/:id", manage, shape{
			summary: "Remove a draft that was never submitted", audit: "campaign_removed", status: http.StatusNoContent,
			problems: []string{"404 campaign_not_found", "409 changed_meanwhile", "409 wrong_state"},
		}, s.removeCampaign},
		{fiber.MethodPost, v + "/campaigns/audience", manage, shape{
			summary: "How many people an audience has", noAudit: "it changes nothing", in: audienceRequest{}, out: audienceAnswer{}, problems: []string{"422 invalid_fields"},
		}, s.countAudience},
		{fiber.MethodPost, v + "/campaigns/overlaps", manage, shape{
			summary: "Which campaigns a plan would meet: the same people at the same time", noAudit: "it changes nothing", query: []string{"but"}, in: campaign.Plan{}, out: listOf[campaign.Overlap]{},
			problems: []string{"422 invalid_fields"},
		}, s.findOverlaps},
		{fiber.MethodGet, v + "/campaigns/calendar", manage, shape{
			summary: "The campaigns I manage by their start, from a year ago on, each with those it meets", out: listOf[calendarEntry]{}, compress: true,
		}, s.listCalendar},
		{fiber.MethodPost, v + "/campaigns/:id/copy", manage, shape{
			summary: "Draft the same again, a year later", audit: "campaign_created", out: campaignView{}, status: http.StatusCreated,
			problems: []string{"404 campaign_not_found", "422 invalid_fields"},
		}, s.copyCampaign},
		{fiber.MethodGet, v + "/campaigns/:id", manage, shape{summary: "One campaign", out: campaignView{}, problems: []string{"404 campaign_not_found"}}, s.findCampaign},
		{fiber.MethodGet, v + "/campaigns/:id/stats", manage, shape{summary: "How a campaign goes", out: campaignStats{}, problems: []string{"404 campaign_not_found"}}, s.campaignStats},
		{fiber.MethodGet, v + "/campaigns/:id/measures", manage, shape{
			summary: "What a campaign has achieved, with what is not known about it", out: measure.Measures{}, problems: []string{"404 campaign_not_found", "503 report_not_ready"}, compress: true,
		}, s.campaignMeasures},
		{fiber.MethodGet, v + "/campaigns/:id/deliveries", manage, shape{
			summary: "Its reminders, and why each went or did not", query: []string{"reason", "cursor"}, out: listOf[deliveryView]{},
			problems: []string{"404 campaign_not_found"}, compress: true,
		}, s.listDeliveries},
	}
	for _, verb := range campaign.Verbs() {
		doc := shape{
			summary: "Change a campaign: " + string(verb), audit: campaignAction(verb), out: campaignView{},
			problems: []string{"404 campaign_not_found", "409 wrong_state"},
		}
		switch verb {
		case campaign.Submit:
			doc.problems = append(doc.problems, "422 invalid_fields")
		case campaign.Return:
			doc.in, doc.problems = returnRequest{}, append(doc.problems, "422 invalid_fields")
		case campaign.Approve:
			doc.in, doc.problems = approveRequest{}, append(doc.problems, "403 second_person", "409 changed_meanwhile", "422 invalid_fields")
		case campaign.Schedule:
			doc.problems = append(doc.problems, "409 seal_broken", "422 invalid_fields")
		}
		rows = append(rows, route{fiber.MethodPost, v + "/campaigns/:id/" + string(verb), manage, doc, s.changeCampaign(verb)})
	}
	return rows
}

// campaignAction is what the trail calls a verb.
func campaignAction(v campaign.Verb) audit.Action {
	switch v {
	case campaign.Submit:
		return "campaign_submitted"
	case campaign.Return:
		return "campaign_returned"
	case campaign.Approve:
		return "campaign_approved"
	case campaign.Schedule:
		return "campaign_scheduled"
	case campaign.Archive:
		return "campaign_archived"
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
	// Beside one campaign, not in lists:
	Missing []fault.Field        `json:"missing,omitempty"` // what keeps it from being submitted
	About   []campaign.About     `json:"about,omitempty"`   // its items, in their order; one that is gone has no title
	Names   map[people.ID]string `json:"names,omitempty"`   // of those who did something to it and whom the actor manages
}

func (s *Server) viewCampaign(c *fiber.Ctx, x campaign.Campaign) (campaignView, error) {
	n, err := s.countCampaign(c, x)
	return campaignView{Campaign: x, People: n.People, Completed: n.Completed}, err
}

// viewWhole adds what is shown of one campaign.
func (s *Server) viewWhole(c *fiber.Ctx, x campaign.Campaign) (v campaignView, err error) {
	ctx := c.UserContext()
	if v, err = s.viewCampaign(c, x); err != nil {
		return v, err
	}
	if v.Missing, err = s.Campaigns.Missing(ctx, actor(c), x); err != nil {
		return v, err
	}
	for _, i := range x.Items {
		about, err := s.Campaigns.Items(ctx, i.Kind, i.ID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return v, err
		}
		v.About = append(v.About, about)
	}
	v.Names = map[people.ID]string{}
	ids := append(slices.Clone(x.Authors), x.Owner)
	for _, step := range x.Log {
		ids = append(ids, step.By)
	}
	for _, id := range ids {
		if _, known := v.Names[id]; known || id == "" {
			continue
		}
		if v.Names[id], err = s.People.NameWithin(ctx, actor(c), people.ManageCampaigns, id); err != nil {
			return v, err
		}
	}
	return v, nil
}

// countCampaign counts the people of a campaign. Before it starts, and without courses,
// nobody is enrolled: then they are the audience, of which only those hear who manage it.
// What a person did in a drill is not counted here.
func (s *Server) countCampaign(c *fiber.Ctx, x campaign.Campaign) (report.CampaignCounts, error) {
	n, err := s.Reports.CountCampaign(x.ID)
	if err != nil {
		return n, err
	}
	hasCourse := slices.ContainsFunc(x.Items, func(i campaign.Item) bool {
		return i.Enrols() && i.Required
	})
	if !x.State.Planned() && hasCourse {
		return n, nil
	}
	err = s.Campaigns.CheckAudience(c.UserContext(), actor(c), x.Audience)
	if fault.KindOf(err) == fault.Invalid {
		return n, nil
	}
	if err == nil {
		n.People, err = s.countPeople(c.UserContext(), x.Audience)
	}
	return n, err
}

// countPeople counts the people of an audience: whole units in memory, others by reading them.
func (s *Server) countPeople(ctx context.Context, au campaign.Audience) (int, error) {
	if whole := len(au.Cohorts)+len(au.Roles)+len(au.Exclude.Units)+len(au.Exclude.Cohorts) == 0 && au.Rule == nil; whole {
		return s.Reports.CountAudience(au.Units)
	}
	return s.Campaigns.Count(ctx, au)
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
		if out.Items[i], err = s.viewCampaign(c, x); err != nil {
			return err
		}
	}
	return c.JSON(out)
}

func (s *Server) createCampaign(c *fiber.Ctx) error {
	var plan campaign.Plan
	if err := s.bind(c, &plan); err != nil {
		return err
	}
	x, err := s.Campaigns.Create(c.UserContext(), actor(c), plan)
	if err != nil {
		return err
	}
	v, err := s.viewWhole(c, x)
	if err != nil {
		return err
	}
	s.noteCampaign(c, v)
	return c.Status(fiber.StatusCreated).JSON(v)
}

func (s *Server) editCampaign(c *fiber.Ctx) error {
	version, err := strconv.Atoi(c.Query("version"))
	if err != nil {
		return fault.New(fault.Malformed, "version_invalid", "version is not a number")
	}
	var plan campaign.Plan
	if err := s.bind(c, &plan); err != nil {
		return err
	}
	x, err := s.Campaigns.Edit(c.UserContext(), actor(c), campaign.ID(c.Params("id")), version, plan)
	if err != nil {
		return err
	}
	v, err := s.viewWhole(c, x)
	if err != nil {
		return err
	}
	s.noteCampaign(c, v)
	return c.JSON(v)
}

func (s *Server) removeCampaign(c *fiber.Ctx) error {
	if err := s.Campaigns.Remove(c.UserContext(), actor(c), campaign.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// noteCampaign says in the trail what was assigned to whom.
func (s *Server) noteCampaign(c *fiber.Ctx, v campaignView) {
	about(c, "campaign", string(v.ID))
	var units, items []string
	for _, u := range v.Audience.Units {
		units = append(units, string(u))
	}
	for _, i := range v.Items {
		items = append(items, string(i.Kind)+":"+i.ID)
	}
	note(c, "units", "", strings.Join(units, ", "))
	note(c, "items", "", strings.Join(items, ", "))
	note(c, "people", "", strconv.Itoa(v.People))
	note(c, "due_on", "", v.DueOn)
	if v.Reminds() {
		note(c, "reminders", "", "yes")
	}
}

type audienceRequest struct {
	Audience campaign.Audience `json:"audience"`
}

type audienceAnswer struct {
	People int            `json:"people"`
	First  []audienceName `json:"first"`
}

type audienceName struct {
	Name string        `json:"name"`
	Unit people.UnitID `json:"unit"`
}

// firstNames is how many of an audience are shown by name. An audience that the actor may
// choose holds only people whom they manage.
const firstNames = 20

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
	first, err := s.Campaigns.First(c.UserContext(), req.Audience, firstNames)
	if err != nil {
		return err
	}
	out := audienceAnswer{n, make([]audienceName, len(first))}
	for i, p := range first {
		out.First[i] = audienceName{p.Name, p.Unit}
	}
	return c.JSON(out)
}

func (s *Server) findOverlaps(c *fiber.Ctx) error {
	var plan campaign.Plan
	if err := s.bind(c, &plan); err != nil {
		return err
	}
	x, err := s.Campaigns.Try(c.UserContext(), actor(c), plan)
	if err != nil {
		return err
	}
	others, err := s.Campaigns.Planned(c.UserContext(), actor(c), s.Now())
	if err != nil {
		return err
	}
	x.ID = campaign.ID(c.Query("but"))
	met, err := s.Campaigns.Overlaps(c.UserContext(), x, others)
	if err != nil {
		return err
	}
	return c.JSON(listOf[campaign.Overlap]{Items: met})
}

// calendarEntry is a campaign as a calendar shows it.
type calendarEntry struct {
	ID       campaign.ID        `json:"id"`
	Name     people.Text        `json:"name"`
	State    campaign.State     `json:"state"`
	StartsAt time.Time          `json:"startsAt"`
	DueAt    time.Time          `json:"dueAt"`
	Overlaps []campaign.Overlap `json:"overlaps"`
}

func (s *Server) listCalendar(c *fiber.Ctx) error {
	ctx, now := c.UserContext(), s.Now()
	cs, err := s.Campaigns.Planned(ctx, actor(c), now.AddDate(-1, 0, 0))
	if err != nil {
		return err
	}
	out := listOf[calendarEntry]{Items: make([]calendarEntry, len(cs))}
	for i, x := range cs {
		e := calendarEntry{x.ID, x.Name, x.State, x.StartsAt, x.DueAt, []campaign.Overlap{}}
		err := s.Campaigns.CheckAudience(ctx, actor(c), x.Audience)
		if err == nil && x.DueAt.After(now) {
			e.Overlaps, err = s.Campaigns.Overlaps(ctx, x, cs)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			return err
		}
		out.Items[i] = e
	}
	return c.JSON(out)
}

func (s *Server) copyCampaign(c *fiber.Ctx) error {
	x, err := s.Campaigns.Copy(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	v, err := s.viewWhole(c, x)
	if err != nil {
		return err
	}
	s.noteCampaign(c, v)
	return c.Status(fiber.StatusCreated).JSON(v)
}

func (s *Server) findCampaign(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return s.answerCampaign(c, x)
}

type returnRequest struct {
	Why string `json:"why" validate:"max=500"`
}

type approveRequest struct {
	Hash string `json:"hash" validate:"required,max=64"` // of the plan that was read
}

func (s *Server) changeCampaign(verb campaign.Verb) fiber.Handler {
	return func(c *fiber.Ctx) error {
		var word campaign.Word
		switch verb {
		case campaign.Return:
			var req returnRequest
			if err := s.bind(c, &req); err != nil {
				return err
			}
			word.Why = req.Why
		case campaign.Approve:
			var req approveRequest
			if err := s.bind(c, &req); err != nil {
				return err
			}
			word.Hash = req.Hash
			note(c, "seal", "", req.Hash)
		}
		x, err := s.Campaigns.Change(c.UserContext(), actor(c), campaign.ID(c.Params("id")), verb, word)
		if err != nil {
			return err
		}
		return s.answerCampaign(c, x)
	}
}

func (s *Server) answerCampaign(c *fiber.Ctx, x campaign.Campaign) error {
	v, err := s.viewWhole(c, x)
	if err != nil {
		return err
	}
	return c.JSON(v)
}

func (s *Server) campaignMeasures(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	m, err := s.Measures.Of(c.UserContext(), x)
	if err != nil {
		return err
	}
	return c.JSON(m)
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
