package survey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Codes of rejected answers.
const (
	NotFound = "survey_not_found" // none, or not for this person
	Over     = "survey_closed"
	Answered = "survey_answered" // this person has answered already, from another phone
	Wrong    = "survey_answers"  // these answers do not fit the questions
)

// Submission is what a phone sends.
type Submission struct {
	Survey  ID
	Secret  string // 64 hexadecimal digits, made at random by the phone for this one answer and kept nowhere
	Answers []Answer
}

// Answer is the answer to one question, with the field that its kind has.
type Answer struct {
	Question string   `json:"question" validate:"required,max=4"`
	Rating   int      `json:"rating,omitzero"`
	Chosen   []string `json:"chosen,omitempty" validate:"max=12,dive,max=4"`
	Text     string   `json:"text,omitempty" validate:"max=2000"`
}

// Participant is that a person has answered. Neither a time nor an order is in it, and Claim
// leads to no answer for whoever does not have the secret.
type Participant struct {
	ID     string    `json:"-" bson:"_id"` // survey:person
	Survey ID        `json:"survey" bson:"survey"`
	Person people.ID `json:"-" bson:"person"`
	Claim  string    `json:"-" bson:"claim"`
}

// Value is the answer to one question as it is kept: places of what was chosen, from 0.
type Value struct {
	Chosen []int  `bson:"c"`
	Text   string `bson:"t"`
}

// Sheet is all answers of somebody, without anything of who that is.
type Sheet struct {
	ID     string  `bson:"i"`
	Bucket int     `bson:"b"` // its place in Survey.Buckets
	Values []Value `bson:"v"` // of all questions, in their order
}

// Pool holds sheets of a survey in the order of their random ids, so that nothing tells which
// came first. All pools of a survey are made before its first answer.
type Pool struct {
	ID      string  `bson:"_id"` // survey:number
	Survey  ID      `bson:"survey"`
	Sheets  []Sheet `bson:"sheets"`
	Count   int     `bson:"n"`
	Version int     `bson:"ver"`
}

func participantID(id ID, p people.ID) string { return string(id) + ":" + string(p) }

func poolID(id ID, n int) string { return string(id) + ":" + strconv.Itoa(n) }

// derive makes something of the secret from which neither the secret nor anything else that is
// made of it can be found.
func derive(what string, x Submission) string {
	sum := sha256.Sum256([]byte(what + ":" + string(x.Survey) + ":" + x.Secret))
	return hex.EncodeToString(sum[:])
}

// Hash stands for a submission among the ops of a person. It is made of the secret alone, so no
// answer can be guessed from it.
func (x Submission) Hash() string { return derive("op", x) }

// Valid reports whether the secret is one.
func (x Submission) Valid() bool {
	b, err := hex.DecodeString(x.Secret)
	return err == nil && len(b) == 32
}

// sheet checks the answers against the questions of s. ok is false if they do not fit.
func (s Survey) sheet(x Submission) (values []Value, ok bool) {
	values = make([]Value, len(s.Questions))
	given := make([]bool, len(s.Questions))
	for _, a := range x.Answers {
		i := s.question(a.Question)
		if i < 0 || given[i] {
			return nil, false
		}
		given[i] = true
		if values[i], ok = s.Questions[i].value(a); !ok {
			return nil, false
		}
	}
	for i, q := range s.Questions {
		if !given[i] && q.Kind != Several && q.Kind != Words {
			return nil, false
		}
		if values[i].Chosen == nil {
			values[i].Chosen = []int{}
		}
	}
	return values, true
}

// value checks one answer.
func (q Question) value(a Answer) (v Value, ok bool) {
	v.Chosen = []int{}
	switch q.Kind {
	case Satisfaction, Scale:
		v.Chosen = []int{a.Rating - 1}
		return v, a.Rating >= 1 && a.Rating <= Steps && len(a.Chosen) == 0 && a.Text == ""
	case Choice, Several:
		for _, id := range a.Chosen {
			j := slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
			if j < 0 || slices.Contains(v.Chosen, j) {
				return v, false
			}
			v.Chosen = append(v.Chosen, j)
		}
		slices.Sort(v.Chosen)
		return v, (q.Kind == Several || len(v.Chosen) == 1) && a.Rating == 0 && a.Text == ""
	case Words:
		v.Text = tidy(people.Text{Vi: a.Text}).Vi
		bad := checker{}
		bad.text("text", v.Text, longestAnswer, false, true)
		return v, len(bad) == 0 && utf8.ValidString(a.Text) && norm.NFC.IsNormalString(v.Text) && a.Rating == 0 && len(a.Chosen) == 0
	}
	return v, false
}

// Apply takes the answers of a person and returns the code of their rejection, "" if they are
// kept. Doing it again changes nothing.
//
// That the person answers is written first: of two phones only one gets further, and a retry of
// that one is known by its secret. Then the answers are put into their pool, under an id made of
// the same secret, so a retry finds them there. A kill between the two leaves a person who has
// answered without answers; their phone has not been told that they are kept, and sends them again.
func (s *Service) Apply(ctx context.Context, p people.ID, x Submission) (code string, err error) {
	sv, err := s.Surveys.Survey(ctx, x.Survey)
	if isNotFound(err) || err == nil && sv.State == Draft {
		return NotFound, nil
	}
	if err != nil {
		return "", err
	}
	values, ok := sv.sheet(x)
	if !ok {
		return Wrong, nil
	}
	me := Participant{ID: participantID(sv.ID, p), Survey: sv.ID, Person: p, Claim: derive("claim", x)}
	before, err := s.Answers.Participants(ctx, []string{me.ID})
	if err != nil {
		return "", err
	}
	person, err := s.People.Person(ctx, p)
	if err != nil {
		return "", err
	}
	unit, err := s.People.Unit(ctx, person.Unit)
	if err != nil && !isNotFound(err) { // without a unit: only what everybody is asked
		return "", err
	}
	over := sv.StateAt(s.Now()) == Closed
	if len(before) == 0 {
		asked := sv.includes(person.Unit, unit.Path)
		if !asked && s.InCampaign != nil {
			if asked, err = s.InCampaign(ctx, sv.ID, person, unit.Path); err != nil {
				return "", err
			}
		}
		switch {
		case !asked || s.Now().Before(sv.OpensAt):
			return NotFound, nil
		case over:
			return Over, nil
		}
		if err := s.Answers.InsertParticipant(ctx, me); err != nil {
			if !isConflict(err) {
				return "", err
			}
			if before, err = s.Answers.Participants(ctx, []string{me.ID}); err != nil {
				return "", err
			}
		}
	}
	if len(before) > 0 && before[0].Claim != me.Claim {
		return Answered, nil
	}
	sheet := Sheet{ID: derive("sheet", x), Bucket: sv.bucketOf(person.Unit, unit.Path), Values: values}
	return s.keep(ctx, sv, sheet, over)
}

// keep puts a sheet into its pool, unless it is there. Into a survey that is over nothing is put.
func (s *Service) keep(ctx context.Context, sv Survey, sheet Sheet, over bool) (code string, err error) {
	n, err := strconv.ParseUint(sheet.ID[:8], 16, 64)
	if err != nil {
		return "", err
	}
	id := poolID(sv.ID, int(n%uint64(sv.Pools)))
	for range tries {
		pool, err := s.Answers.Pool(ctx, id)
		if err != nil {
			return "", err
		}
		at, there := slices.BinarySearchFunc(pool.Sheets, sheet.ID, func(x Sheet, id string) int {
			switch {
			case x.ID < id:
				return -1
			case x.ID > id:
				return 1
			}
			return 0
		})
		if there {
			return "", nil
		}
		if over {
			return Over, nil
		}
		pool.Sheets = slices.Insert(pool.Sheets, at, sheet)
		pool.Count = len(pool.Sheets)
		if err = s.Answers.ReplacePool(ctx, pool); !isConflict(err) {
			return "", err
		}
	}
	return "", fault.New(fault.Unavailable, "busy", "many people answer at this moment, try again")
}
