package webpush_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
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

// courses describes every course alike.
type courses struct{}

func (courses) Version(_ context.Context, id course.ID, n int) (*course.Published, error) {
	return &course.Published{Summary: course.Summary{ID: id, N: n, Title: people.Text{Vi: "Khóa", En: "Course"}, Minutes: 5}}, nil
}

// Two copies of the program on one database, two courses due on each of six days'
// steps, a push service that is away now and then: every phone gets one message a
// step, which speaks of both courses.
func TestTwoReplicasOnOneDatabase(t *testing.T) {
	const phones = 15
	ctx, db := t.Context(), mongodbtest.New(t)
	stub := webpushtest.New(time.Now)
	srv := httptest.NewServer(stub)
	defer srv.Close()
	stub.Base = srv.URL
	keys, err := webpush.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("ICT", 7*60*60)
	// Ahead of the real clock, which is the one of the database's expiry.
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 30)
	replica := func() *reminder.Service {
		sender, err := webpush.NewSender(webpush.Options{Keys: keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{srv.URL}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return &reminder.Service{
			Store: db.Reminders(), Answers: db.Reminders(), Budgets: db.Reminders(), Subscriptions: db.Reminders(), Enrolments: db.Learning(), People: db.People(),
			Campaigns: db.Campaigns(), Courses: courses{}, Pusher: sender, PublicURL: "https://hocso.example.org",
			Calendar: campaign.Calendar{Zone: zone}, Now: func() time.Time { return start }, Log: slog.New(slog.DiscardHandler),
		}
	}
	one, two := replica(), replica()
	c := campaign.Campaign{ID: "c1", State: campaign.Running, Version: 1}
	c.Channels, c.Reminders.Offsets = []campaign.Channel{campaign.Push}, []int{-7, -3, -1, 1, 7, 14}
	if err := db.Campaigns().InsertCampaign(ctx, c); err != nil {
		t.Fatal(err)
	}
	devices := map[string]*webpushtest.Device{}
	due := start.AddDate(0, 0, 21)
	for i := range phones {
		p := people.Person{ID: people.ID(fmt.Sprintf("p%02d", i)), Email: fmt.Sprintf("p%02d@bo.vn", i), Status: people.Active, Version: 1}
		if err := db.People().InsertPeople(ctx, []people.Person{p}); err != nil {
			t.Fatal(err)
		}
		d, err := stub.Subscribe(keys.Public)
		if err != nil {
			t.Fatal(err)
		}
		devices[d.Endpoint] = d
		if _, err := one.Subscribe(ctx, people.Actor{ID: p.ID}, reminder.Device{Endpoint: d.Endpoint, P256dh: d.P256dh, Auth: d.Auth}); err != nil {
			t.Fatal(err)
		}
		for _, crs := range []course.ID{"a", "b"} {
			e := learning.Enrolment{ID: learning.NewEnrolmentID(crs, p.ID, 1), Person: p.ID, Course: crs, Cycle: 1, N: 1, Campaigns: []string{string(c.ID)}, State: learning.Assigned, DueAt: &due, Version: 1}
			if _, err := db.Learning().InsertEnrolments(ctx, []learning.Enrolment{e}); err != nil {
				t.Fatal(err)
			}
			for _, s := range []*reminder.Service{one, two} { // both plan
				if err := s.PlanReminders(ctx, c, []people.Person{p}, []learning.Enrolment{e}, start); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for now := start; now.Before(due.AddDate(0, 0, 20)); now = now.Add(30 * time.Minute) {
		if h := now.Hour(); h > 10 && h < 23 {
			continue // night in Ha Noi
		} else if h%3 == 0 {
			stub.Fail("", webpushtest.Failure{Status: 503, Times: 3})
		}
		var wg sync.WaitGroup
		for _, s := range []*reminder.Service{one, two} {
			wg.Go(func() {
				if _, err := (&reminder.Dispatcher{Service: s, Workers: 3, Log: s.Log}).Tick(ctx, now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	steps, sent := map[string]int{}, 0
	for i := range phones {
		ds, err := one.DeliveriesOf(ctx, people.ID(fmt.Sprintf("p%02d", i)))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			steps[string(d.Reason)]++
			if d.Reason == reminder.ReasonSent {
				sent++
			}
		}
	}
	taken := 0
	for endpoint, n := range stub.Count() {
		taken += n
		if n > 6 || len(devices[endpoint].Messages()) != n {
			t.Errorf("a phone got %d messages and read %d, want at most six", n, len(devices[endpoint].Messages()))
		}
	}
	t.Log("ledger", steps, "messages", taken)
	if taken != sent || sent < phones*6/2 {
		t.Errorf("%d messages for %d reminders sent of %d, want as many, and most of them", taken, sent, phones*6)
	}
}
