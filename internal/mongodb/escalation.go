package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/escalation"
	"hocso/internal/people"
)

func escalationIndexes() []index {
	return []index{
		{collection: "escalations", keys: bson.D{{Key: "written", Value: 1}, {Key: "at", Value: 1}}},
		{collection: "escalations", keys: bson.D{{Key: "digest", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "escalations", keys: bson.D{{Key: "person", Value: 1}, {Key: "at", Value: -1}}},
		{collection: "escalations", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// Escalations implements escalation.Store.
type Escalations struct{ c *mongo.Collection }

var _ escalation.Store = (*Escalations)(nil)

// Escalations returns the escalations of d.
func (d *DB) Escalations() *Escalations { return &Escalations{d.db.Collection("escalations")} }

// InsertEscalations implements escalation.Store.
func (s *Escalations) InsertEscalations(ctx context.Context, es []escalation.Escalation) (n int, err error) {
	inserted, err := insertNew(ctx, s.c, es, func(e escalation.Escalation) string { return e.ID })
	if err != nil {
		return 0, fmt.Errorf("insert escalations: %w", err)
	}
	for _, yes := range inserted {
		if yes {
			n++
		}
	}
	return n, nil
}

// UnwrittenEscalations implements escalation.Store.
func (s *Escalations) UnwrittenEscalations(ctx context.Context, since time.Time, limit int) ([]escalation.Escalation, error) {
	return s.find(ctx, bson.D{{Key: "written", Value: 0}, {Key: "at", Value: bson.D{{Key: "$gte", Value: since}}}},
		options.Find().SetSort(bson.D{{Key: "at", Value: 1}}).SetLimit(int64(limit)))
}

// EscalationsOfDigest implements escalation.Store.
func (s *Escalations) EscalationsOfDigest(ctx context.Context, digest string) ([]escalation.Escalation, error) {
	return s.find(ctx, bson.D{{Key: "digest", Value: digest}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(1000))
}

// WriteEscalations implements escalation.Store.
func (s *Escalations) WriteEscalations(ctx context.Context, ids []string, fence int) (int, error) {
	res, err := s.c.UpdateMany(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "written", Value: bson.D{{Key: "$lt", Value: fence}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "written", Value: fence}}}})
	if err != nil {
		return 0, fmt.Errorf("write escalations: %w", err)
	}
	return int(res.ModifiedCount), nil
}

// ReleaseEscalations implements escalation.Store.
func (s *Escalations) ReleaseEscalations(ctx context.Context, ids []string, fence int) error {
	_, err := s.c.UpdateMany(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "written", Value: fence}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "written", Value: 0}}}})
	if err != nil {
		return fmt.Errorf("release escalations: %w", err)
	}
	return nil
}

// EscalationsOf implements escalation.Store.
func (s *Escalations) EscalationsOf(ctx context.Context, p people.ID, limit int) ([]escalation.Escalation, error) {
	return s.find(ctx, bson.D{{Key: "person", Value: p}}, options.Find().SetSort(bson.D{{Key: "at", Value: -1}}).SetLimit(int64(limit)))
}

// ErasePerson removes what was said to a person.
func (s *Escalations) ErasePerson(ctx context.Context, p people.ID) error {
	if _, err := s.c.DeleteMany(ctx, bson.D{{Key: "person", Value: p}}); err != nil {
		return fmt.Errorf("erase escalations: %w", err)
	}
	return nil
}

func (s *Escalations) find(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]escalation.Escalation, error) {
	return list[escalation.Escalation](ctx, s.c, filter, o, "find escalations")
}
