package reminder

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/learning"
	"hocso/internal/people"
)

func TestPlan(t *testing.T) {
	cal := campaign.Calendar{Zone: hanoi(t), Holidays: campaign.Holidays()}
	for _, tt := range []struct {
		name, now, due, zone string
		state                learning.State
		want                 []string // step and day
	}{
		{
			"all six", "2026-03-02 08:00", "2026-03-13", "", learning.Assigned,
			[]string{"d-7 03-06", "d-3 03-10", "d-1 03-12", "d+1 03-16", "d+7 03-20", "d+14 03-27"},
		},
		{
			"only those to come", "2026-03-11 08:00", "2026-03-13", "", learning.Started,
			[]string{"d-1 03-12", "d+1 03-16", "d+7 03-20", "d+14 03-27"},
		},
		{
			"due on Monday: the day before is Friday, and so is the third", "2026-03-02 08:00", "2026-03-09", "", learning.Assigned,
			[]string{"d-7 03-02", "d-1 03-06", "d+1 03-10", "d+7 03-16", "d+14 03-23"},
		},
		{
			"Tet between", "2026-02-02 08:00", "2026-02-20", "", learning.Assigned,
			[]string{"d-1 02-13", "d+1 02-23", "d+7 02-27", "d+14 03-06"},
		},
		{
			"another zone keeps the due day", "2026-03-02 08:00", "2026-03-13", "America/New_York", learning.Assigned,
			[]string{"d-7 03-06", "d-3 03-10", "d-1 03-12", "d+1 03-16", "d+7 03-20", "d+14 03-27"},
		},
		{"long past", "2026-05-02 08:00", "2026-03-13", "", learning.Assigned, nil},
		{"completed", "2026-03-02 08:00", "2026-03-13", "", learning.Completed, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, cal.Zone)
			if err != nil {
				t.Fatal(err)
			}
			day, err := time.ParseInLocation(campaign.Day, tt.due, cal.Zone)
			if err != nil {
				t.Fatal(err)
			}
			due := day.AddDate(0, 0, 1).Add(-time.Millisecond)
			e := learning.Enrolment{ID: "phishing:lan:1", Person: "lan", Course: "phishing", Cycle: 1, DueAt: &due, State: tt.state}
			p := people.Person{ID: "lan", Settings: people.Settings{TimeZone: tt.zone}}
			w := windowOf(p, cal)
			var got []string
			for _, d := range Plan("c1", usual(), e, p, cal, now) {
				got = append(got, d.Step+" "+d.NotBefore.In(w.zone).Format("01-02"))
				if !w.open(d.NotBefore) || !d.NotAfter.Equal(w.end(d.NotBefore)) || d.ID != "c1:lan:phishing."+d.Step+":push" {
					t.Errorf("%+v: outside the window of its day, or a wrong id", d)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("planned at %s for %s: %v, want %v", tt.now, tt.due, got, tt.want)
			}
		})
	}
}

func TestPlanWithoutDueDate(t *testing.T) {
	if ds := Plan("c1", usual(), learning.Enrolment{State: learning.Assigned}, people.Person{}, campaign.Calendar{Zone: time.UTC}, time.Unix(0, 0)); ds != nil {
		t.Errorf("no due date: %v, want nothing", ds)
	}
}

func TestWindow(t *testing.T) {
	w := window{hanoi(t), campaign.Calendar{Zone: hanoi(t), Holidays: campaign.Holidays()}}
	for _, tt := range []struct {
		at   string
		open bool
		next string
	}{
		{"2026-03-04 07:59", false, "2026-03-04 08:00"},
		{"2026-03-04 08:00", true, "2026-03-04 08:00"},
		{"2026-03-04 11:29", true, "2026-03-04 11:29"},
		{"2026-03-04 11:30", false, "2026-03-04 13:30"},
		{"2026-03-04 16:59", true, "2026-03-04 16:59"},
		{"2026-03-04 17:00", false, "2026-03-05 08:00"},
		{"2026-03-06 17:00", false, "2026-03-09 08:00"},
		{"2026-03-07 10:00", false, "2026-03-09 08:00"},
		{"2026-02-13 23:00", false, "2026-02-23 08:00"},
		{"2026-04-29 18:00", false, "2026-05-04 08:00"},
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", tt.at, w.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.next(now).In(w.zone).Format("2006-01-02 15:04"); w.open(now) != tt.open || got != tt.next {
			t.Errorf("at %s: open %v, next %s; want %v, %s", tt.at, w.open(now), got, tt.open, tt.next)
		}
	}
}

// The slots of many people are spread over the window, and each stays where it is
// whoever else comes.
func TestSlotsAreSpread(t *testing.T) {
	w := window{hanoi(t), campaign.Calendar{Zone: hanoi(t)}}
	day := time.Date(2026, 3, 4, 0, 0, 0, 0, w.zone)
	perHour := map[int]int{}
	for i := range 7000 {
		s := w.slot(people.ID(fmt.Sprint("p", i)), day)
		if !w.open(s) {
			t.Fatalf("slot %v of p%d is outside the window", s.In(w.zone), i)
		}
		perHour[s.In(w.zone).Hour()]++
	}
	for _, h := range []int{8, 9, 10, 14, 15, 16} {
		if n := perHour[h]; n < 850 || n > 1150 {
			t.Errorf("%d of 7000 at %d o'clock, want about 1000", n, h)
		}
	}
}

func TestDecide(t *testing.T) {
	cal := campaign.Calendar{Zone: hanoi(t), Holidays: campaign.Holidays()}
	local := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, cal.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return x.UTC()
	}
	now := local("2026-03-04 10:00")
	mail := func(d *Delivery, f *Facts) { d.Channel, f.Devices = Email, 0 }
	for _, tt := range []struct {
		name   string
		now    string
		change func(*Delivery, *Facts)
		want   Decision
	}{
		{"due", "", func(*Delivery, *Facts) {}, Decision{Action: SendNow}},
		{"done before", "", func(_ *Delivery, f *Facts) { f.Enrolment.State = learning.Completed }, Decision{Action: Drop, Reason: ReasonDoneBefore}},
		{"enrolment closed", "", func(_ *Delivery, f *Facts) { f.Enrolment.State = learning.Closed }, Decision{Action: Drop, Reason: ReasonClosed}},
		{"person left", "", func(_ *Delivery, f *Facts) { f.Person.Status = people.Closed }, Decision{Action: Drop, Reason: ReasonClosed}},
		{"another course was chosen instead", "", func(_ *Delivery, f *Facts) { f.Enrolment.Campaigns = []string{"c2"} }, Decision{Action: Drop, Reason: ReasonClosed}},
		{"campaign cancelled", "", func(_ *Delivery, f *Facts) { f.Campaign = campaign.Cancelled }, Decision{Action: Drop, Reason: ReasonClosed}},
		{"campaign completed", "", func(_ *Delivery, f *Facts) { f.Campaign = campaign.Completed }, Decision{Action: Drop, Reason: ReasonClosed}},
		{"campaign paused", "", func(_ *Delivery, f *Facts) { f.Campaign = campaign.Paused }, Decision{Wait, now.Add(30 * time.Minute), ReasonPaused}},
		{"campaign paused until the evening", "2026-03-04 16:45", func(_ *Delivery, f *Facts) { f.Campaign = campaign.Paused }, Decision{Action: Drop, Reason: ReasonPaused}},
		{"no device", "", func(_ *Delivery, f *Facts) { f.Devices = 0 }, Decision{Action: Drop, Reason: ReasonNoSubscription}},
		{"lunch", "2026-03-04 12:00", func(*Delivery, *Facts) {}, Decision{Wait, local("2026-03-04 13:30"), ReasonQuiet}},
		{"too late", "2026-03-04 17:00", func(*Delivery, *Facts) {}, Decision{Action: Drop, Reason: ReasonQuiet}},
		{"night", "2026-03-04 20:30", func(*Delivery, *Facts) {}, Decision{Action: Drop, Reason: ReasonExpired}},
		{"tried all day", "2026-03-04 17:01", func(d *Delivery, _ *Facts) { d.Tries = 3 }, Decision{Action: Drop, Reason: ReasonFailed}},
		{"moved to New York", "", func(_ *Delivery, f *Facts) { f.Person.Settings.TimeZone = "America/New_York" }, Decision{Action: Drop, Reason: ReasonQuiet}},
		{"learning just now", "", func(_ *Delivery, f *Facts) {
			f.LearnedAt = now.Add(-10 * time.Minute)
		}, Decision{Wait, now.Add(50 * time.Minute), ReasonQuiet}},
		{"one today already", "", func(_ *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", At: now.Add(-time.Hour), Done: true}}
		}, Decision{Action: Drop, Reason: ReasonCapped}},
		{"one on its way", "", func(_ *Delivery, f *Facts) { f.Sends = []Send{{Delivery: "x", At: now.Add(-time.Second)}} }, Decision{Wait, now.Add(time.Minute), ReasonCapped}},
		{"merged into one", "", func(d *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", At: now, With: []string{d.ID}, Done: true}}
		}, Decision{Action: Drop, Reason: ReasonMerged}},
		{"this one was begun", "", func(d *Delivery, f *Facts) { f.Sends = []Send{{Delivery: d.ID, At: now.Add(-3 * time.Minute)}} }, Decision{Action: SendNow}},
		{"two this week", "", func(_ *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", At: now.AddDate(0, 0, -1), Done: true}, {Delivery: "y", At: now.AddDate(0, 0, -2), Done: true}}
		}, Decision{Action: SendNow}},
		{"three this week", "", func(_ *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", At: now.AddDate(0, 0, -1), Done: true}, {Delivery: "y", At: now.AddDate(0, 0, -2), Done: true}, {Delivery: "z", At: now.AddDate(0, 0, -5), Done: true}}
		}, Decision{Action: Drop, Reason: ReasonCapped}},
		{"a mail two hours ago", "", func(_ *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", Channel: Email, At: now.Add(-2 * time.Hour), Done: true}}
		}, Decision{Wait, now.Add(time.Hour), ReasonCapped}},
		{"a mail this morning", "2026-03-04 14:00", func(_ *Delivery, f *Facts) {
			f.Sends = []Send{{Delivery: "x", Channel: Email, At: now.Add(-time.Hour), Done: true}}
		}, Decision{Action: SendNow}},
		{"held out", "", func(_ *Delivery, f *Facts) { f.HeldOut = true }, Decision{Action: Drop, Reason: ReasonHeldOut}},
		{"put off, whatever the caps", "", func(d *Delivery, f *Facts) {
			d.Snooze = 1
			f.Sends = []Send{{Delivery: "x", At: now.Add(-time.Hour), Done: true}}
		}, Decision{Action: SendNow}},
		{"put off into lunch", "2026-03-04 12:00", func(d *Delivery, _ *Facts) { d.Snooze = 1 }, Decision{Wait, local("2026-03-04 13:30"), ReasonQuiet}},
		{"mail", "", mail, Decision{Action: SendNow}},
		{"mail, no server", "", func(d *Delivery, f *Facts) { mail(d, f); f.Mail = false }, Decision{Action: Drop, Reason: ReasonNoMail}},
		{"mail, no address", "", func(d *Delivery, f *Facts) { mail(d, f); f.Person.Email = "" }, Decision{Action: Drop, Reason: ReasonNoMail}},
		{"mail, not wanted", "", func(d *Delivery, f *Facts) { mail(d, f); f.Person.Settings.NoMail = true }, Decision{Action: Drop, Reason: ReasonOptedOut}},
		{"mail, came back", "", func(d *Delivery, f *Facts) { mail(d, f); f.Bounced = true }, Decision{Action: Drop, Reason: ReasonBounced}},
		{"mail, push seen", "", func(d *Delivery, f *Facts) { mail(d, f); f.Seen = true }, Decision{Action: Drop, Reason: ReasonSeen}},
		{"mail, push put off", "", func(d *Delivery, f *Facts) { mail(d, f); f.Seen, f.Snoozed = true, true }, Decision{Action: Drop, Reason: ReasonSnoozed}},
		{"mail at lunch", "2026-03-04 12:00", mail, Decision{Wait, local("2026-03-04 13:30"), ReasonQuiet}},
		{"mail, pushes this week do not count", "", func(d *Delivery, f *Facts) {
			mail(d, f)
			f.Sends = []Send{{Delivery: "x", Channel: Push, At: now.AddDate(0, 0, -1), Done: true}, {Delivery: "y", Channel: Push, At: now.AddDate(0, 0, -2), Done: true}, {Delivery: "z", Channel: Email, At: now.AddDate(0, 0, -5), Done: true}}
		}, Decision{Action: SendNow}},
		{"mail, two this week", "", func(d *Delivery, f *Facts) {
			mail(d, f)
			f.Sends = []Send{{Delivery: "x", Channel: Email, At: now.AddDate(0, 0, -1), Done: true}, {Delivery: "z", Channel: Email, At: now.AddDate(0, 0, -5), Done: true}}
		}, Decision{Action: Drop, Reason: ReasonCapped}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Delivery{ID: "c1:lan:phishing.d-7:push", Channel: Push, NotBefore: local("2026-03-04 09:00"), NotAfter: local("2026-03-04 17:00")}
			f := Facts{Enrolment: learning.Enrolment{State: learning.Assigned, Campaigns: []string{""}}, Campaign: campaign.Running, Calendar: cal, Devices: 1, Mail: true, Person: people.Person{Email: "lan@bo.vn"}}
			tt.change(&d, &f)
			at := now
			if tt.now != "" {
				at = local(tt.now)
			}
			if got := Decide(d, f, at); got.Action != tt.want.Action || got.Reason != tt.want.Reason || !got.Until.Equal(tt.want.Until) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestBody(t *testing.T) {
	cal := campaign.Calendar{Zone: hanoi(t)}
	now := time.Date(2026, 3, 12, 3, 0, 0, 0, time.UTC)
	one := func(days int, title string) []duty {
		return []duty{{title: people.Text{Vi: title, En: title}, minutes: 18, dueAt: time.Date(2026, 3, 12+days, 16, 59, 59, 999e6, time.UTC)}}
	}
	for _, tt := range []struct {
		duties []duty
		locale string
		want   string
	}{
		{one(1, "Nhận biết lừa đảo"), "vi", "Còn 1 ngày: Nhận biết lừa đảo, 18 phút"},
		{one(7, "Nhận biết lừa đảo"), "", "Còn 7 ngày: Nhận biết lừa đảo, 18 phút"},
		{one(0, "Spot the scam"), "en", "Due today: Spot the scam, 18 minutes"},
		{one(1, "Spot the scam"), "en", "1 day left: Spot the scam, 18 minutes"},
		{one(-1, "Spot the scam"), "en", "1 day overdue: Spot the scam, 18 minutes"},
		{one(-14, "Nhận biết lừa đảo"), "vi", "Quá hạn 14 ngày: Nhận biết lừa đảo, 18 phút"},
		{append(one(1, "a"), one(3, "b")...), "vi", "2 việc cần làm, 36 phút"},
		{append(one(1, "a"), one(3, "b")...), "en", "2 things to do, 36 minutes"},
		{
			one(1, "Bảo vệ dữ liệu cá nhân của công dân khi làm việc với hồ sơ điện tử ở bộ phận một cửa"), "vi",
			"Còn 1 ngày: Bảo vệ dữ liệu cá nhân của công dân khi làm việc với hồ sơ…, 18 phút",
		},
	} {
		got := body(tt.duties, tt.locale, cal, now)
		if got != tt.want || len([]rune(got)) > longestBody {
			t.Errorf("%q, %d characters; want %q, at most %d", got, len([]rune(got)), tt.want, longestBody)
		}
	}
}

// usual is the policy of a campaign that reminds.
func usual() Policy {
	return Policy{Offsets: []int{-7, -3, -1, 1, 7, 14}, Channels: []string{Push, Email}}
}

// running is a campaign that reminds by y.
func running(id campaign.ID, y Policy) campaign.Campaign {
	c := campaign.Campaign{ID: id, State: campaign.Running}
	c.Reminders = campaign.Reminders{Offsets: y.Offsets, HoldOut: y.HoldOut}
	for _, way := range y.Channels {
		c.Channels = append(c.Channels, campaign.Channel(way))
	}
	return c
}
