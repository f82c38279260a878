package httpapi

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
	"hocso/internal/reminder"
)

// ownDevices is why the trail does not have what a person sets up for their reminders.
const ownDevices = "one's own devices"

// reminderRoutes are the rows of devices that accept push.
func (s *Server) reminderRoutes() []route {
	const v = "/api/v1"
	mine := can(people.TakeCourses)
	return []route{
		{fiber.MethodGet, v + "/push/key", public, shape{summary: "The key browsers subscribe to push with", out: pushKeyAnswer{}}, s.pushKey},
		{fiber.MethodGet, v + "/me/subscriptions", mine, shape{summary: "My devices that accept reminders", out: listOf[subscriptionView]{}}, s.listSubscriptions},
		// The service worker renews a subscription without an access token.
		{fiber.MethodPost, v + "/me/subscriptions", canByCookie(people.TakeCourses), shape{
			summary: "Accept reminders on this device", noAudit: ownDevices, in: subscribeRequest{}, out: subscribeAnswer{}, status: http.StatusCreated,
			problems: []string{"422 push_endpoint_not_allowed", "422 invalid_fields"},
		}, s.subscribe},
		{fiber.MethodPost, v + "/me/subscriptions/test", mine, shape{
			summary: "Send a message to my devices", noAudit: ownDevices, out: testAnswer{}, status: http.StatusAccepted, problems: []string{"409 no_subscription"},
		}, s.testSubscriptions},
		{fiber.MethodDelete, v + "/me/subscriptions/:id", mine, shape{
			summary: "Forget a device; why is push_off or revoked when the person wants no more reminders on it, which is counted", query: []string{"why"}, noAudit: ownDevices, status: http.StatusNoContent, problems: []string{"404 subscription_not_found", "400 bad_query"},
		}, s.unsubscribe},
		{fiber.MethodGet, v + "/me/reminders", mine, shape{summary: "My reminders of the last 90 days, and why each went or did not", out: listOf[reminder.Entry]{}, compress: true}, s.listReminders},
		// The service worker puts a reminder off without an access token.
		{fiber.MethodPost, v + "/me/reminders/:token/snooze", canByCookie(people.TakeCourses), shape{
			summary: "Put a reminder off until this afternoon or tomorrow", noAudit: "one's own reminder", in: snoozeRequest{}, out: snoozeAnswer{},
			problems: []string{"404 delivery_not_found", "409 not_sent", "409 snooze_spent", "422 invalid_fields"},
		}, s.snooze},
		{fiber.MethodPost, v + "/unsubscribe/:token", public, shape{
			summary: "Leave reminders by mail with the token of a letter (RFC 8058)", noAudit: "one's own mail", status: http.StatusNoContent, problems: []string{"404 link_unknown"},
		}, s.leaveMail},
		{fiber.MethodGet, v + "/unsubscribe/:token", public, shape{
			summary: "The page that asks whether to leave: opening an address changes nothing", status: http.StatusSeeOther, media: "text/plain",
		}, s.askToLeave},
	}
}

type pushKeyAnswer struct {
	PublicKey string `json:"publicKey"`
}

func (s *Server) pushKey(c *fiber.Ctx) error { return c.JSON(pushKeyAnswer{s.Reminders.PublicKey()}) }

// subscriptionView is a device as its owner sees it.
type subscriptionView struct {
	reminder.Subscription
	Current bool `json:"current,omitempty"` // registered by the session that asks
}

func (s *Server) listSubscriptions(c *fiber.Ctx) error {
	ds, err := s.Reminders.Devices(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	out := listOf[subscriptionView]{Items: []subscriptionView{}}
	for _, d := range ds {
		out.Items = append(out.Items, subscriptionView{d, d.Session != "" && d.Session == actor(c).Session})
	}
	return c.JSON(out)
}

type subscribeRequest struct {
	Endpoint string `json:"endpoint" validate:"required,max=2048"`
	Keys     struct {
		P256dh string `json:"p256dh" validate:"required,max=200"`
		Auth   string `json:"auth" validate:"required,max=100"`
	} `json:"keys"`
	Device   string `json:"device" validate:"max=200"`
	Replaces string `json:"replaces" validate:"max=2048"` // the endpoint or the id of an earlier one
}

type subscribeAnswer struct {
	ID string `json:"id"`
}

func (s *Server) subscribe(c *fiber.Ctx) error {
	var req subscribeRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	sub, err := s.Reminders.Subscribe(c.UserContext(), actor(c), reminder.Device{
		Endpoint: req.Endpoint, P256dh: req.Keys.P256dh, Auth: req.Keys.Auth, Name: req.Device, Replaces: req.Replaces,
	})
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusCreated).JSON(subscribeAnswer{sub.ID})
}

type testAnswer struct {
	Sent int `json:"sent"`
}

func (s *Server) testSubscriptions(c *fiber.Ctx) error {
	n, err := s.Reminders.Test(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.Status(fiber.StatusAccepted).JSON(testAnswer{n})
}

func (s *Server) unsubscribe(c *fiber.Ctx) error {
	why := reminder.Why(c.Query("why"))
	if why != reminder.SignedOut && why != reminder.TurnedOff && why != reminder.Revoked {
		return badQuery("why", "oneof")
	}
	if err := s.Reminders.Unsubscribe(c.UserContext(), actor(c), c.Params("id"), why); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) listReminders(c *fiber.Ctx) error {
	es, err := s.Reminders.Mine(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(listOf[reminder.Entry]{Items: es})
}

type snoozeRequest struct {
	When reminder.When `json:"when" validate:"oneof=afternoon tomorrow"`
}

type snoozeAnswer struct {
	At time.Time `json:"at"`
}

func (s *Server) snooze(c *fiber.Ctx) error {
	var req snoozeRequest
	if err := s.bind(c, &req); err != nil {
		return err
	}
	at, err := s.Reminders.Snooze(c.UserContext(), actor(c), c.Params("token"), req.When)
	if err != nil {
		return err
	}
	return c.JSON(snoozeAnswer{at})
}

// leaveMail does not look at the body: mail programs post a form (RFC 8058), the page nothing.
func (s *Server) leaveMail(c *fiber.Ctx) error {
	if err := s.Reminders.Leave(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// askToLeave is for mail programs that open the address, and for those that look through
// every link before a person does. The token goes behind #, where no log sees it.
func (s *Server) askToLeave(c *fiber.Ctx) error {
	page := s.PublicURL + "/unsubscribe#" + url.PathEscape(c.Params("token"))
	c.Set(fiber.HeaderLocation, page)
	c.Type("txt", "utf-8")
	return c.Status(fiber.StatusSeeOther).SendString(page)
}
