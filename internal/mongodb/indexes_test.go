package mongodb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"hocso/internal/mongodb/mongodbtest"
)

// TestIndexes sees in the database that what must be unique is, that what must be
// forgotten will be, and that every list has its index.
func TestIndexes(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t).Database()
	want := map[string][]string{
		"sessions":         {"expiresAt ttl", "person lastSeenAt-"},
		"invitations":      {"forgetAt ttl"},
		"throttles":        {"until ttl"},
		"people":           {"changedAt", "email unique", "foldedName _id", "grants.role", "searchKeys", "status unit", "unit _id"},
		"units":            {"changedAt"},
		"course_versions":  {"course n- unique"},
		"enrolments":       {"campaigns _id", "changedAt", "course _id", "person assignedAt-"},
		"attempts":         {"enrolment", "person receivedAt-"},
		"ratings":          {"course"},
		"ops":              {"expiresAt ttl"},
		"drill_templates":  {"drill n unique"},
		"drill_runs":       {"expiresAt ttl"},
		"campaigns":        {"live _id"},
		"deliveries":       {"campaign _id", "expiresAt ttl", "person state notBefore", "state notBefore"},
		"reminder_budgets": {"expiresAt ttl"},
		"subscriptions":    {"expiresAt ttl", "person lastSeenAt-"},
	}
	collections, err := db.ListCollectionNames(ctx, bson.D{})
	must(t, err)
	for _, c := range collections {
		if want[c] == nil {
			t.Errorf("the collection %s is not in the table of this test", c)
		}
	}
	for collection, list := range want {
		specs, err := db.Collection(collection).Indexes().ListSpecifications(ctx)
		must(t, err)
		found := []string{}
		for _, x := range specs {
			if x.Name == "_id_" {
				continue
			}
			var keys bson.D
			must(t, bson.Unmarshal(x.KeysDocument, &keys))
			var parts []string
			for _, k := range keys {
				if fmt.Sprint(k.Value) == "-1" {
					k.Key += "-"
				}
				parts = append(parts, k.Key)
			}
			if x.Unique != nil && *x.Unique {
				parts = append(parts, "unique")
			}
			if x.ExpireAfterSeconds != nil {
				parts = append(parts, "ttl")
				if *x.ExpireAfterSeconds != 0 {
					t.Errorf("%s: %s goes %d s after the time it names, want at that time", collection, x.Name, *x.ExpireAfterSeconds)
				}
			}
			found = append(found, strings.Join(parts, " "))
		}
		slices.Sort(found)
		if !slices.Equal(found, list) {
			t.Errorf("%s has the indexes %q, want %q", collection, found, list)
		}
	}
}
