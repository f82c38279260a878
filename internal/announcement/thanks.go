package announcement

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Thanks is what who answers for a unit says, once, to those of it and below who have completed
// a campaign. In the app it looks like an announcement; it goes out in no other way.
type Thanks struct {
	ID        ID            `bson:"_id"` // ThanksID
	Campaign  string        `bson:"campaign"`
	Unit      people.UnitID `bson:"unit"`
	Text      people.Text   `bson:"text"`
	By        people.ID     `bson:"by"`
	At        time.Time     `bson:"at"`
	ExpiresAt time.Time     `bson:"expiresAt"` // TTL index
}

// Gratitude keeps thanks.
type Gratitude interface {
	// InsertThanks stores one; fault.Conflict thanked_already if its id is taken.
	InsertThanks(ctx context.Context, t Thanks) error
	// Thanks returns up to limit said at or after since, the newest first.
	Thanks(ctx context.Context, since time.Time, limit int) ([]Thanks, error)
}

// Limits of thanks.
const (
	LongestThanks = 280 // letters
	thanksShown   = 14 * 24 * time.Hour
	thanksKept    = 400 * 24 * time.Hour // longer than a campaign runs: it is said once
	mostThanks    = 5000
)

// ThanksID is the id of the thanks to a unit for a campaign.
func ThanksID(campaign string, unit people.UnitID) ID {
	return ID(uuid.NewSHA1(uuid.NameSpaceURL, []byte("hocso:thanks:"+campaign+":"+string(unit))).String())
}

// Thank says something to those of a unit and below who have completed a campaign, for two
// weeks. fault.Invalid names each text that is wrong, fault.Conflict thanked_already.
func (s *Service) Thank(ctx context.Context, by people.ID, campaign string, unit people.UnitID, text people.Text) error {
	tidy := func(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }
	text = people.Text{Vi: tidy(text.Vi), En: tidy(text.En)}
	var bad []fault.Field
	for _, f := range []struct{ field, text string }{{"text.vi", text.Vi}, {"text.en", text.En}} {
		switch {
		case f.text == "":
			bad = append(bad, fault.Field{Field: f.field, Code: "required"})
		case utf8.RuneCountInString(f.text) > LongestThanks:
			bad = append(bad, fault.Field{Field: f.field, Code: "max"})
		case !people.PlainText(f.text):
			bad = append(bad, fault.Field{Field: f.field, Code: "text"})
		}
	}
	if len(bad) > 0 {
		err := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
		err.Fields = bad
		return err
	}
	now := s.Now()
	t := Thanks{ID: ThanksID(campaign, unit), Campaign: campaign, Unit: unit, Text: text, By: by, At: now, ExpiresAt: now.Add(thanksKept)}
	if err := s.Store.InsertThanks(ctx, t); err != nil {
		return err
	}
	s.wrote()
	return nil
}

// Thanked returns which units were thanked for what, by ThanksID, also when it is no longer shown.
func (s *Service) Thanked(ctx context.Context) (map[ID]bool, error) {
	all, err := s.Store.Thanks(ctx, s.Now().Add(-thanksKept), mostThanks)
	if err != nil {
		return nil, fmt.Errorf("read thanks: %w", err)
	}
	ids := make(map[ID]bool, len(all))
	for _, t := range all {
		ids[t.ID] = true
	}
	return ids, nil
}

// liveThanks is as fresh as Live.
func (s *Service) liveThanks(ctx context.Context) ([]Thanks, error) {
	now := s.Now()
	s.mu.Lock()
	live, till, writes := s.thanks, s.thanksTill, s.writes
	s.mu.Unlock()
	if now.Before(till) {
		return live, nil
	}
	live, err := s.Store.Thanks(ctx, now.Add(-thanksShown), mostThanks)
	if err != nil {
		return nil, fmt.Errorf("read thanks: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes == writes {
		s.thanks, s.thanksTill = live, now.Add(fresh)
	}
	return live, nil
}

// thanksOf returns what is said to p, whose unit has the ancestors path.
func (s *Service) thanksOf(ctx context.Context, p people.Person, path []people.UnitID) (mine []Thanks, err error) {
	all, err := s.liveThanks(ctx)
	if err != nil || s.Completed == nil {
		return nil, err
	}
	for _, t := range all {
		if t.Unit != p.Unit && !slices.Contains(path, t.Unit) || s.Now().Sub(t.At) > thanksShown {
			continue
		}
		done, err := s.Completed(t.Campaign, p.ID)
		if err != nil {
			return nil, err
		}
		if done {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

// view is thanks as an announcement.
func (t Thanks) view(zone *time.Location) View {
	p := func(s string) string { return "<p>" + html.EscapeString(s) + "</p>" }
	return View{
		ID: t.ID, Title: people.Text{Vi: "Cảm ơn bạn", En: "Thank you"}, HTML: people.Text{Vi: p(t.Text.Vi), En: p(t.Text.En)},
		From: t.At.In(zone).Format(Day), Until: t.At.Add(thanksShown).In(zone).Format(Day),
	}
}
