package app

import (
	"bytes"
	"testing"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/escalation"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/webhook"
)

// What happens reaches the outbox of an endpoint that wants it, each thing once however
// often it is looked at, and without an address of anybody.
func TestEventsAreTold(t *testing.T) {
	x := plant(t, nowMillis)
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, now := t.Context(), nowMillis()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.db.Webhooks().InsertEndpoint(ctx, webhook.Endpoint{
		ID: "sms", URL: "https://sms.example/in", State: webhook.On, Version: 1,
		Events: []webhook.Event{webhook.AnnouncementPublished, webhook.ReminderDue, webhook.EscalationDue},
	}))
	must(x.db.Announcements().InsertAnnouncement(ctx, announcement.Announcement{
		ID: "news", Writing: announcement.Writing{Title: people.Text{Vi: "Tin", En: "News"}, From: "2020-01-01", Until: "2099-12-31"},
		State: announcement.Published, PublishedAt: &now, Version: 1,
	}))
	p := people.Person{ID: "lan", Email: "lan@bo.vn"}
	for range 2 {
		must(x.tellAnnouncements(ctx))
		must(x.reminders.Due(ctx, reminder.Delivery{ID: "c:lan:k.d-3:push", Campaign: "c", NotBefore: now}, p, "Còn 3 ngày", "https://hoc.bo.vn/"))
		must(x.escalations.Due(ctx, escalation.Escalation{ID: "c:d-3:head:vu", Campaign: "c", At: now}, p, "Vụ: 2 trên 20"))
	}
	ds, err := x.db.Webhooks().Deliveries(ctx, "sms", time.Time{}, 10)
	must(err)
	told := map[webhook.Event]int{}
	for _, d := range ds {
		told[d.Event]++
	}
	if told[webhook.AnnouncementPublished] != 1 || told[webhook.ReminderDue] != 1 || told[webhook.EscalationDue] != 1 || len(ds) != 3 {
		t.Errorf("told %v, want each once", told)
	}
	for _, d := range ds {
		if bytes.Contains(d.Payload, []byte("@")) {
			t.Errorf("%s holds an address: %s", d.Event, d.Payload)
		}
	}
}
