package escalation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Letter is the kind of letter that is a digest; its About is the digest's id.
const Letter letter.Kind = "escalation"

const (
	late  = 48 * time.Hour // a digest that could not be sent by then is dropped; the page of the unit still shows it
	batch = 500
)

// Service escalates. Every field is needed.
type Service struct {
	Store     Store
	Campaigns Campaigns
	People    People
	Reports   Reports
	Letters   Letters
	Reminders Reminders
	Thanks    Thanks
	Calendar  campaign.Calendar
	PublicURL string
	Foot      string                                                                      // under each letter
	Due       func(ctx context.Context, e Escalation, p people.Person, text string) error // hears of each one, again while it is told; nil: nobody listens
	Now       func() time.Time
	Log       *slog.Logger
}

// Advance writes down what is to be said at now and queues the letters that say it. It
// may be repeated and run on every replica: ids are natural, and a letter that was
// written is not written again.
func (s *Service) Advance(ctx context.Context, now time.Time) error {
	live, err := s.Campaigns.LiveCampaigns(ctx)
	if err != nil {
		return err
	}
	cal := s.Calendar
	var errs []error
	var who *chart
	for _, c := range live {
		if !c.State.Open() || len(c.Escalation) == 0 {
			continue
		}
		standings, err := s.Reports.Standings(c.ID)
		if err != nil {
			return err
		}
		if who == nil {
			if who, err = s.chart(ctx); err != nil {
				return err
			}
		}
		if es := Plan(c, standings, *who, cal, now); len(es) > 0 {
			if _, err := s.Store.InsertEscalations(ctx, es); err != nil {
				errs = append(errs, fmt.Errorf("campaign %s: %w", c.ID, err))
				continue
			}
			if err := s.told(ctx, c, *who, es); err != nil {
				errs = append(errs, fmt.Errorf("tell of campaign %s: %w", c.ID, err))
			}
		}
	}
	return errors.Join(append(errs, s.queue(ctx, cal, now))...)
}

// told tells whoever listens, such as a gateway to SMS, without a name of anybody.
func (s *Service) told(ctx context.Context, c campaign.Campaign, who chart, es []Escalation) error {
	if s.Due == nil {
		return nil
	}
	for _, e := range es {
		p, err := s.People.Person(ctx, e.Person)
		if err != nil {
			return err
		}
		text := people.Text{
			Vi: fmt.Sprintf("%s: %d trên %d người xong “%s”, mục tiêu %d%%", who.units[e.Unit].Name.Vi, e.Completed, e.People, c.Name.Vi, e.Goal),
			En: fmt.Sprintf("%s: %d of %d people are done with “%s”, the target is %d%%", who.units[e.Unit].Name.In("en"), e.Completed, e.People, c.Name.In("en"), e.Goal),
		}
		if err := s.Due(ctx, e, p, text.In(p.Settings.Locale)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) chart(ctx context.Context) (*chart, error) {
	units, err := s.People.Units(ctx)
	if err != nil {
		return nil, err
	}
	answering, err := s.People.AnsweringFor(ctx, units)
	if err != nil {
		return nil, err
	}
	c := &chart{make(map[people.UnitID]people.Unit, len(units)), answering}
	for _, u := range units {
		c.units[u.ID] = u
	}
	return c, nil
}

// queue asks for the letter of everything that none was written about. Asking again
// while it waits changes nothing; after it was written WriteDigest finds nothing to say.
// Whom no mail reaches is told by push.
func (s *Service) queue(ctx context.Context, cal campaign.Calendar, now time.Time) error {
	es, err := s.Store.UnwrittenEscalations(ctx, now.Add(-late), batch)
	if err != nil {
		return err
	}
	by := map[string][]Escalation{}
	for _, e := range es {
		by[e.Digest] = append(by[e.Digest], e)
	}
	var errs []error
	for digest, es := range by {
		slices.SortFunc(es, func(a, b Escalation) int { return cmp.Compare(a.ID, b.ID) }) // alike on every copy of the program
		if err := s.tell(ctx, digest, es, cal, now); err != nil {
			errs = append(errs, fmt.Errorf("tell by digest: %w", err))
		}
	}
	return errors.Join(errs...)
}

// tell tells one person of all of es.
func (s *Service) tell(ctx context.Context, digest string, es []Escalation, cal campaign.Calendar, now time.Time) error {
	e := es[0]
	p, err := s.People.Person(ctx, e.Person)
	if err != nil {
		return fmt.Errorf("read who is told: %w", err)
	}
	mail, err := s.byMail(ctx, p)
	if err != nil {
		return err
	}
	if !mail {
		return s.push(ctx, p, es, now)
	}
	l := letter.Letter{ID: digest, Kind: Letter, Person: e.Person, About: digest, DueAt: reminder.NextOpen(p, cal, now), ExpiresAt: e.At.Add(late)}
	if err := s.Letters.Queue(ctx, l); err != nil {
		return fmt.Errorf("queue digest: %w", err)
	}
	return nil
}

// Run advances every interval until ctx is done.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := s.Advance(ctx, s.Now()); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "escalate, will repeat", "err", err)
			}
		}
	}
}
