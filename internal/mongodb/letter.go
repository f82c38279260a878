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
		{collection: "bounces", keys: bson.D{{Key: "person", Value: 1}}},
	}
}

// Letters implements letter.Store and letter.BounceStore.
type Letters struct{ letters, bounces *mongo.Collection }

var (
	_ letter.Store       = (*Letters)(nil)
	_ letter.BounceStore = (*Letters)(nil)
)

// Letters returns the letters of d, and the addresses that take none.
func (d *DB) Letters() *Letters {
	return &Letters{letters: d.db.Collection("letters"), bounces: d.db.Collection("bounces")}
}

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

// Bounce implements letter.BounceStore.
func (s *Letters) Bounce(ctx context.Context, id string) (b letter.Bounce, err error) {
	err = s.bounces.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&b)
	return b, found(err, "bounce", "find bounce")
}

// InsertBounce implements letter.BounceStore.
func (s *Letters) InsertBounce(ctx context.Context, b letter.Bounce) error {
	if _, err := s.bounces.InsertOne(ctx, b); err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("insert bounce: %w", err)
	}
	return nil
}

// DeleteBounce implements letter.BounceStore.
func (s *Letters) DeleteBounce(ctx context.Context, id string) (bool, error) {
	res, err := s.bounces.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
	if err != nil {
		return false, fmt.Errorf("delete bounce: %w", err)
	}
	return res.DeletedCount == 1, nil
}
