package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/people"
	"hocso/internal/webhook"
)

func webhookIndexes() []index {
	return []index{
		{collection: "webhook_deliveries", keys: bson.D{{Key: "endpoint", Value: 1}, {Key: "state", Value: 1}, {Key: "dueAt", Value: 1}}},
		{collection: "webhook_deliveries", keys: bson.D{{Key: "endpoint", Value: 1}, {Key: "createdAt", Value: -1}}},
		{collection: "webhook_deliveries", keys: bson.D{{Key: "person", Value: 1}}},
		{collection: "webhook_deliveries", keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// Webhooks implements webhook.Store.
type Webhooks struct{ endpoints, deliveries *mongo.Collection }

var _ webhook.Store = (*Webhooks)(nil)

// Webhooks returns the webhook endpoints of d and what goes to them.
func (d *DB) Webhooks() *Webhooks {
	return &Webhooks{endpoints: d.db.Collection("webhook_endpoints"), deliveries: d.db.Collection("webhook_deliveries")}
}

// Endpoints implements webhook.Store.
func (s *Webhooks) Endpoints(ctx context.Context) ([]webhook.Endpoint, error) {
	const most = 100
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(most)
	return list[webhook.Endpoint](ctx, s.endpoints, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}}, o, "list webhook endpoints")
}

// Endpoint implements webhook.Store.
func (s *Webhooks) Endpoint(ctx context.Context, id webhook.ID) (e webhook.Endpoint, err error) {
	err = s.endpoints.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&e)
	return e, found(err, "webhook", "find webhook endpoint")
}

// InsertEndpoint implements webhook.Store.
func (s *Webhooks) InsertEndpoint(ctx context.Context, e webhook.Endpoint) error {
	return inserted(insertOne(ctx, s.endpoints, e), "webhook", "insert webhook endpoint")
}

// ReplaceEndpoint implements webhook.Store.
func (s *Webhooks) ReplaceEndpoint(ctx context.Context, e webhook.Endpoint) error {
	filter := bson.D{{Key: "_id", Value: e.ID}, {Key: "ver", Value: e.Version}}
	e.Version++
	res, err := s.endpoints.ReplaceOne(ctx, filter, e)
	return replaced(res, err, "replace webhook endpoint")
}

// RemoveEndpoint implements webhook.Store.
func (s *Webhooks) RemoveEndpoint(ctx context.Context, id webhook.ID) error {
	if _, err := s.endpoints.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}}); err != nil {
		return fmt.Errorf("remove webhook endpoint: %w", err)
	}
	if _, err := s.deliveries.DeleteMany(ctx, bson.D{{Key: "endpoint", Value: id}}); err != nil {
		return fmt.Errorf("remove webhook deliveries: %w", err)
	}
	return nil
}

// InsertDeliveries implements webhook.Store.
func (s *Webhooks) InsertDeliveries(ctx context.Context, ds []webhook.Delivery) error {
	if _, err := insertNew(ctx, s.deliveries, ds, func(d webhook.Delivery) string { return d.ID }); err != nil {
		return fmt.Errorf("insert webhook deliveries: %w", err)
	}
	return nil
}

// ClaimDelivery implements webhook.Store.
func (s *Webhooks) ClaimDelivery(ctx context.Context, id webhook.ID, now, leaseUntil time.Time) (d webhook.Delivery, ok bool, err error) {
	err = s.deliveries.FindOneAndUpdate(ctx,
		bson.D{{Key: "endpoint", Value: id}, {Key: "state", Value: webhook.Waiting}, {Key: "dueAt", Value: bson.D{{Key: "$lte", Value: now}}}},
		bson.D{
			{Key: "$set", Value: bson.D{{Key: "dueAt", Value: leaseUntil}}},
			{Key: "$inc", Value: bson.D{{Key: "fence", Value: 1}}},
		},
		options.FindOneAndUpdate().SetSort(bson.D{{Key: "dueAt", Value: 1}}).SetReturnDocument(options.After)).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("claim webhook delivery: %w", err)
	}
	return d, true, nil
}

// SettleDelivery implements webhook.Store.
func (s *Webhooks) SettleDelivery(ctx context.Context, d webhook.Delivery) error {
	res, err := s.deliveries.ReplaceOne(ctx, bson.D{{Key: "_id", Value: d.ID}, {Key: "fence", Value: d.Fence}}, d)
	return replaced(res, err, "settle webhook delivery")
}

// Delivery implements webhook.Store.
func (s *Webhooks) Delivery(ctx context.Context, id string) (d webhook.Delivery, err error) {
	err = s.deliveries.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d)
	return d, found(err, "webhook_delivery", "find webhook delivery")
}

// Deliveries implements webhook.Store.
func (s *Webhooks) Deliveries(ctx context.Context, id webhook.ID, before time.Time, limit int) ([]webhook.Delivery, error) {
	filter := bson.D{{Key: "endpoint", Value: id}}
	if !before.IsZero() {
		filter = append(filter, bson.E{Key: "createdAt", Value: bson.D{{Key: "$lt", Value: before}}})
	}
	o := options.Find().SetSort(bson.D{{Key: "createdAt", Value: -1}}).SetLimit(int64(limit))
	return list[webhook.Delivery](ctx, s.deliveries, filter, o, "list webhook deliveries")
}

// ErasePerson removes what waits to be told of a person, and what was.
func (s *Webhooks) ErasePerson(ctx context.Context, p people.ID) error {
	return removeOf(ctx, p, "person", s.deliveries)
}
