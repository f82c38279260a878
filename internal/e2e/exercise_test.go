//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hocso/content"
	"hocso/internal/exercise"
)

// TestExercise plans a sitting on a phone, runs every inject with the network lost in the middle, closes what is to
// improve, and sees the report with the right score, also on paper. In both languages, in both colour schemes.
func TestExercise(t *testing.T) {
	t.Parallel()
	all, problems := exercise.ReadFolder(content.Files())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			for _, x := range all {
				if x.ID == "fake-portal" {
					tourExercise(t, server, x, lang)
				}
			}
		})
	}
}

func tourExercise(t *testing.T, server *program, x exercise.Exercise, lang string) {
	admin, learner := server.SignIns["administrator"], server.SignIns["learner"]
	var mine struct {
		Unit struct{ ID string }
	}
	server.Get(learner, "/api/v1/me", &mine)
	var team struct {
		Items []struct{ ID, Name string }
	}
	server.Get(admin, "/api/v1/sittings/team?unit="+mine.Unit.ID, &team)
	if len(team.Items) < 2 {
		t.Fatalf("the unit has %d people, want two", len(team.Items))
	}

	p := newPhone(t).Hurry()
	p.Open(server.URL)
	p.Speak(lang)
	p.SignIn(server, admin)
	p.Kept()
	p.Go("/sittings")
	p.See("Chưa có buổi diễn tập nào")
	p.CheckBoth("exercises-none")
	p.Tap("Lên kế hoạch")
	p.pick("Bài diễn tập", "fake-portal")
	p.pick("Đơn vị", mine.Unit.ID)
	p.See("Thành phần tham gia")
	tomorrow := time.Now().Add(31 * time.Hour).Format(time.DateOnly)
	p.Eval(fmt.Sprintf(`{ const e = document.querySelector("input[type=date]"); e.value = %q; e.dispatchEvent(new Event("input", {bubbles: true})); }`, tomorrow), nil)
	p.CheckBoth("exercise-plan")
	p.Tap("Lưu kế hoạch")
	p.See("Không có trong danh sách của bạn")
	p.Check("exercise-plan-refused")
	for i, who := range team.Items[:2] {
		p.pick(p.filled("Người tham gia {n}", "n", i+1), who.ID)
	}
	for range 2 { // two seats stay empty
		p.Tap(p.filled("Bỏ người {n}", "n", 3))
	}
	p.Tap("Lưu kế hoạch")
	p.wait("the sitting", func() bool { return strings.HasPrefix(p.Path(), "/sittings/0") })
	path := p.Path()
	p.See("Đã lên lịch")
	p.CheckBoth("exercise-planned")

	p.Tap("Bắt đầu")
	p.See("Ai có mặt?")
	p.CheckBoth("exercise-attend")
	p.tap(team.Items[1].Name+"…", "label")
	p.Tap("Bắt đầu")
	p.See("Tình huống")
	p.CheckBoth("exercise-situation")
	p.Tap("Tới tình tiết đầu tiên")
	met, weight := 0, 0
	for i, inject := range x.Injects {
		p.wait("the inject", func() bool { return p.Heading() == inject.Title.In(p.Lang) })
		switch i {
		case 0:
			p.CheckBoth("exercise-inject")
		case 1: // the network goes while the team talks
			server.Network.Down()
			p.Airplane(true)
		}
		p.Tap("Ghi quyết định")
		p.Fill("Nhóm quyết định", fmt.Sprintf("Quyết định số %d của nhóm", i+1))
		for k, e := range inject.Expectations {
			if weight += e.Weight; k == 0 {
				met += e.Weight
				p.tap(e.Text.In(p.Lang), "label")
			}
		}
		if i == 0 {
			p.CheckBoth("exercise-decision")
		}
		p.Tap(map[bool]string{true: "Xong tình tiết cuối", false: "Tình tiết tiếp theo"}[i == len(x.Injects)-1])
		if i == 1 {
			p.See("Đã ghi trên máy này. Khi có mạng sẽ tự gửi.")
			p.CheckBoth("exercise-offline")
			p.Reload() // the phone was put away: what was written is still there
		}
	}
	p.See("Kết thúc buổi diễn tập")
	p.CheckBoth("exercise-end")
	p.Tap("Kết thúc và xem báo cáo")
	p.See("Buổi diễn tập đã xong và nằm an toàn trên máy này. Báo cáo mở ra khi có mạng, bạn đừng đăng xuất.")
	p.Check("exercise-end-offline")
	server.Network.Up()
	p.Airplane(false)
	p.wait("the report", func() bool { return p.Path() == path })
	score := fmt.Sprintf("%d / %d", met, weight)
	p.See("Báo cáo sau diễn tập")
	p.wait("the score "+score, func() bool { return p.holds(`document.body.innerText.includes(` + quote(score) + `)`) })
	var got struct {
		State        string
		Turns        []struct{ Decision string }
		Participants []struct{ Absent bool }
		Report       struct{ Met, Weight int }
	}
	server.Get(admin, "/api/v1"+path, &got)
	if got.State != "finished" || len(got.Turns) != len(x.Injects) || got.Turns[4].Decision != "Quyết định số 5 của nhóm" || got.Report.Met != met || got.Report.Weight != weight || got.Participants[0].Absent || !got.Participants[1].Absent {
		t.Errorf("the server has %+v, want %d of %d", got, met, weight)
	}

	p.Tap("Thêm việc")
	p.Fill("Việc gì", "Lập danh bạ khẩn cấp bản giấy")
	p.CheckBoth("exercise-finding")
	p.Tap("Lưu")
	p.See("Bạn điền chỗ này nhé")
	p.pick("Ai làm", team.Items[0].ID)
	p.Tap("Lưu")
	p.See("Đánh dấu đã xong")
	p.CheckBoth("exercise-report")
	p.Go("/sittings")
	p.See("Việc cần làm chưa xong")
	p.CheckBoth("exercises")
	p.Go(path)
	p.Tap("Đánh dấu đã xong")
	p.See("Mở lại")
	p.Go("/sittings")
	p.See("Diễn tập tình huống")
	p.Gone("Việc cần làm chưa xong")

	// Another phone is told so, and the desk prints the report.
	desk := newDesk(t)
	desk.Open(server.URL)
	desk.Speak(lang)
	desk.SignIn(server, admin)
	desk.Go(path)
	desk.See("Báo cáo sau diễn tập")
	desk.Check("exercise-report-desk")
	desk.Go("/sittings")
	desk.See(x.Title.In(desk.Lang))
	desk.Check("exercises-desk")
	desk.Go("/me/exercises")
	desk.See("Bạn là người điều hành")
	desk.Check("exercises-mine")
}
