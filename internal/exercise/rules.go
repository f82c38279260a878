package exercise

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/source"
)

// Limits of what is said about a sitting. Sizes are in characters.
const (
	longestText      = 500
	mostParticipants = 40
	mostFindings     = 30
	mostDays         = 366 // from today to the day of a sitting, or by which a finding is due
	mostSeconds      = 4 * 60 * 60
)

func tidy(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// checkText refuses what is empty, too long or not one plain line.
func checkText(field, text string) []fault.Field {
	switch {
	case text == "":
		return []fault.Field{{Field: field, Code: "required"}}
	case utf8.RuneCountInString(text) > longestText:
		return []fault.Field{{Field: field, Code: "max"}}
	case !people.PlainText(text):
		return []fault.Field{{Field: field, Code: "text"}}
	}
	return nil
}

// checkDay refuses a day that is none, over, or too far away.
func checkDay(field, day, today string) []fault.Field {
	if day == "" {
		return []fault.Field{{Field: field, Code: "required"}}
	}
	at, err := time.Parse(Day, day)
	now, bad := time.Parse(Day, today)
	switch {
	case err != nil || bad != nil:
		return []fault.Field{{Field: field, Code: "date"}}
	case day < today:
		return []fault.Field{{Field: field, Code: "past"}}
	case at.Sub(now) > mostDays*24*time.Hour:
		return []fault.Field{{Field: field, Code: "too_late"}}
	}
	return nil
}

func checkTurn(in Inject, t Turn) []fault.Field {
	bad := checkText("decision", t.Decision)
	for i, id := range t.Met {
		at := fmt.Sprintf("met[%d]", i)
		switch {
		case !slices.ContainsFunc(in.Expectations, func(e Expectation) bool { return e.ID == id }):
			bad = append(bad, fault.Field{Field: at, Code: "unknown"})
		case slices.Contains(t.Met[:i], id):
			bad = append(bad, fault.Field{Field: at, Code: "duplicate"})
		}
	}
	if t.Seconds < 0 || t.Seconds > mostSeconds {
		bad = append(bad, fault.Field{Field: "seconds", Code: "out_of_range"})
	}
	return bad
}

// checkPlan looks at what needs no other document; team holds those of the participants
// who are in the unit and have not left.
func checkPlan(x Exercise, p Plan, today string, team map[people.ID]bool) (bad []fault.Field) {
	bad = slices.Concat(checkDay("on", p.On, today), checkText("goal", p.Goal), checkText("scope", p.Scope), checkText("tools", p.Tools), checkText("limits", p.Limits))
	if p.Minutes < 15 || p.Minutes > 240 {
		bad = append(bad, fault.Field{Field: "minutes", Code: "out_of_range"})
	}
	switch n := len(p.Participants); {
	case n == 0:
		return append(bad, fault.Field{Field: "participants", Code: "required"})
	case n > mostParticipants:
		return append(bad, fault.Field{Field: "participants", Code: "max"})
	}
	for i, who := range p.Participants {
		at := fmt.Sprintf("participants[%d].", i)
		switch {
		case !team[who.Person]:
			bad = append(bad, fault.Field{Field: at + "person", Code: "unknown"})
		case slices.ContainsFunc(p.Participants[:i], func(o Attendee) bool { return o.Person == who.Person }):
			bad = append(bad, fault.Field{Field: at + "person", Code: "duplicate"})
		}
		if _, ok := x.seat(who.Seat); !ok {
			bad = append(bad, fault.Field{Field: at + "seat", Code: "unknown"})
		}
	}
	return bad
}

// checkFinding looks at what is new in a finding: before is what it was, the zero value if
// it is a new one. owner says who in the unit can take it on; left, who there no longer can.
func checkFinding(before, f Finding, today string, owner, left bool) (bad []fault.Field) {
	if !source.Slug(f.ID) {
		bad = append(bad, fault.Field{Field: "id", Code: "text"})
	}
	bad = append(bad, checkText("what", f.What)...)
	switch {
	case f.Owner == "":
		bad = append(bad, fault.Field{Field: "owner", Code: "required"})
	case f.Owner == before.Owner:
	case left:
		bad = append(bad, fault.Field{Field: "owner", Code: "left"})
	case !owner:
		bad = append(bad, fault.Field{Field: "owner", Code: "unknown"})
	}
	if f.DueOn == "" || f.DueOn != before.DueOn {
		bad = append(bad, checkDay("dueOn", f.DueOn, today)...)
	}
	return bad
}
