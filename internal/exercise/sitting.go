package exercise

import (
	"slices"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// SittingID identifies a sitting: a UUIDv7.
type SittingID string

// State is where a sitting is in its life.
type State string

// The states: planned → running → finished, and cancelled from the first two.
const (
	Planned   State = "planned"
	Running   State = "running"
	Finished  State = "finished"
	Cancelled State = "cancelled"
)

// Day is the form of a date.
const Day = time.DateOnly

// Attendee is somebody at the table. Nobody's part in what was decided is kept.
type Attendee struct {
	Person people.ID `json:"person" bson:"person"` // empty once they were erased
	Seat   string    `json:"seat" bson:"seat"`
	Absent bool      `json:"absent" bson:"absent"`
}

// Plan is what Directive 60/CT-BTTTT asks to be said before an exercise: goal, who takes
// part, scope, tools, limits and time.
type Plan struct {
	Exercise     ID            `json:"exercise" bson:"exercise"`
	Unit         people.UnitID `json:"unit" bson:"unit"`
	On           string        `json:"on" bson:"on"` // yyyy-mm-dd
	Minutes      int           `json:"minutes" bson:"minutes"`
	Goal         string        `json:"goal" bson:"goal"`
	Scope        string        `json:"scope" bson:"scope"`
	Tools        string        `json:"tools" bson:"tools"`
	Limits       string        `json:"limits" bson:"limits"`
	Participants []Attendee    `json:"participants" bson:"participants"`
}

// Turn is how the team dealt with one inject.
type Turn struct {
	Inject   string    `json:"inject" bson:"inject"`
	Decision string    `json:"decision" bson:"decision"`
	Met      []string  `json:"met" bson:"met"`         // ids of expectations
	Seconds  int       `json:"seconds" bson:"seconds"` // to the decision, by the phone's clock
	At       time.Time `json:"at" bson:"at"`           // when it arrived
}

// Finding is something to improve: one person does it by a day.
type Finding struct {
	ID       string     `json:"id" bson:"id"`
	What     string     `json:"what" bson:"what"`
	Owner    people.ID  `json:"owner" bson:"owner"` // empty once they were erased
	DueOn    string     `json:"dueOn" bson:"dueOn"` // yyyy-mm-dd
	ClosedAt *time.Time `json:"closedAt,omitempty" bson:"closedAt,omitempty"`
}

// Sitting is one unit's going through an exercise, around one phone.
type Sitting struct {
	ID          SittingID `json:"id" bson:"_id"`
	Plan        `bson:",inline"`
	N           int        `json:"n" bson:"n"` // version of the exercise
	State       State      `json:"state" bson:"state"`
	Facilitator people.ID  `json:"facilitator" bson:"facilitator"` // who planned it; from the start on who runs it; empty once they were erased
	Device      string     `json:"-" bson:"device"`                // the phone it runs on, an id made there
	Turns       []Turn     `json:"turns" bson:"turns"`
	Findings    []Finding  `json:"findings" bson:"findings"`
	StartedAt   *time.Time `json:"startedAt,omitempty" bson:"startedAt,omitempty"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty" bson:"finishedAt,omitempty"`
	CreatedAt   time.Time  `json:"createdAt" bson:"createdAt"`
	Version     int        `json:"version" bson:"ver"`

	// What the store finds it by; derive fills both in.
	Named []people.ID `json:"-" bson:"named"` // everybody it mentions
	Open  int         `json:"-" bson:"open"`  // findings that are not closed
}

// derive fills in what follows from the rest.
func (s Sitting) derive() Sitting {
	s.Named, s.Open = []people.ID{}, 0
	add := func(p people.ID) {
		if p != "" && !slices.Contains(s.Named, p) {
			s.Named = append(s.Named, p)
		}
	}
	add(s.Facilitator)
	for _, p := range s.Participants {
		add(p.Person)
	}
	for _, f := range s.Findings {
		add(f.Owner)
		if f.ClosedAt == nil {
			s.Open++
		}
	}
	return s
}

// Without is s without a person: what was decided stays, and that a seat was taken.
func (s Sitting) Without(p people.ID) Sitting {
	s.Participants, s.Findings = slices.Clone(s.Participants), slices.Clone(s.Findings)
	for i := range s.Participants {
		if s.Participants[i].Person == p {
			s.Participants[i].Person = ""
		}
	}
	for i := range s.Findings {
		if s.Findings[i].Owner == p {
			s.Findings[i].Owner = ""
		}
	}
	if s.Facilitator == p {
		s.Facilitator = ""
	}
	return s.derive()
}

// Attended reports whether p sat at the table.
func (s Sitting) Attended(p people.ID) bool {
	return slices.ContainsFunc(s.Participants, func(x Attendee) bool { return x.Person == p && p != "" && !x.Absent })
}

// begin starts s on a phone. Starting it again there changes nothing; another phone is
// refused with running_elsewhere, unless it takes the sitting over.
func (s Sitting) begin(now time.Time, by people.ID, device string, absent []people.ID, takeOver bool) (Sitting, error) {
	switch {
	case s.State == Running && s.Device == device:
		return s, nil
	case s.State == Running && !takeOver:
		return s, elsewhere()
	case s.State == Running:
		s.Device, s.Facilitator = device, by
		return s.derive(), nil
	case s.State != Planned:
		return s, s.wrong("be started")
	}
	s, err := s.attend(absent)
	if err != nil {
		return s, err
	}
	s.State, s.StartedAt, s.Device, s.Facilitator = Running, &now, device, by
	return s.derive(), nil
}

// take keeps how inject n (from 1) was dealt with, also again: while a sitting runs its
// phone may correct what it said. Injects come in order.
func (s Sitting) take(x Exercise, n int, t Turn, device string) (Sitting, error) {
	if s.State == Finished && n <= len(s.Turns) && s.Turns[n-1].same(t) {
		return s, nil // a phone that did not hear the answer
	}
	if err := s.held(device); err != nil {
		return s, err
	}
	if n > len(s.Turns)+1 {
		return s, refuse("inject", "order")
	}
	if bad := checkTurn(x.Injects[n-1], t); len(bad) > 0 {
		return s, invalid(bad)
	}
	s.Turns = slices.Clone(s.Turns)
	switch {
	case n == len(s.Turns)+1:
		s.Turns = append(s.Turns, t)
	case !s.Turns[n-1].same(t):
		s.Turns[n-1] = t
	}
	return s, nil
}

// finish ends s after its last inject.
func (s Sitting) finish(x Exercise, now time.Time, device string, absent []people.ID) (Sitting, error) {
	if s.State == Finished && s.Device == device {
		return s, nil
	}
	if err := s.held(device); err != nil {
		return s, err
	}
	if len(s.Turns) < len(x.Injects) {
		return s, refuse("turns", "unfinished")
	}
	s, err := s.attend(absent)
	if err != nil {
		return s, err
	}
	s.State, s.FinishedAt = Finished, &now
	return s, nil
}

// cancel ends s without a result. Doing it again changes nothing.
func (s Sitting) cancel() (Sitting, error) {
	switch s.State {
	case Cancelled:
		return s, nil
	case Planned, Running:
		s.State = Cancelled
		return s, nil
	}
	return s, s.wrong("be cancelled")
}

// held refuses all but the phone that runs s.
func (s Sitting) held(device string) error {
	switch {
	case s.State != Running:
		return s.wrong("go on")
	case s.Device != device:
		return elsewhere()
	}
	return nil
}

// attend notes who is absent; somebody must be there.
func (s Sitting) attend(absent []people.ID) (Sitting, error) {
	s.Participants = slices.Clone(s.Participants)
	there := 0
	for i := range s.Participants {
		p := &s.Participants[i]
		p.Absent = p.Person == "" || slices.Contains(absent, p.Person)
		if !p.Absent {
			there++
		}
	}
	if there == 0 {
		return s, refuse("absent", "nobody_present")
	}
	for _, id := range absent {
		if !slices.ContainsFunc(s.Participants, func(p Attendee) bool { return p.Person == id }) {
			return s, refuse("absent", "unknown")
		}
	}
	return s, nil
}

func (t Turn) same(o Turn) bool {
	return t.Inject == o.Inject && t.Decision == o.Decision && slices.Equal(t.Met, o.Met) && t.Seconds == o.Seconds
}

func (s Sitting) wrong(do string) error {
	return fault.New(fault.Conflict, "wrong_state", "a %s sitting cannot %s", s.State, do)
}

func elsewhere() error {
	return fault.New(fault.Conflict, "running_elsewhere", "this sitting runs on another phone")
}

func refuse(field, code string) error { return invalid([]fault.Field{{Field: field, Code: code}}) }

func invalid(bad []fault.Field) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = bad
	return f
}
