package campaign

import (
	"context"
	"slices"

	"hocso/internal/people"
)

// Audience is who has to do it: everybody in the units and below them, in the cohorts, and
// whom the rule selects; none of these means the whole organisation. Of them those who
// hold one of the roles, if any are named, and are not excluded.
type Audience struct {
	Units    []people.UnitID   `json:"units" bson:"units" validate:"max=300,dive,required,max=64"`
	Cohorts  []people.CohortID `json:"cohorts,omitempty" bson:"cohorts,omitempty" validate:"max=50,dive,required,max=64"`
	Rule     *people.Rule      `json:"rule,omitempty" bson:"rule,omitempty"`
	Roles    []people.Role     `json:"roles,omitempty" bson:"roles,omitempty" validate:"max=4,dive,oneof=trainer administrator security_officer auditor"`
	Exclude  Exclusion         `json:"exclude,omitzero" bson:"exclude,omitempty"`
	Snapshot bool              `json:"snapshot,omitempty" bson:"snapshot,omitempty"` // those who are there at the start, nobody who joins later
}

// Exclusion is who is left out of an audience.
type Exclusion struct {
	Units   []people.UnitID   `json:"units,omitempty" bson:"units,omitempty" validate:"max=300,dive,required,max=64"`
	Cohorts []people.CohortID `json:"cohorts,omitempty" bson:"cohorts,omitempty" validate:"max=50,dive,required,max=64"`
}

// Everybody reports whether nobody is left out but by roles and exclusion.
func (a Audience) Everybody() bool { return len(a.Units)+len(a.Cohorts) == 0 && a.Rule == nil }

// Includes reports whether p, whose unit has the ancestors path, belongs to the audience.
func (a Audience) Includes(p people.Person, path []people.UnitID, cohorts map[people.CohortID]people.Cohort) bool {
	return !p.Status.Ended() && a.keeps(p, path, cohorts) &&
		(a.Everybody() || inUnits(p, path, a.Units) || inCohorts(p, path, a.Cohorts, cohorts) ||
			a.Rule != nil && people.Cohort{Rule: a.Rule}.Includes(p, path))
}

// keeps reports whether p is neither excluded nor without the roles asked for.
func (a Audience) keeps(p people.Person, path []people.UnitID, cohorts map[people.CohortID]people.Cohort) bool {
	return (len(a.Roles) == 0 || slices.ContainsFunc(p.Grants, func(g people.Grant) bool { return slices.Contains(a.Roles, g.Role) })) &&
		!inUnits(p, path, a.Exclude.Units) && !inCohorts(p, path, a.Exclude.Cohorts, cohorts)
}

func inUnits(p people.Person, path, units []people.UnitID) bool {
	return slices.ContainsFunc(units, func(u people.UnitID) bool { return u == p.Unit || slices.Contains(path, u) })
}

func inCohorts(p people.Person, path []people.UnitID, ids []people.CohortID, cohorts map[people.CohortID]people.Cohort) bool {
	return slices.ContainsFunc(ids, func(id people.CohortID) bool {
		x, ok := cohorts[id]
		return ok && x.Includes(p, path)
	})
}

// part reads a part of an audience by id, page by page.
type part func(ctx context.Context, after people.ID, limit int) ([]people.Person, error)

// parts are the units of an audience together, each cohort, and whom the rule selects. Who
// is in several is met several times; roles and exclusion are not looked at.
func (s *Service) parts(au Audience) (parts []part) {
	if au.Everybody() || len(au.Units) > 0 {
		parts = append(parts, func(ctx context.Context, after people.ID, limit int) ([]people.Person, error) {
			return s.People.Audience(ctx, au.Units, after, limit)
		})
	}
	for _, id := range au.Cohorts {
		parts = append(parts, func(ctx context.Context, after people.ID, limit int) ([]people.Person, error) {
			return s.People.CohortAudience(ctx, id, after, limit)
		})
	}
	if au.Rule != nil {
		parts = append(parts, func(ctx context.Context, after people.ID, limit int) ([]people.Person, error) {
			return s.People.RuleAudience(ctx, *au.Rule, after, limit)
		})
	}
	return parts
}

// eachPage hands the people of an audience to do, in pages that may be empty.
func (s *Service) eachPage(ctx context.Context, au Audience, do func([]people.Person) error) error {
	tree, err := s.tree(ctx)
	if err != nil {
		return err
	}
	cohorts, err := s.People.Cohorts(ctx)
	if err != nil {
		return err
	}
	for _, read := range s.parts(au) {
		for after := people.ID(""); ; {
			ps, err := read(ctx, after, page)
			if err != nil {
				return err
			}
			full := len(ps) == page
			if full {
				after = ps[page-1].ID
			}
			ps = slices.DeleteFunc(ps, func(p people.Person) bool { return !au.keeps(p, tree[p.Unit].Path, cohorts) })
			if err := do(ps); err != nil {
				return err
			}
			if !full {
				break
			}
		}
	}
	return nil
}

// errEnough ends a walk through an audience.
type errEnough struct{}

func (errEnough) Error() string { return "enough" }

// Count counts an audience, each person once.
func (s *Service) Count(ctx context.Context, au Audience) (int, error) {
	return s.count(ctx, au, func(people.Person) bool { return true })
}

// count counts those of an audience for whom also holds, each once.
func (s *Service) count(ctx context.Context, au Audience, also func(people.Person) bool) (int, error) {
	seen := map[people.ID]struct{}{}
	err := s.eachPage(ctx, au, func(ps []people.Person) error {
		for _, p := range ps {
			if also(p) {
				seen[p.ID] = struct{}{}
			}
		}
		return nil
	})
	return len(seen), err
}

// First returns the first n of an audience, by id.
func (s *Service) First(ctx context.Context, au Audience, n int) (first []people.Person, err error) {
	err = s.eachPage(ctx, au, func(ps []people.Person) error {
		for _, p := range ps {
			if len(first) == n {
				return errEnough{}
			}
			if !slices.ContainsFunc(first, func(x people.Person) bool { return x.ID == p.ID }) {
				first = append(first, p)
			}
		}
		return nil
	})
	if err == (errEnough{}) {
		err = nil
	}
	return first, err
}

// nobody reports whether an audience is empty.
func (s *Service) nobody(ctx context.Context, au Audience) (bool, error) {
	first, err := s.First(ctx, au, 1)
	return len(first) == 0, err
}
