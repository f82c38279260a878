package mongodb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// underway is the collection of a target that says that a copy into it has begun and is not
// yet whole; it is gone afterwards.
const underway = "copy"

// At most so much is copied at once.
const (
	copyDocuments = 1000
	copyBytes     = 8 << 20
)

// leeway is by how much the clocks of two machines, or of a copy's two ends, may differ.
const leeway = time.Hour

// Copy copies all of one database into another, on which nobody works meanwhile. It may end
// at any moment: run again, it takes away in the target what is not so in the source, adds
// what is missing, and in the end compares both, document by document.
type Copy struct {
	From, To *DB
	Source   string // names the source, so that another one is refused to go on with the copy
	Now      func() time.Time
	Report   func(CopyProgress) // is told after every batch
}

// CopyProgress says how far a copy is with a collection.
type CopyProgress struct {
	Doing       string // "looked at again", "copied", "compared", "compared back"
	Collection  string
	Done, Total int
}

// ErrRefused is what Run answers before anything was copied.
var ErrRefused = errors.New("nothing was copied")

// Copied says what a copy holds. The hash is over the documents, each as its bytes, in the order of _id.
type Copied struct {
	Collection string
	Documents  int
	SHA256     string
}

// Difference is a document that is not the same on both sides of a copy.
type Difference struct{ Collection, ID, What string }

func (d *Difference) Error() string {
	return fmt.Sprintf("collection %s, _id %s: %s", d.Collection, d.ID, d.What)
}

// Run copies and compares. The error is a *Difference when both sides are not the same in
// the end: then somebody wrote to one of them.
func (c *Copy) Run(ctx context.Context) ([]Copied, error) {
	if err := c.From.CopyUnderWay(ctx); err != nil {
		return nil, fmt.Errorf("%w: the source: %w", ErrRefused, err)
	}
	again, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.From.collections(ctx)
	if err != nil {
		return nil, err
	}
	all := names
	if again { // nothing else is in a new target
		there, err := c.To.collections(ctx)
		if err != nil {
			return nil, err
		}
		all = slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, there))))
		for _, name := range all {
			if err := c.prune(ctx, name); err != nil {
				return nil, fmt.Errorf("tidy %s in the target: %w", name, err)
			}
		}
	}
	ttls := map[string][]ttl{}
	for _, name := range names {
		if ttls[name], err = c.copyIndexes(ctx, name); err != nil {
			return nil, fmt.Errorf("copy the indexes of %s: %w", name, err)
		}
		if err := c.fill(ctx, name, again); err != nil {
			return nil, fmt.Errorf("copy %s: %w", name, err)
		}
	}
	var copied []Copied
	for _, name := range all {
		same, err := c.compare(ctx, name, ttls[name])
		if err != nil {
			return nil, fmt.Errorf("compare both sides: %w", err)
		}
		copied = append(copied, same)
	}
	if err := c.To.db.Collection(underway).Drop(ctx); err != nil {
		return nil, fmt.Errorf("say that the copy is whole: %w", err)
	}
	return copied, nil
}

// CopyUnderWay answers an error that says so when a copy into the database has begun and is
// not whole: nobody should work on it.
func (d *DB) CopyUnderWay(ctx context.Context) error {
	from, err := d.copySource(ctx)
	if err == nil && from != "" {
		err = fmt.Errorf("the database holds a copy of %s that is not whole: run the same hocso db copy again", from)
	}
	return err
}

// copySource names the source of the copy under way; empty: there is none.
func (d *DB) copySource(ctx context.Context) (string, error) {
	var mark struct{ From string }
	err := d.db.Collection(underway).FindOne(ctx, bson.D{{Key: "_id", Value: underway}}).Decode(&mark)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask whether a copy is under way: %w", err)
	}
	return mark.From, nil
}

// begin marks the target, which must be empty or hold a copy under way from the same source.
func (c *Copy) begin(ctx context.Context) (again bool, err error) {
	from, err := c.To.copySource(ctx)
	switch {
	case err != nil:
		return false, err
	case from == c.Source:
		return true, nil
	case from != "":
		return false, fmt.Errorf("%w: the target holds a copy of %s that is not whole, not of %s", ErrRefused, from, c.Source)
	}
	names, err := c.To.collections(ctx)
	if err != nil {
		return false, err
	}
	var there []string
	for _, name := range names {
		n, err := c.To.db.Collection(name).CountDocuments(ctx, bson.D{})
		if err != nil {
			return false, fmt.Errorf("look what the target holds: %w", err)
		}
		if n > 0 {
			there = append(there, fmt.Sprintf("%s (%d)", name, n))
		}
	}
	if len(there) > 0 {
		return false, fmt.Errorf("%w: the target is not empty, it holds documents in %s", ErrRefused, strings.Join(there, ", "))
	}
	mark := bson.D{{Key: "_id", Value: underway}, {Key: "from", Value: c.Source}, {Key: "at", Value: c.Now()}}
	if _, err := c.To.db.Collection(underway).InsertOne(ctx, mark); err != nil {
		return false, fmt.Errorf("mark the target: %w", err)
	}
	return false, nil
}

// collections lists the collections by name, without those of the server and of a copy.
func (d *DB) collections(ctx context.Context) ([]string, error) {
	names, err := d.db.ListCollectionNames(ctx, bson.D{{Key: "type", Value: "collection"}})
	if err != nil {
		return nil, fmt.Errorf("list the collections: %w", err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return n == underway || strings.HasPrefix(n, "system.") })
	slices.Sort(names)
	return names, nil
}

// prune removes from the target what is not so in the source. So what is there afterwards
// stands in nobody's way, not even in a unique index.
func (c *Copy) prune(ctx context.Context, name string) error {
	from, to := c.From.db.Collection(name), c.To.db.Collection(name)
	return c.each(ctx, to, nil, "looked at again", func(batch []bson.Raw) error {
		have, err := lookUp(ctx, from, batch, nil)
		if err != nil {
			return err
		}
		var gone []bson.RawValue
		for _, doc := range batch {
			if !bytes.Equal(have[idOf(doc)], doc) {
				gone = append(gone, doc.Lookup("_id"))
			}
		}
		if len(gone) == 0 {
			return nil
		}
		_, err = to.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: gone}}}})
		return err
	})
}

// fill adds what is missing in the target.
func (c *Copy) fill(ctx context.Context, name string, again bool) error {
	from, to := c.From.db.Collection(name), c.To.db.Collection(name)
	return c.each(ctx, from, nil, "copied", func(batch []bson.Raw) error {
		var have map[string]bson.Raw
		var err error
		if again {
			if have, err = lookUp(ctx, to, batch, onlyID); err != nil {
				return err
			}
		}
		var missing []bson.Raw
		for _, doc := range batch {
			if have[idOf(doc)] == nil {
				missing = append(missing, doc)
			}
		}
		if len(missing) > 0 {
			_, err = to.InsertMany(ctx, missing, options.InsertMany().SetOrdered(false))
		}
		return err
	})
}

// compare holds every document of both sides to the other's. A document that is on one side
// only may have expired on the other meanwhile.
func (c *Copy) compare(ctx context.Context, name string, ttls []ttl) (Copied, error) {
	from, to := c.From.db.Collection(name), c.To.db.Collection(name)
	same, hash := Copied{Collection: name}, sha256.New()
	err := c.each(ctx, from, nil, "compared", func(batch []bson.Raw) error {
		have, err := lookUp(ctx, to, batch, nil)
		if err != nil {
			return err
		}
		for _, doc := range batch {
			switch there := have[idOf(doc)]; {
			case bytes.Equal(there, doc):
				same.Documents++
				hash.Write(doc)
			case there != nil:
				return differs(name, doc, "it differs")
			case !expired(doc, ttls, c.Now().Add(leeway)):
				return differs(name, doc, "only the source has it")
			}
		}
		return nil
	})
	if err != nil {
		return same, err
	}
	same.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return same, c.each(ctx, to, onlyID, "compared back", func(batch []bson.Raw) error {
		have, err := lookUp(ctx, from, batch, onlyID)
		if err != nil {
			return err
		}
		alone := slices.DeleteFunc(batch, func(doc bson.Raw) bool { return have[idOf(doc)] != nil })
		if len(alone) == 0 {
			return nil
		}
		whole, err := lookUp(ctx, to, alone, nil)
		if err != nil {
			return err
		}
		for _, doc := range alone { // what has gone from here too is not in whole
			if there := whole[idOf(doc)]; there != nil && !expired(there, ttls, c.Now().Add(leeway)) {
				return differs(name, doc, "only the target has it")
			}
		}
		return nil
	})
}

func differs(name string, doc bson.Raw, what string) error {
	return &Difference{name, doc.Lookup("_id").String(), what}
}

// onlyID is the projection that leaves everything else out.
var onlyID = bson.D{{Key: "_id", Value: 1}}

// each gives a collection's documents, in the order of _id, in batches that f may keep.
func (c *Copy) each(ctx context.Context, coll *mongo.Collection, projection bson.D, doing string, f func([]bson.Raw) error) error {
	total, err := coll.CountDocuments(ctx, bson.D{})
	if err != nil {
		return err
	}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetBatchSize(copyDocuments)
	if projection != nil {
		o.SetProjection(projection)
	}
	cur, err := coll.Find(ctx, bson.D{}, o)
	if err != nil {
		return err
	}
	defer func() { _ = cur.Close(ctx) }() // only read
	p := CopyProgress{Doing: doing, Collection: coll.Name(), Total: int(total)}
	for more := true; more; {
		var batch []bson.Raw
		for size := 0; len(batch) < copyDocuments && size < copyBytes; size += len(cur.Current) {
			if more = cur.Next(ctx); !more {
				break
			}
			batch = append(batch, bytes.Clone(cur.Current))
		}
		p.Done += len(batch)
		if err := cur.Err(); err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		if err := f(batch); err != nil {
			return err
		}
		c.Report(p)
	}
	return nil
}

// lookUp finds those documents of a collection that have the _ids of a batch.
func lookUp(ctx context.Context, coll *mongo.Collection, batch []bson.Raw, projection bson.D) (map[string]bson.Raw, error) {
	ids := make([]bson.RawValue, len(batch))
	for i, doc := range batch {
		ids[i] = doc.Lookup("_id")
	}
	o := options.Find().SetLimit(int64(len(batch)))
	if projection != nil {
		o.SetProjection(projection)
	}
	cur, err := coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, o)
	if err != nil {
		return nil, err
	}
	var docs []bson.Raw
	if err := cur.All(ctx, &docs); err != nil {
		return nil, err
	}
	have := make(map[string]bson.Raw, len(docs))
	for _, doc := range docs {
		have[idOf(doc)] = doc
	}
	return have, nil
}

// idOf makes the _id of a document the key of a map.
func idOf(doc bson.Raw) string {
	id := doc.Lookup("_id")
	return string(byte(id.Type)) + string(id.Value)
}
