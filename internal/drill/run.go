package drill

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"time"

	"hocso/internal/people"
)

// retention is how long a person's run is kept after its last change unless somebody says otherwise.
const retention = 180 * 24 * time.Hour

// Codes of rejected events.
const (
	DrillNotFound = "drill_not_found"
	ItemNotFound  = "item_not_found"
)

// subject hides a person behind the key of a drill.
func (k Key) subject(p people.ID) string { return k.mac([]byte("person:" + p)) }

func (k Key) mac(b []byte) string {
	m := hmac.New(sha256.New, k.Secret)
	m.Write(b)
	return hex.EncodeToString(m.Sum(nil))
}

// runID is the id of a person's run through the drill of k.
func (k Key) runID(p people.ID) string { return string(k.ID) + ":" + k.subject(p) }

// apply changes r by e and reports whether it changed. The first answer to an item
// counts; what comes after is accepted without effect. t must be the template
// that r is a run of. The order of events does not matter but for that.
func (r *Run) apply(t Template, e Event) (changed bool, code string) {
	switch e.Action {
	case Answer:
		if !slices.ContainsFunc(t.Items, func(it Item) bool { return it.ID == e.Item }) {
			return false, ItemNotFound
		}
		if _, answered := r.Answers[e.Item]; answered {
			return false, ""
		}
		r.Answers[e.Item] = e.Choice
		changed = true
	case Done:
		if r.CompletedAt == nil {
			at := e.At
			r.CompletedAt = &at
			changed = true
		}
	}
	if r.ViewedAt == nil {
		at := e.At
		r.ViewedAt = &at
		changed = true
	}
	if !changed {
		return false, ""
	}
	if r.CompletedAt != nil {
		res := t.Score(r.Answers)
		r.Result = &res
	}
	r.ChangedAt, r.ExpiresAt = e.At, e.At.Add(retention)
	return true, ""
}

// clone copies r so deep that changing the copy leaves r as it was.
func (r Run) clone() Run {
	r.Answers = maps.Clone(r.Answers)
	if r.Answers == nil {
		r.Answers = map[string]Choice{}
	}
	return r
}

// Score is how a run with these answers went. An item without an answer was kept.
func (t Template) Score(answers map[string]Choice) Result {
	var res Result
	for _, it := range t.Items {
		reported := answers[it.ID] == Report
		switch it.Truth {
		case Phish:
			res.Phish++
			if reported {
				res.Hits++
			}
		case Legit:
			res.Legit++
			if reported {
				res.FalseAlarms++
			}
		}
	}
	res.DPrime = dPrime(res)
	return res
}

// dPrime is how well phishing was told from legitimate mail: z(H') − z(F') with the
// log-linear correction H' = (hits + ½)/(P + 1), F' = (false alarms + ½)/(L + 1)
// (Hautus 1995; design: drills, 2.10). It is rounded to three decimals.
func dPrime(r Result) float64 {
	h := (float64(r.Hits) + 0.5) / (float64(r.Phish) + 1)
	f := (float64(r.FalseAlarms) + 0.5) / (float64(r.Legit) + 1)
	return math.Round((z(h)-z(f))*1000) / 1000
}

// z is the inverse of the standard normal distribution function.
func z(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
