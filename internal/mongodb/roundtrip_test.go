package mongodb_test

import (
	"context"
	"testing"
	"time"

	"hocso/internal/auth"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/mongodb/mongodbtest"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// Every aggregate comes back as it was stored, to the millisecond: full, replaced
// by another full one, and with nothing in it.

func TestRoundTripAuth(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Auth()

	want := filled[auth.Session](0)
	must(t, s.InsertSession(ctx, want))
	read := func() (auth.Session, error) { return s.Session(ctx, want.ID) }
	same(t, "session", ask(t, read), want)
	want = filled[auth.Session](100)
	want.EndedAt = nil
	must(t, s.InsertSession(ctx, want))
	next := filled[auth.Session](200)
	next.ID, next.Previous = want.ID, want.Current
	if ok, err := s.RotateSession(ctx, next); err != nil || !ok {
		t.Errorf("rotate: %v, %v", ok, err)
	}
	want.Current, want.Previous, want.Successor = next.Current, next.Previous, next.Successor
	want.RotatedAt, want.LastSeenAt, want.ExpiresAt = next.RotatedAt, next.LastSeenAt, next.ExpiresAt
	same(t, "session after rotation", ask(t, read), want) // its person, epoch, device and beginning stay
	end := moment(7)
	must(t, s.EndSession(ctx, want.ID, end))
	want.EndedAt = &end
	same(t, "session after its end", ask(t, read), want)
	must(t, s.InsertSession(ctx, auth.Session{}))
	bare(t, "session", ask(t, func() (auth.Session, error) { return s.Session(ctx, "") }))

	i := filled[auth.Invitation](0)
	must(t, s.InsertInvitation(ctx, i))
	same(t, "invitation", ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, i.Hash) }), i)
	i.Hash, i.UsedAt = "unused", nil
	must(t, s.InsertInvitation(ctx, i))
	used := moment(9)
	if ok, err := s.UseInvitation(ctx, i.Hash, used); err != nil || !ok {
		t.Errorf("use: %v, %v", ok, err)
	}
	i.UsedAt = &used
	same(t, "invitation after its use", ask(t, func() (auth.Invitation, error) { return s.Invitation(ctx, i.Hash) }), i)

	for name, value := range map[string][]byte{"short": {0}, "long": make([]byte, 4096), "text": []byte("được\x00\xff")} {
		must(t, s.InsertSecret(ctx, name, value))
		same(t, "secret", ask(t, func() ([]byte, error) { return s.Secret(ctx, name) }), value)
	}
}

func TestRoundTripPeople(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).People()
	person := func(n int) people.Person {
		p := filled[people.Person](n)
		p.ID, p.FoldedName, p.SearchKeys = "lan", people.Fold(p.Name), people.SearchKeys(p.Name, p.Email)
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

func TestRoundTripCourse(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Courses()
	read := func() (course.Course, error) { return s.Course(ctx, "basics") }
	want := filled[course.Course](0)
	want.ID = "basics"
	must(t, s.InsertCourse(ctx, want))
	same(t, "course", ask(t, read), want)
	settled, version := want.Settled, want.Version
	want = filled[course.Course](1000)
	want.ID, want.Version = "basics", version
	must(t, s.ReplaceCourse(ctx, want))
	want.Version, want.Settled = version+1, settled // no change of a course: SettleCourse alone writes it
	same(t, "course replaced", ask(t, read), want)
	must(t, s.SettleCourse(ctx, "basics", settled+5))
	want.Settled = settled + 5
	same(t, "course settled", ask(t, read), want)
	must(t, s.ReplaceCourse(ctx, course.Course{ID: "basics", Version: version + 1}))
	empty := ask(t, read)
	bare(t, "course", empty)
	bare(t, "draft", empty.Draft)
	empty.Draft = course.Content{}
	same(t, "course emptied", empty, course.Course{ID: "basics", Version: version + 2, Settled: settled + 5})

	v := filled[course.Version](0)
	v.ID, v.Course, v.N = "basics@7", "basics", 7
	must(t, s.InsertVersion(ctx, v))
	same(t, "version", ask(t, func() (course.Version, error) { return s.Version(ctx, "basics", 7) }), v)
	v.Content = course.Content{}
	same(t, "versions without content", ask(t, func() ([]course.Version, error) { return s.Versions(ctx, "basics") }), []course.Version{v})
}

func TestRoundTripLearning(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Learning()
	const id = "basics:lan:1"
	read := func() (learning.Enrolment, error) { return s.Enrolment(ctx, id) }
	want := filled[learning.Enrolment](0)
	want.ID = id
	inserted := ask(t, func() ([]learning.EnrolmentID, error) { return s.InsertEnrolments(ctx, []learning.Enrolment{want}) })
	same(t, "inserted", inserted, []learning.EnrolmentID{id})
	same(t, "enrolment", ask(t, read), want)
	version := want.Version
	want = filled[learning.Enrolment](1000)
	want.ID, want.Version = id, version
	must(t, s.ReplaceEnrolment(ctx, want))
	want.Version++
	same(t, "enrolment replaced", ask(t, read), want)
	must(t, s.ReplaceEnrolment(ctx, learning.Enrolment{ID: id, Version: version + 1}))
	same(t, "enrolment emptied", ask(t, read), learning.Enrolment{
		ID: id, Campaigns: []string{}, Lessons: map[string]learning.Progress{}, Quizzes: map[string]learning.QuizState{}, Version: version + 2,
	})

	a := filled[learning.Attempt](0)
	must(t, s.InsertAttempt(ctx, a))
	same(t, "attempt", ask(t, func() (learning.Attempt, error) { return s.Attempt(ctx, a.ID) }), a)
	must(t, s.InsertAttempt(ctx, learning.Attempt{ID: "empty"}))
	bare(t, "attempt", ask(t, func() (learning.Attempt, error) { return s.Attempt(ctx, "empty") }))

	r := filled[learning.Rating](0)
	must(t, s.PutRating(ctx, r))
	ratings := func() ([]learning.Rating, error) { return s.Ratings(ctx, []learning.EnrolmentID{r.ID}) }
	same(t, "rating", ask(t, ratings), []learning.Rating{r})
	r = learning.Rating{ID: r.ID, Stars: 1}
	must(t, s.PutRating(ctx, r))
	same(t, "rating replaced", ask(t, ratings), []learning.Rating{r})

	op := filled[learning.Op](0)
	must(t, s.InsertOps(ctx, []learning.Op{op}))
	same(t, "op", ask(t, func() (map[string]learning.Op, error) { return s.Ops(ctx, []string{op.ID}) }), map[string]learning.Op{op.ID: op})
}

func TestRoundTripDrill(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Drills()
	tpl := filled[drill.Template](0)
	must(t, s.InsertTemplate(ctx, tpl))
	same(t, "template", ask(t, func() ([]drill.Template, error) { return s.Templates(ctx) }), []drill.Template{tpl})
	k := filled[drill.Key](0)
	must(t, s.InsertKey(ctx, k))
	same(t, "key", ask(t, func() (drill.Key, error) { return s.Key(ctx, k.ID) }), k)

	read := func() ([]drill.Run, error) { return s.Runs(ctx, []string{"r"}) }
	r := filled[drill.Run](0)
	r.ID = "r"
	must(t, s.InsertRun(ctx, r))
	same(t, "run", ask(t, read), []drill.Run{r})
	version := r.Version
	r = filled[drill.Run](100)
	r.ID, r.Version = "r", version
	must(t, s.ReplaceRun(ctx, r))
	r.Version++
	same(t, "run replaced", ask(t, read), []drill.Run{r})
	must(t, s.ReplaceRun(ctx, drill.Run{ID: "r", Version: r.Version, ExpiresAt: moment(0)}))
	same(t, "run emptied", ask(t, read), []drill.Run{{ID: "r", Answers: map[string]drill.Choice{}, ExpiresAt: moment(0), Version: r.Version + 1}})
}

func TestRoundTripCampaign(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Campaigns()
	read := func() (campaign.Campaign, error) { return s.Campaign(ctx, "c") }
	want := filled[campaign.Campaign](0)
	want.ID = "c"
	must(t, s.InsertCampaign(ctx, want))
	same(t, "campaign", ask(t, read), want)
	clock := want
	want = filled[campaign.Campaign](1000)
	want.ID, want.Version = "c", clock.Version
	must(t, s.ReplaceCampaign(ctx, want))
	want.Version++
	want.CreatedAt, want.AdvancedTo, want.LeaseUntil = clock.CreatedAt, clock.AdvancedTo, clock.LeaseUntil // not for ReplaceCampaign to write
	same(t, "campaign replaced", ask(t, read), want)
	must(t, s.ReplaceCampaign(ctx, campaign.Campaign{ID: "c", Version: want.Version}))
	same(t, "campaign emptied", ask(t, read), campaign.Campaign{
		ID: "c", Audience: campaign.Audience{Units: []people.UnitID{}}, Items: []campaign.Item{}, Log: []campaign.Step{},
		CreatedAt: clock.CreatedAt, AdvancedTo: clock.AdvancedTo, LeaseUntil: clock.LeaseUntil, Version: want.Version + 1,
	})
}

func TestRoundTripReminder(t *testing.T) {
	ctx, s := t.Context(), mongodbtest.New(t).Reminders()
	read := func() ([]reminder.Delivery, error) { return s.Deliveries(ctx, []string{"d"}) }
	d := filled[reminder.Delivery](0)
	d.ID, d.State = "d", reminder.Waiting
	_, err := s.InsertDeliveries(ctx, []reminder.Delivery{d})
	must(t, err)
	same(t, "delivery", ask(t, read), []reminder.Delivery{d})
	settled := filled[reminder.Delivery](100)
	settled.ID, settled.Fence = "d", d.Fence
	must(t, s.SettleDelivery(ctx, settled))
	d.State, d.Reason, d.Tries, d.SettledAt = settled.State, settled.Reason, settled.Tries, settled.SettledAt
	d.NotBefore, d.LeaseUntil = settled.NotBefore, settled.LeaseUntil
	same(t, "delivery settled", ask(t, read), []reminder.Delivery{d}) // who, what and whether it was opened stay

	b := filled[reminder.Budget](0)
	b.Person, b.Version = "lan", 0
	budget := func() (reminder.Budget, error) { return s.Budget(ctx, "lan") }
	same(t, "no budget", ask(t, budget), reminder.Budget{Person: "lan"})
	must(t, s.PutBudget(ctx, b))
	b.Version = 1
	same(t, "budget", ask(t, budget), b)
	b = filled[reminder.Budget](100)
	b.Person, b.Version = "lan", 1
	must(t, s.PutBudget(ctx, b))
	b.Version = 2
	same(t, "budget replaced", ask(t, budget), b)

	x := filled[reminder.Subscription](0)
	x.ID, x.Person = "x", "lan"
	subscriptions := func(p people.ID) func() ([]reminder.Subscription, error) {
		return func() ([]reminder.Subscription, error) { return s.Subscriptions(ctx, p) }
	}
	must(t, s.PutSubscription(ctx, x))
	same(t, "subscription", ask(t, subscriptions("lan")), []reminder.Subscription{x})
	created := x.CreatedAt
	x = filled[reminder.Subscription](100)
	x.ID, x.Person = "x", "mai" // the device changes hands
	must(t, s.PutSubscription(ctx, x))
	x.CreatedAt = created
	same(t, "subscription put again", ask(t, subscriptions("mai")), []reminder.Subscription{x})
	if left := ask(t, subscriptions("lan")); len(left) != 0 {
		t.Errorf("it is still lan's: %+v", left)
	}
}

// A context that has ended ends the call: nothing is written, and the error says so.
func TestEndedContext(t *testing.T) {
	s := mongodbtest.New(t).Drills()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.InsertKey(ended, drill.Key{ID: "k", Secret: []byte("s")}); err == nil {
		t.Error("a key was inserted after the context had ended")
	}
	if _, err := s.Key(t.Context(), "k"); err == nil {
		t.Error("it is there all the same")
	}
}
