package campaign

import (
	"testing"

	"hocso/internal/people"
)

func TestOverlaps(t *testing.T) {
	w := newWorld(t)
	w.crowd.cohorts = map[people.CohortID]people.Cohort{"k": {ID: "k", Members: []people.ID{"a0001", "b0001"}}}
	mine := w.create(t, nil) // vu-a, 4 to 20 March, 18 minutes over two weeks
	for _, tt := range []struct {
		name            string
		change          func(*Plan)
		people, minutes int // people 0: none
		clash           bool
	}{
		{"the same people", func(*Plan) {}, 3, 18, false},
		{"a unit below", func(p *Plan) { p.Audience.Units = []people.UnitID{"phong-a1"} }, 3, 18, false},
		{"another unit", func(p *Plan) { p.Audience.Units = []people.UnitID{"vu-b"} }, 0, 0, false},
		{"everybody", func(p *Plan) { p.Audience.Units = nil }, 3, 18, false},
		{"a cohort across", func(p *Plan) { p.Audience = Audience{Cohorts: []people.CohortID{"k"}} }, 1, 18, false},
		{"later", func(p *Plan) { p.StartsOn, p.DueOn = "2026-03-23", "2026-04-10" }, 0, 0, false},
		{"a little in a week", func(p *Plan) { p.Items[0].ID, p.DueOn = "long", "2026-03-11" }, 3, 75, false},
		{"too much in a week", func(p *Plan) { p.Items[0].ID, p.DueOn = "longer", "2026-03-11" }, 3, 76, true},
	} {
		p := plan()
		tt.change(&p)
		c, err := w.Try(t.Context(), administrator(""), p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Overlaps(t.Context(), c, []Campaign{mine})
		if err != nil || len(got) != min(1, tt.people) {
			t.Fatalf("%s: %v, %v; want one if people %d", tt.name, got, err, tt.people)
		}
		if tt.people > 0 && got[0] != (Overlap{mine.ID, mine.Name, tt.people, tt.minutes, tt.clash}) {
			t.Errorf("%s: %+v, want %d people, %d minutes, %v", tt.name, got[0], tt.people, tt.minutes, tt.clash)
		}
	}
	if got, err := w.Overlaps(t.Context(), mine, []Campaign{mine, w.do(t, administrator(""), w.create(t, nil), Cancel)}); err != nil || len(got) != 0 {
		t.Errorf("itself and a cancelled one: %v, %v", got, err)
	}
	cs, err := w.Planned(t.Context(), administrator(""), mine.StartsAt)
	if err != nil || len(cs) != 1 || cs[0].ID != mine.ID {
		t.Errorf("planned: %v, %v", cs, err)
	}
}
