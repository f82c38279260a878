package campaign

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
)

// Store keeps campaigns.
type Store interface {
	// InsertCampaign stores a new one; fault.Conflict campaign_exists if its id is taken.
	InsertCampaign(ctx context.Context, c Campaign) error
	// Campaign returns one; fault.NotFound if there is none.
	Campaign(ctx context.Context, id ID) (Campaign, error)
	// Campaigns returns up to limit with ids below before (empty: from the newest), newest first.
	Campaigns(ctx context.Context, before ID, limit int) ([]Campaign, error)
	// LiveCampaigns returns those with Live set.
	LiveCampaigns(ctx context.Context) ([]Campaign, error)
	// ReplaceCampaign stores c with Version+1 if the stored one still has c.Version; fault.Conflict otherwise.
	ReplaceCampaign(ctx context.Context, c Campaign) error
	// DeleteCampaign takes away the one with id if it is still of version; fault.Conflict otherwise.
	DeleteCampaign(ctx context.Context, id ID, version int) error
	// LeaseCampaign takes the lease until until, and reports false if another holds it at now.
	LeaseCampaign(ctx context.Context, id ID, now, until time.Time) (bool, error)
	// AdvanceCampaign gives the lease back and moves AdvancedTo forward to to; a
	// zero to leaves it where it is. It does not count as a change of the campaign.
	AdvanceCampaign(ctx context.Context, id ID, to time.Time) error
}

// Enroller enrols people. *learning.Service is one.
type Enroller interface {
	// Assign enrols ps in c as a duty says; people who are enrolled already keep the
	// earlier due time. It may be repeated.
	Assign(ctx context.Context, c course.ID, ps []people.Person, d learning.Duty) ([]learning.Enrolment, error)
	// Select sees to it that of each of ps as many courses carry the campaign as x needs. It may be repeated.
	Select(ctx context.Context, ps []people.Person, x learning.Selection) ([]learning.Enrolment, error)
	// CloseCampaign closes the open enrolments that only this campaign assigned.
	CloseCampaign(ctx context.Context, campaign string) error
}

// People knows who works where. *people.Service is one.
type People interface {
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
	// Audience returns up to limit people who have not left, of units and below
	// (none: everybody), with ids above after, in the order of ids.
	Audience(ctx context.Context, units []people.UnitID, after people.ID, limit int) ([]people.Person, error)
	// Cohorts returns all cohorts, also removed ones, by id.
	Cohorts(ctx context.Context) (map[people.CohortID]people.Cohort, error)
	// CohortAudience returns up to limit people of a cohort with ids above after, in the order of ids.
	CohortAudience(ctx context.Context, id people.CohortID, after people.ID, limit int) ([]people.Person, error)
	// RuleAudience returns up to limit people whom a rule selects with ids above after, in the order of ids.
	RuleAudience(ctx context.Context, r people.Rule, after people.ID, limit int) ([]people.Person, error)
	// EachPerson calls f for everybody changed at or after since, in no order.
	EachPerson(ctx context.Context, since time.Time, f func(people.Person) error) error
}

// Planner plans the reminders of enrolments. *reminder.Service is one.
type Planner interface {
	// PlanReminders plans those of es, which belong to ps. It may be repeated.
	PlanReminders(ctx context.Context, c Campaign, ps []people.Person, es []learning.Enrolment, now time.Time) error
}

// About is what a campaign knows of an item.
type About struct {
	Title   people.Text  `json:"title"`
	Minutes int          `json:"minutes"`
	N       int          `json:"-"` // of a path: its newest version
	Steps   []path.Stage `json:"-"` // of a path
}

// Service runs campaigns. Every field is needed but Planner and Enter, which may be nil.
type Service struct {
	Store    Store
	Enroller Enroller
	People   People
	Planner  Planner
	Items    func(ctx context.Context, k Kind, id string) (About, error) // of what is published; fault.NotFound otherwise
	Calendar Calendar
	// Enter does what the clock has to do with a campaign and enters the steps of it into the trail.
	Enter func(ctx context.Context, c Campaign, steps []Step, do func() error) error
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	mu       sync.Mutex
	wake     chan struct{}
	live     []Campaign
	liveTill time.Time
	writes   int // counts own writes, so that a reading under way does not fill the cache with what was before them
}

// fresh is how long Running may be behind another replica.
const fresh = 5 * time.Second

// Running returns the campaigns that are running or closing. What other replicas did is seen within
// five seconds, what this one did at once. The result must not be changed.
func (s *Service) Running(ctx context.Context) ([]Campaign, error) {
	all, err := s.liveCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(c Campaign) bool { return !c.State.Open() }), nil
}

// Live returns those with which the clock has work, as fresh as Running. The result must
// not be changed.
func (s *Service) Live(ctx context.Context) ([]Campaign, error) { return s.liveCampaigns(ctx) }

func (s *Service) liveCampaigns(ctx context.Context) ([]Campaign, error) {
	now := s.Now()
	s.mu.Lock()
	live, till, writes := s.live, s.liveTill, s.writes
	s.mu.Unlock()
	if now.Before(till) {
		return live, nil
	}
	live, err := s.Store.LiveCampaigns(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes == writes {
		s.live, s.liveTill = live, now.Add(fresh)
	}
	return live, nil
}

// wrote forgets the cache after a write of this process.
func (s *Service) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.liveTill = time.Time{}
	s.writes++
}
