package httpapi

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/audit"
	"hocso/internal/people"
)

// access says who may call a route.
type access struct {
	public bool
	cookie bool // the refresh cookie alone is enough, for the service worker
	any    []people.Permission
}

var public = access{public: true} // never assigned again

// can admits those who may do p somewhere; the service decides where.
func can(p people.Permission) access { return access{any: []people.Permission{p}} }

// canAny admits those who may do any of ps.
func canAny(ps ...people.Permission) access { return access{any: ps} }

// canByCookie is can, also for a request that has no access token but the refresh
// cookie: the service worker has nothing else. Origin is checked before it.
func canByCookie(p people.Permission) access {
	return access{any: []people.Permission{p}, cookie: true}
}

// shape documents a route: zero values of its request body and answer, and the
// names of its query parameters. The OpenAPI document is made from it.
type shape struct {
	summary  string
	query    []string
	in, out  any          // nil: none
	status   int          // of success; 0 means 200
	also     []int        // other statuses of success: 200 beside 201, 304 beside 200
	media    string       // of the answer, when it is not JSON
	problems []string     // "409 draft_changed": what the route itself refuses with, beside what every route may
	bodyMost int          // bytes, when the route takes more than others
	audit    audit.Action // what the audit trail calls it
	noAudit  string       // why a change is not in the audit trail; a row of another method than GET has this or audit
	compress bool         // the answer is worth compressing, and does not hold a secret beside text from the request
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
		s.documentRoutes(),
		s.authRoutes(),
		s.factorRoutes(),
		s.sessionRoutes(),
		s.peopleRoutes(),
		s.cohortRoutes(),
		s.courseRoutes(),
		s.pathRoutes(),
		s.learningRoutes(),
		s.drillRoutes(),
		s.campaignRoutes(),
		s.holidayRoutes(),
		s.surveyRoutes(),
		s.announcementRoutes(),
		s.exerciseRoutes(),
		s.feedRoutes(),
		s.posterRoutes(),
		s.reminderRoutes(),
		s.reportRoutes(),
		s.escalationRoutes(),
		s.signoffRoutes(),
		s.privacyRoutes(),
		s.webhookRoutes(),
		s.auditRoutes(),
	)
}
