package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/drill"
)

func drillIndexes() []index {
	return []index{
		{collection: "drill_templates", keys: bson.D{{Key: "drill", Value: 1}, {Key: "n", Value: 1}}, unique: true},
		{collection: "drill_runs", keys: bson.D{{Key: "expiresAt", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "drill_totals", keys: bson.D{{Key: "drill", Value: 1}, {Key: "n", Value: 1}}},
	}
}

// dropRunsTTL takes away the index by which the database once removed runs by itself: they
// are counted first.
func (d *DB) dropRunsTTL(ctx context.Context) error {
	const indexNotFound = 27
	err := d.db.Collection("drill_runs").Indexes().DropOne(ctx, "expiresAt_1")
	if server := (mongo.ServerError)(nil); errors.As(err, &server) && server.HasErrorCode(indexNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("drop the old index of drill runs: %w", err)
	}
	return nil
}

// Drills implements drill.Store and drill.TotalsStore.
type Drills struct{ templates, keys, runs, totals *mongo.Collection }

var (
	_ drill.Store       = (*Drills)(nil)
	_ drill.TotalsStore = (*Drills)(nil)
)

// Drills returns the drills of d, their keys and runs.
func (d *DB) Drills() *Drills {
	return &Drills{
		templates: d.db.Collection("drill_templates"), keys: d.db.Collection("drill_keys"), runs: d.db.Collection("drill_runs"),
		totals: d.db.Collection("drill_totals"),
	}
}

// Templates implements drill.Store.
func (s *Drills) Templates(ctx context.Context) ([]drill.Template, error) {
	const most = 1000
	o := options.Find().SetSort(bson.D{{Key: "drill", Value: 1}, {Key: "n", Value: 1}}).SetLimit(most)
	return list[drill.Template](ctx, s.templates, bson.D{{Key: "drill", Value: bson.D{{Key: "$gt", Value: ""}}}}, o, "list drills")
}

// InsertTemplate implements drill.Store.
func (s *Drills) InsertTemplate(ctx context.Context, t drill.Template) error {
	return inserted(insertOne(ctx, s.templates, t), "drill", "insert drill")
}

// Key implements drill.Store.
func (s *Drills) Key(ctx context.Context, id drill.ID) (k drill.Key, err error) {
	err = s.keys.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&k)
	return k, found(err, "drill_key", "find drill key")
}

// InsertKey implements drill.Store.
func (s *Drills) InsertKey(ctx context.Context, k drill.Key) error {
	_, err := s.keys.InsertOne(ctx, k)
	return inserted(err, "drill_key", "insert drill key")
}

// Runs implements drill.Store.
func (s *Drills) Runs(ctx context.Context, ids []string) ([]drill.Run, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	o := options.Find().SetLimit(int64(len(ids)))
	return list[drill.Run](ctx, s.runs, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o, "find drill runs")
}

// InsertRun implements drill.Store.
func (s *Drills) InsertRun(ctx context.Context, r drill.Run) error {
	_, err := s.runs.InsertOne(ctx, r)
	return inserted(err, "drill_run", "insert drill run")
}

// ReplaceRun implements drill.Store.
func (s *Drills) ReplaceRun(ctx context.Context, r drill.Run) error {
	filter := bson.D{{Key: "_id", Value: r.ID}, {Key: "ver", Value: r.Version}}
	r.Version++
	res, err := s.runs.ReplaceOne(ctx, filter, r)
	return replaced(res, err, "replace drill run")
}

// EndedRuns implements drill.TotalsStore.
func (s *Drills) EndedRuns(ctx context.Context, now time.Time, limit int) ([]drill.Run, error) {
	o := options.Find().SetSort(bson.D{{Key: "expiresAt", Value: 1}, {Key: "_id", Value: 1}}).SetLimit(int64(limit))
	return list[drill.Run](ctx, s.runs, bson.D{{Key: "expiresAt", Value: bson.D{{Key: "$lte", Value: now}}}}, o, "find drill runs whose time is over")
}

// Totals implements drill.TotalsStore.
func (s *Drills) Totals(ctx context.Context) ([]drill.Totals, error) {
	o := options.Find().SetSort(bson.D{{Key: "drill", Value: 1}, {Key: "n", Value: 1}}).SetLimit(unpaged)
	return list[drill.Totals](ctx, s.totals, everything(), o, "find totals of drills")
}

// PutTotals implements drill.TotalsStore.
func (s *Drills) PutTotals(ctx context.Context, t drill.Totals) error {
	filter := bson.D{{Key: "_id", Value: t.Key}, {Key: "ver", Value: t.Version}}
	t.Version++
	if t.Version == 1 {
		_, err := s.totals.InsertOne(ctx, t)
		return inserted(err, "drill_totals", "insert totals of a drill")
	}
	res, err := s.totals.ReplaceOne(ctx, filter, t)
	return replaced(res, err, "replace totals of a drill")
}
