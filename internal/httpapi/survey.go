package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/survey"
)

// surveyRoutes are the rows of surveys. Answers come by POST /ops.
func (s *Server) surveyRoutes() []route {
	const v = "/api/v1/surveys"
	manage := can(people.ManageCampaigns)
	unknown := []string{"404 survey_not_found"}
	draft := slices.Concat(unknown, []string{"409 not_a_draft", "409 changed_meanwhile"})
	return []route{
		{fiber.MethodGet, v, manage, shape{summary: "The surveys I manage, newest first", query: []string{"cursor"}, out: listOf[surveyView]{}, compress: true}, s.listSurveys},
		{fiber.MethodPost, v, manage, shape{
			summary: "Make a survey, as a draft", audit: "survey_added", in: surveyContent{}, out: surveyView{}, status: http.StatusCreated, problems: []string{"422 invalid_fields"},
		}, s.addSurvey},
		{fiber.MethodGet, v + "/:id", manage, shape{summary: "One survey", out: surveyView{}, problems: unknown}, s.showSurvey},
		{fiber.MethodPut, v + "/:id", manage, shape{
			summary: "Change a draft", audit: "survey_changed", in: surveyChange{}, out: surveyView{}, problems: slices.Concat(draft, []string{"422 invalid_fields"}),
		}, s.writeSurvey},
		{fiber.MethodDelete, v + "/:id", manage, shape{summary: "Remove a draft", audit: "survey_removed", status: http.StatusNoContent, problems: draft}, s.removeSurvey},
		{fiber.MethodPost, v + "/:id/publish", manage, shape{
			summary: "Open a draft from its first day on, and freeze whom it asks", audit: "survey_published", in: surveyVersion{}, out: surveyView{},
			problems: slices.Concat(draft, []string{"422 invalid_fields"}),
		}, s.publishSurvey},
		{fiber.MethodPost, v + "/:id/close", manage, shape{
			summary: "Close a survey before its last day", audit: "survey_closed", out: surveyView{}, problems: slices.Concat(unknown, []string{"409 wrong_state", "409 changed_meanwhile"}),
		}, s.closeSurvey},
		{fiber.MethodPost, v + "/:id/copy", manage, shape{
			summary: "Make a draft like a survey", audit: "survey_added", out: surveyView{}, status: http.StatusCreated, problems: slices.Concat(unknown, []string{"422 invalid_fields"}),
		}, s.copySurvey},
		{fiber.MethodGet, v + "/:id/results", manage, shape{summary: "What was answered, where five or more have answered", out: surveyResults{}, problems: unknown, compress: true}, s.surveyResults},
		{fiber.MethodGet, v + "/:id/results.csv", manage, shape{
			summary: "The same as a table", query: []string{"lang"}, audit: "survey_exported", media: "text/csv", problems: unknown,
		}, s.exportSurvey},
		{fiber.MethodGet, "/api/v1/me/surveys", can(people.TakeCourses), shape{summary: "The surveys that I am asked and have not answered", out: listOf[mySurvey]{}}, s.mySurveys},
	}
}

// surveyView is a survey as it is by now.
type surveyView struct {
	survey.Survey
	StateNow survey.State `json:"stateNow"`
	Minutes  int          `json:"minutes"`
}

func (s *Server) viewSurvey(x survey.Survey) surveyView {
	return surveyView{x, x.StateAt(s.Now()), x.Minutes()}
}

func (s *Server) answerSurvey(c *fiber.Ctx, x survey.Survey, err error) error {
	if err != nil {
		return err
	}
	about(c, "survey", string(x.ID))
	return c.JSON(s.viewSurvey(x))
}

func (s *Server) listSurveys(c *fiber.Ctx) error {
	before, err := query(c, "cursor", 100)
	if err != nil {
		return err
	}
	list, next, err := s.Surveys.List(c.UserContext(), actor(c), survey.ID(before))
	if err != nil {
		return err
	}
	out := listOf[surveyView]{Items: make([]surveyView, len(list)), Next: string(next)}
	for i, x := range list {
		out.Items[i] = s.viewSurvey(x)
	}
	return c.JSON(out)
}

// surveyContent is what an author writes; the domain says what is wrong with it.
type surveyContent struct {
	Title     people.Text      `json:"title"`
	Intro     people.Text      `json:"intro"`
	Questions []surveyQuestion `json:"questions"`
	Units     []people.UnitID  `json:"units"`
	FromOn    string           `json:"fromOn" validate:"max=10"`
	UntilOn   string           `json:"untilOn" validate:"max=10"`
}

type surveyQuestion struct {
	Kind    survey.Kind   `json:"kind" validate:"max=20"`
	Prompt  people.Text   `json:"prompt"`
	Options []people.Text `json:"options"`
}

func (x surveyContent) content() survey.Content {
	out := survey.Content{Title: x.Title, Intro: x.Intro, Units: x.Units, FromOn: x.FromOn, UntilOn: x.UntilOn}
	for _, q := range x.Questions {
		next := survey.Question{Kind: q.Kind, Prompt: q.Prompt}
		for _, o := range q.Options {
			next.Options = append(next.Options, survey.Option{Text: o})
		}
		out.Questions = append(out.Questions, next)
	}
	return out
}

func (s *Server) addSurvey(c *fiber.Ctx) error {
	var req surveyContent
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Surveys.Create(c.UserContext(), actor(c), req.content())
	c.Status(http.StatusCreated)
	return s.answerSurvey(c, x, err)
}

func (s *Server) showSurvey(c *fiber.Ctx) error {
	x, err := s.Surveys.Find(c.UserContext(), actor(c), survey.ID(c.Params("id")))
	return s.answerSurvey(c, x, err)
}

type surveyChange struct {
	Version int           `json:"version"`
	Content surveyContent `json:"content"`
}

func (s *Server) writeSurvey(c *fiber.Ctx) error {
	var req surveyChange
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Surveys.Write(c.UserContext(), actor(c), survey.ID(c.Params("id")), req.Version, req.Content.content())
	return s.answerSurvey(c, x, err)
}

func (s *Server) removeSurvey(c *fiber.Ctx) error {
	if err := s.Surveys.Remove(c.UserContext(), actor(c), survey.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

type surveyVersion struct {
	Version int `json:"version"`
}

func (s *Server) publishSurvey(c *fiber.Ctx) error {
	var req surveyVersion
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Surveys.Publish(c.UserContext(), actor(c), survey.ID(c.Params("id")), req.Version)
	if err == nil {
		var units []string
		for _, u := range x.Units {
			units = append(units, string(u))
		}
		note(c, "units", "", strings.Join(units, ", "))
		note(c, "people", "", strconv.Itoa(x.Size))
	}
	return s.answerSurvey(c, x, err)
}

func (s *Server) closeSurvey(c *fiber.Ctx) error {
	x, err := s.Surveys.Close(c.UserContext(), actor(c), survey.ID(c.Params("id")))
	return s.answerSurvey(c, x, err)
}

func (s *Server) copySurvey(c *fiber.Ctx) error {
	x, err := s.Surveys.Copy(c.UserContext(), actor(c), survey.ID(c.Params("id")))
	c.Status(http.StatusCreated)
	return s.answerSurvey(c, x, err)
}

// surveyResults is what may be seen of a survey. Names of units are looked up when it is read.
type surveyResults struct {
	survey.Result
	Answered int                           `json:"answered"` // how many have answered by now
	Size     int                           `json:"size"`     // how many are asked
	Target   int                           `json:"target"`   // per cent of satisfied people
	Names    map[people.UnitID]people.Text `json:"names"`    // of the units in it
}

func (s *Server) results(c *fiber.Ctx) (survey.Survey, surveyResults, error) {
	x, r, answered, err := s.Surveys.Results(c.UserContext(), actor(c), survey.ID(c.Params("id")))
	if err != nil {
		return x, surveyResults{}, err
	}
	out := surveyResults{Result: r, Answered: answered, Size: x.Size, Target: survey.Target, Names: map[people.UnitID]people.Text{}}
	for _, q := range r.Questions {
		for _, row := range q.Units {
			if _, ok := out.Names[row.Unit]; ok || row.Unit == "" {
				continue
			}
			u, err := s.People.Unit(c.UserContext(), row.Unit)
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return x, out, err
			}
			out.Names[row.Unit] = u.Name
		}
	}
	return x, out, nil
}

func (s *Server) surveyResults(c *fiber.Ctx) error {
	_, out, err := s.results(c)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Server) exportSurvey(c *fiber.Ctx) error {
	lang, err := query(c, "lang", 2)
	if err != nil {
		return err
	}
	x, r, err := s.results(c)
	if err != nil {
		return err
	}
	about(c, "survey", string(x.ID))
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="hocso-survey-`+x.FromOn+`.csv"`)
	return c.SendString(x.Table(r.Result, r.Names, lang))
}

// mySurvey is a survey as a phone shows it.
type mySurvey struct {
	ID        survey.ID         `json:"id"`
	Title     people.Text       `json:"title"`
	Intro     people.Text       `json:"intro"`
	Questions []survey.Question `json:"questions"`
	UntilOn   string            `json:"untilOn"`
	Minutes   int               `json:"minutes"`
	Least     int               `json:"least"` // answers from which on anything is shown
}

// openSurveys are those that the actor is asked now.
func (s *Server) openSurveys(c *fiber.Ctx, running []campaign.Campaign) ([]mySurvey, error) {
	who := actor(c)
	p, err := s.People.Current(c.UserContext(), who.ID)
	if err != nil {
		return nil, err
	}
	unit, err := s.People.Unit(c.UserContext(), who.Unit)
	if err != nil && fault.KindOf(err) != fault.NotFound { // no unit: only what everybody is asked
		return nil, err
	}
	asked, err := s.askedOf(c.UserContext(), p, unit, running, campaign.Survey)
	if err != nil {
		return nil, err
	}
	list, err := s.Surveys.Open(c.UserContext(), who.ID, who.Unit, unit.Path, asked)
	if err != nil {
		return nil, err
	}
	out := make([]mySurvey, len(list))
	for i, x := range list {
		out[i] = mySurvey{x.ID, x.Title, x.Intro, x.Questions, x.UntilOn, x.Minutes(), survey.K}
	}
	return out, nil
}

func (s *Server) mySurveys(c *fiber.Ctx) error {
	running, err := s.Campaigns.Running(c.UserContext())
	if err != nil {
		return err
	}
	list, err := s.openSurveys(c, running)
	if err != nil {
		return err
	}
	return c.JSON(listOf[mySurvey]{Items: list})
}
