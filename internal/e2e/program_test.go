//go:build e2e

// Package e2e drives the real program in real browsers.
package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hocso-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	binary = filepath.Join(dir, "hocso")
	build := exec.Command("go", "build", "-o", binary, "hocso/cmd/hocso")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		return 1
	}
	for _, name := range []string{"chromium", "firefox-esr"} {
		path, err := exec.LookPath(name)
		switch {
		case err == nil:
			version, _ := exec.Command(path, "--version").Output() // only shown
			fmt.Printf("found %s: %s\n", path, strings.TrimSpace(string(version)))
		case os.Getenv("CI") != "":
			fmt.Fprintln(os.Stderr, "not found:", name)
			return 1
		default:
			fmt.Printf("not found: %s; its tests are skipped (apt-get install %s)\n", name, name)
		}
	}
	return m.Run()
}

// signIn is one of the sign-ins that `hocso demo --json` prints.
type signIn struct{ Role, Name, Email, Password, Unit string }

// program is the server under test, behind a network that can fail.
type program struct {
	t       *testing.T
	Data    string
	URL     string // what browsers see: the network's address
	SignIns map[string]signIn
	Network *network

	listen string
	extra  []string
	out    *os.File // standard output of the program; nil: nowhere
	mu     sync.Mutex
	cmd    *exec.Cmd
	tokens map[string]string // access token by e-mail
}

// start fills a new data folder with the demo organisation and serves it.
func start(t *testing.T, extra ...string) *program {
	t.Helper()
	p := &program{t: t, Data: t.TempDir(), SignIns: map[string]signIn{}, tokens: map[string]string{}, extra: extra, listen: freeAddress(t)}
	out, err := exec.Command(binary, "demo", "--data", p.Data, "--people", "60", "--seed", "7", "--json").Output()
	if err != nil {
		t.Fatalf("hocso demo: %v %s", err, out)
	}
	var answer struct{ SignIns []signIn }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("hocso demo printed %q: %v", out, err)
	}
	for _, s := range answer.SignIns {
		p.SignIns[s.Role] = s
	}
	p.Network = newNetwork(t, "http://"+p.listen)
	p.URL = p.Network.URL
	p.Serve()
	t.Cleanup(p.Kill)
	return p
}

// startEmpty serves an empty data folder at a name, as browsers want it for passkeys, and
// returns the one-time link for the first administrator that the start printed.
func startEmpty(t *testing.T) (p *program, link string) {
	t.Helper()
	p = &program{t: t, Data: t.TempDir(), SignIns: map[string]signIn{}, tokens: map[string]string{}, listen: freeAddress(t)}
	p.Network = newNetwork(t, "http://"+p.listen)
	p.URL = strings.Replace(p.Network.URL, "127.0.0.1", "localhost", 1)
	file := filepath.Join(t.TempDir(), "out")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // the program has it open by itself
	p.out = out
	p.Serve()
	t.Cleanup(p.Kill)
	printed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for f := range strings.FieldsSeq(string(printed)) {
		if strings.HasPrefix(f, p.URL+"/setup#") {
			return p, f
		}
	}
	t.Fatalf("no link for the first administrator in %q", printed)
	return nil, ""
}

// Serve starts the program and waits until it is ready.
func (p *program) Serve() {
	p.t.Helper()
	args := append([]string{"serve", "--data", p.Data, "--listen", p.listen, "--public-url", p.URL, "--metrics-listen", ""}, p.extra...)
	cmd := exec.Command(binary, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if p.out != nil {
		cmd.Stdout = p.out
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.Contains(lines.Text(), `"level":"ERROR"`) || strings.Contains(lines.Text(), "panic") {
				fmt.Println("program:", lines.Text())
			}
		}
	}()
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	within(p.t, "the program to be ready", func() bool {
		res, err := http.Get("http://" + p.listen + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = res.Body.Close() }() // nothing was read
		return res.StatusCode == http.StatusOK
	})
}

// Kill ends the program as a power cut of the process would: SIGKILL.
func (p *program) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may be gone already
	_ = p.cmd.Wait()         // killed
	p.cmd = nil
}

// Alive tells whether the program runs.
func (p *program) Alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd != nil
}

// API calls the program as a script would, signed in as s, and decodes the answer.
func (p *program) API(s signIn, method, path, body string, answer any) int {
	p.t.Helper()
	if p.tokens[s.Email] == "" {
		var session struct{ AccessToken string }
		if status := p.call("", http.MethodPost, "/api/v1/auth/sign-in", fmt.Sprintf(`{"email":%q,"password":%q}`, s.Email, s.Password), &session); status != http.StatusOK {
			p.t.Fatalf("sign-in of %s: status %d", s.Email, status)
		}
		p.tokens[s.Email] = session.AccessToken
	}
	return p.call(p.tokens[s.Email], method, path, body, answer)
}

// Get reads JSON as s; anything but success ends the test.
func (p *program) Get(s signIn, path string, answer any) {
	p.t.Helper()
	if status := p.API(s, http.MethodGet, path, "", answer); status != http.StatusOK {
		p.t.Fatalf("GET %s as %s: status %d", path, s.Email, status)
	}
}

func (p *program) call(token, method, path, body string, answer any) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.listen+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("X-Hocso", "1")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to the end
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if answer != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(b, answer); err != nil {
			p.t.Fatalf("%s %s answered %s: %v", method, path, b, err)
		}
	} else if res.StatusCode >= 400 {
		p.t.Logf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
	return res.StatusCode
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // only its number is wanted
	return l.Addr().String()
}

// within waits until done holds, and fails the test when patience ends.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
	}
}
