package httpapi

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// due moves the clock to the moment that a channel has planned for a person next, and
// sends what is due.
func (o *office) due(email, channel string) int {
	o.t.Helper()
	ds, err := o.Reminders.DeliveriesOf(o.t.Context(), o.id[email])
	if err != nil {
		o.t.Fatal(err)
	}
	for _, d := range ds {
		if d.State == reminder.Waiting && d.Channel == channel && d.NotBefore.After(o.clock.Now()) {
			o.clock.advance(d.NotBefore.Sub(o.clock.Now()))
		}
	}
	x := &reminder.Dispatcher{Service: o.Reminders, Channel: channel, Log: slog.New(slog.DiscardHandler)}
	n, err := x.Tick(o.t.Context(), o.clock.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// The mail to somebody without a device, and every way to leave and come back.
func TestMailReminder(t *testing.T) {
	o := newOffice(t)
	c := o.running()
	o.due("lan@bo.vn", reminder.Push)
	o.mails() // what others get
	if o.due("lan@bo.vn", reminder.Email); len(o.post.mails) == 0 {
		t.Fatal("no mail")
	}
	var m letter.Mail
	for _, x := range o.mails() {
		if x.To == "lan@bo.vn" {
			m = x
		}
	}
	if !strings.Contains(m.Text, "– Nhận biết lừa đảo: còn ") || m.Unsubscribe == "" {
		t.Fatalf("mail %+v", m)
	}
	lan, _ := o.in("lan@bo.vn")
	mine := o.ask(lan, "GET", "/me/reminders", nil)
	for _, want := range []string{`"channel":"email"`, `"title":{"vi":"Nhận biết lừa đảo"`, `"campaignName":{"vi":"Tháng 3"`} {
		mine.want(t, 200, want, `"token"`)
	}

	address := strings.TrimPrefix(m.Unsubscribe, "https://hocso.test")
	settings := func() string { return o.ask(lan, "GET", "/me", nil).body }
	asked := o.do(call{method: "GET", path: address})
	if asked.status != 303 || asked.header.Get("Location") != "https://hocso.test/unsubscribe#"+strings.TrimPrefix(address, "/api/v1/unsubscribe/") || strings.Contains(settings(), "noMail") {
		t.Errorf("opening the address: %d to %q, settings %s", asked.status, asked.header.Get("Location"), settings())
	}
	form := call{method: "POST", path: address, body: "List-Unsubscribe=One-Click", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
	for range 2 {
		o.do(form).want(t, 204, "", "")
	}
	if !strings.Contains(settings(), `"noMail":true`) {
		t.Errorf("after leaving: %s", settings())
	}
	o.do(call{method: "POST", path: address + "x"}).want(t, 404, "link_unknown", "")
	for _, kind := range []string{"application/x-www-form-urlencoded; charset=utf-8", "text/plain", ""} {
		form.header["Content-Type"] = kind
		o.do(form).want(t, 204, "", "")
	}
	day := o.clock.Now().In(o.Reminders.Calendar.Zone).Format(time.DateOnly)
	if n, err := o.db.Reminders().Count(t.Context(), day, "mail_off"); n != 1 || err != nil {
		t.Errorf("counted %d, %v; want 1", n, err)
	}
	o.ask(lan, "PATCH", "/me/settings", `{"noMail":"yes"}`).want(t, 400, "malformed_body", "")
	o.ask(lan, "PATCH", "/me/settings", `{"noMail":false}`).want(t, 200, `"settings"`, "noMail")
	o.ask(lan, "PATCH", "/me/settings", `{"noMail":true}`).want(t, 200, `"noMail":true`, "")
	o.due("lan@bo.vn", reminder.Push)
	o.due("lan@bo.vn", reminder.Email)
	root, _ := o.in("root@bo.vn")
	ledger := "/campaigns/" + string(c.ID) + "/deliveries"
	o.ask(root, "GET", ledger+"?reason=opted_out", nil).want(t, 200, `"reason":"opted_out"`, `"reason":"sent"`)
	o.ask(root, "GET", ledger+"?reason=waiting", nil).want(t, 200, `"state":"waiting"`, `"state":"sent"`)
	o.ask(root, "GET", ledger+"?reason=perhaps", nil).want(t, 400, "bad_query", "")
}

// A push is put off with the cookie alone, as the service worker does.
func TestSnoozeOverHTTP(t *testing.T) {
	o := newOffice(t)
	d, err := o.stub.Subscribe(o.push.Public)
	if err != nil {
		t.Fatal(err)
	}
	lan, cookie := o.in("lan@bo.vn")
	o.ask(lan, "POST", "/me/subscriptions", map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}}).want(t, 201, "", "")
	o.running()
	o.due("lan@bo.vn", reminder.Push)
	said := d.Messages()
	if len(said) != 1 {
		t.Fatalf("%d pushes", len(said))
	}
	_, rest, _ := strings.Cut(said[0], "?delivery=")
	token := rest[:16]
	path := "/api/v1/me/reminders/" + token + "/snooze"
	worker := map[string]string{"Cookie": "__Host-hocso=" + cookie, "X-Hocso": "1", "Origin": "https://hocso.test"}
	first := o.do(call{method: "POST", path: path, body: `{"when":"tomorrow"}`, header: worker})
	first.want(t, 200, `"at":"2026-03-09T`, "")
	if again := o.do(call{method: "POST", path: path, body: `{"when":"afternoon"}`, header: worker}); again.body != first.body {
		t.Errorf("again: %s, want %s", again.body, first.body)
	}
	lan, _ = o.in("lan@bo.vn")
	mai, _ := o.in("head-a@bo.vn")
	o.ask(lan, "POST", "/me/reminders/"+token+"/snooze", `{"when":"never"}`).want(t, 422, `{"field":"when","code":"oneof"}`, "")
	o.ask(lan, "POST", "/me/reminders/none/snooze", `{"when":"tomorrow"}`).want(t, 404, "delivery_not_found", "")
	o.ask(mai, "POST", "/me/reminders/"+token+"/snooze", `{"when":"tomorrow"}`).want(t, 404, "delivery_not_found", "")
	o.ask(lan, "GET", "/me/reminders", nil).want(t, 200, `"snoozedTo":"2026-03-09T`, "")
	if o.due("lan@bo.vn", reminder.Push); len(d.Messages()) != 2 {
		t.Errorf("%d pushes, want the one that was put off as well", len(d.Messages()))
	}
}

// What a person turns off is counted; signing out is not.
func TestDeviceForgotten(t *testing.T) {
	o := newOffice(t)
	for why, want := range map[string]int{"": 0, "push_off": 1, "revoked": 1} {
		d, err := o.stub.Subscribe(o.push.Public)
		if err != nil {
			t.Fatal(err)
		}
		made := o.ask(o.learner, "POST", "/me/subscriptions", map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}})
		id := strings.Trim(strings.TrimPrefix(made.body, `{"id":`), `"}`)
		o.ask(o.learner, "DELETE", "/me/subscriptions/"+id+"?why=bored", nil).want(t, 400, "bad_query", "")
		o.ask(o.learner, "DELETE", "/me/subscriptions/"+id+"?why="+why, nil).want(t, 204, "", "")
		o.ask(o.learner, "DELETE", "/me/subscriptions/"+id+"?why="+why, nil).want(t, 404, "subscription_not_found", "")
		if n, err := o.db.Reminders().Count(t.Context(), "2026-03-02", why); n != want || err != nil {
			t.Errorf("%q counted %d, %v; want %d", why, n, err, want)
		}
	}
}

// An administrator sees that mail came back, and has it tried again.
func TestBouncedPerson(t *testing.T) {
	o := newOffice(t)
	id := string(o.id["lan@bo.vn"])
	o.ask(o.root, "GET", "/people/"+id, nil).want(t, 200, `"email":"lan@bo.vn"`, "bounce")
	o.ask(o.root, "POST", "/people/"+id+"/mail/retry", nil).want(t, 404, "bounce_not_found", "")
	b := letter.Bounce{ID: letter.AddressKey("lan@bo.vn"), Person: people.ID(id), At: o.clock.Now(), Status: "5.1.1"}
	if err := o.db.Letters().InsertBounce(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	o.ask(o.root, "GET", "/people/"+id, nil).want(t, 200, `"bounce":{"at":"2026-03-02T08:00:00Z","status":"5.1.1"}`, b.ID)
	o.ask(o.learner, "GET", "/me/data", nil).want(t, 200, `"status":"5.1.1"`, b.ID)
	o.ask(o.root, "POST", "/people/"+id+"/mail/retry", nil).want(t, 204, "", "")
	o.ask(o.root, "GET", "/people/"+id, nil).want(t, 200, "", "bounce")
}
