package course

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Drawn is one question as drawn for one try: what the learner sees and how the
// ids in it lead back to the question. Everything follows from the quiz and the
// seed, so it can be made again at any time.
type Drawn struct {
	Question Question
	View     QuestionView
	sources  map[string]string // id in View.Options → id in Question
	targets  map[string]string // the same for View.Targets
}

// Draw picks Draw questions of the pool by seed, shuffles them, their options and
// targets, and gives the options ids by place. The ids of the content would tell:
// an order question's stand in the right order, both sides of a pair share one,
// and authors name options after what they are. True and false keep theirs.
func Draw(q Quiz, seed uint64) []Drawn {
	r := rand.New(rand.NewPCG(seed, 0x686f63736f)) // the second word only has to stay the same
	places := r.Perm(len(q.Questions))
	places = places[:min(len(places), max(q.Draw, 0))]
	out := make([]Drawn, 0, len(places))
	for _, i := range places {
		out = append(out, drawQuestion(q.Questions[i], r))
	}
	return out
}

func drawQuestion(q Question, r *rand.Rand) Drawn {
	d := Drawn{
		Question: q, sources: map[string]string{}, targets: map[string]string{},
		View: QuestionView{ID: q.ID, Kind: q.Kind, Prompt: q.Prompt, Options: []OptionView{}},
	}
	if q.Kind == TrueFalse {
		for _, id := range []string{"true", "false"} {
			if o, ok := q.option(id); ok {
				d.sources[id] = id
				d.View.Options = append(d.View.Options, OptionView{ID: id, Text: o.Text})
			}
		}
		return d
	}
	lefts, rights := make([]Option, 0, len(q.Options)), make([]Option, 0, len(q.Pairs))
	lefts = append(lefts, q.Options...)
	for _, p := range q.Pairs {
		lefts = append(lefts, Option{ID: p.ID, Text: p.Left})
		rights = append(rights, Option{ID: p.ID, Text: p.Right})
	}
	if !q.Fixed || q.Kind == Order || q.Kind == Match { // these two would give the answer away
		shuffle(r, lefts)
		shuffle(r, rights)
	}
	for i, o := range lefts {
		id := string(rune('a' + i))
		d.sources[id] = o.ID
		d.View.Options = append(d.View.Options, OptionView{ID: id, Text: o.Text})
	}
	for i, o := range rights {
		id := strconv.Itoa(i + 1)
		d.targets[id] = o.ID
		d.View.Targets = append(d.View.Targets, OptionView{ID: id, Text: o.Text})
	}
	return d
}

func shuffle(r *rand.Rand, os []Option) {
	r.Shuffle(len(os), func(i, j int) { os[i], os[j] = os[j], os[i] })
}

func (q Question) option(id string) (Option, bool) {
	i := slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return q.Options[i], true
}

// Source turns chosen ids of the view into ids of the question. What is unknown
// becomes an id that no question has.
func (d Drawn) Source(chosen []string) []string {
	out := make([]string, 0, len(chosen))
	for _, c := range chosen {
		left, right, paired := strings.Cut(c, ":")
		id, ok := d.sources[left]
		if !ok {
			id = "?" + left
		}
		if paired {
			target, ok := d.targets[right]
			if !ok {
				target = "?" + right
			}
			id += ":" + target
		}
		out = append(out, id)
	}
	return out
}

// Feedback is what the author says to one chosen option.
type Feedback struct {
	Option string `json:"option"`
	Text   Text   `json:"text"`
}

// Marked is one question after marking. Its ids are those of the view.
type Marked struct {
	Question    QuestionView `json:"question"`
	Score       float64      `json:"score"` // 0…1
	Chosen      []string     `json:"chosen"`
	Feedback    []Feedback   `json:"feedback"`
	Right       []string     `json:"right,omitempty"` // only once the quiz is passed
	Explanation *Text        `json:"explanation,omitempty"`
}

// Mark grades the chosen ids of the view. The key is in the result only if
// reveal is set.
func (d Drawn) Mark(chosen []string, reveal bool) Marked {
	if chosen == nil {
		chosen = []string{}
	}
	m := Marked{Question: d.View, Score: Grade(d.Question, d.Source(chosen)), Chosen: chosen, Feedback: []Feedback{}}
	for _, id := range once(chosen) {
		if o, ok := d.Question.option(d.sources[id]); ok && o.Feedback != (Text{}) {
			m.Feedback = append(m.Feedback, Feedback{Option: id, Text: o.Feedback})
		}
	}
	if d.Question.Explanation != (Text{}) {
		m.Explanation = &d.Question.Explanation
	}
	if reveal {
		m.Right = d.right()
	}
	return m
}

// right is the key in ids of the view.
func (d Drawn) right() []string {
	view, target := map[string]string{}, map[string]string{}
	for v, s := range d.sources {
		view[s] = v
	}
	for v, s := range d.targets {
		target[s] = v
	}
	var out []string
	for _, k := range d.Question.Key() {
		left, right, paired := strings.Cut(k, ":")
		id := view[left]
		if paired {
			id += ":" + target[right]
		}
		out = append(out, id)
	}
	return out
}
