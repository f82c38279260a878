package campaign

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Verb is what somebody does to a campaign.
type Verb string

// The verbs.
const (
	Submit   Verb = "submit"
	Return   Verb = "return"  // to its authors, with a reason
	Approve  Verb = "approve" // by a second person
	Schedule Verb = "schedule"
	Pause    Verb = "pause"
	Resume   Verb = "resume"
	Close    Verb = "close"  // ends it now; its enrolments stay
	Cancel   Verb = "cancel" // ends it and closes the open enrolments that only it assigned
	Archive  Verb = "archive"
)

// Verbs lists the verbs.
func Verbs() []Verb {
	return []Verb{Submit, Return, Approve, Schedule, Pause, Resume, Close, Cancel, Archive}
}

// target returns the state that v leads to from a state, and whether it may.
func (v Verb) target(from State) (State, bool) {
	switch v {
	case Submit:
		return InReview, from == Draft
	case Return:
		return Draft, from == InReview || from == Approved
	case Approve:
		return Approved, from == InReview
	case Schedule:
		return Scheduled, from == Approved
	case Pause:
		return Paused, from == Running
	case Resume:
		return Running, from == Paused
	case Close:
		return Completed, from == Running || from == Paused || from == Closing
	case Cancel:
		return Cancelled, from.Planned() || from == Running || from == Paused
	case Archive:
		return Archived, from == Completed
	}
	return from, false
}

// Word is what somebody says with a verb.
type Word struct {
	Why  string // asked for by Return, welcome with every other
	Hash string // Approve: of the plan they saw
}

// Change applies v. fault.Conflict wrong_state if the campaign is not in a state from which
// it is possible, changed_meanwhile if it is no longer what the approver saw, seal_broken if
// it is no longer what was approved; fault.Forbidden second_person if the approver wrote it;
// fault.Invalid with every field that is not right for Submit, Approve, Schedule, and why
// for Return; fault.NotFound as in Find.
func (s *Service) Change(ctx context.Context, a people.Actor, id ID, v Verb, w Word) (Campaign, error) {
	w.Why = strings.TrimSpace(w.Why)
	if bad := checkWhy(v, w.Why); bad != "" {
		return Campaign{}, invalid([]fault.Field{{Field: "why", Code: bad}})
	}
	for {
		c, err := s.Find(ctx, a, id)
		if err != nil {
			return Campaign{}, err
		}
		if err := s.apply(ctx, a, &c, v, w); err != nil {
			return Campaign{}, err
		}
		err = s.Store.ReplaceCampaign(ctx, c)
		if fault.KindOf(err) == fault.Conflict {
			continue // somebody was faster: look at the state again
		}
		if err != nil {
			return Campaign{}, err
		}
		s.wrote()
		c.Version++
		switch {
		case c.State == Cancelled:
			s.settle(ctx, c)
		case v == Schedule:
			s.begin(ctx, c, s.Now())
		case c.State == Running:
			s.wakeUp()
		}
		return c, nil
	}
}

func checkWhy(v Verb, why string) string {
	switch {
	case v == Return && why == "":
		return "required"
	case utf8.RuneCountInString(why) > longestWhy:
		return "max"
	case why != "" && !people.PlainText(why):
		return "text"
	}
	return ""
}

// apply changes c as v says.
func (s *Service) apply(ctx context.Context, a people.Actor, c *Campaign, v Verb, w Word) error {
	to, ok := v.target(c.State)
	if !ok {
		return fault.New(fault.Conflict, "wrong_state", "a %s campaign cannot do %s", c.State, v)
	}
	now := s.Now()
	if v == Submit {
		c.Plan = c.clone()
		if err := s.freeze(ctx, c.Items); err != nil {
			return err
		}
	}
	if v == Submit || v == Approve || v == Schedule {
		bad, err := s.check(ctx, a, c.Plan, now)
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			return invalid(bad)
		}
	}
	switch v {
	case Submit:
		c.Hash = c.Seal()
	case Return:
		c.back(a.ID, now, w.Why)
		return nil
	case Approve:
		if a.ID == c.Owner || slices.Contains(c.Authors, a.ID) {
			return fault.New(fault.Forbidden, "second_person", "who wrote a campaign cannot approve it")
		}
		if w.Hash != c.Hash || c.Seal() != c.Hash {
			return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
		}
		c.Approvals = append(slices.Clone(c.Approvals), Approval{By: a.ID, At: now, Hash: c.Hash})
	case Schedule:
		if !c.sealed() {
			return fault.New(fault.Conflict, "seal_broken", "it is not what was approved, submit it again")
		}
		c.StartsAt, c.DueAt, c.EndsAt = s.times(c.Plan, now)
	}
	c.move(to, a.ID, now, w.Why)
	if to == Scheduled && !c.StartsAt.After(now) {
		c.move(Running, a.ID, now, "")
	}
	if to == Completed && now.Before(c.EndsAt) {
		c.EndsAt = now
	}
	return nil
}

// settle closes the enrolments of a cancelled campaign. If it fails the campaign
// stays live and Advance repeats it.
func (s *Service) settle(ctx context.Context, c Campaign) {
	if err := s.finish(ctx, c); err != nil {
		s.Log.WarnContext(ctx, "close enrolments of a cancelled campaign, will repeat", "campaign", c.ID, "err", err)
	}
}

func (s *Service) finish(ctx context.Context, c Campaign) error {
	if err := s.Enroller.CloseCampaign(ctx, string(c.ID)); err != nil {
		return err
	}
	c.Live = false
	if err := s.Store.ReplaceCampaign(ctx, c); err != nil {
		return err
	}
	s.wrote()
	return nil
}

// turn moves a campaign on by the clock; it returns the campaign as it is now.
func (s *Service) turn(ctx context.Context, c Campaign, now time.Time) (Campaign, error) {
	if c.State == Cancelled {
		return c, s.finish(ctx, c)
	}
	if (c.State == Closing || c.State == Completed) && c.recurs() {
		return s.recur(ctx, c, now)
	}
	steps := len(c.Log)
	for c.tick(now) {
	}
	if len(c.Log) == steps {
		return c, nil
	}
	if err := s.enter(ctx, c, c.Log[steps:], func() error { return s.Store.ReplaceCampaign(ctx, c) }); err != nil {
		return c, err
	}
	s.wrote()
	c.Version++
	return c, nil
}

// enter does what the clock has to do, entered into the trail.
func (s *Service) enter(ctx context.Context, c Campaign, steps []Step, do func() error) error {
	if s.Enter == nil {
		return do()
	}
	return s.Enter(ctx, c, steps, do)
}

// tick takes the next step that is due at now, if there is one.
func (c *Campaign) tick(now time.Time) bool {
	switch {
	case c.State == Scheduled && !now.Before(c.StartsAt) && !c.sealed():
		c.back("", now, "seal")
	case c.State == Scheduled && !now.Before(c.StartsAt):
		c.move(Running, "", now, "")
	case c.State == Running && now.After(c.DueAt) && !c.AdvancedTo.IsZero(): // its audience was enrolled
		c.move(Closing, "", now, "")
	case (c.State == Paused || c.State == Closing) && now.After(c.EndsAt):
		c.move(Completed, "", now, "")
	default:
		return false
	}
	return true
}
