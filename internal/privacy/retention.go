package privacy

import (
	"context"
	"maps"
	"strconv"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Retention says how long things are kept. Answers and the trail go by a job; the rest carries its
// own end from the moment it is stored, and the database removes it.
type Retention struct {
	AnswerMonths int // answers in quizzes; marks stay
	TrailMonths  int // entries of the audit trail, at least 12
	DrillDays    int // a person's own drill runs, after their last change
	DeliveryDays int // reminders, after they were due
	OpDays       int // ids of what phones sent
	SessionDays  int // sign-ins, at most
}

// Defaults are what the design asks for.
func Defaults() Retention {
	return Retention{AnswerMonths: 24, TrailMonths: 36, DrillDays: 180, DeliveryDays: 90, OpDays: 180, SessionDays: 90}
}

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
		"answers": strconv.Itoa(r.AnswerMonths), "trail": strconv.Itoa(r.TrailMonths), "drills": strconv.Itoa(r.DrillDays),
		"deliveries": strconv.Itoa(r.DeliveryDays), "ops": strconv.Itoa(r.OpDays), "sessions": strconv.Itoa(r.SessionDays),
	}
	maps.Copy(values, ours)
	return values
}

// Pruning is the last run of the job.
type Pruning struct {
	At      *time.Time `json:"at,omitempty" bson:"at,omitempty"` // none yet
	Removed int        `json:"removed" bson:"removed"`           // answers, in that run
	NextAt  time.Time  `json:"nextAt" bson:"nextAt"`             // also the end of the lease of who is at it
}

// RetentionStore keeps the job, and removes what is over.
type RetentionStore interface {
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

// before is the moment before which answers are over at now.
func (r Retention) before(now time.Time) time.Time { return now.AddDate(0, -r.AnswerMonths, 0) }

// Over counts the answers that the next run would remove.
func (s *Service) Over(ctx context.Context) (int, error) {
	return s.Retentions.CountAnswers(ctx, s.Retention.before(s.Now()))
}

// Prune removes the answers, and the entries of the trail, whose time is over, if that is due and no other copy of
// the program is at it. Enrolments keep marks and completion, so no total changes.
// What is cut off goes on after the lease.
func (s *Service) Prune(ctx context.Context) error {
	now := s.Now()
	mine, err := s.Retentions.ClaimPruning(ctx, now, now.Add(pruneLease))
	if err != nil || !mine {
		return err
	}
	removed := 0
	for {
		n, err := s.Retentions.DeleteAnswers(ctx, s.Retention.before(now), pruneBatch)
		removed += n
		if err != nil {
			return err
		}
		if n < pruneBatch {
			break
		}
	}
	entries, err := s.PruneTrail(ctx, now.AddDate(0, -s.Retention.TrailMonths, 0))
	if err != nil { // a trail that was tampered with is evidence, and stays
		s.Log.Error("retention of the audit trail", "err", err)
	}
	s.Log.Info("retention", "answers", removed, "entries", entries)
	return s.Retentions.Pruned(ctx, Pruning{At: &now, Removed: removed, NextAt: now.Add(pruneEvery)})
}

// Kept is one row of the table of what is kept how long.
type Kept struct {
	What    string `json:"what"` // answers, trail, drills, deliveries, ops, sessions
	Keep    int    `json:"keep"`
	Unit    string `json:"unit"`              // months or days
	Setting string `json:"setting,omitempty"` // the variable that changes it
}

// RetentionView is that table with the last run.
type RetentionView struct {
	Items []Kept  `json:"items"`
	Last  Pruning `json:"last"`
}

// ShowRetention returns the table to those who look after the whole organisation;
// fault.Forbidden not_allowed to everybody else.
func (s *Service) ShowRetention(ctx context.Context, a people.Actor) (RetentionView, error) {
	if _, all := a.Scope(people.ManageOperations); !all {
		return RetentionView{}, fault.New(fault.Forbidden, "not_allowed", "this is for administrators of the whole organisation")
	}
	last, err := s.Retentions.Pruning(ctx)
	r := s.Retention
	return RetentionView{Last: last, Items: []Kept{
		{"answers", r.AnswerMonths, "months", "HOCSO_KEEP_ANSWERS_MONTHS"},
		{"trail", r.TrailMonths, "months", "HOCSO_KEEP_AUDIT_MONTHS"},
		{"drills", r.DrillDays, "days", ""},
		{"deliveries", r.DeliveryDays, "days", ""},
		{"ops", r.OpDays, "days", ""},
		{"sessions", r.SessionDays, "days", ""},
	}}, err
}
