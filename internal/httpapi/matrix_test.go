package httpapi

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hocso/internal/audit"
)

// cell row: what one route, asked about one thing, answers to every kind of actor.
type matrixRow struct {
	route string // method and pattern
	about string
	// expect is "kind:status" or "kind:status/code", with * for everyone else who is
	// signed in. Who is not signed in gets 401 unless "out:status" says otherwise.
	expect string
	// ask makes the request, with a target of its own where the request changes it.
	ask func(w *world, k *kind) call
	// twin is the same request about what does not exist. Where 404, or 422
	// without a code, is expected both answers must be the same, and wherever same
	// names the kind.
	twin func(w *world, k *kind) call
	same string
	has  string // in every answer of success
	// after looks at what the request has left behind.
	after func(w *world, k *kind) error
}

// cell is what one kind of actor should get.
type cell struct {
	status int
	code   string // of a problem, "" when any will do
}

// cells reads expect for every kind.
func (r matrixRow) cells(ks []*kind) (map[string]cell, error) {
	given := map[string]cell{"out": {401, "sign_in_required"}}
	for f := range strings.FieldsSeq(r.expect) {
		name, want, ok := strings.Cut(f, ":")
		status, code, _ := strings.Cut(want, "/")
		n, err := strconv.Atoi(status)
		if !ok || err != nil {
			return nil, fmt.Errorf("%q is not kind:status", f)
		}
		if n == 403 && code == "" {
			code = "not_allowed"
		}
		given[name] = cell{n, code}
	}
	all := map[string]cell{}
	for _, k := range ks {
		c, ok := given[k.name]
		switch {
		case ok:
		case k.out:
			c, ok = given["out"], true
		default:
			c, ok = given["*"]
		}
		if !ok {
			return nil, fmt.Errorf("nothing is said about %s", k.name)
		}
		all[k.name] = c
		delete(given, k.name)
	}
	delete(given, "out")
	delete(given, "*")
	for name := range given {
		return nil, fmt.Errorf("there is no kind of actor %q", name)
	}
	return all, nil
}

// own is what differs from request to request: the request's id, and ids that are
// made for it.
var own = regexp.MustCompile(`"requestId":"[^"]*"|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// samples is what an import shows of the file that was sent.
var samples = regexp.MustCompile(`"samples":\[[^\]]*\]`)

// bare is an answer without those.
func bare(a reply) string { return own.ReplaceAllString(samples.ReplaceAllString(a.body, ""), "") }

// Every route, asked by every kind of actor, answers as the table says; what is out
// of scope looks the same as what does not exist; and no answer shows a planted name,
// address, device or title to somebody who may not see it.
func TestPermissionMatrix(t *testing.T) {
	w := newWorld(t)
	rows := matrixRows()
	patterns, cells, twins, refused := map[string]bool{}, 0, 0, map[string]int{}
	for _, r := range w.routes() {
		name := r.method + " " + r.path
		patterns[name] = true
		if !slices.ContainsFunc(rows, func(m matrixRow) bool { return m.route == name }) {
			t.Errorf("%s: no row in the table of permissions", name)
		}
	}
	for i, r := range rows {
		if i%60 == 59 { // what one person may be refused in a minute is bounded, in each copy of the program: go on in another
			w.Audit = &audit.Service{Store: w.Audit.Store, Key: w.Audit.Key, Now: w.Audit.Now, NewID: w.Audit.NewID}
		}
		if !patterns[r.route] {
			t.Errorf("%s: a row for a route that is not there", r.route)
			continue
		}
		expected, err := r.cells(w.kinds)
		if err != nil {
			t.Errorf("%s, %s: %v", r.route, r.about, err)
			continue
		}
		t.Run(strings.ReplaceAll(r.route, "/", "|")+" "+r.about, func(t *testing.T) {
			for _, k := range w.kinds {
				cells++
				want := expected[k.name]
				got := w.try(r, r.ask(w, k), k)
				if got.status >= 401 && got.status <= 404 {
					refused[r.route+" "+strconv.Itoa(got.status)]++
				}
				if got.status != want.status || want.code != "" && !strings.Contains(got.body, `"code":"`+want.code+`"`) {
					t.Errorf("%s: got %d %s, want %d %s", k.name, got.status, got.body, want.status, want.code)
				}
				if got.status < 300 && !strings.Contains(got.body, r.has) {
					t.Errorf("%s: %q is not in %s", k.name, r.has, got.body)
				}
				w.hidden(t, k, got)
				if r.after != nil {
					if err := r.after(w, k); err != nil {
						t.Errorf("%s: %v", k.name, err)
					}
				}
				if r.twin == nil && want.status == 404 {
					t.Errorf("%s: the table does not say what absent looks like", k.name)
				}
				if r.twin == nil || want.status != 404 && want != (cell{status: 422}) && !slices.Contains(strings.Fields(r.same), k.name) {
					continue
				}
				twins++
				absent := w.try(r, r.twin(w, k), k)
				if absent.status >= 401 && absent.status <= 404 {
					refused[r.route+" "+strconv.Itoa(absent.status)]++
				}
				if absent.status != got.status || bare(absent) != bare(got) {
					t.Errorf("%s: out of scope is %d %s\nabsent is %d %s", k.name, got.status, got.body, absent.status, absent.body)
				}
			}
		})
	}
	w.counted(t, refused)
	t.Logf("%d routes, %d rows of %d kinds of actor: %d cells; %d compared with what does not exist; %d planted texts",
		len(patterns), len(rows), len(w.kinds), cells, twins, len(w.planted))
}

// try sends a request of r as k, unless it brings its own token or cookie.
func (w *world) try(r matrixRow, c call, k *kind) reply {
	method, path, _ := strings.Cut(r.route, " ")
	if c.method = method; c.path == "" {
		c.path = strings.TrimPrefix(path, "/api/v1")
	}
	if !strings.HasPrefix(path, "/api/v1") {
		return w.do(c)
	}
	c.path = "/api/v1" + c.path
	if c.token == "" && c.header == nil {
		c.token = k.token
	}
	a := w.do(c)
	if next := cookieOf(a); next != "" && strings.HasSuffix(c.header["Cookie"], "="+k.cookie) {
		k.cookie = next
	}
	return a
}

// hidden fails for every planted text that k may not see.
func (w *world) hidden(t *testing.T, k *kind, a reply) {
	t.Helper()
	body := samples.ReplaceAllString(a.body, "")
	for _, p := range w.planted {
		if strings.Contains(body, p.text) && (k.out || !p.seen(k)) {
			t.Errorf("%s: may not see %s, which is in %d %s", k.name, p.text, a.status, a.body)
		}
	}
}

// counted holds what /metrics says about refused requests against what was refused.
func (w *world) counted(t *testing.T, refused map[string]int) {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Metrics().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	all := rec.Body.String()
	for key, n := range refused {
		f := strings.Fields(key)
		line := fmt.Sprintf("hocso_http_requests_total{method=%q,route=%q,status=%q} ", f[0], f[1], f[2])
		_, rest, ok := strings.Cut(all, line)
		got, _, _ := strings.Cut(rest, "\n")
		if v, err := strconv.Atoi(got); !ok || err != nil || v < n {
			t.Errorf("%s%s, want at least %d", line, got, n)
		}
	}
}
