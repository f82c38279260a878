package escalation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/report"
)

func calendar() campaign.Calendar {
	return campaign.Calendar{Zone: time.FixedZone("ICT", 7*60*60), Holidays: []string{"2026-04-30", "2026-05-01"}}
}

func day(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, calendar().Zone)
	if err != nil {
		panic(err)
	}
	return t
}

// ministry is bo > vu > phong, each led by somebody of its own, and to, which nobody
// leads, below phong.
func ministry() chart {
	c := chart{units: map[people.UnitID]people.Unit{}, answering: map[people.UnitID]people.Answering{}}
	var path []people.UnitID
	parent := people.UnitID("")
	for _, u := range []people.UnitID{"bo", "vu", "phong", "to"} {
		c.units[u] = people.Unit{ID: u, Parent: parent, Path: slices.Clone(path), Name: people.Text{Vi: "Đơn vị " + string(u), En: "Unit " + string(u)}}
		led := u
		if u == "to" {
			led = "phong"
		}
		c.answering[u] = people.Answering{ID: people.ID("head-" + led), Unit: led}
		path, parent = append(path, u), u
	}
	return c
}

func plan(t *testing.T) campaign.Campaign {
	t.Helper()
	c := campaign.Campaign{ID: "c", Owner: "owner", DueAt: day("2026-03-13 23:59"), State: campaign.Running} // a Friday
	c.Targets.Completion = 90
	c.Escalation = []campaign.EscalationStep{{Day: -3, Below: 70, To: campaign.ToHead}, {Day: 1, To: campaign.ToHead}, {Day: 7, To: campaign.ToOwner}, {Day: 7, To: campaign.ToParent}, {Day: 14, To: campaign.ToParent}}
	return c
}

func said(es []Escalation) []string {
	out := []string{}
	for _, e := range es {
		out = append(out, fmt.Sprintf("%s %s %s→%s %d/%d<%d", e.Step, e.To, e.Unit, e.Person, e.Completed, e.People, e.Goal))
	}
	return out
}

func TestPlan(t *testing.T) {
	standings := []report.Standing{{Unit: "phong", People: 10, Completed: 7}, {Unit: "to", People: 4, Completed: 1}, {Unit: "vu", People: 20, Completed: 13}}
	for _, tt := range []struct {
		name, now string
		want      []string
	}{
		{"four days before", "2026-03-09 16:00", []string{}},
		{"three days before: 70 per cent is not behind, 65 is, and who is led by nobody counts above", "2026-03-10 00:00", []string{"d-3 head vu→head-vu 13/20<70"}},
		{"a working day late", "2026-03-11 23:00", []string{"d-3 head vu→head-vu 13/20<70"}},
		{"two: too late", "2026-03-12 00:00", []string{}},
		{"the day after is a Saturday: Monday", "2026-03-14 10:00", []string{}},
		{"Monday, against the target", "2026-03-16 00:00", []string{"d+1 head phong→head-phong 7/10<90", "d+1 head vu→head-vu 13/20<90"}},
		{"after a week the owner and the next above", "2026-03-20 09:00", []string{
			"d+7 owner phong→owner 7/10<90", "d+7 owner vu→owner 13/20<90", "d+7 parent phong→head-vu 7/10<90", "d+7 parent vu→head-bo 13/20<90",
		}},
		{"after two weeks the next of all, else the owner", "2026-03-27 09:00", []string{"d+14 parent phong→head-bo 7/10<90", "d+14 parent vu→owner 13/20<90"}},
	} {
		if got := said(Plan(plan(t), standings, ministry(), calendar(), day(tt.now))); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Before the due day a step on a holiday speaks on the working day before it.
func TestPlanHoliday(t *testing.T) {
	c := plan(t)
	c.DueAt = day("2026-05-04 23:59") // a Monday; three days before it is Labour Day, before that Reunification Day
	standings := []report.Standing{{Unit: "vu", People: 2, Completed: 1}}
	for now, want := range map[string]int{"2026-04-28 09:00": 0, "2026-04-29 09:00": 1} {
		if got := len(Plan(c, standings, ministry(), calendar(), day(now))); got != want {
			t.Errorf("on %s %d, want %d", now, got, want)
		}
	}
}

// Who leads two units one above the other is not told as the one above themselves.
func TestAbove(t *testing.T) {
	c := ministry()
	c.answering["vu"] = people.Answering{ID: "head-phong", Unit: "vu"}
	if who, ok := c.above("phong", 1); !ok || who != "head-bo" {
		t.Errorf("above phong, whose head leads vu too: %q, want head-bo", who)
	}
	c.answering["vu"] = people.Answering{ID: "head-bo", Unit: "bo"} // nobody leads vu
	if who, ok := c.above("phong", 1); !ok || who != "head-bo" {
		t.Errorf("above phong, with vu led by nobody: %q, want head-bo", who)
	}
	if who, ok := c.above("phong", 2); ok {
		t.Errorf("two above phong: %q, want nobody", who)
	}
	delete(c.answering, "bo")
	if who, ok := c.above("vu", 1); ok {
		t.Errorf("above vu, with bo led by nobody: %q, want nobody", who)
	}
}
