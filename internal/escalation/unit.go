package escalation

import (
	"context"
	"slices"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/report"
)

// UnitCampaign is how a unit, with everything below it, stands in a campaign that can be done now.
type UnitCampaign struct {
	Campaign  campaign.ID    `json:"campaign"`
	Name      people.Text    `json:"name"`
	State     campaign.State `json:"state"`
	DueAt     time.Time      `json:"dueAt"`
	People    int            `json:"people"`
	Completed int            `json:"completed"`
	Target    int            `json:"target"`  // per cent
	Behind    bool           `json:"behind"`  // of the target
	Thanked   bool           `json:"thanked"` // within the last two weeks
	Said      []Escalation   `json:"said"`    // to the actor, about this unit, the newest first
}

// mostSaid is how many escalations of a person are looked through.
const mostSaid = 200

// Of returns how a unit stands in each campaign that has people there, what is due first
// coming first; fault.NotFound for a unit in which a may not track completion.
func (s *Service) Of(ctx context.Context, a people.Actor, unit people.UnitID) ([]UnitCampaign, error) {
	if _, err := s.tracked(ctx, a, unit); err != nil {
		return nil, err
	}
	live, err := s.Campaigns.LiveCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	said, err := s.Store.EscalationsOf(ctx, a.ID, mostSaid)
	if err != nil {
		return nil, err
	}
	thanked, err := s.Thanks.Thanked(ctx)
	if err != nil {
		return nil, err
	}
	lines := []UnitCampaign{}
	for _, c := range live {
		if !c.State.Open() {
			continue
		}
		standings, err := s.Reports.Standings(c.ID)
		if err != nil {
			return nil, err
		}
		for _, x := range standings {
			if x.Unit != unit {
				continue
			}
			l := UnitCampaign{c.ID, c.Name, c.State, c.DueAt, x.People, x.Completed, c.Targets.Completion, Behind(x, c.Targets.Completion), thanked[announcement.ThanksID(string(c.ID), unit)], []Escalation{}}
			for _, e := range said {
				if e.Campaign == c.ID && e.Unit == unit {
					l.Said = append(l.Said, e)
				}
			}
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b UnitCampaign) int { return a.DueAt.Compare(b.DueAt) })
	return lines, nil
}

// Remind reminds everybody of a unit and below who is not done with a campaign, in the
// next working hour, at most once a day, and returns how many that are. fault.NotFound for
// a unit in which a may not track completion, fault.Forbidden not_accountable for anybody
// but who answers for it, fault.Conflict campaign_not_open.
func (s *Service) Remind(ctx context.Context, a people.Actor, unit people.UnitID, id campaign.ID) (int, error) {
	if err := s.accountable(ctx, a, unit); err != nil {
		return 0, err
	}
	c, err := s.Campaigns.Campaign(ctx, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return 0, err
	}
	duties, failed := s.Reports.OpenDuties(id, unit)
	if failed != nil {
		return 0, failed
	}
	if err != nil || !c.State.Open() || len(duties) == 0 {
		return 0, fault.New(fault.Conflict, "campaign_not_open", "nobody of the unit has anything to do for that campaign")
	}
	return s.Reminders.Ask(ctx, c, duties, s.Now())
}

// Thank says something, once, to those of a unit and below who have completed a campaign whose target
// the unit has reached. fault.Conflict target_not_reached, thanked_already or campaign_not_open; fault.Invalid
// for a text that is not right; otherwise as Remind.
func (s *Service) Thank(ctx context.Context, a people.Actor, unit people.UnitID, id campaign.ID, text people.Text) error {
	if err := s.accountable(ctx, a, unit); err != nil {
		return err
	}
	c, err := s.Campaigns.Campaign(ctx, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	all, failed := s.Reports.Standings(id)
	if failed != nil {
		return failed
	}
	i := slices.IndexFunc(all, func(x report.Standing) bool { return x.Unit == unit })
	if err != nil || !c.State.Open() || i < 0 {
		return fault.New(fault.Conflict, "campaign_not_open", "nobody of the unit has anything to do for that campaign")
	}
	if Behind(all[i], c.Targets.Completion) {
		return fault.New(fault.Conflict, "target_not_reached", "the unit has not reached the target yet")
	}
	return s.Thanks.Thank(ctx, a.ID, string(id), unit, text)
}

// accountable refuses everybody but who answers for a unit today.
func (s *Service) accountable(ctx context.Context, a people.Actor, unit people.UnitID) error {
	u, err := s.tracked(ctx, a, unit)
	if err != nil {
		return err
	}
	answering, err := s.People.AnsweringFor(ctx, []people.Unit{u})
	if err != nil {
		return err
	}
	if answering[unit].ID != a.ID {
		return fault.New(fault.Forbidden, "not_accountable", "only who answers for the unit today may speak to all of it")
	}
	return nil
}

// tracked returns a unit in which a may track completion.
func (s *Service) tracked(ctx context.Context, a people.Actor, unit people.UnitID) (people.Unit, error) {
	units, err := s.People.Units(ctx)
	if err != nil {
		return people.Unit{}, err
	}
	i := slices.IndexFunc(units, func(u people.Unit) bool { return u.ID == unit && u.RemovedAt == nil })
	if i < 0 || !a.Covers(people.TrackCompletion, unit, units[i].Path) {
		return people.Unit{}, fault.New(fault.NotFound, "unit_not_found", "no such unit")
	}
	return units[i], nil
}
