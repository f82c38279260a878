//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/mongodb"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/webpush/webpushtest"
)

// workingZone is a time zone in which it is working hours for an hour to come.
func workingZone(t *testing.T) string {
	t.Helper()
	for n := -14; n <= 12; n++ {
		name := fmt.Sprintf("Etc/GMT%+d", n)
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		local := time.Now().In(zone)
		minute := local.Hour()*60 + local.Minute()
		if !(campaign.Calendar{Holidays: campaign.Holidays()}).Closed(local) && (minute >= 8*60 && minute < 10*60+30 || minute >= 13*60+30 && minute < 16*60) {
			return name
		}
	}
	t.Skip("nobody works anywhere now")
	return ""
}

// TestFiveCopies lets five copies of the program share one database, stops two of them
// with SIGSTOP in the middle of their work until their leases are over, and lets them go
// on. Each reminder reaches the push service once, also what was on its way at the stop.
func TestFiveCopies(t *testing.T) {
	const phones, copies, stopped = 240, 5, 2
	zone, data, address := workingZone(t), t.TempDir(), freeAddress(t)
	if out, err := exec.Command(binary, "demo", "--data", data, "--people", "20", "--json").CombinedOutput(); err != nil {
		t.Fatalf("hocso demo: %v %s", err, out)
	}
	stub := webpushtest.New(time.Now)
	var under atomic.Int64 // requests under way
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		under.Add(1)
		defer under.Add(-1)
		time.Sleep(300 * time.Millisecond) // so that there is a middle to stop in
		stub.ServeHTTP(w, r)
	}))
	defer srv.Close()
	stub.Base = srv.URL
	uri := "mongodb://" + address + "/?directConnection=true"
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(binary, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill() // also one that is stopped
			_ = cmd.Wait()
		})
		return cmd
	}
	run("db", "serve", "--write", "--data", data, "--listen", address)
	db, err := mongodb.Open(mongodb.Options{URI: uri})
	if err != nil {
		t.Fatal(err)
	}
	until := func(what string, limit time.Duration, done func() bool) {
		t.Helper()
		for end := time.Now().Add(limit); !done(); time.Sleep(200 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("waited %v for %s", limit, what)
			}
		}
	}
	until("the database", time.Minute, func() bool { return db.Ping(t.Context()) == nil })
	serve := func() (cmd *exec.Cmd, url string) {
		at := freeAddress(t)
		return run("serve", "--mongodb-uri", uri, "--listen", at, "--metrics-listen", "", "--push-origins", srv.URL), "http://" + at
	}
	first, url := serve()
	var key struct{ PublicKey string }
	until("the program", 2*time.Minute, func() bool {
		res, err := http.Get(url + "/api/v1/push/key")
		return err == nil && json.NewDecoder(res.Body).Decode(&key) == nil && key.PublicKey != ""
	})
	devices := map[string]*webpushtest.Device{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	started := time.Now().UTC().Truncate(time.Millisecond)
	c := campaign.Campaign{ID: "copies", State: campaign.Running, Version: 1, EndsAt: started.AddDate(1, 0, 0)}
	c.Channels, c.Reminders.Offsets = []campaign.Channel{campaign.Push}, []int{-3}
	must(db.Campaigns().InsertCampaign(t.Context(), c))
	var ds []reminder.Delivery
	for i := range phones {
		p := people.Person{ID: people.ID(fmt.Sprintf("copy-%03d", i)), Email: fmt.Sprintf("copy-%03d@bo.vn", i), Status: people.Active, Version: 1, Settings: people.Settings{Locale: "vi", TimeZone: zone}}
		must(db.People().InsertPeople(t.Context(), []people.Person{p}))
		d, err := stub.Subscribe(key.PublicKey)
		must(err)
		devices[d.Endpoint] = d
		must(db.Reminders().PutSubscription(t.Context(), reminder.Subscription{
			ID: reminder.SubscriptionID(d.Endpoint), Person: p.ID, Endpoint: d.Endpoint, P256dh: d.P256dh, Auth: d.Auth, LastSeenAt: started, ExpiresAt: started.AddDate(1, 0, 0),
		}))
		due := started.AddDate(0, 0, 3)
		e := learning.Enrolment{ID: learning.NewEnrolmentID("phishing-basics", p.ID, 1), Person: p.ID, Course: "phishing-basics", Cycle: 1, N: 1, Campaigns: []string{string(c.ID)}, State: learning.Assigned, DueAt: &due, Version: 1, ChangedAt: started.AddDate(0, 0, -3)}
		_, err = db.Learning().InsertEnrolments(t.Context(), []learning.Enrolment{e})
		must(err)
		id := fmt.Sprintf("copies:%s:phishing-basics.d-3:push", p.ID)
		ds = append(ds, reminder.Delivery{
			ID: id, Campaign: "copies", Person: p.ID, Enrolment: e.ID, Step: "d-3", Channel: reminder.Push, NotBefore: started, NotAfter: started.Add(30 * time.Minute),
			State: reminder.Waiting, Token: fmt.Sprintf("token-%03d", i), ExpiresAt: started.AddDate(0, 0, 90),
		})
	}
	all := []*exec.Cmd{first}
	for range copies - 1 {
		cmd, _ := serve()
		all = append(all, cmd)
	}
	_, err = db.Reminders().InsertDeliveries(t.Context(), ds)
	must(err)
	until("the first reminders", 2*time.Minute, func() bool { return len(stub.Pushes()) >= 20 })
	for _, cmd := range all[:stopped] {
		must(cmd.Process.Signal(syscall.SIGSTOP))
	}
	way := under.Load()
	time.Sleep(130 * time.Second) // a lease is two minutes
	for _, cmd := range all[:stopped] {
		must(cmd.Process.Signal(syscall.SIGCONT))
	}
	why := map[reminder.Reason]int{}
	until("every reminder to be settled", 3*time.Minute, func() bool {
		clear(why)
		found, err := db.Reminders().CampaignDeliveries(t.Context(), "copies", "", "", 10*phones)
		for _, d := range found {
			if d.Step == "d-3" {
				why[d.Reason]++
			}
		}
		return err == nil && why[reminder.ReasonSent]+why[reminder.ReasonUnsure] == phones
	})
	time.Sleep(20 * time.Second) // whoever would send again
	got := stub.Count()
	for endpoint := range devices {
		if n := got[endpoint]; n != 1 {
			t.Errorf("%s got %d messages, want 1", endpoint, n)
		}
	}
	t.Logf("%d reminders, each once, %d were on their way when %d of %d copies were stopped; ledger %v", phones, way, stopped, copies, why)
	if len(got) != phones || way == 0 || why[reminder.ReasonUnsure] > stopped*8 {
		t.Errorf("%d phones got a reminder, want %d; %d were on their way, want some; ledger %v, want unsure no more than was on its way", len(got), phones, way, why)
	}
}
