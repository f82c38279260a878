package campaign

import (
	"slices"
	"time"
)

// Calendar knows the working days of the organisation.
type Calendar struct {
	Zone     *time.Location
	Holidays []string // yyyy-mm-dd, sorted
}

// Day is the form of a date in JSON.
const Day = "2006-01-02"

// Closed reports whether nobody works on the day of t, as t's own zone sees it.
func (c Calendar) Closed(t time.Time) bool {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return true
	}
	_, found := slices.BinarySearch(c.Holidays, t.Format(Day))
	return found
}

// WorkingDays counts the working days from the day of from to the day of to, both
// included, in the organisation's zone. Spans over three years count three years.
func (c Calendar) WorkingDays(from, to time.Time) int {
	n := 0
	last := midnight(to, c.Zone)
	for day, i := midnight(from, c.Zone), 0; !day.After(last) && i < 3*366; day, i = day.AddDate(0, 0, 1), i+1 {
		if !c.Closed(day) {
			n++
		}
	}
	return n
}

// AfterWorkingDays returns the last millisecond of the n-th working day after the day of t.
func (c Calendar) AfterWorkingDays(t time.Time, n int) time.Time {
	day := midnight(t, c.Zone)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if !c.Closed(day) {
			n--
		}
	}
	return endOfDay(day)
}

// Workday is the first working day from the day of t on.
func (c Calendar) Workday(t time.Time) time.Time {
	day := midnight(t, c.Zone)
	for i := 0; c.Closed(day) && i < 60; i++ {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// midnight is the start of the day of t in zone.
func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// endOfDay is the last millisecond of a day that starts at midnight, in UTC.
func endOfDay(midnight time.Time) time.Time {
	return midnight.AddDate(0, 0, 1).Add(-time.Millisecond).UTC()
}

// Holidays are the public holidays of Viet Nam in 2026 and 2027 on which nobody is
// reminded: the Labour Code's, with the days in lieu and the exchanged days of the
// government's plan for 2026. For 2027 the days around Tet follow the usual plan,
// a little wide, since being quiet one day too long does no harm. An operator adds others.
func Holidays() []string {
	return []string{
		"2026-01-01", "2026-01-02", // New Year
		"2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", // Tet, the year of the Horse
		"2026-04-27",               // Hung Kings, in lieu of Sunday the 26th
		"2026-04-30", "2026-05-01", // Reunification, Labour Day
		"2026-08-31", "2026-09-01", "2026-09-02", // National Day
		"2026-11-24", // Culture Day
		"2027-01-01",
		"2027-02-04", "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12", // Tet, the year of the Goat
		"2027-04-16",               // Hung Kings
		"2027-04-30", "2027-05-03", // Labour Day in lieu of a Saturday
		"2027-09-02", "2027-09-03",
		"2027-11-24",
	}
}
