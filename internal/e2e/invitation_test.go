//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/png" // what a browser's screenshot is
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// TestInvitationSheet makes a sheet for the new people of a unit, prints it, reads a
// card off the paper with a scanner and signs in with it.
func TestInvitationSheet(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.SignIn(server, server.SignIns["administrator"])
	list := "thư điện tử,họ tên,mã đơn vị,tên đơn vị,đơn vị cha\n"
	for i := range 9 {
		list += fmt.Sprintf("moi%d@hocso.example,Nguyễn Thị Người Mới Số %d,to-moi,Tổ Công nghệ thông tin và Chuyển đổi số,an-toan\n", i, i)
	}
	p.importList(list)
	p.Tap("Nhập 9 người")
	p.See("Đã nhập xong")
	p.Check("import-done-phone")
	p.Go("/people/invitations")
	p.pick("Đơn vị", "to-moi")
	p.See("9 người chưa có mật khẩu")
	p.CheckBoth("invitations-phone")
	p.Tap("Làm 9 phiếu")
	p.See("Phiếu chỉ hiện lần này")
	p.CheckBoth("invitations-sheet-phone")

	p.do(emulation.SetEmulatedMedia().WithMedia("print"))
	if p.holds(`[...document.querySelectorAll("nav, h1, .noprint, button")].some((e) => e.getClientRects().length)`) {
		t.Error("the frame of the app is printed")
	}
	p.do(emulation.SetEmulatedMedia().WithMedia(""))
	var pdf []byte
	p.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPrintBackground(false).WithPreferCSSPageSize(true).Do(ctx)
		return err
	}))
	if pages := bytes.Count(pdf, []byte("/Type /Page\n")); pages != 2 {
		t.Errorf("9 cards are printed on %d pages, want 2 with 8 on the first", pages)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "screenshots", "invitations.pdf"), pdf, 0o600); err != nil {
		t.Error(err)
	}

	var png []byte
	p.do(chromedp.Screenshot(`.cards svg`, &png, chromedp.ByQuery))
	link := scan(t, png)
	if !strings.HasPrefix(link, server.URL+"/invitation#") {
		t.Fatalf("the code says %q", link)
	}
	phone := newPhone(t)
	phone.Open(link)
	phone.Fill("Mật khẩu mới", "mot-hai-ba-bon-nam-sau")
	phone.Tap("Bắt đầu")
	phone.Tap("Tôi đã đọc")
	phone.See("Chào 0")

	p.Tap("Chọn đơn vị khác")
	p.See("8 người chưa có mật khẩu")
	again := newPhone(t)
	again.Open(link)
	again.Fill("Mật khẩu mới", "mot-hai-ba-bon-nam-sau")
	again.Tap("Bắt đầu")
	again.See("Liên kết này đã được dùng")

	desk := newDesk(t)
	desk.SignIn(server, server.SignIns["administrator"])
	desk.Go("/people/invitations")
	desk.pick("Đơn vị", "to-moi")
	desk.Tap("Làm 8 phiếu")
	desk.See("Phiếu chỉ hiện lần này")
	desk.Check("invitations-sheet-desk")
	desk.Go("/people")
	desk.See("Phiếu mời")
	desk.Check("people-desk")
}

// scan reads the QR code in a picture.
func scan(t *testing.T, png []byte) string {
	t.Helper()
	picture, _, err := image.Decode(bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		t.Fatalf("scan the code: %v", err)
	}
	return read.GetText()
}
