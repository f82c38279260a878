package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"hocso/internal/audit"
	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/mail"
	"hocso/internal/people"
)

// letterService makes what sends mail; without a server it sends none.
func (a *App) letterService(key []byte) (*letter.Service, error) {
	s := &letter.Service{
		Store: a.db.Letters(), Bounces: a.db.Letters(), Key: key, Writers: map[letter.Kind]letter.Writer{}, Noted: a.noteBounce, Now: a.now, Log: a.log,
	}
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

// noteBounce enters into the trail that mail does not reach a person.
func (a *App) noteBounce(ctx context.Context, p people.ID) {
	e := audit.Entry{Command: "serve", Action: "mail_bounced", Object: audit.Object{Kind: "person", ID: string(p)}, Outcome: audit.Done}
	if _, err := a.audit.Append(ctx, e); err != nil {
		a.log.ErrorContext(ctx, "enter a bounce into the audit trail", "err", err)
	}
}

// MailBounce reads from standard input the report of a mail server that one of our
// mails came back, and remembers that its address takes no mail.
func MailBounce(ctx context.Context, t Terminal, args []string) (err error) {
	cfg, log, err := t.load("mail bounce", args, nil)
	if err != nil {
		return err
	}
	report, err := mail.ReadReport(t.In)
	if err != nil {
		return fmt.Errorf("mail bounce: %w", err)
	}
	a, err := Open(ctx, cfg, log, nowMillis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for _, address := range report.Addresses {
		p, err := a.people.PersonByEmail(ctx, address)
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err == nil {
			err = a.letters.Record(ctx, p, report)
		}
		if fault.KindOf(err) == fault.Invalid {
			continue // the id is for another of the addresses
		}
		if err != nil {
			return explain("mail bounce", err)
		}
		t.say("mail does not reach person %s any more (%s)", p.ID, report.Status)
		return nil
	}
	return errors.New("mail bounce: the mail that came back is not one of ours, or nobody has its address any more")
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
