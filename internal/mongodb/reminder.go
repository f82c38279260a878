package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Reminders implements the stores of package reminder.
type Reminders struct{ deliveries, budgets, subscriptions *mongo.Collection }

var (
	_ reminder.Store             = (*Reminders)(nil)
	_ reminder.BudgetStore       = (*Reminders)(nil)
	_ reminder.SubscriptionStore = (*Reminders)(nil)
)

const (
	deliveries    = "deliveries"
	budgets       = "reminder_budgets"
	subscriptions = "subscriptions"
)

// Reminders returns the deliveries, budgets and subscriptions of d.
func (d *DB) Reminders() *Reminders {
	return &Reminders{d.db.Collection(deliveries), d.db.Collection(budgets), d.db.Collection(subscriptions)}
}

func reminderIndexes() []index {
	return []index{
		{collection: deliveries, keys: bson.D{{Key: "state", Value: 1}, {Key: "notBefore", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "person", Value: 1}, {Key: "state", Value: 1}, {Key: "notBefore", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "campaign", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: budgets, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: subscriptions, keys: bson.D{{Key: "person", Value: 1}, {Key: "lastSeenAt", Value: -1}}},
		{collection: subscriptions, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
	}
}

// InsertDeliveries implements reminder.Store.
func (s *Reminders) InsertDeliveries(ctx context.Context, ds []reminder.Delivery) ([]string, error) {
	inserted, err := insertNew(ctx, s.deliveries, ds, func(d reminder.Delivery) string { return d.ID })
	if err != nil {
		return nil, fmt.Errorf("insert deliveries: %w", err)
	}
	ids := []string{}
	for i, d := range ds {
		if inserted[i] {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}

// ClaimDelivery implements reminder.Store.
func (s *Reminders) ClaimDelivery(ctx context.Context, now, leaseUntil time.Time) (d reminder.Delivery, ok bool, err error) {
	err = s.deliveries.FindOneAndUpdate(ctx,
		bson.D{
			{Key: "state", Value: reminder.Waiting},
			{Key: "notBefore", Value: bson.D{{Key: "$lte", Value: now}}},
			{Key: "leaseUntil", Value: bson.D{{Key: "$lte", Value: now}}},
		},
		bson.D{
			{Key: "$set", Value: bson.D{{Key: "leaseUntil", Value: leaseUntil}}},
			{Key: "$inc", Value: bson.D{{Key: "fence", Value: 1}}},
		},
		options.FindOneAndUpdate().SetSort(bson.D{{Key: "notBefore", Value: 1}}).SetReturnDocument(options.After),
	).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("claim delivery: %w", err)
	}
	return d, true, nil
}

// SettleDelivery implements reminder.Store.
func (s *Reminders) SettleDelivery(ctx context.Context, d reminder.Delivery) error {
	set := bson.D{
		{Key: "state", Value: d.State},
		{Key: "reason", Value: d.Reason},
		{Key: "tries", Value: d.Tries},
		{Key: "notBefore", Value: d.NotBefore},
		{Key: "leaseUntil", Value: d.LeaseUntil},
	}
	if d.SettledAt != nil {
		set = append(set, bson.E{Key: "settledAt", Value: *d.SettledAt})
	}
	res, err := s.deliveries.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: d.ID}, {Key: "state", Value: reminder.Waiting}, {Key: "fence", Value: d.Fence}},
		bson.D{{Key: "$set", Value: set}})
	return replaced(res, err, "settle delivery")
}

// WaitingDeliveries implements reminder.Store.
func (s *Reminders) WaitingDeliveries(ctx context.Context, p people.ID, until time.Time) ([]reminder.Delivery, error) {
	return s.find(ctx, bson.D{
		{Key: "person", Value: p},
		{Key: "state", Value: reminder.Waiting},
		{Key: "notBefore", Value: bson.D{{Key: "$lte", Value: until}}},
	}, options.Find().SetSort(bson.D{{Key: "notBefore", Value: 1}}).SetLimit(100))
}

// Deliveries implements reminder.Store.
func (s *Reminders) Deliveries(ctx context.Context, ids []string) ([]reminder.Delivery, error) {
	return s.find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, options.Find().SetLimit(int64(len(ids))))
}

// DeliveriesOf implements reminder.Store.
func (s *Reminders) DeliveriesOf(ctx context.Context, p people.ID) ([]reminder.Delivery, error) {
	return s.find(ctx, bson.D{{Key: "person", Value: p}}, options.Find().SetLimit(unpaged))
}

// CampaignDeliveries implements reminder.Store.
func (s *Reminders) CampaignDeliveries(ctx context.Context, campaign, after string, limit int) ([]reminder.Delivery, error) {
	return s.find(ctx,
		bson.D{{Key: "campaign", Value: campaign}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
}

func (s *Reminders) find(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]reminder.Delivery, error) {
	cur, err := s.deliveries.Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("find deliveries: %w", err)
	}
	var ds []reminder.Delivery
	if err := cur.All(ctx, &ds); err != nil {
		return nil, fmt.Errorf("find deliveries: %w", err)
	}
	return ds, nil
}

// OpenDelivery implements reminder.Store.
func (s *Reminders) OpenDelivery(ctx context.Context, p people.ID, token string, at time.Time) error {
	ds, err := s.find(ctx, bson.D{{Key: "person", Value: p}, {Key: "token", Value: token}}, options.Find().SetLimit(1))
	if err != nil {
		return err
	}
	if len(ds) == 0 {
		return fault.New(fault.NotFound, "delivery_not_found", "no such delivery")
	}
	_, err = s.deliveries.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: ds[0].ID}, {Key: "openedAt", Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "openedAt", Value: at}}}})
	if err != nil {
		return fmt.Errorf("open delivery: %w", err)
	}
	return nil
}

// Budget implements reminder.BudgetStore.
func (s *Reminders) Budget(ctx context.Context, p people.ID) (b reminder.Budget, err error) {
	err = s.budgets.FindOne(ctx, bson.D{{Key: "_id", Value: p}}).Decode(&b)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return reminder.Budget{Person: p}, nil
	}
	if err != nil {
		return b, fmt.Errorf("read budget: %w", err)
	}
	return b, nil
}

// PutBudget implements reminder.BudgetStore.
func (s *Reminders) PutBudget(ctx context.Context, b reminder.Budget) error {
	old := b.Version
	b.Version++
	if old == 0 {
		_, err := s.budgets.InsertOne(ctx, b)
		if mongo.IsDuplicateKeyError(err) {
			return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
		}
		if err != nil {
			return fmt.Errorf("insert budget: %w", err)
		}
		return nil
	}
	res, err := s.budgets.ReplaceOne(ctx, bson.D{{Key: "_id", Value: b.Person}, {Key: "ver", Value: old}}, b)
	return replaced(res, err, "replace budget")
}

// PutSubscription implements reminder.SubscriptionStore.
func (s *Reminders) PutSubscription(ctx context.Context, x reminder.Subscription) error {
	update := bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "person", Value: x.Person},
			{Key: "device", Value: x.Device},
			{Key: "endpoint", Value: x.Endpoint},
			{Key: "p256dh", Value: x.P256dh},
			{Key: "auth", Value: x.Auth},
			{Key: "lastSeenAt", Value: x.LastSeenAt},
			{Key: "expiresAt", Value: x.ExpiresAt},
			{Key: "session", Value: x.Session},
		}},
		{Key: "$setOnInsert", Value: bson.D{{Key: "createdAt", Value: x.CreatedAt}}},
	}
	for first := true; ; first = false {
		_, err := s.subscriptions.UpdateOne(ctx, bson.D{{Key: "_id", Value: x.ID}}, update, options.UpdateOne().SetUpsert(true))
		if first && mongo.IsDuplicateKeyError(err) {
			continue // two upserts of one id met; now it is there to be updated
		}
		if err != nil {
			return fmt.Errorf("put subscription: %w", err)
		}
		return nil
	}
}

// Subscriptions implements reminder.SubscriptionStore.
func (s *Reminders) Subscriptions(ctx context.Context, p people.ID) ([]reminder.Subscription, error) {
	cur, err := s.subscriptions.Find(ctx, bson.D{{Key: "person", Value: p}},
		options.Find().SetSort(bson.D{{Key: "lastSeenAt", Value: -1}}).SetLimit(100))
	if err != nil {
		return nil, fmt.Errorf("find subscriptions: %w", err)
	}
	var out []reminder.Subscription
	if err := cur.All(ctx, &out); err != nil {
		return nil, fmt.Errorf("find subscriptions: %w", err)
	}
	return out, nil
}

// DeleteSubscription implements reminder.SubscriptionStore.
func (s *Reminders) DeleteSubscription(ctx context.Context, p people.ID, id string) (bool, error) {
	res, err := s.subscriptions.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "person", Value: p}})
	if err != nil {
		return false, fmt.Errorf("delete subscription: %w", err)
	}
	return res.DeletedCount == 1, nil
}
