package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"hocso/internal/campaign"
	"hocso/internal/fault"
)

// Holidays implements campaign.HolidayStore. The collection has one document.
type Holidays struct{ c *mongo.Collection }

var _ campaign.HolidayStore = (*Holidays)(nil)

const theHolidays = "days" // the id of the one

// Holidays returns the holidays of d.
func (d *DB) Holidays() *Holidays { return &Holidays{c: d.db.Collection("holidays")} }

// Holidays implements campaign.HolidayStore.
func (s *Holidays) Holidays(ctx context.Context) (l campaign.HolidayList, err error) {
	err = s.c.FindOne(ctx, bson.D{{Key: "_id", Value: theHolidays}}).Decode(&l)
	return l, found(err, "holidays", "find the holidays")
}

// PutHolidays implements campaign.HolidayStore.
func (s *Holidays) PutHolidays(ctx context.Context, l campaign.HolidayList) error {
	old := l.Version
	l.Version++
	doc := struct {
		ID                   string `bson:"_id"`
		campaign.HolidayList `bson:",inline"`
	}{theHolidays, l}
	if old == 0 {
		_, err := s.c.InsertOne(ctx, doc)
		if mongo.IsDuplicateKeyError(err) {
			return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
		}
		if err != nil {
			return fmt.Errorf("insert the holidays: %w", err)
		}
		return nil
	}
	res, err := s.c.ReplaceOne(ctx, bson.D{{Key: "_id", Value: theHolidays}, {Key: "ver", Value: old}}, doc)
	return replaced(res, err, "replace the holidays")
}
