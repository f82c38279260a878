package exercise

import "slices"

// AfterAction is the after-action report of a sitting: about the team, never about one person.
type AfterAction struct {
	Score         float64      `json:"score"`         // Σ weight of expectations met / Σ weight, 0 to 1
	Met           int          `json:"met"`           // Σ weight of expectations met
	Weight        int          `json:"weight"`        // Σ weight
	MedianSeconds float64      `json:"medianSeconds"` // to a decision
	SeatsAbsent   []Text       `json:"seatsAbsent"`   // for which nobody was there
	Steps         []ReportStep `json:"steps"`
}

// ReportStep is one inject in a report.
type ReportStep struct {
	Title        Text           `json:"title"`
	Decision     string         `json:"decision"`
	Seconds      int            `json:"seconds"`
	Expectations []ReportExpect `json:"expectations"`
}

// ReportExpect is one expectation in a report.
type ReportExpect struct {
	Text   Text `json:"text"`
	Weight int  `json:"weight"`
	Met    bool `json:"met"`
}

// ReportOn makes the report of a sitting over x, as far as it has come.
func ReportOn(x Exercise, s Sitting) AfterAction {
	r := AfterAction{SeatsAbsent: []Text{}, Steps: []ReportStep{}}
	for _, seat := range x.Seats {
		if !slices.ContainsFunc(s.Participants, func(p Attendee) bool { return p.Seat == seat.ID && !p.Absent }) {
			r.SeatsAbsent = append(r.SeatsAbsent, seat.Title)
		}
	}
	var seconds []int
	for i, t := range s.Turns {
		if i == len(x.Injects) {
			break
		}
		step := ReportStep{Title: x.Injects[i].Title, Decision: t.Decision, Seconds: t.Seconds}
		for _, e := range x.Injects[i].Expectations {
			met := slices.Contains(t.Met, e.ID)
			if r.Weight += e.Weight; met {
				r.Met += e.Weight
			}
			step.Expectations = append(step.Expectations, ReportExpect{e.Text, e.Weight, met})
		}
		seconds = append(seconds, t.Seconds)
		r.Steps = append(r.Steps, step)
	}
	if r.Weight > 0 {
		r.Score = float64(r.Met) / float64(r.Weight)
	}
	r.MedianSeconds = median(seconds)
	return r
}

// median of numbers; 0 if there are none.
func median(ns []int) float64 {
	if len(ns) == 0 {
		return 0
	}
	slices.Sort(ns)
	middle := len(ns) / 2
	if len(ns)%2 == 1 {
		return float64(ns[middle])
	}
	return float64(ns[middle-1]+ns[middle]) / 2
}
