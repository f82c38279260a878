package privacy

import (
	"time"

	"hocso/internal/people"
)

// What names something that is kept for a time.
type What string

// What is kept for a time.
const (
	Answers    What = "answers"    // in quizzes; marks stay
	Trail      What = "trail"      // entries of the audit trail
	Drills     What = "drills"     // a person's own drill runs, after their last change; totals stay
	Deliveries What = "deliveries" // reminders, after they were due
	Ops        What = "ops"        // ids of what phones sent
	Sessions   What = "sessions"   // sign-ins, at most
	Exercises  What = "exercises"  // sittings over exercises, after their day, once no finding is open
	Leavers    What = "leavers"    // people whose account is closed, after their last day; 0: until somebody erases them
)

// Unit is what a period is counted in.
type Unit string

// The units.
const (
	Months Unit = "months"
	Days   Unit = "days"
)

// Period is how long one thing may be kept: usually, at least and at most.
type Period struct {
	What  What `json:"what"`
	Unit  Unit `json:"unit"`
	Usual int  `json:"usual"`
	Least int  `json:"least"`
	Most  int  `json:"most"`
}

// Periods is the one table of what is kept for a time. Its bounds are what the law and the
// rest of the program ask for: system logs for a year, a person's own drill results
// for half a year, ids of what phones sent for longer than a phone may be without a network.
func Periods() []Period {
	return []Period{
		{Answers, Months, 24, 1, 120},
		{Trail, Months, 36, 12, 120},
		{Drills, Days, 180, 30, 180},
		{Deliveries, Days, 90, 30, 365},
		{Ops, Days, 180, 180, 730},
		{Sessions, Days, 90, 1, 90},
		{Exercises, Months, 36, 12, 120},
		{Leavers, Months, 0, 0, 120},
	}
}

// Choice is how long an organisation keeps something, and who said so.
type Choice struct {
	Keep int       `bson:"keep"`
	By   people.ID `bson:"by,omitempty"` // empty: at the machine
	At   time.Time `bson:"at"`
}

// Retention is how long an organisation keeps things. What it did not choose has the usual
// period; so has everything in the zero value.
type Retention struct {
	Chosen  map[What]Choice `bson:"chosen"`
	Version int             `bson:"ver"`
}

// Keep is how long something is kept, in the unit of its period.
func (r Retention) Keep(w What) int {
	if c, chosen := r.Chosen[w]; chosen {
		return c.Keep
	}
	for _, p := range Periods() {
		if p.What == w {
			return p.Usual
		}
	}
	return 0
}

// Before is the moment before which something is over at now.
func (r Retention) Before(w What, now time.Time) time.Time {
	for _, p := range Periods() {
		if p.What == w && p.Unit == Months {
			return now.AddDate(0, -r.Keep(w), 0)
		}
	}
	return now.Add(-r.Lasts(w))
}

// Lasts is how long something that is kept for days is kept.
func (r Retention) Lasts(w What) time.Duration { return time.Duration(r.Keep(w)) * 24 * time.Hour }
