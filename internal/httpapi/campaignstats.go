package httpapi

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/campaign"
	"hocso/internal/exercise"
	"hocso/internal/people"
	"hocso/internal/report"
)

type campaignStats struct {
	report.CampaignCounts
	Units     []report.UnitCounts `json:"units"`
	Exercises []exerciseCount     `json:"exercises"`
}

func (s *Server) campaignStats(c *fiber.Ctx) error {
	x, err := s.Campaigns.Find(c.UserContext(), actor(c), campaign.ID(c.Params("id")))
	if err != nil {
		return err
	}
	n, err := s.countCampaign(c, x)
	if err != nil {
		return err
	}
	units, err := s.Reports.Units(c.UserContext(), actor(c), report.Filter{Campaign: string(x.ID)})
	if err != nil {
		return err
	}
	exercises, err := s.countExercises(c.UserContext(), x)
	if err != nil {
		return err
	}
	return c.JSON(campaignStats{n, units.Items, exercises})
}

// exerciseCount is how many of a campaign's people have sat at the table of an exercise.
type exerciseCount struct {
	ID    exercise.ID `json:"id"`
	Title people.Text `json:"title"`
	Done  int         `json:"done"`
}

// countExercises counts for each exercise of a campaign those of its audience who were there
// when a sitting over it was finished, between the start of the campaign and its end.
func (s *Server) countExercises(ctx context.Context, x campaign.Campaign) ([]exerciseCount, error) {
	out := []exerciseCount{}
	for _, item := range x.Items {
		if item.Kind != campaign.Exercise {
			continue
		}
		about, err := s.Exercises.Latest(ctx, exercise.ID(item.ID))
		if err != nil {
			return nil, err
		}
		one := exerciseCount{ID: about.ID, Title: about.Title}
		if !x.State.Planned() {
			if one.Done, err = s.countAttended(ctx, x, about.ID); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Server) countAttended(ctx context.Context, x campaign.Campaign, id exercise.ID) (n int, err error) {
	ids, err := s.Exercises.Attended(ctx, id, x.StartsAt, x.EndsAt.Add(time.Millisecond))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	who, err := s.People.PeopleByID(ctx, ids)
	if err != nil {
		return 0, err
	}
	units, err := s.People.Units(ctx)
	if err != nil {
		return 0, err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return 0, err
	}
	paths := make(map[people.UnitID][]people.UnitID, len(units))
	for _, u := range units {
		paths[u.ID] = u.Path
	}
	for _, p := range who {
		if x.Audience.Includes(p, paths[p.Unit], cohorts) {
			n++
		}
	}
	return n, nil
}
