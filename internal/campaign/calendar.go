package campaign

import (
	"slices"
	"time"
)

// Calendar knows the working days of the organisation.
type Calendar struct {
	Zone     *time.Location
	Holidays []string        // yyyy-mm-dd, sorted
	Edited   *HolidayService // whose days count instead, as they are at the moment; nil: Holidays
}

// Day is the form of a date in JSON.
const Day = "2006-01-02"

// Closed reports whether nobody works on the day of t, as t's own zone sees it.
func (c Calendar) Closed(t time.Time) bool {
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return true
	}
	days := c.Holidays
	if c.Edited != nil {
		days = c.Edited.dates()
	}
	_, found := slices.BinarySearch(days, t.Format(Day))
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

// DaysUntil counts the days from the day of now to the day of t, both in the
// organisation's zone; it is below 0 once that day is over.
func (c Calendar) DaysUntil(t, now time.Time) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(c.Zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(t).Sub(day(now)) / (24 * time.Hour))
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
