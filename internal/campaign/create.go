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

// Draft is what a new campaign is made from.
type Draft struct {
	Name     people.Text
	Audience Audience
	Items    []Item
	StartsOn string // yyyy-mm-dd; empty or past: today
	DueOn    string // yyyy-mm-dd
	Remind   bool
	Target   int // per cent of each unit; 0 means 90
}

const (
	minutesADay = 15                  // design: campaigns, guards
	grace       = 30 * 24 * time.Hour // from the due time to the end
	mostItems   = 20
	longestName = 120
	longest     = 3 * 365 * 24 * time.Hour // from today to the due day
)

// Create makes a campaign, which runs at once if it starts today. fault.Invalid
// names each field that is wrong; units outside the actor's scope are as unknown as
// absent ones.
func (s *Service) Create(ctx context.Context, a people.Actor, d Draft) (Campaign, error) {
	now := s.Now()
	tree, err := s.tree(ctx)
	if err != nil {
		return Campaign{}, err
	}
	d.Name.Vi, d.Name.En = tidy(d.Name.Vi), tidy(d.Name.En)
	bad := checkNames(d.Name)
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return Campaign{}, err
	}
	bad = append(bad, checkAudience(a, d.Audience, tree, cohorts)...)
	minutes, more, err := s.checkItems(ctx, d.Items)
	if err != nil {
		return Campaign{}, err
	}
	bad = append(bad, more...)
	starts, due, more := s.checkDates(d, minutes, now)
	bad = append(bad, more...)
	if d.Target == 0 {
		d.Target = 90
	}
	if d.Target < 1 || d.Target > 100 {
		bad = append(bad, fault.Field{Field: "target", Code: "out_of_range"})
	}
	if len(bad) == 0 {
		some := false
		for _, part := range s.parts(d.Audience) {
			first, err := part(ctx, "", 1)
			if err != nil {
				return Campaign{}, fmt.Errorf("find audience: %w", err)
			}
			some = some || len(first) > 0
		}
		if !some {
			bad = append(bad, fault.Field{Field: "audience", Code: "empty"})
		}
	}
	if len(bad) > 0 {
		return Campaign{}, invalid(bad)
	}
	c := Campaign{
		ID: ID(s.NewID()), Name: d.Name, Audience: d.Audience, Items: d.Items,
		StartsAt: starts.UTC(), DueAt: due, EndsAt: due.Add(grace),
		Remind: d.Remind, Target: d.Target,
		State: Scheduled, Owner: a.ID, CreatedAt: now, Version: 1, Live: true,
	}
	if !c.StartsAt.After(now) {
		c.move(Running, a.ID, now)
	}
	if err := s.Store.InsertCampaign(ctx, c); err != nil {
		return Campaign{}, err
	}
	s.wrote()
	s.begin(ctx, c, now)
	return c, nil
}

func invalid(bad []fault.Field) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = bad
	return f
}

func checkNames(n people.Text) (bad []fault.Field) {
	for _, f := range []struct{ field, text string }{{"name.vi", n.Vi}, {"name.en", n.En}} {
		switch {
		case f.text == "":
			bad = append(bad, fault.Field{Field: f.field, Code: "required"})
		case utf8.RuneCountInString(f.text) > longestName:
			bad = append(bad, fault.Field{Field: f.field, Code: "max"})
		case !people.PlainText(f.text):
			bad = append(bad, fault.Field{Field: f.field, Code: "text"})
		}
	}
	return bad
}

// tidy puts a name into the one form that is stored.
func tidy(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

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
	if _, all := a.Scope(people.ManageCampaigns); au.Everybody() && !all {
		return []fault.Field{{Field: "audience.units", Code: "required"}}
	}
	for i, id := range au.Units {
		field := fmt.Sprintf("audience.units[%d]", i)
		u, ok := tree[id]
		switch {
		case !ok || u.RemovedAt != nil || !a.Covers(people.ManageCampaigns, id, u.Path):
			bad = append(bad, fault.Field{Field: field, Code: "unknown"})
		case slices.Contains(au.Units[:i], id):
			bad = append(bad, fault.Field{Field: field, Code: "duplicate"})
		}
	}
	for i, id := range au.Cohorts {
		field := fmt.Sprintf("audience.cohorts[%d]", i)
		x, ok := cohorts[id]
		switch {
		case !ok || x.RemovedAt != nil || !a.Covers(people.ManageCampaigns, x.Unit, tree[x.Unit].Path):
			bad = append(bad, fault.Field{Field: field, Code: "unknown"})
		case slices.Contains(au.Cohorts[:i], id):
			bad = append(bad, fault.Field{Field: field, Code: "duplicate"})
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
		field := fmt.Sprintf("items[%d].id", i)
		if slices.Contains(items[:i], item) {
			bad = append(bad, fault.Field{Field: field, Code: "duplicate"})
			continue
		}
		n, err := s.Minutes(ctx, item)
		if known := (*fault.Error)(nil); errors.As(err, &known) && known.Kind == fault.NotFound {
			bad = append(bad, fault.Field{Field: field, Code: "unknown"})
			continue
		}
		if err != nil {
			return 0, nil, fmt.Errorf("find %s %s: %w", item.Kind, item.ID, err)
		}
		minutes += n
	}
	return minutes, bad, nil
}

// checkDates turns the days into times. due is the last millisecond of its day.
func (s *Service) checkDates(d Draft, minutes int, now time.Time) (starts, due time.Time, bad []fault.Field) {
	today := midnight(now, s.Calendar.Zone)
	starts = today
	if d.StartsOn != "" {
		t, err := time.ParseInLocation(Day, d.StartsOn, s.Calendar.Zone)
		if err != nil {
			bad = append(bad, fault.Field{Field: "startsOn", Code: "date"})
		} else if t.After(today) {
			starts = t
		}
	}
	dueDay, err := time.ParseInLocation(Day, d.DueOn, s.Calendar.Zone)
	if err != nil {
		return starts, due, append(bad, fault.Field{Field: "dueOn", Code: "date"})
	}
	days := (minutes + minutesADay - 1) / minutesADay
	switch {
	case dueDay.Before(today):
		bad = append(bad, fault.Field{Field: "dueOn", Code: "past"})
	case dueDay.Before(starts):
		bad = append(bad, fault.Field{Field: "dueOn", Code: "before_start"})
	case dueDay.Sub(today) > longest:
		bad = append(bad, fault.Field{Field: "dueOn", Code: "too_far"})
	case s.Calendar.WorkingDays(starts, dueDay) < days:
		bad = append(bad, fault.Field{Field: "dueOn", Code: "too_short"})
	}
	return starts, endOfDay(dueDay), bad
}
