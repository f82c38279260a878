package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"hocso/internal/auth"
	"hocso/internal/people"
)

var (
	_ auth.FactorStore = (*Auth)(nil)
	_ auth.SpentStore  = (*Auth)(nil)
)

// Factors implements auth.FactorStore.
func (s *Auth) Factors(ctx context.Context, p people.ID) (f auth.Factors, err error) {
	err = s.factors.FindOne(ctx, bson.D{{Key: "_id", Value: p}}).Decode(&f)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return auth.Factors{Person: p}, nil
	}
	if err != nil {
		return auth.Factors{}, fmt.Errorf("find factors: %w", err)
	}
	return f, nil
}

// ReplaceFactors implements auth.FactorStore.
func (s *Auth) ReplaceFactors(ctx context.Context, f auth.Factors) error {
	known := bson.D{{Key: "_id", Value: f.Person}, {Key: "ver", Value: f.Version}}
	f.Version++
	if f.Version > 1 {
		res, err := s.factors.ReplaceOne(ctx, known, f)
		return replaced(res, err, "replace factors")
	}
	_, err := s.factors.InsertOne(ctx, f)
	if mongo.IsDuplicateKeyError(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return fmt.Errorf("insert factors: %w", err)
	}
	return nil
}

// spentID is something that was used up.
type spentID struct {
	ID       string    `bson:"_id"`
	ForgetAt time.Time `bson:"forgetAt"` // TTL index
}

// Spend implements auth.SpentStore: of many inserts of one id one succeeds.
func (s *Auth) Spend(ctx context.Context, id string, until time.Time) (bool, error) {
	_, err := s.spent.InsertOne(ctx, spentID{id, until})
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("spend: %w", err)
	}
	return true, nil
}
