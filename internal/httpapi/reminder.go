package httpapi

import (
	"net/http"

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
			summary: "Forget a device", noAudit: ownDevices, status: http.StatusNoContent, problems: []string{"404 subscription_not_found"},
		}, s.unsubscribe},
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
	if err := s.Reminders.Unsubscribe(c.UserContext(), actor(c), c.Params("id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
