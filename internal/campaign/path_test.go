package campaign

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
)

// withPath is a world with a path of all of a, any one of b and c, and all of d and e.
func withPath(t *testing.T) *world {
	w := newWorld(t)
	w.path = About{Title: people.Text{Vi: "Lộ trình", En: "Path"}, Minutes: 40, N: 3, Steps: []path.Stage{
		{Courses: []course.ID{"a"}}, {Courses: []course.ID{"b", "c"}, Need: 1}, {Courses: []course.ID{"d", "e"}},
	}}
	return w
}

func onPath(required bool) func(*Plan) {
	return func(p *Plan) { p.Items = []Item{{Kind: Path, ID: "path", Required: required}} }
}

func TestPathsInPlansAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name  string
		items []Item
		want  []string
	}{
		{"fine", []Item{{Kind: Path, ID: "path"}, {Kind: Course, ID: "phishing"}}, nil},
		{"unknown", []Item{{Kind: Path, ID: "none"}}, []string{"items[0].id:unknown"}},
		{"twice", []Item{{Kind: Path, ID: "path"}, {Kind: Path, ID: "path"}}, []string{"items[1].id:duplicate"}},
		{"a course of it after it", []Item{{Kind: Path, ID: "path"}, {Kind: Course, ID: "c"}}, []string{"items[1].id:in_path"}},
		{"a course of it before it", []Item{{Kind: Course, ID: "a"}, {Kind: Path, ID: "path"}}, []string{"items[1].id:in_path"}},
		{"something that opens after it", []Item{{Kind: Path, ID: "path"}, {Kind: Course, ID: "phishing", OpensAfter: Opening{Item: 1}}}, []string{"items[1].opensAfter.item:not_course"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, p := withPath(t), plan()
			p.Items = tt.items
			if _, err := w.Create(t.Context(), administrator(""), p); !slices.Equal(refused(err), tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	w, p := withPath(t), plan()
	onPath(true)(&p)
	p.DueOn = "2026-03-05" // 40 minutes take three days
	if got := refused(func() error {
		c, err := w.Create(t.Context(), administrator(""), p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Change(t.Context(), administrator(""), c.ID, Submit, Word{})
		return err
	}()); !slices.Equal(got, []string{"dueOn:too_short"}) {
		t.Errorf("40 minutes in two days: %v", got)
	}
}

// What is approved is what people will do, whatever becomes of the path.
func TestThePlanHoldsAVersionOfAPath(t *testing.T) {
	w, p := withPath(t), plan()
	onPath(true)(&p)
	p.Items[0].N, p.Items[0].Steps = 99, []path.Stage{{Courses: []course.ID{"forged"}}}
	c, err := w.Create(t.Context(), administrator(""), p)
	if err != nil || c.Items[0].N != 3 || !reflect.DeepEqual(c.Items[0].Steps, w.path.Steps) {
		t.Fatalf("created with %+v, %v", c.Items[0], err)
	}
	w.path.N, w.path.Steps = 4, w.path.Steps[:2]
	c = w.do(t, administrator(""), c, Submit)
	if c.Items[0].N != 4 || len(c.Items[0].Steps) != 2 || c.Hash != c.Seal() {
		t.Errorf("submitted with %+v", c.Items[0])
	}
	w.path.N, w.path.Steps = 5, w.path.Steps[:1]
	c = w.do(t, named("second", ""), c, Approve)
	c = w.do(t, administrator(""), c, Schedule)
	if c.Items[0].N != 4 || c.State != Running {
		t.Errorf("runs with %+v, %s", c.Items[0], c.State)
	}
	other := c.Plan.clone()
	other.Items[0].Steps = w.path.Steps
	if other.Seal() == c.Seal() {
		t.Error("other steps have the same seal")
	}
	crowd := people.Person{ID: "x", Unit: "vu-a"}
	if got := PathsFor([]Campaign{c}, crowd, []people.UnitID{"bo"}, nil); got["path"] != 4 {
		t.Errorf("asked of its audience: %v", got)
	}
	crowd.Unit = "vu-b"
	if got := PathsFor([]Campaign{c}, crowd, []people.UnitID{"bo"}, nil); len(got) != 0 {
		t.Errorf("asked of others: %v", got)
	}
}

func TestAPathBecomesDuties(t *testing.T) {
	w := withPath(t)
	c := w.create(t, onPath(true))
	got := map[string]string{}
	for _, e := range w.enroller.es {
		if e.Person == w.crowd.ps[0].ID {
			opens := "now"
			if e.Opens != nil {
				opens = fmt.Sprint(e.Opens.Of, e.Opens.Need)
			}
			got[string(e.Course)] = fmt.Sprint(e.Campaigns, e.DueAt.Equal(c.DueAt), " ", opens)
		}
	}
	campaign := fmt.Sprint([]string{string(c.ID)})
	want := map[string]string{
		"a": campaign + " true now", "b": campaign + " true [a] 0", "d": campaign + " true [b c] 1", "e": campaign + " true [b c] 1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if x := w.enroller.selected; len(x) == 0 || x[0].Need != 1 || len(x[0].Of) != 2 || x[0].Since != nil {
		t.Errorf("selected %+v", x)
	}
}

func TestAnOptionalPathLeavesTheChoice(t *testing.T) {
	w := withPath(t)
	w.create(t, onPath(false))
	for _, e := range w.enroller.es {
		if e.Campaigns[0] != "" || e.DueAt != nil || e.Course == "b" || e.Course == "c" {
			t.Errorf("%+v", e)
		}
	}
	if len(w.enroller.selected) > 0 || len(w.enroller.es) == 0 {
		t.Errorf("selected %v, %d enrolments", w.enroller.selected, len(w.enroller.es))
	}
}

// Of a campaign that comes again, what was done for the one before does not count.
func TestAPathComesAgain(t *testing.T) {
	w := withPath(t)
	c := Campaign{ID: "c2", Plan: plan(), StartsAt: w.now, DueAt: w.now.Add(time.Hour), Occurrence: 2}
	item := Item{Kind: Path, Required: true, Steps: w.path.Steps}
	if _, err := w.assignPath(t.Context(), c, item, []people.Person{{ID: "p"}}, w.now); err != nil {
		t.Fatal(err)
	}
	if x := w.enroller.selected[0]; x.Since == nil || !x.Since.Equal(w.now) || !w.enroller.since.IsZero() && !w.enroller.since.Equal(w.now) {
		t.Errorf("selected since %v", x.Since)
	}
	if _, err := w.assignPath(t.Context(), c, item, nil, w.now); err != nil {
		t.Error("nobody:", err)
	}
	var _ Enroller = (*learning.Service)(nil)
}
