package escalation

import (
	"context"
	"fmt"
	"time"

	"hocso/internal/people"
	"hocso/internal/reminder"
)

// pushed is the fence under which a digest is said by push.
const pushed = 1

// byMail reports whether mail leads to p.
func (s *Service) byMail(ctx context.Context, p people.Person) (bool, error) {
	if !s.Letters.On() || p.Email == "" {
		return false, nil
	}
	bounced, err := s.Letters.Bounced(ctx, p.Email)
	return !bounced, err
}

// push says on the devices of p, to whom no mail leads, that units are behind: a number
// and no name, fit for a lock screen. Before that it is written down as said, by the
// copy of the program that gets the first of es: killed in between, it is not said, which
// is better than twice; the page of the unit has it anyway. Without a device, and outside
// working hours, it waits.
func (s *Service) push(ctx context.Context, p people.Person, es []Escalation, now time.Time) error {
	if p.Status.Ended() || reminder.NextOpen(p, s.Calendar, now).After(now) {
		return nil
	}
	devices, err := s.Reminders.Devices(ctx, people.Actor{ID: p.ID})
	if err != nil || len(devices) == 0 {
		return err
	}
	ids := make([]string, len(es))
	for i, e := range es {
		ids[i] = e.ID
	}
	if n, err := s.Store.WriteEscalations(ctx, ids[:1], pushed); err != nil || n == 0 {
		return err
	}
	if _, err := s.Store.WriteEscalations(ctx, ids[1:], pushed); err != nil {
		return err
	}
	note := reminder.Note{Text: behind(len(es)), Path: "/my-unit", Tag: "unit"}
	told, err := s.Reminders.Tell(ctx, p, note, now)
	if err == nil && told != reminder.ToldLater {
		return nil
	}
	if again := s.Store.ReleaseEscalations(context.WithoutCancel(ctx), ids, pushed); again != nil {
		return again
	}
	return err
}

func behind(n int) people.Text {
	if n == 1 {
		return people.Text{Vi: "Đơn vị của bạn đang chậm so với mục tiêu. Mở để xem.", En: "Your unit is behind its target. Open to see."}
	}
	return people.Text{Vi: fmt.Sprintf("%d đơn vị đang chậm so với mục tiêu. Mở để xem.", n), En: fmt.Sprintf("%d units are behind their target. Open to see.", n)}
}
