package exercise

import (
	"context"
	"reflect"
	"slices"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// Add plans a sitting over the newest version of an exercise. fault.Invalid names each
// field that is wrong; units and people outside the actor's scope are as unknown as
// absent ones.
func (s *Service) Add(ctx context.Context, a people.Actor, p Plan) (Found, error) {
	x := Sitting{
		ID: SittingID(s.NewID()), State: Planned, Facilitator: a.ID, CreatedAt: s.Now(), Version: 1,
		Turns: []Turn{}, Findings: []Finding{},
	}
	f, err := s.plan(ctx, a, x, p)
	if err != nil {
		return Found{}, err
	}
	return f, s.Store.InsertSitting(ctx, f.Sitting)
}

// Change replaces the plan of a sitting that has not begun. fault.Conflict wrong_state
// once it has, changed_meanwhile if version is not the newest; fault.Invalid as in Add.
func (s *Service) Change(ctx context.Context, a people.Actor, id SittingID, version int, p Plan) (Found, error) {
	f, err := s.find(ctx, a, id, people.RunExercises)
	if err != nil {
		return Found{}, err
	}
	if f.Sitting.State != Planned {
		return Found{}, f.Sitting.wrong("be planned anew")
	}
	if f, err = s.plan(ctx, a, f.Sitting, p); err != nil {
		return Found{}, err
	}
	f.Sitting.Version = version
	if err := s.Store.ReplaceSitting(ctx, f.Sitting); err != nil {
		return Found{}, err
	}
	f.Sitting.Version++
	return f, nil
}

// plan checks p and puts it into x.
func (s *Service) plan(ctx context.Context, a people.Actor, x Sitting, p Plan) (f Found, err error) {
	p.Goal, p.Scope, p.Tools, p.Limits = tidy(p.Goal), tidy(p.Scope), tidy(p.Tools), tidy(p.Limits)
	p.Participants = slices.Clone(p.Participants)
	tree, err := s.tree(ctx)
	if err != nil {
		return f, err
	}
	f.Exercise, err = s.Latest(ctx, p.Exercise)
	if fault.KindOf(err) == fault.NotFound {
		return f, refuse("exercise", "unknown")
	}
	if err != nil {
		return f, err
	}
	if u, ok := tree[p.Unit]; !ok || u.RemovedAt != nil || !may(a, tree, p.Unit, people.RunExercises) {
		return f, refuse("unit", "unknown")
	}
	var ids []people.ID
	for i := range p.Participants {
		p.Participants[i].Absent = false
		ids = append(ids, p.Participants[i].Person)
	}
	team, _, err := s.in(ctx, p.Unit, tree, ids)
	if err != nil {
		return f, err
	}
	if bad := checkPlan(f.Exercise, p, s.People.Today(), team); len(bad) > 0 {
		return f, invalid(bad)
	}
	x.Plan, x.N = p, f.Exercise.N
	f.Sitting = x.derive()
	return f, nil
}

// in says which of ids are in a unit or below it, and which of those have left.
func (s *Service) in(ctx context.Context, unit people.UnitID, tree map[people.UnitID]people.Unit, ids []people.ID) (there, left map[people.ID]bool, err error) {
	there, left = map[people.ID]bool{}, map[people.ID]bool{}
	if len(ids) == 0 || len(ids) > mostParticipants {
		return there, left, nil
	}
	ps, err := s.People.PeopleByID(ctx, ids)
	today := s.People.Today()
	for _, p := range ps {
		if p.Unit != unit && !slices.Contains(tree[p.Unit].Path, unit) {
			continue
		}
		if p.ServesOn(today, today) {
			there[p.ID] = true
		} else {
			left[p.ID] = true
		}
	}
	return there, left, err
}

// change applies f to a sitting, again when somebody else was faster. What f leaves as it
// was is not stored.
func (s *Service) change(ctx context.Context, a people.Actor, id SittingID, change func(Found) (Sitting, error)) (Found, error) {
	for range tries {
		f, err := s.find(ctx, a, id, people.RunExercises)
		if err != nil {
			return Found{}, err
		}
		before := f.Sitting
		if f.Sitting, err = change(f); err != nil {
			return Found{}, err
		}
		if reflect.DeepEqual(before, f.Sitting) {
			return f, nil
		}
		err = s.Store.ReplaceSitting(ctx, f.Sitting)
		if err == nil {
			f.Sitting.Version++
			return f, nil
		}
		if fault.KindOf(err) != fault.Conflict {
			return Found{}, err
		}
	}
	return Found{}, busy()
}

// Start begins a sitting on the actor's phone; the actor runs it from then on. Doing it
// again there changes nothing. fault.Conflict running_elsewhere on another phone, unless
// that takes the sitting over; wrong_state if it is over. fault.Invalid if nobody is there.
func (s *Service) Start(ctx context.Context, a people.Actor, id SittingID, device string, absent []people.ID, takeOver bool) (Found, error) {
	return s.change(ctx, a, id, func(f Found) (Sitting, error) {
		return f.Sitting.begin(s.Now(), a.ID, device, absent, takeOver)
	})
}

// Take keeps how the team dealt with inject n, from 1. It may come again, and correct what
// came before. fault.Conflict as in Start; fault.Invalid for an inject that is not there or
// not next, and for what is wrong in t.
func (s *Service) Take(ctx context.Context, a people.Actor, id SittingID, n int, t Turn, device string) (Found, error) {
	return s.change(ctx, a, id, func(f Found) (Sitting, error) {
		if n < 1 || n > len(f.Exercise.Injects) {
			return f.Sitting, refuse("inject", "unknown")
		}
		t.Inject, t.Decision, t.At = f.Exercise.Injects[n-1].ID, tidy(t.Decision), s.Now()
		return f.Sitting.take(f.Exercise, n, t, device)
	})
}

// Finish ends a sitting after its last inject; what was said of who is absent is replaced.
// fault.Conflict as in Start; fault.Invalid while injects are left, or if nobody was there.
func (s *Service) Finish(ctx context.Context, a people.Actor, id SittingID, device string, absent []people.ID) (Found, error) {
	return s.change(ctx, a, id, func(f Found) (Sitting, error) {
		return f.Sitting.finish(f.Exercise, s.Now(), device, absent)
	})
}

// Cancel ends a sitting that is not finished. fault.Conflict wrong_state otherwise.
func (s *Service) Cancel(ctx context.Context, a people.Actor, id SittingID) (Found, error) {
	return s.change(ctx, a, id, func(f Found) (Sitting, error) { return f.Sitting.cancel() })
}

// PutFinding adds a finding under its id, or changes the one that is there; closed says
// whether it is done. version is that of the sitting which was read before: fault.Conflict
// changed_meanwhile if it is another by now, unless nothing changes. wrong_state before the
// sitting has begun and after it was cancelled. fault.Invalid names what is wrong.
func (s *Service) PutFinding(ctx context.Context, a people.Actor, id SittingID, version int, put Finding, closed bool) (Found, error) {
	f, err := s.find(ctx, a, id, people.RunExercises)
	if err != nil {
		return Found{}, err
	}
	x := f.Sitting
	if x.State != Running && x.State != Finished {
		return Found{}, x.wrong("have findings")
	}
	put.What = tidy(put.What)
	i := slices.IndexFunc(x.Findings, func(o Finding) bool { return o.ID == put.ID })
	var before Finding
	if i >= 0 {
		before = x.Findings[i]
	} else if len(x.Findings) == mostFindings {
		return Found{}, refuse("findings", "max")
	}
	put.ClosedAt = before.ClosedAt
	switch now := s.Now(); {
	case closed && put.ClosedAt == nil:
		put.ClosedAt = &now
	case !closed:
		put.ClosedAt = nil
	}
	if reflect.DeepEqual(before, put) {
		return f, nil
	}
	tree, err := s.tree(ctx)
	if err != nil {
		return Found{}, err
	}
	there, left, err := s.in(ctx, x.Unit, tree, []people.ID{put.Owner})
	if err != nil {
		return Found{}, err
	}
	if bad := checkFinding(before, put, s.People.Today(), there[put.Owner], left[put.Owner]); len(bad) > 0 {
		return Found{}, invalid(bad)
	}
	x.Findings = slices.Clone(x.Findings)
	if i < 0 {
		x.Findings = append(x.Findings, put)
	} else {
		x.Findings[i] = put
	}
	x = x.derive()
	x.Version = version
	if err := s.Store.ReplaceSitting(ctx, x); err != nil {
		return Found{}, err
	}
	x.Version++
	f.Sitting = x
	return f, nil
}
