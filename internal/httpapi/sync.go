package httpapi

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/announcement"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/survey"
)

// syncRoutes are the rows of what goes between a phone and the server as a whole.
func (s *Server) syncRoutes() []route {
	const v = "/api/v1"
	take := can(people.TakeCourses)
	return []route{
		{fiber.MethodGet, v + "/sync", take, shape{
			summary: "Everything a phone keeps, or what changed since a cursor", query: []string{"cursor"}, out: syncAnswer{},
			also: []int{http.StatusNotModified}, problems: []string{"410 cursor_expired"},
		}, s.sync},
		{fiber.MethodPost, v + "/ops", take, shape{
			summary: "What a phone reports: a verdict for each, in order", noAudit: ownLearning, in: opsRequest{}, out: opsAnswer{},
			problems: []string{"400 malformed_body", "422 too_many_ops"},
		}, s.ops},
		{fiber.MethodGet, v + "/me/data", take, shape{summary: "Everything that is kept about me", audit: "own_data_exported", out: dataAnswer{}, compress: true}, s.myData},
	}
}

// syncAnswer documents what sync sends; the bytes are put together item by item.
type syncAnswer struct {
	Changed []syncItem `json:"changed"`
	Deleted []string   `json:"deleted"`
	Cursor  string     `json:"cursor"`
	More    bool       `json:"more"`
	Now     time.Time  `json:"now"`
}

// syncItem has the one field that kind names.
type syncItem struct {
	Key          string             `json:"key"`
	Kind         string             `json:"kind"`
	Me           *me                `json:"me,omitempty"`
	Course       *course.Summary    `json:"course,omitempty"`
	Enrolment    *enrolmentView     `json:"enrolment,omitempty"`
	Quiz         *learning.Paper    `json:"quiz,omitempty"`
	Drill        *drillView         `json:"drill,omitempty"`
	Survey       *mySurvey          `json:"survey,omitempty"`
	Announcement *announcement.View `json:"announcement,omitempty"`
	Path         *path.Outline      `json:"path,omitempty"`
}

func (s *Server) sync(c *fiber.Ctx) error {
	x, err := s.collect(c)
	if err != nil {
		return err
	}
	now, had := x.cursor(), c.Query("cursor")
	if unchanged(c, `"`+now+`"`) || had == now {
		return c.SendStatus(fiber.StatusNotModified)
	}
	changed, deleted, err := x.since(had)
	if err != nil {
		return err
	}
	head, middle, tail, err := s.answerSync(changed, deleted, now)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if !strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		return sendJSON(c, join(head, middle, tail))
	}
	packed, err := s.fragments.gzip(head, middle, tail)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentEncoding, "gzip")
	return sendJSON(c, packed)
}

// answerSync makes a syncAnswer: head with what is this person's alone, then what
// is kept, then tail. The order of items says nothing.
func (s *Server) answerSync(changed []item, deleted []string, cursor string) (head []byte, middle []fragment, tail []byte, err error) {
	empty := `{"changed":[`
	head = append(make([]byte, 0, 8<<10), empty...)
	for _, often := range []bool{false, true} {
		for _, it := range changed {
			switch {
			case it.often != often:
			case often && len(head) > len(empty):
				f, err := s.fragments.of(it)
				if err != nil {
					return nil, nil, nil, err
				}
				middle = append(middle, f)
			default:
				if len(head) > len(empty) {
					head = append(head, ',')
				}
				if head, err = it.appendJSON(head); err != nil {
					return nil, nil, nil, err
				}
			}
		}
	}
	tail = append(tail, `],"deleted":[`...)
	for i, key := range deleted {
		if i > 0 {
			tail = append(tail, ',')
		}
		tail = append(append(append(tail, '"'), key...), '"')
	}
	tail = append(append(append(tail, `],"cursor":"`...), cursor...), `","more":false,"now":"`...)
	return head, middle, append(s.Now().AppendFormat(tail, time.RFC3339Nano), `"}`...), nil
}

// collect gathers everything that the actor's phone keeps.
func (s *Server) collect(c *fiber.Ctx) (*items, error) {
	ctx, who, x := c.UserContext(), actor(c), &items{}
	p, err := s.People.Current(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.meOf(c, p, who)
	if err != nil {
		return nil, err
	}
	if err := x.addJSON("me", "", m); err != nil {
		return nil, err
	}
	courses, err := s.Courses.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range courses {
		x.add("course", string(p.Version.Course), p.Version.ID+p.Version.Hash, true, func() ([]byte, error) { return p.Listed, nil })
	}
	running, err := s.Campaigns.Running(ctx)
	if err != nil {
		return nil, err
	}
	es, err := s.Learning.Mine(ctx, who)
	if err != nil {
		return nil, err
	}
	es, tickets, err := s.Learning.Tickets(ctx, es)
	if err != nil {
		return nil, err
	}
	for _, e := range es {
		v, err := s.viewEnrolment(c, e, running)
		if err != nil {
			return nil, err
		}
		stamp := fmt.Sprint(e.Version, e.ChangedAt.UnixMilli(), e.N)
		if v.CampaignName != nil {
			stamp += " " + v.CampaignName.Vi + " " + v.CampaignName.En
		}
		x.add("enrolment", string(e.ID), stamp, false, func() ([]byte, error) { return encode(v) })
	}
	for _, t := range tickets {
		x.add("quiz", string(t.Enrolment)+" "+t.Quiz, t.Wire, true, func() ([]byte, error) {
			p, err := s.Learning.Paper(ctx, t)
			if err != nil {
				return nil, err
			}
			return encode(p)
		})
	}
	paths, err := s.viewPaths(c, running, es)
	if err != nil {
		return nil, err
	}
	for _, v := range paths {
		x.add("path", string(v.ID), fmt.Sprint(v.N, v.Minutes, v.Retired), true, func() ([]byte, error) { return encode(v) })
	}
	drills, err := s.viewDrills(c, running)
	if err != nil {
		return nil, err
	}
	for _, d := range drills {
		if err := x.addJSON("drill", string(d.ID), d); err != nil {
			return nil, err
		}
	}
	surveys, err := s.openSurveys(c, running)
	if err != nil {
		return nil, err
	}
	for _, v := range surveys {
		x.add("survey", string(v.ID), string(v.ID), true, func() ([]byte, error) { return encode(v) })
	}
	announced, err := s.viewAnnouncements(c, running)
	if err != nil {
		return nil, err
	}
	for _, a := range announced { // read or not: the same two for everybody
		x.add("announcement", string(a.ID), fmt.Sprint(a.ID, a.Version, a.Read), true, func() ([]byte, error) { return encode(a) })
	}
	return x, nil
}

// opsRequest documents the ops; each is decoded by its kind, and fields of another
// kind are refused.
type opsRequest struct {
	Ops []opInput `json:"ops" validate:"required,max=50"`
}

type opInput struct {
	ID           string       `json:"id" validate:"required,max=36"` // UUID
	Kind         string       `json:"kind" validate:"required,oneof=lesson.progress lesson.done attempt.submit course.rate drill.view drill.answer drill.done reminder.opened survey.answer announcement.read"`
	At           time.Time    `json:"at"`
	Enrolment    string       `json:"enrolment"`
	Lesson       string       `json:"lesson"`
	Card         int          `json:"card"`
	Seconds      int          `json:"seconds"`
	Attempt      string       `json:"attempt"`
	Quiz         string       `json:"quiz"`
	Ticket       string       `json:"ticket"`
	StartedAt    time.Time    `json:"startedAt"`
	FinishedAt   time.Time    `json:"finishedAt"`
	Answers      []opAnswer   `json:"answers"`
	Stars        int          `json:"stars"`
	Comment      string       `json:"comment"`
	Drill        string       `json:"drill"`
	N            int          `json:"n"`
	Item         string       `json:"item"`
	Choice       drill.Choice `json:"choice"`
	Delivery     string       `json:"delivery"`
	Announcement string       `json:"announcement"`
	Survey       survey.ID    `json:"survey"`
	Secret       string       `json:"secret"` // of survey.answer: 64 random hexadecimal digits
}

// opAnswer is an answer of attempt.submit (chosen) or of survey.answer.
type opAnswer struct {
	Question string   `json:"question"`
	Chosen   []string `json:"chosen"`
	Rating   int      `json:"rating"`
	Text     string   `json:"text"`
}

type opsAnswer struct {
	Results []learning.Verdict `json:"results"`
	Cursor  string             `json:"cursor"` // always empty: sync afterwards
}

func (s *Server) ops(c *fiber.Ctx) error {
	if t, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || t != fiber.MIMEApplicationJSON {
		return &refusal{http.StatusUnsupportedMediaType, "content_type"}
	}
	raw, err := learning.SplitOps(c.Request().Body())
	if err != nil {
		return err
	}
	verdicts, err := s.Learning.ApplyOps(c.UserContext(), actor(c), raw)
	if err != nil {
		return err
	}
	return c.JSON(opsAnswer{Results: verdicts})
}
