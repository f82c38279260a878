package learning

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/source"
	"hocso/internal/survey"
)

// Codes of rejected ops.
const (
	Malformed         = "malformed"
	UnknownKind       = "unknown_kind"
	UnknownField      = "unknown_field"
	EnrolmentNotFound = "enrolment_not_found"
	LessonNotFound    = "lesson_not_found"
	QuizNotFound      = "quiz_not_found"
	TicketInvalid     = "ticket_invalid"
	IDReused          = "id_reused"
	NotCompleted      = "not_completed"
	NoAnnouncement    = "announcement_not_found"
)

// MaxOps is how many ops one request may carry.
const MaxOps = 50

// OpStatus is the verdict on an op.
type OpStatus string

// The verdicts.
const (
	Applied   OpStatus = "applied"
	Duplicate OpStatus = "duplicate"
	Rejected  OpStatus = "rejected"
)

// Verdict is what became of one op.
type Verdict struct {
	ID      string         `json:"id"`
	Status  OpStatus       `json:"status"`
	Code    string         `json:"code,omitempty"`    // why it was rejected
	Attempt *AttemptResult `json:"attempt,omitempty"` // of attempt.submit
}

// opHead is what every op has.
type opHead struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

type lessonProgress struct {
	opHead
	Enrolment EnrolmentID `json:"enrolment"`
	Lesson    string      `json:"lesson"`
	Card      int         `json:"card"`
	Seconds   int         `json:"seconds"`
}

type lessonDone struct {
	opHead
	Enrolment EnrolmentID `json:"enrolment"`
	Lesson    string      `json:"lesson"`
	Seconds   int         `json:"seconds"`
}

type attemptSubmit struct {
	opHead
	Attempt string `json:"attempt"`
	Submission
}

// Submission is the answers to a quiz as a phone sends them. Times are the phone's claims.
type Submission struct {
	Enrolment  EnrolmentID     `json:"enrolment" validate:"required,max=200"`
	Quiz       string          `json:"quiz" validate:"required,max=64"`
	Ticket     string          `json:"ticket" validate:"required,max=1024"`
	StartedAt  time.Time       `json:"startedAt" validate:"required"`
	FinishedAt time.Time       `json:"finishedAt" validate:"required"`
	Answers    []course.Answer `json:"answers" validate:"max=60,dive"`
}

type courseRate struct {
	opHead
	Enrolment EnrolmentID `json:"enrolment"`
	Stars     int         `json:"stars"`
	Comment   string      `json:"comment"`
}

type drillView struct {
	opHead
	Drill drill.ID `json:"drill"`
	N     int      `json:"n"`
}

type drillAnswer struct {
	opHead
	Drill  drill.ID     `json:"drill"`
	N      int          `json:"n"`
	Item   string       `json:"item"`
	Choice drill.Choice `json:"choice"`
}

type reminderOpened struct {
	opHead
	Delivery string `json:"delivery"`
}

type surveyAnswer struct {
	opHead
	Survey  survey.ID       `json:"survey"`
	Secret  string          `json:"secret"`
	Answers []survey.Answer `json:"answers"`
}

type announcementRead struct {
	opHead
	Announcement string `json:"announcement"`
}

// op is one op after decoding. Exactly one of the fields for its kind is set.
type op struct {
	id, kind  string
	payload   []byte // canonical JSON
	enrolment EnrolmentID
	lesson    string
	card      int
	seconds   int
	attempt   string
	submit    *Submission
	stars     int
	comment   string
	drill     drill.ID
	event     drill.Event
	delivery  string
	survey    *survey.Submission
	read      string // an announcement
}

// SplitOps takes a request {"ops":[…]} apart without looking into the ops, so that
// one that is broken does not keep the others from their verdicts.
// fault.Malformed if it has another shape or more than MaxOps.
func SplitOps(body []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	bad := fault.New(fault.Malformed, "malformed_body", `the body is not {"ops":[…]}`)
	begin := []struct {
		kind jsontext.Kind
		text string
	}{{'{', ""}, {'"', "ops"}, {'[', ""}}
	for _, want := range begin {
		t, err := d.ReadToken()
		if err != nil || t.Kind() != want.kind || want.text != "" && t.String() != want.text {
			return nil, bad
		}
	}
	var ops []jsontext.Value
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, bad
		}
		if len(ops) == MaxOps {
			return nil, fault.New(fault.Invalid, "too_many_ops", "at most %d ops at once", MaxOps)
		}
		ops = append(ops, v.Clone())
	}
	for range 2 {
		if _, err := d.ReadToken(); err != nil || d.StackDepth() > 1 {
			return nil, bad
		}
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, bad
	}
	return ops, nil
}

// decodeOp reads one op strictly. code says why it is rejected, "" if it is not.
// The id is there whenever it could be read.
func decodeOp(raw jsontext.Value) (o op, code string) {
	var head opHead
	if err := json.Unmarshal(raw, &head); err != nil {
		return op{id: looseID(raw)}, Malformed
	}
	o = op{id: head.ID, kind: head.Kind}
	if !isUUID(head.ID) || head.At.IsZero() {
		return o, Malformed
	}
	code = o.decodeKind(raw)
	if code != "" {
		return o, code
	}
	canonical := raw.Clone()
	if err := canonical.Canonicalize(); err != nil {
		return o, Malformed
	}
	o.payload = canonical
	return o, ""
}

// decodeKind reads the fields of the op's kind and checks them.
func (o *op) decodeKind(raw jsontext.Value) (code string) {
	switch o.kind {
	case "lesson.progress":
		var v lessonProgress
		if code = strict(raw, &v); code == "" {
			o.enrolment, o.lesson, o.card, o.seconds = v.Enrolment, v.Lesson, v.Card, v.Seconds
			return check(slug(o.lesson), named(string(o.enrolment), 200), o.card >= 0, o.seconds >= 0)
		}
	case "lesson.done":
		var v lessonDone
		if code = strict(raw, &v); code == "" {
			o.enrolment, o.lesson, o.seconds = v.Enrolment, v.Lesson, v.Seconds
			return check(slug(o.lesson), named(string(o.enrolment), 200), o.seconds >= 0)
		}
	case "attempt.submit":
		var v attemptSubmit
		if code = strict(raw, &v); code == "" {
			o.enrolment, o.attempt, o.submit = v.Enrolment, v.Attempt, &v.Submission
			return check(isUUID(o.attempt), v.Submission.valid())
		}
	case "course.rate":
		var v courseRate
		if code = strict(raw, &v); code == "" {
			o.enrolment, o.stars, o.comment = v.Enrolment, v.Stars, v.Comment
			k := &source.Checker{}
			k.Text("comment", o.comment, 500)
			return check(named(string(o.enrolment), 200), o.stars >= 1, o.stars <= 5, len(k.Problems) == 0)
		}
	case "drill.view", "drill.done":
		var v drillView
		if code = strict(raw, &v); code == "" {
			o.drill, o.event = v.Drill, drill.Event{Action: drill.View, N: v.N}
			if o.kind == "drill.done" {
				o.event.Action = drill.Done
			}
			return check(slug(string(o.drill)), v.N > 0)
		}
	case "drill.answer":
		var v drillAnswer
		if code = strict(raw, &v); code == "" {
			o.drill, o.event = v.Drill, drill.Event{Action: drill.Answer, N: v.N, Item: v.Item, Choice: v.Choice}
			return check(slug(string(o.drill)), v.N > 0, slug(v.Item), v.Choice == drill.Report || v.Choice == drill.Keep)
		}
	case "reminder.opened":
		var v reminderOpened
		if code = strict(raw, &v); code == "" {
			o.delivery = v.Delivery
			return check(named(o.delivery, 300))
		}
	case "survey.answer":
		var v surveyAnswer
		if code = strict(raw, &v); code == "" {
			o.survey = &survey.Submission{Survey: v.Survey, Secret: v.Secret, Answers: v.Answers}
			return check(isUUID(string(v.Survey)), o.survey.Valid(), len(v.Answers) <= 20)
		}
	case "announcement.read":
		var v announcementRead
		if code = strict(raw, &v); code == "" {
			o.read = v.Announcement
			return check(named(o.read, 64))
		}
	default:
		return UnknownKind
	}
	return code
}

// valid bounds what is kept of a submission.
func (s Submission) valid() bool {
	if !named(string(s.Enrolment), 200) || !slug(s.Quiz) || !named(s.Ticket, maxTicket) || len(s.Answers) > 60 || s.StartedAt.IsZero() || s.FinishedAt.IsZero() {
		return false
	}
	for _, a := range s.Answers {
		if !named(a.Question, 64) || len(a.Chosen) > 12 {
			return false
		}
		for _, c := range a.Chosen {
			if !named(c, 130) {
				return false
			}
		}
	}
	return true
}

// strict decodes raw into v and refuses fields that v does not have.
func strict(raw jsontext.Value, v any) (code string) {
	err := json.Unmarshal(raw, v, json.RejectUnknownMembers(true))
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return UnknownField
	case err != nil:
		return Malformed
	}
	return ""
}

func check(all ...bool) (code string) {
	for _, ok := range all {
		if !ok {
			return Malformed
		}
	}
	return ""
}

func slug(s string) bool { return source.Slug(s) }

// named reports whether s is there and has at most most bytes.
func named(s string, most int) bool { return s != "" && len(s) <= most }

// looseID finds the id of an op that cannot be decoded, so that the phone can tell
// which one it was.
func looseID(raw jsontext.Value) string {
	var head struct {
		ID jsontext.Value `json:"id"`
	}
	var id string
	if json.Unmarshal(raw, &head, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil ||
		json.Unmarshal(head.ID, &id) != nil || !isUUID(id) {
		return ""
	}
	return id
}

// isUUID reports whether s is a UUID in lower case, as phones make them.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch b := s[i]; i {
		case 8, 13, 18, 23:
			if b != '-' {
				return false
			}
		default:
			if (b < '0' || b > '9') && (b < 'a' || b > 'f') {
				return false
			}
		}
	}
	return true
}

// hash is the SHA-256 of a payload.
func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// hash tells whether two submissions are the same.
func (s Submission) hash() (string, error) {
	s.StartedAt, s.FinishedAt = s.StartedAt.UTC(), s.FinishedAt.UTC()
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode submission: %w", err)
	}
	return hash(b), nil
}
