package httpapi

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var update = flag.Bool("update", false, "rewrite golden files")

// documented is a server that only shows its routes.
func documented() *Server { return New(Deps{Log: slog.New(slog.DiscardHandler)}) }

// Everything open is named here; what is neither here nor has a permission is a
// mistake that would let everybody in, or nobody.
func TestRoutesNameTheirPermission(t *testing.T) {
	t.Parallel()
	open := []string{
		"GET /healthz", "GET /readyz", "GET /api/openapi.json",
		"GET /api/v1/auth/methods", "POST /api/v1/auth/sign-in", "POST /api/v1/auth/refresh", "POST /api/v1/auth/sign-out",
		"POST /api/v1/auth/invitations/:token", "POST /api/v1/auth/password-reset", "POST /api/v1/auth/password-reset/:token",
		"POST /api/v1/auth/second-factor", "POST /api/v1/auth/second-factor/options", "POST /api/v1/auth/passkeys/options", "POST /api/v1/auth/passkeys/sign-in",
		"GET /api/v1/auth/oidc/start", "GET /api/v1/auth/oidc/callback",
		"GET /feed/:unit.atom", "GET /feed/:unit.json", "GET /feed/:unit.js", "GET /api/v1/push/key", "GET /api/v1/notice", "GET /api/v1/unsubscribe/:token", "POST /api/v1/unsubscribe/:token",
	}
	byCookie := []string{"POST /api/v1/me/subscriptions", "POST /api/v1/me/reminders/:token/snooze"}
	seen := map[string]bool{}
	for _, r := range documented().routes() {
		name := r.method + " " + r.path
		if seen[name] {
			t.Errorf("%s: two rows", name)
		}
		seen[name] = true
		switch {
		case r.need.public != slices.Contains(open, name):
			t.Errorf("%s: public is %v", name, r.need.public)
		case !r.need.public && len(r.need.any) == 0:
			t.Errorf("%s: neither public nor a permission", name)
		case r.need.public && len(r.need.any) > 0:
			t.Errorf("%s: both public and a permission", name)
		case r.need.cookie && !slices.Contains(byCookie, name):
			t.Errorf("%s: takes the cookie alone", name)
		case r.shape.summary == "":
			t.Errorf("%s: no summary", name)
		case r.handle == nil:
			t.Errorf("%s: no handler", name)
		}
	}
}

// Without a token, and with one that is made up, no route but the open ones answers.
func TestRoutesRefuseStrangers(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, r := range x.routes() {
		if r.need.public {
			continue
		}
		for _, token := range []string{"", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"} {
			x.do(call{method: r.method, path: strings.ReplaceAll(r.path, ":", ""), token: token}).want(t, 401, "sign_in_required", "")
		}
	}
}

// The document is a valid one, has exactly the rows, and is the golden copy.
func TestDocument(t *testing.T) {
	t.Parallel()
	s := documented()
	doc, err := openapi3.NewLoader().LoadFromData(s.document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background(), openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Error(err)
	}
	var got, want []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			got = append(got, method+" "+path)
		}
	}
	ids := map[string]bool{}
	for _, r := range s.routes() {
		want = append(want, r.method+" "+param.ReplaceAllString(r.path, "{$1}"))
		if id := operationID(r); ids[id] {
			t.Errorf("operationId %s twice", id)
		}
		ids[operationID(r)] = true
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the document has %v\nthe routes are %v", got, want)
	}
	const golden = "../../docs/openapi.json"
	if *update {
		if err := os.WriteFile(golden, s.document, 0o644); err != nil { //nolint:gosec // it is for everybody to read
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, s.document) {
		t.Errorf("%s is not what the routes say; look at the change and run go test ./internal/httpapi -run TestDocument -update", golden)
	}
}

// The net that holds answers against the document has to catch something.
func TestConformance(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	for _, tt := range []struct {
		name, body string
		ok         bool
	}{
		{"as documented", `{"password":true,"oidc":[],"passkey":false,"demo":false,"reset":false}`, true},
		{"a field too many", `{"password":true,"oidc":[],"passkey":false,"demo":false,"reset":false,"secret":1}`, false},
		{"a field missing", `{"password":true,"oidc":[],"passkey":false}`, false},
		{"another type", `{"password":"yes","oidc":[],"passkey":false,"demo":false,"reset":false}`, false},
		{"null for a list", `{"password":true,"oidc":null,"passkey":false,"demo":false,"reset":false}`, false},
	} {
		if err := x.held("GET", "/api/v1/auth/methods", 200, tt.body); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
