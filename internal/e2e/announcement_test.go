//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// TestAnnouncement writes and publishes one on a desk; an employee reads it without a
// network and confirms; the count rises once the phone has a network again.
func TestAnnouncement(t *testing.T) {
	t.Parallel()
	server := start(t)
	admin, learner := server.SignIns["administrator"], server.SignIns["learner"]
	desk := newDesk(t)
	desk.Open(server.URL)
	desk.Speak("vi")
	desk.SignIn(server, admin)
	desk.Go("/announcing")
	desk.See("Chưa có thông báo nào")
	desk.CheckBoth("announcing-none")
	desk.Go("/announcing/new")
	const title = "Bảo trì hệ thống thư tối thứ Sáu"
	desk.Fill("Tiêu đề tiếng Việt", title)
	desk.Fill("Tiêu đề tiếng Anh", "Mail is down on Friday evening")
	desk.Fill("Nội dung tiếng Việt", "# Bảo trì")
	desk.Fill("Nội dung tiếng Anh", "Mail is **down** from 8 pm.")
	desk.Tap("Xem trước")
	desk.See("Không dùng được dòng tiêu đề (dấu #) ở đây")
	desk.CheckBoth("announcing-refused")
	desk.Fill("Nội dung tiếng Việt", "Hệ thống thư **ngừng** từ 20 giờ.\n\n- Gửi thư trước giờ đó.\n- Việc gấp thì gọi điện.")
	desk.Tap("Xem trước")
	desk.See("Việc gấp thì gọi điện.")
	desk.tap("Quan trọng: mọi người bấm “Tôi đã đọc”", "label")
	desk.tap("Đưa lên trang web của đơn vị", "label")
	desk.See("Ai cũng đọc được")
	desk.CheckBoth("announcing-new")
	desk.Tap("Lưu bản nháp")
	desk.See("Bản nháp")
	desk.CheckBoth("announcing-draft")
	desk.Tap("Đăng")
	desk.See("Đăng thông báo này?")
	desk.CheckBoth("announcing-publish")
	desk.tap("Đăng", "dialog button")
	desk.See("Đang hiện")

	p := newPhone(t).Hurry()
	p.Open(server.URL)
	p.SignIn(server, learner)
	p.See(title)
	p.CheckBoth("today-announcement")
	p.Airplane(true)
	p.Reload()
	p.tap(title+"…", "a")
	p.See("Gửi thư trước giờ đó.")
	p.CheckBoth("announcement")
	p.Tap("Tôi đã đọc")
	p.See("Đã lưu trên máy này, có mạng sẽ tự gửi.")
	p.CheckBoth("announcement-read-offline")
	p.Go("/announcements")
	p.See("Bạn đã đọc hết")
	p.CheckBoth("announcements")
	p.Go("/announcements/none")
	p.See("Không thấy thông báo này")
	p.CheckBoth("announcement-gone")

	count := func(want int) bool {
		var list struct{ Items []struct{ ID string } }
		server.API(admin, "GET", "/api/v1/announcements", "", &list)
		var readers struct{ Read int }
		server.API(admin, "GET", fmt.Sprintf("/api/v1/announcements/%s/readers", list.Items[0].ID), "", &readers)
		return readers.Read == want
	}
	if !count(0) {
		t.Error("it is counted before it was sent")
	}
	p.Airplane(false)
	p.wait("the count to rise", func() bool { return count(1) })
	p.Reload()
	p.Go("/announcements")
	p.See("Bạn đã đọc hết")

	desk.Reload()
	desk.See("Chỉ đếm số người, không ghi ai chưa đọc.")
	desk.Settled()
	desk.CheckBoth("announcing-published")
	m := newPhone(t).Hurry()
	m.Open(server.URL)
	m.SignIn(server, admin)
	m.Go("/announcing")
	m.See("Đang hiện")
	m.CheckBoth("announcing-list")
	m.tap(title+"…", "a")
	m.Settled()
	m.CheckBoth("announcing-published")
}
