package webpush

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hocso/internal/reminder"
)

// cut ends the connection of a request after writing some bytes.
func cut(t *testing.T, w http.ResponseWriter, said string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, said)
	_ = conn.Close()
}

// Whatever a push service does, the answer is one of the four, and comes in time.
func TestMisbehaviour(t *testing.T) {
	_, good, d := setUp(t)
	for _, tt := range []struct {
		name   string
		tls    bool
		answer func(w http.ResponseWriter, r *http.Request)
		want   reminder.Answer
	}{
		{"says nothing", false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, reminder.Answer{Outcome: reminder.Later}},
		{"headers drop by drop", false, func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			for _, c := range "HTTP/1.1 201 Created\r\n" + strings.Repeat("X: y\r\n", 1000) {
				if _, err := conn.Write([]byte(string(c))); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		}, reminder.Answer{Outcome: reminder.Later}},
		{"a body drop by drop", false, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusCreated)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		}, reminder.Answer{Outcome: reminder.Accepted, Status: 201}},
		{"a body without end", false, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusCreated)
			for much := strings.Repeat("x", 1<<16); r.Context().Err() == nil; {
				if _, err := io.WriteString(w, much); err != nil {
					return
				}
			}
		}, reminder.Answer{Outcome: reminder.Accepted, Status: 201}},
		{"headers without end", false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			w.WriteHeader(http.StatusCreated)
		}, reminder.Answer{Outcome: reminder.Later}},
		{"reset", false, func(w http.ResponseWriter, _ *http.Request) { cut(t, w, "") }, reminder.Answer{Outcome: reminder.Later}},
		{"reset in the answer", false, func(w http.ResponseWriter, _ *http.Request) { cut(t, w, "HTTP/1.1 20") }, reminder.Answer{Outcome: reminder.Later}},
		{"not HTTP", false, func(w http.ResponseWriter, _ *http.Request) { cut(t, w, "220 mx.bo.vn ESMTP\r\n") }, reminder.Answer{Outcome: reminder.Later}},
		{"a certificate of nobody", true, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }, reminder.Answer{Outcome: reminder.Later}},
		{"too many", false, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		}, reminder.Answer{Outcome: reminder.Later, Status: 429, RetryAfter: 7 * time.Second}},
		{"no room", false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInsufficientStorage) }, reminder.Answer{Outcome: reminder.Later, Status: 507}},
		{"leads elsewhere", false, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, reminder.Answer{Outcome: reminder.Refused, Status: 302}},
		{"a status of its own", false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(799) }, reminder.Answer{Outcome: reminder.Later, Status: 799}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then does the server see that the client has gone
				tt.answer(w, r)
			}))
			if tt.tls {
				srv.StartTLS()
			} else {
				srv.Start()
			}
			defer srv.Close()
			s, err := NewSender(Options{Keys: good.o.Keys, Subject: "https://hocso.example.org", AllowedOrigins: []string{srv.URL}, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			if tt.want.Status == 0 { // else it is to answer, on a busy machine too
				s.client.(*http.Client).Timeout = 300 * time.Millisecond // as it is, ten seconds
			}
			sub := subscription(d)
			sub.Endpoint = srv.URL + "/x"
			if got := s.Push(t.Context(), sub, reminder.Message{Payload: []byte("x")}); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// services is a network of push services in the time of synctest: healthy ones answer in
// 250 ms, sick ones as they are told.
type services struct {
	sick func(r *http.Request) (*http.Response, error)

	mu    sync.Mutex
	asked map[string]int
}

func (n *services) Do(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.asked[r.URL.Host]++
	n.mu.Unlock()
	if strings.HasPrefix(r.URL.Host, "sick") && n.sick != nil {
		return n.sick(r)
	}
	time.Sleep(250 * time.Millisecond)
	return &http.Response{StatusCode: 201, Body: http.NoBody, Header: http.Header{}}, nil
}

// A sick push service does not hold the others up: eight workers bring 480 messages to
// healthy services in at most twice the time, while 240 to the sick one lie among them.
func TestSickServiceHoldsNobodyUp(t *testing.T) {
	hang := func(d time.Duration) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			time.Sleep(d)
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: context.DeadlineExceeded}
		}
	}
	answer := func(status int, after time.Duration) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			time.Sleep(after)
			return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}}, nil
		}
	}
	// spent is how long the healthy ones took.
	spent := func(t *testing.T, sick func(*http.Request) (*http.Response, error)) (took time.Duration, asked int) {
		synctest.Test(t, func(t *testing.T) {
			_, s, d := setUpOffline(t)
			n := &services{sick: sick, asked: map[string]int{}}
			s.client = n
			var work []reminder.Subscription
			for i := range 720 {
				host := fmt.Sprintf("well%d", i%2)
				if i%3 == 0 {
					host = "sick"
				}
				if host == "sick" && sick == nil {
					continue
				}
				work = append(work, reminder.Subscription{Endpoint: fmt.Sprintf("https://%s.example/%d", host, i), P256dh: d.P256dh, Auth: d.Auth})
			}
			next := make(chan reminder.Subscription)
			var wg sync.WaitGroup
			var mu sync.Mutex
			start, accepted := time.Now(), 0
			for range 8 {
				wg.Go(func() {
					for sub := range next {
						got := s.Push(t.Context(), sub, reminder.Message{Payload: []byte("x")})
						if strings.Contains(sub.Endpoint, "well") {
							mu.Lock()
							if got.Outcome == reminder.Accepted {
								accepted++
							}
							took = max(took, time.Since(start))
							mu.Unlock()
						}
					}
				})
			}
			for _, sub := range work {
				next <- sub
			}
			close(next)
			wg.Wait()
			if accepted != 480 {
				t.Errorf("%d of the healthy took their message, want 480", accepted)
			}
			asked = n.asked["sick.example"]
		})
		return took, asked
	}
	alone, _ := spent(t, nil)
	for name, sick := range map[string]func(*http.Request) (*http.Response, error){
		"hangs": hang(10 * time.Second), "refuses connections": hang(0), "slow and well": answer(201, 8*time.Second), "slow and ill": answer(503, 9*time.Second),
		"ill at once": answer(503, 0), "too many": answer(429, 0), "redirects": answer(302, 0),
		"breaks": func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: errors.New("connection reset")}
		},
	} {
		took, asked := spent(t, sick)
		t.Logf("%s: the healthy took %v, alone %v; the sick one was asked %d times", name, took, alone, asked)
		if took > 2*alone {
			t.Errorf("%s: the healthy took %v, alone %v: more than twice", name, took, alone)
		}
	}
}
