package webpush_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/webpush"
	"hocso/internal/webpush/webpushtest"
)

// BenchmarkDispatch is one reminder from the ledger to the push service and back:
// claim, facts, decision, budget, encryption, request, settlement, the next step.
func BenchmarkDispatch(b *testing.B) {
	ctx, db := b.Context(), mongodbtest.New(b)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }))
	defer srv.Close()
	stub := webpushtest.New(time.Now)
	keys, err := webpush.GenerateKeys()
	if err != nil {
		b.Fatal(err)
	}
	d, err := stub.Subscribe(keys.Public)
	if err != nil {
		b.Fatal(err)
	}
	sender, err := webpush.NewSender(webpush.Options{Keys: keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{srv.URL}, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now().UTC()
	s := &reminder.Service{
		Store: db.Reminders(), Answers: db.Reminders(), Budgets: db.Reminders(), Subscriptions: db.Reminders(), Enrolments: db.Learning(), People: db.People(),
		Campaigns: db.Campaigns(), Courses: courses{}, Pusher: sender, PublicURL: "https://hocso.example.org",
		Calendar: campaign.Calendar{Zone: time.UTC}, Now: func() time.Time { return start }, Log: slog.New(slog.DiscardHandler),
	}
	c := campaign.Campaign{ID: "c1", State: campaign.Running, Version: 1}
	c.Channels, c.Reminders.Offsets = []campaign.Channel{campaign.Push}, []int{-7, -3, -1, 1, 7, 14}
	if err := db.Campaigns().InsertCampaign(ctx, c); err != nil {
		b.Fatal(err)
	}
	// A working day far enough away that every step before it is to come.
	due := start.AddDate(0, 0, 30)
	for due.Weekday() != time.Friday {
		due = due.AddDate(0, 0, 1)
	}
	const batch = 500
	for i := 0; i < b.N; i += batch {
		n := min(batch, b.N-i)
		ps, es := make([]people.Person, n), make([]learning.Enrolment, n)
		for j := range n {
			id := people.ID(fmt.Sprintf("p%07d", i+j))
			ps[j] = people.Person{ID: id, Email: string(id) + "@bo.vn", Status: people.Active, Version: 1}
			es[j] = learning.Enrolment{ID: learning.NewEnrolmentID("a", id, 1), Person: id, Course: course.ID("a"), Cycle: 1, N: 1, Campaigns: []string{string(c.ID)}, State: learning.Assigned, DueAt: &due, Version: 1}
			if _, err := s.Subscribe(ctx, people.Actor{ID: id}, reminder.Device{Endpoint: srv.URL + "/" + string(id), P256dh: d.P256dh, Auth: d.Auth}); err != nil {
				b.Fatal(err)
			}
		}
		if err := db.People().InsertPeople(ctx, ps); err != nil {
			b.Fatal(err)
		}
		if _, err := db.Learning().InsertEnrolments(ctx, es); err != nil {
			b.Fatal(err)
		}
		if err := s.PlanReminders(ctx, c, ps, es, start); err != nil {
			b.Fatal(err)
		}
	}
	x := &reminder.Dispatcher{Service: s, Workers: 32, Log: s.Log}
	day := due.AddDate(0, 0, -7).Truncate(24 * time.Hour)
	now := day.Add(16*time.Hour + 59*time.Minute + 59*time.Second)
	b.ReportAllocs()
	b.ResetTimer()
	sent := 0
	for sent < b.N {
		n, err := x.Tick(ctx, now)
		if err != nil {
			b.Fatal(err)
		}
		if sent += n; n == 0 {
			b.Fatalf("%d of %d sent", sent, b.N)
		}
	}
}
