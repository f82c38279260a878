package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func typeOf(v any) reflect.Type { return reflect.TypeOf(v) }

// settleFor is how long what became of a try is written down, also when the program ends meanwhile.
const settleFor = 10 * time.Second

// Tick begins to send what is due, each endpoint by itself: a slow one is waited for by nobody else. One
// that is still being sent to is left alone.
func (s *Service) Tick(ctx context.Context) error {
	all, err := s.Store.Endpoints(ctx)
	if err != nil {
		return fmt.Errorf("read endpoints: %w", err)
	}
	for _, e := range all {
		if e.State != On || !s.begin(e.ID) {
			continue
		}
		s.inFlight.Go(func() {
			defer s.end(e.ID)
			if err := s.sendAll(ctx, e); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "send webhooks, will repeat", "endpoint", e.ID, "err", err)
			}
		})
	}
	return nil
}

// Wait returns when nothing that Tick has begun is under way.
func (s *Service) Wait() { s.inFlight.Wait() }

// Run ticks every interval until ctx is done, and waits for what is under way.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	defer s.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "webhooks", "err", err)
			}
		}
	}
}

func (s *Service) begin(id ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy == nil {
		s.busy = map[ID]bool{}
	}
	free := !s.busy[id]
	s.busy[id] = true
	return free
}

func (s *Service) end(id ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// sendAll sends what is due to e, one after the other, until one fails.
func (s *Service) sendAll(ctx context.Context, e Endpoint) error {
	for range eachTick {
		now := s.Now()
		d, ok, err := s.Store.ClaimDelivery(ctx, e.ID, now, now.Add(leaseFor))
		if err != nil || !ok || ctx.Err() != nil {
			return err
		}
		status, problem, err := s.try(ctx, e, d)
		if err != nil || ctx.Err() != nil {
			return err // it comes back when the lease is over
		}
		good := status >= 200 && status < 300
		if err := s.settle(ctx, d, status, problem, good); err != nil {
			return err
		}
		if err := s.judge(ctx, e, status, good); err != nil || !good {
			return err
		}
		e.FailingSince = nil
	}
	return nil
}

// settle writes down what became of a try, unless somebody else has claimed d meanwhile.
func (s *Service) settle(ctx context.Context, d Delivery, status int, problem string, good bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	now := s.Now()
	d.Status, d.Problem = status, problem
	d.Tries++
	switch next := now.Add(backoff(d)); {
	case good:
		d.State, d.SettledAt = Sent, &now
	case next.After(d.QueuedAt.Add(trying)):
		d.State, d.SettledAt = Dead, &now
	default:
		d.DueAt = next
	}
	if err := s.Store.SettleDelivery(ctx, d); err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	return nil
}

// backoff grows threefold from five seconds to twelve hours, and varies by a quarter, by the id, so that
// what failed together does not come back together.
func backoff(d Delivery) time.Duration {
	base := firstBack
	for range min(d.Tries-1, 10) {
		base = min(3*base, longBack)
	}
	sum := sha256.Sum256([]byte(d.ID + ":" + strconv.Itoa(d.Tries)))
	return base + base/4*time.Duration(sum[0])/256
}

// judge remembers since when an endpoint only fails, and switches it off after days, or at once when it
// says by 410 that it is gone.
func (s *Service) judge(ctx context.Context, e Endpoint, status int, good bool) error {
	now := s.Now()
	if good && e.FailingSince == nil || !good && e.FailingSince != nil && status != http.StatusGone && now.Sub(*e.FailingSince) < failingMost {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	change, err := s.update(ctx, e.ID, func(x Endpoint) (Endpoint, string, error) {
		switch {
		case good:
			x.FailingSince = nil
		case status == http.StatusGone:
			x.State, x.Reason = Off, Gone
		case x.FailingSince == nil:
			x.FailingSince = &now
		case now.Sub(*x.FailingSince) >= failingMost:
			x.State, x.Reason = Off, Failing
		}
		return x, "", nil
	})
	if fault.KindOf(err) == fault.NotFound { // removed meanwhile
		return nil
	}
	if err == nil && change.Before.State == On && change.After.State == Off {
		s.Log.ErrorContext(ctx, "a webhook endpoint was switched off", "endpoint", e.ID, "reason", change.After.Reason)
		if s.SwitchedOff != nil {
			s.SwitchedOff(ctx, change.After)
		}
	}
	return err
}

// try sends d once. status is 0 without an answer, and problem says why.
func (s *Service) try(ctx context.Context, e Endpoint, d Delivery) (status int, problem string, err error) {
	body, err := s.body(ctx, e, d)
	if err != nil {
		return 0, "", err
	}
	now := s.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Hocso-Webhook/1")
	r.Header.Set("webhook-id", d.Message)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", signature(e.Secrets, d.Message, now, body))
	res, err := s.Client.Do(r)
	if err != nil {
		return 0, problemOf(err), nil
	}
	_, _ = io.CopyN(io.Discard, res.Body, 4096) // so that a short answer leaves the connection open; it says nothing to us
	_ = res.Body.Close()                        // nothing more is read
	return res.StatusCode, "", nil
}

// problemOf says why there was no answer, in a word that is safe to keep.
func problemOf(err error) string {
	var netErr net.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errAddress):
		return "not_allowed"
	case errors.As(err, &netErr) && netErr.Timeout():
		return "timeout"
	case errors.As(err, &certificate):
		return "tls"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	}
	return "refused"
}

// body is what is sent: the payload, with the address of whom it is about where the endpoint is allowed
// personal data. The address is looked up now and kept nowhere.
func (s *Service) body(ctx context.Context, e Endpoint, d Delivery) ([]byte, error) {
	if !e.PersonalData || d.Person == "" {
		return d.Payload, nil
	}
	p, err := s.People.Person(ctx, d.Person)
	if fault.KindOf(err) == fault.NotFound || err == nil && p.Status == people.Erased {
		return d.Payload, nil
	}
	if err != nil {
		return nil, err
	}
	var whole struct {
		Type      Event                     `json:"type"`
		Timestamp time.Time                 `json:"timestamp"`
		Data      map[string]jsontext.Value `json:"data"`
	}
	if err := json.Unmarshal(d.Payload, &whole); err != nil {
		return nil, fmt.Errorf("decode payload: %w", err)
	}
	if whole.Data["email"], err = json.Marshal(p.Email); err != nil {
		return nil, fmt.Errorf("encode address: %w", err)
	}
	return json.Marshal(whole, json.Deterministic(true))
}

// Tried is what became of a test.
type Tried struct {
	Status  int    `json:"status"` // 0: there was no answer
	Problem string `json:"problem,omitempty"`
}

// Try sends a test event to an endpoint at once, also to one that is off.
func (s *Service) Try(ctx context.Context, a people.Actor, id ID) (Tried, error) {
	e, err := s.Find(ctx, a, id)
	if err != nil {
		return Tried{}, err
	}
	d, err := s.delivery(e, Message{ID: s.NewID(), Event: Test, At: s.Now(), Data: TestData{Endpoint: string(id)}})
	if err != nil {
		return Tried{}, err
	}
	status, problem, err := s.try(ctx, e, d)
	return Tried{status, problem}, err
}
