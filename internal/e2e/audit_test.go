//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// busy does what leaves traces, as an administrator, a learner and a stranger.
func busy(server *program) {
	server.t.Helper()
	admin, learner := server.SignIns["administrator"], server.SignIns["learner"]
	for _, x := range []struct {
		as                 signIn
		method, path, body string
		status             int
	}{
		{admin, http.MethodPost, "/api/v1/units", `{"id":"to-moi","name":{"vi":"Tổ mới","en":"New team"},"parent":"an-toan"}`, http.StatusCreated},
		{admin, http.MethodPatch, "/api/v1/people/" + server.personID("trainer"), `{"unit":"to-moi","grants":[{"role":"trainer","unit":""},{"role":"auditor","unit":"to-moi"}]}`, http.StatusOK},
		{admin, http.MethodPut, "/api/v1/units/to-moi/heads", fmt.Sprintf(`{"heads":[{"person":%q,"from":"2026-01-01"}]}`, server.personID("learner")), http.StatusOK},
		{admin, http.MethodPost, "/api/v1/campaigns", `{"name":{"vi":"Mật khẩu mạnh","en":"Strong passwords"},"audience":{"units":["to-moi"]},"items":[{"kind":"course","id":"phishing-basics","required":true}],"dueOn":"2027-06-30"}`, http.StatusCreated},
		{admin, http.MethodGet, "/api/v1/people/export.csv?unit=to-moi", "", http.StatusOK},
		{admin, http.MethodPatch, "/api/v1/people/" + server.personID("administrator"), `{"grants":[]}`, http.StatusForbidden},
		{learner, http.MethodGet, "/api/v1/people/" + server.personID("head"), "", http.StatusForbidden},
	} {
		if status := server.API(x.as, x.method, x.path, x.body, nil); status != x.status {
			server.t.Fatalf("%s %s as %s: status %d, want %d", x.method, x.path, x.as.Role, status, x.status)
		}
	}
	for _, email := range []string{learner.Email, "khong-co-ai@hocso.example"} {
		if status := server.call("", http.MethodPost, "/api/v1/auth/sign-in", fmt.Sprintf(`{"email":%q,"password":"khong phai mat khau nay"}`, email), nil); status != http.StatusUnauthorized {
			server.t.Fatalf("a wrong password: status %d", status)
		}
	}
}

// personID is the id of the person who signs in with a role.
func (p *program) personID(role string) string {
	p.t.Helper()
	var me struct{ ID string }
	p.Get(p.SignIns[role], "/api/v1/me", &me)
	return me.ID
}

// openEntry touches the line of the trail that has one of these texts.
func (p *phone) openEntry(texts ...string) {
	p.t.Helper()
	p.wait("an entry", func() bool {
		return p.holds(fmt.Sprintf(`(() => { const e = [...document.querySelectorAll("section button")].find((e) => [%s].some((text) => e.innerText.includes(text)));
			e?.click(); return !!e && !!document.querySelector("dialog[open]"); })()`, `"`+strings.Join(texts, `", "`)+`"`))
	})
}

func auditorScreens(server *program) []screen {
	busy(server)
	return []screen{
		{"audit", "/audit", nil},
		{"audit-none", "/audit", func(p *phone) {
			p.pick("Loại việc", "content")
			p.pick("Kết quả", "refused")
			p.See("Không có mục nào khớp")
		}},
		{"audit-entry", "/audit", func(p *phone) { p.openEntry("Mật khẩu mạnh", "Strong passwords") }},
		{"audit-checked", "/audit", tap("Kiểm tra nhật ký")},
	}
}

// What an administrator did, and what was refused, an auditor of the whole organisation
// reads in sentences, filters, and checks; nobody else.
func TestAudit(t *testing.T) {
	t.Parallel()
	server := start(t)
	admin := newDesk(t)
	admin.SignIn(server, server.SignIns["administrator"])
	admin.Go("/people")
	admin.Fill("Tìm theo tên hoặc thư điện tử", server.SignIns["head"].Email)
	admin.wait("the one person who was looked for", func() bool { return admin.holds(`document.querySelectorAll("main tbody tr").length === 1`) })
	admin.Tap(server.SignIns["head"].Name + "…")
	admin.Tap("Tạo liên kết")
	admin.See("Liên kết cho")
	busy(server)

	p := newPhone(t)
	p.SignIn(server, server.SignIns["auditor"])
	p.Go("/audit")
	who, trainer, learner := server.SignIns["administrator"].Name, server.SignIns["trainer"].Name, server.SignIns["learner"].Name
	for _, line := range []string{
		who + " đã tạo liên kết đặt mật khẩu cho " + server.SignIns["head"].Name,
		who + " đã thêm đơn vị Tổ mới: thuộc ",
		who + " đã sửa hồ sơ của " + trainer + ": từ ",
		"sang Tổ mới; thêm vai trò Người kiểm tra ở Tổ mới",
		who + " đã đổi người phụ trách của đơn vị Tổ mới: thêm " + learner + " làm người phụ trách từ 1/1/2026",
		who + " đã soạn chiến dịch “Mật khẩu mạnh”: cho Tổ mới; khóa học “",
		who + " đã tải danh sách người",
		who + " bị từ chối khi sửa hồ sơ của " + who,
		learner + " bị từ chối khi xem " + server.SignIns["head"].Name,
		"Có người đăng nhập hỏng vào tài khoản của " + learner + ": sai mật khẩu",
		"Có người đăng nhập hỏng bằng một địa chỉ thư không có trong danh sách",
		"Chương trình đã khởi động",
	} {
		p.See(line)
	}
	p.pick("Kết quả", "refused")
	p.Gone("Mật khẩu mạnh")
	p.openEntry("bị từ chối khi xem")
	p.See("Vai trò của người này không cho phép (not_allowed)")
	p.Tap("Chỉ xem việc của " + learner)
	p.Gone(who)
	p.pick("Kết quả", "")
	p.See(learner + " đã đăng nhập")
	p.Tap("Bỏ lọc theo " + learner)
	p.See("Mật khẩu mạnh")
	p.Tap("Kiểm tra nhật ký")
	p.See("Nhật ký nguyên vẹn")

	admin.Go("/audit")
	admin.See("Bạn chưa được mở phần này")
	if admin.Has("Nhật ký") {
		t.Error("the administrator is offered the trail, which they may not read")
	}
}
