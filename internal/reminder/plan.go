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

const kept = 90 * 24 * time.Hour // deliveries after they are due (design: trust, retention)

// Plan returns the reminders of e by the policy of a campaign that are still to come at now, the
// earliest first. Each is due at a moment inside the person's working window and
// may go out until that window closes. A day on which nobody works is moved to the
// working day before it, after the due day to the one behind it; of two steps that
// meet on a day, the later one stays. Plan is pure: the same input gives the same
// moments on every replica.
func Plan(c campaign.ID, y Policy, e learning.Enrolment, p people.Person, cal campaign.Calendar, now time.Time) []Delivery {
	channel := y.first()
	if e.DueAt == nil || !e.Open() || channel == "" {
		return nil
	}
	w := windowOf(p, cal)
	year, m, d := e.DueAt.In(cal.Zone).Date() // the due day is the organisation's, the hours are the person's
	due := time.Date(year, m, d, 0, 0, 0, 0, w.zone)
	var out []Delivery
	for _, days := range y.Offsets {
		day, direction := due.AddDate(0, 0, days), 1
		if days < 0 {
			direction = -1
		}
		for i := 0; cal.Closed(day) && i < 60; i++ {
			day = day.AddDate(0, 0, direction)
		}
		moment := w.slot(p.ID, day)
		if !moment.After(now) {
			continue
		}
		name := fmt.Sprintf("d%+d", days)
		x := newDelivery(deliveryID(c, e, name, 0, channel), moment, w.end(day))
		x.Campaign, x.Person, x.Enrolment, x.Step, x.Channel = string(c), p.ID, e.ID, name, channel
		if n := len(out); n > 0 && out[n-1].NotAfter.Equal(x.NotAfter) {
			out = out[:n-1]
		}
		out = append(out, x)
	}
	return out
}

// newDelivery is a delivery that waits for its moment.
func newDelivery(id string, notBefore, notAfter time.Time) Delivery {
	return Delivery{ID: id, Token: short(id), NotBefore: notBefore, NotAfter: notAfter, State: Waiting, ExpiresAt: notBefore.Add(kept)}
}

// deliveryID is campaign:person:course.step:channel, so that planning again, on any
// replica, makes no second reminder. A later cycle has its own, and a step that was put
// off for the nth time.
func deliveryID(c campaign.ID, e learning.Enrolment, step string, n int, channel string) string {
	cycle, again := "", ""
	if e.Cycle > 1 {
		cycle = fmt.Sprintf("@%d", e.Cycle)
	}
	if n > 0 {
		again = fmt.Sprintf("~%d", n)
	}
	return fmt.Sprintf("%s:%s:%s%s.%s%s:%s", c, e.Person, e.Course, cycle, step, again, channel)
}

// short is an opaque name of s: 16 base64url characters, safe in a URL, a Topic and
// a tag.
func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
