package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/source"
)

// pathRoutes are the rows of learning paths.
func (s *Server) pathRoutes() []route {
	const v = "/api/v1/authoring/paths"
	write := can(people.WriteCourses)
	unknown := "404 path_not_found"
	return []route{
		{fiber.MethodGet, "/api/v1/paths", can(people.TakeCourses), shape{summary: "The learning paths that I may follow", out: listOf[path.Outline]{}}, s.listPaths},
		{fiber.MethodGet, v, write, shape{summary: "The paths I may write", out: listOf[authoredPath]{}}, s.listAuthoredPaths},
		{fiber.MethodPost, v, write, shape{
			summary: "Start a path", audit: "path_started", in: newPathRequest{}, out: pathDesk{}, status: http.StatusCreated,
			problems: []string{"409 path_exists", "422 invalid_fields"},
		}, s.createPath},
		{fiber.MethodGet, v + "/:id", write, shape{summary: "A path, its versions and what keeps its draft from being published", out: pathDesk{}, problems: []string{unknown}}, s.showPath},
		{fiber.MethodPut, v + "/:id", write, shape{
			summary: "Store the draft, which may be incomplete", noAudit: "nobody else sees a draft; publishing it is in the trail", in: pathDraftRequest{}, out: pathDesk{},
			problems: []string{unknown, "409 draft_changed", "422 draft_too_large"},
		}, s.savePath},
		{fiber.MethodPost, v + "/:id/publish", write, shape{
			summary: "Make the draft the newest version", audit: "path_published", in: pathVersionRequest{}, out: pathDesk{},
			problems: []string{unknown, "409 draft_changed", "409 nothing_changed", "409 too_many_versions", "422 draft_incomplete"},
		}, s.publishPath},
		{fiber.MethodPost, v + "/:id/retire", write, shape{
			summary: "Take a path out of the catalogue; who is on it keeps it", audit: "path_retired", in: pathVersionRequest{}, out: pathDesk{},
			problems: []string{unknown, "409 draft_changed", "409 wrong_state"},
		}, s.retirePath},
	}
}

func (s *Server) listPaths(c *fiber.Ctx) error {
	running, err := s.Campaigns.Running(c.UserContext())
	if err != nil {
		return err
	}
	es, err := s.Learning.Mine(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	views, err := s.viewPaths(c, running, es)
	if err != nil {
		return err
	}
	return c.JSON(listOf[path.Outline]{Items: views})
}

// viewPaths returns the paths that the actor, who has es, may follow.
func (s *Server) viewPaths(c *fiber.Ctx, running []campaign.Campaign, es []learning.Enrolment) ([]path.Outline, error) {
	ctx := c.UserContext()
	p, err := s.People.Current(ctx, actor(c).ID)
	if err != nil {
		return nil, err
	}
	unit, err := s.People.Unit(ctx, p.Unit)
	if err != nil && fault.KindOf(err) != fault.NotFound { // no unit: only what is for everybody
		return nil, err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return nil, err
	}
	completed := map[course.ID]bool{}
	for _, e := range es {
		completed[e.Course] = completed[e.Course] || e.CompletedAt != nil
	}
	return s.Paths.Mine(ctx, campaign.PathsFor(running, p, unit.Path, cohorts), func(id course.ID) bool { return completed[id] })
}

// authoredPath is a path in the list of those that one may write.
type authoredPath struct {
	ID        path.ID     `json:"id"`
	Title     people.Text `json:"title"`
	Steps     int         `json:"steps"`
	Published int         `json:"published"` // number of the newest version, 0: none
	Dirty     bool        `json:"dirty"`     // the draft differs from it
	Retired   bool        `json:"retired"`
}

func (s *Server) listAuthoredPaths(c *fiber.Ctx) error {
	list, err := s.Paths.Authored(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	var a listOf[authoredPath]
	for _, p := range list {
		a.Items = append(a.Items, authoredPath{p.ID, p.Draft.Title, len(p.Draft.Steps), len(p.Versions), p.Dirty(), p.Retired})
	}
	return c.JSON(a)
}

// pathDesk is a path as its author works on it.
type pathDesk struct {
	path.Path
	Minutes  int              `json:"minutes"` // of the draft
	Dirty    bool             `json:"dirty"`   // the draft differs from the newest version
	Problems []source.Problem `json:"problems"`
}

// answerPath answers with p, unless err says otherwise.
func (s *Server) answerPath(c *fiber.Ctx, p path.Path, err error) error {
	if err != nil {
		return err
	}
	v := pathDesk{Path: p, Dirty: p.Dirty()}
	if v.Minutes, err = s.Paths.Minutes(c.UserContext(), p.Draft); err != nil {
		return err
	}
	if v.Problems, err = s.Paths.Check(c.UserContext(), p.Draft); err != nil {
		return err
	}
	return c.JSON(v)
}

type newPathRequest struct {
	ID    path.ID     `json:"id" validate:"required,max=64,slug"`
	Title people.Text `json:"title"`
}

func (s *Server) createPath(c *fiber.Ctx) error {
	var req newPathRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.Paths.Create(c.UserContext(), actor(c), req.ID, req.Title)
	if err != nil {
		return err
	}
	about(c, "path", string(p.ID))
	return s.answerPath(c.Status(fiber.StatusCreated), p, nil)
}

func (s *Server) showPath(c *fiber.Ctx) error {
	p, err := s.Paths.Find(c.UserContext(), actor(c), path.ID(c.Params("id")))
	return s.answerPath(c, p, err)
}

type pathDraftRequest struct {
	Version int         `json:"version" validate:"required"`
	Draft   path.Layout `json:"draft"`
}

func (s *Server) savePath(c *fiber.Ctx) error {
	var req pathDraftRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.Paths.Save(c.UserContext(), actor(c), path.ID(c.Params("id")), req.Version, req.Draft)
	return s.answerPath(c, p, err)
}

type pathVersionRequest struct {
	Version int `json:"version" validate:"required"` // that was read before
}

func (s *Server) publishPath(c *fiber.Ctx) error {
	var req pathVersionRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.Paths.Publish(c.UserContext(), actor(c), path.ID(c.Params("id")), req.Version)
	if err == nil {
		note(c, "version", "", strconv.Itoa(len(p.Versions)))
	}
	return s.answerPath(c, p, err)
}

func (s *Server) retirePath(c *fiber.Ctx) error {
	var req pathVersionRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	p, err := s.Paths.Retire(c.UserContext(), actor(c), path.ID(c.Params("id")), req.Version)
	return s.answerPath(c, p, err)
}
