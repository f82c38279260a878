package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/campaign"
	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Reminders implements the stores of package reminder.
type Reminders struct{ deliveries, budgets, subscriptions, counts *mongo.Collection }

var (
	_ reminder.Store             = (*Reminders)(nil)
	_ reminder.AnswerStore       = (*Reminders)(nil)
	_ reminder.BudgetStore       = (*Reminders)(nil)
	_ reminder.SubscriptionStore = (*Reminders)(nil)
)

const (
	deliveries    = "deliveries"
	budgets       = "reminder_budgets"
	subscriptions = "subscriptions"
	counts        = "reminder_counts"
)

// Reminders returns the deliveries, budgets and subscriptions of d.
func (d *DB) Reminders() *Reminders {
	return &Reminders{d.db.Collection(deliveries), d.db.Collection(budgets), d.db.Collection(subscriptions), d.db.Collection(counts)}
}

func reminderIndexes() []index {
	return []index{
		{collection: deliveries, keys: bson.D{{Key: "state", Value: 1}, {Key: "channel", Value: 1}, {Key: "notBefore", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "person", Value: 1}, {Key: "state", Value: 1}, {Key: "notBefore", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "campaign", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: deliveries, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: budgets, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: subscriptions, keys: bson.D{{Key: "person", Value: 1}, {Key: "lastSeenAt", Value: -1}}},
		{collection: subscriptions, keys: bson.D{{Key: "expiresAt", Value: 1}}, ttl: true},
		{collection: counts, keys: bson.D{{Key: "day", Value: 1}}},
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
func (s *Reminders) ClaimDelivery(ctx context.Context, channel string, now, leaseUntil time.Time) (d reminder.Delivery, ok bool, err error) {
	err = s.deliveries.FindOneAndUpdate(ctx,
		bson.D{
			{Key: "state", Value: reminder.Waiting},
			{Key: "channel", Value: channel},
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
		{Key: "with", Value: d.With},
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
func (s *Reminders) CampaignDeliveries(ctx context.Context, campaign string, why reminder.Reason, after string, limit int) ([]reminder.Delivery, error) {
	filter := bson.D{{Key: "campaign", Value: campaign}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}
	switch why {
	case "":
	case reminder.WaitingReason:
		filter = append(filter, bson.E{Key: "state", Value: reminder.Waiting})
	default:
		filter = append(filter, bson.E{Key: "reason", Value: why})
	}
	return s.find(ctx, filter,
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

// DeliveryByToken implements reminder.AnswerStore.
func (s *Reminders) DeliveryByToken(ctx context.Context, p people.ID, token string) (reminder.Delivery, error) {
	ds, err := s.find(ctx, bson.D{{Key: "person", Value: p}, {Key: "token", Value: token}}, options.Find().SetLimit(1))
	if err != nil {
		return reminder.Delivery{}, err
	}
	if len(ds) == 0 {
		return reminder.Delivery{}, fault.New(fault.NotFound, "delivery_not_found", "no such delivery")
	}
	return ds[0], nil
}

// OpenDelivery implements reminder.AnswerStore.
func (s *Reminders) OpenDelivery(ctx context.Context, p people.ID, token string, at time.Time) error {
	d, err := s.DeliveryByToken(ctx, p, token)
	if err != nil {
		return err
	}
	return s.setOnce(ctx, d.ID, "openedAt", at)
}

// SnoozeDelivery implements reminder.AnswerStore.
func (s *Reminders) SnoozeDelivery(ctx context.Context, id string, at, to time.Time) (reminder.Delivery, error) {
	if err := errors.Join(s.setOnce(ctx, id, "openedAt", at), s.setOnce(ctx, id, "snoozedTo", to)); err != nil {
		return reminder.Delivery{}, err
	}
	var d reminder.Delivery
	err := s.deliveries.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&d)
	return d, found(err, "delivery", "find delivery")
}

// setOnce sets a time of a delivery unless it is set.
func (s *Reminders) setOnce(ctx context.Context, id, field string, at time.Time) error {
	_, err := s.deliveries.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: field, Value: bson.D{{Key: "$exists", Value: false}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: at}}}})
	if err != nil {
		return fmt.Errorf("set %s of a delivery: %w", field, err)
	}
	return nil
}

// CountUp implements reminder.AnswerStore.
func (s *Reminders) CountUp(ctx context.Context, day, what string) error {
	for first := true; ; first = false {
		_, err := s.counts.UpdateOne(ctx, bson.D{{Key: "_id", Value: day + ":" + what}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "day", Value: day}}}, {Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}, options.UpdateOne().SetUpsert(true))
		if first && mongo.IsDuplicateKeyError(err) {
			continue // two upserts of one id met; now it is there to be updated
		}
		if err != nil {
			return fmt.Errorf("count %s: %w", what, err)
		}
		return nil
	}
}

// Count returns how often something happened on a day.
func (s *Reminders) Count(ctx context.Context, day, what string) (int, error) {
	var x struct {
		N int `bson:"n"`
	}
	err := s.counts.FindOne(ctx, bson.D{{Key: "_id", Value: day + ":" + what}}).Decode(&x)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil
	}
	return x.N, err
}

// TurnedOff implements measure.Reminders: everything that is counted is somebody who
// wants no more reminders.
func (s *Reminders) TurnedOff(ctx context.Context, from, until string) (n int, err error) {
	type count struct {
		N int `bson:"n"`
	}
	found, err := list[count](ctx, s.counts, bson.D{{Key: "day", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lte", Value: until}}}},
		options.Find().SetBatchSize(1000), "find counts")
	for _, x := range found {
		n += x.N
	}
	return n, err
}

// CountSent implements measure.Reminders. A reminder goes out on the day that it waits for.
func (s *Reminders) CountSent(ctx context.Context, from, before time.Time) (int, error) {
	all := 0
	for _, channel := range []string{reminder.Push, reminder.Email} {
		n, err := s.deliveries.CountDocuments(ctx, bson.D{
			{Key: "state", Value: reminder.Sent},
			{Key: "channel", Value: channel},
			{Key: "notBefore", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: before}}},
		})
		if err != nil {
			return 0, fmt.Errorf("count deliveries: %w", err)
		}
		all += int(n)
	}
	return all, nil
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

// EachDelivery calls f for every delivery of a campaign, in the order of ids.
func (s *Reminders) EachDelivery(ctx context.Context, id campaign.ID, f func(reminder.Delivery) error) error {
	cur, err := s.deliveries.Find(ctx, bson.D{{Key: "campaign", Value: id}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(1000))
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	defer func() { _ = cur.Close(context.WithoutCancel(ctx)) }()
	for cur.Next(ctx) {
		var d reminder.Delivery
		if err := cur.Decode(&d); err != nil {
			return fmt.Errorf("decode delivery: %w", err)
		}
		if err := f(d); err != nil {
			return err
		}
	}
	if err := cur.Err(); err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	return nil
}

// Subscribers returns which of ps have a device that accepts push.
func (s *Reminders) Subscribers(ctx context.Context, ps []people.ID) (map[people.ID]bool, error) {
	const page = 1000
	out := map[people.ID]bool{}
	for part := range slices.Chunk(ps, page) {
		found, err := list[reminder.Subscription](ctx, s.subscriptions, bson.D{{Key: "person", Value: bson.D{{Key: "$in", Value: part}}}},
			options.Find().SetBatchSize(page), "find subscribers")
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			out[x.Person] = true
		}
	}
	return out, nil
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
