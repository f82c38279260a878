package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"hocso/internal/fault"
)

// ThrottleStore counts tries in the database, so that all copies of the program
// count together. A key's count begins anew when its window is over.
type ThrottleStore interface {
	// Count adds one to key, which begins a window of the given length if none is
	// running, and returns the count and the end of the window. It is atomic.
	Count(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error)
	// Uncount takes one from key if its window is running.
	Uncount(ctx context.Context, key string, now time.Time) error
	// Forget drops keys.
	Forget(ctx context.Context, keys ...string) error
	// Counted returns the count of key and the end of its window, 0 if none is running.
	Counted(ctx context.Context, key string, now time.Time) (n int, until time.Time, err error)
}

// Throttled is a refusal because of too many tries. It says when to try again.
type Throttled struct {
	fault *fault.Error
	wait  time.Duration
	door  string
}

// Error implements error.
func (t *Throttled) Error() string { return t.fault.Error() }

// Unwrap returns the fault.TooMany too_many_tries.
func (t *Throttled) Unwrap() error { return t.fault }

// Door tells the limit that was reached from others, without what it counts by.
func (t *Throttled) Door() string { return t.door }

// RetryAfter is how long to wait.
func (t *Throttled) RetryAfter() time.Duration { return t.wait }

func throttled(door string, now, until time.Time) error {
	return &Throttled{fault.New(fault.TooMany, "too_many_tries", "too many tries, wait a little"), max(until.Sub(now), time.Second), door}
}

// A bucket is one limit: so many failures in so long a time.
type bucket struct {
	key    string
	most   int
	window time.Duration
}

// The limits. A whole ministry may sit behind one address, so that one is wide.
// The one on the account alone stops a guess spread over many addresses; it does
// not hold for an address from which the person signed in lately, so that no
// stranger can lock anybody out where they usually are. Tries under way count too,
// up to a wider limit: many at once cannot all slip through, and somebody who
// presses the button twice is not refused.
const (
	mostFailures    = 10
	mostUnderWay    = 60
	mostOfAddress   = 300
	mostOfAccount   = 100
	shortWindow     = 15 * time.Minute
	accountWindow   = 24 * time.Hour
	familiarAddress = 30 * 24 * time.Hour
)

func bucketKey(kind string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// try is one attempt to sign in, as the throttle sees it.
type try struct {
	email, address string
	now            time.Time
	familiar       bool // the person signed in from this address lately
}

func (t try) key(kind string) string { return bucketKey(kind, t.email, t.address) }

// admit counts a try before it is made, and refuses it when a bucket is full.
func (s *Service) admit(ctx context.Context, email, address string, now time.Time) (try, error) {
	t := try{email: email, address: address, now: now}
	seen, _, err := s.Throttles.Counted(ctx, t.key("familiar"), now)
	if err != nil {
		return t, err
	}
	t.familiar = seen > 0
	buckets := []bucket{
		{bucketKey("address", address), mostOfAddress, shortWindow},
		{t.key("tries"), mostUnderWay, shortWindow},
	}
	if !t.familiar {
		buckets = append(buckets, bucket{bucketKey("account", email), mostOfAccount, accountWindow})
	}
	for _, b := range buckets {
		n, until, err := s.Throttles.Count(ctx, b.key, now, b.window)
		if err != nil {
			return t, err
		}
		if n > b.most {
			return t, throttled(b.key, now, until)
		}
	}
	failures, until, err := s.Throttles.Counted(ctx, t.key("failures"), now)
	if err == nil && failures >= mostFailures {
		err = throttled(t.key("failures"), now, until)
	}
	return t, err
}

// notTried takes back what was counted for a try that nobody looked at, because too
// many others were under way: those who wait behind one address must not lock it.
func (s *Service) notTried(ctx context.Context, t try) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second) // the request's own time is over
	defer cancel()
	for _, key := range []string{bucketKey("address", t.address), t.key("tries"), bucketKey("account", t.email)} {
		if err := s.Throttles.Uncount(ctx, key, t.now); err != nil {
			return err
		}
	}
	return nil
}

// failed notes a wrong try.
func (s *Service) failed(ctx context.Context, t try) error {
	_, _, err := s.Throttles.Count(ctx, t.key("failures"), t.now, shortWindow)
	return err
}

// succeeded takes back what was counted for a try that was right.
func (s *Service) succeeded(ctx context.Context, t try) error {
	if err := s.Throttles.Forget(ctx, t.key("tries"), t.key("failures"), bucketKey("account", t.email)); err != nil {
		return err
	}
	if err := s.Throttles.Uncount(ctx, bucketKey("address", t.address), t.now); err != nil {
		return err
	}
	if t.familiar {
		return nil
	}
	_, _, err := s.Throttles.Count(ctx, t.key("familiar"), t.now, familiarAddress)
	return err
}
