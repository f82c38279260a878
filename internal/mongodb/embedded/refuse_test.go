package embedded

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// wantRefused asks for error 238 that names the thing.
func wantRefused(t *testing.T, what string, err error, name string) {
	t.Helper()
	if code(err) != codeNotImplemented || !strings.Contains(err.Error(), "'"+name+"'") {
		t.Errorf("%s: %v, want code %d naming '%s'", what, err, codeNotImplemented, name)
	}
}

// TestUnknownFields gives every command one field it does not know.
func TestUnknownFields(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "a"})
	targets := map[string]any{
		"hello": 1, "isMaster": 1, "ismaster": 1, "ping": 1, "buildInfo": 1, "buildinfo": 1,
		"endSessions": bson.A{}, "getMore": int64(1), "dropDatabase": 1, "listCollections": 1, "listDatabases": 1,
		"killCursors": "c", "explain": bson.D{{Key: "find", Value: "c"}},
	}
	for name := range commands() {
		target, ok := targets[name]
		if !ok {
			target = "c"
		}
		for _, field := range []string{"madeUp", "txnNumber", "collation", "let", "apiVersion"} {
			err := c.Database().RunCommand(t.Context(), bson.D{{Key: name, Value: target}, {Key: field, Value: 1}}).Err()
			wantRefused(t, name, err, field)
		}
	}
	if got := found(t, c, bson.M{}); len(got) != 1 {
		t.Errorf("a refused command changed something: %s", got)
	}
	wantRefused(t, "command", c.Database().RunCommand(t.Context(), bson.D{{Key: "madeUp", Value: 1}}).Err(), "madeUp")
}

// TestUnknownParts gives everything else that has names one name it does not know.
func TestUnknownParts(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "a", "v": bson.A{1}})
	inUpdate := func(statement string) string { return `{"update":"c","updates":[` + statement + `]}` }
	withUpdate := func(u string) string { return inUpdate(`{"q":{"_id":"a"},"u":` + u + `}`) }
	withFilter := func(q string) string { return `{"find":"c","filter":` + q + `}` }
	withStage := func(s string) string { return `{"aggregate":"c","cursor":{},"pipeline":[` + s + `]}` }
	withIndex := func(o string) string { return `{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a",` + o + `}]}` }
	tests := []struct{ command, name string }{
		{withFilter(`{"$madeUp":1}`), "$madeUp"},
		{withFilter(`{"a":{"$madeUp":1}}`), "$madeUp"},
		{withFilter(`{"a":{"$not":{"$madeUp":1}}}`), "$madeUp"},
		{withFilter(`{"$or":[{"a":{"$madeUp":1}}]}`), "$madeUp"},
		{withFilter(`{"a":{"$elemMatch":{"$madeUp":1}}}`), "$madeUp"},
		{withFilter(`{"a":{"$elemMatch":{"b":{"$madeUp":1}}}}`), "$madeUp"},
		{withFilter(`{"a":{"$all":[{"$elemMatch":{"b":{"$madeUp":1}}}]}}`), "$madeUp"},
		{withFilter(`{"a":{"$type":"madeUp"}}`), "madeUp"},
		{withFilter(`{"$expr":{"$gt":["$a",1]}}`), "$expr"},
		{withFilter(`{"$where":"1"}`), "$where"},
		{withFilter(`{"$text":{"$search":"a"}}`), "$text"},
		{withFilter(`{"$comment":"a"}`), "$comment"},
		{withFilter(`{"a":{"$mod":[2,1]}}`), "$mod"},
		{withFilter(`{"a.$b":1}`), "$b"},
		{withUpdate(`{"$madeUp":{"a":1}}`), "$madeUp"},
		{withUpdate(`{"$bit":{"a":{"or":1}}}`), "$bit"},
		{withUpdate(`{"$push":{"v":{"$each":[1],"$madeUp":1}}}`), "$madeUp"},
		{withUpdate(`{"$addToSet":{"v":{"$each":[1],"$madeUp":1}}}`), "$madeUp"},
		{withUpdate(`{"$pull":{"v":{"$madeUp":1}}}`), "$madeUp"},
		{withUpdate(`{"$pull":{"v":{"a":{"$madeUp":1}}}}`), "$madeUp"},
		{withUpdate(`{"$set":{"v.$":1}}`), "$"},
		{withUpdate(`{"$set":{"v.$[]":1}}`), "$[]"},
		{withUpdate(`{"$set":{"v.$[e]":1}}`), "$[e]"},
		{inUpdate(`{"q":{},"u":{"$set":{"a":1}},"madeUp":1}`), "madeUp"},
		{inUpdate(`{"q":{},"u":{"$set":{"a":1}},"arrayFilters":[]}`), "arrayFilters"},
		{`{"delete":"c","deletes":[{"q":{},"limit":0,"madeUp":1}]}`, "madeUp"},
		{`{"findAndModify":"c","update":{"$madeUp":{"a":1}}}`, "$madeUp"},
		{withStage(`{"$madeUp":{}}`), "$madeUp"},
		{withStage(`{"$lookup":{}}`), "$lookup"},
		{withStage(`{"$match":{"a":{"$madeUp":1}}}`), "$madeUp"},
		{withStage(`{"$group":{"_id":null,"n":{"$madeUp":1}}}`), "$madeUp"},
		{withStage(`{"$group":{"_id":{"$madeUp":"$a"}}}`), "$madeUp"},
		{withStage(`{"$group":{"_id":{"a":{"$madeUp":"$a"}}}}`), "$madeUp"},
		{`{"aggregate":"c","pipeline":[],"cursor":{"madeUp":1}}`, "madeUp"},
		{`{"find":"c","projection":{"a":{"$slice":1}}}`, "a"},
		{`{"find":"c","projection":{"a":"$b"}}`, "a"},
		{`{"find":"c","sort":{"a":{"$meta":"textScore"}}}`, "a"},
		{`{"find":"c","sort":{"a.0":1}}`, "a.0"},
		{`{"find":"c","hint":{"$natural":1}}`, "$natural"},
		{`{"find":"c","readConcern":{"level":"snapshot"}}`, "snapshot"},
		{`{"find":"c","readConcern":{"afterClusterTime":1}}`, "afterClusterTime"},
		{withIndex(`"madeUp":1`), "madeUp"},
		{withIndex(`"sparse":true`), "sparse"},
		{withIndex(`"partialFilterExpression":{}`), "partialFilterExpression"},
		{withIndex(`"collation":{}`), "collation"},
		{withIndex(`"hidden":true`), "hidden"},
		{`{"createIndexes":"c","indexes":[{"key":{"a":"text"},"name":"a"}]}`, "text"},
		{`{"createIndexes":"c","indexes":[{"key":{"a.0":1},"name":"a"}]}`, "a.0"},
		{`{"listCollections":1,"filter":{"$madeUp":1}}`, "$madeUp"},
		{`{"explain":{"madeUp":"c"}}`, "madeUp"},
		{`{"explain":{"find":"c","madeUp":1}}`, "madeUp"},
		{`{"explain":{"find":"c","readConcern":{"level":"snapshot"}}}`, "snapshot"},
		{`{"explain":{"find":"c","lsid":{"madeUp":1}}}`, "madeUp"},
		{`{"find":"c","writeConcern":{"madeUp":1}}`, "madeUp"},
		{`{"find":"c","$readPreference":{"madeUp":1}}`, "madeUp"},
		{withStage(`{"$group":{"_id":null,"n":{"$sum":{"$madeUp":1}}}}`), "$madeUp"},
		{withStage(`{"$group":{"_id":"$$ROOT"}}`), "$ROOT"},
		{`{"create":"c2","capped":true}`, "capped"},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			var reply struct {
				WriteErrors []mongo.WriteError
			}
			err := c.Database().RunCommand(t.Context(), parseJSON(t, tt.command)).Decode(&reply)
			if err == nil && len(reply.WriteErrors) == 1 {
				err = mongo.WriteException{WriteErrors: reply.WriteErrors}
			}
			wantRefused(t, "answer", err, tt.name)
		})
	}
	if got, want := found(t, c, bson.M{}), `{"_id":"a","v":[1]}`; !slices.Equal(got, []string{want}) {
		t.Errorf("after refusals %s, want %s", got, want)
	}
}

func TestRefusedWithoutName(t *testing.T) {
	c := testCollection(t)
	tests := map[string]bson.D{
		"pipeline update": {{Key: "findAndModify", Value: "c"}, {Key: "update", Value: bson.A{bson.D{{Key: "$set", Value: bson.D{}}}}}},
		"regex":           {{Key: "find", Value: "c"}, {Key: "filter", Value: bson.D{{Key: "a", Value: bson.Regex{Pattern: "a"}}}}},
		"$in regex":       {{Key: "find", Value: "c"}, {Key: "filter", Value: bson.D{{Key: "a", Value: bson.D{{Key: "$in", Value: bson.A{bson.Regex{}}}}}}}},
		"decimal":         {{Key: "find", Value: "c"}, {Key: "filter", Value: bson.D{{Key: "a", Value: bson.Decimal128{}}}}},
		"wildcard":        {{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "$**", Value: 1}}}, {Key: "name", Value: "w"}}}}},
		"no collection":   {{Key: "aggregate", Value: 1}, {Key: "pipeline", Value: bson.A{}}},
	}
	for name, command := range tests {
		if err := c.Database().RunCommand(t.Context(), command).Err(); code(err) != codeNotImplemented {
			t.Errorf("%s: %v, want code %d", name, err, codeNotImplemented)
		}
	}
	if _, err := c.Watch(t.Context(), mongo.Pipeline{}); code(err) != codeNotImplemented {
		t.Errorf("change stream: %v", err)
	}
	s, err := c.Database().Client().StartSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.EndSession(t.Context())
	if err := s.StartTransaction(); err != nil {
		t.Fatal(err)
	}
	_, err = c.InsertOne(mongo.NewSessionContext(t.Context(), s), bson.M{"_id": "in a transaction"})
	if code(err) != codeNotImplemented {
		t.Errorf("transaction: %v", err)
	}
}

// TestKnownErrors holds wrong requests to MongoDB's codes.
func TestKnownErrors(t *testing.T) {
	c := testCollection(t)
	insert(t, c, bson.M{"_id": "a", "v": 1})
	tests := []struct {
		command string
		code    int
	}{
		{`{"find":"c","filter":5}`, codeTypeMismatch},
		{`{"find":"c","limit":"x"}`, codeTypeMismatch},
		{`{"find":"c","limit":-1}`, codeBadValue},
		{`{"find":"c","skip":1.5}`, codeBadValue},
		{`{"find":"c","hint":"nosuch"}`, codeBadValue},
		{`{"find":"c","hint":{"v":1}}`, codeBadValue},
		{`{"find":""}`, codeInvalidNamespace},
		{`{"find":"a$b"}`, codeInvalidNamespace},
		{`{"find":"system.x"}`, codeInvalidNamespace},
		{`{"getMore":{"$numberLong":"5"},"collection":"c"}`, codeCursorNotFound},
		{`{"insert":"c","documents":[]}`, codeInvalidOptions},
		{`{"insert":"c","documents":[5]}`, codeTypeMismatch},
		{`{"insert":"c","documents":[{"_id":"a"}]}`, codeDuplicateKey},
		{`{"insert":"c","documents":[{"_id":[1]}]}`, codeInvalidID},
		{`{"insert":"c","documents":[{"$a":1}]}`, codeDollarField},
		{`{"update":"c","updates":[{"q":{},"u":{"v":1},"multi":true}]}`, codeFailedToParse},
		{`{"update":"c","updates":[{"q":{},"u":5}]}`, codeFailedToParse},
		{`{"update":"c","updates":[{"q":{},"u":{"$set":{"_id":"b"}}}]}`, codeImmutableField},
		{`{"update":"c","updates":[{"q":{},"u":{"_id":"b"}}]}`, codeImmutableField},
		{`{"update":"c","updates":[{"q":{},"u":{"$set":{"v.w":1}}}]}`, codePathNotViable},
		{`{"update":"c","updates":[{"q":{},"u":{"$set":{"v":1},"$inc":{"v":1}}}]}`, codeConflictingUpdate},
		{`{"update":"c","updates":[{"q":{},"u":{"$inc":{"v":"x"}}}]}`, codeTypeMismatch},
		{`{"delete":"c","deletes":[{"q":{},"limit":2}]}`, codeFailedToParse},
		{`{"findAndModify":"c","query":{}}`, codeFailedToParse},
		{`{"findAndModify":"c","remove":true,"update":{"v":1}}`, codeFailedToParse},
		{`{"create":"c"}`, codeNamespaceExists},
		{`{"listIndexes":"nosuch"}`, codeNamespaceNotFound},
		{`{"dropIndexes":"nosuch","index":"*"}`, codeNamespaceNotFound},
		{`{"dropIndexes":"c","index":"nosuch"}`, codeIndexNotFound},
		{`{"dropIndexes":"c","index":"_id_"}`, codeInvalidOptions},
		{`{"createIndexes":"c","indexes":[{"key":{"a":1,"b":1},"name":"x","expireAfterSeconds":5}]}`, codeCannotCreateIndex},
		{`{"createIndexes":"c","indexes":[{"key":{"a":0},"name":"x"}]}`, codeCannotCreateIndex},
		{`{"createIndexes":"c","indexes":[{"key":{},"name":"x"}]}`, codeCannotCreateIndex},
		{`{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a_1"},{"key":{"b":1},"name":"a_1"}]}`, codeIndexKeysConflict},
		{`{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"a_1"},{"key":{"a":1},"name":"a_1","unique":true}]}`, codeIndexOptionsConflict},
		{`{"distinct":"c"}`, codeMissingField},
		{`{"update":"c","updates":[{"u":{"v":2}}]}`, codeMissingField},
		{`{"update":"c","updates":[{"q":{}}]}`, codeMissingField},
		{`{"delete":"c","deletes":[{"limit":0}]}`, codeMissingField},
		{`{"delete":"c","deletes":[{"q":null,"limit":0}]}`, codeMissingField},
		{`{"delete":"c","deletes":[{"q":{}}]}`, codeMissingField},
		{`{"find":"c","filter":{},"filter":{"v":9}}`, codeDuplicateField},
		{`{"find":"c","find":"d"}`, codeDuplicateField},
		{`{"delete":"c","deletes":[{"q":{"v":9},"limit":1,"q":{}}]}`, codeDuplicateField},
		{`{"update":"c","updates":[{"q":{},"u":{"v":2},"u":{"v":3}}]}`, codeDuplicateField},
		{`{"createIndexes":"c","indexes":[{"key":{"a":1},"name":"x","unique":true,"unique":false}]}`, codeDuplicateField},
		{`{"explain":{"find":"c","filter":{},"filter":{}}}`, codeDuplicateField},
		{`{"explain":{"find":"c"},"verbosity":"all"}`, codeFailedToParse},
		{`{"explain":{"find":"c","$db":"other"}}`, codeInvalidNamespace},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			var reply struct {
				WriteErrors []mongo.WriteError
			}
			err := c.Database().RunCommand(t.Context(), parseJSON(t, tt.command)).Decode(&reply)
			if err == nil && len(reply.WriteErrors) == 1 {
				err = mongo.WriteException{WriteErrors: reply.WriteErrors}
			}
			if code(err) != tt.code {
				t.Errorf("%v, want code %d", err, tt.code)
			}
		})
	}
	if got, want := found(t, c, bson.M{}), `{"_id":"a","v":1}`; !slices.Equal(got, []string{want}) {
		t.Errorf("after errors %s, want %s", got, want)
	}
}

func TestTooLarge(t *testing.T) {
	c := testCollection(t)
	big := strings.Repeat("x", 9<<20)
	insert(t, c, bson.M{"_id": "a", "v": big})
	_, err := c.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$set": bson.M{"w": big}})
	if code(err) != codeTooLarge {
		t.Errorf("an update to 18 MB: %d %v, want code %d", code(err), err, codeTooLarge)
	}
	if err := c.FindOne(t.Context(), bson.M{"w": bson.M{"$exists": true}}).Err(); !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("after the refused update: %v", err)
	}
}
