//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hocso/internal/mail/mailtest"
)

// TestForgottenPassword has a link mailed by a real mail server, sets another password
// with it and signs in.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	post := mailtest.New(t, nil, false)
	server := start(t, "--smtp-url", "smtp://"+post.Address, "--mail-from", "Học Số <hoc-so@hocso.example>")
	learner := server.SignIns["learner"]
	p := newPhone(t).Hurry()
	p.Open(server.URL)
	p.Tap("Quên mật khẩu?")
	p.See("Gửi liên kết")
	p.CheckBoth("forgot")
	p.Fill("Thư điện tử", learner.Email)
	p.Tap("Gửi liên kết")
	p.See("Mời bạn xem hộp thư")
	p.CheckBoth("forgot-asked")
	var link string
	within(t, "the mail", func() bool {
		for _, m := range post.Mails() {
			if text := strings.ReplaceAll(m.Raw, "=\r\n", ""); m.To == learner.Email {
				_, rest, _ := strings.Cut(text, server.URL+"/reset#")
				token, _, _ := strings.Cut(rest, "\r\n")
				link = server.URL + "/reset#" + token
			}
		}
		return link != ""
	})
	p.Open(link)
	p.See("Đặt mật khẩu mới")
	p.Fill("Mật khẩu mới", "ngắn quá")
	p.Tap("Đặt mật khẩu")
	p.See("Mật khẩu còn ngắn, cần ít nhất 15 ký tự.")
	p.CheckBoth("reset")
	learner.Password = "bốn từ bất ngờ ghép lại"
	p.Fill("Mật khẩu mới", learner.Password)
	p.Tap("Đặt mật khẩu")
	p.See("Đã đặt mật khẩu mới")
	p.CheckBoth("reset-done")
	p.Tap("Đăng nhập")
	p.wait("the sign-in", func() bool { return p.Path() == "/sign-in" })
	p.SignIn(server, learner)

	other := newPhone(t).Hurry()
	other.Open(link)
	other.Fill("Mật khẩu mới", learner.Password)
	other.Tap("Đặt mật khẩu")
	other.See("Liên kết này không còn dùng được")
	other.CheckBoth("reset-used")
	other.Open(server.URL + "/reset#")
	other.Reload()
	other.See("Liên kết này không đúng")
}

// provider starts a real provider at a port, which sends back to callback.
func provider(t *testing.T, port, callback string) {
	t.Helper()
	cmd := exec.Command("node", "e2e/provider.mjs", port, callback)
	cmd.Dir = "../../pwa"
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal("node is needed: ", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be gone already
		_ = cmd.Wait()         // killed
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return
		}
	}
	t.Fatal("the provider did not start: npm ci in pwa")
}

// providers writes a file of one provider that runs on this machine, and returns its name and port.
func providers(t *testing.T) (file, port string) {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "oidc.yaml")
	settings := fmt.Sprintf(`providers:
- id: bo
  name: {vi: Cổng của Bộ, en: the ministry's account}
  issuer: http://localhost:%s
  clientId: hocso
  clientSecret: geheim
  domains: [hocso.example]
`, port)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, port
}

// enterAt signs in with a provider and says there who one is.
func (p *phone) enterAt(name, email string) {
	p.t.Helper()
	button := "Đăng nhập bằng " + name
	p.wait("the provider", func() bool {
		if p.holds(`!!document.querySelector("input[name=login]")`) {
			return true
		}
		if p.Has(button) && p.Path() == "/sign-in" { // also when it was away a moment ago
			p.Tap(button)
		}
		return false
	})
	p.Eval(fmt.Sprintf(`document.querySelector("input[name=login]").value = %s; document.querySelector("input[name=password]").value = "x"; setTimeout(() => document.querySelector("form").submit()); true`, quote(email)), nil)
	p.wait("the question for consent", func() bool {
		return p.holds(`location.pathname.startsWith("/interaction/") && !document.querySelector("input[name=login]") && !!document.querySelector("form")`)
	})
	p.Eval(`setTimeout(() => document.querySelector("form").submit()); true`, nil)
}

// TestProvider signs in with a provider on another site and lands where the person
// wanted to go: the session's Strict cookie survives the way back.
func TestProvider(t *testing.T) {
	t.Parallel()
	file, port := providers(t)
	server := start(t, "--oidc", file)
	learner := server.SignIns["learner"]
	p := newPhone(t).Hurry()
	const button = "Đăng nhập bằng Cổng của Bộ"
	p.Open(server.URL + "/courses/phishing-basics")
	p.Tap(button)
	p.See("Hệ thống đăng nhập của cơ quan chưa trả lời. Bạn thử lại sau ít phút nhé.")
	p.CheckBoth("sign-in-provider")

	provider(t, port, server.URL+"/api/v1/auth/oidc/callback")
	p.Open(server.URL + "/courses/phishing-basics")
	p.enterAt("Cổng của Bộ", learner.Email)
	p.wait("the page that was wanted", func() bool { return p.Path() == "/courses/phishing-basics" })
	p.See("Bắt đầu học")
	p.Reload()
	p.See("Bắt đầu học")

	stranger := newPhone(t).Hurry()
	stranger.Open(server.URL)
	stranger.enterAt("Cổng của Bộ", "ai-do@hocso.example")
	stranger.See("Tài khoản đó chưa dùng được ở đây. Hãy báo người quản trị của cơ quan.")
	stranger.CheckBoth("sign-in-no-account")
}
