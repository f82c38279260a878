package audit

import (
	"context"
	"errors"
	"strconv"
	"time"

	"hocso/internal/fault"
)

// AddressTime is how long the trail says where somebody signed in from.
const AddressTime = 90 * 24 * time.Hour

// LeastAge is the least age in years of an entry that may be removed.
const LeastAge = 1

// Prune removes the oldest entries, up to the first one that is not older than before, or
// than a year if that is earlier. It remembers the last one it removed as the anchor, from
// which Verify begins, and enters that it did. It also forgets where people signed in
// from longer than AddressTime ago. It may be cut off at any moment and run again, also
// in several copies of the program. A trail that is not as it was written is left as it
// is, for it is evidence: fault.Conflict trail_broken.
func (s *Service) Prune(ctx context.Context, before time.Time) (removed int64, err error) {
	now := s.Now()
	if year := now.AddDate(-LeastAge, 0, 0); before.After(year) {
		before = year
	}
	if err := s.Store.ForgetAddresses(ctx, now.Add(-AddressTime)); err != nil {
		return 0, err
	}
	r := Report{}
	v := verifier{s: s, r: &r}
	if err := v.begin(ctx, 0); err != nil {
		return 0, err
	}
	if v.anchor.Seq > 0 && r.Good() { // what a run that was cut off has left
		if err := s.Store.Remove(ctx, v.anchor.Seq); err != nil {
			return 0, err
		}
	}
	err = s.Store.Each(ctx, v.prev.Seq, func(e Entry, intact bool) error {
		if !e.At.Before(before) {
			return errEnough
		}
		v.check(e, intact)
		return nil
	})
	switch {
	case err != nil && !errors.Is(err, errEnough):
		return 0, err
	case !r.Good():
		return 0, fault.New(fault.Conflict, "trail_broken", "the audit trail is not as it was written: %s", r.Problems[0])
	case r.Entries == 0:
		return 0, nil
	}
	last := v.prev
	e := Entry{Action: TrailPruned, Detail: []Detail{{What: "entries", After: strconv.FormatInt(r.Entries, 10)}, {What: "through", After: strconv.FormatInt(last.Seq, 10)}}}
	return r.Entries, s.Do(ctx, e, func(*Entry) error {
		if err := s.Store.Advance(ctx, anchorMark, s.sealed(anchorMark, last.Seq, last.Hash)); err != nil {
			return err
		}
		return s.Store.Remove(ctx, last.Seq)
	})
}
