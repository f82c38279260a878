package reminder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// letter writes the mail about duties, of which the first is the most urgent.
func (s *Service) letter(d Delivery, p people.Person, duties []duty, now time.Time) (letter.Mail, error) {
	locale := p.Settings.Locale
	if locale != "en" {
		locale = "vi"
	}
	minutes := 0
	lines := make([]string, len(duties))
	for i, x := range duties {
		minutes += x.minutes
		lines[i] = fmt.Sprintf("– %s: %s, %s", x.title.In(locale), lowerFirst(DueIn(s.Calendar.DaysUntil(x.dueAt, now)).In(locale)), minutesLong(x.minutes).In(locale))
	}
	subject := people.Text{Vi: "Nhắc việc: ", En: "Reminder: "}.In(locale) + lowerFirst(body(duties, locale, s.Calendar, now))
	intro := people.Text{Vi: "Bạn còn một việc cần làm trên Học Số:", En: "There is one thing for you to do in Học Số:"}
	if n := len(duties); n > 1 {
		intro = people.Text{
			Vi: fmt.Sprintf("Bạn còn %d việc cần làm trên Học Số, khoảng %d phút:", n, minutes),
			En: fmt.Sprintf("There are %d things for you to do in Học Số, about %d minutes:", n, minutes),
		}
	}
	page := letter.Page{
		Locale: locale, Hello: people.Text{Vi: "Chào ", En: "Hello "}.In(locale) + p.Name + ",",
		Before: append([]string{intro.In(locale)}, lines...),
		Action: people.Text{Vi: "Mở Học Số", En: "Open Học Số"}.In(locale), Link: s.PublicURL + "/?delivery=" + d.Token,
		Leave:    people.Text{Vi: "Không muốn nhận lời nhắc qua thư nữa", En: "No more reminders by mail"}.In(locale),
		LeaveURL: s.PublicURL + "/unsubscribe#" + s.leaveToken(p.ID),
		Foot:     s.Organisation + " · " + s.PublicURL,
	}
	m, err := page.Mail(p, subject)
	m.ID, m.Unsubscribe = "reminder-"+d.Token, s.PublicURL+"/api/v1/unsubscribe/"+s.leaveToken(p.ID)
	return m, err
}

func minutesLong(n int) people.Text {
	return people.Text{Vi: fmt.Sprintf("%d phút", n), En: fmt.Sprintf("%d minutes", n)}
}

// lowerFirst writes the first letter small, to go on after a colon.
func lowerFirst(s string) string {
	r := []rune(s)
	return strings.ToLower(string(r[:1])) + string(r[1:])
}

// mailTo sends a letter and says what became of it.
func (s *Service) mailTo(ctx context.Context, p people.ID, m letter.Mail) result {
	err := s.Mail.Send(ctx, p, m)
	switch {
	case err == nil:
		return result{accepted: 1}
	case errors.Is(err, letter.ErrBounced):
		return result{refused: 1, why: ReasonBounced}
	case errors.Is(err, letter.ErrRefused):
		s.Log.WarnContext(ctx, "the mail server refuses a reminder", "err", err)
		return result{refused: 1}
	}
	return result{later: 1}
}

// leaveToken lets a person leave mail without signing in. It names them by id, and ends
// only with the key.
func (s *Service) leaveToken(p people.ID) string { return string(p) + "." + s.leaveSign(p) }

func (s *Service) leaveSign(p people.ID) string {
	h := hmac.New(sha256.New, s.Key)
	h.Write([]byte("leave mail\x00" + string(p)))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// Leave ends reminders by mail for whoever a token was made for; again it changes
// nothing. fault.NotFound link_unknown for one that was not made here, or whose person
// is no more.
func (s *Service) Leave(ctx context.Context, token string) error {
	unknown := fault.New(fault.NotFound, "link_unknown", "the link is not one of ours")
	id, sign, _ := strings.Cut(token, ".")
	p := people.ID(id)
	if !hmac.Equal([]byte(sign), []byte(s.leaveSign(p))) {
		return unknown
	}
	err := s.WantMail(ctx, people.Actor{ID: p}, false)
	if isKind(err, fault.NotFound) {
		return unknown
	}
	return err
}

// WantMail says whether the actor is reminded by mail. Whoever turns it off is counted.
func (s *Service) WantMail(ctx context.Context, a people.Actor, want bool) error {
	for tries := 0; ; tries++ {
		p, err := s.People.Person(ctx, a.ID)
		if err == nil && p.Status.Ended() {
			err = fault.New(fault.NotFound, "person_not_found", "no such person")
		}
		if err != nil || p.Settings.NoMail == !want {
			return err
		}
		_, err = s.ChangeSettings(ctx, a, func(set *people.Settings) { set.NoMail = !want })
		switch {
		case isKind(err, fault.Conflict) && tries < 9: // something else of the person was changed meanwhile
		case err != nil || want:
			return err
		default:
			return s.Answers.CountUp(ctx, s.today(), "mail_off")
		}
	}
}

func (s *Service) today() string { return s.Now().In(s.Calendar.Zone).Format(time.DateOnly) }
