package embedded

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// explained is what explain answers.
type explained struct {
	QueryPlanner struct {
		WinningPlan struct {
			Stage       string `bson:"stage"`
			IndexName   string `bson:"indexName"`
			ServesSort  bool   `bson:"servesSort"`
			InputStages []bson.M
		} `bson:"winningPlan"`
	} `bson:"queryPlanner"`
	ExecutionStats struct {
		N    int `bson:"nReturned"`
		Docs int `bson:"totalDocsExamined"`
	} `bson:"executionStats"`
}

func explain(t *testing.T, db *mongo.Database, command any) explained {
	t.Helper()
	var e explained
	if err := db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: command}}).Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

func planCollection(t *testing.T, opts Options) *mongo.Collection {
	t.Helper()
	c := connect(t, openTest(t, opts)).Database("test").Collection("c")
	for _, k := range []bson.D{
		{{Key: "unit", Value: 1}, {Key: "at", Value: -1}},
		{{Key: "unit", Value: 1}, {Key: "_id", Value: 1}},
		{{Key: "state", Value: 1}, {Key: "lease", Value: 1}},
		{{Key: "tags", Value: 1}},
	} {
		makeIndex(t, c, k, nil)
	}
	var docs []any
	for i := range 200 {
		docs = append(docs, bson.M{
			"_id": fmt.Sprintf("d%03d", i), "unit": fmt.Sprint("u", i%10), "at": i, "state": "done",
			"lease": i, "tags": bson.A{fmt.Sprint("t", i%5), "all"}, "n": i,
		})
	}
	insert(t, c, docs...)
	return c
}

func TestPlan(t *testing.T) {
	c := planCollection(t, Options{})
	tests := []struct {
		command string
		index   string // or the stage
		sort    bool
		n, docs int
	}{
		{`{"find":"c","filter":{"_id":"d005"}}`, "_id_", false, 1, 1},
		{`{"find":"c","filter":{"_id":"d005","n":7}}`, "_id_", false, 0, 1},
		{`{"find":"c","filter":{"_id":{"$in":["d005","d006","zz"]}}}`, "_id_", false, 2, 2},
		{`{"find":"c","filter":{"_id":{"$gte":"d190"}}}`, "_id_", false, 10, 10},
		{`{"find":"c","filter":{"_id":{"$gt":"d1","$lt":"d15"}}}`, "_id_", false, 50, 50},
		{`{"find":"c","filter":{"_id":{"$in":[]}}}`, "_id_", false, 0, 0},
		{`{"find":"c","filter":{"unit":"u3"}}`, "unit_1_at_-1", false, 20, 20},
		{`{"find":"c","filter":{"unit":"u3","at":{"$gt":100}}}`, "unit_1_at_-1", false, 10, 10},
		{`{"find":"c","filter":{"unit":"u3","at":{"$gte":103,"$lte":113}}}`, "unit_1_at_-1", false, 2, 2},
		{`{"find":"c","filter":{"unit":"u3"},"sort":{"at":-1},"limit":3}`, "unit_1_at_-1", true, 3, 3},
		{`{"find":"c","filter":{"unit":"u3"},"sort":{"at":1},"limit":3}`, "unit_1_at_-1", true, 3, 3},
		{`{"find":"c","filter":{"unit":"u3"},"sort":{"unit":1,"at":1},"limit":3}`, "unit_1_at_-1", true, 3, 3},
		{`{"find":"c","filter":{"unit":"u3"},"sort":{"at":-1,"_id":1},"limit":3}`, "unit_1_at_-1", true, 3, 3},
		{`{"find":"c","filter":{"unit":"u3"},"sort":{"at":-1,"_id":-1},"limit":3}`, "unit_1_at_-1", false, 3, 20},
		{`{"find":"c","filter":{"unit":"u3","_id":{"$gt":"d100"}},"sort":{"_id":1},"limit":3}`, "unit_1__id_1", true, 3, 3},
		{`{"find":"c","filter":{"unit":{"$in":["u3","u4"]}},"sort":{"at":1}}`, "unit_1_at_-1", false, 40, 40},
		{`{"find":"c","filter":{"state":"new","lease":{"$lt":50}}}`, "state_1_lease_1", false, 0, 0},
		{`{"find":"c","filter":{"state":"done","lease":{"$lt":50}}}`, "state_1_lease_1", false, 50, 50},
		{`{"find":"c","filter":{"tags":"t1"}}`, "tags_1", false, 40, 40},
		{`{"find":"c","filter":{"tags":{"$in":["t1","all"]}}}`, "tags_1", false, 200, 200},
		{`{"find":"c","filter":{"tags":{"$all":["t1","all"]}}}`, "tags_1", false, 40, 40},
		{`{"find":"c","filter":{"$and":[{"unit":"u3"},{"n":3}]}}`, "unit_1_at_-1", false, 1, 20},
		{`{"find":"c","filter":{"$or":[{"_id":"d001"},{"unit":"u3","at":3}]}}`, "OR", false, 2, 2},
		{`{"find":"c","filter":{"$or":[{"_id":"d003"},{"unit":"u3","at":3}]}}`, "OR", false, 1, 1},
		{`{"find":"c","filter":{"$or":[{"_id":"d001"},{"n":3}]}}`, "COLLSCAN", false, 2, 200},
		{`{"find":"c","filter":{"n":3}}`, "COLLSCAN", false, 1, 200},
		{`{"find":"c","filter":{"unit":{"$ne":"u3"}}}`, "COLLSCAN", false, 180, 200},
		{`{"find":"c","sort":{"_id":-1},"limit":2}`, "_id_", true, 2, 2},
		{`{"find":"c","filter":{"n":3},"hint":"_id_"}`, "COLLSCAN", false, 1, 200},
		{`{"find":"c","filter":{"_id":"d003"},"hint":"tags_1"}`, "tags_1", false, 1, 200},
		{`{"find":"c","filter":{"unit":"u3"},"hint":{"unit":1,"_id":1}}`, "unit_1__id_1", false, 20, 20},
		{`{"count":"c","query":{"unit":"u3"}}`, "unit_1_at_-1", false, 20, 20},
		{`{"distinct":"c","key":"n","query":{"unit":"u3"}}`, "unit_1_at_-1", false, 20, 20},
		{`{"aggregate":"c","pipeline":[{"$match":{"unit":"u3"}},{"$group":{"_id":null}}],"cursor":{}}`, "unit_1_at_-1", false, 20, 20},
		{`{"update":"c","updates":[{"q":{"unit":"u3"},"u":{"$set":{"n":0}},"multi":true}]}`, "unit_1_at_-1", false, 20, 20},
		{`{"delete":"c","deletes":[{"q":{"_id":"d001"},"limit":1}]}`, "_id_", false, 1, 1},
		{`{"findAndModify":"c","query":{"state":"done","lease":{"$lt":100}},"sort":{"lease":1},"update":{"$set":{"n":1}}}`, "state_1_lease_1", true, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			e := explain(t, c.Database(), parseJSON(t, tt.command))
			p := e.QueryPlanner.WinningPlan
			index := p.IndexName
			if index == "" {
				index = p.Stage
			}
			if index != tt.index || p.ServesSort != tt.sort || e.ExecutionStats.N != tt.n || e.ExecutionStats.Docs != tt.docs {
				t.Errorf("%s, sorted %v, %d found, %d examined; want %s, %v, %d, %d", index, p.ServesSort,
					e.ExecutionStats.N, e.ExecutionStats.Docs, tt.index, tt.sort, tt.n, tt.docs)
			}
		})
	}
}

func TestRefuseScans(t *testing.T) {
	c := planCollection(t, Options{RefuseScansOver: 100})
	ctx := t.Context()
	scans := map[string]error{
		"find":      c.FindOne(ctx, bson.M{"n": 150}).Err(),
		"sort":      c.FindOne(ctx, bson.M{}, options.FindOne().SetSort(bson.M{"n": 1})).Err(),
		"or":        c.FindOne(ctx, bson.M{"$or": bson.A{bson.M{"_id": "zz"}, bson.M{"n": -1}}}).Err(),
		"modify":    c.FindOneAndDelete(ctx, bson.M{"n": 150}).Err(),
		"full hint": c.FindOne(ctx, bson.M{"n": 150}, options.FindOne().SetHint("tags_1")).Err(),
	}
	_, scans["count"] = c.CountDocuments(ctx, bson.M{"n": 5})
	_, scans["update"] = c.UpdateMany(ctx, bson.M{"n": 5}, bson.M{"$set": bson.M{"n": 6}})
	_, scans["delete"] = c.DeleteMany(ctx, bson.M{"n": 5})
	for name, err := range scans {
		if code(err) != codeScanRefused {
			t.Errorf("%s without an index: %v, want code %d", name, err, codeScanRefused)
		}
	}
	served := map[string]error{
		"small":   c.FindOne(ctx, bson.M{"n": 5}).Err(), // found before too many were examined
		"id":      c.FindOne(ctx, bson.M{"_id": "d150"}).Err(),
		"index":   c.FindOne(ctx, bson.M{"unit": "u5", "n": 155}).Err(),
		"ordered": c.FindOne(ctx, bson.M{}, options.FindOne().SetSort(bson.M{"_id": -1})).Err(),
	}
	_, served["count of all"] = c.CountDocuments(ctx, bson.M{})
	_, served["estimate"] = c.EstimatedDocumentCount(ctx)
	for name, err := range served {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
