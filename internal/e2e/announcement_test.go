//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
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

// TestPortal switches the public page of a unit on, pastes the offered code into a page of
// another site with a strict policy, and reads there what is publicly announced.
func TestPortal(t *testing.T) {
	t.Parallel()
	server := start(t)
	admin := server.SignIns["administrator"]
	day := time.Now().Format(time.DateOnly)
	for title, portal := range map[string]bool{"Tuần lễ an toàn thông tin": true, "Họp nội bộ": false} {
		var made struct{ ID string }
		body := fmt.Sprintf(`{"title":{"vi":%q,"en":"Security week"},"body":{"vi":"Mời **mọi người** <3 tham gia.","en":"Everybody is invited."},"units":[],"portal":%t,"from":%q,"until":%q}`, title, portal, day, time.Now().AddDate(0, 0, 7).Format(time.DateOnly))
		if status := server.API(admin, "POST", "/api/v1/announcements", body, &made); status != 201 {
			t.Fatalf("announce: %d", status)
		}
		if status := server.API(admin, "POST", "/api/v1/announcements/"+made.ID+"/publish", "", nil); status != 200 {
			t.Fatalf("publish: %d", status)
		}
	}
	var snippet string
	for _, p := range []*phone{newDesk(t), newPhone(t).Hurry()} {
		p.Open(server.URL)
		p.Speak("vi")
		p.SignIn(server, admin)
		p.Go("/units")
		p.Settled()
		if p.Mobile {
			p.do(chromedp.Click(`summary`, chromedp.ByQuery))
		}
		p.Tap("Trang web")
		if !p.Mobile {
			p.CheckBoth("portal-off")
			p.tap("Cho mọi người xem thông báo công khai của đơn vị này", "dialog label")
		}
		p.See("Mọi người đang thấy")
		p.See("Tuần lễ an toàn thông tin")
		p.CheckBoth("portal-on")
		p.Eval(`document.querySelector("dialog textarea").value`, &snippet)
	}

	policy := "default-src 'none'; script-src " + server.URL
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy+"; require-trusted-types-for 'script'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		code := snippet
		if r.URL.Path == "/en" {
			code = strings.Replace(code, `data-lang="vi"`, `data-lang="en"`, 1)
		}
		_, _ = io.WriteString(w, `<!doctype html><html lang="vi"><meta name="viewport" content="width=device-width"><title>Trang của Sở</title><main><h1>Trang của Sở</h1>`+code+`</main></html>`)
	}))
	defer other.Close()
	for _, p := range []*phone{newDesk(t), newPhone(t)} {
		for path, want := range map[string][]string{"/": {"Thông báo – ", "Tuần lễ an toàn thông tin", "Mời mọi người <3 tham gia.", "Đến hết"}, "/en": {"Announcements – ", "Security week", "Everybody is invited.", "Until"}} {
			p.Open(other.URL + path)
			var text string
			p.wait("the announcements on another site", func() bool {
				p.Eval(`document.getElementById("hocso")?.shadowRoot?.textContent ?? ""`, &text)
				return text != ""
			})
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s: %q is not in %q", path, w, text)
				}
			}
			if strings.Contains(text, "Họp nội bộ") {
				t.Errorf("%s: what is not public is in %q", path, text)
			}
			if !p.holds(`getComputedStyle(document.getElementById("hocso").shadowRoot.querySelector("li")).paddingTop !== "0px"`) {
				t.Errorf("%s: its styles do not work under the page's policy", path)
			}
			if !p.holds(`document.cookie === "" && localStorage.length === 0 && performance.getEntriesByType("resource").every((e) => e.name.includes("/feed/") || e.name.endsWith("/favicon.ico"))`) {
				t.Errorf("%s: it keeps or asks for something", path)
			}
			p.Check("portal-on-another-site" + strings.ReplaceAll(path, "/", "-"))
		}
	}
}
