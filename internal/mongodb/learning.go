package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/course"
	"hocso/internal/learning"
	"hocso/internal/people"
)

func learningIndexes() []index {
	return []index{
		{collection: "enrolments", keys: bson.D{{Key: "person", Value: 1}, {Key: "assignedAt", Value: -1}}},
		{collection: "enrolments", keys: bson.D{{Key: "course", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "enrolments", keys: bson.D{{Key: "campaigns", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "enrolments", keys: bson.D{{Key: "changedAt", Value: 1}}},
		{collection: "attempts", keys: bson.D{{Key: "person", Value: 1}, {Key: "receivedAt", Value: -1}}},
		{collection: "attempts", keys: bson.D{{Key: "enrolment", Value: 1}}},
		{collection: "attempts", keys: bson.D{{Key: "receivedAt", Value: 1}}},
		{collection: "ratings", keys: bson.D{{Key: "course", Value: 1}}},
		{collection: "ops", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// Learning implements learning.Store, learning.OpStore and learning.ScanStore.
type Learning struct{ enrolments, attempts, ratings, ops *mongo.Collection }

var (
	_ learning.Store     = (*Learning)(nil)
	_ learning.OpStore   = (*Learning)(nil)
	_ learning.ScanStore = (*Learning)(nil)
)

// Learning returns the enrolments, attempts, ratings and ops of d.
func (d *DB) Learning() *Learning {
	return &Learning{
		enrolments: d.db.Collection("enrolments"), attempts: d.db.Collection("attempts"),
		ratings: d.db.Collection("ratings"), ops: d.db.Collection("ops"),
	}
}

// InsertEnrolments implements learning.Store.
func (s *Learning) InsertEnrolments(ctx context.Context, es []learning.Enrolment) ([]learning.EnrolmentID, error) {
	inserted, err := insertNew(ctx, s.enrolments, es, func(e learning.Enrolment) learning.EnrolmentID { return e.ID })
	if err != nil {
		return nil, fmt.Errorf("insert enrolments: %w", err)
	}
	var ids []learning.EnrolmentID
	for i, e := range es {
		if inserted[i] {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

// Enrolment implements learning.Store.
func (s *Learning) Enrolment(ctx context.Context, id learning.EnrolmentID) (e learning.Enrolment, err error) {
	err = s.enrolments.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&e)
	return e, found(err, "enrolment", "find enrolment")
}

// Enrolments implements learning.Store.
func (s *Learning) Enrolments(ctx context.Context, ids []learning.EnrolmentID) ([]learning.Enrolment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	o := options.Find().SetLimit(int64(len(ids)))
	return enrolments(ctx, s.enrolments, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o)
}

// EnrolmentsOf implements learning.Store.
func (s *Learning) EnrolmentsOf(ctx context.Context, p people.ID) ([]learning.Enrolment, error) {
	const most = 2000
	o := options.Find().SetSort(bson.D{{Key: "assignedAt", Value: -1}}).SetLimit(most)
	return enrolments(ctx, s.enrolments, bson.D{{Key: "person", Value: p}}, o)
}

// EnrolmentsByCourse implements learning.Store.
func (s *Learning) EnrolmentsByCourse(ctx context.Context, c course.ID, after learning.EnrolmentID, limit int) ([]learning.Enrolment, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit))
	return enrolments(ctx, s.enrolments, bson.D{
		{Key: "course", Value: c},
		{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}},
		{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{learning.Assigned, learning.Started}}}},
	}, o)
}

// EnrolmentsByCampaign implements learning.Store.
func (s *Learning) EnrolmentsByCampaign(ctx context.Context, campaign string, after learning.EnrolmentID, limit int) ([]learning.Enrolment, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit))
	return enrolments(ctx, s.enrolments, bson.D{
		{Key: "campaigns", Value: campaign},
		{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}},
	}, o)
}

func enrolments(ctx context.Context, c *mongo.Collection, filter bson.D, o *options.FindOptionsBuilder) ([]learning.Enrolment, error) {
	return list[learning.Enrolment](ctx, c, filter, o, "list enrolments")
}

// ReplaceEnrolment implements learning.Store.
func (s *Learning) ReplaceEnrolment(ctx context.Context, e learning.Enrolment) error {
	filter := bson.D{{Key: "_id", Value: e.ID}, {Key: "ver", Value: e.Version}}
	e.Version++
	res, err := s.enrolments.ReplaceOne(ctx, filter, e)
	return replaced(res, err, "replace enrolment")
}

// InsertAttempt implements learning.Store.
func (s *Learning) InsertAttempt(ctx context.Context, a learning.Attempt) error {
	_, err := s.attempts.InsertOne(ctx, a)
	return inserted(err, "attempt", "insert attempt")
}

// Attempt implements learning.Store.
func (s *Learning) Attempt(ctx context.Context, id string) (a learning.Attempt, err error) {
	err = s.attempts.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&a)
	return a, found(err, "attempt", "find attempt")
}

// AttemptsOf implements learning.Store.
func (s *Learning) AttemptsOf(ctx context.Context, p people.ID) ([]learning.Attempt, error) {
	o := options.Find().SetSort(bson.D{{Key: "receivedAt", Value: -1}}).SetLimit(unpaged)
	return list[learning.Attempt](ctx, s.attempts, bson.D{{Key: "person", Value: p}}, o, "list attempts")
}

// PutRating implements learning.Store.
func (s *Learning) PutRating(ctx context.Context, r learning.Rating) error {
	_, err := s.ratings.ReplaceOne(ctx, bson.D{{Key: "_id", Value: r.ID}}, r, options.Replace().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("put rating: %w", err)
	}
	return nil
}

// Ratings implements learning.Store.
func (s *Learning) Ratings(ctx context.Context, ids []learning.EnrolmentID) ([]learning.Rating, error) {
	if len(ids) == 0 {
		return []learning.Rating{}, nil
	}
	o := options.Find().SetLimit(int64(len(ids)))
	return list[learning.Rating](ctx, s.ratings, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o, "list ratings")
}

// Ops implements learning.OpStore.
func (s *Learning) Ops(ctx context.Context, ids []string) (map[string]learning.Op, error) {
	o := options.Find().SetLimit(int64(len(ids)))
	found, err := list[learning.Op](ctx, s.ops, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o, "find ops")
	if err != nil {
		return nil, err
	}
	ops := make(map[string]learning.Op, len(found))
	for _, op := range found {
		ops[op.ID] = op
	}
	return ops, nil
}

// InsertOps implements learning.OpStore.
func (s *Learning) InsertOps(ctx context.Context, ops []learning.Op) error {
	if _, err := insertNew(ctx, s.ops, ops, func(op learning.Op) string { return op.ID }); err != nil {
		return fmt.Errorf("insert ops: %w", err)
	}
	return nil
}

// EachEnrolment implements learning.ScanStore.
func (s *Learning) EachEnrolment(ctx context.Context, since time.Time, f func(learning.Enrolment) error) error {
	return each(ctx, s.enrolments, since, "read enrolments", f)
}
