package survey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/people"
)

// Whichever call to the store fails, before or after it was done: whoever is told that their answers are
// kept finds them kept, and nobody answers twice; also when another phone of theirs comes in between.
func TestAnswersSurviveEveryFailure(t *testing.T) {
	for _, between := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			for k := 1; ; k++ {
				w := newWorld(t)
				sv := w.published()
				first, second := submission(sv.ID, 1, 5, "máy một"), submission(sv.ID, 2, 1, "máy hai")
				w.store.calls, w.store.failAt, w.store.lost = 0, k, lost
				code, err := w.Apply(t.Context(), "a-00", first)
				calls := w.store.calls
				w.store.failAt = 0
				name := fmt.Sprintf("call %d of %d, lost %v, between %v", k, calls, lost, between)
				if k <= calls && err == nil {
					t.Fatalf("%s: failed, and the phone was told %q", name, code)
				}
				told := ""
				send := func(x Submission, words string) {
					code, err := w.Apply(t.Context(), "a-00", x)
					switch {
					case err != nil || code != "" && code != Answered:
						t.Fatalf("%s: %s: %q, %v", name, words, code, err)
					case code == "" && told != "" && told != words:
						t.Errorf("%s: both phones were told that their answers are kept", name)
					case code == "":
						told = words
					}
				}
				if between {
					send(second, "máy hai")
				}
				for range 2 {
					send(first, "máy một")
				}
				all := w.store.sheets()
				if told == "" || len(all) != 1 || all[0].Values[4].Text != told {
					t.Errorf("%s: %q was told that it is kept; kept is %+v", name, told, all)
				}
				if k > calls {
					break
				}
			}
		}
	}
}

// Of many phones of one person that answer at once exactly one is told that its answers are kept.
func TestPhonesAtOnce(t *testing.T) {
	w := newWorld(t)
	sv := w.published()
	var wg sync.WaitGroup
	codes := make([]string, 16)
	for i := range codes {
		wg.Go(func() {
			var err error
			if codes[i], err = w.Apply(t.Context(), "a-00", submission(sv.ID, i, 5, fmt.Sprint("máy ", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := w.store.sheets()
	i := slices.Index(codes, "")
	if len(all) != 1 || i < 0 || all[0].Values[4].Text != fmt.Sprint("máy ", i) {
		t.Errorf("verdicts %q, kept %+v", codes, all)
	}
	slices.Sort(codes)
	if codes[1] != Answered || codes[15] != Answered {
		t.Errorf("the others were told %q", codes)
	}
}

// What is kept of who has answered has nothing in common with the answers, and the answers are in an
// order that says nothing.
func TestNothingLeadsBack(t *testing.T) {
	w := newWorld(t)
	sv := w.published()
	rank := map[string]int{}
	order := slices.Collect(func(yield func(people.ID) bool) {
		for i := range 12 {
			if !yield(people.ID(fmt.Sprintf("a-%02d", i))) {
				return
			}
		}
	})
	rand.New(rand.NewSource(1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	var secrets []string
	for i, p := range order {
		x := submission(sv.ID, i, 4, fmt.Sprintf("thứ %d", i))
		x.Secret = fmt.Sprintf("%064x", 7919*(i+1)<<20+i)
		secrets = append(secrets, x.Secret, x.Hash())
		rank[fmt.Sprintf("thứ %d", i)] = i
		w.answer(p, x, "")
	}
	who, err := json.Marshal(w.store.participants)
	if err != nil {
		t.Fatal(err)
	}
	rising := 0
	for _, pool := range w.store.pools {
		if !slices.IsSortedFunc(pool.Sheets, func(x, y Sheet) int { return strings.Compare(x.ID, y.ID) }) {
			t.Errorf("pool %s is not in the order of its ids", pool.ID)
		}
		for i, x := range pool.Sheets {
			if strings.Contains(string(who), x.ID) {
				t.Errorf("the id %s is beside a person", x.ID)
			}
			if i > 0 && rank[x.Values[4].Text] > rank[pool.Sheets[i-1].Values[4].Text] {
				rising++
			}
		}
		b, err := json.Marshal(pool)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range order {
			if strings.Contains(string(b), string(p)) || strings.Contains(string(b), w.store.participants[participantID(sv.ID, p)].Claim) {
				t.Errorf("%s is among the answers", p)
			}
		}
		for _, s := range secrets {
			if strings.Contains(string(b)+string(who), s) {
				t.Error("a secret of a phone, or what stands for it among the ops, was kept")
			}
		}
	}
	if rising == 11 {
		t.Error("the answers are in the order in which they came")
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	sv := w.published()
	good := submission(sv.ID, 1, 3, "được")
	for name, bad := range map[string]func(*Submission){
		"no rating":             func(x *Submission) { x.Answers[0].Rating = 0 },
		"a rating of 6":         func(x *Submission) { x.Answers[0].Rating = 6 },
		"a rating and a choice": func(x *Submission) { x.Answers[0].Chosen = []string{"o1"} },
		"one question is left":  func(x *Submission) { x.Answers = x.Answers[1:] },
		"one question twice":    func(x *Submission) { x.Answers = append(x.Answers, x.Answers[0]) },
		"an unknown question":   func(x *Submission) { x.Answers[4].Question = "q9" },
		"two of one choice":     func(x *Submission) { x.Answers[2].Chosen = []string{"o1", "o2"} },
		"an unknown option":     func(x *Submission) { x.Answers[3].Chosen = []string{"o9"} },
		"one option twice":      func(x *Submission) { x.Answers[3].Chosen = []string{"o1", "o1"} },
		"too many words":        func(x *Submission) { x.Answers[4].Text = strings.Repeat("ă", 501) },
		"hidden characters":     func(x *Submission) { x.Answers[4].Text = "a\u202eb" },
		"words for a rating":    func(x *Submission) { x.Answers[1].Text = "năm" },
	} {
		x := good
		x.Answers = slices.Clone(good.Answers)
		bad(&x)
		if code, err := w.Apply(t.Context(), "a-00", x); err != nil || code != Wrong {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
	if len(w.store.participants) > 0 {
		t.Error("who was refused counts as somebody who has answered")
	}
	none := good
	none.Answers = slices.Clone(good.Answers[:3]) // several: none; no words
	w.answer("a-00", none, "")
}

func TestWhoMayAnswerWhen(t *testing.T) {
	w := newWorld(t)
	sv := w.published("a")
	w.answer("b-00", submission(sv.ID, 1, 3, ""), NotFound)
	w.answer("a-00", submission("none", 1, 3, ""), NotFound)
	draft, err := w.Create(t.Context(), root, content())
	if err != nil {
		t.Fatal(err)
	}
	w.answer("a-00", submission(draft.ID, 1, 3, ""), NotFound)
	w.now = sv.ClosesAt.Add(47 * time.Hour)
	w.answer("a-00", submission(sv.ID, 1, 3, ""), "") // was offline on the last day
	w.now = sv.ClosesAt.Add(48 * time.Hour)
	w.answer("a-01", submission(sv.ID, 2, 3, ""), Over)
	w.answer("a-00", submission(sv.ID, 1, 3, ""), "") // kept before: the verdict was lost
	w.answer("a-00", submission(sv.ID, 3, 3, ""), Answered)
	if n := len(w.store.sheets()); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// A campaign asks others too: they are offered it and may answer, once, like everybody.
func TestSurveyOfCampaign(t *testing.T) {
	w := newWorld(t)
	sv, other := w.published("b"), w.published("b")
	w.answer("a-00", submission(sv.ID, 1, 3, ""), NotFound)
	w.InCampaign = func(_ context.Context, id ID, p people.Person, path []people.UnitID) (bool, error) {
		if len(path) != 1 || path[0] != "bo" {
			t.Errorf("asked about %s below %v", p.ID, path)
		}
		return id == sv.ID && p.Unit == "a", nil
	}
	list, err := w.Open(t.Context(), "a-00", "a", []people.UnitID{"bo"}, map[string]bool{string(sv.ID): true})
	if err != nil || len(list) != 1 || list[0].ID != sv.ID {
		t.Errorf("offered %v, %v; want the one of the campaign", list, err)
	}
	w.answer("a-00", submission(other.ID, 1, 3, ""), NotFound)
	w.answer("a-00", submission(sv.ID, 1, 3, ""), "")
	w.answer("a-00", submission(sv.ID, 2, 5, ""), Answered)
	w.InCampaign = func(context.Context, ID, people.Person, []people.UnitID) (bool, error) { return false, errCutOff }
	if code, err := w.Apply(t.Context(), "a-01", submission(sv.ID, 3, 3, "")); !errors.Is(err, errCutOff) {
		t.Errorf("nobody knows whether it is asked: %q, %v", code, err)
	}
}

// A survey is offered to those it asks, between its days, until they have answered.
func TestOpen(t *testing.T) {
	w := newWorld(t)
	sv := w.published("b")
	open := func(p people.ID, u people.UnitID, path ...people.UnitID) int {
		t.Helper()
		list, err := w.Open(t.Context(), p, u, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	calls := w.store.calls
	if open("b1-00", "b1", "bo", "b") != 1 || open("a-00", "a", "bo") != 0 {
		t.Error("offered to the wrong people")
	}
	if n := w.store.calls - calls; n != 2 {
		t.Errorf("%d calls to the store for two people, want one for what is live and one for who has answered", n)
	}
	w.answer("b1-00", submission(sv.ID, 1, 3, ""), "")
	if open("b1-00", "b1", "bo", "b") != 0 || open("b-00", "b", "bo") != 1 {
		t.Error("offered again, or to nobody else")
	}
	for _, at := range []time.Time{sv.OpensAt.Add(-time.Second), sv.ClosesAt} {
		w.now = at
		if w.liveTill = (time.Time{}); open("b-00", "b", "bo") != 0 {
			t.Errorf("offered at %v", at)
		}
	}
	if err := w.Settle(t.Context()); err != nil || !w.store.surveys[sv.ID].Live {
		t.Errorf("settled while phones may still send: %v", err)
	}
	w.now = sv.ClosesAt.Add(late)
	if err := w.Settle(t.Context()); err != nil || w.store.surveys[sv.ID].Live {
		t.Errorf("not settled: %v", err)
	}
}
