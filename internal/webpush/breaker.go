package webpush

import (
	"sync"
	"time"
)

// A push service that does not answer, or hardly, would hold up the messages to all
// others: whoever sends waits for it. After a few such answers in a row it is left alone
// for a while; then one message at a time tries it again.
const (
	mostSlow  = 3               // in a row
	slowFrom  = 3 * time.Second // an answer that took so long is as bad as none
	leftAlone = time.Minute
)

// breakers know which push services hold others up.
type breakers struct {
	now func() time.Time

	mu sync.Mutex
	by map[string]*breaker
}

type breaker struct {
	slow  int       // answers in a row that were slow, or did not come
	until time.Time // the service is left alone
}

func newBreakers(now func() time.Time) *breakers {
	return &breakers{now: now, by: map[string]*breaker{}}
}

// begin returns for how long a service is to be left alone, zero if it may be asked.
func (b *breakers) begin(service string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.by[service]
	if x == nil {
		x = &breaker{}
		b.by[service] = x
	}
	now := b.now()
	if d := x.until.Sub(now); d > 0 {
		return d
	}
	if x.slow >= mostSlow {
		x.until = now.Add(leftAlone) // this one tries it
	}
	return 0
}

// end takes note of an answer that took so long and is one, or none at all.
func (b *breakers) end(service string, took time.Duration, answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.by[service]
	if answered && took < slowFrom {
		*x = breaker{}
		return
	}
	if x.slow++; x.slow >= mostSlow {
		x.until = b.now().Add(leftAlone)
	}
}
