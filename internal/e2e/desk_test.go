//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"hocso/internal/course"
)

// screen is a screen of the desk: where it is, and what to do there before it is looked at.
type screen struct {
	name, path string
	before     func(p *phone)
}

// TestDesk shows every screen of trainers, administrators, unit heads and auditors in both
// languages and colour schemes, on a phone and on a desk, and without a network.
func TestDesk(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"trainer", "administrator", "head", "auditor"} {
		for _, lang := range []string{"vi", "en"} {
			t.Run(role+" "+lang, func(t *testing.T) {
				t.Parallel()
				server := start(t)
				screens := map[string]func(*program) []screen{"trainer": trainerScreens, "administrator": administratorScreens, "head": headScreens, "auditor": auditorScreens}[role](server)
				for _, p := range []*phone{newPhone(t).Hurry(), newDesk(t)} {
					p.Open(server.URL)
					p.Speak(lang)
					p.SignIn(server, server.SignIns[role])
					p.Go("/me")
					for _, s := range screens {
						path, _, _ := strings.Cut(s.path, "?")
						p.Go(path)
						if path != s.path {
							p.Open(server.URL + s.path)
						}
						if s.before != nil {
							s.before(p)
						}
						p.CheckBoth(role + "-" + s.name)
						p.Open(server.URL + "/me") // whatever was opened is left
					}
					server.Network.Down()
					p.Go(screens[0].path)
					p.CheckBoth(role + "-offline")
					server.Network.Up()
				}
			})
		}
	}
}

func tap(names ...string) func(*phone) {
	return func(p *phone) {
		for _, name := range names {
			p.Tap(name)
		}
	}
}

func trainerScreens(*program) []screen {
	const lesson = "/authoring/phishing-basics/lessons/signs"
	return []screen{
		{"writing", "/authoring", nil},
		{"writing-new", "/authoring", tap("Khóa học mới")},
		{"course", "/authoring/phishing-basics", nil},
		{"publish", "/authoring/phishing-basics", tap("Xuất bản")},
		{"check", "/authoring/phishing-basics", tap("Kiểm tra lỗi")},
		{"lesson", lesson, nil},
		{"lesson-preview", lesson, func(p *phone) {
			if p.Mobile {
				p.Tap("Xem thử")
			}
		}},
		{"quiz", "/authoring/phishing-basics/quizzes/check", nil},
		{"question", "/authoring/phishing-basics/quizzes/check", func(p *phone) { p.tap("1. …", "summary") }},
		{"unknown", "/authoring/no-such-course", nil},
		{"paths", "/path-authoring", nil},
		{"paths-new", "/path-authoring", tap("Lộ trình mới")},
		{"path", "/path-authoring/new-colleague", nil},
		{"path-unknown", "/path-authoring/no-such-path", nil},
	}
}

func administratorScreens(server *program) []screen {
	admin := server.SignIns["administrator"]
	var campaigns, people struct {
		Items []struct{ ID, State, Email, Status string }
	}
	draft := server.draft(`{"name":{"vi":"Bản nháp","en":"A draft"}}`)
	review := server.draft(planOf("an-toan"))
	server.submit(review)
	server.Get(admin, "/api/v1/campaigns", &campaigns)
	server.Get(admin, "/api/v1/people?q=chaulp", &people)
	wizard := func(steps int) func(*phone) {
		return func(p *phone) {
			if steps > 0 {
				p.tap(p.in(keysOf(p.t, "phishing-basics").Title)+"…", "label")
			}
			for range steps {
				p.Tap("Tiếp")
			}
		}
	}
	list := []screen{
		{"overview", "/overview", nil},
		{"overdue", "/overview/overdue", nil},
		{"unit", "/overview/units/an-toan", nil},
		{"campaigns", "/campaigns", nil},
		{"campaign-what", "/campaigns/new", nil},
		{"campaign-chosen", "/campaigns/new", func(p *phone) {
			for _, id := range []course.ID{"passwords-mfa-sim", "phishing-basics"} {
				p.tap(p.in(keysOf(p.t, id).Title)+"…", "label")
			}
			p.Tap(p.filled("Đưa {name} lên", "name", p.in(keysOf(p.t, "phishing-basics").Title)))
		}},
		{"campaign-who", "/campaigns/new", wizard(1)},
		{"campaign-conditions", "/campaigns/new", func(p *phone) { wizard(1)(p); p.Settled(); p.tap("Thêm điều kiện", "summary") }},
		{"campaign-when", "/campaigns/new", wizard(2)},
		{"campaign-name", "/campaigns/new", wizard(3)},
		{"campaign-how", "/campaigns/new", func(p *phone) { wizard(2)(p); p.tap("Cách nhắc và mục tiêu…", "summary") }},
		{"campaign-calendar", "/campaigns/calendar", nil},
		{"campaign-draft", "/campaigns/" + draft, nil},
		{"campaign-review", "/campaigns/" + review, nil},
		{"people", "/people", nil},
		{"people-none", "/people", func(p *phone) {
			p.Fill("Tìm theo tên hoặc thư điện tử", "không có ai tên này")
			p.See("Không thấy ai")
		}},
		{"person-new", "/people/new", nil},
		{"person", "/people/" + people.Items[0].ID, nil},
		{"person-link", "/people/" + people.Items[0].ID, tap("Tạo liên kết")},
		{"person-lost-phone", "/people/" + people.Items[0].ID, tap("Gỡ bước thứ hai")},
		{"person-disable", "/people/" + people.Items[0].ID, tap("Khóa tài khoản")},
		{"person-unknown", "/people/no-such-person", nil},
		{"invitations", "/people/invitations", nil},
		{"import", "/people/import", nil},
		{"import-wrong", "/people/import", func(p *phone) {
			p.Fill("Hoặc dán vào đây", "email,name,unit\nnot-an-address,Lê Văn Tám,an-toan\n")
			p.Tap("Kiểm tra thử")
			p.Settled()
		}},
		{"import-right", "/people/import", func(p *phone) {
			p.Fill("Hoặc dán vào đây", "email,name,unit\ntam@hocso.example,Lê Văn Tám,an-toan\n")
			p.Tap("Kiểm tra thử")
			p.Settled()
		}},
		{"units", "/units", nil},
		{"cohorts", "/cohorts", nil},
		{"cohort-new", "/cohorts/new", nil},
		{"surveys", "/surveys", nil},
		{"survey-new", "/surveys/new", nil},
		{"announcing", "/announcing", nil},
		{"announcing-new", "/announcing/new", nil},
		{"holidays", "/holidays", nil},
		{"retention", "/retention", nil},
		{"webhooks", "/webhooks", nil},
		{"webhook-new", "/webhooks/new", nil},
		{"signoffs", "/overview/signoffs", nil},
		{"desk", "/desk", nil},
	}
	for _, c := range campaigns.Items {
		if c.State == "running" || c.State == "closing" {
			list = append(list, screen{"campaign", "/campaigns/" + c.ID, nil}, screen{"overview-campaign", "/overview?campaign=" + c.ID, nil})
			break
		}
	}
	return list
}

func headScreens(server *program) []screen {
	unit := server.SignIns["head"].Unit
	return []screen{
		{"my-unit", "/my-unit", nil},
		{"overdue", "/overview/overdue?unit=" + unit, nil},
		{"other-unit", "/overview/units/van-phong", nil},
		{"today", "/", nil},
	}
}
