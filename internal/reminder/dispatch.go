package reminder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
)

// Dispatcher sends what is due. Several of them, on one or on many replicas, share
// one store: a claim is a lease, each claim counts a fence up, and only the holder
// of the newest may settle.
type Dispatcher struct {
	Service *Service
	Channel string // that it serves; empty: Push
	Workers int    // deliveries handled at once; 0 means 8
	Log     *slog.Logger
}

const (
	leaseFor  = 2 * time.Minute
	tickFor   = time.Minute      // shorter than the lease
	settleFor = 55 * time.Second // to write down what was done, when the database is away for a moment
	giveFor   = time.Hour        // to hand over a message, also after having been stopped: its clients have time limits of their own
	lastCall  = 5 * time.Second  // of it when the program ends
	firstBack = time.Minute
	longBack  = time.Hour
)

// Tick handles everything that is due at now, or as much as a minute allows, and
// returns how many reminders went out.
func (d *Dispatcher) Tick(ctx context.Context, now time.Time) (sent int, err error) {
	end := ctx // is over when the program ends, not already with this tick
	ctx, cancel := context.WithTimeout(ctx, tickFor)
	defer cancel()
	workers := d.Workers
	if workers == 0 {
		workers = 8
	}
	channel := cmp.Or(d.Channel, Push)
	var total atomic.Int64
	errs := make([]error, workers)
	began := d.Service.Now()
	clock := func() time.Time { return now.Add(d.Service.Now().Sub(began)) }
	campaigns := &recent{read: d.Service.Campaigns, now: clock, by: map[campaign.ID]reading{}}
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				at := clock()
				x, ok, err := d.Service.Store.ClaimDelivery(ctx, channel, at, at.Add(leaseFor))
				if err != nil || !ok {
					errs[i] = err
					return
				}
				went, err := (&claim{d.Service, campaigns, clock, end, x}).handle(ctx)
				if err != nil {
					// It stays leased and comes back; the others go on.
					d.Log.WarnContext(ctx, "handle reminder, will repeat", "delivery", x.Token, "err", err)
				}
				if went {
					total.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
		return int(total.Load()), fmt.Errorf("claim reminders: %w", err)
	}
	return int(total.Load()), nil
}

// Run ticks every interval until ctx is done. It is only the ticker: everything
// worth testing is in Tick.
func (d *Dispatcher) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if _, err := d.Tick(ctx, d.Service.Now()); err != nil && ctx.Err() == nil {
				d.Log.ErrorContext(ctx, "dispatch reminders", "err", err)
			}
		}
	}
}

// claim is one delivery in the hands of one worker.
type claim struct {
	*Service
	campaigns Campaigns
	clock     func() time.Time
	end       context.Context // is over when the program ends, not already with the tick
	d         Delivery
}

// handle decides about the delivery, sends it and settles it.
func (c *claim) handle(ctx context.Context) (sent bool, err error) {
	d, now := c.d, c.clock()
	who, err := c.subject(ctx, d)
	if err != nil {
		return false, err
	}
	f, err := c.facts(ctx, c.campaigns, d, who)
	if err != nil {
		return false, err
	}
	b, err := c.Budgets.Budget(ctx, d.Person)
	if err != nil {
		return false, err
	}
	f.Sends = b.Sends
	if x := b.of(d.ID); x != nil {
		return false, c.finish(ctx, f, b, *x, now)
	}
	switch v := Decide(d, f, now); v.Action {
	case Drop:
		if v.Reason == ReasonNoSubscription && windowOf(f.Person, c.Calendar).open(now) {
			c.told(ctx, d, f, nil, now)
		}
		return false, c.settle(ctx, d, f, v.Reason, now)
	case Wait:
		return false, c.wait(ctx, d, v.Until)
	}
	return c.send(ctx, f, b, who, now)
}

// finish settles a delivery that an earlier claim began to send and did not settle. It
// may be with the person or not, and the claim may still go on when a copy of the program
// that was stopped wakes up: nobody else sends it, once is better than twice.
func (c *claim) finish(ctx context.Context, f Facts, b Budget, x Send, now time.Time) error {
	c.d.With = x.With
	if x.Done {
		return c.settle(ctx, c.d, f, ReasonSent, now)
	}
	if err := c.change(ctx, b, func(b Budget) Budget { return b.done(x.Delivery) }); err != nil {
		return err
	}
	return c.settle(ctx, c.d, f, ReasonUnsure, now)
}

// send writes the message down in the person's budget, which gives the sending to this
// claim for good, hands it over, and settles all that it spoke for.
func (c *claim) send(ctx context.Context, f Facts, b Budget, who subject, now time.Time) (bool, error) {
	duties, others, err := c.merge(ctx, c.campaigns, c.d, f, who, now)
	if err != nil {
		return false, err
	}
	c.d.With = make([]string, len(others))
	for i, o := range others {
		c.d.With[i] = o.delivery.ID
	}
	hand, err := c.message(c.d, f, duties, who.devices, now)
	if err != nil {
		return false, err
	}
	if !c.leased() {
		return false, nil // this copy of the program was stopped meanwhile; another one goes on
	}
	b, mine, err := c.begin(ctx, b, now)
	if err != nil {
		return false, err
	}
	if !mine { // another message to the person begins at this moment
		return false, c.wait(ctx, c.d, now.Add(busyPause))
	}
	r, given := c.give(hand, f)
	ctx, cancel := outlive(c.end, settleFor)
	defer cancel()
	why := ReasonSent
	switch heard := c.leased() && c.end.Err() == nil; {
	case r.accepted > 0:
	case given && r.later > 0 && !heard: // it may have been taken
		why = ReasonUnsure
	default:
		return false, surely(ctx, func() error { return c.unsent(ctx, c.d, f, b, r, c.clock()) })
	}
	if err := surely(ctx, func() error { return c.change(ctx, b, func(b Budget) Budget { return b.done(c.d.ID) }) }); err != nil {
		return true, err
	}
	if err := surely(ctx, func() error { return c.settle(ctx, c.d, f, why, now) }); err != nil {
		return true, err
	}
	c.told(ctx, c.d, f, duties, now)
	for _, o := range others {
		o.facts.Sends = []Send{{Delivery: c.d.ID, With: c.d.With, Done: true}}
		// Leased by another dispatcher: it will find in the budget that it was merged.
		if err := surely(ctx, func() error { return c.settle(ctx, o.delivery, o.facts, ReasonMerged, now) }); err != nil {
			return true, err
		}
	}
	return true, nil
}

// begin writes down that this claim sends the message. mine is false if another message
// to the person was faster. An answer of the database that was lost, or came too late
// for a copy of the program that was stopped, is looked up.
func (c *claim) begin(ctx context.Context, old Budget, now time.Time) (b Budget, mine bool, err error) {
	b = old.begin(c.d, c.d.With, now)
	if err = c.Budgets.PutBudget(ctx, b); err == nil {
		b.Version++
		return b, true, nil
	}
	ctx, cancel := outlive(c.end, settleFor)
	defer cancel()
	if again := surely(ctx, func() (err error) { b, err = c.Budgets.Budget(ctx, c.d.Person); return err }); again != nil {
		return b, false, again
	}
	if x := b.of(c.d.ID); x != nil && x.Fence == c.d.Fence {
		return b, true, nil
	}
	if isKind(err, fault.Conflict) {
		err = nil
	}
	return b, false, err
}

// message returns what hands the message about duties to the services that bring it to
// the person.
func (s *Service) message(d Delivery, f Facts, duties []duty, devices []Subscription, now time.Time) (hand func(context.Context, time.Time) result, err error) {
	if d.Channel == Email {
		m, err := s.letter(d, f.Person, duties, now)
		return func(ctx context.Context, _ time.Time) result { return s.mailTo(ctx, d.Person, m) }, err
	}
	tag := short(d.Campaign)
	text, err := payload(duties, f.Person.Settings.Locale, s.PublicURL, d, tag, s.Calendar, now)
	until := d.NotAfter
	if end := windowOf(f.Person, s.Calendar).end(now); end.Before(until) { // they have moved to another zone since
		until = end
	}
	return func(ctx context.Context, now time.Time) result {
		return s.pushAll(ctx, devices, Message{Payload: text, TTL: max(until.Sub(now), time.Minute).Truncate(time.Second), Topic: tag})
	}, err
}

// give hands the message over, unless the window has closed while this copy of the
// program was stopped. It is not bound to the tick nor to the lease: nobody else would.
// The client has time limits of its own.
func (c *claim) give(hand func(context.Context, time.Time) result, f Facts) (r result, given bool) {
	now := c.clock()
	if now.After(c.d.NotAfter) || !windowOf(f.Person, c.Calendar).open(now) {
		return result{later: 1}, false
	}
	ctx, cancel := outlive(c.end, giveFor)
	defer cancel()
	return hand(ctx, now), true
}

// leased reports whether the lease still runs.
func (c *claim) leased() bool { return c.clock().Before(c.d.LeaseUntil) }

// outlive returns a context for what was begun, also when ctx is over: for most, and
// short once ctx is over.
func outlive(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(lastCall)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}

// surely repeats f until it succeeds or ctx is over: a push that went out and was
// not written down would go out again. A conflict means that it is written already.
func surely(ctx context.Context, f func() error) error {
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := f()
		if err == nil || isKind(err, fault.Conflict) {
			return nil
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return err
		case <-t.C:
		}
	}
}

// unsent gives the budget back and tries again later, or gives up.
func (s *Service) unsent(ctx context.Context, d Delivery, f Facts, b Budget, r result, now time.Time) error {
	if err := s.change(ctx, b, func(b Budget) Budget { return b.without(d.ID) }); err != nil {
		return err
	}
	if r.later == 0 {
		reason := cmp.Or(r.why, ReasonFailed)
		return s.settle(ctx, d, f, reason, now)
	}
	d.Tries++
	until := now.Add(max(backoff(d), r.retryAfter))
	if until.After(d.NotAfter) {
		return s.settle(ctx, d, f, ReasonFailed, now)
	}
	return s.wait(ctx, d, until)
}

// change applies f to b, and to a newer b as often as somebody else is faster.
func (s *Service) change(ctx context.Context, b Budget, f func(Budget) Budget) error {
	for {
		err := s.Budgets.PutBudget(ctx, f(b))
		if !isKind(err, fault.Conflict) {
			return err
		}
		if b, err = s.Budgets.Budget(ctx, b.Person); err != nil {
			return err
		}
	}
}

// backoff doubles from a minute to an hour, and varies by a quarter so that all who
// failed together do not come back together. The variation comes from the id.
func backoff(d Delivery) time.Duration {
	base := min(firstBack<<min(d.Tries-1, 10), longBack)
	return base + base/4*time.Duration(short(fmt.Sprint(d.ID, d.Tries))[0]%16)/16
}
