package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/campaign"
	"hocso/internal/fault"
)

// Campaigns implements campaign.Store.
type Campaigns struct{ c *mongo.Collection }

var _ campaign.Store = (*Campaigns)(nil)

const campaigns = "campaigns"

// Campaigns returns the campaigns of d.
func (d *DB) Campaigns() *Campaigns { return &Campaigns{c: d.db.Collection(campaigns)} }

// Lists go by _id, which is a UUIDv7: newest first is the order of the clock.
func campaignIndexes() []index {
	return []index{{collection: campaigns, keys: bson.D{{Key: "live", Value: 1}, {Key: "_id", Value: 1}}}}
}

// storedCampaign is a campaign as it may lie there: those from before there were plans to
// approve have one switch for reminders and one target, until they are written again.
type storedCampaign struct {
	campaign.Campaign `bson:",inline"`

	Remind *bool `bson:"remind"`
	Target int   `bson:"target"`
}

func (s storedCampaign) campaign() campaign.Campaign {
	if s.Remind == nil {
		return s.Campaign
	}
	return campaign.Upgrade(s.Campaign, *s.Remind, s.Target)
}

// allCampaigns reads the campaigns of cur.
func allCampaigns(ctx context.Context, cur *mongo.Cursor) ([]campaign.Campaign, error) {
	var stored []storedCampaign
	if err := cur.All(ctx, &stored); err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	cs := make([]campaign.Campaign, len(stored))
	for i, x := range stored {
		cs[i] = x.campaign()
	}
	return cs, nil
}

// InsertCampaign implements campaign.Store.
func (s *Campaigns) InsertCampaign(ctx context.Context, c campaign.Campaign) error {
	_, err := s.c.InsertOne(ctx, c)
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "campaign_exists", "there is such a campaign already")
	}
	if err != nil {
		return fmt.Errorf("insert campaign %s: %w", c.ID, err)
	}
	return nil
}

// Campaign implements campaign.Store.
func (s *Campaigns) Campaign(ctx context.Context, id campaign.ID) (campaign.Campaign, error) {
	var x storedCampaign
	err := s.c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&x)
	return x.campaign(), found(err, "campaign", "find campaign")
}

// Campaigns implements campaign.Store.
func (s *Campaigns) Campaigns(ctx context.Context, before campaign.ID, limit int) ([]campaign.Campaign, error) {
	filter := everything()
	if before != "" {
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: before}}}}
	}
	cur, err := s.c.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("list campaigns: %w", err)
	}
	return allCampaigns(ctx, cur)
}

// LiveCampaigns implements campaign.Store.
func (s *Campaigns) LiveCampaigns(ctx context.Context) ([]campaign.Campaign, error) {
	cur, err := s.c.Find(ctx, bson.D{{Key: "live", Value: true}}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(unpaged))
	if err != nil {
		return nil, fmt.Errorf("list live campaigns: %w", err)
	}
	return allCampaigns(ctx, cur)
}

// ReplaceCampaign implements campaign.Store. It leaves what the clock keeps alone:
// lease and AdvancedTo are not part of the change that Version guards.
func (s *Campaigns) ReplaceCampaign(ctx context.Context, c campaign.Campaign) error {
	set := bson.D{
		{Key: "name", Value: c.Name},
		{Key: "goal", Value: c.Goal},
		{Key: "audience", Value: c.Audience},
		{Key: "items", Value: c.Items},
		{Key: "startsOn", Value: c.StartsOn},
		{Key: "dueOn", Value: c.DueOn},
		{Key: "graceDays", Value: c.GraceDays},
		{Key: "recurrence", Value: c.Recurrence},
		{Key: "channels", Value: c.Channels},
		{Key: "reminders", Value: c.Reminders},
		{Key: "targets", Value: c.Targets},
		{Key: "escalation", Value: c.Escalation},
		{Key: "startsAt", Value: c.StartsAt},
		{Key: "dueAt", Value: c.DueAt},
		{Key: "endsAt", Value: c.EndsAt},
		{Key: "state", Value: c.State},
		{Key: "owner", Value: c.Owner},
		{Key: "authors", Value: c.Authors},
		{Key: "hash", Value: c.Hash},
		{Key: "approvals", Value: c.Approvals},
		{Key: "log", Value: c.Log},
		{Key: "occurrence", Value: c.Occurrence},
		{Key: "next", Value: c.Next},
		{Key: "live", Value: c.Live},
	}
	res, err := s.c.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: c.ID}, {Key: "ver", Value: c.Version}},
		bson.D{
			{Key: "$set", Value: set},
			{Key: "$inc", Value: bson.D{{Key: "ver", Value: 1}}},
			{Key: "$unset", Value: bson.D{{Key: "remind", Value: ""}, {Key: "target", Value: ""}}},
		})
	return replaced(res, err, "replace campaign")
}

// DeleteCampaign implements campaign.Store.
func (s *Campaigns) DeleteCampaign(ctx context.Context, id campaign.ID, version int) error {
	res, err := s.c.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "ver", Value: version}})
	if err != nil {
		return fmt.Errorf("delete campaign: %w", err)
	}
	if res.DeletedCount == 0 {
		return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	return nil
}

// LeaseCampaign implements campaign.Store.
func (s *Campaigns) LeaseCampaign(ctx context.Context, id campaign.ID, now, until time.Time) (bool, error) {
	res, err := s.c.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "leaseUntil", Value: bson.D{{Key: "$lte", Value: now}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "leaseUntil", Value: until}}}})
	if err != nil {
		return false, fmt.Errorf("lease campaign: %w", err)
	}
	return res.MatchedCount == 1, nil
}

// AdvanceCampaign implements campaign.Store.
func (s *Campaigns) AdvanceCampaign(ctx context.Context, id campaign.ID, to time.Time) error {
	_, err := s.c.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{
		{Key: "$set", Value: bson.D{{Key: "leaseUntil", Value: time.Time{}}}},
		{Key: "$max", Value: bson.D{{Key: "advancedTo", Value: to}}},
	})
	if err != nil {
		return fmt.Errorf("advance campaign: %w", err)
	}
	return nil
}
