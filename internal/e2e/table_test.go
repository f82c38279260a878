//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPeopleTable exports everybody on a phone, imports the same workbook, which
// changes nothing, and maps the columns of a list with strange headers.
func TestPeopleTable(t *testing.T) {
	t.Parallel()
	server := start(t)
	p := newPhone(t)
	p.SignIn(server, server.SignIns["administrator"])

	p.Go("/people")
	p.See("Xuất Excel")
	p.Check("people-phone")
	name, table := p.Download("Xuất Excel")
	if !strings.HasPrefix(name, "hocso-people-") || !strings.HasSuffix(name, ".xlsx") || !bytes.HasPrefix(table, []byte("PK")) {
		t.Fatalf("got %s beginning with %q, want a workbook", name, table[:min(4, len(table))])
	}
	file := filepath.Join(t.TempDir(), "danh-sach.txt") // its name says nothing
	if err := os.WriteFile(file, table, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Go("/people/import")
	p.See("Chọn tệp Excel (.xlsx) hoặc CSV")
	p.Check("import-phone")
	p.do(chromedp.SetUploadFiles(`input[type=file]`, []string{file}, chromedp.ByQuery))
	p.See("trang tính Danh sách")
	p.See("Không có gì mới để nhập")

	p.Go("/people")
	p.Go("/people/import")
	p.Fill("Hoặc dán vào đây", "Thư điện tử\tNhân viên\tMã đơn vị\tTên đơn vị\tĐơn vị cha\nhoa@hocso.example\tTrần Thị Hoa\tto-thu-nghiem\tTổ Thử nghiệm\tan-toan\n")
	p.Tap("Kiểm tra thử")
	p.See("Mỗi cột là gì?")
	p.Check("import-columns-phone")
	p.pick("Nhân viên", "name")
	p.Tap("Kiểm tra lại")
	p.See("Danh sách ổn, chưa ghi gì cả")
	p.Tap("Nhập 1 người")
	p.See("Đã nhập xong")

	p.Go("/people/import")
	p.Go("/people")
	p.Go("/people/import")
	p.Fill("Hoặc dán vào đây", "email,họ tên,mã đơn vị,vai trò,ngày vào\nhoa@hocso.example,Trần Thị Hoa,an-toan,người viết bài,31/12/2025\n")
	p.Tap("Kiểm tra thử")
	p.See("mã đơn vị: to-thu-nghiem → an-toan; vai trò: Người viết bài; ngày vào: 2025-12-31")
	p.See("Không có trong tệp")
	p.Check("import-difference-phone")

	p.pick("Người không có trong tệp", "close")
	p.See("Nhập tệp thì tài khoản của họ bị khóa.")
	p.See("Bạn có thể mở lại sau")
	p.CheckBoth("import-missing-phone")
}

// pick chooses an option of a list by its value.
func (p *phone) pick(label, value string) {
	p.t.Helper()
	p.wait("a list named "+label, func() bool {
		return p.holds(fmt.Sprintf(`(() => { const e = (%s)(%s, "select"); if (!e) return false; e.value = %s;
			e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %[3]s; })()`, finder, p.words(label), quote(value)))
	})
}
