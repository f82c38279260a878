//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"hocso/internal/course"
)

// Select chooses an option, by its text, of the list with this label.
func (p *phone) Select(label, option string) {
	p.t.Helper()
	p.wait(option+" in "+label, func() bool {
		return p.holds(fmt.Sprintf(`(() => { const e = (%s)(%s, "select"), o = e && [...e.options].find((o) => o.text.trim() === %s);
			if (!o) return false; e.value = o.value; e.selectedIndex = o.index; e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`, finder, p.words(label), quote(option)))
	})
}

// TestPath writes a path on a desk and publishes it; an employee follows it on the phone to its end, chooses on the way,
// and reads it without a network.
func TestPath(t *testing.T) {
	t.Parallel()
	server := start(t)
	desk := newDesk(t)
	desk.Open(server.URL)
	desk.Speak("vi")
	desk.SignIn(server, server.SignIns["trainer"])
	desk.Go("/path-authoring")
	desk.See("Những ngày đầu ở cơ quan")
	desk.CheckBoth("path-list")
	desk.Tap("Lộ trình mới")
	desk.Fill("Tên lộ trình (tiếng Việt)", "An toàn từng bước")
	desk.Fill("Tên lộ trình (tiếng Anh)", "Safe step by step")
	desk.Fill("Mã lộ trình", "Sai mã")
	desk.Tap("Tạo bản nháp")
	desk.See("Chỉ dùng chữ thường không dấu, số và gạch nối")
	desk.CheckBoth("path-new-refused")
	desk.Fill("Mã lộ trình", "an-toan")
	desk.Tap("Tạo bản nháp")
	desk.See("Các bước: cần ít nhất một bước")
	desk.CheckBoth("path-empty")
	desk.Fill("Giới thiệu (tiếng Việt)", "Cho mọi người ở cơ quan.")
	desk.Fill("Giới thiệu (tiếng Anh)", "For everybody here.")
	desk.Tap("Thêm bước")
	desk.Select("Thêm khóa học vào bước 1", "Nhận biết lừa đảo")
	desk.Tap("Thêm bước")
	desk.Select("Thêm khóa học vào bước 2", "Mật khẩu, đa yếu tố, SIM")
	desk.Select("Thêm khóa học vào bước 2", "Tìm và kiểm chứng thông tin")
	desk.Select("Ở bước 2 cần học", "1 trong 2 khóa, tự chọn")
	desk.Tap("Lưu nháp")
	desk.See("Cả lộ trình tối đa 39 phút.")
	desk.CheckBoth("path-edit")
	desk.Tap("Xuất bản")
	desk.See("Xuất bản lộ trình này?")
	desk.CheckBoth("path-publish")
	desk.tap("Xuất bản", "dialog button")
	desk.See("Đã xuất bản bản 1")

	learner := server.newPerson("Vũ Thị Theo", "theo@hocso.example", "an-toan")
	p := newPhone(t).Hurry()
	p.Open(server.URL)
	p.Speak("vi")
	p.SignIn(server, learner)
	p.Go("/courses")
	p.Tap("Tất cả")
	p.See("An toàn từng bước")
	p.CheckBoth("courses-paths")
	p.tap("An toàn từng bước…", "a")
	p.See("Chọn 1 trong 2 khóa")
	p.CheckBoth("path")
	p.Tap("Bắt đầu: Nhận biết lừa đảo")
	pass := func(id course.ID) {
		t.Helper()
		k := keysOf(t, id)
		p.wait("the enrolment", func() bool { return enrolmentOf(server.Mine(learner), string(id)) != "" })
		tellLessons(server, learner, id, k)
		p.Downloaded(string(id))
		p.Reload()
		p.Go("/courses/" + string(id))
		p.Tap("Làm bài kiểm tra")
		p.Take(k, k.Quizzes[0].Draw, 0)
		p.Tap("Nộp bài")
		p.wait("the completion", func() bool {
			for _, e := range server.Mine(learner).Enrolments {
				if e.Course == string(id) && e.State == "completed" {
					return true
				}
			}
			return false
		})
		p.Open(server.URL + "/paths/an-toan")
	}
	pass("phishing-basics")
	p.See("Đã xong 1 trong 2 bước")
	p.See("Chọn khóa ở bước 2")
	p.CheckBoth("path-choose")
	p.Tap("Chọn khóa này: Tìm và kiểm chứng thông tin")
	p.See("Bắt đầu: Tìm và kiểm chứng thông tin")
	p.CheckBoth("path-chosen")
	p.Airplane(true)
	p.Reload()
	p.See("Đã xong 1 trong 2 bước")
	p.CheckBoth("path-offline")
	p.Airplane(false)
	p.Go("/courses")
	p.Tap("Của tôi")
	p.See("An toàn từng bước")
	p.CheckBoth("courses-mine-paths")
	pass("find-and-verify")
	p.See("Bạn đã đi hết lộ trình này.")
	p.CheckBoth("path-completed")
	p.Go("/paths/none")
	p.See("Không còn lộ trình này")
	p.CheckBoth("path-gone")

	desk.Tap("Ngừng")
	desk.See("Ngừng giới thiệu lộ trình này?")
	desk.CheckBoth("path-retire")
	desk.tap("Ngừng", "dialog button")
	desk.See("Đã ngừng")
	p.Open(server.URL + "/paths/an-toan")
	p.See("Bạn đã đi hết lộ trình này.") // who is on it keeps it
	p.CheckBoth("path-retired")
}
