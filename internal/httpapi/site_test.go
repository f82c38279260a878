package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"hocso/content"
	"hocso/internal/announcement"
	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/exercise"
	"hocso/internal/feed"
	"hocso/internal/letter"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/survey"
	"hocso/internal/webhook"
)

// clock is a time that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// site is the whole API on a real, empty database.
type site struct {
	*Server
	t     *testing.T
	db    *mongodb.DB
	clock *clock
	log   *bytes.Buffer
	doc   *contract
	post  *post // the mail server
}

const password = "một câu đủ dài để nhớ"

// newSite starts one. Each change may set services of the test's own.
func newSite(t *testing.T, changes ...func(*Deps)) *site {
	t.Helper()
	db := mongodbtest.New(t)
	x := &site{t: t, db: db, clock: &clock{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}, log: &bytes.Buffer{}}
	d := x.services()
	d.Feeds = &feed.Service{People: d.People, Announcements: d.Announcements, Zone: d.People.Zone, PublicURL: d.PublicURL, Organisation: "Bộ Thử"}
	for _, change := range changes {
		change(&d)
	}
	x.Server = New(d)
	var err error
	if x.doc, err = documentContract(); err != nil {
		t.Fatal(err)
	}
	return x
}

// announced tells the service of announcements that one was read.
func (x *site) announced(ctx context.Context, p people.ID, id string) error {
	return x.Announcements.Read(ctx, p, announcement.ID(id))
}

// services are those of one copy of the program, with caches of its own.
func (x *site) services() Deps {
	x.t.Helper()
	newID := func() string { return uuid.Must(uuid.NewV7()).String() }
	keys, err := auth.NewKeys(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		x.t.Fatal(err)
	}
	zone := time.FixedZone("ICT", 7*60*60)
	ps := &people.Service{Store: x.db.People(), UnitStore: x.db.People(), Scan: x.db.People(), CohortStore: x.db.Cohorts(), Now: x.clock.Now, NewID: newID, Zone: zone}
	guard, err := webhook.NewGuard([]string{"http://127.0.0.1:9"})
	if err != nil {
		x.t.Fatal(err)
	}
	d := Deps{
		People:   ps,
		Holidays: &campaign.HolidayService{Store: x.db.Holidays(), Now: x.clock.Now, Log: slog.New(slog.DiscardHandler)},
		Audit:    &audit.Service{Store: x.db.Audit(), Key: bytes.Repeat([]byte("a"), 32), Now: x.clock.Now, NewID: newID},
		Privacy: &privacy.Service{
			Notices: x.db.Privacy(), Requests: x.db.Privacy(), Erasures: x.db.Privacy(), People: ps, Clocks: privacy.UsualClocks(), Retentions: x.db.Retention(),
			Write:    noticeFor,
			Calendar: campaign.Calendar{Zone: zone, Holidays: campaign.Holidays()},
			Erasers:  []privacy.Eraser{{Name: "person", Erase: ps.Erase}, {Name: "sessions", Erase: x.db.Auth().ErasePerson}, {Name: "reminders", Erase: x.db.Reminders().ErasePerson}, {Name: "learning", Erase: x.db.Learning().ErasePerson}, {Name: "surveys", Erase: x.db.Surveys().ErasePerson}},
			Now:      x.clock.Now, NewID: newID, Log: slog.New(slog.DiscardHandler),
		},
		Auth: &auth.Service{
			People: ps, Sessions: x.db.Auth(), Invitations: x.db.Auth(), Throttles: x.db.Auth(), Factor: x.db.Auth(), Spent: x.db.Auth(), Logins: x.db.Auth(), Keys: keys,
			Hasher: auth.NewHasher(auth.Cost{Memory: 64, Passes: 1, Threads: 1}, 2), Issuer: "https://hocso.test",
			Organisation: []string{"Cục Chuyển đổi số"}, FactorKey: bytes.Repeat([]byte("f"), 32), Now: x.clock.Now, NewID: newID,
		},
		Webhooks: &webhook.Service{
			Store: x.db.Webhooks(), People: ps, Guard: guard, Client: guard.Client(), Now: x.clock.Now, NewID: newID,
			NewSecret: func() []byte { return []byte(uuid.NewString()) }, Log: slog.New(slog.DiscardHandler),
		},
		Announcements: &announcement.Service{Store: x.db.Announcements(), People: ps, Zone: zone, Now: x.clock.Now, NewID: newID},
		Exercises:     &exercise.Service{Catalogue: x.db.Exercises(), Store: x.db.Exercises(), People: ps, Now: x.clock.Now, NewID: newID},
		Surveys:       &survey.Service{Surveys: x.db.Surveys(), Answers: x.db.Surveys(), People: ps, Zone: zone, Now: x.clock.Now, NewID: newID},
		Ready:         x.db.Ping, Now: x.clock.Now, Log: slog.New(slog.NewTextHandler(lockedWriter{w: x.log, mu: &sync.Mutex{}}, nil)), Timeout: 10 * time.Second,
		Organisation: "Bộ Thử", PublicURL: "https://hocso.test", App: testApp(), Unavailable: mongodb.Unavailable,
	}
	if x.post == nil {
		x.post = &post{}
	}
	d.Auth.Letters = &letter.Service{
		Store: x.db.Letters(), Bounces: x.db.Letters(), Key: []byte("mail"), Sender: x.post, Now: x.clock.Now, Log: d.Log,
		Writers: map[letter.Kind]letter.Writer{auth.ResetLetter: d.Auth.WriteReset, auth.InvitationLetter: d.Auth.WriteInvitation},
	}
	if err := errors.Join(d.Auth.UsePasskeys("Học số"), d.Privacy.Load(x.t.Context())); err != nil {
		x.t.Fatal(err)
	}
	return d
}

// newCopy is another copy of the program on the same database.
func newCopy(x *site) *site {
	y, d := *x, x.services()
	d.Log = x.Log
	y.Server = New(d)
	return &y
}

type lockedWriter struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func testApp() fs.FS {
	return fstest.MapFS{
		".keep":                {},
		"index.html":           {Data: []byte("<!doctype html><style>body{margin:0}</style><script type=\"module\" src=\"/assets/app-1.js\"></script>")},
		"index.html.br":        {Data: []byte("br of index")},
		"assets/app-1.js":      {Data: []byte("js")},
		"assets/app-1.js.gz":   {Data: []byte("gz of js")},
		"sw.js":                {Data: []byte("worker")},
		"manifest.webmanifest": {Data: []byte("{}")},
		"robots.txt":           {Data: []byte("User-agent: *\n")},
	}
}

// noticeFor is that of every site.
func noticeFor(r privacy.Retention) (privacy.Notice, error) {
	if len(r.Chosen) == 0 {
		return usualNotice()
	}
	return privacy.ReadNotice(content.Files(), privacy.Values("Bộ Thử", "", r))
}

var usualNotice = sync.OnceValues(func() (privacy.Notice, error) {
	return privacy.ReadNotice(content.Files(), privacy.Values("Bộ Thử", "", privacy.Retention{}))
})

// call is one request.
type call struct {
	method, path string
	token        string
	body         any               // a string is sent as it is
	header       map[string]string // wins over what is set by itself
}

// reply is one answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request and holds the answer against the OpenAPI document.
func (x *site) do(c call) reply {
	x.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			x.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(c.method, c.path, body)
	if c.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for k, v := range c.header {
		if v == "" {
			r.Header.Del(k)
		} else {
			r.Header.Set(k, v)
		}
	}
	res, err := x.app.Test(r, -1) // the default limit of 1 s makes tests flaky
	if err != nil {
		x.t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	if res.Header.Get("X-Request-Id") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" {
		x.t.Errorf("%s %s: headers of every answer are missing: %v", c.method, c.path, res.Header)
	}
	x.conforms(r, res, raw)
	return reply{res.StatusCode, res.Header, string(raw)}
}

// want fails unless the answer has this status, and contains and lacks these texts.
func (a reply) want(t *testing.T, status int, contains, lacks string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, contains) || lacks != "" && strings.Contains(a.body, lacks) {
		t.Errorf("got %d %s, want %d with %q and without %q", a.status, a.body, status, contains, lacks)
	}
}

// decode reads the answer's JSON.
func decode[T any](t *testing.T, a reply) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return v
}

// add stores a person with the password of all test persons.
func (x *site) add(name, email string, unit people.UnitID, grants ...people.Grant) people.Person {
	x.t.Helper()
	ctx := context.Background()
	p, err := x.People.Add(ctx, people.Console(), people.Draft{Name: name, Email: email, Unit: unit, Grants: grants})
	if err != nil {
		x.t.Fatal(err)
	}
	if p.PasswordHash, err = x.Auth.Hasher.Hash(ctx, password); err != nil {
		x.t.Fatal(err)
	}
	p.Status = people.Active
	if p, err = x.People.SetCredentials(ctx, p); err != nil {
		x.t.Fatal(err)
	}
	return p
}

// unit stores a unit.
func (x *site) unit(id, parent people.UnitID) people.Unit {
	x.t.Helper()
	u, err := x.People.AddUnit(context.Background(), people.Console(), people.UnitDraft{ID: id, Name: people.Text{Vi: "Đơn vị " + string(id), En: "Unit " + string(id)}, Parent: parent})
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

// in signs a person in and returns the access token and the cookie.
func (x *site) in(email string) (token, cookie string) {
	x.t.Helper()
	a := x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]any{"email": email, "password": password, "device": "test"}})
	if a.status != 200 {
		x.t.Fatalf("sign in as %s: %d %s", email, a.status, a.body)
	}
	return decode[sessionAnswer](x.t, a).AccessToken, cookieOf(a)
}

// cookieOf returns the refresh token that an answer sets, "" if it sets none.
func cookieOf(a reply) string {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == "__Host-hocso" {
			return c.Value
		}
	}
	return ""
}
