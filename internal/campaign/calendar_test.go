package campaign

import (
	"slices"
	"testing"
	"time"
)

func TestHolidaysAreSorted(t *testing.T) {
	if !slices.IsSorted(Holidays()) {
		t.Error("Holidays() is not sorted: Closed searches it by halves")
	}
	for _, h := range Holidays() {
		if d, err := time.Parse(Day, h); err != nil || d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
			t.Errorf("holiday %s: %v, %v; want a weekday, weekends are closed anyway", h, d.Weekday(), err)
		}
	}
}
