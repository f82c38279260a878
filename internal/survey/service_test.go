package survey

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Every bad input is refused with its field and reason.
func TestBadSurveys(t *testing.T) {
	w := newWorld(t)
	long := func(n int) people.Text { return text(strings.Repeat("ă", n)) }
	for name, tt := range map[string]struct {
		actor people.Actor
		bad   func(*Content)
		want  string
	}{
		"no title":               {root, func(x *Content) { x.Title = people.Text{Vi: " "} }, "title.vi required, title.en required"},
		"English is missing":     {root, func(x *Content) { x.Questions[0].Prompt.En = "" }, "questions[0].prompt.en required"},
		"a long title":           {root, func(x *Content) { x.Title = long(121) }, "title.vi max, title.en max"},
		"a hidden character":     {root, func(x *Content) { x.Intro.Vi = "a\u200bb" }, "intro.vi text"},
		"no questions":           {root, func(x *Content) { x.Questions = nil }, "questions required"},
		"21 questions":           {root, func(x *Content) { x.Questions = make([]Question, 21) }, "questions max"},
		"two satisfactions":      {root, func(x *Content) { x.Questions[1].Kind = Satisfaction }, "questions[1].kind second_satisfaction"},
		"an unknown kind":        {root, func(x *Content) { x.Questions[1].Kind = "smile" }, "questions[1].kind oneof"},
		"one option":             {root, func(x *Content) { x.Questions[2].Options = x.Questions[2].Options[:1] }, "questions[2].options min"},
		"13 options":             {root, func(x *Content) { x.Questions[2].Options = make([]Option, 13) }, "questions[2].options max"},
		"an option twice":        {root, func(x *Content) { x.Questions[2].Options[1].Text = text("Một") }, "questions[2].options[1].text duplicate"},
		"options of a scale":     {root, func(x *Content) { x.Questions[0].Options = x.Questions[2].Options }, "questions[0].options not_here"},
		"six texts":              {root, func(x *Content) { x.Questions = six() }, "questions[5].kind too_many_texts"},
		"no date":                {root, func(x *Content) { x.FromOn = "2/3/2026" }, "fromOn date"},
		"no such day":            {root, func(x *Content) { x.UntilOn = "2026-02-30" }, "untilOn date"},
		"ends before it starts":  {root, func(x *Content) { x.FromOn = "2026-03-07" }, "untilOn before_start"},
		"ended yesterday":        {root, func(x *Content) { x.FromOn, x.UntilOn = "2026-03-01", "2026-03-01" }, "untilOn past"},
		"too long":               {root, func(x *Content) { x.UntilOn = "2027-06-01" }, "untilOn too_far"},
		"an unknown unit":        {root, func(x *Content) { x.Units = []people.UnitID{"none"} }, "units[0] unknown"},
		"a unit twice":           {root, func(x *Content) { x.Units = []people.UnitID{"a", "a"} }, "units[1] duplicate"},
		"a unit of others":       {adminA, func(x *Content) { x.Units = []people.UnitID{"b"} }, "units[0] unknown"},
		"everybody, from a unit": {adminA, func(*Content) {}, "units required"},
	} {
		x := content()
		tt.bad(&x)
		_, err := w.Create(t.Context(), tt.actor, x)
		if got := fields(err); got != tt.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, tt.want)
		}
	}
}

func six() (out []Question) {
	for range 6 {
		out = append(out, Question{Kind: Words, Prompt: text("Góp ý")})
	}
	return out
}

// fields lists what an error refuses.
func fields(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Field+" "+x.Code)
	}
	return strings.Join(out, ", ")
}

func TestLife(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	x := content()
	x.Units = []people.UnitID{"a"}
	sv, err := w.Create(ctx, adminA, x)
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(what string, err error, code string) {
		t.Helper()
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != code {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
	}
	x.Title = text("Tên khác")
	if sv, err = w.Write(ctx, adminA, sv.ID, sv.Version, x); err != nil || sv.Title.Vi != "Tên khác" || sv.Questions[2].Options[2].ID != "o3" {
		t.Fatalf("write: %+v, %v", sv, err)
	}
	_, err = w.Write(ctx, adminA, sv.ID, 1, x)
	wrong("write an old version", err, "changed_meanwhile")
	_, err = w.Close(ctx, adminA, sv.ID)
	wrong("close a draft", err, "wrong_state")
	if _, _, err := w.Item(ctx, sv.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a draft as an item: %v", err)
	}
	if sv, err = w.Publish(ctx, adminA, sv.ID, sv.Version); err != nil || sv.Size != 12 {
		t.Fatalf("publish: %+v, %v", sv, err)
	}
	if title, minutes, err := w.Item(ctx, sv.ID); err != nil || title.Vi != "Tên khác" || minutes != 3 {
		t.Errorf("as an item: %v, %d minutes, %v", title, minutes, err)
	}
	_, err = w.Write(ctx, adminA, sv.ID, sv.Version, x)
	wrong("write what is published", err, "not_a_draft")
	_, err = w.Publish(ctx, adminA, sv.ID, sv.Version)
	wrong("publish again", err, "not_a_draft")
	wrong("remove what is published", w.Remove(ctx, adminA, sv.ID), "not_a_draft")
	adminB := people.Actor{ID: "adminB", Grants: []people.Grant{{Role: people.Administrator, Unit: "b"}}}
	_, err = w.Find(ctx, adminB, sv.ID)
	wrong("find what others made", err, NotFound)
	twin, err := w.Copy(ctx, adminA, sv.ID)
	if err != nil || twin.State != Draft || twin.FromOn != "2026-03-02" || twin.UntilOn != "2026-03-06" || len(twin.Questions) != 5 || twin.Size != 0 || twin.Live {
		t.Errorf("copy: %+v, %v", twin, err)
	}
	if err := w.Remove(ctx, adminA, twin.ID); err != nil {
		t.Error(err)
	}
	if sv, err = w.Close(ctx, adminA, sv.ID); err != nil || sv.State != Closed || sv.Live {
		t.Errorf("close: %+v, %v", sv, err)
	}
	list, _, err := w.List(ctx, adminB, "")
	if err != nil || len(list) != 0 {
		t.Errorf("others list %v, %v", list, err)
	}
	if list, _, err = w.List(ctx, root, ""); err != nil || len(list) != 1 {
		t.Errorf("list %v, %v", list, err)
	}
	x.Units = []people.UnitID{"b1"}
	few, err := w.Create(ctx, root, x)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Publish(ctx, root, few.ID, few.Version)
	if got := fields(err); got != "units too_few_people" {
		t.Errorf("three people are asked: %q", got)
	}
}

// The next page of a list begins where the last one ended, also where others' surveys lie between.
func TestListPages(t *testing.T) {
	w := newWorld(t)
	w.NewID = func() string { w.n++; return fmt.Sprintf("s%04d", w.n) }
	for i := range 130 {
		x := content()
		if x.Units = []people.UnitID{"a"}; i%5 == 0 {
			x.Units = []people.UnitID{"b"}
		}
		if _, err := w.Create(t.Context(), root, x); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[ID]bool{}
	for before, pages := ID(""), 0; ; pages++ {
		list, next, err := w.List(t.Context(), adminA, before)
		if err != nil || pages > 5 {
			t.Fatal(pages, err)
		}
		for _, x := range list {
			seen[x.ID] = true
		}
		if before = next; next == "" {
			break
		}
	}
	if len(seen) != 104 {
		t.Errorf("%d of 104 are listed", len(seen))
	}
}
