package config

import (
	"io"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		want string // of Listen
		bad  string // in the error; empty: none
	}{
		{name: "default", want: "127.0.0.1:8080"},
		{name: "environment", env: map[string]string{"HOCSO_LISTEN": "127.0.0.1:1"}, want: "127.0.0.1:1"},
		{name: "flag before environment", args: []string{"--listen", "127.0.0.1:2"}, env: map[string]string{"HOCSO_LISTEN": "127.0.0.1:1"}, want: "127.0.0.1:2"},
		{name: "no port", args: []string{"--listen", "localhost"}, bad: "HOCSO_LISTEN"},
		{name: "unknown zone", env: map[string]string{"HOCSO_TIME_ZONE": "Asia/Saigonn"}, bad: "HOCSO_TIME_ZONE"},
		{name: "not a server", env: map[string]string{"HOCSO_MONGODB_URI": "postgres://x"}, bad: "mongodb://"},
		{name: "not an address", args: []string{"--public-url", "hocso.example"}, bad: "HOCSO_PUBLIC_URL"},
		{name: "proxies", args: []string{"--trusted-proxies", "10.0.0.7, 192.168.0.0/16"}, want: "127.0.0.1:8080"},
		{name: "not a network", args: []string{"--trusted-proxies", "10.0.0.0/99"}, bad: "HOCSO_TRUSTED_PROXIES"},
		{name: "database address", args: []string{"--database-listen", "127.0.0.1:27018"}, want: "127.0.0.1:8080"},
		{name: "database address, version 6", args: []string{"--database-listen", "[::1]:27018"}, want: "127.0.0.1:8080"},
		{name: "database to write to", args: []string{"--database-listen-write"}, want: "127.0.0.1:8080"},
		{name: "database for everybody", args: []string{"--database-listen", "0.0.0.0:27018"}, bad: `--database-listen "0.0.0.0:27018" (HOCSO_DATABASE_LISTEN): must be a loopback address`},
		{name: "database for everybody, version 6", args: []string{"--database-listen", "[::]:27018"}, bad: "loopback"},
		{name: "database at all addresses", env: map[string]string{"HOCSO_DATABASE_LISTEN": ":27018"}, bad: "nobody is asked for a password"},
		{name: "database in the network", args: []string{"--database-listen", "192.168.1.2:27018"}, bad: "loopback"},
		{name: "database at a name", args: []string{"--database-listen", "localhost:27018"}, bad: "127.0.0.1:27018"},
		{name: "database without a port", args: []string{"--database-listen", "127.0.0.1"}, bad: "loopback address with a port"},
		{name: "database perhaps to write to", args: []string{"--database-listen-write=yes"}, bad: "HOCSO_DATABASE_LISTEN_WRITE"},
		{
			name: "database of a server", args: []string{"--database-listen", "127.0.0.1:27018"},
			env: map[string]string{"HOCSO_MONGODB_URI": "mongodb://db/"}, bad: "no embedded database to look into",
		},
		{name: "second factor as one likes", env: map[string]string{"HOCSO_SECOND_FACTOR": "optional"}, want: "127.0.0.1:8080"},
		{name: "second factor perhaps", env: map[string]string{"HOCSO_SECOND_FACTOR": "no"}, bad: "HOCSO_SECOND_FACTOR): must be required or optional"},
		{name: "mail from nobody", args: []string{"--smtp-url", "smtp://u:geheim@mail.bo.vn"}, bad: "HOCSO_MAIL_FROM"},
		{name: "no time for an answer", args: []string{"--privacy-answer-days", "0"}, bad: "from 1 to 30"},
		{name: "days that are no number", env: map[string]string{"HOCSO_PRIVACY_DONE_DAYS": "soon"}, bad: "HOCSO_PRIVACY_DONE_DAYS"},
		{name: "a third party for ever", args: []string{"--privacy-third-party-days", "366"}, bad: "from 1 to 365"},
		{name: "an extension backwards", args: []string{"--privacy-extension-days", "-1"}, bad: "from 0 to 365"},
		{name: "answers of before", env: map[string]string{"HOCSO_KEEP_ANSWERS_MONTHS": "60"}, bad: "hocso privacy retention answers=60"},
		{name: "a trail of before", env: map[string]string{"HOCSO_KEEP_AUDIT_MONTHS": "48"}, bad: "HOCSO_KEEP_AUDIT_MONTHS is no setting any more"},
		{name: "a flag of before", args: []string{"--keep-audit-months", "48"}, bad: "keep-audit-months"},
		{name: "a contact of two lines", args: []string{"--privacy-contact", "a\nb"}, bad: "one line"},
		{name: "unknown flag", args: []string{"--lisen", "x"}, bad: "lisen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _, err := Load("serve", tt.args, func(k string) string { return tt.env[k] }, io.Discard, nil)
			if tt.bad == "" && (err != nil || c.Listen != tt.want) {
				t.Errorf("Load(%q, %v) = listen %q, %v; want %q", tt.args, tt.env, c.Listen, err, tt.want)
			}
			if tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)) {
				t.Errorf("Load(%q, %v): error %v, want one that names %q", tt.args, tt.env, err, tt.bad)
			}
		})
	}
}

func TestSecondFactorIsRequiredByDefault(t *testing.T) {
	for value, want := range map[string]bool{"": true, "required": true, "optional": false} {
		c, _, err := Load("serve", nil, func(k string) string { return map[string]string{"HOCSO_SECOND_FACTOR": value}[k] }, io.Discard, nil)
		if err != nil || c.SecondFactor != want {
			t.Errorf("HOCSO_SECOND_FACTOR=%q: required is %v, %v, want %v", value, c.SecondFactor, err, want)
		}
	}
}

func TestDatabaseSettings(t *testing.T) {
	none := func(string) string { return "" }
	c, _, err := Load("serve", nil, none, io.Discard, nil)
	if err != nil || c.DatabaseListen != "" || c.DatabaseWrite {
		t.Errorf("by default the database is served at %q, to write to: %v; %v", c.DatabaseListen, c.DatabaseWrite, err)
	}
	c, _, err = Load("serve", []string{"--database-listen", "[::1]:1", "--database-listen-write"}, none, io.Discard, nil)
	if err != nil || c.DatabaseListen != "[::1]:1" || !c.DatabaseWrite {
		t.Errorf("the database is served at %q, to write to: %v; %v", c.DatabaseListen, c.DatabaseWrite, err)
	}
	var b strings.Builder
	err = Print(&b, []string{"--database-listen", "127.0.0.1:27018"}, none)
	if want := "HOCSO_DATABASE_LISTEN=127.0.0.1:27018\nHOCSO_DATABASE_LISTEN_WRITE=false\n"; err != nil || !strings.Contains(b.String(), want) {
		t.Errorf("Print = %q, %v; want %q in it", b.String(), err, want)
	}
}

func TestPrintMasksSecrets(t *testing.T) {
	var b strings.Builder
	err := Print(&b, []string{"--mongodb-uri", "mongodb://u:hidden@db/"}, func(string) string { return "" })
	if err != nil || strings.Contains(b.String(), "hidden") || !strings.Contains(b.String(), "HOCSO_MONGODB_URI=****") {
		t.Errorf("Print = %q, %v; want the password masked", b.String(), err)
	}
}
