package httpapi

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
)

// access says who may call a route.
type access struct {
	public bool
	cookie bool // the refresh cookie alone is enough, for the service worker
	need   people.Permission
}

var public = access{public: true} // never assigned again

func can(p people.Permission) access { return access{need: p} }

// canByCookie is can, also for a request that has no access token but the refresh
// cookie: the service worker has nothing else. Origin is checked before it.
func canByCookie(p people.Permission) access { return access{need: p, cookie: true} }

// shape documents a route: zero values of its request body and answer, and the
// names of its query parameters. The OpenAPI document is made from it.
type shape struct {
	summary string
	query   []string
	in, out any // nil: none
	status  int // of success; 0 means 200
}

// route is one row. Rows are written without field names, so a row that forgets
// its access does not compile.
type route struct {
	method, path string
	need         access
	shape        shape
	handle       fiber.Handler
}

// routes is the whole API: one list of rows for each noun, beside its handlers.
func (s *Server) routes() []route {
	return slices.Concat(
		s.healthRoutes(),
		s.authRoutes(),
		s.peopleRoutes(),
		s.courseRoutes(),
		s.learningRoutes(),
		s.drillRoutes(),
		s.campaignRoutes(),
		s.reminderRoutes(),
		s.reportRoutes(),
	)
}
