package httpapi

import (
	"context"

	"hocso/internal/campaign"
	"hocso/internal/people"
)

// askedOf has the ids of a kind that running campaigns ask of p, who is in unit, now.
func (s *Server) askedOf(ctx context.Context, p people.Person, unit people.Unit, running []campaign.Campaign, k campaign.Kind) (map[string]bool, error) {
	asked := map[string]bool{}
	for _, x := range running {
		ids := x.Opened(k, s.Now())
		if len(ids) == 0 {
			continue
		}
		cohorts, err := s.People.Cohorts(ctx)
		if err != nil {
			return nil, err
		}
		if x.Audience.Includes(p, unit.Path, cohorts) {
			for _, id := range ids {
				asked[id] = true
			}
		}
	}
	return asked, nil
}
