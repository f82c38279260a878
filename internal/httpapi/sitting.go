package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/exercise"
	"hocso/internal/people"
)

// sittingView is a sitting with what is shown of it.
type sittingView struct {
	exercise.Sitting
	Content  exercise.Exercise    `json:"content"`
	UnitName people.Text          `json:"unitName"`
	Names    map[people.ID]string `json:"names"`  // of whom it mentions; empty when one may not see them
	MayRun   bool                 `json:"mayRun"` // the actor may change it, not only see it
	Report   exercise.AfterAction `json:"report"` // so far
}

func (s *Server) answerSitting(c *fiber.Ctx, f exercise.Found, err error) error {
	if err != nil {
		return err
	}
	about(c, "sitting", string(f.Sitting.ID))
	v := sittingView{Sitting: f.Sitting, Content: f.Exercise, Names: map[people.ID]string{}, Report: exercise.ReportOn(f.Exercise, f.Sitting)}
	units, err := s.People.Units(c.UserContext())
	if err != nil {
		return err
	}
	for _, u := range units {
		if u.ID == f.Sitting.Unit {
			v.UnitName, v.MayRun = u.Name, actor(c).Covers(people.RunExercises, u.ID, u.Path)
		}
	}
	for _, id := range f.Sitting.Named {
		if err := s.nameSeen(c, v.Names, id); err != nil {
			return err
		}
	}
	return c.JSON(v)
}

func sittingID(c *fiber.Ctx) exercise.SittingID { return exercise.SittingID(c.Params("id")) }

func (s *Server) showSitting(c *fiber.Ctx) error {
	f, err := s.Exercises.Find(c.UserContext(), actor(c), sittingID(c))
	return s.answerSitting(c, f, err)
}

// sittingPlan is what is said before; the domain says what is wrong with it.
type sittingPlan struct {
	Exercise     exercise.ID   `json:"exercise" validate:"max=64"`
	Unit         people.UnitID `json:"unit" validate:"max=100"`
	On           string        `json:"on" validate:"max=10"`
	Minutes      int           `json:"minutes"`
	Goal         string        `json:"goal"`
	Scope        string        `json:"scope"`
	Tools        string        `json:"tools"`
	Limits       string        `json:"limits"`
	Participants []sittingSeat `json:"participants" validate:"max=100,dive"`
}

type sittingSeat struct {
	Person people.ID `json:"person" validate:"max=64"`
	Seat   string    `json:"seat" validate:"max=64"`
}

func (p sittingPlan) plan() exercise.Plan {
	out := exercise.Plan{Exercise: p.Exercise, Unit: p.Unit, On: p.On, Minutes: p.Minutes, Goal: p.Goal, Scope: p.Scope, Tools: p.Tools, Limits: p.Limits}
	for _, x := range p.Participants {
		out.Participants = append(out.Participants, exercise.Attendee{Person: x.Person, Seat: x.Seat})
	}
	return out
}

// notePlan says in the trail what is held with whom.
func notePlan(c *fiber.Ctx, x exercise.Sitting) {
	note(c, "units", "", string(x.Unit))
	note(c, "sitting_on", "", x.On)
	note(c, "people", "", strconv.Itoa(len(x.Participants)))
}

func (s *Server) addSitting(c *fiber.Ctx) error {
	var req sittingPlan
	if err := s.bind(c, &req); err != nil {
		return err
	}
	f, err := s.Exercises.Add(c.UserContext(), actor(c), req.plan())
	notePlan(c, f.Sitting)
	c.Status(http.StatusCreated)
	return s.answerSitting(c, f, err)
}

type sittingChange struct {
	sittingPlan
	Version int `json:"version" validate:"required"` // that was read before
}

func (s *Server) changeSitting(c *fiber.Ctx) error {
	var req sittingChange
	if err := s.bind(c, &req); err != nil {
		return err
	}
	f, err := s.Exercises.Change(c.UserContext(), actor(c), sittingID(c), req.Version, req.plan())
	notePlan(c, f.Sitting)
	return s.answerSitting(c, f, err)
}

// sittingStart names the phone by an id that it has made, which only it knows.
type sittingStart struct {
	Device   string      `json:"device" validate:"required,max=64"`
	Absent   []people.ID `json:"absent" validate:"max=100,dive,max=64"`
	TakeOver bool        `json:"takeOver"`
}

func (s *Server) startSitting(c *fiber.Ctx) error {
	var req sittingStart
	if err := s.bind(c, &req); err != nil {
		return err
	}
	f, err := s.Exercises.Start(c.UserContext(), actor(c), sittingID(c), req.Device, req.Absent, req.TakeOver)
	note(c, "take_over", "false", strconv.FormatBool(req.TakeOver))
	return s.answerSitting(c, f, err)
}

type sittingTurn struct {
	Device   string   `json:"device" validate:"required,max=64"`
	Decision string   `json:"decision"`
	Met      []string `json:"met" validate:"max=20,dive,max=64"`
	Seconds  int      `json:"seconds"`
}

func (s *Server) takeTurn(c *fiber.Ctx) error {
	var req sittingTurn
	if err := s.bind(c, &req); err != nil {
		return err
	}
	n, err := strconv.Atoi(c.Params("n"))
	if err != nil {
		n = 0 // as unknown as every other inject that is not there
	}
	t := exercise.Turn{Decision: req.Decision, Met: slices.Concat([]string{}, req.Met), Seconds: req.Seconds}
	f, err := s.Exercises.Take(c.UserContext(), actor(c), sittingID(c), n, t, req.Device)
	return s.answerSitting(c, f, err)
}

type sittingEnd struct {
	Device string      `json:"device" validate:"required,max=64"`
	Absent []people.ID `json:"absent" validate:"max=100,dive,max=64"`
}

func (s *Server) finishSitting(c *fiber.Ctx) error {
	var req sittingEnd
	if err := s.bind(c, &req); err != nil {
		return err
	}
	f, err := s.Exercises.Finish(c.UserContext(), actor(c), sittingID(c), req.Device, req.Absent)
	return s.answerSitting(c, f, err)
}

func (s *Server) cancelSitting(c *fiber.Ctx) error {
	f, err := s.Exercises.Cancel(c.UserContext(), actor(c), sittingID(c))
	return s.answerSitting(c, f, err)
}

type findingRequest struct {
	Version int       `json:"version" validate:"required"` // of the sitting, that was read before
	What    string    `json:"what"`
	Owner   people.ID `json:"owner" validate:"max=64"`
	DueOn   string    `json:"dueOn" validate:"max=10"`
	Closed  bool      `json:"closed"`
}

func (s *Server) putFinding(c *fiber.Ctx) error {
	var req findingRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	put := exercise.Finding{ID: c.Params("finding"), What: req.What, Owner: req.Owner, DueOn: req.DueOn}
	f, err := s.Exercises.PutFinding(c.UserContext(), actor(c), sittingID(c), req.Version, put, req.Closed)
	if err == nil {
		note(c, "finding_closed", "false", strconv.FormatBool(req.Closed))
	}
	return s.answerSitting(c, f, err)
}
