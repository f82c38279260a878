package privacy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Erasure is the fact that a person was to be erased, and how far that is. It holds
// no name. All of them are the ledger, which is replayed after a restore.
type Erasure struct {
	Person   people.ID  `json:"person" bson:"_id"`
	At       time.Time  `json:"at" bson:"at"`                                 // decided
	By       people.ID  `json:"by,omitempty" bson:"by,omitempty"`             // empty: at the machine
	DoneAt   *time.Time `json:"doneAt,omitempty" bson:"doneAt,omitempty"`     // every step was carried out
	PurgedAt *time.Time `json:"purgedAt,omitempty" bson:"purgedAt,omitempty"` // nothing is left in the raw files either
}

// ErasureStore keeps the ledger.
type ErasureStore interface {
	// InsertErasure stores e; no error if there is one of this person.
	InsertErasure(ctx context.Context, e Erasure) error
	// Erasures returns the whole ledger, or those that are not purged yet, in order of time.
	Erasures(ctx context.Context, unfinished bool) ([]Erasure, error)
	// ErasureDone notes that every step was carried out.
	ErasureDone(ctx context.Context, p people.ID, at time.Time) error
	// ErasuresPurged notes that nothing is left of ps in the raw files.
	ErasuresPurged(ctx context.Context, ps []people.ID, at time.Time) error
}

// Eraser is one step of an erasure: what one package or one part of the store keeps
// about a person. To repeat a step changes nothing.
type Eraser struct {
	Name  string
	Erase func(ctx context.Context, p people.ID) error
}

// EraseFor erases the person who asked for it, whom the actor must be allowed to
// erase. Once the fact is stored the rest is done here or, if that is cut off, by
// Finish.
func (s *Service) EraseFor(ctx context.Context, a people.Actor, r Request) error {
	if err := s.People.MayErase(ctx, a, r.Person); err != nil {
		return err
	}
	e := Erasure{Person: r.Person, At: s.Now(), By: a.ID}
	if err := s.Erasures.InsertErasure(ctx, e); err != nil {
		return err
	}
	return s.carryOut(ctx, e)
}

// carryOut does the steps of an erasure, in order, and notes the end.
func (s *Service) carryOut(ctx context.Context, e Erasure) error {
	for _, step := range slices.Concat(s.Erasers, []Eraser{{"requests", s.forgetRequests}}) {
		if err := step.Erase(ctx, e.Person); err != nil {
			return fmt.Errorf("erase %s of %s: %w", step.Name, e.Person, err)
		}
	}
	if err := s.Erasures.ErasureDone(ctx, e.Person, s.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.read, e.Person)
	return nil
}

// settled is after how long nothing of somebody erased can arrive any more: by then
// every copy of the program knows that their account has ended.
const settled = time.Minute

// Finish carries out what is in the ledger and not done. Once an erasure is settled
// it is carried out once more, for what was under way when the account ended; then
// the ledger is kept beside the data, and what was erased is taken out of the raw
// files. To repeat it, or to do it in several copies of the program, changes nothing.
func (s *Service) Finish(ctx context.Context) error { return s.finish(ctx, settled) }

func (s *Service) finish(ctx context.Context, settled time.Duration) error {
	due, err := s.Erasures.Erasures(ctx, true)
	if err != nil || len(due) == 0 {
		return err
	}
	var ids []people.ID
	for _, e := range due {
		old := !s.Now().Before(e.At.Add(settled))
		if old || e.DoneAt == nil {
			if err := s.carryOut(ctx, e); err != nil {
				return err
			}
		}
		if old {
			ids = append(ids, e.Person)
		}
	}
	if s.KeepLedger != nil { // before the last trace is gone: it is needed after a restore
		all, err := s.Erasures.Erasures(ctx, false)
		if err == nil {
			err = s.KeepLedger(all)
		}
		if err != nil {
			return fmt.Errorf("keep the ledger of erasures: %w", err)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if s.Purge != nil {
		if err := s.Purge(ctx); err != nil {
			return err
		}
	}
	return s.Erasures.ErasuresPurged(ctx, ids, s.Now())
}

// Replay erases again whom a ledger names: a restore has brought them back. Who is
// not there is entered all the same, for the restore of another backup. Nobody may
// be served meanwhile: it waits for nothing to settle.
func (s *Service) Replay(ctx context.Context, ledger []Erasure) error {
	for _, e := range ledger {
		if e.Person == "" {
			return fault.New(fault.Malformed, "bad_ledger", "an entry of the ledger names nobody")
		}
		e.DoneAt, e.PurgedAt = nil, nil
		if err := s.Erasures.InsertErasure(ctx, e); err != nil {
			return err
		}
	}
	return s.finish(ctx, 0)
}

// forgetRequests empties what a person wrote, and ends what is open: the fact that
// they asked stays.
func (s *Service) forgetRequests(ctx context.Context, p people.ID) error {
	rs, err := s.Requests.RequestsOf(ctx, p)
	if err != nil {
		return err
	}
	for _, r := range rs {
		open := r.Open()
		r.About, r.Text = "", ""
		for i := range r.Log {
			r.Log[i].Text = ""
		}
		if open {
			r.State = Done
			r.Log = append(r.Log, Entry{At: s.Now(), Did: "complete"})
		}
		if err := s.Requests.ReplaceRequest(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Run finishes erasures and removes what is over, every so often, until ctx ends.
func (s *Service) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := s.Load(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("read how long things are kept", "err", err)
		}
		if err := s.Finish(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("finish erasures", "err", err)
		}
		if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("retention", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
