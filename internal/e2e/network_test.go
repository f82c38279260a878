//go:build e2e

package e2e

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// network stands between the browsers and the program: it can be down, and it can
// lose the answer to a request that the program has already carried out.
type network struct {
	*httptest.Server
	mu       sync.Mutex
	down     bool
	lose     string // path whose next answer is lost
	lost     func() // what happens then
	requests map[string]int
}

var errLost = errors.New("the answer was lost")

func newNetwork(t *testing.T, program string) *network {
	t.Helper()
	target, err := url.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	n := &network{requests: map[string]int{}}
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
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		down := n.down
		n.requests[r.Method+" "+r.URL.Path]++
		n.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler) // the connection ends without an answer
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

// Count tells how often "METHOD /path" was asked for.
func (n *network) Count(request string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests[request]
}
