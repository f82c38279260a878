package app

import (
	"strings"
	"testing"

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
