package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

const (
	minutesADay = 15 // design: campaigns, guards
	mostItems   = 20
	longestName = 120
	longestGoal = 600
	longestWhy  = 500
	longest     = 3 * 365 * 24 * time.Hour // from today to the due day
	mostGrace   = 90                       // days
	mostHoldOut = 20                       // per cent
	mostOffsets = 12
	furthest    = 60 // days between a reminder or an escalation and the due day
)

// gaps are the codes with which a plan may be kept as a draft: it is not finished, or
// time has passed it by. Everything else is refused when it is saved.
func gaps() []string {
	return []string{"required", "empty", "past", "before_start", "too_short", "after_due", "overlaps"}
}

// check returns all that keeps a plan from being submitted by the actor at now.
func (s *Service) check(ctx context.Context, a people.Actor, p Plan, now time.Time) (bad []fault.Field, err error) {
	bad = slices.Concat(checkText("name", p.Name, longestName), checkText("goal", p.Goal, longestGoal))
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return nil, err
	}
	who := checkAudience(a, p.Audience, tree, cohorts)
	if len(who) == 0 {
		none, err := s.nobody(ctx, p.Audience)
		if err != nil {
			return nil, fmt.Errorf("find audience: %w", err)
		}
		if none {
			who = append(who, fault.Field{Field: "audience", Code: "empty"})
		}
	}
	minutes, items, err := s.checkItems(ctx, p.Items)
	if err != nil {
		return nil, err
	}
	return slices.Concat(bad, who, items, s.checkDates(p, minutes, now), checkPolicy(p)), nil
}

// refusals are those of bad with which a draft is not kept.
func refusals(bad []fault.Field) []fault.Field {
	return slices.DeleteFunc(bad, func(f fault.Field) bool { return slices.Contains(gaps(), f.Code) })
}

func invalid(bad []fault.Field) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = bad
	return f
}

func checkText(field string, t people.Text, most int) (bad []fault.Field) {
	for _, f := range []struct{ field, text string }{{field + ".vi", t.Vi}, {field + ".en", t.En}} {
		switch {
		case f.text == "":
			bad = append(bad, fault.Field{Field: f.field, Code: "required"})
		case utf8.RuneCountInString(f.text) > most:
			bad = append(bad, fault.Field{Field: f.field, Code: "max"})
		case !people.PlainText(f.text):
			bad = append(bad, fault.Field{Field: f.field, Code: "text"})
		}
	}
	return bad
}

// tidy puts a text into the one form that is stored.
func tidy(t people.Text) people.Text {
	form := func(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }
	return people.Text{Vi: form(t.Vi), En: form(t.En)}
}

// CheckAudience refuses an audience with units or cohorts that do not exist or lie outside
// the actor's scope, with fault.Invalid.
func (s *Service) CheckAudience(ctx context.Context, a people.Actor, au Audience) error {
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return err
	}
	if bad := checkAudience(a, au, tree, cohorts); len(bad) > 0 {
		return invalid(bad)
	}
	return nil
}

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

func checkAudience(a people.Actor, au Audience, tree map[people.UnitID]people.Unit, cohorts map[people.CohortID]people.Cohort) (bad []fault.Field) {
	_, all := a.Scope(people.ManageCampaigns)
	if au.Everybody() && !all {
		return []fault.Field{{Field: "audience.units", Code: "required"}}
	}
	known, group := knownUnit(a, tree), knownCohort(a, tree, cohorts)
	bad = slices.Concat(
		checkIDs("audience.units", au.Units, known), checkIDs("audience.cohorts", au.Cohorts, group),
		checkIDs("audience.exclude.units", au.Exclude.Units, known), checkIDs("audience.exclude.cohorts", au.Exclude.Cohorts, group),
	)
	if r := au.Rule; r != nil {
		bad = append(bad, checkIDs("audience.rule.units", r.Units, known)...)
		if len(r.Units) == 0 && !all {
			bad = append(bad, fault.Field{Field: "audience.rule.units", Code: "required"})
		}
		if r.JoinedUntil != "" && r.JoinedUntil < r.JoinedFrom {
			bad = append(bad, fault.Field{Field: "audience.rule.joinedUntil", Code: "order"})
		}
	}
	return bad
}

// knownUnit tells whether a unit is there and within the actor's scope.
func knownUnit(a people.Actor, tree map[people.UnitID]people.Unit) func(people.UnitID) bool {
	return func(id people.UnitID) bool {
		u, ok := tree[id]
		return ok && u.RemovedAt == nil && a.Covers(people.ManageCampaigns, id, u.Path)
	}
}

// knownCohort tells the same of a cohort.
func knownCohort(a people.Actor, tree map[people.UnitID]people.Unit, cohorts map[people.CohortID]people.Cohort) func(people.CohortID) bool {
	return func(id people.CohortID) bool {
		x, ok := cohorts[id]
		return ok && x.RemovedAt == nil && a.Covers(people.ManageCampaigns, x.Unit, tree[x.Unit].Path)
	}
}

func checkIDs[T comparable](field string, ids []T, known func(T) bool) (bad []fault.Field) {
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch {
		case !known(id):
			bad = append(bad, fault.Field{Field: at, Code: "unknown"})
		case slices.Contains(ids[:i], id):
			bad = append(bad, fault.Field{Field: at, Code: "duplicate"})
		}
	}
	return bad
}

func (s *Service) checkItems(ctx context.Context, items []Item) (minutes int, bad []fault.Field, err error) {
	if len(items) == 0 {
		return 0, []fault.Field{{Field: "items", Code: "required"}}, nil
	}
	if len(items) > mostItems {
		return 0, []fault.Field{{Field: "items", Code: "max"}}, nil
	}
	for i, item := range items {
		at := fmt.Sprintf("items[%d].", i)
		if o := item.OpensAfter; o.Item < 0 || o.Item > i {
			bad = append(bad, fault.Field{Field: at + "opensAfter.item", Code: "not_before"})
		} else if o.Item > 0 && item.Kind != Course {
			bad = append(bad, fault.Field{Field: at + "opensAfter.item", Code: "only_courses_wait"}) // only an enrolment can be closed to a person
		} else if o.Item > 0 && items[o.Item-1].Kind != Course {
			bad = append(bad, fault.Field{Field: at + "opensAfter.item", Code: "not_course"}) // nobody is told what was done in a drill
		} else if o.Days < 0 || o.Days > 365 {
			bad = append(bad, fault.Field{Field: at + "opensAfter.days", Code: "out_of_range"})
		}
		if slices.ContainsFunc(items[:i], func(x Item) bool { return x.Kind == item.Kind && x.ID == item.ID }) {
			bad = append(bad, fault.Field{Field: at + "id", Code: "duplicate"})
			continue
		}
		if item.meets(items[:i]) {
			bad = append(bad, fault.Field{Field: at + "id", Code: "in_path"})
			continue
		}
		about, err := s.Items(ctx, item.Kind, item.ID)
		if known := (*fault.Error)(nil); errors.As(err, &known) && known.Kind == fault.NotFound {
			bad = append(bad, fault.Field{Field: at + "id", Code: "unknown"})
			continue
		}
		if err != nil {
			return 0, nil, fmt.Errorf("find %s %s: %w", item.Kind, item.ID, err)
		}
		if about.Title.Vi == "" || about.Title.En == "" {
			bad = append(bad, fault.Field{Field: at + "id", Code: "language"})
		}
		if item.Required {
			minutes += about.Minutes
		}
	}
	return minutes, bad, nil
}

// times turns the days of a plan into times, in the organisation's zone: zero for a day that
// it does not say. What starts in the past or on no day in particular starts on today's.
func (s *Service) times(p Plan, now time.Time) (starts, due, ends time.Time) {
	starts = midnight(now, s.Calendar.Zone)
	if t, err := time.ParseInLocation(Day, p.StartsOn, s.Calendar.Zone); err == nil && t.After(starts) {
		starts = t
	}
	if t, err := time.ParseInLocation(Day, p.DueOn, s.Calendar.Zone); err == nil {
		due = endOfDay(t)
		ends = due.Add(time.Duration(p.GraceDays) * 24 * time.Hour)
	}
	return starts.UTC(), due, ends
}

func (s *Service) checkDates(p Plan, minutes int, now time.Time) (bad []fault.Field) {
	if _, err := time.Parse(Day, p.StartsOn); p.StartsOn != "" && err != nil {
		bad = append(bad, fault.Field{Field: "startsOn", Code: "date"})
	}
	if p.DueOn == "" {
		return append(bad, fault.Field{Field: "dueOn", Code: "required"})
	}
	due, err := time.ParseInLocation(Day, p.DueOn, s.Calendar.Zone)
	if err != nil {
		return append(bad, fault.Field{Field: "dueOn", Code: "date"})
	}
	starts, _, _ := s.times(p, now)
	today := midnight(now, s.Calendar.Zone)
	days := (minutes + minutesADay - 1) / minutesADay
	switch {
	case due.Before(today):
		bad = append(bad, fault.Field{Field: "dueOn", Code: "past"})
	case due.Before(starts):
		bad = append(bad, fault.Field{Field: "dueOn", Code: "before_start"})
	case due.Sub(today) > longest:
		bad = append(bad, fault.Field{Field: "dueOn", Code: "too_far"})
	case s.Calendar.WorkingDays(starts, due) < days:
		bad = append(bad, fault.Field{Field: "dueOn", Code: "too_short"})
	}
	for i, item := range p.Items {
		if item.Required && item.OpensAfter.Days > 0 && starts.AddDate(0, 0, item.OpensAfter.Days).After(due) {
			bad = append(bad, fault.Field{Field: fmt.Sprintf("items[%d].opensAfter.days", i), Code: "after_due"})
		}
	}
	if p.Recurrence > 0 && !starts.AddDate(0, p.Recurrence, 0).After(due) {
		bad = append(bad, fault.Field{Field: "recurrence", Code: "overlaps"})
	}
	return bad
}

// checkPolicy looks at what has numbers: grace, recurrence, reminders, targets, escalation.
func checkPolicy(p Plan) (bad []fault.Field) {
	within := func(field string, n, least, most int) {
		if n < least || n > most {
			bad = append(bad, fault.Field{Field: field, Code: "out_of_range"})
		}
	}
	within("graceDays", p.GraceDays, 1, mostGrace)
	if !slices.Contains([]int{0, 3, 6, 12}, p.Recurrence) {
		bad = append(bad, fault.Field{Field: "recurrence", Code: "oneof"})
	}
	for i, c := range p.Channels {
		if slices.Contains(p.Channels[:i], c) {
			bad = append(bad, fault.Field{Field: fmt.Sprintf("channels[%d]", i), Code: "duplicate"})
		}
	}
	if len(p.Reminders.Offsets) > mostOffsets {
		bad = append(bad, fault.Field{Field: "reminders.offsets", Code: "max"})
	}
	for i, n := range p.Reminders.Offsets {
		field := fmt.Sprintf("reminders.offsets[%d]", i)
		switch {
		case slices.Contains(p.Reminders.Offsets[:i], n):
			bad = append(bad, fault.Field{Field: field, Code: "duplicate"})
		case n > p.GraceDays:
			bad = append(bad, fault.Field{Field: field, Code: "after_end"})
		default:
			within(field, n, -furthest, furthest)
		}
	}
	within("reminders.holdOut", p.Reminders.HoldOut, 0, mostHoldOut)
	within("targets.completion", p.Targets.Completion, 1, 100)
	within("targets.satisfaction", p.Targets.Satisfaction, 1, 100)
	for i, e := range p.Escalation {
		field := fmt.Sprintf("escalation[%d]", i)
		within(field+".day", e.Day, -furthest, min(furthest, p.GraceDays))
		within(field+".below", e.Below, 0, 100)
		if slices.ContainsFunc(p.Escalation[:i], func(x EscalationStep) bool { return x.Day == e.Day && x.To == e.To }) {
			bad = append(bad, fault.Field{Field: field, Code: "duplicate"})
		}
	}
	return bad
}
