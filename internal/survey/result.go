package survey

import (
	"context"
	"slices"

	"hocso/internal/people"
	"hocso/internal/stat"
)

// Result is what a survey's author may see. It is made when K answers are there, made anew only when
// K more have come, and once more at the end under the same condition: two results that somebody
// compares differ by K answers or by none.
type Result struct {
	ID        ID               `json:"-" bson:"_id"`
	Answers   int              `json:"answers" bson:"answers"` // that it is made of; 0: too few yet
	Questions []QuestionResult `json:"questions" bson:"questions"`
	Final     bool             `json:"final" bson:"final"` // it will not change any more, and has units
	Version   int              `json:"-" bson:"ver"`
}

// QuestionResult is what was answered to one question.
type QuestionResult struct {
	ID     string    `json:"id" bson:"id"`
	Hidden bool      `json:"hidden" bson:"hidden"` // everybody said the same, or too few said anything
	N      int       `json:"n" bson:"n"`
	Counts []int     `json:"counts" bson:"counts"`         // by value; empty for words
	Share  *Interval `json:"share,omitempty" bson:"share"` // of the satisfied, for Satisfaction
	Texts  []string  `json:"texts" bson:"texts"`           // in no order; at most mostTexts of them
	Units  []UnitRow `json:"units" bson:"units"`           // of a final result
}

// UnitRow is one unit in the tree of a question, parents before children.
type UnitRow struct {
	Unit   people.UnitID `json:"unit" bson:"unit"`
	Depth  int           `json:"depth" bson:"depth"`
	Direct bool          `json:"direct" bson:"direct"` // its people beside the units that are listed below it
	Hidden bool          `json:"hidden" bson:"hidden"`
	N      int           `json:"n" bson:"n"`
	Counts []int         `json:"counts" bson:"counts"`
	Share  *Interval     `json:"share,omitempty" bson:"share"`
}

// Interval is a share with the bounds of its 95 % interval, each from 0 to 1.
type Interval struct {
	Share float64 `json:"share" bson:"share"`
	Low   float64 `json:"low" bson:"low"`
	High  float64 `json:"high" bson:"high"`
}

// Target is the share of satisfied people that is aimed at, in per cent.
const Target = 90

// mostTexts is how many texts to one question are shown: a sample at random where there are more.
const mostTexts = 300

// satisfied is the interval of those who chose 4 or 5.
func satisfied(kind Kind, counts []int, n int) *Interval {
	if kind != Satisfaction || n == 0 {
		return nil
	}
	hits := counts[3] + counts[4]
	low, high := stat.Wilson(hits, n)
	return &Interval{float64(hits) / float64(n), low, high}
}

// tally makes the result of sheets.
func (s Survey) tally(sheets []Sheet) []QuestionResult {
	out := make([]QuestionResult, len(s.Questions))
	for i, q := range s.Questions {
		out[i] = s.tallyOne(i, q, sheets)
	}
	return out
}

func (s Survey) tallyOne(i int, q Question, sheets []Sheet) QuestionResult {
	r := QuestionResult{ID: q.ID, Counts: []int{}, Texts: []string{}, Units: []UnitRow{}}
	if q.Kind == Words {
		for _, x := range sheets { // in the order of random ids
			if t := x.Values[i].Text; t != "" {
				if r.N++; len(r.Texts) < mostTexts {
					r.Texts = append(r.Texts, t)
				}
			}
		}
		if r.Hidden = r.N < K; r.Hidden {
			r.N, r.Texts = 0, []string{}
		}
		return r
	}
	cells := make([]Cell, len(s.Buckets))
	for b := range cells {
		cells[b] = newCell(q.values())
	}
	for _, x := range sheets {
		c := &cells[x.Bucket]
		c.N++
		for _, v := range x.Values[i].Chosen {
			c.Counts[v]++
		}
	}
	root := report(s.Buckets, cells, q.values())
	r.Hidden = root.hidden
	if root.hidden {
		return r
	}
	r.N, r.Counts, r.Share = root.cell.N, root.cell.Counts, satisfied(q.Kind, root.cell.Counts, root.cell.N)
	r.Units = root.rows(q.Kind, 0, r.Units)
	return r
}

// rows lists what is below n.
func (n *node) rows(kind Kind, depth int, out []UnitRow) []UnitRow {
	for _, c := range n.children {
		row := UnitRow{Unit: c.unit, Depth: depth, Direct: c.direct, Hidden: c.hidden, Counts: []int{}}
		if !c.hidden {
			row.N, row.Counts, row.Share = c.cell.N, c.cell.Counts, satisfied(kind, c.cell.Counts, c.cell.N)
		}
		out = append(out, row)
		if !c.hidden {
			out = c.rows(kind, depth+1, out)
		}
	}
	return out
}

// Results returns what may be shown of a survey of the actor's, and how many have answered.
func (s *Service) Results(ctx context.Context, a people.Actor, id ID) (sv Survey, r Result, answered int, err error) {
	if sv, err = s.Find(ctx, a, id); err != nil || sv.State == Draft {
		return sv, Result{ID: id, Questions: []QuestionResult{}}, 0, err
	}
	defer func() { r = r.shown() }()
	over := sv.StateAt(s.Now()) == Closed
	for range tries {
		r, err = s.Answers.Result(ctx, id)
		if err != nil && !isNotFound(err) {
			return sv, r, 0, err
		}
		if err != nil {
			r = Result{ID: id, Questions: []QuestionResult{}}
		}
		if answered, err = s.Answers.CountSheets(ctx, id); err != nil || r.Final {
			return sv, r, answered, err
		}
		more := answered-r.Answers >= K
		if !more && !over {
			return sv, r, answered, nil
		}
		next, err := s.next(ctx, sv, r, over)
		if err != nil {
			return sv, r, answered, err
		}
		if err := s.Answers.PutResult(ctx, next); err == nil || !isConflict(err) {
			next.Version++
			return sv, next, answered, err
		}
	}
	return sv, r, answered, busy()
}

// next is the result after r. Units come at the end, of the same answers as everything beside them:
// so the last result is made of all answers or, when fewer than K are new, of those of r, whose
// units wait hidden in the document.
func (s *Service) next(ctx context.Context, sv Survey, r Result, over bool) (Result, error) {
	pools, err := s.Answers.Pools(ctx, sv.ID)
	if err != nil {
		return r, err
	}
	var sheets []Sheet
	for _, p := range pools {
		sheets = append(sheets, p.Sheets...)
	}
	slices.SortFunc(sheets, func(x, y Sheet) int {
		switch {
		case x.ID < y.ID:
			return -1
		case x.ID > y.ID:
			return 1
		}
		return 0
	})
	out := r
	if len(sheets)-r.Answers >= K {
		out.Answers, out.Questions = len(sheets), sv.tally(sheets)
	}
	out.Final = over
	return out, nil
}

// shown takes out of r what waits for the end.
func (r Result) shown() Result {
	if r.Final {
		return r
	}
	r.Questions = slices.Clone(r.Questions)
	for i := range r.Questions {
		r.Questions[i].Units = []UnitRow{}
	}
	return r
}
