package reminder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
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
	tickFor   = time.Minute      // shorter than the lease: who was asleep finds its context over
	settleFor = 55 * time.Second // a minute of tick and this end before the lease does
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
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				x, ok, err := d.Service.Store.ClaimDelivery(ctx, channel, now, now.Add(leaseFor))
				if err != nil || !ok {
					errs[i] = err
					return
				}
				went, err := d.Service.handle(ctx, end, x, now)
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

// handle decides about one claimed delivery, sends it and settles it.
func (s *Service) handle(ctx, end context.Context, d Delivery, now time.Time) (sent bool, err error) {
	f, err := s.facts(ctx, d)
	if err != nil {
		return false, err
	}
	b, err := s.Budgets.Budget(ctx, d.Person)
	if err != nil {
		return false, err
	}
	f.Sends = b.Sends
	if slices.ContainsFunc(b.Sends, func(x Send) bool { return x.Delivery == d.ID && x.Done }) {
		d.With = withOf(b.Sends, d.ID)
		return false, s.settle(ctx, d, f, ReasonSent, now) // it went out; whoever sent it could not write that down
	}
	devices, err := s.reach(ctx, d, &f)
	if err != nil {
		return false, err
	}
	v := Decide(d, f, now)
	if v.Action == SendNow { // all else is well
		if f.LearnedAt, err = s.learnedAt(ctx, d.Person); err != nil {
			return false, err
		}
		v = Decide(d, f, now)
	}
	switch v.Action {
	case Drop:
		if slices.ContainsFunc(b.Sends, func(x Send) bool { return x.Delivery == d.ID }) { // begun once, and cut off
			if err := s.change(ctx, b, func(b Budget) Budget { return b.without(d.ID) }); err != nil {
				return false, err
			}
		}
		if v.Reason == ReasonNoSubscription && windowOf(f.Person, s.Calendar).open(now) {
			s.told(ctx, d, f, nil, now)
		}
		return false, s.settle(ctx, d, f, v.Reason, now)
	case Wait:
		return false, s.wait(ctx, d, v.Until)
	}
	return s.send(ctx, end, d, f, b, devices, now)
}

// facts reads again what d is judged by.
func (s *Service) facts(ctx context.Context, d Delivery) (f Facts, err error) {
	f.Calendar = s.Calendar
	if f.Enrolment, err = s.Enrolments.Enrolment(ctx, d.Enrolment); err != nil {
		if !isKind(err, fault.NotFound) {
			return f, err
		}
		f.Enrolment.State = learning.Closed
	}
	if f.Person, err = s.People.Person(ctx, d.Person); err != nil {
		if !isKind(err, fault.NotFound) {
			return f, err
		}
		f.Person.Status = people.Closed
	}
	c, err := s.Campaigns.Campaign(ctx, campaign.ID(d.Campaign))
	if err != nil && !isKind(err, fault.NotFound) {
		return f, err
	}
	if f.Campaign = c.State; err != nil {
		f.Campaign = campaign.Cancelled
	}
	f.Policy = policyOf(c)
	f.HeldOut = heldOut(campaign.ID(d.Campaign), d.Person, f.Policy.HoldOut)
	return f, nil
}

// reach adds to the facts of d how its channel leads to the person.
func (s *Service) reach(ctx context.Context, d Delivery, f *Facts) (devices []Subscription, err error) {
	if d.Channel != Email {
		devices, err = s.Subscriptions.Subscriptions(ctx, d.Person)
		f.Devices = len(devices)
		return devices, err
	}
	if f.Mail = s.mailOn(); f.Mail {
		if f.Bounced, err = s.Mail.Bounced(ctx, f.Person.Email); err != nil {
			return nil, err
		}
	}
	if d.After == "" {
		return nil, nil
	}
	before, err := s.Store.Deliveries(ctx, []string{d.After})
	if err != nil || len(before) == 0 || before[0].State != Sent {
		return nil, err
	}
	push, seen := before[0], f.Person.LastSeenAt
	f.Snoozed = push.SnoozedTo != nil
	f.Seen = push.OpenedAt != nil || seen != nil && push.SettledAt != nil && seen.After(*push.SettledAt)
	return nil, nil
}

// learnedAt is when a person last began or completed something.
func (s *Service) learnedAt(ctx context.Context, p people.ID) (at time.Time, err error) {
	es, err := s.Enrolments.EnrolmentsOf(ctx, p)
	for _, e := range es {
		if (e.State == learning.Started || e.State == learning.Completed) && e.ChangedAt.After(at) {
			at = e.ChangedAt
		}
	}
	return at, err
}

// send writes the message down in the person's budget, sends it, and settles all that
// it spoke for. Nothing is sent unless the budget was written.
func (s *Service) send(ctx, end context.Context, d Delivery, f Facts, b Budget, devices []Subscription, now time.Time) (bool, error) {
	duties, others, err := s.merge(ctx, d, f, now)
	if err != nil {
		return false, err
	}
	with := make([]string, len(others))
	for i, o := range others {
		with[i] = o.delivery.ID
	}
	b = b.begin(d, with, now)
	if err := s.Budgets.PutBudget(ctx, b); err != nil {
		if isKind(err, fault.Conflict) { // another push to the person begins at this moment
			return false, s.wait(ctx, d, now.Add(busyPause))
		}
		return false, err
	}
	b.Version++
	d.With = with
	r, err := s.hand(ctx, d, f, duties, devices, now)
	if err != nil {
		return false, err
	}
	if ctx.Err() != nil && r.accepted == 0 {
		r = result{later: 1} // the program ends: nothing was wrong with the devices
	}
	ctx, cancel := outlive(end)
	defer cancel()
	if r.accepted == 0 {
		return false, surely(ctx, func() error { return s.unsent(ctx, d, f, b, r, now) })
	}
	if err := surely(ctx, func() error { return s.change(ctx, b, func(b Budget) Budget { return b.done(d.ID) }) }); err != nil {
		return true, err
	}
	if err := surely(ctx, func() error { return s.settle(ctx, d, f, ReasonSent, now) }); err != nil {
		return true, err
	}
	s.told(ctx, d, f, duties, now)
	for _, o := range others {
		o.facts.Sends = []Send{{Delivery: d.ID, With: with, Done: true}}
		// Leased by another dispatcher: it will find in the budget that it was merged.
		if err := surely(ctx, func() error { return s.settle(ctx, o.delivery, o.facts, ReasonMerged, now) }); err != nil {
			return true, err
		}
	}
	return true, nil
}

// hand gives the message about duties to the services that bring it to the person.
func (s *Service) hand(ctx context.Context, d Delivery, f Facts, duties []duty, devices []Subscription, now time.Time) (result, error) {
	if d.Channel == Email {
		m, err := s.letter(d, f.Person, duties, now)
		if err != nil {
			return result{}, err
		}
		return s.mailTo(ctx, d.Person, m), nil
	}
	tag := short(d.Campaign)
	text, err := payload(duties, f.Person.Settings.Locale, s.PublicURL, d, tag, s.Calendar, now)
	if err != nil {
		return result{}, err
	}
	until := d.NotAfter
	if end := windowOf(f.Person, s.Calendar).end(now); end.Before(until) { // they have moved to another zone since
		until = end
	}
	return s.pushAll(ctx, devices, Message{Payload: text, TTL: max(until.Sub(now), time.Minute).Truncate(time.Second), Topic: tag}), nil
}

// outlive returns a context for writing down what was done, also when ctx is over:
// long enough for a database that is away for a moment, short once ctx is over.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleFor)
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

// companion is another delivery that one push speaks for.
type companion struct {
	delivery Delivery
	facts    Facts
}

// merge finds what else is due to the person today, so that one push names it all.
func (s *Service) merge(ctx context.Context, d Delivery, f Facts, now time.Time) (duties []duty, others []companion, err error) {
	seen := map[learning.EnrolmentID]bool{}
	add := func(e learning.Enrolment) error {
		if seen[e.ID] {
			return nil
		}
		seen[e.ID] = true
		x, err := s.duty(ctx, e)
		duties = append(duties, x)
		return err
	}
	if err := add(f.Enrolment); err != nil {
		return nil, nil, err
	}
	due, err := s.Store.WaitingDeliveries(ctx, d.Person, d.NotAfter)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range due {
		if x.ID == d.ID || x.Channel != d.Channel {
			continue
		}
		g, err := s.facts(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		if _, err := s.reach(ctx, x, &g); err != nil {
			return nil, nil, err
		}
		if v := Decide(x, g, now); v.Action == Drop || g.Campaign == campaign.Paused {
			continue // it is judged when it is claimed itself
		}
		if err := add(g.Enrolment); err != nil {
			return nil, nil, err
		}
		others = append(others, companion{x, g})
	}
	return duties, others, nil
}

// duty is what a reminder of e speaks of.
func (s *Service) duty(ctx context.Context, e learning.Enrolment) (duty, error) {
	p, err := s.Courses.Version(ctx, e.Course, e.N)
	if err != nil {
		return duty{}, err
	}
	x := duty{course: e.Course, title: p.Summary.Title, minutes: p.Summary.Minutes}
	if e.DueAt != nil {
		x.dueAt = *e.DueAt
	}
	return x, nil
}

// told tells whoever listens, such as a gateway to SMS, that d is due to somebody who has
// no device, or that it went to their devices. It holds nothing up: a failure is logged.
func (s *Service) told(ctx context.Context, d Delivery, f Facts, duties []duty, now time.Time) {
	if s.Due == nil || d.Channel != Push {
		return
	}
	if duties == nil {
		x, err := s.duty(ctx, f.Enrolment)
		if err != nil {
			s.Log.WarnContext(ctx, "tell of a reminder", "delivery", d.Token, "err", err)
			return
		}
		duties = []duty{x}
	}
	text := body(duties, f.Person.Settings.Locale, s.Calendar, now)
	if err := s.Due(ctx, d, f.Person, text, s.PublicURL+"/?delivery="+d.Token); err != nil {
		s.Log.WarnContext(ctx, "tell of a reminder", "delivery", d.Token, "err", err)
	}
}

// settle ends d with a reason, after storing what follows it: the next step, and the
// mail where the push does not lead to the person.
func (s *Service) settle(ctx context.Context, d Delivery, f Facts, why Reason, now time.Time) error {
	if why != ReasonDoneBefore && why != ReasonClosed {
		if d.After == "" && d.Snooze == 0 {
			if err := s.follow(ctx, d, f, now); err != nil {
				return err
			}
		}
		if err := s.fallBack(ctx, d, f, why, now); err != nil {
			return err
		}
	}
	d.State, d.Reason, d.SettledAt = Dropped, why, &now
	if why == ReasonSent {
		d.State = Sent
	}
	s.count(string(why))
	return s.Store.SettleDelivery(ctx, d)
}

const unseenFor = 24 * time.Hour // then a mail follows a push

// fallBack stores the mail for a push that reached nobody, or that may not be seen.
func (s *Service) fallBack(ctx context.Context, d Delivery, f Facts, why Reason, now time.Time) error {
	if d.Channel != Push || d.Snooze > 0 || !slices.Contains(f.Policy.Channels, Email) {
		return nil
	}
	at, after := now, d.ID
	switch why {
	case ReasonNoSubscription, ReasonFailed:
	case ReasonSent, ReasonMerged:
		if !s.mailOn() {
			return nil // nothing would follow, and the ledger says what went
		}
		at = now.Add(unseenFor)
		after = cmp.Or(carrier(f.Sends, d.ID), d.ID)
	default:
		return nil
	}
	w := windowOf(f.Person, s.Calendar)
	if !w.open(at) || w.end(at).Sub(at) < time.Hour { // not in its last minutes, and not all at the start of the next day
		at = w.dayAfter(d.Person, at)
	}
	x := newDelivery(deliveryID(campaign.ID(d.Campaign), f.Enrolment, d.Step, 0, Email), at, w.end(at))
	x.Campaign, x.Person, x.Enrolment, x.Step, x.Channel, x.After = d.Campaign, d.Person, d.Enrolment, d.Step, Email, after
	_, err := s.Store.InsertDeliveries(ctx, []Delivery{x})
	return err
}

// withOf are the deliveries that one spoke for.
func withOf(sends []Send, id string) []string {
	for _, s := range sends {
		if s.Delivery == id {
			return s.With
		}
	}
	return nil
}

// wait gives d back to be claimed again at until.
func (s *Service) wait(ctx context.Context, d Delivery, until time.Time) error {
	d.NotBefore, d.LeaseUntil = until, time.Time{}
	return s.Store.SettleDelivery(ctx, d)
}
