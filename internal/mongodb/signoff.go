package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/signoff"
)

func signoffIndexes() []index {
	return []index{
		{collection: "signoffs", keys: bson.D{{Key: "unit", Value: 1}, {Key: "month", Value: -1}}},
		{collection: "signoffs", keys: bson.D{{Key: "month", Value: 1}}},
	}
}

// Signoffs implements signoff.Store.
type Signoffs struct{ c *mongo.Collection }

var _ signoff.Store = (*Signoffs)(nil)

// Signoffs returns the sign-offs of d.
func (d *DB) Signoffs() *Signoffs { return &Signoffs{d.db.Collection("signoffs")} }

// InsertSignoff implements signoff.Store.
func (s *Signoffs) InsertSignoff(ctx context.Context, x signoff.Signoff) error {
	_, err := s.c.InsertOne(ctx, x)
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "taken", "there is one already")
	}
	if err != nil {
		return fmt.Errorf("insert sign-off: %w", err)
	}
	return nil
}

// SignoffsOf implements signoff.Store.
func (s *Signoffs) SignoffsOf(ctx context.Context, u people.UnitID, limit int) ([]signoff.Signoff, error) {
	return list[signoff.Signoff](ctx, s.c, bson.D{{Key: "unit", Value: u}},
		options.Find().SetSort(bson.D{{Key: "month", Value: -1}}).SetLimit(int64(limit)), "list sign-offs of a unit")
}

// SignoffsIn implements signoff.Store.
func (s *Signoffs) SignoffsIn(ctx context.Context, month string) ([]signoff.Signoff, error) {
	return list[signoff.Signoff](ctx, s.c, bson.D{{Key: "month", Value: month}}, options.Find().SetBatchSize(1000), "list sign-offs of a month")
}
