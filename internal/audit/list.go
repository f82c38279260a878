package audit

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Limits of a list.
const (
	page      = 50
	pageRead  = 200 // entries read at once: of most changes there are two
	mostReads = 10
)

// settleTime is how long a change may be under way before its outcome counts as unknown.
const settleTime = time.Minute

// Filter says which entries a list shall have. Zero fields select all.
type Filter struct {
	Actor    people.ID
	Group    Group
	Action   Action
	Object   Object
	Outcome  Outcome // Unknown also finds what is still under way
	From, To time.Time
	Cursor   int64 // the number that List returned as next
}

// MayRead refuses everybody but auditors of the whole organisation: the trail cannot be
// divided by units, as people and units move. fault.Forbidden not_allowed.
func MayRead(a people.Actor) error {
	if _, all := a.Scope(people.ReadAudit); !all {
		return fault.New(fault.Forbidden, "not_allowed", "the audit trail is for auditors of the whole organisation")
	}
	return nil
}

// List returns a page of the trail, the newest first, and the cursor of the next page, 0
// on the last. That a change began is left out where there is an entry of how it ended;
// else its outcome is UnderWay or Unknown. A page may be shorter than others, even empty.
func (s *Service) List(ctx context.Context, a people.Actor, f Filter) (out []Entry, next int64, err error) {
	if err := MayRead(a); err != nil {
		return nil, 0, err
	}
	q := Query{Actor: f.Actor, Group: f.Group, Action: f.Action, Object: f.Object, Outcome: f.Outcome, Before: f.Cursor, Limit: pageRead}
	if q.Action != "" {
		q.Group = groupOf(q.Action) // which has an index
	}
	if f.Outcome == Unknown {
		q.Outcome = Begun
	}
	if !f.From.IsZero() {
		if q.After, err = s.Store.Since(ctx, f.From); err != nil {
			return nil, 0, err
		}
	}
	if !f.To.IsZero() {
		through, err := s.Store.Since(ctx, f.To)
		if err != nil {
			return nil, 0, err
		}
		if q.Before == 0 || through+1 < q.Before {
			q.Before = through + 1
		}
	}
	out = []Entry{}
	for range mostReads {
		es, err := s.Store.Find(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		open, err := s.open(ctx, es)
		if err != nil {
			return nil, 0, err
		}
		for i, e := range es {
			q.Before = e.Seq
			if e.Outcome == Begun && !open[e.Seq] {
				continue
			}
			if e.Outcome == Begun {
				e.Outcome = Unknown
				if s.Now().Sub(e.At) < settleTime {
					e.Outcome = UnderWay
				}
			}
			if out = append(out, e); len(out) == page && (i < len(es)-1 || len(es) == pageRead) {
				return out, q.Before, nil
			}
		}
		if len(es) < pageRead {
			return out, 0, nil
		}
	}
	return out, q.Before, nil
}

// open finds what was begun and has not ended.
func (s *Service) open(ctx context.Context, es []Entry) (map[int64]bool, error) {
	open, seqs := map[int64]bool{}, []int64{}
	for _, e := range es {
		if e.Outcome == Begun {
			open[e.Seq], seqs = true, append(seqs, e.Seq)
		}
	}
	if len(seqs) == 0 {
		return open, nil
	}
	ended, err := s.Store.Ended(ctx, seqs)
	for _, seq := range ended {
		delete(open, seq)
	}
	return open, err
}
