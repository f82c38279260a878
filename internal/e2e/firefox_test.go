//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// firefox is one headless Firefox with one page, driven by WebDriver BiDi.
type firefox struct {
	t       *testing.T
	cmd     *exec.Cmd
	conn    *websocket.Conn
	lastID  int
	context string
}

// newFirefox starts Firefox with an empty profile whose push service is at
// pushService (ws://…). It skips without Firefox.
func newFirefox(t *testing.T, pushService string) *firefox {
	t.Helper()
	path, err := exec.LookPath("firefox-esr")
	if err != nil {
		t.Skip("no firefox-esr")
	}
	dir := t.TempDir()
	var lines strings.Builder
	for name, value := range map[string]any{
		"dom.push.serverURL":                         pushService,
		"dom.push.testing.allowInsecureServerURL":    true,  // else wss: only
		"dom.push.connection.enabled":                true,  // remote control switches push off
		"dom.push.retryBaseInterval":                 100,   // milliseconds until it connects again
		"permissions.default.desktop-notification":   1,     // granted, no prompt
		"alerts.useSystemBackend":                    false, // else showNotification fails without a desktop
		"browser.shell.checkDefaultBrowser":          false,
		"datareporting.policy.dataSubmissionEnabled": false,
		"intl.accept_languages":                      "vi",
	} {
		v, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, "user_pref(%q, %s);\n", name, v)
	}
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--profile", dir, "--remote-debugging-port", "0", "about:blank")
	cmd.Env = append(os.Environ(), "MOZ_HEADLESS=1", "HOME="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Firefox is several processes
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &firefox{t: t, cmd: cmd}
	t.Cleanup(f.close)
	listening := regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case a := <-address:
		f.connect(ctx, a)
	case <-ctx.Done():
		t.Fatal("firefox does not listen")
	}
	return f
}

type object = map[string]any

func (f *firefox) connect(ctx context.Context, address string) {
	f.t.Helper()
	conn, _, err := websocket.Dial(ctx, address+"/session", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.conn = conn
	f.conn.SetReadLimit(64 << 20)
	f.call("session.new", object{"capabilities": object{}}, nil)
	var tree struct{ Contexts []struct{ Context string } }
	f.call("browsingContext.getTree", object{}, &tree)
	f.context = tree.Contexts[0].Context
}

func (f *firefox) close() {
	_ = syscall.Kill(-f.cmd.Process.Pid, syscall.SIGKILL) // it may be gone already
	_ = f.cmd.Wait()                                      // killed
}

func (f *firefox) call(method string, params, result any) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	f.lastID++
	text, err := json.Marshal(object{"id": f.lastID, "method": method, "params": params})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.conn.Write(ctx, websocket.MessageText, text); err != nil {
		f.t.Fatal(err)
	}
	for {
		_, text, err := f.conn.Read(ctx)
		if err != nil {
			f.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID                   int
			Type, Error, Message string
			Result               json.RawMessage
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			f.t.Fatal(err)
		}
		switch {
		case answer.ID != f.lastID: // an event, or an answer nobody waits for
			continue
		case answer.Type == "error":
			f.t.Fatalf("%s: %s: %s", method, answer.Error, answer.Message)
		case result != nil:
			if err := json.Unmarshal(answer.Result, result); err != nil {
				f.t.Fatal(err)
			}
		}
		return
	}
}

// Open loads a page and waits until it is complete.
func (f *firefox) Open(url string) {
	f.t.Helper()
	f.call("browsingContext.navigate", object{"context": f.context, "url": url, "wait": "complete"}, nil)
}

// Eval runs an expression as if the person had just touched the page, awaits it,
// and returns its value as text.
func (f *firefox) Eval(expression string) string {
	f.t.Helper()
	var answer struct {
		Type             string
		Result           struct{ Value any }
		ExceptionDetails struct{ Text string }
	}
	f.call("script.evaluate", object{"expression": expression, "target": object{"context": f.context}, "awaitPromise": true, "userActivation": true}, &answer)
	if answer.Type == "exception" {
		f.t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	return fmt.Sprint(answer.Result.Value)
}

// wait waits until done holds, and fails with what is on the screen when patience ends.
func (f *firefox) wait(what string, done func() bool) {
	f.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("waited for %s\non the screen: %s", what, f.Eval(`location.href + "\n" + document.body.innerText`))
		}
	}
}

// Tap clicks the control with this name, as the person's own touch.
func (f *firefox) Tap(name string) {
	f.t.Helper()
	f.wait("a control named "+name, func() bool {
		return f.Eval(fmt.Sprintf(`(() => { const e = (%s)(%s, %s); if (e) e.click(); return !!e; })()`, finder, quote(name), quote(controls))) == "true"
	})
}

// Fill types text into the field with this label.
func (f *firefox) Fill(label, text string) {
	f.t.Helper()
	f.wait("a field named "+label, func() bool {
		return f.Eval(fmt.Sprintf(`(() => { const e = (%s)(%s, "input, textarea"); if (!e) return false; e.focus(); e.value = %s; e.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`, finder, quote(label), quote(text))) == "true"
	})
}

// See waits until the text is on the screen.
func (f *firefox) See(text string) {
	f.t.Helper()
	f.wait("the text "+text, func() bool {
		return f.Eval(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%s)`, quote(text))) == "true"
	})
}
