package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hocso/internal/people"
)

// importing runs the command in a data folder, and returns what it printed.
func importing(ctx context.Context, t *testing.T, data, table string, flags ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	terminal := Terminal{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }}
	err := PeopleImport(ctx, terminal, append([]string{file, "--data", data}, flags...))
	return out.String(), err
}

func manyPeople(from, to int) string {
	var b strings.Builder
	b.WriteString("email,name,unit,unit name\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "p%05d@bo.vn,Nguyễn Văn %d,u%d,Phòng %[3]d\n", i, i, i%7)
	}
	return b.String()
}

// The command says what it would do, writes, and the second time changes nothing; who
// is missing then is closed once the number was confirmed. It takes more rows than the
// app does.
func TestPeopleImport(t *testing.T) {
	ctx, data := t.Context(), t.TempDir()
	table := manyPeople(0, 600)
	for _, step := range []struct {
		table string
		flags []string
		wants []string
		fails string
	}{
		{manyPeople(0, 20_001), []string{"--dry-run"}, []string{"would import 20001 rows: 20001 new", "units: 7 new"}, ""},
		{table + "x,Y,u1,\np00003@bo.vn,Z,u1,\n", nil, []string{"row 602, email: This is not an e-mail address.", "row 603, email: The same address is in row 5.", "2 errors in 602 rows: nothing was written"}, ErrProblems.Error()},
		{table, nil, []string{"imported 600 rows: 600 new"}, ""},
		{table, nil, []string{"imported 600 rows: 0 new, 0 changed, 0 moved, 0 returned, 600 unchanged; units: 0 new, 0 changed"}, ""},
		{manyPeople(0, 50), []string{"--missing", "close", "--dry-run"}, []string{"of 600 people in the units that the file speaks for, 550 are not in it; accounts that would be closed: 550, which --close-at-most 550 has to confirm"}, ""},
		{manyPeople(0, 50), []string{"--missing", "close"}, nil, "closeAtMost: required"},
		{manyPeople(0, 50), []string{"--missing", "close", "--close-at-most", "549"}, nil, "closeAtMost: exceeded"},
		{manyPeople(0, 50), []string{"--missing", "close", "--close-at-most", "550"}, []string{"accounts closed: 550"}, ""},
		{manyPeople(0, 50), []string{"--missing", "close"}, []string{"50 unchanged", "accounts closed: 0"}, ""},
		{table, nil, []string{"row 52, email: This person's account is closed.", "550 errors in 600 rows"}, ErrProblems.Error()},
		{table, []string{"--reopen"}, []string{"0 new, 0 changed, 0 moved, 550 returned, 50 unchanged"}, ""},
		{table, []string{"--missing", "delete"}, nil, "write keep or close"},
		{table, []string{"--close-at-most", "all"}, nil, "close-at-most"},
		{table, []string{"--columns", "email,name,salary"}, nil, `no column "salary"`},
		{table, []string{"--missing", "close", "--everybody-in", "nowhere"}, nil, "everybodyIn: unknown"},
	} {
		out, err := importing(ctx, t, data, step.table, step.flags...)
		if step.fails == "" && err != nil || step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails)) {
			t.Fatalf("%v: error %v, want %q\n%s", step.flags, err, step.fails, out)
		}
		for _, want := range step.wants {
			if !strings.Contains(out, want) {
				t.Errorf("%v: no %q in\n%s", step.flags, want, out)
			}
		}
	}
}

// An import that is stopped between two batches goes on where it was.
func TestPeopleImportStopped(t *testing.T) {
	data := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := importing(ctx, t, data, manyPeople(0, 3000)); err == nil || !strings.Contains(err.Error(), "stopped before the end") {
		t.Fatalf("stopped before it began: %v", err)
	}
	cfg, log, err := Terminal{Err: io.Discard, Getenv: func(string) string { return "" }}.load("people import", []string{"--data", data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, log, nowMillis)
	if err != nil {
		t.Fatal(err)
	}
	table, o := manyPeople(0, 3000), people.ImportOptions{Large: true}
	o.Progress = func(p people.ImportProgress) error {
		if p.Doing == "writing" && p.Rows == 2000 {
			return errors.New("stopped")
		}
		return nil
	}
	if _, err := a.people.Import(t.Context(), people.Console(), io.NewSectionReader(strings.NewReader(table), 0, int64(len(table))), o); err == nil {
		t.Fatal("no error")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := importing(t.Context(), t, data, manyPeople(0, 3000))
	if err != nil || !strings.Contains(out, "1000 new, 0 changed, 0 moved, 0 returned, 2000 unchanged") {
		t.Errorf("the rest: %v\n%s", err, out)
	}
}
