package httpapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/poster"
)

// posterRoutes are the rows of sheets to print and hang up.
func (s *Server) posterRoutes() []route {
	row := func(noun string, need access, find func(*fiber.Ctx) (notice, error), problems ...string) route {
		return route{fiber.MethodGet, "/api/v1/" + noun + "s/:id/poster", need, shape{
			summary: "A sheet with a QR code, as PDF", query: []string{"size", "lang"}, media: "application/pdf",
			problems: append([]string{"400 bad_query", "404 " + noun + "_not_found"}, problems...),
		}, s.poster(find)}
	}
	return []route{
		row("campaign", can(people.ManageCampaigns), s.campaignNotice, "409 wrong_state"),
		row("announcement", can(people.ManageCampaigns), s.announcementNotice, "409 wrong_state"),
		row("course", canAny(people.ManageCampaigns, people.WriteCourses), s.courseNotice),
	}
}

// notice is what a sheet says in both languages.
type notice struct {
	title, text, dates people.Text
	path               string // in the app
}

func (s *Server) campaignNotice(c *fiber.Ctx) (notice, error) {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return notice{}, err
	}
	if x.State != campaign.Scheduled && x.State != campaign.Running {
		return notice{}, fault.New(fault.Conflict, "wrong_state", "a %s campaign has no poster", x.State)
	}
	day := func(at time.Time) string { return at.In(s.People.Zone).Format(time.DateOnly) }
	return notice{title: x.Name, text: x.Goal, dates: between(day(x.StartsAt), day(x.DueAt)), path: "/"}, nil
}

func (s *Server) announcementNotice(c *fiber.Ctx) (notice, error) {
	x, err := s.Announcements.Find(c.UserContext(), actor(c), announcement.ID(c.Params("id")))
	if err != nil {
		return notice{}, err
	}
	if x.State != announcement.Published {
		return notice{}, fault.New(fault.Conflict, "wrong_state", "a %s announcement has no poster", x.State)
	}
	return notice{title: x.Title, text: x.Summary, dates: between(x.From, x.Until), path: "/announcements/" + string(x.ID)}, nil
}

func (s *Server) courseNotice(c *fiber.Ctx) (notice, error) {
	p, err := s.Courses.Latest(c.UserContext(), course.ID(c.Params("id")))
	if err != nil {
		return notice{}, err
	}
	x, n := p.Version.Content, strconv.Itoa(p.Version.Content.Minutes())
	return notice{
		title: people.Text(x.Title), text: people.Text(x.Summary), dates: people.Text{Vi: n + " phút", En: n + " minutes"}, path: "/courses/" + string(p.Version.Course),
	}, nil
}

// between writes two days, yyyy-mm-dd, as each language does.
func between(from, to string) people.Text {
	day := func(text, form string) string {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return text
		}
		return t.Format(form)
	}
	return people.Text{
		Vi: "Từ " + day(from, "2/1/2006") + " đến " + day(to, "2/1/2006"),
		En: day(from, "2 January 2006") + " to " + day(to, "2 January 2006"),
	}
}

func (s *Server) poster(find func(*fiber.Ctx) (notice, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		size, lang := poster.Size(cmp.Or(c.Query("size"), string(poster.A4))), cmp.Or(c.Query("lang"), "vi")
		if !slices.Contains(poster.Sizes(), size) {
			return badQuery("size", "oneof")
		}
		if lang != "vi" && lang != "en" {
			return badQuery("lang", "oneof")
		}
		n, err := find(c)
		if err != nil {
			return err
		}
		b, err := poster.Poster{
			Size: size, Lang: lang, Organisation: s.Organisation, Title: n.title.In(lang), Text: n.text.In(lang), Dates: n.dates.In(lang), URL: s.PublicURL + n.path,
		}.PDF(s.Now())
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, "application/pdf")
		c.Set(fiber.HeaderContentDisposition, `attachment; filename="poster-`+string(size)+"-"+lang+`.pdf"`)
		return c.Status(http.StatusOK).Send(b)
	}
}
