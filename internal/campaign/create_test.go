package campaign

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func TestCreateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		unit   people.UnitID // of the administrator
		change func(*Draft)
		want   []string // field:code
	}{
		{"fine", "", func(*Draft) {}, nil},
		{"the whole organisation", "", func(d *Draft) { d.Audience.Units = nil }, nil},
		{"own part", "vu-a", func(*Draft) {}, nil},
		{"no name in English", "", func(d *Draft) { d.Name.En = "  " }, []string{"name.en:required"}},
		{"a name that turns around", "", func(d *Draft) { d.Name.Vi = "a\u202eb" }, []string{"name.vi:text"}},
		{"a long name", "", func(d *Draft) { d.Name.Vi = strings.Repeat("ệ", 121) }, []string{"name.vi:max"}},
		{"no items", "", func(d *Draft) { d.Items = nil }, []string{"items:required"}},
		{"unknown course", "", func(d *Draft) { d.Items = []Item{{"course", "none"}} }, []string{"items[0].id:unknown"}},
		{"twice the same", "", func(d *Draft) { d.Items = append(d.Items, d.Items[0]) }, []string{"items[1].id:duplicate"}},
		{"unknown unit", "", func(d *Draft) { d.Audience.Units = []people.UnitID{"x"} }, []string{"audience.units[0]:unknown"}},
		{"another's unit", "vu-b", func(*Draft) {}, []string{"audience.units[0]:unknown"}},
		{"everybody, from a part", "vu-a", func(d *Draft) { d.Audience.Units = nil }, []string{"audience.units:required"}},
		{"a unit twice", "", func(d *Draft) { d.Audience.Units = []people.UnitID{"vu-a", "vu-a"} }, []string{"audience.units[1]:duplicate"}},
		{"nobody there", "", func(d *Draft) { d.Audience.Units = []people.UnitID{"trong"} }, []string{"audience:empty"}},
		{"no date", "", func(d *Draft) { d.DueOn = "soon" }, []string{"dueOn:date"}},
		{"in the past", "", func(d *Draft) { d.DueOn = "2026-03-03" }, []string{"dueOn:past"}},
		{"before its start", "", func(d *Draft) { d.StartsOn = "2026-03-23" }, []string{"dueOn:before_start"}},
		{"18 minutes on the last of two days", "", func(d *Draft) { d.DueOn = "2026-03-05" }, nil},
		{"18 minutes in one day", "", func(d *Draft) { d.DueOn = "2026-03-04" }, []string{"dueOn:too_short"}},
		{"18 minutes over a weekend", "", func(d *Draft) { d.StartsOn, d.DueOn = "2026-03-06", "2026-03-08" }, []string{"dueOn:too_short"}},
		{"18 minutes over a holiday", "", func(d *Draft) { d.StartsOn, d.DueOn = "2026-04-29", "2026-05-03" }, []string{"dueOn:too_short"}},
		{"in ten years", "", func(d *Draft) { d.DueOn = "2036-03-04" }, []string{"dueOn:too_far"}},
		{"over the top", "", func(d *Draft) { d.Target = 101 }, []string{"target:out_of_range"}},
		{"all wrong at once", "", func(d *Draft) { d.Name.Vi, d.Items, d.DueOn = "", nil, "" }, []string{"name.vi:required", "items:required", "dueOn:date"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, d := newWorld(t), draft()
			tt.change(&d)
			_, err := w.Create(t.Context(), administrator(tt.unit), d)
			var got []string
			var f *fault.Error
			if errors.As(err, &f) {
				for _, x := range f.Fields {
					got = append(got, x.Field+":"+x.Code)
				}
			}
			if !slices.Equal(got, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("create %+v: got %v (%v), want %v", d, got, err, tt.want)
			}
			if stored := len(w.store.byID); tt.want != nil && stored != 0 {
				t.Errorf("create %+v: %d campaigns stored, want none", d, stored)
			}
		})
	}
}

func TestCreatePassesOnFaults(t *testing.T) {
	w, d := newWorld(t), draft()
	d.Items = []Item{{"course", "broken"}}
	if _, err := w.Create(t.Context(), administrator(""), d); !errors.Is(err, errBroken) {
		t.Errorf("create with the database away: %v, want %v", err, errBroken)
	}
}

func TestCreateTimes(t *testing.T) {
	w, d := newWorld(t), draft()
	for _, tt := range []struct {
		startsOn      string
		state         State
		starts        string
		due, ends     string
		enrolled, log int
	}{
		{"", Running, "2026-03-03T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 3, 1},
		{"2026-03-01", Running, "2026-03-03T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 3, 1},
		{"2026-03-09", Scheduled, "2026-03-08T17:00:00Z", "2026-03-20T16:59:59.999Z", "2026-04-19T16:59:59.999Z", 3, 0},
	} {
		d.StartsOn = tt.startsOn
		c, err := w.Create(t.Context(), administrator(""), d)
		if err != nil {
			t.Fatal(err)
		}
		at := func(x time.Time) string { return x.UTC().Format(time.RFC3339Nano) }
		n, _ := w.enroller.count()
		if c.State != tt.state || at(c.StartsAt) != tt.starts || at(c.DueAt) != tt.due || at(c.EndsAt) != tt.ends || n != tt.enrolled || len(c.Log) != tt.log {
			t.Errorf("created to start on %q: %s %s %s %s, %d enrolled, log %v; want %+v", tt.startsOn, c.State, at(c.StartsAt), at(c.DueAt), at(c.EndsAt), n, c.Log, tt)
		}
	}
}

func TestHolidaysAreSorted(t *testing.T) {
	if !slices.IsSorted(Holidays()) {
		t.Error("Holidays() is not sorted: Closed searches it by halves")
	}
	for _, h := range Holidays() {
		if d, err := time.Parse(Day, h); err != nil || d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			t.Errorf("holiday %s: %v, %v; want a weekday, weekends are closed anyway", h, d.Weekday(), err)
		}
	}
}
