package mongodb_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"hocso/internal/fault"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
)

func TestRoundTripPeople(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	person := func(n int) people.Person {
		p := filled[people.Person](n)
		p.ID, p.NameKey, p.SearchKeys = "lan", people.NameKey(p.Name), people.SearchKeys(p.Name, p.Email)
		return p
	}
	read := func() (people.Person, error) { return s.Person(ctx, "lan") }
	want := person(0)
	must(t, s.InsertPeople(ctx, []people.Person{want}))
	same(t, "person", ask(t, read), want)
	version, seen := want.Version, want.LastSeenAt
	want = person(100)
	want.Version = version
	must(t, s.ReplacePeople(ctx, []people.Person{want}))
	want.Version, want.LastSeenAt = version+1, seen // no change of a person: Seen alone writes it
	same(t, "person replaced", ask(t, read), want)
	must(t, s.Seen(ctx, "lan", seen.Add(-time.Hour))) // earlier than the latest: nothing new
	same(t, "person seen earlier", ask(t, read), want)
	later := seen.Add(time.Hour)
	must(t, s.Seen(ctx, "lan", later))
	seen, want.LastSeenAt = &later, &later
	same(t, "person seen later", ask(t, read), want)
	must(t, s.ReplacePeople(ctx, []people.Person{{ID: "lan", Version: version + 1}}))
	want = people.Person{ID: "lan", SearchKeys: []string{""}, Grants: []people.Grant{}, Version: version + 2, LastSeenAt: seen}
	same(t, "person emptied", ask(t, read), want)

	// BSON keeps milliseconds in UTC: what is finer is cut, the zone is forgotten, the moment stays.
	fine := person(200)
	fine.ID, fine.Email = "mai", "mai@bo.vn"
	fine.ChangedAt = time.Date(2026, 3, 4, 5, 6, 7, 891_999_999, time.FixedZone("UTC+7", 7*3600))
	must(t, s.InsertPeople(ctx, []people.Person{fine}))
	got := ask(t, func() (people.Person, error) { return s.Person(ctx, "mai") })
	same(t, "a finer time", got.ChangedAt, time.Date(2026, 3, 3, 22, 6, 7, 891e6, time.UTC))

	u := filled[people.Unit](0)
	u.ID = "vu-a"
	units := func() people.Unit {
		t.Helper()
		us := ask(t, func() ([]people.Unit, error) { return s.Units(ctx) })
		if len(us) != 1 {
			t.Fatalf("%d units, want 1", len(us))
		}
		return us[0]
	}
	must(t, s.InsertUnits(ctx, []people.Unit{u}))
	same(t, "unit", units(), u)
	version = u.Version
	u = filled[people.Unit](100)
	u.ID, u.Version = "vu-a", version
	must(t, s.ReplaceUnits(ctx, []people.Unit{u}))
	u.Version++
	same(t, "unit replaced", units(), u)
	must(t, s.ReplaceUnits(ctx, []people.Unit{{ID: "vu-a", Version: u.Version}}))
	same(t, "unit emptied", units(), people.Unit{ID: "vu-a", Path: []people.UnitID{}, Heads: []people.Headship{}, Version: u.Version + 1})
}

// crowd is people of few names, units, states and roles, so that every query finds some.
func crowd(n int) []people.Person {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	all := make([]people.Person, n)
	for i := range all {
		all[i] = people.Person{
			ID:   people.ID(fmt.Sprintf("p%04d", r.IntN(10_000)*1000+i)),
			Name: pick("Nguyễn", "Trần", "Đặng", "đỗ") + " " + pick("Thị ", "Văn ", "") + pick("An", "Ánh", "Bình", "Ạnh", "Zoë", "Anж"),
			// Addresses differ in the middle, so that pages are cut inside equal names.
			Email: fmt.Sprintf("%s.%d@%s.vn", pick("an", "binh", "nguyen"), i, pick("bo", "so")), Unit: people.UnitID(pick("a", "b", "c", "d")),
			Grants: []people.Grant{}, Status: people.Status(pick("invited", "active", "active", "closed")), ChangedAt: moment(i), Version: 1,
		}
		for range r.IntN(3) {
			all[i].Grants = append(all[i].Grants, people.Grant{Role: people.Role(pick("trainer", "auditor", "administrator")), Unit: people.UnitID(pick("", "a"))})
		}
	}
	return all
}

func byPerson(a, b people.Person) int { return cmp.Compare(a.ID, b.ID) }

func idOf(p people.Person) people.ID { return p.ID }

func TestQueriesOfPeople(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	s := db.People()
	all := crowd(500)
	must(t, s.InsertPeople(ctx, all))
	for i, p := range all { // the store fills them in
		all[i].NameKey, all[i].SearchKeys = people.NameKey(p.Name), people.SearchKeys(p.Name, p.Email)
	}
	same(t, "as stored", ask(t, func() (people.Person, error) { return s.Person(ctx, all[3].ID) }), all[3])
	if _, err := db.Database().Collection("people").UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: ""}}}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "nameKey", Value: ""}}}}); err != nil {
		t.Fatal(err)
	}
	must(t, s.FillNameKeys(ctx))
	same(t, "with a key again", ask(t, func() (people.Person, error) { return s.Person(ctx, all[3].ID) }), all[3])
	open := func(p people.Person) bool { return p.Status != people.Closed }

	var emails []string // two batches, with strangers among them
	for i, p := range all {
		emails = append(emails, p.Email, fmt.Sprintf("stranger%d@bo.vn", i), fmt.Sprintf("unknown%d@bo.vn", i))
	}
	found := ask(t, func() ([]people.Person, error) { return s.PeopleByEmail(ctx, emails) })
	same(t, "by address", sortedKeys(found, idOf), sortedKeys(all, idOf))
	ids := []people.ID{"nobody", all[1].ID, all[499].ID}
	found = ask(t, func() ([]people.Person, error) { return s.PeopleByID(ctx, ids) })
	same(t, "by id", sortedKeys(found, idOf), sortedKeys([]people.Person{all[1], all[499]}, idOf))
	same(t, "by no id", len(ask(t, func() ([]people.Person, error) { return s.PeopleByID(ctx, nil) })), 0)

	for _, role := range []people.Role{"trainer", "auditor", "nothing"} {
		want := chosen(all, func(p people.Person) bool {
			return open(p) && slices.ContainsFunc(p.Grants, func(g people.Grant) bool { return g.Role == role })
		})
		got := ask(t, func() ([]people.Person, error) { return s.Granted(ctx, role) })
		same(t, "granted "+string(role), sortedKeys(got, idOf), sortedKeys(want, idOf))
	}
	leavers := all[:3] // the first two are asked for if they are open
	for i, day := range []string{"2026-03-01", "2026-02-01", "2026-03-02"} {
		leavers[i].LeftOn = day
		leavers[i].Status = people.Active
	}
	must(t, s.ReplacePeople(ctx, leavers))
	for i := range leavers {
		leavers[i].Version++
	}
	gone := ask(t, func() ([]people.Person, error) { return s.Leavers(ctx, "2026-03-02", 10) })
	same(t, "leavers", sortedKeys(gone, idOf), sortedKeys(leavers[:2], idOf))
	counts := map[people.UnitID]int{}
	for _, p := range chosen(all, open) {
		counts[p.Unit]++
	}
	same(t, "by unit", ask(t, func() (map[people.UnitID]int, error) { return s.CountByUnit(ctx) }), counts)

	slices.SortFunc(all, byPerson)
	for _, units := range [][]people.UnitID{nil, {}, {"a"}, {"a", "c", "none"}, {"none"}} {
		want := chosen(all, func(p people.Person) bool { return open(p) && (len(units) == 0 || slices.Contains(units, p.Unit)) })
		got := pages(t, 35, func(last *people.Person) ([]people.Person, error) {
			var after people.ID
			if last != nil {
				after = last.ID
			}
			return s.Audience(ctx, units, after, 35)
		})
		same(t, fmt.Sprint("audience of ", units), keys(got, idOf), keys(want, idOf))
	}
	for _, since := range []time.Time{{}, moment(0), moment(450), moment(5000)} {
		want := chosen(all, func(p people.Person) bool { return !p.ChangedAt.Before(since) })
		var got []people.Person
		must(t, s.EachPerson(ctx, since, func(p people.Person) error { got = append(got, p); return nil }))
		same(t, fmt.Sprint("changed since ", since), sortedKeys(got, idOf), sortedKeys(want, idOf))
	}
	findsPeople(t, s, all)
}

// findsPeople asks random queries, page by page.
func findsPeople(t *testing.T, s people.Store, all []people.Person) {
	slices.SortFunc(all, func(a, b people.Person) int {
		return cmp.Or(cmp.Compare(a.NameKey, b.NameKey), cmp.Compare(a.ID, b.ID))
	})
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"an", "a", "ng", "nguyen", "dang", "do", "binh", "v", "zoe", "so", "binh.1", "nobody", "@", ".", "$gt", "\U0010FFFF"}
	for i := range len(words) + 30 { // each word by itself, then all sorts of queries
		q := people.Query{Limit: 20 + r.IntN(60)}
		if i < len(words) {
			q.Words = words[i : i+1]
		} else {
			for range r.IntN(3) {
				q.Words = append(q.Words, words[r.IntN(len(words))])
			}
			if r.IntN(2) == 0 {
				q.Units = []people.UnitID{"b", "d"}[:r.IntN(3)]
			}
			if r.IntN(2) == 0 {
				q.Status = people.Active
			}
		}
		want := chosen(all, func(p people.Person) bool {
			return (q.Units == nil || slices.Contains(q.Units, p.Unit)) && (q.Status == "" || p.Status == q.Status) &&
				!slices.ContainsFunc(q.Words, func(w string) bool {
					return !slices.ContainsFunc(p.SearchKeys, func(k string) bool { return strings.HasPrefix(k, w) })
				})
		})
		got := pages(t, q.Limit, func(last *people.Person) ([]people.Person, error) {
			q := q
			if last != nil {
				q.AfterName, q.AfterID = last.NameKey, last.ID
			}
			return s.FindPeople(t.Context(), q)
		})
		same(t, fmt.Sprintf("%+v", q), keys(got, idOf), keys(want, idOf))
	}
}

func TestQueriesOfUnits(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	const n = 2100 // more than two batches of a scan
	all := make([]people.Unit, n)
	for i := range all {
		all[i] = people.Unit{ID: people.UnitID(fmt.Sprintf("u%04d", (i*1009)%n)), ChangedAt: moment(i), Version: 1}
	}
	must(t, s.InsertUnits(ctx, all))
	id := func(u people.Unit) people.UnitID { return u.ID }
	got := ask(t, func() ([]people.Unit, error) { return s.Units(ctx) })
	same(t, "units, by id", keys(got, id), sortedKeys(all, id))
	for _, since := range []int{0, 2000, n} {
		var got []people.Unit
		must(t, s.EachUnit(ctx, moment(since), func(u people.Unit) error { got = append(got, u); return nil }))
		same(t, fmt.Sprint("changed since ", since), sortedKeys(got, id), sortedKeys(all[since:], id))
	}
	stop, seen := errors.New("enough"), 0
	err := s.EachUnit(ctx, time.Time{}, func(people.Unit) error {
		if seen++; seen == 1100 { // in the second batch
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || seen != 1100 {
		t.Errorf("a scan that was stopped went on to %d, %v", seen, err)
	}
	refused(t, "insert with one that is there", s.InsertUnits(ctx, []people.Unit{{ID: "new"}, {ID: "u0007"}}), fault.Conflict, "unit_taken")
	// Of many replaced at once, those that were changed meanwhile are refused; the rest is stored.
	half := []people.Unit{{ID: "u0001", Version: 1}, {ID: "u0002", Version: 9}, {ID: "u0003", Version: 1}}
	refused(t, "replace with one changed", s.ReplaceUnits(ctx, half), fault.Conflict, "changed_meanwhile")
	got = ask(t, func() ([]people.Unit, error) { return s.Units(ctx) })
	for i, want := range map[int]int{2: 2, 3: 1, 4: 2} { // "new" came first
		if u := got[i]; u.Version != want {
			t.Errorf("%s has version %d, want %d", u.ID, u.Version, want)
		}
	}
	must(t, s.InsertUnits(ctx, nil))
	must(t, s.ReplaceUnits(ctx, nil))
	must(t, s.InsertPeople(ctx, nil))
	must(t, s.ReplacePeople(ctx, nil))
	if ps := ask(t, func() ([]people.Person, error) { return s.PeopleByEmail(ctx, nil) }); len(ps) != 0 {
		t.Errorf("people of no address: %v", ps)
	}
	_, err = s.Person(ctx, "nobody")
	refused(t, "nobody", err, fault.NotFound, "person_not_found")
	must(t, s.Seen(ctx, "nobody", moment(0)))
}

// An address goes to one person, also when many change theirs to it.
func TestRaceAddress(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	var ps []people.Person
	for i := range racers {
		ps = append(ps, people.Person{ID: people.ID(fmt.Sprint("p", i)), Email: fmt.Sprintf("p%d@bo.vn", i), Version: 1})
	}
	must(t, s.InsertPeople(ctx, ps))
	var won tally
	abreast(rivals(), func(i int) {
		p := ps[i]
		p.Email = "wanted@bo.vn"
		if err := s.ReplacePeople(ctx, []people.Person{p}); err != nil {
			refused(t, "take an address", err, fault.Conflict, "email_taken")
			return
		}
		won.add(string(p.ID))
	})
	holders := ask(t, func() ([]people.Person, error) { return s.PeopleByEmail(ctx, []string{"wanted@bo.vn"}) })
	won.once(t, "told that it is theirs", keys(holders, func(p people.Person) people.ID { return p.ID }))
	if len(holders) != 1 {
		t.Errorf("%d hold the address, want 1", len(holders))
	}
	for i := range ps { // the others kept their own, and their version
		p := ask(t, func() (people.Person, error) { return s.Person(ctx, ps[i].ID) })
		if won.n[string(p.ID)] == 0 && (p.Email != ps[i].Email || p.Version != 1) {
			t.Errorf("%s was refused, but has %q, version %d", p.ID, p.Email, p.Version)
		}
	}
}
