// Package feed tells the public what is going on in a unit: as Atom, as JSON Feed, and as a
// script that web pages show it with. Nothing in it is about persons.
package feed

import (
	"cmp"
	"context"
	"slices"
	"time"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Kind is what an entry is about.
type Kind string

// The kinds.
const (
	Announcement Kind = "announcement"
	Campaign     Kind = "campaign"
)

// Entry is one thing that is told.
type Entry struct {
	ID          string // a UUID, the same for as long as it is told, in both languages
	Kind        Kind
	Title       people.Text
	Summary     people.Text // one line
	HTML        people.Text // sanitised; empty for a campaign
	URL         string      // in the app
	From, Until string      // yyyy-mm-dd
	PublishedAt time.Time
}

// Feed is what is told about a unit, newest first.
type Feed struct {
	Unit         people.Unit
	Organisation string
	PublicURL    string
	Entries      []Entry
	UpdatedAt    time.Time
}

// most is how many entries a feed has.
const most = 30

// Service makes feeds. Campaigns may be nil.
type Service struct {
	People interface {
		// Unit returns one that is there; fault.NotFound otherwise.
		Unit(ctx context.Context, id people.UnitID) (people.Unit, error)
	}
	Announcements *announcement.Service
	// Campaigns returns those that ask to be shown to the public. Nil: none does.
	Campaigns    func(ctx context.Context) ([]campaign.Campaign, error)
	Zone         *time.Location
	PublicURL    string // without a slash at its end
	Organisation string
}

// Of returns the feed of a unit: what speaks to it, also from above. fault.NotFound
// feed_not_found if there is no such unit or an administrator has not switched its feed on.
func (s *Service) Of(ctx context.Context, id people.UnitID) (Feed, error) {
	u, err := s.People.Unit(ctx, id)
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && !u.Portal {
		return Feed{}, fault.New(fault.NotFound, "feed_not_found", "there is no public feed of such a unit")
	}
	if err != nil {
		return Feed{}, err
	}
	f := Feed{Unit: u, Organisation: s.Organisation, PublicURL: s.PublicURL, Entries: []Entry{}, UpdatedAt: u.ChangedAt}
	live, err := s.Announcements.Live(ctx)
	if err != nil {
		return Feed{}, err
	}
	for _, a := range live {
		if a.Portal && a.SpeaksTo(u.ID, u.Path) {
			f.Entries = append(f.Entries, s.announced(a))
		}
	}
	if s.Campaigns != nil {
		cs, err := s.Campaigns(ctx)
		if err != nil {
			return Feed{}, err
		}
		for _, c := range cs {
			if (c.State == campaign.Scheduled || c.State == campaign.Running) && speaks(c.Audience, u) {
				f.Entries = append(f.Entries, s.campaign(c))
			}
		}
	}
	slices.SortFunc(f.Entries, func(a, b Entry) int {
		return cmp.Or(b.PublishedAt.Compare(a.PublishedAt), cmp.Compare(b.ID, a.ID))
	})
	f.Entries = f.Entries[:min(len(f.Entries), most)]
	for _, e := range f.Entries {
		if e.PublishedAt.After(f.UpdatedAt) {
			f.UpdatedAt = e.PublishedAt
		}
	}
	return f, nil
}

// announced is the entry of an announcement, told from its first day on.
func (s *Service) announced(a announcement.Announcement) Entry {
	e := Entry{
		ID: string(a.ID), Kind: Announcement, Title: a.Title, Summary: a.Summary, HTML: a.HTML,
		URL: s.PublicURL + "/announcements/" + string(a.ID), From: a.From, Until: a.Until,
	}
	if a.PublishedAt != nil {
		e.PublishedAt = *a.PublishedAt
	}
	if first, err := time.ParseInLocation(announcement.Day, a.From, s.Zone); err == nil && first.After(e.PublishedAt) {
		e.PublishedAt = first.UTC()
	}
	return e
}

func (s *Service) campaign(c campaign.Campaign) Entry {
	return Entry{
		ID: string(c.ID), Kind: Campaign, Title: c.Name, Summary: c.Goal, URL: s.PublicURL + "/",
		From: c.StartsAt.In(s.Zone).Format(campaign.Day), Until: c.DueAt.In(s.Zone).Format(campaign.Day), PublishedAt: c.CreatedAt,
	}
}

// speaks reports whether all of a unit are in an audience.
func speaks(au campaign.Audience, u people.Unit) bool {
	return len(au.Roles) == 0 && (au.Everybody() || slices.ContainsFunc(au.Units, func(id people.UnitID) bool { return id == u.ID || slices.Contains(u.Path, id) }))
}

// Title is the title of a feed.
func (f Feed) Title(lang string) string {
	return f.Unit.Name.In(lang) + " – " + people.Text{Vi: "Học Số: thông báo và chiến dịch", En: "Học Số: announcements and campaigns"}.In(lang)
}

// address is where a form of the feed is.
func (f Feed) address(form, lang string) string {
	return f.PublicURL + "/feed/" + string(f.Unit.ID) + "." + form + "?lang=" + lang
}
