package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/mongodb/embedded"
	"hocso/internal/people"
)

// running starts the program on a data folder, and gives what it is made of too, so that a
// test can write to its database while it serves.
func running(t *testing.T, data string) (a *App, stop func()) {
	t.Helper()
	term, out, errs := terminal("")
	cfg, log, err := term.load("serve", []string{"--data", data, "--metrics-listen", ""}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = Open(t.Context(), cfg, log, nowMillis); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.serve(ctx, term, ln) }()
	for !strings.Contains(out.String(), "is ready") {
		select {
		case err := <-done:
			t.Fatalf("serve ended with %v after printing %q %q", err, out, errs)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return a, sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			t.Error(err)
		}
	})
}

// demoFiles are the files of a small organisation, which is made once.
var demoFiles = sync.OnceValues(func() (files map[string][]byte, err error) {
	data, err := os.MkdirTemp("", "hocso")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	term, _, _ := terminal("")
	if err := Demo(context.Background(), term, []string{"--data", data, "--people", "20"}); err != nil {
		return nil, err
	}
	files = map[string][]byte{}
	for _, name := range append(names(data), names(filepath.Join(data, databaseFolder))...) {
		for _, f := range []string{name, filepath.Join(databaseFolder, name)} {
			if b, err := os.ReadFile(filepath.Join(data, f)); err == nil {
				files[f] = b
			}
		}
	}
	return files, nil
})

// demoData is a data folder with a small organisation.
func demoData(t *testing.T) string {
	t.Helper()
	files, err := demoFiles()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(filepath.Join(data, databaseFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(data, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// command runs a command and gives what it printed.
func command(t *testing.T, do func(context.Context, Terminal, []string) error, args ...string) (string, error) {
	t.Helper()
	term, out, _ := terminal("")
	err := do(t.Context(), term, args)
	return out.String(), err
}

// within asks again and again until something holds, or for ten seconds.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came to be that ", what)
		}
	}
}

func names(dir string) (all []string) {
	entries, _ := os.ReadDir(dir) // what is not there holds nothing
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestBackupUnderLoadHoldsEverythingAcknowledgedBefore(t *testing.T) {
	data := demoData(t)
	a, stop := running(t, data)
	defer stop()
	ctx, end := context.WithCancel(t.Context())
	var mu sync.Mutex
	var acknowledged []string
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				s := auth.Session{ID: fmt.Sprintf("s%d-%d", w, i), Person: people.ID("p"), ExpiresAt: nowMillis().Add(time.Hour)}
				if err := a.db.Auth().InsertSession(context.WithoutCancel(ctx), s); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, s.ID)
				mu.Unlock()
			}
		})
	}
	var before []string
	within(t, "200 writes were acknowledged", func() bool {
		mu.Lock()
		defer mu.Unlock()
		before = append(before[:0], acknowledged...)
		return len(before) >= 200
	})
	file := filepath.Join(t.TempDir(), "hocso.tar")
	out, err := command(t, Backup, file, "--data", data)
	if err != nil || !strings.Contains(out, "documents in") {
		t.Fatalf("backup: %v, printed %q", err, out)
	}
	end()
	writers.Wait()
	if left := names(filepath.Join(data, checkpoints)); len(left) > 0 {
		t.Errorf("the backup left %v in the data folder", left)
	}
	stop()
	if _, err := os.Stat(filepath.Join(data, controlFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the control file of a program that has ended: %v", err)
	}

	if out, err := command(t, Restore, "--check", file); err != nil || !strings.Contains(out, "is whole") {
		t.Errorf("restore --check: %v %q", err, out)
	}
	restored := filepath.Join(t.TempDir(), "restored")
	if _, err := command(t, Restore, "--ledger", "none", file, "--data", restored); err != nil {
		t.Fatal(err)
	}
	if got := names(restored); fmt.Sprint(got) != fmt.Sprint([]string{databaseFolder, demoFile}) {
		t.Errorf("the restored folder holds %v", got)
	}
	if out, err := command(t, Fsck, "--data", restored); err != nil || !strings.Contains(out, " 0 differences") {
		t.Errorf("fsck of what was restored: %v %q", err, out)
	}
	term, _, _ := terminal("")
	cfg, log, err := term.load("test", []string{"--data", restored}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(t.Context(), cfg, log, nowMillis)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }() // only read
	for _, id := range before {
		if _, err := b.db.Auth().Session(t.Context(), id); err != nil {
			t.Fatalf("%s was acknowledged before the backup: %v", id, err)
		}
	}
}

func TestBackupOfAStoppedProgram(t *testing.T) {
	data := demoData(t)
	// A control file that a killed program left, first with nobody at its address, then with
	// somebody else, who is not told more than the old token.
	other := http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = other.Serve(ln) }() // ends with Close
	defer func() { _ = other.Close() }()
	for name, text := range map[string]string{
		"none": "", "nobody": `{"address": "127.0.0.1:1", "token": "x"}`, "somebody else": `{"address": "` + ln.Addr().String() + `", "token": "x"}`,
		"cut": `{"addr`, "not loopback": `{"address": "192.0.2.1:80", "token": "x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if text != "" {
				if err := os.WriteFile(filepath.Join(data, controlFile), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// What a backup that was killed has left.
			if err := os.MkdirAll(filepath.Join(data, checkpoints, "old", "deep"), 0o700); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "hocso.tar")
			if out, err := command(t, Backup, "--data", data, file); err != nil {
				t.Errorf("backup: %v %q", err, out)
			}
			if out, err := command(t, CheckDatabase, "--data", data); err != nil || !strings.Contains(out, "as it was written") {
				t.Errorf("db check: %v %q", err, out)
			}
			if left := names(filepath.Join(data, checkpoints)); len(left) > 0 {
				t.Errorf("left in the data folder: %v", left)
			}
		})
	}
	term, out, _ := terminal("")
	if err := Backup(t.Context(), term, []string{"-", "--data", data}); err != nil {
		t.Fatal(err)
	}
	term, _, _ = terminal(out.String())
	restored := filepath.Join(t.TempDir(), "restored")
	if err := Restore(t.Context(), term, []string{"-", "--ledger", "none", "--data", restored}); err != nil {
		t.Errorf("restore of a stream: %v", err)
	}
}

func TestBackupRefusals(t *testing.T) {
	data := demoData(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there.tar")
	part := filepath.Join(dir, "killed.tar.part")
	for _, f := range []string{there, part} {
		if err := os.WriteFile(f, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no file", []string{"--data", data}, "name a FILE"},
		{"two files", []string{"a", "b", "--data", data}, `unexpected argument "b"`},
		{"there already", []string{there, "--data", data}, "not overwritten"},
		{"another backup", []string{strings.TrimSuffix(part, ".part"), "--data", data}, part + " is there already"},
		{"no folder for it", []string{filepath.Join(dir, "absent", "x.tar"), "--data", data}, "absent"},
		{"no data", []string{filepath.Join(dir, "x.tar"), "--data", filepath.Join(dir, "nothing")}, "no database in"},
		{"a server", []string{filepath.Join(dir, "x.tar"), "--mongodb-uri", "mongodb://u:hidden@db/"}, "mongodump"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := command(t, Backup, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("backup %q: %v, want one line with %q", tt.args, err, tt.want)
			}
		})
	}
	if got := fmt.Sprint(names(dir)); got != "[killed.tar.part there.tar]" {
		t.Errorf("the refused backups left %v", got)
	}
	if got := names(filepath.Join(data, checkpoints)); len(got) > 0 {
		t.Errorf("the refused backups left %v in the data folder", got)
	}
	if b, err := os.ReadFile(there); string(b) != "mine" {
		t.Errorf("the file that was there holds %q: %v", b, err)
	}
}

// stopper ends a context at the first byte that is written to it.
type stopper struct{ stop func() }

func (s stopper) Write(p []byte) (int, error) {
	s.stop()
	return len(p), nil
}

func TestAnInterruptedBackupLeavesNothing(t *testing.T) {
	data := demoData(t)
	a, stop := running(t, data)
	defer stop()
	copies := filepath.Join(data, checkpoints)
	dir := t.TempDir()

	ctx, cancel := context.WithCancel(t.Context())
	term, _, _ := terminal("")
	term.Err = stopper{cancel} // the first thing it says is that all is read
	err := Backup(ctx, term, []string{filepath.Join(dir, "x.tar"), "--data", data})
	if err == nil || err.Error() != "backup: stopped before the end" {
		t.Errorf("a backup that was interrupted: %v", err)
	}
	within(t, "the copy is gone", func() bool { return len(names(copies)) == 0 })
	if left := names(dir); len(left) > 0 {
		t.Errorf("the interrupted backup left %v", left)
	}

	// A command that is killed cannot tidy; its connection ends.
	c, err := knock(t.Context(), data, "/backup")
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.next()
	if err != nil || len(names(filepath.Join(copies, s.Folder))) == 0 {
		t.Fatalf("the program answers %+v, %v; there is %v", s, err, names(copies))
	}
	c.hangUp()
	within(t, "the copy is gone", func() bool { return len(names(copies)) == 0 })

	// The program ends under a command: its copy stays until the next start.
	if c, err = knock(t.Context(), data, "/backup"); err == nil {
		s, err = c.next()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := embedded.Survey(t.Context(), filepath.Join(copies, s.Folder), embedded.Options{}, nil); err != nil {
		t.Errorf("the copy after the program ended: %v", err)
	}
	if _, err := c.next(); err == nil {
		t.Error("the program goes on talking after its end")
	}
	c.hangUp()
	if _, stop = running(t, data); len(names(copies)) != 0 {
		t.Errorf("after a start there is %v", names(copies))
	}
	stop()
	if err := a.embedded.Backup(filepath.Join(dir, "late")); !errors.Is(err, embedded.ErrClosed) {
		t.Errorf("the first program's database: %v", err)
	}
}

func TestTheDoor(t *testing.T) {
	data := demoData(t)
	_, stop := running(t, data)
	defer stop()
	file := filepath.Join(data, controlFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the control file: %v %v", info.Mode(), err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Split(string(text), `"`)[3]
	token := strings.Split(string(text), `"`)[7]
	if host, _, err := net.SplitHostPort(address); err != nil || !net.ParseIP(host).IsLoopback() || len(token) != 64 {
		t.Fatalf("the control file says %s", text)
	}
	for _, tt := range []struct {
		name, method, path, token string
		want                      int
	}{
		{"no token", "POST", "/backup", "", 401},
		{"wrong token", "POST", "/backup", "Bearer " + strings.Repeat("0", 64), 401},
		{"part of the token", "POST", "/check", "Bearer " + token[:63], 401},
		{"longer token", "POST", "/check", "Bearer " + token + "0", 401},
		{"token alone", "POST", "/check", token, 401},
		{"no token, no such path", "GET", "/", "", 401},
		{"another method", "GET", "/backup", "Bearer " + token, 405},
		{"another path", "POST", "/", "Bearer " + token, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+address+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", tt.token)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("%s %s with %q answers %d, want %d", tt.method, tt.path, tt.token, resp.StatusCode, tt.want)
			}
		})
	}
	if got := names(filepath.Join(data, checkpoints)); len(got) > 0 {
		t.Errorf("the refused left %v", got)
	}
	if out, err := command(t, CheckDatabase, "--data", data); err != nil || !strings.Contains(out, "as it was written") {
		t.Errorf("db check of a running program: %v %q", err, out)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context, Terminal, []string) error{
		"db check": CheckDatabase,
		"backup": func(ctx context.Context, term Terminal, args []string) error {
			return Backup(ctx, term, append(args, filepath.Join(t.TempDir(), "x")))
		},
	} {
		if _, err := command(t, do, "--data", data); !errors.Is(err, embedded.ErrInUse) {
			t.Errorf("%s without the control file of a running program: %v, want ErrInUse", name, err)
		}
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckNamesTheDamage(t *testing.T) {
	data := demoData(t)
	var largest os.FileInfo
	files, err := os.ReadDir(filepath.Join(data, databaseFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if i, err := f.Info(); err == nil && (largest == nil || i.Size() > largest.Size()) {
			largest = i
		}
	}
	name := filepath.Join(data, databaseFolder, largest.Name())
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 4
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, CheckDatabase, "--data", data); !errors.Is(err, embedded.ErrDamaged) || !strings.Contains(err.Error(), data) {
		t.Errorf("db check of a damaged database: %v", err)
	}
	if _, err := command(t, Backup, filepath.Join(t.TempDir(), "x"), "--data", data); !errors.Is(err, embedded.ErrDamaged) {
		t.Errorf("backup of a damaged database: %v", err)
	}
	if _, err := command(t, CheckDatabase, "--mongodb-uri", "mongodb://db/"); err == nil {
		t.Error("db check of a server")
	}
}
