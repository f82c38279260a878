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

// The ids of the documents of their collection: the last run of the job, and the periods.
const (
	pruning = "answers"
	periods = "periods"
)

// Retention implements privacy.RetentionStore.
type Retention struct {
	runs, attempts *mongo.Collection
	ending         map[privacy.What]*mongo.Collection // what carries its own end
}

var _ privacy.RetentionStore = (*Retention)(nil)

// Retention returns how long things are kept, and the job that removes what is over.
func (d *DB) Retention() *Retention {
	return &Retention{runs: d.db.Collection(retention), attempts: d.db.Collection("attempts"), ending: map[privacy.What]*mongo.Collection{
		privacy.Drills: d.db.Collection("drill_runs"), privacy.Deliveries: d.db.Collection(deliveries), privacy.Ops: d.db.Collection("ops"),
	}}
}

// Retention implements privacy.RetentionStore.
func (s *Retention) Retention(ctx context.Context) (r privacy.Retention, err error) {
	err = s.runs.FindOne(ctx, bson.D{{Key: "_id", Value: periods}}).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return r, nil
	}
	return r, found(err, "retention", "find how long things are kept")
}

// PutRetention implements privacy.RetentionStore.
func (s *Retention) PutRetention(ctx context.Context, r privacy.Retention) error {
	type document struct {
		ID                string `bson:"_id"`
		privacy.Retention `bson:",inline"`
	}
	before := r.Version
	r.Version++
	if before == 0 {
		_, err := s.runs.InsertOne(ctx, document{periods, r})
		if mongo.IsDuplicateKeyError(err) {
			return changedMeanwhile()
		}
		return inserted(err, "retention", "store how long things are kept")
	}
	res, err := s.runs.ReplaceOne(ctx, bson.D{{Key: "_id", Value: periods}, {Key: "ver", Value: before}}, document{periods, r})
	return replaced(res, err, "store how long things are kept")
}

// EndBy implements privacy.RetentionStore. A reminder that is still to come keeps its end:
// that is counted from when it is due.
func (s *Retention) EndBy(ctx context.Context, w privacy.What, now, latest time.Time) error {
	filter := bson.D{{Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: latest}}}}
	if w == privacy.Deliveries {
		filter = append(filter, bson.E{Key: "notBefore", Value: bson.D{{Key: "$lte", Value: now}}})
	}
	if _, err := s.ending[w].UpdateMany(ctx, filter, bson.D{{Key: "$set", Value: bson.D{{Key: "expiresAt", Value: latest}}}}); err != nil {
		return fmt.Errorf("bring forward the end of %s: %w", w, err)
	}
	return nil
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
		{Key: "leavers", Value: p.Leavers},
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
