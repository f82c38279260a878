package survey

import (
	"context"

	"hocso/internal/people"
)

// Open returns the surveys that a person of unit is asked now and has not answered: those of their unit,
// and those that campaigns, which has the surveys of the campaigns that are running for p, ask. What other copies
// of the program did is seen within five seconds. It reads who has answered only where something is open.
func (s *Service) Open(ctx context.Context, p people.ID, unit people.UnitID, path []people.UnitID, campaigns map[string]bool) ([]Survey, error) {
	all, err := s.liveSurveys(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var mine []Survey
	var ids []string
	for _, x := range all {
		if x.open(now) && (x.includes(unit, path) || campaigns[string(x.ID)]) {
			mine, ids = append(mine, x), append(ids, participantID(x.ID, p))
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	answered, err := s.Answers.Participants(ctx, ids)
	if err != nil {
		return nil, err
	}
	done := map[ID]bool{}
	for _, x := range answered {
		done[x.Survey] = true
	}
	open := mine[:0]
	for _, x := range mine {
		if !done[x.ID] {
			open = append(open, x)
		}
	}
	return open, nil
}

func (s *Service) liveSurveys(ctx context.Context) ([]Survey, error) {
	now := s.Now()
	s.mu.Lock()
	live, till, writes := s.live, s.liveTill, s.writes
	s.mu.Unlock()
	if now.Before(till) {
		return live, nil
	}
	live, err := s.Surveys.LiveSurveys(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writes == writes {
		s.live, s.liveTill = live, now.Add(fresh)
	}
	return live, nil
}

// Settle lets go of the surveys whose time is over, so that phones are no longer asked about them.
func (s *Service) Settle(ctx context.Context) error {
	all, err := s.Surveys.LiveSurveys(ctx)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.StateAt(s.Now()) != Closed {
			continue
		}
		x.State, x.Live = Closed, false
		if _, err := s.replace(ctx, x); err != nil && !isConflict(err) {
			return err
		}
	}
	return nil
}

// Participations returns which surveys a person has answered, by id.
func (s *Service) Participations(ctx context.Context, p people.ID) ([]Participant, error) {
	return s.Answers.ParticipantsOf(ctx, p)
}
