// Package webpushtest is a push service for tests. A real Firefox accepts it: the
// WebSocket side speaks the protocol of Mozilla's autopush, the HTTP side is RFC
// 8030 with the checks of RFC 8292. Tests without a browser use Device, which
// subscribes and decrypts in this process. The service can be told to fail.
package webpushtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Ack is what a browser says of one message: code 100 delivered, 101 could not
// decrypt, 102 not delivered.
type Ack struct {
	Version string
	Code    int
}

// Failure is how the service answers instead of taking a message.
type Failure struct {
	Status     int    // 0: it hangs until the sender gives up
	RetryAfter string // header, may be empty
	Times      int    // how often; 0: always
}

// Push is one request as it arrived, also one that was refused.
type Push struct {
	Endpoint string
	Status   int // as answered; 0 if it hung
	TTL      int // seconds
	Topic    string
	Urgency  string
	Body     []byte // encrypted
}

// Server is an http.Handler for both sides. A browser that is away gets 503:
// nothing is kept for it. It is safe for concurrent use.
type Server struct {
	Base string // its own origin, such as http://127.0.0.1:9911
	Now  func() time.Time
	Acks chan Ack // of browsers; when it is full more are dropped

	mu            sync.Mutex
	subscriptions map[string]*subscription // by token, the end of the endpoint
	failures      map[string]*Failure      // by endpoint; "" is all
	pushes        []Push
	browsers      []*browser // that are connected
	strangers     int        // how many hellos get a new uaid
}

type subscription struct {
	channel, key string // key: the application server's, empty: any
	gone         bool
	deliver      func(ctx context.Context, body []byte, encoding string, ttl int) error
}

// New returns a service; Base is set before the first request.
func New(now func() time.Time) *Server {
	return &Server{Now: now, Acks: make(chan Ack, 64), subscriptions: map[string]*subscription{}, failures: map[string]*Failure{}}
}

// Fail makes the service answer pushes to endpoint (empty: to all) with f. A zero
// Times lasts until Fail is called again; Recover ends it.
func (s *Server) Fail(endpoint string, f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[endpoint] = &f
}

// Recover ends what Fail began for endpoint.
func (s *Server) Recover(endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failures, endpoint)
}

// Pushes returns every push that arrived so far.
func (s *Server) Pushes() []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Push(nil), s.pushes...)
}

// Count returns how many messages each endpoint was sent and the service took.
func (s *Server) Count() map[string]int {
	n := map[string]int{}
	for _, p := range s.Pushes() {
		if p.Status == http.StatusCreated {
			n[p.Endpoint]++
		}
	}
	return n
}

// Expire makes a subscription gone, as if the browser had unsubscribed.
func (s *Server) Expire(endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.subscriptions[strings.TrimPrefix(endpoint, s.Base+path)]; x != nil {
		x.gone = true
	}
}

const path = "/wpush/v2/"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, isPush := strings.CutPrefix(r.URL.Path, path)
	switch {
	case r.Header.Get("Upgrade") != "":
		s.serveBrowser(w, r)
	case isPush && r.Method == http.MethodPost:
		s.servePush(w, r, token)
	default:
		http.NotFound(w, r)
	}
}

// add makes a subscription and returns its endpoint.
func (s *Server) add(x *subscription) string {
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscriptions[token] = x
	return s.Base + path + token
}

// failure returns what Fail wants for an endpoint, and counts it down.
func (s *Server) failure(endpoint string) *Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range []string{endpoint, ""} {
		f := s.failures[key]
		if f == nil {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				delete(s.failures, key)
			}
		}
		return f
	}
	return nil
}

func (s *Server) servePush(w http.ResponseWriter, r *http.Request, token string) {
	p := Push{Endpoint: s.Base + path + token, Topic: r.Header.Get("Topic"), Urgency: r.Header.Get("Urgency")}
	var ttlErr error
	p.TTL, ttlErr = strconv.Atoi(r.Header.Get("TTL"))
	p.Body, _ = io.ReadAll(io.LimitReader(r.Body, 4097)) // a body that breaks off is too short to decrypt
	status, why := s.take(r, token, p, ttlErr == nil && p.TTL >= 0)
	if f := s.failure(p.Endpoint); f != nil && status == http.StatusCreated {
		status, why = f.Status, "told to fail"
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
	}
	if status == http.StatusCreated {
		s.mu.Lock()
		deliver := s.subscriptions[token].deliver
		s.mu.Unlock()
		if err := deliver(r.Context(), p.Body, r.Header.Get("Content-Encoding"), p.TTL); err != nil {
			status, why = http.StatusServiceUnavailable, "the browser is away"
		}
	}
	p.Status = status
	s.mu.Lock()
	s.pushes = append(s.pushes, p)
	s.mu.Unlock()
	switch status {
	case 0:
		<-r.Context().Done()
	case http.StatusCreated:
		w.Header().Set("Location", s.Base+"/m/"+rand.Text())
		w.Header().Set("TTL", strconv.Itoa(p.TTL))
		w.WriteHeader(status)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(object{"code": status, "message": why}) // the sender may have left
	}
}

// take decides as autopush does.
func (s *Server) take(r *http.Request, token string, p Push, ttl bool) (status int, why string) {
	s.mu.Lock()
	sub := s.subscriptions[token]
	gone := sub != nil && sub.gone
	s.mu.Unlock()
	switch {
	case sub == nil:
		return http.StatusNotFound, "no such subscription"
	case gone:
		return http.StatusGone, "unsubscribed"
	case !ttl:
		return http.StatusBadRequest, "TTL is missing"
	case len(p.Body) > 4096:
		return http.StatusRequestEntityTooLarge, "more than 4096 bytes"
	case len(p.Topic) > 32:
		return http.StatusBadRequest, "Topic is longer than 32"
	}
	if err := checkKey(r.Header.Get("Authorization"), sub.key, s.Base, s.Now()); err != nil {
		return http.StatusUnauthorized, err.Error()
	}
	return http.StatusCreated, ""
}

// object is one JSON message to a browser.
type object = map[string]any

type browser struct {
	conn *websocket.Conn
	mu   sync.Mutex
}

func (b *browser) send(ctx context.Context, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conn.Write(ctx, websocket.MessageText, text)
}

func (s *Server) serveBrowser(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{"push-notification"},
		InsecureSkipVerify: true, // Firefox sends no Origin that could match
	})
	if err != nil {
		return
	}
	b := &browser{conn: conn}
	s.mu.Lock()
	s.browsers = append(s.browsers, b)
	s.mu.Unlock()
	for {
		_, text, err := conn.Read(r.Context())
		if err != nil {
			s.mu.Lock()
			s.browsers = slices.DeleteFunc(s.browsers, func(x *browser) bool { return x == b })
			s.mu.Unlock()
			return
		}
		if answer := s.answer(b, text); answer != nil {
			if err := b.send(r.Context(), answer); err != nil {
				continue // the next read says so too
			}
		}
	}
}

func (s *Server) answer(b *browser, text []byte) object {
	var m struct {
		MessageType string
		UAID        string
		ChannelID   string
		Key         string // the application server key, padded base64url
		Updates     []Ack
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil
	}
	switch m.MessageType {
	case "": // "{}" is the ping, and its answer
		return object{}
	case "hello":
		if s.stranger() || m.UAID == "" { // a new one makes Firefox drop every subscription and fire pushsubscriptionchange
			m.UAID = strings.ToLower(rand.Text())
		}
		return object{"messageType": "hello", "uaid": m.UAID, "status": 200, "use_webpush": true, "broadcasts": object{}}
	case "register":
		endpoint := s.add(&subscription{channel: m.ChannelID, key: m.Key, deliver: b.deliver(m.ChannelID)})
		return object{"messageType": "register", "channelID": m.ChannelID, "status": 200, "pushEndpoint": endpoint}
	case "unregister":
		s.mu.Lock()
		for _, x := range s.subscriptions {
			if x.channel == m.ChannelID {
				x.gone = true
			}
		}
		s.mu.Unlock()
		return object{"messageType": "unregister", "channelID": m.ChannelID, "status": 200}
	case "ack":
		for _, u := range m.Updates {
			select {
			case s.Acks <- u:
			default:
			}
		}
	}
	return nil
}

func (b *browser) deliver(channel string) func(context.Context, []byte, string, int) error {
	return func(ctx context.Context, body []byte, encoding string, ttl int) error {
		// Firefox ignores a version it has seen.
		m := object{"messageType": "notification", "channelID": channel, "version": rand.Text(), "ttl": ttl}
		if len(body) > 0 {
			m["data"] = base64.RawURLEncoding.EncodeToString(body)
			m["headers"] = object{"encoding": encoding}
		}
		return b.send(ctx, m)
	}
}
