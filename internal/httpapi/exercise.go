package httpapi

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/exercise"
	"hocso/internal/people"
)

// exerciseRoutes are the rows of exercises and of the sittings over them.
func (s *Server) exerciseRoutes() []route {
	const v = "/api/v1"
	run, see := can(people.RunExercises), canAny(people.RunExercises, people.TrackCompletion)
	unknown := []string{"404 sitting_not_found"}
	running := slices.Concat(unknown, []string{"409 wrong_state", "409 running_elsewhere", "422 invalid_fields"})
	post := func(rest, summary string, action audit.Action, in any, h fiber.Handler, problems []string) route {
		return route{fiber.MethodPost, v + "/sittings/:id" + rest, run, shape{summary: summary, audit: action, in: in, out: sittingView{}, problems: problems}, h}
	}
	return []route{
		{fiber.MethodGet, v + "/exercises", see, shape{summary: "The exercises a unit can hold", out: listOf[exerciseLine]{}}, s.listExercises},
		{fiber.MethodGet, v + "/exercises/:id", run, shape{summary: "One exercise, with all that happens in it", out: exercise.Exercise{}, problems: []string{"404 exercise_not_found"}}, s.findExercise},
		{fiber.MethodGet, v + "/sittings/units", run, shape{summary: "The units I may hold an exercise with", out: listOf[unitRef]{}}, s.listSittingUnits},
		{fiber.MethodGet, v + "/sittings/team", run, shape{
			summary: "Who can take part for a unit: everybody in it and below it", query: []string{"unit"}, out: listOf[teamMember]{}, problems: []string{"404 unit_not_found"}, compress: true,
		}, s.listTeam},
		{fiber.MethodGet, v + "/sittings/findings", see, shape{summary: "What is still to improve after exercises, by sitting, newest first", out: listOf[openFindings]{}, compress: true}, s.listFindings},
		{fiber.MethodGet, v + "/sittings", see, shape{summary: "The sittings of units I see, newest first", query: []string{"cursor"}, out: listOf[sittingLine]{}, compress: true}, s.listSittings},
		{fiber.MethodPost, v + "/sittings", run, shape{
			summary: "Plan a sitting over an exercise", audit: "sitting_planned", in: sittingPlan{}, out: sittingView{}, status: http.StatusCreated, problems: []string{"422 invalid_fields"},
		}, s.addSitting},
		{fiber.MethodGet, v + "/sittings/:id", see, shape{summary: "One sitting, with its exercise and its report so far", out: sittingView{}, problems: unknown, compress: true}, s.showSitting},
		{fiber.MethodPut, v + "/sittings/:id", run, shape{
			summary: "Plan a sitting that has not begun anew", audit: "sitting_changed", in: sittingChange{}, out: sittingView{},
			problems: slices.Concat(unknown, []string{"409 wrong_state", "409 changed_meanwhile", "422 invalid_fields"}),
		}, s.changeSitting},
		post("/start", "Begin a sitting on my phone, or take it over from another", "sitting_started", sittingStart{}, s.startSitting, running),
		{fiber.MethodPut, v + "/sittings/:id/turns/:n", run, shape{
			summary: "Say how the team dealt with inject n, from 1", noAudit: "the sitting itself keeps it, with its time", in: sittingTurn{}, out: sittingView{}, problems: running,
		}, s.takeTurn},
		post("/finish", "End a sitting after its last inject", "sitting_finished", sittingEnd{}, s.finishSitting, running),
		post("/cancel", "End a sitting without a result", "sitting_cancelled", nil, s.cancelSitting, slices.Concat(unknown, []string{"409 wrong_state"})),
		{fiber.MethodPut, v + "/sittings/:id/findings/:finding", run, shape{
			summary: "Say what is to improve, by whom and by when, or that it is done", audit: "finding_changed", in: findingRequest{}, out: sittingView{},
			problems: slices.Concat(unknown, []string{"409 wrong_state", "409 changed_meanwhile", "422 invalid_fields"}),
		}, s.putFinding},
		{fiber.MethodGet, v + "/me/sittings", can(people.TakeCourses), shape{summary: "The sittings I take or took part in, with their reports", out: listOf[mySitting]{}, compress: true}, s.mySittings},
	}
}

type exerciseLine struct {
	ID      exercise.ID `json:"id"`
	Title   people.Text `json:"title"`
	Summary people.Text `json:"summary"`
	Minutes int         `json:"minutes"`
}

func (s *Server) listExercises(c *fiber.Ctx) error {
	all, err := s.Exercises.List(c.UserContext())
	if err != nil {
		return err
	}
	out := listOf[exerciseLine]{Items: []exerciseLine{}}
	for _, x := range all {
		out.Items = append(out.Items, exerciseLine{x.ID, x.Title, x.Summary, x.Minutes()})
	}
	return c.JSON(out)
}

func (s *Server) findExercise(c *fiber.Ctx) error {
	x, err := s.Exercises.Latest(c.UserContext(), exercise.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(x)
}

func (s *Server) listSittingUnits(c *fiber.Ctx) error {
	units, err := s.People.UnitsIn(c.UserContext(), actor(c), people.RunExercises)
	if err != nil {
		return err
	}
	out := listOf[unitRef]{Items: []unitRef{}}
	for _, u := range units {
		out.Items = append(out.Items, unitRef{u.ID, u.Name})
	}
	return c.JSON(out)
}

type teamMember struct {
	ID   people.ID `json:"id"`
	Name string    `json:"name"`
}

func (s *Server) listTeam(c *fiber.Ctx) error {
	unit, err := query(c, "unit", 100)
	if err != nil {
		return err
	}
	team, err := s.Exercises.Team(c.UserContext(), actor(c), people.UnitID(unit))
	if err != nil {
		return err
	}
	out := listOf[teamMember]{Items: []teamMember{}}
	for _, p := range team {
		out.Items = append(out.Items, teamMember{p.ID, p.Name})
	}
	return c.JSON(out)
}

// sittingLine is a sitting in a list.
type sittingLine struct {
	ID     exercise.SittingID `json:"id"`
	Title  people.Text        `json:"title"`
	Unit   unitRef            `json:"unit"`
	On     string             `json:"on"`
	State  exercise.State     `json:"state"`
	People int                `json:"people"`
	Open   int                `json:"open"` // findings that are not closed
	Score  *float64           `json:"score,omitempty"`
}

func (s *Server) listSittings(c *fiber.Ctx) error {
	before, err := query(c, "cursor", 100)
	if err != nil {
		return err
	}
	list, next, err := s.Exercises.Sittings(c.UserContext(), actor(c), exercise.SittingID(before))
	if err != nil {
		return err
	}
	units, err := s.unitNames(c)
	if err != nil {
		return err
	}
	out := listOf[sittingLine]{Items: []sittingLine{}, Next: string(next)}
	for _, f := range list {
		x := f.Sitting
		line := sittingLine{ID: x.ID, Title: f.Exercise.Title, Unit: unitRef{x.Unit, units[x.Unit]}, On: x.On, State: x.State, People: len(x.Participants), Open: x.Open}
		if x.State == exercise.Finished {
			line.Score = new(exercise.ReportOn(f.Exercise, x).Score)
		}
		out.Items = append(out.Items, line)
	}
	return c.JSON(out)
}

// openFindings are those of a sitting that are not closed.
type openFindings struct {
	Sitting  exercise.SittingID   `json:"sitting"`
	Title    people.Text          `json:"title"`
	Unit     unitRef              `json:"unit"`
	On       string               `json:"on"`
	Findings []exercise.Finding   `json:"findings"`
	Names    map[people.ID]string `json:"names"` // of the owners
}

func (s *Server) listFindings(c *fiber.Ctx) error {
	list, err := s.Exercises.OpenFindings(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	units, err := s.unitNames(c)
	if err != nil {
		return err
	}
	out := listOf[openFindings]{Items: []openFindings{}}
	for _, f := range list {
		x := openFindings{Sitting: f.Sitting.ID, Title: f.Exercise.Title, Unit: unitRef{f.Sitting.Unit, units[f.Sitting.Unit]}, On: f.Sitting.On, Names: map[people.ID]string{}}
		for _, one := range f.Sitting.Findings {
			if one.ClosedAt != nil {
				continue
			}
			x.Findings = append(x.Findings, one)
			if err := s.nameSeen(c, x.Names, one.Owner); err != nil {
				return err
			}
		}
		out.Items = append(out.Items, x)
	}
	return c.JSON(out)
}

// unitNames are the names of all units, also removed ones.
func (s *Server) unitNames(c *fiber.Ctx) (map[people.UnitID]people.Text, error) {
	units, err := s.People.Units(c.UserContext())
	names := make(map[people.UnitID]people.Text, len(units))
	for _, u := range units {
		names[u.ID] = u.Name
	}
	return names, err
}

// nameSeen adds the name of somebody whom the actor may see by now.
func (s *Server) nameSeen(c *fiber.Ctx, names map[people.ID]string, id people.ID) error {
	if _, known := names[id]; known || id == "" {
		return nil
	}
	for _, p := range []people.Permission{people.RunExercises, people.TrackCompletion} {
		name, err := s.People.NameWithin(c.UserContext(), actor(c), p, id)
		if err != nil {
			return err
		}
		if name != "" {
			names[id] = name
			return nil
		}
	}
	names[id] = ""
	return nil
}

// mySitting is a sitting for somebody it mentions: about the team, with no name but their own.
type mySitting struct {
	ID       exercise.SittingID    `json:"id"`
	Title    people.Text           `json:"title"`
	Unit     unitRef               `json:"unit"`
	On       string                `json:"on"`
	State    exercise.State        `json:"state"`
	Runs     bool                  `json:"runs"`             // I run it
	Seat     *people.Text          `json:"seat,omitempty"`   // what I stand for; none: I only run it or own a finding
	Absent   bool                  `json:"absent"`           // I was not there
	Report   *exercise.AfterAction `json:"report,omitempty"` // once it is finished, for who was there
	Findings []myFinding           `json:"findings"`
}

type myFinding struct {
	What   string `json:"what"`
	DueOn  string `json:"dueOn"`
	Closed bool   `json:"closed"`
	Mine   bool   `json:"mine"`
}

// sittingsOf are the sittings that mention a person.
func (s *Server) sittingsOf(c *fiber.Ctx, who people.ID) ([]mySitting, error) {
	list, err := s.Exercises.Mine(c.UserContext(), who)
	if err != nil {
		return nil, err
	}
	units, err := s.unitNames(c)
	if err != nil {
		return nil, err
	}
	out := []mySitting{}
	for _, f := range list {
		out = append(out, viewMine(f, who, units[f.Sitting.Unit]))
	}
	return out, nil
}

func viewMine(f exercise.Found, who people.ID, unit people.Text) mySitting {
	x := f.Sitting
	m := mySitting{ID: x.ID, Title: f.Exercise.Title, Unit: unitRef{x.Unit, unit}, On: x.On, State: x.State, Runs: x.Facilitator == who, Findings: []myFinding{}}
	for _, p := range x.Participants {
		if p.Person != who {
			continue
		}
		m.Absent = p.Absent
		for _, seat := range f.Exercise.Seats {
			if seat.ID == p.Seat {
				m.Seat = &seat.Title
			}
		}
	}
	present := m.Runs || m.Seat != nil && !m.Absent
	if x.State == exercise.Finished && present {
		m.Report = new(exercise.ReportOn(f.Exercise, x))
	}
	for _, one := range x.Findings {
		if mine := one.Owner == who; mine || present {
			m.Findings = append(m.Findings, myFinding{one.What, one.DueOn, one.ClosedAt != nil, mine})
		}
	}
	return m
}

func (s *Server) mySittings(c *fiber.Ctx) error {
	list, err := s.sittingsOf(c, actor(c).ID)
	if err != nil {
		return err
	}
	return c.JSON(listOf[mySitting]{Items: list})
}
