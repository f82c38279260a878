package course

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
)

// Summary is what everybody may know of a published course: its newest version
// without the lessons' text.
type Summary struct {
	ID      ID              `json:"id"`
	N       int             `json:"n"`
	Title   Text            `json:"title"`
	Summary Text            `json:"summary"`
	Cover   string          `json:"cover"`
	Minutes int             `json:"minutes"`
	Lessons []LessonSummary `json:"lessons"`
	Quizzes []QuizView      `json:"quizzes"`
}

// LessonSummary is one line in the list of lessons.
type LessonSummary struct {
	ID      string `json:"id"`
	Title   Text   `json:"title"`
	Minutes int    `json:"minutes"`
}

// Published is a course version ready to be served. It is shared and must not be
// changed.
type Published struct {
	Version Version     // with the pools of questions: never sent
	View    VersionView // what a phone keeps
	Summary Summary
	JSON    []byte // View, encoded once
	Gzip    []byte // JSON, compressed once
	ETag    string // of JSON, with its quotes
	Listed  []byte // Summary, encoded once
}

// Quiz returns the quiz with that id and its pool.
func (p *Published) Quiz(id string) (Quiz, bool) { return p.Version.Content.Quiz(id) }

// Cards returns how many cards the lesson has; ok is false if there is none with that id.
func (p *Published) Cards(lesson string) (n int, ok bool) {
	for _, l := range p.View.Lessons {
		if l.ID == lesson {
			return len(l.Cards), true
		}
	}
	return 0, false
}

// publish renders a version.
func (m *markdown) publish(v Version) (*Published, error) {
	c := v.Content.Normal()
	p := &Published{Version: v, ETag: `"` + v.Hash + `"`}
	p.View = VersionView{
		Course: v.Course, N: v.N, Title: c.Title, Summary: c.Summary, Cover: c.Cover, Minutes: c.Minutes(),
		Competences: c.Competences, Licence: c.Licence, Lessons: []LessonView{}, Quizzes: []QuizView{},
	}
	p.Summary = Summary{
		ID: v.Course, N: v.N, Title: c.Title, Summary: c.Summary, Cover: c.Cover, Minutes: c.Minutes(), Lessons: []LessonSummary{},
	}
	for _, l := range c.Lessons {
		p.View.Lessons = append(p.View.Lessons, m.lesson(l))
		p.Summary.Lessons = append(p.Summary.Lessons, LessonSummary{ID: l.ID, Title: l.Title, Minutes: l.Minutes})
	}
	for _, q := range c.Quizzes {
		p.View.Quizzes = append(p.View.Quizzes, QuizView{ID: q.ID, Title: q.Title, Draw: q.Draw, Pass: q.Pass, Attempts: q.Attempts})
	}
	p.Summary.Quizzes = p.View.Quizzes
	var err error
	if p.JSON, err = encode(p.View); err != nil {
		return nil, err
	}
	if p.Listed, err = encode(p.Summary); err != nil {
		return nil, err
	}
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress version: %w", err)
	}
	if _, err := w.Write(p.JSON); err != nil {
		return nil, fmt.Errorf("compress version: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress version: %w", err)
	}
	p.Gzip = z.Bytes()
	return p, nil
}

// lesson renders a lesson. If the languages have different numbers of cards, as
// in a draft, the missing ones are empty.
func (m *markdown) lesson(l Lesson) LessonView {
	vi, _ := m.cards(l.Body.Vi)
	en, _ := m.cards(l.Body.En)
	v := LessonView{ID: l.ID, Title: l.Title, Minutes: l.Minutes, Cards: []Card{}, Practice: orEmpty(l.Practice)}
	for i := range max(len(vi), len(en)) {
		var c Card
		if i < len(vi) {
			c.Title.Vi, c.HTML.Vi = vi[i].title, vi[i].html
		}
		if i < len(en) {
			c.Title.En, c.HTML.En = en[i].title, en[i].html
		}
		v.Cards = append(v.Cards, c)
	}
	return v
}

// encode makes JSON without escaping <, > and &, which only HTML pages need.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
