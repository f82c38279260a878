package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"hocso/content"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/source"
)

func TestDPrime(t *testing.T) {
	// Reference: inverse normal from tables, 4 decimals.
	for _, tt := range []struct {
		r    Result
		want float64
	}{
		{Result{Phish: 6, Legit: 4, Hits: 6, FalseAlarms: 0}, 2.747}, // z(.92857)=1.4652, z(.1)=-1.2816
		{Result{Phish: 6, Legit: 4, Hits: 3, FalseAlarms: 2}, 0},
		{Result{Phish: 6, Legit: 4, Hits: 6, FalseAlarms: 4}, 0.184},  // reports everything: 1.4652 − 1.2816
		{Result{Phish: 6, Legit: 4, Hits: 0, FalseAlarms: 0}, -0.184}, // reports nothing
		{Result{Phish: 6, Legit: 4, Hits: 0, FalseAlarms: 4}, -2.747},
	} {
		if got := dPrime(tt.r); math.Abs(got-tt.want) > 0.001 {
			t.Errorf("dPrime(%+v) = %v, want %v", tt.r, got, tt.want)
		}
	}
	for p, want := range map[float64]float64{0.5: 0, 0.975: 1.959964, 0.841344746: 1} {
		if got := z(p); math.Abs(got-want) > 1e-6 {
			t.Errorf("z(%v) = %v, want %v", p, got, want)
		}
	}
}

var readContent = sync.OnceValues(func() ([]Template, []source.Problem) { return ReadFolder(content.Files()) })

func real1(t testing.TB) Template {
	t.Helper()
	ts, ps := readContent()
	for _, p := range ps {
		t.Error(p)
	}
	if len(ts) == 0 {
		t.Fatal("no drill in the content")
	}
	return ts[0]
}

// The drills that come with the program must be free of mistakes, and a walk over
// the whole document finds nothing that could take an input.
func TestRealDrills(t *testing.T) {
	tpl := real1(t)
	b, err := json.Marshal(tpl)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<input", "<form", "<textarea", "<script", "<iframe", "contenteditable", "javascript:", "data:text/html"} {
		if strings.Contains(strings.ToLower(string(b)), bad) {
			t.Errorf("%s has %q", tpl.ID, bad)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Template)
		want   string
	}{
		{"fine", func(*Template) {}, ""},
		{"real address", func(t *Template) { t.Items[0].From.Address = "a@gmail.com" }, "items[0].from.address not_reserved"},
		{"no address", func(t *Template) { t.Items[0].From.Address = "songtrang.example" }, "items[0].from.address not_reserved"},
		{"two addresses", func(t *Template) { t.Items[0].From.Address = "a@gmail.com,b@x.example" }, "items[0].from.address not_reserved"},
		{"suffix trick", func(t *Template) { t.Items[0].From.Address = "a@evilexample" }, "items[0].from.address not_reserved"},
		{"real link", func(t *Template) {
			t.Items[0].Links = []Link{{Text: Text{Vi: "a", En: "a"}, Real: "https://google.com/x.example"}}
		}, "items[0].links[0].real not_reserved"},
		{"script link", func(t *Template) {
			t.Items[0].Links = []Link{{Text: Text{Vi: "a", En: "a"}, Real: "javascript:alert(1)"}}
		}, "items[0].links[0].real not_reserved"},
		{"link with a user", func(t *Template) {
			t.Items[0].Links = []Link{{Text: Text{Vi: "a", En: "a"}, Real: "https://bank.com@x.example"}}
		}, "items[0].links[0].real not_reserved"},
		{"real link in the body", func(t *Template) { t.Items[1].Body.Vi = "mở https://google.com ngay" }, "items[1].body.vi not_reserved"},
		{"real address in a cue", func(t *Template) { t.Items[1].Cues[0].Text.En = "write to a@gmail.com." }, "items[1].cues[0].text.en not_reserved"},
		{"input", func(t *Template) { t.Items[1].Body.En = "type: <input name=otp>" }, "items[1].body.en markup"},
		{"handler", func(t *Template) { t.Debrief.Do.En = `x onclick="y"` }, "debrief.do.en markup"},
		{"missing language", func(t *Template) { t.Items[1].Why.En = "" }, "items[1].why.en missing_language"},
		{"bad time", func(t *Template) { t.Items[1].Time = "8:2" }, "items[1].time bad_time"},
		{"unknown truth", func(t *Template) { t.Items[1].Truth = "maybe" }, "items[1].truth unknown_value"},
		{"cue of a link that is not there", func(t *Template) { t.Items[1].Links, t.Items[1].Cues[0].Where = nil, "link" }, "items[1].cues[0].where no_link"},
		{"duplicate item", func(t *Template) { t.Items[1].ID = t.Items[0].ID }, "items[1].id duplicate_id"},
		{"too few items", func(t *Template) { t.Items = t.Items[:3] }, "items out_of_range"},
		{"all phishing", func(t *Template) {
			for i := range t.Items {
				t.Items[i].Truth, t.Items[i].Rating = Phish, "least"
			}
		}, "items too_few_legitimate"},
		{"all legitimate", func(t *Template) {
			for i := range t.Items {
				t.Items[i].Truth, t.Items[i].Rating = Legit, ""
			}
		}, "items nothing_to_find"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl := copyOf(real1(t))
			tt.change(&tpl)
			got := ""
			for _, p := range Check(tpl) {
				if got = p.Path + " " + p.Code; got == tt.want {
					break
				}
			}
			if got != tt.want {
				t.Errorf("Check: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReadFolderNamesLines(t *testing.T) {
	for name, in := range map[string]string{
		"drills/inbox/drill.yaml:2 unknown_key": "title: {vi: a, en: a}\nhtml: <b>\n",
		"drills/inbox/drill.yaml:1 empty_file":  "",
	} {
		_, ps := ReadFolder(fstest.MapFS{"drills/inbox/drill.yaml": {Data: []byte(in)}})
		if len(ps) == 0 || fmt.Sprintf("%s:%d %s", ps[0].File, ps[0].Line, ps[0].Code) != name {
			t.Errorf("ReadFolder(%q): got %v, want %s", in, ps, name)
		}
	}
	_, ps := ReadFolder(fstest.MapFS{"drills/inbox/drill.yaml": {Data: []byte("kind: inbox\n")}, "drills/inbox/page.html": {}, "drills/Bad": {}})
	codes := ""
	for _, p := range ps {
		codes += p.Code + " "
	}
	for _, want := range []string{"bad_slug", "unused_file", "missing_language"} {
		if !strings.Contains(codes, want) {
			t.Errorf("ReadFolder: no %s in %s", want, codes)
		}
	}
}

func copyOf[T any](v T) T {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out T
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

func TestPublishTwiceChangesNothing(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	tpl := real1(t)
	out, err := s.Publish(ctx, []Template{tpl})
	if err != nil || out[0].Published || out[0].N != 1 || len(m.templates) != 1 {
		t.Errorf("again: %+v, %v, %d templates", out, err, len(m.templates))
	}
	tpl.Title.En = "Tuesday inbox"
	out, err = s.Publish(ctx, []Template{tpl})
	if err != nil || !out[0].Published || out[0].N != 2 {
		t.Errorf("changed: %+v, %v", out, err)
	}
	p, err := s.Latest(ctx, tpl.ID)
	if err != nil || p.Template.N != 2 {
		t.Errorf("latest: %+v, %v", p, err)
	}
	if p, err := s.Version(ctx, tpl.ID, 1); err != nil || p.Template.Title.En == "Tuesday inbox" {
		t.Errorf("version 1: %+v, %v", p, err)
	}
}

func TestRun(t *testing.T) {
	ctx := context.Background()
	s, m := service(t)
	tpl := real1(t)
	const p = people.ID("p1")
	events := []Event{{Action: View, N: 1, At: t0}}
	for _, it := range tpl.Items {
		choice := Keep
		if it.Truth == Phish {
			choice = Report
		}
		events = append(events, Event{Action: Answer, N: 1, Item: it.ID, Choice: choice, At: t0})
	}
	events = append(events,
		Event{Action: Answer, N: 1, Item: tpl.Items[0].ID, Choice: Report, At: t0}, // too late: the first counts
		Event{Action: Answer, N: 1, Item: "nothing", Choice: Report, At: t0},
		Event{Action: View, N: 7, At: t0},
		Event{Action: Done, N: 1, At: t0.Add(time.Minute)},
	)
	codes, err := s.Apply(ctx, p, tpl.ID, events)
	if err != nil {
		t.Fatal(err)
	}
	n := len(codes)
	if codes[n-3] != ItemNotFound || codes[n-2] != DrillNotFound || strings.Join(codes[:n-3], "")+codes[n-1] != "" {
		t.Errorf("codes %q", codes)
	}
	before := text(m.runs)
	if _, err := s.Apply(ctx, p, tpl.ID, events); err != nil {
		t.Fatal(err)
	}
	if before != text(m.runs) {
		t.Error("the same events again changed the run")
	}
	runs, err := s.Runs(ctx, p)
	r := runs[tpl.ID]
	if err != nil || r.Result == nil || r.CompletedAt == nil || r.ViewedAt == nil {
		t.Fatalf("run %+v, %v", r, err)
	}
	if r.Result.Hits != r.Result.Phish || r.Result.FalseAlarms != 0 || r.Result.DPrime < 2 || r.Result.Phish+r.Result.Legit != len(tpl.Items) {
		t.Errorf("result %+v", *r.Result)
	}
	if !r.ExpiresAt.Equal(r.ChangedAt.Add(retention)) {
		t.Errorf("expires %v, changed %v", r.ExpiresAt, r.ChangedAt)
	}
	for id, r := range m.runs {
		b, err := json.Marshal(struct {
			ID string
			R  Run
		}{id, r})
		if err != nil || strings.Contains(string(b), string(p)+`"`) || strings.HasSuffix(id, string(p)) {
			t.Errorf("the run names the person: %s, %v", b, err)
		}
	}
	if runs, err := s.Runs(ctx, "p2"); err != nil || len(runs) != 0 {
		t.Errorf("another person has %d runs, %v", len(runs), err)
	}
}

// The order of events does not matter: done may arrive before the answers.
func TestRunOrder(t *testing.T) {
	ctx := context.Background()
	tpl := real1(t)
	events := []Event{{Action: Done, N: 1, At: t0}}
	for _, it := range tpl.Items {
		events = append(events, Event{Action: Answer, N: 1, Item: it.ID, Choice: Report, At: t0})
	}
	var want string
	for i := range len(events) {
		s, _ := service(t)
		rotated := append(append([]Event{}, events[i:]...), events[:i]...)
		for _, e := range rotated {
			if _, err := s.Apply(ctx, "p1", tpl.ID, []Event{e}); err != nil {
				t.Fatal(err)
			}
		}
		runs, err := s.Runs(ctx, "p1")
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(*runs[tpl.ID].Result, runs[tpl.ID].Answers)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("rotation %d: %s, want %s", i, got, want)
		}
	}
}

func TestRunStaysOnItsTemplate(t *testing.T) {
	ctx := context.Background()
	s, _ := service(t)
	tpl := real1(t)
	if _, err := s.Apply(ctx, "p1", tpl.ID, []Event{{Action: View, N: 1, At: t0}}); err != nil {
		t.Fatal(err)
	}
	next := copyOf(tpl)
	next.Items[0].ID = "new-item"
	if _, err := s.Publish(ctx, []Template{next}); err != nil {
		t.Fatal(err)
	}
	codes, err := s.Apply(ctx, "p1", tpl.ID, []Event{
		{Action: Answer, N: 2, Item: "new-item", Choice: Report, At: t0}, {Action: Answer, N: 2, Item: next.Items[1].ID, Choice: Report, At: t0},
	})
	if err != nil || codes[0] != ItemNotFound || codes[1] != "" {
		t.Errorf("answers to the next version: %q, %v", codes, err)
	}
	codes, err = s.Apply(ctx, "p2", tpl.ID, []Event{{Action: Answer, N: 2, Item: "new-item", Choice: Report, At: t0}})
	if err != nil || codes[0] != "" {
		t.Errorf("a new run on the next version: %q, %v", codes, err)
	}
}

func TestFirstAnswerWinsInARace(t *testing.T) {
	ctx := context.Background()
	s, _ := service(t)
	tpl := real1(t)
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			item := tpl.Items[i%len(tpl.Items)].ID
			choice := []Choice{Report, Keep}[i%2]
			if _, err := s.Apply(ctx, "p1", tpl.ID, []Event{{Action: Answer, N: 1, Item: item, Choice: choice, At: t0}}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	runs, err := s.Runs(ctx, "p1")
	if err != nil || len(runs[tpl.ID].Answers) != len(tpl.Items) {
		t.Errorf("%d answers, %v; want %d", len(runs[tpl.ID].Answers), err, len(tpl.Items))
	}
	if len(s.keys) != 1 {
		t.Errorf("%d keys", len(s.keys))
	}
}

func TestApplySurvivesEveryFailure(t *testing.T) {
	ctx := context.Background()
	tpl := real1(t)
	events := []Event{{Action: Answer, N: 1, Item: tpl.Items[0].ID, Choice: Report, At: t0}, {Action: Done, N: 1, At: t0}}
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			s, m := service(t)
			m.calls, m.failAt, m.lost = 0, k, lost
			_, err := s.Apply(ctx, "p1", tpl.ID, events)
			calls := m.calls
			m.failAt = 0
			if err != nil {
				if _, err := s.Apply(ctx, "p1", tpl.ID, events); err != nil {
					t.Fatalf("call %d, lost %v: second try: %v", k, lost, err)
				}
			}
			if len(m.runs) != 1 || len(m.keys) != 1 {
				t.Fatalf("call %d, lost %v: %d runs, %d keys", k, lost, len(m.runs), len(m.keys))
			}
			for _, r := range m.runs {
				if len(r.Answers) != 1 || r.CompletedAt == nil {
					t.Fatalf("call %d, lost %v: %+v", k, lost, r)
				}
			}
			if k > calls {
				break
			}
		}
	}
}

func TestHash(t *testing.T) {
	ctx := context.Background()
	s, _ := service(t)
	tpl := real1(t)
	a, err := s.Hash(ctx, tpl.ID, []byte("x"))
	if err != nil || len(a) != 64 {
		t.Fatalf("Hash = %q, %v", a, err)
	}
	if b, _ := s.Hash(ctx, tpl.ID, []byte("y")); a == b {
		t.Error("two payloads have one hash")
	}
	if _, err := s.Hash(ctx, "none", []byte("x")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Hash of an unknown drill: %v", err)
	}
}
