package campaign

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hocso/internal/people"
)

// A plan that recurs has its next occurrence as soon as it is past its due day: one, on
// working days, with what was approved, and courses asked for anew.
func TestRecurrence(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(p *Plan) { p.Recurrence = 12 })
	w.now = c.DueAt.Add(time.Minute)
	w.advance(t, 0) // closing
	before := w.now
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { _ = w.Advance(t.Context(), before) }) // who comes second meets a conflict
	}
	wg.Wait()
	w.advance(t, time.Minute)
	if n := len(w.store.byID); n != 2 {
		t.Fatalf("%d campaigns, want 2", n)
	}
	next := w.state(t, w.state(t, c.ID).Next)
	// A year after Wednesday 4 and Friday 20 March 2026: Thursday, and Monday instead of Saturday.
	if next.StartsOn != "2027-03-04" || next.DueOn != "2027-03-22" || next.State != Scheduled || !next.Live || next.Occurrence != 2 || !next.sealed() || next.Approvals[0].By != "second" {
		t.Errorf("next: %s to %s, %s, %d, %v", next.StartsOn, next.DueOn, next.State, next.Occurrence, next.Approvals)
	}
	if len(next.ID) != 36 || next.ID[14] != '7' || next.ID <= ID("019d") {
		t.Errorf("next has the id %s, want a UUIDv7 of the due day", next.ID)
	}
	w.advance(t, next.StartsAt.Sub(w.now))
	if got := w.state(t, next.ID); got.State != Running || !w.enroller.since.Equal(next.StartsAt) {
		t.Errorf("at its start: %s, completions since %v count", got.State, w.enroller.since)
	}
	w.advance(t, time.Hour)
	if n := len(w.store.byID); n != 2 {
		t.Errorf("%d campaigns while the second runs, want 2", n)
	}
}

func TestRecurrenceAfterAnEarlyEnd(t *testing.T) {
	w := newWorld(t)
	c := w.do(t, administrator(""), w.create(t, func(p *Plan) { p.Recurrence = 3 }), Close)
	w.advance(t, time.Minute)
	if got := w.state(t, c.ID); got.Next == "" || got.Live || w.state(t, got.Next).StartsOn != "2026-06-04" {
		t.Errorf("ended early: next %q, live %v", got.Next, got.Live)
	}
	c = w.do(t, administrator(""), w.create(t, func(p *Plan) { p.Recurrence = 3 }), Cancel)
	w.advance(t, time.Minute)
	if got := w.state(t, c.ID); got.Next != "" || got.Live {
		t.Errorf("cancelled: next %q, live %v", got.Next, got.Live)
	}
}

func TestCopy(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(p *Plan) {
		p.Items = append(p.Items, Item{Kind: Drill, ID: "inbox"})
		p.Audience.Units = []people.UnitID{"vu-a", "vu-b"}
	})
	w.now = w.now.AddDate(1, 6, 0)
	w.crowd.units[3].RemovedAt = &w.now
	got, err := w.Copy(t.Context(), named("other", ""), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Two years on, since a year on is past: Saturday the 4th and Monday the 20th of March 2028.
	if got.State != Draft || got.Owner != "other" || got.StartsOn != "2028-03-06" || got.DueOn != "2028-03-20" || !slices.Equal(got.Audience.Units, []people.UnitID{"vu-a"}) || len(got.Items) != 2 || got.Hash != "" {
		t.Errorf("copied: %+v", got)
	}
	w.crowd.units[1].RemovedAt = &w.now
	if _, err := w.Copy(t.Context(), named("other", ""), c.ID); !slices.Equal(refused(err), []string{"audience:empty"}) {
		t.Errorf("copied without any unit left: %v", err)
	}
	if _, err := w.Copy(t.Context(), named("other", "vu-b"), c.ID); code(err) != "campaign_not_found" {
		t.Errorf("copied from elsewhere: %v", err)
	}
}

// Those who joined lately are, a year later, those who joined lately then; what is gone is
// left out.
func TestCopyOfARule(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(p *Plan) {
		p.Audience = Audience{
			Units: []people.UnitID{"vu-a"},
			Rule:  &people.Rule{Units: []people.UnitID{"vu-a", "vu-b"}, JoinedFrom: "2026-02-28", JoinedUntil: "2026-03-31"},
		}
	})
	w.crowd.units[3].RemovedAt = &w.now
	w.now = w.now.AddDate(0, 6, 0)
	got, err := w.Copy(t.Context(), named("other", ""), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Audience.Rule; r.JoinedFrom != "2027-02-28" || r.JoinedUntil != "2027-03-31" || !slices.Equal(r.Units, []people.UnitID{"vu-a"}) {
		t.Errorf("copied the rule %+v", r)
	}
	if r := w.state(t, c.ID).Audience.Rule; r.JoinedFrom != "2026-02-28" || len(r.Units) != 2 {
		t.Errorf("the rule that was copied is now %+v", r)
	}
	w.crowd.units[1].RemovedAt = &w.now
	if _, err := w.Copy(t.Context(), named("other", ""), c.ID); !slices.Equal(refused(err), []string{"audience:empty"}) {
		t.Errorf("copied a rule for units that are gone: %v", err)
	}
}

func TestLater(t *testing.T) {
	for _, tt := range []struct {
		from          string
		years, months int
		want          string
	}{
		{"2026-01-31", 0, 1, "2026-02-28"},
		{"2026-08-31", 0, 3, "2026-11-30"},
		{"2028-02-29", 1, 0, "2029-02-28"},
		{"2026-12-15", 0, 2, "2027-02-15"},
	} {
		from, err := time.Parse(Day, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := later(from, tt.years, tt.months).Format(Day); got != tt.want {
			t.Errorf("%s, %d years and %d months later: %s, want %s", tt.from, tt.years, tt.months, got, tt.want)
		}
	}
}

// What is optional counts nowhere; what opens later is said with the enrolment.
func TestDuties(t *testing.T) {
	w := newWorld(t)
	c := w.create(t, func(p *Plan) {
		p.Items = []Item{
			{Kind: Course, ID: "phishing", Required: true},
			{Kind: Course, ID: "inbox", OpensAfter: Opening{Days: 7, Item: 1}},
		}
	})
	first, second := w.enroller.es["phishing:a0000:1"], w.enroller.es["inbox:a0000:1"]
	if first.DueAt == nil || first.Opens != nil || first.Campaigns[0] != string(c.ID) {
		t.Errorf("required: due %v, opens %v, for %v", first.DueAt, first.Opens, first.Campaigns)
	}
	if second.DueAt != nil || second.Opens == nil || !second.Opens.At.Equal(c.StartsAt.AddDate(0, 0, 7)) || second.Opens.After != "phishing" || second.Campaigns[0] != "" {
		t.Errorf("optional: due %v, opens %+v, for %v", second.DueAt, second.Opens, second.Campaigns)
	}
}

func TestAudiences(t *testing.T) {
	w := newWorld(t)
	w.crowd.ps[0].Grants = []people.Grant{{Role: people.Trainer}}
	w.crowd.ps[3].JoinedOn = "2026-03-01"
	w.crowd.cohorts = map[people.CohortID]people.Cohort{"k": {ID: "k", Members: []people.ID{"a0001", "b0001"}}}
	for name, tt := range map[string]struct {
		au   Audience
		want []people.ID
	}{
		"everybody":               {Audience{}, []people.ID{"a0000", "a0001", "a0002", "b0000", "b0001"}},
		"a unit and a cohort":     {Audience{Units: []people.UnitID{"vu-a"}, Cohorts: []people.CohortID{"k"}}, []people.ID{"a0000", "a0001", "a0002", "b0001"}},
		"a rule":                  {Audience{Rule: &people.Rule{JoinedFrom: "2026-02-01"}}, []people.ID{"b0000"}},
		"a unit and a rule":       {Audience{Units: []people.UnitID{"vu-a"}, Rule: &people.Rule{JoinedFrom: "2026-02-01"}}, []people.ID{"a0000", "a0001", "a0002", "b0000"}},
		"trainers":                {Audience{Roles: []people.Role{people.Trainer}}, []people.ID{"a0000"}},
		"without a unit":          {Audience{Exclude: Exclusion{Units: []people.UnitID{"vu-a"}}}, []people.ID{"b0000", "b0001"}},
		"without a cohort":        {Audience{Exclude: Exclusion{Cohorts: []people.CohortID{"k"}}}, []people.ID{"a0000", "a0002", "b0000"}},
		"trainers of another one": {Audience{Units: []people.UnitID{"vu-b"}, Roles: []people.Role{people.Trainer}}, nil},
	} {
		ps, err := w.First(t.Context(), tt.au, 20)
		if err != nil {
			t.Fatal(err)
		}
		var got []people.ID
		for _, p := range ps {
			got = append(got, p.ID)
		}
		slices.Sort(got)
		n, err := w.Count(t.Context(), tt.au)
		if err != nil || !slices.Equal(got, tt.want) || n != len(tt.want) {
			t.Errorf("%s: %v, %d, %v; want %v", name, got, n, err, tt.want)
		}
		for _, p := range w.crowd.ps {
			if in := tt.au.Includes(p, w.crowd.path(p.Unit), w.crowd.cohorts); in != slices.Contains(tt.want, p.ID) {
				t.Errorf("%s includes %s: %v", name, p.ID, in)
			}
		}
	}
}

// A snapshot is taken at the start; who joins later is not enrolled.
func TestSnapshot(t *testing.T) {
	w := newWorld(t)
	w.create(t, func(p *Plan) { p.Audience.Snapshot = true })
	w.crowd.add("n", 1, "vu-a", w.now.Add(time.Minute))
	w.crowd.units[3] = people.Unit{ID: "vu-b", Parent: "vu-a", Path: []people.UnitID{"bo", "vu-a"}, ChangedAt: w.now.Add(time.Minute)}
	w.advance(t, 2*time.Minute)
	if n, _ := w.enroller.count(); n != 3 {
		t.Errorf("%d enrolled, want the 3 of the start", n)
	}
}
