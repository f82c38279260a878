package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"hocso/internal/letter"
	"hocso/internal/mail"
)

// letterService makes what sends mail; without a server it sends none.
func (a *App) letterService() (*letter.Service, error) {
	s := &letter.Service{Store: a.db.Letters(), Writers: map[letter.Kind]letter.Writer{}, Now: a.now, Log: a.log}
	if a.cfg.SMTPURL == "" {
		return s, nil
	}
	sender, err := mail.New(a.cfg.SMTPURL, a.cfg.MailFrom, nowMillis)
	if err != nil {
		return nil, fmt.Errorf("mail (HOCSO_SMTP_URL, HOCSO_MAIL_FROM): %w", err)
	}
	s.Sender = sender
	return s, nil
}

// MailTest sends one mail and says what the server answered.
func MailTest(ctx context.Context, t Terminal, args []string) error {
	var to string
	cfg, _, err := t.load("mail test", args, func(f *flag.FlagSet) { f.StringVar(&to, "to", "", "address to write to") })
	if err != nil {
		return err
	}
	switch {
	case to == "":
		return errors.New("mail test: --to is needed")
	case cfg.SMTPURL == "":
		return errors.New("mail test: no mail server is set up (--smtp-url or HOCSO_SMTP_URL)")
	}
	sender, err := mail.New(cfg.SMTPURL, cfg.MailFrom, nowMillis)
	if err != nil {
		return fmt.Errorf("mail test (HOCSO_SMTP_URL, HOCSO_MAIL_FROM): %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	page := letter.Page{
		Locale: "vi", Hello: "Chào bạn,",
		Before: []string{"Đây là thư thử của Học Số. Nhận được thư này nghĩa là máy chủ thư đã được thiết lập đúng.", "This is a test by Học Số. It arrived, so the mail server is set up well."},
		Foot:   cfg.OrganisationName + " · " + cfg.PublicURL,
	}
	html, err := page.HTML()
	if err != nil {
		return err
	}
	answer, err := sender.Deliver(ctx, letter.Mail{ID: newID(), To: to, Subject: "Thư thử của Học Số", Text: page.Text(), HTML: html})
	if failed := (*mail.Failure)(nil); errors.As(err, &failed) {
		return fmt.Errorf("mail test: %w: %s", err, failed.Said)
	}
	if err != nil {
		return explain("mail test", err)
	}
	t.say("sent to %s; the server answered: %s", to, answer)
	return nil
}
