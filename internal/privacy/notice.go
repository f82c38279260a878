package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/source"
)

// Notice says what is kept about people, why, who sees it and how long.
type Notice struct {
	Version string  `json:"version"` // number and hash of the text before names and figures were put in
	Hash    string  `json:"hash"`    // SHA-256 of the text as it is shown, both languages
	Vi      Chapter `json:"vi"`
	En      Chapter `json:"en"`
}

// Chapter is the notice in one language.
type Chapter []course.Section

// Reading is the fact that a person read a notice. It is inserted once and stays.
type Reading struct {
	ID      string    `json:"-" bson:"_id"` // person:version
	Person  people.ID `json:"-" bson:"person"`
	Version string    `json:"version" bson:"version"`
	Hash    string    `json:"hash" bson:"hash"` // of the text that was shown
	At      time.Time `json:"at" bson:"at"`
}

// NoticeStore keeps who read which notice.
type NoticeStore interface {
	// Reading returns one; fault.NotFound if there is none.
	Reading(ctx context.Context, id string) (Reading, error)
	// InsertReading stores r; fault.Conflict if its id is taken.
	InsertReading(ctx context.Context, r Reading) error
	// ReadingsOf returns all of a person, in order of version.
	ReadingsOf(ctx context.Context, p people.ID) ([]Reading, error)
}

// ReadNotice reads the folder notice of the content and puts values into {name}.
// The error lists what is wrong in it.
func ReadNotice(files fs.FS, values map[string]string) (Notice, error) {
	var about struct {
		Number int `yaml:"number"`
	}
	_, problems := source.Decode(files, "notice/notice.yaml", &about)
	if len(problems) == 0 && about.Number < 1 {
		problems = append(problems, source.Problem{File: "notice/notice.yaml", Line: 1, Code: "out_of_range", Message: "number must be 1 or more"})
	}
	original, shown := sha256.New(), sha256.New()
	chapter := func(lang string) Chapter {
		name := "notice/notice." + lang + ".md"
		b, problem := source.Read(files, name)
		if problem != nil {
			problems = append(problems, *problem)
			return nil
		}
		text := fill(string(b), lang, values)
		original.Write(b)
		shown.Write([]byte(text))
		sections, wrong := course.Sections(text)
		for _, p := range wrong {
			if p.File = name; !p.Warning { // a page may be longer than a card
				problems = append(problems, p)
			}
		}
		return sections
	}
	n := Notice{Vi: chapter("vi"), En: chapter("en")}
	var errs []error
	for _, p := range problems {
		errs = append(errs, errors.New(p.String()))
	}
	if len(errs) > 0 {
		return Notice{}, fmt.Errorf("the privacy notice: %w", errors.Join(errs...))
	}
	n.Version = strconv.Itoa(about.Number) + "-" + hex.EncodeToString(original.Sum(nil)[:6])
	n.Hash = hex.EncodeToString(shown.Sum(nil))
	return n, nil
}

// fill puts values into {name}; name.vi and name.en are looked up first.
func fill(text, lang string, values map[string]string) string {
	var pairs []string
	for name, v := range values {
		if base, of, ok := strings.Cut(name, "."); ok {
			if of == lang {
				pairs = append(pairs, "{"+base+"}", v)
			}
			continue
		}
		pairs = append(pairs, "{"+name+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// HasRead reports whether a person read the notice as it is now.
func (s *Service) HasRead(ctx context.Context, p people.ID) (bool, error) {
	s.mu.Lock()
	known := s.read[p]
	s.mu.Unlock()
	if known {
		return true, nil
	}
	_, err := s.Notices.Reading(ctx, s.readingID(p))
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err == nil {
		s.remember(p)
	}
	return err == nil, err
}

// mostReaders is how many of those who read the notice are remembered, so that a
// request costs no reading.
const mostReaders = 100_000

func (s *Service) remember(p people.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read == nil || len(s.read) >= mostReaders {
		s.read = map[people.ID]bool{}
	}
	s.read[p] = true
}

func (s *Service) readingID(p people.ID) string { return string(p) + ":" + s.Notice().Version }

// Read notes that the actor read the notice with this version, and returns the
// fact. To repeat it changes nothing. fault.Conflict notice_changed if the notice
// is another by now.
func (s *Service) Read(ctx context.Context, a people.Actor, version string) (Reading, error) {
	if version != s.Notice().Version {
		return Reading{}, fault.New(fault.Conflict, "notice_changed", "there is a newer notice, read that one")
	}
	r := Reading{ID: s.readingID(a.ID), Person: a.ID, Version: version, Hash: s.Notice().Hash, At: s.Now()}
	err := s.Notices.InsertReading(ctx, r)
	if fault.KindOf(err) == fault.Conflict {
		r, err = s.Notices.Reading(ctx, r.ID)
	}
	if err != nil {
		return Reading{}, err
	}
	s.remember(a.ID)
	return r, nil
}

// Readings returns which notices the actor read, and when.
func (s *Service) Readings(ctx context.Context, a people.Actor) ([]Reading, error) {
	return s.Notices.ReadingsOf(ctx, a.ID)
}
