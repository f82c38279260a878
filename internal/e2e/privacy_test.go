//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestPrivacy lets somebody new read the notice, see their data and ask to be erased; whoever answers for personal
// data answers and grants it; then nothing opens any more, and everybody else's totals stand.
func TestPrivacy(t *testing.T) {
	t.Parallel()
	server := start(t)
	auditor := server.SignIns["auditor"]
	lan := signIn{Name: "Nguyễn Thị Lan", Email: "lan@hocso.example", Password: "con-meo-ngu-tren-mai-nha"}
	link := server.invited(lan)

	p := newPhone(t)
	p.Open(server.URL + "/notice") // before anybody signs in
	p.See("Chúng tôi lưu gì")
	p.CheckBoth("notice-open")
	p.Open(link)
	p.Fill("Mật khẩu mới", lan.Password)
	p.Tap("Bắt đầu")
	p.See("Mời bạn đọc trang này một lần. Bạn xem lại bất cứ lúc nào trong mục Tôi.")
	p.CheckBoth("notice-due")
	p.Tap("Để sau")
	p.See("Chào Lan")
	p.Reload()
	p.See("Mời bạn đọc trang này một lần. Bạn xem lại bất cứ lúc nào trong mục Tôi.")
	p.Tap("Tôi đã đọc")
	p.See("Chào Lan")
	p.Reload()
	p.See("Chào Lan")
	p.Go("/notice")
	p.See("Bạn đã đọc bản này ngày")

	p.Go("/me")
	p.Go("/me/data")
	p.See(lan.Email)
	p.CheckBoth("my-data")
	name, page := p.Download("Tải về để đọc, in")
	if !strings.HasSuffix(name, ".html") || !strings.Contains(string(page), lan.Email) || strings.Contains(string(page), "<script") {
		t.Errorf("the page %s: %.300s", name, page)
	}
	var all struct{ Person struct{ Email string } }
	name, file := p.Download("Tải về dạng JSON")
	if err := json.Unmarshal(file, &all); err != nil || all.Person.Email != lan.Email || !strings.HasSuffix(name, ".json") {
		t.Errorf("the file %s: %v, %.300s", name, err, file)
	}

	p.Go("/me/requests")
	p.CheckBoth("my-requests-none")
	p.Tap("Xóa dữ liệu của tôi…")
	p.See("Lý do, nếu bạn muốn nói")
	p.CheckBoth("my-requests-erasure")
	p.Tap("Gửi yêu cầu")
	p.See("Chờ trả lời")
	p.Tap("Sửa chỗ sai…")
	p.Fill("Về phần nào?", "Họ tên")
	p.Fill("Nội dung", "Thiếu chữ đệm")
	p.Tap("Gửi yêu cầu")
	p.See("Thiếu chữ đệm")
	p.CheckBoth("my-requests")

	before := server.done(auditor)
	for _, d := range []*phone{newPhone(t).Hurry(), newDesk(t)} {
		d.SignIn(server, auditor)
		d.Go("/privacy")
		d.See("Nguyễn Thị Lan")
		d.CheckBoth("requests")
		if d.Mobile {
			d.Tap("Nguyễn Thị Lan Xóa dữ liệu…")
			d.See("Chấp thuận xóa")
			d.CheckBoth("request")
			d.Tap("Trả lời")
			d.See("Bạn điền chỗ này nhé")
			d.Fill("Lời nhắn cho người yêu cầu", "Đã nhận, sẽ xóa trong hôm nay.")
			d.Tap("Trả lời")
			d.See("Đang xử lý")
			continue
		}
		d.Go(server.requestOf(auditor, "erasure"))
		d.Fill("Lời nhắn cho người yêu cầu", "Đồng ý xóa.")
		d.Tap("Chấp thuận xóa")
		d.See("Xóa hẳn dữ liệu của Nguyễn Thị Lan?")
		d.CheckBoth("request-erase")
		d.Tap("Xóa hẳn")
		d.See("Người đã được xóa")
		d.CheckBoth("request-erased")
	}
	p.Reload()
	p.See("Phiên đăng nhập đã hết. Bài làm vẫn còn trên máy.")
	if status := server.call("", http.MethodPost, "/api/v1/auth/sign-in", `{"email":"`+lan.Email+`","password":"`+lan.Password+`"}`, nil); status != http.StatusUnauthorized {
		t.Errorf("sign-in of somebody erased: %d", status)
	}
	if after := server.done(auditor); after != before {
		t.Errorf("%d completions after the erasure, %d before", after, before)
	}
}

// done counts the completions that tracking shows.
func (p *program) done(s signIn) int {
	p.t.Helper()
	var overview struct{ Completed int }
	p.Get(s, "/api/v1/tracking/overview", &overview)
	return overview.Completed
}

// requestOf is the page of the first waiting request of a kind.
func (p *program) requestOf(s signIn, kind string) string {
	p.t.Helper()
	var list struct{ Items []struct{ ID, Kind string } }
	p.Get(s, "/api/v1/privacy/requests", &list)
	for _, r := range list.Items {
		if r.Kind == kind {
			return "/privacy/" + r.ID
		}
	}
	p.t.Fatalf("no request for %s", kind)
	return ""
}

// invited adds somebody and gives the link to set a password.
func (p *program) invited(s signIn) string {
	p.t.Helper()
	admin := p.SignIns["administrator"]
	var person struct{ ID string }
	p.API(admin, http.MethodPost, "/api/v1/people", `{"name":"`+s.Name+`","email":"`+s.Email+`","unit":"an-toan"}`, &person)
	var link struct{ Link string }
	p.API(admin, http.MethodPost, "/api/v1/people/"+person.ID+"/invite", "", &link)
	return link.Link
}
