package httpapi

import (
	"context"

	"hocso/internal/webhook"
)

// webhookRows are about an address, which belongs to the whole organisation: administrators of units are refused.
func webhookRows() (rows []matrixRow) {
	const v, all = "/api/v1/webhooks", " *:403"
	const body = `{"name":"Cổng tin nhắn","url":"http://127.0.0.1:9/in","events":["campaign.started"],"personalData":false,"on":true}`
	add := func(w *world) webhook.Endpoint {
		list, err := w.Webhooks.Store.Endpoints(context.Background())
		w.must(err)
		for _, e := range list { // there is room for twenty
			w.must(w.Webhooks.Store.RemoveEndpoint(context.Background(), e.ID))
		}
		x, err := w.Webhooks.Add(context.Background(), w.actor(w.by["admin"]), webhook.Content{Name: "Cổng", URL: "http://127.0.0.1:9/in", Events: []webhook.Event{webhook.CampaignStarted}})
		w.must(err)
		return x.After
	}
	rows = []matrixRow{
		{route: "GET " + v, expect: "admin:200" + all, ask: at("/webhooks")},
		{route: "GET " + v + "/events", expect: "admin:200" + all, ask: at("/webhooks/events"), has: "reminder.due"},
		{route: "POST " + v, expect: "admin:201" + all, ask: func(w *world, _ *kind) call {
			add(w)
			return call{body: body}
		}},
	}
	for _, r := range []struct{ method, rest, ok, body string }{
		{"GET", "", "200", ""}, {"PUT", "", "200", body}, {"DELETE", "", "204", ""}, {"POST", "/secret", "200", ""}, {"POST", "/test", "200", ""}, {"GET", "/deliveries", "200", ""},
	} {
		rows = append(rows, matrixRow{route: r.method + " " + v + "/:id" + r.rest, expect: "admin:" + r.ok + all, ask: func(w *world, _ *kind) call {
			out := call{path: "/webhooks/" + string(add(w).ID) + r.rest}
			if r.body != "" {
				out.body = r.body
			}
			return out
		}})
	}
	return append(rows, matrixRow{route: "POST " + v + "/:id/deliveries/:delivery/again", expect: "admin:200" + all, ask: func(w *world, _ *kind) call {
		e := add(w)
		d := webhook.Delivery{ID: string(e.ID) + ":m", Endpoint: e.ID, Message: "m", State: webhook.Dead, ExpiresAt: w.clock.Now().AddDate(0, 0, 1)}
		w.must(w.Webhooks.Store.InsertDeliveries(context.Background(), []webhook.Delivery{d}))
		return call{path: "/webhooks/" + string(e.ID) + "/deliveries/" + d.ID + "/again"}
	}})
}
