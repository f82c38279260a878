//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestHeadsJourney takes a head of a unit from a list to the desk: imported, invited by a
// QR code, set up on a phone, signed in by the organisation's account and by a passkey;
// and there they see their own unit and nothing of the one beside it.
func TestHeadsJourney(t *testing.T) {
	t.Parallel()
	file, port := providers(t)
	server := start(t, "--oidc", file)
	server.Kill()
	server.URL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // passkeys need a name
	server.Serve()
	provider(t, port, server.URL+"/api/v1/auth/oidc/callback")

	desk := newDesk(t)
	desk.Open(server.URL)
	desk.See("Đăng nhập bằng Cổng của Bộ") // the last to come on the page
	desk.SignIn(server, server.SignIns["administrator"])
	desk.importList("thư điện tử,họ tên,mã đơn vị,tên đơn vị,đơn vị cha,phụ trách\n" +
		"truong@hocso.example,Phan Thị Trưởng,to-mot,Tổ Một,an-toan,x\n" +
		"lan@hocso.example,Hồ Thị Lan,to-mot,,,\n" +
		"nam@hocso.example,Vũ Văn Nam,to-hai,Tổ Hai,an-toan,\n")
	desk.Tap("Nhập 3 người")
	desk.See("Đã nhập xong")
	desk.Go("/people/invitations")
	desk.pick("Đơn vị", "to-mot")
	desk.See("2 người chưa có mật khẩu")
	desk.Tap("Làm 2 phiếu")
	desk.See("Phiếu chỉ hiện lần này")
	var png []byte
	desk.do(chromedp.Screenshot(`.cards svg[aria-label*="Trưởng"]`, &png, chromedp.ByQuery))
	link := scan(t, png)

	head := signIn{Name: "Phan Thị Trưởng", Email: "truong@hocso.example", Password: "con-duong-den-truong-rat-xa"}
	p := newPhone(t).Hurry()
	p.authenticator()
	p.Open(link)
	p.Fill("Mật khẩu mới", head.Password)
	p.Tap("Bắt đầu")
	p.Tap("Tôi đã đọc")
	p.See("Chào Trưởng")

	p.leave()
	p.enterAt("Cổng của Bộ", head.Email)
	p.See("Chào Trưởng")
	p.Go("/me/security")
	p.Tap("Thêm khóa truy cập cho máy này")
	p.keptCodes()
	p.Tap("Tôi đã cất các mã")
	p.leave()
	p.wait("the button of passkeys", func() bool { return p.Has("Đăng nhập bằng khóa truy cập") })
	p.Tap("Đăng nhập bằng khóa truy cập")
	p.See("Chào Trưởng")

	p.Go("/my-unit")
	p.See("Tổ Một")
	p.See("Hồ Thị Lan")
	p.Check("journey-own-unit")
	p.Go("/overview/units/to-hai")
	p.wait("the answer about the unit beside", func() bool { return !p.holds(`!!document.querySelector("[aria-busy=true], .skeleton")`) })
	p.Check("journey-sibling")
	if p.Shows("Vũ Văn Nam") || p.Shows("Tổ Hai") {
		t.Error("a head sees the unit beside their own")
	}
	for path, want := range map[string]int{"/tracking/units?unit=to-mot": http.StatusOK, "/tracking/units?unit=to-hai": http.StatusNotFound, "/tracking/units?unit=nowhere": http.StatusNotFound} {
		status := 0
		p.Eval(`fetch("/api/v1/auth/refresh", {method: "POST", headers: {"x-hocso": "1"}}).then((r) => r.json()).then((s) =>
			fetch("/api/v1`+path+`", {headers: {authorization: "Bearer " + s.accessToken}})).then((r) => r.status)`, &status)
		if status != want {
			t.Errorf("%s: status %d, want %d", path, status, want)
		}
	}
}
