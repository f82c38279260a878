package announcement

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Store keeps announcements and who has read them.
type Store interface {
	// InsertAnnouncement stores a new one.
	InsertAnnouncement(ctx context.Context, a Announcement) error
	// Announcement returns one; fault.NotFound if there is none.
	Announcement(ctx context.Context, id ID) (Announcement, error)
	// Announcements returns up to limit with ids below before (empty: from the newest), newest first.
	Announcements(ctx context.Context, before ID, limit int) ([]Announcement, error)
	// LiveAnnouncements returns up to limit published ones whose last day is day or later, newest first.
	LiveAnnouncements(ctx context.Context, day string, limit int) ([]Announcement, error)
	// ReplaceAnnouncement stores a with Version+1 if the stored one still has a.Version; fault.Conflict otherwise.
	ReplaceAnnouncement(ctx context.Context, a Announcement) error
	// RemoveAnnouncement removes a if the stored one still has a.Version; fault.Conflict otherwise.
	RemoveAnnouncement(ctx context.Context, a Announcement) error
	Readings
	Gratitude
}

// Readings keeps who has read what.
type Readings interface {
	// InsertReading stores r; one that is there already stays as it is.
	InsertReading(ctx context.Context, r Reading) error
	// Readings returns those of ids that are there, in no order.
	Readings(ctx context.Context, ids []string) ([]Reading, error)
	// ReadingsOf returns all of a person.
	ReadingsOf(ctx context.Context, p people.ID) ([]Reading, error)
	// CountReadings counts those of an announcement by unit.
	CountReadings(ctx context.Context, id ID) ([]Count, error)
}

// People knows who works where. *people.Service is one.
type People interface {
	// Units returns all units, also removed ones.
	Units(ctx context.Context) ([]people.Unit, error)
	// Current returns a person; fault.NotFound if there is none.
	Current(ctx context.Context, id people.ID) (people.Person, error)
}

// Service looks after announcements. Every field is needed but InCampaign and Completed, which may be nil.
type Service struct {
	Store  Store
	People People
	// InCampaign reports whether a running campaign with this announcement has p, whose
	// unit has the ancestors path, in its audience.
	InCampaign func(ctx context.Context, id ID, p people.Person, path []people.UnitID) (bool, error)
	// Completed reports whether a person has done everything that a campaign asks of them.
	Completed func(campaign string, p people.ID) (bool, error)
	Zone      *time.Location // of the days
	Now       func() time.Time
	NewID     func() string

	mu         sync.Mutex
	live       []Announcement
	liveTill   time.Time
	thanks     []Thanks
	thanksTill time.Time
	writes     int // counts own writes, so that a reading under way does not fill the cache with what was before them
}

const (
	fresh = 5 * time.Second // how long Live may be behind another copy of the program
	// MostLive is how many can be published at one time.
	MostLive = 200
	// Page is how many List returns at once.
	Page = 50
	// afterwards is how long it is kept who has opened one that is not important.
	afterwards = 30 * 24 * time.Hour
)

// Today is the day it is in the organisation.
func (s *Service) Today() string { return s.Now().In(s.Zone).Format(Day) }

// Live returns what is shown today, newest first. What other copies of the program did
// is seen within five seconds, what this one did at once. The result must not be changed.
func (s *Service) Live(ctx context.Context) ([]Announcement, error) {
	now, today := s.Now(), s.Today()
	s.mu.Lock()
	live, till, writes := s.live, s.liveTill, s.writes
	s.mu.Unlock()
	if !now.Before(till) {
		var err error
		if live, err = s.Store.LiveAnnouncements(ctx, today, MostLive); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.writes == writes {
			s.live, s.liveTill = live, now.Add(fresh)
		}
		s.mu.Unlock()
	}
	return slices.DeleteFunc(slices.Clone(live), func(a Announcement) bool { return !a.ShownOn(today) }), nil
}

// wrote forgets the cache after a write of this process.
func (s *Service) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.liveTill, s.thanksTill = time.Time{}, time.Time{}
	s.writes++
}

// Item tells a campaign about one: its title, and how long it takes to read.
// fault.NotFound unless it is published.
func (s *Service) Item(ctx context.Context, id ID) (title people.Text, minutes int, err error) {
	a, err := s.Store.Announcement(ctx, id)
	if err == nil && a.State != Published {
		err = notFound()
	}
	if err != nil {
		return people.Text{}, 0, err
	}
	const aMinute = 200 // words that people read in one
	words := max(len(strings.Fields(a.Body.Vi)), len(strings.Fields(a.Body.En)))
	return a.Title, max(1, (words+aMinute/2)/aMinute), nil
}

// View is what a person sees of one.
type View struct {
	ID        ID          `json:"id"`
	Title     people.Text `json:"title"`
	HTML      people.Text `json:"html"`
	Important bool        `json:"important"`
	From      string      `json:"from"`
	Until     string      `json:"until"`
	Read      bool        `json:"read"`
	Version   int         `json:"-"`
}

// mostShown is how many of the newest a phone is given.
const mostShown = 20

// Mine returns what is shown to p today: thanks, then newest first what speaks to their unit, and
// what campaigns, which names the announcements of those that are running for p, ask for.
func (s *Service) Mine(ctx context.Context, p people.Person, path []people.UnitID, campaigns map[string]bool) ([]View, error) {
	live, err := s.Live(ctx)
	if err != nil {
		return nil, err
	}
	thanks, err := s.thanksOf(ctx, p, path)
	if err != nil {
		return nil, err
	}
	views := []View{}
	var ids []string
	for _, t := range thanks {
		views, ids = append(views, t.view(s.Zone)), append(ids, ReadingID(t.ID, p.ID))
	}
	for _, a := range live {
		if len(views) < mostShown && (a.SpeaksTo(p.Unit, path) || campaigns[string(a.ID)]) {
			views = append(views, View{ID: a.ID, Title: a.Title, HTML: a.HTML, Important: a.Important, From: a.From, Until: a.Until, Version: a.Version})
			ids = append(ids, ReadingID(a.ID, p.ID))
		}
	}
	if len(ids) == 0 {
		return views, nil
	}
	readings, err := s.Store.Readings(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range readings {
		i := slices.IndexFunc(views, func(v View) bool { return v.ID == r.Announcement })
		views[i].Read = true
	}
	return views, nil
}

// Read notes that p has read one, once. A phone may tell it later, also of one that
// was withdrawn or is over meanwhile. fault.NotFound if there is none, if it was never
// published, or if it does not speak to p.
func (s *Service) Read(ctx context.Context, id people.ID, what ID) error {
	p, err := s.People.Current(ctx, id)
	if err != nil {
		return err
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	path := tree[p.Unit].Path
	thanks, err := s.thanksOf(ctx, p, path)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(thanks, func(t Thanks) bool { return t.ID == what }); i >= 0 {
		until := thanks[i].At.Add(thanksShown + afterwards)
		return s.Store.InsertReading(ctx, Reading{ID: ReadingID(what, p.ID), Announcement: what, Person: p.ID, Unit: p.Unit, At: s.Now(), ExpiresAt: &until})
	}
	a, err := s.Store.Announcement(ctx, what)
	if err != nil {
		return err
	}
	mine := a.SpeaksTo(p.Unit, path)
	if !mine && s.InCampaign != nil {
		if mine, err = s.InCampaign(ctx, what, p, path); err != nil {
			return err
		}
	}
	if !mine || a.State == Draft || a.From > s.Today() {
		return notFound()
	}
	r := Reading{ID: ReadingID(what, p.ID), Announcement: what, Person: p.ID, Unit: p.Unit, At: s.Now()}
	if !a.Important {
		last, err := time.ParseInLocation(Day, a.Until, s.Zone)
		if err != nil {
			return err
		}
		at := last.Add(afterwards).UTC()
		r.ExpiresAt = &at
	}
	return s.Store.InsertReading(ctx, r)
}

// ReadingsOf returns what is kept about a person's reading.
func (s *Service) ReadingsOf(ctx context.Context, p people.ID) ([]Reading, error) {
	return s.Store.ReadingsOf(ctx, p)
}

func (s *Service) tree(ctx context.Context) (map[people.UnitID]people.Unit, error) {
	units, err := s.People.Units(ctx)
	if err != nil {
		return nil, err
	}
	tree := make(map[people.UnitID]people.Unit, len(units))
	for _, u := range units {
		tree[u.ID] = u
	}
	return tree, nil
}

func notFound() error {
	return fault.New(fault.NotFound, "announcement_not_found", "no such announcement")
}

// beginning cuts a text at a word, so that it has at most most letters.
func beginning(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	cut := string([]rune(text)[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + "…"
}
