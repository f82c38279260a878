package letter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Service queues letters and sends what is due. Several of them, on one or on many
// copies of the program, share one store. Its fields are set once, before the first call.
type Service struct {
	Store   Store
	Sender  Sender // nil: there is no mail
	Bounces BounceStore
	Key     []byte // signs the ids of mails
	// Noted is told of every address that was found to take no mail. Nil: nobody is.
	Noted   func(context.Context, people.ID)
	Writers map[Kind]Writer
	Now     func() time.Time
	Log     *slog.Logger
}

const (
	leaseFor  = 2 * time.Minute
	sendFor   = 45 * time.Second // writing and sending one
	settleFor = 10 * time.Second // also when the program ends meanwhile
	firstBack = 30 * time.Second
	longBack  = 30 * time.Minute
	workers   = 4
)

// On reports whether mail can be sent at all.
func (s *Service) On() bool { return s != nil && s.Sender != nil }

// Queue stores a letter, to be sent at once or from DueAt on. fault.Conflict mail_off
// when there is no mail.
func (s *Service) Queue(ctx context.Context, l Letter) error {
	if !s.On() {
		return fault.New(fault.Conflict, "mail_off", "no mail server is set up")
	}
	l.CreatedAt = s.Now()
	if l.DueAt.IsZero() {
		l.DueAt = l.CreatedAt
	}
	return s.Store.InsertLetter(ctx, l)
}

// Tick sends everything that is due at now and returns how many mails went out. A
// mail goes out at least once: a kill between sending and removing sends it again.
func (s *Service) Tick(ctx context.Context, now time.Time) (sent int, err error) {
	var total atomic.Int64
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				l, ok, err := s.Store.ClaimLetter(ctx, now, now.Add(leaseFor))
				if err != nil || !ok {
					errs[i] = err
					return
				}
				went, err := s.handle(ctx, l, now)
				if err != nil && ctx.Err() == nil { // it stays leased and comes back; the others go on
					s.Log.WarnContext(ctx, "handle letter, will repeat", "letter", l.ID, "kind", l.Kind, "err", err)
				}
				if went {
					total.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		return int(total.Load()), fmt.Errorf("claim letters: %w", err)
	}
	return int(total.Load()), nil
}

// Run ticks every interval until ctx is done, if there is mail.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	if !s.On() {
		return
	}
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if _, err := s.Tick(ctx, s.Now()); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "send letters", "err", err)
			}
		}
	}
}

// handle writes, sends and settles one claimed letter.
func (s *Service) handle(ctx context.Context, l Letter, now time.Time) (sent bool, err error) {
	log := s.Log.With("letter", l.ID, "kind", l.Kind)
	write := s.Writers[l.Kind]
	switch {
	case !now.Before(l.ExpiresAt):
		log.WarnContext(ctx, "letter dropped: too late", "tries", l.Tries)
		return false, s.remove(ctx, l)
	case l.Person == "":
		return false, s.remove(ctx, l)
	case write == nil:
		return false, fmt.Errorf("nobody writes letters of kind %q", l.Kind)
	}
	work, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	m, err := write(work, l)
	if k := fault.KindOf(err); k == fault.Gone || k == fault.NotFound {
		return false, s.remove(ctx, l)
	}
	if err != nil {
		return false, err
	}
	m.ID = l.ID
	err = s.Send(work, l.Person, m)
	switch {
	case err == nil:
		return true, s.remove(ctx, l)
	case errors.Is(err, ErrRefused), errors.Is(err, ErrBounced):
		log.WarnContext(ctx, "letter dropped: refused", "err", err)
		return false, s.remove(ctx, l)
	}
	log.WarnContext(ctx, "letter not sent, will try again", "tries", l.Tries+1, "err", err)
	l.DueAt = now.Add(min(firstBack<<min(l.Tries, 10), longBack))
	l.Tries++
	return false, s.settle(ctx, func(ctx context.Context) error { return s.Store.PostponeLetter(ctx, l) })
}

func (s *Service) remove(ctx context.Context, l Letter) error {
	return s.settle(ctx, func(ctx context.Context) error { return s.Store.RemoveLetter(ctx, l) })
}

// settle writes down what became of a letter even when the program ends meanwhile:
// otherwise it would go out a second time.
func (s *Service) settle(ctx context.Context, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
	defer cancel()
	return write(ctx)
}
