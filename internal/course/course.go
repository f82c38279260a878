// Package course owns courses: their lessons, quizzes and questions, versions
// that never change, reading them from a folder, and grading answers.
package course

import (
	"time"

	"hocso/internal/people"
)

// ID identifies a course: the name of its folder, a slug.
type ID string

// Text is a text in both languages.
type Text = people.Text

// Kind is how a question is answered.
type Kind string

// The kinds of questions. Their rules are in Grade.
const (
	Choice    Kind = "choice"
	Multi     Kind = "multi"
	TrueFalse Kind = "true_false"
	Order     Kind = "order"
	Match     Kind = "match"
)

// Option is one possible answer, or one step of an order question.
type Option struct {
	ID       string `json:"id" bson:"id" yaml:"id"`
	Text     Text   `json:"text" bson:"text" yaml:"text"`
	Right    bool   `json:"right,omitempty" bson:"right,omitempty" yaml:"right"`
	Feedback Text   `json:"feedback,omitzero" bson:"feedback,omitempty" yaml:"feedback"`
}

// Pair is one pair of a match question.
type Pair struct {
	ID    string `json:"id" bson:"id" yaml:"id"`
	Left  Text   `json:"left" bson:"left" yaml:"left"`
	Right Text   `json:"right" bson:"right" yaml:"right"`
}

// Question is a question with its key and feedback. It reaches a learner only as
// practice; a graded question goes out as a QuestionView.
type Question struct {
	ID          string   `json:"id" bson:"id" yaml:"id"`
	After       int      `json:"after,omitempty" bson:"after,omitempty" yaml:"after"` // practice: shown after this card, counted from 1
	Kind        Kind     `json:"kind" bson:"kind" yaml:"kind"`
	Prompt      Text     `json:"prompt" bson:"prompt" yaml:"prompt"`
	Options     []Option `json:"options,omitempty" bson:"options,omitempty" yaml:"options"`
	Pairs       []Pair   `json:"pairs,omitempty" bson:"pairs,omitempty" yaml:"pairs"`
	Explanation Text     `json:"explanation,omitzero" bson:"explanation,omitempty" yaml:"explanation"`
	Partial     bool     `json:"partial,omitempty" bson:"partial,omitempty" yaml:"partial"`
	Fixed       bool     `json:"fixed,omitempty" bson:"fixed,omitempty" yaml:"fixed"`
}

// OptionView is an option without its key and feedback.
type OptionView struct {
	ID   string `json:"id"`
	Text Text   `json:"text"`
}

// QuestionView is a graded question as a learner sees it before marking: another
// type, so that no key can slip through. Options are already shuffled. A match
// question has its left sides in Options and its right sides in Targets.
type QuestionView struct {
	ID      string       `json:"id"`
	Kind    Kind         `json:"kind"`
	Prompt  Text         `json:"prompt"`
	Options []OptionView `json:"options"`
	Targets []OptionView `json:"targets,omitempty"`
}

// Answer is what a learner chose for one question: option ids (choice, multi,
// true_false), option ids in order (order), or "left:right" pair ids (match).
type Answer struct {
	Question string   `json:"question" bson:"question" validate:"required,max=64"`
	Chosen   []string `json:"chosen" bson:"chosen" validate:"max=12,dive,max=130"`
}

// Lesson is a lesson's source: Markdown, one card for each "## " heading.
type Lesson struct {
	ID       string     `json:"id" bson:"id"`
	Title    Text       `json:"title" bson:"title"`
	Minutes  int        `json:"minutes" bson:"minutes"`
	Body     Text       `json:"body" bson:"body"` // Markdown without the title line
	Practice []Question `json:"practice" bson:"practice"`
}

// Quiz is a graded quiz: a pool of which the server draws Draw questions a try.
type Quiz struct {
	ID        string     `json:"id" bson:"id" yaml:"-"`
	Title     Text       `json:"title" bson:"title" yaml:"title"`
	Draw      int        `json:"draw" bson:"draw" yaml:"draw"`
	Pass      int        `json:"pass" bson:"pass" yaml:"pass"`             // per cent of the score
	Attempts  int        `json:"attempts" bson:"attempts" yaml:"attempts"` // 0: no limit
	Questions []Question `json:"questions" bson:"questions" yaml:"questions"`
}

// Content is all of a course that its versions freeze.
type Content struct {
	Title       Text     `json:"title" bson:"title"`
	Summary     Text     `json:"summary" bson:"summary"`
	Cover       string   `json:"cover" bson:"cover"`
	Licence     string   `json:"licence" bson:"licence"`
	Competences []string `json:"competences" bson:"competences"`
	Tier        string   `json:"tier" bson:"tier"`
	Lessons     []Lesson `json:"lessons" bson:"lessons"`
	Quizzes     []Quiz   `json:"quizzes" bson:"quizzes"`
}

// Minutes is the reading time of all lessons together.
func (c Content) Minutes() int {
	n := 0
	for _, l := range c.Lessons {
		n += l.Minutes
	}
	return n
}

// Class says how a new version touches those in the middle of an older one.
type Class string

// The change classes (design: learning, "Versions").
const (
	Editorial Class = "editorial" // wording only: those in the middle move to it
	Minor     Class = "minor"     // same lessons and quizzes: those in the middle stay on theirs
	Material  Class = "material"  // anything: those in the middle stay on theirs
)

// Source says where a version came from.
type Source string

// Sources of a version.
const (
	FromFolder Source = "folder"
	FromApp    Source = "app"
)

// Course is the working draft and what is published of it.
type Course struct {
	ID        ID        `json:"id" bson:"_id"`
	Draft     Content   `json:"draft" bson:"draft"`
	Owner     people.ID `json:"owner,omitempty" bson:"owner,omitempty"` // empty: came with the program
	Published int       `json:"published" bson:"published"`             // number of the newest version, 0: none
	Source    Source    `json:"source" bson:"source"`                   // of the newest version
	Hash      string    `json:"hash" bson:"hash"`                       // of the newest version
	Retired   bool      `json:"retired,omitempty" bson:"retired,omitempty"`
	DraftHash string    `json:"-" bson:"draftHash"` // of Draft
	Settled   int       `json:"-" bson:"settled"`   // open enrolments know of the versions up to this one
	ChangedAt time.Time `json:"changedAt" bson:"changedAt"`
	Version   int       `json:"version" bson:"ver"` // counts changes of this document, for conditional updates
}

// Dirty reports whether the draft differs from the newest version.
func (c Course) Dirty() bool { return c.DraftHash != c.Hash }

// Version is an immutable published version of a course.
type Version struct {
	ID            string    `json:"id" bson:"_id"` // course@n
	Course        ID        `json:"course" bson:"course"`
	N             int       `json:"n" bson:"n"`
	Content       Content   `json:"content" bson:"content"`
	After         int       `json:"after" bson:"after"` // number of the version it replaced, 0: none
	Class         Class     `json:"class" bson:"class"`
	Hash          string    `json:"hash" bson:"hash"`                   // SHA-256 of the canonical JSON of Content
	StructureHash string    `json:"structureHash" bson:"structureHash"` // of what an editorial change must not touch
	Source        Source    `json:"source" bson:"source"`
	PublishedAt   time.Time `json:"publishedAt" bson:"publishedAt"`
	PublishedBy   people.ID `json:"publishedBy,omitempty" bson:"publishedBy,omitempty"`
}

// Card is one rendered card of a lesson: sanitised HTML in both languages.
type Card struct {
	Title Text `json:"title"`
	HTML  Text `json:"html"`
}

// LessonView is a lesson as the phone keeps it.
type LessonView struct {
	ID       string     `json:"id"`
	Title    Text       `json:"title"`
	Minutes  int        `json:"minutes"`
	Cards    []Card     `json:"cards"`
	Practice []Question `json:"practice"` // with keys and feedback: practice is marked on the phone
}

// QuizView is a graded quiz without its pool.
type QuizView struct {
	ID       string `json:"id"`
	Title    Text   `json:"title"`
	Draw     int    `json:"draw"`
	Pass     int    `json:"pass"`
	Attempts int    `json:"attempts"`
}

// VersionView is a course version as a phone keeps it: immutable, both languages,
// no graded question.
type VersionView struct {
	Course      ID           `json:"course"`
	N           int          `json:"n"`
	Title       Text         `json:"title"`
	Summary     Text         `json:"summary"`
	Cover       string       `json:"cover"`
	Minutes     int          `json:"minutes"`
	Competences []string     `json:"competences"`
	Licence     string       `json:"licence"`
	Lessons     []LessonView `json:"lessons"`
	Quizzes     []QuizView   `json:"quizzes"`
}
