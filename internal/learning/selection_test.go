package learning

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/course"
	"hocso/internal/people"
)

// shelf is a course.Store with several courses of the same content.
type shelf struct{ *courses }

func (s shelf) Courses(context.Context) (list []course.Course, err error) {
	for _, id := range []course.ID{"a", "b", "c"} {
		list = append(list, course.Course{ID: id, Published: 1})
	}
	return list, nil
}

func (s shelf) Version(_ context.Context, id course.ID, _ int) (course.Version, error) {
	c := testContent(0)
	return course.Version{Course: id, N: 1, Content: c, Hash: c.Hash()}, nil
}

// choosing is a world in which a campaign asks for one of three courses, or as many as need says.
func choosing(t testing.TB, need int) (*world, Selection) {
	w := newWorld(t, 0)
	w.Courses = &course.Service{Store: shelf{w.courses}, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)}
	due := w.clock.Now().AddDate(0, 0, 9)
	return w, Selection{Campaign: "k", Of: []course.ID{"a", "b", "c"}, Need: need, DueAt: &due}
}

// complete lets ann do all of a course.
func (w *world) complete(t testing.TB, c course.ID) {
	t.Helper()
	e, _, err := w.Enrol(t.Context(), ann, c)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Second)
	n := 100 * int(c[0])
	w.send(t, ann, attemptOp(t, n, id(n+1), w.submission(w.start(t, ann, e.ID), 4)), lessonDoneOp(n+2, e.ID, "one"), lessonDoneOp(n+3, e.ID, "two"))
	w.clock.add(time.Second)
}

// carried says which open or completed courses of ann carry the campaign.
func (w *world) carried() string {
	var out []string
	for _, e := range w.store.enrolments {
		if e.Person == "ann" && e.State != Closed && slices.Contains(e.Campaigns, "k") {
			out = append(out, string(e.Course)+" "+string(e.State))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

var annAlone = []people.Person{{ID: "ann", Unit: "u"}}

func TestSelect(t *testing.T) {
	chosen := func(c course.ID) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			w.clock.add(time.Second)
			if _, _, err := w.Enrol(t.Context(), ann, c); err != nil {
				t.Fatal(err)
			}
		}
	}
	did := func(c course.ID) func(*testing.T, *world) { return func(t *testing.T, w *world) { w.complete(t, c) } }
	asked := func(c course.ID) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			if _, err := w.Assign(t.Context(), c, annAlone, Duty{Campaign: "other"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	started := func(c course.ID) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			w.send(t, ann, lessonDoneOp(7, NewEnrolmentID(c, "ann", 1), "one"))
		}
	}
	type steps = []func(*testing.T, *world)
	for _, tt := range []struct {
		name          string
		need          int
		before, after steps
		want          string
	}{
		{"the first ones", 2, nil, nil, "a assigned, b assigned"},
		{"what was chosen before", 1, steps{chosen("c")}, nil, "c assigned"},
		{"what was completed before", 1, steps{did("c")}, nil, "c completed"},
		{"what another campaign asks for", 1, steps{asked("b")}, nil, "b assigned"},
		{"what is chosen", 1, nil, steps{chosen("b")}, "b assigned"},
		{"the last choice", 1, nil, steps{chosen("b"), chosen("c")}, "c assigned"},
		{"one choice of two", 2, nil, steps{chosen("c")}, "a assigned, c assigned"},
		{"a choice although the first was begun", 1, nil, steps{started("a"), chosen("b")}, "b assigned"},
		{"what is completed, whatever was chosen", 1, nil, steps{chosen("b"), did("c")}, "c completed"},
		{"what was completed first", 1, nil, steps{did("c"), did("b")}, "c completed"},
		{"one completed and one open", 2, nil, steps{did("c")}, "a assigned, c completed"},
		{"two of three completed", 2, nil, steps{did("c"), did("b")}, "b completed, c completed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, x := choosing(t, tt.need)
			for _, do := range tt.before {
				do(t, w)
			}
			if _, err := w.Select(t.Context(), annAlone, x); err != nil {
				t.Fatal(err)
			}
			for _, do := range tt.after {
				do(t, w)
			}
			if got := w.carried(); got != tt.want {
				t.Errorf("carried by %s, want %s", got, tt.want)
			}
			writes := w.store.writes
			es, err := w.Select(t.Context(), annAlone, x)
			if err != nil || len(es) != tt.need || w.store.writes != writes {
				t.Errorf("again: %d enrolments, %d writes, %v", len(es), w.store.writes-writes, err)
			}
			for _, e := range es {
				if e.Open() && (e.DueAt == nil || !e.DueAt.Equal(*x.DueAt)) {
					t.Errorf("%s is due at %v", e.ID, e.DueAt)
				}
			}
		})
	}
}

// What another course stands in for asks for nothing any more, and keeps what was learnt.
func TestSelectReleases(t *testing.T) {
	w, x := choosing(t, 1)
	if _, err := w.Select(t.Context(), annAlone, x); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Enrol(t.Context(), ann, "b"); err != nil {
		t.Fatal(err)
	}
	if e := w.store.enrolments["a:ann:1"]; e.State != Closed || fmt.Sprint(e.Campaigns) != "[k]" {
		t.Errorf("not begun: %s %v", e.State, e.Campaigns)
	}
	w.clock.add(time.Second)
	e, created, err := w.Enrol(t.Context(), ann, "a")
	if err != nil || !created || e.Cycle != 2 || e.DueAt == nil || fmt.Sprint(e.Campaigns) != "[k]" {
		t.Errorf("chosen after all: %+v, %v, %v", e, created, err)
	}
	if e := w.store.enrolments["b:ann:1"]; e.State != Assigned || len(e.Campaigns)+len(e.Selections) > 0 || e.DueAt != nil {
		t.Errorf("chosen and given up: %+v", e)
	}
	w.send(t, ann, lessonDoneOp(5, "a:ann:2", "one"))
	w.clock.add(time.Second)
	w.complete(t, "c")
	if e := w.store.enrolments["a:ann:2"]; e.State != Started || len(e.Campaigns) > 0 || e.DueAt != nil || e.Lessons["one"].DoneAt == nil {
		t.Errorf("begun: %+v", e)
	}
	if got := w.carried(); got != "c completed" {
		t.Errorf("carried by %s", got)
	}
}

// What was completed before a campaign came again does not count for it.
func TestSelectSince(t *testing.T) {
	w, x := choosing(t, 1)
	w.complete(t, "b")
	now := w.clock.Now()
	x.Since = &now
	if _, err := w.Select(t.Context(), annAlone, x); err != nil {
		t.Fatal(err)
	}
	if got := w.carried(); got != "a assigned" {
		t.Errorf("carried by %s", got)
	}
	x.Of = x.Of[1:]
	x.Campaign = "l"
	es, err := w.Select(t.Context(), annAlone, x)
	if err != nil || es[0].ID != "b:ann:2" && es[0].ID != "c:ann:1" {
		t.Errorf("%+v, %v", es, err)
	}
}

// A campaign that was cancelled does not come back when somebody chooses.
func TestSelectAfterTheCampaign(t *testing.T) {
	w, x := choosing(t, 2)
	if _, err := w.Select(t.Context(), annAlone, x); err != nil {
		t.Fatal(err)
	}
	w.complete(t, "a")
	if err := w.CloseCampaign(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Enrol(t.Context(), ann, "c"); err != nil {
		t.Fatal(err)
	}
	if got := w.carried(); got != "a completed" {
		t.Errorf("carried by %s", got)
	}
}

func TestChosenIsTold(t *testing.T) {
	w, x := choosing(t, 1)
	var told []string
	w.Chosen = func(_ context.Context, campaign string, p people.Person, es []Enrolment) error {
		told = append(told, fmt.Sprint(campaign, p.ID, es[0].ID))
		return nil
	}
	if _, _, err := w.Enrol(t.Context(), ann, "b"); err != nil || len(told) > 0 {
		t.Errorf("without a campaign: %v, %v", told, err)
	}
	if _, err := w.Select(t.Context(), annAlone, x); err != nil {
		t.Fatal(err)
	}
	w.clock.add(time.Second)
	if _, _, err := w.Enrol(t.Context(), ann, "c"); err != nil || fmt.Sprint(told) != "[kannc:ann:1]" {
		t.Errorf("told %v, %v", told, err)
	}
}

// Whatever fails on the way, a repetition leaves as many courses with the campaign as it needs.
func TestSelectSurvivesEveryFailure(t *testing.T) {
	sweep(t, func(w *world) func() error {
		w.Courses = &course.Service{Store: shelf{w.courses}, Now: w.clock.Now, Log: slog.New(slog.DiscardHandler)}
		if _, err := w.Select(t.Context(), annAlone, Selection{Campaign: "k", Of: []course.ID{"a", "b", "c"}, Need: 1}); err != nil {
			t.Fatal(err)
		}
		return func() error {
			if _, _, err := w.Enrol(t.Context(), ann, "c"); err != nil {
				return err
			}
			_, err := w.trySend(ann, lessonDoneOp(3, "c:ann:1", "two"))
			return err
		}
	}, func(t *testing.T, w *world) {
		if got := w.carried(); got != "c started" {
			t.Errorf("carried by %s", got)
		}
	})
}

// A campaign that enrols and a learner who completes meet: in the end the completion counts.
func TestSelectMeetsTheLearner(t *testing.T) {
	for range 20 {
		w, x := choosing(t, 1)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := w.Select(context.Background(), annAlone, x); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { w.complete(t, "b") })
		wg.Wait()
		if got := w.carried(); got != "b completed" {
			t.Fatalf("carried by %s", got)
		}
	}
}
