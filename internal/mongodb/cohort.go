package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/people"
)

// Cohorts implements people.CohortStore.
type Cohorts struct{ c *mongo.Collection }

var _ people.CohortStore = (*Cohorts)(nil)

const cohorts = "cohorts" // all are read together, in the order of ids: no index but that of ids

// Cohorts returns the cohorts of d.
func (d *DB) Cohorts() *Cohorts { return &Cohorts{c: d.db.Collection(cohorts)} }

// Cohorts implements people.CohortStore.
func (s *Cohorts) Cohorts(ctx context.Context) ([]people.Cohort, error) {
	return list[people.Cohort](ctx, s.c, everything(),
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(2*people.MostCohorts), "list cohorts")
}

// InsertCohort implements people.CohortStore.
func (s *Cohorts) InsertCohort(ctx context.Context, c people.Cohort) error {
	if _, err := s.c.InsertOne(ctx, c); err != nil {
		return fmt.Errorf("insert cohort: %w", err)
	}
	return nil
}

// ReplaceCohort implements people.CohortStore.
func (s *Cohorts) ReplaceCohort(ctx context.Context, c people.Cohort) error {
	filter := bson.D{{Key: "_id", Value: c.ID}, {Key: "ver", Value: c.Version}}
	c.Version++
	res, err := s.c.ReplaceOne(ctx, filter, c)
	return replaced(res, err, "replace cohort")
}
