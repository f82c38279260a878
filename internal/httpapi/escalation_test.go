package httpapi

import (
	"testing"
	"time"

	"hocso/internal/escalation"
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
