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
	Question *Question // shared, must not be changed
	View     QuestionView
	lefts    []int // place in View.Options → index in Question.Options or Question.Pairs
	rights   []int // place in View.Targets → index in Question.Pairs
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
		out = append(out, drawQuestion(&q.Questions[i], r))
	}
	return out
}

func drawQuestion(q *Question, r *rand.Rand) Drawn {
	d := Drawn{Question: q, View: QuestionView{ID: q.ID, Kind: q.Kind, Prompt: q.Prompt, Options: []OptionView{}}}
	switch q.Kind {
	case TrueFalse:
		d.lefts = make([]int, 0, 2)
		for _, id := range []string{"true", "false"} {
			if i := q.option(id); i >= 0 {
				d.lefts = append(d.lefts, i)
			}
		}
	case Match:
		d.lefts, d.rights = r.Perm(len(q.Pairs)), r.Perm(len(q.Pairs))
	case Order:
		d.lefts = r.Perm(len(q.Options))
	default:
		d.lefts = r.Perm(len(q.Options))
		if q.Fixed {
			slices.Sort(d.lefts)
		}
	}
	for place, i := range d.lefts {
		text := Text{}
		if q.Kind == Match {
			text = q.Pairs[i].Left
		} else {
			text = q.Options[i].Text
		}
		d.View.Options = append(d.View.Options, OptionView{ID: d.leftID(place), Text: text})
	}
	for place, i := range d.rights {
		d.View.Targets = append(d.View.Targets, OptionView{ID: rightID(place), Text: q.Pairs[i].Right})
	}
	return d
}

// leftID is the id of the option at a place of the view: a, b, c and so on.
func (d Drawn) leftID(place int) string {
	if d.Question.Kind == TrueFalse {
		return d.Question.Options[d.lefts[place]].ID
	}
	return string(rune('a' + place))
}

// rightID is the id of the target at a place of the view: 1, 2, 3 and so on.
func rightID(place int) string { return strconv.Itoa(place + 1) }

// option is the index of the option with that id, -1 if there is none.
func (q *Question) option(id string) int {
	return slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
}

// index is the index in the question of the option with that id of the view, -1 if there is none.
func (d Drawn) index(id string) int {
	for place, i := range d.lefts {
		if d.leftID(place) == id {
			return i
		}
	}
	return -1
}

// Source turns chosen ids of the view into ids of the question. What is unknown
// becomes an id that no question has.
func (d Drawn) Source(chosen []string) []string {
	out := make([]string, 0, len(chosen))
	for _, c := range chosen {
		left, right, paired := strings.Cut(c, ":")
		i := d.index(left)
		switch {
		case i < 0 || paired != (d.Question.Kind == Match):
			out = append(out, "?"+c)
		case !paired:
			out = append(out, d.Question.Options[i].ID)
		default:
			target := "?" + right
			for place, j := range d.rights {
				if rightID(place) == right {
					target = d.Question.Pairs[j].ID
				}
			}
			out = append(out, d.Question.Pairs[i].ID+":"+target)
		}
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
	m := Marked{Question: d.View, Score: Grade(*d.Question, d.Source(chosen)), Chosen: chosen, Feedback: []Feedback{}}
	for _, id := range once(chosen) {
		i := d.index(id)
		if i < 0 || d.Question.Kind == Match {
			continue
		}
		if o := d.Question.Options[i]; o.Feedback != (Text{}) {
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
	out := []string{}
	if d.Question.Kind == Order {
		for i := range d.Question.Options {
			out = append(out, d.leftID(slices.Index(d.lefts, i)))
		}
		return out
	}
	for place, i := range d.lefts {
		switch {
		case d.Question.Kind == Match:
			out = append(out, d.leftID(place)+":"+rightID(slices.Index(d.rights, i)))
		case d.Question.Options[i].Right:
			out = append(out, d.leftID(place))
		}
	}
	return out
}
