// Package mailtest is an SMTP server for tests, which keeps what it is given.
package mailtest

import (
	"crypto/tls"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Caught is one mail as it arrived.
type Caught struct {
	From, To  string // of the envelope
	Encrypted bool
	User      string // who signed in, "" if nobody did
	Raw       string
}

// Parsed reads the headers.
func (c Caught) Parsed(t testing.TB) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(c.Raw))
	if err != nil {
		t.Fatalf("%q: %v", c.Raw, err)
	}
	return m
}

// Catcher is the server. Fields are set before the first mail.
type Catcher struct {
	Address  string // host:port
	Password string // asked for if not empty; any user
	mu       sync.Mutex
	refuse   error
	mails    []Caught
}

// New starts a server on loopback. With a certificate it offers STARTTLS, and with
// implicit it wants TLS from the start.
func New(t testing.TB, certificate *tls.Certificate, implicit bool) *Catcher {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Catcher{Address: ln.Addr().String()}
	s := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) { return &session{c: c, conn: conn}, nil }))
	s.Domain, s.AllowInsecureAuth, s.ReadTimeout, s.WriteTimeout = "catcher.test", true, 10*time.Second, 10*time.Second
	if certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
		if implicit {
			ln = tls.NewListener(ln, s.TLSConfig)
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		// What they say about the listener is no matter. The server does not know it yet
		// when a test ends at once, so it is closed here as well.
		_, _ = s.Close(), ln.Close()
		<-done
	})
	return c
}

// Refuse makes the server answer every mail with an SMTP status, 0 takes them again.
func (c *Catcher) Refuse(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = nil
	if code != 0 {
		c.refuse = &smtp.SMTPError{Code: code, Message: "not today, lan@bo.vn"}
	}
}

// RefuseAs makes the server refuse every recipient with 550 and an enhanced status.
func (c *Catcher) RefuseAs(class, subject, detail int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: "no, lan@bo.vn"}
}

// Mails returns what arrived, oldest first.
func (c *Catcher) Mails() []Caught {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Caught{}, c.mails...)
}

type session struct {
	c    *Catcher
	conn *smtp.Conn
	now  Caught
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.c.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != s.c.Password {
			return smtp.ErrAuthFailed
		}
		s.now.User = user
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.c.Password != "" && s.now.User == "" {
		return smtp.ErrAuthRequired
	}
	s.now.From = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.now.To = to
	return s.c.refuse
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, s.now.Encrypted = s.conn.TLSConnectionState()
	s.now.Raw = string(raw)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.mails = append(s.c.mails, s.now)
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.now = Caught{User: s.now.User} }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
