// Package signoff keeps what heads confirm about their unit once a month: its figures as
// they were in that moment, and a comment.
package signoff

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/report"
)

// Month is the form of a month in JSON.
const Month = "2006-01"

// Signoff is one unit and month. It is written once and never changed.
type Signoff struct {
	ID        string        `json:"-" bson:"_id"` // unit:month
	Unit      people.UnitID `json:"unit" bson:"unit"`
	Month     string        `json:"month" bson:"month"` // yyyy-mm
	By        people.ID     `json:"by" bson:"by"`
	At        time.Time     `json:"at" bson:"at"`
	Comment   string        `json:"comment,omitempty" bson:"comment,omitempty"`
	People    int           `json:"people" bson:"people"` // of the unit and below, when it was signed; so are all figures
	Assigned  int           `json:"assigned" bson:"assigned"`
	Completed int           `json:"completed" bson:"completed"`
	Overdue   int           `json:"overdue" bson:"overdue"`
}

// Line is a unit with its sign-off of a month; nil: none yet.
type Line struct {
	Unit   report.UnitRef  `json:"unit"`
	Head   *report.HeadRef `json:"head,omitempty"`
	Signed *Signoff        `json:"signed,omitempty"`
}

// Store keeps sign-offs.
type Store interface {
	// InsertSignoff stores a new one; fault.Conflict if its id is taken.
	InsertSignoff(ctx context.Context, x Signoff) error
	// SignoffsOf returns up to limit of a unit, the newest month first.
	SignoffsOf(ctx context.Context, u people.UnitID, limit int) ([]Signoff, error)
	// SignoffsIn returns all of a month.
	SignoffsIn(ctx context.Context, month string) ([]Signoff, error)
}

// People knows who answers for a unit. *people.Service is one.
type People interface {
	// UnitsIn returns the units within which a may do any of the permissions.
	UnitsIn(ctx context.Context, a people.Actor, any ...people.Permission) ([]people.UnitCount, error)
}

// Reports counts. *report.Service is one.
type Reports interface {
	// Units answers for a unit and its direct children.
	Units(ctx context.Context, a people.Actor, f report.Filter) (report.Units, error)
}

// Service signs off. Every field is needed.
type Service struct {
	Store   Store
	People  People
	Reports Reports
	Zone    *time.Location
	Now     func() time.Time
}

const (
	longestComment = 1000
	mostMonths     = 24 // that are shown
	monthsBack     = 2  // that can still be signed
)

// Sign signs a month of a unit. fault.NotFound for a unit outside of what a may see,
// fault.Forbidden not_accountable for anybody but who answers for the unit today,
// fault.Invalid for a month that is not over or over for longer than two months and for a
// comment that is too long, fault.Conflict already_signed.
func (s *Service) Sign(ctx context.Context, a people.Actor, unit people.UnitID, month, comment string) (Signoff, error) {
	u, err := s.unit(ctx, a, unit)
	if err != nil {
		return Signoff{}, err
	}
	if u.Answering == nil || u.Answering.ID != a.ID {
		return Signoff{}, fault.New(fault.Forbidden, "not_accountable", "only who answers for the unit today may sign")
	}
	var bad []fault.Field
	if code := s.check(month); code != "" {
		bad = append(bad, fault.Field{Field: "month", Code: code})
	}
	switch {
	case utf8.RuneCountInString(comment) > longestComment:
		bad = append(bad, fault.Field{Field: "comment", Code: "max"})
	case !people.PlainText(comment):
		bad = append(bad, fault.Field{Field: "comment", Code: "text"})
	}
	if len(bad) > 0 {
		f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
		f.Fields = bad
		return Signoff{}, f
	}
	counts, err := s.Reports.Units(ctx, a, report.Filter{Unit: unit})
	if err != nil {
		return Signoff{}, err
	}
	x := Signoff{ID: string(unit) + ":" + month, Unit: unit, Month: month, By: a.ID, At: s.Now(), Comment: comment}
	for _, n := range counts.Items {
		if n.Unit.ID == unit {
			x.People, x.Assigned, x.Completed, x.Overdue = n.People, n.Assigned, n.Completed, n.Overdue
		}
	}
	err = s.Store.InsertSignoff(ctx, x)
	if fault.KindOf(err) == fault.Conflict {
		return Signoff{}, fault.New(fault.Conflict, "already_signed", "that month of the unit is signed already")
	}
	return x, err
}

// check says what is wrong with a month to sign, "" for nothing.
func (s *Service) check(month string) string {
	m, err := time.ParseInLocation(Month, month, s.Zone)
	y, now, _ := s.Now().In(s.Zone).Date()
	this := time.Date(y, now, 1, 0, 0, 0, 0, s.Zone)
	switch {
	case err != nil:
		return "date"
	case !m.Before(this):
		return "not_over"
	case m.Before(this.AddDate(0, -monthsBack, 0)):
		return "past"
	}
	return ""
}

// Of returns the sign-offs of a unit, the newest month first, at most 24.
func (s *Service) Of(ctx context.Context, a people.Actor, unit people.UnitID) ([]Signoff, error) {
	if _, err := s.unit(ctx, a, unit); err != nil {
		return nil, err
	}
	return s.Store.SignoffsOf(ctx, unit, mostMonths)
}

// In returns the units that a tracks and that somebody leads, each with its sign-off of a month.
func (s *Service) In(ctx context.Context, a people.Actor, month string) ([]Line, error) {
	if _, err := time.Parse(Month, month); err != nil {
		f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
		f.Fields = []fault.Field{{Field: "month", Code: "date"}}
		return nil, f
	}
	units, err := s.People.UnitsIn(ctx, a, people.TrackCompletion)
	if err != nil {
		return nil, err
	}
	signed, err := s.Store.SignoffsIn(ctx, month)
	if err != nil {
		return nil, err
	}
	lines := []Line{}
	for _, u := range units {
		i := slices.IndexFunc(signed, func(x Signoff) bool { return x.Unit == u.ID })
		led := u.Answering != nil && u.Answering.Unit == u.ID
		if u.RemovedAt != nil || !led && i < 0 {
			continue
		}
		l := Line{Unit: report.UnitRef{ID: u.ID, Name: u.Name, Parent: u.Parent}}
		if led {
			l.Head = &report.HeadRef{ID: u.Answering.ID, Name: u.Answering.Name, Deputy: u.Answering.Deputy}
		}
		if i >= 0 {
			l.Signed = &signed[i]
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func (s *Service) unit(ctx context.Context, a people.Actor, id people.UnitID) (people.UnitCount, error) {
	units, err := s.People.UnitsIn(ctx, a, people.TrackCompletion)
	if err != nil {
		return people.UnitCount{}, err
	}
	i := slices.IndexFunc(units, func(u people.UnitCount) bool { return u.ID == id && u.RemovedAt == nil })
	if i < 0 {
		return people.UnitCount{}, fault.New(fault.NotFound, "unit_not_found", "no such unit")
	}
	return units[i], nil
}
