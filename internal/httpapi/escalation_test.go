package httpapi

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"hocso/internal/campaign"
	"hocso/internal/escalation"
	"hocso/internal/people"
	"hocso/internal/reminder"
)

// A head sees how the unit stands, what was said about it, and reminds all who are not
// done: in working hours, once a day.
func TestUnitCampaigns(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.running()
	path := "/units/a/campaigns"
	remind := path + "/" + string(c.ID) + "/remind"
	o.ask(o.learner, "GET", path, nil).want(t, 403, "not_allowed", "")
	o.ask(o.head, "GET", "/units/b/campaigns", nil).want(t, 404, "unit_not_found", "")
	o.clock.advance(8 * 24 * time.Hour) // Tuesday, three days before the due day
	o.head, _ = o.in("head-a@bo.vn")
	o.root, _ = o.in("root@bo.vn")
	if err := o.Escalations.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	lines := decode[listOf[escalation.UnitCampaign]](t, o.ask(o.head, "GET", path, nil)).Items
	if len(lines) != 1 || lines[0].People != 4 || lines[0].Completed != 0 || lines[0].Target != 80 || !lines[0].Behind || len(lines[0].Said) != 1 || lines[0].Said[0].Goal != 70 {
		t.Errorf("%+v, want one campaign with 0 of 4, behind, and what was said three days before", lines)
	}

	o.ask(o.root, "POST", remind, nil).want(t, 403, "not_accountable", "")
	o.ask(o.head, "POST", "/units/b/campaigns/"+string(c.ID)+"/remind", nil).want(t, 404, "unit_not_found", "")
	o.ask(o.head, "POST", path+"/"+nowhere+"/remind", nil).want(t, 409, "campaign_not_open", "")
	o.ask(o.head, "POST", remind, nil).want(t, 202, `{"people":4}`, "")
	o.ask(o.head, "POST", remind, nil).want(t, 202, `{"people":0}`, "")
	asked := 0
	ds, err := o.db.Reminders().CampaignDeliveries(t.Context(), string(c.ID), "", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range ds {
		if d.Step == reminder.StepAsked {
			asked++
			p, err := o.People.Person(t.Context(), d.Person)
			if err != nil {
				t.Fatal(err)
			}
			if !d.NotAfter.After(d.NotBefore) || !reminder.NextOpen(p, o.Campaigns.Calendar, d.NotBefore).Equal(d.NotBefore) {
				t.Errorf("%s goes out from %v to %v, not in working hours", d.ID, d.NotBefore, d.NotAfter)
			}
		}
	}
	if asked != 4 {
		t.Errorf("%d were asked for, want 4", asked)
	}
	o.ask(o.root, "POST", "/campaigns/"+string(c.ID)+"/pause", nil).want(t, 200, "", "")
	o.ask(o.head, "POST", remind, nil).want(t, 409, "campaign_not_open", "")
}

// A head thanks those who are done, once, when the unit has reached its target: they see it in
// the app like an announcement, nobody else does.
func TestThankUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Announcements.Completed = func(id string, p people.ID) (bool, error) { return o.Reports.HasCompleted(campaign.ID(id), p) }
	c := o.running()
	thank := "/units/a/campaigns/" + string(c.ID) + "/thank"
	words := func(vi, en string) map[string]any {
		return map[string]any{"text": map[string]string{"vi": vi, "en": en}}
	}
	good := words("Cảm ơn <b>bạn</b>", "Thank you")
	o.ask(o.head, "POST", thank, good).want(t, 409, "target_not_reached", "")
	for _, email := range []string{"lan@bo.vn", "head-a@bo.vn", "admin-a@bo.vn"} { // three of four, of which 80 % are asked
		o.finish(email)
	}
	o.ask(o.head, "POST", thank, good).want(t, 409, "target_not_reached", "")
	o.id["nam@bo.vn"] = o.add("Người Năm", "nam@bo.vn", "a").ID
	o.clock.advance(time.Minute)
	if err := o.Campaigns.Advance(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	boss, _ := o.in("boss@bo.vn")
	o.finish("boss@bo.vn") // four of five
	for _, tt := range []struct {
		name, token, path string
		body              any
		status            int
		want              string
	}{
		{"a learner", o.learner, thank, good, 403, "not_allowed"},
		{"who does not answer for it", o.root, thank, good, 403, "not_accountable"},
		{"another's unit", o.head, "/units/b/campaigns/" + string(c.ID) + "/thank", good, 404, "unit_not_found"},
		{"no such campaign", o.head, "/units/a/campaigns/" + nowhere + "/thank", good, 409, "campaign_not_open"},
		{"nothing in English", o.head, thank, words("Cảm ơn", " "), 422, `{"field":"text.en","code":"required"}`},
		{"too long", o.head, thank, words(strings.Repeat("ệ", 281), "x"), 422, `{"field":"text.vi","code":"max"}`},
		{"two lines", o.head, thank, words("Cảm ơn\nbạn", "x"), 422, `{"field":"text.vi","code":"text"}`},
		{"right", o.head, thank, good, 204, ""},
		{"again", o.head, thank, good, 409, "thanked_already"},
	} {
		t.Run(tt.name, func(t *testing.T) { o.ask(tt.token, "POST", tt.path, tt.body).want(t, tt.status, tt.want, "") })
	}
	o.ask(o.head, "GET", "/units/a/campaigns", nil).want(t, 200, `"thanked":true`, "")
	mine := o.shown(o.learner)["Cảm ơn bạn"]
	if mine.HTML.Vi != "<p>Cảm ơn &lt;b&gt;bạn&lt;/b&gt;</p>" || mine.Read {
		t.Errorf("who is done sees %+v", mine)
	}
	late, _ := o.in("nam@bo.vn")
	binh, _ := o.in("binh@bo.vn")
	for name, token := range map[string]string{"who is not done": late, "somebody of b": binh} {
		if seen := o.shown(token); len(seen) != 0 {
			t.Errorf("%s sees %v", name, seen)
		}
	}
	if got := o.read(late, uuid.NewString(), mine.ID); got != "rejected announcement_not_found" {
		t.Errorf("read by who is not done: %s", got)
	}
	if got := o.read(boss, uuid.NewString(), mine.ID); got != "applied" || !o.shown(boss)["Cảm ơn bạn"].Read {
		t.Errorf("read by the boss: %s", got)
	}
	o.finish("nam@bo.vn") // later, and sees it too
	if len(o.shown(late)) != 1 {
		t.Error("who is done later does not see it")
	}
	o.clock.advance(14*24*time.Hour + time.Minute)
	o.learner, _ = o.in("lan@bo.vn")
	if seen := o.shown(o.learner); len(seen) != 0 {
		t.Errorf("after two weeks %v", seen)
	}
	o.head, _ = o.in("head-a@bo.vn")
	o.ask(o.head, "GET", "/units/a/campaigns", nil).want(t, 200, `"thanked":true`, "")
}
