package httpapi

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/auth"
)

func TestFieldPath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"/name", "name"},
		{"/heads/0/person", "heads[0].person"},
		{"/a/1/2/b", "a[1][2].b"},
		{"/a~1b/c~0d", "a/b.c~d"},
		{"", ""},
	} {
		if got := fieldPath(tt.in); got != tt.want {
			t.Errorf("fieldPath(%q): got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSlugAndLines(t *testing.T) {
	t.Parallel()
	v := newValidator()
	for _, tt := range []struct {
		tag, in string
		ok      bool
	}{
		{"slug", "phishing-basics", true},
		{"slug", "a1", true},
		{"slug", "-a", false},
		{"slug", "a--b", false},
		{"slug", "A", false},
		{"slug", "a b", false},
		{"slug", "../a", false},
		{"slug", "đ", false},
		{"slug", "a\n", false},
		{"lines", "một\nhai\tba\r\n", true},
		{"lines", "a\rb", false},
		{"lines", "a\x00", false},
	} {
		if err := v.Var(tt.in, tt.tag); (err == nil) != tt.ok {
			t.Errorf("%s %q: %v, want ok %v", tt.tag, tt.in, err, tt.ok)
		}
	}
}

// FuzzBind sends any body to the request with most of everything in it: the answer
// is 200, or a problem of the caller's, and never a fault of ours.
func FuzzBind(f *testing.F) {
	s := New(Deps{Auth: &auth.Service{}, Log: slog.New(slog.DiscardHandler)})
	app := fiber.New(fiber.Config{ErrorHandler: s.problem})
	app.Post("/", func(c *fiber.Ctx) error {
		var req changePersonRequest
		if err := s.bind(c, &req); err != nil {
			return err
		}
		var heads headsRequest
		if err := s.check(heads); err != nil {
			return err
		}
		return c.SendStatus(http.StatusOK)
	})
	for _, seed := range []string{
		`{}`, `{"name":"Lan","grants":[{"role":"trainer","unit":""}]}`, `{"roles":[null]}`, `{"name":null}`, `[`, `{"a":1,"a":2}`, "\xff", `{"joinedOn":"2026-02-30"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		res, err := app.Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 200 && res.StatusCode != 400 && res.StatusCode != 422 {
			t.Errorf("%q: %d %s", body, res.StatusCode, raw)
		}
	})
}

// FuzzAddress asks for any path: no fault of ours, and never a file from outside of the app.
func FuzzAddress(f *testing.F) {
	s := New(Deps{Auth: &auth.Service{}, Log: slog.New(slog.DiscardHandler), App: testApp(), Ready: nil})
	for _, seed := range []string{"/", "/assets/../index.html", "/%2e%2e/%00", "/assets/app-1.js?x=1", "//", "/courses/a%20b", "/%zz", "/api/v1/auth/methods"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if path == "" || path == "/readyz" || strings.ContainsAny(path, " \t\r\n#") {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Opaque, r.RequestURI = path, path
		r.Header.Set("Accept", "text/html")
		res, err := s.app.Test(r, -1)
		if err != nil {
			return // not a request that net/http can write
		}
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode >= 500 && !strings.HasPrefix(path, "/readyz") {
			t.Errorf("%q: %d %s", path, res.StatusCode, raw)
		}
	})
}
