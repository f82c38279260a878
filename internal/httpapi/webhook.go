package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
	"hocso/internal/webhook"
)

// webhookRoutes are the rows of webhooks.
func (s *Server) webhookRoutes() []route {
	const v = "/api/v1/webhooks"
	manage := can(people.ManageOperations)
	unknown := []string{"404 webhook_not_found"}
	return []route{
		{fiber.MethodGet, v, manage, shape{summary: "The addresses of other programs that are told of events", out: listOf[webhook.Endpoint]{}}, s.listWebhooks},
		{fiber.MethodGet, v + "/events", manage, shape{summary: "The events, and what each carries as JSON Schema", out: listOf[webhookEvent]{}}, s.webhookEvents},
		{fiber.MethodPost, v, manage, shape{
			summary: "Add an address; the answer has its secret, which is shown once", in: webhookContent{}, out: webhookChange{}, audit: "webhook_added", status: http.StatusCreated,
			problems: []string{"409 too_many_webhooks", "422 invalid_fields"},
		}, s.addWebhook},
		{fiber.MethodGet, v + "/:id", manage, shape{summary: "One address", out: webhook.Endpoint{}, problems: unknown}, s.showWebhook},
		{fiber.MethodPut, v + "/:id", manage, shape{
			summary: "Change an address, switch it on or off", in: webhookContent{}, out: webhookChange{}, audit: "webhook_changed", problems: slices.Concat(unknown, []string{"422 invalid_fields"}),
		}, s.writeWebhook},
		{fiber.MethodDelete, v + "/:id", manage, shape{summary: "Remove an address with what waits for it", audit: "webhook_removed", status: http.StatusNoContent, problems: unknown}, s.removeWebhook},
		{fiber.MethodPost, v + "/:id/secret", manage, shape{
			summary: "Make a new secret, shown once; the one before signs as well for a day", out: webhookChange{}, audit: "webhook_secret_renewed", problems: unknown,
		}, s.rotateWebhook},
		{fiber.MethodPost, v + "/:id/test", manage, shape{summary: "Send a test event at once", out: webhook.Tried{}, audit: "webhook_tested", problems: unknown}, s.tryWebhook},
		{fiber.MethodGet, v + "/:id/deliveries", manage, shape{
			summary: "What went or should go there, newest first", query: []string{"cursor"}, out: listOf[webhook.Delivery]{}, problems: unknown, compress: true,
		}, s.listWebhookDeliveries},
		{fiber.MethodPost, v + "/:id/deliveries/:delivery/again", manage, shape{
			summary: "Send once more, under the same webhook-id", out: webhook.Delivery{}, audit: "webhook_sent_again", problems: slices.Concat(unknown, []string{"404 webhook_delivery_not_found", "409 still_waiting", "409 changed_meanwhile"}),
		}, s.sendWebhookAgain},
	}
}

func (s *Server) listWebhooks(c *fiber.Ctx) error {
	list, err := s.Webhooks.List(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(listOf[webhook.Endpoint]{Items: list})
}

// webhookEvent is a row of the table of events. Schema is JSON Schema.
type webhookEvent struct {
	Event    webhook.Event `json:"event"`
	Title    people.Text   `json:"title"`
	Personal bool          `json:"personal"`
	Schema   any           `json:"schema"`
}

func (s *Server) webhookEvents(c *fiber.Ctx) error {
	if _, err := s.Webhooks.List(c.UserContext(), actor(c)); err != nil { // the same people
		return err
	}
	out := listOf[webhookEvent]{}
	for _, k := range webhook.Table() {
		out.Items = append(out.Items, webhookEvent{k.Event, k.Title, k.Personal, k.Schema})
	}
	return c.JSON(out)
}

type webhookContent struct {
	Name         string          `json:"name"`
	URL          string          `json:"url"`
	Events       []webhook.Event `json:"events" validate:"max=20"`
	PersonalData bool            `json:"personalData"`
	On           bool            `json:"on"`
}

// webhookChange is an address as it is now, with its new secret if one was made.
type webhookChange struct {
	webhook.Endpoint
	Secret string `json:"secret,omitempty"`
}

// answerWebhook notes in the trail what became of an address.
func (s *Server) answerWebhook(c *fiber.Ctx, x webhook.Change, err error) error {
	if err != nil {
		return err
	}
	about(c, "webhook", string(x.After.ID))
	yes := map[bool]string{true: "yes"}
	note(c, "personal_data", yes[x.Before.PersonalData], yes[x.After.PersonalData])
	note(c, "webhook_events", eventList(x.Before.Events), eventList(x.After.Events))
	note(c, "webhook_host", host(x.Before.URL), host(x.After.URL))
	if x.Before.ID != "" {
		note(c, "webhook_state", string(x.Before.State), string(x.After.State))
	}
	return c.JSON(webhookChange{x.After, x.Secret})
}

func eventList(events []webhook.Event) string {
	var out []string
	for _, e := range events {
		out = append(out, string(e))
	}
	return strings.Join(out, ", ")
}

// host is what the trail keeps of an address: paths may hold a token of the receiver.
func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	name, _, _ = strings.Cut(name, "?")
	return name
}

func (s *Server) addWebhook(c *fiber.Ctx) error {
	var req webhookContent
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Webhooks.Add(c.UserContext(), actor(c), webhook.Content(req))
	c.Status(http.StatusCreated)
	return s.answerWebhook(c, x, err)
}

func (s *Server) showWebhook(c *fiber.Ctx) error {
	e, err := s.Webhooks.Find(c.UserContext(), actor(c), webhook.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(e)
}

func (s *Server) writeWebhook(c *fiber.Ctx) error {
	var req webhookContent
	if err := s.bind(c, &req); err != nil {
		return err
	}
	x, err := s.Webhooks.Write(c.UserContext(), actor(c), webhook.ID(c.Params("id")), webhook.Content(req))
	return s.answerWebhook(c, x, err)
}

func (s *Server) removeWebhook(c *fiber.Ctx) error {
	if err := s.Webhooks.Remove(c.UserContext(), actor(c), webhook.ID(c.Params("id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) rotateWebhook(c *fiber.Ctx) error {
	x, err := s.Webhooks.Rotate(c.UserContext(), actor(c), webhook.ID(c.Params("id")))
	return s.answerWebhook(c, x, err)
}

func (s *Server) tryWebhook(c *fiber.Ctx) error {
	x, err := s.Webhooks.Try(c.UserContext(), actor(c), webhook.ID(c.Params("id")))
	if err != nil {
		return err
	}
	return c.JSON(x)
}

func (s *Server) listWebhookDeliveries(c *fiber.Ctx) error {
	cursor, err := query(c, "cursor", 40)
	if err != nil {
		return err
	}
	var before time.Time
	if cursor != "" {
		if before, err = time.Parse(time.RFC3339Nano, cursor); err != nil {
			return badQuery("cursor", "date")
		}
	}
	ds, more, err := s.Webhooks.Deliveries(c.UserContext(), actor(c), webhook.ID(c.Params("id")), before)
	if err != nil {
		return err
	}
	out := listOf[webhook.Delivery]{Items: ds}
	if more {
		out.Next = ds[len(ds)-1].CreatedAt.UTC().Format(time.RFC3339Nano)
	}
	return c.JSON(out)
}

func (s *Server) sendWebhookAgain(c *fiber.Ctx) error {
	d, err := s.Webhooks.Again(c.UserContext(), actor(c), webhook.ID(c.Params("id")), c.Params("delivery"))
	if err != nil {
		return err
	}
	return c.JSON(d)
}
