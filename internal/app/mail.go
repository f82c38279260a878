package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"time"

	"hocso/internal/audit"
	"hocso/internal/config"
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
	p, err := askBounce(ctx, cfg, report)
	if errors.Is(err, errNobody) {
		var a *App
		if a, err = Open(ctx, cfg, log, nowMillis); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		p, err = a.recordBounce(ctx, report)
	}
	if err != nil {
		return explain("mail bounce", err)
	}
	t.say("mail does not reach person %s any more (%s)", p, report.Status)
	return nil
}

// askBounce has the program that serves from the data folder note a report; errNobody
// when none does, or the database is a server's.
func askBounce(ctx context.Context, cfg config.Config, r letter.Report) (people.ID, error) {
	if cfg.MongoDBURI != "" {
		return "", errNobody
	}
	c, err := knock(ctx, cfg.Data, "/bounce?"+url.Values{"address": r.Addresses, "status": {r.Status}, "id": {r.MessageID}}.Encode())
	if err != nil {
		return "", err
	}
	defer c.hangUp()
	s, err := c.next()
	return s.Person, err
}

// recordBounce finds whose address a mail came back from, and notes it.
func (a *App) recordBounce(ctx context.Context, r letter.Report) (people.ID, error) {
	for _, address := range r.Addresses {
		p, err := a.people.PersonByEmail(ctx, address)
		if err == nil {
			err = a.letters.Record(ctx, p, r)
		}
		if k := fault.KindOf(err); err != nil && (k == fault.NotFound || k == fault.Invalid) {
			continue // nobody's any more, or the id is for another of the addresses
		}
		return p.ID, err
	}
	return "", errors.New("the mail that came back is not one of ours, or nobody has its address any more")
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
