//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// formula is a name that a spreadsheet would run.
const formula = "=cmd|' /C calc'!A0"

const (
	wrongList = "thư điện tử,họ tên,mã đơn vị,tên đơn vị,đơn vị cha\n" +
		"hoa@hocso.example,Trần Thị Hoa,to-thu-nghiem,Tổ Thử nghiệm,an-toan\n" +
		"not-an-address,Lê Văn Tám,to-thu-nghiem,,\n" +
		"calc@hocso.example," + formula + ",to-thu-nghiem,,\n"
	rightList = "thư điện tử,họ tên,mã đơn vị,tên đơn vị,đơn vị cha\n" +
		"hoa@hocso.example,Trần Thị Hoa,to-thu-nghiem,Tổ Thử nghiệm,an-toan\n" +
		"hai@hocso.example,Nguyễn Văn Hai,to-thu-nghiem,,\n"
)

// importList pastes a list and asks what it would do.
func (p *phone) importList(list string) {
	p.t.Helper()
	p.Go("/people")
	p.Go("/people/import")
	p.Fill("Hoặc dán vào đây", list)
	p.Tap("Kiểm tra thử")
}

// Download touches a control and returns the file that it brings.
func (p *phone) Download(control string) (name string, content []byte) {
	p.t.Helper()
	dir := p.t.TempDir()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(dir).Do(ctx)
	}))
	p.Tap(control)
	p.wait("a downloaded file", func() bool {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) != 1 || strings.HasSuffix(files[0], ".crdownload") {
			return false
		}
		name = filepath.Base(files[0])
		content, err = os.ReadFile(files[0])
		return err == nil && len(content) > 0
	})
	return name, content
}

// TestAdministrator imports people, invites one, assigns a course and watches it
// being completed, without loading a page again.
func TestAdministrator(t *testing.T) {
	t.Parallel()
	server := start(t)
	desk := newDesk(t)
	desk.SignIn(server, server.SignIns["administrator"])

	desk.importList(wrongList)
	desk.See("2 chỗ cần sửa")
	desk.See("Dòng 3 thư điện tử Không phải địa chỉ thư")
	desk.See("Dòng 4 họ tên Ô là công thức")
	desk.importList(rightList)
	desk.See("Danh sách ổn, chưa ghi gì cả")
	desk.See("1 đơn vị mới sẽ được tạo")
	desk.Tap("Nhập 2 người")
	desk.See("Đã nhập xong")
	desk.importList(rightList)
	desk.See("Không có gì mới để nhập")

	server.newPerson(formula, "calc@hocso.example", "to-thu-nghiem") // one by one any name is possible

	desk.Go("/people")
	desk.Fill("Tìm theo tên hoặc thư điện tử", "tran thi hoa")
	desk.wait("her alone", func() bool { return desk.holds(`document.querySelectorAll("tbody tr").length === 1`) })
	desk.Tap("Trần Thị Hoa…")
	desk.Tap("Tạo liên kết")
	desk.See("Liên kết cho Trần Thị Hoa")
	var link string
	desk.Eval(`[...document.querySelectorAll("dialog input")].map((e) => e.value).find((v) => v.includes("/invitation#"))`, &link)
	desk.Tap("Đóng")
	hoa := signIn{Name: "Trần Thị Hoa", Email: "hoa@hocso.example", Password: "con-meo-ngu-tren-mai-nha"}
	p := newPhone(t)
	p.Open(link)
	p.Fill("Mật khẩu mới", "ngan")
	p.Tap("Bắt đầu")
	p.See("Mật khẩu còn ngắn, cần ít nhất 15 ký tự.")
	p.Fill("Mật khẩu mới", hoa.Password)
	p.Tap("Bắt đầu")
	p.See("Mời bạn đọc trang này một lần. Bạn xem lại bất cứ lúc nào trong mục Tôi.")
	p.Tap("Tôi đã đọc")
	p.See("Chào Hoa")
	again := newPhone(t)
	again.Open(link)
	again.Fill("Mật khẩu mới", "mot-nguoi-khac-thu-lai")
	again.Tap("Bắt đầu")
	again.See("Liên kết này đã được dùng")
	again.Tap("Đăng nhập")
	again.SignIn(server, hoa)
	again.Close()

	server.assign(desk)
	tracked := desk.Path()
	if !strings.HasPrefix(tracked, "/campaigns/") {
		t.Fatalf("after making a campaign the app is at %s", tracked)
	}
	desk.See("0%")
	watch := desk.Tab()
	watch.Open(server.URL + "/overview/units/to-thu-nghiem")
	watch.See("Trần Thị Hoa")
	watch.See("Chưa bắt đầu")

	p.Reload() // the person opens the app
	p.Downloaded("phishing-basics")
	k := keysOf(t, "phishing-basics")
	tellLessons(server, hoa, "phishing-basics", k)
	watch.See("Đang học")
	p.Go("/enrolments/" + enrolmentAt(p) + "/quizzes/check")
	p.Take(k, k.Quizzes[0].Draw, 0)
	p.Tap("Nộp bài")
	p.See("Đạt rồi, giỏi lắm!")
	watch.wait("the completion of the person and of the unit", func() bool { return watch.Shows("1 / 3") && watch.Shows("33%") && watch.Shows("Xong") })
	desk.Front()
	desk.wait("the completion of the campaign", func() bool { return desk.Shows("1 / 3 người xong") })
	desk.Check("campaign-half")

	watch.Front()
	name, csv := watch.Download("Tải CSV")
	if !strings.HasSuffix(name, ".csv") || !bytes.HasPrefix(csv, []byte("\ufeff")) {
		t.Errorf("%s begins with %q, want a byte order mark", name, csv[:min(9, len(csv))])
	}
	if text := string(csv); !strings.Contains(text, "Trần Thị Hoa") || !strings.Contains(text, "'"+formula) || strings.Contains(text, ","+formula) || strings.HasPrefix(text, "\ufeff"+formula) {
		t.Errorf("the file does not hold both people, or a formula that runs:\n%s", text)
	}
	if other := server.SignIns["learner"].Name; strings.Contains(string(csv), other) {
		t.Errorf("the file of one unit holds %s of another", other)
	}
}

// assign gives a course to the new unit, through the steps of a new campaign and a second person.
func (p *program) assign(desk *phone) {
	desk.t.Helper()
	desk.Go("/campaigns")
	desk.Tap("Chiến dịch mới")
	desk.tap("Nhận biết lừa đảo…", "label")
	desk.Tap("Tiếp")
	desk.Tap("Chọn đơn vị hoặc nhóm")
	desk.tap("Tổ Thử nghiệm…", "label")
	desk.See("3 người sẽ nhận")
	desk.Tap("Tiếp")
	desk.Tap("Tiếp")
	desk.Fill("Tên tiếng Việt", "Thử nghiệm chống lừa đảo")
	desk.Fill("Tên tiếng Anh", "Trial against scams")
	desk.Fill("Mục tiêu, tiếng Việt", "Ai cũng nhận ra thư lừa đảo")
	desk.Fill("Mục tiêu, tiếng Anh", "Everybody recognises a scam")
	desk.Tap("Gửi duyệt")
	desk.See("Đang chờ một người quản trị khác duyệt")
	p.approve(strings.TrimPrefix(desk.Path(), "/campaigns/"))
	desk.See("Đang chạy")
}
