//go:build bench

package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What everybody else may feel of a storm of sign-ins, and what a storm is.
const (
	stormMost   = 2.0 // times the calm median
	stormAtOnce = 64  // connections
	stormRounds = 5
)

// TestStorm compares what a learner waits for while nobody signs in and while 64
// connections do nothing else, in turns, and holds the ratio of the medians.
func TestStorm(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hocso")
	if out, err := exec.Command("go", "build", "-o", binary, "hocso/cmd/hocso").CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	s := newServer(t, binary, sizes[0])
	s.settle(10 * time.Second)
	for _, a := range []struct {
		name string
		do   func(s *server, n int)
	}{{"sync, all of it", (*server).syncAll}, {"lesson (course version)", (*server).lesson}} {
		var calm, storm []float64
		var done atomic.Int64
		for range stormRounds {
			calm = append(calm, s.waits(a.do)...)
			end := s.storm(&done)
			time.Sleep(500 * time.Millisecond) // until all of them wait for a turn
			storm = append(storm, s.waits(a.do)...)
			end()
		}
		c, m := median(calm), median(storm)
		fmt.Printf("%-24s calm %.2f ms, in a storm %.2f ms: %.2f × (%d sign-ins)\n", a.name, c, m, m/c, done.Load())
		if m > stormMost*c {
			t.Errorf("%s: in a storm of sign-ins the median is %.2f times the calm one, want at most %.1f", a.name, m/c, stormMost)
		}
	}
}

// waits is how long each of some requests took, in ms, one after the other.
func (s *server) waits(do func(s *server, n int)) (all []float64) {
	for range 100 {
		start := time.Now()
		do(s, 1)
		all = append(all, time.Since(start).Seconds()*1000)
	}
	return all
}

// storm signs in on many connections, each from an address of its own, until the
// function it returns is called. It counts in done who got in.
func (s *server) storm(done *atomic.Int64) (end func()) {
	var over atomic.Bool
	var all sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: stormAtOnce}}
	for i := range stormAtOnce {
		all.Go(func() {
			for n := i; !over.Load(); n += stormAtOnce {
				x := s.learners[n%len(s.learners)]
				body := fmt.Appendf(nil, `{"email":%q,"password":%q}`, x.email, s.password)
				r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/auth/sign-in", bytes.NewReader(body))
				if err != nil {
					s.t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i))
				res, err := client.Do(r)
				if err != nil {
					s.t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body) // only the status counts
				_ = res.Body.Close()                 // read to the end
				if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusServiceUnavailable {
					s.t.Errorf("a sign-in in the storm: %d", res.StatusCode)
					return
				}
				if res.StatusCode == http.StatusOK {
					done.Add(1)
				}
			}
		})
	}
	return func() {
		over.Store(true)
		all.Wait()
		client.CloseIdleConnections()
	}
}
