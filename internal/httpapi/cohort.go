package httpapi

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
)

// previewed is how many names a preview shows.
const previewed = 5

// cohortRoutes are the rows of cohorts.
func (s *Server) cohortRoutes() []route {
	const v = "/api/v1/cohorts"
	manage := can(people.ManagePeople)
	unknown := []string{"404 cohort_not_found"}
	member := slices.Concat(unknown, []string{"404 person_not_found", "409 cohort_by_rule", "409 too_many_members", "409 changed_meanwhile"})
	return []route{
		{fiber.MethodGet, v, manage, shape{summary: "The cohorts I manage, in the order in which they were made", out: listOf[people.Cohort]{}}, s.listCohorts},
		{fiber.MethodPost, v, manage, shape{
			summary: "Make a cohort, by hand or by a rule", in: newCohortRequest{}, out: cohortView{}, audit: "cohort_added", status: http.StatusCreated,
			problems: []string{"409 too_many_cohorts", "422 invalid_fields"},
		}, s.addCohort},
		{fiber.MethodPost, v + "/preview", manage, shape{
			summary: "Whom a rule would select: how many, and the first names", in: cohortPreviewRequest{}, out: cohortPreview{}, noAudit: "it changes nothing", problems: []string{"422 invalid_fields"},
		}, s.previewCohort},
		{fiber.MethodGet, v + "/:id", manage, shape{summary: "One cohort", out: cohortView{}, problems: unknown}, s.showCohort},
		{fiber.MethodPatch, v + "/:id", manage, shape{
			summary: "Rename a cohort or change its rule", in: changeCohortRequest{}, out: cohortView{}, audit: "cohort_changed",
			problems: slices.Concat(unknown, []string{"409 changed_meanwhile", "422 invalid_fields"}),
		}, s.changeCohort},
		{fiber.MethodDelete, v + "/:id", manage, shape{
			summary: "Remove a cohort", audit: "cohort_removed", status: http.StatusNoContent, problems: slices.Concat(unknown, []string{"409 cohort_in_use", "409 changed_meanwhile"}),
		}, s.removeCohort},
		{fiber.MethodGet, v + "/:id/members", manage, shape{
			summary: "The people of a cohort, by name", query: []string{"cursor"}, out: listOf[people.Person]{}, problems: unknown, compress: true,
		}, s.listMembers},
		{fiber.MethodPut, v + "/:id/members/:person", manage, shape{summary: "Put a person into a cohort by hand", out: cohortView{}, audit: "cohort_changed", problems: member}, s.setMember(true)},
		{fiber.MethodDelete, v + "/:id/members/:person", manage, shape{summary: "Take a person out of a cohort by hand", out: cohortView{}, audit: "cohort_changed", problems: member}, s.setMember(false)},
	}
}

// cohortView is a cohort with how many people it has now.
type cohortView struct {
	people.Cohort
	People int `json:"people"`
}

func (s *Server) answerCohort(c *fiber.Ctx, x people.Cohort, err error) error {
	if err != nil {
		return err
	}
	n, err := s.People.CountMembers(c.UserContext(), x)
	if err != nil {
		return err
	}
	return c.JSON(cohortView{x, n})
}

func (s *Server) listCohorts(c *fiber.Ctx) error {
	list, err := s.People.CohortsIn(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(listOf[people.Cohort]{Items: list})
}

// Without a rule people are chosen by hand.
type newCohortRequest struct {
	Name textRequest   `json:"name"`
	Unit people.UnitID `json:"unit" validate:"max=64"`
	Rule *people.Rule  `json:"rule"`
}

func (s *Server) addCohort(c *fiber.Ctx) error {
	var req newCohortRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.People.AddCohort(c.UserContext(), actor(c), req.Name.text(), req.Unit, req.Rule)
	if err == nil {
		about(c, "cohort", string(x.ID))
	}
	c.Status(http.StatusCreated)
	return s.answerCohort(c, x, err)
}

func (s *Server) showCohort(c *fiber.Ctx) error {
	x, err := s.People.Cohort(c.UserContext(), actor(c), people.CohortID(c.Params("id")))
	return s.answerCohort(c, x, err)
}

type changeCohortRequest struct {
	Name *textRequest `json:"name"`
	Rule *people.Rule `json:"rule"`
}

func (s *Server) changeCohort(c *fiber.Ctx) error {
	var req changeCohortRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	var name *people.Text
	if req.Name != nil {
		t := req.Name.text()
		name = &t
	}
	x, err := s.People.ChangeCohort(c.UserContext(), actor(c), people.CohortID(c.Params("id")), name, req.Rule)
	return s.answerCohort(c, x, err)
}

func (s *Server) removeCohort(c *fiber.Ctx) error {
	if err := s.People.RemoveCohort(c.UserContext(), actor(c), people.CohortID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) listMembers(c *fiber.Ctx) error {
	cursor, err := query(c, "cursor", 1000)
	if err != nil {
		return err
	}
	x, err := s.People.Cohort(c.UserContext(), actor(c), people.CohortID(c.Params("id")))
	if err != nil {
		return err
	}
	ps, next, err := s.People.MembersOf(c.UserContext(), x, cursor, peoplePage)
	if err != nil {
		return err
	}
	return c.JSON(listOf[people.Person]{ps, next})
}

func (s *Server) setMember(in bool) fiber.Handler {
	return func(c *fiber.Ctx) error {
		person := c.Params("person")
		x, err := s.People.SetMember(c.UserContext(), actor(c), people.CohortID(c.Params("id")), people.ID(person), in)
		if err == nil && in {
			note(c, "member", "", person)
		} else if err == nil {
			note(c, "member", person, "")
		}
		return s.answerCohort(c, x, err)
	}
}

type cohortPreviewRequest struct {
	Unit people.UnitID `json:"unit" validate:"max=64"`
	Rule people.Rule   `json:"rule"`
}

type cohortPreview struct {
	People int      `json:"people"`
	Names  []string `json:"names"` // the first few
}

func (s *Server) previewCohort(c *fiber.Ctx) error {
	var req cohortPreviewRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	n, ps, err := s.People.PreviewCohort(c.UserContext(), actor(c), req.Unit, req.Rule, previewed)
	if err != nil {
		return err
	}
	out := cohortPreview{n, make([]string, len(ps))}
	for i, p := range ps {
		out.Names[i] = p.Name
	}
	return c.JSON(out)
}
