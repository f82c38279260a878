package reminder

import (
	"context"
	"encoding/json"
	"time"

	"hocso/internal/people"
)

// Note is what is pushed to a person beside the reminders: short, and fit for a lock screen.
type Note struct {
	Text people.Text
	Path string // where it leads, such as /my-unit
	Tag  string // a newer one replaces an older one
}

// Told says what became of a note.
type Told string

// What became of a note.
const (
	ToldYes     Told = "told"    // a device has it, or nobody knows
	ToldLater   Told = "later"   // no device has it, or there is none; it may be tried again
	ToldRefused Told = "refused" // the push services refuse what we send
)

// Tell pushes a note to every device of p until the window of the day closes. It is in no
// ledger and under no cap; that it is said once, and not outside the window, is the caller's.
func (s *Service) Tell(ctx context.Context, p people.Person, n Note, now time.Time) (Told, error) {
	devices, err := s.Subscriptions.Subscriptions(ctx, p.ID)
	if err != nil {
		return ToldLater, err
	}
	locale := p.Settings.Locale
	if locale != "en" {
		locale = "vi"
	}
	text, err := json.Marshal(declarative{8030, notification{
		Title: name().In(locale), Body: n.Text.In(locale), Navigate: s.PublicURL + n.Path, Lang: locale, Tag: n.Tag,
	}})
	if err != nil {
		return ToldRefused, err
	}
	ttl := max(windowOf(p, s.Calendar).end(now).Sub(now), time.Minute).Truncate(time.Second)
	r := s.pushAll(ctx, devices, Message{Payload: text, TTL: ttl, Topic: short(n.Tag)})
	switch {
	case r.accepted > 0, r.later > 0 && ctx.Err() != nil:
		return ToldYes, nil
	case r.later > 0, r.refused == 0:
		return ToldLater, nil
	}
	return ToldRefused, nil
}
