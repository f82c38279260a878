package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// The letters that this package writes.
const (
	ResetLetter      letter.Kind = "password_reset"
	InvitationLetter letter.Kind = "invitation" // About is who invites
)

// WriteReset writes the letter to somebody who asked to reset their password. The
// link is made here and nowhere kept: what waits to be sent holds none.
func (s *Service) WriteReset(ctx context.Context, l letter.Letter) (letter.Mail, error) {
	p, err := s.People.Person(ctx, l.Person)
	if err != nil {
		return letter.Mail{}, err
	}
	if !s.People.MayEnter(p) {
		return letter.Mail{}, fault.New(fault.Gone, "person_closed", "the person cannot sign in")
	}
	page := s.page(p)
	asked := people.Text{
		Vi: "Có người vừa xin đặt lại mật khẩu Học Số của bạn.",
		En: "Somebody has just asked to reset your Học Số password.",
	}
	subject := people.Text{Vi: "Đặt lại mật khẩu Học Số", En: "Reset your Học Số password"}
	if p.PasswordHash == "" {
		page.Before = []string{asked.In(page.Locale), fmt.Sprintf(people.Text{
			Vi: "Tài khoản của bạn không có mật khẩu riêng ở đây: bạn đăng nhập bằng %s. Nếu quên mật khẩu ở đó, hãy làm theo hướng dẫn của nơi đó.",
			En: "Your account has no password of its own here: you sign in with %s. If you forgot the password there, follow their instructions.",
		}.In(page.Locale), s.providerNames(page.Locale))}
		page.Action, page.Link = people.Text{Vi: "Đăng nhập", En: "Sign in"}.In(page.Locale), s.Issuer+"/sign-in"
		return page.Mail(p, subject.In(page.Locale))
	}
	token, _, err := s.invite(ctx, Invitation{Purpose: ToReset, Person: p.ID, Epoch: p.Epoch})
	if err != nil {
		return letter.Mail{}, err
	}
	page.Before = []string{asked.In(page.Locale), people.Text{
		Vi: "Nếu đó là bạn, hãy mở liên kết dưới đây và chọn mật khẩu mới. Liên kết dùng được một lần, trong vòng 1 giờ.",
		En: "If it was you, open the link below and choose a new password. The link works once, within 1 hour.",
	}.In(page.Locale)}
	page.Action, page.Link = people.Text{Vi: "Đặt mật khẩu mới", En: "Choose a new password"}.In(page.Locale), s.Issuer+"/reset#"+token
	page.After = []string{people.Text{
		Vi: "Nếu không phải bạn, cứ bỏ qua thư này: mật khẩu cũ vẫn dùng được. Đừng chuyển tiếp thư này cho ai.",
		En: "If it was not you, ignore this mail: your old password still works. Do not forward this mail to anybody.",
	}.In(page.Locale)}
	return page.Mail(p, subject.In(page.Locale))
}

// WriteInvitation writes the letter with a link to set a first password, or another.
func (s *Service) WriteInvitation(ctx context.Context, l letter.Letter) (letter.Mail, error) {
	p, err := s.People.Person(ctx, l.Person)
	if err != nil {
		return letter.Mail{}, err
	}
	if s.People.Gone(p) {
		return letter.Mail{}, fault.New(fault.Gone, "person_closed", "the person has left")
	}
	token, _, err := s.invite(ctx, Invitation{Person: p.ID, Epoch: p.Epoch, By: people.ID(l.About)})
	if err != nil {
		return letter.Mail{}, err
	}
	page := s.page(p)
	subject := people.Text{Vi: "Mời bạn dùng Học Số", En: "Your invitation to Học Số"}
	what := people.Text{
		Vi: "Cơ quan mời bạn dùng Học Số để học kỹ năng số và an toàn thông tin, mỗi ngày vài phút.",
		En: "Your organisation invites you to Học Số: digital skills and information security, a few minutes a day.",
	}
	if p.PasswordHash != "" {
		subject = people.Text{Vi: "Đặt lại mật khẩu Học Số", En: "Reset your Học Số password"}
		what = people.Text{
			Vi: "Người quản trị gửi bạn liên kết để chọn lại mật khẩu Học Số.",
			En: "Your administrator sends you a link to choose your Học Số password again.",
		}
	}
	page.Before = []string{what.In(page.Locale), people.Text{
		Vi: "Hãy mở liên kết dưới đây và chọn mật khẩu. Liên kết dùng được một lần, trong vòng 24 giờ.",
		En: "Open the link below and choose a password. The link works once, within 24 hours.",
	}.In(page.Locale)}
	page.Action, page.Link = people.Text{Vi: "Chọn mật khẩu", En: "Choose a password"}.In(page.Locale), s.Issuer+"/invitation#"+token
	page.After = []string{people.Text{
		Vi: "Đừng chuyển tiếp thư này: ai có liên kết đều đặt được mật khẩu của bạn.",
		En: "Do not forward this mail: whoever has the link can set your password.",
	}.In(page.Locale)}
	return page.Mail(p, subject.In(page.Locale))
}

// page begins a letter to p in their language.
func (s *Service) page(p people.Person) letter.Page {
	locale := p.Settings.Locale
	if locale != "en" {
		locale = "vi"
	}
	return letter.Page{
		Locale: locale, Hello: people.Text{Vi: "Chào ", En: "Hello "}.In(locale) + p.Name + ",",
		Foot: strings.Join(slices.Concat(s.Organisation, []string{s.Issuer}), " · "),
	}
}
