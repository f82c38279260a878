package reminder

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// span is a stretch of a working day, in minutes since midnight.
type span struct{ from, to int }

// spans are the hours in which a person may be reminded, in their own zone: Monday
// to Friday 08:00–11:30 and 13:30–17:00 (design: campaigns, reminder policy).
func spans() [2]span { return [2]span{{8 * 60, 11*60 + 30}, {13*60 + 30, 17 * 60}} }

// at is minute m of the day of t, in t's zone. It asks the calendar rather than add
// to midnight, because a day may have 23 hours.
func at(t time.Time, m int) time.Time {
	y, mo, d := t.Date()
	return time.Date(y, mo, d, m/60, m%60, 0, 0, t.Location())
}

// window knows when one person may be reminded.
type window struct {
	zone     *time.Location // of the person
	calendar campaign.Calendar
}

// windowOf returns the window of p; an unknown zone is the organisation's.
func windowOf(p people.Person, c campaign.Calendar) window {
	zone := c.Zone
	if p.Settings.TimeZone != "" {
		if z, err := load(p.Settings.TimeZone); err == nil {
			zone = z
		}
	}
	return window{zone, c}
}

var zones sync.Map // *time.Location by the names that exist; never assigned again

// load is time.LoadLocation, which reads a file each time.
func load(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, z)
	}
	return z, err
}

// open reports whether t is inside the window.
func (w window) open(t time.Time) bool {
	t = t.In(w.zone)
	if w.calendar.Closed(t) {
		return false
	}
	for _, s := range spans() {
		if !t.Before(at(t, s.from)) && t.Before(at(t, s.to)) {
			return true
		}
	}
	return false
}

// next returns the first moment at or after t that is inside the window.
func (w window) next(t time.Time) time.Time {
	if w.open(t) {
		return t
	}
	day := t.In(w.zone)
	for range 60 { // no holidays last so long
		if !w.calendar.Closed(day) {
			for _, s := range spans() {
				if from := at(day, s.from); !from.Before(t) {
					return from.UTC()
				}
			}
		}
		day = at(day, 0).AddDate(0, 0, 1)
	}
	return t.AddDate(0, 2, 0)
}

// NextOpen returns the first moment at or after t at which p may be reminded.
func NextOpen(p people.Person, c campaign.Calendar, t time.Time) time.Time {
	return windowOf(p, c).next(t)
}

// dayAfter is the person's moment of the first working day behind the day of t, or of
// that day itself while the moment is to come.
func (w window) dayAfter(p people.ID, t time.Time) time.Time {
	day := t.In(w.zone)
	for range 60 {
		if s := w.slot(p, day); !w.calendar.Closed(day) && s.After(t) {
			return s
		}
		day = at(day, 0).AddDate(0, 0, 1)
	}
	return w.next(t)
}

// end is when the window of the day of t closes.
func (w window) end(t time.Time) time.Time {
	s := spans()
	return at(t.In(w.zone), s[len(s)-1].to).UTC()
}

// slot is the moment of day at which p is reminded: a hash of both, spread evenly
// over the window. It depends on nobody else, so people who join or leave move no
// one, and everything that is due to a person on one day is due at one moment.
func (w window) slot(p people.ID, day time.Time) time.Time {
	total := 0
	for _, s := range spans() {
		total += (s.to - s.from) * 60
	}
	sum := sha256.Sum256([]byte(string(p) + "\x00" + day.Format(campaign.Day)))
	seconds := int(binary.BigEndian.Uint64(sum[:8]) % uint64(total))
	for _, s := range spans() {
		n := (s.to - s.from) * 60
		if seconds < n {
			return at(day, s.from).Add(time.Duration(seconds) * time.Second).UTC()
		}
		seconds -= n
	}
	return w.end(day) // not reached: seconds is below the total
}

// sameDay reports whether two moments are on one day of the person.
func (w window) sameDay(a, b time.Time) bool {
	return a.In(w.zone).Format(campaign.Day) == b.In(w.zone).Format(campaign.Day)
}
