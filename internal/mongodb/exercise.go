package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/exercise"
	"hocso/internal/people"
)

func exerciseIndexes() []index {
	return []index{
		{collection: "exercises", keys: bson.D{{Key: "exercise", Value: 1}, {Key: "n", Value: 1}}, unique: true},
		{collection: "sittings", keys: bson.D{{Key: "open", Value: 1}, {Key: "_id", Value: -1}}},
		{collection: "sittings", keys: bson.D{{Key: "named", Value: 1}, {Key: "_id", Value: -1}}},
		{collection: "sittings", keys: bson.D{{Key: "exercise", Value: 1}, {Key: "finishedAt", Value: 1}}},
		{collection: "sittings", keys: bson.D{{Key: "on", Value: 1}}},
	}
}

// Exercises implements exercise.Catalogue and exercise.Store.
type Exercises struct{ exercises, sittings *mongo.Collection }

var (
	_ exercise.Catalogue = (*Exercises)(nil)
	_ exercise.Store     = (*Exercises)(nil)
)

// Exercises returns the exercises of d and the sittings over them.
func (d *DB) Exercises() *Exercises {
	return &Exercises{exercises: d.db.Collection("exercises"), sittings: d.db.Collection("sittings")}
}

// Exercises implements exercise.Catalogue.
func (s *Exercises) Exercises(ctx context.Context) ([]exercise.Exercise, error) {
	const most = 1000
	o := options.Find().SetSort(bson.D{{Key: "exercise", Value: 1}, {Key: "n", Value: 1}}).SetLimit(most)
	return list[exercise.Exercise](ctx, s.exercises, bson.D{{Key: "exercise", Value: bson.D{{Key: "$gt", Value: ""}}}}, o, "list exercises")
}

// InsertExercise implements exercise.Catalogue.
func (s *Exercises) InsertExercise(ctx context.Context, x exercise.Exercise) error {
	err := insertOne(ctx, s.exercises, x)
	return inserted(err, "exercise", "insert exercise")
}

// InsertSitting implements exercise.Store.
func (s *Exercises) InsertSitting(ctx context.Context, x exercise.Sitting) error {
	_, err := s.sittings.InsertOne(ctx, x)
	return inserted(err, "sitting", "insert sitting")
}

// Sitting implements exercise.Store.
func (s *Exercises) Sitting(ctx context.Context, id exercise.SittingID) (x exercise.Sitting, err error) {
	err = s.sittings.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&x)
	return x, found(err, "sitting", "find sitting")
}

// newest lists sittings, the newest first.
func (s *Exercises) newest(ctx context.Context, filter bson.D, limit int, doing string) ([]exercise.Sitting, error) {
	return list[exercise.Sitting](ctx, s.sittings, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit)), doing)
}

// Sittings implements exercise.Store.
func (s *Exercises) Sittings(ctx context.Context, before exercise.SittingID, limit int) ([]exercise.Sitting, error) {
	filter := everything()
	if before != "" {
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: before}}}}
	}
	return s.newest(ctx, filter, limit, "list sittings")
}

// OpenSittings implements exercise.Store.
func (s *Exercises) OpenSittings(ctx context.Context, limit int) ([]exercise.Sitting, error) {
	return s.newest(ctx, bson.D{{Key: "open", Value: bson.D{{Key: "$gt", Value: 0}}}}, limit, "list sittings with open findings")
}

// SittingsOf implements exercise.Store.
func (s *Exercises) SittingsOf(ctx context.Context, p people.ID, limit int) ([]exercise.Sitting, error) {
	return s.newest(ctx, bson.D{{Key: "named", Value: p}}, limit, "list sittings of a person")
}

// FinishedSittings implements exercise.Store.
func (s *Exercises) FinishedSittings(ctx context.Context, id exercise.ID, from, until time.Time) ([]exercise.Sitting, error) {
	filter := bson.D{
		{Key: "exercise", Value: id}, {Key: "finishedAt", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: until}}},
	}
	return list[exercise.Sitting](ctx, s.sittings, filter, options.Find().SetLimit(unpaged), "list finished sittings")
}

// ReplaceSitting implements exercise.Store.
func (s *Exercises) ReplaceSitting(ctx context.Context, x exercise.Sitting) error {
	filter := bson.D{{Key: "_id", Value: x.ID}, {Key: "ver", Value: x.Version}}
	x.Version++
	res, err := s.sittings.ReplaceOne(ctx, filter, x)
	return replaced(res, err, "replace sitting")
}

// DeleteSittings implements exercise.Store.
func (s *Exercises) DeleteSittings(ctx context.Context, day string, limit int) (int, error) {
	filter := bson.D{{Key: "on", Value: bson.D{{Key: "$lt", Value: day}}}, {Key: "open", Value: 0}}
	old, err := list[exercise.Sitting](ctx, s.sittings, filter, options.Find().SetLimit(int64(limit)), "find old sittings")
	if err != nil || len(old) == 0 {
		return 0, err
	}
	var ids []exercise.SittingID
	for _, x := range old {
		ids = append(ids, x.ID)
	}
	res, err := s.sittings.DeleteMany(ctx, append(bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, filter...))
	if err != nil {
		return 0, fmt.Errorf("delete old sittings: %w", err)
	}
	return int(res.DeletedCount), nil
}

// ErasePerson takes a person out of every sitting: what the team decided stays.
func (s *Exercises) ErasePerson(ctx context.Context, p people.ID) error {
	all, err := s.SittingsOf(ctx, p, unpaged)
	if err != nil {
		return err
	}
	for _, x := range all {
		if err := s.ReplaceSitting(ctx, x.Without(p)); err != nil { // somebody was faster: the step is done again
			return err
		}
	}
	return nil
}
