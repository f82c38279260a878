//go:build e2e

package e2e

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// network stands between the browsers and the program: it can be down, it can lose
// the answer to a request that the program has already carried out, and it can
// answer for the program.
type network struct {
	*httptest.Server
	mu       sync.Mutex
	down     bool
	lose     string // path whose next answer is lost
	lost     func() // what happens then
	watched  string // path whose next request is told to seen
	seen     func()
	instead  map[string]func(http.ResponseWriter)
	requests []string // "METHOD /path", as they reached the program
}

var errLost = errors.New("the answer was lost")

func newNetwork(t *testing.T, program string) *network {
	t.Helper()
	target, err := url.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{instead: map[string]func(http.ResponseWriter){}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.lose == "" || !strings.HasPrefix(r.Request.URL.Path, n.lose) {
				return nil
			}
			n.lose = ""
			if n.lost != nil {
				n.lost()
			}
			return errLost
		},
		ErrorLog:     log.New(io.Discard, "", 0), // a program that is killed breaks off in the middle
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		down, instead, seen := n.down, n.instead[r.URL.Path], n.seen
		if n.watched == "" || !strings.HasPrefix(r.URL.Path, n.watched) {
			seen = nil
		}
		if seen != nil {
			n.watched, n.seen = "", nil
		}
		if !down {
			n.requests = append(n.requests, r.Method+" "+r.URL.Path)
		}
		n.mu.Unlock()
		switch {
		case down:
			panic(http.ErrAbortHandler) // the connection ends without an answer
		case instead != nil:
			instead(w)
			return
		case seen != nil:
			seen()
		}
		proxy.ServeHTTP(w, r)
	}))
	n.Config.ErrorLog = nil
	t.Cleanup(n.Close)
	return n
}

// Down takes the network away, Up gives it back.
func (n *network) Down() { n.set(true) }

// Up gives the network back.
func (n *network) Up() { n.set(false) }

func (n *network) set(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	if down {
		n.CloseClientConnections()
	}
}

// LoseAnswer loses the next answer to a path, after the program has given it, and calls then.
func (n *network) LoseAnswer(path string, then func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose, n.lost = path, then
}

// Watch calls then once, when the next request for a path is on its way to the program.
func (n *network) Watch(path string, then func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.watched, n.seen = path, then
}

// Instead answers requests for a path in the program's place; nil lets the program answer again.
func (n *network) Instead(path string, answer func(http.ResponseWriter)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.instead[path] = answer
}

// Requests lists "METHOD /path" of what has reached the program so far.
func (n *network) Requests() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.requests)
}

// Count tells how often "METHOD /path" has reached the program.
func (n *network) Count(request string) int {
	count := 0
	for _, r := range n.Requests() {
		if r == request {
			count++
		}
	}
	return count
}
