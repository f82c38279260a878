package campaign

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// What is wrong with a plan is said when it is saved, what it lacks when it is submitted.
func TestPlansAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		unit   people.UnitID // of the administrator
		change func(*Plan)
		saved  bool     // as a draft
		want   []string // field:code
	}{
		{"fine", "", func(*Plan) {}, true, nil},
		{"the whole organisation", "", func(d *Plan) { d.Audience.Units = nil }, true, nil},
		{"own part", "vu-a", func(*Plan) {}, true, nil},
		{"no name in English", "", func(d *Plan) { d.Name.En = "  " }, true, []string{"name.en:required"}},
		{"no name at all", "", func(d *Plan) { d.Name = people.Text{} }, false, []string{"name.vi:required"}},
		{"a name that turns around", "", func(d *Plan) { d.Name.Vi = "a\u202eb" }, false, []string{"name.vi:text"}},
		{"a long name", "", func(d *Plan) { d.Name.Vi = strings.Repeat("ệ", 121) }, false, []string{"name.vi:max"}},
		{"no goal", "", func(d *Plan) { d.Goal = people.Text{} }, true, []string{"goal.vi:required", "goal.en:required"}},
		{"a long goal", "", func(d *Plan) { d.Goal.En = strings.Repeat("a", 601) }, false, []string{"goal.en:max"}},
		{"no items", "", func(d *Plan) { d.Items = nil }, true, []string{"items:required"}},
		{"too many items", "", func(d *Plan) { d.Items = make([]Item, 21) }, false, []string{"items:max"}},
		{"unknown course", "", func(d *Plan) { d.Items[0].ID = "none" }, false, []string{"items[0].id:unknown"}},
		{"a course in one language", "", func(d *Plan) { d.Items[0].ID = "vietnamese" }, false, []string{"items[0].id:language"}},
		{"twice the same", "", func(d *Plan) { d.Items = append(d.Items, Item{Kind: Course, ID: "phishing"}) }, false, []string{"items[1].id:duplicate"}},
		{"opens after a later one", "", func(d *Plan) { d.Items[0].OpensAfter.Item = 1 }, false, []string{"items[0].opensAfter.item:not_before"}},
		{"a drill that waits for a course", "", func(d *Plan) {
			d.Items = append(d.Items, Item{Kind: Drill, ID: "inbox", OpensAfter: Opening{Item: 1}})
		}, false, []string{"items[1].opensAfter.item:only_courses_wait"}},
		{"opens before it starts", "", func(d *Plan) { d.Items[0].OpensAfter.Days = -1 }, false, []string{"items[0].opensAfter.days:out_of_range"}},
		{"opens after it is due", "", func(d *Plan) { d.Items[0].OpensAfter.Days = 17 }, true, []string{"items[0].opensAfter.days:after_due"}},
		{"unknown unit", "", func(d *Plan) { d.Audience.Units = []people.UnitID{"x"} }, false, []string{"audience.units[0]:unknown"}},
		{"unknown cohort", "", func(d *Plan) { d.Audience.Cohorts = []people.CohortID{"x"} }, false, []string{"audience.cohorts[0]:unknown"}},
		{"another's unit", "vu-b", func(*Plan) {}, false, []string{"audience.units[0]:unknown"}},
		{"without another's unit", "vu-a", func(d *Plan) { d.Audience.Exclude.Units = []people.UnitID{"vu-b"} }, false, []string{"audience.exclude.units[0]:unknown"}},
		{"everybody, from a part", "vu-a", func(d *Plan) { d.Audience.Units = nil }, true, []string{"audience.units:required"}},
		{"a rule for everybody, from a part", "vu-a", func(d *Plan) { d.Audience.Rule = &people.Rule{Role: people.Trainer} }, true, []string{"audience.rule.units:required"}},
		{"a rule for another's unit", "vu-a", func(d *Plan) { d.Audience.Rule = &people.Rule{Units: []people.UnitID{"vu-b"}} }, false, []string{"audience.rule.units[0]:unknown"}},
		{"a rule the wrong way round", "", func(d *Plan) { d.Audience.Rule = &people.Rule{JoinedFrom: "2026-02-02", JoinedUntil: "2026-02-01"} }, false, []string{"audience.rule.joinedUntil:order"}},
		{"a unit twice", "", func(d *Plan) { d.Audience.Units = []people.UnitID{"vu-a", "vu-a"} }, false, []string{"audience.units[1]:duplicate"}},
		{"nobody there", "", func(d *Plan) { d.Audience.Units = []people.UnitID{"trong"} }, true, []string{"audience:empty"}},
		{"nobody left", "", func(d *Plan) { d.Audience.Exclude.Units = []people.UnitID{"bo"} }, true, []string{"audience:empty"}},
		{"nobody with that role", "", func(d *Plan) { d.Audience.Roles = []people.Role{people.Auditor} }, true, []string{"audience:empty"}},
		{"no due day", "", func(d *Plan) { d.DueOn = "" }, true, []string{"dueOn:required"}},
		{"no date", "", func(d *Plan) { d.DueOn = "soon" }, false, []string{"dueOn:date"}},
		{"no date to start", "", func(d *Plan) { d.StartsOn = "31/03/2026" }, false, []string{"startsOn:date"}},
		{"in the past", "", func(d *Plan) { d.DueOn = "2026-03-03" }, true, []string{"dueOn:past"}},
		{"before its start", "", func(d *Plan) { d.StartsOn = "2026-03-23" }, true, []string{"dueOn:before_start"}},
		{"18 minutes on the last of two days", "", func(d *Plan) { d.DueOn = "2026-03-05" }, true, nil},
		{"18 minutes in one day", "", func(d *Plan) { d.DueOn = "2026-03-04" }, true, []string{"dueOn:too_short"}},
		{"18 minutes that are optional", "", func(d *Plan) { d.DueOn, d.Items[0].Required = "2026-03-04", false }, true, nil},
		{"18 minutes over a weekend", "", func(d *Plan) { d.StartsOn, d.DueOn = "2026-03-06", "2026-03-08" }, true, []string{"dueOn:too_short"}},
		{"18 minutes over a holiday", "", func(d *Plan) { d.StartsOn, d.DueOn = "2026-04-29", "2026-05-03" }, true, []string{"dueOn:too_short"}},
		{"in ten years", "", func(d *Plan) { d.DueOn = "2036-03-04" }, false, []string{"dueOn:too_far"}},
		{"every 5 months", "", func(d *Plan) { d.Recurrence = 5 }, false, []string{"recurrence:oneof"}},
		{"again before it is due", "", func(d *Plan) { d.Recurrence, d.DueOn = 3, "2026-06-04" }, true, []string{"recurrence:overlaps"}},
		{"a long grace", "", func(d *Plan) { d.GraceDays = 91 }, false, []string{"graceDays:out_of_range"}},
		{"a target over the top", "", func(d *Plan) { d.Targets.Completion = 101 }, false, []string{"targets.completion:out_of_range"}},
		{"a target below nothing", "", func(d *Plan) { d.Targets.Satisfaction = -1 }, false, []string{"targets.satisfaction:out_of_range"}},
		{"a channel twice", "", func(d *Plan) { d.Channels = []Channel{Push, Push} }, false, []string{"channels[1]:duplicate"}},
		{"reminded twice at once", "", func(d *Plan) { d.Reminders.Offsets = []int{1, 1} }, false, []string{"reminders.offsets[1]:duplicate"}},
		{"reminded too early", "", func(d *Plan) { d.Reminders.Offsets = []int{-61} }, false, []string{"reminders.offsets[0]:out_of_range"}},
		{"reminded after the end", "", func(d *Plan) { d.Reminders.Offsets, d.GraceDays = []int{8}, 7 }, false, []string{"reminders.offsets[0]:after_end"}},
		{"most are held out", "", func(d *Plan) { d.Reminders.HoldOut = 21 }, false, []string{"reminders.holdOut:out_of_range"}},
		{"escalated after the end", "", func(d *Plan) { d.Escalation = []EscalationStep{{31, 0, "head"}} }, false, []string{"escalation[0].day:out_of_range"}},
		{"escalated below everything", "", func(d *Plan) { d.Escalation = []EscalationStep{{1, 101, "head"}} }, false, []string{"escalation[0].below:out_of_range"}},
		{"escalated twice", "", func(d *Plan) { d.Escalation = []EscalationStep{{1, 0, "head"}, {1, 70, "head"}} }, false, []string{"escalation[1]:duplicate"}},
		{"all wrong at once", "", func(d *Plan) { d.Name.Vi, d.Items, d.DueOn = "", nil, "" }, true, []string{"name.vi:required", "items:required", "dueOn:required"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := newWorld(t), plan()
			tt.change(&p)
			c, err := w.Create(t.Context(), administrator(tt.unit), p)
			if (err == nil) != tt.saved || len(w.store.byID) != map[bool]int{true: 1}[tt.saved] {
				t.Fatalf("create: %v, %d stored; want saved %v", err, len(w.store.byID), tt.saved)
			}
			got := refused(err)
			if tt.saved {
				missing, err := w.Missing(t.Context(), administrator(tt.unit), c)
				if err != nil {
					t.Fatal(err)
				}
				_, err = w.Change(t.Context(), administrator(tt.unit), c.ID, Submit, Word{})
				if got = refused(err); (err == nil) != (tt.want == nil) || len(missing) != len(got) {
					t.Errorf("submit: %v, missing %v", err, missing)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("plan %+v: got %v, want %v", p, got, tt.want)
			}
		})
	}
}

func TestFaultsArePassedOn(t *testing.T) {
	w, p := newWorld(t), plan()
	p.Items[0].ID = "broken"
	if _, err := w.Create(t.Context(), administrator(""), p); !errors.Is(err, errBroken) || fault.KindOf(err) != fault.Internal {
		t.Errorf("create with the database away: %v, want %v", err, errBroken)
	}
}
