package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/path"
)

// Paths implements path.Store.
type Paths struct{ c *mongo.Collection }

var _ path.Store = (*Paths)(nil)

// Paths returns the learning paths of d. They need no index but that of their ids.
func (d *DB) Paths() *Paths { return &Paths{c: d.db.Collection("paths")} }

// Paths implements path.Store.
func (s *Paths) Paths(ctx context.Context) ([]path.Path, error) {
	const most = 500
	return list[path.Path](ctx, s.c, everything(), options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(most), "list paths")
}

// Path implements path.Store.
func (s *Paths) Path(ctx context.Context, id path.ID) (p path.Path, err error) {
	err = s.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	return p, found(err, "path", "find path")
}

// InsertPath implements path.Store.
func (s *Paths) InsertPath(ctx context.Context, p path.Path) error {
	return inserted(insertOne(ctx, s.c, p), "path", "insert path")
}

// ReplacePath implements path.Store.
func (s *Paths) ReplacePath(ctx context.Context, p path.Path) error {
	filter := bson.D{{Key: "_id", Value: p.ID}, {Key: "ver", Value: p.Version}}
	p.Version++
	res, err := s.c.ReplaceOne(ctx, filter, p)
	return replaced(res, err, "replace path")
}
