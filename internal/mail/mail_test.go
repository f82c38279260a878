package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/mail/mailtest"
)

const from = "Học Số <hoc-so@bo.vn>"

func now() time.Time { return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) }

func newSender(t *testing.T, address string) *Sender {
	t.Helper()
	s, err := New(address, from, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// certificate makes one for loopback and the pool that trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestNew(t *testing.T) {
	for _, tt := range []struct{ name, address, from, bad string }{
		{"usual", "smtp://u:p@mail.bo.vn:587", from, ""},
		{"no port, no name", "smtps://mail.bo.vn", "hoc-so@bo.vn", ""},
		{"in the same network", "smtp+insecure://mail:1025", from, ""},
		{"not mail", "https://mail.bo.vn", from, "must start with smtp://"},
		{"no host", "smtp://", from, "must be smtp://"},
		{"a path", "smtp://mail.bo.vn/inbox", from, "must be smtp://"},
		{"not readable", "smtp://u:geheim%zz@mail.bo.vn", from, "must be smtp://"},
		{"port", "smtp://mail.bo.vn:99999", from, "the port"},
		{"from nobody", "smtp://mail.bo.vn", "", "is not an address"},
		{"from two", "smtp://mail.bo.vn", "a@bo.vn, b@bo.vn", "is not an address"},
		{"a line break", "smtp://mail.bo.vn", "\"Học\r\nBcc: x@y.vn\" <a@bo.vn>", "is not an address"},
		{"a line break, encoded", "smtp://mail.bo.vn", "=?utf-8?q?H=0D=0ABcc?= <a@bo.vn>", "is not an address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.address, tt.from, now)
			if (err == nil) != (tt.bad == "") || err != nil && !strings.Contains(err.Error(), tt.bad) {
				t.Errorf("got %v, want %q", err, tt.bad)
			}
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestDeliver(t *testing.T) {
	c := mailtest.New(t, nil, false)
	m := letter.Mail{
		ID: "0198-x", To: "lan@bo.vn", Name: "Nguyễn Thị Lan", Subject: "Đặt lại mật khẩu Học Số, hạn đến 9 giờ sáng thứ Hai tuần sau nhé",
		Text: "Chào bạn,\n.một dấu chấm đầu dòng\nhttps://hoc.bo.vn/reset#" + strings.Repeat("x", 90) + "\n", HTML: "<p>Chào <b>bạn</b></p>",
	}
	answer, err := newSender(t, "smtp://"+c.Address).Deliver(t.Context(), m)
	if err != nil || !strings.Contains(answer, "queued") {
		t.Fatalf("answer %q, %v", answer, err)
	}
	mails := c.Mails()
	if len(mails) != 1 || mails[0].From != "hoc-so@bo.vn" || mails[0].To != "lan@bo.vn" {
		t.Fatalf("arrived: %+v", mails)
	}
	got := mails[0].Parsed(t)
	words := mime.WordDecoder{}
	subject, err := words.DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	to, err := mail.ParseAddress(got.Header.Get("To"))
	if err != nil || to.Name != m.Name || to.Address != m.To {
		t.Errorf("to %v, %v", to, err)
	}
	for header, want := range map[string]string{
		"Message-Id": "<0198-x@bo.vn>", "Auto-Submitted": "auto-generated", "Date": "Mon, 02 Mar 2026 08:00:00 +0000", "User-Agent": "", "X-Mailer": "",
	} {
		if v := got.Header.Get(header); v != want {
			t.Errorf("%s: %q, want %q", header, v, want)
		}
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for i, want := range []struct{ kind, body string }{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if body := strings.ReplaceAll(string(b), "\r\n", "\n"); err != nil || strings.TrimSpace(body) != strings.TrimSpace(want.body) || !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) {
			t.Errorf("part %d: %s %q, %v", i, p.Header.Get("Content-Type"), body, err)
		}
	}
	for line := range strings.SplitSeq(mails[0].Raw, "\r\n") {
		if len(line) > 998 || strings.Contains(line, "\n") {
			t.Errorf("a line that mail servers break: %q", line)
		}
	}
}

// What would begin another header, or another recipient, is refused before a server is asked.
func TestLineBreaks(t *testing.T) {
	c := mailtest.New(t, nil, false)
	s := newSender(t, "smtp://"+c.Address)
	good := letter.Mail{ID: "i", To: "lan@bo.vn", Name: "Lan", Subject: "Việc"}
	for _, tt := range []struct {
		name   string
		change func(*letter.Mail)
		field  fault.Field
	}{
		{"name", func(m *letter.Mail) { m.Name = "Lan\r\nBcc: x@y.vn" }, fault.Field{Field: "name", Code: "text"}},
		{"name, line feed alone", func(m *letter.Mail) { m.Name = "Lan\nBcc: x@y.vn" }, fault.Field{Field: "name", Code: "text"}},
		{"subject", func(m *letter.Mail) { m.Subject = "Việc\r\n\r\nnội dung" }, fault.Field{Field: "subject", Code: "text"}},
		{"subject, line separator", func(m *letter.Mail) { m.Subject = "Việc\u2028x" }, fault.Field{Field: "subject", Code: "text"}},
		{"id", func(m *letter.Mail) { m.ID = "i\r\nX: y" }, fault.Field{Field: "id", Code: "text"}},
		{"address", func(m *letter.Mail) { m.To = "lan@bo.vn\r\nRCPT TO:<x@y.vn>" }, fault.Field{Field: "to", Code: "mail"}},
		{"two addresses", func(m *letter.Mail) { m.To = "lan@bo.vn,x@y.vn" }, fault.Field{Field: "to", Code: "mail"}},
		{"an address that servers read differently", func(m *letter.Mail) { m.To = `"lan@x.vn>"@bo.vn` }, fault.Field{Field: "to", Code: "mail"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := good
			tt.change(&m)
			err := s.Send(t.Context(), m)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0] != tt.field || !errors.Is(err, letter.ErrRefused) {
				t.Errorf("got %v, want %v", err, tt.field)
			}
		})
	}
	if mails := c.Mails(); len(mails) != 0 {
		t.Errorf("arrived: %v", mails)
	}
}

func TestEncryption(t *testing.T) {
	cert, pool := certificate(t)
	for _, tt := range []struct {
		name, scheme    string
		offers          bool
		implicit, knows bool
		encrypted       bool
		bad             bool
	}{
		{name: "offered", scheme: "smtp", offers: true, knows: true, encrypted: true},
		{name: "not offered, this machine", scheme: "smtp"},
		{name: "not offered, as was said", scheme: "smtp+insecure"},
		{name: "from the start", scheme: "smtps", offers: true, implicit: true, knows: true, encrypted: true},
		{name: "a certificate of nobody", scheme: "smtp", offers: true, bad: true},
		{name: "a certificate of nobody, from the start", scheme: "smtps", offers: true, implicit: true, bad: true},
		{name: "from the start, but it is plain", scheme: "smtps", bad: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := cert
			if !tt.offers {
				given = nil
			}
			c := mailtest.New(t, given, tt.implicit)
			s := newSender(t, tt.scheme+"://"+c.Address)
			if tt.knows {
				s.roots = pool
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := s.Send(ctx, letter.Mail{ID: "i", To: "lan@bo.vn", Subject: "Việc", Text: "x"})
			if (err != nil) != tt.bad {
				t.Fatalf("got %v", err)
			}
			if errors.Is(err, letter.ErrRefused) {
				t.Error("settings that can be repaired end the mail")
			}
			if mails := c.Mails(); !tt.bad && (len(mails) != 1 || mails[0].Encrypted != tt.encrypted) || tt.bad && len(mails) != 0 {
				t.Errorf("arrived: %+v", mails)
			}
		})
	}
	// Elsewhere than on this machine it is encrypted or not at all.
	c := mailtest.New(t, nil, false)
	s := newSender(t, "smtp://u:p@mail.bo.vn")
	s.host = "127.0.0.1"
	s.options = append(s.options, newSender(t, "smtp+insecure://"+c.Address).options[1])
	if err := s.Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"}); err == nil || len(c.Mails()) != 0 {
		t.Errorf("sent in the clear: %v", err)
	}
}

func TestPassword(t *testing.T) {
	cert, pool := certificate(t)
	c := mailtest.New(t, cert, false)
	c.Password = "geheim"
	s := newSender(t, "smtp://lan:geheim@"+c.Address)
	s.roots = pool
	if err := s.Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"}); err != nil || len(c.Mails()) != 1 || c.Mails()[0].User != "lan" {
		t.Errorf("%v, %+v", err, c.Mails())
	}
	s = newSender(t, "smtp://lan:falsch@"+c.Address)
	s.roots = pool
	if err := s.Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"}); err == nil || errors.Is(err, letter.ErrRefused) || strings.Contains(err.Error(), "falsch") {
		t.Errorf("with a wrong password: %v", err)
	}
	plain := mailtest.New(t, nil, false)
	plain.Password = "geheim"
	if err := newSender(t, "smtp+insecure://lan:geheim@"+plain.Address).Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"}); err == nil {
		t.Error("the password went out in the clear")
	}
}

func TestFailures(t *testing.T) {
	c := mailtest.New(t, nil, false)
	s := newSender(t, "smtp://"+c.Address)
	for _, tt := range []struct {
		code    int
		refused bool
		want    string
	}{{451, false, "send failed with 451"}, {550, true, "send failed with 550"}} {
		c.Refuse(tt.code)
		err := s.Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"})
		var f *Failure
		if !errors.As(err, &f) || f.Code != tt.code || errors.Is(err, letter.ErrRefused) != tt.refused || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d: got %v", tt.code, err)
		}
		if strings.Contains(err.Error(), "lan@") || f == nil || !strings.Contains(f.Said, "not today") {
			t.Errorf("%d: %v says too much or too little", tt.code, err)
		}
	}
	err := newSender(t, "smtp://127.0.0.1:1").Send(t.Context(), letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"})
	if err == nil || errors.Is(err, letter.ErrRefused) || err.Error() != "mail server: connect failed" {
		t.Errorf("no server: %v", err)
	}
	// One that says nothing does not hold anybody up longer than the caller waits.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // nothing was read
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := newSender(t, "smtp://"+ln.Addr().String()).Send(ctx, letter.Mail{ID: "i", To: "lan@bo.vn", Text: "x"}); err == nil || errors.Is(err, letter.ErrRefused) {
		t.Errorf("a silent server: %v", err)
	}
}
