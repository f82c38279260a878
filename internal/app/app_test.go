package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hocso/internal/config"
	"hocso/internal/mongodb/embedded"
)

// output collects what a command prints; commands may print from several goroutines.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// terminal is a terminal without environment, whose output can be read.
func terminal(in string) (t Terminal, out, errs *output) {
	out, errs = &output{}, &output{}
	return Terminal{In: strings.NewReader(in), Out: out, Err: errs, Getenv: func(string) string { return "" }}, out, errs
}

// serving starts Serve on data and returns what it prints and how to stop it.
func serving(t *testing.T, data string, args ...string) (out *output, stop func() error) {
	t.Helper()
	term, out, _ := terminal("")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, term, append([]string{"--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", ""}, args...))
	}()
	for !strings.Contains(out.String(), "is ready") {
		select {
		case err := <-done:
			t.Fatalf("Serve ended with %v after printing %q", err, out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return out, func() error {
		cancel()
		return <-done
	}
}

func TestFirstStartPrintsALinkForTheFirstAdministrator(t *testing.T) {
	data := t.TempDir()
	out, stop := serving(t, data)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`http://127\.0\.0\.1:0/setup#\S{20,}`).MatchString(out.String()) {
		t.Errorf("the first start printed %q, want a link with the token behind #", out)
	}
	if !strings.Contains(out.String(), "published version 1") {
		t.Errorf("the first start printed %q, want the courses published", out)
	}
	out, stop = serving(t, data)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "published version") {
		t.Errorf("the second start printed %q: publishing the same content again must change nothing", out)
	}
}

func TestASecondProgramOnTheSameDataIsRefused(t *testing.T) {
	data := t.TempDir()
	_, stop := serving(t, data)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	term, _, _ := terminal("")
	err := Serve(t.Context(), term, []string{"--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", ""})
	if !errors.Is(err, embedded.ErrInUse) || !strings.Contains(err.Error(), data) {
		t.Errorf("a second Serve on %s: %v, want ErrInUse that names the folder", data, err)
	}
}

func TestALargeDatabaseIsSaid(t *testing.T) {
	for _, tt := range []struct {
		documents int
		said      bool
	}{{largeDatabase, false}, {largeDatabase + 1, true}} {
		var out output
		warnLarge(slog.New(slog.NewJSONHandler(&out, nil)), tt.documents)
		if said := strings.Contains(out.String(), "hocso db copy"); said != tt.said {
			t.Errorf("with %d documents the log says %q", tt.documents, &out)
		}
	}
}

func TestAPortInUseIsOneClearLine(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it served nobody
	data := filepath.Join(t.TempDir(), "data")
	term, _, _ := terminal("")
	err = Serve(t.Context(), term, []string{"--data", data, "--listen", ln.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), ln.Addr().String()+" is in use") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Serve on a port in use: %v", err)
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Serve on a port in use made %s: %v", data, err)
	}
}

func TestAdminCreate(t *testing.T) {
	data := t.TempDir()
	for _, tt := range []struct{ name, email, password, bad string }{
		{"too short", "lan@hocso.example", "con-cho\n", "password: too_short"},
		{"no address", "lan", "mot-cum-tu-that-la-dai\n", "email"},
		{"right", "lan@hocso.example", "mot-cum-tu-that-la-dai\n", ""},
		{"twice", "LAN@hocso.example", "mot-cum-tu-that-la-dai\n", "e-mail"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term, out, _ := terminal(tt.password)
			err := AdminCreate(t.Context(), term, []string{"--data", data, "--email", tt.email, "--password-stdin"})
			if tt.bad == "" && (err != nil || !strings.Contains(out.String(), "lan@hocso.example")) {
				t.Errorf("AdminCreate: %v, printed %q", err, out)
			}
			if tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad) || strings.Contains(err.Error(), strings.TrimSpace(tt.password))) {
				t.Errorf("AdminCreate: %v, want an error that names %q and not the password", err, tt.bad)
			}
		})
	}
	out, stop := serving(t, data)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "setup#") {
		t.Errorf("with an administrator the start printed %q", out)
	}
}

func TestAdminResetFactor(t *testing.T) {
	data := t.TempDir()
	term, _, _ := terminal("mot-cum-tu-that-la-dai\n")
	if err := AdminCreate(t.Context(), term, []string{"--data", data, "--email", "lan@hocso.example", "--password-stdin"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, email, bad string }{
		{"nobody", "", "--email"},
		{"unknown", "binh@hocso.example", "email: no such person"},
		{"right", "LAN@hocso.example", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term, out, _ := terminal("")
			err := AdminResetFactor(t.Context(), term, []string{"--data", data, "--email", tt.email})
			if tt.bad == "" && (err != nil || !strings.Contains(out.String(), "lan@hocso.example")) {
				t.Errorf("AdminResetFactor: %v, printed %q", err, out)
			}
			if tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)) {
				t.Errorf("AdminResetFactor: %v, want an error that names %q", err, tt.bad)
			}
		})
	}
}

// A demo organisation, whose password everybody knows, says that it works without a
// second factor; every other one says nothing of it.
func TestADemoWorksWithoutASecondFactor(t *testing.T) {
	data := t.TempDir()
	term, _, _ := terminal("")
	if err := Demo(t.Context(), term, []string{"--data", data, "--people", "20"}); err != nil {
		t.Fatal(err)
	}
	for folder, said := range map[string]bool{data: true, t.TempDir(): false} {
		out, stop := serving(t, folder)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "without a second factor") != said {
			t.Errorf("the start printed %q, the second factor named: want %v", out, said)
		}
	}
	a, err := Open(t.Context(), config.Config{Data: data, TimeZone: time.UTC, SecondFactor: true}, slog.New(slog.DiscardHandler), nowMillis)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }() // nothing was written
	if a.auth.SecondFactor {
		t.Error("a demo organisation asks its administrators for a second factor")
	}
}

func TestDemo(t *testing.T) {
	var emails [2]string
	for i := range emails {
		data := t.TempDir()
		args := []string{"--data", data, "--people", "30", "--seed", "5", "--json"}
		for range 2 { // the second run prints the same again
			term, out, _ := terminal("")
			if err := Demo(t.Context(), term, args); err != nil {
				t.Fatal(err)
			}
			var made demoSignIns
			if err := json.Unmarshal([]byte(out.String()), &made); err != nil || len(made.SignIns) != len(demoRoles())+1 {
				t.Fatalf("Demo printed %q: %v", out, err)
			}
			emails[i] = ""
			for _, s := range made.SignIns {
				emails[i] += s.Email + " "
			}
		}
		term, out, _ := terminal("")
		if err := Fsck(t.Context(), term, []string{"--data", data}); err != nil || !strings.Contains(out.String(), "0 differences") {
			t.Errorf("fsck of a demo organisation: %v, %q", err, out)
		}
	}
	if emails[0] != emails[1] {
		t.Errorf("the same seed gave %q and %q", emails[0], emails[1])
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	term, _, _ := terminal("")
	if err := Demo(t.Context(), term, []string{"--data", other}); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("Demo in a folder with other data: %v", err)
	}
}

func TestContentCheckNamesFileAndLine(t *testing.T) {
	term, out, _ := terminal("")
	if err := ContentCheck(t.Context(), term, nil); err != nil {
		t.Errorf("the content inside the program: %v %s", err, out)
	}
	dir := t.TempDir()
	course := filepath.Join(dir, "courses", "broken")
	if err := os.MkdirAll(course, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(course, "course.yaml"), []byte("title: {vi: A, en: B}\ntitel: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	term, out, _ = terminal("")
	if err := ContentCheck(t.Context(), term, []string{dir}); !errors.Is(err, ErrProblems) || !strings.Contains(out.String(), "courses/broken/course.yaml:2:") {
		t.Errorf("a wrong key: %v, printed %q", err, out)
	}
	term, _, _ = terminal("")
	if err := ContentCheck(t.Context(), term, []string{filepath.Join(dir, "absent")}); err == nil {
		t.Error("an absent folder is no mistake")
	}
}

func TestConfigAndVersion(t *testing.T) {
	term, out, _ := terminal("")
	if err := PrintConfig(t.Context(), term, nil); err != nil || !strings.Contains(out.String(), "HOCSO_LISTEN=127.0.0.1:8080") {
		t.Errorf("config: %v %q", err, out)
	}
	term, out, _ = terminal("")
	if err := Version(t.Context(), term, nil); err != nil || !strings.HasPrefix(out.String(), "hocso ") {
		t.Errorf("version: %v %q", err, out)
	}
}
