// Package mail hands mails to an SMTP server. Nothing else imports go-mail.
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

const timeLimit = 30 * time.Second // for all of one mail

// Sender sends through one server, with a connection for each mail. It is safe for
// concurrent use.
type Sender struct {
	host    string
	tls     bool // from the start
	options []gomail.Option
	from    *mail.Address
	roots   *x509.CertPool // nil: the machine's; set by tests
	Now     func() time.Time
}

// New reads the address of the server and of who writes:
//
//	smtp://user:password@host:587   STARTTLS; without it only to this machine
//	smtps://user:password@host:465  TLS from the start
//	smtp+insecure://host:25         no encryption asked for: for a server in the same network
//
// from is an address, with or without a name.
func New(address, from string, now func() time.Time) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must be smtp://, smtps:// or smtp+insecure:// with user:password@host:port") // the error of url.Parse would show the password
	}
	s := &Sender{host: u.Hostname(), Now: now}
	port := 587
	switch u.Scheme {
	case "smtps":
		port = 465
		s.tls = true
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic)) // dial has encrypted it already
	case "smtp":
		policy := gomail.TLSMandatory
		if loopback(s.host) {
			policy = gomail.TLSOpportunistic
		}
		s.options = append(s.options, gomail.WithTLSPolicy(policy))
	case "smtp+insecure":
		port = 25
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	default:
		return nil, errors.New("must start with smtp://, smtps:// or smtp+insecure://")
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return nil, errors.New("the port is not a number between 1 and 65535")
		}
	}
	s.options = append(s.options, gomail.WithPort(port), gomail.WithTimeout(timeLimit), gomail.WithoutNoop())
	if u.User != nil {
		password, _ := u.User.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	if s.from, err = mail.ParseAddress(from); err != nil || !people.ValidEmail(s.from.Address) || !people.PlainText(s.from.Name) {
		return nil, fmt.Errorf("%q is not an address such as %q", from, "Học Số <hoc-so@example.gov.vn>")
	}
	return s, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// Send implements letter.Sender. fault.Invalid with the field, and letter.ErrRefused,
// for what must not become a header.
func (s *Sender) Send(ctx context.Context, m letter.Mail) error {
	_, err := s.Deliver(ctx, m)
	return err
}

// Deliver is Send, and says what the server answered last.
func (s *Sender) Deliver(ctx context.Context, m letter.Mail) (answer string, err error) {
	msg, err := s.message(m)
	if err != nil {
		return "", fmt.Errorf("%w: %w", letter.ErrRefused, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	encryption := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
	c, err := gomail.NewClient(s.host, append(slices.Clone(s.options), gomail.WithTLSConfig(encryption),
		gomail.WithDialContextFunc(func(_ context.Context, network, address string) (net.Conn, error) {
			return s.dial(ctx, network, address, encryption)
		}))...)
	if err != nil {
		return "", fmt.Errorf("prepare a mail: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return "", failure(err)
	}
	return msg.ServerResponse(), nil
}

// dial connects so that whatever is read or written ends with ctx: go-mail itself
// waits without end for a server that accepts and says nothing.
func (s *Sender) dial(ctx context.Context, network, address string, encryption *tls.Config) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // a closed connection needs none
	if !s.tls {
		return conn, nil
	}
	secure := tls.Client(conn, encryption)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

func (s *Sender) message(m letter.Mail) (*gomail.Msg, error) {
	bad := fault.New(fault.Invalid, "invalid_fields", "some fields are not right")
	for _, x := range []struct{ field, value string }{{"id", m.ID}, {"name", m.Name}, {"subject", m.Subject}} {
		if !people.PlainText(x.value) { // a line break would begin another header
			bad.Fields = append(bad.Fields, fault.Field{Field: x.field, Code: "text"})
		}
	}
	if !people.ValidEmail(m.To) {
		bad.Fields = append(bad.Fields, fault.Field{Field: "to", Code: "mail"})
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(&mail.Address{Name: m.Name, Address: m.To})
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.Now())
	msg.SetMessageIDWithValue(m.ID + "@" + s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:])
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday notes, please (RFC 3834)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.Unsubscribe != "" {
		if u, err := url.Parse(m.Unsubscribe); err != nil || u.Host == "" || !people.PlainText(m.Unsubscribe) || strings.ContainsAny(m.Unsubscribe, "<> ") {
			return nil, fault.New(fault.Invalid, "invalid_fields", "the address to leave at is not one")
		}
		msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") // RFC 8058
	}
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// Failure is what went wrong with a server. Its text holds no address; what the
// server said may hold one.
type Failure struct {
	Stage string // "connect", "send"
	Code  int    // SMTP status, 0 if there was none
	Said  string // only for whoever asked at the terminal
	good  bool   // worth another try
	// Recipient says that the address is what was refused, for good.
	Recipient bool
	enhanced  string
}

// Error implements error.
func (f *Failure) Error() string {
	if f.Code == 0 {
		return "mail server: " + f.Stage + " failed"
	}
	return fmt.Sprintf("mail server: %s failed with %d", f.Stage, f.Code)
}

// Is makes what the server will never take a letter.ErrRefused, and a letter.ErrBounced
// as well if that is because of the address.
func (f *Failure) Is(target error) bool {
	return target == letter.ErrRefused && !f.good || target == letter.ErrBounced && f.Recipient
}

// Status is what the server said in numbers, as exactly as it said it.
func (f *Failure) Status() string { return cmp.Or(f.enhanced, strconv.Itoa(f.Code)) }

// deadAddress reports whether a refusal of the recipient is about the mailbox and not
// about us: 5.7 and the like are a matter of policy, which may be repaired.
func deadAddress(code int, enhanced string) bool {
	if enhanced != "" && enhanced != "5.0.0" { // which says nothing
		return strings.HasPrefix(enhanced, "5.1.") && enhanced != "5.1.7" && enhanced != "5.1.8" || enhanced == "5.2.1"
	}
	return code == 550 || code == 551 || code == 553
}

// failure reads an error of go-mail. Only what the server says about this very mail
// ends it; wrong settings or a server that is away may be repaired meanwhile.
func failure(err error) error {
	f := &Failure{Stage: "connect", Said: err.Error(), good: true}
	var network net.Error
	if send := (*gomail.SendError)(nil); errors.As(err, &send) {
		f.Stage, f.Code = "send", send.ErrorCode()
		f.good = f.Code < 500 || errors.As(err, &network)
		f.enhanced = send.EnhancedStatusCode()
		f.Recipient = send.Reason == gomail.ErrSMTPRcptTo && !f.good && deadAddress(f.Code, f.enhanced)
	}
	return f
}
