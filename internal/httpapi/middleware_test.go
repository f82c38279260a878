package httpapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/people"
)

func prefixes(t *testing.T, texts ...string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, s := range texts {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// Bodies, as a table: what is not exactly the JSON asked for is refused by name.
func TestBodies(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Quản Trị", "admin@bo.vn", "", people.Grant{Role: people.Administrator})
	token, _ := x.in("admin@bo.vn")
	good := `{"name":"Lan","email":"lan@bo.vn"}`
	for _, tt := range []struct {
		name   string
		body   string
		header map[string]string
		status int
		want   string
	}{
		{"a form", "name=Lan&email=lan@bo.vn", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, `"code":"content_type"`},
		{"XML", "<a/>", map[string]string{"Content-Type": "application/xml"}, 415, `"code":"content_type"`},
		{"JSON called text", good, map[string]string{"Content-Type": "text/plain"}, 415, `"code":"content_type"`},
		{"no type", good, map[string]string{"Content-Type": ""}, 415, `"code":"content_type"`},
		{"another charset", good, map[string]string{"Content-Type": "application/json; charset=utf-16"}, 415, `"code":"content_type"`},
		{"compressed", good, map[string]string{"Content-Encoding": "gzip"}, 415, `"code":"content_encoding"`},
		{"compressed twice", good, map[string]string{"Content-Encoding": "gzip, gzip"}, 415, `"code":"content_encoding"`},
		{"cut short", `{`, nil, 400, `"code":"malformed_body"`},
		{"trailing data", good + "{}", nil, 400, `"code":"malformed_body"`},
		{"the same name twice", `{"name":"a","name":"b"}`, nil, 400, `"code":"malformed_body"`},
		{"another case", `{"NAME":"a"}`, nil, 400, `"field":"NAME","code":"unknown_field"`},
		{"unknown field", `{"status":"active"}`, nil, 400, `"field":"status","code":"unknown_field"`},
		{"unknown field deep inside", `{"grants":[{"role":"trainer","x":1}]}`, nil, 400, `"field":"grants[0].x","code":"unknown_field"`},
		{"bad UTF-8", "{\"name\":\"\xff\"}", nil, 400, `"code":"malformed_body"`},
		{"deep", strings.Repeat("[", 200_000), nil, 400, `"code":"malformed_body"`},
		{"decomposed name, escaped", `{"name":"Le\u0302","email":"lan@bo.vn"}`, nil, 422, `"field":"name","code":"text"`},
		{"decomposed name", "{\"name\":\"Le\u0302\",\"email\":\"le@bo.vn\"}", nil, 201, "\"name\":\"L\u00ea\""},
		{"reversed name", `{"name":"a\u202eb","email":"lan@bo.vn"}`, nil, 422, `"field":"name","code":"text"`},
		{"line break in a name", `{"name":"a\nb","email":"lan@bo.vn"}`, nil, 422, `"field":"name","code":"text"`},
		{"not an address", `{"name":"a","email":"a@b@c"}`, nil, 422, `"field":"email","code":"mail"`},
		{"header in an address", `{"name":"a","email":"a@b.vn\r\nBcc: x@y.vn"}`, nil, 422, `"field":"email","code":"mail"`},
		{"unknown role", `{"name":"a","email":"a@b.vn","roles":["root"]}`, nil, 422, `"field":"roles[0]","code":"oneof"`},
		{"unknown role in a grant", `{"name":"a","email":"a@b.vn","grants":[{"role":"root"}]}`, nil, 422, `"field":"grants[0].role","code":"oneof"`},
		{"good", good, map[string]string{"Content-Type": "application/json; charset=UTF-8"}, 201, `"email":"lan@bo.vn"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := x.do(call{method: "POST", path: "/api/v1/people", token: token, body: tt.body, header: tt.header})
			a.want(t, tt.status, tt.want, "json:")
			if tt.status >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("Content-Type %q", a.header.Get("Content-Type"))
			}
		})
	}
}

// A small body that would inflate to a large one is refused before anything looks
// inside. (1.6 kB that inflate to 1 GiB took 3.6 GiB of memory without this.)
func TestDecompressionBomb(t *testing.T) {
	x := newSite(t)
	var once, twice bytes.Buffer
	z := gzip.NewWriter(&once)
	zeros := make([]byte, 1<<20)
	for range 16 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	z = gzip.NewWriter(&twice)
	if _, err := z.Write(once.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := x.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: twice.String(), header: map[string]string{"Content-Encoding": "gzip, gzip"}})
	runtime.ReadMemStats(&after)
	a.want(t, 415, "content_encoding", "")
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes allocated for a refused body of %d", grown, twice.Len())
	}
}

func TestSameSite(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.add("Lan", "lan@bo.vn", "")
	token, cookie := x.in("lan@bo.vn")
	for _, tt := range []struct {
		name   string
		header map[string]string
		status int
	}{
		{"a script", nil, 200},
		{"the app", map[string]string{"Origin": "https://hocso.test", "Sec-Fetch-Site": "same-origin", "X-Hocso": "1"}, 200},
		{"the app at another name of the same host", map[string]string{"Origin": "http://example.com", "X-Hocso": "1"}, 200},
		{"the app without its header", map[string]string{"Origin": "https://hocso.test", "Sec-Fetch-Site": "same-origin"}, 403},
		{"another site", map[string]string{"Origin": "https://evil.test", "X-Hocso": "1"}, 403},
		{"another site, with the cookie", map[string]string{"Origin": "https://evil.test", "Cookie": "__Host-hocso=" + cookie}, 403},
		{"no origin", map[string]string{"Origin": "null", "X-Hocso": "1"}, 403},
		{"same site, other host", map[string]string{"Sec-Fetch-Site": "same-site", "X-Hocso": "1"}, 403},
		{"cross-site", map[string]string{"Sec-Fetch-Site": "cross-site", "X-Hocso": "1"}, 403},
		{"the cookie alone", map[string]string{"Cookie": "__Host-hocso=" + cookie}, 403},
		{"a prefix of our origin", map[string]string{"Origin": "https://hocso.test.evil.test", "X-Hocso": "1"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := x.do(call{method: "PATCH", path: "/api/v1/me/settings", token: token, body: `{"locale":"en"}`, header: tt.header})
			want := `"locale":"en"`
			if tt.status == 403 {
				want = "cross_site"
			}
			a.want(t, tt.status, want, "")
			if got := a.header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("Access-Control-Allow-Origin %q", got)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, tt := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/api/v1/nothing", 404, "not_found"},
		{"GET", "/api/v1/ME", 404, "not_found"},
		{"GET", "/api/v1/me/", 404, "not_found"},
		{"POST", "/api/v1/me", 405, "method_not_allowed"},
		{"OPTIONS", "/api/v1/me", 405, "method_not_allowed"},
		{"TRACE", "/api/v1/me", 405, "method_not_allowed"},
		{"GET", "/api/v1/people/%2e%2e/me", 400, "malformed_address"},
		{"GET", "/api/v1/../me", 400, "malformed_address"},
		{"GET", "/api/v1//me", 400, "malformed_address"},
		{"GET", "/assets/..%2findex.html", 400, "malformed_address"},
		{"GET", "/assets/%252e%252e/index.html", 400, "malformed_address"},
		{"GET", "/assets/..%5cindex.html", 400, "malformed_address"},
		{"GET", "/assets/app-1.js%00.html", 400, "malformed_address"},
		{"GET", "/%ff", 400, "malformed_address"},
		{"GET", "/api/v1/people?q=%00", 400, "malformed_address"},
		{"GET", "/api/v1/people?q=%ff", 400, "malformed_address"},
		{"GET", "/.keep", 404, "not_found"},
		{"GET", "/assets/nothing.js", 404, "not_found"},
		{"GET", "/index.html.br", 404, "not_found"},
		{"POST", "/courses", 405, "method_not_allowed"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/", nil)
			r.RequestURI, r.URL.Opaque = tt.path, tt.path
			r.Header.Set("Accept", "text/html")
			res, err := x.app.Test(r, -1)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			(reply{res.StatusCode, res.Header, string(raw)}).want(t, tt.status, tt.want, "doctype")
			if res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q on an error", res.Header.Get("Cache-Control"))
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	api := x.do(call{method: "GET", path: "/api/v1/auth/methods"})
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'none'",
		"Strict-Transport-Security": "max-age=31536000",
		"Permissions-Policy":        "camera=()",
		"X-Frame-Options":           "DENY",
		"Cache-Control":             "no-store",
	} {
		if !strings.Contains(api.header.Get(name), want) {
			t.Errorf("%s: %q, want %q", name, api.header.Get(name), want)
		}
	}
	if api.header.Get("Server") != "" {
		t.Errorf("Server: %q", api.header.Get("Server"))
	}
	plain := newSite(t, func(d *Deps) { d.PublicURL = "http://127.0.0.1:8080" })
	if h := plain.do(call{method: "GET", path: "/healthz"}).header.Get("Strict-Transport-Security"); h != "" {
		t.Errorf("HSTS without https: %q", h)
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, tt := range []struct {
		name, path, encoding, accept string
		status                       int
		body, kind, cache, coded     string
	}{
		{"index", "/", "", "*/*", 200, "<!doctype", "text/html; charset=utf-8", "no-cache", ""},
		{"index, brotli", "/", "gzip, br", "text/html", 200, "br of index", "text/html; charset=utf-8", "no-cache", "br"},
		{"brotli refused", "/", "br;q=0", "text/html", 200, "<!doctype", "text/html; charset=utf-8", "no-cache", ""},
		{"a page of the app", "/courses/phishing", "", "text/html,*/*", 200, "<!doctype", "text/html; charset=utf-8", "no-cache", ""},
		{"the same for a script", "/courses/phishing", "", "application/json", 404, "not_found", "application/problem+json", "no-store", ""},
		{"asset", "/assets/app-1.js", "br", "*/*", 200, "js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"asset, gzip", "/assets/app-1.js", "gzip;q=0.5", "*/*", 200, "gz of js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "gzip"},
		{"worker", "/sw.js", "", "*/*", 200, "worker", "text/javascript; charset=utf-8", "no-cache", ""},
		{"manifest", "/manifest.webmanifest", "", "*/*", 200, "{}", "application/manifest+json", "no-cache", ""},
		{"robots", "/robots.txt", "", "*/*", 200, "User-agent", "text/plain; charset=utf-8", "no-cache", ""},
		{"old asset", "/assets/app-0.js", "", "text/html", 404, "not_found", "application/problem+json", "no-store", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := x.do(call{method: "GET", path: tt.path, header: map[string]string{"Accept": tt.accept, "Accept-Encoding": tt.encoding}})
			a.want(t, tt.status, tt.body, "")
			if h := a.header; h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.cache || h.Get("Content-Encoding") != tt.coded {
				t.Errorf("headers %v", h)
			}
			if tt.status == 200 && (!strings.Contains(a.header.Get("Content-Security-Policy"), "require-trusted-types-for 'script'") ||
				a.header.Get("Vary") != "Accept-Encoding" || strings.Contains(a.header.Get("Content-Security-Policy"), "unsafe")) {
				t.Errorf("headers %v", a.header)
			}
		})
	}
	a := x.do(call{method: "GET", path: "/"})
	if !strings.Contains(a.header.Get("Content-Security-Policy"), "style-src 'self' 'sha256-") {
		t.Errorf("the policy does not admit the style of the first paint: %s", a.header.Get("Content-Security-Policy"))
	}
	x.do(call{method: "GET", path: "/", header: map[string]string{"If-None-Match": a.header.Get("ETag")}}).want(t, 304, "", "doctype")
	x.do(call{method: "HEAD", path: "/"}).want(t, 200, "", "doctype")
	empty := newSite(t, func(d *Deps) { d.App = nil })
	empty.do(call{method: "GET", path: "/", header: map[string]string{"Accept": "text/html"}}).want(t, 200, "Ứng dụng chưa được dựng", "")
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, forwarded, trusted, want string
	}{
		{"nobody is trusted", "9.9.9.9", "", "0.0.0.0"},
		{"a stranger's header", "9.9.9.9", "10.0.0.0/8", "0.0.0.0"},
		{"a proxy", "9.9.9.9", "0.0.0.0/32", "9.9.9.9"},
		{"a proxy and a lie", "8.8.8.8, 9.9.9.9", "0.0.0.0/32", "9.9.9.9"},
		{"nonsense", "x", "0.0.0.0/32", "0.0.0.0"},
		{"IPv6", "2001:db8:1:2:3::4", "0.0.0.0/32", "2001:db8:1:2::/64"},
		{"mapped", "::ffff:9.9.9.9", "0.0.0.0/32", "9.9.9.9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Server{}
			if tt.trusted != "" {
				s.TrustedProxies = prefixes(t, tt.trusted)
			}
			app := fiber.New()
			var got string
			app.Get("/", func(c *fiber.Ctx) error {
				got = s.address(c)
				return nil
			})
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Forwarded-For", tt.forwarded)
			if _, err := app.Test(r, -1); err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("X-Forwarded-For %q, trusted %q: got %q, want %q", tt.forwarded, tt.trusted, got, tt.want)
			}
		})
	}
}

// What goes wrong inside is told to the log and not to the client.
func TestFaultsInside(t *testing.T) {
	t.Parallel()
	away := errors.New("mongo: no reachable servers at mongodb://secret@db")
	for _, tt := range []struct {
		name   string
		ready  func(context.Context) error
		status int
		want   string
	}{
		{"ready", func(context.Context) error { return nil }, 200, `{"status":"ready"}`},
		{"not ready", func(context.Context) error { return away }, 503, `{"status":"unavailable"}`},
		{"panic", func(context.Context) error { panic("secret") }, 500, `"code":"internal"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newSite(t, func(d *Deps) { d.Ready = tt.ready })
			x.do(call{method: "GET", path: "/readyz"}).want(t, tt.status, tt.want, "secret")
		})
	}
	x := newSite(t, func(d *Deps) { d.Unavailable = func(err error) bool { return errors.Is(err, away) } })
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{fmt.Errorf("find person: %w", away), 503, "database_unavailable"},
		{context.DeadlineExceeded, 503, "timed_out"},
		{errors.New("secret"), 500, "internal"},
	} {
		app := fiber.New(fiber.Config{ErrorHandler: x.problem})
		app.Get("/", func(*fiber.Ctx) error { return tt.err })
		res, err := app.Test(httptest.NewRequest(http.MethodGet, "/", nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		(reply{res.StatusCode, res.Header, string(raw)}).want(t, tt.status, tt.code, "secret")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.do(call{method: "GET", path: "/api/v1/people/0198-secret-id"})
	x.do(call{method: "POST", path: "/api/v1/auth/invitations/secret-token", body: "{}"})
	x.do(call{method: "GET", path: "/secret-page", header: map[string]string{"Accept": "text/html"}})
	w := httptest.NewRecorder()
	x.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got := w.Body.String()
	for _, want := range []string{`hocso_http_requests_total{method="POST",route="/api/v1/auth/invitations/:token",status="422"} 1`, `hocso_http_problems_total{code="invalid_fields"} 1`, "hocso_http_request_seconds_bucket"} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(got+x.log.String(), "secret") {
		t.Errorf("metrics or log hold a path: %s", x.log.String())
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, tt := range []struct{ path, accept, want string }{
		{"/api/openapi.json", "gzip", "gzip"},
		{"/api/openapi.json", "", ""},
		{"/api/v1/auth/methods", "gzip", ""},
	} {
		r := httptest.NewRequest(http.MethodGet, tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.accept)
		res, err := x.app.Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Content-Encoding"); got != tt.want {
			t.Errorf("%s for %q: Content-Encoding %q, want %q", tt.path, tt.accept, got, tt.want)
		}
	}
}

// Over a real connection: what fasthttp itself refuses has the same shape and headers.
func TestRefusedByTransport(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	addr, stop := serve(t, x.Server)
	defer stop()
	for _, tt := range []struct{ name, request, want string }{
		{"long header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 9000) + "\r\n\r\n", "headers_too_large"},
		{"large body", "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", "body_too_large"},
		{"large table", "POST /api/v1/people/import?dryRun=true HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n" + strings.Repeat("a", 1048577), "sign_in_required"},
		{"too large a table", "POST /api/v1/people/import?dryRun=true HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n", "body_too_large"},
		{"another address", "GET http://evil.test/api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_address"},
		{"large chunked body", "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n500000\r\n" + strings.Repeat("a", 0x500000) + "\r\n0\r\n\r\n", "body_too_large"},
		{"both lengths", "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
		{"nonsense", "\x16\x03\x01\r\n\r\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // nothing depends on it
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, tt.request) // the server may close before it has read all
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				if tt.want == "" {
					return // closed without an answer is as good
				}
				t.Fatal(err)
			}
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode < 400 || res.StatusCode >= 500 || !strings.Contains(string(raw), tt.want) {
				t.Errorf("got %d %s, want a problem %s", res.StatusCode, raw, tt.want)
			}
			if tt.want != "" && (res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cache-Control") != "no-store") {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
}

func serve(t *testing.T, s *Server) (addr string, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	return ln.Addr().String(), func() {
		if err := s.Shutdown(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// Strings that a handler keeps must survive later requests on the same connection.
// Without Immutable they do not; that run is logged, not judged.
func TestImmutable(t *testing.T) {
	t.Parallel()
	for _, immutable := range []bool{false, true} {
		s := build(Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Unix(0, 0) }}, immutable)
		var mu sync.Mutex
		var kept []string
		s.app = fiber.New(s.app.Config()) // the same without the routes
		s.app.Get("/:id", func(c *fiber.Ctx) error {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, c.Params("id"))
			return nil
		})
		addr, stop := serve(t, s)
		want := []string{"AAAA", "BBBB", "CCCC", "DDDD"}
		client := &http.Client{}
		for _, id := range want {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/"+id, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close() // read to the end above
		}
		client.CloseIdleConnections()
		stop()
		t.Logf("Immutable %v: kept %v", immutable, kept)
		if immutable && !slices.Equal(kept, want) {
			t.Errorf("Immutable %v: kept %v, want %v", immutable, kept, want)
		}
	}
}
