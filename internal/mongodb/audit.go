package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/audit"
	"hocso/internal/fault"
)

// removedAtOnce is how many entries one command removes.
const removedAtOnce = 5000

func auditIndexes() []index {
	by := func(keys ...string) index {
		x := index{collection: "audit"}
		for _, k := range keys {
			x.keys = append(x.keys, bson.E{Key: k, Value: 1})
		}
		return x
	}
	return []index{
		by("actor", "_id"), by("group", "_id"), by("object.id", "_id"), by("outcome", "_id"), by("at", "_id"), by("of"), by("from.at"),
	}
}

// Audit implements audit.Store.
type Audit struct{ entries, marks *mongo.Collection }

var _ audit.Store = (*Audit)(nil)

// Audit returns the audit trail of d.
func (d *DB) Audit() *Audit {
	return &Audit{entries: d.db.Collection("audit"), marks: d.db.Collection("audit_marks")}
}

// Append implements audit.Store.
func (s *Audit) Append(ctx context.Context, es []audit.Entry) (int, error) {
	_, err := s.entries.InsertMany(ctx, es)
	if err == nil {
		return len(es), nil
	}
	n := 0
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) && len(bulk.WriteErrors) > 0 && bulk.WriteConcernError == nil {
		n = bulk.WriteErrors[0].Index // what comes before it is stored
	}
	if met(err) { // another one is writing this very moment
		return n, fault.New(fault.Conflict, "entry_exists", "somebody else is writing this entry")
	}
	return n, inserted(err, "entry", "append to the audit trail")
}

// Newest implements audit.Store.
func (s *Audit) Newest(ctx context.Context) (e audit.Entry, err error) {
	o := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})
	err = s.entries.FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: int64(0)}}}}, o).Decode(&e)
	return e, found(err, "entry", "find the newest entry")
}

// Mark implements audit.Store.
func (s *Audit) Mark(ctx context.Context, name string) (m audit.Mark, err error) {
	err = s.marks.FindOne(ctx, bson.D{{Key: "_id", Value: name}}).Decode(&m)
	return m, found(err, "mark", "find a mark of the audit trail")
}

// Advance implements audit.Store.
func (s *Audit) Advance(ctx context.Context, name string, m audit.Mark) error {
	for range 2 { // a second round when somebody else stores the first mark at this moment
		res, err := s.marks.UpdateOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "seq", Value: bson.D{{Key: "$lt", Value: m.Seq}}}},
			bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: m.Seq}, {Key: "hash", Value: m.Hash}, {Key: "seal", Value: m.Seal}}}})
		if err != nil {
			return fmt.Errorf("move a mark of the audit trail: %w", err)
		}
		if res.MatchedCount > 0 {
			return nil
		}
		_, err = s.marks.InsertOne(ctx, bson.D{{Key: "_id", Value: name}, {Key: "seq", Value: m.Seq}, {Key: "hash", Value: m.Hash}, {Key: "seal", Value: m.Seal}})
		if err == nil {
			return nil
		}
		if !mongo.IsDuplicateKeyError(err) {
			return fmt.Errorf("make a mark of the audit trail: %w", err)
		}
	}
	return nil // it is as far, or further
}

// Find implements audit.Store.
func (s *Audit) Find(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	seq := bson.D{{Key: "$gt", Value: q.After}}
	if q.Before > 0 {
		seq = append(seq, bson.E{Key: "$lt", Value: q.Before})
	}
	filter := bson.D{{Key: "_id", Value: seq}}
	for _, x := range []struct{ key, value string }{
		{"actor", string(q.Actor)},
		{"object.id", q.Object.ID},
		{"object.kind", q.Object.Kind},
		{"group", string(q.Group)},
		{"action", string(q.Action)},
		{"outcome", string(q.Outcome)},
	} {
		if x.value != "" {
			filter = append(filter, bson.E{Key: x.key, Value: x.value})
		}
	}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: -1}}).SetLimit(int64(q.Limit))
	return list[audit.Entry](ctx, s.entries, filter, o, "list the audit trail")
}

// Ended implements audit.Store.
func (s *Audit) Ended(ctx context.Context, seqs []int64) ([]int64, error) {
	type end struct {
		Of int64 `bson:"of"`
	}
	o := options.Find().SetProjection(bson.D{{Key: "of", Value: 1}}).SetLimit(int64(2 * len(seqs)))
	ends, err := list[end](ctx, s.entries, bson.D{{Key: "of", Value: bson.D{{Key: "$in", Value: seqs}}}}, o, "find how changes ended")
	ended := make([]int64, len(ends))
	for i, e := range ends {
		ended[i] = e.Of
	}
	return ended, err
}

// Since implements audit.Store.
func (s *Audit) Since(ctx context.Context, at time.Time) (int64, error) {
	var e audit.Entry
	o := options.FindOne().SetSort(bson.D{{Key: "at", Value: -1}, {Key: "_id", Value: -1}})
	err := s.entries.FindOne(ctx, bson.D{{Key: "at", Value: bson.D{{Key: "$lt", Value: at}}}}, o).Decode(&e)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil
	}
	return e.Seq, found(err, "entry", "find the entries of a time")
}

// Each implements audit.Store.
func (s *Audit) Each(ctx context.Context, after int64, f func(audit.Entry, bool) error) (err error) {
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(1000)
	cur, err := s.entries.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}}, o)
	if err != nil {
		return fmt.Errorf("read the audit trail: %w", err)
	}
	defer func() {
		if e := cur.Close(context.WithoutCancel(ctx)); e != nil && err == nil {
			err = fmt.Errorf("read the audit trail: %w", e)
		}
	}()
	for cur.Next(ctx) {
		if err := f(readEntry(cur.Current)); err != nil {
			return err
		}
	}
	if err := cur.Err(); err != nil {
		return fmt.Errorf("read the audit trail: %w", err)
	}
	return nil
}

// readEntry decodes an entry. It is intact if the same bytes would be written for it: then
// nothing was added to it either that an entry does not have.
func readEntry(doc bson.Raw) (e audit.Entry, intact bool) {
	if err := bson.Unmarshal(doc, &e); err != nil {
		seq, _ := doc.Lookup("_id").AsInt64OK()
		return audit.Entry{Seq: seq}, false
	}
	again, err := bson.Marshal(e)
	return e, err == nil && bytes.Equal(again, doc)
}

// Remove implements audit.Store.
func (s *Audit) Remove(ctx context.Context, through int64) error {
	for {
		var first struct {
			Seq int64 `bson:"_id"`
		}
		old := bson.D{{Key: "_id", Value: bson.D{{Key: "$lte", Value: through}}}}
		o := options.FindOne().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "_id", Value: 1}})
		err := s.entries.FindOne(ctx, old, o).Decode(&first)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find the oldest entry: %w", err)
		}
		some := bson.D{{Key: "_id", Value: bson.D{{Key: "$lte", Value: min(first.Seq+removedAtOnce, through)}}}}
		if _, err := s.entries.DeleteMany(ctx, some); err != nil {
			return fmt.Errorf("remove old entries: %w", err)
		}
	}
}

// ForgetAddresses implements audit.Store.
func (s *Audit) ForgetAddresses(ctx context.Context, before time.Time) error {
	_, err := s.entries.UpdateMany(ctx, bson.D{{Key: "from.at", Value: bson.D{{Key: "$lt", Value: before}}}},
		bson.D{{Key: "$unset", Value: bson.D{{Key: "from", Value: ""}}}})
	if err != nil {
		return fmt.Errorf("forget addresses: %w", err)
	}
	return nil
}
