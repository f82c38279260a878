package measure

import (
	"context"
	"math"
	"reflect"
	"testing"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
	"hocso/internal/reminder"
	"hocso/internal/report"
)

func quarter() time.Duration { return 90 * 24 * time.Hour }

var zone = time.FixedZone("ICT", 7*60*60)

// at is an hour of March 2026 in Ha Noi.
func at(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, zone) }

type facts struct {
	progress  []report.Progress
	standings []report.Standing
	rated     [2]int
	sent      []reminder.Delivery
	devices   map[people.ID]bool
	seen      map[people.ID]time.Time
	off       map[string]int // by day
	all       []time.Time    // at which anything was sent
}

func (f facts) Progress(campaign.ID) ([]report.Progress, error)  { return f.progress, nil }
func (f facts) Standings(campaign.ID) ([]report.Standing, error) { return f.standings, nil }
func (f facts) Ratings(campaign.ID) (int, int, error)            { return f.rated[0], f.rated[1], nil }
func (f facts) EachDelivery(_ context.Context, _ campaign.ID, do func(reminder.Delivery) error) error {
	for _, d := range f.sent {
		if err := do(d); err != nil {
			return err
		}
	}
	return nil
}

func (f facts) Subscribers(context.Context, []people.ID) (map[people.ID]bool, error) {
	return f.devices, nil
}

func (f facts) CountSent(_ context.Context, from, before time.Time) (n int, _ error) {
	for _, t := range f.all {
		if !t.Before(from) && t.Before(before) {
			n++
		}
	}
	return n, nil
}

func (f facts) TurnedOff(_ context.Context, from, until string) (n int, _ error) {
	for day, x := range f.off {
		if from <= day && day <= until {
			n += x
		}
	}
	return n, nil
}

func (f facts) PeopleByID(_ context.Context, ids []people.ID) (out []people.Person, err error) {
	for _, id := range ids {
		p := people.Person{ID: id}
		if t, ok := f.seen[id]; ok {
			p.LastSeenAt = &t
		}
		out = append(out, p)
	}
	return out, nil
}

func (f facts) Units(context.Context) ([]people.Unit, error) {
	return []people.Unit{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "unled", Parent: "a", Path: []people.UnitID{"a"}}}, nil
}

func (f facts) AnsweringFor(context.Context, []people.Unit) (map[people.UnitID]people.Answering, error) {
	return map[people.UnitID]people.Answering{"a": {ID: "x", Unit: "a"}, "b": {ID: "y", Unit: "b"}, "unled": {ID: "x", Unit: "a"}}, nil
}

// Five people, of whom two are done, one of them late; one was held out.
func TestOf(t *testing.T) {
	assigned := at(2, 8)
	delivered := func(p people.ID, day, hour int, state reminder.State, why reminder.Reason) reminder.Delivery {
		when := at(day, hour)
		return reminder.Delivery{ID: string(p) + when.String(), Person: p, State: state, Reason: why, SettledAt: &when}
	}
	opened := delivered("mai", 6, 9, reminder.Sent, reminder.ReasonSent)
	opened.OpenedAt = &assigned
	f := facts{
		progress: []report.Progress{
			{Person: "an", AssignedAt: assigned, Started: true, DoneAt: at(6, 20), OnTime: true}, // 108 hours
			{Person: "binh", AssignedAt: assigned, Started: true, DoneAt: at(14, 8)},             // 288 hours
			{Person: "chi", AssignedAt: assigned, Started: true},
			{Person: "mai", AssignedAt: assigned},
			{Person: "nam", AssignedAt: at(10, 8)},
		},
		standings: []report.Standing{{Unit: "a", People: 3, Completed: 3}, {Unit: "b", People: 2, Completed: 1}, {Unit: "unled", People: 1}},
		rated:     [2]int{5, 4},
		sent: []reminder.Delivery{
			delivered("an", 6, 9, reminder.Sent, reminder.ReasonSent), // done within 24 hours
			opened,
			delivered("chi", 6, 9, reminder.Dropped, reminder.ReasonCapped),
			delivered("binh", 6, 9, reminder.Dropped, reminder.ReasonHeldOut), // done much later
			{Person: "nam", State: reminder.Waiting},
		},
		devices: map[people.ID]bool{"an": true, "chi": true},
		seen:    map[people.ID]time.Time{"nam": at(1, 8)}, // before it was assigned
	}
	s := &Service{Reports: f, Reminders: f, People: f, Kept: quarter, Zone: zone, Now: func() time.Time { return at(16, 8) }}
	c := campaign.Campaign{ID: "c", StartsAt: at(2, 0), EndsAt: at(30, 0)}
	c.Targets.Completion = 90
	m, err := s.Of(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		what  string
		share Share
		n, of int
	}{
		{"reach", m.Reach, 4, 5},
		{"start", m.Start, 3, 5},
		{"completion", m.Completion, 2, 5},
		{"on time", m.OnTime, 1, 2},
		{"push", m.PushReach, 2, 5},
		{"satisfaction", *m.Satisfaction, 4, 5},
		{"units", m.UnitsOK, 1, 2},
		{"reminded", m.Yield.Reminded, 1, 2},
		{"held out", m.Yield.HeldOut, 0, 1},
	} {
		if x.share.N != x.n || x.share.Of != x.of || x.share.Low > float64(x.n)/float64(x.of) || x.share.High < float64(x.n)/float64(x.of) {
			t.Errorf("%s: %+v, want %d of %d", x.what, x.share, x.n, x.of)
		}
	}
	if m.People != 5 || m.Sent != 2 || m.Yield.Difference != 0.5 || m.Yield.Low >= 0.5 || m.Yield.High <= 0.5 {
		t.Errorf("%d people, %d sent, yield %+v", m.People, m.Sent, m.Yield)
	}
	// 1 of 5 after 108 hours leaves 4/5, then nam is looked at for 144 hours only, then 1 of 3 after 288: 8/15. Not half.
	if m.MedianHours != nil {
		t.Errorf("median %v, want none yet", *m.MedianHours)
	}
	if n := len(m.Days); n != 15 || !reflect.DeepEqual(m.Days[4], Day{"2026-03-06", 1, 2}) || m.Days[14].Completed != 2 || m.Days[3].Completed != 0 {
		t.Errorf("days %+v", m.Days)
	}

	f.progress[2].DoneAt, f.rated = at(15, 8), [2]int{4, 4}
	s.Reports = f
	if m, err = s.Of(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if m.MedianHours == nil || math.Abs(*m.MedianHours-312) > 1e-9 {
		t.Errorf("median %v, want 312 hours", m.MedianHours)
	}
	if m.Satisfaction != nil {
		t.Errorf("of four ratings %+v is told, want nothing", m.Satisfaction)
	}
}

// Before it starts there is nothing to tell.
func TestOfNobody(t *testing.T) {
	s := &Service{Reports: facts{}, Reminders: facts{}, People: facts{}, Kept: quarter, Zone: zone, Now: func() time.Time { return at(1, 8) }}
	m, err := s.Of(t.Context(), campaign.Campaign{ID: "c", StartsAt: at(2, 0)})
	if err != nil || m.People != 0 || m.Yield != nil || m.MedianHours != nil || len(m.Days) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

// Refusals and reminders of the campaign's days are counted, both days included, and no day
// before the ledger begins.
func TestNuisance(t *testing.T) {
	f := facts{
		off: map[string]int{"2026-03-01": 100, "2026-03-02": 1, "2026-03-16": 2, "2026-03-17": 50},
		all: []time.Time{at(1, 23), at(2, 0), at(2, 9), at(10, 9), at(16, 16), at(17, 0)},
	}
	c := campaign.Campaign{ID: "c", StartsAt: at(2, 8), EndsAt: at(30, 0)}
	for _, x := range []struct {
		name string
		now  time.Time
		kept time.Duration
		end  time.Time
		want *Nuisance
	}{
		{"today", at(16, 8), quarter(), at(30, 0), &Nuisance{3, 4, 750, "2026-03-02", "2026-03-16"}},
		{"over", at(29, 8), quarter(), at(16, 17), &Nuisance{3, 4, 750, "2026-03-02", "2026-03-16"}},
		{"ledger of a week", at(16, 8), 7 * 24 * time.Hour, at(30, 0), &Nuisance{2, 2, 1000, "2026-03-10", "2026-03-16"}},
		{"longer ago than the ledger", at(30, 8), 7 * 24 * time.Hour, at(16, 17), nil},
		{"not begun", at(1, 8), quarter(), at(30, 0), nil},
	} {
		s := &Service{Reminders: f, Kept: func() time.Duration { return x.kept }, Zone: zone}
		c.EndsAt = x.end
		if got, err := s.nuisance(t.Context(), c, x.now); err != nil || !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %+v, %v; want %+v", x.name, got, err, x.want)
		}
	}
	f.all = nil
	s := &Service{Reminders: f, Kept: quarter, Zone: zone}
	if got, err := s.nuisance(t.Context(), c, at(16, 8)); err != nil || got != nil {
		t.Errorf("nothing was sent: %+v, %v", got, err)
	}
}
