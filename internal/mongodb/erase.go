package mongodb

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/learning"
	"hocso/internal/people"
)

// What each part of the store does when a person is erased. To repeat it changes
// nothing. Facts that hold the person's id alone stay.

// ErasePerson removes the sessions, invitations, factors and identities of a person.
func (s *Auth) ErasePerson(ctx context.Context, p people.ID) error {
	if err := removeOf(ctx, p, "person", s.sessions, s.invitations, s.identities); err != nil {
		return err
	}
	return removeOf(ctx, p, "_id", s.factors)
}

// ErasePerson removes the letters that wait to be written to a person, and what is known
// of their address.
func (s *Letters) ErasePerson(ctx context.Context, p people.ID) error {
	return removeOf(ctx, p, "person", s.letters, s.bounces)
}

// ErasePerson removes the devices and the budget of a person, and their deliveries.
func (s *Reminders) ErasePerson(ctx context.Context, p people.ID) error {
	if err := removeOf(ctx, p, "person", s.subscriptions, s.deliveries); err != nil {
		return err
	}
	return removeOf(ctx, p, "_id", s.budgets)
}

// ErasePerson removes the answers of a person, what they wrote beside their stars,
// and the traces of what their phones sent. Enrolments stay with stars, scores and
// the days of completion.
func (s *Learning) ErasePerson(ctx context.Context, p people.ID) error {
	if err := removeOf(ctx, p, "person", s.attempts); err != nil {
		return err
	}
	// The ids of ops begin with the person's; ; follows : in every order.
	_, err := s.ops.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: string(p) + ":"}, {Key: "$lt", Value: string(p) + ";"}}}})
	if err != nil {
		return fmt.Errorf("erase ops: %w", err)
	}
	es, err := list[struct {
		ID learning.EnrolmentID `bson:"_id"`
	}](ctx, s.enrolments, bson.D{{Key: "person", Value: p}}, options.Find().SetLimit(unpaged), "find enrolments of a person")
	if err != nil || len(es) == 0 {
		return err
	}
	var ids []learning.EnrolmentID
	for _, e := range es {
		ids = append(ids, e.ID)
	}
	_, err = s.ratings.UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, bson.D{{Key: "$set", Value: bson.D{{Key: "comment", Value: ""}}}})
	if err != nil {
		return fmt.Errorf("erase comments: %w", err)
	}
	return nil
}

// ErasePerson takes a person out of all cohorts.
func (s *Cohorts) ErasePerson(ctx context.Context, p people.ID) error {
	all, err := s.Cohorts(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		i := slices.Index(c.Members, p)
		if i < 0 {
			continue
		}
		c.Members = slices.Delete(c.Members, i, i+1)
		if err := s.ReplaceCohort(ctx, c); err != nil { // somebody was faster: the step is done again
			return err
		}
	}
	return nil
}

// DeleteRuns removes runs by their ids.
func (s *Drills) DeleteRuns(ctx context.Context, ids []string) error {
	if _, err := s.runs.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}); err != nil {
		return fmt.Errorf("delete drill runs: %w", err)
	}
	return nil
}

// removeOf removes the documents whose field names a person.
func removeOf(ctx context.Context, p people.ID, field string, from ...*mongo.Collection) error {
	for _, c := range from {
		if _, err := c.DeleteMany(ctx, bson.D{{Key: field, Value: p}}); err != nil {
			return fmt.Errorf("erase from %s: %w", c.Name(), err)
		}
	}
	return nil
}
