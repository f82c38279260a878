package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

const (
	page     = 500              // people enrolled at once
	lease    = 10 * time.Minute // one replica enrols an audience at a time
	overlap  = 10 * time.Second // clocks of replicas may differ by this
	newcomer = 5                // working days a newcomer has at least
)

// Advance moves every campaign on to now: opens, completes, closes what was
// cancelled, and enrols the audience. When nobody changed it costs a few reads. It
// may be repeated and run on every replica.
func (s *Service) Advance(ctx context.Context, now time.Time) error {
	live, err := s.Store.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var running []Campaign
	for _, c := range live {
		c, err := s.turn(ctx, c, now)
		switch {
		case err == nil && c.State == Running:
			running = append(running, c)
		case err != nil && fault.KindOf(err) != fault.Conflict: // conflict: another replica did it
			errs = append(errs, fmt.Errorf("campaign %s: %w", c.ID, err))
		}
	}
	if len(running) > 0 {
		errs = append(errs, s.enrol(ctx, running, now))
	}
	return errors.Join(errs...)
}

// enrol brings the enrolments of cs up to now: the whole audience the first time
// and after a change of the units, else those people who changed.
func (s *Service) enrol(ctx context.Context, cs []Campaign, now time.Time) error {
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	var restructured time.Time
	for _, u := range tree {
		if u.ChangedAt.After(restructured) {
			restructured = u.ChangedAt
		}
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return err
	}
	var errs []error
	var later []Campaign
	since := now
	for _, c := range cs {
		changed := restructured // the units or the cohorts of the campaign
		for _, id := range slices.Concat(c.Audience.Cohorts, c.Audience.Exclude.Cohorts) {
			if x := cohorts[id]; x.ChangedAt.After(changed) {
				changed = x.ChangedAt
			}
		}
		if c.Audience.Snapshot && !c.AdvancedTo.IsZero() {
			continue // it was taken
		}
		if from := c.AdvancedTo.Add(-overlap); c.AdvancedTo.IsZero() || changed.After(from) {
			errs = append(errs, s.leased(ctx, c, now, func() (bool, error) { return true, s.enrolAll(ctx, c, now) }))
		} else {
			later = append(later, c)
			if from.Before(since) {
				since = from
			}
		}
	}
	if len(later) == 0 {
		return errors.Join(errs...)
	}
	var changed []people.Person
	err = s.People.EachPerson(ctx, since, func(p people.Person) error {
		if !p.Status.Ended() {
			changed = append(changed, p)
		}
		return nil
	})
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("read changed people: %w", err))...)
	}
	for _, c := range later {
		var mine []people.Person
		for _, p := range changed {
			if !p.ChangedAt.Before(c.AdvancedTo.Add(-overlap)) && c.Audience.Includes(p, tree[p.Unit].Path, cohorts) {
				mine = append(mine, p)
			}
		}
		if len(mine) > 0 {
			errs = append(errs, s.leased(ctx, c, now, func() (bool, error) { return true, s.enrolSome(ctx, c, mine, now) }))
		}
	}
	return errors.Join(errs...)
}

// leased runs do while this replica alone advances c. do reports whether c is up to now.
func (s *Service) leased(ctx context.Context, c Campaign, now time.Time, do func() (bool, error)) error {
	mine, err := s.Store.LeaseCampaign(ctx, c.ID, now, now.Add(lease))
	if err != nil || !mine {
		return err
	}
	upToDate, err := do()
	var to time.Time
	if err == nil && upToDate {
		to = now
	}
	// Also when ctx is over, or the next attempt would wait for the lease.
	return errors.Join(err, s.Store.AdvanceCampaign(context.WithoutCancel(ctx), c.ID, to))
}

func (s *Service) enrolAll(ctx context.Context, c Campaign, now time.Time) error {
	return s.eachPage(ctx, c.Audience, func(ps []people.Person) error { return s.enrolPage(ctx, c, ps, now) })
}

func (s *Service) enrolSome(ctx context.Context, c Campaign, ps []people.Person, now time.Time) error {
	for len(ps) > 0 {
		n := min(page, len(ps))
		if err := s.enrolPage(ctx, c, ps[:n], now); err != nil {
			return err
		}
		ps = ps[n:]
	}
	return nil
}

func (s *Service) enrolPage(ctx context.Context, c Campaign, ps []people.Person, now time.Time) error {
	if len(ps) == 0 {
		return nil
	}
	for _, item := range c.Items {
		var es []learning.Enrolment
		var err error
		switch item.Kind {
		case Course:
			es, err = s.Enroller.Assign(ctx, course.ID(item.ID), ps, s.duty(c, item, now))
		case Path:
			es, err = s.assignPath(ctx, c, item, ps, now)
		default:
			continue // open to the audience while the campaign runs
		}
		if err != nil {
			return fmt.Errorf("assign %s: %w", item.ID, err)
		}
		if !item.Required || !c.Reminds() || s.Planner == nil || len(es) == 0 {
			continue
		}
		if err := s.Planner.PlanReminders(ctx, c, ps, es, now); err != nil {
			return fmt.Errorf("plan reminders of %s: %w", item.ID, err)
		}
	}
	return nil
}

// duty is what an item asks of people who are enrolled at now. What is optional is offered:
// it counts for no campaign and has no due day.
func (s *Service) duty(c Campaign, item Item, now time.Time) (d learning.Duty) {
	if item.Required {
		due := s.dueAt(c, now)
		d.Campaign, d.DueAt = string(c.ID), &due
	}
	if c.Occurrence > 1 {
		d.Since = c.StartsAt
	}
	if o := item.OpensAfter; o != (Opening{}) {
		d.Opens = &learning.Opening{}
		if at := c.StartsAt.AddDate(0, 0, o.Days); o.Days > 0 && at.After(now) {
			d.Opens.At = &at
		}
		if o.Item > 0 {
			d.Opens.After = course.ID(c.Items[o.Item-1].ID)
		}
		if d.Opens.At == nil && d.Opens.After == "" {
			d.Opens = nil
		}
	}
	return d
}

// dueAt is when people who are enrolled at now have to be done: newcomers to a
// campaign that already runs have at least five working days.
func (s *Service) dueAt(c Campaign, now time.Time) time.Time {
	if c.AdvancedTo.IsZero() {
		return c.DueAt
	}
	if t := s.Calendar.AfterWorkingDays(now, newcomer); t.After(c.DueAt) {
		return t
	}
	return c.DueAt
}

// begin enrols the first page of a campaign that starts as it is scheduled, so that a small
// organisation sees it at once; the clock does the rest.
func (s *Service) begin(ctx context.Context, c Campaign, now time.Time) {
	if c.State != Running {
		return
	}
	err := s.leased(ctx, c, now, func() (bool, error) {
		n := 0
		err := s.eachPage(ctx, c.Audience, func(ps []people.Person) error {
			if n++; n > 1 {
				return errEnough{}
			}
			return s.enrolPage(ctx, c, ps, now)
		})
		if err == (errEnough{}) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		s.Log.WarnContext(ctx, "enrol the audience of a campaign that starts, will repeat", "campaign", c.ID, "err", err)
	}
	s.wakeUp()
}

// Run advances every interval, and soon after a campaign was scheduled or resumed,
// until ctx is done.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		if err := s.Advance(ctx, s.Now()); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "advance campaigns", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-s.woken():
		}
	}
}

func (s *Service) woken() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wake == nil {
		s.wake = make(chan struct{}, 1)
	}
	return s.wake
}

func (s *Service) wakeUp() {
	select {
	case s.woken() <- struct{}{}:
	default: // it is awake already
	}
}
