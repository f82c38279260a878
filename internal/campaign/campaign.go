// Package campaign gives an audience things to do between dates: planned by one person,
// approved by a second, carried out by the clock.
package campaign

import (
	"slices"
	"time"

	"hocso/internal/path"
	"hocso/internal/people"
)

// ID identifies a campaign: a UUIDv7.
type ID string

// Kind is the kind of an item.
type Kind string

// The kinds. A course becomes an enrolment, a path those of its courses; what is of another
// kind is open to the audience while the campaign runs.
const (
	Course       Kind = "course"
	Path         Kind = "path"
	Drill        Kind = "drill"
	Announcement Kind = "announcement"
	Survey       Kind = "survey"
	Exercise     Kind = "exercise"
)

// Item is one thing to do.
type Item struct {
	Kind       Kind    `json:"kind" bson:"kind" validate:"oneof=course path drill announcement survey exercise"`
	ID         string  `json:"id" bson:"id" validate:"required,max=64"`
	Required   bool    `json:"required" bson:"required"` // what is not has no due day and counts nowhere
	OpensAfter Opening `json:"opensAfter,omitzero" bson:"opensAfter,omitempty"`
	// Of a path: the version that is asked for and its steps, put in when the plan is written and when it is
	// submitted, so that what is approved is what people will do.
	N     int          `json:"n,omitempty" bson:"n,omitempty"`
	Steps []path.Stage `json:"steps,omitempty" bson:"steps,omitempty" validate:"max=100,dive"`
}

// Opening says when an item opens. The zero Opening: at the start.
type Opening struct {
	Days int `json:"days,omitempty" bson:"days,omitempty"` // after the start
	Item int `json:"item,omitempty" bson:"item,omitempty"` // number of an earlier item, from 1, that is to be completed first
}

// Channel is a way in which people hear of a campaign. The app is always one.
type Channel string

// The channels.
const (
	Push   Channel = "push"
	Email  Channel = "email"
	Portal Channel = "portal" // the unit's own web page
)

// Reminders say when those who are not done are reminded.
type Reminders struct {
	Offsets []int `json:"offsets" bson:"offsets"` // days from the due day; none: nobody is reminded
	HoldOut int   `json:"holdOut" bson:"holdOut"` // per cent who are reminded of nothing, to compare with
}

// Targets are what each unit should reach, in per cent.
type Targets struct {
	Completion   int `json:"completion" bson:"completion"`
	Satisfaction int `json:"satisfaction" bson:"satisfaction"`
}

// Who is told of a unit that is behind.
const (
	ToHead   = "head"   // of the unit
	ToParent = "parent" // the head above; for the second time the next one up
	ToOwner  = "owner"  // of the campaign
)

// EscalationStep tells somebody of a unit that is behind.
type EscalationStep struct {
	Day   int    `json:"day" bson:"day"`     // from the due day
	Below int    `json:"below" bson:"below"` // per cent completed; 0: the target
	To    string `json:"to" bson:"to" validate:"oneof=head parent owner"`
}

// Plan is what a campaign is: what its author writes and a second person approves.
type Plan struct {
	Name       people.Text      `json:"name" bson:"name"`
	Goal       people.Text      `json:"goal" bson:"goal"`
	Audience   Audience         `json:"audience" bson:"audience"`
	Items      []Item           `json:"items" bson:"items" validate:"max=20,dive"`
	StartsOn   string           `json:"startsOn" bson:"startsOn" validate:"max=10"` // yyyy-mm-dd; empty or past: as soon as it is scheduled
	DueOn      string           `json:"dueOn" bson:"dueOn" validate:"max=10"`       // yyyy-mm-dd
	GraceDays  int              `json:"graceDays" bson:"graceDays"`                 // from the due day to the end; 0 means 30
	Recurrence int              `json:"recurrence" bson:"recurrence"`               // months from one start to the next; 0: once
	Channels   []Channel        `json:"channels" bson:"channels" validate:"max=3,dive,oneof=push email portal"`
	Reminders  Reminders        `json:"reminders" bson:"reminders"`
	Targets    Targets          `json:"targets" bson:"targets"`
	Escalation []EscalationStep `json:"escalation" bson:"escalation" validate:"max=10,dive"`
}

// Campaign is a plan and what became of it.
type Campaign struct {
	ID   ID `json:"id" bson:"_id"`
	Plan `bson:",inline"`

	StartsAt  time.Time   `json:"startsAt,omitzero" bson:"startsAt"` // zero while the plan does not say
	DueAt     time.Time   `json:"dueAt,omitzero" bson:"dueAt"`       // the last millisecond of the due day in the organisation's zone
	EndsAt    time.Time   `json:"endsAt,omitzero" bson:"endsAt"`     // DueAt and the days of grace
	State     State       `json:"state" bson:"state"`
	Owner     people.ID   `json:"owner" bson:"owner"`
	Authors   []people.ID `json:"authors" bson:"authors"` // everybody who wrote the plan or changed it
	Hash      string      `json:"hash" bson:"hash"`       // of the plan as it was submitted; empty for a draft
	Approvals []Approval  `json:"approvals" bson:"approvals"`
	Log       []Step      `json:"log" bson:"log"`
	CreatedAt time.Time   `json:"createdAt" bson:"createdAt"`
	Version   int         `json:"version" bson:"ver"`

	Occurrence int `json:"occurrence,omitempty" bson:"occurrence,omitempty"` // of a plan that recurs, from 2; 0: the first
	Next       ID  `json:"next,omitempty" bson:"next,omitempty"`             // the occurrence after this one, once it is made

	// Live is true while the clock has work with it: from being scheduled to being
	// completed, and cancelled until its enrolments are closed. It leads an index.
	Live bool `json:"-" bson:"live"`
	// AdvancedTo is the time up to which changes of people are enrolled; zero
	// until the whole audience was enrolled once.
	AdvancedTo time.Time `json:"-" bson:"advancedTo"`
	// LeaseUntil keeps two replicas from enrolling the same audience at once.
	LeaseUntil time.Time `json:"-" bson:"leaseUntil"`
}

// Opened returns the ids of the items of a kind whose days after the start are over at now.
// It says nothing of a course, which opens for each person by their enrolment.
func (c Campaign) Opened(k Kind, now time.Time) (ids []string) {
	for _, i := range c.Items {
		if i.Kind == k && !now.Before(c.StartsAt.AddDate(0, 0, i.OpensAfter.Days)) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// Reminds reports whether anybody is reminded.
func (c Campaign) Reminds() bool { return len(c.Reminders.Offsets) > 0 }

// clone copies the plan so deep that changing the copy leaves p as it was, and makes
// empty lists of those that are absent: they would be null in JSON.
func (p Plan) clone() Plan {
	p.Audience.Units = filled(p.Audience.Units)
	p.Items, p.Channels, p.Escalation = filled(p.Items), filled(p.Channels), filled(p.Escalation)
	p.Reminders.Offsets = filled(p.Reminders.Offsets)
	return p
}

func filled[T any](list []T) []T { return append(make([]T, 0, len(list)), list...) }

// withDefaults fills in what an author need not say: lists that are absent (an empty one
// is said) and numbers that are zero.
func (p Plan) withDefaults() Plan {
	if p.Channels == nil {
		p.Channels = []Channel{Push, Email}
	}
	if p.GraceDays == 0 {
		p.GraceDays = 30
	}
	afterEnd := func(day int) bool { return day > p.GraceDays }
	if p.Reminders.Offsets == nil {
		p.Reminders.Offsets = slices.DeleteFunc([]int{-7, -3, -1, 1, 7, 14}, afterEnd)
	}
	if p.Escalation == nil {
		p.Escalation = slices.DeleteFunc([]EscalationStep{{-3, 70, ToHead}, {1, 0, ToHead}, {7, 0, ToOwner}, {7, 0, ToParent}, {14, 0, ToParent}},
			func(x EscalationStep) bool { return afterEnd(x.Day) })
	}
	if p.Targets.Completion == 0 {
		p.Targets.Completion = 90
	}
	if p.Targets.Satisfaction == 0 {
		p.Targets.Satisfaction = 90
	}
	p.Name, p.Goal = tidy(p.Name), tidy(p.Goal)
	slices.Sort(p.Reminders.Offsets)
	return p.clone()
}
