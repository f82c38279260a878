package exercise

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"hocso/content"
)

// What comes with the program is right, in both languages, and holds what was promised of it.
func TestContent(t *testing.T) {
	xs, problems := ReadFolder(content.Files())
	for _, p := range problems {
		t.Error(p)
	}
	injects := map[ID]int{}
	for _, x := range xs {
		injects[x.ID] = len(x.Injects)
		if n := x.Minutes(); n < 40 || n > 75 {
			t.Errorf("%s: %d minutes of discussion, want 40 to 75 of an hour and a half", x.ID, n)
		}
		if n := len(x.Seats); n != 4 {
			t.Errorf("%s: %d seats, want 4", x.ID, n)
		}
	}
	if len(injects) != 2 || injects["ransomware-at-the-unit"] != 6 || injects["fake-portal"] != 5 {
		t.Errorf("exercises and their injects: %v", injects)
	}
}

func TestCheck(t *testing.T) {
	xs, _ := ReadFolder(content.Files())
	written, err := json.Marshal(xs[0])
	if err != nil {
		t.Fatal(err)
	}
	whole := func() (x Exercise) {
		if err := json.Unmarshal(written, &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	both := func(s string) Text { return Text{Vi: s, En: s} }
	for _, tt := range []struct {
		name       string
		spoil      func(*Exercise)
		path, code string
	}{
		{"no title", func(x *Exercise) { x.Title = Text{En: "x"} }, "title.vi", "missing_language"},
		{"long summary", func(x *Exercise) { x.Summary = both(strings.Repeat("a", 301)) }, "summary.vi", "too_long"},
		{"no situation", func(x *Exercise) { x.Situation = Text{Vi: "x"} }, "situation.en", "missing_language"},
		{"a goal that fits no plan", func(x *Exercise) { x.Goal = both(strings.Repeat("a", 501)) }, "goal.vi", "too_long"},
		{"no scope", func(x *Exercise) { x.Scope = Text{} }, "scope.vi", "missing_language"},
		{"no tools", func(x *Exercise) { x.Tools = Text{} }, "tools.vi", "missing_language"},
		{"no limits", func(x *Exercise) { x.Limits = Text{} }, "limits.vi", "missing_language"},
		{"HTML", func(x *Exercise) { x.Situation.En = "a <b>b</b>" }, "situation.en", "markup"},
		{"an address of somebody", func(x *Exercise) { x.Injects[0].Read.Vi = "xem www.bank.vn" }, "injects[0].read.vi", "not_reserved"},
		{"direction", func(x *Exercise) { x.Title.Vi = "a\u202eb" }, "title.vi", "hidden_character"},
		{"one seat", func(x *Exercise) { x.Seats = x.Seats[:1] }, "seats", "out_of_range"},
		{"a seat twice", func(x *Exercise) { x.Seats[1].ID = x.Seats[0].ID }, "seats[1].id", "duplicate_id"},
		{"two injects", func(x *Exercise) { x.Injects = x.Injects[:2] }, "injects", "out_of_range"},
		{"an inject without id", func(x *Exercise) { x.Injects[0].ID = "" }, "injects[0].id", "missing"},
		{"no time", func(x *Exercise) { x.Injects[1].Minutes = 2 }, "injects[1].minutes", "out_of_range"},
		{"no questions", func(x *Exercise) { x.Injects[1].Questions = nil }, "injects[1].questions", "out_of_range"},
		{"one expectation", func(x *Exercise) { x.Injects[1].Expectations = x.Injects[1].Expectations[:1] }, "injects[1].expectations", "out_of_range"},
		{"no weight", func(x *Exercise) { x.Injects[1].Expectations[0].Weight = 0 }, "injects[1].expectations[0].weight", "out_of_range"},
		{"too heavy", func(x *Exercise) { x.Injects[1].Expectations[0].Weight = 6 }, "injects[1].expectations[0].weight", "out_of_range"},
		{"not an id", func(x *Exercise) { x.Injects[1].Expectations[0].ID = "A b" }, "injects[1].expectations[0].id", "bad_slug"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := whole()
			tt.spoil(&x)
			for _, p := range Check(x) {
				if p.Path == tt.path && p.Code == tt.code {
					return
				}
			}
			t.Errorf("got %v, want %s %s", Check(x), tt.path, tt.code)
		})
	}
}

func TestReadFolder(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	_, problems := ReadFolder(fstest.MapFS{
		"exercises/ok/exercise.yaml":   file("title: {vi: a, en: b}\ncolour: red\n"),
		"exercises/ok/notes.txt":       file(""),
		"exercises/Bad_Name/x.yaml":    file(""),
		"exercises/half/exercise.yaml": file("title: {vi: a}\n"),
	})
	var all strings.Builder
	for _, p := range problems {
		all.WriteString(p.Code + " " + p.String() + "\n")
	}
	for _, want := range []string{"bad_slug exercises/Bad_Name:1:", "unknown_key exercises/ok/exercise.yaml:2:", "unused_file exercises/ok/notes.txt:1:", "missing_language exercises/half/exercise.yaml:1: title.en:"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in\n%s", want, all.String())
		}
	}
	if xs, problems := ReadFolder(fstest.MapFS{}); xs != nil || problems != nil {
		t.Errorf("of nothing: %v, %v", xs, problems)
	}
}
