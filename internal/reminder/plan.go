package reminder

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// step is one reminder of a duty, days from its due day.
type step struct {
	name string
	days int
}

// steps are the reminders of a duty: three before, three after, then silence.
func steps() []step {
	return []step{{"d-7", -7}, {"d-3", -3}, {"d-1", -1}, {"d+1", 1}, {"d+7", 7}, {"d+14", 14}}
}

// Push is the channel of this package.
const Push = "push"

const kept = 90 * 24 * time.Hour // deliveries after they are due (design: trust, retention)

// Plan returns the reminders of e for a campaign that are still to come at now, the
// earliest first. Each is due at a moment inside the person's working window and
// may go out until that window closes. A day on which nobody works is moved to the
// working day before it, after the due day to the one behind it; of two steps that
// meet on a day, the later one stays. Plan is pure: the same input gives the same
// moments on every replica.
func Plan(c campaign.ID, e learning.Enrolment, p people.Person, cal campaign.Calendar, now time.Time) []Delivery {
	if e.DueAt == nil || !e.Open() {
		return nil
	}
	w := windowOf(p, cal)
	y, m, d := e.DueAt.In(cal.Zone).Date() // the due day is the organisation's, the hours are the person's
	due := time.Date(y, m, d, 0, 0, 0, 0, w.zone)
	var out []Delivery
	for _, s := range steps() {
		day, direction := due.AddDate(0, 0, s.days), 1
		if s.days < 0 {
			direction = -1
		}
		for i := 0; cal.Closed(day) && i < 60; i++ {
			day = day.AddDate(0, 0, direction)
		}
		moment := w.slot(p.ID, day)
		if !moment.After(now) {
			continue
		}
		x := Delivery{
			ID: deliveryID(c, e, s.name), Campaign: string(c), Person: p.ID, Enrolment: e.ID,
			Step: s.name, Channel: Push, NotBefore: moment, NotAfter: w.end(day),
			State: Waiting, ExpiresAt: moment.Add(kept),
		}
		x.Token = short(x.ID)
		if n := len(out); n > 0 && out[n-1].NotAfter.Equal(x.NotAfter) {
			out = out[:n-1]
		}
		out = append(out, x)
	}
	return out
}

// deliveryID is campaign:person:course.step:channel, so that planning again, on any
// replica, makes no second reminder. A later cycle has its own.
func deliveryID(c campaign.ID, e learning.Enrolment, step string) string {
	cycle := ""
	if e.Cycle > 1 {
		cycle = fmt.Sprintf("@%d", e.Cycle)
	}
	return fmt.Sprintf("%s:%s:%s%s.%s:%s", c, e.Person, e.Course, cycle, step, Push)
}

// short is an opaque name of s: 16 base64url characters, safe in a URL, a Topic and
// a tag.
func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
