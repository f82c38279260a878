package campaign

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
)

// assignPath enrols people in the courses of a path, those of a step to open once the step before it
// is done. Of a step in which people choose, as many courses carry the campaign as they need, at first
// the first ones; an optional path leaves that step to them.
func (s *Service) assignPath(ctx context.Context, c Campaign, item Item, ps []people.Person, now time.Time) (out []learning.Enrolment, err error) {
	d := s.duty(c, item, now)
	for i, step := range item.Steps {
		if i > 0 {
			before := item.Steps[i-1]
			d.Opens = &learning.Opening{Of: before.Courses, Need: before.Need}
		}
		if step.Any() {
			if !item.Required {
				continue
			}
			x := learning.Selection{Campaign: d.Campaign, Of: step.Courses, Need: step.Needs(), DueAt: d.DueAt, Opens: d.Opens}
			if !d.Since.IsZero() {
				x.Since = &d.Since
			}
			es, err := s.Enroller.Select(ctx, ps, x)
			if err != nil {
				return nil, err
			}
			out = append(out, es...)
			continue
		}
		for _, id := range step.Courses {
			es, err := s.Enroller.Assign(ctx, id, ps, d)
			if err != nil {
				return nil, err
			}
			out = append(out, es...)
		}
	}
	return out, nil
}

// freeze puts the newest versions of paths into the items of a plan. One that is not there is left as it
// is: check says so.
func (s *Service) freeze(ctx context.Context, items []Item) error {
	for i, item := range items {
		items[i].N, items[i].Steps = 0, nil
		if item.Kind != Path {
			continue
		}
		about, err := s.Items(ctx, Path, item.ID)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return fmt.Errorf("find path %s: %w", item.ID, err)
		}
		items[i].N, items[i].Steps = about.N, about.Steps
	}
	return nil
}

// Enrols reports whether people are enrolled for an item.
func (i Item) Enrols() bool { return i.Kind == Course || i.Kind == Path }

// courses are those that an item asks for.
func (i Item) courses() (ids []course.ID) {
	if i.Kind == Course {
		return []course.ID{course.ID(i.ID)}
	}
	for _, step := range i.Steps {
		ids = append(ids, step.Courses...)
	}
	return ids
}

// meets reports whether another item asks for a course that i asks for: with a path, nobody could tell
// which of them a choice is for.
func (i Item) meets(others []Item) bool {
	mine := i.courses()
	return slices.ContainsFunc(others, func(o Item) bool {
		return (i.Kind == Path || o.Kind == Path) && slices.ContainsFunc(o.courses(), func(id course.ID) bool { return slices.Contains(mine, id) })
	})
}

// PathsFor returns which version of a path each of cs asks of a person for, of several the newest; the
// person's unit has the ancestors up.
func PathsFor(cs []Campaign, p people.Person, up []people.UnitID, cohorts map[people.CohortID]people.Cohort) map[path.ID]int {
	asked := map[path.ID]int{}
	for _, c := range cs {
		for _, i := range c.Items {
			if id := path.ID(i.ID); i.Kind == Path && i.N > asked[id] && c.Audience.Includes(p, up, cohorts) {
				asked[id] = i.N
			}
		}
	}
	return asked
}
