package mongodb

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Codes by which a server says that two writes met and this one was sent back:
// nothing of it is stored, and it may be tried again.
const (
	writeConflict = 112      // of MongoDB
	deadlock      = 16908292 // PostgreSQL's 40P01, as documentdb passes it on
)

// met reports whether that is all that is wrong.
func met(err error) bool {
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return false
	}
	codes := server.ErrorCodes()
	return len(codes) > 0 && !slices.ContainsFunc(codes, func(c int) bool { return c != writeConflict && c != deadlock })
}

// meetings is how often a write may meet others.
const meetings = 5

// again repeats a write as long as it meets others. On a server over PostgreSQL
// inserts of one value of a unique index wait for each other until all but one are
// sent back, one a second, although they could only have been told that the value is
// taken. Those come back later and later, or they would all meet again.
func again(ctx context.Context, write func() error) (err error) {
	for n := range meetings {
		if err = write(); !met(err) || n == meetings-1 {
			return err
		}
		apart := time.NewTimer(rand.N(300 * time.Millisecond << n))
		select {
		case <-ctx.Done():
			apart.Stop()
			return err
		case <-apart.C:
		}
	}
	return err
}

// insertOne inserts doc into a collection with a unique index besides _id.
func insertOne(ctx context.Context, c *mongo.Collection, doc any) error {
	return again(ctx, func() error {
		_, err := c.InsertOne(ctx, doc)
		return err
	})
}

// insertAll inserts docs one after the other, up to the first that is refused.
func insertAll[T any](ctx context.Context, c *mongo.Collection, docs []T) error {
	return again(ctx, func() error {
		_, err := c.InsertMany(ctx, docs)
		var bulk mongo.BulkWriteException
		if met(err) && errors.As(err, &bulk) {
			docs = docs[bulk.WriteErrors[0].Index:] // what comes before it is stored
		}
		return err
	})
}

// insertNew inserts those of docs that are not there yet, and says of each whether it
// did. They go in the order of their ids: a server that inserts them in one
// transaction would else let two callers with overlapping lists wait for each other.
func insertNew[T any, K cmp.Ordered](ctx context.Context, c *mongo.Collection, docs []T, id func(T) K) (inserted []bool, err error) {
	inserted = make([]bool, len(docs))
	places := make([]int, len(docs))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(id(docs[a]), id(docs[b])) })
	err = again(ctx, func() error {
		if len(places) == 0 {
			return nil
		}
		batch := make([]T, len(places))
		for i, place := range places {
			batch[i] = docs[place]
		}
		_, err := c.InsertMany(ctx, batch, options.InsertMany().SetOrdered(false))
		var bulk mongo.BulkWriteException
		if err != nil && (!errors.As(err, &bulk) || bulk.WriteConcernError != nil) {
			return err
		}
		for _, place := range places {
			inserted[place] = true
		}
		var rest []int
		var meeting error
		for _, e := range bulk.WriteErrors {
			inserted[places[e.Index]] = false
			switch {
			case met(e):
				rest, meeting = append(rest, places[e.Index]), e
			case !mongo.IsDuplicateKeyError(e):
				return err
			}
		}
		places = rest
		return meeting
	})
	return inserted, err
}

// replaceAll does what models say, each on its own, and returns how many found what
// they are to change.
func replaceAll(ctx context.Context, c *mongo.Collection, models []mongo.WriteModel) (matched int, err error) {
	err = again(ctx, func() error {
		res, err := c.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		if res != nil {
			matched += int(res.MatchedCount)
		}
		var bulk mongo.BulkWriteException
		if met(err) && errors.As(err, &bulk) {
			rest := make([]mongo.WriteModel, len(bulk.WriteErrors))
			for i, e := range bulk.WriteErrors {
				rest[i] = models[e.Index]
			}
			models = rest
		}
		return err
	})
	return matched, err
}
