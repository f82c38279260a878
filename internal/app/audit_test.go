package app

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"hocso/internal/audit"
)

// headOf is the head that audit verify printed.
func headOf(t *testing.T, out string) string {
	t.Helper()
	_, head, ok := strings.Cut(out, "--head: ")
	if !ok {
		t.Fatalf("no head in %q", out)
	}
	return strings.TrimSpace(head)
}

// The trail is verified while the program runs, after it has stopped, and in what was
// restored from a backup; what commands do is in it.
func TestAuditVerify(t *testing.T) {
	data := demoData(t)
	a, stop := running(t, data)
	out, err := command(t, AuditVerify, "--data", data)
	if err != nil || !strings.Contains(out, "every entry is as it was written") {
		t.Fatalf("while serving: %v %q", err, out)
	}
	first := headOf(t, out)
	if _, err := a.audit.Append(t.Context(), audit.Entry{Action: "sign_out"}); err != nil {
		t.Fatal(err)
	}
	if out, err = command(t, AuditVerify, "--data", data, "--head", first); err != nil {
		t.Errorf("while serving, with a head: %v %q", err, out)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if out, err := command(t, Backup, "--data", data, file); err != nil {
		t.Fatal(err, out)
	}
	stop()
	other := first[:len(first)-8] + "00000000"
	for _, tt := range []struct {
		args []string
		want string
		err  bool
	}{
		{[]string{"--head", first}, "every entry is as it was written", false},
		{[]string{"--head", headOf(t, out), "--head", first}, "every entry is as it was written", false},
		{[]string{"--head", other}, "another one than was noted", true},
		{[]string{"--head", "999" + first}, ": missing", true},
	} {
		out, err := command(t, AuditVerify, append([]string{"--data", data}, tt.args...)...)
		if !strings.Contains(out, tt.want) || errors.Is(err, ErrProblems) != tt.err {
			t.Errorf("%v: %v %q, want %q", tt.args, err, out, tt.want)
		}
	}
	for _, bad := range []string{"", "12", "0:" + strings.Repeat("a", 64), "x:" + strings.Repeat("a", 64), "3:abc", "3:" + strings.Repeat("G", 64)} {
		if _, err := command(t, AuditVerify, "--data", data, "--head", bad); err == nil || errors.Is(err, ErrProblems) {
			t.Errorf("head %q: %v, want a refusal", bad, err)
		}
	}
	if _, err := command(t, AuditVerify, "--data", t.TempDir()); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("an empty folder: %v", err)
	}

	restored := filepath.Join(t.TempDir(), "restored")
	if out, err := command(t, Restore, "--data", restored, "--ledger", "none", file); err != nil {
		t.Fatal(err, out)
	}
	if out, err := command(t, AuditVerify, "--data", restored, "--head", first); err != nil {
		t.Errorf("what was restored: %v %q", err, out)
	}
	term, _, _ := terminal("con mèo con ngồi trèo cây cau\n")
	if err := AdminCreate(t.Context(), term, []string{"--data", restored, "--email", "moi@bo.vn", "--password-stdin"}); err != nil {
		t.Fatal(err)
	}
	term, _, _ = terminal("con mèo con ngồi trèo cây cau\n")
	if err := AdminCreate(t.Context(), term, []string{"--data", restored, "--email", "moi@bo.vn", "--password-stdin"}); err == nil {
		t.Error("the address was taken twice")
	}
	if out, err := command(t, ContentPublish, "--data", restored); err != nil {
		t.Fatal(err, out)
	}
	a, stop = running(t, restored)
	defer stop()
	var got []string
	if err := a.db.Audit().Each(t.Context(), 0, func(e audit.Entry, _ bool) error {
		clock := strings.HasPrefix(string(e.Action), "campaign_") // of the demo's campaigns: how far the clock came is not the same every time
		if e.Outcome != audit.Begun && !clock {
			got = append(got, e.Command+" "+string(e.Action)+" "+string(e.Outcome))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"demo content_published done", "serve program_started done", " sign_out ", "restore database_restored done",
		"admin create administrator_created done", "admin create administrator_created failed", "content publish content_published done",
		"serve program_started done",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the trail has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Fsck and the command name what somebody changed in the database.
func TestAuditVerifyNamesTheDamage(t *testing.T) {
	data := demoData(t)
	a, stop := running(t, data)
	if err := a.db.Audit().Remove(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, AuditVerify, "--data", data); !errors.Is(err, ErrProblems) || !strings.Contains(out, "entry 1: missing") || strings.Contains(out, "note this head") {
		t.Errorf("while serving: %v %q", err, out)
	}
	stop()
	if out, err := command(t, AuditVerify, "--data", data); !errors.Is(err, ErrProblems) || !strings.Contains(out, "entry 1: missing") {
		t.Errorf("when stopped: %v %q", err, out)
	}
	if out, err := command(t, Fsck, "--data", data); !errors.Is(err, ErrProblems) || !strings.Contains(out, "entry 1: missing") || !strings.Contains(out, " 0 differences") {
		t.Errorf("fsck: %v %q", err, out)
	}
}
