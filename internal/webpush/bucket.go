package webpush

import (
	"context"
	"sync"
	"time"
)

// buckets hold how much each push service may get: one token a message, refilled
// steadily, at most four seconds' worth. Services are the entries of the host list,
// so there are few, whatever endpoints strangers make up.
type buckets struct {
	rate float64 // a second
	now  func() time.Time

	mu sync.Mutex
	by map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newBuckets(rate float64, now func() time.Time) *buckets {
	return &buckets{rate: rate, now: now, by: map[string]*bucket{}}
}

// take takes a token and returns how long to wait until it is there.
func (b *buckets) take(service string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, most := b.now(), 4*b.rate
	x := b.by[service]
	if x == nil {
		x = &bucket{most, now}
		b.by[service] = x
	}
	if d := now.Sub(x.at); d > 0 {
		x.tokens, x.at = min(most, x.tokens+d.Seconds()*b.rate), now
	}
	x.tokens--
	if x.tokens >= 0 {
		return 0
	}
	return time.Duration(-x.tokens / b.rate * float64(time.Second))
}

// wait returns when a token is there, or with the error of ctx.
func (b *buckets) wait(ctx context.Context, service string) error {
	d := b.take(service)
	if d == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
