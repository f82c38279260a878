//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// authenticator gives the phone one that keeps passkeys and is unlocked by a finger.
func (p *phone) authenticator() (id webauthn.AuthenticatorID) {
	p.t.Helper()
	p.do(webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		id, err = webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	}))
	return id
}

// TestPasskey registers a passkey with Chromium's virtual authenticator as the first
// administrator's second factor, and signs in with it: alone, and after the password.
func TestPasskey(t *testing.T) {
	t.Parallel()
	_, link := startEmpty(t)
	p := newPhone(t).Hurry()
	authenticator := p.authenticator()
	p.setUpFirst(link)
	p.Tap("Thêm khóa truy cập cho máy này")
	p.keptCodes()
	p.Tap("Tôi đã cất các mã")
	p.wait("the desk", func() bool { return p.Has("Quản lý") })
	p.CheckBoth("passkey-set")
	p.Go("/people")
	p.See("Nguyễn Thị Quản")

	p.leave()
	p.wait("the button of passkeys", func() bool { return p.Has("Đăng nhập bằng khóa truy cập") })
	p.CheckBoth("sign-in-passkey")
	p.Tap("Đăng nhập bằng khóa truy cập")
	p.Tap("Tôi đã đọc")
	p.See("Chào Quản")
	p.Go("/people")
	p.See("Nguyễn Thị Quản") // it counts as both factors

	p.leave()
	p.typePassword()
	p.See("Dùng khóa truy cập của bạn để vào.")
	p.CheckBoth("second-passkey")
	p.Tap("Dùng khóa truy cập")
	p.See("Chào Quản")

	// Who is asked to prove it can do that with the passkey as well. The last factor stays.
	p.Go("/me/security")
	p.tap("Linux…", controls)
	p.See("Tên khóa")
	p.CheckBoth("passkey-one")
	p.Fill("Tên khóa", "Điện thoại của Quản")
	p.Tap("Đổi tên")
	p.See("Điện thoại của Quản")
	p.tap("Điện thoại của Quản…", controls)
	p.Tap("Gỡ khóa này")
	p.See("Xác nhận là bạn")
	p.Tap("Dùng khóa truy cập")
	p.See("Vai trò của bạn cần bước thứ hai. Hãy thiết lập cách khác trước khi gỡ cách này.")

	// A person who does not unlock the device gets back to the form without a word of blame.
	p.Reload()
	p.See("Điện thoại của Quản")
	p.leave()
	p.do(webauthn.SetUserVerified(authenticator, false))
	p.wait("the button of passkeys", func() bool { return p.Has("Đăng nhập bằng khóa truy cập") })
	p.Tap("Đăng nhập bằng khóa truy cập")
	p.wait("the form to be free again", func() bool { return !p.holds(`!!document.querySelector("[aria-busy]")`) })
	if p.Path() != "/sign-in" {
		t.Errorf("without unlocking the device one gets to %s", p.Path())
	}
}
