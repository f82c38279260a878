package mongodb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// ttl says when the documents of a collection expire: so long after the date in a field.
type ttl struct {
	path  []string
	after time.Duration
}

// expired reports whether a document may be gone by then.
func expired(doc bson.Raw, ttls []ttl, then time.Time) bool {
	for _, t := range ttls {
		v, err := doc.LookupErr(t.path...)
		if date, ok := v.TimeOK(); err == nil && ok && !date.Add(t.after).After(then) {
			return true
		}
	}
	return false
}

// copyIndexes makes the indexes of a collection in the target, and says by which of them
// documents expire. An option that this program does not know is refused.
func (c *Copy) copyIndexes(ctx context.Context, name string) ([]ttl, error) {
	cur, err := c.From.db.Collection(name).Indexes().List(ctx)
	if err != nil {
		return nil, err
	}
	var specs []bson.Raw
	if err := cur.All(ctx, &specs); err != nil {
		return nil, err
	}
	var models []mongo.IndexModel
	var ttls []ttl
	for _, spec := range specs {
		m, expires, err := indexModel(spec)
		if err != nil {
			return nil, err
		}
		ttls = append(ttls, expires...)
		if m != nil {
			models = append(models, *m)
		}
	}
	if len(models) == 0 {
		return ttls, nil
	}
	_, err = c.To.db.Collection(name).Indexes().CreateMany(ctx, models)
	return ttls, err
}

// indexModel reads what listIndexes says of an index; nil is the index of _id.
func indexModel(spec bson.Raw) (*mongo.IndexModel, []ttl, error) {
	all, err := spec.Elements()
	if err != nil {
		return nil, nil, err
	}
	name, _ := spec.Lookup("name").StringValueOK()
	if name == "_id_" {
		return nil, nil, nil
	}
	keys, _ := spec.Lookup("key").DocumentOK()
	o := options.Index().SetName(name)
	var ttls []ttl
	for _, e := range all {
		switch v := e.Value(); e.Key() {
		case "name", "key":
		case "v", "ns", "background", "storageEngine": // nothing of it shows from outside
		case "unique":
			if yes, ok := v.BooleanOK(); ok && yes {
				o.SetUnique(true)
			}
		case "expireAfterSeconds":
			after, ok := v.AsInt64OK()
			first, err := keys.IndexErr(0)
			if err != nil || !ok {
				return nil, nil, fmt.Errorf("index %s: expireAfterSeconds %s of %s", name, v, keys)
			}
			o.SetExpireAfterSeconds(int32(after))
			ttls = append(ttls, ttl{strings.Split(first.Key(), "."), time.Duration(after) * time.Second})
		default:
			if yes, ok := v.BooleanOK(); !ok || yes {
				return nil, nil, fmt.Errorf("index %s has the option %s, which this program does not use", name, e.Key())
			}
		}
	}
	return &mongo.IndexModel{Keys: keys, Options: o}, ttls, nil
}
