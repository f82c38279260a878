package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/people"
	"hocso/internal/privacy"
)

func privacyIndexes() []index {
	return []index{
		{collection: noticeReadings, keys: bson.D{{Key: "person", Value: 1}}},
	}
}

const noticeReadings = "notice_readings"

// Privacy implements the stores of package privacy.
type Privacy struct{ readings *mongo.Collection }

var _ privacy.NoticeStore = (*Privacy)(nil)

// Privacy returns who read which notice.
func (d *DB) Privacy() *Privacy {
	return &Privacy{readings: d.db.Collection(noticeReadings)}
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
