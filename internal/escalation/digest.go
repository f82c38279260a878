package escalation

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// mostNames is how many people a digest names in a unit; the page of the unit has all.
const mostNames = 15

// WriteDigest writes the digest l. fault.Gone when all of it was said before.
func (s *Service) WriteDigest(ctx context.Context, l letter.Letter) (letter.Mail, error) {
	p, err := s.People.Person(ctx, l.Person)
	if err != nil {
		return letter.Mail{}, err
	}
	all, err := s.Store.EscalationsOfDigest(ctx, l.About)
	if err != nil {
		return letter.Mail{}, err
	}
	es := slices.DeleteFunc(all, func(e Escalation) bool { return e.Written >= l.Fence })
	if p.Status.Ended() || len(es) == 0 {
		return letter.Mail{}, fault.New(fault.Gone, "nothing_to_say", "nothing is left to say")
	}
	ids := make([]string, len(es))
	for i, e := range es {
		ids[i] = e.ID
	}
	page, subject, err := s.digest(ctx, p, es)
	if err != nil {
		return letter.Mail{}, err
	}
	n, err := s.Store.WriteEscalations(ctx, ids, l.Fence)
	if err == nil && n == 0 {
		err = fault.New(fault.Gone, "nothing_to_say", "another copy of the program has just said it")
	}
	if err != nil {
		return letter.Mail{}, err
	}
	return page.Mail(p, subject)
}

// digest says in the language of p where their units are: who is not done in the units
// that they lead, figures alone of those below.
func (s *Service) digest(ctx context.Context, p people.Person, es []Escalation) (letter.Page, string, error) {
	locale := p.Settings.Locale
	if locale != "en" {
		locale = "vi"
	}
	say := func(vi, en string, args ...any) string {
		return fmt.Sprintf(people.Text{Vi: vi, En: en}.In(locale), args...)
	}
	page := letter.Page{Locale: locale, Hello: say("Chào %s,", "Hello %s,", p.Name), Foot: s.Foot}
	units, err := s.People.Units(ctx)
	if err != nil {
		return page, "", err
	}
	name := make(map[people.UnitID]people.Text, len(units))
	for _, u := range units {
		name[u.ID] = u.Name
	}
	now := s.Now()
	for _, e := range es {
		c, err := s.Campaigns.Campaign(ctx, e.Campaign)
		if err != nil {
			return page, "", err
		}
		line := say("%s, “%s”. %s. %d trên %d người đã xong, mục tiêu %d%%.", "%s, “%s”. %s. %d of %d people are done, the target is %d%%.",
			name[e.Unit].In(locale), c.Name.In(locale), reminder.DueIn(s.Calendar.DaysUntil(c.DueAt, now)).In(locale), e.Completed, e.People, e.Goal)
		if e.To == campaign.ToHead {
			names, n, err := s.Reports.Unfinished(e.Campaign, e.Unit, mostNames)
			if err != nil {
				return page, "", err
			}
			if n > 0 {
				line += say(" Chưa xong: %s", " Not done: %s", strings.Join(names, ", "))
				if n > len(names) {
					line += say(" và %d người nữa", " and %d more", n-len(names))
				}
				line += "."
			}
		}
		page.Before = append(page.Before, line)
	}
	page.Action = say("Xem đơn vị", "See the unit")
	page.Link = s.PublicURL + "/my-unit"
	subject := say("%d đơn vị đang chậm so với mục tiêu", "%d units are behind their target", len(es))
	if first := es[0]; len(es) == 1 {
		subject = say("%s đang chậm so với mục tiêu", "%s is behind its target", name[first.Unit].In(locale))
		if first.To != campaign.ToHead {
			page.Link = s.PublicURL + "/tracking/units/" + url.PathEscape(string(first.Unit))
		}
	}
	page.After = []string{say(
		"Bạn có thể nhắc hoặc cảm ơn cả đơn vị bằng một nút trên trang đó. Mỗi bước chỉ có một thư như thế này.",
		"On that page one button reminds or thanks the whole unit. You get one letter like this at each step.",
	)}
	return page, subject, nil
}
