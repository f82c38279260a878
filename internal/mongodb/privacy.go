package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/privacy"
)

func privacyIndexes() []index {
	return []index{
		{collection: noticeReadings, keys: bson.D{{Key: "person", Value: 1}}},
		{collection: privacyRequests, keys: bson.D{{Key: "person", Value: 1}, {Key: "_id", Value: -1}}},
		{collection: privacyRequests, keys: bson.D{{Key: "state", Value: 1}, {Key: "_id", Value: -1}}},
		{collection: erasures, keys: bson.D{{Key: "open", Value: 1}, {Key: "at", Value: 1}}},
	}
}

const (
	noticeReadings  = "notice_readings"
	privacyRequests = "privacy_requests"
	erasures        = "erasures"
)

// Privacy implements the stores of package privacy.
type Privacy struct{ readings, requests, erasures *mongo.Collection }

var (
	_ privacy.NoticeStore  = (*Privacy)(nil)
	_ privacy.RequestStore = (*Privacy)(nil)
	_ privacy.ErasureStore = (*Privacy)(nil)
)

// Privacy returns who read which notice, what people asked for, and the ledger of erasures.
func (d *DB) Privacy() *Privacy {
	return &Privacy{
		readings: d.db.Collection(noticeReadings), requests: d.db.Collection(privacyRequests), erasures: d.db.Collection(erasures),
	}
}

// Reading implements privacy.NoticeStore.
func (s *Privacy) Reading(ctx context.Context, id string) (r privacy.Reading, err error) {
	err = s.readings.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&r)
	return r, found(err, "reading", "find who read the notice")
}

// InsertReading implements privacy.NoticeStore.
func (s *Privacy) InsertReading(ctx context.Context, r privacy.Reading) error {
	_, err := s.readings.InsertOne(ctx, r)
	return inserted(err, "reading", "note who read the notice")
}

// ReadingsOf implements privacy.NoticeStore.
func (s *Privacy) ReadingsOf(ctx context.Context, p people.ID) ([]privacy.Reading, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(1000)
	return list[privacy.Reading](ctx, s.readings, bson.D{{Key: "person", Value: p}}, o, "find which notices were read")
}

// InsertRequest implements privacy.RequestStore.
func (s *Privacy) InsertRequest(ctx context.Context, r privacy.Request) error {
	_, err := s.requests.InsertOne(ctx, r)
	return inserted(err, "request", "insert request")
}

// Request implements privacy.RequestStore.
func (s *Privacy) Request(ctx context.Context, id string) (r privacy.Request, err error) {
	err = s.requests.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&r)
	return r, found(err, "request", "find request")
}

// RequestsOf implements privacy.RequestStore.
func (s *Privacy) RequestsOf(ctx context.Context, p people.ID) ([]privacy.Request, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(unpaged)
	return list[privacy.Request](ctx, s.requests, bson.D{{Key: "person", Value: p}}, o, "find requests of a person")
}

// Requests implements privacy.RequestStore.
func (s *Privacy) Requests(ctx context.Context, states []privacy.State, limit int) ([]privacy.Request, error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit))
	return list[privacy.Request](ctx, s.requests, bson.D{{Key: "state", Value: bson.D{{Key: "$in", Value: states}}}}, o, "find requests")
}

// ReplaceRequest implements privacy.RequestStore.
func (s *Privacy) ReplaceRequest(ctx context.Context, r privacy.Request) error {
	filter := bson.D{{Key: "_id", Value: r.ID}, {Key: "ver", Value: r.Version}}
	r.Version++
	res, err := s.requests.ReplaceOne(ctx, filter, r)
	return replaced(res, err, "replace request")
}

// erasure is an entry of the ledger as it is stored: open until it was purged.
type erasure struct {
	privacy.Erasure `bson:",inline"`
	Open            bool `bson:"open"`
}

// InsertErasure implements privacy.ErasureStore.
func (s *Privacy) InsertErasure(ctx context.Context, e privacy.Erasure) error {
	_, err := s.erasures.InsertOne(ctx, erasure{e, true})
	if err = inserted(err, "erasure", "insert erasure"); fault.KindOf(err) == fault.Conflict {
		return nil
	}
	return err
}

// Erasures implements privacy.ErasureStore.
func (s *Privacy) Erasures(ctx context.Context, unfinished bool) ([]privacy.Erasure, error) {
	open := bson.A{true, false}
	if unfinished {
		open = bson.A{true}
	}
	o := options.Find().SetSort(bson.D{{Key: "at", Value: 1}}).SetLimit(unpaged)
	return list[privacy.Erasure](ctx, s.erasures, bson.D{{Key: "open", Value: bson.D{{Key: "$in", Value: open}}}}, o, "read the ledger of erasures")
}

// ErasureDone implements privacy.ErasureStore.
func (s *Privacy) ErasureDone(ctx context.Context, p people.ID, at time.Time) error {
	_, err := s.erasures.UpdateOne(ctx, bson.D{{Key: "_id", Value: p}}, bson.D{{Key: "$set", Value: bson.D{{Key: "doneAt", Value: at}}}})
	if err != nil {
		return fmt.Errorf("note an erasure: %w", err)
	}
	return nil
}

// ErasuresPurged implements privacy.ErasureStore.
func (s *Privacy) ErasuresPurged(ctx context.Context, ps []people.ID, at time.Time) error {
	_, err := s.erasures.UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ps}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "purgedAt", Value: at}, {Key: "open", Value: false}}}})
	if err != nil {
		return fmt.Errorf("note purged erasures: %w", err)
	}
	return nil
}
