package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hocso/internal/campaign"
)

func TestHolidaysRefused(t *testing.T) {
	o := newOffice(t)
	add := func(from, to, vi, en string) string {
		return fmt.Sprintf(`{"from":%q,"to":%q,"name":{"vi":%q,"en":%q}}`, from, to, vi, en)
	}
	file := func(lines ...string) string { return fmt.Sprintf(`{"text":%q}`, strings.Join(lines, "\n")) }
	long := strings.Repeat("a", 81)
	for _, tt := range []struct{ path, body, field, code string }{
		{"/holidays", add("", "", "Nghỉ", "Off"), "from", "date"},
		{"/holidays", add("2027-02-30", "", "Nghỉ", "Off"), "from", "date"},
		{"/holidays", add("1/3/2027", "", "Nghỉ", "Off"), "from", "date"},
		{"/holidays", add("2019-12-31", "", "Nghỉ", "Off"), "from", "out_of_range"},
		{"/holidays", add("2027-03-01", "hôm sau", "Nghỉ", "Off"), "to", "date"},
		{"/holidays", add("2027-03-01", "2100-01-01", "Nghỉ", "Off"), "to", "out_of_range"},
		{"/holidays", add("2027-03-02", "2027-03-01", "Nghỉ", "Off"), "to", "before_from"},
		{"/holidays", add("2027-03-01", "2027-04-01", "Nghỉ", "Off"), "to", "too_long"},
		{"/holidays", add("2026-12-31", "2027-01-02", "Nghỉ", "Off"), "from", "duplicate"},
		{"/holidays", add("2027-03-01", "", " ", "Off"), "name.vi", "required"},
		{"/holidays", add("2027-03-01", "", "Nghỉ", ""), "name.en", "required"},
		{"/holidays", add("2027-03-01", "", long, "Off"), "name.vi", "max"},
		{"/holidays", add("2027-03-01", "", "Nghỉ", "Off\u202e"), "name.en", "text"},
		{"/holidays/file", `{"text":""}`, "text", "required"},
		{"/holidays/file", file("date,name_vi,name_en"), "1.line", "empty"},
		{"/holidays/file", file("2027-03-01,Nghỉ,Off", "2027-02-30,Nghỉ,Off"), "2.date", "date"},
		{"/holidays/file", file("date,name_vi,name_en", "2027-03-01,Nghỉ,Off", "2027-03-01,Nghỉ,Off"), "3.date", "duplicate"},
		{"/holidays/file", file("2027-01-01,Nghỉ,Off"), "1.date", "duplicate"},
		{"/holidays/file", file("2150-01-01,Nghỉ,Off"), "1.date", "out_of_range"},
		{"/holidays/file", file("2027-03-01,Nghỉ"), "1.line", "columns"},
		{"/holidays/file", file("2027-03-01,,Off"), "1.name_vi", "required"},
		{"/holidays/file", file("2027-03-01,Nghỉ," + long), "1.name_en", "max"},
		{"/holidays/file", file("2027-03-01,Ng\u202ehỉ,Off"), "1.name_vi", "text"},
		{"/holidays/file", file(`2027-03-01,"Nghỉ,Off`), "1.line", "quotes"},
		{"/holidays/file", file(strings.Repeat("2027-03-01,Nghỉ,Off\n", 2100)), "2.date", "duplicate"},
	} {
		got := o.ask(o.root, "POST", tt.path, tt.body)
		if want := fmt.Sprintf(`{"field":%q,"code":%q}`, tt.field, tt.code); got.status != 422 || !strings.Contains(string(got.body), want) {
			t.Errorf("%.80s: %d %.200s, want %s", tt.body, got.status, got.body, want)
		}
	}
	if got := o.ask(o.root, "GET", "/holidays", nil); strings.Contains(string(got.body), "2027-03-01") || strings.Contains(string(got.body), "changedAt") {
		t.Errorf("something was stored: %s", got.body)
	}
}

// What one copy of the program changed, the calendars of another one see with their
// next look at the database.
func TestHolidaysInEveryCopy(t *testing.T) {
	o := newOffice(t)
	other := newCopy(o.site)
	here, there := campaign.Calendar{Zone: time.UTC, Edited: o.Holidays}, campaign.Calendar{Zone: time.UTC, Edited: other.Holidays}
	monday, friday, newYear := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC), time.Date(2027, 3, 5, 9, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 9, 0, 0, 0, time.UTC)
	look := func(step string, want ...bool) {
		t.Helper()
		if err := other.Holidays.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, day := range []time.Time{monday, friday, newYear} {
			if here.Closed(day) != want[i] || there.Closed(day) != want[i] {
				t.Errorf("%s: %s is closed here %v, there %v; want %v", step, day.Format(time.DateOnly), here.Closed(day), there.Closed(day), want[i])
			}
		}
	}
	look("at first", false, false, true)
	o.ask(o.root, "POST", "/holidays", `{"from":"2027-03-01","to":"2027-03-02","name":{"vi":"Nghỉ","en":"Off"}}`).want(t, 201, `"on":"2027-03-02"`, "")
	look("a range added", true, false, true)
	o.ask(o.root, "POST", "/holidays/file", `{"text":"\ufeffdate;name_vi;name_en\r\n2027-03-05;Nghỉ bù;Day in lieu\r\n"}`).want(t, 201, `"on":"2027-03-05"`, "")
	look("a file", true, true, true)
	o.ask(o.root, "DELETE", "/holidays/2027-01-01", nil).want(t, 200, `"version":3`, `2027-01-01`)
	look("one removed", true, true, false)
	o.ask(o.root, "POST", "/holidays/reset", nil).want(t, 200, `2027-01-01`, "2027-03-05")
	o.ask(o.root, "DELETE", "/holidays/2026-01-06", nil).want(t, 404, "holiday_not_found", "")
	look("reset", false, false, true)
}
