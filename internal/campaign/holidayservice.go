package campaign

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// HolidayStore keeps the one list of holidays.
type HolidayStore interface {
	// Holidays returns the list; fault.NotFound while nobody has changed it.
	Holidays(ctx context.Context) (HolidayList, error)
	// PutHolidays stores l with Version+1 if the stored one still has l.Version (0: there
	// is none); fault.Conflict otherwise.
	PutHolidays(ctx context.Context, l HolidayList) error
}

// HolidayService keeps the holidays that the calendars of the program look at. What
// another copy of the program changed is seen with the next Refresh.
type HolidayService struct {
	Store HolidayStore
	Now   func() time.Time
	Log   *slog.Logger

	now atomic.Pointer[[]string]
}

// dates are the days as they are known now, sorted.
func (s *HolidayService) dates() []string {
	if days := s.now.Load(); days != nil {
		return *days
	}
	return Holidays()
}

// Refresh reads the list again.
func (s *HolidayService) Refresh(ctx context.Context) error {
	l, err := s.read(ctx)
	if err != nil {
		return err
	}
	s.know(l)
	return nil
}

func (s *HolidayService) know(l HolidayList) {
	days := datesOf(l.Days)
	s.now.Store(&days)
}

// Run refreshes every interval until ctx is done.
func (s *HolidayService) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "read the holidays, will repeat", "err", err)
			}
		}
	}
}

func (s *HolidayService) read(ctx context.Context) (HolidayList, error) {
	l, err := s.Store.Holidays(ctx)
	if fault.KindOf(err) == fault.NotFound {
		return HolidayList{Days: VietNam()}, nil
	}
	return l, err
}

// List returns the holidays. fault.Forbidden unless the actor looks after the service for
// the whole organisation; so do the others.
func (s *HolidayService) List(ctx context.Context, a people.Actor) (HolidayList, error) {
	if err := mayEdit(a); err != nil {
		return HolidayList{}, err
	}
	return s.read(ctx)
}

func mayEdit(a people.Actor) error {
	if _, all := a.Scope(people.ManageOperations); !all {
		return fault.New(fault.Forbidden, "not_allowed", "the calendar is for the whole organisation")
	}
	return nil
}

// Add adds a day or a range. fault.Invalid names the field: from, to, name.vi, name.en.
func (s *HolidayService) Add(ctx context.Context, a people.Actor, r HolidayRange) (HolidayList, error) {
	return s.change(ctx, a, func(l HolidayList) ([]Holiday, error) {
		more, bad := r.holidays()
		if len(bad) > 0 {
			return nil, invalid(bad)
		}
		days, duplicate := l.with(more)
		if duplicate != "" {
			return nil, invalid([]fault.Field{{Field: "from", Code: "duplicate"}})
		}
		return days, nil
	})
}

// Import adds the days of a file, all or none. fault.Invalid names what is wrong by line.
func (s *HolidayService) Import(ctx context.Context, a people.Actor, text string) (l HolidayList, added int, err error) {
	l, err = s.change(ctx, a, func(l HolidayList) ([]Holiday, error) {
		more, bad := readHolidays(text, l)
		if len(bad) > 0 {
			return nil, invalid(bad)
		}
		added = len(more)
		days, _ := l.with(more)
		return days, nil
	})
	return l, added, err
}

// Remove takes a day out; fault.NotFound holiday_not_found if it is none.
func (s *HolidayService) Remove(ctx context.Context, a people.Actor, on string) (HolidayList, error) {
	return s.change(ctx, a, func(l HolidayList) ([]Holiday, error) {
		i := slices.IndexFunc(l.Days, func(d Holiday) bool { return d.On == on })
		if i < 0 {
			return nil, fault.New(fault.NotFound, "holiday_not_found", "that day is no holiday")
		}
		return slices.Delete(slices.Clone(l.Days), i, i+1), nil
	})
}

// Reset brings back the list that came with the program.
func (s *HolidayService) Reset(ctx context.Context, a people.Actor) (HolidayList, error) {
	return s.change(ctx, a, func(HolidayList) ([]Holiday, error) { return VietNam(), nil })
}

// change stores what f makes of the list. Whoever is slower than another does it again.
func (s *HolidayService) change(ctx context.Context, a people.Actor, f func(HolidayList) ([]Holiday, error)) (HolidayList, error) {
	if err := mayEdit(a); err != nil {
		return HolidayList{}, err
	}
	for tries := 0; ; tries++ {
		l, err := s.read(ctx)
		if err != nil {
			return l, err
		}
		if l.Days, err = f(l); err != nil {
			return l, err
		}
		if len(l.Days) > mostHolidays {
			return l, fault.New(fault.Conflict, "too_many_holidays", "there may be at most %d holidays", mostHolidays)
		}
		now := s.Now()
		l.ChangedAt = &now
		err = s.Store.PutHolidays(ctx, l)
		if err == nil {
			l.Version++
			s.know(l)
			return l, nil
		}
		if fault.KindOf(err) != fault.Conflict || tries == 9 {
			return l, err
		}
	}
}
