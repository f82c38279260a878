package app

import "time"

// ticks tells when it is time to say again how far something is: once a second. It serves
// one goroutine.
type ticks struct{ last time.Time }

func newTicks() *ticks { return &ticks{time.Now()} }

func (t *ticks) due() bool {
	if now := time.Now(); now.Sub(t.last) >= time.Second {
		t.last = now
		return true
	}
	return false
}
