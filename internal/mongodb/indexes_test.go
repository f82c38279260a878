package mongodb_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"hocso/internal/audit"
	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// TestIndexes sees in the database that what must be unique is, that what must be
// forgotten will be, and that every list has its index.
func TestIndexes(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t).Database()
	want := map[string][]string{
		"audit":                 {"actor _id", "at _id", "from.at", "group _id", "object.id _id", "of", "outcome _id"},
		"audit_marks":           {},
		"sessions":              {"expiresAt ttl", "person lastSeenAt-"},
		"invitations":           {"forgetAt ttl", "person"},
		"spent":                 {"forgetAt ttl"},
		"logins":                {"expiresAt ttl"},
		"identities":            {"person issuer unique"},
		"throttles":             {"until ttl"},
		"letters":               {"dueAt", "expiresAt ttl"},
		"people":                {"changedAt", "email unique", "grants.role", "grants.unit", "joinedOn", "nameKey _id", "searchKeys", "status leftOn", "status unit", "unit _id"},
		"units":                 {"changedAt"},
		"course_versions":       {"course n- unique"},
		"enrolments":            {"campaigns _id", "changedAt", "course _id", "person assignedAt-"},
		"attempts":              {"enrolment", "person receivedAt-", "receivedAt"},
		"ratings":               {"course"},
		"ops":                   {"expiresAt ttl"},
		"drill_templates":       {"drill n unique"},
		"drill_runs":            {"expiresAt _id"},
		"drill_totals":          {"drill n"},
		"campaigns":             {"live _id"},
		"cohorts":               {},
		"exercises":             {"exercise n unique"},
		"sittings":              {"exercise finishedAt", "named _id-", "on", "open _id-"},
		"escalations":           {"digest _id", "expiresAt ttl", "person at-", "written at"},
		"signoffs":              {"month", "unit month-"},
		"deliveries":            {"campaign _id", "expiresAt ttl", "person state notBefore", "state channel notBefore"},
		"notice_readings":       {"person"},
		"privacy_requests":      {"person _id-", "state _id-"},
		"erasures":              {"open at"},
		"bounces":               {"person"},
		"reminder_counts":       {"day"},
		"reminder_budgets":      {"expiresAt ttl"},
		"subscriptions":         {"expiresAt ttl", "person lastSeenAt-"},
		"surveys":               {"live _id"},
		"survey_participants":   {"person"},
		"announcements":         {"state until"},
		"announcement_readings": {"announcement unit", "expiresAt ttl", "person"},
		"thanks":                {"at-", "expiresAt ttl"},
		"survey_pools":          {"survey"},
		"webhook_deliveries":    {"endpoint createdAt-", "endpoint state dueAt", "expiresAt ttl", "person"},
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

// TestOrderWithoutIndexes sees that every list asks for its order, and does not only
// get it because of the index that happens to serve it today.
func TestOrderWithoutIndexes(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	collections, err := db.Database().ListCollectionNames(ctx, bson.D{})
	must(t, err)
	for _, c := range collections {
		must(t, db.Database().Collection(c).Indexes().DropAll(ctx))
	}
	a, p, c, l, d, k, r := db.Auth(), db.People(), db.Courses(), db.Learning(), db.Drills(), db.Campaigns(), db.Reminders()
	const n = 50
	id := func(i int) string { return fmt.Sprintf("x%02d", i) }
	for i := range n {
		i = (i * 7) % n // stored in one order
		_, err := db.Audit().Append(ctx, []audit.Entry{{Seq: int64(i + 1)}})
		must(t, err)
		when := (i * 13) % n     // in time in another
		back := (when*3 + 1) % n // and by other things in a third
		must(t, a.InsertSession(ctx, auth.Session{ID: id(i), Person: "p", LastSeenAt: moment(when), ExpiresAt: moment(n)}))
		must(t, p.InsertPeople(ctx, []people.Person{{ID: people.ID(id(i)), Name: id(when), Email: id(back), Status: people.Active}}))
		must(t, p.InsertUnits(ctx, []people.Unit{{ID: people.UnitID(id(i))}}))
		must(t, c.InsertCourse(ctx, course.Course{ID: course.ID(id(i))}))
		must(t, c.InsertVersion(ctx, course.Version{ID: id(i), Course: "c", N: when}))
		_, err = l.InsertEnrolments(ctx, []learning.Enrolment{{
			ID: learning.EnrolmentID(id(i)), Person: "p", Course: "c", Campaigns: []string{"k"}, State: learning.Started, AssignedAt: moment(when),
		}})
		must(t, err)
		must(t, l.InsertAttempt(ctx, learning.Attempt{ID: id(i), Person: "p", ReceivedAt: moment(when)}))
		must(t, d.InsertTemplate(ctx, drill.Template{Key: id(i), ID: drill.ID(id(when / 2)), N: when % 2}))
		must(t, k.InsertCampaign(ctx, campaign.Campaign{ID: campaign.ID(id(i)), Live: true}))
		_, err = r.InsertDeliveries(ctx, []reminder.Delivery{{
			ID: id(i), Person: "p", Campaign: "k", Channel: reminder.Push, State: reminder.Waiting, NotBefore: moment(when), ExpiresAt: moment(n),
		}})
		must(t, err)
		must(t, r.PutSubscription(ctx, reminder.Subscription{ID: id(i), Person: "p", LastSeenAt: moment(when), ExpiresAt: moment(n)}))
	}
	ordered(t, "entries", func() ([]audit.Entry, error) { return db.Audit().Find(ctx, audit.Query{Limit: n}) },
		func(x, y audit.Entry) int { return cmp.Compare(y.Seq, x.Seq) })
	ordered(t, "sessions", func() ([]auth.Session, error) { return a.SessionsOf(ctx, "p", moment(-1)) },
		func(x, y auth.Session) int { return y.LastSeenAt.Compare(x.LastSeenAt) })
	ordered(t, "people", func() ([]people.Person, error) { return p.FindPeople(ctx, people.Query{Limit: n}) },
		func(x, y people.Person) int { return cmp.Compare(x.Name, y.Name) })
	ordered(t, "audience", func() ([]people.Person, error) { return p.Audience(ctx, nil, "", n) }, byPerson)
	ordered(t, "units", func() ([]people.Unit, error) { return p.Units(ctx) },
		func(x, y people.Unit) int { return cmp.Compare(x.ID, y.ID) })
	ordered(t, "courses", func() ([]course.Course, error) { return c.Courses(ctx) },
		func(x, y course.Course) int { return cmp.Compare(x.ID, y.ID) })
	ordered(t, "versions", func() ([]course.Version, error) { return c.Versions(ctx, "c") },
		func(x, y course.Version) int { return y.N - x.N })
	ordered(t, "enrolments of a person", func() ([]learning.Enrolment, error) { return l.EnrolmentsOf(ctx, "p") },
		func(x, y learning.Enrolment) int { return y.AssignedAt.Compare(x.AssignedAt) })
	byID := func(x, y learning.Enrolment) int { return cmp.Compare(x.ID, y.ID) }
	ordered(t, "enrolments by course", func() ([]learning.Enrolment, error) { return l.EnrolmentsByCourse(ctx, "c", "", n) }, byID)
	ordered(t, "enrolments by campaign", func() ([]learning.Enrolment, error) { return l.EnrolmentsByCampaign(ctx, "k", "", n) }, byID)
	ordered(t, "attempts", func() ([]learning.Attempt, error) { return l.AttemptsOf(ctx, "p") },
		func(x, y learning.Attempt) int { return y.ReceivedAt.Compare(x.ReceivedAt) })
	ordered(t, "templates", func() ([]drill.Template, error) { return d.Templates(ctx) },
		func(x, y drill.Template) int { return cmp.Or(cmp.Compare(x.ID, y.ID), x.N-y.N) })
	ordered(t, "campaigns", func() ([]campaign.Campaign, error) { return k.Campaigns(ctx, "", n) },
		func(x, y campaign.Campaign) int { return cmp.Compare(y.ID, x.ID) })
	ordered(t, "live campaigns", func() ([]campaign.Campaign, error) { return k.LiveCampaigns(ctx) },
		func(x, y campaign.Campaign) int { return cmp.Compare(x.ID, y.ID) })
	ordered(t, "waiting", func() ([]reminder.Delivery, error) { return r.WaitingDeliveries(ctx, "p", moment(n)) },
		func(x, y reminder.Delivery) int { return x.NotBefore.Compare(y.NotBefore) })
	ordered(t, "deliveries of a campaign", func() ([]reminder.Delivery, error) { return r.CampaignDeliveries(ctx, "k", "", "", n) },
		func(x, y reminder.Delivery) int { return cmp.Compare(x.ID, y.ID) })
	ordered(t, "devices", func() ([]reminder.Subscription, error) { return r.Subscriptions(ctx, "p") },
		func(x, y reminder.Subscription) int { return y.LastSeenAt.Compare(x.LastSeenAt) })
	ordered(t, "claims", func() (claimed []reminder.Delivery, err error) {
		for range 2 * n {
			d, ok, err := r.ClaimDelivery(ctx, reminder.Push, moment(n), moment(n+1))
			if !ok || err != nil {
				return claimed, err
			}
			claimed = append(claimed, d)
		}
		return claimed, nil
	}, func(x, y reminder.Delivery) int { return x.NotBefore.Compare(y.NotBefore) })
}

// ordered checks that a list is whole and in order.
func ordered[T any](t *testing.T, what string, list func() ([]T, error), compare func(x, y T) int) {
	t.Helper()
	if xs := ask(t, list); len(xs) != 50 || !slices.IsSortedFunc(xs, compare) {
		t.Errorf("%s: %d, sorted %v; want 50 in order", what, len(xs), slices.IsSortedFunc(xs, compare))
	}
}
