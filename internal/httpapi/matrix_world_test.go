package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"hocso/content"
	"hocso/internal/campaign"
	"hocso/internal/course"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/path"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

const (
	quizCourse = course.ID("phishing-basics") // came with the program
	draftOf    = course.ID("draft-of-trainer")
	draftOfA   = course.ID("draft-of-a")
	dues       = "2026-03-13"
)

// kind is one kind of actor: a person signed in, or somebody who is not any more.
type kind struct {
	name   string
	unit   people.UnitID // where they work
	grants []people.Grant
	sees   []people.UnitID // whose people and campaigns they may see besides themselves; "*": everybody
	out    bool            // nothing of theirs opens anything

	id            people.ID
	token, cookie string
	enrolment     learning.EnrolmentID
	attempt       string
}

// kinds lists every kind of actor. Heads and what ended are set up by newWorld.
func kinds() []*kind {
	all, a, b := []people.UnitID{"*"}, []people.UnitID{"a", "a1", "a9"}, []people.UnitID{"b"}
	grant := func(r people.Role, u people.UnitID) []people.Grant { return []people.Grant{{Role: r, Unit: u}} }
	return []*kind{
		{name: "none", out: true},
		{name: "ended", unit: "a", grants: grant(people.Administrator, ""), out: true},
		{name: "disabled", unit: "a", grants: grant(people.Administrator, ""), out: true},
		{name: "left", unit: "a", grants: grant(people.Administrator, ""), out: true},
		{name: "learner", unit: "a1"},
		{name: "trainer", unit: "b", grants: grant(people.Trainer, "")},
		{name: "otherTrainer", unit: "a", grants: grant(people.Trainer, "")},
		{name: "trainerA", unit: "a", grants: grant(people.Trainer, "a")},
		{name: "headA", unit: "a", sees: a},
		{name: "headB", unit: "b", sees: b},
		{name: "headTop", unit: "bo", sees: all},
		{name: "former", unit: "a"},
		{name: "admin", unit: "bo", grants: grant(people.Administrator, ""), sees: all},
		{name: "adminA", unit: "a", grants: grant(people.Administrator, "a"), sees: a},
		{name: "adminB", unit: "b", grants: grant(people.Administrator, "b"), sees: b},
		{name: "auditor", unit: "b", grants: grant(people.Auditor, ""), sees: all},
		{name: "auditorA", unit: "a", grants: grant(people.Auditor, "a"), sees: a},
		{name: "security", unit: "bo", grants: grant(people.SecurityOfficer, "")},
	}
}

// within reports whether k may see people of unit, and campaigns for it.
func (k *kind) within(unit people.UnitID) bool {
	return slices.Contains(k.sees, "*") || slices.Contains(k.sees, unit)
}

// exercises reports whether k runs exercises with everybody: names are seen for it, and no more.
func (k *kind) exercises() bool { return k.name == "security" }

// planted is a text that only some may find in an answer.
type planted struct {
	text string
	seen func(k *kind) bool
}

// world is the ministry with every kind of actor in it, and with something of
// everything that a route could be asked about.
type world struct {
	*office
	kinds     []*kind
	by        map[string]*kind
	person    map[string]people.ID // those who never sign in: xa (a1), xb (b), chief (a, auditor of everything), moved (a1, then b)
	victim    *kind                // a learner of b whose own things nobody else may touch
	campaigns map[string]campaign.ID
	victimKey string
	planted   []planted
	n         int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{office: newOffice(t), kinds: kinds(), by: map[string]*kind{}, person: map[string]people.ID{}, campaigns: map[string]campaign.ID{}}
	ctx := t.Context()
	w.unit("a9", "a")
	for _, u := range []people.UnitID{"a1", "b"} {
		w.plant("Đơn vị "+string(u)+`"`, func(k *kind) bool { return k.unit == u || k.within(u) || k.exercises() })
	}
	courses, _ := course.ReadFolder(content.Files())
	_, err := w.Courses.PublishFolder(ctx, courses)
	w.must(err)
	paths, _ := path.ReadFolder(content.Files(), func(course.ID) bool { return true })
	_, err = w.Paths.PublishFolder(ctx, paths)
	w.must(err)
	drills, _ := drill.ReadFolder(content.Files())
	_, err = w.Drills.Publish(ctx, drills)
	w.must(err)
	w.person["xa"] = w.someone("xa", "a1")
	w.person["xb"] = w.someone("xb", "b")
	w.person["moved"] = w.someone("moved", "a1")
	w.person["chief"] = w.someone("chief", "a", people.Grant{Role: people.Auditor})
	w.victim = &kind{name: "victim", unit: "b"}
	for _, k := range append(slices.Clone(w.kinds[1:]), w.victim) {
		k.id = w.someone(k.name, k.unit, k.grants...)
	}
	for _, k := range w.kinds {
		w.by[k.name] = k
	}
	w.lead("a", people.Headship{Person: w.by["headA"].id, From: "2026-01-01"}, people.Headship{Person: w.by["former"].id, From: "2025-01-01", To: "2025-12-31"})
	w.lead("b", people.Headship{Person: w.by["headB"].id, From: "2026-01-01"})
	w.lead("bo", people.Headship{Person: w.by["headTop"].id, From: "2026-01-01"})
	for _, k := range append(slices.Clone(w.kinds[1:]), w.victim) {
		w.settleIn(k)
	}
	w.campaigns["a"] = w.campaign("chien-dich-cua-a", "a")
	w.campaigns["b"] = w.campaign("chien-dich-cua-b", "b")
	w.campaigns["all"] = w.campaign("chien-dich-chung")
	w.move("moved", "b")
	for id, k := range map[course.ID]*kind{draftOf: w.by["trainer"], draftOfA: w.by["trainerA"]} {
		title := "Nháp-" + string(id)
		_, err := w.Courses.Create(ctx, w.actor(k), id, course.Text{Vi: title, En: title})
		w.must(err)
		w.plant(title, func(x *kind) bool { return x == k })
		title = "Lộ-trình-nháp-" + string(id)
		_, err = w.Paths.Create(ctx, w.actor(k), path.ID(id), people.Text{Vi: title, En: title})
		w.must(err)
		w.plant(title, func(x *kind) bool { return x == k })
	}
	w.passkey()
	w.must(w.Reports.Build(ctx))
	w.end()
	return w
}

// end takes their access from those who had it once.
func (w *world) end() {
	ended := w.by["ended"]
	w.ask(ended.token, "DELETE", "/me/sessions/"+w.actor(ended).Session, nil).want(w.t, 204, "", "x")
	_, err := w.People.Disable(context.Background(), people.Console(), w.by["disabled"].id)
	w.must(err)
	w.must(left(w, w.by["left"].id))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) plant(text string, seen func(*kind) bool) {
	w.planted = append(w.planted, planted{text, seen})
}

// mark is the part of a person's name that is nobody else's.
func mark(name string) string { return "Dấu-" + name + "-Hết" }

// address is a person's address, which no other ends with.
func address(name string) string { return "x." + strings.ToLower(name) + "@dau.bo.vn" }

// someone adds a person whose name and address are planted.
func (w *world) someone(name string, unit people.UnitID, grants ...people.Grant) people.ID {
	w.t.Helper()
	p := w.add(mark(name), address(name), unit, grants...)
	seen := func(k *kind) bool {
		now, err := w.People.Person(context.Background(), p.ID)
		w.must(err)
		return k.id == p.ID || k.within(now.Unit)
	}
	// Everybody knows the name, and no more, of who answers for their own unit.
	leads := map[string][]people.UnitID{"headA": {"a", "a1", "a9"}, "headB": {"b"}, "headTop": {"bo"}}
	w.plant(p.Name, func(k *kind) bool { return seen(k) || k.exercises() || slices.Contains(leads[name], k.unit) })
	w.plant(p.Email, seen)
	return p.ID
}

// settleIn signs k in and gives them a device, an enrolment and an attempt.
func (w *world) settleIn(k *kind) {
	w.t.Helper()
	device := "Máy-" + k.name + "-Hết"
	w.plant(device, func(x *kind) bool {
		return x == k || x.within(k.unit) && strings.HasPrefix(x.name, "admin") // who manages the person sees where they are signed in
	})
	a := w.do(call{method: "POST", path: "/api/v1/auth/sign-in", body: map[string]any{"email": address(k.name), "password": password, "device": device}})
	k.token, k.cookie = decode[sessionAnswer](w.t, a).AccessToken, cookieOf(a)
	w.ask(k.token, "POST", "/me/subscriptions", w.device(device)).want(w.t, 201, "", "")
	e := w.ask(k.token, "POST", "/enrolments", map[string]any{"courseId": quizCourse})
	e.want(w.t, 201, "", "")
	k.enrolment = decode[enrolmentView](w.t, e).ID
	k.attempt = uuid.NewString()
	out := k.out
	k.out = false // not yet
	body := w.submission(k, k.enrolment)
	k.out = out
	w.ask(k.token, "POST", "/attempts/"+k.attempt+"/submission", body).want(w.t, 200, "", "")
}

// device is a subscription of a device that was not there before.
func (w *world) device(name string) map[string]any {
	w.t.Helper()
	d, err := w.stub.Subscribe(w.push.Public)
	w.must(err)
	return map[string]any{"endpoint": d.Endpoint, "keys": map[string]any{"p256dh": d.P256dh, "auth": d.Auth}, "device": name}
}

// devices are the ids of the devices of k.
func (w *world) devices(k *kind) (ids []string) {
	w.t.Helper()
	ds, err := w.Reminders.Devices(context.Background(), people.Actor{ID: k.id})
	w.must(err)
	for _, d := range ds {
		ids = append(ids, d.ID)
	}
	return ids
}

// submission answers nothing, with k's own ticket, in the name of enrolment e.
func (w *world) submission(k *kind, e learning.EnrolmentID) map[string]any {
	w.t.Helper()
	ticket := "x"
	if k.token != "" && !k.out {
		p, err := w.Learning.StartQuiz(context.Background(), people.Actor{ID: k.id}, k.enrolment, w.quiz())
		w.must(err)
		ticket = p.Ticket
	}
	at := w.clock.Now()
	return map[string]any{"enrolment": e, "quiz": w.quiz(), "ticket": ticket, "startedAt": at, "finishedAt": at, "answers": []any{}}
}

// quiz and lesson are the first of the course.
func (w *world) quiz() string   { return w.content().Quizzes[0].ID }
func (w *world) lesson() string { return w.content().Lessons[0].ID }

func (w *world) content() course.Content {
	w.t.Helper()
	p, err := w.Courses.Latest(context.Background(), quizCourse)
	w.must(err)
	return p.Version.Content
}

// actor is k as the services see them, while their token is good.
func (w *world) actor(k *kind) people.Actor {
	w.t.Helper()
	a, err := w.Auth.Authenticate(context.Background(), k.token)
	w.must(err)
	return a
}

func (w *world) lead(unit people.UnitID, heads ...people.Headship) {
	w.t.Helper()
	_, err := w.People.SetHeads(context.Background(), people.Console(), unit, heads)
	w.must(err)
}

func (w *world) move(name string, unit people.UnitID) {
	w.t.Helper()
	_, err := w.People.Change(context.Background(), people.Console(), w.person[name], people.Change{Unit: &unit})
	w.must(err)
}

// campaign starts one for units, or for everybody.
func (w *world) campaign(name string, units ...people.UnitID) campaign.ID {
	w.t.Helper()
	c := begin(w.t, w.Campaigns, w.draftCampaign(name, units...))
	w.plant(name, func(k *kind) bool {
		audience := len(units) == 0 || slices.Contains(units, k.unit) || slices.Contains(units, "a") && k.unit == "a1"
		return audience || len(units) > 0 && k.within(units[0])
	})
	return c.ID
}

// draftCampaign makes the draft of one.
func (w *world) draftCampaign(name string, units ...people.UnitID) campaign.ID {
	w.t.Helper()
	return draftCampaign(w.t, w.Campaigns, campaign.Plan{
		Name: people.Text{Vi: name, En: name}, Audience: campaign.Audience{Units: units},
		Items: []campaign.Item{{Kind: campaign.Course, ID: "phishing", Required: true}}, DueOn: dues, Targets: campaign.Targets{Completion: 77},
	}).ID
}

// fresh is a number that was not used before.
func (w *world) fresh() int {
	w.n++
	return w.n
}

// freshName is a name, and a good id, that was not used before and that no other begins with.
func (w *world) freshName() string { return fmt.Sprintf("moi-%04d", w.fresh()) }

// newest is the device of k that was seen last.
func (w *world) newest(k *kind) string { return w.devices(k)[0] }

// passkey is the id of a passkey of the victim's, who has one from then on.
func (w *world) passkey() string {
	w.t.Helper()
	if w.victimKey == "" {
		a := newAuthenticator(w.t)
		w.register(w.victim.token, a, "Máy của nạn nhân").want(w.t, 201, "", "")
		w.victimKey = b64(a.id)
		w.plant("Máy của nạn nhân", func(*kind) bool { return false })
	}
	return w.victimKey
}

// reminded gives a person a reminder that went out, and returns its token.
func (w *world) reminded(p people.ID) string {
	w.t.Helper()
	token := w.freshName()
	_, err := w.db.Reminders().InsertDeliveries(context.Background(), []reminder.Delivery{{
		ID: token, Token: token, Person: p, Channel: reminder.Push, State: reminder.Sent, ExpiresAt: w.clock.Now().AddDate(1, 0, 0),
	}})
	w.must(err)
	return token
}
