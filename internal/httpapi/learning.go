package httpapi

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// ownLearning is why the trail does not have what a learner does.
const ownLearning = "one's own learning, which is kept as facts of its own"

// learningRoutes are the rows of learning.
func (s *Server) learningRoutes() []route {
	const v = "/api/v1"
	take := can(people.TakeCourses)
	unknown := []string{"404 enrolment_not_found", "404 quiz_not_found"}
	return append([]route{
		{fiber.MethodPost, v + "/enrolments", take, shape{
			summary: "Enrol myself in a course", noAudit: ownLearning, in: enrolRequest{}, out: enrolmentView{}, status: http.StatusCreated, also: []int{http.StatusOK},
			problems: []string{"404 course_not_found"},
		}, s.enrol},
		{fiber.MethodGet, v + "/me/enrolments", take, shape{summary: "My enrolments", out: listOf[enrolmentView]{}}, s.myEnrolments},
		{fiber.MethodPost, v + "/enrolments/:id/attempts", take, shape{
			summary: "A ticket for a quiz and its questions; the same while the ticket lives", noAudit: ownLearning, in: startQuizRequest{}, out: learning.Paper{},
			problems: append(unknown, "409 no_attempts_left", "409 already_passed", "409 not_open"),
		}, s.startQuiz},
		{fiber.MethodPost, v + "/attempts/:id/submission", take, shape{
			summary: "Hand in the answers to a quiz under an id of one's own; may be repeated", noAudit: ownLearning, in: learning.Submission{}, out: learning.AttemptResult{},
			problems: append(unknown, "409 id_reused", "422 ticket_invalid"),
		}, s.submitAttempt},
		{fiber.MethodGet, v + "/attempts/:id", take, shape{
			summary: "The result of an attempt of mine", out: learning.AttemptResult{}, problems: []string{"404 attempt_not_found"},
		}, s.showAttempt},
	}, s.syncRoutes()...)
}

// enrolmentView is an enrolment with what a list of them shows.
type enrolmentView struct {
	learning.Enrolment
	Title        course.Text  `json:"title"`
	Cover        string       `json:"cover"`
	Minutes      int          `json:"minutes"`
	CampaignName *people.Text `json:"campaignName,omitempty"`
}

// viewEnrolment adds the course's title and the running campaign that asks for it.
func (s *Server) viewEnrolment(c *fiber.Ctx, e learning.Enrolment, running []campaign.Campaign) (enrolmentView, error) {
	p, err := s.Courses.Version(c.UserContext(), e.Course, e.N)
	if err != nil {
		return enrolmentView{}, err
	}
	v := enrolmentView{Enrolment: e, Title: p.Summary.Title, Cover: p.Summary.Cover, Minutes: p.Summary.Minutes}
	for i, x := range running {
		if slices.Contains(e.Campaigns, string(x.ID)) {
			v.CampaignName = &running[i].Name
			break
		}
	}
	return v, nil
}

type enrolRequest struct {
	CourseID course.ID `json:"courseId" validate:"required,max=64,slug"`
}

func (s *Server) enrol(c *fiber.Ctx) error {
	var req enrolRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	e, created, err := s.Learning.Enrol(c.UserContext(), actor(c), req.CourseID)
	if err != nil {
		return err
	}
	running, err := s.Campaigns.Running(c.UserContext())
	if err != nil {
		return err
	}
	v, err := s.viewEnrolment(c, e, running)
	if err != nil {
		return err
	}
	if created {
		c.Status(fiber.StatusCreated)
	}
	return c.JSON(v)
}

func (s *Server) myEnrolments(c *fiber.Ctx) error {
	es, err := s.Learning.Mine(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	running, err := s.Campaigns.Running(c.UserContext())
	if err != nil {
		return err
	}
	var a listOf[enrolmentView]
	for _, e := range es {
		v, err := s.viewEnrolment(c, e, running)
		if err != nil {
			return err
		}
		a.Items = append(a.Items, v)
	}
	return c.JSON(a)
}

type startQuizRequest struct {
	QuizID string `json:"quizId" validate:"required,max=64,slug"`
}

func (s *Server) startQuiz(c *fiber.Ctx) error {
	var req startQuizRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.Learning.StartQuiz(c.UserContext(), actor(c), learning.EnrolmentID(c.Params("id")), req.QuizID)
	if err != nil {
		return err
	}
	return c.JSON(p)
}

func (s *Server) submitAttempt(c *fiber.Ctx) error {
	var req learning.Submission
	if err := s.bind(c, &req); err != nil {
		return err
	}
	res, err := s.Learning.Submit(c.UserContext(), actor(c), c.Params("id"), req)
	if err != nil {
		return err
	}
	return c.JSON(res)
}

func (s *Server) showAttempt(c *fiber.Ctx) error {
	res, err := s.Learning.Result(c.UserContext(), actor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return c.JSON(res)
}
