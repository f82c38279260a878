package privacy

import (
	"testing"
	"time"

	"hocso/internal/campaign"
)

var hanoi = time.FixedZone("ICT", 7*60*60)

func calendar() campaign.Calendar {
	return campaign.Calendar{Zone: hanoi, Holidays: campaign.Holidays()}
}

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, hanoi)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestDue(t *testing.T) {
	for _, tt := range []struct {
		name, asked          string
		thirdParty, extended bool
		answerBy, doneBy     string
	}{
		{"a Monday morning", "2026-03-02 08:00", false, false, "2026-03-04", "2026-03-17"},
		{"a minute before midnight", "2026-03-02 23:59", false, false, "2026-03-04", "2026-03-17"},
		{"over a weekend", "2026-03-05 08:00", false, false, "2026-03-09", "2026-03-20"},
		{"on a Saturday", "2026-03-07 08:00", false, false, "2026-03-10", "2026-03-22"},
		{"the Friday before Tet", "2026-02-13 16:00", false, false, "2026-02-24", "2026-02-28"},
		{"within Tet", "2026-02-17 09:00", false, false, "2026-02-24", "2026-03-04"},
		{"before two holidays in a row", "2026-04-29 09:00", false, false, "2026-05-05", "2026-05-14"},
		{"with a third party", "2026-03-02 08:00", true, false, "2026-03-04", "2026-03-22"},
		{"extended", "2026-03-02 08:00", false, true, "2026-03-04", "2026-04-01"},
		{"both", "2026-03-02 08:00", true, true, "2026-03-04", "2026-04-06"},
		{"over the end of a year", "2026-12-30 08:00", false, false, "2027-01-04", "2027-01-14"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Request{State: Received, At: at(tt.asked), ThirdParty: tt.thirdParty, Extended: tt.extended}
			answerBy, doneBy := UsualClocks().Due(calendar(), r)
			last := func(day string) time.Time { return at(day + " 23:59").Add(time.Minute - time.Millisecond) }
			if !answerBy.Equal(last(tt.answerBy)) || !doneBy.Equal(last(tt.doneBy)) {
				t.Errorf("asked at %s: answer by %v, done by %v; want the ends of %s and %s", tt.asked, answerBy, doneBy, tt.answerBy, tt.doneBy)
			}
		})
	}
}

func TestNext(t *testing.T) {
	for _, tt := range []struct {
		name, now string
		state     State
		want      Urgency
		due       string
	}{
		{"at once", "2026-03-02 08:00", Received, DueSoon, "2026-03-04"},
		{"the day of the answer", "2026-03-04 00:00", Received, DueToday, "2026-03-04"},
		{"its last minute", "2026-03-04 23:59", Received, DueToday, "2026-03-04"},
		{"a moment later", "2026-03-05 00:00", Received, Overdue, "2026-03-04"},
		{"answered in time", "2026-03-05 00:00", Answered, InTime, "2026-03-17"},
		{"three days before the end", "2026-03-14 23:59", Answered, InTime, "2026-03-17"},
		{"two days before the end", "2026-03-15 08:00", Answered, DueSoon, "2026-03-17"},
		{"the last day", "2026-03-17 08:00", Answered, DueToday, "2026-03-17"},
		{"too late", "2026-03-18 08:00", Answered, Overdue, "2026-03-17"},
		{"done", "2026-03-18 08:00", Done, Over, ""},
		{"refused", "2026-03-18 08:00", Refused, Over, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			due, urgency := UsualClocks().Next(calendar(), Request{State: tt.state, At: at("2026-03-02 08:00")}, at(tt.now))
			day := ""
			if !due.IsZero() {
				day = due.In(hanoi).Format(campaign.Day)
			}
			if urgency != tt.want || day != tt.due {
				t.Errorf("at %s: %s, due %s; want %s, %s", tt.now, urgency, day, tt.want, tt.due)
			}
		})
	}
}
