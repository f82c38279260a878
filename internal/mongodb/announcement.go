package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/announcement"
	"hocso/internal/fault"
	"hocso/internal/people"
)

// Announcements implements announcement.Store.
type Announcements struct{ c, readings, thanks *mongo.Collection }

var _ announcement.Store = (*Announcements)(nil)

const (
	announcements        = "announcements"
	announcementReadings = "announcement_readings"
	thanks               = "thanks"
)

// Announcements returns the announcements of d and who has read them.
func (d *DB) Announcements() *Announcements {
	return &Announcements{c: d.db.Collection(announcements), readings: d.db.Collection(announcementReadings), thanks: d.db.Collection(thanks)}
}

func announcementIndexes() []index {
	return []index{
		{collection: announcements, keys: bson.D{{Key: "state", Value: 1}, {Key: "until", Value: 1}}},
		{collection: announcementReadings, keys: bson.D{{Key: "announcement", Value: 1}, {Key: "unit", Value: 1}}},
		{collection: announcementReadings, keys: bson.D{{Key: "person", Value: 1}}},
		{collection: announcementReadings, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: thanks, keys: bson.D{{Key: "at", Value: -1}}},
		{collection: thanks, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// InsertAnnouncement implements announcement.Store.
func (s *Announcements) InsertAnnouncement(ctx context.Context, a announcement.Announcement) error {
	if _, err := s.c.InsertOne(ctx, a); err != nil {
		return fmt.Errorf("insert announcement: %w", err)
	}
	return nil
}

// Announcement implements announcement.Store.
func (s *Announcements) Announcement(ctx context.Context, id announcement.ID) (a announcement.Announcement, err error) {
	err = s.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&a)
	return a, found(err, "announcement", "find announcement")
}

// Announcements implements announcement.Store.
func (s *Announcements) Announcements(ctx context.Context, before announcement.ID, limit int) ([]announcement.Announcement, error) {
	filter := everything()
	if before != "" {
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: before}}}}
	}
	return list[announcement.Announcement](ctx, s.c, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit)), "list announcements")
}

// LiveAnnouncements implements announcement.Store.
func (s *Announcements) LiveAnnouncements(ctx context.Context, day string, limit int) ([]announcement.Announcement, error) {
	filter := bson.D{{Key: "state", Value: announcement.Published}, {Key: "until", Value: bson.D{{Key: "$gte", Value: day}}}}
	return list[announcement.Announcement](ctx, s.c, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit)), "list live announcements")
}

// ReplaceAnnouncement implements announcement.Store.
func (s *Announcements) ReplaceAnnouncement(ctx context.Context, a announcement.Announcement) error {
	filter := bson.D{{Key: "_id", Value: a.ID}, {Key: "ver", Value: a.Version}}
	a.Version++
	res, err := s.c.ReplaceOne(ctx, filter, a)
	return replaced(res, err, "replace announcement")
}

// RemoveAnnouncement implements announcement.Store.
func (s *Announcements) RemoveAnnouncement(ctx context.Context, a announcement.Announcement) error {
	res, err := s.c.DeleteOne(ctx, bson.D{{Key: "_id", Value: a.ID}, {Key: "ver", Value: a.Version}})
	if err != nil {
		return fmt.Errorf("remove announcement: %w", err)
	}
	if res.DeletedCount == 0 {
		return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	return nil
}

// InsertThanks implements announcement.Gratitude.
func (s *Announcements) InsertThanks(ctx context.Context, t announcement.Thanks) error {
	_, err := s.thanks.InsertOne(ctx, t)
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "thanked_already", "the unit was thanked for that campaign")
	}
	if err != nil {
		return fmt.Errorf("insert thanks: %w", err)
	}
	return nil
}

// Thanks implements announcement.Gratitude.
func (s *Announcements) Thanks(ctx context.Context, since time.Time, limit int) ([]announcement.Thanks, error) {
	return list[announcement.Thanks](ctx, s.thanks, bson.D{{Key: "at", Value: bson.D{{Key: "$gte", Value: since}}}},
		options.Find().SetSort(bson.D{{Key: "at", Value: -1}}).SetLimit(int64(limit)), "find thanks")
}

// InsertReading implements announcement.Store.
func (s *Announcements) InsertReading(ctx context.Context, r announcement.Reading) error {
	_, err := s.readings.InsertOne(ctx, r)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("insert reading: %w", err)
	}
	return nil
}

// Readings implements announcement.Store.
func (s *Announcements) Readings(ctx context.Context, ids []string) ([]announcement.Reading, error) {
	return list[announcement.Reading](ctx, s.readings, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetLimit(int64(len(ids))), "find readings")
}

// ReadingsOf implements announcement.Store.
func (s *Announcements) ReadingsOf(ctx context.Context, p people.ID) ([]announcement.Reading, error) {
	return list[announcement.Reading](ctx, s.readings, bson.D{{Key: "person", Value: p}}, options.Find().SetLimit(unpaged), "list readings of a person")
}

// CountReadings implements announcement.Store.
func (s *Announcements) CountReadings(ctx context.Context, id announcement.ID) ([]announcement.Count, error) {
	cur, err := s.readings.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "announcement", Value: id}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$unit"}, {Key: "read", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count readings: %w", err)
	}
	var counts []announcement.Count
	if err := cur.All(ctx, &counts); err != nil {
		return nil, fmt.Errorf("count readings: %w", err)
	}
	return counts, nil
}

// ErasePerson removes what a person has read: the counts are of people who are there.
func (s *Announcements) ErasePerson(ctx context.Context, p people.ID) error {
	return removeOf(ctx, p, "person", s.readings)
}
