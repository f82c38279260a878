package mongodb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/fault"
	"hocso/internal/people"
)

func peopleIndexes() []index {
	return []index{
		{collection: "people", keys: bson.D{{Key: "email", Value: 1}}, unique: true},
		{collection: "people", keys: bson.D{{Key: "nameKey", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "unit", Value: 1}, {Key: "_id", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "status", Value: 1}, {Key: "unit", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "status", Value: 1}, {Key: "leftOn", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "searchKeys", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "grants.role", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "joinedOn", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "grants.unit", Value: 1}}},
		{collection: "people", keys: bson.D{{Key: "changedAt", Value: 1}}},
		{collection: "units", keys: bson.D{{Key: "changedAt", Value: 1}}},
	}
}

// unpaged bounds a query whose result is not paged.
const unpaged = 100_000

// People implements people.Store, people.UnitStore and people.ScanStore.
type People struct{ people, units *mongo.Collection }

var (
	_ people.Store     = (*People)(nil)
	_ people.UnitStore = (*People)(nil)
	_ people.ScanStore = (*People)(nil)
)

// People returns the people and units of d.
func (d *DB) People() *People {
	return &People{people: d.db.Collection("people"), units: d.db.Collection("units")}
}

var notClosed = bson.D{{Key: "$in", Value: bson.A{people.Invited, people.Active}}} // never assigned again

// Person implements people.Store.
func (s *People) Person(ctx context.Context, id people.ID) (p people.Person, err error) {
	err = s.people.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	return p, found(err, "person", "find person")
}

// PeopleByID implements people.Store.
func (s *People) PeopleByID(ctx context.Context, ids []people.ID) ([]people.Person, error) {
	return anyOf(ctx, s.people, "_id", ids, "find people by id")
}

// PeopleByEmail implements people.Store.
func (s *People) PeopleByEmail(ctx context.Context, emails []string) ([]people.Person, error) {
	return anyOf(ctx, s.people, "email", emails, "find people by address")
}

// anyOf reads the people of whom a unique field has any of values, in batches.
func anyOf[T any](ctx context.Context, c *mongo.Collection, field string, values []T, doing string) ([]people.Person, error) {
	const batch = 1000
	var all []people.Person
	for some := range slices.Chunk(values, batch) {
		ps, err := list[people.Person](ctx, c, bson.D{{Key: field, Value: bson.D{{Key: "$in", Value: some}}}}, options.Find().SetLimit(batch), doing)
		if err != nil {
			return nil, err
		}
		all = append(all, ps...)
	}
	return all, nil
}

// Seen implements people.Store.
func (s *People) Seen(ctx context.Context, id people.ID, at time.Time) error {
	_, err := s.people.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$max", Value: bson.D{{Key: "lastSeenAt", Value: at}}}})
	if err != nil {
		return fmt.Errorf("note a sign-in: %w", err)
	}
	return nil
}

// FindPeople implements people.Store.
func (s *People) FindPeople(ctx context.Context, q people.Query) ([]people.Person, error) {
	and, sort := selected(q), bson.D{{Key: "nameKey", Value: 1}, {Key: "_id", Value: 1}}
	if q.ByID {
		and, sort = append(and, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: q.AfterID}}}}), bson.D{{Key: "_id", Value: 1}}
	} else {
		// The range on nameKey alone lets the index find the place; the second
		// condition leaves out those of the same name that were on the page before.
		and = append(and, bson.D{{Key: "nameKey", Value: bson.D{{Key: "$gte", Value: q.AfterName}}}})
		if q.AfterID != "" {
			and = append(and, bson.D{{Key: "$or", Value: bson.A{
				bson.D{{Key: "nameKey", Value: bson.D{{Key: "$gt", Value: q.AfterName}}}},
				bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: q.AfterID}}}},
			}}})
		}
	}
	return list[people.Person](ctx, s.people, bson.D{{Key: "$and", Value: and}}, options.Find().SetSort(sort).SetLimit(int64(q.Limit)), "find people")
}

// CountPeople implements people.Store.
func (s *People) CountPeople(ctx context.Context, q people.Query) (int, error) {
	filter := everything()
	if and := selected(q); len(and) > 0 {
		filter = bson.D{{Key: "$and", Value: and}}
	}
	n, err := s.people.CountDocuments(ctx, filter)
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return int(n), nil
}

// selected are the conditions of q but its page.
func selected(q people.Query) bson.A {
	and := bson.A{}
	is := func(key string, value any) { and = append(and, bson.D{{Key: key, Value: value}}) }
	for _, w := range q.Words {
		is("searchKeys", bson.D{{Key: "$elemMatch", Value: bson.D{{Key: "$gte", Value: w}, {Key: "$lt", Value: w + "\U0010FFFF"}}}})
	}
	if q.Units != nil {
		is("unit", bson.D{{Key: "$in", Value: q.Units}})
	}
	status := any(bson.D{{Key: "$in", Value: bson.A{people.Invited, people.Active, people.Closed}}}) // of those erased there is nothing to find
	switch {
	case q.Status != "":
		status = q.Status
	case q.Open:
		status = notClosed
	}
	is("status", status)
	if q.IDs != nil {
		is("_id", bson.D{{Key: "$in", Value: q.IDs}})
	}
	if q.Role != "" {
		is("grants.role", q.Role)
	}
	if q.JoinedFrom != "" || q.JoinedUntil != "" {
		joined := bson.D{{Key: "$gte", Value: max(q.JoinedFrom, "0")}} // not empty
		if q.JoinedUntil != "" {
			joined = append(joined, bson.E{Key: "$lte", Value: q.JoinedUntil})
		}
		is("joinedOn", joined)
	}
	return and
}

// InsertPeople implements people.Store.
func (s *People) InsertPeople(ctx context.Context, ps []people.Person) error {
	if len(ps) == 0 {
		return nil
	}
	docs := make([]people.Person, len(ps))
	for i, p := range ps {
		docs[i] = searchable(p)
	}
	return emailTaken(insertAll(ctx, s.people, docs), "insert people")
}

// FillNameKeys gives a NameKey to everybody who was stored before there were any. It is
// called at the start, may be cut off, and then goes on with the next.
func (s *People) FillNameKeys(ctx context.Context) error {
	for {
		ps, err := list[people.Person](ctx, s.people, bson.D{{Key: "nameKey", Value: nil}}, options.Find().SetLimit(1000), "find people without a key of the name")
		if err != nil || len(ps) == 0 {
			return err
		}
		models := make([]mongo.WriteModel, len(ps))
		for i, p := range ps {
			models[i] = mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: p.ID}, {Key: "name", Value: p.Name}}).
				SetUpdate(bson.D{{Key: "$set", Value: bson.D{{Key: "nameKey", Value: people.NameKey(p.Name)}}}})
		}
		if _, err := s.people.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
			return fmt.Errorf("store keys of names: %w", err)
		}
	}
}

// searchable fills in what searching needs: it follows from the rest.
func searchable(p people.Person) people.Person {
	p.NameKey, p.SearchKeys = people.NameKey(p.Name), people.SearchKeys(p.Name, p.Email)
	return p
}

// ReplacePeople implements people.Store. It leaves LastSeenAt alone, which Seen moves
// without a new version: written back from an earlier reading it would go back.
func (s *People) ReplacePeople(ctx context.Context, ps []people.Person) error {
	if len(ps) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(ps))
	for i, p := range ps {
		p = searchable(p)
		set := bson.D{
			{Key: "name", Value: p.Name},
			{Key: "nameKey", Value: p.NameKey},
			{Key: "searchKeys", Value: p.SearchKeys},
			{Key: "email", Value: p.Email},
			{Key: "unit", Value: p.Unit},
			{Key: "grants", Value: p.Grants},
			{Key: "status", Value: p.Status},
			{Key: "joinedOn", Value: p.JoinedOn},
			{Key: "leftOn", Value: p.LeftOn},
			{Key: "settings", Value: p.Settings},
			{Key: "passwordHash", Value: p.PasswordHash},
			{Key: "epoch", Value: p.Epoch},
			{Key: "changedAt", Value: p.ChangedAt},
		}
		models[i] = mongo.NewUpdateOneModel().
			SetFilter(bson.D{{Key: "_id", Value: p.ID}, {Key: "ver", Value: p.Version}}).
			SetUpdate(bson.D{{Key: "$set", Value: set}, {Key: "$inc", Value: bson.D{{Key: "ver", Value: 1}}}})
	}
	matched, err := replaceAll(ctx, s.people, models)
	if err != nil {
		return emailTaken(err, "replace people")
	}
	if matched != len(ps) {
		return changedMeanwhile()
	}
	return nil
}

// ErasePerson implements people.Store.
func (s *People) ErasePerson(ctx context.Context, p people.Person) error {
	filter := bson.D{{Key: "_id", Value: p.ID}, {Key: "ver", Value: p.Version}}
	p = searchable(p)
	p.Version++
	res, err := s.people.ReplaceOne(ctx, filter, p)
	return replaced(res, err, "erase person")
}

// Audience implements people.Store.
func (s *People) Audience(ctx context.Context, units []people.UnitID, after people.ID, limit int) ([]people.Person, error) {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}}, {Key: "status", Value: notClosed}}
	if len(units) > 0 {
		filter = append(filter, bson.E{Key: "unit", Value: bson.D{{Key: "$in", Value: units}}})
	}
	return list[people.Person](ctx, s.people, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)), "find an audience")
}

// Leavers implements people.Store.
func (s *People) Leavers(ctx context.Context, day string, limit int) ([]people.Person, error) {
	return list[people.Person](ctx, s.people, bson.D{
		{Key: "status", Value: notClosed}, {Key: "leftOn", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lt", Value: day}}},
	}, options.Find().SetLimit(int64(limit)), "find leavers")
}

// Left implements people.ScanStore.
func (s *People) Left(ctx context.Context, day string, after people.ID, limit int) ([]people.Person, error) {
	return list[people.Person](ctx, s.people, bson.D{
		{Key: "status", Value: people.Closed},
		{Key: "leftOn", Value: bson.D{{Key: "$gt", Value: ""}, {Key: "$lt", Value: day}}},
		{Key: "_id", Value: bson.D{{Key: "$gt", Value: after}}},
	}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)), "find who left")
}

// Granted implements people.Store.
func (s *People) Granted(ctx context.Context, role people.Role) ([]people.Person, error) {
	return list[people.Person](ctx, s.people, bson.D{{Key: "grants.role", Value: role}, {Key: "status", Value: notClosed}},
		options.Find().SetLimit(unpaged), "find people by role")
}

// EachPerson implements people.ScanStore.
func (s *People) EachPerson(ctx context.Context, since time.Time, f func(people.Person) error) error {
	return each(ctx, s.people, since, "read people", f)
}

// EachUnit implements people.ScanStore.
func (s *People) EachUnit(ctx context.Context, since time.Time, f func(people.Unit) error) error {
	return each(ctx, s.units, since, "read units", f)
}

// Units implements people.UnitStore.
func (s *People) Units(ctx context.Context) ([]people.Unit, error) {
	return list[people.Unit](ctx, s.units, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(unpaged), "find units")
}

// InsertUnits implements people.UnitStore.
func (s *People) InsertUnits(ctx context.Context, us []people.Unit) error {
	if len(us) == 0 {
		return nil
	}
	err := insertAll(ctx, s.units, us)
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "unit_taken", "there is a unit with this id")
	}
	if err != nil {
		return fmt.Errorf("insert units: %w", err)
	}
	return nil
}

// ReplaceUnits implements people.UnitStore.
func (s *People) ReplaceUnits(ctx context.Context, us []people.Unit) error {
	if len(us) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(us))
	for i, u := range us {
		filter := bson.D{{Key: "_id", Value: u.ID}, {Key: "ver", Value: u.Version}}
		u.Version++
		models[i] = mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(u)
	}
	matched, err := replaceAll(ctx, s.units, models)
	if err != nil {
		return fmt.Errorf("replace units: %w", err)
	}
	if matched != len(us) {
		return changedMeanwhile()
	}
	return nil
}

// CountIn implements people.UnitStore.
func (s *People) CountIn(ctx context.Context, id people.UnitID) (in, grants int, err error) {
	for _, q := range []struct {
		n   *int
		key string
	}{{&in, "unit"}, {&grants, "grants.unit"}} {
		n, err := s.people.CountDocuments(ctx, bson.D{{Key: q.key, Value: id}, {Key: "status", Value: notClosed}})
		if err != nil {
			return 0, 0, fmt.Errorf("count people of a unit: %w", err)
		}
		*q.n = int(n)
	}
	return in, grants, nil
}

// CountByUnit implements people.UnitStore.
func (s *People) CountByUnit(ctx context.Context) (map[people.UnitID]int, error) {
	cur, err := s.people.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "status", Value: notClosed}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$unit"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	var rows []struct {
		Unit people.UnitID `bson:"_id"`
		N    int           `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	n := make(map[people.UnitID]int, len(rows))
	for _, r := range rows {
		n[r.Unit] = r.N
	}
	return n, nil
}

// list reads all that a bounded query finds.
func list[T any](ctx context.Context, c *mongo.Collection, filter bson.D, o *options.FindOptionsBuilder, doing string) ([]T, error) {
	cur, err := c.Find(ctx, filter, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	all := []T{}
	if err := cur.All(ctx, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return all, nil
}

// each calls f for every document changed at or after since, in batches.
func each[T any](ctx context.Context, c *mongo.Collection, since time.Time, doing string, f func(T) error) (err error) {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}}
	if !since.IsZero() {
		filter = bson.D{{Key: "changedAt", Value: bson.D{{Key: "$gte", Value: since}}}}
	}
	cur, err := c.Find(ctx, filter, options.Find().SetBatchSize(1000))
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer func() {
		if e := cur.Close(context.WithoutCancel(ctx)); e != nil && err == nil {
			err = fmt.Errorf("%s: %w", doing, e)
		}
	}()
	for cur.Next(ctx) {
		var v T
		if err := cur.Decode(&v); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		if err := f(v); err != nil {
			return err
		}
	}
	if err := cur.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

func changedMeanwhile() error {
	return fault.New(fault.Conflict, "changed_meanwhile", "it was changed meanwhile, read it again")
}

// emailTaken reads a duplicate key as a duplicate address: ids are made anew.
func emailTaken(err error, doing string) error {
	if mongo.IsDuplicateKeyError(err) {
		return fault.New(fault.Conflict, "email_taken", "there is a person with this e-mail")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
