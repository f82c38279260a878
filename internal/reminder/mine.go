package reminder

import (
	"context"
	"slices"
	"time"

	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/people"
)

// Entry is a line of a person's own ledger.
type Entry struct {
	Delivery
	CampaignName people.Text `json:"campaignName"` // empty: it is no more
	Title        people.Text `json:"title"`        // of the course
}

const mostEntries = 300

// Mine returns what was sent to the actor or is to come, and what was not and why: the
// newest first, as far as it is kept.
func (s *Service) Mine(ctx context.Context, a people.Actor) ([]Entry, error) {
	ds, err := s.Store.DeliveriesOf(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	at := func(d Delivery) time.Time {
		if d.SettledAt != nil {
			return *d.SettledAt
		}
		return d.NotBefore
	}
	slices.SortStableFunc(ds, func(a, b Delivery) int { return at(b).Compare(at(a)) })
	names, titles := map[string]people.Text{}, map[learning.EnrolmentID]people.Text{}
	out := []Entry{}
	for _, d := range ds[:min(len(ds), mostEntries)] {
		name, ok := names[d.Campaign]
		if !ok {
			c, err := s.Campaigns.Campaign(ctx, campaign.ID(d.Campaign))
			if err != nil && !isKind(err, fault.NotFound) {
				return nil, err
			}
			name = c.Name
			names[d.Campaign] = name
		}
		title, ok := titles[d.Enrolment]
		if !ok {
			if title, err = s.title(ctx, d.Enrolment); err != nil {
				return nil, err
			}
			titles[d.Enrolment] = title
		}
		out = append(out, Entry{d, name, title})
	}
	return out, nil
}

// title is the name of what an enrolment is in, empty when it is no more.
func (s *Service) title(ctx context.Context, id learning.EnrolmentID) (people.Text, error) {
	e, err := s.Enrolments.Enrolment(ctx, id)
	var v *course.Published
	if err == nil {
		v, err = s.Courses.Version(ctx, e.Course, e.N)
	}
	if isKind(err, fault.NotFound) {
		return people.Text{}, nil
	}
	if err != nil {
		return people.Text{}, err
	}
	return people.Text(v.Summary.Title), nil
}
