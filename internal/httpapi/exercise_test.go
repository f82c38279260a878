package httpapi

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/content"
	"hocso/internal/campaign"
	"hocso/internal/exercise"
	"hocso/internal/people"
)

const table = exercise.ID("fake-portal") // of five injects

// exercises publishes what comes with the program.
func (o *office) exercises() {
	o.t.Helper()
	xs, problems := exercise.ReadFolder(content.Files())
	if len(problems) > 0 {
		o.t.Fatal(problems)
	}
	if _, err := o.Exercises.Publish(o.t.Context(), xs); err != nil {
		o.t.Fatal(err)
	}
}

// sittingPlanned is a request for a sitting of a1 and a, changed by f.
func (o *office) sittingPlanned(f func(map[string]any)) map[string]any {
	x := map[string]any{
		"exercise": string(table), "unit": "a", "on": "2026-03-02", "minutes": 90, "goal": "Cảnh báo nhanh", "scope": "Trang tin", "tools": "Một điện thoại", "limits": "Chỉ nói chuyện",
		"participants": []map[string]string{{"person": string(o.id["lan@bo.vn"]), "seat": "helpdesk"}, {"person": string(o.id["admin-a@bo.vn"]), "seat": "communication"}},
	}
	if f != nil {
		f(x)
	}
	return x
}

func TestSittingPlanIsRefused(t *testing.T) {
	o := newOffice(t)
	o.exercises()
	set := func(field string, value any) map[string]any {
		return o.sittingPlanned(func(x map[string]any) { x[field] = value })
	}
	seats := func(pairs ...string) map[string]any {
		list := []map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			id := string(o.id[pairs[i]])
			if id == "" {
				id = pairs[i]
			}
			list = append(list, map[string]string{"person": id, "seat": pairs[i+1]})
		}
		return set("participants", list)
	}
	many := []string{}
	for i := range 41 {
		many = append(many, fmt.Sprint("p", i), "head")
	}
	for _, tt := range []struct {
		name        string
		body        map[string]any
		field, code string
	}{
		{"unknown exercise", set("exercise", "none"), "exercise", "unknown"},
		{"unknown unit", set("unit", "none"), "unit", "unknown"},
		{"a unit out of scope", set("unit", "b"), "unit", "unknown"},
		{"no day", set("on", ""), "on", "required"},
		{"a day that is none", set("on", "2026-02-30"), "on", "date"},
		{"yesterday", set("on", "2026-03-01"), "on", "past"},
		{"too late", set("on", "2027-03-05"), "on", "too_late"},
		{"a minute", set("minutes", 14), "minutes", "out_of_range"},
		{"all day", set("minutes", 241), "minutes", "out_of_range"},
		{"no goal", set("goal", " "), "goal", "required"},
		{"a long goal", set("goal", strings.Repeat("ạ", 501)), "goal", "max"},
		{"a goal of two lines", set("goal", "a\nb"), "goal", "text"},
		{"no scope", set("scope", ""), "scope", "required"},
		{"no tools", set("tools", ""), "tools", "required"},
		{"no limits", set("limits", ""), "limits", "required"},
		{"nobody", seats(), "participants", "required"},
		{"a crowd", seats(many...), "participants", "max"},
		{"somebody else's people", seats("lan@bo.vn", "head", "binh@bo.vn", "legal"), "participants[1].person", "unknown"},
		{"nobody at all", seats(nowhere, "head"), "participants[0].person", "unknown"},
		{"twice", seats("lan@bo.vn", "head", "lan@bo.vn", "legal"), "participants[1].person", "duplicate"},
		{"a seat that is not there", seats("lan@bo.vn", "it"), "participants[0].seat", "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.ask(o.head, "POST", "/sittings", tt.body).want(t, 422, fmt.Sprintf(`"field":%q,"code":%q`, tt.field, tt.code), "")
		})
	}
	o.ask(o.head, "POST", "/sittings", set("colour", "red")).want(t, 400, `"field":"colour","code":"unknown_field"`, "")
	yesterday := "2026-03-01"
	if _, err := o.People.Change(t.Context(), people.Console(), o.id["lan@bo.vn"], people.Change{LeftOn: &yesterday}); err != nil {
		t.Fatal(err)
	}
	o.ask(o.head, "POST", "/sittings", o.sittingPlanned(nil)).want(t, 422, `"field":"participants[0].person","code":"unknown"`, "")
}

// A sitting from its plan to the last finding, with everything sent twice as a phone on a bad network does.
func TestSittingLife(t *testing.T) {
	o := newOffice(t)
	o.exercises()
	lan, admin := string(o.id["lan@bo.vn"]), string(o.id["admin-a@bo.vn"])
	a := o.ask(o.head, "POST", "/sittings", o.sittingPlanned(nil))
	a.want(t, 201, `"state":"planned"`, "device")
	x := decode[sittingView](t, a)
	path := "/sittings/" + string(x.ID)
	if x.Version != 1 || !x.MayRun || x.Names[o.id["lan@bo.vn"]] != "Nguyễn Thị Lan" || len(x.Content.Injects) != 5 {
		t.Fatalf("planned as %+v", x)
	}
	change := o.sittingPlanned(func(p map[string]any) { p["on"], p["version"] = "2026-03-04", 1 })
	o.ask(o.head, "PUT", path, change).want(t, 200, `"on":"2026-03-04"`, "")
	o.ask(o.head, "PUT", path, change).want(t, 409, "changed_meanwhile", "")
	o.ask(o.root, "GET", "/sittings", nil).want(t, 200, `"on":"2026-03-04","state":"planned","people":2,"open":0}`, "")
	o.ask(o.learner, "GET", "/me/sittings", nil).want(t, 200, `"seat":{"vi":"Trực hỗ trợ","en":"Help desk"},"absent":false,"findings":[]`, "Nguyễn")

	start := func(device string, absent ...string) map[string]any {
		return map[string]any{"device": device, "absent": append([]string{}, absent...), "takeOver": false}
	}
	put := func(n int, device, decision string, seconds int, met ...string) reply {
		return o.ask(o.head, "PUT", fmt.Sprintf("%s/turns/%d", path, n), map[string]any{"device": device, "decision": decision, "met": append([]string{}, met...), "seconds": seconds})
	}
	put(1, "phone", "x", 1).want(t, 409, "wrong_state", "")
	o.ask(o.head, "POST", path+"/start", start("phone", lan, admin)).want(t, 422, `"field":"absent","code":"nobody_present"`, "")
	o.ask(o.head, "POST", path+"/start", start("phone", nowhere)).want(t, 422, `"field":"absent","code":"unknown"`, "")
	o.ask(o.head, "POST", path+"/start", start("")).want(t, 422, `"field":"device","code":"required"`, "")
	for range 2 {
		o.ask(o.head, "POST", path+"/start", start("phone", admin)).want(t, 200, `"state":"running"`, `"phone"`)
	}
	o.ask(o.root, "POST", path+"/start", start("tablet")).want(t, 409, `"code":"running_elsewhere"`, "")
	put(1, "tablet", "x", 1).want(t, 409, "running_elsewhere", "")
	put(2, "phone", "x", 1).want(t, 422, `"field":"inject","code":"order"`, "")
	put(6, "phone", "x", 1).want(t, 422, `"field":"inject","code":"unknown"`, "")
	put(0, "phone", "x", 1).want(t, 422, `"field":"inject","code":"unknown"`, "")
	o.ask(o.head, "PUT", path+"/turns/one", map[string]any{"device": "phone"}).want(t, 422, `"field":"inject","code":"unknown"`, "")
	put(1, "phone", "", 1).want(t, 422, `"field":"decision","code":"required"`, "")
	put(1, "phone", strings.Repeat("ạ", 501), 1).want(t, 422, `"field":"decision","code":"max"`, "")
	put(1, "phone", "a\u0007b", 1).want(t, 422, `"field":"decision","code":"text"`, "")
	put(1, "phone", "x", 1, "bank", "none").want(t, 422, `"field":"met[1]","code":"unknown"`, "")
	for n := range 5 {
		met := map[int][]string{0: {"bank", "no-secrets"}, 2: {"short", "no-link"}}[n]
		for range 2 {
			put(n+1, "phone", fmt.Sprint("Quyết định ", n+1), 60*(n+1), met...).want(t, 200, fmt.Sprintf(`"decision":"Quyết định %d"`, n+1), "")
		}
		if n < 4 {
			o.ask(o.head, "POST", path+"/finish", map[string]any{"device": "phone", "absent": []string{}}).want(t, 422, `"field":"turns","code":"unfinished"`, "")
		}
	}
	o.ask(o.head, "POST", path+"/finish", map[string]any{"device": "phone", "absent": []string{lan, admin}}).want(t, 422, `"field":"absent","code":"nobody_present"`, "")
	for range 2 {
		o.ask(o.head, "POST", path+"/finish", map[string]any{"device": "phone", "absent": []string{admin}}).want(t, 200, `"state":"finished"`, "")
	}
	o.ask(o.head, "POST", path+"/cancel", nil).want(t, 409, "wrong_state", "")
	x = decode[sittingView](t, o.ask(o.head, "GET", path, nil))
	if r := x.Report; r.Met != 11 || r.Weight != 44 || r.Score != 0.25 || r.MedianSeconds != 180 || len(r.SeatsAbsent) != 3 || r.Steps[2].Decision != "Quyết định 3" {
		t.Errorf("report %+v", r)
	}
	// Who was there reads the report, without a name; who was not there does not.
	o.ask(o.learner, "GET", "/me/sittings", nil).want(t, 200, `"report":{"score":0.25,"met":11,"weight":44,`, "Nguyễn")
	o.ask(o.learner, "GET", "/me/data", nil).want(t, 200, `"sittings":[{"id":"`+string(x.ID)+`"`, "")
	o.ask(o.unitAdmin, "GET", "/me/sittings", nil).want(t, 200, `"absent":true,"findings":[]`, "report")
	o.ask(o.learner, "GET", path, nil).want(t, 403, "not_allowed", "Quyết định")

	// What is to improve.
	finding, version := uuid.NewString(), x.Version
	say := func(f func(map[string]any)) reply {
		body := map[string]any{"version": version, "what": "Lập danh bạ khẩn cấp", "owner": lan, "dueOn": "2026-04-01", "closed": false}
		if f != nil {
			f(body)
		}
		return o.ask(o.head, "PUT", path+"/findings/"+finding, body)
	}
	for field, code := range map[string]string{"what": "required", "owner": "required", "dueOn": "required"} {
		say(func(b map[string]any) { b[field] = "" }).want(t, 422, fmt.Sprintf(`"field":%q,"code":%q`, field, code), "")
	}
	say(func(b map[string]any) { b["what"] = "a\nb" }).want(t, 422, `"field":"what","code":"text"`, "")
	say(func(b map[string]any) { b["dueOn"] = "2026-03-01" }).want(t, 422, `"field":"dueOn","code":"past"`, "")
	say(func(b map[string]any) { b["owner"] = string(o.id["binh@bo.vn"]) }).want(t, 422, `"field":"owner","code":"unknown"`, "")
	o.ask(o.head, "PUT", path+"/findings/A_b", map[string]any{"version": version, "what": "x", "owner": lan, "dueOn": "2026-04-01"}).want(t, 422, `"field":"id","code":"text"`, "")
	for range 2 {
		say(nil).want(t, 200, `"what":"Lập danh bạ khẩn cấp"`, "closedAt")
	}
	o.ask(o.root, "GET", "/sittings/findings", nil).want(t, 200, `"what":"Lập danh bạ khẩn cấp","owner":"`+lan+`","dueOn":"2026-04-01"}],"names":{"`+lan+`":"Nguyễn Thị Lan"}`, "")
	o.ask(o.learner, "GET", "/me/sittings", nil).want(t, 200, `{"what":"Lập danh bạ khẩn cấp","dueOn":"2026-04-01","closed":false,"mine":true}`, "")
	say(func(b map[string]any) { b["what"] = "Khác" }).want(t, 409, "changed_meanwhile", "")
	version++
	// Who has left can take nothing on, but what they had can be closed.
	yesterday := "2026-03-01"
	if _, err := o.People.Change(t.Context(), people.Console(), o.id["lan@bo.vn"], people.Change{LeftOn: &yesterday}); err != nil {
		t.Fatal(err)
	}
	first := finding
	finding = uuid.NewString()
	say(nil).want(t, 422, `"field":"owner","code":"left"`, "")
	finding = first
	say(func(b map[string]any) { b["closed"] = true }).want(t, 200, `"closedAt":"`, "")
	say(func(b map[string]any) { b["closed"] = true }).want(t, 200, `"closedAt":"`, "")
	o.ask(o.root, "GET", "/sittings/findings", nil).want(t, 200, `"items":[]`, "danh bạ")
	o.ask(o.root, "GET", "/sittings", nil).want(t, 200, `"state":"finished","people":2,"open":0,"score":0.25`, "")

	trail := o.ask(o.root, "GET", "/me/sittings", nil)
	trail.want(t, 200, `"items":[]`, "")
	for _, action := range []string{"sitting_planned", "sitting_changed", "sitting_started", "sitting_finished", "finding_changed"} {
		if !o.trailHas(action, string(x.ID)) {
			t.Errorf("%s is not in the trail", action)
		}
	}
}

// trailHas reports whether the newest entries hold an action that was done to an object.
func (o *office) trailHas(action, object string) bool {
	o.t.Helper()
	auditor := o.add("Kiểm Tra", "kt-"+action+"@bo.vn", "bo", people.Grant{Role: people.Auditor})
	token, _ := o.in(auditor.Email)
	a := o.ask(token, "GET", "/audit?action="+action, nil)
	a.want(o.t, 200, "", "")
	return strings.Contains(a.body, `"id":"`+object+`"`)
}

func TestSittingTakenOver(t *testing.T) {
	o := newOffice(t)
	o.exercises()
	x := decode[sittingView](t, o.ask(o.head, "POST", "/sittings", o.sittingPlanned(nil)))
	path := "/sittings/" + string(x.ID)
	start := func(token, device string, takeOver bool) reply {
		return o.ask(token, "POST", path+"/start", map[string]any{"device": device, "absent": []string{}, "takeOver": takeOver})
	}
	start(o.head, "phone", false).want(t, 200, "running", "")
	start(o.unitAdmin, "tablet", false).want(t, 409, "running_elsewhere", "")
	start(o.unitAdmin, "tablet", true).want(t, 200, `"facilitator":"`+string(o.id["admin-a@bo.vn"])+`"`, "")
	start(o.head, "phone", false).want(t, 409, "running_elsewhere", "")
	o.ask(o.head, "PUT", path, o.sittingPlanned(func(p map[string]any) { p["version"] = 3 })).want(t, 409, "wrong_state", "")
	for range 2 {
		o.ask(o.head, "POST", path+"/cancel", nil).want(t, 200, `"state":"cancelled"`, "")
	}
	o.ask(o.head, "PUT", path+"/findings/f", map[string]any{"version": 4, "what": "x", "owner": "x", "dueOn": "2026-04-01"}).want(t, 409, "wrong_state", "")
	// The team of a unit are its people and those below; of another there is none to see.
	o.ask(o.head, "GET", "/sittings/team?unit=a", nil).want(t, 200, "Nguyễn Thị Lan", "Đặng Văn Bình")
	o.ask(o.head, "GET", "/sittings/team?unit=b", nil).want(t, 404, "unit_not_found", "")
	o.ask(o.head, "GET", "/sittings/units", nil).want(t, 200, `"id":"a1"`, `"id":"b"`)
}

// Somebody has done the exercise of a campaign who was there when a sitting was finished while it ran.
func TestExerciseInCampaign(t *testing.T) {
	o := newOffice(t)
	o.exercises()
	courses := o.Campaigns.Items
	o.Campaigns.Items = func(ctx context.Context, k campaign.Kind, id string) (campaign.About, error) {
		if k == campaign.Exercise {
			x, err := o.Exercises.Latest(ctx, exercise.ID(id))
			return campaign.About{Title: x.Title, Minutes: x.Minutes()}, err
		}
		return courses(ctx, k, id)
	}
	hold := func(absent ...string) {
		t.Helper()
		x := decode[sittingView](t, o.ask(o.head, "POST", "/sittings", o.sittingPlanned(func(p map[string]any) { p["on"] = o.People.Today() })))
		path := "/sittings/" + string(x.ID)
		o.ask(o.head, "POST", path+"/start", map[string]any{"device": "p", "absent": []string{}, "takeOver": false}).want(t, 200, "", "")
		for n := range 5 {
			o.ask(o.head, "PUT", fmt.Sprintf("%s/turns/%d", path, n+1), map[string]any{"device": "p", "decision": "x", "met": []string{}, "seconds": 9}).want(t, 200, "", "")
		}
		o.ask(o.head, "POST", path+"/finish", map[string]any{"device": "p", "absent": append([]string{}, absent...)}).want(t, 200, "", "")
	}
	hold() // before there was a campaign
	o.clock.advance(24 * time.Hour)
	refresh := func() { o.head, _ = o.in("head-a@bo.vn"); o.root, _ = o.in("root@bo.vn") }
	refresh()
	plan := campaign.Plan{
		Name: people.Text{Vi: "Tháng an toàn", En: "Safe month"}, Audience: campaign.Audience{Units: []people.UnitID{"a1"}},
		Items: []campaign.Item{{Kind: campaign.Exercise, ID: string(table), Required: true}}, DueOn: "2026-03-20",
	}
	c := begin(t, o.Campaigns, draftCampaign(t, o.Campaigns, plan).ID)
	stats := func(want string) {
		t.Helper()
		o.ask(o.root, "GET", "/campaigns/"+string(c.ID)+"/stats", nil).want(t, 200, `"exercises":[{"id":"fake-portal","title":{"vi":"Trang tin bị giả mạo","en":"The fake portal"},"done":`+want+`}]`, "")
	}
	stats("0")
	hold(string(o.id["lan@bo.vn"]))
	stats("0") // she was absent, and the administrator is not of a1
	hold()
	hold()
	stats("1")
	bad := plan
	bad.Items = []campaign.Item{{Kind: campaign.Exercise, ID: "none"}}
	o.ask(o.root, "POST", "/campaigns", map[string]any{"name": bad.Name, "items": []map[string]any{{"kind": "exercise", "id": "none", "required": true}}}).want(t, 422, `"field":"items[0].id","code":"unknown"`, "")
}

// What is kept for long enough goes, unless something is still to be done.
func TestSittingsArePruned(t *testing.T) {
	o := newOffice(t)
	o.exercises()
	o.ask(o.head, "POST", "/sittings", o.sittingPlanned(nil)).want(t, 201, "", "")
	for _, tt := range []struct {
		before time.Time
		want   int
	}{{time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 0}, {time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), 1}} {
		if n, err := o.Exercises.Prune(t.Context(), tt.before); err != nil || n != tt.want {
			t.Errorf("before %s: %d removed, %v, want %d", tt.before, n, err, tt.want)
		}
	}
}
