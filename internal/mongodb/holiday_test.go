package mongodb_test

import (
	"testing"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
)

func TestHolidays(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Holidays()
	_, err := s.Holidays(ctx)
	refused(t, "find none", err, fault.NotFound, "holidays_not_found")
	oneWins(t, racers, "changed_meanwhile", func(i int) error {
		return s.PutHolidays(ctx, campaign.HolidayList{Days: make([]campaign.Holiday, i)})
	}, func() (int, error) { l, err := s.Holidays(ctx); return len(l.Days), err })
	l := filled[campaign.HolidayList](0)
	l.Version = 1
	must(t, s.PutHolidays(ctx, l))
	refused(t, "put an old one", s.PutHolidays(ctx, l), fault.Conflict, "changed_meanwhile")
	l.Version = 2
	same(t, "holidays", ask(t, func() (campaign.HolidayList, error) { return s.Holidays(ctx) }), l)
}
