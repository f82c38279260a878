package mongodb_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Every query is asked among so many documents that the embedded database refuses
// to answer it without an index, and compared with a plain search in memory.

// spread calls f for 0 to n-1, sixteen at a time.
func spread(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	together(func(g int) {
		for i := g; i < n; i += racers {
			fine(t, f(i))
		}
	})
}

// chosen returns those of all that keep says yes to, in their order.
func chosen[T any](all []T, keep func(T) bool) (out []T) {
	for _, x := range all {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

// pages follows a paged query to its end and checks that every page but the last is full.
func pages[T any](t *testing.T, limit int, page func(last *T) ([]T, error)) []T {
	t.Helper()
	var all []T
	for {
		var last *T
		if len(all) > 0 {
			last = &all[len(all)-1]
		}
		next, err := page(last)
		must(t, err)
		all = append(all, next...)
		if len(next) < limit {
			return all
		}
		if len(next) > limit || len(all) > 100_000 {
			t.Fatalf("a page of %d, want %d; %d so far", len(next), limit, len(all))
		}
	}
}

func ids[K ~string](xs []string) []K {
	out := []K{}
	for _, x := range xs {
		out = append(out, K(x))
	}
	return out
}

func TestQueriesOfAuth(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()
	const n = 320
	all := make([]auth.Session, n)
	now := moment(0)
	for i := range all {
		all[i] = filled[auth.Session](i * 20)
		all[i].ID, all[i].Person, all[i].EndedAt = fmt.Sprintf("s%03d", i), people.ID(fmt.Sprint("p", min(i%5, 2))), nil
		all[i].LastSeenAt, all[i].ExpiresAt = now.Add(time.Duration((i*7)%n)*time.Second), now.Add(time.Duration(i%4)*time.Hour) // one in four ends now
	}
	spread(t, n, func(i int) error {
		if err := s.InsertSession(ctx, all[i]); err != nil {
			return err
		}
		if i%3 != 0 {
			return nil
		}
		return s.EndSession(ctx, all[i].ID, now)
	})
	for _, p := range []people.ID{"p0", "p1", "p2", "nobody"} {
		want := slices.Collect(func(yield func(auth.Session) bool) {
			for i, x := range all {
				if x.Person == p && i%3 != 0 && x.ExpiresAt.After(now) && !yield(x) {
					return
				}
			}
		})
		slices.SortFunc(want, func(a, b auth.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
		got := ask(t, func() ([]auth.Session, error) { return s.SessionsOf(ctx, p, now) })
		id := func(x auth.Session) string { return x.ID }
		same(t, "sessions of "+string(p), keys(got, id), keys(want, id))
	}
	if err := s.InsertSession(ctx, auth.Session{ID: "s001", Person: "thief"}); err == nil {
		t.Error("a session was inserted twice")
	}
	same(t, "the first of two", ask(t, func() (auth.Session, error) { return s.Session(ctx, "s001") }), all[1])
	_, err := s.Session(ctx, "none")
	refused(t, "no session", err, fault.NotFound, "session_not_found")
	must(t, s.EndSession(ctx, "none", now))

	spread(t, many, func(i int) error {
		return s.InsertInvitation(ctx, auth.Invitation{Hash: fmt.Sprint("i", i), Epoch: i, ForgetAt: moment(0)})
	})
	if i := ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, "i77") }); i.Epoch != 77 {
		t.Errorf("invitation %+v, want epoch 77", i)
	}
	if err := s.InsertInvitation(ctx, auth.Invitation{Hash: "i77", ForgetAt: moment(0)}); err == nil {
		t.Error("an invitation was inserted twice")
	}
	_, err = s.Invitation(ctx, "none")
	refused(t, "no invitation", err, fault.NotFound, "invitation_not_found")
	if ok, err := s.UseInvitation(ctx, "none", now); ok || err != nil {
		t.Errorf("use of no invitation: %v, %v", ok, err)
	}

	spread(t, many, func(i int) error {
		_, _, err := s.Count(ctx, fmt.Sprint("k", i), now, time.Hour)
		return err
	})
	count := func(key string, at time.Time) int {
		t.Helper()
		n, _, err := s.Counted(ctx, key, at)
		must(t, err)
		return n
	}
	must(t, s.Forget(ctx, "k1", "k2", "none"))
	must(t, s.Forget(ctx))
	must(t, s.Uncount(ctx, "none", now))
	must(t, s.Uncount(ctx, "k3", now.Add(time.Hour))) // its window is over: nothing to take back
	for key, want := range map[string]int{"k0": 1, "k1": 0, "k2": 0, "k3": 1, "none": 0} {
		if got := count(key, now); got != want {
			t.Errorf("%s was counted %d times, want %d", key, got, want)
		}
	}
	if n := count("k0", now.Add(time.Hour)); n != 0 {
		t.Errorf("at the end of the window: %d, want 0", n)
	}

	spread(t, many, func(i int) error { return s.InsertSecret(ctx, fmt.Sprint("x", i), []byte{byte(i)}) })
	same(t, "secret", ask(t, func() ([]byte, error) { return s.Secret(ctx, "x99") }), []byte{99})
	_, err = s.Secret(ctx, "none")
	refused(t, "no secret", err, fault.NotFound, "secret_not_found")
}

// crowd is people of few names, units, states and roles, so that every query finds some.
func crowd(n int) []people.Person {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	all := make([]people.Person, n)
	for i := range all {
		all[i] = people.Person{
			ID:   people.ID(fmt.Sprintf("p%04d", r.IntN(10_000)*1000+i)),
			Name: pick("Nguyễn", "Trần", "Đặng", "đỗ") + " " + pick("Thị ", "Văn ", "") + pick("An", "Ánh", "Bình", "Ạnh", "Zoë"),
			// Addresses differ in the middle, so that pages are cut inside equal names.
			Email: fmt.Sprintf("%s.%d@%s.vn", pick("an", "binh", "nguyen"), i, pick("bo", "so")), Unit: people.UnitID(pick("a", "b", "c", "d")),
			Grants: []people.Grant{}, Status: people.Status(pick("invited", "active", "active", "closed")), ChangedAt: moment(i), Version: 1,
		}
		for range r.IntN(3) {
			all[i].Grants = append(all[i].Grants, people.Grant{Role: people.Role(pick("trainer", "auditor", "administrator")), Unit: people.UnitID(pick("", "a"))})
		}
		all[i].FoldedName, all[i].SearchKeys = people.Fold(all[i].Name), people.SearchKeys(all[i].Name, all[i].Email)
	}
	return all
}

func byPerson(a, b people.Person) int { return cmp.Compare(a.ID, b.ID) }

func idOf(p people.Person) people.ID { return p.ID }

func TestQueriesOfPeople(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	all := crowd(1200)
	must(t, s.InsertPeople(ctx, all))
	open := func(p people.Person) bool { return p.Status != people.Closed }

	var emails []string // two batches, with strangers among them
	for i, p := range all {
		emails = append(emails, p.Email)
		if i%10 == 0 {
			emails = append(emails, fmt.Sprintf("stranger%d@bo.vn", i))
		}
	}
	found := ask(t, func() ([]people.Person, error) { return s.PeopleByEmail(ctx, emails) })
	same(t, "by address", sortedKeys(found, idOf), sortedKeys(all, idOf))

	for _, role := range []people.Role{"trainer", "auditor", "nothing"} {
		want := chosen(all, func(p people.Person) bool {
			return open(p) && slices.ContainsFunc(p.Grants, func(g people.Grant) bool { return g.Role == role })
		})
		got := ask(t, func() ([]people.Person, error) { return s.Granted(ctx, role) })
		same(t, "granted "+string(role), sortedKeys(got, idOf), sortedKeys(want, idOf))
	}
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
	for _, since := range []time.Time{{}, moment(0), moment(1100), moment(5000)} {
		want := chosen(all, func(p people.Person) bool { return !p.ChangedAt.Before(since) })
		var got []people.Person
		must(t, s.EachPerson(ctx, since, func(p people.Person) error { got = append(got, p); return nil }))
		same(t, fmt.Sprint("changed since ", since), sortedKeys(got, idOf), sortedKeys(want, idOf))
	}
	stop := errors.New("enough")
	n := 0
	err := s.EachPerson(ctx, time.Time{}, func(people.Person) error {
		if n++; n == 1100 { // in the second batch
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 1100 {
		t.Errorf("a scan that was stopped went on to %d, %v", n, err)
	}
	findsPeople(t, s, all)
}

// findsPeople asks random queries, page by page.
func findsPeople(t *testing.T, s people.Store, all []people.Person) {
	slices.SortFunc(all, func(a, b people.Person) int {
		return cmp.Or(cmp.Compare(a.FoldedName, b.FoldedName), cmp.Compare(a.ID, b.ID))
	})
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"an", "a", "ng", "nguyen", "dang", "do", "binh", "v", "zoe", "so", "binh.1", "nobody", "@", "."}
	for range 40 {
		q := people.Query{Limit: 1 + r.IntN(50)}
		for range r.IntN(3) {
			q.Words = append(q.Words, words[r.IntN(len(words))])
		}
		if r.IntN(2) == 0 {
			q.Units = []people.UnitID{"b", "d"}[:r.IntN(3)]
		}
		if r.IntN(2) == 0 {
			q.Status = people.Active
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
				q.AfterName, q.AfterID = last.FoldedName, last.ID
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
	_, err := s.Person(ctx, "nobody")
	refused(t, "nobody", err, fault.NotFound, "person_not_found")
	must(t, s.Seen(ctx, "nobody", moment(0)))
}

func TestQueriesOfCourses(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	spread(t, many, func(i int) error {
		c := filled[course.Course](i)
		c.ID = course.ID(fmt.Sprintf("c%03d", i))
		return s.InsertCourse(ctx, c)
	})
	all := ask(t, func() ([]course.Course, error) { return s.Courses(ctx) })
	if len(all) != many || !slices.IsSortedFunc(all, func(a, b course.Course) int { return cmp.Compare(a.ID, b.ID) }) {
		t.Errorf("%d courses, want %d in order of id", len(all), many)
	}
	for _, c := range all {
		whole := ask(t, func() (course.Course, error) { return s.Course(ctx, c.ID) })
		if len(whole.Draft.Lessons) == 0 || len(whole.Draft.Quizzes) == 0 {
			t.Errorf("%s has lost its lessons", c.ID)
		}
		whole.Draft.Lessons, whole.Draft.Quizzes = nil, nil
		same(t, "as listed", c, whole)
	}
	_, err := s.Course(ctx, "none")
	refused(t, "no course", err, fault.NotFound, "course_not_found")
	refused(t, "replace no course", s.ReplaceCourse(ctx, course.Course{ID: "none"}), fault.Conflict, "changed_meanwhile")
	must(t, s.SettleCourse(ctx, "none", 3))

	spread(t, 2*many, func(i int) error { // two courses, from the newest to the oldest
		n := many - i/2
		v := course.Version{ID: fmt.Sprintf("c%d@%d", i%2, n), Course: course.ID(fmt.Sprint("c", i%2)), N: n}
		v.Content.Title.Vi = v.ID
		return s.InsertVersion(ctx, v)
	})
	vs := ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "c1") })
	if len(vs) != many {
		t.Fatalf("%d versions, want %d", len(vs), many)
	}
	for i, v := range vs {
		if v.Course != "c1" || v.N != many-i || v.Content.Title.Vi != "" {
			t.Errorf("version %d of the list is %+v, want number %d of c1 without content", i, v, many-i)
		}
	}
	if v := ask(t, func() (course.Version, error) { return s.Version(ctx, "c0", 42) }); v.Content.Title.Vi != "c0@42" {
		t.Errorf("version 42 of c0 is %+v", v)
	}
	_, err = s.Version(ctx, "c0", many+1)
	refused(t, "no version", err, fault.NotFound, "version_not_found")
	if vs := ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "none") }); len(vs) != 0 {
		t.Errorf("versions of no course: %v", vs)
	}
}

func TestQueriesOfLearning(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	states := []learning.State{learning.Assigned, learning.Started, learning.Completed, learning.Closed}
	all := make([]learning.Enrolment, 1100)
	for i := range all {
		all[i] = learning.Enrolment{
			Person: people.ID(fmt.Sprintf("p%d", i%90)), Course: course.ID(fmt.Sprint("c", i%4)), Campaigns: []string{"all"}, State: states[i/4%4],
			AssignedAt: moment((i * 37) % 1100), ChangedAt: moment(i), Cycle: i, Version: 1,
		}
		if i%3 == 0 {
			all[i].Campaigns = append(all[i].Campaigns, fmt.Sprint("k", i%6))
		}
		all[i].ID = learning.NewEnrolmentID(all[i].Course, all[i].Person, i)
	}
	inserted := ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, all) })
	id := func(e learning.Enrolment) learning.EnrolmentID { return e.ID }
	same(t, "inserted", inserted, ids[learning.EnrolmentID](keys(all, id)))
	again := append(slices.Clone(all[500:]), learning.Enrolment{ID: "new", Version: 1})
	same(t, "inserted again", ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, again) }), []learning.EnrolmentID{"new"})

	asked := append(ids[learning.EnrolmentID](keys(all[100:900], id)), "none")
	found := ask(t, func() ([]learning.Enrolment, error) { return s.Enrolments(ctx, asked) })
	same(t, "by ids", sortedKeys(found, id), sortedKeys(all[100:900], id))

	of := chosen(all, func(e learning.Enrolment) bool { return e.Person == "p7" })
	slices.SortFunc(of, func(a, b learning.Enrolment) int { return b.AssignedAt.Compare(a.AssignedAt) })
	same(t, "of a person", keys(ask(t, func() ([]learning.Enrolment, error) { return s.EnrolmentsOf(ctx, "p7") }), id), keys(of, id))

	sorted := slices.SortedFunc(slices.Values(all), func(a, b learning.Enrolment) int { return cmp.Compare(a.ID, b.ID) })
	for _, limit := range []int{1, 34, 50, 2000} {
		paged := func(query func(after learning.EnrolmentID) ([]learning.Enrolment, error)) []string {
			return keys(pages(t, limit, func(last *learning.Enrolment) ([]learning.Enrolment, error) {
				if last == nil {
					return query("")
				}
				return query(last.ID)
			}), id)
		}
		got := paged(func(after learning.EnrolmentID) ([]learning.Enrolment, error) {
			return s.EnrolmentsByCourse(ctx, "c3", after, limit)
		})
		same(t, "open by course", got, keys(chosen(sorted, func(e learning.Enrolment) bool { return e.Course == "c3" && e.Open() }), id))
		got = paged(func(after learning.EnrolmentID) ([]learning.Enrolment, error) {
			return s.EnrolmentsByCampaign(ctx, "k3", after, limit)
		})
		same(t, "by campaign", got, keys(chosen(sorted, func(e learning.Enrolment) bool { return slices.Contains(e.Campaigns, "k3") }), id))
	}
	for _, since := range []int{0, 1050, 2000} {
		n := 0
		must(t, s.EachEnrolment(ctx, moment(since), func(e learning.Enrolment) error {
			n++
			if e.ChangedAt.Before(moment(since)) {
				t.Errorf("%s was changed at %v, before %v", e.ID, e.ChangedAt, moment(since))
			}
			return nil
		}))
		if want := max(0, len(all)-since); n != want {
			t.Errorf("%d changed since %d, want %d", n, since, want)
		}
	}
	n := 0
	must(t, s.EachEnrolment(ctx, time.Time{}, func(learning.Enrolment) error { n++; return nil }))
	if n != len(all)+1 {
		t.Errorf("%d in all, want %d", n, len(all)+1)
	}
	_, err := s.Enrolment(ctx, "none")
	refused(t, "no enrolment", err, fault.NotFound, "enrolment_not_found")
	refused(t, "replace none", s.ReplaceEnrolment(ctx, learning.Enrolment{ID: "none"}), fault.Conflict, "changed_meanwhile")
}

func TestQueriesOfAttempts(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		a := learning.Attempt{ID: fmt.Sprintf("a%03d", n), Person: people.ID(fmt.Sprint("p", n%2)), ReceivedAt: moment(n)}
		if err := s.InsertAttempt(ctx, a); err != nil {
			return err
		}
		r := learning.Rating{ID: learning.EnrolmentID(a.ID), Course: "c", Stars: n}
		if err := s.PutRating(ctx, r); err != nil {
			return err
		}
		return s.InsertOps(ctx, []learning.Op{{ID: a.ID, Hash: a.ID, ExpiresAt: moment(n)}})
	})
	as := ask(t, func() ([]learning.Attempt, error) { return s.AttemptsOf(ctx, "p1") })
	var want, some []string
	for n := 2*many - 1; n > 0; n -= 2 {
		want = append(want, fmt.Sprintf("a%03d", n))
	}
	same(t, "of a person", keys(as, func(a learning.Attempt) string { return a.ID }), want)
	_, err := s.Attempt(ctx, "none")
	refused(t, "no attempt", err, fault.NotFound, "attempt_not_found")

	some = append(some, want[:120]...)
	slices.Sort(some)
	rs := ask(t, func() ([]learning.Rating, error) {
		return s.Ratings(ctx, append(ids[learning.EnrolmentID](some), "none"))
	})
	same(t, "ratings", sortedKeys(rs, func(r learning.Rating) learning.EnrolmentID { return r.ID }), some)
	ops := ask(t, func() (map[string]learning.Op, error) { return s.Ops(ctx, append(some, "none")) })
	if len(ops) != len(some) || ops[some[3]].Hash != some[3] {
		t.Errorf("%d ops, want %d by id", len(ops), len(some))
	}

	// Nothing asked for, nothing stored: no error.
	for name, f := range map[string]func(context.Context) (int, error){
		"enrolments": func(ctx context.Context) (int, error) { x, err := s.Enrolments(ctx, nil); return len(x), err },
		"ratings":    func(ctx context.Context) (int, error) { x, err := s.Ratings(ctx, nil); return len(x), err },
		"ops":        func(ctx context.Context) (int, error) { x, err := s.Ops(ctx, nil); return len(x), err },
		"insert":     func(ctx context.Context) (int, error) { x, err := s.InsertEnrolments(ctx, nil); return len(x), err },
		"insert ops": func(ctx context.Context) (int, error) { return 0, s.InsertOps(ctx, nil) },
	} {
		if n, err := f(ctx); n != 0 || err != nil {
			t.Errorf("%s of nothing: %d, %v", name, n, err)
		}
	}
}

func TestQueriesOfDrills(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	spread(t, many, func(i int) error {
		id := drill.ID(fmt.Sprintf("d%02d", i%80))
		if err := s.InsertTemplate(ctx, drill.Template{Key: fmt.Sprintf("%s@%d", id, 1+i/80), ID: id, N: 1 + i/80}); err != nil {
			return err
		}
		if err := s.InsertKey(ctx, drill.Key{ID: drill.ID(fmt.Sprint("k", i)), Secret: []byte{byte(i)}}); err != nil {
			return err
		}
		return s.InsertRun(ctx, drill.Run{ID: fmt.Sprintf("r%03d", i), Drill: id, Version: 1, ExpiresAt: moment(i)})
	})
	ts := ask(t, func() ([]drill.Template, error) { return s.Templates(ctx) })
	if len(ts) != many || !slices.IsSortedFunc(ts, func(a, b drill.Template) int { return cmp.Or(cmp.Compare(a.ID, b.ID), a.N-b.N) }) {
		t.Errorf("%d templates, want %d in order of id and number", len(ts), many)
	}
	var some []string
	for i := range 120 {
		some = append(some, fmt.Sprintf("r%03d", i))
	}
	rs := ask(t, func() ([]drill.Run, error) { return s.Runs(ctx, append(some, "none")) })
	same(t, "runs", sortedKeys(rs, func(r drill.Run) string { return r.ID }), some)
	if rs := ask(t, func() ([]drill.Run, error) { return s.Runs(ctx, nil) }); len(rs) != 0 {
		t.Errorf("runs of nothing: %v", rs)
	}
	if k := ask(t, func() (drill.Key, error) { return s.Key(ctx, "k99") }); k.Secret[0] != 99 {
		t.Errorf("key %+v", k)
	}
	_, err := s.Key(ctx, "none")
	refused(t, "no key", err, fault.NotFound, "drill_key_not_found")
	refused(t, "replace no run", s.ReplaceRun(ctx, drill.Run{ID: "none"}), fault.Conflict, "changed_meanwhile")
}

func TestQueriesOfCampaigns(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	var newest, live []string
	for i := range 2 * many {
		id := fmt.Sprintf("c%03d", i)
		newest = append([]string{id}, newest...)
		if i%2 == 0 {
			live = append(live, id)
		}
	}
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		return s.InsertCampaign(ctx, campaign.Campaign{ID: campaign.ID(fmt.Sprintf("c%03d", n)), Live: n%2 == 0, Version: 1})
	})
	id := func(c campaign.Campaign) campaign.ID { return c.ID }
	for _, limit := range []int{7, 32, 300} {
		got := pages(t, limit, func(last *campaign.Campaign) ([]campaign.Campaign, error) {
			var before campaign.ID
			if last != nil {
				before = last.ID
			}
			return s.Campaigns(ctx, before, limit)
		})
		same(t, fmt.Sprint("newest first, pages of ", limit), keys(got, id), newest)
	}
	same(t, "live", keys(ask(t, func() ([]campaign.Campaign, error) { return s.LiveCampaigns(ctx) }), id), live)
	_, err := s.Campaign(ctx, "none")
	refused(t, "no campaign", err, fault.NotFound, "campaign_not_found")
	refused(t, "replace none", s.ReplaceCampaign(ctx, campaign.Campaign{ID: "none"}), fault.Conflict, "changed_meanwhile")
	must(t, s.AdvanceCampaign(ctx, "none", moment(0)))
	if err := s.InsertCampaign(ctx, campaign.Campaign{ID: "c007"}); err == nil {
		t.Error("a campaign was inserted twice")
	}
}

func TestQueriesOfReminders(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	states := []reminder.State{reminder.Waiting, reminder.Waiting, reminder.Sent, reminder.Dropped}
	all := make([]reminder.Delivery, 400)
	for i := range all {
		all[i] = reminder.Delivery{
			ID: fmt.Sprintf("d%03d", (i*7)%400), Campaign: fmt.Sprint("k", i%3), Person: people.ID(fmt.Sprint("p", i%5)), State: states[i/5%4],
			NotBefore: moment((i * 11) % 400), Token: fmt.Sprint("t", i), ExpiresAt: moment(1000),
		}
	}
	id := func(d reminder.Delivery) string { return d.ID }
	same(t, "inserted", ask(t, func() ([]string, error) { return s.InsertDeliveries(ctx, all) }), keys(all, id))
	same(t, "inserted again", ask(t, func() ([]string, error) { return s.InsertDeliveries(ctx, all[100:]) }), []string{})

	mine := func(d reminder.Delivery) bool { return d.Person == "p3" }
	same(t, "of a person", sortedKeys(ask(t, func() ([]reminder.Delivery, error) { return s.DeliveriesOf(ctx, "p3") }), id), sortedKeys(chosen(all, mine), id))
	waiting := chosen(all, func(d reminder.Delivery) bool {
		return mine(d) && d.State == reminder.Waiting && !d.NotBefore.After(moment(300))
	})
	slices.SortFunc(waiting, func(a, b reminder.Delivery) int { return a.NotBefore.Compare(b.NotBefore) })
	same(t, "waiting", keys(ask(t, func() ([]reminder.Delivery, error) { return s.WaitingDeliveries(ctx, "p3", moment(300)) }), id), keys(waiting, id))
	asked := append(keys(all[:120], id), "none")
	same(t, "by ids", sortedKeys(ask(t, func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, asked) }), id), sortedKeys(all[:120], id))
	got := pages(t, 30, func(last *reminder.Delivery) ([]reminder.Delivery, error) {
		var after string
		if last != nil {
			after = last.ID
		}
		return s.CampaignDeliveries(ctx, "k1", after, 30)
	})
	same(t, "of a campaign", keys(got, id), sortedKeys(chosen(all, func(d reminder.Delivery) bool { return d.Campaign == "k1" }), id))

	// Claims go by time, whoever the delivery is for.
	due := chosen(all, func(d reminder.Delivery) bool { return d.State == reminder.Waiting && !d.NotBefore.After(moment(50)) })
	slices.SortFunc(due, func(a, b reminder.Delivery) int { return a.NotBefore.Compare(b.NotBefore) })
	var claimed []reminder.Delivery
	for {
		d, ok, err := s.ClaimDelivery(ctx, moment(50), moment(60))
		must(t, err)
		if !ok {
			break
		}
		claimed = append(claimed, d)
	}
	same(t, "claimed", keys(claimed, id), keys(due, id))

	refused(t, "open another's", s.OpenDelivery(ctx, "p1", "t3", moment(0)), fault.NotFound, "delivery_not_found")
	refused(t, "open nothing", s.OpenDelivery(ctx, "p3", "none", moment(0)), fault.NotFound, "delivery_not_found")
	must(t, s.OpenDelivery(ctx, "p3", "t3", moment(0)))
	refused(t, "settle nothing", s.SettleDelivery(ctx, reminder.Delivery{ID: "none"}), fault.Conflict, "changed_meanwhile")
	for name, f := range map[string]func() (int, error){
		"by ids": func() (int, error) { x, err := s.Deliveries(ctx, nil); return len(x), err },
		"insert": func() (int, error) { x, err := s.InsertDeliveries(ctx, nil); return len(x), err },
		"of":     func() (int, error) { x, err := s.DeliveriesOf(ctx, "nobody"); return len(x), err },
	} {
		if n, err := f(); n != 0 || err != nil {
			t.Errorf("%s nothing: %d, %v", name, n, err)
		}
	}
}

func TestQueriesOfDevices(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	spread(t, 2*many, func(i int) error {
		n := (i * 7) % (2 * many)
		if err := s.PutBudget(ctx, reminder.Budget{Person: people.ID(fmt.Sprint("b", n)), ExpiresAt: moment(n)}); err != nil {
			return err
		}
		return s.PutSubscription(ctx, reminder.Subscription{
			ID: fmt.Sprintf("x%03d", n), Person: people.ID(fmt.Sprint("p", n%20)), LastSeenAt: moment(n), ExpiresAt: moment(n),
		})
	})
	if b := ask(t, func() (reminder.Budget, error) { return s.Budget(ctx, "b77") }); b.Version != 1 || !b.ExpiresAt.Equal(moment(77)) {
		t.Errorf("budget %+v", b)
	}
	refused(t, "put an old budget", s.PutBudget(ctx, reminder.Budget{Person: "none", Version: 3}), fault.Conflict, "changed_meanwhile")
	var want []string
	for n := 2*many - 20 + 7; n > 0; n -= 20 {
		want = append(want, fmt.Sprintf("x%03d", n))
	}
	list := func() []string {
		t.Helper()
		xs := ask(t, func() ([]reminder.Subscription, error) { return s.Subscriptions(ctx, "p7") })
		return keys(xs, func(x reminder.Subscription) string { return x.ID })
	}
	same(t, "seen last first", list(), want)
	for _, tt := range []struct {
		p    people.ID
		id   string
		want bool
	}{{"p8", want[1], false}, {"p7", want[1], true}, {"p7", want[1], false}, {"p7", "none", false}} {
		if there, err := s.DeleteSubscription(ctx, tt.p, tt.id); err != nil || there != tt.want {
			t.Errorf("%s deletes %s: %v, %v; want %v", tt.p, tt.id, there, err, tt.want)
		}
	}
	same(t, "after one went", list(), slices.Delete(want, 1, 2))
}
