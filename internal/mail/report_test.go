package mail

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hocso/internal/letter"
	"hocso/internal/mail/mailtest"
)

// postfix is a report as Postfix writes it.
const postfix = `From: MAILER-DAEMON@mx.bo.vn (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: hoc-so@bo.vn
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B123/mx.bo.vn"

--B123/mx.bo.vn
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B123/mx.bo.vn
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.bo.vn
X-Postfix-Sender: rfc822; hoc-so@bo.vn

Final-Recipient: rfc822; lan@hop-thu.bo.vn
Original-Recipient: rfc822;lan@bo.vn
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--B123/mx.bo.vn
Content-Description: Undelivered Message
Content-Type: message/rfc822

Message-ID: <reminder-abc.0123456789abcdef01234567@bo.vn>
From: Hoc So <hoc-so@bo.vn>
To: Lan <lan@bo.vn>
Subject: Nhac viec

Chao Lan,
--B123/mx.bo.vn--
`

func TestReadReport(t *testing.T) {
	change := func(old, now string) string {
		if !strings.Contains(postfix, old) {
			t.Fatalf("no %q in the report", old)
		}
		return strings.Replace(postfix, old, now, 1)
	}
	whole := letter.Report{Addresses: []string{"lan@bo.vn", "lan@hop-thu.bo.vn", "lan@bo.vn"}, Status: "5.1.1", MessageID: "reminder-abc.0123456789abcdef01234567@bo.vn"}
	for _, tt := range []struct {
		name, mail string
		want       letter.Report
	}{
		{"Postfix", postfix, whole},
		{"line ends of the wire", strings.ReplaceAll(postfix, "\n", "\r\n"), whole},
		{"headers alone sent back", change("message/rfc822", "text/rfc822-headers"), whole},
		{"cut off behind the headers", postfix[:strings.Index(postfix, "Chao Lan")], whole},
		{"a delay", change("Action: failed", "Action: delayed"), letter.Report{}},
		{"not for good", change("Status: 5.1.1", "Status: 4.2.2"), letter.Report{}},
		{"nothing sent back", postfix[:strings.Index(postfix, "--B123/mx.bo.vn\nContent-Description: Undelivered")], letter.Report{}},
		{"a holiday note", change("multipart/report; report-type=delivery-status", "multipart/mixed"), letter.Report{}},
		{"another report", change("report-type=delivery-status", "report-type=disposition-notification"), letter.Report{}},
		{"no mail", "xin chào", letter.Report{}},
		{"nothing", "", letter.Report{}},
	} {
		got, err := ReadReport(strings.NewReader(tt.mail))
		if bad := tt.want.MessageID == ""; bad != errors.Is(err, ErrNoReport) || !slices.Equal(got.Addresses, tt.want.Addresses) || got.Status != tt.want.Status || got.MessageID != tt.want.MessageID {
			t.Errorf("%s: %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "lan@") {
			t.Errorf("%s: the error holds an address: %v", tt.name, err)
		}
	}
}

func FuzzReadReport(f *testing.F) {
	f.Add(postfix)
	f.Add(strings.ReplaceAll(postfix, "\n", "\r\n"))
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ReadReport(strings.NewReader(s))
		if err == nil && (r.MessageID == "" || !strings.HasPrefix(r.Status, "5.")) {
			t.Errorf("%+v without an error", r)
		}
	})
}

// Only what a server says of the recipient, for good, is about the address.
func TestBounced(t *testing.T) {
	c := mailtest.New(t, nil, false)
	s := newSender(t, "smtp://"+c.Address)
	send := func() error {
		return s.Send(t.Context(), letter.Mail{ID: "1", To: "lan@bo.vn", Subject: "x", Text: "x"})
	}
	for _, tt := range []struct {
		enhanced         [3]int
		bounced, refused bool
		status           string
	}{
		{[3]int{5, 1, 1}, true, true, "5.1.1"},
		{[3]int{5, 1, 10}, true, true, "5.1.10"},
		{[3]int{5, 2, 1}, true, true, "5.2.1"},
		{[3]int{5, 0, 0}, true, true, "5.0.0"},
		{[3]int{5, 7, 1}, false, true, "5.7.1"}, // relaying denied: our matter
		{[3]int{5, 2, 2}, false, true, "5.2.2"}, // full: it may be emptied
		{[3]int{5, 1, 8}, false, true, "5.1.8"}, // the sender's address
	} {
		c.RefuseAs(tt.enhanced[0], tt.enhanced[1], tt.enhanced[2])
		err := send()
		failure := (*Failure)(nil)
		if errors.Is(err, letter.ErrBounced) != tt.bounced || errors.Is(err, letter.ErrRefused) != tt.refused || !errors.As(err, &failure) || failure.Status() != tt.status {
			t.Errorf("%v: %v, bounced %v, refused %v, status %s", tt.enhanced, err, errors.Is(err, letter.ErrBounced), errors.Is(err, letter.ErrRefused), failure.Status())
		}
		if strings.Contains(err.Error(), "lan@") {
			t.Errorf("the error holds the address: %v", err)
		}
	}
	c.Refuse(451)
	if err := send(); errors.Is(err, letter.ErrBounced) || errors.Is(err, letter.ErrRefused) {
		t.Errorf("451: %v, want another try", err)
	}
}

func TestUnsubscribeHeaders(t *testing.T) {
	c := mailtest.New(t, nil, false)
	s := newSender(t, "smtp://"+c.Address)
	m := letter.Mail{ID: "1", To: "lan@bo.vn", Subject: "x", Text: "x", Unsubscribe: "https://hocso.bo.vn/api/v1/unsubscribe/p.sign"}
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	h := c.Mails()[0].Parsed(t).Header
	if got := h.Get("List-Unsubscribe"); got != "<https://hocso.bo.vn/api/v1/unsubscribe/p.sign>" {
		t.Errorf("List-Unsubscribe: %q", got)
	}
	if got := h.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post: %q", got)
	}
	for _, bad := range []string{"https://x.vn/\r\nBcc: a@b.vn", "https://x.vn/>,<mailto:a@b.vn", "/unsubscribe"} {
		m.Unsubscribe = bad
		if err := s.Send(t.Context(), m); !errors.Is(err, letter.ErrRefused) {
			t.Errorf("leave at %q: %v, want refused", bad, err)
		}
	}
	if n := len(c.Mails()); n != 1 {
		t.Errorf("%d mails went, want 1", n)
	}
}
