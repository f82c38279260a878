package privacy

import (
	"context"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// How leavers are erased.
const (
	leaversWait  = 7 * 24 * time.Hour // after the period was changed, so that everybody who looks after this can see it coming
	leaversSoon  = 30                 // days
	leaversBatch = 500
	leaversAtRun = 1000 // the rest waits for the next one
)

// LeaversView says whom the job erases because they left long ago.
type LeaversView struct {
	Due  int        `json:"due"`            // with the run at From
	Soon int        `json:"soon"`           // within 30 days more
	Held int        `json:"held"`           // their time is over, but something holds their data: see Holds
	From *time.Time `json:"from,omitempty"` // none: nobody is erased by itself
}

// leaversFrom is when the first leaver may be erased; false: never.
func (r Retention) leaversFrom() (time.Time, bool) {
	return r.Chosen[Leavers].At.Add(leaversWait), r.Keep(Leavers) > 0
}

// leftBefore is the day before which somebody must have left to be erased at now.
func (s *Service) leftBefore(r Retention, now time.Time) string {
	return r.Before(Leavers, now).In(s.Calendar.Zone).Format(campaign.Day)
}

// Holds says why somebody whose account is closed is not erased by itself, "" if nothing holds:
// request_open while they ask for something, restricted when the use of their data was
// restricted as they asked, so that they are kept as they are. The last administrator's
// account cannot be closed.
func (s *Service) Holds(ctx context.Context, p people.Person) (string, error) {
	rs, err := s.Requests.RequestsOf(ctx, p.ID)
	if err != nil {
		return "", err
	}
	for _, r := range rs {
		switch {
		case r.Open():
			return "request_open", nil
		case r.Kind == Restriction && r.State == Done:
			return "restricted", nil
		}
	}
	return "", nil
}

// eachLeaver calls f for everybody who left before a day, until it says that it is enough.
func (s *Service) eachLeaver(ctx context.Context, before string, f func(people.Person) (enough bool, err error)) error {
	after := people.ID("")
	for {
		ps, err := s.People.Left(ctx, before, after, leaversBatch)
		if err != nil {
			return err
		}
		for _, p := range ps {
			if enough, err := f(p); err != nil || enough {
				return err
			}
			after = p.ID
		}
		if len(ps) < leaversBatch {
			return nil
		}
	}
}

// leavers counts whom the run at next would erase.
func (s *Service) leavers(ctx context.Context, r Retention, next time.Time) (v LeaversView, err error) {
	from, ever := r.leaversFrom()
	if !ever {
		return v, nil
	}
	if from.Before(next) {
		from = next
	}
	if now := s.Now(); from.Before(now) {
		from = now
	}
	v.From = &from
	due := s.leftBefore(r, from)
	err = s.eachLeaver(ctx, s.leftBefore(r, from.AddDate(0, 0, leaversSoon)), func(p people.Person) (bool, error) {
		why, err := s.Holds(ctx, p)
		switch {
		case why != "":
			v.Held++
		case p.LeftOn < due:
			v.Due++
		default:
			v.Soon++
		}
		return false, err
	})
	return v, err
}

// eraseLeavers erases those who left long enough ago and whom nothing holds. What is cut off
// is finished by Finish, or with the next run.
func (s *Service) eraseLeavers(ctx context.Context, r Retention, now time.Time) (erased int, err error) {
	if from, ever := r.leaversFrom(); !ever || now.Before(from) {
		return 0, nil
	}
	before := s.leftBefore(r, now)
	return erased, s.eachLeaver(ctx, before, func(p people.Person) (bool, error) {
		p, err := s.People.Person(ctx, p.ID) // as they are at this moment: perhaps they are back
		if err != nil || p.Status != people.Closed || p.LeftOn == "" || p.LeftOn >= before {
			return false, err
		}
		if why, err := s.Holds(ctx, p); err != nil || why != "" {
			return false, err
		}
		err = s.Enter(ctx, p.ID, func() error {
			e := Erasure{Person: p.ID, At: s.Now()}
			if err := s.Erasures.InsertErasure(ctx, e); err != nil {
				return err
			}
			return s.carryOut(ctx, e)
		})
		if err == nil {
			erased++
		}
		return erased >= leaversAtRun, err
	})
}
