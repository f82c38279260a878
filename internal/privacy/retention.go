package privacy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Values are what the notice says of an organisation. Without a contact it is the
// administrators.
func Values(organisation, contact string, r Retention) map[string]string {
	vi, en := contact, contact
	ours := map[string]string{"organisation": organisation}
	if organisation == "" || organisation == "Học số" { // nobody said whose it is
		ours = map[string]string{"organisation.vi": "Cơ quan bạn", "organisation.en": "Your organisation"}
	}
	if contact == "" {
		vi, en = "Hãy hỏi người quản trị của cơ quan bạn.", "Ask an administrator of your organisation."
	}
	values := map[string]string{
		"contact.vi": vi, "contact.en": en,
		"left.vi": "dữ liệu của bạn được xóa khi bạn yêu cầu", "left.en": "your data are erased when you ask for it",
	}
	if n := r.Keep(Leavers); n > 0 {
		values["left.vi"] = fmt.Sprintf("dữ liệu của bạn tự xóa sau %d tháng, hoặc sớm hơn khi bạn yêu cầu", n)
		values["left.en"] = fmt.Sprintf("your data are erased by themselves after %d months, or sooner when you ask for it", n)
	}
	for _, p := range Periods() {
		values[string(p.What)] = strconv.Itoa(r.Keep(p.What))
	}
	maps.Copy(values, ours)
	return values
}

// Pruning is the last run of the job.
type Pruning struct {
	At      *time.Time `json:"at,omitempty" bson:"at,omitempty"` // none yet
	Removed int        `json:"removed" bson:"removed"`           // answers, in that run
	Leavers int        `json:"leavers" bson:"leavers"`           // people who left long ago and were erased, in that run
	NextAt  time.Time  `json:"nextAt" bson:"nextAt"`             // also the end of the lease of who is at it
}

// RetentionStore keeps the periods and the job, and removes what is over.
type RetentionStore interface {
	// Retention returns the periods; the zero value if none was chosen.
	Retention(ctx context.Context) (Retention, error)
	// PutRetention stores r with Version+1 if the stored one still has r.Version, or there is none and it is 0;
	// fault.Conflict otherwise.
	PutRetention(ctx context.Context, r Retention) error
	// EndBy brings the end of what carries its own to at most latest: of drill runs, ids of what phones sent, and
	// reminders that were due at now.
	EndBy(ctx context.Context, w What, now, latest time.Time) error
	// Pruning returns the last run; the zero value if there was none.
	Pruning(ctx context.Context) (Pruning, error)
	// ClaimPruning takes the job until until if it is due at now, and reports whether it did.
	ClaimPruning(ctx context.Context, now, until time.Time) (bool, error)
	// Pruned stores what a run did.
	Pruned(ctx context.Context, p Pruning) error
	// CountAnswers counts the attempts that arrived before a moment.
	CountAnswers(ctx context.Context, before time.Time) (int, error)
	// DeleteAnswers removes up to limit of them, and returns how many.
	DeleteAnswers(ctx context.Context, before time.Time, limit int) (int, error)
}

// How the job runs.
const (
	pruneEvery = 24 * time.Hour
	pruneLease = time.Hour
	pruneBatch = 500
)

// Load reads the periods, which another copy of the program may have changed.
func (s *Service) Load(ctx context.Context) error {
	r, err := s.Retentions.Retention(ctx)
	if err != nil {
		return err
	}
	notice, err := s.Write(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.notice = r, notice
	return nil
}

// Retention returns the periods as this copy of the program knows them: they are at most as
// old as the last round of Run.
func (s *Service) Retention() Retention {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}

// Notice returns the notice with the periods that Retention returns.
func (s *Service) Notice() Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notice
}

// Over counts the answers that the next run would remove.
func (s *Service) Over(ctx context.Context) (int, error) {
	return s.Retentions.CountAnswers(ctx, s.Retention().Before(Answers, s.Now()))
}

// Prune removes what is over, if that is due and no other copy of the program is at it.
// Enrolments keep marks and completion, so no total changes. What is cut off goes on
// after the lease.
func (s *Service) Prune(ctx context.Context) error {
	now := s.Now()
	mine, err := s.Retentions.ClaimPruning(ctx, now, now.Add(pruneLease))
	if err != nil || !mine {
		return err
	}
	if err := s.Load(ctx); err != nil {
		return err
	}
	keep := s.Retention()
	removed := 0
	for {
		n, err := s.Retentions.DeleteAnswers(ctx, keep.Before(Answers, now), pruneBatch)
		removed += n
		if err != nil {
			return err
		}
		if n < pruneBatch {
			break
		}
	}
	for _, w := range []What{Drills, Deliveries, Ops} {
		if err := s.Retentions.EndBy(ctx, w, now, now.Add(keep.Lasts(w))); err != nil {
			return err
		}
	}
	runs, err := s.SweepDrills(ctx)
	if err != nil {
		return err
	}
	sittings, err := s.PruneSittings(ctx, keep.Before(Exercises, now))
	if err != nil {
		return err
	}
	entries, err := s.PruneTrail(ctx, keep.Before(Trail, now))
	if err != nil { // a trail that was tampered with is evidence, and stays
		s.Log.Error("retention of the audit trail", "err", err)
	}
	left, err := s.eraseLeavers(ctx, keep, now)
	if err != nil { // the rest of the job is done all the same; the next run goes on
		s.Log.Error("erase people who left", "err", err)
	}
	s.Log.Info("retention", "answers", removed, "drillRuns", runs, "sittings", sittings, "entries", entries, "leavers", left)
	return s.Retentions.Pruned(ctx, Pruning{At: &now, Removed: removed, Leavers: left, NextAt: now.Add(pruneEvery)})
}

// Kept is one row of the table of what is kept how long.
type Kept struct {
	Period
	Keep   int        `json:"keep"`
	By     people.ID  `json:"by,omitempty"`     // who changed it; empty: at the machine, or nobody
	ByName string     `json:"byName,omitempty"` // empty once they are erased
	At     *time.Time `json:"at,omitempty"`     // when; none: it is the usual period
}

// RetentionView is that table with the last run.
type RetentionView struct {
	Items   []Kept      `json:"items"`
	Version int         `json:"version"` // for ChangeRetention
	Last    Pruning     `json:"last"`
	Leavers LeaversView `json:"leavers"`
}

func mayOperate(a people.Actor) error {
	if _, all := a.Scope(people.ManageOperations); !all {
		return fault.New(fault.Forbidden, "not_allowed", "this is for administrators of the whole organisation")
	}
	return nil
}

// ShowRetention returns the table to those who look after the whole organisation;
// fault.Forbidden not_allowed to everybody else.
func (s *Service) ShowRetention(ctx context.Context, a people.Actor) (RetentionView, error) {
	if err := mayOperate(a); err != nil {
		return RetentionView{}, err
	}
	if err := s.Load(ctx); err != nil {
		return RetentionView{}, err
	}
	r := s.Retention()
	view := RetentionView{Version: r.Version}
	for _, p := range Periods() {
		k := Kept{Period: p, Keep: r.Keep(p.What)}
		if c, chosen := r.Chosen[p.What]; chosen {
			k.By, k.At = c.By, &c.At
			if c.By != "" {
				who, err := s.People.Current(ctx, c.By)
				if err != nil && fault.KindOf(err) != fault.NotFound {
					return RetentionView{}, err
				}
				k.ByName = who.Name
			}
		}
		view.Items = append(view.Items, k)
	}
	var err error
	if view.Last, err = s.Retentions.Pruning(ctx); err != nil {
		return view, err
	}
	view.Leavers, err = s.leavers(ctx, r, view.Last.NextAt)
	return view, err
}

// Changed is one period that was changed.
type Changed struct {
	What          What
	Before, After int
}

// ChangeRetention sets the whole table, and returns what that changed. version is that of the
// table the actor saw: fault.Conflict changed_meanwhile if it is another by now.
// fault.Invalid invalid_fields names each period that is missing, unknown or out of its bounds.
func (s *Service) ChangeRetention(ctx context.Context, a people.Actor, version int, keep map[What]int) ([]Changed, error) {
	if err := mayOperate(a); err != nil {
		return nil, err
	}
	if err := checkPeriods(keep); err != nil {
		return nil, err
	}
	r, err := s.Retentions.Retention(ctx)
	if err != nil {
		return nil, err
	}
	if r.Version != version {
		return nil, fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	var changed []Changed
	chosen := maps.Clone(r.Chosen)
	if chosen == nil {
		chosen = map[What]Choice{}
	}
	for _, p := range Periods() {
		if before := r.Keep(p.What); before != keep[p.What] {
			changed = append(changed, Changed{p.What, before, keep[p.What]})
			chosen[p.What] = Choice{Keep: keep[p.What], By: a.ID, At: s.Now()}
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	if err := s.Retentions.PutRetention(ctx, Retention{Chosen: chosen, Version: version}); err != nil {
		return nil, err
	}
	return changed, s.Load(ctx)
}

// checkPeriods holds the periods to their table.
func checkPeriods(keep map[What]int) error {
	bad := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	refuse := func(w What, code string) {
		bad.Fields = append(bad.Fields, fault.Field{Field: "keep." + string(w), Code: code})
	}
	known := map[What]bool{}
	for _, p := range Periods() {
		known[p.What] = true
		n, there := keep[p.What]
		switch {
		case !there:
			refuse(p.What, "required")
		case n < p.Least || n > p.Most:
			refuse(p.What, "out_of_range")
		}
	}
	for _, w := range slices.Sorted(maps.Keys(keep)) {
		if !known[w] {
			refuse(w, "unknown_field")
		}
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}
