package app

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hocso/internal/config"
	"hocso/internal/letter"
	"hocso/internal/mail"
	"hocso/internal/mail/mailtest"
)

func TestMailTest(t *testing.T) {
	c := mailtest.New(t, nil, false)
	for _, tt := range []struct {
		name, args, out, bad string
	}{
		{"sent", "--smtp-url smtp://" + c.Address + " --mail-from hoc-so@bo.vn --to lan@bo.vn", "sent to lan@bo.vn; the server answered: 2.0.0 OK: queued", ""},
		{"no mail server", "--to lan@bo.vn", "", "no mail server is set up"},
		{"nobody to write to", "--smtp-url smtp://" + c.Address + " --mail-from hoc-so@bo.vn", "", "--to is needed"},
		{"from nobody", "--smtp-url smtp://" + c.Address + " --to lan@bo.vn", "", "HOCSO_MAIL_FROM"},
		{"not an address", "--smtp-url smtp://" + c.Address + " --mail-from hoc-so@bo.vn --to lan", "", "to: mail"},
		{"no server there", "--smtp-url smtp://127.0.0.1:1 --mail-from hoc-so@bo.vn --to lan@bo.vn", "", "connection refused"},
		{"not a server", "--smtp-url https://bo.vn --mail-from hoc-so@bo.vn --to lan@bo.vn", "", "must start with smtp://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term, out, _ := terminal("")
			err := MailTest(t.Context(), term, strings.Fields(tt.args))
			if tt.bad == "" && err != nil || tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)) || !strings.Contains(out.String(), tt.out) {
				t.Errorf("printed %q, %v; want %q, %q", out, err, tt.out, tt.bad)
			}
		})
	}
	if mails := c.Mails(); len(mails) != 1 || !strings.Contains(mails[0].Raw, "Auto-Submitted") {
		t.Errorf("arrived: %+v", mails)
	}
	c.Refuse(550)
	term, _, _ := terminal("")
	if err := MailTest(t.Context(), term, []string{"--smtp-url", "smtp://" + c.Address, "--mail-from", "hoc-so@bo.vn", "--to", "lan@bo.vn"}); err == nil || !strings.Contains(err.Error(), "not today") {
		t.Errorf("refused: %v, want what the server said", err)
	}
	term, _, _ = terminal("")
	if err := Serve(t.Context(), term, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--metrics-listen", "", "--smtp-url", "https://bo.vn", "--mail-from", "a@bo.vn"}); err == nil || !strings.Contains(err.Error(), "HOCSO_SMTP_URL") {
		t.Errorf("serve with a wrong mail server: %v", err)
	}
}

// A report of a mail server is read from standard input, with and without a program
// that serves from the data folder, and only for a mail of ours.
func TestMailBounce(t *testing.T) {
	data := t.TempDir()
	args := []string{"--data", data}
	term, _, _ := terminal("mot cau du dai de nho\n")
	if err := AdminCreate(t.Context(), term, append(args, "--email", "root@bo.vn", "--password-stdin")); err != nil {
		t.Fatal(err)
	}
	open := func() *App {
		t.Helper()
		a, err := Open(t.Context(), config.Config{Data: data, TimeZone: time.UTC}, slog.New(slog.DiscardHandler), nowMillis)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	report := func(id string) string {
		return "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" +
			"Final-Recipient: rfc822; root@bo.vn\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + id + "@bo.vn>\n\n--b--\n"
	}
	a := open()
	c := mailtest.New(t, nil, false)
	sender, err := mail.New("smtp://"+c.Address, "hoc-so@bo.vn", nowMillis)
	if err != nil {
		t.Fatal(err)
	}
	a.letters.Sender = sender
	if err := a.letters.Send(t.Context(), "root", letter.Mail{ID: "x", To: "root@bo.vn", Subject: "x", Text: "x"}); err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(strings.Trim(c.Mails()[0].Parsed(t).Header.Get("Message-Id"), "<>"), "@")
	bounce := func(text string) (string, error) {
		term, out, _ := terminal(text)
		err := MailBounce(t.Context(), term, args)
		return out.String(), err
	}
	known := func(a *App) bool {
		t.Helper()
		b, err := a.letters.Find(t.Context(), "root@bo.vn")
		if err != nil {
			t.Fatal(err)
		}
		return b != nil && b.Status == "5.1.1"
	}
	shut, err := a.openDoor()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "Subject: x\n\nhello", report("x"), report("x.000000000000000000000000")} {
		if out, err := bounce(bad); err == nil || known(a) {
			t.Errorf("%.60q: %q, %v, known %v; want a refusal", bad, out, err, known(a))
		}
	}
	if out, err := bounce(report(id)); err != nil || !strings.Contains(out, "(5.1.1)") || !known(a) {
		t.Errorf("while serving: %q, %v, known %v", out, err, known(a))
	}
	if err := a.letters.Retry(t.Context(), "root@bo.vn"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(shut(), a.Close()); err != nil {
		t.Fatal(err)
	}
	if out, err := bounce(report(id)); err != nil || !strings.Contains(out, "(5.1.1)") {
		t.Errorf("without a program: %q, %v", out, err)
	}
	a = open()
	if !known(a) {
		t.Error("nothing was stored")
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
