package drill

import (
	"context"
	"time"
)

// Sums say how runs went, of many people together.
type Sums struct {
	Runs        int `json:"runs" bson:"runs"`               // people who began
	Completed   int `json:"completed" bson:"completed"`     // of these, who came to the end; what follows is about them
	Phish       int `json:"phish" bson:"phish"`             // phishing items
	Hits        int `json:"hits" bson:"hits"`               // of these, reported
	Legit       int `json:"legit" bson:"legit"`             // legitimate items
	FalseAlarms int `json:"falseAlarms" bson:"falseAlarms"` // of these, reported
}

// Totals are what is left of the runs of one version of a drill once their time is over.
// They name nobody. What is shown grows only by at least Fewest people at a time, so that
// two looks at it never tell how one person did.
type Totals struct {
	Key     string    `bson:"_id"` // of the template
	Drill   ID        `bson:"drill"`
	N       int       `bson:"n"`
	Shown   Sums      `bson:"shown"`
	Waiting Sums      `bson:"waiting"` // fewer than Fewest: shown to nobody
	Until   time.Time `bson:"until"`   // when the newest run that is in Shown was changed last
	Latest  time.Time `bson:"latest"`  // the same of Waiting
	Pending []string  `bson:"pending"` // ids of runs that are counted and perhaps still there
	Version int       `bson:"ver"`
}

// Fewest is the least number of people of whom anything is told.
const Fewest = 10

// sweepBatch is how many runs are counted and removed together.
const sweepBatch = 500

// TotalsStore keeps totals.
type TotalsStore interface {
	// EndedRuns returns up to limit runs whose time is over at now, the one that ended first first.
	EndedRuns(ctx context.Context, now time.Time, limit int) ([]Run, error)
	// Totals returns all totals, in order of drill and number.
	Totals(ctx context.Context) ([]Totals, error)
	// PutTotals stores t with Version+1 if the stored one still has t.Version, or there is none and it is 0;
	// fault.Conflict otherwise.
	PutTotals(ctx context.Context, t Totals) error
}

// Sweep removes the runs whose time is over, and adds them to the totals first. It may be
// cut off at any moment and done again: no run is counted twice, and none is removed
// uncounted. It returns how many were removed.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	all, err := s.Sums.Totals(ctx)
	if err != nil {
		return 0, err
	}
	totals := map[string]Totals{}
	for _, t := range all {
		if len(t.Pending) > 0 { // a sweep was cut off
			if err := s.settle(ctx, &t); err != nil {
				return 0, err
			}
		}
		totals[t.Key] = t
	}
	for {
		runs, err := s.Sums.EndedRuns(ctx, s.Now(), sweepBatch)
		if err != nil || len(runs) == 0 {
			return removed, err
		}
		key := templateKey(runs[0].Drill, runs[0].N)
		t := totals[key]
		t.Key, t.Drill, t.N = key, runs[0].Drill, runs[0].N
		for _, r := range runs {
			if templateKey(r.Drill, r.N) == key {
				t.add(r)
			}
		}
		if err := s.Sums.PutTotals(ctx, t); err != nil {
			return removed, err
		}
		t.Version++
		removed += len(t.Pending)
		if err := s.settle(ctx, &t); err != nil {
			return removed, err
		}
		totals[key] = t
	}
}

// settle removes the runs that t counts.
func (s *Service) settle(ctx context.Context, t *Totals) error {
	if err := s.Store.DeleteRuns(ctx, t.Pending); err != nil {
		return err
	}
	t.Pending = []string{}
	err := s.Sums.PutTotals(ctx, *t)
	t.Version++
	return err
}

// add counts a run.
func (t *Totals) add(r Run) {
	t.Pending = append(t.Pending, r.ID)
	t.Waiting.add(Sums{Runs: 1})
	if r.Result != nil {
		t.Waiting.add(Sums{Completed: 1, Phish: r.Result.Phish, Hits: r.Result.Hits, Legit: r.Result.Legit, FalseAlarms: r.Result.FalseAlarms})
	}
	if r.ChangedAt.After(t.Latest) {
		t.Latest = r.ChangedAt
	}
	// Both numbers grow by enough people: what those did who came to the end is told of no fewer.
	if t.Waiting.Runs >= Fewest && (t.Waiting.Completed == 0 || t.Waiting.Completed >= Fewest) {
		t.Shown.add(t.Waiting)
		t.Until, t.Waiting = t.Latest, Sums{}
	}
}

func (s *Sums) add(o Sums) {
	s.Runs += o.Runs
	s.Completed += o.Completed
	s.Phish += o.Phish
	s.Hits += o.Hits
	s.Legit += o.Legit
	s.FalseAlarms += o.FalseAlarms
}

// Outcomes says how a drill went, as far as its runs' time is over.
type Outcomes struct {
	Drill ID   `json:"drill"`
	N     int  `json:"n"`
	Title Text `json:"title"`
	Sums
	Until time.Time `json:"until"` // the newest of them
}

// Outcomes returns how each version of each drill went, where enough people did it.
func (s *Service) Outcomes(ctx context.Context) ([]Outcomes, error) {
	all, err := s.Sums.Totals(ctx)
	if err != nil {
		return nil, err
	}
	out := []Outcomes{}
	for _, t := range all {
		if t.Shown.Runs < Fewest {
			continue
		}
		p, err := s.Version(ctx, t.Drill, t.N)
		if err != nil {
			return nil, err
		}
		out = append(out, Outcomes{Drill: t.Drill, N: t.N, Title: p.Template.Title, Sums: t.Shown, Until: t.Until})
	}
	return out, nil
}
