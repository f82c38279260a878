package campaign

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Holiday is a day on which nobody works, beside the weekends.
type Holiday struct {
	On   string      `json:"on" bson:"on"` // yyyy-mm-dd
	Name people.Text `json:"name" bson:"name"`
}

// HolidayList is the holidays of the organisation: one document for all years.
type HolidayList struct {
	Days      []Holiday  `json:"days" bson:"days"` // by day, each once
	Version   int        `json:"version" bson:"ver"`
	ChangedAt *time.Time `json:"changedAt,omitempty" bson:"changedAt,omitempty"` // nil: the list is the one that came with the program
}

const (
	firstYear    = 2020
	lastYear     = 2099
	longestRange = 31   // days that are added at once
	mostHolidays = 1500 // some nineteen a year
	mostLines    = 2000 // of a file
)

// HolidayRange is what is added: a day, or all days from it to another one.
type HolidayRange struct {
	From string      `json:"from"`
	To   string      `json:"to"` // empty: From alone
	Name people.Text `json:"name"`
}

// holidayOn reads yyyy-mm-dd of a year the service knows. The code says what is wrong.
func holidayOn(s string) (t time.Time, code string) {
	t, err := time.Parse(Day, s)
	switch {
	case err != nil:
		return t, "date"
	case t.Year() < firstYear || t.Year() > lastYear:
		return t, "out_of_range"
	}
	return t, ""
}

// holidays returns the days of r, or what is wrong with it. Weekends are kept: whoever
// adds Tet as a range need not leave them out.
func (r HolidayRange) holidays() (days []Holiday, bad []fault.Field) {
	r.Name = tidy(r.Name)
	bad = checkHolidayName(r.Name)
	from, code := holidayOn(r.From)
	if code != "" {
		bad = append(bad, fault.Field{Field: "from", Code: code})
	}
	to, code := holidayOn(cmp.Or(r.To, r.From))
	switch {
	case r.To == "":
	case code != "":
		bad = append(bad, fault.Field{Field: "to", Code: code})
	case to.Before(from):
		bad = append(bad, fault.Field{Field: "to", Code: "before_from"})
	case to.Sub(from) >= longestRange*24*time.Hour:
		bad = append(bad, fault.Field{Field: "to", Code: "too_long"})
	}
	if len(bad) > 0 {
		return nil, bad
	}
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		days = append(days, Holiday{On: d.Format(Day), Name: r.Name})
	}
	return days, nil
}

func checkHolidayName(n people.Text) (bad []fault.Field) {
	const longest = 80
	for _, f := range []struct{ field, text string }{{"name.vi", n.Vi}, {"name.en", n.En}} {
		switch {
		case f.text == "":
			bad = append(bad, fault.Field{Field: f.field, Code: "required"})
		case utf8.RuneCountInString(f.text) > longest:
			bad = append(bad, fault.Field{Field: f.field, Code: "max"})
		case !people.PlainText(f.text):
			bad = append(bad, fault.Field{Field: f.field, Code: "text"})
		}
	}
	return bad
}

// with returns the days of l and more; duplicate is the first that is in l already.
func (l HolidayList) with(more []Holiday) (days []Holiday, duplicate string) {
	days = slices.Clone(l.Days)
	for _, d := range more {
		if slices.ContainsFunc(l.Days, func(x Holiday) bool { return x.On == d.On }) {
			return nil, d.On
		}
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b Holiday) int { return cmp.Compare(a.On, b.On) })
	return days, ""
}

// VietNam are the public holidays of Viet Nam in 2026 and 2027: the Labour Code's, with
// the days in lieu and the exchanged days of the government's plan for 2026. For 2027
// the days around Tet follow the usual plan, a little wide, since being quiet one day
// too long does no harm.
func VietNam() []Holiday {
	var days []Holiday
	add := func(vi, en string, on ...string) {
		for _, d := range on {
			days = append(days, Holiday{On: d, Name: people.Text{Vi: vi, En: en}})
		}
	}
	add("Tết Dương lịch", "New Year", "2026-01-01", "2026-01-02", "2027-01-01")
	add("Tết Bính Ngọ", "Tet, Year of the Horse", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20")
	add("Tết Đinh Mùi", "Tet, Year of the Goat", "2027-02-04", "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12")
	add("Giỗ Tổ Hùng Vương", "Hung Kings' Day", "2026-04-27", "2027-04-16")
	add("Ngày Giải phóng miền Nam", "Reunification Day", "2026-04-30", "2027-04-30")
	add("Quốc tế Lao động", "Labour Day", "2026-05-01", "2027-05-03")
	add("Quốc khánh", "National Day", "2026-08-31", "2026-09-01", "2026-09-02", "2027-09-02", "2027-09-03")
	add("Ngày Văn hóa Việt Nam", "Viet Nam Culture Day", "2026-11-24", "2027-11-24")
	slices.SortFunc(days, func(a, b Holiday) int { return cmp.Compare(a.On, b.On) })
	return days
}

// Holidays are the days of VietNam, for a calendar that nobody edits.
func Holidays() []string { return datesOf(VietNam()) }

func datesOf(days []Holiday) []string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = d.On
	}
	return out
}
