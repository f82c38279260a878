// Package mongodb stores the domain in MongoDB, in anything that speaks its
// protocol, or in the embedded database. Nothing else imports the driver.
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
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"hocso/internal/fault"
)

// EmbeddedURI is the address of the embedded database; it needs the embedded dialer.
const EmbeddedURI = "mongodb://embedded/?directConnection=true"

// Options say where the database is.
type Options struct {
	URI    string
	Name   string                // of the database; empty means hocso
	Dialer options.ContextDialer // for the embedded database; nil: the network
}

// DB is an open database.
type DB struct{ db *mongo.Database }

// Open prepares the connection; the driver connects with the first use. The
// concerns are set here and not left to the server: an acknowledged write is on
// a majority and in the journal, or it was not acknowledged. Retries of the
// driver are off: every write is idempotent by itself.
func Open(o Options) (*DB, error) {
	journal := true
	co := options.Client().ApplyURI(o.URI).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetRetryWrites(false).
		SetBSONOptions(&options.BSONOptions{NilSliceAsEmpty: true, NilMapAsEmpty: true}).
		SetServerSelectionTimeout(2 * time.Second)
	if o.Dialer != nil {
		co.SetDialer(o.Dialer)
	}
	c, err := mongo.Connect(co)
	if err != nil {
		return nil, fmt.Errorf("database address: %s", withoutSecrets(o.URI, err.Error()))
	}
	name := o.Name
	if name == "" {
		name = "hocso"
	}
	return &DB{db: c.Database(name)}, nil
}

// Close disconnects.
func (d *DB) Close(ctx context.Context) error { return d.db.Client().Disconnect(ctx) }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.db.Client().Ping(ctx, nil) }

// Drop removes everything. Only tests call it.
func (d *DB) Drop(ctx context.Context) error { return d.db.Drop(ctx) }

// index is one index of one collection.
type index struct {
	collection string
	keys       bson.D
	unique     bool
	ttl        bool // the documents go when the date in the one key is past
}

// EnsureIndexes creates the indexes that are missing.
func (d *DB) EnsureIndexes(ctx context.Context) error {
	all := slices.Concat(
		authIndexes(), peopleIndexes(), courseIndexes(), learningIndexes(), drillIndexes(), campaignIndexes(), reminderIndexes(),
		privacyIndexes(), auditIndexes(), letterIndexes(), surveyIndexes(), webhookIndexes(), announcementIndexes(), signoffIndexes(), escalationIndexes(), exerciseIndexes(),
	)
	models := map[string][]mongo.IndexModel{}
	for _, x := range all {
		o := options.Index()
		if x.unique {
			o.SetUnique(true)
		}
		if x.ttl {
			o.SetExpireAfterSeconds(0)
		}
		models[x.collection] = append(models[x.collection], mongo.IndexModel{Keys: x.keys, Options: o})
	}
	for collection, m := range models {
		if _, err := d.db.Collection(collection).Indexes().CreateMany(ctx, m); err != nil {
			return fmt.Errorf("create indexes of %s: %w", collection, err)
		}
	}
	return d.dropRunsTTL(ctx)
}

// found turns "no such document" into fault.NotFound with the code noun_not_found,
// and wraps every other error with what was being done.
func found(err error, noun, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mongo.ErrNoDocuments):
		return fault.New(fault.NotFound, noun+"_not_found", "no such %s", noun)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// replaced checks the outcome of a conditional replacement: nothing matched means
// that somebody else was faster, fault.Conflict.
func replaced(res *mongo.UpdateResult, err error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if res.MatchedCount == 0 {
		return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
	}
	return nil
}
