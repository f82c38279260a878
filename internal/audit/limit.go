package audit

import (
	"context"
	"sync"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Limits of what somebody who is not to be trusted can add to the trail, for each copy of
// the program. What is beyond them is still counted by /metrics and in the log.
const (
	mostRefusals = 600  // entries a minute of what changed nothing: refusals, failed sign-ins
	mostNotDone  = 120  // changes a minute that one person begins and that are not done
	mostBegun    = 600  // changes a minute that one person begins
	mostKeys     = 4096 // refusals remembered, so as not to enter them again
)

// limits counts in minutes of the clock.
type limits struct {
	mu       sync.Mutex
	minute   time.Time
	refusals int
	notDone  map[people.ID]int
	begun    map[people.ID]int
	seen     map[string]time.Time
}

// turnOver begins a new minute.
func (l *limits) turnOver(now time.Time) {
	minute := now.Truncate(time.Minute)
	if l.notDone != nil && l.minute.Equal(minute) {
		return
	}
	l.minute, l.refusals, l.notDone, l.begun = minute, 0, map[people.ID]int{}, map[people.ID]int{}
	for key, until := range l.seen {
		if !now.Before(until) {
			delete(l.seen, key)
		}
	}
}

// first reports whether an entry of this key is to be made.
func (l *limits) first(key string, now, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turnOver(now)
	if now.Before(l.seen[key]) || l.refusals >= mostRefusals {
		return false
	}
	l.refusals++
	if key != "" && len(l.seen) < mostKeys {
		if l.seen == nil {
			l.seen = map[string]time.Time{}
		}
		l.seen[key] = until
	}
	return true
}

// AppendOnce adds an entry of something that changed nothing, unless there is one of the
// same key that was to hold until later than now, or too many were added in this minute.
// An empty key is always new.
func (s *Service) AppendOnce(ctx context.Context, e Entry, key string, until time.Time) error {
	if !s.limits.first(key, s.Now(), until) {
		return nil
	}
	_, err := s.Append(ctx, e)
	return err
}

// NotDone counts a change that somebody began and that was refused or failed.
func (s *Service) NotDone(p people.ID) {
	l := &s.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turnOver(s.Now())
	l.notDone[p]++
}

// MayBegin counts a change that somebody is about to begin, and refuses it when there were
// too many in this minute, or too many that were not done: each costs the trail two
// entries. fault.TooMany too_many_changes or too_many_refusals.
func (s *Service) MayBegin(p people.ID) error {
	l := &s.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turnOver(s.Now())
	if l.notDone[p] >= mostNotDone {
		return fault.New(fault.TooMany, "too_many_refusals", "too many changes were refused, wait a minute")
	}
	if l.begun[p] >= mostBegun {
		return fault.New(fault.TooMany, "too_many_changes", "too many changes in one minute, wait a little")
	}
	l.begun[p]++
	return nil
}
