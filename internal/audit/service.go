package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hocso/internal/fault"
)

// writeTime is how long writing one batch may take, whoever waits for it.
const writeTime = 10 * time.Second

// Service writes and reads the trail. It is safe for concurrent use, and several copies
// of the program may write at the same time; its fields are set once, before the first call.
type Service struct {
	Store Store
	Key   []byte // seals entries; at least 256 random bits that all copies of the program share
	Now   func() time.Time
	NewID func() string // random, for salts

	queue struct {
		sync.Mutex
		waiting []*waiting
	}
	turn  sync.Mutex // held by the one who writes for all who wait
	last  Mark       // the newest entry this copy knows of, under turn
	known bool       // whether last is that

	limits limits
}

// waiting is an entry to be written, and what became of it.
type waiting struct {
	entry   Entry
	written bool
	err     error
}

// Append adds an entry and returns its number. When it returns, the entry is durable.
// At, Group, the number and the seals are set here. An error means that it may not be
// there; what it tells of must then not happen.
func (s *Service) Append(ctx context.Context, e Entry) (int64, error) {
	e.At, e.Group = s.Now(), groupOf(e.Action)
	if e.Group == "" {
		return 0, fmt.Errorf("audit: the action %q is in no group", e.Action)
	}
	e.Detail = append([]Detail{}, e.Detail...)
	if e.From != nil {
		f := From{e.From.Address, s.NewID(), e.At}
		e.From, e.FromMark = &f, s.fromMark(f)
	}
	w := &waiting{entry: e}
	s.queue.Lock()
	s.queue.waiting = append(s.queue.waiting, w)
	s.queue.Unlock()
	// Who gets the turn writes for everybody who waits: under load many entries share one
	// sync of the disk. Most find theirs written when their turn comes.
	s.turn.Lock()
	defer s.turn.Unlock()
	if !w.written && w.err == nil {
		s.queue.Lock()
		batch := s.queue.waiting
		s.queue.waiting = nil
		s.queue.Unlock()
		s.write(ctx, batch)
	}
	return w.entry.Seq, w.err
}

// write appends a batch to the chain, in its order. The context of one caller does not
// end what it does for the others.
func (s *Service) write(ctx context.Context, batch []*waiting) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	err := s.append(ctx, batch)
	if err == nil {
		err = s.Store.Advance(ctx, headMark, s.sealed(headMark, s.last.Seq, s.last.Hash))
	}
	if err == nil {
		return
	}
	s.known = false // nobody knows how far it came
	for _, w := range batch {
		w.err = fmt.Errorf("write the audit trail: %w", err)
	}
}

// append inserts the batch, after what other copies of the program have written meanwhile.
func (s *Service) append(ctx context.Context, batch []*waiting) error {
	for len(batch) > 0 {
		if !s.known {
			last, err := s.newest(ctx)
			if err != nil {
				return err
			}
			s.last, s.known = last, true
		}
		es, at := make([]Entry, len(batch)), s.last
		for i, w := range batch {
			w.entry.Seq, w.entry.Prev = at.Seq+1, at.Hash
			w.entry.Hash = s.hash(w.entry)
			es[i], at = w.entry, Mark{Seq: w.entry.Seq, Hash: w.entry.Hash}
		}
		n, err := s.Store.Append(ctx, es)
		for _, w := range batch[:n] {
			w.written = true
			s.last = Mark{Seq: w.entry.Seq, Hash: w.entry.Hash}
		}
		batch = batch[n:]
		if fault.KindOf(err) == fault.Conflict && err != nil {
			s.known = false
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// newest is where the chain goes on: after the newest entry, or after the head where that
// is further, because the newest entries were removed. Where the head was removed, or was
// not made by the program, the next number is left out: nothing that is written later
// covers up what was done.
func (s *Service) newest(ctx context.Context) (Mark, error) {
	e, err := s.Store.Newest(ctx)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return Mark{}, err
	}
	last := Mark{Seq: e.Seq, Hash: e.Hash}
	head, err := s.Store.Mark(ctx, headMark)
	switch {
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return Mark{}, err
	case err != nil && last.Seq == 0: // the very first: from here on there is always a head
		return last, s.Store.Advance(ctx, headMark, s.sealed(headMark, 0, ""))
	case err != nil || !s.genuine(headMark, head):
		last.Seq++
	case head.Seq > last.Seq:
		return head, nil
	}
	return last, nil
}

// Begin enters that something is about to be done. It must not be done when this fails.
func (s *Service) Begin(ctx context.Context, e Entry) (Entry, error) {
	e.Outcome = Begun
	seq, err := s.Append(ctx, e)
	e.Seq = seq
	return e, err
}

// End enters how something ended that Begin entered; e is what Begin returned, with what
// was learnt since.
func (s *Service) End(ctx context.Context, e Entry, o Outcome, code string) error {
	e.Of, e.Outcome, e.Code = e.Seq, o, code
	_, err := s.Append(ctx, e)
	return err
}

// Do enters what do does: that it begins, and how it ended. Nothing is done when the
// trail cannot be written.
func (s *Service) Do(ctx context.Context, e Entry, do func(*Entry) error) error {
	e, err := s.Begin(ctx, e)
	if err != nil {
		return err
	}
	if err := do(&e); err != nil {
		if end := s.End(ctx, e, Failed, string(fault.KindOf(err))); end != nil {
			return fmt.Errorf("%w; and: %w", err, end)
		}
		return err
	}
	return s.End(ctx, e, Done, "")
}
