package mongodb_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/fault"
	"hocso/internal/learning"
	"hocso/internal/mongodb"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Every kind of write is raced by 16 callers, on every database: all trust rests on it.

// oneWins races the insertion of something with one id: one caller stores it, the
// others learn that it is there, and what is stored is the winner's.
func oneWins(t *testing.T, n int, code string, insert func(i int) error, stored func() (int, error)) {
	t.Helper()
	var mu sync.Mutex
	won := []int{}
	abreast(n, func(i int) {
		err := insert(i)
		if err == nil {
			mu.Lock()
			won = append(won, i)
			mu.Unlock()
			return
		}
		refused(t, "insert what is there", err, fault.Conflict, code)
	})
	if len(won) != 1 {
		t.Fatalf("%d inserted it, want 1", len(won))
	}
	if n := ask(t, stored); n != won[0] {
		t.Errorf("the one of %d is stored, want that of %d, who was told so", n, won[0])
	}
}

// versioned is one document that is replaced by its version.
type versioned[T any] struct {
	read    func(context.Context) (T, error)
	version func(T) int
	mark    func(v *T, mark string) // adds a mark, to be found again
	marks   func(T) []string
	replace func(context.Context, T) error
}

// raced has 16 callers change a document twice each, by reading it again whenever
// another was faster: every version is won once, and no change is lost. Then a
// caller with an old version, or of a document that is not there, is refused.
func (d versioned[T]) raced(t *testing.T) {
	t.Helper()
	const rounds = 2
	ctx := t.Context()
	first := ask(t, func() (T, error) { return d.read(ctx) })
	var mu sync.Mutex
	won := map[int]int{}
	together(func(i int) {
		for round := range rounds {
			for {
				v, err := d.read(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				d.mark(&v, fmt.Sprintf("m%d-%d", i, round))
				err = d.replace(ctx, v)
				if err == nil {
					mu.Lock()
					won[d.version(v)]++
					mu.Unlock()
					break
				}
				if fault.KindOf(err) != fault.Conflict {
					t.Error(err)
					return
				}
			}
		}
	})
	const wins = racers * rounds
	if len(won) != wins {
		t.Errorf("%d versions were won, want %d", len(won), wins)
	}
	for version, n := range won {
		if n != 1 {
			t.Errorf("version %d was won %d times", version, n)
		}
	}
	last := ask(t, func() (T, error) { return d.read(ctx) })
	if got, want := d.version(last), d.version(first)+wins; got != want {
		t.Errorf("version %d, want %d", got, want)
	}
	marks := map[string]bool{}
	for _, m := range d.marks(last) {
		marks[m] = true
	}
	for i := range racers {
		for round := range rounds {
			if m := fmt.Sprintf("m%d-%d", i, round); !marks[m] {
				t.Errorf("the change %s is lost", m)
			}
		}
	}
	refused(t, "replace an old version", d.replace(ctx, first), fault.Conflict, "changed_meanwhile")
	same(t, "after a refused change", ask(t, func() (T, error) { return d.read(ctx) }), last)
}

// tally counts, for callers at once.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tally) add(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[key]++
}

// once checks that each of want was counted once, and nothing else.
func (c *tally) once(t *testing.T, what string, want []string) {
	t.Helper()
	for _, k := range want {
		if c.n[k] != 1 {
			t.Errorf("%s: %s %d times, want once", what, k, c.n[k])
		}
	}
	if len(c.n) != len(want) {
		t.Errorf("%s: %d different, want %d", what, len(c.n), len(want))
	}
}

// What has one id is stored once; the others learn that it is there.
func TestRaceInsert(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	l, c, d, p, a := db.Learning(), db.Courses(), db.Drills(), db.People(), db.Auth()
	number := func(s string, err error) (n int, _ error) {
		if err != nil {
			return 0, err
		}
		_, err = fmt.Sscanf(s, "n%d", &n)
		return n, err
	}
	name := func(i int) string { return fmt.Sprint("n", i) }
	for _, tt := range []struct {
		name, code string
		racers     int
		insert     func(i int) error
		stored     func() (int, error)
	}{
		{
			"attempt", "attempt_exists", racers,
			func(i int) error {
				return l.InsertAttempt(ctx, learning.Attempt{ID: "x", PayloadHash: name(i)})
			},
			func() (int, error) { x, err := l.Attempt(ctx, "x"); return number(x.PayloadHash, err) },
		},
		{
			"first factors", "changed_meanwhile", racers,
			func(i int) error {
				return a.ReplaceFactors(ctx, auth.Factors{Person: "first", Recovery: []string{name(i)}})
			},
			func() (int, error) { x, err := a.Factors(ctx, "first"); return number(x.Recovery[0], err) },
		},
		{
			"course", "course_exists", racers,
			func(i int) error { return c.InsertCourse(ctx, course.Course{ID: "x", Hash: name(i), Version: 1}) },
			func() (int, error) { x, err := c.Course(ctx, "x"); return number(x.Hash, err) },
		},
		{
			"version by its id", "version_exists", racers,
			func(i int) error {
				return c.InsertVersion(ctx, course.Version{ID: "x@1", Course: "x", N: 1, Hash: name(i)})
			},
			func() (int, error) { x, err := c.Version(ctx, "x", 1); return number(x.Hash, err) },
		},
		{
			"version by its number", "version_exists", rivals(), // another id does not let two versions have one number
			func(i int) error {
				return c.InsertVersion(ctx, course.Version{ID: name(i), Course: "x", N: 2, Hash: name(i)})
			},
			func() (int, error) { x, err := c.Version(ctx, "x", 2); return number(x.ID, err) },
		},
		{
			"drill", "drill_exists", racers,
			func(i int) error {
				return d.InsertTemplate(ctx, drill.Template{Key: "x@1", ID: "x", N: 1, Hash: name(i)})
			},
			func() (int, error) { x, err := d.Templates(ctx); return number(x[0].Hash, err) },
		},
		{
			"drill key", "drill_key_exists", racers,
			func(i int) error { return d.InsertKey(ctx, drill.Key{ID: "x", Secret: []byte(name(i))}) },
			func() (int, error) { x, err := d.Key(ctx, "x"); return number(string(x.Secret), err) },
		},
		{
			"drill run", "drill_run_exists", racers,
			func(i int) error {
				return d.InsertRun(ctx, drill.Run{ID: "x", Drill: drill.ID(name(i)), ExpiresAt: moment(0)})
			},
			func() (int, error) { x, err := d.Runs(ctx, []string{"x"}); return number(string(x[0].Drill), err) },
		},
		{
			"unit", "unit_taken", racers,
			func(i int) error { return p.InsertUnits(ctx, []people.Unit{{ID: "x", Name: people.Text{Vi: name(i)}}}) },
			func() (int, error) { x, err := p.Units(ctx); return number(x[0].Name.Vi, err) },
		},
		{
			"address", "email_taken", rivals(),
			func(i int) error {
				return p.InsertPeople(ctx, []people.Person{{ID: people.ID(name(i)), Email: "x@bo.vn"}})
			},
			func() (int, error) {
				x, err := p.PeopleByEmail(ctx, []string{"x@bo.vn"})
				return number(string(x[0].ID), err)
			},
		},
		{
			"secret", "secret_taken", racers,
			func(i int) error { return a.InsertSecret(ctx, "x", []byte(name(i))) },
			func() (int, error) { x, err := a.Secret(ctx, "x"); return number(string(x), err) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) { oneWins(t, tt.racers, tt.code, tt.insert, tt.stored) })
	}
	insertedOnce(t, db)
}

// insertedOnce races lists that overlap: everything in them is stored once, and
// told to one caller as new.
func insertedOnce(t *testing.T, db *mongodb.DB) {
	ctx, l, r := t.Context(), db.Learning(), db.Reminders()
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("d%02d", i))
	}
	t.Run("enrolments", func(t *testing.T) {
		var new tally
		together(func(i int) {
			var es []learning.Enrolment
			for j := range 40 {
				es = append(es, learning.Enrolment{ID: learning.EnrolmentID(want[(j+i*7)%40]), Person: people.ID(fmt.Sprint(i))})
			}
			ids, err := l.InsertEnrolments(ctx, es)
			if err != nil {
				t.Error(err)
			}
			for _, id := range ids {
				e, err := l.Enrolment(ctx, id)
				if err != nil || e.Person != people.ID(fmt.Sprint(i)) {
					t.Errorf("%s is told to %d as new, but is of %s, %v", id, i, e.Person, err)
				}
				new.add(string(id))
			}
		})
		new.once(t, "told as new", want)
	})
	t.Run("deliveries", func(t *testing.T) {
		var new tally
		together(func(i int) {
			var ds []reminder.Delivery
			for j := range 40 {
				ds = append(ds, reminder.Delivery{ID: want[(j+i*7)%40], ExpiresAt: moment(0)})
			}
			ids, err := r.InsertDeliveries(ctx, ds)
			if err != nil {
				t.Error(err)
			}
			for _, id := range ids {
				new.add(id)
			}
		})
		new.once(t, "told as new", want)
	})
	t.Run("ops", func(t *testing.T) { // nobody is told; who comes later reads what the first said
		firsts := make([]map[string]learning.Op, racers)
		together(func(i int) {
			var ops []learning.Op
			for j := range 40 {
				ops = append(ops, learning.Op{ID: want[(j+i*7)%40], Hash: fmt.Sprint("h", i), ExpiresAt: moment(0)})
			}
			if err := l.InsertOps(ctx, ops); err != nil {
				t.Error(err)
			}
			got, err := l.Ops(ctx, want)
			if err != nil || len(got) != 40 {
				t.Errorf("%d ops after inserting 40, %v", len(got), err)
			}
			firsts[i] = got
		})
		for i := range firsts {
			same(t, "what another read", firsts[i], firsts[0])
		}
	})
}

// A document is replaced by its version: one winner for each, and no change is lost.
func TestRaceReplace(t *testing.T) {
	db := mongodbtest.New(t)
	l, c, d, p, k, r, a := db.Learning(), db.Courses(), db.Drills(), db.People(), db.Campaigns(), db.Reminders(), db.Auth()
	t.Run("person", func(t *testing.T) {
		must(t, p.InsertPeople(t.Context(), []people.Person{{ID: "x", Email: "x@bo.vn", Version: 1}}))
		versioned[people.Person]{
			read:    func(ctx context.Context) (people.Person, error) { return p.Person(ctx, "x") },
			version: func(v people.Person) int { return v.Version },
			mark:    func(v *people.Person, m string) { v.Grants = append(v.Grants, people.Grant{Role: people.Role(m)}) },
			marks: func(v people.Person) []string {
				return keys(v.Grants, func(g people.Grant) people.Role { return g.Role })
			},
			replace: func(ctx context.Context, v people.Person) error { return p.ReplacePeople(ctx, []people.Person{v}) },
		}.raced(t)
		refused(t, "replace nobody", p.ReplacePeople(t.Context(), []people.Person{{ID: "none", Version: 1}}), fault.Conflict, "changed_meanwhile")
	})
	t.Run("factors", func(t *testing.T) {
		must(t, a.ReplaceFactors(t.Context(), auth.Factors{Person: "x"}))
		versioned[auth.Factors]{
			read:    func(ctx context.Context) (auth.Factors, error) { return a.Factors(ctx, "x") },
			version: func(v auth.Factors) int { return v.Version },
			mark:    func(v *auth.Factors, m string) { v.Recovery = append(v.Recovery, m) },
			marks:   func(v auth.Factors) []string { return v.Recovery },
			replace: a.ReplaceFactors,
		}.raced(t)
	})
	t.Run("unit", func(t *testing.T) {
		must(t, p.InsertUnits(t.Context(), []people.Unit{{ID: "x", Version: 1}}))
		versioned[people.Unit]{
			read: func(ctx context.Context) (people.Unit, error) {
				us, err := p.Units(ctx)
				return us[0], err
			},
			version: func(v people.Unit) int { return v.Version },
			mark:    func(v *people.Unit, m string) { v.Path = append(v.Path, people.UnitID(m)) },
			marks:   func(v people.Unit) []string { return keys(v.Path, func(u people.UnitID) people.UnitID { return u }) },
			replace: func(ctx context.Context, v people.Unit) error { return p.ReplaceUnits(ctx, []people.Unit{v}) },
		}.raced(t)
	})
	t.Run("course", func(t *testing.T) {
		must(t, c.InsertCourse(t.Context(), course.Course{ID: "x", Version: 1}))
		versioned[course.Course]{
			read:    func(ctx context.Context) (course.Course, error) { return c.Course(ctx, "x") },
			version: func(v course.Course) int { return v.Version },
			mark:    func(v *course.Course, m string) { v.Draft.Competences = append(v.Draft.Competences, m) },
			marks:   func(v course.Course) []string { return v.Draft.Competences },
			replace: c.ReplaceCourse,
		}.raced(t)
	})
	t.Run("enrolment", func(t *testing.T) {
		_, err := l.InsertEnrolments(t.Context(), []learning.Enrolment{{ID: "x", Version: 1}})
		must(t, err)
		versioned[learning.Enrolment]{
			read:    func(ctx context.Context) (learning.Enrolment, error) { return l.Enrolment(ctx, "x") },
			version: func(v learning.Enrolment) int { return v.Version },
			mark:    func(v *learning.Enrolment, m string) { v.Campaigns = append(v.Campaigns, m) },
			marks:   func(v learning.Enrolment) []string { return v.Campaigns },
			replace: l.ReplaceEnrolment,
		}.raced(t)
	})
	t.Run("drill run", func(t *testing.T) {
		must(t, d.InsertRun(t.Context(), drill.Run{ID: "x", Version: 1, ExpiresAt: moment(0)}))
		versioned[drill.Run]{
			read: func(ctx context.Context) (drill.Run, error) {
				rs, err := d.Runs(ctx, []string{"x"})
				return rs[0], err
			},
			version: func(v drill.Run) int { return v.Version },
			mark:    func(v *drill.Run, m string) { v.Answers[m] = drill.Keep },
			marks: func(v drill.Run) (ms []string) {
				for m := range v.Answers {
					ms = append(ms, m)
				}
				return ms
			},
			replace: d.ReplaceRun,
		}.raced(t)
	})
	t.Run("campaign", func(t *testing.T) {
		must(t, k.InsertCampaign(t.Context(), campaign.Campaign{ID: "x", Version: 1}))
		versioned[campaign.Campaign]{
			read:    func(ctx context.Context) (campaign.Campaign, error) { return k.Campaign(ctx, "x") },
			version: func(v campaign.Campaign) int { return v.Version },
			mark:    func(v *campaign.Campaign, m string) { v.Log = append(v.Log, campaign.Step{By: people.ID(m)}) },
			marks: func(v campaign.Campaign) []string {
				return keys(v.Log, func(s campaign.Step) people.ID { return s.By })
			},
			replace: k.ReplaceCampaign,
		}.raced(t)
	})
	t.Run("budget", func(t *testing.T) { // begins with none: sixteen insert the first version
		versioned[reminder.Budget]{
			read:    func(ctx context.Context) (reminder.Budget, error) { return r.Budget(ctx, "x") },
			version: func(v reminder.Budget) int { return v.Version },
			mark: func(v *reminder.Budget, m string) {
				v.Sends, v.ExpiresAt = append(v.Sends, reminder.Send{Delivery: m}), moment(0)
			},
			marks: func(v reminder.Budget) []string {
				return keys(v.Sends, func(s reminder.Send) string { return s.Delivery })
			},
			replace: r.PutBudget,
		}.raced(t)
	})
}

// What is written beside the version stays, however the document is replaced meanwhile.
func TestRaceBesideVersion(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	p, c, k := db.People(), db.Courses(), db.Campaigns()
	must(t, p.InsertPeople(ctx, []people.Person{{ID: "x", Email: "x@bo.vn"}}))
	must(t, c.InsertCourse(ctx, course.Course{ID: "x"}))
	must(t, k.InsertCampaign(ctx, campaign.Campaign{ID: "x"}))
	together(func(i int) {
		for n := range 4 {
			if i%2 == 0 { // one half moves them forward, in any order
				at := i*4 + n
				fine(t, p.Seen(ctx, "x", moment(at)))
				fine(t, c.SettleCourse(ctx, "x", at))
				fine(t, k.AdvanceCampaign(ctx, "x", moment(at)))
				continue
			}
			person, err := p.Person(ctx, "x") // the other half writes back what it read
			fine(t, err)
			one, err := c.Course(ctx, "x")
			fine(t, err)
			run, err := k.Campaign(ctx, "x")
			fine(t, err)
			for _, err := range []error{p.ReplacePeople(ctx, []people.Person{person}), c.ReplaceCourse(ctx, one), k.ReplaceCampaign(ctx, run)} {
				if err != nil && fault.KindOf(err) != fault.Conflict {
					t.Error(err)
				}
			}
		}
	})
	const last = (racers-2)*4 + 3
	person := ask(t, func() (people.Person, error) { return p.Person(ctx, "x") })
	if person.LastSeenAt == nil || !person.LastSeenAt.Equal(moment(last)) {
		t.Errorf("last seen %v, want %v", person.LastSeenAt, moment(last))
	}
	if one := ask(t, func() (course.Course, error) { return c.Course(ctx, "x") }); one.Settled != last {
		t.Errorf("settled %d, want %d", one.Settled, last)
	}
	if run := ask(t, func() (campaign.Campaign, error) { return k.Campaign(ctx, "x") }); !run.AdvancedTo.Equal(moment(last)) {
		t.Errorf("advanced to %v, want %v", run.AdvancedTo, moment(last))
	}
}

// What is put is there, whoever came first: nobody gets an error.
func TestRacePut(t *testing.T) {
	ctx, db := t.Context(), mongodbtest.New(t)
	l, r := db.Learning(), db.Reminders()
	for round := range 4 {
		id := fmt.Sprint("x", round)
		together(func(i int) {
			if err := l.PutRating(ctx, learning.Rating{ID: learning.EnrolmentID(id), Stars: 1 + i, Comment: fmt.Sprint(1 + i)}); err != nil {
				t.Errorf("put a rating: %v", err)
			}
			x := reminder.Subscription{ID: id, Person: people.ID(id), Device: fmt.Sprint(i), Session: fmt.Sprint(i), CreatedAt: moment(i), LastSeenAt: moment(i), ExpiresAt: moment(i)}
			if err := r.PutSubscription(ctx, x); err != nil {
				t.Errorf("put a subscription: %v", err)
			}
		})
		rs := ask(t, func() ([]learning.Rating, error) {
			return l.Ratings(ctx, []learning.EnrolmentID{learning.EnrolmentID(id)})
		})
		if len(rs) != 1 || rs[0].Comment != fmt.Sprint(rs[0].Stars) {
			t.Errorf("ratings %+v, want one, whole", rs)
		}
		xs := ask(t, func() ([]reminder.Subscription, error) { return r.Subscriptions(ctx, people.ID(id)) })
		if len(xs) != 1 || xs[0].Device != xs[0].Session {
			t.Errorf("subscriptions %+v, want one, whole", xs)
		}
	}
}
