package path

import (
	"context"

	"hocso/internal/course"
	"hocso/internal/people"
)

// Outline is a version of a path as people see it.
type Outline struct {
	ID      ID          `json:"id"`
	N       int         `json:"n"`
	Title   people.Text `json:"title"`
	Summary people.Text `json:"summary"`
	Minutes int         `json:"minutes"` // at most: of each step the longest courses that it needs
	Steps   []Stage     `json:"steps"`
	Retired bool        `json:"retired,omitempty"` // it is finished by who is on it, and offered to nobody
}

// Mine returns what somebody may follow: every path that is offered in its newest version, what
// campaigns ask of them in the version that is named, and what was retired of those whose first
// step they have completed.
func (s *Service) Mine(ctx context.Context, asked map[ID]int, completed func(course.ID) bool) ([]Outline, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	minutes, err := s.courses(ctx)
	if err != nil {
		return nil, err
	}
	views := []Outline{}
	for _, p := range all {
		v, ok := p.Newest()
		if !ok {
			continue
		}
		n := asked[p.ID]
		if n > 0 && n <= len(p.Versions) {
			v = p.Versions[n-1]
		} else if first := (Layout{Steps: v.Content.Steps[:1]}); p.Retired && !first.Progress(completed).Completed {
			continue
		}
		views = append(views, p.view(v, minutes))
	}
	return views, nil
}

// Latest returns the newest version of a path that is offered; fault.NotFound if there is none.
func (s *Service) Latest(ctx context.Context, id ID) (Outline, error) {
	all, err := s.all(ctx)
	if err != nil {
		return Outline{}, err
	}
	minutes, err := s.courses(ctx)
	if err != nil {
		return Outline{}, err
	}
	for _, p := range all {
		if v, ok := p.Newest(); ok && p.ID == id && !p.Retired {
			return p.view(v, minutes), nil
		}
	}
	return Outline{}, notFound()
}

// Minutes is what content takes at most, by the courses as they are now.
func (s *Service) Minutes(ctx context.Context, c Layout) (int, error) {
	minutes, err := s.courses(ctx)
	if err != nil {
		return 0, err
	}
	return c.Minutes(func(id course.ID) int { return minutes[id] }), nil
}

func (p Path) view(v Version, minutes map[course.ID]int) Outline {
	return Outline{
		ID: p.ID, N: v.N, Title: v.Content.Title, Summary: v.Content.Summary, Steps: v.Content.Steps, Retired: p.Retired,
		Minutes: v.Content.Minutes(func(id course.ID) int { return minutes[id] }),
	}
}
