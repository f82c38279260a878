package mongodb

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestIndexModel(t *testing.T) {
	for _, tt := range []struct {
		name  string
		more  bson.D
		bad   string
		after time.Duration // of the documents' end, negative: they do not expire
	}{
		{"plain", bson.D{{Key: "ns", Value: "hocso.c"}, {Key: "background", Value: true}}, "", -1},
		{"options that are off", bson.D{{Key: "sparse", Value: false}, {Key: "hidden", Value: false}}, "", -1},
		{"expires", bson.D{{Key: "expireAfterSeconds", Value: 90.0}}, "", 90 * time.Second},
		{"sparse", bson.D{{Key: "sparse", Value: true}}, "sparse", 0},
		{"partial", bson.D{{Key: "partialFilterExpression", Value: bson.D{}}}, "partialFilterExpression", 0},
		{"collation", bson.D{{Key: "collation", Value: bson.D{{Key: "locale", Value: "vi"}}}}, "collation", 0},
		{"no number", bson.D{{Key: "expireAfterSeconds", Value: "90"}}, "expireAfterSeconds", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec, err := bson.Marshal(append(bson.D{{Key: "v", Value: 2}, {Key: "key", Value: bson.D{{Key: "a.b", Value: 1}}}, {Key: "name", Value: "x"}}, tt.more...))
			if err != nil {
				t.Fatal(err)
			}
			m, ttls, err := indexModel(spec)
			if tt.bad != "" {
				if err == nil || !strings.Contains(err.Error(), tt.bad) {
					t.Errorf("%v: %v, want an error that names %q", tt.more, err, tt.bad)
				}
				return
			}
			if err != nil || m == nil || (tt.after >= 0) != (len(ttls) == 1) || len(ttls) == 1 && ttls[0].after != tt.after {
				t.Errorf("%v: %+v %+v %v", tt.more, m, ttls, err)
			}
			doc, err := bson.Marshal(bson.M{"a": bson.M{"b": time.Unix(1000, 0)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, then := range []int64{1089, 1090} {
				if got, want := expired(doc, ttls, time.Unix(then, 0)), tt.after >= 0 && then == 1090; got != want {
					t.Errorf("%v: expired at %d: %t, want %t", tt.more, then, got, want)
				}
			}
		})
	}
}
