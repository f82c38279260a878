package announcement

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Limits of what is written.
const (
	longestTitle = 120
	longestBody  = 6000 // letters
	summaryMost  = 280  // letters
	mostUnits    = 300
	mostDays     = 366 // from the first day to the last
)

// List returns a page of those whose audience is within the actor's scope, newest
// first, with the cursor of the next page ("" when it was the last).
func (s *Service) List(ctx context.Context, a people.Actor, before ID) (list []Announcement, next ID, err error) {
	tree, err := s.tree(ctx)
	if err != nil {
		return nil, "", err
	}
	list = []Announcement{}
	for {
		page, err := s.Store.Announcements(ctx, before, Page)
		if err != nil {
			return nil, "", err
		}
		for i, x := range page {
			if visible(a, x.Units, tree) {
				list = append(list, x)
			}
			if len(list) == Page && (i < len(page)-1 || len(page) == Page) {
				return list, x.ID, nil
			}
		}
		if len(page) < Page {
			return list, "", nil
		}
		before = page[len(page)-1].ID
	}
}

// Find returns one; fault.NotFound if there is none or if its audience is not wholly
// within the actor's scope.
func (s *Service) Find(ctx context.Context, a people.Actor, id ID) (Announcement, error) {
	x, err := s.Store.Announcement(ctx, id)
	if err != nil {
		return Announcement{}, err
	}
	tree, err := s.tree(ctx)
	if err == nil && !visible(a, x.Units, tree) {
		err = notFound()
	}
	return x, err
}

func visible(a people.Actor, units []people.UnitID, tree map[people.UnitID]people.Unit) bool {
	if _, all := a.Scope(people.ManageCampaigns); all || len(units) == 0 {
		return all
	}
	return !slices.ContainsFunc(units, func(u people.UnitID) bool { return !a.Covers(people.ManageCampaigns, u, tree[u].Path) })
}

// Add stores a new draft. fault.Invalid names each field that is wrong; units outside
// the actor's scope are as unknown as absent ones.
func (s *Service) Add(ctx context.Context, a people.Actor, w Writing) (Announcement, error) {
	now := s.Now()
	x := Announcement{ID: ID(s.NewID()), State: Draft, Owner: a.ID, CreatedAt: now, ChangedAt: now, Version: 1}
	if err := s.write(ctx, a, &x, w); err != nil {
		return Announcement{}, err
	}
	return x, s.Store.InsertAnnouncement(ctx, x)
}

// Change replaces what a draft says. fault.Conflict wrong_state once it is published,
// changed_meanwhile if version is not the newest; fault.Invalid as in Add.
func (s *Service) Change(ctx context.Context, a people.Actor, id ID, version int, w Writing) (Announcement, error) {
	x, err := s.draft(ctx, a, id)
	if err != nil {
		return Announcement{}, err
	}
	if err := s.write(ctx, a, &x, w); err != nil {
		return Announcement{}, err
	}
	x.Version = version
	return s.replace(ctx, x)
}

// Publish shows a draft to its people from its first day on. fault.Conflict
// too_many_announcements while too many are shown; fault.Invalid for what is not right
// any more, such as a last day that is over.
func (s *Service) Publish(ctx context.Context, a people.Actor, id ID) (Announcement, error) {
	x, err := s.draft(ctx, a, id)
	if err != nil {
		return Announcement{}, err
	}
	if err := s.write(ctx, a, &x, x.Writing); err != nil {
		return Announcement{}, err
	}
	live, err := s.Store.LiveAnnouncements(ctx, s.Today(), MostLive)
	if err != nil {
		return Announcement{}, err
	}
	if len(live) == MostLive {
		return Announcement{}, fault.New(fault.Conflict, "too_many_announcements", "%d announcements are shown already, withdraw one first", MostLive)
	}
	now := s.Now()
	x.State, x.PublishedAt = Published, &now
	return s.replace(ctx, x)
}

// Withdraw ends a published one now. Who has read it stays known.
func (s *Service) Withdraw(ctx context.Context, a people.Actor, id ID) (Announcement, error) {
	x, err := s.Find(ctx, a, id)
	if err != nil {
		return Announcement{}, err
	}
	if x.State != Published {
		return Announcement{}, wrongState(x, "be withdrawn")
	}
	x.State = Withdrawn
	return s.replace(ctx, x)
}

// Remove removes a draft.
func (s *Service) Remove(ctx context.Context, a people.Actor, id ID) error {
	x, err := s.draft(ctx, a, id)
	if err != nil {
		return err
	}
	return s.Store.RemoveAnnouncement(ctx, x)
}

// Counts returns how many have read one, by the unit in which they were then; fault.NotFound as in Find.
func (s *Service) Counts(ctx context.Context, a people.Actor, id ID) (Announcement, []Count, error) {
	x, err := s.Find(ctx, a, id)
	if err != nil {
		return x, nil, err
	}
	counts, err := s.Store.CountReadings(ctx, id)
	return x, counts, err
}

func (s *Service) draft(ctx context.Context, a people.Actor, id ID) (Announcement, error) {
	x, err := s.Find(ctx, a, id)
	if err == nil && x.State != Draft {
		err = wrongState(x, "be changed")
	}
	return x, err
}

func wrongState(x Announcement, do string) error {
	return fault.New(fault.Conflict, "wrong_state", "a %s announcement cannot %s", x.State, do)
}

func (s *Service) replace(ctx context.Context, x Announcement) (Announcement, error) {
	x.ChangedAt = s.Now()
	defer s.wrote()
	if err := s.Store.ReplaceAnnouncement(ctx, x); err != nil {
		return Announcement{}, err
	}
	x.Version++
	return x, nil
}

// write checks w and puts it into x.
func (s *Service) write(ctx context.Context, a people.Actor, x *Announcement, w Writing) error {
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	tidy := func(t people.Text) people.Text {
		return people.Text{Vi: norm.NFC.String(strings.TrimSpace(t.Vi)), En: norm.NFC.String(strings.TrimSpace(t.En))}
	}
	w.Title, w.Body = tidy(w.Title), tidy(w.Body)
	bad := slices.Concat(checkTitle("title.vi", w.Title.Vi), checkTitle("title.en", w.Title.En))
	vi, more := Render("body.vi", w.Body.Vi)
	bad = append(bad, more...)
	en, more := Render("body.en", w.Body.En)
	bad = append(bad, more...)
	bad = slices.Concat(bad, checkUnits(a, w.Units, tree), s.checkDays(w))
	if len(bad) > 0 {
		return invalid(bad)
	}
	x.Writing, x.HTML = w, people.Text{Vi: vi.HTML, En: en.HTML}
	x.Summary = people.Text{Vi: beginning(vi.Text, summaryMost), En: beginning(en.Text, summaryMost)}
	return nil
}

func invalid(bad []fault.Field) error {
	f := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	f.Fields = bad
	return f
}

func checkTitle(field, text string) []fault.Field {
	switch {
	case text == "":
		return []fault.Field{{Field: field, Code: "required"}}
	case utf8.RuneCountInString(text) > longestTitle:
		return []fault.Field{{Field: field, Code: "max"}}
	case !people.PlainText(text):
		return []fault.Field{{Field: field, Code: "text"}}
	}
	return nil
}

// Render makes safe HTML of a body and says what of it is not allowed: the code of the
// first problem, or required or max.
func Render(field, body string) (course.Prose, []fault.Field) {
	switch {
	case strings.TrimSpace(body) == "":
		return course.Prose{}, []fault.Field{{Field: field, Code: "required"}}
	case utf8.RuneCountInString(body) > longestBody:
		return course.Prose{}, []fault.Field{{Field: field, Code: "max"}}
	case !people.PlainText(strings.NewReplacer("\r\n", "", "\n", "", "\t", "").Replace(body)):
		return course.Prose{}, []fault.Field{{Field: field, Code: "text"}}
	}
	p, problems := course.ReadProse(body)
	if len(problems) > 0 {
		return p, []fault.Field{{Field: field, Code: problems[0].Code}}
	}
	return p, nil
}

func checkUnits(a people.Actor, units []people.UnitID, tree map[people.UnitID]people.Unit) (bad []fault.Field) {
	if _, all := a.Scope(people.ManageCampaigns); len(units) == 0 && !all {
		return []fault.Field{{Field: "units", Code: "required"}}
	}
	if len(units) > mostUnits {
		return []fault.Field{{Field: "units", Code: "max"}}
	}
	for i, id := range units {
		u, ok := tree[id]
		switch {
		case !ok || u.RemovedAt != nil || !a.Covers(people.ManageCampaigns, id, u.Path):
			bad = append(bad, fault.Field{Field: fmt.Sprintf("units[%d]", i), Code: "unknown"})
		case slices.Contains(units[:i], id):
			bad = append(bad, fault.Field{Field: fmt.Sprintf("units[%d]", i), Code: "duplicate"})
		}
	}
	return bad
}

func (s *Service) checkDays(w Writing) (bad []fault.Field) {
	from, err := time.Parse(Day, w.From)
	if err != nil {
		bad = append(bad, fault.Field{Field: "from", Code: "date"})
	}
	until, err := time.Parse(Day, w.Until)
	switch {
	case err != nil:
		bad = append(bad, fault.Field{Field: "until", Code: "date"})
	case len(bad) > 0:
	case until.Before(from):
		bad = append(bad, fault.Field{Field: "until", Code: "before_start"})
	case w.Until < s.Today():
		bad = append(bad, fault.Field{Field: "until", Code: "past"})
	case until.Sub(from) >= mostDays*24*time.Hour:
		bad = append(bad, fault.Field{Field: "until", Code: "too_late"})
	}
	return bad
}
