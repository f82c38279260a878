package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// receiver is another program: it keeps what came and answers as it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	came   []request
	answer func(w http.ResponseWriter, r *http.Request)
}

type request struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T, answer func(http.ResponseWriter, *http.Request)) *receiver {
	t.Helper()
	x := &receiver{answer: answer}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		x.mu.Lock()
		x.came = append(x.came, request{r.Header, body})
		x.mu.Unlock()
		x.answer(w, r)
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *receiver) all() []request {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.came
}

func good(http.ResponseWriter, *http.Request) {}

// verify is the reference formula of the standard, written as its libraries do.
func verify(t *testing.T, secret string, r request) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(r.header.Get("webhook-id") + "." + r.header.Get("webhook-timestamp") + "." + string(r.body)))
	want := base64.StdEncoding.EncodeToString(m.Sum(nil))
	for s := range strings.FieldsSeq(r.header.Get("webhook-signature")) {
		if version, mac, ok := strings.Cut(s, ","); ok && version == "v1" && hmac.Equal([]byte(mac), []byte(want)) {
			return true
		}
	}
	return false
}

// The vector of the standard's own libraries.
func TestSignatureVector(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := signature([]Secret{{Key: key}}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestSigned(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t, x.URL)
	e := w.endpoint(x.URL + "/in")
	w.emit("campaign.started:c1")
	w.emit("campaign.started:c1") // is queued once
	w.tick()
	if len(x.all()) != 1 {
		t.Fatalf("%d requests", len(x.all()))
	}
	r := x.all()[0]
	if r.header.Get("webhook-id") != "campaign.started:c1" || r.header.Get("webhook-timestamp") != strconv.FormatInt(w.now.Unix(), 10) || !verify(t, e.Secret, r) {
		t.Errorf("headers %v", r.header)
	}
	if string(r.body) != `{"type":"campaign.started","timestamp":"2026-03-02T02:00:00Z","data":{"campaign":"c1","name":{"vi":"","en":""},"startsAt":"0001-01-01T00:00:00Z","dueAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"}}` {
		t.Errorf("body %s", r.body)
	}
	forged := r
	forged.body = []byte(strings.Replace(string(r.body), "c1", "c2", 1))
	if verify(t, e.Secret, forged) {
		t.Error("another body has the same signature")
	}
	late := request{r.header.Clone(), r.body}
	late.header.Set("webhook-timestamp", "1700000000")
	if verify(t, e.Secret, late) {
		t.Error("it can be replayed under another time")
	}
	if d := w.delivery1(e.After.ID, "campaign.started:c1"); d.State != Sent || d.Status != 200 || d.Tries != 1 {
		t.Errorf("delivery %+v", d)
	}
}

// While secrets change both sign, for a day.
func TestRotation(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t, x.URL)
	old := w.endpoint(x.URL)
	fresh, err := w.Rotate(t.Context(), root, old.After.ID)
	if err != nil || fresh.Secret == old.Secret {
		t.Fatal(fresh.Secret, err)
	}
	for i, oldToo := range []bool{true, false} {
		w.emit(strconv.Itoa(i))
		w.tick()
		r := x.all()[i]
		if verify(t, old.Secret, r) != oldToo || !verify(t, fresh.Secret, r) {
			t.Errorf("%d: signed by %s", i, r.header.Get("webhook-signature"))
		}
		w.pass(bothSecrets)
	}
}

// A receiver that misbehaves is tried again with longer and longer pauses under the same id for three
// days, then given up; nothing of what it says is kept, and it is not followed anywhere.
func TestMisbehaving(t *testing.T) {
	elsewhere := newReceiver(t, good)
	for name, tt := range map[string]struct {
		answer  func(http.ResponseWriter, *http.Request)
		status  int
		problem string
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "secret words")
		}, 500, ""},
		"301": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusMovedPermanently)
		}, 301, ""},
		"closes":   {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "closed"},
		"hangs":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, "timeout"},
		"200 late": {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done(); w.WriteHeader(200) }, 0, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newReceiver(t, tt.answer)
			w := newWorld(t, x.URL, elsewhere.URL)
			w.Client.Timeout = 100 * time.Millisecond
			e := w.endpoint(x.URL)
			w.emit("m")
			for w.tick(); w.delivery1(e.After.ID, "m").State == Waiting; w.tick() {
				d := w.delivery1(e.After.ID, "m")
				if d.Status != tt.status || d.Problem != tt.problem {
					t.Fatalf("delivery %+v", d)
				}
				w.pass(d.DueAt.Sub(w.now))
				if d.Tries > 30 {
					t.Fatal("tried for ever")
				}
			}
			d := w.delivery1(e.After.ID, "m")
			if took := w.now.Sub(d.QueuedAt); d.State != Dead || took > trying || took < trying-longBack*5/4 || d.Tries < 10 {
				t.Errorf("given up after %v and %d tries: %+v", took, d.Tries, d)
			}
			for _, r := range x.all() {
				if r.header.Get("webhook-id") != "m" || !verify(t, e.Secret, r) {
					t.Errorf("a try with %v", r.header)
				}
			}
			if len(x.all()) != d.Tries {
				t.Errorf("%d requests in %d tries", len(x.all()), d.Tries)
			}
		})
	}
	if n := len(elsewhere.all()); n > 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// After days of nothing but failures an endpoint is switched off, and somebody is told, once. One good answer
// in between and the days count anew. Gone means off at once.
func TestSwitchedOff(t *testing.T) {
	status := 503
	x := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	w := newWorld(t, x.URL)
	id := w.endpoint(x.URL).After.ID
	emit := func(after time.Duration, message string) Endpoint {
		w.pass(after)
		w.emit(message)
		w.tick()
		e, err := w.Find(t.Context(), root, id)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	first := w.now
	if e := emit(0, "1"); e.State != On || !e.FailingSince.Equal(first) {
		t.Errorf("after one failure: %+v", e)
	}
	if e := emit(failingMost-time.Minute, "2"); e.State != On {
		t.Errorf("before three days: %+v", e)
	}
	status = 200
	if e := emit(2*time.Minute, "3"); e.FailingSince != nil {
		t.Errorf("after a good answer: %+v", e)
	}
	status = 503
	emit(time.Hour, "4")
	if e := emit(failingMost, "5"); e.State != Off || e.Reason != Failing || len(w.off) != 1 || w.off[0].Owner != "root" {
		t.Errorf("after days: %+v, told %v", e, w.off)
	}
	n := len(x.all())
	if emit(time.Hour, "6"); len(x.all()) != n {
		t.Error("it is off, and something was sent")
	}
	if c, err := w.Write(t.Context(), root, id, Content{Name: "Cổng", URL: x.URL, Events: []Event{CampaignStarted}, On: true}); err != nil || c.After.State != On || c.After.FailingSince != nil {
		t.Errorf("on again: %+v, %v", c.After, err)
	}
	status = 410
	if e := emit(time.Hour, "7"); e.State != Off || e.Reason != Gone || len(w.off) != 2 {
		t.Errorf("gone: %+v, told %d times", e, len(w.off))
	}
}

// A slow endpoint holds up nobody else.
func TestSlowBesideFast(t *testing.T) {
	let := make(chan bool)
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-let })
	fast := newReceiver(t, good)
	w := newWorld(t, slow.URL, fast.URL)
	w.endpoint(slow.URL)
	w.endpoint(fast.URL)
	for i := range 5 {
		w.emit(strconv.Itoa(i))
	}
	if err := w.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); len(fast.all()) < 5; {
		if time.Now().After(end) {
			t.Fatalf("%d of 5 have arrived beside a slow endpoint", len(fast.all()))
		}
	}
	if n := len(slow.all()); n > 1 {
		t.Errorf("%d requests at once to the slow one", n)
	}
	if err := w.Tick(t.Context()); err != nil { // it is still being sent to
		t.Fatal(err)
	}
	close(let)
	w.Wait()
	if n := len(slow.all()); n != 5 {
		t.Errorf("%d requests to the slow one", n)
	}
}

// A kill between sending and settling sends again, with the same id; who was asleep settles nothing.
func TestKilledBeforeSettling(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t, x.URL)
	e := w.endpoint(x.URL)
	w.emit("m")
	w.store.settled = errors.New("the program is dead")
	w.tick()
	w.store.settled = nil
	w.tick() // the lease holds
	if n := len(x.all()); n != 1 {
		t.Fatalf("%d requests while the lease holds", n)
	}
	asleep := w.delivery1(e.After.ID, "m")
	w.pass(leaseFor)
	w.tick()
	all := x.all()
	if len(all) != 2 || all[0].header.Get("webhook-id") != all[1].header.Get("webhook-id") {
		t.Errorf("%d requests", len(all))
	}
	if err := w.settle(t.Context(), asleep, 500, "", false); err != nil {
		t.Error(err)
	}
	if d := w.delivery1(e.After.ID, "m"); d.State != Sent {
		t.Errorf("who was asleep wrote over it: %+v", d)
	}
	w.pass(time.Hour)
	if w.tick(); len(x.all()) != 2 {
		t.Error("sent again after it was settled")
	}
	if _, err := w.Again(t.Context(), root, e.After.ID, asleep.ID); err != nil {
		t.Fatal(err)
	}
	if w.tick(); len(x.all()) != 3 || x.all()[2].header.Get("webhook-id") != "m" {
		t.Error("not sent again when asked")
	}
}

// An address goes only where it is allowed, and is not kept.
func TestPersonalData(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t, x.URL)
	e := w.endpoint(x.URL)
	remind := func(id string, p people.ID) string {
		t.Helper()
		err := w.Emit(t.Context(), Message{ID: id, Event: ReminderDue, At: w.now, Person: p, Data: MessageData{Person: p, Language: "vi", Text: "Còn một khóa học", Link: "https://hocso.test/"}})
		if err != nil {
			t.Fatal(err)
		}
		w.tick()
		all := x.all()
		return string(all[len(all)-1].body)
	}
	if body := remind("1", "lan"); strings.Contains(body, "@") || !strings.Contains(body, `"person":"lan"`) {
		t.Errorf("without leave: %s", body)
	}
	if _, err := w.Write(t.Context(), root, e.After.ID, Content{Name: "x", URL: x.URL, Events: []Event{ReminderDue}, PersonalData: true, On: true}); err != nil {
		t.Fatal(err)
	}
	if body := remind("2", "lan"); !strings.Contains(body, `"email":"lan@bo.vn"`) || !verify(t, e.Secret, x.all()[1]) {
		t.Errorf("with leave: %s", body)
	}
	if body := remind("3", "xoa"); strings.Contains(body, "email") {
		t.Errorf("of somebody erased: %s", body)
	}
	for _, d := range w.store.deliveries {
		if strings.Contains(string(d.Payload), "@") {
			t.Errorf("kept: %s", d.Payload)
		}
	}
}

// Without an endpoint an event costs nothing.
func TestEmitToNobody(t *testing.T) {
	w := newWorld(t)
	for i := range 1000 {
		w.emit(strconv.Itoa(i))
	}
	if w.store.reads != 1 || len(w.store.deliveries) > 0 {
		t.Errorf("%d reads, %d deliveries", w.store.reads, len(w.store.deliveries))
	}
	if err := w.Emit(t.Context(), Message{Event: "made.up"}); err != nil {
		t.Error("an event that nobody wants", err)
	}
}

func TestBadEndpoints(t *testing.T) {
	w := newWorld(t)
	for name, tt := range map[string]struct {
		bad  func(*Content)
		want string
	}{
		"no name":            {func(x *Content) { x.Name = " " }, "name required"},
		"a long name":        {func(x *Content) { x.Name = strings.Repeat("ă", 81) }, "name max"},
		"a line break":       {func(x *Content) { x.Name = "a\nb" }, "name text"},
		"no address":         {func(x *Content) { x.URL = "" }, "url required"},
		"http":               {func(x *Content) { x.URL = "http://sms.example/" }, "url https"},
		"loopback":           {func(x *Content) { x.URL = "https://127.0.0.1/" }, "url private"},
		"localhost":          {func(x *Content) { x.URL = "https://LOCALHOST./" }, "url private"},
		"private":            {func(x *Content) { x.URL = "https://10.1.2.3:8443/x" }, "url private"},
		"link-local":         {func(x *Content) { x.URL = "https://169.254.169.254/latest" }, "url private"},
		"IPv6 loopback":      {func(x *Content) { x.URL = "https://[::1]/" }, "url private"},
		"hidden in IPv6":     {func(x *Content) { x.URL = "https://[::ffff:10.0.0.1]/" }, "url private"},
		"with a password":    {func(x *Content) { x.URL = "https://a:b@sms.example/" }, "url url"},
		"with a line break":  {func(x *Content) { x.URL = "https://sms.example/\r\nX: y" }, "url url"},
		"with a fragment":    {func(x *Content) { x.URL = "https://sms.example/#x" }, "url url"},
		"too long":           {func(x *Content) { x.URL = "https://sms.example/" + strings.Repeat("x", 2000) }, "url max"},
		"no events":          {func(x *Content) { x.Events = nil }, "events required"},
		"an unknown event":   {func(x *Content) { x.Events = []Event{"x"} }, "events[0] unknown"},
		"an event twice":     {func(x *Content) { x.Events = []Event{ReminderDue, ReminderDue} }, "events[1] duplicate"},
		"the test as events": {func(x *Content) { x.Events = []Event{Test} }, "events[0] unknown"},
	} {
		x := Content{Name: "Cổng", URL: "https://sms.example/in", Events: []Event{ReminderDue}}
		tt.bad(&x)
		_, err := w.Add(t.Context(), root, x)
		var f *fault.Error
		if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Field+" "+f.Fields[0].Code != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	unit := people.Actor{ID: "u", Grants: []people.Grant{{Role: people.Administrator, Unit: "a"}}}
	if _, err := w.List(t.Context(), unit); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an administrator of a unit: %v", err)
	}
	for i := range mostEndpoints + 1 {
		_, err := w.Add(t.Context(), root, Content{Name: "Cổng", URL: "https://sms.example/in", Events: []Event{ReminderDue}})
		if (err != nil) != (i == mostEndpoints) {
			t.Fatalf("endpoint %d: %v", i+1, err)
		}
	}
}

// A name that resolves to an address inside is refused when it is dialled.
func TestNameThatLeadsInside(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t)
	e := w.endpoint("https://sms.example/")
	inside := e.After
	inside.URL = strings.Replace(x.URL, "127.0.0.1", "localhost", 1)
	status, problem, err := w.try(t.Context(), inside, Delivery{Message: "m", Payload: []byte("{}")})
	if err != nil || status != 0 || problem != "not_allowed" || len(x.all()) > 0 {
		t.Errorf("status %d, %q, %v, %d requests", status, problem, err, len(x.all()))
	}
}

func TestTry(t *testing.T) {
	x := newReceiver(t, good)
	w := newWorld(t, x.URL)
	e := w.endpoint(x.URL)
	tried, err := w.Try(t.Context(), root, e.After.ID)
	if err != nil || tried.Status != 200 || len(w.store.deliveries) > 0 || !strings.Contains(string(x.all()[0].body), `"webhook.test"`) {
		t.Errorf("%+v, %v", tried, err)
	}
}
