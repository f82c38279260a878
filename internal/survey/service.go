package survey

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// SurveyStore keeps surveys.
type SurveyStore interface {
	// InsertSurvey stores a new one.
	InsertSurvey(ctx context.Context, s Survey) error
	// Survey returns one; fault.NotFound if there is none.
	Survey(ctx context.Context, id ID) (Survey, error)
	// Surveys returns up to limit with ids below before (empty: all), newest first.
	Surveys(ctx context.Context, before ID, limit int) ([]Survey, error)
	// LiveSurveys returns those with Live set.
	LiveSurveys(ctx context.Context) ([]Survey, error)
	// ReplaceSurvey stores s with Version+1 if the stored one still has s.Version; fault.Conflict otherwise.
	ReplaceSurvey(ctx context.Context, s Survey) error
	// RemoveSurvey removes a draft that still has that version; fault.Conflict otherwise.
	RemoveSurvey(ctx context.Context, id ID, version int) error
}

// AnswerStore keeps who has answered and, apart from that, what was answered.
type AnswerStore interface {
	// InsertParticipant stores p; fault.Conflict if there is one.
	InsertParticipant(ctx context.Context, p Participant) error
	// Participants returns those of ids that are there, in no order.
	Participants(ctx context.Context, ids []string) ([]Participant, error)
	// ParticipantsOf returns all of a person.
	ParticipantsOf(ctx context.Context, p people.ID) ([]Participant, error)
	// InsertPools stores those that are not there yet.
	InsertPools(ctx context.Context, ps []Pool) error
	// Pool returns one; fault.NotFound if there is none.
	Pool(ctx context.Context, id string) (Pool, error)
	// ReplacePool stores p with Version+1 if the stored one still has p.Version; fault.Conflict otherwise.
	ReplacePool(ctx context.Context, p Pool) error
	// Pools returns all of a survey.
	Pools(ctx context.Context, id ID) ([]Pool, error)
	// CountSheets counts the sheets in all pools of a survey.
	CountSheets(ctx context.Context, id ID) (int, error)
	// Result returns that of a survey; fault.NotFound if none was made.
	Result(ctx context.Context, id ID) (Result, error)
	// PutResult stores r with Version+1 if the stored one still has r.Version (0: there is none);
	// fault.Conflict otherwise.
	PutResult(ctx context.Context, r Result) error
}

// People knows who works where. *people.Service is one.
type People interface {
	// Person returns one; fault.NotFound if there is none.
	Person(ctx context.Context, id people.ID) (people.Person, error)
	// Unit returns one; fault.NotFound if there is none.
	Unit(ctx context.Context, id people.UnitID) (people.Unit, error)
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
	// Audience returns up to limit people who have not left, of units and below
	// (none: everybody), with ids above after, in the order of ids.
	Audience(ctx context.Context, units []people.UnitID, after people.ID, limit int) ([]people.Person, error)
}

// Service makes surveys, takes answers and counts them. Its methods are safe for concurrent use,
// also of several copies of the program. It must not be copied.
type Service struct {
	Surveys SurveyStore
	Answers AnswerStore
	People  People
	// InCampaign reports whether a running campaign asks this survey of p, whose unit
	// has the ancestors path. Nil: none does.
	InCampaign func(ctx context.Context, id ID, p people.Person, path []people.UnitID) (bool, error)
	Zone       *time.Location
	Now        func() time.Time
	NewID      func() string

	mu       sync.Mutex
	live     []Survey
	liveTill time.Time
	writes   int // counts own writes, so that a reading under way does not fill the cache with what was before them
}

const (
	fresh      = 5 * time.Second // how long what is live may be behind another copy of the program
	tries      = 50              // how often a conditional update is tried
	listed     = 50              // surveys on a page
	sheetsEach = 100             // sheets that are expected in a pool
	mostPools  = 256
)

func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }
func isConflict(err error) bool { return err != nil && fault.KindOf(err) == fault.Conflict }

func notFound() error { return fault.New(fault.NotFound, NotFound, "no such survey") }

func busy() error {
	return fault.New(fault.Unavailable, "busy", "the survey is being changed too often, try again")
}

// tree is all units by id.
func (s *Service) tree(ctx context.Context) (map[people.UnitID]people.Unit, error) {
	units, err := s.People.Units(ctx)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	tree := make(map[people.UnitID]people.Unit, len(units))
	for _, u := range units {
		tree[u.ID] = u
	}
	return tree, nil
}

// covers reports whether the actor manages all whom s asks.
func covers(a people.Actor, s Survey, tree map[people.UnitID]people.Unit) bool {
	_, all := a.Scope(people.ManageCampaigns)
	return all || len(s.Units) > 0 && !slices.ContainsFunc(s.Units, func(id people.UnitID) bool {
		return !a.Covers(people.ManageCampaigns, id, tree[id].Path)
	})
}

// Find returns a survey that the actor manages; fault.NotFound for others.
func (s *Service) Find(ctx context.Context, a people.Actor, id ID) (Survey, error) {
	sv, err := s.Surveys.Survey(ctx, id)
	if err != nil {
		return sv, err
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return Survey{}, err
	}
	if !covers(a, sv, tree) {
		return Survey{}, notFound()
	}
	return sv, nil
}

// List returns the surveys that the actor manages, newest first, and where the next page begins.
func (s *Service) List(ctx context.Context, a people.Actor, before ID) (out []Survey, next ID, err error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, "", err
	}
	out = []Survey{}
	for {
		page, err := s.Surveys.Surveys(ctx, before, listed)
		if err != nil {
			return nil, "", err
		}
		for _, x := range page {
			if before = x.ID; covers(a, x, tree) {
				if out = append(out, x); len(out) == listed {
					return out, before, nil
				}
			}
		}
		if len(page) < listed {
			return out, "", nil
		}
	}
}

// Create makes a draft. fault.Invalid names each field that is wrong.
func (s *Service) Create(ctx context.Context, a people.Actor, x Content) (Survey, error) {
	now := s.Now()
	sv := Survey{ID: ID(s.NewID()), State: Draft, Owner: a.ID, CreatedAt: now, Version: 1}
	sv, err := s.written(ctx, a, sv, x)
	if err != nil {
		return Survey{}, err
	}
	return sv, s.Surveys.InsertSurvey(ctx, sv)
}

// written is sv with the content x.
func (s *Service) written(ctx context.Context, a people.Actor, sv Survey, x Content) (Survey, error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return sv, err
	}
	x = x.tidied()
	var c checker
	x.check(&c)
	c.units(a, x.Units, tree)
	sv.OpensAt, sv.ClosesAt = x.days(&c, s.Zone, s.Now())
	if err := c.err(); err != nil {
		return sv, err
	}
	sv.Title, sv.Intro, sv.Questions, sv.Units, sv.FromOn, sv.UntilOn = x.Title, x.Intro, x.Questions, x.Units, x.FromOn, x.UntilOn
	return sv, nil
}

// Write changes a draft that has version; fault.Conflict if it is none any more or was changed meanwhile.
func (s *Service) Write(ctx context.Context, a people.Actor, id ID, version int, x Content) (Survey, error) {
	sv, err := s.draft(ctx, a, id, version)
	if err != nil {
		return Survey{}, err
	}
	if sv, err = s.written(ctx, a, sv, x); err != nil {
		return Survey{}, err
	}
	return s.replace(ctx, sv)
}

// draft finds a draft to change.
func (s *Service) draft(ctx context.Context, a people.Actor, id ID, version int) (Survey, error) {
	sv, err := s.Find(ctx, a, id)
	switch {
	case err != nil:
		return sv, err
	case sv.State != Draft:
		return sv, fault.New(fault.Conflict, "not_a_draft", "only a draft can be changed: copy it instead")
	case version != sv.Version:
		return sv, fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	return sv, nil
}

func (s *Service) replace(ctx context.Context, sv Survey) (Survey, error) {
	if err := s.Surveys.ReplaceSurvey(ctx, sv); err != nil {
		return Survey{}, err
	}
	s.wrote()
	sv.Version++
	return sv, nil
}

// Remove removes a draft.
func (s *Service) Remove(ctx context.Context, a people.Actor, id ID) error {
	sv, err := s.Find(ctx, a, id)
	if err != nil {
		return err
	}
	if _, err := s.draft(ctx, a, id, sv.Version); err != nil {
		return err
	}
	return s.Surveys.RemoveSurvey(ctx, id, sv.Version)
}

// Publish opens a draft from its first day on, and freezes whom it asks. fault.Invalid if nothing could
// ever be shown because it asks fewer than K people, or if its last day is over.
func (s *Service) Publish(ctx context.Context, a people.Actor, id ID, version int) (Survey, error) {
	sv, err := s.draft(ctx, a, id, version)
	if err != nil {
		return Survey{}, err
	}
	x := Content{sv.Title, sv.Intro, sv.Questions, sv.Units, sv.FromOn, sv.UntilOn}
	if sv, err = s.written(ctx, a, sv, x); err != nil { // units and days may be wrong by now
		return Survey{}, err
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return Survey{}, err
	}
	staff := map[people.UnitID]int{}
	for after, more := people.ID(""), true; more; {
		const page = 1000
		ps, err := s.People.Audience(ctx, sv.Units, after, page)
		if err != nil {
			return Survey{}, fmt.Errorf("find audience: %w", err)
		}
		for _, p := range ps {
			staff[p.Unit]++
			sv.Size++
			after = p.ID
		}
		more = len(ps) == page
	}
	if sv.Size < K {
		var c checker
		c.add("units", "too_few_people")
		return Survey{}, c.err()
	}
	sv.Buckets = buckets(staff, tree)
	sv.Pools = min(1+sv.Size/sheetsEach, mostPools)
	pools := make([]Pool, sv.Pools)
	for i := range pools {
		pools[i] = Pool{ID: poolID(sv.ID, i), Survey: sv.ID, Sheets: []Sheet{}, Version: 1}
	}
	if err := s.Answers.InsertPools(ctx, pools); err != nil {
		return Survey{}, err
	}
	sv.State, sv.Live = Published, true
	return s.replace(ctx, sv)
}

// Close ends a published survey before its last day.
func (s *Service) Close(ctx context.Context, a people.Actor, id ID) (Survey, error) {
	sv, err := s.Find(ctx, a, id)
	if err != nil {
		return Survey{}, err
	}
	if sv.StateAt(s.Now()) != Published {
		return Survey{}, fault.New(fault.Conflict, "wrong_state", "only a survey that is published can be closed")
	}
	sv.State, sv.Live = Closed, false
	return s.replace(ctx, sv)
}

// Copy makes a draft like a survey that the actor manages, from today on for as many days.
func (s *Service) Copy(ctx context.Context, a people.Actor, id ID) (Survey, error) {
	sv, err := s.Find(ctx, a, id)
	if err != nil {
		return Survey{}, err
	}
	from := s.Now().In(s.Zone)
	until := from.AddDate(0, 0, int(sv.ClosesAt.Sub(sv.OpensAt).Round(24*time.Hour)/(24*time.Hour))-1)
	x := Content{sv.Title, sv.Intro, sv.Questions, sv.Units, from.Format(time.DateOnly), until.Format(time.DateOnly)}
	return s.Create(ctx, a, x)
}

// Item is the title of a published survey and how many minutes it takes; fault.NotFound for any other.
func (s *Service) Item(ctx context.Context, id ID) (people.Text, int, error) {
	sv, err := s.Surveys.Survey(ctx, id)
	if err != nil {
		return people.Text{}, 0, err
	}
	if sv.StateAt(s.Now()) != Published {
		return people.Text{}, 0, notFound()
	}
	return sv.Title, sv.Minutes(), nil
}

// Minutes is how long it takes to answer: a third of a minute for each question, a whole one for words.
func (s Survey) Minutes() int {
	thirds := 0
	for _, q := range s.Questions {
		if thirds++; q.Kind == Words {
			thirds += 2
		}
	}
	return (thirds + 2) / 3
}

// wrote forgets the cache after a write of this process.
func (s *Service) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.liveTill = time.Time{}
	s.writes++
}
