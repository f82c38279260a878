//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"hocso/internal/people"
)

// employees adds a unit with six people who can sign in.
func employees(t *testing.T, server *program) (unit string, all []signIn) {
	t.Helper()
	admin := server.SignIns["administrator"]
	var made, person struct{ ID string }
	var invitation struct{ Link string }
	if status := server.API(admin, "POST", "/api/v1/units", `{"name":{"vi":"Tổ góp ý","en":"Feedback team"}}`, &made); status != 201 {
		t.Fatalf("add a unit: %d", status)
	}
	var parts [2]struct{ ID string }
	for i := range parts {
		body := fmt.Sprintf(`{"name":{"vi":"Nhóm số %d","en":"Group no. %d"},"parent":%q}`, i+1, i+1, made.ID)
		if status := server.API(admin, "POST", "/api/v1/units", body, &parts[i]); status != 201 {
			t.Fatalf("add a unit: %d", status)
		}
	}
	for i := range 12 {
		s := signIn{Name: fmt.Sprintf("Vũ Góp %c", 'A'+i), Email: fmt.Sprintf("gop%d@hocso.example", i), Password: "mot-hai-ba-bon-nam-sau"}
		if status := server.API(admin, "POST", "/api/v1/people", fmt.Sprintf(`{"name":%q,"email":%q,"unit":%q}`, s.Name, s.Email, parts[i%2].ID), &person); status != 201 {
			t.Fatalf("add a person: %d", status)
		}
		if i >= 6 {
			continue // is asked, and never answers
		}
		if status := server.API(admin, "POST", "/api/v1/people/"+person.ID+"/invite", "", &invitation); status != 200 {
			t.Fatalf("invite: %d", status)
		}
		_, token, _ := strings.Cut(invitation.Link, "#")
		if status := server.call("", "POST", "/api/v1/auth/invitations/"+token, fmt.Sprintf(`{"password":%q}`, s.Password), nil); status != 200 {
			t.Fatalf("set the password: %d", status)
		}
		all = append(all, s)
	}
	return made.ID, all
}

// TestSurvey makes a survey at the desk, has six employees answer it, one of them without a network, and
// sees that nothing shows before the fifth and no unit that would give somebody away.
func TestSurvey(t *testing.T) {
	t.Parallel()
	server := start(t)
	unit, all := employees(t, server)
	desk := newDesk(t)
	desk.SignIn(server, server.SignIns["administrator"])
	desk.Go("/surveys")
	desk.Check("surveys-none")
	desk.Tap("Khảo sát mới")
	desk.Fill("Tên khảo sát, tiếng Việt", "Ý kiến về lớp học")
	desk.Fill("Tên khảo sát, tiếng Anh", "What you think of the classes")
	desk.Tap("Viết vài lời")
	desk.Check("survey-new")
	desk.Tap("Lưu bản nháp")
	desk.See("Bạn điền chỗ này nhé")
	desk.Check("survey-refused")
	desk.Eval(`(() => { const f = [...document.querySelectorAll("section")].at(-2).querySelectorAll("input"); for (const [i, text] of ["Góp ý thêm", "Anything else"].entries()) { f[i].value = text; f[i].dispatchEvent(new Event("input", {bubbles: true})); } })()`, nil)
	desk.Tap("Chọn đơn vị")
	desk.tap(desk.in(people.Text{Vi: "Tổ góp ý", En: "Feedback team"})+"…", "label")
	desk.Tap("Lưu bản nháp")
	desk.wait("the draft", func() bool { return desk.Path() != "/surveys/new" })
	path := desk.Path()
	id := strings.TrimPrefix(path, "/surveys/")
	desk.See("Mở khảo sát")
	desk.Check("survey-draft")
	desk.Tap("Mở khảo sát")
	desk.See("Mở khảo sát này?")
	desk.Check("survey-publish")
	desk.Tap("Mở")
	desk.See("Chưa đủ 5 câu trả lời")
	desk.Check("survey-too-few")
	if unit == "" {
		t.Fatal("no unit")
	}

	answer := func(i, rating int, words string) {
		t.Helper()
		var verdicts struct {
			Results []struct{ Status, Code string }
		}
		body := fmt.Sprintf(`{"ops":[{"id":"00000000-0000-7000-8000-%012d","kind":"survey.answer","at":"2026-03-02T08:00:00Z","survey":%q,"secret":"%064x","answers":[{"question":"q1","rating":%d},{"question":"q2","text":%q}]}]}`, i+1, id, 77+i, rating, words)
		if status := server.API(all[i], "POST", "/api/v1/ops", body, &verdicts); status != 200 || verdicts.Results[0].Status != "applied" {
			t.Fatalf("answer: %d %+v", status, verdicts)
		}
	}
	for i := range 4 {
		answer(i, 2+i, "Bài nào cũng ngắn gọn")
	}
	desk.Reload()
	desk.See("Chưa đủ 5 câu trả lời")

	p := newPhone(t).Hurry()
	p.Open(server.URL)
	p.Fill("Thư điện tử", all[4].Email)
	p.Fill("Mật khẩu", all[4].Password)
	p.Tap("Đăng nhập")
	p.Tap("Tôi đã đọc")
	p.Kept()
	p.Go("/")
	p.See("Khảo sát ẩn danh")
	p.CheckBoth("today-survey")
	server.Network.Down()
	p.Airplane(true)
	p.Tap("Ý kiến về lớp học…")
	p.See("Khảo sát này ẩn danh")
	p.CheckBoth("survey-answer")
	p.Tap("Gửi câu trả lời")
	p.See("Bạn chọn một câu trả lời nhé")
	p.CheckBoth("survey-missing")
	p.tap("4…", "label")
	p.Fill("2. Góp ý thêm", "Xin thêm ví dụ")
	p.Tap("Gửi câu trả lời")
	p.See("Câu trả lời đang ở trên máy này")
	p.CheckBoth("survey-kept")
	p.Go("/me/unsent")
	p.See("Câu trả lời khảo sát")
	p.Reload()
	server.Network.Up()
	p.Airplane(false)

	p.See("Mọi thứ đã gửi xong")
	p.Go("/")
	p.Gone("Khảo sát ẩn danh")
	p.Go("/surveys/" + id + "/answer")
	p.See("Không có gì để trả lời ở đây")
	p.CheckBoth("survey-answered")
	p.Go("/me/data")
	p.See("Khảo sát bạn đã trả lời (ẩn danh)")

	desk.Reload()
	desk.See("Kết quả của 5 câu trả lời.")
	desk.See("Xin thêm ví dụ")
	desk.CheckBoth("survey-results")
	answer(5, 1, "Chưa dùng được trên máy cũ")
	desk.Reload()
	desk.See("1 câu mới sẽ được tính khi đủ thêm 5.")
	if desk.Shows("Chưa dùng được trên máy cũ") {
		t.Error("the sixth answer shows by itself")
	}
	desk.Tap("Kết thúc sớm")
	desk.See("Kết thúc khảo sát ngay?")
	desk.Check("survey-close")
	desk.Tap("Kết thúc")
	desk.See("Đã kết thúc")
	desk.tap("Theo đơn vị…", "summary")
	desk.See("Không hiện")
	desk.CheckBoth("survey-final")
	if name, table := desk.Download("Tải bảng kết quả"); !strings.HasSuffix(name, ".csv") || !strings.Contains(string(table), "Không hiện") || strings.Contains(string(table), "Xin thêm") {
		t.Errorf("%s: %s", name, table)
	}
	small := newPhone(t).Hurry()
	small.SignIn(server, server.SignIns["administrator"])
	small.Go("/surveys")
	small.See("Ý kiến về lớp học")
	small.Check("surveys-phone")
	small.Go(path)
	small.See("Tỷ lệ trả lời")
	small.CheckBoth("survey-final-phone")
	small.Tap("Tạo bản sao")
	small.wait("the copy", func() bool { return small.Path() != path })
	small.See("Lưu bản nháp")
	small.Check("survey-draft-phone")
}
