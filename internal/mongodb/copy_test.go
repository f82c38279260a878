package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"hocso/internal/mongodb"
	"hocso/internal/mongodb/embedded"
)

// copyNow is the clock of the copies; the real one, because a server has no other.
func copyNow() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// local opens an embedded database in which no time passes, as a copy does.
func local(t *testing.T) *mongodb.DB {
	t.Helper()
	db := ask(t, func() (*embedded.Database, error) {
		return embedded.Open(t.TempDir(), embedded.Options{Now: func() time.Time { return time.Unix(0, 0) }})
	})
	t.Cleanup(func() { fine(t, db.Close()) })
	return opened(t, mongodb.Options{URI: mongodb.EmbeddedURI, Dialer: db.Dialer()})
}

// remote opens a database of its own on the server of the suite, if there is one, or else
// another embedded one.
func remote(t *testing.T) *mongodb.DB {
	t.Helper()
	if !onServer() {
		return local(t)
	}
	db := opened(t, mongodb.Options{URI: os.Getenv("MONGO_TEST_URI"), Name: "t" + strings.ReplaceAll(uuid.NewString(), "-", "")})
	t.Cleanup(func() { fine(t, db.Drop(context.Background())) })
	return db
}

func opened(t *testing.T, o mongodb.Options) *mongodb.DB {
	t.Helper()
	db := ask(t, func() (*mongodb.DB, error) { return mongodb.Open(o) })
	t.Cleanup(func() { fine(t, db.Close(context.Background())) })
	return db
}

// plant fills a database with documents of many kinds, unique and expiring ones.
func plant(t *testing.T, db *mongodb.DB) {
	t.Helper()
	ctx, d := t.Context(), db.Database()
	index := func(c string, keys bson.D, o *options.IndexOptionsBuilder) {
		ask(t, func() (string, error) {
			return d.Collection(c).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys, Options: o})
		})
	}
	index("people", bson.D{{Key: "email", Value: 1}}, options.Index().SetUnique(true))
	index("people", bson.D{{Key: "unit", Value: 1}, {Key: "n", Value: -1}}, options.Index())
	index("sessions", bson.D{{Key: "expiresAt", Value: 1}}, options.Index().SetExpireAfterSeconds(60))
	index("empty", bson.D{{Key: "a.b", Value: 1}}, options.Index())
	var all []any
	for i := range 2500 {
		all = append(all, bson.D{
			{Key: "_id", Value: fmt.Sprintf("p%05d", i)},
			{Key: "email", Value: fmt.Sprint(i, "@x")},
			{Key: "n", Value: int64(i)},
			{Key: "unit", Value: "u"},
			{Key: "b", Value: bson.A{1.5, nil, true, bson.D{{Key: "z", Value: int32(1)}, {Key: "a", Value: "Học số"}}}},
			{Key: "at", Value: moment(i)},
		})
	}
	stored(t, d.Collection("people"), all...)
	all = nil
	for i := range 5 {
		all = append(all, bson.D{{Key: "_id", Value: fmt.Sprint("s", i)}, {Key: "expiresAt", Value: copyNow().Add(time.Duration(i-1) * 24 * time.Hour)}})
	}
	stored(t, d.Collection("sessions"), all...)
}

// plantLarge adds a collection of more bytes than go at once, with _ids of many types.
func plantLarge(t *testing.T, db *mongodb.DB) {
	t.Helper()
	all := []any{bson.D{{Key: "_id", Value: bson.NewObjectID()}}, bson.D{{Key: "_id", Value: moment(1)}}, bson.D{{Key: "_id", Value: "text"}}}
	for i := range 13 {
		all = append(all, bson.D{{Key: "_id", Value: int32(i)}, {Key: "b", Value: make([]byte, 700_000)}})
	}
	stored(t, db.Database().Collection("large"), all...)
}

func stored(t *testing.T, c *mongo.Collection, docs ...any) {
	t.Helper()
	ask(t, func() (*mongo.InsertManyResult, error) { return c.InsertMany(t.Context(), docs) })
}

// everything is all in a database, by collection, except what expires.
func everything(t *testing.T, db *mongodb.DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"people", "large", "empty"} {
		cur := ask(t, func() (*mongo.Cursor, error) {
			return db.Database().Collection(name).Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		})
		var docs []bson.Raw
		must(t, cur.All(t.Context(), &docs))
		all[name] = fmt.Sprint(len(docs), docs)
	}
	return all
}

func wantSame(t *testing.T, got, want *mongodb.DB) {
	t.Helper()
	g, w := everything(t, got), everything(t, want)
	for name := range w {
		if g[name] != w[name] {
			t.Errorf("%s: the copy holds %.300s, want %.300s", name, g[name], w[name])
		}
	}
}

func TestCopyThereAndBack(t *testing.T) {
	ctx, a, b, c := t.Context(), local(t), remote(t), local(t)
	plant(t, a)
	plantLarge(t, a)
	var last mongodb.CopyProgress
	run := func(from, to *mongodb.DB) ([]mongodb.Copied, error) {
		return (&mongodb.Copy{From: from, To: to, Source: "a", Now: copyNow, Report: func(p mongodb.CopyProgress) { last = p }}).Run(ctx)
	}
	copied := ask(t, func() ([]mongodb.Copied, error) { return run(a, b) })
	if len(copied) != 4 || copied[2].Collection != "people" || copied[2].Documents != 2500 {
		t.Errorf("the copy holds %+v", copied)
	}
	if last.Done == 0 || last.Done != last.Total {
		t.Errorf("the last report is %+v", last)
	}
	if _, err := run(a, b); !errors.Is(err, mongodb.ErrRefused) || !strings.Contains(err.Error(), "people (2500)") {
		t.Errorf("a copy over what is there: %v", err)
	}
	back := ask(t, func() ([]mongodb.Copied, error) { return run(b, c) })
	if len(back) != 4 || back[1] != copied[1] || back[2] != copied[2] || copied[1].SHA256 == copied[2].SHA256 {
		t.Errorf("there %+v, and back %+v: want the same hashes", copied, back)
	}
	for _, to := range []*mongodb.DB{b, c} {
		wantSame(t, to, a)
		must(t, to.CopyUnderWay(ctx))
		_, err := to.Database().Collection("people").InsertOne(ctx, bson.D{{Key: "_id", Value: "again"}, {Key: "email", Value: "7@x"}})
		if !mongo.IsDuplicateKeyError(err) {
			t.Errorf("the unique index of the copy: %v", err)
		}
		specs := ask(t, func() ([]mongo.IndexSpecification, error) {
			return to.Database().Collection("sessions").Indexes().ListSpecifications(ctx)
		})
		if len(specs) != 2 || specs[1].ExpireAfterSeconds == nil || *specs[1].ExpireAfterSeconds != 60 {
			t.Errorf("the indexes of the copy's sessions are %+v", specs)
		}
	}
}

// TestCopyGoesOn ends a copy after each of its first steps, changes the source and makes
// holes in the target as only a dying batch can, and runs it again.
func TestCopyGoesOn(t *testing.T) {
	for end := 1; end <= 5; end += 2 {
		t.Run(fmt.Sprint(end), func(t *testing.T) {
			a, b := local(t), remote(t)
			plant(t, a)
			ctx, cancel := context.WithCancel(t.Context())
			reports := 0
			c := &mongodb.Copy{From: a, To: b, Source: "a", Now: copyNow, Report: func(mongodb.CopyProgress) {
				if reports++; reports == end {
					cancel()
				}
			}}
			if _, err := c.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("a copy whose context ended: %v", err)
			}
			ctx = t.Context()
			if err := b.CopyUnderWay(ctx); err == nil || !strings.Contains(err.Error(), "copy of a") {
				t.Errorf("the target of half a copy: %v", err)
			}
			for what, other := range map[string]*mongodb.Copy{
				"of another source":   {From: local(t), To: b, Source: "z"},
				"of half a copy":      {From: b, To: local(t), Source: "b"},
				"into something else": {From: local(t), To: a, Source: "a"},
			} {
				other.Now, other.Report = copyNow, func(mongodb.CopyProgress) { t.Error("something was copied") }
				if _, err := other.Run(ctx); !errors.Is(err, mongodb.ErrRefused) {
					t.Errorf("a copy %s: %v", what, err)
				}
			}
			// The source goes on: one leaves, one comes, and two exchange a unique value.
			people := a.Database().Collection("people")
			set := func(id, email string) {
				ask(t, func() (*mongo.UpdateResult, error) {
					return people.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: bson.D{{Key: "email", Value: email}}}})
				})
			}
			set("p00001", "free@x")
			set("p02400", "1@x")
			set("p00001", "2400@x")
			ask(t, func() (*mongo.DeleteResult, error) {
				return people.DeleteOne(ctx, bson.D{{Key: "_id", Value: "p00500"}})
			})
			stored(t, people, bson.D{{Key: "_id", Value: "p00000a"}, {Key: "email", Value: "500@x"}})
			ask(t, func() (*mongo.DeleteResult, error) {
				return b.Database().Collection("people").DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{"p00003", "p00700"}}}}})
			})
			stored(t, b.Database().Collection("stray"), bson.D{{Key: "_id", Value: 1}})
			c.Report = func(mongodb.CopyProgress) {}
			ask(t, func() ([]mongodb.Copied, error) { return c.Run(ctx) })
			wantSame(t, b, a)
			must(t, b.CopyUnderWay(ctx))
			if n := ask(t, func() (int64, error) { return b.Database().Collection("stray").CountDocuments(ctx, bson.D{}) }); n != 0 {
				t.Errorf("%d documents that the source has not", n)
			}
		})
	}
}

// TestCopyFindsDifferences changes one side when all is copied and not yet compared.
func TestCopyFindsDifferences(t *testing.T) {
	id := func(v any) bson.D { return bson.D{{Key: "_id", Value: v}} }
	for _, tt := range []struct {
		name   string
		change func(ctx context.Context, from, to *mongo.Database) error
		want   mongodb.Difference // empty: none
	}{
		{"nothing", func(context.Context, *mongo.Database, *mongo.Database) error { return nil }, mongodb.Difference{}},
		{"another type", func(ctx context.Context, _, to *mongo.Database) error {
			_, err := to.Collection("people").UpdateOne(ctx, id("p01234"), bson.D{{Key: "$set", Value: bson.D{{Key: "n", Value: int32(1234)}}}})
			return err
		}, mongodb.Difference{Collection: "people", ID: `"p01234"`, What: "it differs"}},
		{"lost", func(ctx context.Context, _, to *mongo.Database) error {
			_, err := to.Collection("people").DeleteOne(ctx, id("p00007"))
			return err
		}, mongodb.Difference{Collection: "people", ID: `"p00007"`, What: "only the source has it"}},
		{"gone from the source", func(ctx context.Context, from, _ *mongo.Database) error {
			_, err := from.Collection("people").DeleteOne(ctx, id("p02007"))
			return err
		}, mongodb.Difference{Collection: "people", ID: `"p02007"`, What: "only the target has it"}},
		{"expired in the target", func(ctx context.Context, _, to *mongo.Database) error {
			_, err := to.Collection("sessions").DeleteOne(ctx, id("s0"))
			return err
		}, mongodb.Difference{}},
		{"expired in the source", func(ctx context.Context, from, _ *mongo.Database) error {
			_, err := from.Collection("sessions").DeleteOne(ctx, id("s0"))
			return err
		}, mongodb.Difference{}},
		{"not expired in the target", func(ctx context.Context, _, to *mongo.Database) error {
			_, err := to.Collection("sessions").DeleteOne(ctx, id("s3"))
			return err
		}, mongodb.Difference{Collection: "sessions", ID: `"s3"`, What: "only the source has it"}},
		{"not expired in the source", func(ctx context.Context, from, _ *mongo.Database) error {
			_, err := from.Collection("sessions").DeleteOne(ctx, id("s3"))
			return err
		}, mongodb.Difference{Collection: "sessions", ID: `"s3"`, What: "only the target has it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := local(t), remote(t)
			plant(t, a)
			c := &mongodb.Copy{From: a, To: b, Source: "a", Now: copyNow, Report: func(p mongodb.CopyProgress) {
				if p.Doing == "copied" && p.Collection == "sessions" { // the last
					must(t, tt.change(t.Context(), a.Database(), b.Database()))
				}
			}}
			_, err := c.Run(t.Context())
			d, _ := errors.AsType[*mongodb.Difference](err)
			if tt.want == (mongodb.Difference{}) {
				must(t, err)
				return
			}
			if d == nil || *d != tt.want {
				t.Errorf("the difference is %v, want %v", err, &tt.want)
			}
			c.Report = func(mongodb.CopyProgress) {}
			ask(t, func() ([]mongodb.Copied, error) { return c.Run(t.Context()) }) // again, and all is well
			wantSame(t, b, a)
		})
	}
}

func TestAddress(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://db1,db2:27018/?replicaSet=rs0":        "mongodb://db1,db2:27018/",
		"mongodb://lan:hidden@db1/admin?tls=true":        "mongodb://db1/",
		"mongodb+srv://lan:hid%40den@db.example?w=1":     "mongodb+srv://db.example/",
		"mongodb://lan:hidden@[::1]:27017":               "mongodb://[::1]:27017/",
		"mongodb://lan:hid@den@db1/":                     "mongodb://db1/",
		"mongodb://db1/?authMechanismProperties=A:hiden": "mongodb://db1/",
	} {
		if got := mongodb.Address(uri); got != want {
			t.Errorf("Address(%q) = %q, want %q", uri, got, want)
		}
	}
	for _, uri := range []string{
		"mongodb://lan:hidden@db:x/", "mongodb://lan:hid%zzden@db/", "mongodb://lan:hidden/more@db/", "mongodb://lan:hidden:more@db/",
		"mongodb://lan:hidden@more@db/", "mongodb://lan:hidden@db/?authMechanism=NONE", "mongodb://lan:hidden@/",
	} {
		if _, err := mongodb.Open(mongodb.Options{URI: uri}); err == nil || strings.Contains(err.Error(), "hid") || strings.Contains(err.Error(), "den") {
			t.Errorf("Open(%q): %v, want an error without the password", uri, err)
		}
	}
}
