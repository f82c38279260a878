package learning

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hocso/internal/people"
)

func surveyOp(n int, secret, rest string) string {
	return fmt.Sprintf(`{"id":%q,"kind":"survey.answer",%s,"survey":%q,"secret":%q,"answers":[{"question":"q1","rating":4}%s]}`, id(n), at, id(99), secret, rest)
}

func secret(n int) string { return fmt.Sprintf("%064x", n) }

// Whatever fails, the answers are handed over at least once with the same secret before the phone is told
// that they are kept.
func TestSurveyOpSurvivesEveryFailure(t *testing.T) {
	var vs []Verdict
	sweep(t, func(w *world) func() error {
		return func() (err error) {
			vs, err = w.trySend(ann, surveyOp(1, secret(1), ""))
			return err
		}
	}, func(t *testing.T, w *world) {
		if vs[0].Status != Duplicate || len(w.store.ops) != 1 || len(w.surveys.kept) != 1 {
			t.Errorf("verdict %s, %d ops, answers %+v", vs[0].short(), len(w.store.ops), w.surveys.kept)
		}
	})
}

// The record of an op says nothing of the answers: with the same secret every answer has the same.
func TestSurveyOpTellsNothing(t *testing.T) {
	record := func(rest string) string {
		w := newWorld(t, 0)
		w.send(t, ann, surveyOp(1, secret(1), rest))
		b, err := json.Marshal(w.store.ops)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	one, other := record(""), record(`,{"question":"q2","text":"lời khác"}`)
	if one != other {
		t.Errorf("the records differ:\n%s\n%s", one, other)
	}
	if strings.Contains(one, secret(1)) {
		t.Error("the secret is kept")
	}
}

func TestSurveyOps(t *testing.T) {
	w := newWorld(t, 0)
	for name, raw := range map[string]string{
		"a short secret":    surveyOp(1, "abc", ""),
		"no hexadecimal":    surveyOp(2, strings.Repeat("x", 64), ""),
		"no survey":         strings.Replace(surveyOp(3, secret(1), ""), id(99), "none", 1),
		"a field too many":  strings.Replace(surveyOp(4, secret(1), ""), `"answers"`, `"person":"x","answers"`, 1),
		"an answer's field": surveyOp(5, secret(1), `,{"question":"q2","stars":1}`),
	} {
		if v := w.send(t, ann, raw)[0]; v.Status != Rejected || v.Code != Malformed && v.Code != UnknownField {
			t.Errorf("%s: %s", name, v.short())
		}
	}
	if len(w.surveys.kept) > 0 {
		t.Errorf("kept %+v", w.surveys.kept)
	}
	if v := w.send(t, ann, surveyOp(6, secret(1), ""))[0]; v.Status != Applied {
		t.Error(v.short())
	}
	if v := w.send(t, ann, surveyOp(7, secret(2), ""))[0]; v.Status != Rejected || v.Code != "survey_answered" {
		t.Errorf("from another phone: %s", v.short())
	}
	if v := w.send(t, people.Actor{ID: "bob"}, surveyOp(6, secret(3), ""))[0]; v.Status != Applied {
		t.Error(v.short())
	}
}
