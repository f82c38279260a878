package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/announcement"
	"hocso/internal/campaign"
	"hocso/internal/people"
)

// writing is a request for an announcement, changed by f.
func writing(f func(map[string]any)) map[string]any {
	x := map[string]any{
		"title": people.Text{Vi: "Nghỉ lễ", En: "Holiday"}, "body": people.Text{Vi: "Nghỉ **một** ngày.\n\n- a\n- b", En: "One day *off*."},
		"units": []string{"a"}, "important": true, "portal": false, "from": "2026-03-02", "until": "2026-03-09",
	}
	if f != nil {
		f(x)
	}
	return x
}

func TestAnnouncementIsRefused(t *testing.T) {
	o := newOffice(t)
	set := func(field string, value any) map[string]any {
		return writing(func(x map[string]any) { x[field] = value })
	}
	body := func(vi string) map[string]any { return set("body", people.Text{Vi: vi, En: "x"}) }
	for _, tt := range []struct {
		name  string
		body  map[string]any
		field string
		code  string
	}{
		{"no title", set("title", people.Text{Vi: " ", En: "x"}), "title.vi", "required"},
		{"no English title", set("title", people.Text{Vi: "x"}), "title.en", "required"},
		{"long title", set("title", people.Text{Vi: strings.Repeat("ạ", 121), En: "x"}), "title.vi", "max"},
		{"title of two lines", set("title", people.Text{Vi: "x\ny", En: "x"}), "title.vi", "text"},
		{"title that runs backwards", set("title", people.Text{Vi: "x", En: "x\u202ey"}), "title.en", "text"},
		{"no body", body(""), "body.vi", "required"},
		{"no English body", set("body", people.Text{Vi: "x"}), "body.en", "required"},
		{"long body", body(strings.Repeat("ạ ", 3001)), "body.vi", "max"},
		{"HTML", body("a <b>b</b>"), "body.vi", "raw_html"},
		{"script", body("<script>alert(1)</script>"), "body.vi", "raw_html"},
		{"heading", body("# Một"), "body.vi", "bad_heading"},
		{"heading of a card", body("## Một"), "body.vi", "bad_heading"},
		{"http link", body("[a](http://x.vn)"), "body.vi", "bad_link"},
		{"script link", body("[a](javascript:alert(1))"), "body.vi", "bad_link"},
		{"picture", body("![a](https://x.vn/a.png)"), "body.vi", "not_allowed"},
		{"invisible letters", body("a\u200bb"), "body.vi", "text"},
		{"nobody's unit", set("units", []string{"a", "none"}), "units[1]", "unknown"},
		{"unit twice", set("units", []string{"a", "a"}), "units[1]", "duplicate"},
		{"no first day", set("from", ""), "from", "date"},
		{"first day that is none", set("from", "2026-02-30"), "from", "date"},
		{"no last day", set("until", "31/03/26"), "until", "date"},
		{"last day before the first", set("until", "2026-03-01"), "until", "before_start"},
		{"over already", writing(func(x map[string]any) { x["from"], x["until"] = "2026-02-01", "2026-03-01" }), "until", "past"},
		{"too long", set("until", "2027-03-03"), "until", "too_late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o.ask(o.root, "POST", "/announcements", tt.body).want(t, 422, fmt.Sprintf(`"field":%q,"code":%q`, tt.field, tt.code), "<script>")
		})
	}
	o.ask(o.unitAdmin, "POST", "/announcements", set("units", []string{})).want(t, 422, `"field":"units","code":"required"`, "")
	o.ask(o.unitAdmin, "POST", "/announcements", set("units", []string{"b"})).want(t, 422, `"field":"units[0]","code":"unknown"`, "")
	o.ask(o.root, "POST", "/announcements", set("colour", "red")).want(t, 400, `"field":"colour","code":"unknown_field"`, "")
	many := make([]string, 301)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	o.ask(o.root, "POST", "/announcements", set("units", many)).want(t, 422, `"field":"units","code":"max"`, "")
	o.ask(o.root, "POST", "/announcements/preview", map[string]any{"body": people.Text{Vi: "<i>", En: ""}}).want(t, 422, `{"field":"body.vi","code":"raw_html"},{"field":"body.en","code":"required"}`, "")
	o.ask(o.root, "POST", "/announcements/preview", map[string]any{"body": people.Text{Vi: "**a**", En: "[b](https://b.vn)"}}).want(t, 200, "noreferrer", "")
}

// announced are the announcements that a phone is given.
func (o *office) shown(token string) map[string]announcement.View {
	o.t.Helper()
	a := o.ask(token, "GET", "/sync", nil)
	a.want(o.t, 200, "", "")
	all := map[string]announcement.View{}
	for _, it := range decode[syncAnswer](o.t, a).Changed {
		if it.Announcement != nil {
			all[it.Announcement.Title.Vi] = *it.Announcement
		}
	}
	return all
}

// read tells that an announcement was read, and returns the verdict.
func (o *office) read(token, op string, id announcement.ID) string {
	o.t.Helper()
	a := o.ask(token, "POST", "/ops", fmt.Sprintf(`{"ops":[{"id":%q,"kind":"announcement.read","at":"2026-03-02T08:00:00Z","announcement":%q}]}`, op, id))
	a.want(o.t, 200, "", "")
	v := decode[opsAnswer](o.t, a).Results[0]
	return strings.TrimSpace(string(v.Status) + " " + v.Code)
}

func (o *office) announce(token string, f func(map[string]any)) announcement.Announcement {
	o.t.Helper()
	a := o.ask(token, "POST", "/announcements", writing(f))
	a.want(o.t, 201, `"state":"draft"`, "")
	return decode[announcement.Announcement](o.t, a)
}

func TestAnnouncementLife(t *testing.T) {
	o := newOffice(t)
	binh, _ := o.in("binh@bo.vn")
	x := o.announce(o.unitAdmin, nil)
	path := "/announcements/" + string(x.ID)
	if x.HTML.Vi == "" || x.Summary.Vi != "Nghỉ một ngày. a b" {
		t.Errorf("HTML %q, summary %q", x.HTML.Vi, x.Summary.Vi)
	}
	if got := o.shown(o.learner); len(got) != 0 {
		t.Errorf("a draft is shown: %v", got)
	}
	if got := o.read(o.learner, uuid.NewString(), x.ID); got != "rejected announcement_not_found" {
		t.Errorf("a draft was read: %s", got)
	}
	o.ask(o.unitAdmin, "POST", path+"/withdraw", nil).want(t, 409, "wrong_state", "")
	change := writing(func(w map[string]any) { w["version"] = 1; w["title"] = people.Text{Vi: "Nghỉ Tết", En: "Tet"} })
	o.ask(o.unitAdmin, "PUT", path, change).want(t, 200, "Nghỉ Tết", "Nghỉ lễ")
	o.ask(o.unitAdmin, "PUT", path, change).want(t, 409, "changed_meanwhile", "")
	delete(change, "version")
	o.ask(o.unitAdmin, "PUT", path, change).want(t, 422, `"field":"version","code":"required"`, "")
	o.ask(o.unitAdmin, "POST", path+"/publish", nil).want(t, 200, `"state":"published"`, "")
	o.ask(o.unitAdmin, "POST", path+"/publish", nil).want(t, 409, "wrong_state", "")
	change["version"] = 3
	o.ask(o.unitAdmin, "PUT", path, change).want(t, 409, "wrong_state", "")
	o.ask(o.unitAdmin, "DELETE", path, nil).want(t, 409, "wrong_state", "")
	o.ask(o.root, "GET", "/announcements", nil).want(t, 200, "Nghỉ Tết", "")

	// It reaches a1, which is below a, and not b.
	if got := o.shown(o.learner)["Nghỉ Tết"]; got.Read || !got.Important || !strings.Contains(got.HTML.Vi, "<strong>một</strong>") {
		t.Errorf("Lan sees %+v", got)
	}
	if got := o.shown(binh); len(got) != 0 {
		t.Errorf("somebody of b sees %v", got)
	}
	o.ask(o.root, "GET", path+"/readers", nil).want(t, 200, `"read":0`, "")
	op := uuid.NewString()
	for _, want := range []struct{ token, op, verdict string }{
		{o.learner, op, "applied"},
		{o.learner, op, "duplicate"},
		{o.learner, uuid.NewString(), "applied"}, // another device of hers: counted once
		{binh, uuid.NewString(), "rejected announcement_not_found"},
	} {
		if got := o.read(want.token, want.op, x.ID); got != want.verdict {
			t.Errorf("read: %s, want %s", got, want.verdict)
		}
	}
	if got := o.read(o.learner, uuid.NewString(), nowhere); got != "rejected announcement_not_found" {
		t.Errorf("what is not there was read: %s", got)
	}
	readers := o.ask(o.unitAdmin, "GET", path+"/readers", nil)
	readers.want(t, 200, `"name":{"vi":"Đơn vị a1","en":"Unit a1"}},"people":1,"read":1`, "lan@bo.vn")
	if got := decode[readersAnswer](t, readers); got.Read != 1 || got.People != 4 || got.Units[0].Unit.ID != "a" {
		t.Errorf("readers %+v, want 1 of 4, a first", got)
	}
	if !o.shown(o.learner)["Nghỉ Tết"].Read {
		t.Error("it is not read for Lan")
	}
	o.ask(o.learner, "GET", "/me/data", nil).want(t, 200, `"announcements":[{"announcement":"`+string(x.ID)+`","unit":"a1"`, "")

	// After it was withdrawn, what was read before without a network still counts.
	o.ask(o.unitAdmin, "POST", path+"/withdraw", nil).want(t, 200, `"state":"withdrawn"`, "")
	if got := o.shown(o.learner); len(got) != 0 {
		t.Errorf("withdrawn, and shown: %v", got)
	}
	if got := o.read(o.head, uuid.NewString(), x.ID); got != "applied" {
		t.Errorf("read before it was withdrawn: %s", got)
	}
	o.ask(o.root, "GET", path+"/readers", nil).want(t, 200, `"read":2`, "")
	y := o.announce(o.root, func(w map[string]any) { w["units"] = []string{} })
	o.ask(o.unitAdmin, "GET", "/announcements/"+string(y.ID), nil).want(t, 404, "announcement_not_found", "")
	o.ask(o.root, "DELETE", "/announcements/"+string(y.ID), nil).want(t, 204, "", "x")
	o.ask(o.root, "GET", "/announcements/"+string(y.ID), nil).want(t, 404, "announcement_not_found", "")
}

func TestAnnouncementDays(t *testing.T) {
	o := newOffice(t)
	x := o.announce(o.root, func(w map[string]any) { w["from"], w["until"], w["important"] = "2026-03-04", "2026-03-05", false })
	o.ask(o.root, "POST", "/announcements/"+string(x.ID)+"/publish", nil).want(t, 200, "", "")
	late := o.announce(o.root, func(w map[string]any) { w["until"] = "2026-03-02" })
	for day, want := range []bool{2: false, 3: false, 4: true, 5: true, 6: false} {
		if day < 2 {
			continue // it is the second of March
		}
		o.clock.mu.Lock()
		o.clock.now = time.Date(2026, 3, day, 8, 0, 0, 0, time.UTC)
		o.clock.mu.Unlock()
		o.learner, _ = o.in("lan@bo.vn")
		if _, got := o.shown(o.learner)["Nghỉ lễ"]; got != want {
			t.Errorf("shown on 2026-03-0%d: %t, want %t", day, got, want)
		}
		if day == 2 {
			if got := o.read(o.learner, uuid.NewString(), x.ID); got != "rejected announcement_not_found" {
				t.Errorf("read before its first day: %s", got)
			}
		}
	}
	o.root, _ = o.in("root@bo.vn")
	o.ask(o.root, "POST", "/announcements/"+string(late.ID)+"/publish", nil).want(t, 422, `"field":"until","code":"past"`, "")
	// What is not important goes by itself, 30 days after the last day.
	if got := o.read(o.learner, uuid.NewString(), x.ID); got != "applied" {
		t.Fatal(got)
	}
	rs, err := o.Announcements.ReadingsOf(t.Context(), o.id["lan@bo.vn"])
	if want := time.Date(2026, 4, 3, 17, 0, 0, 0, time.UTC); err != nil || len(rs) != 1 || rs[0].ExpiresAt == nil || !rs[0].ExpiresAt.Equal(want) {
		t.Errorf("readings %+v, %v; want one until %v", rs, err, want)
	}
}

// A campaign with an announcement shows it to its own people while it runs.
func TestAnnouncementOfCampaign(t *testing.T) {
	o := newOffice(t)
	x := o.announce(o.root, nil)
	if _, _, err := o.Announcements.Item(t.Context(), x.ID); err == nil {
		t.Error("a draft can be assigned")
	}
	o.ask(o.root, "POST", "/announcements/"+string(x.ID)+"/publish", nil).want(t, 200, "", "")
	title, minutes, err := o.Announcements.Item(t.Context(), x.ID)
	if err != nil || title.En != "Holiday" || minutes != 1 {
		t.Errorf("item %v of %d minutes, %v", title, minutes, err)
	}
	binh, _ := o.in("binh@bo.vn")
	if len(o.shown(binh)) != 0 {
		t.Error("somebody of b sees it before")
	}
	now := o.clock.Now()
	err = o.db.Campaigns().InsertCampaign(t.Context(), campaign.Campaign{
		ID: "c", Plan: campaign.Plan{Audience: campaign.Audience{Units: []people.UnitID{"b"}}, Items: []campaign.Item{{Kind: campaign.Announcement, ID: string(x.ID)}}},
		State: campaign.Running, Live: true, StartsAt: now, DueAt: now.AddDate(0, 0, 7), EndsAt: now.AddDate(0, 0, 9), Version: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	o.clock.advance(6 * time.Second) // another copy of the program has made it
	if len(o.shown(binh)) != 1 {
		t.Error("somebody of b does not see it while the campaign runs")
	}
}

// What a learner's phone asks for costs the same however many announcements there were
// and however many people have read them: two reads of indexes, none after the first
// for the announcements themselves.
func TestAnnouncementsAreGivenToPhonesAsOneOfTwo(t *testing.T) {
	o := newOffice(t)
	x := o.announce(o.root, nil)
	o.ask(o.root, "POST", "/announcements/"+string(x.ID)+"/publish", nil).want(t, 200, "", "")
	keys := map[string]bool{}
	for _, token := range []string{o.learner, o.head, o.unitAdmin} {
		var s struct{ Changed []json.RawMessage }
		a := o.ask(token, "GET", "/sync", nil)
		s = decode[struct{ Changed []json.RawMessage }](t, a)
		for _, c := range s.Changed {
			if strings.Contains(string(c), `"kind":"announcement"`) {
				keys[string(c)] = true
			}
		}
	}
	if len(keys) != 1 {
		t.Errorf("three people who have not read it are given %d different things, want 1", len(keys))
	}
}
