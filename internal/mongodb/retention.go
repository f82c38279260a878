package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/privacy"
)

const retention = "retention"

// pruning is the id of the one document of its collection.
const pruning = "answers"

// Retention implements privacy.RetentionStore.
type Retention struct{ runs, attempts *mongo.Collection }

var _ privacy.RetentionStore = (*Retention)(nil)

// Retention returns the job that removes answers whose time is over.
func (d *DB) Retention() *Retention {
	return &Retention{runs: d.db.Collection(retention), attempts: d.db.Collection("attempts")}
}

// Pruning implements privacy.RetentionStore.
func (s *Retention) Pruning(ctx context.Context) (p privacy.Pruning, err error) {
	err = s.runs.FindOne(ctx, bson.D{{Key: "_id", Value: pruning}}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return p, nil
	}
	return p, found(err, "pruning", "find the last pruning")
}

// ClaimPruning implements privacy.RetentionStore. The first of all inserts the job.
func (s *Retention) ClaimPruning(ctx context.Context, now, until time.Time) (bool, error) {
	res, err := s.runs.UpdateOne(ctx, bson.D{{Key: "_id", Value: pruning}, {Key: "nextAt", Value: bson.D{{Key: "$lte", Value: now}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "nextAt", Value: until}}}})
	if err != nil {
		return false, fmt.Errorf("claim the pruning: %w", err)
	}
	if res.MatchedCount == 1 {
		return true, nil
	}
	_, err = s.runs.InsertOne(ctx, bson.D{{Key: "_id", Value: pruning}, {Key: "removed", Value: 0}, {Key: "nextAt", Value: until}})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil // not due, or somebody else's
	}
	if err != nil {
		return false, fmt.Errorf("claim the first pruning: %w", err)
	}
	return true, nil
}

// Pruned implements privacy.RetentionStore.
func (s *Retention) Pruned(ctx context.Context, p privacy.Pruning) error {
	_, err := s.runs.UpdateOne(ctx, bson.D{{Key: "_id", Value: pruning}}, bson.D{{Key: "$set", Value: bson.D{
		{Key: "at", Value: p.At},
		{Key: "removed", Value: p.Removed},
		{Key: "nextAt", Value: p.NextAt},
	}}})
	if err != nil {
		return fmt.Errorf("note the pruning: %w", err)
	}
	return nil
}

// CountAnswers implements privacy.RetentionStore.
func (s *Retention) CountAnswers(ctx context.Context, before time.Time) (int, error) {
	n, err := s.attempts.CountDocuments(ctx, olderThan(before))
	if err != nil {
		return 0, fmt.Errorf("count answers: %w", err)
	}
	return int(n), nil
}

// DeleteAnswers implements privacy.RetentionStore.
func (s *Retention) DeleteAnswers(ctx context.Context, before time.Time, limit int) (int, error) {
	old, err := list[struct {
		ID string `bson:"_id"`
	}](ctx, s.attempts, olderThan(before), options.Find().SetLimit(int64(limit)), "find old answers")
	if err != nil || len(old) == 0 {
		return 0, err
	}
	var ids []string
	for _, o := range old {
		ids = append(ids, o.ID)
	}
	res, err := s.attempts.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err != nil {
		return 0, fmt.Errorf("delete old answers: %w", err)
	}
	return int(res.DeletedCount), nil
}

func olderThan(before time.Time) bson.D {
	return bson.D{{Key: "receivedAt", Value: bson.D{{Key: "$lt", Value: before}}}}
}
