package httpapi

import (
	"bufio"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/report"
)

const mostCourses = 40

// reportRoutes are the rows of tracking. Each answer covers only the units the
// actor answers for; a unit outside is as absent as one that does not exist.
func (s *Server) reportRoutes() []route {
	const v = "/api/v1/tracking"
	track := can(people.TrackCompletion)
	absent := []string{"404 unit_not_found", "503 report_not_ready"}
	paged := []string{"400 cursor_invalid", "404 unit_not_found", "503 report_not_ready"}
	return []route{
		{fiber.MethodGet, v + "/overview", track, shape{summary: "Completion in a unit and below", query: []string{"unit", "campaign"}, out: report.Overview{}, problems: absent, compress: true}, s.overview},
		{fiber.MethodGet, v + "/units", track, shape{summary: "A unit and its direct children", query: []string{"unit", "campaign"}, out: report.Units{}, problems: absent, compress: true}, s.trackUnits},
		{fiber.MethodGet, v + "/matrix", track, shape{summary: "People and courses, by given name", query: []string{"unit", "courses", "campaign", "cursor"}, out: report.Matrix{}, problems: paged, compress: true}, s.matrix},
		{fiber.MethodGet, v + "/overdue", track, shape{summary: "What is late, the longest first", query: []string{"unit", "campaign", "cursor"}, out: report.Overdue{}, problems: paged, compress: true}, s.overdue},
		{fiber.MethodGet, v + "/drills", track, shape{
			summary: "How drills went whose runs were removed, for those who see the whole organisation; never of fewer than 10 people", out: listOf[drill.Outcomes]{},
		}, s.drillOutcomes},
		{fiber.MethodGet, v + "/export.csv", track, shape{summary: "Every duty as a table", audit: "tracking_exported", query: []string{"unit", "courses", "campaign", "lang"}, media: "text/csv", problems: absent}, s.export},
	}
}

func (s *Server) drillOutcomes(c *fiber.Ctx) error {
	if _, all := actor(c).Scope(people.TrackCompletion); !all {
		return fault.New(fault.Forbidden, "not_allowed", "this is for those who see the whole organisation")
	}
	out, err := s.Drills.Outcomes(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(listOf[drill.Outcomes]{Items: out})
}

// filter reads what an answer shall be about.
func filter(c *fiber.Ctx) (f report.Filter, err error) {
	unit, err := query(c, "unit", 64)
	if err != nil {
		return f, err
	}
	courses, err := query(c, "courses", mostCourses*65)
	if err != nil {
		return f, err
	}
	f.Unit = people.UnitID(unit)
	for id := range strings.SplitSeq(courses, ",") {
		if id != "" {
			f.Courses = append(f.Courses, course.ID(id))
		}
	}
	if len(f.Courses) > mostCourses {
		return f, badQuery("courses", "max")
	}
	f.Campaign, err = query(c, "campaign", 64)
	return f, err
}

func (s *Server) overview(c *fiber.Ctx) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	out, err := s.Reports.Overview(c.UserContext(), actor(c), f)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Server) trackUnits(c *fiber.Ctx) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	out, err := s.Reports.Units(c.UserContext(), actor(c), f)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Server) matrix(c *fiber.Ctx) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	cursor, err := query(c, "cursor", 200)
	if err != nil {
		return err
	}
	out, err := s.Reports.Matrix(c.UserContext(), actor(c), f, cursor)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Server) overdue(c *fiber.Ctx) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	cursor, err := query(c, "cursor", 400)
	if err != nil {
		return err
	}
	out, err := s.Reports.Overdue(c.UserContext(), actor(c), f, cursor)
	if err != nil {
		return err
	}
	return c.JSON(out)
}

func (s *Server) export(c *fiber.Ctx) error {
	f, err := filter(c)
	if err != nil {
		return err
	}
	lang, err := query(c, "lang", 2)
	if err != nil {
		return err
	}
	write, err := s.Reports.Export(c.UserContext(), actor(c), f, lang)
	if err != nil {
		return err
	}
	about(c, "unit", string(f.Unit))
	note(c, "campaign", "", f.Campaign)
	id := requestID(c)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="hocso-`+s.Now().Format("2006-01-02")+`.csv"`)
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		if err := write(w); err != nil {
			s.Log.Warn("export was cut off", "err", err, "requestId", id)
		}
	})
	return nil
}
