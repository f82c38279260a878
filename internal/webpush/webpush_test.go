package webpush

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/fault"
	"hocso/internal/reminder"
	"hocso/internal/webpush/webpushtest"
)

// setUp starts a push service and makes a sender that may use it, and a device.
func setUp(t testing.TB) (*webpushtest.Server, *Sender, *webpushtest.Device) {
	t.Helper()
	stub := webpushtest.New(time.Now)
	srv := httptest.NewServer(stub)
	t.Cleanup(srv.Close)
	stub.Base = srv.URL
	keys, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSender(Options{Keys: keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{srv.URL}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	d, err := stub.Subscribe(keys.Public)
	if err != nil {
		t.Fatal(err)
	}
	return stub, s, d
}

func subscription(d *webpushtest.Device) reminder.Subscription {
	return reminder.Subscription{Endpoint: d.Endpoint, P256dh: d.P256dh, Auth: d.Auth}
}

func TestPushArrives(t *testing.T) {
	stub, s, d := setUp(t)
	m := reminder.Message{Payload: []byte(`{"web_push":8030}`), TTL: 90 * time.Minute, Topic: "dG9waWM", Urgent: false}
	if got := s.Push(t.Context(), subscription(d), m); got != (reminder.Answer{Outcome: reminder.Accepted, Status: 201}) {
		t.Fatalf("push: %+v, want accepted", got)
	}
	if got := d.Messages(); len(got) != 1 || got[0] != `{"web_push":8030}` {
		t.Errorf("the device read %q", got)
	}
	if p := stub.Pushes()[0]; p.TTL != 5400 || p.Topic != "dG9waWM" || p.Urgency != "normal" || len(p.Body) > 4096 || strings.Contains(string(p.Body), "web_push") {
		t.Errorf("the service saw TTL %d, topic %s, urgency %s, %d bytes: want 5400, dG9waWM, normal, at most 4096 and encrypted", p.TTL, p.Topic, p.Urgency, len(p.Body))
	}
	s.Push(t.Context(), subscription(d), reminder.Message{Urgent: true})
	if p := stub.Pushes()[1]; p.Urgency != "high" {
		t.Errorf("urgent: urgency %s, want high", p.Urgency)
	}
}

func TestOutcomes(t *testing.T) {
	stub, s, d := setUp(t)
	for _, tt := range []struct {
		fail webpushtest.Failure
		want reminder.Answer
	}{
		{webpushtest.Failure{Status: 404}, reminder.Answer{Outcome: reminder.Gone, Status: 404}},
		{webpushtest.Failure{Status: 410}, reminder.Answer{Outcome: reminder.Gone, Status: 410}},
		{webpushtest.Failure{Status: 400}, reminder.Answer{Outcome: reminder.Refused, Status: 400}},
		{webpushtest.Failure{Status: 401}, reminder.Answer{Outcome: reminder.Refused, Status: 401}},
		{webpushtest.Failure{Status: 403}, reminder.Answer{Outcome: reminder.Refused, Status: 403}},
		{webpushtest.Failure{Status: 413}, reminder.Answer{Outcome: reminder.Refused, Status: 413}},
		{webpushtest.Failure{Status: 429, RetryAfter: "120"}, reminder.Answer{Outcome: reminder.Later, Status: 429, RetryAfter: 2 * time.Minute}},
		{webpushtest.Failure{Status: 429, RetryAfter: "soon"}, reminder.Answer{Outcome: reminder.Later, Status: 429}},
		{webpushtest.Failure{Status: 503, RetryAfter: "99999999"}, reminder.Answer{Outcome: reminder.Later, Status: 503, RetryAfter: longestWait}},
		{webpushtest.Failure{Status: 500}, reminder.Answer{Outcome: reminder.Later, Status: 500}},
	} {
		stub.Fail(d.Endpoint, tt.fail)
		if got := s.Push(t.Context(), subscription(d), reminder.Message{Payload: []byte("x")}); got != tt.want {
			t.Errorf("service answers %+v: %+v, want %+v", tt.fail, got, tt.want)
		}
	}
	stub.Recover(d.Endpoint)
	stub.Fail("", webpushtest.Failure{Status: 500, Times: 1})
	for _, want := range []reminder.Outcome{reminder.Later, reminder.Accepted} {
		if got := s.Push(t.Context(), subscription(d), reminder.Message{}); got.Outcome != want {
			t.Errorf("fail once: %+v, want %s", got, want)
		}
	}
	stub.Expire(d.Endpoint)
	if got := s.Push(t.Context(), subscription(d), reminder.Message{}); got.Outcome != reminder.Gone {
		t.Errorf("expired: %+v, want gone", got)
	}
}

func TestHangEndsWithTheContext(t *testing.T) {
	stub, s, d := setUp(t)
	stub.Fail("", webpushtest.Failure{Status: 0})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := s.Push(ctx, subscription(d), reminder.Message{}); got.Outcome != reminder.Later {
		t.Errorf("service hangs: %+v, want later", got)
	}
}

func TestKeysOfAnotherInstallation(t *testing.T) {
	stub, s, _ := setUp(t)
	other, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	d, err := stub.Subscribe(other.Public)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Push(t.Context(), subscription(d), reminder.Message{}); got != (reminder.Answer{Outcome: reminder.Refused, Status: 401}) {
		t.Errorf("push with another key: %+v, want refused 401", got)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	hits := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		http.Redirect(w, r, "/inside", http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	_, s, d := setUp(t)
	s, err := NewSender(Options{Keys: s.o.Keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{srv.URL}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	sub := subscription(d)
	sub.Endpoint = srv.URL + "/x"
	if got := s.Push(t.Context(), sub, reminder.Message{}); got.Outcome != reminder.Refused || hits != 1 {
		t.Errorf("redirecting service: %+v after %d requests, want refused after 1", got, hits)
	}
}

func TestPushChecksAgain(t *testing.T) {
	_, s, d := setUp(t)
	for _, endpoint := range []string{"https://127.0.0.1/x", "http://fcm.googleapis.com/x", "https://evil.example/x", "x"} {
		sub := subscription(d)
		sub.Endpoint = endpoint
		if got := s.Push(t.Context(), sub, reminder.Message{}); got != (reminder.Answer{Outcome: reminder.Refused}) {
			t.Errorf("push to %s: %+v, want refused without a request", endpoint, got)
		}
		if err := s.Check(endpoint); fault.KindOf(err) != fault.Invalid {
			t.Errorf("check %s: %v, want fault.Invalid", endpoint, err)
		}
	}
	for _, keys := range [][2]string{{"", ""}, {"AAAA", d.Auth}, {d.P256dh, "$"}} {
		if got := s.Push(t.Context(), reminder.Subscription{Endpoint: d.Endpoint, P256dh: keys[0], Auth: keys[1]}, reminder.Message{}); got.Outcome != reminder.Refused {
			t.Errorf("push with keys %q: %+v, want refused", keys, got)
		}
	}
}

func TestServiceAway(t *testing.T) {
	stub, s, d := setUp(t)
	srv := httptest.NewServer(stub)
	url := srv.URL
	srv.Close()
	s, err := NewSender(Options{Keys: s.o.Keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{url}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	sub := subscription(d)
	sub.Endpoint = url + "/x"
	if got := s.Push(t.Context(), sub, reminder.Message{}); got != (reminder.Answer{Outcome: reminder.Later}) {
		t.Errorf("nobody listens: %+v, want later", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "0": 0, "90": 90 * time.Second, "-5": 0, "Wed, 04 Mar 2026 05:16:07 GMT": 10 * time.Minute, "Wed, 04 Mar 2026 05:00:00 GMT": 0, "x": 0,
	} {
		if got := retryAfter(in, now); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestKeysMustFit(t *testing.T) {
	a, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	b, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Keys{{}, {a.Public, b.Private}, {a.Private, a.Public}, {a.Public, "$"}} {
		if _, err := NewSender(Options{Keys: k, Now: time.Now}); err == nil {
			t.Errorf("keys %+v were accepted", k)
		}
	}
	if _, err := NewSender(Options{Keys: a, Now: time.Now}); err != nil {
		t.Errorf("good keys: %v", err)
	}
}

func TestSubject(t *testing.T) {
	for _, tt := range []struct {
		public, contact, want string
		real                  bool
	}{
		{"https://hoc.bo.gov.vn", "", "https://hoc.bo.gov.vn", true},
		{"http://127.0.0.1:8080", "https://hoc.bo.gov.vn", "https://hoc.bo.gov.vn", true},
		{"http://127.0.0.1:8080", "", "https://localhost", false},
		{"https://localhost:8443", "", "https://localhost", false},
		{"https://hoc.local", "", "https://hoc.local", false},
	} {
		if got, real := Subject(tt.public, tt.contact); got != tt.want || real != tt.real {
			t.Errorf("Subject(%q, %q) = %q, %v; want %q, %v", tt.public, tt.contact, got, real, tt.want, tt.real)
		}
	}
}

// A service gets its burst at once and then fifteen a second; another service does
// not wait for it.
func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuckets(15, time.Now)
		start := time.Now()
		for range 60 + 150 {
			if err := b.wait(t.Context(), "one"); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start).Round(time.Second); got != 10*time.Second {
			t.Errorf("210 messages took %v, want 10s", got)
		}
		if err := b.wait(t.Context(), "two"); err != nil || time.Since(start).Round(time.Second) != 10*time.Second {
			t.Errorf("another service waited, %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.wait(ctx, "one"); err == nil {
			t.Error("waited with a context that is over")
		}
	})
}

// BenchmarkPush is one message to a service on loopback: encrypt, sign, send. The
// service decrypts nothing but checks the signature, in the same process.
func BenchmarkPush(b *testing.B) {
	_, s, d := setUp(b)
	m := reminder.Message{Payload: []byte(strings.Repeat("x", 300)), TTL: time.Hour, Topic: "t"}
	sub := subscription(d)
	b.ReportAllocs()
	for b.Loop() {
		if got := s.Push(b.Context(), sub, m); got.Outcome != reminder.Accepted {
			b.Fatal(got)
		}
	}
}

// The library would write mailto:mailto: and Apple would refuse it.
func TestMailAddressAsSubject(t *testing.T) {
	for _, subject := range []string{"it@bo.gov.vn", "mailto:it@bo.gov.vn"} {
		_, s, d := setUp(t)
		o := s.o
		o.Subject = subject
		s, err := NewSender(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Push(t.Context(), subscription(d), reminder.Message{}); got.Outcome != reminder.Accepted {
			t.Errorf("subject %q: %+v, want accepted", subject, got)
		}
	}
}

// setUpOffline makes a sender and a device without a network, for synctest.
func setUpOffline(t testing.TB) (*webpushtest.Server, *Sender, *webpushtest.Device) {
	t.Helper()
	stub := webpushtest.New(time.Now)
	stub.Base = "https://well0.example"
	keys, err := GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSender(Options{Keys: keys, Subject: "https://hocso.example.org", Hosts: []string{"well0.example", "well1.example", "sick.example"}, PerSecond: 1 << 20, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	d, err := stub.Subscribe(keys.Public)
	if err != nil {
		t.Fatal(err)
	}
	return stub, s, d
}
