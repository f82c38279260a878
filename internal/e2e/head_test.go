//go:build e2e

package e2e

import "testing"

// TestHead is a head on a phone: the unit is behind its target, one button reminds all who
// are not done, and the month is signed off with a comment.
func TestHead(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.SignIn(server, server.SignIns["head"])
	p.Go("/my-unit")
	p.See("đang chậm")
	p.Settled()
	p.Check("head-behind")
	p.Tap("Nhắc…")
	p.See("Nhắc cả đơn vị?")
	p.tap("Nhắc…", "dialog button")
	p.Gone("Nhắc cả đơn vị?")
	p.Fill("Nhận xét", "Cả đơn vị đã bắt đầu; hai người mới cần thêm thời gian.")
	p.tap("Xác nhận…", "button[type=submit]")
	p.See("Đã lưu xác nhận")
	p.See("Cả đơn vị đã bắt đầu; hai người mới cần thêm thời gian.")
	p.Settled()
	p.Check("head-signed")
}
