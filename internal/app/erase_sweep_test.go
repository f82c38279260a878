package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

var errCutOff = errors.New("cut off")

// failing fails one call: before it is done, or after, so that its answer is lost.
type failing struct {
	calls, failAt int
	lost          bool
}

func (f *failing) do(call func() error) error {
	f.calls++
	if f.calls == f.failAt && !f.lost {
		return errCutOff
	}
	err := call()
	if f.calls == f.failAt && err == nil {
		return errCutOff
	}
	return err
}

type failingErasures struct {
	privacy.ErasureStore
	*failing
}

func (s failingErasures) InsertErasure(ctx context.Context, e privacy.Erasure) error {
	return s.do(func() error { return s.ErasureStore.InsertErasure(ctx, e) })
}

func (s failingErasures) Erasures(ctx context.Context, unfinished bool) (es []privacy.Erasure, err error) {
	return es, s.do(func() (err error) {
		es, err = s.ErasureStore.Erasures(ctx, unfinished)
		return err
	})
}

func (s failingErasures) ErasureDone(ctx context.Context, p people.ID, at time.Time) error {
	return s.do(func() error { return s.ErasureStore.ErasureDone(ctx, p, at) })
}

func (s failingErasures) ErasuresPurged(ctx context.Context, ps []people.ID, at time.Time) error {
	return s.do(func() error { return s.ErasureStore.ErasuresPurged(ctx, ps, at) })
}

type failingRequests struct {
	privacy.RequestStore
	*failing
}

func (s failingRequests) Request(ctx context.Context, id string) (r privacy.Request, err error) {
	return r, s.do(func() (err error) {
		r, err = s.RequestStore.Request(ctx, id)
		return err
	})
}

func (s failingRequests) RequestsOf(ctx context.Context, p people.ID) (rs []privacy.Request, err error) {
	return rs, s.do(func() (err error) {
		rs, err = s.RequestStore.RequestsOf(ctx, p)
		return err
	})
}

func (s failingRequests) ReplaceRequest(ctx context.Context, r privacy.Request) error {
	return s.do(func() error { return s.RequestStore.ReplaceRequest(ctx, r) })
}

// TestErasureSurvivesEveryFailure has the k-th call of an erasure fail, once before it is done and once after, for
// every k. What was decided is then carried out by the loop alone; what was not is asked for again.
func TestErasureSurvivesEveryFailure(t *testing.T) {
	clock := nowMillis()
	a := openPlanted(t, t.TempDir(), func() time.Time { return clock })
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	f := &failing{}
	a.privacy.Erasures = failingErasures{a.db.Privacy(), f}
	a.privacy.Requests = failingRequests{a.db.Privacy(), f}
	for i, step := range a.privacy.Erasers {
		a.privacy.Erasers[i].Erase = func(ctx context.Context, p people.ID) error {
			return f.do(func() error { return step.Erase(ctx, p) })
		}
	}
	purge, keep := a.privacy.Purge, a.privacy.KeepLedger
	a.privacy.Purge = func(ctx context.Context) error { return f.do(func() error { return purge(ctx) }) }
	a.privacy.KeepLedger = func(all []privacy.Erasure) error { return f.do(func() error { return keep(all) }) }

	n := 0
	once := func(k int, lost bool) (calls int) {
		n++
		f.failAt = 0
		p, err := a.people.Add(t.Context(), people.Console(), people.Draft{Name: "Dấuẩn", Email: fmt.Sprintf("dauan%d@bo.vn", n)})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.db.Auth().InsertSession(t.Context(), auth.Session{ID: fmt.Sprint("s", n), Person: p.ID, ExpiresAt: clock.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		r, err := a.privacy.Ask(t.Context(), people.Actor{ID: p.ID}, privacy.Deletion, "", "Dấuẩn")
		if err != nil {
			t.Fatal(err)
		}
		do := func() error {
			_, err := a.privacy.Do(t.Context(), auditor(), r.ID, privacy.Deed{Did: "complete", Text: "Dấuẩn"})
			clock = clock.Add(2 * time.Minute)
			return errors.Join(err, a.privacy.Finish(t.Context()))
		}
		f.calls, f.failAt, f.lost = 0, k, lost
		err = do()
		calls, f.failAt = f.calls, 0
		if k <= calls && err == nil {
			t.Errorf("call %d of %d failed (lost: %v), and nobody noticed", k, calls, lost)
		}
		clock = clock.Add(2 * time.Minute)
		if err := a.privacy.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		now, err := a.people.Person(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.Status != people.Erased { // it was cut off before it was decided: then nothing was done at all
			if kept, err := a.auth.Kept(t.Context(), people.Actor{ID: p.ID}); err != nil || len(kept) != 1 || now.Name == "" {
				t.Errorf("call %d, lost %v: half erased: %+v, %v, %v", k, lost, now, kept, err)
			}
			if err := do(); err != nil {
				t.Errorf("call %d, lost %v: again: %v", k, lost, err)
			}
		}
		check(t, a, p.ID, r.ID)
		return calls
	}
	most := 0
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			calls := once(k, lost)
			if most = max(most, calls); k > calls {
				break
			}
		}
	}
	if most < 15 {
		t.Errorf("an erasure makes %d calls: are all of them tried?", most)
	}
	t.Logf("%d calls, each failed in two ways", most)
}

// check sees that an erasure is whole.
func check(t *testing.T, a *App, id people.ID, request string) {
	t.Helper()
	p, err := a.people.Person(t.Context(), id)
	if err != nil || p.Status != people.Erased || p.Name != "" {
		t.Errorf("the person is %+v, %v", p, err)
	}
	if kept, err := a.auth.Kept(t.Context(), people.Actor{ID: id}); err != nil || len(kept) > 0 {
		t.Errorf("sessions %+v, %v", kept, err)
	}
	r, err := a.db.Privacy().Request(t.Context(), request)
	if err != nil || r.State != privacy.Done || r.Text != "" || len(r.Log) != 1 {
		t.Errorf("the request is %+v, %v", r, err)
	}
	if open, err := a.db.Privacy().Erasures(t.Context(), true); err != nil || len(open) > 0 {
		t.Errorf("unfinished: %+v, %v", open, err)
	}
	kept, err := readLedger(ledgerOf(a.cfg))
	if err != nil || kept[len(kept)-1].Person != id {
		t.Errorf("the ledger ends with %+v, %v; want %s", kept, err, id)
	}
}
