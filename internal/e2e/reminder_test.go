//go:build e2e

package e2e

import "testing"

// TestReminderScreens shows what a person sees of their reminders: the switches, the
// ledger, the page a reminder opens, and the page to leave mail.
func TestReminderScreens(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			p := newPhone(t).Hurry()
			p.Open(server.URL)
			p.Speak(lang)
			p.SignIn(server, server.SignIns["learner"])
			p.Go("/me/reminders")
			p.See("Nhắc qua thư")
			p.Settled()
			p.wait("the switch to be ready", func() bool { return p.holds(`!document.querySelector("label.mail input").disabled`) })
			p.tap("Nhắc qua thư…", "label")
			p.See("Đã tắt nhắc qua thư")
			p.wait("the switch to be ready", func() bool { return p.holds(`!document.querySelector("label.mail input").disabled`) })
			p.tap("Nhắc qua thư…", "label")
			p.See("Đã bật nhắc qua thư")
			p.Check("reminders")
			p.Tap("Lời nhắc của tôi…")
			p.Check("reminder-log")
			p.Open(server.URL + "/?delivery=none")
			p.See("Bận lúc này? Hẹn nhắc lại sau.")
			p.Check("snooze")
			p.Tap("Ngày mai")
			p.See("Chưa hẹn được. Bạn thử lại khi có mạng nhé.")
			p.Open(server.URL + "/unsubscribe#somebody.AAAAAAAAAAAAAAAAAAAAAA")
			p.Check("leave")
			p.Tap("Ngừng nhắc qua thư")
			p.See("Liên kết này không đúng. Hãy mở lại từ thư, hoặc tắt trong ứng dụng: Tôi, mục Nhắc việc.")
			p.Check("leave-unknown")
		})
	}
}

// TestHolidayScreens edits the calendar as an administrator does, on a phone and at a desk.
func TestHolidayScreens(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"vi", "en"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			for _, p := range []*phone{newPhone(t).Hurry(), newDesk(t)} {
				p.Open(server.URL)
				p.Speak(lang)
				p.SignIn(server, server.SignIns["administrator"])
				p.Go("/holidays")
				p.Settled()
				p.Check("holidays")
				p.Tap("Thêm từ danh sách")
				p.Fill("Danh sách", "2027-02-30,Tết,Tet\n2027-02-05,Tết,Tet")
				p.tap("Thêm ngày nghỉ", "dialog button")
				p.See("Có dòng chưa đúng, chưa thêm ngày nào")
				p.Check("holidays-file")
				p.press("\u001b")
				p.Tap("Thêm ngày nghỉ")
				p.Settled()
				p.Check("holidays-add")
				p.press("\u001b")
			}
		})
	}
}
