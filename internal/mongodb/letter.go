package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/letter"
)

func letterIndexes() []index {
	return []index{
		{collection: "letters", keys: bson.D{{Key: "dueAt", Value: 1}}},
		{collection: "letters", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// Letters implements letter.Store.
type Letters struct{ letters *mongo.Collection }

var _ letter.Store = (*Letters)(nil)

// Letters returns the letters of d.
func (d *DB) Letters() *Letters { return &Letters{d.db.Collection("letters")} }

// InsertLetter implements letter.Store.
func (s *Letters) InsertLetter(ctx context.Context, l letter.Letter) error {
	if _, err := s.letters.InsertOne(ctx, l); err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("insert letter: %w", err)
	}
	return nil
}

// ClaimLetter implements letter.Store.
func (s *Letters) ClaimLetter(ctx context.Context, now, leaseUntil time.Time) (l letter.Letter, ok bool, err error) {
	err = s.letters.FindOneAndUpdate(ctx, bson.D{{Key: "dueAt", Value: bson.D{{Key: "$lte", Value: now}}}},
		bson.D{
			{Key: "$set", Value: bson.D{{Key: "dueAt", Value: leaseUntil}}},
			{Key: "$inc", Value: bson.D{{Key: "fence", Value: 1}}},
		},
		options.FindOneAndUpdate().SetSort(bson.D{{Key: "dueAt", Value: 1}}).SetReturnDocument(options.After)).Decode(&l)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("claim letter: %w", err)
	}
	return l, true, nil
}

// PostponeLetter implements letter.Store.
func (s *Letters) PostponeLetter(ctx context.Context, l letter.Letter) error {
	_, err := s.letters.UpdateOne(ctx, bson.D{{Key: "_id", Value: l.ID}, {Key: "fence", Value: l.Fence}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "dueAt", Value: l.DueAt}, {Key: "tries", Value: l.Tries}}}})
	if err != nil {
		return fmt.Errorf("postpone letter: %w", err)
	}
	return nil
}

// RemoveLetter implements letter.Store.
func (s *Letters) RemoveLetter(ctx context.Context, l letter.Letter) error {
	if _, err := s.letters.DeleteOne(ctx, bson.D{{Key: "_id", Value: l.ID}, {Key: "fence", Value: l.Fence}}); err != nil {
		return fmt.Errorf("remove letter: %w", err)
	}
	return nil
}
