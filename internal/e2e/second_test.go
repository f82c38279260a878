//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	bytesof "encoding/binary" // binary is the program here
	"fmt"
	"strings"
	"testing"
	"time"
)

const firstPassword = "bon-tu-bat-ngo-di-cung-nhau"

// oneTimeCode is what an authenticator app shows for a key, by RFC 6238.
func oneTimeCode(t *testing.T, key string, at time.Time) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		t.Fatalf("the key %q: %v", key, err)
	}
	h := hmac.New(sha1.New, secret)
	h.Write(bytesof.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := h.Sum(nil)
	off := sum[19] & 15
	return fmt.Sprintf("%06d", bytesof.BigEndian.Uint32(sum[off:])&0x7fffffff%1_000_000)
}

// setUpFirst makes the first administrator by the link, who is led to the second factor.
func (p *phone) setUpFirst(link string) {
	p.t.Helper()
	p.Open(link)
	p.Fill("Họ và tên", "Nguyễn Thị Quản")
	p.Fill("Thư điện tử", "quan@hocso.example")
	p.Fill("Mật khẩu mới", firstPassword)
	p.Tap("Bắt đầu")
	p.See("Bạn cần thêm bước đăng nhập thứ hai")
	if p.Path() != "/me/security" {
		p.fail("an administrator without a second factor is at %s", p.Path())
	}
}

// keptCodes reads the recovery codes on the screen and closes it.
func (p *phone) keptCodes() (codes []string) {
	p.t.Helper()
	p.See("Mất điện thoại thì dùng một trong các mã này để đăng nhập. Mỗi mã dùng một lần. Hãy chép ra giấy và cất đi, bạn sẽ không xem lại được.")
	p.Eval(`[...document.querySelectorAll("dialog[open] code")].map((c) => c.textContent)`, &codes)
	if len(codes) != 10 {
		p.fail("%d recovery codes, want 10", len(codes))
	}
	return codes
}

func (p *phone) leave() {
	p.t.Helper()
	p.Go("/me")
	p.Tap("Đăng xuất")
	p.See("Đăng xuất khỏi máy này?")
	p.Settled() // the sheet has come up
	p.tap("Đăng xuất", "dialog[open] button")
	p.See("Học kỹ năng số, mỗi ngày vài phút")
}

func (p *phone) typePassword() {
	p.t.Helper()
	p.Fill("Thư điện tử", "quan@hocso.example")
	p.Fill("Mật khẩu", firstPassword)
	p.Tap("Đăng nhập")
}

// TestSecondFactor leads the first administrator from the one-time link to the desk by
// way of an authenticator app, out, and in again with a code and with a recovery code.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server, link := startEmpty(t)
			p := newPhone(t).Hurry()
			p.Open(server.URL + "/sign-in")
			p.Speak(lang)
			p.setUpFirst(link)
			p.CheckBoth("security-needed")
			if p.Has("Quản lý") {
				t.Error("the desk is there before the second factor")
			}
			p.Tap("Thiết lập")
			p.See("Thiết lập ứng dụng tạo mã")
			p.CheckBoth("security-app")
			var key string
			p.Eval(`document.querySelector("dialog[open] code").textContent`, &key)
			p.Fill("Mã sáu số", "000000")
			p.Tap("Xác nhận mã")
			p.See("Mã chưa đúng, hoặc đã được dùng. Bạn đợi mã mới rồi thử lại nhé.")
			used := time.Now()
			p.Fill("Mã sáu số", oneTimeCode(t, key, used))
			p.Tap("Xác nhận mã")
			codes := p.keptCodes()
			p.CheckBoth("security-codes")
			p.Tap("Tôi đã cất các mã")
			p.wait("the desk", func() bool { return p.Has("Quản lý") })
			p.CheckBoth("security-set")
			p.Go("/people")
			p.See("Nguyễn Thị Quản")

			p.leave()
			p.typePassword()
			p.See("Mở ứng dụng tạo mã trên điện thoại và gõ sáu số đang hiện.")
			p.CheckBoth("second-code")
			p.Fill("Mã sáu số", oneTimeCode(t, key, used)) // it was used to confirm
			p.Tap("Vào")
			p.See("Mã chưa đúng, hoặc đã được dùng. Bạn đợi mã mới rồi thử lại nhé.")
			p.CheckBoth("second-wrong")
			p.Fill("Mã sáu số", oneTimeCode(t, key, used.Add(30*time.Second))) // the next one, which a fast clock shows already
			p.Tap("Vào")
			p.Tap("Tôi đã đọc")
			p.See(p.filled("Chào {name}", "name", "Quản"))

			p.leave()
			p.typePassword()
			p.Tap("Dùng mã khôi phục")
			p.CheckBoth("second-recovery")
			p.Fill("Mã khôi phục", strings.ToLower(codes[7]))
			p.Tap("Vào")
			p.See(p.filled("Chào {name}", "name", "Quản"))

			p.Go("/me/security")
			p.Tap("Tạo mã mới")
			p.See("Xác nhận là bạn")
			p.CheckBoth("security-prove")
			p.Fill("Mật khẩu hiện tại", "khong-phai-mat-khau-nay")
			p.Tap("Xác nhận")
			p.See("Mật khẩu hoặc khóa truy cập chưa đúng.")
			p.Fill("Mật khẩu hiện tại", firstPassword)
			p.Tap("Xác nhận")
			if fresh := p.keptCodes(); fresh[7] == codes[7] {
				t.Errorf("new recovery codes are the old ones: %q", fresh)
			}
		})
	}
}

// TestOwnPassword changes a password on one phone: this one goes on, another is signed out.
func TestOwnPassword(t *testing.T) {
	t.Parallel()
	server := start(t)
	learner := server.SignIns["learner"]
	p, other := newPhone(t).Hurry(), newPhone(t).Hurry()
	p.SignIn(server, learner)
	other.SignIn(server, learner)
	p.Go("/me/password")
	p.Fill("Mật khẩu hiện tại", "khong-phai-mat-khau-nay")
	p.Fill("Mật khẩu mới", "hoa sen nở trắng hồ Tây")
	p.Tap("Đổi mật khẩu")
	p.See("Mật khẩu hiện tại chưa đúng.")
	p.CheckBoth("password-wrong")
	p.Fill("Mật khẩu hiện tại", learner.Password)
	p.Tap("Đổi mật khẩu")
	p.See("Đăng nhập và bảo mật")
	p.Reload()
	p.See("Bước đăng nhập thứ hai")
	other.Go("/me/devices")
	other.See("Phiên đăng nhập đã hết. Bài làm vẫn còn trên máy.")
	learner.Password = "hoa sen nở trắng hồ Tây"
	p.leave()
	p.SignIn(server, learner)
}
