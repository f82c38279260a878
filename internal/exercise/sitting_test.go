package exercise

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// trio is an exercise of three injects: weights 1 and 3, 2 and 2, 4 and 1.
func trio() Exercise {
	in := func(id string, a, b int) Inject {
		return Inject{ID: id, Expectations: []Expectation{{ID: "a", Weight: a}, {ID: "b", Weight: b}}}
	}
	return Exercise{
		ID: "trio", N: 1, Seats: []Seat{{ID: "head", Title: Text{Vi: "Lãnh đạo", En: "Head"}}, {ID: "it", Title: Text{Vi: "CNTT", En: "IT"}}, {ID: "press", Title: Text{Vi: "Báo chí", En: "Press"}}},
		Injects: []Inject{in("one", 1, 3), in("two", 2, 2), in("three", 4, 1)},
	}
}

func planned() Sitting {
	return Sitting{
		ID: "s", State: Planned, Facilitator: "boss", Version: 1, Turns: []Turn{}, Findings: []Finding{},
		Plan: Plan{Exercise: "trio", Unit: "a", Participants: []Attendee{{Person: "an", Seat: "head"}, {Person: "binh", Seat: "it"}}},
	}
}

func turn(x Exercise, n int, decision string, seconds int, met ...string) Turn {
	return Turn{Inject: x.Injects[n-1].ID, Decision: decision, Met: slices.Concat([]string{}, met), Seconds: seconds, At: monday}
}

// refused fails unless err is a fault of that code, and of that field if it has one.
func refused(t *testing.T, err error, code, field string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code && (len(f.Fields) == 0 || f.Fields[0].Code != code) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if field != "" && (len(f.Fields) == 0 || f.Fields[0].Field != field) {
		t.Fatalf("got fields %v, want %s", f.Fields, field)
	}
}

func ok(t *testing.T) func(Sitting, error) Sitting {
	t.Helper()
	return func(s Sitting, err error) Sitting {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestRun(t *testing.T) {
	x, do := trio(), ok(t)
	s := do(planned().begin(monday, "boss", "phone", []people.ID{"binh"}, false))
	if s.State != Running || !s.StartedAt.Equal(monday) || s.Attended("binh") || !s.Attended("an") {
		t.Fatalf("started as %+v", s)
	}
	same := func(what string, next Sitting, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(next, s) {
			t.Errorf("%s: %v, and it changed\n%+v\n%+v", what, err, s, next)
		}
	}
	next, err := s.begin(monday.Add(time.Hour), "boss", "phone", nil, false)
	same("start again", next, err)

	_, err = s.begin(monday, "other", "tablet", nil, false)
	refused(t, err, "running_elsewhere", "")
	_, err = s.take(x, 1, turn(x, 1, "x", 1), "tablet")
	refused(t, err, "running_elsewhere", "")
	_, err = s.take(x, 2, turn(x, 2, "x", 1), "phone")
	refused(t, err, "order", "inject")
	_, err = s.finish(x, monday, "phone", nil)
	refused(t, err, "unfinished", "turns")

	s = do(s.take(x, 1, turn(x, 1, "Rút mạng", 120, "b"), "phone"))
	again := turn(x, 1, "Rút mạng", 120, "b")
	again.At = monday.Add(time.Minute)
	next, err = s.take(x, 1, again, "phone")
	same("the same turn again", next, err)
	s = do(s.take(x, 1, turn(x, 1, "Rút dây mạng", 130, "a", "b"), "phone"))
	if len(s.Turns) != 1 || s.Turns[0].Decision != "Rút dây mạng" {
		t.Errorf("corrected to %+v", s.Turns)
	}
	s = do(s.take(x, 2, turn(x, 2, "Báo cáo", 300), "phone"))
	s = do(s.begin(monday, "other", "tablet", nil, true))
	if s.Facilitator != "other" || len(s.Turns) != 2 || !slices.Contains(s.Named, "other") {
		t.Errorf("taken over as %+v", s)
	}
	_, err = s.take(x, 3, turn(x, 3, "x", 1), "phone")
	refused(t, err, "running_elsewhere", "")
	s = do(s.take(x, 3, turn(x, 3, "Khôi phục", 60, "b"), "tablet"))
	_, err = s.finish(x, monday, "tablet", []people.ID{"an", "binh"})
	refused(t, err, "nobody_present", "absent")
	_, err = s.finish(x, monday, "tablet", []people.ID{"stranger"})
	refused(t, err, "unknown", "absent")
	s = do(s.finish(x, monday.Add(time.Hour), "tablet", nil))
	if s.State != Finished || !s.Attended("binh") {
		t.Errorf("finished as %+v", s)
	}
	next, err = s.finish(x, monday.Add(2*time.Hour), "tablet", nil)
	same("finish again", next, err)
	next, err = s.take(x, 3, turn(x, 3, "Khôi phục", 60, "b"), "tablet")
	same("a turn whose answer was lost", next, err)
	for what, f := range map[string]func() (Sitting, error){
		"another turn": func() (Sitting, error) { return s.take(x, 3, turn(x, 3, "Khác", 60), "tablet") },
		"start":        func() (Sitting, error) { return s.begin(monday, "boss", "tablet", nil, true) },
		"cancel":       s.cancel,
	} {
		if _, err := f(); true {
			t.Run(what, func(t *testing.T) { refused(t, err, "wrong_state", "") })
		}
	}

	r := ReportOn(x, s)
	// met 1+3, nothing, 1 of 1+3+2+2+4+1; seconds 130, 300, 60
	if r.Met != 5 || r.Weight != 13 || math.Abs(r.Score-5.0/13) > 1e-9 || r.MedianSeconds != 130 {
		t.Errorf("report %+v", r)
	}
	if len(r.SeatsAbsent) != 1 || r.SeatsAbsent[0].En != "Press" || len(r.Steps) != 3 || r.Steps[1].Decision != "Báo cáo" || r.Steps[0].Expectations[0].Met != true {
		t.Errorf("report %+v", r)
	}
}

func TestReportOfNothing(t *testing.T) {
	r := ReportOn(trio(), planned())
	if r.Score != 0 || r.MedianSeconds != 0 || len(r.Steps) != 0 || len(r.SeatsAbsent) != 1 {
		t.Errorf("report %+v", r)
	}
	for _, tt := range []struct {
		of   []int
		want float64
	}{{nil, 0}, {[]int{7}, 7}, {[]int{9, 1}, 5}, {[]int{3, 1, 2, 10}, 2.5}} {
		if got := median(tt.of); got != tt.want {
			t.Errorf("median of %v is %g, want %g", tt.of, got, tt.want)
		}
	}
}

func TestCancel(t *testing.T) {
	s := ok(t)(planned().cancel())
	if again := ok(t)(s.cancel()); s.State != Cancelled || !reflect.DeepEqual(s, again) {
		t.Errorf("cancelled as %+v, %+v", s, again)
	}
	_, err := s.begin(monday, "boss", "phone", nil, false)
	refused(t, err, "wrong_state", "")
	_, err = planned().begin(monday, "boss", "phone", []people.ID{"an", "binh"}, false)
	refused(t, err, "nobody_present", "absent")
}

func TestTurnIsRefused(t *testing.T) {
	x := trio()
	s := ok(t)(planned().begin(monday, "boss", "phone", nil, false))
	for name, tt := range map[string]struct {
		turn        Turn
		field, code string
	}{
		"no decision":      {turn(x, 1, "", 1), "decision", "required"},
		"a long one":       {turn(x, 1, strings.Repeat("ạ", 501), 1), "decision", "max"},
		"two lines":        {turn(x, 1, "a\nb", 1), "decision", "text"},
		"control":          {turn(x, 1, "a\x00b", 1), "decision", "text"},
		"backwards":        {turn(x, 1, "a\u202eb", 1), "decision", "text"},
		"unknown":          {turn(x, 1, "x", 1, "a", "z"), "met[1]", "unknown"},
		"twice":            {turn(x, 1, "x", 1, "a", "a"), "met[1]", "duplicate"},
		"before the start": {turn(x, 1, "x", -1), "seconds", "out_of_range"},
		"half a day":       {turn(x, 1, "x", 4*3600+1), "seconds", "out_of_range"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.take(x, 1, tt.turn, "phone")
			refused(t, err, tt.code, tt.field)
		})
	}
	ok(t)(s.take(x, 1, turn(x, 1, strings.Repeat("ạ", 500), 4*3600, "b", "a"), "phone"))
}

// Whatever is asked of a sitting in whatever order: it goes only forwards, its turns are in
// order and never fewer, what it was is left as it was, and to repeat what went well changes nothing.
func TestEveryHistory(t *testing.T) {
	x := trio()
	rank := map[State]int{Planned: 0, Running: 1, Finished: 2, Cancelled: 2}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := planned()
		var told []string
		for range 25 {
			before := fmt.Sprintf("%+v", s)
			device := []string{"phone", "phone", "phone", "tablet"}[r.IntN(4)]
			n, seconds, absent := 1+r.IntN(3), r.IntN(900), []people.ID{"an", "binh"}[:r.IntN(3)]
			met := [][]string{{}, {"a"}, {"a", "b"}, {"z"}}[r.IntN(4)]
			kind := r.IntN(12)
			do := func(s Sitting) (Sitting, error) {
				switch {
				case kind < 2:
					return s.begin(monday, "boss", device, absent, kind == 0)
				case kind < 9:
					return s.take(x, n, Turn{Inject: x.Injects[n-1].ID, Decision: "d", Met: met, Seconds: seconds}, device)
				case kind < 11:
					return s.finish(x, monday, device, absent)
				}
				if r.IntN(8) > 0 {
					return s, nil
				}
				return s.cancel()
			}
			next, err := do(s)
			told = append(told, fmt.Sprint(kind, device, n, met, absent, err))
			fail := func(why string) {
				t.Fatalf("seed %d: %s\n%s\n%+v\n%s", seed, why, before, next, strings.Join(told, "\n"))
			}
			if fmt.Sprintf("%+v", s) != before {
				fail("what it was has changed")
			}
			if err != nil {
				continue
			}
			if rank[next.State] < rank[s.State] || len(next.Turns) < len(s.Turns) || s.State == Finished && !reflect.DeepEqual(s, next) {
				fail("it went backwards")
			}
			for i, one := range next.Turns {
				if one.Inject != x.Injects[i].ID || slices.Contains(one.Met, "z") {
					fail("turns that cannot be")
				}
			}
			there := slices.ContainsFunc(next.Participants, func(p Attendee) bool { return !p.Absent })
			if !there || next.State == Finished && len(next.Turns) != 3 {
				fail("it ended too soon, or with nobody")
			}
			if score := ReportOn(x, next).Score; score < 0 || score > 1 {
				fail("score")
			}
			if kind < 11 {
				if twice, err := do(next); err != nil || !reflect.DeepEqual(next, twice) {
					fail(fmt.Sprint("repeating it changed something: ", err))
				}
			}
			s = next
		}
	}
}

func TestWithout(t *testing.T) {
	s := planned()
	s.Findings = []Finding{{ID: "f", What: "x", Owner: "an", DueOn: "2026-04-01"}}
	s = s.derive()
	if !reflect.DeepEqual(s.Named, []people.ID{"boss", "an", "binh"}) || s.Open != 1 {
		t.Fatalf("named %v, open %d", s.Named, s.Open)
	}
	got := s.Without("an").Without("boss")
	if !reflect.DeepEqual(got.Named, []people.ID{"binh"}) || got.Participants[0] != (Attendee{Seat: "head"}) || got.Findings[0].Owner != "" || got.Findings[0].What != "x" || got.Facilitator != "" {
		t.Errorf("without them %+v", got)
	}
	if s.Participants[0].Person != "an" || s.Findings[0].Owner != "an" {
		t.Error("the sitting before was changed")
	}
	begun := ok(t)(got.begin(monday, "boss", "phone", nil, false))
	if begun.Attended("") || !begun.Participants[0].Absent {
		t.Error("nobody sat at the table")
	}
}
