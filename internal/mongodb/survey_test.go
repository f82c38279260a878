package mongodb_test

import (
	"fmt"
	"slices"
	"testing"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/survey"
)

func TestSurveys(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Surveys()
	conflict := func(what string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v, want conflict", what, err)
		}
	}
	spread(t, many, func(i int) error {
		x := filled[survey.Survey](i * 100)
		x.ID, x.Live, x.State, x.Version = survey.ID(fmt.Sprintf("s%03d", i)), i%40 == 0, survey.Draft, 1
		return s.InsertSurvey(ctx, x)
	})
	want := filled[survey.Survey](0)
	want.ID, want.Live, want.State, want.Version = "s000", true, survey.Draft, 1
	same(t, "survey", ask(t, func() (survey.Survey, error) { return s.Survey(ctx, "s000") }), want)
	if _, err := s.Survey(ctx, "none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no survey: %v", err)
	}
	page := ask(t, func() ([]survey.Survey, error) { return s.Surveys(ctx, "s010", 3) })
	if len(page) != 3 || page[0].ID != "s009" || page[2].ID != "s007" {
		t.Errorf("page %v", page)
	}
	live := ask(t, func() ([]survey.Survey, error) { return s.LiveSurveys(ctx) })
	if len(live) != (many+39)/40 || slices.ContainsFunc(live, func(x survey.Survey) bool { return !x.Live }) {
		t.Errorf("%d are live", len(live))
	}
	changed := want
	changed.State = survey.Published
	must(t, s.ReplaceSurvey(ctx, changed))
	conflict("replace an old version", s.ReplaceSurvey(ctx, want))
	conflict("remove what is published", s.RemoveSurvey(ctx, "s000", 2))
	conflict("remove another version", s.RemoveSurvey(ctx, "s001", 7))
	must(t, s.RemoveSurvey(ctx, "s001", 1))
	if _, err := s.Survey(ctx, "s001"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("removed, and there: %v", err)
	}
}

func TestSurveyAnswers(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Surveys()
	spread(t, many, func(i int) error {
		p := people.ID(fmt.Sprintf("p%03d", i))
		return s.InsertParticipant(ctx, survey.Participant{ID: "s1:" + string(p), Survey: "s1", Person: p, Claim: fmt.Sprint(i)})
	})
	p := survey.Participant{ID: "s1:p005", Survey: "s1", Person: "p005", Claim: "5"}
	if err := s.InsertParticipant(ctx, p); fault.KindOf(err) != fault.Conflict {
		t.Errorf("answers twice: %v", err)
	}
	same(t, "participants", ask(t, func() ([]survey.Participant, error) { return s.Participants(ctx, []string{p.ID, "none"}) }), []survey.Participant{p})
	same(t, "of a person", ask(t, func() ([]survey.Participant, error) { return s.ParticipantsOf(ctx, "p005") }), []survey.Participant{p})
	must(t, s.ErasePerson(ctx, "p005"))
	if left := ask(t, func() ([]survey.Participant, error) { return s.ParticipantsOf(ctx, "p005") }); len(left) > 0 {
		t.Errorf("erased, and there: %v", left)
	}

	pool := func(of, i int) survey.Pool {
		x := filled[survey.Pool](of*1000 + i*10)
		x.ID, x.Survey, x.Version, x.Count = fmt.Sprintf("s%d:%d", of, i), survey.ID(fmt.Sprintf("s%d", of)), 1, i
		return x
	}
	must(t, s.InsertPools(ctx, []survey.Pool{pool(1, 1), pool(1, 2), pool(2, 3)}))
	must(t, s.InsertPools(ctx, []survey.Pool{{ID: "s1:1", Survey: "s1"}, pool(1, 4)}))
	same(t, "pool", ask(t, func() (survey.Pool, error) { return s.Pool(ctx, "s1:1") }), pool(1, 1))
	same(t, "pools", ask(t, func() ([]survey.Pool, error) { return s.Pools(ctx, "s1") }), []survey.Pool{pool(1, 1), pool(1, 2), pool(1, 4)})
	if n := ask(t, func() (int, error) { return s.CountSheets(ctx, "s1") }); n != 7 {
		t.Errorf("%d sheets, want 7", n)
	}
	next := pool(1, 2)
	next.Sheets = append(next.Sheets, survey.Sheet{ID: "x", Values: []survey.Value{{Chosen: []int{1}, Text: "lời"}}})
	must(t, s.ReplacePool(ctx, next))
	if err := s.ReplacePool(ctx, next); fault.KindOf(err) != fault.Conflict {
		t.Errorf("replace an old pool: %v", err)
	}

	if _, err := s.Result(ctx, "s1"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no result: %v", err)
	}
	r := filled[survey.Result](0)
	r.ID, r.Version = "s1", 0
	must(t, s.PutResult(ctx, r))
	if err := s.PutResult(ctx, r); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a first result again: %v", err)
	}
	r.Version = 1
	same(t, "result", ask(t, func() (survey.Result, error) { return s.Result(ctx, "s1") }), r)
	must(t, s.PutResult(ctx, r))
	if err := s.PutResult(ctx, r); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old result: %v", err)
	}
}
